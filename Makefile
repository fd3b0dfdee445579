# Everything a developer or CI runs. PYTHON chooses the interpreter: make test PYTHON=python3.13
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test test-fast test-lowest check clean

demo: .venv/core  ## enlarge an example picture three times, bicubic beside it
	$(BIN)/python examples/demo.py

test: .venv/dev  ## all tests
	$(BIN)/pytest

test-fast: .venv/dev  ## all tests but the slow ones, on all cores: about a minute
	$(BIN)/pytest -m "not slow" -n auto

test-lowest:  ## the fast tests with the oldest versions that pyproject.toml allows: downloads several GB
	$(PYTHON) -m venv .venv-lowest
	grep -oE '"[a-z0-9-]+>=[0-9.]+"' pyproject.toml | tr -d '"' | sed 's/>=/==/' > .venv-lowest/constraints.txt
	.venv-lowest/bin/pip install --quiet --constraint .venv-lowest/constraints.txt --editable '.[train,paper,openvino,dev]'
	.venv-lowest/bin/pytest -m "not slow" -n auto

check: .venv/dev  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

.venv/python:
	$(PYTHON) -m venv .venv
	touch $@

.venv/core: .venv/python pyproject.toml constraints.txt
	$(PIP) --editable .
	touch $@

.venv/dev: .venv/core
	$(PIP) --editable '.[train,paper,openvino,dev]'
	touch $@

clean:
	rm -rf .venv .venv-lowest dist build demo
