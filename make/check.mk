##@ Check

# Checked from the quickest to the slowest; the first that fails ends it.
.PHONY: check
check: fmt-check verify dependencies typecheck lint ## all checks that run no test

.PHONY: fmt
fmt: $(INSTALLED) ## format every file
	prettier --write --log-level warn .

.PHONY: fmt-check
fmt-check: $(INSTALLED)
	prettier --check --log-level warn .

.PHONY: verify
verify: $(INSTALLED) ## fail if a file differs from what `make generate` writes
	node packages/api/scripts/generate.ts --check
	node packages/proto/scripts/generate.ts --check
	node packages/lambda-api/scripts/generate.ts --check
	node gateway/scripts/generate.ts --check

.PHONY: dependencies
dependencies: $(INSTALLED) ## check who imports whom
	node scripts/check-dependencies.mjs

.PHONY: typecheck
typecheck: $(INSTALLED) ## check types
	tsc -p tsconfig.json

.PHONY: lint
lint: $(INSTALLED) ## check the house style
	eslint --max-warnings 0 .
