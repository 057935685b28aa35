# Each target sets up .venv by itself; all it needs is Python 3.11 or later (PYTHON names another one).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Whole clusters spend their time waiting, so that there may be more of them than processors.
JOBS ?= $(shell $(PYTHON) -c "import os; print(2 * (os.cpu_count() or 1))")

.PHONY: help compiled demo test test-faults soak test-upstream conformance bench lint format clean
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "make %-14s %s\n", $$1, $$2}'

$(READY): pyproject.toml constraints.txt
	@echo "== setting up $(VENV) (once)"
	@$(PYTHON) -c 'import sys; sys.exit("Drakkar needs Python 3.11 or later, this is %d.%d: make PYTHON=python3.11 ..." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# A test run starts some hundred processes. Where PYTHONDONTWRITEBYTECODE is set, each of them would compile all it imports.
compiled: $(READY)
	@$(BIN)/python -m compileall -q src

demo: compiled ## a cluster comes up, the DRA lab runs on it, everything goes again
	@$(BIN)/drakkar demo

test: lint compiled ## every test that needs nothing but Python (and kubectl where present), less the long ones
	@echo "== tests"
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal --timeout=240 -m "not upstream and not soak and not faults and not conformance"

test-faults: compiled ## more kills, losses and delays than `make test` has time for
	@echo "== faults"
	@DRAKKAR_KILLS=$${DRAKKAR_KILLS:-100} DRAKKAR_STORY_PODS=$${DRAKKAR_STORY_PODS:-1000} DRAKKAR_STORY_SEEDS=$${DRAKKAR_STORY_SEEDS:-10} \
		$(BIN)/python -m pytest -q -n 2 --dist worksteal tests -m "faults and not soak"
	@DRAKKAR_SCHEDULER_SEEDS=$${DRAKKAR_SCHEDULER_SEEDS:-1000} $(BIN)/python -m pytest -q -n $(JOBS) tests/scheduler/test_story.py

soak: compiled ## 100,000 pods with claims come and go, and no part grows (an hour; DRAKKAR_SOAK_PODS=12000 takes ten minutes)
	@echo "== soak"
	@$(BIN)/python -m pytest -q -s tests/soak

test-upstream: compiled ## the tests against the Go originals (needs Go)
	@echo "== tests against the originals"
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/upstream || [ $$? -eq 5 ]

conformance: compiled ## Kubernetes' own tests (needs Go, root and half an hour at first; GROUP=webhooks,auth takes some of them)
	@echo "== Kubernetes' own tests"
	@DRAKKAR_CONFORMANCE=$(GROUP) $(BIN)/python -m pytest -q -s --timeout=5400 tests/conformance

bench: compiled ## the benchmarks, beside the originals where Go can build them; each writes its section of benchmarks/results.md
	@$(BIN)/python benchmarks/allocate.py
	@$(BIN)/python benchmarks/cel.py
	@$(BIN)/python benchmarks/decisions.py
	@$(BIN)/python benchmarks/watches.py
	@$(BIN)/python benchmarks/api_servers.py
	@$(BIN)/python benchmarks/pods.py

lint: $(READY) ## ruff, mypy --strict, import-linter
	@echo "== lint"
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }

format: $(READY) ## let ruff put the code in order
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

clean: ## take away what the other targets made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
