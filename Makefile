# `make run` and `make test` do all set-up that is missing. With everything in place that costs nothing: the two stamps
# below are newer than what they were made from.

CONFIG ?= pipeline/configs/digits.yaml
# What `make test-container` runs there instead of `make test`, such as COMMAND="make unit".
COMMAND ?=
# What `make image` builds: cpu, or cuda for nodes with an NVIDIA GPU; and its name, slipway:VERSION if none is given.
VARIANT ?= cpu
IMAGE ?=
# The one that `make guides` runs, such as GUIDE=01_architectures, instead of all.
GUIDE ?=
# `make requirements UPGRADE=--upgrade` moves every pin to the newest that fits; without it only what *.in asks for moves.
UPGRADE ?=

BIN := .venv/bin
RUNTIME := .venv/.runtime-installed
DEV := .venv/.dev-installed
INSTALLED_FROM := setup.py pyproject.toml scripts/setup.sh requirements/runtime.in $(wildcard requirements/*.txt)
# Another stack than that of .venv is installed at once: SLIPWAY_STACK=tfx-1.16 make run.
ifneq ($(SLIPWAY_STACK),)
ifneq ($(SLIPWAY_STACK),$(shell cat .venv/.stack 2>/dev/null))
.PHONY: $(RUNTIME) $(DEV)
endif
endif

.PHONY: help run test test-container setup lint unit e2e image e2e-image engines docs guides requirements
# The checks run in the order written, under `make -j` too: the quickest to fail comes first.
.NOTPARALLEL:

help:
	@echo 'make run           run $(CONFIG), or CONFIG=path/to.yaml'
	@echo 'make test          lint, unit and e2e'
	@echo 'make test-container   the same in an image of the other stack, by podman or docker'
	@echo 'make setup         install everything, tools for development too'
	@echo 'make lint          ruff, import contracts, mypy'
	@echo 'make unit          tests other than whole pipelines'
	@echo 'make e2e           tests of whole pipelines'
	@echo 'make image         build the image that Kubeflow steps run in, by podman, docker or buildah; VARIANT=cuda for GPUs'
	@echo 'make e2e-image     tests of that image: whole pipelines in containers'
	@echo 'make engines       tests of steps on other engines of Beam; Flink needs java and mvn, Prism its program'
	@echo 'make docs          the documentation as a site, in output/docs/site; needs npm for diagrams and formulas'
	@echo 'make guides        run the guides and write their pages and notebooks; GUIDE=01_architectures for one'
	@echo 'make requirements  compile requirements/*.in to the locks of both stacks'

run: $(RUNTIME)
	$(BIN)/slipway run $(CONFIG)

test: lint unit e2e

setup: $(DEV)

lint: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/mypy

unit: $(DEV)
	$(BIN)/python -m pytest -m "not e2e and not image and not engine and not stores" --numprocesses 2 --dist worksteal

e2e: $(DEV)
	$(BIN)/python -m pytest -m e2e --timeout 900 --numprocesses 2 --dist loadfile

image:
	scripts/image.sh $(VARIANT) $(IMAGE)

# One process: each container has two cores' work.
e2e-image: $(DEV)
	$(BIN)/python -m pytest -m image --timeout 1800 -raP

# By name: those that need a JVM say why they were skipped.
engines: $(DEV)
	$(BIN)/python -m pytest -m engine --timeout 1800 -raP

# Mermaid and MathJax lie in the site, which then draws its diagrams and formulas without a network.
docs: $(DEV)
	scripts/site_scripts.sh output/docs/static
	PYTHONPATH=. $(BIN)/sphinx-build --fail-on-warning --quiet -c docs . output/docs/site
	@echo 'The site: $(BIN)/python -m http.server --bind 127.0.0.1 --directory output/docs/site 8000'

guides: $(DEV)
	$(BIN)/python scripts/guides.py $(GUIDE)

# A stack, and the Pythons that its lock is for: several, or one. When TFX 1.16 goes, one stack and one line are left.
define LOCK
	.uv/bin/uv pip compile --quiet $(2) $(UPGRADE) requirements/runtime.in -o requirements/$(1).txt
	.uv/bin/uv pip compile --quiet $(2) $(UPGRADE) -c requirements/$(1).txt requirements/dev.in -o requirements/$(1)-dev.txt
endef

test-container:
	scripts/test_container.sh $(COMMAND)

requirements:
	scripts/setup.sh uv
	$(call LOCK,tfx-1.21,--universal --python-version 3.12)
	.uv/bin/uv pip compile --quiet --python-version 3.12 --python-platform x86_64-manylinux_2_39 $(UPGRADE) \
		-c requirements/tfx-1.21.txt requirements/cuda.in -o requirements/tfx-1.21-cuda.txt
	$(call LOCK,tfx-1.16,--python-version 3.11 --python-platform x86_64-manylinux_2_28)

$(RUNTIME): $(INSTALLED_FROM)
	scripts/setup.sh runtime
	@touch $@

$(DEV): $(INSTALLED_FROM)
	scripts/setup.sh dev
	@touch $(RUNTIME) $@
