# The project's commands; `make` alone lists them. Each step looks at what is there already, so a second run takes seconds.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/sh

PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8000
DATA   ?= data
ARGS   ?=

BIN  := $(VENV)/bin
UV   := sh scripts/uv.sh $(BIN) --quiet --no-progress
MADE := $(VENV)/.made

# uv names no mirror in a lock unless it is asked to; tests/test_setup.py watches that.
LOCK := $(UV) pip compile --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" \
	$(if $(UPGRADE),--upgrade,)

.PHONY: help demo test test-spark setup check format lock bench torture clean system system-test system-spark assets linters

help: ## List the commands (this is also what plain `make` does)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: system $(MADE)/package assets ## Run the demo chain on 127.0.0.1 (PORT=8000, DATA=data, ARGS="--small")
	@exec $(BIN)/audit-app demo --port $(PORT) --data $(DATA) $(ARGS)

test: system-test $(MADE)/dev $(MADE)/package assets ## Install what the tests need and run them (ARGS="-k visits" for some)
	$(BIN)/python -m pytest -n 2 $(ARGS)

test-spark: system-test system-spark $(MADE)/spark $(MADE)/package assets ## Run the tests of the distributed engine (installs PySpark beside the rest)
	$(BIN)/python -m pytest -n 0 -m spark $(ARGS)

setup: system $(MADE)/dev $(MADE)/package assets ## Make .venv with everything for developers, assets included
	@echo "Ready: $(BIN)/audit-app --help"

check: $(MADE)/dev linters ## Run formatter, linters, types and the import contracts

format: $(MADE)/dev ## Let the formatter and the linter mend what they can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(MADE)/uv ## Make the locks anew from pyproject.toml and package.json (UPGRADE=1 takes newer versions)
	$(LOCK) requirements/uv.in -o requirements/uv.txt
	$(LOCK) requirements/build.in -o requirements/build.txt
	$(LOCK) requirements/node.in -o requirements/node.txt
	$(LOCK) --extra analytics --extra dev --extra spark pyproject.toml -o requirements/spark.txt
	$(LOCK) --constraint requirements/spark.txt --extra analytics --extra dev pyproject.toml -o requirements/dev.txt
	$(LOCK) --constraint requirements/dev.txt --extra analytics pyproject.toml -o requirements/analytics.txt
	$(LOCK) --constraint requirements/analytics.txt pyproject.toml -o requirements/core.txt
	$(BIN)/python scripts/assets.py --lock

bench: $(MADE)/dev $(MADE)/package assets ## Run the benchmarks and print their tables (ARGS="scoring" for one)
	@PYTHON=$(BIN)/python sh scripts/bench.sh $(ARGS)

torture: system-test $(MADE)/dev $(MADE)/package assets ## Interrupt phones, kill servers, lose nothing (AUDIT_INTERRUPTIONS=100, AUDIT_KILLS=5 for less)
	$(BIN)/python -m pytest -n 0 -s tests/torture/server.py tests/torture/phone.py

clean: ## Remove what was installed and built here; ./data stays
	rm -rf $(VENV) node_modules static/vendor build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the steps -------------------------------------------------------------------------------------------------

system:
	@PYTHON=$(PYTHON) sh scripts/system.sh run

system-test:
	@PYTHON=$(PYTHON) sh scripts/system.sh run test

system-spark:
	@PYTHON=$(PYTHON) sh scripts/system.sh spark

# A linked environment belongs to another checkout: installing into it would pull that one's feet away.
OWN_VENV = [ ! -L $(VENV) ] || { echo "$(VENV) is a link to another checkout's environment and is older than the locks here: set it up there, or remove the link." >&2; exit 1; }

$(MADE)/uv: requirements/uv.txt | system
	@$(OWN_VENV)
	@echo "Making $(VENV) …"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@mkdir -p $(MADE) && touch $@

# Whoever has the developer's parts keeps them: `make demo` after `make test` takes nothing away.
$(MADE)/core: requirements/core.txt requirements/analytics.txt $(MADE)/uv
	@$(OWN_VENV)
	@if [ -f $(MADE)/dev ]; then $(MAKE) --no-print-directory $(MADE)/dev; else \
	  echo "Installing the locked packages …"; \
	  $(UV) pip sync --python $(BIN)/python --require-hashes requirements/uv.txt requirements/core.txt requirements/analytics.txt && rm -f $(MADE)/package; fi
	@touch $@

$(MADE)/dev: requirements/dev.txt $(MADE)/uv
	@$(OWN_VENV)
	@echo "Installing the locked packages for developers …"
	@$(UV) pip sync --python $(BIN)/python --require-hashes requirements/uv.txt requirements/dev.txt
	@rm -f $(MADE)/package
	@touch $(MADE)/core $@

$(MADE)/spark: requirements/spark.txt $(MADE)/dev
	@$(OWN_VENV)
	@echo "Installing the locked packages of the distributed engine …"
	@$(UV) pip install --python $(BIN)/python --require-hashes -r requirements/spark.txt
	@touch $@

$(MADE)/package: pyproject.toml requirements/build.txt $(MADE)/core
	@$(OWN_VENV)
	@$(UV) pip install --python $(BIN)/python --no-deps --build-constraints requirements/build.txt --require-build-hashes --editable .
	@touch $@

assets: $(MADE)/core
	@$(BIN)/python scripts/assets.py

linters:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates
