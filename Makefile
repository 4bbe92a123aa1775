# Every command of the project. `make` lists them; each sets up what it needs, once.
SHELL := bash
.SHELLFLAGS := -euc
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# PYTHON, from the environment or as in `make demo PYTHON=/path/to/python3.13`, is what the virtual environment is made
# with. VENV=.local/another is an environment beside the usual one.
VENV := .local/venv
VENV_PYTHON := $(VENV)/bin/python
PYTEST := $(VENV_PYTHON) -m pytest
DEPLOYED := 3.13
STAMPS := .local/stamps
PACKAGES := $(VENV)/.complete
NODE := local/node_modules/.complete
CLIENTS := clients/typescript/node_modules/.complete
SETUP := $(PACKAGES) $(NODE) $(STAMPS)/firestore
DEPLOYMENT := .local/deploy/.complete
DEPLOY := PYTHONPATH=. .local/deploy/bin/python
export VENV
export PYTHON_ORIGIN := $(origin PYTHON)

.PHONY: help setup demo run test test-unit test-exploration test-deployed-python test-rules mutate-rules test-integration test-e2e test-browser test-clients test-faults test-long \
	check contract format bench build lock audit audit-dependencies sbom licenses docs translations test-deploy preview deploy undeploy clean again

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-21s %s\n", $$1, $$2}' Makefile

setup: $(SETUP) $(CLIENTS) $(STAMPS)/chromium $(STAMPS)/firefox ## Install everything under .local/ and local/node_modules/, and the browsers (a second call does nothing)
	@echo "Everything is installed. Next: make demo"

demo: $(SETUP) ## Walk through the product, start to finish, on this machine
	@$(VENV_PYTHON) -m local.demo

run: $(SETUP) ## Start the local stack and leave it running until Ctrl-C
	@$(VENV_PYTHON) -m local.stack

test: $(SETUP) $(CLIENTS) ## Run all tests but the long ones (those of the pages are left out, with the reason, where a browser cannot be had)
	@for browser in chromium firefox; do local/setup.sh $$browser || true; done
	@$(PYTEST) tests -m "not long"
	@$(MAKE) test-deploy

test-unit: $(PACKAGES) ## Run the tests that need no server
	@$(PYTEST) tests/unit

test-exploration: $(PACKAGES) ## See every order of what can happen to two organizations, in a model (a few minutes)
	@$(PYTEST) tests/exploration

test-deployed-python: ## Run the unit, integration and end-to-end tests with the Python that is deployed, in an environment of its own
	@python=$$(local/setup.sh find $(DEPLOYED)); \
	for tests in unit integration e2e; do \
		$(MAKE) test-$$tests VENV=.local/venv-$(DEPLOYED) PYTHON="$$python"; \
	done

test-deploy: $(DEPLOYMENT) ## Run the tests of the infrastructure, with Pulumi's mocks
	@$(DEPLOY) -m pytest tests/deploy --confcutdir=tests/deploy

test-rules: $(SETUP) ## Run the tests of firestore.rules
	@$(PYTEST) tests/rules

mutate-rules: $(SETUP) ## Show that the tests notice every small change of firestore.rules
	@$(VENV_PYTHON) -m tests.rules.mutate

test-integration: $(SETUP) ## Run the tests of single parts against the emulators
	@$(PYTEST) tests/integration -m "not long"

test-e2e: $(SETUP) $(CLIENTS) ## Run the tests of the whole stack
	@$(PYTEST) tests/e2e -m "not faults"

test-browser: $(SETUP) $(STAMPS)/chromium $(STAMPS)/firefox ## Walk the pages in Chromium and Firefox; all of them in pictures: build/screenshots/index.html
	@rm -rf build/screenshots
	@CHROMIUM_REQUIRED=1 FIREFOX_REQUIRED=1 $(PYTEST) tests/browser

test-clients: $(SETUP) $(CLIENTS) ## Test the client in TypeScript, by itself and on the whole stack
	@npm test --prefix clients/typescript --silent
	@$(PYTEST) tests/e2e/test_clients.py

test-faults: $(SETUP) $(CLIENTS) ## Run the tests in which parts fail, die and race, the long ones too
	@$(PYTEST) tests -m "faults or long"

test-long: $(SETUP) $(CLIENTS)
	@$(PYTEST) tests -m long

check: $(PACKAGES) $(DEPLOYMENT) ## Lint, formatting, types
	@$(VENV_PYTHON) -m ruff check .
	@$(VENV_PYTHON) -m ruff format --check .
	@$(VENV_PYTHON) -m mypy
	@$(DEPLOY) -m mypy --config-file deploy/mypy.ini

contract: $(PACKAGES) $(STAMPS)/oasdiff ## Show that today's description of the phones' API breaks no app of the last release
	@$(VENV_PYTHON) -m docs.contract

format: $(PACKAGES) ## Format, and fix what can be fixed
	@$(VENV_PYTHON) -m ruff check --fix --exit-zero --quiet .
	@$(VENV_PYTHON) -m ruff format .

bench: $(SETUP) ## Measure the functions on the local stack
	@$(VENV_PYTHON) -m bench

build: $(PACKAGES) ## Stage each function's bundle under build/
	@$(VENV_PYTHON) -m deploy.bundle --all

lock: $(PACKAGES) ## Pin the dependencies again, with hashes (UPGRADE=1: the newest)
	@local/lock.sh

audit: $(PACKAGES) ## Compare all that the running stack (make run) stores with the inventory
	@$(VENV_PYTHON) -m local.audit

audit-dependencies: $(PACKAGES) $(NODE) ## Look the pinned dependencies up in the vulnerability databases
	@$(VENV_PYTHON) -m pip_audit --require-hashes --disable-pip -r requirements.txt
	@$(VENV_PYTHON) -m pip_audit --require-hashes --disable-pip -r requirements-dev.txt
	@$(VENV_PYTHON) -m pip_audit --require-hashes --disable-pip -r requirements-deploy.txt
	@npm audit --prefix local
	@npm audit --prefix clients/typescript

docs: $(PACKAGES) $(CLIENTS) ## Write the generated pages of docs/ again, and the client's types
	@$(VENV_PYTHON) -m docs.generate
	@npm run types --prefix clients/typescript --silent >/dev/null

translations: $(PACKAGES) ## Bring the catalogs of shared/web/locale/ up to date with templates and code (docs/languages.md)
	@$(VENV_PYTHON) -m local.translations

preview: $(DEPLOYMENT) ## Show all that a stack is made of, without a cloud: STACK=example
	@$(DEPLOY) -m deploy.infrastructure.preview $(STACK)

deploy: $(DEPLOYMENT) ## Deploy what is committed: STACK=production (deploy/README.md)
	@$(DEPLOY) -m deploy up $(STACK)

undeploy: $(DEPLOYMENT) ## Take a deployment away again, but not its data: STACK=… CONFIRM=its project
	@CONFIRM=$(CONFIRM) $(DEPLOY) -m deploy down $(STACK)

sbom: $(PACKAGES) ## Write the bill of materials of what is deployed: build/sbom.cdx.json
	@mkdir -p build
	@$(VENV_PYTHON) -m cyclonedx_py requirements requirements.txt --output-reproducible -o build/sbom.cdx.json
	@echo build/sbom.cdx.json

licenses: $(PACKAGES) ## List the licence of every package that is installed here
	@$(VENV_PYTHON) -m piplicenses --python $(VENV_PYTHON) --order=license --with-urls

clean: ## Remove everything that the other commands made
	rm -rf .local build local/node_modules clients/typescript/node_modules clients/typescript/dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*
	find . -name __pycache__ -prune -exec rm -rf {} +

# Looked at again where the environment is gone or broken, and where the command line names the Python that it is to have.
ifeq ($(wildcard $(VENV_PYTHON)),)
$(PACKAGES): again
else ifeq ($(origin PYTHON),command line)
$(PACKAGES): again
endif

$(PACKAGES): requirements.txt requirements-dev.txt local/setup.sh
	@local/setup.sh python $(filter-out again,$^)

$(DEPLOYMENT): requirements-deploy.txt local/setup.sh
	@local/setup.sh deploy $^

$(NODE): local/package.json local/package-lock.json local/setup.sh
	@local/setup.sh node $^

$(CLIENTS): clients/typescript/package.json clients/typescript/package-lock.json local/setup.sh
	@local/setup.sh clients $^

$(STAMPS)/oasdiff: local/setup.sh
	@local/setup.sh oasdiff $^

$(STAMPS)/firestore: local/setup.sh local/emulators.py | $(PACKAGES) $(NODE)
	@local/setup.sh firestore $^

$(STAMPS)/chromium $(STAMPS)/firefox: local/setup.sh
	@local/setup.sh $(@F) $^
