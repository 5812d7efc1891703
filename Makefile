# Every task is one command. `make demo` and `make test` need only Python 3.11, pip and the package index.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# The exact versions of every dependency; empty for the latest that pyproject.toml allows.
CONSTRAINTS ?= constraints.txt
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
EXACT  := $(if $(CONSTRAINTS),--constraint $(CONSTRAINTS))
# Resolves constraints.txt for all platforms and Python versions at once, which pip-tools cannot.
UV     := uv==0.13.9
MUTMUT := mutmut==3.8.1
PIP_AUDIT := pip-audit==2.10.1
# Tests and benchmarks start hundreds of processes; without bytecode each would compile the package.
unexport PYTHONDONTWRITEBYTECODE
# Tests that hold whole values in files beside them.
WHOLE  := tests/model/test_refusals.py tests/model/test_everything.py tests/sample/test_for_ever.py \
	tests/review/test_rules.py tests/review/test_server_rules.py tests/review/test_whole.py \
	tests/compare/test_whole.py tests/engines/test_whole_evaluations.py

.PHONY: setup constraints newest fmt check audit test test-all mutants golden docs site demo bench clean

$(STAMP): pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv $(VENV)
	$(PIP) $(EXACT) -e '.'
	@touch $(STAMP)

$(VENV)/.installed-dev: $(STAMP)
	$(PIP) $(EXACT) -e '.[dev]'
	@touch $@

setup: $(VENV)/.installed-dev    ## install the project and its developer tools into .venv

constraints: setup               ## raise constraints.txt to the latest versions that pyproject.toml allows
	$(PIP) '$(UV)'
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras \
		--no-emit-index-url --no-emit-find-links --no-annotate \
		--custom-compile-command 'make constraints' --output-file constraints.txt pyproject.toml

newest:                          ## all checks and tests with the latest versions, in a folder of their own
	rm -rf .venv-newest
	$(MAKE) VENV=.venv-newest CONSTRAINTS= check test

fmt: setup                       ## format, and fix what can be fixed
	$(BIN)/ruff format src tests benchmarks scripts
	$(BIN)/ruff check --fix src tests benchmarks scripts

check: setup                     ## format, lint, types, import contracts
	$(BIN)/ruff format --check src tests benchmarks scripts
	$(BIN)/ruff check src tests benchmarks scripts
	$(BIN)/mypy
	$(BIN)/lint-imports

audit:                           ## known weaknesses of the exact versions; asks an index on the network
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check '$(PIP_AUDIT)'
	.venv-audit/bin/pip-audit --strict --disable-pip --no-deps --requirement constraints.txt

test: setup                      ## the tests that pass on a bare machine
	$(BIN)/python -m pytest -n auto --dist worksteal -m 'not slow and not needs_java and not needs_browser and not needs_server'

test-all: setup                  ## also those that need Java, a browser or another server
	scripts/install-peers
	HYPOTHESIS_PROFILE=full $(BIN)/python -m pytest -ra

mutants: setup                   ## how many small changes of the source the tests notice; SAMPLE=0 for all
	$(PIP) '$(MUTMUT)'
	$(BIN)/python scripts/mutants --sample $(or $(SAMPLE),25) $(PACKAGES)

golden: setup                    ## rewrite the expected files; read the diff line by line
	TABLEWRIGHT_GOLDEN=write $(BIN)/python -m pytest -q tests/cases tests/transcripts tests/reports $(WHOLE)

docs: setup                      ## regenerate the generated pages of docs/ and the JSON Schemas of the verbs
	$(BIN)/python scripts/generate-docs
	$(BIN)/python scripts/verb_schemas.py

site: setup                      ## the documentation as pages with a search, in build/site
	$(PIP) $(EXACT) -e '.[site]'
	$(BIN)/python scripts/site

demo: $(STAMP)                   ## the main job on a real application
	scripts/demo $(BIN)

bench: setup                     ## speed, as ratios against a peer run in the same minute
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) .venv-newest .venv-audit .mutants build dist .mypy_cache .ruff_cache .pytest_cache demo
