# Every command of the project. `make` lists them; each sets up what it needs, once.
SHELL := bash
.SHELLFLAGS := -euc
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .local/venv
PYTHON := $(VENV)/bin/python
PYTEST := $(PYTHON) -m pytest
STAMPS := .local/stamps
SETUP := $(STAMPS)/python $(STAMPS)/node $(STAMPS)/firestore

.PHONY: help setup demo run test test-unit test-rules mutate-rules test-integration test-e2e test-browser test-faults test-long \
	check format bench build lock audit audit-dependencies sbom licenses docs deploy undeploy clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile

setup: $(SETUP) $(STAMPS)/chromium ## Install everything under .local/ and local/node_modules/, and Chromium (a second call does nothing)
	@echo "Everything is installed. Next: make demo"

demo: $(SETUP) ## Walk through the product, start to finish, on this machine
	@$(PYTHON) -m local.demo

run: $(SETUP) ## Start the local stack and leave it running until Ctrl-C
	@$(PYTHON) -m local.stack

test: $(SETUP) ## Run all tests but the long ones (those of the pages are left out, with the reason, where Chromium cannot be had)
	@local/setup.sh chromium || true
	@$(PYTEST) tests -m "not long"

test-unit: $(STAMPS)/python ## Run the tests that need no server
	@$(PYTEST) tests/unit

test-rules: $(SETUP) ## Run the tests of firestore.rules
	@$(PYTEST) tests/rules

mutate-rules: $(SETUP) ## Show that the tests notice every small change of firestore.rules
	@$(PYTHON) -m tests.rules.mutate

test-integration: $(SETUP) ## Run the tests of single parts against the emulators
	@$(PYTEST) tests/integration -m "not long"

test-e2e: $(SETUP) ## Run the tests of the whole stack
	@$(PYTEST) tests/e2e -m "not faults"

test-browser: $(SETUP) $(STAMPS)/chromium ## Walk the pages in Chromium; screenshots in build/screenshots/
	@CHROMIUM_REQUIRED=1 $(PYTEST) tests/browser

test-faults: $(SETUP) ## Run the tests in which parts fail, die and race, the long ones too
	@$(PYTEST) tests -m "faults or long"

test-long: $(SETUP)
	@$(PYTEST) tests -m long

check: $(STAMPS)/python ## Lint, formatting, types
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy

format: $(STAMPS)/python ## Format, and fix what can be fixed
	@$(PYTHON) -m ruff check --fix --exit-zero --quiet .
	@$(PYTHON) -m ruff format .

bench: $(SETUP) ## Measure the functions on the local stack
	@$(PYTHON) -m bench

build: $(STAMPS)/python ## Stage each function's bundle under build/
	@$(PYTHON) -m deploy.bundle --all

lock: $(STAMPS)/python ## Pin the dependencies again, with hashes (UPGRADE=1: the newest)
	@local/lock.sh

audit: $(STAMPS)/python ## Compare all that the running stack (make run) stores with the inventory
	@$(PYTHON) -m local.audit

audit-dependencies: $(STAMPS)/python $(STAMPS)/node ## Look the pinned dependencies up in the vulnerability databases
	@$(PYTHON) -m pip_audit --require-hashes --disable-pip -r requirements.txt
	@$(PYTHON) -m pip_audit --require-hashes --disable-pip -r requirements/dev.txt
	@npm audit --prefix local

docs: $(STAMPS)/python ## Write the generated pages of docs/ again
	@$(PYTHON) -m docs.generate

deploy: $(STAMPS)/python $(STAMPS)/node ## Deploy: PROJECT=… REGION=europe-west1 ENTRA_CLIENT_ID=… (DRY_RUN=1: print every command, run none)
	@$(PYTHON) -m deploy deploy

undeploy: $(STAMPS)/python $(STAMPS)/node ## Take a deployment away again, but not its data: PROJECT=… CONFIRM=… (DRY_RUN=1)
	@$(PYTHON) -m deploy undeploy

sbom: $(STAMPS)/python ## Write the bill of materials of what is deployed: build/sbom.cdx.json
	@mkdir -p build
	@$(PYTHON) -m cyclonedx_py requirements requirements.txt --output-reproducible -o build/sbom.cdx.json
	@echo build/sbom.cdx.json

licenses: $(STAMPS)/python ## List the licence of every package that is installed here
	@$(PYTHON) -m piplicenses --python $(PYTHON) --order=license --with-urls

clean: ## Remove everything that the other commands made
	rm -rf .local build local/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*
	find functions shared local support tests -name __pycache__ -prune -exec rm -rf {} +

$(STAMPS)/python: requirements.txt requirements/dev.txt local/setup.sh
	@local/setup.sh python $^

$(STAMPS)/node: local/package.json local/package-lock.json local/setup.sh
	@local/setup.sh node $^

$(STAMPS)/firestore: local/setup.sh $(STAMPS)/python $(STAMPS)/node
	@local/setup.sh firestore $^

$(STAMPS)/chromium: local/setup.sh
	@local/setup.sh chromium $^
