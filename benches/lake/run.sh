#!/usr/bin/env bash
# Ours and the peers side by side, alternating in one run; one Markdown table at the end. Prints; asserts nothing.
#
#   DATA  workload of generate.py with params.json        PEERS  folder that holds peers.py
#   WORK  where databases, lakes and results go           PYTHON with duckdb, chdb, datafusion, psycopg, pyarrow
#   ROUNDS (5)  INGEST_ROUNDS (ROUNDS)  BIN (target/release)  SKIP_LOAD=1: everything is loaded already  INGEST_DATA: a workload of 3 days (see below)
#
# Loading the peers takes 20 minutes and 25 GB. Durable ingest is measured on fresh stores of every engine with INGEST_DATA, the
# workload's last three days under a meta.json of their own: the first is loaded, the others are fed in batches.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${DATA:?}" "${PEERS:?}" "${WORK:?}" "${PYTHON:=python3}" "${ROUNDS:=5}" "${BIN:=target/release}" "${SKIP_LOAD:=}" "${INGEST_DATA:=}"
DATA=$(realpath "$DATA"); mkdir -p "$WORK"; WORK=$(realpath "$WORK"); BIN=$(realpath "$BIN"); PEERS=$(realpath "$PEERS"); HERE=$PWD
export RES="$WORK/results.jsonl"
OURS="$BIN/shouhu-lakebench"

# peers.py keeps PostgreSQL's cluster in the folder that it is started from.
peer() { (cd "$WORK/db" && DATA="${PEER_DATA:-$DATA}" DB="$WORK/db" "$PYTHON" "$PEERS/peers.py" "$@" >>"$WORK/peers.log" 2>&1) || echo "peer $* failed: see $WORK/peers.log" >&2; }
# The same in stores that are thrown away.
fresh_peer() { (mkdir -p "$WORK/fresh/pgrun" && chmod 777 "$WORK/fresh" && cd "$WORK/fresh" && DATA="$INGEST_DATA" DB="$WORK/fresh" "$PYTHON" "$PEERS/peers.py" "$@" >>"$WORK/peers.log" 2>&1) || echo "peer $* failed" >&2; }
# Warm means in the page cache: what one engine reads pushes out what another has read, so each one's files are read before its turn.
warm() { find "$@" -type f -print0 2>/dev/null | xargs -0 -r cat >/dev/null 2>&1 || true; }
stop_postgres() { su postgres -c "/usr/lib/postgresql/15/bin/pg_ctl -m fast -w -D $1/pgrun/d stop" >/dev/null 2>&1 || true; }

declare -A FILES=([duckdb]=duck.db [duckdb_plate]=duck.db [pg]=pgrun [chdb]=ch [df_day]=pq)

mkdir -p "$WORK/db/pgrun"; chmod 777 "$WORK/db"
if [ -z "$SKIP_LOAD" ]; then
  for engine in duckdb df_day chdb pg; do
    for act in load ingest finish; do [ "$engine $act" = "df_day ingest" ] || peer "$act" "$engine"; done
  done
  rm -rf "$WORK/lake"
  "$OURS" load --data "$DATA" --lake "$WORK/lake" --report "$RES"
fi
: >"$RES"

if [ -n "$INGEST_DATA" ]; then
  INGEST_DATA=$(realpath "$INGEST_DATA")
  for round in $(seq "${INGEST_ROUNDS:-$ROUNDS}"); do
    "$OURS" ingest --data "$INGEST_DATA" --lake "$WORK/fresh-lake" --report "$RES"
    if [ "$round" -le 3 ]; then
      rm -rf "$WORK/fresh"
      fresh_peer load duckdb; fresh_peer ingest duckdb
      DATA="$INGEST_DATA" DB="$WORK/fresh" "$PYTHON" benches/lake/two_orders.py >>"$WORK/peers.log"
    fi
    if [ "$round" -eq 1 ]; then
      fresh_peer load chdb; fresh_peer ingest chdb
      fresh_peer load pg; fresh_peer ingest pg
      stop_postgres "$WORK/fresh"
    fi
  done
  rm -rf "$WORK/fresh" "$WORK/fresh-lake"
fi

"$OURS" size --lake "$WORK/lake" --report "$RES"
"$PYTHON" "$HERE/benches/lake/entropy.py" --data "$DATA" >>"$RES"

for round in $(seq "$ROUNDS"); do
  echo "round $round of $ROUNDS, load $(cut -d' ' -f1 /proc/loadavg)"
  warm "$WORK/lake"
  "$OURS" query --data "$DATA" --lake "$WORK/lake" --report "$RES"
  if [ "$round" -eq 1 ]; then
    # Everything of everybody once; after that each question only to those that may be the best.
    for engine in duckdb duckdb_plate pg chdb df_day; do warm "$WORK/db/${FILES[$engine]}"; peer query "$engine"; done
  else
    warm "$WORK/db/${FILES[duckdb]}"
    peer query duckdb; peer query duckdb_plate
    warm "$WORK/db/${FILES[pg]}"
    for question in 'ii hist' 'wild dict' 'fold' 'iv camset' 'v bbox' 'vi convoy' 'vii traj' 'A->B'; do peer query pg "$question"; done
    peer query chdb 'ed1'; peer query chdb 'A->B'; peer query df_day 'ed1'
  fi
done
# After every warm round: what a cold question leaves behind is a page cache that is half empty, for everybody.
for round in $(seq "$ROUNDS"); do
  "$OURS" cold --data "$DATA" --lake "$WORK/lake" --report "$RES"
  if [ "$round" -le 2 ]; then peer cold duckdb_plate; peer cold pg; fi
done
stop_postgres "$WORK/db"
"$PYTHON" "$HERE/benches/lake/table.py" "$RES" | tee "$WORK/table.md"
