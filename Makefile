.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("spark_dao needs Python 3.10 or newer; this is " + sys.version.split()[0] + " (set PYTHON=…)")'
	@echo "Setting up $(VENV) (a few minutes the first time) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --disable-pip-version-check --quiet --editable '.[spark,s3,redshift,local,dev]'
	@touch $@

.PHONY: help
help: ## List every target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: install
install: $(STAMP) ## Make .venv with everything in it

JAR := spark_dao/jars/spark-dao-bridge.jar

$(JAR): $(STAMP) build.gradle.kts spark_dao/jvm/build_jar.py $(shell find spark_dao/jvm/src -type f)
	@$(BIN)/python spark_dao/jvm/build_jar.py

.PHONY: jar
jar: $(JAR) ## Build the bridge's jar, with Gradle where it is on PATH, else with javac

# A jar that was built before is used, and brought up to date; without one the demo does with a Java runtime alone.
.PHONY: demo
demo: $(STAMP) $(wildcard $(JAR)) ## Run bronze, silver and gold on a local stack and show what landed
	@$(BIN)/python jobs/demo.py

.PHONY: lint
lint: $(STAMP) ## ruff, mypy and import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The bridge's tests have a process of their own: a JVM has the jar from its start or never.
WORKERS ?= 2
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder

.PHONY: test
test: $(STAMP) $(JAR) ## Unit and integration tests; starts and stops its own servers
	$(PYTEST) -m "not full" tests/integration/bridge
	$(PYTEST) -m "not full" --ignore tests/integration/bridge $(PYTEST_ARGS)

.PHONY: test-all
test-all: $(STAMP) $(JAR) ## Every cell of every matrix
	$(PYTEST) tests/integration/bridge
	$(PYTEST) --ignore tests/integration/bridge $(PYTEST_ARGS)

.PHONY: chaos-gold
chaos-gold: $(STAMP) ## Kill a writer to gold at every step of every write mode
	$(BIN)/pytest -n $(WORKERS) tests/integration/chaos

.PHONY: bench
bench: $(STAMP) $(JAR) ## Measure what dao costs against the direct calls, and write tests/benchmarks/RESULTS.md
	$(BIN)/python -m tests.benchmarks $(BENCH_ARGS)

.PHONY: format
format: $(STAMP) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: clean
clean: ## Remove what the targets above made, the local stack's data included
	@[ ! -x $(BIN)/spark-dao ] || $(BIN)/spark-dao local down
	rm -rf $(VENV) .spark-dao .pytest_cache .mypy_cache .ruff_cache .import_linter_cache dist build
