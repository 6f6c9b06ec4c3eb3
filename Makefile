SHELL := /bin/bash
CACHE ?= $(HOME)/.cache/baremetal-sglang
VENV  ?= $(CACHE)/venv/current

.PHONY: dev-links
dev-links:
	@mkdir -p .collections/ansible_collections/baremetal
	@touch .collections/ansible_collections/__init__.py .collections/ansible_collections/baremetal/__init__.py
	@ln -sfn ../../.. .collections/ansible_collections/baremetal/sglang
