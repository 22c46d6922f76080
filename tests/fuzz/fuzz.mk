# Fuzzing (tests/fuzz/README.md), included by the Makefile. A target is one file; libFuzzer's main
# makes a fuzzer of it, replay.c a test. Sanitized, fuzzed and measured objects have build
# directories of their own: each rule below is run again by a make with another BUILD.

FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SECONDS ?= 60

SAN_VARS  := BUILD='$(BUILD)-san' OPT='-O1 -g' FORTIFY= \
	SAN='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
FUZZ_VARS := BUILD='$(BUILD)-fuzz' OPT='-O2 -g' FORTIFY= CC=clang CXX=clang++ \
	SAN='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=function -fno-sanitize-recover=all -fno-omit-frame-pointer'
COV_VARS  := BUILD='$(BUILD)-cov' OPT='-O1 -g' FORTIFY= CC=clang CXX=clang++ \
	SAN='-fprofile-instr-generate -fcoverage-mapping'

REPLAY_BIN = $(FUZZ_TARGETS:%=$(BUILD)/fuzz/replay_%)
REPLAY_SAN = $(FUZZ_TARGETS:%=$(BUILD)-san/fuzz/replay_%)

$(BUILD)/fuzz/%.o: tests/fuzz/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -Ihook -MMD -MP -c -o $@ $<

FUZZ_LINK = $(COMPILE) -pie $(GT_LDFLAGS) $(LDFLAGS) -o $@ $(filter-out %/flags,$^) $(LIBS) $(CXX_LIBS)
$(BUILD)/fuzz/replay_%: $(BUILD)/fuzz/fuzz_%.o $(BUILD)/fuzz/replay.o $(BUILD)/libgotune.a $(BUILD)/flags
	$(FUZZ_LINK)
$(BUILD)/fuzz/fuzzer_%: $(BUILD)/fuzz/fuzz_%.o $(BUILD)/libgotune.a $(BUILD)/flags
	$(FUZZ_LINK) -fsanitize=fuzzer

.PRECIOUS: $(BUILD)/fuzz/%.o
.PHONY: replay-build fuzzers-build
replay-build: $(REPLAY_BIN)
fuzzers-build: $(FUZZ_TARGETS:%=$(BUILD)/fuzz/fuzzer_%)

.PHONY: check-fuzz fuzz fuzz-coverage
check-fuzz: ## the fuzzing corpora, once, with ASan and UBSan
	@+$(MAKE) --no-print-directory -s $(SAN_VARS) replay-build
	@tests/run --unit $(REPLAY_SAN)

# TARGETS="state splice" fuzzes these alone.
TARGETS ?= $(FUZZ_TARGETS)
fuzz: ## libFuzzer, FUZZ_SECONDS=60 a target; TARGETS="state splice"
	@contrib/install-deps fuzz
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" $(FUZZ_VARS) fuzzers-build
	@tests/fuzz/run '$(BUILD)-fuzz' '$(FUZZ_SECONDS)' $(TARGETS)

fuzz-coverage: ## which lines of the parsers the corpora reach; fails below 90 % of a parser
	@contrib/install-deps fuzz
	@+$(MAKE) --no-print-directory -s -j"$$(nproc)" $(COV_VARS) replay-build
	@tests/fuzz/coverage '$(BUILD)-cov' $(FUZZ_TARGETS)

-include $(wildcard $(BUILD)/fuzz/*.d)
