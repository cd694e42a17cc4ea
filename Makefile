# Alongside. `make help` lists what there is. Python 3.11 to 3.14 and make are enough; PYTHON=… chooses another interpreter.
.DEFAULT_GOAL := help
.PHONY: help demo test test-long mutants bench lint format lock pictures clean
PY := .venv/bin/python
export PYTHON
ARGS ?=
# The tests start some hundred programs: each would compile every module anew where the caller's shell forbids to keep them.
test test-long: export PYTHONDONTWRITEBYTECODE =

help: ## this list
	@echo "Alongside: somebody from the fellowship goes along to the first meeting."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  Options of a command: make demo ARGS='--port 0'. Another Python: make demo PYTHON=python3.12"

demo: ## an invented town on this machine, with its own database and mailbox; sends nothing outside
	@sh scripts/environment.sh requirements.lock
	@exec $(PY) -m matcher demo $(ARGS)

# Three processes for two processors, for much of the time is waiting; one that has no test left takes over half of what another still has. A
# part of it is quicker in one. All must name the tests alike, so all shuffle sets alike, in each run in another way. In a whole run what
# `make lint` looks at is looked at beside the other tests (tests/test_lint.py); before a part it is looked at first.
test: $(if $(ARGS),lint,environment) ## everything: formatting, types, and all tests (a browser too); a part of it: ARGS=tests/web
	@CHROMIUM="$$(sh scripts/chromium.sh)" && export CHROMIUM && PYTHONHASHSEED=$$$$ exec $(PY) -m pytest --durations=15 $(or $(ARGS),-n 3 --dist worksteal)

test-long: lint ## the tests and the long runs: many thousands of trials, kill -9 at random, planted faults; about two hours
	@CHROMIUM="$$(sh scripts/chromium.sh)" && ATHERIS="$$(sh scripts/atheris.sh)" && MUTMUT="$$(sh scripts/mutmut.sh)" && \
	    export CHROMIUM ATHERIS MUTMUT && $(PY) -m pytest --durations=15 --long $(ARGS) $(if $(ARGS),,&& $(PY) scripts/mutation.py)

mutants: ## plants faults into matcher/matching and counts those the tests see; of one file: ARGS=rules_people
	@sh scripts/environment.sh requirements-dev.lock
	@MUTMUT="$$(sh scripts/mutmut.sh)" && export MUTMUT && exec $(PY) scripts/mutation.py $(ARGS)

.PHONY: environment
environment:
	@sh scripts/environment.sh requirements-dev.lock

bench: ## measures speed and memory on this machine and writes docs/benchmarks.md
	@sh scripts/environment.sh requirements-dev.lock
	@exec $(PY) -m bench $(ARGS)

lint: ## ruff and mypy only
	@sh scripts/environment.sh requirements-dev.lock
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: ## lets ruff lay out the code
	@sh scripts/environment.sh requirements-dev.lock
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m ruff format .

lock: ## writes both lock files again from pyproject.toml (needs uv); newer versions: ARGS=--upgrade
	@command -v uv >/dev/null || { echo "make lock needs uv (pip install uv)." >&2; exit 1; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	    --no-emit-find-links --all-extras $(ARGS) pyproject.toml -o requirements-dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	    --no-emit-find-links -c requirements-dev.lock pyproject.toml -o requirements.lock

pictures: ## takes the pictures of the README from a running demo town
	@sh scripts/environment.sh requirements-dev.lock
	@CHROMIUM="$$(sh scripts/chromium.sh)" && export CHROMIUM && exec $(PY) scripts/take_pictures.py $(ARGS)

clean: ## removes the environment, the demo's data and everything else that can be made again
	rm -rf .venv .venv-before .demo .mypy_cache .ruff_cache .hypothesis build dist mutants
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
