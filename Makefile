# Everything here needs make, a CPython >= 3.11 and a package index; it lives in .venv and .state.
#
#   make serve ARGS="--port 9000"     PYTHON=/path/to/python3 make test     make test ARGS="-k servers"

VENV := .venv
BIN := $(VENV)/bin
STATE ?= .state
ARGS ?=
PYTHON ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

.PHONY: help serve test check lint types layers docs-check docs site interop interop-softlayer interop-lxd \
	conformance bench bench-passthrough bench-lxd wheel clean dev

help:
	@echo "make serve   run Jumpgate (arguments: ARGS=\"--port 9000\"); its state is in $(STATE)"
	@echo "make test    run every test, the fast ones first (arguments: ARGS=\"-k servers\")"
	@echo "make check   style, types, layer rule, documentation"
	@echo "make interop run OpenStack's interoperability tests (Tempest)"
	@echo "make interop-softlayer  run them against the SoftLayer drivers, behind which a fake stands"
	@echo "make interop-lxd  run them on a real LXD, as root"
	@echo "make conformance  run all of Tempest's API tests and write docs/conformance.md"
	@echo "make bench   measure; make bench-passthrough does so beside nginx, make bench-lxd on a real LXD, as root"
	@echo "make docs    write the generated documentation again; make site builds the site in site/"
	@echo "make wheel   build dist/jumpgate-*.whl"
	@echo "make clean   remove what the other targets made, except $(STATE)"

serve: $(VENV)/.serve
	@exec $(BIN)/jumpgate serve --state $(STATE) $(ARGS)

dev: $(VENV)/.dev
	@:

test: $(VENV)/.dev
	@$(BIN)/python -m tools.test $(ARGS)

check: lint types layers docs-check site

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.dev
	$(BIN)/mypy --strict

layers: $(VENV)/.dev
	$(BIN)/python -m tools.check_layers

docs-check: $(VENV)/.dev
	$(BIN)/python -m tools.generate_docs --check

docs: $(VENV)/.dev
	$(BIN)/python -m tools.generate_docs

site: $(VENV)/.dev
	$(BIN)/python -m tools.site

interop: $(VENV)/.dev
	@$(BIN)/python -m tools.conformance --interop \
		--expected tests/conformance/interop-dynamic.txt
	@$(BIN)/python -m tools.conformance --interop \
		--expected tests/conformance/interop-static.txt --credentials static
	@$(BIN)/python -m tools.conformance --interop --passthrough \
		--expected tests/conformance/interop-dynamic.txt

interop-softlayer: $(VENV)/.dev
	@$(BIN)/python -m tools.conformance.softlayer

interop-lxd: $(VENV)/.dev
	@$(BIN)/python -m tools.conformance.lxd --expected tests/conformance/interop-lxd.txt

conformance: $(VENV)/.dev
	@$(BIN)/python -m tools.conformance --csv docs/conformance.csv --document docs/conformance.md

conformance-openstack: $(VENV)/.dev
	@$(BIN)/python -m tools.conformance.passthrough --interop
	@$(BIN)/python -m tools.conformance.passthrough
	@$(BIN)/python -m tools.generate_docs

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks $(ARGS)

bench-passthrough: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.passthrough $(ARGS)

bench-lxd: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.lxd $(ARGS)

wheel: $(BIN)/python
	$(PIP) wheel --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) build dist site .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp says what is installed; a change of pyproject.toml installs again.
$(VENV)/.serve: pyproject.toml | $(BIN)/python
	@echo "Installing Jumpgate in $(VENV)"
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing Jumpgate and what its tests and checks need in $(VENV)"
	@$(PIP) install --editable '.[dev]'
	@touch $(VENV)/.serve $@

$(BIN)/python:
	@sh tools/make_venv.sh $(VENV) $(PYTHON)
