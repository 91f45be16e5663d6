# Needs only Python 3.10+ and make. Everything is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LAUNCH := benchmarking/nursery/launch_local
SIMULATE := benchmarking/nursery/launch_simulator

.DEFAULT_GOAL := help
.PHONY: help demo test test-all soak perf lint format clean

help: ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[sklearn]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo ## compare methods on handwritten digits, for real and simulated; writes two figures
	$(BIN)/python $(LAUNCH)/hpo_main.py --experiment_tag demo --benchmark mlp_digits \
	  --method RS,ASHA --num_seeds 4 --n_workers 2 --max_wallclock_time 20s
	$(BIN)/python $(LAUNCH)/plot_results.py --experiment_tag demo --output comparison.png
	$(BIN)/python $(SIMULATE)/hpo_main.py --experiment_tag demo-simulated --benchmark mlp_digits \
	  --num_seeds 10 --n_workers 4 --max_wallclock_time 12s --n_parallel 2
	$(BIN)/python $(SIMULATE)/plot_results.py --experiment_tag demo-simulated --output comparison_simulated.png

test: $(VENV)/.dev ## what every change must pass
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 3 --dist loadfile -m 'not long and not soak'

test-all: $(VENV)/.dev ## also what needs torch, a browser or minutes
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'torch==2.13.0' || echo "torch is not to be had: its tests will be skipped"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'transformers>=4.46' 'datasets>=2.20' || echo "transformers, datasets are not to be had: their tests will be skipped"
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || echo "There is no Chromium (Debian: apt-get install chromium): tests of the report's page will be skipped"
	$(BIN)/pytest -n 3 --dist loadfile -m 'not soak'

soak: $(VENV)/.dev ## many kills
	$(BIN)/pytest -m soak

perf: $(VENV)/.dev ## measure, beside the peers; prints JSON, keeps perf/results/
	$(BIN)/python -m perf.run_all

lint: $(VENV)/.dev ## ruff and mypy
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: $(VENV)/.dev ## let ruff arrange the code
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

clean: ## remove .venv and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
