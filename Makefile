# `make run` and `make test` on a bare checkout do all the set-up.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
export DLCS_DATABASE_URL ?= sqlite:///$(CURDIR)/data/dlcs.sqlite3

.PHONY: run test lint format check bench demo-bundle train-smoke clean

$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)

# Each stamp remembers the requirement files that it was made from.
$(VENV)/.serve: requirements-serve.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-serve.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/.dev: $(VENV)/.serve requirements.txt requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt
	touch $@

run: $(VENV)/.serve
	mkdir -p data
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

test: $(VENV)/.dev
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: lint test

bench: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	for script in benchmarks/bench_*.py; do $(BIN)/python $$script --quick || exit 1; done

demo-bundle: $(VENV)/.dev
	$(BIN)/python -m trainer.demo --work build/demo --assets assets

train-smoke: $(VENV)/.dev
	$(BIN)/python -m trainer.demo --work build/smoke --assets build/smoke-assets --config smoke

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache
