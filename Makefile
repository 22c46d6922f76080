# oci-gotune-hook. `make help` lists the targets.
#
# Everything is built below build/ (BUILD=DIR for another place). Flags of the user go last.

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec
SYSCONFDIR ?= /etc
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
UNITDIR    ?= $(PREFIX)/lib/systemd/system
DESTDIR    ?=
BUILD      ?= build
PKG_CONFIG ?= pkg-config
INSTALL    ?= install
VERSION    := $(shell cat VERSION)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

# --- what is there to build -------------------------------------------------------------------
# One archive of all that is not a program's own: each program links only what it calls, so the
# linker shows who can ptrace. Rooms may have files of one name: the archive is made anew, by q.
# What gotune goroutines --trace needs is built where it can be: see "the tracer" below.
TRACER_SRC := hook/uprobe/load.c hook/uprobe/try.c
LIB_SRC  := $(filter-out hook/main/% %_gen.c $(TRACER_SRC), $(sort $(wildcard hook/*/*.c)))
UNIT_SRC := $(sort $(wildcard tests/unit/*/test_*.c))
CXX_SRC  := $(sort $(wildcard hook/*/*.cc))
LIB_OBJ  := $(LIB_SRC:hook/%.c=$(BUILD)/obj/%.o) $(CXX_SRC:hook/%.cc=$(BUILD)/obj/%.o)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/tests/%)
PROBE    := $(BUILD)/e2e/probe
LOADS    := $(BUILD)/e2e/loads
PROGRAMS := $(BUILD)/oci-gotune-hook $(BUILD)/gotune $(BUILD)/gotune-runtime $(BUILD)/gotuned $(BUILD)/gotune-nri

# What the analysers and the formatter look at. The tests' *.inc and fixtures are data.
HOOK_SRC  := $(sort $(wildcard hook/*/*.c))
C_FILES   := $(sort $(wildcard hook/*/*.[ch] hook/uprobe/bpf/*.[ch] hook/*/*.cc include/gotune/*.h include/gotune/*/*.h tests/*/*.[ch] tests/unit/*/*.[ch]))
MAN_PAGES := $(sort $(wildcard docs/*.[1578]))
SCHEMAS   := $(sort $(wildcard config/*.schema.json))
BATS      := $(sort $(wildcard tests/*.bats))
E2E       := $(sort $(wildcard tests/e2e/*.bats))

# --- libraries --------------------------------------------------------------------------------
# pkg-config's module, then the Debian package that has it.
MODULES      := yajl:libyajl-dev libseccomp:libseccomp-dev zlib:zlib1g-dev libzstd:libzstd-dev
TEST_MODULES := cmocka:libcmocka-dev libcap-ng:libcap-ng-dev
modules       = $(foreach m,$(1),$(firstword $(subst :, ,$(m))))
# Asked once, and only when something is compiled: `make help` needs no library.
PKG_CFLAGS    = $(eval PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(call modules,$(MODULES)) 2>/dev/null))$(PKG_CFLAGS)
LIBS          = $(eval LIBS := $(shell $(PKG_CONFIG) --libs $(call modules,$(MODULES)) 2>/dev/null))$(LIBS)
TEST_LIBS     = $(eval TEST_LIBS := $(shell $(PKG_CONFIG) --libs $(call modules,$(TEST_MODULES)) 2>/dev/null))$(TEST_LIBS)
# Debian's static yajl has a name of its own, which its .pc file does not know.
CXX_LIBS      = -Wl,--as-needed -lstdc++ -lm
LIBS_STATIC   = $(patsubst -lyajl,-lyajl_s,$(LIBS))

# libmicrohttpd, for gotuned and gotune-nri. Its static library names functions of GnuTLS, for HTTPS, which we
# never ask for; they are made here as functions that fail, so that no TLS is linked.
HTTP_MODULE  := libmicrohttpd:libmicrohttpd-dev
HTTP_LIBS     = $(eval HTTP_LIBS := $(shell $(PKG_CONFIG) --libs $(call modules,$(HTTP_MODULE)) 2>/dev/null))$(HTTP_LIBS)
http_archive  = $(shell $(CC) -print-file-name=libmicrohttpd.a)
$(BUILD)/gen/no_tls.c: $(BUILD)/flags
	@mkdir -p $(@D)
	@test -e '$(http_archive)' || { echo 'make: libmicrohttpd.a is missing: install the Debian package libmicrohttpd-dev, or run contrib/install-deps build' >&2; exit 1; }
	@nm -u --quiet '$(http_archive)' | awk '$$1 == "U" && $$2 ~ /^gnutls_/ && !seen[$$2]++ { \
		printf "long %s(void);\nlong %s(void) { return %d; }\n", $$2, $$2, $$2 == "gnutls_global_init" ? 0 : -1 }' >$@
$(BUILD)/obj/no_tls.o: $(BUILD)/gen/no_tls.c
	$(CC) -std=gnu17 -O2 -fPIE -fno-builtin $(SAN) -c -o $@ $<

# --- the tracer ---------------------------------------------------------------------------------
# gotune-trace, for gotune goroutines --trace: amd64, where clang makes BPF and libbpf is there. TRACE=no
# leaves it out, TRACE=yes fails when it cannot be built. What keeps it from being built; nothing: it is.
TRACE_MODULES := libbpf:libbpf-dev libelf:libelf-dev
TRACE         ?= auto
TRACE_OFF     := $(shell [ '$(TRACE)' != no ] || { echo 'TRACE=no'; exit; }; \
	case $$($(CC) -dumpmachine) in (x86_64*) ;; (*) echo 'it is for amd64 alone'; exit ;; esac; \
	command -v clang >/dev/null || { echo 'clang is missing'; exit; }; \
	for m in $(call modules,$(TRACE_MODULES)); do $(PKG_CONFIG) --exists $$m 2>/dev/null || { echo "pkg-config does not know $$m"; exit; }; done; \
	$(PKG_CONFIG) --atleast-version=1.0 libbpf || echo 'libbpf is older than 1.0')
ifeq ($(TRACE_OFF),)
PROGRAMS   += $(BUILD)/gotune-trace
TRACER_OBJ := $(TRACER_SRC:hook/%.c=$(BUILD)/obj/%.o)
else ifeq ($(TRACE),yes)
$(error gotune-trace cannot be built: $(TRACE_OFF); contrib/install-deps trace installs what it needs)
endif
TRACE_LIBS  = $(eval TRACE_LIBS := $(shell $(PKG_CONFIG) --static --libs $(call modules,$(TRACE_MODULES)) 2>/dev/null))$(TRACE_LIBS)
BPF_SRC    := hook/uprobe/bpf/goroutines.c
BPF_BYTES  := $(BUILD)/gen/goroutines_bpf.h
COMPILE_BPF = clang -target bpf -O2 -g -Wall -Wextra -Werror -I/usr/include/$(shell $(CC) -print-multiarch) -ffile-prefix-map=$(CURDIR)=.
$(BUILD)/gen/goroutines.bpf.o: $(BPF_SRC) hook/uprobe/bpf/counted.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE_BPF) -c -o $@ $<
$(BPF_BYTES): $(BUILD)/gen/goroutines.bpf.o
	@{ echo 'static const unsigned char gt_goroutines_bpf[] __attribute__((aligned(8))) = {'; \
		od -An -v -tx1 $< | sed 's/ \(..\)/0x\1,/g'; echo '};'; } >$@
$(BUILD)/obj/uprobe/load.o: GT_CPPFLAGS += -I$(BUILD)/gen -ffile-prefix-map=$(BUILD)/gen=gen
$(BUILD)/obj/uprobe/load.o: $(BPF_BYTES)
.PHONY: say-tracer
say-tracer:
	$(if $(TRACE_OFF),@echo 'make: gotune-trace is not built ($(TRACE_OFF)): gotune goroutines --trace will say so; contrib/install-deps trace installs what it needs' >&2,@:)

# toml++ is headers alone: the header itself is asked for.
need_cxx = @printf '%s\n' '\#if !__has_include(<toml++/toml.h>)' '\#error' '\#endif' | $(CXX) $(CPPFLAGS) -x c++ -std=c++17 -E - >/dev/null 2>&1 || { \
	echo 'make: $(CXX) does not compile toml++: install the Debian packages g++ and libtomlplusplus-dev, or run contrib/install-deps build' >&2; exit 1; }

need = @command -v $(PKG_CONFIG) >/dev/null || { echo 'make: $(PKG_CONFIG) is missing: install the Debian package pkg-config, or run contrib/install-deps build' >&2; exit 1; }; \
	for m in $(1); do $(PKG_CONFIG) --exists "$${m%%:*}" || { \
	echo "make: pkg-config does not know $${m%%:*}: install the Debian package $${m\#\#*:}, or run contrib/install-deps $(2)" >&2; exit 1; }; done

# --- flags ------------------------------------------------------------------------------------
WARN := -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wcast-qual -Wundef -Wvla \
	-Wnull-dereference -Wimplicit-fallthrough
comma := ,
# A flag that this compiler takes, or nothing. Clang 14, for one, refuses
# -ftrivial-auto-var-init=zero without a second flag.
probe = $(shell echo 'int main(void){return 0;}' | $(CC) -x c -Werror $(1) -o /dev/null - >/dev/null 2>&1 && echo '$(1)')
GCC_WARN := $(call probe,-Wlogical-op) $(call probe,-Wduplicated-cond) $(call probe,-Wduplicated-branches)
HARDEN   := -fstack-protector-strong $(call probe,-fstack-clash-protection) $(call probe,-fcf-protection=full) \
	$(call probe,-mbranch-protection=standard) $(call probe,-ftrivial-auto-var-init=zero)
FORTIFY  ?= -D_FORTIFY_SOURCE=2
OPT      ?= -O2 -g
WERROR   ?= $(if $(CI),-Werror,)

GT_CPPFLAGS := -Iinclude -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DGT_VERSION='"$(VERSION)"' -DGT_SYSCONFDIR='"$(SYSCONFDIR)"' \
	-DGT_BINDIR='"$(BINDIR)"' -DGT_LIBEXECDIR='"$(LIBEXECDIR)"' -DGT_DATADIR='"$(DATADIR)"'
GT_CFLAGS   := -std=gnu17 $(OPT) -fPIE -ffile-prefix-map=$(CURDIR)=. $(WARN) $(GCC_WARN) $(HARDEN) $(WERROR)
# The one file of C++: no exception and no type of C++ leaves it, so neither is built in.
CXX_WARN    := -Wall -Wextra -Wshadow -Wformat=2 -Wundef
GT_CXXFLAGS := -std=c++17 $(OPT) -fPIE -ffile-prefix-map=$(CURDIR)=. -fno-exceptions -fno-rtti -ffunction-sections $(CXX_WARN) $(HARDEN) $(WERROR)
COMPILE_CXX  = $(CXX) $(GT_CPPFLAGS) $(FORTIFY) $(CPPFLAGS) $(GT_CXXFLAGS) $(SAN) $(CXXFLAGS)
GT_LDFLAGS  := -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code
COMPILE      = $(CC) $(GT_CPPFLAGS) $(PKG_CFLAGS) $(FORTIFY) $(CPPFLAGS) $(GT_CFLAGS) $(SAN) $(CFLAGS)
STATIC      := -static-pie -Wl$(comma)--fatal-warnings
# The map says which files were linked: `make sbom` reads it.
LINK_STATIC  = $(CC) $(STATIC) $(GT_LDFLAGS) -Wl,-Map,$@.map $(SAN) $(CFLAGS) $(LDFLAGS)

# A stamp that changes when the flags do, so that everything is rebuilt.
FLAGS_NOW = $(COMPILE) $(COMPILE_CXX) $(GT_LDFLAGS) $(LDFLAGS)
$(BUILD)/flags: FORCE
	$(call need,$(MODULES) $(HTTP_MODULE),build)
	$(need_cxx)
	@mkdir -p $(BUILD)/obj $(BUILD)/tests
	@printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' >$@
FORCE:

# --- build ------------------------------------------------------------------------------------
.PHONY: all
all: $(PROGRAMS) say-tracer ## build the programs (default)

$(BUILD)/obj/%.o: hook/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: hook/%.cc $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE_CXX) -MMD -MP -c -o $@ $<

# The filters of system calls: libseccomp compiles them now, not when a container starts.
FILTERS := $(BUILD)/gen/filters.h
$(BUILD)/filtergen: $(BUILD)/obj/sandbox/filter_gen.o $(BUILD)/obj/sandbox/filter_compile.o $(BUILD)/obj/sandbox/calls.o
	$(CC) $(SAN) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(FILTERS): $(BUILD)/filtergen
	@mkdir -p $(@D)
	$< >$@
$(BUILD)/obj/sandbox/filter.o: GT_CPPFLAGS += -I$(BUILD)/gen -ffile-prefix-map=$(BUILD)/gen=gen
$(BUILD)/obj/sandbox/filter.o: $(FILTERS)

# The built-in policy: its JSON is read now, not when a container starts. The sum of all that takes
# part in it tells a policy that another build has compiled from one of ours.
POLICY_BLOCK   := $(BUILD)/gen/policy_block.h
POLICYGEN_OBJ  := $(filter $(foreach r,base model policy,$(BUILD)/obj/$r/%),$(filter-out %/toml.o %/embedded.o %/cache.o %/policy/watch.o,$(LIB_OBJ)))
POLICY_SOURCES := $(sort $(wildcard hook/policy/*.[ch] include/gotune/model/*.h include/gotune/model/*.def))
$(BUILD)/policygen: $(BUILD)/obj/policy/embedded_gen.o $(POLICYGEN_OBJ)
	$(CC) $(SAN) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(POLICY_BLOCK): $(BUILD)/policygen $(POLICY_SOURCES)
	@mkdir -p $(@D)
	$< "$$(cat $(POLICY_SOURCES) | cksum)" >$@
$(BUILD)/obj/policy/embedded.o: GT_CPPFLAGS += -I$(BUILD)/gen -ffile-prefix-map=$(BUILD)/gen=gen
$(BUILD)/obj/policy/embedded.o: $(POLICY_BLOCK)

$(BUILD)/libgotune.a: $(LIB_OBJ)
	rm -f $@
	$(AR) qcsD $@ $^

$(BUILD)/oci-gotune-hook: $(BUILD)/obj/main/oci-gotune-hook.o $(BUILD)/libgotune.a
	$(LINK_STATIC) -o $@ $^ $(LIBS_STATIC)

$(BUILD)/gotune-runtime: $(BUILD)/obj/main/gotune-runtime.o $(BUILD)/libgotune.a
	$(LINK_STATIC) -o $@ $^ $(LIBS_STATIC)

$(BUILD)/gotuned $(BUILD)/gotune-nri: $(BUILD)/%: $(BUILD)/obj/main/%.o $(BUILD)/libgotune.a $(BUILD)/obj/no_tls.o
	$(LINK_STATIC) -o $@ $(BUILD)/obj/main/$*.o $(BUILD)/libgotune.a $(HTTP_LIBS) $(BUILD)/obj/no_tls.o $(LIBS_STATIC) -lm

# Only here is libbpf linked: it alone makes gotune larger by a half megabyte, libelf is under the LGPL.
$(BUILD)/gotune-trace: $(BUILD)/obj/main/gotune-trace.o $(TRACER_OBJ) $(BUILD)/libgotune.a
	$(LINK_STATIC) -o $@ $^ $(TRACE_LIBS) $(LIBS_STATIC)

# Only here is C++ linked: the hook and the runtime reference nothing that does (tests/install.bats).
$(BUILD)/gotune: $(BUILD)/obj/main/gotune.o $(BUILD)/libgotune.a
	$(LINK_STATIC) -o $@ $^ $(LIBS_STATIC) $(CXX_LIBS)

# --- tests ------------------------------------------------------------------------------------
.PHONY: check-cmocka
check-cmocka:
	$(call need,$(TEST_MODULES),check)

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libgotune.a $(BUILD)/flags | check-cmocka
	@mkdir -p $(@D)
	$(COMPILE) -Ihook -Itests/unit -DGT_FIXTURES='"tests/fixtures"' -MMD -MP -MF $@.d -pie $(GT_LDFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libgotune.a $(LIBS) $(HTTP_LIBS) $(TEST_LIBS) $(CXX_LIBS)

# Packages first, in a make of its own: this one has looked for compiler and libraries already.
.PHONY: check check-now build-for-check
check: ## install what is missing (as root), then run all tests
	@contrib/install-deps check
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" build-for-check
	@+$(MAKE) --no-print-directory check-now
	@echo 'check: other machines (cgroup v1 and v2, NUMA, SMT, one CPU and many) are checked by: sudo make check-lab'
build-for-check: all $(UNIT_BIN) $(PROBE) $(BUILD)/e2e/live build-for-hostile
check-now: all check-static $(UNIT_BIN) $(PROBE) $(BUILD)/e2e/live build-for-hostile
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" $(SAN_VARS) replay-build
	@BUILD='$(BUILD)' tests/run --unit $(UNIT_BIN) $(REPLAY_SAN) --bats $(BATS) --e2e $(E2E)

# Changes a running program as gotuned does: tests/live.bats.
$(BUILD)/e2e/live: tests/live/live.c $(BUILD)/libgotune.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -MF $@.d -pie $(GT_LDFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libgotune.a $(LIBS)

.PHONY: check-unit
check-unit: $(UNIT_BIN) ## run the unit tests alone
	@tests/run --unit $(UNIT_BIN)

.PHONY: check-e2e
check-e2e: all $(PROBE) build-for-hostile ## run the end-to-end tests alone, as root: real runc, real crun
	@BUILD='$(BUILD)' tests/run --bats $(BATS) --e2e $(E2E)

# Each with its own daemon, state and /etc, in namespaces of its own. ENGINES="docker podman" runs the
# suites whose names begin so. Debian has no CRI-O: CRIO=/path/of/crio, with pinns beside it.
CRIO         ?= $(shell command -v crio)
ENGINES      ?= cdi containerd $(if $(CRIO),crio) docker load nri optin podman
ENGINE_BATS   = $(sort $(foreach e,$(ENGINES),$(wildcard tests/engines/$(e)*.bats)))
.PHONY: check-engines check-engines-now
check-engines: ## install what is missing (as root), then run Docker, Podman and containerd with it; ENGINES="docker podman"
	@contrib/install-deps engines
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" all $(PROBE) $(if $(filter nri%,$(ENGINES)),$(BUILD)/hostile/gotune-nri)
	@+$(MAKE) --no-print-directory check-engines-now
# An image of scratch with the static programs, and gotune-nri as its entrypoint: contrib/kubernetes/README.md.
.PHONY: image
image: all ## as root: build/image.tar, an OCI image of gotune-nri; the same sources make the same bytes
	@contrib/kubernetes/image '$(BUILD)' '$(BUILD)/image.tar'

# What gotune-nri adds to a container's creation and start: docs/nri.md.
.PHONY: bench-nri
bench-nri: ## as root: what the NRI plugin adds to creation and start, beside nothing and the wrapper; N=200 RELEASE=sid
	@contrib/install-deps engines
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" all $(PROBE) $(BUILD)/cribench
	@BUILD='$(abspath $(BUILD))' N='$(or $(N),200)' RELEASE='$(or $(RELEASE),sid)' tests/engines/nri-bench
$(BUILD)/cribench: tests/engines/cribench.c $(BUILD)/libgotune.a $(BUILD)/flags
	$(COMPILE) -Ihook -pie $(GT_LDFLAGS) -o $@ $< $(BUILD)/libgotune.a $(LIBS)
# Two at a time: each has a daemon of its own.
check-engines-now:
	@BUILD='$(BUILD)' CRIO='$(CRIO)' SUITE=engines JOBS=2 tests/run --bats $(ENGINE_BATS)

# Entrypoints as images have them, and services of Debian: docs/tested.md. MODE=predict ONLY=script/ MIN=95.
ENTRYPOINTS := $(BUILD)/entrypoints
.PHONY: check-entrypoints check-rootfs build-for-entrypoints
check-entrypoints: ## as root: is the Go program behind each entrypoint found, and nothing else touched? MODE=, ONLY=, MIN=
	@contrib/install-deps check
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" build-for-entrypoints
	@BUILD='$(BUILD)' $(if $(MODE),MODE='$(MODE)') $(if $(ONLY),ONLY='$(ONLY)') tests/entrypoints/run --min '$(or $(MIN),95)'
check-rootfs: ## as root: N (200) services of Debian start as without us; N=15 a sample, ONLY=
	@contrib/install-deps check
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" all
	@BUILD='$(BUILD)' $(if $(ONLY),ONLY='$(ONLY)') tests/rootfs/run '$(or $(N),200)'
build-for-entrypoints: all $(ENTRYPOINTS)/probe $(ENTRYPOINTS)/other $(ENTRYPOINTS)/su-exec
$(ENTRYPOINTS)/probe: tests/entrypoints/probe/main.go tests/entrypoints/probe/go.mod
	@mkdir -p $(@D)
	cd tests/entrypoints/probe && $(GO_BUILD) -o '$(abspath $@)' .
$(ENTRYPOINTS)/%: tests/entrypoints/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -static-pie -o $@ $<

# In virtual machines: see docs/lab.md. CELLS="NAME..." runs these of tests/lab/cells alone.
.PHONY: check-lab
check-lab: ## as root: the tests on machines that this one is not; FULL=1 runs all of them
	@contrib/install-deps check lab
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" all $(PROBE) $(BUILD)/lab/enosys $(BUILD)/lab/installed
	@BUILD='$(BUILD)' tests/lab/run $(if $(filter-out 0,$(FULL)),--full) $(CELLS)

$(BUILD)/lab/enosys: tests/lab/enosys.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -static-pie -o $@ $<

# Real containers in which one thing goes wrong: docs/faults.md.
FAULTS     := $(BUILD)/faults
FAULT_WRAP := -Wl$(comma)--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=fork,--wrap=clock_gettime,--wrap=time
.PHONY: check-faults check-load
check-faults: ## as root: each system call and allocation of a container's start fails in turn; FULL=1, ONLY=, SEED=
	@contrib/install-deps check
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" build-for-faults
	@BUILD='$(BUILD)' FULL='$(or $(FULL),0)' ONLY='$(ONLY)' SEED='$(SEED)' tests/faults/run faults
check-load: ## as root: a thousand containers in bursts, a third of them killed at their creation; prints figures
	@contrib/install-deps check
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" build-for-faults
	@BUILD='$(BUILD)' tests/faults/run load

.PHONY: build-for-faults
build-for-faults: all $(PROBE) $(FAULTS)/inject $(FAULTS)/launcher $(FAULTS)/driver $(FAULTS)/oci-gotune-hook $(FAULTS)/gotune-runtime
$(FAULTS)/inject: tests/faults/inject.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -static-pie -o $@ $< $(LIBS_STATIC)
$(FAULTS)/launcher: tests/faults/launcher.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -static-pie -o $@ $<
$(FAULTS)/fault.o: tests/faults/fault.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<
$(FAULTS)/oci-gotune-hook: $(BUILD)/obj/main/oci-gotune-hook.o $(FAULTS)/fault.o $(BUILD)/libgotune.a
	$(LINK_STATIC) $(FAULT_WRAP) -o $@ $^ $(LIBS_STATIC)
$(FAULTS)/gotune-runtime: $(BUILD)/obj/main/gotune-runtime.o $(FAULTS)/fault.o $(BUILD)/libgotune.a
	$(LINK_STATIC) $(FAULT_WRAP) -o $@ $^ $(LIBS_STATIC)
$(FAULTS)/driver: $(wildcard tests/faults/*.go) tests/faults/go.mod
	@mkdir -p $(@D)
	cd tests/faults && $(GO_BUILD) -o '$(abspath $@)' .

# Real containers whose workers answer as if they had been taken over: docs/security.md. The archive's own
# tables of jobs are not linked: these stand before it, with the real functions below other names.
HOSTILE     := $(BUILD)/hostile
HOSTILE_OBJ := $(patsubst tests/hostile/%.c,$(HOSTILE)/%.o,$(sort $(wildcard tests/hostile/*.c))) \
	$(HOSTILE)/real_parse_jobs.o $(HOSTILE)/real_sysctl_jobs.o $(HOSTILE)/real_nri_jobs.o
.PHONY: check-hostile build-for-hostile
check-hostile: ## as root: each job of each worker answers with lies in turn; FULL=1: all of them in all modes; ONLY=
	@contrib/install-deps check
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" build-for-hostile
	@BUILD='$(BUILD)' FULL='$(or $(FULL),0)' ONLY='$(ONLY)' tests/faults/run hostile
build-for-hostile: all $(PROBE) $(FAULTS)/driver $(HOSTILE)/oci-gotune-hook $(HOSTILE)/gotune-runtime
$(HOSTILE)/%.o: tests/hostile/%.c $(wildcard tests/hostile/*.h) $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -Ihook -MMD -MP -c -o $@ $<
$(HOSTILE)/real_parse_jobs.o: hook/decide/jobs.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -Dgt_parse_jobs=real_parse_jobs -MMD -MP -c -o $@ $<
$(HOSTILE)/real_sysctl_jobs.o: hook/sysctl/jobs.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -Dgt_sysctl_jobs=real_sysctl_jobs -MMD -MP -c -o $@ $<
$(HOSTILE)/real_nri_jobs.o: hook/nri/jobs.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -Dgt_nri_jobs=real_nri_jobs -MMD -MP -c -o $@ $<
$(HOSTILE)/gotune-nri: $(BUILD)/obj/main/gotune-nri.o $(HOSTILE_OBJ) $(BUILD)/libgotune.a $(BUILD)/obj/no_tls.o
	$(LINK_STATIC) -o $@ $(BUILD)/obj/main/gotune-nri.o $(HOSTILE_OBJ) $(BUILD)/libgotune.a $(HTTP_LIBS) $(BUILD)/obj/no_tls.o $(LIBS_STATIC) -lm
$(HOSTILE)/oci-gotune-hook: $(BUILD)/obj/main/oci-gotune-hook.o $(HOSTILE_OBJ) $(BUILD)/libgotune.a
	$(LINK_STATIC) -o $@ $^ $(LIBS_STATIC)
$(HOSTILE)/gotune-runtime: $(BUILD)/obj/main/gotune-runtime.o $(HOSTILE_OBJ) $(BUILD)/libgotune.a
	$(LINK_STATIC) -o $@ $^ $(LIBS_STATIC)

# Which rooms each program walks through: docs/architecture.md. Functions are noted as they are entered.
TRACE_VARS := BUILD='$(BUILD)-trace' OPT='-O1 -g' FORTIFY= SAN=-finstrument-functions
TRACE_LINK  = -Wl$(comma)--wrap=fork,--wrap=execv,--wrap=_exit
.PHONY: trace-rooms trace-programs
trace-rooms: ## as root: the rooms that the hook, the runtime and explain walk through, in their order
	@contrib/install-deps check
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" $(PROBE)
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" $(TRACE_VARS) trace-programs
	@BUILD='$(BUILD)-trace' PROBE='$(PROBE)' tests/trace/run
trace-programs: $(BUILD)/trace.o
	@+$(MAKE) --no-print-directory -s STATIC='$(STATIC) $(TRACE_LINK) $(BUILD)/trace.o' $(PROGRAMS)
$(BUILD)/trace.o: tests/trace/trace.c $(BUILD)/flags
	@rm -f $(PROGRAMS) # make does not see that they are linked with it
	$(COMPILE) -fno-instrument-functions -c -o $@ $<

# For the engines' suites, where the VM's root has no compiler.
$(BUILD)/lab/installed: $(PROGRAMS)
	@rm -rf $@
	@+$(MAKE) --no-print-directory -s PREFIX=/usr/local DESTDIR='$(abspath $@)' install
	@touch $@

# Real containers in lab VMs: docs/oracle.md. SEED=1 CASES=50; ONLY=N for one of them; VERBOSE=1.
SEED  ?= 1
CASES ?= 50
.PHONY: check-oracle
check-oracle: ## install what is missing (as root), then compare our decisions with the newest Go's; SEED=1 CASES=50 ONLY=N
	@contrib/install-deps check lab
	@tests/lab/setup kernel:bookworm root:sid root:trixie >&2
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" all >&2
	@BUILD='$(BUILD)' SEED='$(SEED)' CASES='$(CASES)' $(if $(ONLY),ONLY='$(ONLY)') VERBOSE='$(VERBOSE)' tests/oracle/run

# Go programs: nothing is downloaded, and the caches are ours.
GO_BUILD = CGO_ENABLED=0 GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local \
	GOCACHE='$(abspath $(BUILD))/e2e/go-cache' GOPATH='$(abspath $(BUILD))/e2e/go' go build -trimpath -buildvcs=false
# The program that runs in the containers of the tests and of the demo.
$(PROBE): $(wildcard tests/e2e/probe/*.go) tests/e2e/probe/go.mod | $(LOADS)
	@mkdir -p $(@D)
	cd tests/e2e/probe && $(GO_BUILD) -o '$(abspath $@)' .
# Programs of a known fault, for gotune diagnose and goroutines in containers.
$(LOADS): $(wildcard tests/diagnose/loads/*.go) tests/diagnose/loads/go.mod
	@mkdir -p $(@D)
	cd tests/diagnose/loads && $(GO_BUILD) -o '$(abspath $@)' .

.PHONY: check-static
check-static: $(LIB_OBJ) $(TRACER_OBJ) $(BUILD)/gotune ## ranks and sizes of the sources, purity of the planner, soundness of the schemas
	@NOT_BUILT='$(if $(TRACE_OFF),$(TRACER_SRC:hook/%=%))' tests/check-layers
	@if [ -x tests/check-plan-pure ]; then tests/check-plan-pure $(filter $(BUILD)/obj/plan/%.o,$(LIB_OBJ)); fi
	@if [ -x tests/check-options ]; then tests/check-options $(BUILD)/gotune; fi
	@for f in $(SCHEMAS) oci-hook.json; do jq -e type "$$f" >/dev/null || exit 1; done

# AddressSanitizer and a static program do not go together: the units alone, linked dynamically.
.PHONY: sanitize
sanitize: ## unit tests with AddressSanitizer and UndefinedBehaviorSanitizer
	@+$(MAKE) --no-print-directory $(SAN_VARS) check-unit

include tests/fuzz/fuzz.mk

# --- analysis ---------------------------------------------------------------------------------
# Every shell script, whatever its name: the first line says so.
SCRIPTS = $(sort $(shell grep -rlE --exclude-dir='build*' --exclude-dir=.git --exclude-dir=dist --exclude-dir=fixtures --exclude-dir=corpus \
	'^\#! ?(/usr)?/bin/(env )?(ba|da)?sh|^\#!/usr/bin/env bats' .ci contrib tests) $(wildcard tests/*.bash tests/*/*.bash tests/lab/guest/*))
EACH    = xargs -P "$$(nproc)" -n 1

LOOKED_AT = $(if $(TRACE_OFF),$(filter-out $(TRACER_SRC),$(HOOK_SRC)),$(HOOK_SRC))

.PHONY: analyze analyze-tidy analyze-cppcheck analyze-gcc analyze-shell analyze-man
analyze: ## clang-tidy, cppcheck, gcc -fanalyzer, shellcheck, mandoc -T lint: all clean, or fail
	@contrib/install-deps build analyze
	@+$(MAKE) --no-print-directory analyze-tidy analyze-cppcheck analyze-gcc analyze-shell analyze-man
analyze-tidy: $(FILTERS) $(if $(TRACE_OFF),,$(BPF_BYTES))
	@echo '  clang-tidy'
	@mkdir -p $(BUILD)
	@printf '%s\n' $(LOOKED_AT) | xargs -P "$$(nproc)" -I{} clang-tidy --quiet {} -- -std=gnu17 $(GT_CPPFLAGS) -I$(BUILD)/gen $(PKG_CFLAGS) \
		2>$(BUILD)/tidy.log || { grep -v 'warnings\? generated' $(BUILD)/tidy.log; exit 1; }
# memleak: cppcheck does not know __attribute__((cleanup)); gcc -fanalyzer and ASan do.
analyze-cppcheck: $(FILTERS) $(if $(TRACE_OFF),,$(BPF_BYTES))
	@echo '  cppcheck'
	@cppcheck --quiet -j "$$(nproc)" --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem --suppress=memleak $(GT_CPPFLAGS) -I$(BUILD)/gen $(LOOKED_AT)
analyze-gcc: $(FILTERS) $(if $(TRACE_OFF),,$(BPF_BYTES))
	@echo '  gcc -fanalyzer'
	@printf '%s\n' $(LOOKED_AT) | $(EACH) gcc -std=gnu17 -O1 -fanalyzer -Werror $(WARN) $(GT_CPPFLAGS) -I$(BUILD)/gen $(PKG_CFLAGS) -c -o /dev/null
analyze-shell:
	@echo '  shellcheck'
	@shellcheck -x $(SCRIPTS)
analyze-man:
	@echo '  mandoc -T lint'
	@$(if $(MAN_PAGES),mandoc -T lint -W warning $(MAN_PAGES),:)

.PHONY: format format-check
format: ## clang-format (and gofmt) all sources
	clang-format -i $(C_FILES)
	gofmt -w tests/e2e tests/entrypoints tests/faults tests/oracle tests/bench tests/goroutines tests/live contrib/goroutine-layouts
format-check: ## fail when a source is not formatted
	@clang-format --dry-run -Werror $(C_FILES)
	@out=$$(gofmt -l tests/e2e tests/entrypoints tests/faults tests/oracle tests/bench tests/goroutines tests/live contrib/goroutine-layouts) && if [ -n "$$out" ]; then echo "not gofmt'ed: $$out" >&2; exit 1; fi

# --- demo -------------------------------------------------------------------------------------
.PHONY: demo demo-now
demo: ## install what is missing (as root), then tune a real Go service in a real container
	@contrib/install-deps demo
	@+$(MAKE) --no-print-directory demo-now
demo-now:
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" all $(PROBE)
	@BUILD='$(BUILD)' contrib/demo

.PHONY: demo-diagnose
demo-diagnose: ## as root: a collector that thrashes, a loop that starves, connections that leak, each in a container
	@contrib/install-deps demo
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" all
	@BUILD='$(BUILD)' contrib/demo-diagnose

# --- bench ------------------------------------------------------------------------------------
# BENCH="start process" runs these parts alone; RUNS=200 of each.
$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -static-pie -o $@ $<
$(BUILD)/bench/empty-nolibc: tests/bench/empty_nolibc.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -O2 $(WARN) $(WERROR) -ffreestanding -fno-stack-protector -fno-pie -static -nostdlib -no-pie -o $@ $<
$(BUILD)/bench/empty-go: tests/bench/empty.go
	@mkdir -p $(@D)
	$(GO_BUILD) -o '$@' $<

.PHONY: bench bench-now bench-plots
bench: ## as root, on a quiet machine: what we cost, against named baselines; BENCH="start process" RUNS=200
	@contrib/install-deps bench
	@+$(MAKE) --no-print-directory -s bench-now
bench-now: all $(addprefix $(BUILD)/bench/,bench empty empty-nolibc empty-go)
	@BUILD='$(BUILD)' tests/bench/run $(BENCH)
bench-plots: ## what the last bench measured, as docs/performance/*.csv and *.svg, and tables on standard output
	@BUILD='$(BUILD)' tests/bench/plots docs/performance

.PHONY: bench-gotuned
bench-gotuned: ## as root, on an idle machine: what gotuned costs beside N=500 containers; PROGRAMS="before after" in turn
	@contrib/install-deps bench
	@+$(MAKE) --no-print-directory -s all
	@BUILD='$(BUILD)' $(if $(N),N='$(N)') tests/bench/gotuned $(PROGRAMS)

# BENCH="cpu memory" runs these parts alone, ONLY="http quota 0.5" these runs; ROUNDS=3 of TIME=4 seconds.
.PHONY: bench-effect bench-decisions
bench-effect: ## as root, on a quiet machine: what tuning is worth to real services under load; BENCH="cpu" ROUNDS=3 TIME=4
	@contrib/install-deps bench
	@+$(MAKE) --no-print-directory -s all
	@BUILD='$(BUILD)' $(if $(ROUNDS),ROUNDS='$(ROUNDS)') $(if $(TIME),TIME='$(TIME)') $(if $(ONLY),ONLY='$(ONLY)') tests/bench/effect/run $(BENCH)
bench-decisions: CASES = 1000
bench-decisions: check-oracle ## the same as check-oracle, 1000 cases

.PHONY: install-deps
install-deps: ## install the packages that building, tests, analysis and demo need
	@contrib/install-deps build check analyze demo

# --- install ----------------------------------------------------------------------------------
D          = $(DESTDIR)
HOOK_PATH := $(LIBEXECDIR)/oci-gotune-hook
POLICY    := $(SYSCONFDIR)/gotune/policy.json
man_dir    = $(MANDIR)/man$(patsubst .%,%,$(suffix $(1)))

# The completions of the shells, where there are any: file in contrib/completions, place.
COMPLETIONS := $(foreach c, \
	gotune.bash:bash-completion/completions/gotune \
	_gotune:zsh/site-functions/_gotune \
	gotune.fish:fish/vendor_completions.d/gotune.fish, \
	$(if $(wildcard contrib/completions/$(firstword $(subst :, ,$(c)))),$(c)))

# Podman's precreate hook, outside its default hooks directories: there it would keep CRI-O from
# starting and break `podman build`. `gotune install podman` tells Podman of the directory.
PODMAN_HOOKS := $(sort $(wildcard contrib/engines/podman/podman-hooks.d/*.json))
# What we ship names /etc; what is installed names the place it is installed for.
own_etc        = sed 's|/etc/gotune|$(SYSCONFDIR)/gotune|g' $(1)
put_text       = $(call own_etc,$(1)) >'$(2)' && chmod 644 '$(2)'
with_hook_path = sed 's|"path": *"[^"]*"|"path": "$(HOOK_PATH)"|' $(1) >'$(2)' && chmod 644 '$(2)'

# Everything that install puts somewhere and uninstall takes away, but for the policy.
UNIT      := $(UNITDIR)/gotuned.service
INSTALLED := $(HOOK_PATH) $(LIBEXECDIR)/gotune-trace $(BINDIR)/gotune $(BINDIR)/gotune-runtime $(BINDIR)/gotuned $(BINDIR)/gotune-nri $(UNIT) $(DATADIR)/gotune/oci-hook.json \
	$(foreach s,$(SCHEMAS),$(DATADIR)/gotune/$(notdir $(s))) \
	$(foreach h,$(PODMAN_HOOKS),$(DATADIR)/gotune/podman-hooks.d/$(notdir $(h))) \
	$(foreach m,$(MAN_PAGES),$(call man_dir,$(m))/$(notdir $(m))) \
	$(foreach c,$(COMPLETIONS),$(DATADIR)/$(lastword $(subst :, ,$(c))))

.PHONY: install uninstall
install: all ## install below $(DESTDIR)$(PREFIX); a policy that was edited is kept
	$(INSTALL) -D -m 755 $(BUILD)/oci-gotune-hook '$(D)$(HOOK_PATH)'
	$(if $(TRACE_OFF),,$(INSTALL) -D -m 755 $(BUILD)/gotune-trace '$(D)$(LIBEXECDIR)/gotune-trace')
	$(INSTALL) -D -m 755 -t '$(D)$(BINDIR)' $(BUILD)/gotune $(BUILD)/gotune-runtime $(BUILD)/gotuned $(BUILD)/gotune-nri
	$(INSTALL) -d '$(D)$(UNITDIR)'
	sed 's|@BINDIR@|$(BINDIR)|' contrib/systemd/gotuned.service >'$(D)$(UNIT)' && chmod 644 '$(D)$(UNIT)'
	$(INSTALL) -d '$(D)$(DATADIR)/gotune/podman-hooks.d' '$(D)$(SYSCONFDIR)/gotune/policy.d'
	$(call with_hook_path,oci-hook.json,$(D)$(DATADIR)/gotune/oci-hook.json)
	$(foreach h,$(PODMAN_HOOKS),$(call with_hook_path,$(h),$(D)$(DATADIR)/gotune/podman-hooks.d/$(notdir $(h))) &&) :
	$(foreach s,$(SCHEMAS),$(call put_text,$(s),$(D)$(DATADIR)/gotune/$(notdir $(s))) &&) :
	$(INSTALL) -d $(foreach m,$(MAN_PAGES),'$(D)$(call man_dir,$(m))')
	$(foreach m,$(MAN_PAGES),$(call put_text,$(m),$(D)$(call man_dir,$(m))/$(notdir $(m))) &&) :
	$(foreach c,$(COMPLETIONS),$(INSTALL) -D -m 644 contrib/completions/$(firstword $(subst :, ,$(c))) '$(D)$(DATADIR)/$(lastword $(subst :, ,$(c)))' &&) :
	@if [ ! -e '$(D)$(POLICY)' ] || $(call own_etc,config/policy.json) | cmp -s - '$(D)$(POLICY)'; then \
		rm -f '$(D)$(POLICY).new'; $(call put_text,config/policy.json,$(D)$(POLICY)); \
	else \
		$(call put_text,config/policy.json,$(D)$(POLICY).new); \
		echo 'install: $(D)$(POLICY) was edited and is kept; the new one is $(D)$(POLICY).new'; \
	fi

uninstall: ## remove what install put there; a policy that was edited is kept
	@# An engine that names a runtime or a hook that is gone starts nothing.
	@if [ -z '$(D)' ] && [ -x '$(BINDIR)/gotune' ]; then '$(BINDIR)/gotune' status --format json | awk -f contrib/still-named >&2; fi
	rm -f $(foreach f,$(INSTALLED),'$(D)$(f)')
	@if $(call own_etc,config/policy.json) | cmp -s - '$(D)$(POLICY)'; then rm -f '$(D)$(POLICY)'; \
	elif [ -e '$(D)$(POLICY)' ]; then echo 'uninstall: $(D)$(POLICY) was edited and is kept'; fi
	rm -f '$(D)$(POLICY).new'
	-@rmdir '$(D)$(DATADIR)/gotune/podman-hooks.d' '$(D)$(DATADIR)/gotune' '$(D)$(SYSCONFDIR)/gotune/policy.d' '$(D)$(SYSCONFDIR)/gotune' 2>/dev/null || :

# What the programs consist of, besides our own files: SPDX 2.3, from the linker's maps and dpkg.
.PHONY: sbom
sbom: all ## BUILD/sbom.spdx.json: the packages that are linked into the programs, with versions
	@$(COMPILE_CXX) -M hook/base/toml.cc -o $(BUILD)/base_toml.headers
	@BUILD='$(BUILD)' contrib/sbom $(PROGRAMS) >$(BUILD)/sbom.spdx.json.new && mv $(BUILD)/sbom.spdx.json.new $(BUILD)/sbom.spdx.json
	@jq -r '.packages[] | select(.primaryPackagePurpose == "LIBRARY") | "\(.name) \(.versionInfo)"' $(BUILD)/sbom.spdx.json

# --- release ----------------------------------------------------------------------------------
# The same commit gives the same bytes: names sorted, one time, one owner.
DIST := oci-gotune-hook-$(VERSION)
.PHONY: dist distcheck
dist: ## dist/*.tar.gz of the files in git, the same bytes for the same commit
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo 'make: dist needs a git clone' >&2; exit 1; }
	@mkdir -p dist
	@git ls-files -z | tar --null --files-from=- --sort=name --transform 's,^,$(DIST)/,' --mtime="@$$(git log -1 --format=%ct)" \
		--owner=0 --group=0 --numeric-owner --mode='u+rw,go+r-w' --format=ustar -cf - | gzip -n9 >dist/$(DIST).tar.gz
	@sha256sum dist/$(DIST).tar.gz

distcheck: dist ## unpack the tarball elsewhere; build, test, install and uninstall there
	@+dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && tar -xzf dist/$(DIST).tar.gz -C "$$dir" && \
	$(MAKE) --no-print-directory -C "$$dir/$(DIST)" BUILD=build all check-static check-unit && \
	$(MAKE) --no-print-directory -C "$$dir/$(DIST)" BUILD=build install DESTDIR="$$dir/root" && \
	$(MAKE) --no-print-directory -C "$$dir/$(DIST)" BUILD=build uninstall DESTDIR="$$dir/root" && \
	left=$$(find "$$dir/root" ! -type d) && if [ -n "$$left" ]; then echo "uninstall left: $$left" >&2; exit 1; fi && \
	echo 'distcheck: $(DIST).tar.gz is sound'

.PHONY: clean help
clean: ## remove what was built
	rm -rf $(BUILD) $(BUILD)-san $(BUILD)-fuzz $(BUILD)-cov $(BUILD)-trace dist

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile tests/fuzz/fuzz.mk
	@echo
	@echo '  Variables: PREFIX BINDIR LIBEXECDIR SYSCONFDIR DATADIR MANDIR UNITDIR DESTDIR BUILD CC CXX CFLAGS CXXFLAGS LDFLAGS WERROR'

-include $(HOSTILE_OBJ:.o=.d) $(LIB_OBJ:.o=.d) $(BUILD)/obj/main/gotune.d $(BUILD)/obj/main/oci-gotune-hook.d $(BUILD)/obj/main/gotune-runtime.d $(BUILD)/obj/main/gotuned.d $(BUILD)/obj/main/gotune-nri.d $(BUILD)/obj/sandbox/filter_gen.d $(BUILD)/obj/policy/embedded_gen.d $(UNIT_BIN:=.d)
-include $(BUILD)/e2e/live.d $(BUILD)/obj/main/gotune-trace.d $(TRACER_OBJ:.o=.d)
