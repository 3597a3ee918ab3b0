# Each target sets up what it needs; .venv is made once and again whenever a dependency changes.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test slow scenarios lint bench peers

demo: .venv/installed
	$(BIN)/simulate scenarios/random_batch.yaml
	@echo 'To run simulate as printed, activate the environment once: source $(BIN)/activate'

test: .venv/installed
	$(BIN)/python -m pytest -n auto

slow: .venv/installed
	$(BIN)/python -m pytest -n auto -m slow

scenarios: .venv/installed
	$(BIN)/python -m benchmarks.scenarios 300 --jobs 2 --seconds 200

lint: .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

bench: .venv/installed
	for benchmark in $(filter-out __init__ measure drawing scenarios,$(basename $(notdir $(wildcard benchmarks/*.py)))); do \
		$(BIN)/python -m benchmarks.$$benchmark || exit 1; done
	$(BIN)/python -m benchmarks.scenarios 3000 --jobs 2

peers: .venv/installed
	$(BIN)/python -m benchmarks.peers.run

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/simulate schema > scenarios/scenario.schema.json
	touch $@
