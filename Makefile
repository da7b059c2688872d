# `make demo` and `make test` do everything on a fresh machine with Python 3.11 or newer, pip and make.
# PIP_ARGS is passed to pip; the README says when you want it.

PYTHON ?= python3
PIP_ARGS ?=
VENV := .venv
RUN := $(VENV)/bin/python
RUNTIME := $(VENV)/runtime-installed
TESTING := $(VENV)/testing-installed
PORT ?= 8000
# One more than the cores: a browser test waits half of its time for sounds to end.
TEST_PROCESSES ?= $(shell echo $$(($$(nproc 2>/dev/null || echo 2) + 1)))
TEST_ARGS ?=
PYTEST_MODULE = -m pytest --dist loadfile --no-loadscope-reorder
PYTEST = $(RUN) $(PYTEST_MODULE)

# Processes that share cores must not start threads of their own: contended threads were up to 30 times slower.
export OMP_NUM_THREADS ?= 1

.PHONY: help demo setup-demo pictures test test-fast test-all coverage wheel package lint format benchmarks clean

help:
	@echo "make demo        set up, build and rehearse the demo studies, start the site (PORT=$(PORT))"
	@echo "make test        run the tests; only those with R, Firefox, WebKitGTK or fluidsynth are left to test-all"
	@echo "make test-fast   run the tests without a browser, a database or other processes, within a minute"
	@echo "make test-all    install what is missing (Debian), then run all tests and skip none"
	@echo "make coverage    run all tests and list the lines and branches that none of them takes"
	@echo "make package     build the wheel into dist/, install it and try it"
	@echo "make lint        check style, types and the import rules"
	@echo "make format      rewrite the code in the project's style"
	@echo "make pictures    renew the README's pictures from the demo"
	@echo "make benchmarks  measure speed and stability beside the alternatives"
	@echo "make clean       remove what was installed and cached; data/ stays"

$(RUNTIME): requirements.txt constraints.txt
	@echo "== Setting up Python packages in $(VENV) (once; a few minutes)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0])'
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --disable-pip-version-check $(PIP_ARGS) -r requirements.txt
	@touch $@

$(TESTING): $(RUNTIME) tests/requirements.txt
	@echo "== Setting up what the tests need"
	$(RUN) -m pip install --disable-pip-version-check --quiet $(PIP_ARGS) -r tests/requirements.txt
	@touch $@

demo: $(RUNTIME)
	@$(RUN) manage.py setup_demo
	@$(RUN) manage.py serve --port $(PORT)

setup-demo: $(RUNTIME)
	@$(RUN) manage.py setup_demo

pictures: $(TESTING) setup-demo
	@echo "== Taking the README's pictures"
	DJANGO_SETTINGS_MODULE=studyserver.settings PYTHONPATH=. $(RUN) tests/browser/readme_pictures.py

test: $(TESTING)
	@echo "== Running the tests"
	$(PYTEST) -n $(TEST_PROCESSES) -m "not extra" $(TEST_ARGS)

test-fast: $(TESTING)
	@$(PYTEST) -n 2 -q -m "not slow and not extra" --ignore tests/browser --durations 5 --disable-warnings $(TEST_ARGS)

test-all: wheel
	@.ci/programs all
	@echo "== Running all tests"
	REQUIRE_ALL=1 WHEEL_FOLDER=dist $(PYTEST) -n $(TEST_PROCESSES) $(TEST_ARGS)

# COVERAGE_TESTS narrows it down: make coverage COVERAGE_TESTS=tests/explainer/core
coverage: $(TESTING)
	@echo "== Running the tests under coverage"
	rm -f .coverage .coverage.*
	$(RUN) -m coverage run $(PYTEST_MODULE) -n $(TEST_PROCESSES) $(TEST_ARGS) $(COVERAGE_TESTS); failed=$$?; \
	$(RUN) -m coverage combine --quiet && $(RUN) -m coverage report && exit $$failed

wheel: $(TESTING)
	@echo "== Building the wheel"
	rm -rf build dist
	$(RUN) -m pip wheel --disable-pip-version-check --quiet --no-deps --no-build-isolation --wheel-dir dist .
	rm -rf build *.egg-info

package: wheel
	@echo "== Installing and trying it"
	WHEEL_FOLDER=dist $(RUN) -m pytest tests/packaging/test_wheel.py $(TEST_ARGS)

lint: $(TESTING)
	@echo "== Checking style, types and import rules"
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(RUN) manage.py makemigrations --check --dry-run

format: $(TESTING)
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

benchmarks: $(TESTING)
	@for file in tests/benchmarks/*.py; do echo "== $$file"; $(RUN) $$file || exit 1; done

clean:
	rm -rf $(VENV) build dist *.egg-info .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
