SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CACHE ?= $(or $(BAREMETAL_SGLANG_CACHE),$(HOME)/.cache/baremetal-sglang)
VENV := $(CACHE)/venv/current
COLLECTIONS := $(CURDIR)/.cache/collections
INVENTORY ?= inventories/lab
LAB ?= lab/labs/default.yml

export PATH := $(VENV)/bin:$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(COLLECTIONS)
export MYPYPATH := .collections

.PHONY: help
help: ## Say what the targets do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: lab
lab: bootstrap ## Rehearse: bare hosts to a model that answers
	@python -m lab.bundle
	@python -m lab.hosts up --lab $(LAB)
	@$(MAKE) --no-print-directory site

.PHONY: lab-down
lab-down: bootstrap ## Remove everything that the lab has on this machine
	@python -m lab.hosts down --lab $(LAB)

.PHONY: kubectl
kubectl: bootstrap ## Run kubectl ARGS on the lab's control plane
	@python -m lab.hosts exec --lab $(LAB) cp1 -- kubectl --kubeconfig=/etc/kubernetes/admin.conf $(ARGS)

.PHONY: site
site: collection ## Run the site playbook on INVENTORY
	@ansible-playbook baremetal.sglang.site -i $(INVENTORY) $(ARGS)

.PHONY: reset
reset: collection ## Undo the site on INVENTORY
	@ansible-playbook baremetal.sglang.reset -i $(INVENTORY) -e reset_confirmed=true $(ARGS)

.PHONY: test
test: bootstrap collection dev-links ## Everything that CI runs
	@tests/run all

.PHONY: test-faults
test-faults: bootstrap collection dev-links ## Kills in each phase, broken weights and images; a lab of its own
	@tests/run bundle faults

.PHONY: test-crowds
test-crowds: bootstrap dev-links ## Plans on simulated nodes: real scheduler, real LeaderWorkerSet
	@tests/run crowds

.PHONY: test-machines
test-machines: bootstrap dev-links ## What needs a kernel of its own: QEMU machines, from a saved state
	@tests/run bundle machines

.PHONY: test-newest
test-newest: bootstrap dev-links ## The site once by the newest ansible-core, from a host of its own
	@tests/run bundle newest-core

.PHONY: test-mutants
test-mutants: bootstrap ## Tests of the planning against a sample of mutants; no lab, half an hour
	@tests/run mutants

.PHONY: soak
soak: bootstrap collection dev-links ## A lab that answers once a minute for SOAK_MINUTES (75)
	@tests/run bundle soak

.PHONY: test-fast
test-fast: bootstrap dev-links ## Lint and unit tests
	@tests/run fast

.PHONY: lock
lock: bootstrap ## Regenerate the lock files from the catalogue
	@python -m lab.bundle.lock

.PHONY: collection
collection: bootstrap ## Build the collection and install it below .cache
	@mkdir -p $(COLLECTIONS)
	@ansible-galaxy collection build --force --output-path .cache >/dev/null
	@ansible-galaxy collection install --force --no-deps --offline -p $(COLLECTIONS) \
	  .cache/baremetal-sglang-*.tar.gz >/dev/null

.PHONY: bootstrap
bootstrap:
	@lab/bootstrap >/dev/null

.PHONY: dev-links
dev-links: ## Make the checkout importable as ansible_collections.baremetal.sglang
	@mkdir -p .collections/ansible_collections/baremetal
	@touch .collections/ansible_collections/__init__.py .collections/ansible_collections/baremetal/__init__.py
	@ln -sfn ../../.. .collections/ansible_collections/baremetal/sglang
