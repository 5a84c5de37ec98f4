# The commands of this project. `make help` lists them.

PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
export PORT

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test trials soak lint format bench lock

help: ## Say what each command does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1	/' | expand -t 22

demo: $(VENV)/.run ## Serve a demo council on PORT (8000), with its worker and a Stripe sandbox; Ctrl-C stops all
	@exec $(BIN)/marketplace demo

demo-reset: $(VENV)/.run ## Throw the demo's data away and start anew
	@exec $(BIN)/marketplace demo --reset

test: $(VENV)/.test ## Run every test on SQLite and on PostgreSQL, the journeys in a real browser
	@tools/browser.sh
	@$(BIN)/python -m pytest -n 2 -m "not trial and not soak" $(ARGS)

trials: $(VENV)/.test ## Races, kills, property tests and journeys too long for `make test`
	@tools/browser.sh
	@$(BIN)/python -m pytest -n 2 -m trial $(ARGS)

soak: $(VENV)/.test ## The long versions of the trials: hours
	@$(BIN)/python -m pytest -m soak $(ARGS)

lint: $(VENV)/.test ## Style, formatting, types and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.test ## Put the code into its one shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.run ## Measure search, pages and checkout against floors of the same run
	@for name in search pages checkout; do $(BIN)/marketplace bench $$name || exit 1; done

lock: ## Write the lock files anew from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --group build -o locks/run.txt pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --group build --extra test -o locks/test.txt pyproject.toml

$(VENV)/.run: locks/run.txt pyproject.toml
	@tools/environment.sh run

$(VENV)/.test: locks/test.txt pyproject.toml
	@tools/environment.sh test
