# retrospan: how it is built, tested and installed. `make help` lists the targets.
# GNU make; no generator. Every build lives below BUILD, so that several can stand side by side.

VERSION = 0.1.0

PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
DATADIR = $(PREFIX)/share
MANDIR = $(DATADIR)/man
DESTDIR =

BUILD = build
CC = gcc
AR = ar
PKG_CONFIG = pkg-config
PROTOC_C = protoc-c
INSTALL = install
CFLAGS = -O2 -g
# 1: warnings are errors, as in CI.
WERROR =
# For instance address,undefined.
SANITIZE =
# 1: show the whole commands.
V =
FUZZ_SECONDS = 60
PYTHON = $(firstword $(wildcard build/venv/bin/python) python3)

.DEFAULT_GOAL = all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules --no-print-directory
export LC_ALL = C

# ---- files ----

SOURCES := $(sort $(shell find src -name '*.c'))
HEADERS := $(sort $(shell find src include -name '*.h'))
PROTO := $(wildcard src/*/*.proto)
TESTS := $(filter %_test.c,$(SOURCES))
DOORS := $(filter %_fuzz.c,$(SOURCES))
BENCHES := $(filter %_bench.c,$(SOURCES))
MAIN := src/cli/main.c
INSIDE := $(filter-out $(TESTS) $(DOORS) $(BENCHES) $(MAIN),$(SOURCES))
GENERATED := $(patsubst %.proto,$(BUILD)/gen/%.pb-c.c,$(notdir $(PROTO)))
SCRIPTS := $(filter-out %/requirements.txt %/__pycache__ %.c,$(wildcard scripts/*)) .ci/run
MAN1 := $(wildcard man/*.1)
MAN7 := $(wildcard man/*.7)

object = $(1:%.c=$(BUILD)/obj/%.o)
noun = $(notdir $(1:_$(2).c=))
ARCHIVE := $(BUILD)/libretrospan.a
INSIDE_OBJECTS := $(call object,$(INSIDE)) $(GENERATED:.c=.o)
TEST_PROGRAMS := $(TESTS:src/%.c=$(BUILD)/test/%)
BENCH_PROGRAMS := $(BENCHES:src/%.c=$(BUILD)/bench/%)
REPLAYS := $(addprefix $(BUILD)/replay/,$(call noun,$(DOORS),fuzz))
LIBFUZZERS := $(addprefix $(BUILD)/,$(call noun,$(DOORS),fuzz))
COMPLETIONS := $(addprefix $(BUILD)/completions/,retrospan _retrospan retrospan.fish)

# ---- flags ----

package = $(or $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null),$(3))
PACKAGES = yyjson libprotobuf-c libcrypto libcurl libdeflate
PACKAGE_CFLAGS := $(call package,--cflags,$(PACKAGES))
PACKAGE_LIBS := $(call package,--libs,$(PACKAGES),-lyyjson -lprotobuf-c -lcrypto -lcurl -ldeflate)
CMOCKA_CFLAGS := $(call package,--cflags,cmocka)
CMOCKA_LIBS := $(call package,--libs,cmocka,-lcmocka)

WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough \
	$(if $(WERROR),-Werror)
# What a sanitizer finds must not be hidden by the checks of the C library.
HARDENING = -fstack-protector-strong \
	$(if $(SANITIZE)$(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
SANITIZERS = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)
ALL_CPPFLAGS = -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -Iinclude -Isrc -I$(BUILD)/gen \
	$(PACKAGE_CFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=c17 $(CFLAGS) -pthread -fPIE $(HARDENING) $(SANITIZERS) \
	-ffile-prefix-map=$(CURDIR)=.
ALL_LDFLAGS = -pie -pthread -Wl,-z,relro,-z,now $(SANITIZERS) $(LDFLAGS)

quiet = $(if $(V),,@echo '  $(1)	$(@:$(BUILD)/%=%)' &&)
COMPILE = $(call quiet,CC) $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
LINK = $(call quiet,LINK) $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(ARCHIVE)

# A build made with other flags is made again.
export RETROSPAN_FLAGS := $(VERSION) $(CC) $(ALL_CPPFLAGS) $(filter-out -ffile-prefix-map%,$(ALL_CFLAGS)) \
	$(ALL_LDFLAGS) $(WARNINGS)
FLAGS := $(BUILD)/flags
ifneq ($(strip $(RETROSPAN_FLAGS)),$(strip $(file <$(FLAGS))))
.PHONY: $(FLAGS)
endif

# ---- building ----

.PHONY: all
all: $(BUILD)/retrospan completions ## build the program and its completions (the default)

$(FLAGS): Makefile
	@mkdir -p $(@D)
	@printf '%s\n' "$$RETROSPAN_FLAGS" > $@

vpath %.proto $(sort $(dir $(PROTO)))
$(BUILD)/gen/%.pb-c.c: %.proto
	@mkdir -p $(@D)
	$(call quiet,GEN) $(PROTOC_C) -I$(<D) --c_out=$(@D) $<

# protoc-c writes both at once.
$(BUILD)/gen/%.pb-c.h: $(BUILD)/gen/%.pb-c.c
	@touch $@

# Generated code is not held to our warnings.
$(BUILD)/gen/%.o: $(BUILD)/gen/%.c $(FLAGS)
	$(COMPILE)

$(BUILD)/obj/%.o: %.c $(FLAGS) | $(GENERATED:.c=.h)
	@mkdir -p $(@D)
	$(COMPILE) $(WARNINGS) $(EXTRA_FLAGS)

$(BUILD)/obj/src/cli/version.o: EXTRA_FLAGS = -DRETROSPAN_VERSION='"$(VERSION)"'
$(call object,$(TESTS)): EXTRA_FLAGS = $(CMOCKA_CFLAGS)

# Made anew each time: "ar" would keep the members of sources that are gone.
$(ARCHIVE): $(INSIDE_OBJECTS)
	@rm -f $@
	$(call quiet,AR) $(AR) rcsD $@ $^

$(BUILD)/retrospan: $(call object,$(MAIN)) $(ARCHIVE)
	$(LINK) $(PACKAGE_LIBS)

$(BUILD)/test/%: $(BUILD)/obj/src/%.o $(ARCHIVE)
	@mkdir -p $(@D)
	$(LINK) $(CMOCKA_LIBS) $(PACKAGE_LIBS)

$(BUILD)/bench/%: $(BUILD)/obj/src/%.o $(ARCHIVE)
	@mkdir -p $(@D)
	$(LINK) $(PACKAGE_LIBS)

# A fuzz door, twice: with a main that replays files, and for libFuzzer.
define door
$(BUILD)/replay/$(call noun,$(1),fuzz): $(call object,$(1)) $(call object,scripts/fuzz-replay.c) $(ARCHIVE)
	@mkdir -p $$(@D)
	$$(LINK) $$(PACKAGE_LIBS)
$(BUILD)/$(call noun,$(1),fuzz): $(call object,$(1)) $(ARCHIVE)
	$$(LINK) -fsanitize=fuzzer $$(PACKAGE_LIBS)
endef
$(foreach source,$(DOORS),$(eval $(call door,$(source))))

.PHONY: completions
completions: $(COMPLETIONS)

completion = @mkdir -p $(@D) && $< --completion $(1) > $@.new && mv $@.new $@
$(BUILD)/completions/retrospan: $(BUILD)/retrospan
	$(call completion,bash)
$(BUILD)/completions/_retrospan: $(BUILD)/retrospan
	$(call completion,zsh)
$(BUILD)/completions/retrospan.fish: $(BUILD)/retrospan
	$(call completion,fish)

# ---- using ----

.PHONY: setup
setup: ## install what building and testing need (as root, or with sudo)
	scripts/setup

.PHONY: demo
demo: $(BUILD)/retrospan ## convert a small sample session and show its spans
	$(BUILD)/retrospan -o $(BUILD)/demo.pb testdata/demo
	$(BUILD)/retrospan -f text testdata/demo

.PHONY: install
install: all ## install below PREFIX (/usr/local); DESTDIR is put in front
	$(INSTALL) -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(MANDIR)/man1' '$(DESTDIR)$(MANDIR)/man7' \
		'$(DESTDIR)$(DATADIR)/bash-completion/completions' \
		'$(DESTDIR)$(DATADIR)/zsh/site-functions' \
		'$(DESTDIR)$(DATADIR)/fish/vendor_completions.d'
	$(INSTALL) -m 755 $(BUILD)/retrospan '$(DESTDIR)$(BINDIR)/retrospan'
	$(INSTALL) -m 644 $(MAN1) '$(DESTDIR)$(MANDIR)/man1'
	$(INSTALL) -m 644 $(MAN7) '$(DESTDIR)$(MANDIR)/man7'
	$(INSTALL) -m 644 $(BUILD)/completions/retrospan '$(DESTDIR)$(DATADIR)/bash-completion/completions'
	$(INSTALL) -m 644 $(BUILD)/completions/_retrospan '$(DESTDIR)$(DATADIR)/zsh/site-functions'
	$(INSTALL) -m 644 $(BUILD)/completions/retrospan.fish \
		'$(DESTDIR)$(DATADIR)/fish/vendor_completions.d'

.PHONY: uninstall
uninstall: ## remove what install put there
	rm -f '$(DESTDIR)$(BINDIR)/retrospan' \
		$(MAN1:man/%='$(DESTDIR)$(MANDIR)/man1/%') $(MAN7:man/%='$(DESTDIR)$(MANDIR)/man7/%') \
		'$(DESTDIR)$(DATADIR)/bash-completion/completions/retrospan' \
		'$(DESTDIR)$(DATADIR)/zsh/site-functions/_retrospan' \
		'$(DESTDIR)$(DATADIR)/fish/vendor_completions.d/retrospan.fish'

# ---- testing ----

.PHONY: programs
programs: $(BUILD)/retrospan $(TEST_PROGRAMS) $(REPLAYS)

.PHONY: everything
everything: programs $(BENCH_PROGRAMS)

.PHONY: check
check: programs ## run every test: units, golden cases, deliveries, fuzz seeds, layers, manual
	@$(PYTHON) scripts/check --build $(BUILD)

.PHONY: referee
referee: $(BUILD)/retrospan ## hold the spans against the agent's own, where recordings are
	@$(PYTHON) scripts/referee

.PHONY: e2e
e2e: $(BUILD)/retrospan ## send every golden session to a real Collector (builds it, with Go)
	@$(PYTHON) scripts/e2e --program $(BUILD)/retrospan

.PHONY: e2e-backends
e2e-backends: $(BUILD)/retrospan ## send the demo to Phoenix and mlflow (from PyPI, 1.7 GB)
	@$(PYTHON) scripts/e2e-backends --program $(BUILD)/retrospan

.PHONY: asan
asan: ## the same tests under AddressSanitizer and UndefinedBehaviorSanitizer
	+$(MAKE) BUILD=build/asan SANITIZE=address,undefined CFLAGS='-O1 -g' check

.PHONY: coverage
coverage: ## the same tests, then a table of the lines they reach
	+$(MAKE) BUILD=build/coverage CFLAGS='-O0 -g --coverage -fprofile-update=atomic' check
	gcovr --root . --exclude '.*_(test|fuzz|bench)\.c' --exclude 'build/.*' \
		--html-details build/coverage/index.html --print-summary --txt build/coverage

.PHONY: doors
doors: $(LIBFUZZERS)

.PHONY: fuzz
fuzz: ## fuzz each door for FUZZ_SECONDS (60) with libFuzzer; needs clang
	+$(MAKE) BUILD=build/fuzz CC=clang CFLAGS='-O1 -g' \
		SANITIZE=fuzzer-no-link,address,undefined doors
	+$(MAKE) BUILD=build/fuzz $(addprefix fuzz-,$(notdir $(LIBFUZZERS)))

# New inputs are kept in build/corpus, a crash in build/crashes; make a crash a file of testdata/fuzz.
fuzz-%:
	@mkdir -p build/corpus/$* build/crashes testdata/fuzz/$*
	build/fuzz/$* -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=20 -rss_limit_mb=4096 \
		-print_final_stats=1 -verbosity=0 -artifact_prefix=build/crashes/$*- \
		build/corpus/$* testdata/fuzz/$*

.PHONY: bench
bench: $(BUILD)/retrospan $(BENCH_PROGRAMS) ## measure against the ceilings (FULL=1, SEND=1, PEERS=1: more)
	python3 scripts/bench

# ---- house ----

LINTS = lint-layers lint-format lint-tidy lint-cppcheck lint-shell lint-manual
.PHONY: lint $(LINTS)
lint: $(LINTS) ## layers, formatting, clang-tidy, cppcheck, shellcheck, mandoc

lint-layers:
	$(call quiet,LINT) $(PYTHON) scripts/layers

lint-format:
	$(call quiet,LINT) clang-format --dry-run -Werror $(SOURCES) $(HEADERS) scripts/fuzz-replay.c

# On standard error clang-tidy only counts, unless it breaks down.
lint-tidy: $(GENERATED:.c=.h)
	@mkdir -p $(BUILD)
	$(call quiet,LINT) printf '%s\n' $(SOURCES) | xargs -P 2 -I FILE clang-tidy --quiet --warnings-as-errors='*' FILE \
		-- -std=c17 $(ALL_CPPFLAGS) -DRETROSPAN_VERSION='"$(VERSION)"' $(CMOCKA_CFLAGS) \
		2> $(BUILD)/clang-tidy.log || { grep -v 'generated\.$$' $(BUILD)/clang-tidy.log; exit 1; }

# It trips over compound literals, and does not know which functions never return.
lint-cppcheck:
	$(call quiet,LINT) cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability \
		--suppress=internalAstError --suppress=unknownEvaluationOrder \
		--suppress=nullPointerRedundantCheck --inline-suppr -j 2 -Iinclude -Isrc \
		$(filter-out $(TESTS),$(SOURCES))

lint-shell:
	$(call quiet,LINT) shellcheck $(shell grep -lE '^#!.*\b(sh|bash)$$' $(SCRIPTS))

lint-manual:
	$(if $(MAN1)$(MAN7),$(call quiet,LINT) mandoc -T lint -W warning $(MAN1) $(MAN7))

.PHONY: format
format: ## rewrite the sources as clang-format wants them
	$(call quiet,EDIT) clang-format -i $(SOURCES) $(HEADERS) scripts/fuzz-replay.c

.PHONY: dist
dist: ## a source archive that is the same wherever it is made
	@mkdir -p build
	@if git rev-parse --git-dir > /dev/null 2>&1; then \
		git archive --format=tar --prefix=retrospan-$(VERSION)/ HEAD; \
	else \
		tar --create --sort=name --owner=0 --group=0 --numeric-owner --format=ustar \
			--mode=u+rw,go+r-w --mtime="@$${SOURCE_DATE_EPOCH:-0}" --exclude=./build \
			--transform='s,^\.,retrospan-$(VERSION),' .; \
	fi | gzip -9n > build/retrospan-$(VERSION).tar.gz
	@echo build/retrospan-$(VERSION).tar.gz

.PHONY: clean
clean: ## remove everything that was built, but not the Python environment
	find build -mindepth 1 -maxdepth 1 ! -name venv -exec rm -rf {} + 2>/dev/null || true

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14

-include $(patsubst %.o,%.d,$(INSIDE_OBJECTS) $(call object,$(MAIN) $(TESTS) $(DOORS) $(BENCHES)))
