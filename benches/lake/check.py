#!/usr/bin/env python3
"""Compares our answers on the large workload with DuckDB's over the raw files, row by row.

    shouhu-lakebench answers --lake LAKE --data DATA --each 3 --out answers.jsonl
    benches/lake/check.py --data DATA --answers answers.jsonl

Closing line: `N passed, N failed`. A passage that lies in the raw files twice (same camera, millisecond and plate) is
one passage to us; the workload of `generate.py` has none.
"""
import argparse, json, sys
import duckdb

VIEWS = """
CREATE VIEW sightings AS SELECT plate, ts AS captured_at, camera AS source, CASE WHEN camera >= 100000 THEN lon END AS lon_e6,
  CASE WHEN camera >= 100000 THEN lat END AS lat_e6, conf * 10 AS confidence_pm, dir AS direction
  FROM read_parquet('{data}/raw/*.parquet');
CREATE VIEW sightings_by_plate AS FROM sightings;
CREATE VIEW sources AS SELECT camera AS number, CAST(round(lon * 1e6) AS INT) AS lon_e6, CAST(round(lat * 1e6) AS INT) AS lat_e6
  FROM read_parquet('{data}/cameras.parquet');
"""


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", required=True)
    options.add_argument("--answers", required=True)
    options.add_argument("--threads", type=int, default=2)
    options = options.parse_args()
    db = duckdb.connect()
    db.execute(f"SET threads = {options.threads}; SET TimeZone = 'UTC'")
    db.execute(VIEWS.format(data=options.data))
    passed = failed = 0
    for line in open(options.answers):
        question = json.loads(line)
        ours = {tuple(row) for row in question["rows"]}
        theirs = {tuple(row) for row in db.execute(question["sql"]["duckdb"]).fetchall()}
        same = ours == theirs and len(ours) == len(question["rows"])
        passed, failed = passed + same, failed + (not same)
        if same:
            print(f"{question['name']}: {len(ours)} rows equal", flush=True)
        else:
            print(f"{question['name']}: DIFFERENT, we {len(question['rows'])} ({len(ours)} distinct), DuckDB {len(theirs)}; only we {list(ours - theirs)[:3]}, "
                  f"only DuckDB {list(theirs - ours)[:3]}\n  {question['sql']['duckdb']}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
