# Shouhu 守護. Two commands matter: `make run` and `make test`.
#
# On a fresh Debian 12 with Rust and Node both install what is missing from Debian's packages and the npm registry.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

DATA ?= .shouhu
PORT ?= 8470
APT_RUN := ffmpeg
APT_TEST := chromium e2fsprogs ffmpeg fonts-noto-cjk libssl-dev openjdk-17-jre-headless pkg-config postgresql python3 python3-venv swtpm swtpm-tools tpm2-tools
WEB_SOURCES := $(shell find web/src web/public web/index.html web/package.json web/vite.config.ts web/tsconfig*.json -type f 2>/dev/null)

.PHONY: help run test check bench openapi asvs clean-data deps-run deps-test web test-rust test-web test-e2e test-faults test-contract test-spark eval-vision eval-vision-peers faults fuzz bench-lake bench-traffic

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
	cargo build --release -p shouhu -p shouhu-edge -p shouhu-city
	tools/run.sh "$(DATA)" "$(PORT)"

clean-data: ## Forget the demo city and everything that was recorded in DATA
	rm -rf "$(DATA)"

test: deps-test test-rust test-faults test-contract test-spark test-web test-e2e ## Everything that must hold

# Other people's code that checks our log.
platform/audit/tests/.venv/.installed: platform/audit/tests/requirements.txt
	python3 -m venv platform/audit/tests/.venv
	platform/audit/tests/.venv/bin/pip install --quiet --disable-pip-version-check -r platform/audit/tests/requirements.txt
	@touch $@

# target/cargo-timings/ then says where the time went.
test-rust: deps-test platform/audit/tests/.venv/.installed
	@SHOUHU_TEST_POSTGRES="$$(tools/postgres.sh start)"; export SHOUHU_TEST_POSTGRES; \
	export SHOUHU_PYTHON="$$PWD/platform/audit/tests/.venv/bin/python"; \
	trap 'tools/postgres.sh stop' EXIT; \
	if command -v cargo-nextest >/dev/null; then cargo nextest run --timings --config tools/test-profile.toml --release --workspace --tests --no-fail-fast; \
	else cargo test --timings --config tools/test-profile.toml --release --workspace --tests --no-fail-fast; fi

test-web: web
	cd web && npm run check --silent && npm test --silent

e2e/node_modules/.installed: e2e/package.json e2e/package-lock.json
	cd e2e && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# The programs under test are those that the Rust tests built: building them again with other features would say nothing new.
test-e2e: deps-test web e2e/node_modules/.installed
	@for p in shouhu shouhu-edge shouhu-city; do [ -x target/release/$$p ] || cargo build --config tools/test-profile.toml --release --workspace --bins; done
	cd e2e && npm test --silent

# Both programs are built by the Rust tests that start them.
test-faults:
	python3 -m unittest discover --quiet --start-directory e2e/faults
	e2e/faults/lake.py --kills 20 --power-cuts 6
	e2e/faults/server.py

e2e/contract/.venv/.installed: e2e/contract/requirements.txt
	python3 -m venv e2e/contract/.venv
	e2e/contract/.venv/bin/pip install --quiet --disable-pip-version-check -r e2e/contract/requirements.txt
	@touch $@

test-contract: deps-test e2e/contract/.venv/.installed
	e2e/contract/.venv/bin/python e2e/contract/contract.py

FUZZ_SECONDS ?= 60

fuzz: ## Every parser of what comes from outside, FUZZ_SECONDS each, with coverage
	tools/fuzz.sh $(FUZZ_SECONDS)

faults: e2e/contract/.venv/.installed ## The long form of the fault tests: a thousand kills, two hundred power cuts, every i/o, 100,000 malformed requests, each operation against its document
	cargo build --config tools/test-profile.toml --release --workspace --bins
	e2e/faults/lake.py --kills 1000 --power-cuts 200 --report target/faults.json
	e2e/faults/server.py --long --report target/faults-server.json
	e2e/contract/.venv/bin/python e2e/contract/contract.py --long --report target/contract.json
	SHOUHU_LAKE_CRASHES=20000 cargo test --config tools/test-profile.toml --release -p shouhu-lake --test crash

e2e/lake/.venv/.installed: e2e/lake/requirements.txt
	python3 -m venv e2e/lake/.venv
	e2e/lake/.venv/bin/pip install --quiet --disable-pip-version-check -r e2e/lake/requirements.txt
	@touch $@

test-spark: deps-test e2e/lake/.venv/.installed
	e2e/lake/.venv/bin/python e2e/lake/spark_test.py

check: ## Formatting, lints, types
	cargo clippy --workspace --all-targets -- -D warnings
	cd web && npm run check
	tools/asvs.py --check

openapi: ## Renew docs/reference/openapi.json and the web client's types
	cargo run -q -p shouhu -- openapi > docs/reference/openapi.json.new
	mv docs/reference/openapi.json.new docs/reference/openapi.json
	cd web && npm run types --silent

asvs: ## Renew docs/reference/asvs.md from asvs.tsv
	tools/asvs.py

eval-vision: ## Score the recogniser on the real photographs (GALLERY=folder outside the repository: a page of the errors)
	cargo run --release -q -p shouhu-vision --example score -- $(if $(GALLERY),--gallery=$(GALLERY))

PEERS ?= $(HOME)/.cache/shouhu-peers

eval-vision-peers: ## The same beside RapidOCR and Tesseract (PEERS=folder outside the repository: their programs and readings)
	$(call apt_install,tesseract-ocr python3-venv libgl1 libglib2.0-0)
	[ -x "$(PEERS)/venv/bin/rapidocr_onnxruntime" ] || { python3 -m venv "$(PEERS)/venv" && "$(PEERS)/venv/bin/pip" install -q -r benches/vision/requirements.txt; }
	data="$${SHOUHU_SHARED_DATA:-$$PWD/../shared/data}/plates"; for p in rapidocr tesseract; do "$(PEERS)/venv/bin/python" benches/vision/peers.py $$p "$$data" "$(PEERS)/$$p.tsv"; done
	cargo run --release -q -p shouhu-vision --example score -- --peer="$(PEERS)/rapidocr.tsv" --peer="$(PEERS)/tesseract.tsv"

bench: ## Latency and throughput, printed; nothing is asserted
	cargo build --release --workspace --bins
	benches/end_to_end.sh

bench-lake: ## The sighting lake beside its peers (benches/lake/README.md); needs an idle machine
	benches/lake/run.sh

bench-traffic: ## Dispatch rooms driven at SUMO's times (benches/traffic/README.md: DATA, WORK, PYTHON)
	benches/traffic/run.sh
