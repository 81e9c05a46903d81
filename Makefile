# Two commands do everything on a fresh machine: `make app` and `make test`.

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help app test check format browser benchmarks clean

help:
	@echo "make app         make .venv, install, start the app"
	@echo "make test        make .venv, install, run every test (browser tests too)"
	@echo "make check       formatting, lint, types, import contract"
	@echo "make format      put the code in its format"
	@echo "make benchmarks  time the layer tables beside torchinfo and fvcore"

.venv/app.stamp: requirements.txt
	test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/dev.stamp: requirements.txt requirements-dev.txt
	test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@ .venv/app.stamp

app: .venv/app.stamp
	MALLOC_TRIM_THRESHOLD_=1000000000 MALLOC_MMAP_THRESHOLD_=1000000000 \
		$(BIN)/python -m streamlit run app.py

# Browser tests drive the system's own Chromium or Chrome; on Debian it is installed here.
browser:
	@command -v chromium chromium-browser google-chrome >/dev/null 2>&1 \
		|| (apt-get update -qq && apt-get install -y -qq chromium) \
		|| (echo "Install Chromium or Chrome: the browser tests need it." && exit 1)

test: .venv/dev.stamp browser
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile --cov=vizcore --cov-report=term:skip-covered

check: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

benchmarks: .venv/dev.stamp
	$(BIN)/python benchmarks/layer_table.py
	$(BIN)/python benchmarks/page_reruns.py
	$(BIN)/python benchmarks/cold_start.py
	$(BIN)/python benchmarks/first_prediction.py
	$(BIN)/python benchmarks/scan.py
	$(BIN)/python benchmarks/feature_maps.py
	$(BIN)/python benchmarks/class_image.py
	$(BIN)/python benchmarks/integrated_gradients.py
	$(BIN)/python benchmarks/localisation.py
	$(BIN)/python benchmarks/localisation_speed.py
	$(BIN)/python benchmarks/bench_agreement.py
	$(BIN)/python benchmarks/measured_machine.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .coverage
