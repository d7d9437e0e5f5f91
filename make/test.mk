##@ Test

LEVELS := unit architecture integration conformance e2e e2e-gitops
TEST_LEVELS := node scripts/test-levels.mjs
# Go and Python clients of the tests, kept out of the user's own folders.
export GOPATH := $(CURDIR)/.cache/go
export GOFLAGS := $(strip $(GOFLAGS) -modcacherw)
AWS_CLIENTS := .cache/aws-clients/.installed

.PHONY: test
test: check $(AWS_CLIENTS) ## everything: checks, then every level of test, then the sum
	@$(TEST_LEVELS) $(LEVELS)

.PHONY: test-unit
test-unit: $(INSTALLED) ## decisions, builders, adapters (T=… for one file)
	@$(TEST_LEVELS) unit -- $(T)

.PHONY: test-architecture
test-architecture: $(INSTALLED) ## the rules of the repository
	@$(TEST_LEVELS) architecture -- $(T)

.PHONY: test-integration
test-integration: $(INSTALLED) ## operator, gateway and agent together
	@$(TEST_LEVELS) integration -- $(T)

.PHONY: test-conformance
test-conformance: $(INSTALLED) $(AWS_CLIENTS) ## unmodified AWS clients and runtimes
	@$(TEST_LEVELS) conformance -- $(T)

# The clients of AWS in a venv of their own, whose bin/ has `python` and `aws`.
$(AWS_CLIENTS): test/conformance/requirements.txt
	rm -rf $(@D)
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.PHONY: e2e
e2e: $(INSTALLED) ## the chart on a real cluster: MAYFLY_E2E_KUBECONFIG, kind, or one made from Go modules (root on Debian)
	@$(TEST_LEVELS) e2e -- $(T)

.PHONY: e2e-gitops
e2e-gitops: $(INSTALLED) ## Git to cluster by a real Argo CD, on the cluster of e2e (root on Debian: it is built from Go modules)
	@$(TEST_LEVELS) e2e-gitops -- $(T)

.PHONY: presubmit
presubmit: check ## what to run before a commit
	@$(TEST_LEVELS) unit architecture integration

.PHONY: deflake
deflake: $(INSTALLED) ## repeat until it fails (T=path of a test)
	@test -n "$(T)" || { echo 'say which: make deflake T=packages/…/x.test.ts' >&2; exit 2; }
	@n=0; while vitest run --reporter=dot $(T); do n=$$((n + 1)); echo "passed $$n times"; done

.PHONY: bench
bench: dist/.built ## measure both modes; JSON and a table (ARGS=embedded, cluster, pool, api, alias or homes for one)
	node test/bench/run.ts $(ARGS)
