# Prasan. `make help` lists what can be made; `make run` and `make test` need only git, make and Python >= 3.11.

SHELL := /bin/bash
export PATH := $(CURDIR)/.venv/bin:$(PATH)
BUNDLES := web/static/build/.built

.DEFAULT_GOAL := help
.PHONY: help run test check faults bench lock clean

##@ Use
run: .venv/.installed $(BUNDLES) ## start Prasan with its demonstration on http://127.0.0.1:8000 (PORT and DATABASE_URL change that)
	@exec .venv/bin/flask --app app serve

##@ Develop
test: check $(BUNDLES) ## everything: lint, types and all tests, in a real browser too (T=path for a part of the tests)
	@chromium=$$(.ci/need chromium) && CHROMIUM=$$chromium .venv/bin/pytest $(T)

check: .venv/.installed-dev ## lint and types only
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy --no-error-summary

faults: .venv/.installed-dev ## the large set of fault tests: kills, power cuts, races, full disks, broken statements (about an hour, as root)
	@PRASAN_FAULTS=large .venv/bin/pytest --timeout=3600 tests/faults

bench: .venv/.installed .venv-bench/.installed benchmarks/peers/node_modules/.installed ## measure speed beside peers and the floor (QUICK=1: fewer repeats)
	@.venv/bin/python -m benchmarks

lock: .venv/.installed-dev ## choose the newest versions that pyproject.toml allows, and pin them with their hashes
	@.ci/lock

clean: ## remove the environment, the bundles and the caches, never data
	@rm -rf .venv web/assets/node_modules web/static/build .mypy_cache .ruff_cache .pytest_cache

help: ## print this list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	    /^[a-z][a-z-]*:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# What follows is made once and again when its sources change.
.venv/.installed: requirements.lock
	@.ci/install requirements.lock
	@touch $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed
	@.ci/install requirements-dev.lock
	@touch $@

$(BUNDLES): $(shell find web/assets -type f -not -path '*/node_modules/*')
	@.ci/node
	@cd web/assets && npm ci --no-progress --no-update-notifier --loglevel=error && npm run --silent build
	@touch $@

# Peers of the benchmark, never part of the product; where one cannot be installed, the benchmark names it and goes on.
.venv-bench/.installed: benchmarks/peers/requirements.lock
	@{ .venv/bin/python -m venv .venv-bench && echo '*' > .venv-bench/.gitignore && \
	    .venv-bench/bin/python -m pip install --quiet --no-input --disable-pip-version-check --require-hashes --requirement $<; } || \
	    { rm -rf .venv-bench && mkdir .venv-bench && echo '*' > .venv-bench/.gitignore; }
	@touch $@

benchmarks/peers/node_modules/.installed: benchmarks/peers/package-lock.json
	@{ .ci/node && cd benchmarks/peers && npm ci --no-progress --no-update-notifier --loglevel=error; } || mkdir -p benchmarks/peers/node_modules
	@touch $@
