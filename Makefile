# Docker Fundamentals, Measured. `make help` lists the targets; each is enough on its own, also on a clean clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PINS := requirements.txt requirements-dev.txt constraints.txt labs/news-api/requirements.txt pyproject.toml
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help book test test-pod serve record bench clean distclean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

book: $(READY) ## Execute every chapter live and build the site (11 min the first time; FLAGS=--fresh repeats all: 5)
	@$(BIN)/dockerlab book make $(FLAGS)

test: $(READY) ## Run every test: lint, app, library, engine, all chapters, site (16 min, and 3 more the first time)
	@$(BIN)/ruff check .
	@$(BIN)/dockerlab engine up
	@$(BIN)/pytest labs/news-api/tests
	@$(BIN)/pytest --nbval --clean-up tests/unit tests/engine chapters tests/book

test-pod: $(READY) ## Build the course's image, run it as Binder does, go through all chapters in it (23 min)
	@$(BIN)/dockerlab engine up
	@$(BIN)/pytest --clean-up tests/pod

serve: $(READY) ## Serve the built site on this machine and open it
	@$(BIN)/dockerlab book serve $(FLAGS)

record: $(READY) ## Execute every chapter live and store the outputs in chapters/ (for maintainers)
	@$(BIN)/dockerlab book record $(FLAGS)

bench: $(READY) ## Measure what the library costs on top of docker, and a page a browser (PARTS="builds chapters pages vm")
	@$(BIN)/python -m benchmarks $(PARTS)

clean: ## Stop the private engine; remove what the course made, and _build
	@if [ -x $(BIN)/dockerlab ]; then $(BIN)/dockerlab clean; $(BIN)/dockerlab engine down; fi
	@rm -rf _build

distclean: clean ## The same, and the cache folder and the virtual environment
	@if [ -x $(BIN)/dockerlab ]; then $(BIN)/dockerlab clean --cache; fi
	@rm -rf $(VENV) dockerlab.egg-info .pytest_cache .ruff_cache .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The virtual environment with the pinned requirements; made again only if a pin has changed.
$(READY): $(PINS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "The course needs Python 3.11 or later, and '$(PYTHON)' is not. Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@[ -x $(BIN)/pip ] || $(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing the pinned requirements into $(VENV) (about a minute)"
	@$(BIN)/pip install -r requirements-dev.txt
	@touch $@
