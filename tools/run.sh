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
trap stop EXIT
# Being stopped is how this ends, not a failure.
trap "exit 0" INT TERM

"$bin/shouhu" serve --data "$data" --listen "127.0.0.1:$port" >"$data/logs/server.out" 2>"$data/logs/server.log" &
pids+=($!)
# Its own word that it is ready: an answer on the port could be another server's.
is_ready() { grep -q ' ready ' "$data/logs/server.log"; }
for _ in $(seq 1 300); do
  if is_ready; then break; fi
  kill -0 "${pids[0]}" 2>/dev/null || { grep -m 1 '^Error' "$data/logs/server.log" >&2 || tail -n 3 "$data/logs/server.log" >&2; exit 1; }
  sleep 0.1
done
is_ready || { echo "the server did not start; see $data/logs/server.log" >&2; exit 1; }

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
