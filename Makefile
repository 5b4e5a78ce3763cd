# `make` lists what there is. Two of these need nothing but Python 3.11+ with venv: make demo, make test.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet install --constraint constraints.txt
SOURCES := multihowto demo bench tests docs
export OMP_WAIT_POLICY = PASSIVE
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 18

demo: .venv/demo  ## build the demo store from a site on this machine, and report on it
	$(BIN)/python demo/demo_run.py

test: .venv/test  ## run all tests but the long proofs
	$(BIN)/python -m pytest -m "not proof"

proof: .venv/test  ## run the long proofs: kills, full disk, fuzzing
	$(BIN)/python -m pytest -m proof

check: .venv/dev  ## format, lint, types
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy

fix: .venv/dev  ## format and mend what can be mended
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

docs: .venv/demo  ## write docs/reference.md from the code
	$(BIN)/python docs/make_reference.py

bench: .venv/test  ## measure speed against bare references; writes build/bench.json
	$(BIN)/python bench/run.py

experiment: .venv/experiment  ## run the grid of docs/experiments.md: fetches pictures and words, trains, opens test last
	$(BIN)/python -m bench.experiment.run --stage validation
	$(BIN)/python -m bench.experiment.run --stage test

clean:  ## remove what the targets made
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache

.venv/bin/python:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "multihowto needs Python 3.11 or newer: make PYTHON=python3.11"'
	$(PYTHON) -m venv .venv

.venv/demo: .venv/bin/python pyproject.toml constraints.txt
	@echo "installing into .venv (about 2 GB with torch, once)"
	$(PIP) --editable '.[youtube,language,duplicates,translation,features,train]'
	@touch $@

.venv/experiment: .venv/demo
	$(PIP) pillow==13.0.0 resvg-py==0.5.0
	@touch $@

.venv/test: .venv/demo
	$(PIP) --editable '.[youtube,language,lingua,duplicates,translation,features,train,hub,test]'
	@touch $@

.venv/dev: .venv/test
	$(PIP) --editable '.[youtube,language,lingua,duplicates,translation,features,train,hub,dev]'
	@touch $@

.PHONY: help demo test proof check fix docs bench experiment clean
