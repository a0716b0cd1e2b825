# `make demo` and `make test` are all a newcomer needs; each sets up what it uses.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test check bench format lock clean

help:
	@echo "make demo [KEEP=1]   the main job on a sandbox Shopify and a sandbox Odoo"
	@echo "make test            all tests, on a real RabbitMQ and a real MongoDB"
	@echo "make check           lint, types, import rules, formatting"
	@echo "make bench           figures with their targets, into build/bench.json"
	@echo "make format          rewrite files in the project's format"
	@echo "make lock            renew the hash-pinned requirement lists"

$(VENV)/.demo: requirements/demo.txt deploy/venv.sh
	@sh deploy/venv.sh "$(PYTHON)" $(VENV) requirements/demo.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt deploy/venv.sh
	@sh deploy/venv.sh "$(PYTHON)" $(VENV) requirements/dev.txt
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	@$(BIN)/python -m services.console demo $(if $(KEEP),--keep)

test: $(VENV)/.dev
	@$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	@$(BIN)/python -m tests.bench

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.dev
	@sh deploy/lock.sh $(BIN)

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache
