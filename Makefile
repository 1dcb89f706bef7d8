# Sets up, serves, tests and checks Pickup. What it makes is in .venv, graph/web/dist and node_modules.

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# To compile the modules again takes a third of the start of a process, and the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE

PIP := $(BIN)/pip install -qq --disable-pip-version-check --no-compile --no-deps
SERVING := .venv/serving
DEV := .venv/dev

WEB := graph/web/dist/manifest.json
WEB_SOURCES := $(shell find graph/web -type f ! -name '*.py' ! -name '*.d.graphql.ts' ! -name schema.ts ! -path '*/node_modules/*' ! -path '*/dist/*' ! -path '*/.node/*' ! -path '*/__pycache__/*')
HAS_NODE := node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null 2>&1
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
NPM_TESTS := tests/system/browser tests/system/clients
NPM := graph/web $(NPM_TESTS)
MODULES := node_modules/.package-lock.json

# Each process has connections of its own to PostgreSQL, which takes 100 by default.
PARALLEL := -n auto --maxprocesses 4 --dist worksteal
UV := uv==0.13.9

.DELETE_ON_ERROR:
.PHONY: help setup dist serve test test-all check bench lock clean

help:
	@echo 'make setup     what serving needs'
	@echo 'make dist      a wheel in dist/, with the pages inside'
	@echo 'make serve     serve the sample directory at 127.0.0.1:8000 (more options: ARGS="--port 9000")'
	@echo 'make test      the tests that are not slow, in parallel (some of all: ARGS="tests/models -k name")'
	@echo 'make test-all  all tests, with coverage: those that need the machine for themselves last, one by one'
	@echo 'make check     linters, types, import contracts, and that schema.graphql is current'
	@echo 'make bench     the server beside hand-written endpoints (beside another checkout: ARGS="--against DIR")'
	@echo 'make lock      pin the dependencies anew (to their newest versions: ARGS=--upgrade)'
	@echo 'make clean     remove what make made; a database stays'

# Both at the same time: one waits for packages while the other builds.
setup:
	@$(MAKE) --silent --no-print-directory -j2 $(SERVING) $(WEB)

serve: setup
	@$(BIN)/pickup serve --demo $(ARGS)

dist: setup
	@$(BIN)/pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

test: $(DEV) $(foreach folder,$(NPM_TESTS),$(if $(findstring $(folder),$(ARGS)),setup $(folder)/$(MODULES)))
	@$(BIN)/pytest $(or $(ARGS),$(PARALLEL) -m 'not slow')

# A part of the tests covers a part of the code: the thresholds hold for all of them.
test-all: $(NPM:%=%/$(MODULES)) setup
	@$(BIN)/pytest $(PARALLEL) -m 'not alone' --cov --cov-report= --cov-fail-under=0
	@$(BIN)/pytest -m alone --cov --cov-append --cov-report=term
	@$(BIN)/coverage report --include='models/*,resolvers/*' --fail-under=96

check: $(DEV) graph/web/$(MODULES) tests/system/browser/$(MODULES)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@cd graph/web && npm run --silent check && npx tsc -p ../../tests/system/browser
	@$(BIN)/pickup schema | diff -u schema.graphql - || { echo 'schema.graphql is not current: $(BIN)/pickup schema > schema.graphql'; exit 1; }

bench: $(DEV)
	@$(BIN)/python -m tests.benchmark $(ARGS)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo '$(PYTHON) is not Python 3.11 or newer; name one that is: make PYTHON=python3.12'; exit 1; }
	@echo 'Making .venv …'
	@$(PYTHON) -m venv --clear .venv

$(SERVING): $(BIN)/python requirements.lock pyproject.toml
	@echo 'Installing the Python packages …'
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(DEV): $(SERVING) requirements-dev.lock
	@echo 'Installing the Python packages for tests and linters …'
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

# Node and the npm packages are needed for the build alone: what was not there before is removed again.
$(WEB): $(WEB_SOURCES) requirements-node.lock
	@set -e; cd graph/web; \
	fetched=; trap 'rm -rf $$fetched' EXIT; trap 'exit 130' INT TERM; \
	$(HAS_NODE) || { \
		echo 'Fetching Node …'; fetched=.node; $(PYTHON) -m venv --clear .node; \
		.node/$(PIP:.venv/%=%) --require-hashes -r ../../requirements-node.lock; PATH="$$PWD/.node/bin:$$PATH"; \
	}; \
	[ -e node_modules ] || { echo 'Fetching the npm packages of the pages …'; fetched="$$fetched node_modules"; $(NPM_CI) --omit=dev; }; \
	echo 'Building the pages …'; node build.mjs

# npm writes this file last: it says which packages lie beside it.
%/$(MODULES): %/package-lock.json %/package.json | $(DEV)
	@$(HAS_NODE) || { echo 'Installing Node …'; $(PIP) --require-hashes -r requirements-node.lock; }
	@echo 'Installing the npm packages of $* …'
	@cd $* && $(NPM_CI)
	@touch $@

lock:
	@set -e; tool=$$(mktemp -d); trap 'rm -rf "$$tool"' EXIT; \
	$(PYTHON) -m venv "$$tool" && "$$tool"/bin/pip install -qq --disable-pip-version-check $(UV); \
	compile() { "$$tool"/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --no-emit-index-url --no-emit-find-links $(ARGS) "$$@"; }; \
	compile pyproject.toml --group build -o requirements.lock; \
	compile pyproject.toml --extra traces --group dev --constraint requirements.lock -o requirements-dev.lock; \
	compile --group node -o requirements-node.lock
	@! grep -n '://' requirements*.lock

clean:
	@rm -rf .venv dist graph/web/dist graph/web/.node $(NPM:%=%/node_modules)
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
	@find graph/web -name '*.d.graphql.ts' -delete
	@rm -f graph/web/portal/schema.ts
	@find graph models resolvers tests -name __pycache__ -prune -exec rm -rf {} +
