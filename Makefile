# Docker Fundamentals, Measured. `make help` lists the targets; each is enough on its own, also on a clean clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# In a virtual environment that this file has made. In no other is anything installed, and no other is removed.
OWN := $(VENV)/.dockerlab-venv
# Where Python leaves byte code of the course.
SOURCES := dockerlab labs tests tools benchmarks hub
PINS := requirements.txt requirements-dev.txt constraints.txt labs/news-api/requirements.txt pyproject.toml
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Where it is set, as in many images, each of the tests' many processes would compile pandas and the rest anew: 4 s.
unexport PYTHONDONTWRITEBYTECODE
# How many processes share the tests.
JOBS ?= 2
# Which store the engine has to have: "containerd", or nothing for any.
export DOCKERLAB_STORE := $(STORE)

.DEFAULT_GOAL := help
.PHONY: help book lab hub test test-pod test-hub serve record bench clean distclean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

book: $(READY) ## Build the site, execute every chapter live, build it again (FLAGS=--fresh executes all again: over 20 min)
	@$(BIN)/dockerlab book make $(FLAGS)

lab: $(READY) ## Open the course in JupyterLab: start page, chapters, exercises, terminals
	@$(BIN)/dockerlab lab $(FLAGS)

hub: $(READY) ## Start a class on this machine: JupyterHub, a server for each learner (FLAGS="--learners ada,grace")
	@$(BIN)/python -m hub up $(FLAGS)

test: $(READY) ## Run every test: lint, app, library, engine, chapters, site (55 minutes; STORE=containerd: on that store; FLAGS=--nightly: more)
	@$(BIN)/ruff check .
	@$(BIN)/dockerlab engine up
	@$(BIN)/pytest labs/news-api/tests
	@$(BIN)/pytest -n $(JOBS) --no-loadscope-reorder --nbval --clean-up $(FLAGS) chapters tests/engine tests/book tests/unit

test-pod: $(READY) ## Build the course's image, run it as Binder does, go through all chapters in it (about an hour)
	@$(BIN)/dockerlab engine up
	@$(BIN)/pytest --clean-up $(FLAGS) tests/pod

test-hub: $(READY) ## Run a class of eight learners on this machine: limits, isolation, a hub that restarts
	@$(BIN)/dockerlab engine up
	@$(BIN)/pytest --clean-up tests/hub

serve: $(READY) ## Serve the built site on this machine and open it
	@$(BIN)/dockerlab book serve $(FLAGS)

record: $(READY) ## Execute every chapter live and store the outputs in chapters/ (for maintainers)
	@$(BIN)/dockerlab book record $(FLAGS)

bench: $(READY) ## Measure what the library costs on top of docker, and a page a browser (PARTS="builds images chapters pages vm hub")
	@$(BIN)/python -m benchmarks $(PARTS)

clean: ## Stop the private engine; remove what the course made (FLAGS=--force: also what running sessions use)
	@if [ -x $(BIN)/dockerlab ]; then $(BIN)/dockerlab clean $(FLAGS) && $(BIN)/dockerlab engine down $(FLAGS) && $(BIN)/dockerlab book clean; \
	elif [ -e _build ]; then echo "_build stays as it is: $(BIN)/dockerlab, which knows what in it is the course's, is not there."; exit 1; fi

distclean: clean ## The same, and the cache folder and the virtual environment
	@if [ -x $(BIN)/dockerlab ]; then $(BIN)/dockerlab clean --cache; fi
	@rm -rf dockerlab.egg-info .pytest_cache .ruff_cache .coverage __pycache__
	@find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +
	@[ ! -e "$(VENV)" ] || [ -f "$(OWN)" ] || { echo "$(VENV) stays as it is: this Makefile has not made it."; exit 1; }
	@rm -rf "$(VENV)"

# The virtual environment with the pinned requirements; made again only if a pin has changed.
$(READY): $(PINS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "The course needs Python 3.11 or later, and '$(PYTHON)' is not. Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@[ -e $(VENV) ] || { mkdir -p $(VENV) && touch $(OWN); }
	@[ -f $(OWN) ] || [ -f $@ ] || { echo "$(VENV) stays as it is: this Makefile has not made it. Name another folder: make VENV=.venv-course $(MAKECMDGOALS)"; exit 1; }
	@[ -x $(BIN)/pip ] || $(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing the pinned requirements into $(VENV) (about a minute)"
	@$(BIN)/pip install --no-compile -r requirements-dev.txt  # Python compiles what is imported, when it is
	@touch $@
