#!/usr/bin/env bash
# Builds the fuzz targets with coverage and runs each for some seconds from its own corpus: tools/fuzz.sh [SECONDS] [TARGET…].
#
# The coverage that libFuzzer wants comes from LLVM passes which the stable compiler has too; only the sanitizers are nightly's, and
# what is fuzzed here is safe Rust. A find stays in fuzz/artifacts/TARGET and ends the run with its exit code.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds="${1:-60}"
shift || true
targets=("$@")
if [ "${#targets[@]}" = 0 ]; then mapfile -t targets < <(sed -n 's/^name = "\(.*\)"$/\1/p' fuzz/Cargo.toml | grep -v '^shouhu-fuzz$'); fi

passes=(-Cpasses=sancov-module --cfg fuzzing -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares)
# A target of its own keeps these flags away from build scripts and macros, and from what `make test` builds.
host="$(rustc -vV | sed -n 's/^host: //p')"
build=(cargo build --manifest-path fuzz/Cargo.toml --target-dir target/fuzz --release --target "$host")
for target in "${targets[@]}"; do build+=(--bin "$target"); done
RUSTFLAGS="${passes[*]}" "${build[@]}"

for target in "${targets[@]}"; do
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
    echo "== $target, $seconds s"
    "target/fuzz/$host/release/$target" "fuzz/corpus/$target" "-artifact_prefix=fuzz/artifacts/$target/" \
        "-max_total_time=$seconds" -timeout=5 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -verbosity=0
done
