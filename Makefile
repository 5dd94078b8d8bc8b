# Each target creates the environment if it is missing.
#   make tutorial                                  the lessons, headless, on the sample corpus (minutes, no network)
#   make tutorial PROFILE=article                  lessons 1 to 5 on the real corpus, which is downloaded
#   make tutorial PROFILE=article LER=path/to/ler  … or read from a folder or a zip
#   make benchmark LER=path/to/ler                 speed and memory, side by side (QUICK=1: a twelfth of the data)
#   make full LER=path/to/ler                      every recorded run that results/ lacks (hours); resumes where it stopped
#   make quick LER=path/to/ler                     the lessons, reduced, on the real corpus, compared with their reference
#   make test | test-all | mutants                 the tests; with the long ones; those that plant faults in the source
#   make lab | fuzz | coverage | check | format | tables | site | offline | exercises
#   make colab | badges | test-colab | test-browser | lock | clean
PYTHON  ?= python3
PROFILE ?= smoke
VENV    := .venv
BIN     := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
READY   := $(VENV)/installed

ifdef LER
# $(abspath) would take a path with a blank for two.
export LEGALNER_LER_SOURCE := $(if $(or $(findstring :,$(LER)),$(filter /%,$(LER))),$(LER),$(CURDIR)/$(LER))
endif

.PHONY: tutorial lab test test-all mutants fuzz coverage quick check format benchmark colab badges test-colab test-browser site offline exercises full lock tables clean

tutorial: $(READY)
	$(BIN)/legalner run --profile $(PROFILE)

lab: $(READY)
	$(BIN)/jupyter lab --notebook-dir=. notebooks/01_data.ipynb

# On all cores, up to four: each process holds TensorFlow. File by file, since the tests of a file share what they make.
PYTEST := $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: $(READY)
	$(PYTEST)

# Also the long tests that seldom fail, and those that plant faults in the source.
test-all: test
	$(PYTEST) -m 'thorough or mutants'

mutants: $(READY)
	$(PYTEST) -m mutants

# The property tests with many times their examples, different ones each time.
TIMES ?= 50
fuzz: $(READY)
	LEGALNER_FUZZ=$(TIMES) $(BIN)/python -m pytest -m hypothesis

# Branches of legalner/ that the tests of its modules take; what starts a process of its own is not counted.
coverage: $(READY)
	$(BIN)/python -m coverage run -m pytest --ignore=tests/lessons --ignore=tests/repository
	$(BIN)/python -m coverage report --show-missing --skip-covered

# The lessons, reduced, on the real corpus, compared with the reference of five seeds.
quick: $(READY)
	$(BIN)/legalner run --profile quick
	$(BIN)/legalner check runs/quick

# Lint, format, types, and that notebooks hold no outputs.
check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/nbstripout --keep-id --verify notebooks/*.ipynb

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The article's dense array, our article, best and their peers, measured on this machine; the exit status is 1 if one of them fails.
benchmark: $(READY)
	$(BIN)/python -m benchmarks $(if $(filter-out 0,$(QUICK)),--quick)

# The recorded runs that results/ lacks, each profile with its seeds.
full: $(READY)
	$(BIN)/python tools/full.py

# README's tables, from results/.
tables: $(READY)
	$(BIN)/python tools/tables.py

# For Colab: the zip to upload; the address of this repository in the notebooks; a trial with Colab's own versions.
colab: $(READY)
	$(BIN)/python tools/colab.py zip

badges: $(READY)
	$(BIN)/python tools/colab.py badges

test-colab: $(READY)
	$(PYTHON) -m venv --clear .venv-colab
	.venv-colab/bin/python -m pip install --quiet --requirement tools/colab.txt
	$(BIN)/python -m pytest -m colab tests/lessons/test_colab.py

# All lessons in JupyterLab, in Chromium; screenshots go to runs/browser/.
test-browser: $(READY)
	$(BIN)/python -m pytest -m '' tests/lessons/test_browser.py

# The executed lessons and docs/ as pages in site/; first runs the lessons on the sample if that is not done yet.
site: $(READY)
	$(BIN)/legalner run --profile smoke --resume
	$(BIN)/python tools/site.py runs/smoke

# For working without a network: packages, corpus, word vectors and the repository in offline/.
offline: $(READY)
	$(BIN)/python -m tools.offline

# The exercises of legalner/exercises/, into the notebooks.
exercises: $(READY)
	$(BIN)/python tools/exercises.py

# New pins of every dependency, for all systems and Pythons, and environment.yml from them. Extras stay in the pins: pip
# 23 would look for `package[extra]` again and refuse a newer release for lack of a hash.
lock: $(READY)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-strip-extras --extra lab --extra dev \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock
	$(BIN)/python tools/environment.py

clean:
	rm -rf $(VENV) runs build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# TensorFlow brings setuptools, which the lock pins too: without build isolation nothing unpinned is installed.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; assert (3, 11) <= sys.version_info < (3, 14), 'Python 3.11 to 3.13 is needed; set PYTHON=python3.12, say'"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	$(BIN)/python -c "open('$(READY)', 'w').close()"
