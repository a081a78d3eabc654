#!/usr/bin/env bash
# Traffic truth for the dispatch simulator: roads -> SUMO -> seconds per road and quarter hour -> compared with our weight
# sets, and driven by the rooms of `policies`. Prints tables; asserts nothing; commits nothing.
#
#   DATA    folder with roads/, boundaries/, crashes/, police/ (the shared data)
#   WORK    where nets, trips, runs and truth.csv go          PYTHON  with requirements.txt installed
#   SEEDS ("1 2")  of SUMO    PEAK (12000) vehicles an hour, each of which stands for EACH (7) cars    DAYS (30) seeds of the rooms
#   TARGET (target)  of cargo   SKIP_SUMO=1: truth.csv is there already
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${DATA:?}" "${WORK:?}" "${PYTHON:=python3}" "${SEEDS:=1 2}" "${PEAK:=12000}" "${EACH:=7}" "${DAYS:=30}" "${TARGET:=target}" "${SKIP_SUMO:=}"
HERE=benches/traffic
BIN=$(dirname "$(command -v "$PYTHON")")
ROADS="$DATA/roads/arterial_edges.csv"
mkdir -p "$WORK/runs"

cargo build --release -p shouhu-choice --example traffic --example policies
EXAMPLES="$TARGET/release/examples"

# SUMO's own headways, times the cars that a vehicle stands for.
headway() { "$PYTHON" -c "print($1 * $EACH)"; }

one_run() { # time, seed, end in seconds
  local trips="$WORK/trips.xml" name="$WORK/runs/$1.$2"
  "$PYTHON" "$HERE/demand.py" "$WORK/roads" "$DATA/boundaries/villages_2017.topojson" "$trips" --time "$1" --seed "$2" --peak "$PEAK" --each "$EACH"
  "$BIN/sumo" -n "$WORK/tainan.net.xml" -r "$trips" --seed "$2" -e "$3" --mesosim --meso-edgelength 250 --meso-tls-penalty 1 --meso-tls-flow-penalty 1 \
    --meso-tauff "$(headway 1.13)" --meso-taufj "$(headway 1.13)" --meso-taujf "$(headway 1.73)" --meso-taujj "$(headway 1.4)" \
    --junction-taz --ignore-route-errors --routing-algorithm astar --device.rerouting.probability 1 --device.rerouting.period 0 \
    --no-step-log --no-warnings --statistic-output "$name.statistics.xml" --vehroute-output "$name.routes.xml" \
    --vehroute-output.exit-times --vehroute-output.last-route --vehroute-output.write-unfinished
  grep -E '<(vehicles|teleports) ' "$name.statistics.xml"
}

if [ -z "$SKIP_SUMO" ]; then
  "$EXAMPLES/traffic" export "$ROADS" "$WORK/roads"
  "$PYTHON" "$HERE/net.py" "$WORK/roads" "$WORK"
  "$BIN/netconvert" -n "$WORK/tainan.nod.xml" -e "$WORK/tainan.edg.xml" -o "$WORK/tainan.net.xml" \
    --no-turnarounds.except-deadend --no-internal-links --no-warnings
  for seed in $SEEDS; do one_run night "$seed" 6300; one_run day "$seed" 6300; one_run peak "$seed" 9900; done
  "$PYTHON" "$HERE/times.py" "$WORK/roads" "$WORK/runs" "$WORK/tainan.edg.xml" "$WORK/truth.csv"
fi
"$EXAMPLES/traffic" compare "$ROADS" "$WORK/truth.csv"
ROOMS="road, live;road, live, handover;all, nearest;all, cover"
"$EXAMPLES/policies" --data "$DATA" --seeds "$DAYS" --rooms "$ROOMS" --truth "$WORK/truth.csv"
