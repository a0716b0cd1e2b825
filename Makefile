# `make demo` and `make test` are all a newcomer needs; each sets up what it uses.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests side by side, each lot on a RabbitMQ and a MongoDB of its own; 0 runs them one after the other.
JOBS ?= auto

# Two goals at once would install into one environment.
.NOTPARALLEL:
.PHONY: help demo test check bench format lock clean

help:
	@echo "make demo [KEEP=1] [ARGS=...]   the main job on a sandbox Shopify and a sandbox Odoo"
	@echo "make test [ARGS=...]            all tests, on a real RabbitMQ and a real MongoDB; ARGS go to pytest"
	@echo "     [JOBS=N]                   N lots side by side, as many as there are cores unless said (4 at most)"
	@echo "make check                      lint, types, import rules, formatting"
	@echo "make bench                      figures with their targets, into build/bench.json"
	@echo "make format                     rewrite files in the project's format"
	@echo "make lock                       renew the hash-pinned requirement lists"
	@echo "make clean                      remove the environment and everything that was built"
	@echo "PYTHON=/path/to/python3.11      which Python to make the environment with"

# An empty file marks a finished installation; a changed list, or an interrupted run, installs again.
$(VENV)/.demo: requirements/demo.txt deploy/venv.sh
	@sh deploy/venv.sh "$(PYTHON)" $(VENV) requirements/demo.txt
	@touch $@

# The list for development holds the demo's whole, so `make demo` has nothing left to do after this.
$(VENV)/.dev: requirements/dev.txt deploy/venv.sh
	@sh deploy/venv.sh "$(PYTHON)" $(VENV) requirements/dev.txt
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	@$(BIN)/python -m services.console demo $(if $(filter-out 0,$(KEEP)),--keep) $(ARGS)

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -n $(JOBS) --maxprocesses 4 --dist worksteal $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	@$(BIN)/python -m tests.bench $(ARGS)

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.dev
	@sh deploy/lock.sh $(BIN)

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
