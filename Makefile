# What a newcomer runs. The first call of any of these makes .venv (about a minute); nothing else is installed.
# The sessions themselves are in noxfile.py.

PYTHON ?= python3
ARGS ?=
VENV := .venv
READY := $(VENV)/.ready
# Two at a time, each told as a whole when it has ended. The make of macOS can't do that: there it is one at a time.
TWO := $(if $(filter output-sync,$(.FEATURES)),--jobs=2 --output-sync=target)
# The longest first.
CHECKS := integration lint unit unit-pythons contract eda browser awx molecule hostile cores ansible-test-units docs changelog galaxy ee sanity

.DEFAULT_GOAL := help
.PHONY: help demo demo-events test simulator bench format clean $(CHECKS)

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo '  More for one of them: make unit ARGS="-k signature"'

demo: $(READY) ## See it work: alerts of a simulated account, handled by hand and by a policy, and a report
	@$(VENV)/bin/python tests/workbench.py demo $(ARGS)

demo-events: $(READY) ## See alerts answered as they come, by a rulebook, until Ctrl-C
	@$(VENV)/bin/python tests/workbench.py demo-events $(ARGS)

simulator: $(READY) ## Run the simulated service, with its state in simulator-state.yml
	@$(VENV)/bin/python tests/workbench.py simulator --state simulator-state.yml $(ARGS)

test: $(READY) ## Run all the tests and checks below
	@$(MAKE) --no-print-directory --keep-going $(TWO) $(CHECKS) || { \
	  echo "Not everything is well: above, a line ends in \"Error\" and a number for each of these targets that failed."; exit 1; }

lint: ## Style, types and Ansible's rules
unit: ## Pure functions, with coverage
unit-pythons: ## module_utils on the other Pythons of this machine
contract: ## The vendor's SDK and our client against the simulator
integration: ## Playbooks against the simulator
eda: ## Rulebooks in ansible-rulebook, killed and started again
awx: ## What AWX starts, and what is made in it
browser: ## The report's page in headless Chromium
molecule: ## The scenarios of the roles
hostile: ## What attackers write, on the oldest and the newest ansible-core
cores: ## The demo on every ansible-core that the collection is for
ansible-test-units: ## The unit tests as ansible-test runs them
docs: ## The modules' documentation
changelog: ## The changelog fragments
galaxy: ## Build the artifact and have Galaxy's importer judge it
ee: ## What an execution environment would install
sanity: ## ansible-test sanity, with nothing ignored

$(CHECKS): $(READY)
	@$(VENV)/bin/nox --session $@ -- $(ARGS)

bench: $(READY) ## Measure against others and write docs/benchmarks.md (half an hour; not in test)
	@$(VENV)/bin/nox --session $@ -- $(ARGS)

format: $(READY) ## Lay out the Python files as `make lint` wants them
	@$(VENV)/bin/ruff check --quiet --fix --exit-zero . && $(VENV)/bin/ruff format .

clean: ## Remove .venv and .build
	rm -rf $(VENV) .build

$(READY): tests/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This needs Python 3.11 or later, and $(PYTHON) is $$($(PYTHON) -V 2>&1): name another, as in make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "$(PYTHON) can't make virtual environments: install its venv package (Debian and Ubuntu: apt-get install python3-venv)"; exit 1; }
	@echo "Setting up $(VENV): about a minute, only this time."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/python -m pip install -qq --disable-pip-version-check --requirement tests/requirements.txt
	@$(VENV)/bin/python -m pip check
	@touch $@
