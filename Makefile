# Barometer: `make run` starts everything, `make test` tests everything that needs no browser; the house's own rules: `make lint`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := run

# The first Python of 3.11 or newer; `make PYTHON=/path/to/python3 …` chooses another one. uv brings its own when there is none.
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(if $(shell $(name) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(name))))
# Only a uv that runs: an executable that this user may not read counts as none.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)
BIN := .venv/bin
STAMP := .venv/.installed

# `make bench BENCH=--write` also writes docs/benchmarks.md.
.PHONY: run install test browser guide lint bench lock clean

run: install
	@$(BIN)/python manage.py up

install: $(STAMP)
	@:

$(STAMP): requirements-dev.txt
	@if [ -z "$(PYTHON)$(UV)" ]; then \
	  echo "Barometer needs Python 3.11 or newer; install it (or uv) and run make again." >&2; exit 1; fi
	@if [ -n "$(UV)" ]; then \
	  test -x $(BIN)/python || uv venv --quiet $(if $(PYTHON),--python "$(PYTHON)",--python 3.11) .venv; \
	  uv pip sync --quiet --require-hashes --python $(BIN)/python requirements-dev.txt; \
	else \
	  test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { rm -rf .venv; \
	    echo "This Python cannot make virtual environments; install its venv package (Debian: python3-venv)." >&2; exit 1; }; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt; \
	fi
	@touch $(STAMP)

test: install
	@$(BIN)/python -m pytest -q -n 2 --ignore=tests/benchmarks --ignore=tests/browser --ignore=tests/architecture

lint: install
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy $(wildcard *.py) api commands core db identity operations pages pipeline reports sources
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/yamllint --strict docker-compose.yml .pre-commit-config.yaml .yamllint.yml
	@$(BIN)/python -m pytest -q tests/architecture

# Chromium: CHROMIUM=/path/to/it, else the system's, else the one that Playwright downloaded.
browser: install
	@$(BIN)/python -m pytest -q -n 2 tests/browser

# Takes the pictures of docs/user-guide anew, from the sample hotel.
guide: install
	@BAROMETER_GUIDE=1 $(BIN)/python -m pytest -q --timeout=1200 tests/browser/test_guide.py

bench: install
	@$(BIN)/python -m tests.benchmarks $(BENCH)
	@$(BIN)/python -m pytest -q -s tests/benchmarks

lock:
	@uv lock --quiet
	@uv export --quiet --no-header --no-annotate --frozen --no-dev --format requirements-txt --output-file requirements.txt
	@uv export --quiet --no-header --no-annotate --frozen --format requirements-txt --output-file requirements-dev.txt

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
