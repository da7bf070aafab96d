# Two commands on a fresh machine: `make demo` and `make test`. Each sets up what it needs.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help demo benchmark test test-slow test-worlds test-nightly lint types check format docs superset ui clean
.DEFAULT_GOAL := help

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# A stamp per set of dependencies; it is older than what it was made from after a change.
$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (once, about a minute)"
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing into $(VENV) with the tools for development (once, about a minute)"
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.runtime

$(VENV)/.benchmark: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing into $(VENV) with what the benchmark compares and draws with (once, about a minute)"
	$(PIP) --editable '.[benchmark]'
	@touch $@ $(VENV)/.runtime

# Superset pins other versions of what we need, so it lives next door; tests that show it skip without.
SUPERSET := $(VENV)-superset
$(SUPERSET)/.installed: examples/superset/requirements.txt examples/superset/constraints.txt
	@echo "Installing Superset into $(SUPERSET) (once, about two minutes)"
	$(PYTHON) -m venv $(SUPERSET)
	$(SUPERSET)/bin/python -m pip install --quiet --disable-pip-version-check --constraint examples/superset/constraints.txt \
		--requirement examples/superset/requirements.txt
	@touch $@

demo: $(VENV)/.runtime ## sample world, scheduled job, the leads to call today
	$(BIN)/lead-scoring demo

# A worker per core, each with the test files that share a warehouse.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --dist loadfile

test: $(VENV)/.dev ## the fast tests, under five minutes on two cores
	$(PYTEST)

test-slow: $(VENV)/.dev ## the slow tests, of many like cases a sample
	$(PYTEST) -m slow

WORLDS ?= 200
test-worlds: $(VENV)/.dev ## WORLDS=200 random worlds, warehouse against reference
	$(BIN)/python -m pytest -m slow tests/integration/test_worlds.py --worlds $(WORLDS)

test-nightly: $(VENV)/.dev ## all slow tests, with every case of those that CI samples and WORLDS=200 random worlds
	$(PYTEST) -m slow --worlds $(WORLDS)

SIZE ?= 1M
benchmark: $(VENV)/.benchmark ## SIZE=1M events: times, ratios and memory into benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks run --size $(SIZE)

lint: $(VENV)/.dev ## ruff, sqlfluff, yamllint, the rule book
	$(BIN)/lead-scoring validate --strict
	$(BIN)/lead-scoring format --check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/yamllint --strict .
	$(BIN)/sqlfluff lint dbt_project/models dbt_project/tests

types: $(VENV)/.dev ## mypy
	$(BIN)/mypy

check: lint types test ## all that a pull request needs

format: $(VENV)/.dev ## ruff and sqlfluff, in place
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix dbt_project/models dbt_project/tests

docs: $(VENV)/.dev ## docs/columns.md and the datasets of examples/superset, from the YAML of the marts
	$(BIN)/python -m orchestration.describe

superset: $(SUPERSET)/.installed ## Superset for examples/superset, in an environment of its own

ui: $(VENV)/.runtime ## Dagster's web interface on the demo's runs
	$(BIN)/lead-scoring ui

clean: ## remove what builds leave behind, warehouses included
	rm -rf .lead_scoring/* dbt_project/target dbt_project/logs logs
