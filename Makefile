# `make` lists what there is. The machine needs Node 20 or later, npm, make; for all tests also python3 and go.
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

# npm replaces node_modules while it runs, so it must not run on the Node in there.
SYSTEM_PATH := $(shell printf '%s' "$$PATH" | tr ':' '\n' | grep -v '/node_modules/' | paste -sd: -)
export PATH := $(CURDIR)/node_modules/.bin:$(SYSTEM_PATH)

PORT ?= 8080
INSTALLED := node_modules/.package-lock.json
SOURCES := $(shell find packages operator gateway cli runtime-images -name node_modules -prune -o -name '*.ts' ! -name '*.test.ts' -print 2>/dev/null)

.PHONY: help
help:
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { sections[++n] = substr($$0, 5); next } \
	  /^[a-z0-9-]+:.*## / { rows[n] = rows[n] sprintf("  \033[36m%-18s\033[0m %s\n", $$1, $$2) } \
	  END { for (i = 1; i <= n; i++) printf "\n%s\n%s", sections[i], rows[i] }' $(MAKEFILE_LIST)

##@ Run

.PHONY: start
start: dist/.built ## run the platform on 127.0.0.1:8080 with the functions of examples/ (PORT=…)
	@exec node dist/mayfly.mjs start --dir examples --port $(PORT) $(ARGS)

##@ Build

.PHONY: install
install: $(INSTALLED) ## install what package-lock.json names, if it is not there

$(INSTALLED): package-lock.json
	PATH="$(SYSTEM_PATH)" npm ci --loglevel=error
	@touch $@

.PHONY: build
build: $(INSTALLED) ## bundle the programs into dist/
	node scripts/build.mjs
	@touch dist/.built

dist/.built: $(INSTALLED) scripts/build.mjs $(SOURCES)
	node scripts/build.mjs
	@touch $@

.PHONY: generate
generate: $(INSTALLED) ## write crds/, docs/reference/, the fleet link's code, Lambda's contract and the table of its operations from their sources
	node packages/api/scripts/generate.ts
	node packages/proto/scripts/generate.ts
	node packages/lambda-api/scripts/generate.ts $(LAMBDA_MODEL)
	node gateway/scripts/generate.ts

.PHONY: clean
clean: ## remove what was built and cached, not node_modules and not .mayfly/
	rm -rf dist coverage .cache

include make/check.mk
include make/cluster.mk
include make/test.mk
