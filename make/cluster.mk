##@ Cluster

NODES ?= 1

.PHONY: cluster-up
cluster-up: ## start the test cluster (root on Debian; NODES=1): . test/cluster/env gives kubectl and helm
	test/cluster/up --nodes $(NODES)

.PHONY: cluster-down
cluster-down: ## end the test cluster and forget its state
	test/cluster/down

.PHONY: images
images: build ## build the images that have changed (Docker, or buildah as root)
	node scripts/build-images.mjs
