# One command sets up and starts, one checks; `make help` lists them all. Works on a bare Debian with Python 3.11 or later.

PYTHON ?= python3
PORT ?= 8000
TESTS ?= tests
JOBS ?= auto

VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run-is-installed
DEV := $(VENV)/.dev-is-installed
PO := $(wildcard translations/*/LC_MESSAGES/messages.po)
MO := $(PO:.po=.mo)

export RICOGNIZIONE_BASE_URL ?= http://127.0.0.1:$(PORT)
export RICOGNIZIONE_BIND ?= 127.0.0.1:$(PORT)
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PYTHONDONTWRITEBYTECODE = 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run schema test lint unit figure figures format translations catalogues lock audit sbom vendor clean browser mailbox

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUN) catalogues schema ## Start a site with a demo edition and print its address and accounts (PORT=8000)
	@$(BIN)/python -c 'import socket; socket.create_server(("127.0.0.1", $(PORT))).close()' 2>/dev/null \
	    || { echo "Port $(PORT) is taken: choose another one, for example make run PORT=8001" >&2; exit 1; }
	@$(BIN)/flask --app wsgi demo load
	@echo "Messages become files in $${RICOGNIZIONE_INSTANCE_PATH:-instance}/mail"
	@$(BIN)/flask --app wsgi mail deliver --loop & mail=$$!; \
	    $(BIN)/gunicorn --config gunicorn.conf.py wsgi:app & site=$$!; \
	    trap 'kill $$site $$mail 2>/dev/null; wait' INT TERM; \
	    wait $$site; status=$$?; kill $$mail 2>/dev/null; exit $$status

schema: $(RUN)
	@$(BIN)/flask --app wsgi db upgrade

test: lint unit ## Check everything: style, types, and all tests on SQLite, PostgreSQL and in a browser

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# TESTS=tests/e2e runs a part, JOBS=4 sets the number of processes; RICOGNIZIONE_TEST_PICTURES=1 keeps pictures of the pages
# that a browser visits, in tests/output.
unit: export PYTHONDONTWRITEBYTECODE =# the program is started some hundred times
unit: $(DEV) catalogues browser mailbox
	$(BIN)/python -m pytest --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder $(TESTS)

figure: $(DEV) catalogues browser ## Measure one promise: make figure NAME=page-weight
	@$(BIN)/python -m tests.figures "$(NAME)"

figures: $(DEV) catalogues browser ## Measure them all, a line each
	@$(BIN)/python -m tests.figures --all

format: $(DEV) ## Format the Python code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

translations: $(DEV) ## Collect the Italian texts and bring the catalogues up to date
	@$(BIN)/python -m tools.catalogues

catalogues: $(MO)

translations/%/LC_MESSAGES/messages.mo: translations/%/LC_MESSAGES/messages.po | $(RUN)
	@$(BIN)/pybabel --quiet compile --input-file=$< --output-file=$@ --locale=$*

lock: $(DEV) ## Pin the newest versions that fit requirements*.in, with their hashes
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version=3.11 --generate-hashes --no-annotate \
	    requirements.in --output-file=requirements.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version=3.11 --generate-hashes --no-annotate \
	    requirements-dev.in --output-file=requirements-dev.txt

audit: $(DEV) ## Ask about known weaknesses of the pinned packages, and which of our code reaches them (needs the network)
	@$(BIN)/python -m tools.supply.audit

sbom: $(DEV) ## Write sbom.cdx.json, all that the program is made of, and docs/licences.md
	@$(BIN)/python -m tools.supply.sbom

vendor: ## Rebuild the style sheets and fonts that come from elsewhere (needs Node.js and npm)
	tools/vendor/refresh.sh

clean: ## Remove what these commands made, but not the instance folder
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/output $(MO)
	find app tests tools -name __pycache__ -prune -exec rm -rf {} +

# What is installed, each marked by a file so that a second call costs nothing.

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || tools/install-system-package python3 "the Python interpreter"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Python 3.11 or later is needed; choose one with make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	    || tools/install-system-package python3-venv "Python's module for virtual environments"
	@$(PYTHON) -m venv $(VENV)

$(RUN): requirements.txt | $(BIN)/python
	@echo "Installing what the program needs …"
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.txt
	@touch $@

$(DEV): requirements-dev.txt | $(RUN)
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.txt
	@touch $@

browser: $(DEV)
	@test -n "$$RICOGNIZIONE_TEST_CHROMIUM" || command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null \
	    || tools/install-system-package chromium-headless-shell "the Chromium browser, for the tests"
	@$(BIN)/playwright --version >/dev/null 2>&1 \
	    || tools/install-system-package libatomic1 "a library of the program that drives the browser, for the tests"

mailbox:
	@PATH="$$PATH:/usr/sbin" command -v dovecot >/dev/null && test -e /usr/lib/dovecot/imap -o -e /usr/libexec/dovecot/imap \
	    || tools/install-system-package dovecot-imapd "the IMAP server Dovecot, for the tests"
