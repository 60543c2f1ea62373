# Each target sets up what it needs, in .venv; a second run starts at once.
.DEFAULT_GOAL := help
# A target that a failed command has half made is deleted: python3 without python3-venv makes half an environment.
.DELETE_ON_ERROR:
.SHELLFLAGS := -eu -c
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
TARGETS ?=
STACK ?=
ARGS ?=
PORT ?= 8080
APP_DIR ?=
APP ?=
# `make compare APP_DIR=../shop APP=app:app` writes both to app.toml, and they hold from then on.
REMEMBER = $(if $(filter command,$(firstword $(origin APP_DIR)) $(firstword $(origin APP))),\
  $(BIN)/python -m appfolder remember "$(APP_DIR)" "$(APP)")
# If a machine forbade bytecode files, thousands of starts would compile the same modules anew.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest
ACTIONLINT := v1.7.12
# Every entry of requirements/ that `make lock` renders; the first holds all others, so that they agree.
LOCKS := dev app doors otel compare stacks uv

.PHONY: help compare test check soak lint bench doctor dev start image logs trial lock upgrade clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

compare: .venv/compare ## measure: the emulated platforms, or TARGETS="aws mine=https://example.com/hello"
	@$(REMEMBER)
	@$(BIN)/python -m compare run $(TARGETS) $(ARGS)

test: .venv/dev .cache/rie/installed ## run every test, on all cores
	@$(PYTEST) --numprocesses auto $(ARGS)

check: .venv/dev ## the tests that start no process, while you work
	@$(PYTEST) --numprocesses auto -m "not process and not soak" $(ARGS)

soak: .venv/dev ## the long tests: 10,000 generated requests, 1,000 streams, a million events, error rates of verdicts
	@$(PYTEST) --numprocesses auto -m soak $(ARGS)
	@SOAK_EXAMPLES=10000 SOAK_EVENTS=1000000 $(PYTEST) $(addprefix tests/serve/test_, \
	  both_doors.py streams.py nothing_lost.py fuzz.py fuzz_http.py) $(ARGS)
	@DRAWN_EXAMPLES=1000 $(PYTEST) --numprocesses auto -m "hypothesis and not process and not soak" $(ARGS)

lint: .venv/dev .cache/actionlint ## formatting, rules, types, import directions, shell, Dockerfile, workflows
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/basedpyright
	@$(BIN)/lint-imports
	@$(BIN)/shellcheck serve/entrypoint.sh image.sh logs.sh .ci/run
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/zizmor --offline --quiet docs/workflows/*.yml
	@if [ -x .cache/actionlint ]; then PATH="$(CURDIR)/$(BIN):$$PATH" .cache/actionlint docs/workflows/*.yml; fi

bench: .venv/dev ## benchmarks: ratios against named peers
	@$(BIN)/python -m benchmarks $(ARGS)

doctor: .venv/compare ## what in your app would not work, and where: make doctor APP_DIR=../shop APP=app:app
	@$(REMEMBER)
	@$(BIN)/python -m doctor $(ARGS)

dev: .venv/compare ## the app with reload, for writing it
	@$(REMEMBER)
	@PORT=$(PORT) $(BIN)/python -m appfolder dev

start: .venv/compare ## where the time of the app's start goes, per import, and what is deferred
	@$(REMEMBER)
	@$(BIN)/python -m appfolder start

image: ## build the image with docker or podman
	@$(if $(REMEMBER),$(PYTHON) -m appfolder remember "$(APP_DIR)" "$(APP)")
	@PYTHON=$(PYTHON) ./image.sh $(ARGS)
	@echo "What it adds to its base:"
	@$(PYTHON) -m benchmarks.image

logs: ## follow the log of a deployed service: make logs STACK=aws
	@./logs.sh $(STACK)

trial: .venv/compare ## a stack's whole life on your account, up to its removal: make trial STACK=aws
	@$(BIN)/python -m trial "$(STACK)" $(ARGS)

lock: .venv/dev ## render requirements/*.in to locked, hashed *.txt
	@cd requirements && for name in $(LOCKS); do \
	  constraint=$$([ "$$name" = dev ] || echo "--constraint dev.txt"); \
	  ../$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --quiet $(LOCKFLAGS) $$constraint --output-file "$$name.txt" "$$name.in"; \
	done; ../$(BIN)/uv pip compile --universal --no-deps --python-version 3.11 --generate-hashes --no-header \
	    --no-annotate --quiet $(LOCKFLAGS) --output-file rie.txt rie.in

upgrade: ## the newest of every locked dependency, and how to take the newest base image
	@$(MAKE) lock LOCKFLAGS=--upgrade
	@git diff --unified=0 -- requirements | sed -n 's/^\([-+][a-zA-Z0-9].*==[^ ;]*\).*/\1/p' | LC_ALL=C sort -u -k1.2
	@base=$$(sed -n 's/^ARG BASE=//p' Dockerfile); \
	  echo "The base image, $${base%%@*}, is pinned by its digest, $${base##*@}."; \
	  echo "The newest: docker buildx imagetools inspect $${base%%@*} --format '{{.Manifest.Digest}}'"; \
	  echo "Write that behind the @ in the Dockerfile; then: make lint && make test"

# actionlint is a Go program; without it and without Go the workflows are not checked by it.
.cache/actionlint:
	@mkdir -p .cache; if found=$$(command -v actionlint); then ln -s "$$found" $@; \
	elif command -v go >/dev/null; then \
	  echo "Building actionlint (once)"; \
	  GOBIN=$(CURDIR)/.cache GOFLAGS= go install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT) || true; \
	fi; [ -x $@ ] || echo "The workflows in docs/ are not checked by actionlint: install it, or Go to build it"

clean: ## remove environments and caches; results stay
	rm -rf .venv .cache .pytest_cache .ruff_cache

# A stamp for each purpose: its packages are installed again when its lock changes.
.venv/compare .venv/dev: .venv/%: requirements/%.txt .venv/bin/python
	@echo "Setting up .venv for $* (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@# uv takes a tenth of the time; pip knows settings of this machine, such as another index, that uv does not.
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $< 2>/dev/null || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@# A comparison's processes start together, and each would compile the same modules: they are compiled once, here.
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -c "import compare.report.build, compare.run, local.run"
	@touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; \
	  v >= (3, 11) or sys.exit("Python 3.11 or newer is needed; this is %d.%d. Try: make PYTHON=python3.13" % v[:2])'
	@$(PYTHON) -m venv .venv

.cache/rie/installed: requirements/rie.txt .venv/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade \
	  --target .cache/rie -r $<
	@touch $@
