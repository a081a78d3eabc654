"""DuckDB keeping what the lake keeps: each batch durable in time order and in plate order, in one transaction.

Environment as peers.py: DATA (a workload whose first day is loaded), DB (a folder to work in), RES (result lines are appended).
peers.py measures DuckDB with one table in the order of arrival; a table in plate order is what a history needs.
"""

import glob
import json
import os
import time

import duckdb
import pyarrow.parquet as pq

DATA, DB, RES = os.environ["DATA"], os.environ["DB"], os.environ["RES"]
MOST = {1_000: 200_000, 10_000: 1_000_000, 100_000: 10**9}


def batches(files, size):
    for file in files:
        yield from (batch for batch in pq.ParquetFile(file).iter_batches(size))


def main():
    days = sorted(glob.glob(f"{DATA}/raw/*.parquet"))
    path = f"{DB}/two.db"
    if os.path.exists(path):
        os.remove(path)
    db = duckdb.connect(path)
    db.execute("set threads=2; set memory_limit='8GB'; set preserve_insertion_order=true")
    db.execute(f"create table by_time as select * from read_parquet('{days[0]}')")
    db.execute("create table by_plate as select * from by_time order by plate, ts")
    db.execute("checkpoint")
    loaded = db.execute("select max(ts) from by_time").fetchone()[0]
    for size, most in MOST.items():
        times, rows = [], 0
        # Read beforehand, as everywhere in this bench.
        parts = list(batches(days[1:], size))
        start = time.time()
        for batch in parts:
            began = time.perf_counter()
            db.execute("begin")
            db.execute("insert into by_time select * from batch")
            db.execute("insert into by_plate select * from batch order by plate, ts")
            db.execute("commit")
            times.append((time.perf_counter() - began) * 1e3)
            rows += batch.num_rows
            if rows >= most:
                break
        if size == 100_000:
            db.execute("checkpoint")
        took = time.time() - start
        times.sort()
        line = {
            "engine": "duckdb, both orders",
            "q": f"durable ingest batch={size}",
            "rows": rows,
            "rows_s": round(rows / took),
            "p50": round(times[len(times) // 2], 2),
            "p95": round(times[int(len(times) * 0.95)], 2),
            "load1": os.getloadavg()[0],
        }
        print(json.dumps(line), flush=True)
        with open(RES, "a") as results:
            results.write(json.dumps(line) + "\n")
        if size != 100_000:
            for table in ("by_time", "by_plate"):
                db.execute(f"delete from {table} where ts > ?", [loaded])
            db.execute("checkpoint")


if __name__ == "__main__":
    main()
