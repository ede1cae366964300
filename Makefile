# Bare `make` lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/sh
export SAM_CLI_TELEMETRY := 0

PYTHON_OF_VENV := .venv/bin/python
SAM := .tools/sam/bin/sam
# `sam build` and the lock targets use the tools of these environments, not those of the machine.
TOOL_PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.tools/uv/bin:$(PATH)

.PHONY: help setup run demo bench test test-artifact test-clients test-e2e test-faults test-pushctl test-unit test-wire fuzz check format validate openapi pushctl-docs \
  build deploy destroy smoke lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## create .venv and the tools' environments (other targets do it when needed)
	@tools/setup.sh dev ministack sam

run: setup ## start the laptop stack (NAME=second: another beside it), run the demo, run until Ctrl-C
	@$(PYTHON_OF_VENV) -m local.demo.run $(if $(NAME),--name "$(NAME)")

demo: setup ## run the demo on a stack of its own, verify every step, then stop
	@$(PYTHON_OF_VENV) -m local.demo

test: setup ## run unit, integration, template and fault tests, and the flows end to end
	@# The longest first: what is short fills the processes evenly at the end.
	@$(PYTHON_OF_VENV) -m pytest -n auto --maxprocesses 4 tests/faults tests/template \
	  tests/e2e/test_flows.py tests/e2e/test_laptop_stack.py tests/e2e/test_owners.py tests/integration tests/aws_limits tests/unit

test-e2e: setup ## use the laptop stack as people do: pages in a browser, pushctl, every line to paste
	@$(PYTHON_OF_VENV) -m pytest -q tests/e2e --ignore tests/e2e/test_client_kit.py

test-artifact: setup ## run each function as Lambda does, from what sam build makes of it; build twice and compare
	@$(PYTHON_OF_VENV) -m pytest -q tests/artifact

test-clients: setup ## compile the client kit and its samples, and run its vectors on the laptop stack
	@$(PYTHON_OF_VENV) -m pytest -q tests/clients tests/e2e/test_client_kit.py

test-wire: setup ## run the integration tests with each call of DynamoDB over a real connection
	@WIRE=http $(PYTHON_OF_VENV) -m pytest -q -n auto --maxprocesses 4 tests/integration

test-unit: setup ## run the unit tests but those that take seconds: an answer in half a minute
	@$(PYTHON_OF_VENV) -m pytest -q -n auto --maxprocesses 4 -m "not long" tests/unit

test-pushctl: setup ## prove pushctl, long proofs included: an import of 100,000 lines, killed
	@IMPORT_LINES=100000 $(PYTHON_OF_VENV) -m pytest -q -m "" --timeout 900 tests/unit/pushctl \
	  tests/integration/test_pushctl_*.py tests/e2e/test_pushctl*.py

test-faults: setup ## run every proof of docs/reliability.md, long ones included, and print the results
	@$(PYTHON_OF_VENV) -m pytest -q -m "" --timeout 900 tests/faults

fuzz: setup ## send 130 generated requests to each operation of the API on the laptop stack
	@FUZZ_REQUESTS=130 $(PYTHON_OF_VENV) -m pytest -q tests/e2e/test_fuzz.py

bench: setup ## measure speed and cost beside other senders (QUICK=1: two minutes)
	@PYTHONPATH=layers/core:. $(PYTHON_OF_VENV) -m benchmarks $(if $(QUICK),--quick)

check: setup validate ## check format, lint, types, import rules, API document and template
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy functions layers/core layers/dependencies local pushctl tools benchmarks tests
	@PYTHONPATH=layers/core:. .venv/bin/lint-imports --no-cache
	@$(PYTHON_OF_VENV) -m tools.openapi --check
	@PYTHONPATH=layers/core:. $(PYTHON_OF_VENV) -m tools.pushctl_docs --check

format: setup ## format the code and sort imports
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format --quiet .

validate: ## lint, validate, translate and test template.yaml
	@tools/setup.sh dev sam checkov
	@$(SAM) validate --lint
	@$(SAM) validate
	@.tools/sam/bin/python -m tools.check_template
	@.tools/checkov/bin/checkov --config-file tools/checkov.yaml -f .aws-sam/expanded.json .aws-sam/expanded-gradual.json
	@$(PYTHON_OF_VENV) -m pytest -q tests/template

openapi: setup ## generate docs/openapi.json from the code
	@$(PYTHON_OF_VENV) -m tools.openapi

pushctl-docs: setup ## generate docs/pushctl.md and its schema from the program's help
	@PYTHONPATH=layers/core:. $(PYTHON_OF_VENV) -m tools.pushctl_docs

build: setup ## run sam build: the arm64, Python 3.13 artifacts that `make deploy` uploads
	@$(PYTHON_OF_VENV) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' || \
	  { echo "make build: Lambda runs Python 3.13; install it and run make again." >&2; exit 1; }
	@mkdir -p .aws-sam
	@PATH="$(TOOL_PATH)" $(SAM) build >.aws-sam/build.log 2>&1 || \
	  { cat .aws-sam/build.log >&2; echo "make build: sam build failed; its output is above." >&2; exit 1; }
	@echo "make build: layers and functions are in .aws-sam/build; deploy them with: make deploy ENV=dev"

export PARAMETERS YES STACK
deploy: setup ## deploy to AWS: make deploy ENV=dev (or staging, prod) [PARAMETERS="Name=value"] [YES=1]
	@$(PYTHON_OF_VENV) -m tools.deployment.deploy $(or $(ENV),dev)

smoke: setup ## check a deployed stack: make smoke STACK=windows-push-dev (dry, or with CHANNEL_URI=…)
	@$(PYTHON_OF_VENV) -m tools.smoke "$(STACK)"

destroy: setup ## delete a stack: make destroy ENV=dev; says what stays
	@$(PYTHON_OF_VENV) -m tools.deployment.destroy $(or $(ENV),dev)

LOCK := .tools/uv/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 $(LOCK_FLAGS)
lock: setup ## update the lock files after a change of pyproject.toml or requirements/*.in
	@for name in uv sam ministack lambda checkov bench; do $(LOCK) requirements/$$name.in -o requirements/$$name.txt || exit 1; done
	@$(LOCK) pyproject.toml --group dev -o requirements/dev.txt
	@$(LOCK) --group layer --constraint requirements/dev.txt --no-annotate -o layers/dependencies/requirements.txt

clean: ## remove everything built, installed or recorded
	rm -rf .venv .tools .local .aws-sam benchmarks/.peers .mypy_cache .pytest_cache .ruff_cache
