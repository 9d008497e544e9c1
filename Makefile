# One environment, .venv/, serves the demo and the tests; it is made from the locks in requirements/.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= $(firstword $(shell command -v python3.11 python3))
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
FRONTEND := src/crackgauge/web/frontend

# A stamp says which lock (and which pyproject.toml) the environment was made from.
digest = $(word 1,$(shell cat requirements/$(1).txt pyproject.toml | cksum))
BASE_STAMP := $(VENV)/.base-$(call digest,base)
TEST_STAMP := $(VENV)/.test-$(call digest,test)

# $(call install,LOCK): the versions of the lock, checked by their hashes, then the package itself.
# Not compiled: Python compiles what is used when it is used, which is a fraction of it.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
define install
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) --require-hashes -r requirements/$(1).txt
	$(PIP_INSTALL) --no-deps --no-build-isolation -e .
endef

# $(call lock,NAME,OPTIONS): the settings of this machine's pip stay out of the lock.
define lock
	env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
		CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes \
		--allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --build-deps-for editable $(2) \
		--output-file requirements/$(1).txt pyproject.toml
endef

# What tests open the report with. Where Debian's packages are not there and cannot be installed,
# those tests are skipped.
SYSTEM := chromium poppler-utils libpango-1.0-0 libpangoft2-1.0-0

.PHONY: help demo test system check page types lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | column -t -s "$$(printf '\t')"

demo: $(BASE_STAMP) ## find and measure cracks in rendered photographs, without torch
	rm -rf $(DEMO)
	$(BIN)/crackgauge data synth --samples --out $(DEMO)/photos
	$(BIN)/crackgauge inspect $(DEMO)/photos --mm-per-px 0.5 --out $(DEMO)/report
	@echo "report: $(CURDIR)/$(DEMO)/report/report.html"

test: check system ## all checks and all tests
	$(BIN)/pytest --durations=20 --durations-min=3

system:
	@{ command -v chromium && command -v pdftoppm; } >/dev/null || { test "$$(id -u)" = 0 && \
		{ apt-get update -q && apt-get install -y -q --no-install-recommends $(SYSTEM); } \
		>/dev/null; } || echo "not there, their tests are skipped: $(SYSTEM)"

check: $(TEST_STAMP) page ## style, types and the order of imports
	@test ! -d $(FRONTEND)/node_modules || npm --prefix $(FRONTEND) run --silent check
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

page: $(TEST_STAMP) ## build the page of `crackgauge serve`, where npm is there
	@$(BIN)/python hatch_build.py

types: $(TEST_STAMP) ## renew the page's types after a change of the REST interface
	$(BIN)/python -m tests.web.browser.description > $(FRONTEND)/openapi.json
	npm --prefix $(FRONTEND) run --silent types

lock: $(TEST_STAMP) ## renew requirements/*.txt; UPGRADE=--upgrade takes the newest releases
	$(call lock,base,$(UPGRADE))
	$(call lock,test,$(UPGRADE) --extra train --extra openvino --extra geo --extra pdf --extra trace --extra ray --extra dev --constraint requirements/base.txt)

clean: ## remove the environment, the demo and all caches
	rm -rf $(VENV) $(DEMO) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf $(FRONTEND)/node_modules src/crackgauge/web/page
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BASE_STAMP):
	$(call install,base)
	touch $@

# The test lock holds the base lock, so its environment serves the demo too.
$(TEST_STAMP):
	$(call install,test)
	touch $@ $(BASE_STAMP)
