# Everything a developer or CI runs. PYTHON chooses the interpreter: make test PYTHON=python3.13
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test test-fast check clean

demo: .venv/core  ## enlarge an example picture three times, bicubic beside it
	$(BIN)/python examples/demo.py

test: .venv/dev  ## all tests
	$(BIN)/pytest

test-fast: .venv/dev  ## all tests but the slow ones, on all cores: about a minute
	$(BIN)/pytest -m "not slow" -n auto

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
	rm -rf .venv dist build demo
