#!/usr/bin/env bash
# Latency through the real programs at the pace of life: sighting sent → hit on the dispatcher's stream, and frame written →
# hit through the real edge agent. Prints; asserts nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
exec target/release/shouhu-city --calls "${CALLS:-6}" --seed "${SEED:-7}" --speed "${SPEED:-4}"
