# The three commands that matter: `make run`, `make test`, `make lint`. Each sets up what it needs.
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run test test-systemd test-aarch64 lint format lock power-cut rehearsal soak bench build-check conformance-servers clean

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 28

run: $(VENV)/runtime.done ## a private broker, the agent, a model: ask it something
	@$(BIN)/jetson-agent demo $(DEMO_FLAGS)

test: $(VENV)/dev.done ## every test that this machine can run, with branch coverage
	@tools/test-programs.sh
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n 2 --dist loadfile
	@$(BIN)/coverage combine -q && $(BIN)/coverage report

lint: $(VENV)/dev.done ## ruff and mypy, as CI does
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/dev.done ## let ruff put the code in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

power-cut: $(VENV)/dev.done ## 500 prompts, at least 40 kills, none lost
	$(BIN)/python -m tests.power_cut.storm --prompts 500 --kills 40

test-systemd: $(VENV)/dev.done ## the service and its installer in a booted systemd (root, systemd-nspawn; not part of test)
	$(BIN)/python -m tests.systemd

test-aarch64: $(VENV)/dev.done ## the agent on aarch64 under qemu (root, qemu-user-static, mmdebstrap; not part of test)
	nice -n 19 $(BIN)/python -m tests.aarch64

rehearsal: $(VENV)/dev.done ## whole updates: good, bad, with the power cut 40 times, with 2,000 prompts in flight
	$(BIN)/python -m tests.fleet.rehearsal

soak: $(VENV)/dev.done ## 24 h in 10 minutes: 20,000 prompts from 8 clients, flat memory
	$(BIN)/python -m tests.soak --prompts 20000 --clients 8

build-check: ## build edge-tiny end to end and compare it with the one that ships (downloads torch)
	@[ -x $(VENV)-build/bin/python ] || python3 -m venv $(VENV)-build
	$(VENV)-build/bin/pip install -q --disable-pip-version-check -e '.[build]'
	@tools/build-check.sh "$(CURDIR)/$(VENV)-build/bin/python"

conformance-servers: $(VENV)/dev.done ## the OpenAI engine against llama-cpp-python and transformers (builds for nine minutes)
	@tools/conformance-servers.sh "$(CURDIR)/$(BIN)/python"

lock: $(VENV)/dev.done ## work out requirements*.lock anew
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header -p 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header -p 3.11 pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

clean: ## remove the environment and what tools have cached
	rm -rf $(VENV) .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/runtime.done: requirements.lock pyproject.toml tools/make-venv.sh
	@tools/make-venv.sh $(VENV) requirements.lock
	@touch $@

$(VENV)/dev.done: requirements-dev.lock pyproject.toml tools/make-venv.sh
	@tools/make-venv.sh $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/runtime.done
