# Two commands do everything on a fresh machine with Python 3.11 or newer: make demo, make test.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# pip makes byte code of everything it installs; leaving that to the first import halves the wait.
INSTALL := $(PIP) install --no-compile --require-hashes

.PHONY: help demo test soak check format peers pictures pin clean
.DEFAULT_GOAL := help

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Letters needs Python 3.11 or newer on the PATH, or named: make demo PYTHON=/path/to/python3" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(INSTALL) -r requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	$(INSTALL) -r requirements/dev.txt
	@touch $@

demo: $(VENV)/run.stamp ## the whole job on bundled sources and cards, into var/demo and feeds/
	@$(BIN)/letters demo --workspace var/demo --tree feeds

test: $(VENV)/dev.stamp ## all tests (ARGS="tests/pair -n 0" for some)
	$(BIN)/pytest $(ARGS)

soak: $(VENV)/dev.stamp ## a thousand rounds of killing what must survive it (a quarter of an hour; ROUNDS=100 for fewer)
	LETTERS_KILL_ROUNDS=$(or $(ROUNDS),1000) $(BIN)/pytest -n 0 tests/publish/test_publish_killed.py $(ARGS)
	LETTERS_KILL_ROUNDS=$(or $(ROUNDS),1000) $(BIN)/pytest -n 0 tests/deliver/test_rounds.py $(ARGS)

check: $(VENV)/dev.stamp ## format, lint, strict types, the layers of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp ## put the code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

peers: var/peers/.stamp ## the programs that benchmarks compare Letters with, in an environment of their own

var/peers/.stamp: requirements/peers.txt | $(VENV)/bin/python
	$(PYTHON) -m venv var/peers
	var/peers/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/peers.txt
	@touch $@

pictures: $(VENV)/dev.stamp demo ## the README's pictures, from the demo (needs a Chromium)
	$(BIN)/python docs/pictures/take.py

pin: ## write requirements/*.txt anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-strip-extras --no-emit-index-url --upgrade --output-file requirements/run.txt
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-strip-extras --no-emit-index-url --upgrade --output-file requirements/dev.txt
	uv pip compile --group pyproject.toml:peers --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-strip-extras --no-emit-index-url --upgrade --output-file requirements/peers.txt

clean: ## what can be made again
	rm -rf $(VENV) dist build var/demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
