# netdsl: `make run` and `make test` do all the set-up on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
STUDIES := host-to-host site-to-site site-to-site-v6
LABS ?= 200
CASES ?= 200000
RUNS ?= 500
EDITS ?= 100
TARGET ?= compose
SEED ?= 1
MINUTES ?= 60
ALSO ?= 296 1013

# Tests start Python some hundred times; what it compiles is kept.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run check types quick slow bare test test-live test-full fuzz fuzz-edits fuzz-kill fuzz-live fuzz-kernel ground bench images clean

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml setup.py
	$(PYTHON) -c 'import sys; sys.exit("netdsl needs Python 3.11 or later") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/python -m compileall -q netdsl backends
	@touch $@

run: $(STAMP) ## Compile each example for both targets, say what to type next, compare the two on paper
	@for lab in examples/*/lab.net; do $(BIN)/netdsl compile "$$lab" -t compose -t vagrant || exit 1; done
	@printf '\nnext, as containers, where Docker Engine runs (%s/netdsl doctor):\n' '$(BIN)'
	@for lab in $(STUDIES); do printf '  (cd build/%s/compose && ./parents.sh up && docker compose up --build --wait --remove-orphans)\n' "$$lab"; done
	@printf 'or as virtual machines, where Vagrant runs (%s/netdsl doctor -t vagrant):\n' '$(BIN)'
	@for lab in $(STUDIES); do printf '  (cd build/%s/vagrant && vagrant up)\n' "$$lab"; done
	@printf 'or: %s/netdsl up examples/site-to-site/lab.net; -t vagrant for machines\n' '$(BIN)'
	@printf '\nwhat the two differ in:\n\n'
	@$(BIN)/netdsl compare examples/site-to-site/lab.net

check: $(STAMP) ## The inner loop: style, types, layers, all tests that need no engine
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	PYTHONPATH=. $(BIN)/lint-imports --no-cache
	@$(MAKE) --no-print-directory --jobs=2 types quick

types: $(STAMP)
	$(BIN)/mypy

quick: $(STAMP)
	$(BIN)/pytest -q -n auto --dist worksteal -m 'not live and not full and not slow'

slow: $(STAMP) ## The slow tests: fuzzing, packaging, the command line, the report in a browser
	tools/browser install
	$(BIN)/pytest -q -n auto -m 'slow and not live and not full'

bare: ## `make run` and `make check` of this commit in a bare Debian 13
	tools/engine install
	tools/bare-root trixie make run check

test: check ## Everything: also the slow tests, a bare Debian 13, the labs in containers and virtual machines
	$(MAKE) --no-print-directory slow
	$(MAKE) --no-print-directory bare
	$(MAKE) --no-print-directory test-live

test-live: $(STAMP) ground ## The labs in containers and virtual machines; first what needs tools and namespaces alone
	$(BIN)/pytest -q -n auto -m 'live and not full' --ignore tests/live --ignore tests/differential
	$(BIN)/pytest -q -m 'live and not full' tests/live tests/differential

test-full: test ## Also the slow tests in a bare Debian 12 and 13, nine virtual machines, kernel ESP, a distribution's kernel, images for both processors
	tools/bare-root bookworm make run check slow
	tools/bare-root trixie make slow
	tools/engine install --full
	$(BIN)/pytest -q -m full

ground: ## What the live tests stand on: an engine, its base image, a hypervisor, its box
	tools/engine install
	tools/engine start
	tools/base-image
	tools/hypervisor install
	tools/hypervisor start
	tools/vagrant-box

fuzz-live: $(STAMP) ## Random labs on a real engine beside their predictions; goes on where it stopped (LABS=200 SEED=1 MINUTES=60 ALSO="296 1013")
	tools/engine install
	tools/engine start
	tools/base-image
	$(BIN)/python -m tests.differential --labs $(LABS) --seed $(SEED) --minutes $(MINUTES) --also $(ALSO)
	$(BIN)/python -m tests.differential --regressions --minutes $(MINUTES)

fuzz-kernel: $(STAMP) ## The same with ESP in the kernel, in User-Mode Linux without an engine (LABS=200 SEED=1 MINUTES=60)
	tools/engine install --full
	mkdir -p build/fuzz-live
	$(BIN)/python -m tests.differential --kernel --without-engine --build --labs $(LABS) --seed $(SEED)
	tools/user-mode-linux --share build/fuzz-live --seconds $$(($(MINUTES) * 60 + 900)) run \
		$(BIN)/python -m tests.differential --kernel --without-engine --labs $(LABS) --seed $(SEED) --minutes $(MINUTES) \
		--patience 6 --side-by-side 4

fuzz: $(STAMP) ## Mutated sources and planted files; goes on where it stopped (CASES=200000 SEED=1 MINUTES=60)
	$(BIN)/python -m tests.fuzz --cases $(CASES) --seed $(SEED) --minutes $(MINUTES)

fuzz-kill: $(STAMP) ## Verbs killed at random moments, on a real engine; goes on where it stopped (RUNS=500 SEED=1 MINUTES=60)
	tools/engine install
	tools/engine start
	tools/base-image
	$(BIN)/python -m tests.kills --runs $(RUNS) --seed $(SEED) --minutes $(MINUTES)

fuzz-edits: $(STAMP) ## A running lab through random edits, beside a fresh one; goes on where it stopped (EDITS=100 SEED=1 MINUTES=60 TARGET=compose)
	tools/engine install
	tools/engine start
	tools/base-image
	$(BIN)/python -m tests.edits --edits $(EDITS) --seed $(SEED) --minutes $(MINUTES) --target $(TARGET)

bench: $(STAMP) ## How fast it compiles, from 10 to 10,000 nodes, and follows all pairs of up to 300
	$(BIN)/python benchmarks/compile.py
	$(BIN)/python benchmarks/verify.py

clean: ## Remove what was built
	rm -rf build dist .cache *.egg-info
