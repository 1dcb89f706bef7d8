# Sets up, serves, tests and checks Pickup. Everything made lies in .venv, node_modules and graph/graphiql/dist.

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

INSTALLED := .venv/installed
GRAPHIQL := graph/graphiql/dist/manifest.json
GRAPHIQL_SOURCES := $(wildcard graph/graphiql/*.mjs graph/graphiql/src/* graph/graphiql/examples/*)
MODULES := node_modules/.package-lock.json
# Each process has connections of its own to PostgreSQL, which takes 100 by default.
PARALLEL := -n auto --maxprocesses 4 --dist worksteal -m 'not slow'
UV := uv==0.13.9

.DELETE_ON_ERROR:
.PHONY: help setup serve test test-all check bench lock clean

help:
	@echo 'make setup     everything that the others begin with, in .venv'
	@echo 'make serve     serve the sample directory at 127.0.0.1:8000 (more options: ARGS="--port 9000")'
	@echo 'make test      the tests that are not slow, in parallel (some of all: ARGS="tests/models -k name")'
	@echo 'make test-all  all tests, with coverage: the slow ones last, one by one'
	@echo 'make check     linters, types, import contracts, and that schema.graphql is current'
	@echo 'make bench     the server beside hand-written endpoints (beside another checkout: ARGS="--against DIR")'
	@echo 'make lock      pin the dependencies anew (to their newest versions: ARGS=--upgrade)'
	@echo 'make clean     remove what make made; a database stays'

setup: $(INSTALLED) $(GRAPHIQL)

serve: setup
	@$(BIN)/pickup serve --demo $(ARGS)

test: setup
	@$(BIN)/pytest $(or $(ARGS),$(PARALLEL))

# A part of the tests covers a part of the code: the thresholds hold for all of them.
test-all: setup tests/system/browser/$(MODULES) tests/system/clients/$(MODULES)
	@$(BIN)/pytest $(PARALLEL) --cov --cov-report= --cov-fail-under=0
	@$(BIN)/pytest -m slow --cov --cov-append --cov-report=term
	@$(BIN)/coverage report --include='models/*,resolvers/*' --fail-under=96

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pickup schema | diff -u schema.graphql - || { echo 'schema.graphql is not current: $(BIN)/pickup schema > schema.graphql'; exit 1; }

bench: setup
	@$(BIN)/python -m tests.benchmark $(ARGS)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo '$(PYTHON) is not Python 3.11 or newer; name one that is: make PYTHON=python3.12'; exit 1; }
	@echo 'Making .venv …'
	@$(PYTHON) -m venv --clear .venv

$(INSTALLED): $(BIN)/python requirements.lock pyproject.toml
	@echo 'Installing the Python packages …'
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/pip install -qq --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

# npm writes this file last: it says which packages lie beside it.
%/$(MODULES): %/package-lock.json %/package.json | $(INSTALLED)
	@echo 'Installing the npm packages of $* …'
	@cd $* && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
	@touch $@

$(GRAPHIQL): graph/graphiql/$(MODULES) $(GRAPHIQL_SOURCES)
	@echo 'Building GraphiQL …'
	@cd graph/graphiql && node build.mjs

lock:
	@set -e; tool=$$(mktemp -d); trap 'rm -rf "$$tool"' EXIT; \
	$(PYTHON) -m venv "$$tool" && "$$tool"/bin/pip install -qq --disable-pip-version-check $(UV); \
	"$$tool"/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --no-emit-index-url --no-emit-find-links --extra traces --group dev $(ARGS) \
		pyproject.toml -o requirements.lock
	@! grep -n '://' requirements.lock

clean:
	@rm -rf .venv graph/graphiql/dist graph/graphiql/node_modules tests/system/browser/node_modules tests/system/clients/node_modules
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
	@find graph models resolvers tests -name __pycache__ -prune -exec rm -rf {} +
