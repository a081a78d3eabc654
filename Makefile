# Shouhu 守護. Two commands matter: `make run` and `make test`.
#
# On a fresh Debian 12 with Rust and Node both install what is missing from Debian's packages and the npm registry.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

DATA ?= .shouhu
PORT ?= 8470
APT_RUN := ffmpeg
APT_TEST := chromium ffmpeg fonts-noto-cjk libssl-dev pkg-config postgresql
WEB_SOURCES := $(shell find web/src web/public web/index.html web/package.json web/vite.config.ts web/tsconfig*.json -type f 2>/dev/null)

.PHONY: help run test check bench openapi clean-data deps-run deps-test web test-rust test-web test-e2e eval-vision

help: ## Show the commands
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Installs Debian packages that dpkg does not know as installed; asks nothing when all are there.
define apt_install
	@missing=(); for p in $(1); do dpkg-query -W -f='$${Status}' "$$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$$p"); done; \
	if [ "$${#missing[@]}" -gt 0 ]; then \
	  echo "installing from Debian: $${missing[*]}"; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq; \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; \
	fi
endef

deps-run:
	$(call apt_install,build-essential pkg-config libssl-dev $(APT_RUN))

deps-test:
	$(call apt_install,build-essential $(APT_TEST))

web/node_modules/.installed: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/index.html: web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run build --silent

web: web/dist/index.html ## Build the web app

run: deps-run web ## Install, build, load the demo city, start everything, print the address
	cargo build --release --workspace --bins
	tools/run.sh "$(DATA)" "$(PORT)"

clean-data: ## Forget the demo city and everything that was recorded in DATA
	rm -rf "$(DATA)"

test: deps-test test-rust test-web test-e2e ## Everything that must hold

test-rust: deps-test
	@export SHOUHU_TEST_POSTGRES="$$(tools/postgres.sh start)"; \
	trap 'tools/postgres.sh stop' EXIT; \
	if command -v cargo-nextest >/dev/null; then cargo nextest run --release --workspace --no-fail-fast; \
	else cargo test --release --workspace --no-fail-fast; fi

test-web: web
	cd web && npm run check --silent && npm test --silent

e2e/node_modules/.installed: e2e/package.json e2e/package-lock.json
	cd e2e && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# The programs under test are those that the Rust tests built: building them again with other features would say nothing new.
test-e2e: deps-test web e2e/node_modules/.installed
	@for p in shouhu shouhu-edge shouhu-city; do [ -x target/release/$$p ] || cargo build --release --workspace --bins; done
	cd e2e && npm test --silent

check: ## Formatting, lints, types
	cargo clippy --workspace --all-targets -- -D warnings
	cd web && npm run check

openapi: ## Renew docs/reference/openapi.json and the web client's types
	cargo run -q -p shouhu -- openapi > docs/reference/openapi.json.new
	mv docs/reference/openapi.json.new docs/reference/openapi.json
	cd web && npm run types --silent

eval-vision: ## Score the recogniser on the real photographs
	cargo run --release -q -p shouhu-vision --example score

bench: ## Latency and throughput, printed; nothing is asserted
	cargo build --release --workspace --bins
	benches/end_to_end.sh
