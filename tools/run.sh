#!/usr/bin/env bash
# Starts the server, the demo city and one edge agent, and stops them together. Called by `make run`.
set -euo pipefail
cd "$(dirname "$0")/.."
data="${1:-.shouhu}"
port="${2:-8470}"
bin="${SHOUHU_BIN:-target/release}"
url="http://localhost:$port"
mkdir -p "$data/logs"

pids=()
stop() {
  trap - EXIT INT TERM
  echo; echo "stopping …"
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  echo "stopped. Everything is kept in $data; make clean-data forgets it."
}
trap stop EXIT INT TERM

"$bin/shouhu" serve --data "$data" --listen "127.0.0.1:$port" >"$data/logs/server.out" 2>"$data/logs/server.log" &
pids+=($!)
for _ in $(seq 1 100); do
  if curl -fsS "http://127.0.0.1:$port/healthz" >/dev/null 2>&1; then break; fi
  kill -0 "${pids[0]}" 2>/dev/null || { tail -n 5 "$data/logs/server.log" >&2; exit 1; }
  sleep 0.1
done
curl -fsS "http://127.0.0.1:$port/healthz" >/dev/null || { echo "the server did not answer; see $data/logs/server.log" >&2; exit 1; }

"$bin/shouhu-city" live --server "$url" --state "$data/city" --shouhu "$bin/shouhu" --data "$data" --edge "$bin/shouhu-edge" \
  >"$data/logs/city.out" 2>"$data/logs/city.log" &
pids+=($!)

link="$("$bin/shouhu" invite --data "$data" --listen "127.0.0.1:$port" --name "訪客 Visitor" --role dispatcher 2>/dev/null)"
cat <<TEXT

  Shouhu 守護 is running.

    address          $url
    your account     $link
                     (works once, for 24 hours; make a passkey, and you are a dispatcher of the demo city)
    another role     $bin/shouhu invite --data $data --role operator --name "…"
    what happens     tail -f $data/logs/city.out
    stop             Ctrl-C

TEXT
wait "${pids[0]}"
