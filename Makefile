# oci-gotune-hook. `make help` lists the targets.
#
# Everything is built below build/ (BUILD=DIR for another place). Flags of the user go last.

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec
SYSCONFDIR ?= /etc
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
DESTDIR    ?=
BUILD      ?= build
PKG_CONFIG ?= pkg-config
VERSION    := $(shell cat VERSION)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

# --- what is there to build -------------------------------------------------------------------
# One archive of all that is not a program's own: each program links only what it calls, so the
# linker shows who can ptrace.
LIB_SRC  := $(filter-out hook/main_hook.c hook/main_runtime.c hook/main_cli.c hook/cli_%.c, $(sort $(wildcard hook/*.c)))
CLI_SRC  := $(sort $(wildcard hook/cli_*.c)) hook/main_cli.c
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
LIB_OBJ  := $(LIB_SRC:hook/%.c=$(BUILD)/obj/%.o)
CLI_OBJ  := $(CLI_SRC:hook/%.c=$(BUILD)/obj/%.o)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/tests/%)
PROGRAMS := $(BUILD)/oci-gotune-hook $(BUILD)/gotune $(BUILD)/gotune-runtime

# --- libraries --------------------------------------------------------------------------------
LIBS_STATIC := -lyajl_s -lseccomp -lcap-ng
LIBS        := -lyajl -lseccomp -lcap-ng

# --- flags ------------------------------------------------------------------------------------
WARN := -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wcast-qual -Wundef -Wvla \
	-Wnull-dereference -Wimplicit-fallthrough
comma := ,
probe = $(shell echo 'int main(void){return 0;}' | $(CC) -x c -Werror $(1) -o /dev/null - >/dev/null 2>&1 && echo '$(1)')
GCC_WARN := $(call probe,-Wlogical-op) $(call probe,-Wduplicated-cond) $(call probe,-Wduplicated-branches)
HARDEN   := -fstack-protector-strong $(call probe,-fstack-clash-protection) $(call probe,-fcf-protection=full) \
	$(call probe,-ftrivial-auto-var-init=zero)
FORTIFY  ?= -D_FORTIFY_SOURCE=2
OPT      ?= -O2 -g
WERROR   ?= $(if $(CI),-Werror,)

GT_CPPFLAGS := -Iinclude -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DGT_VERSION='"$(VERSION)"' -DGT_SYSCONFDIR='"$(SYSCONFDIR)"'
GT_CFLAGS   := -std=gnu17 $(OPT) -fPIE -ffile-prefix-map=$(CURDIR)=. $(WARN) $(GCC_WARN) $(HARDEN) $(WERROR)
GT_LDFLAGS  := -Wl,-z,relro,-z,now,-z,noexecstack
COMPILE      = $(CC) $(GT_CPPFLAGS) $(FORTIFY) $(CPPFLAGS) $(GT_CFLAGS) $(SAN) $(CFLAGS)
# libcap-ng's one object also has capng_change_id, which we never call and which pulls getpwuid.
STATIC      := -static-pie $(call probe,-Wl$(comma)--no-warnings)

# A stamp that changes when the flags do, so that everything is rebuilt.
FLAGS_NOW := $(COMPILE) $(GT_LDFLAGS) $(LDFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(BUILD)/obj $(BUILD)/tests
	@printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' >$@
FORCE:

# --- build ------------------------------------------------------------------------------------
.PHONY: all
all: $(PROGRAMS)

$(BUILD)/obj/%.o: hook/%.c $(BUILD)/flags
	$(COMPILE) -MMD -MP -c -o $@ $<

$(BUILD)/libgotune.a: $(LIB_OBJ)
	rm -f $@
	$(AR) rcsD $@ $^

$(BUILD)/oci-gotune-hook: $(BUILD)/obj/main_hook.o $(BUILD)/libgotune.a
	$(CC) $(STATIC) $(GT_LDFLAGS) $(SAN) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_STATIC)

$(BUILD)/gotune-runtime: $(BUILD)/obj/main_runtime.o $(BUILD)/libgotune.a
	$(CC) $(STATIC) $(GT_LDFLAGS) $(SAN) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_STATIC)

$(BUILD)/gotune: $(CLI_OBJ) $(BUILD)/libgotune.a
	$(CC) $(STATIC) $(GT_LDFLAGS) $(SAN) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_STATIC)

# --- tests ------------------------------------------------------------------------------------
$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libgotune.a $(BUILD)/flags
	$(COMPILE) -DGT_FIXTURES='"tests/fixtures"' -MMD -MP -MF $@.d -pie $(GT_LDFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libgotune.a $(LIBS) -lcmocka

.PHONY: check-unit
check-unit: $(UNIT_BIN)
	@for t in $(UNIT_BIN); do $$t || exit 1; done

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(BUILD)/obj/main_hook.d $(BUILD)/obj/main_runtime.d $(UNIT_BIN:=.d)
