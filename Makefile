# Everything a person does with this repository. `make` alone prints the targets.
# A target makes what it needs first; nothing is installed outside this directory.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV := .venv
RUN := $(VENV)/bin/python
LOCKED := $(VENV)/.locked
INSTALLED := $(VENV)/.installed
SNOW := .tools/snow/bin/snow
SNOW_INSTALLED := .tools/snow/.installed
OLDEST := .tools/oldest/bin/python
OLDEST_INSTALLED := .tools/oldest/.installed
DBT := .tools/dbt/bin/dbt
DBT_INSTALLED := .tools/dbt/.installed
MUTANTS := .tools/mutants/bin/python
MUTANTS_INSTALLED := .tools/mutants/.installed
COMPILE_INSTALLED := .tools/pip-tools/.installed

# The first Python 3.11 found; another one is named with `make PYTHON=/path/to/python3.11`.
PYTHON ?= $(shell for python in python3.11 python3 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
	&& { command -v $$python; break; }; done)

# Tests also wait for processes, files and clocks: one worker more than there are cores.
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))

PYTEST = $(RUN) -m pytest -n $(WORKERS) --dist worksteal

# Tests start hundreds of processes: what is compiled once need not be by each of them.
unexport PYTHONDONTWRITEBYTECODE

# What can be checked while one waits: the parts by themselves, and one way through each direction.
SMOKE := tests/unit tests/hubspot tests/app/test_install.py tests/runs/test_increments.py \
	tests/push/test_pushing.py

# Tests that send each kind of request for records, which are run at every version of HubSpot's API.
# Before a change is taken the version whose paths differ most is enough: that all versions bring the
# same is among the tests of `make test-long`.
CRM_TESTS := backfill filtering gone history increments links
API_VERSIONS = $(if $(LIVES),numbered,2026-03 numbered)

# Where `make deploy` and `make version` go: a connection of the Snowflake CLI.
CONNECTION ?= default
SUFFIX ?=
LABEL = $(shell $(RUN) -c 'import hubspot_ingest; print(hubspot_ingest.__version__)')
VERSION = V$(subst .,_,$(LABEL))

# What follows the locks exactly: hashes are checked, the newest release is never looked for.
PIP_INSTALL = install --quiet --disable-pip-version-check --no-input

.PHONY: help
help: ## Print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: $(INSTALLED) ## Make .venv with the locked dependencies and the hubspot-ingest command

.PHONY: demo
demo: $(INSTALLED) ## Run the main job end to end on this machine, no account needed
	$(VENV)/bin/hubspot-ingest demo

.PHONY: smoke
smoke: $(INSTALLED) ## Run what finds most mistakes within 90 seconds
	$(PYTEST) $(SMOKE)

.PHONY: test
test: $(INSTALLED) $(SNOW_INSTALLED) ## Run the tests on every core (ONLY=tests/unit for some of them)
	$(PYTEST) $(ONLY)

.PHONY: test-long
test-long: $(INSTALLED) ## Run the long scenarios and the further cases of a promise alone
	$(PYTEST) -m "long and not nightly" $(ONLY)

.PHONY: test-nightly
test-nightly: $(INSTALLED) ## Run what is long, all random lives and cases, older API versions (LIVES=10: few lives)
	failed=0; $(MAKE) test-versions LIVES=$(LIVES) || failed=1; \
	$(if $(LIVES),,$(MAKE) test-mutants ONLY= || failed=1;) \
	LIVES=$(LIVES) $(PYTEST) -m "$(if $(LIVES),long and not nightly or lives,long or nightly)" $(ONLY) || failed=1; \
	exit $$failed

.PHONY: test-oldest
test-oldest: $(OLDEST_INSTALLED) ## Run what is shipped on the oldest packages Snowflake offers
	PYTHONPATH=src $(OLDEST) -m pytest -n auto -p no:cacheprovider \
		tests/unit tests/hubspot tests/app/test_shipped.py

.PHONY: test-mutants
test-mutants: $(MUTANTS_INSTALLED) ## Change five modules in small ways, and fail where no test notices (ONLY=casts)
	$(MUTANTS) -m scripts.mutants $(ONLY)

.PHONY: test-dbt
test-dbt: $(INSTALLED) $(DBT_INSTALLED) ## Build the dbt project twice on the local engine, with changes in between
	DBT="$(CURDIR)/$(DBT)" $(RUN) -m pytest -m dbt tests/dbt $(ONLY)

.PHONY: test-versions
test-versions: $(INSTALLED) ## Run the tests of CRM records at the older versions of HubSpot's API
	for version in $(API_VERSIONS); do \
		HUBSPOT_API_VERSION=$$version $(PYTEST) -m "not $(if $(LIVES),nightly,lives)" \
			$(addprefix tests/runs/test_,$(addsuffix .py,$(CRM_TESTS))) || exit 1; \
	done

.PHONY: check
check: $(INSTALLED) ## Check style, formatting and types
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy

.PHONY: bundle
bundle: $(INSTALLED) $(SNOW_INSTALLED) ## Build the native app into output/deploy and check it
	$(RUN) -m scripts.bundle --snow $(SNOW)

.PHONY: deploy
deploy: bundle ## Install or upgrade the app in a development account (CONNECTION=dev SUFFIX=_ME)
	$(SNOW) app run --connection $(CONNECTION) --env suffix=$(SUFFIX)

.PHONY: version
version: bundle ## Make a version of the app's package, for a release (CONNECTION=dev)
	$(SNOW) app version create $(VERSION) --label $(LABEL) --connection $(CONNECTION)

.PHONY: test-real
test-real: $(INSTALLED) ## Run the end-to-end tests on a real account and portal
	$(RUN) -m pytest -m real tests/real $(ONLY)

.PHONY: test-browser
test-browser: $(INSTALLED) ## Use the page in a real Chromium, from the first key to rows
	CHROMIUM="$$($(RUN) -m scripts.chromium)" $(RUN) -m pytest -m browser tests/browser $(ONLY)

.PHONY: screenshots
screenshots: ## Take the pictures of docs/PAGE.md anew
	SCREENSHOTS=docs/images $(MAKE) test-browser

.PHONY: streams
streams: $(INSTALLED) ## Write docs/STREAMS.md anew from the catalog
	$(RUN) -m scripts.streams_page

.PHONY: statements
statements: $(INSTALLED) ## Write the list of docs/FIRST-RUN.md anew from what the tests send (ONLY=…)
	RECORD_STATEMENTS=1 $(PYTEST) -q -m "long or not (real or nightly or browser or dbt)" $(ONLY)
	$(RUN) -m scripts.first_run_page

.PHONY: bench
bench: $(INSTALLED) ## Measure rows per second, memory and requests
	$(RUN) -m benchmarks

.PHONY: lock
lock: $(COMPILE_INSTALLED) ## Compile the locked dependencies anew (UPGRADE=--upgrade for newer releases)
	$(call compile,--all-extras pyproject.toml,requirements/dev.txt)
	$(call compile,requirements/oldest.in,requirements/oldest.txt)
	$(call compile,requirements/snow.in,requirements/snow.txt)
	@# with hashes pip takes mashumaro[msgpack], which dbt asks for, only where the lock names the extra
	$(call compile,--no-strip-extras requirements/dbt.in,requirements/dbt.txt)
	$(call compile,requirements/mutants.in,requirements/mutants.txt)
	$(call compile,requirements/pip-tools.in,requirements/pip-tools.txt)

.PHONY: clean
clean: ## Remove environments, caches and everything built
	rm -rf $(VENV) .tools build output __generated .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf src/*.egg-info
	find src scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +

# No address of a package index goes into a lock: where packages come from is the machine's affair.
define compile
CUSTOM_COMPILE_COMMAND="make lock" .tools/pip-tools/bin/python -m piptools compile --quiet \
	--generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --no-emit-options $(UPGRADE) --output-file $(2) $(1)
endef

# $(call environment,directory,lock): a fresh environment holding exactly the lock.
define environment
@test -n "$(PYTHON)" || { echo "Python 3.11 is needed and was not found" >&2; exit 1; }
@echo "installing $(2) into $(1)"
@"$(PYTHON)" -m venv --clear $(1)
@$(1)/bin/python -m pip $(PIP_INSTALL) --require-hashes -r $(2)
@touch $@
endef

$(LOCKED): requirements/dev.txt
	$(call environment,$(VENV),$<)

$(INSTALLED): pyproject.toml $(LOCKED)
	@$(RUN) -m pip $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(SNOW_INSTALLED): requirements/snow.txt
	$(call environment,.tools/snow,$<)

$(OLDEST_INSTALLED): requirements/oldest.txt
	$(call environment,.tools/oldest,$<)

$(DBT_INSTALLED): requirements/dbt.txt
	$(call environment,.tools/dbt,$<)

$(MUTANTS_INSTALLED): requirements/mutants.txt
	$(call environment,.tools/mutants,$<)

$(COMPILE_INSTALLED): requirements/pip-tools.txt
	$(call environment,.tools/pip-tools,$<)
