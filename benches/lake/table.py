#!/usr/bin/env python3
"""One Markdown table from the lines of a run: figure, aim, ours, each peer, and how many times the best peer we are.

    benches/lake/table.py results.jsonl

Cells are medians over the rounds: p50 / p95 milliseconds (CPU-ms per question). The ratio compares p50.
"""
import collections, json, statistics, sys

OURS = "shouhu"
QUESTIONS = [  # name in peers.py, name here, aim (p95 ms)
    ("ii hist30 hot", "history 30 days, frequent plate", "≤ 2"),
    ("ii hist30 uniform", "history 30 days, any plate", "≤ 2"),
    ("ii hist miss", "history of a plate that nobody has", "≤ 2"),
    ("ii hist30 uniform COLD page cache", "history 30 days, cold disk", "≤ 15"),
    ("iii wild dict", "wildcard over the plates", "≤ 10"),
    ("iii fold dict", "confusable characters", "≤ 10"),
    ("iii ed1 dict", "edit distance 1", "≤ 10"),
    ("iv camset 1h", "camera set, 1 h", "≤ 1"),
    ("v bbox 1h", "box, 1 h", "≤ 3"),
    ("vi convoy 7d", "convoy, 7 days", "≤ 10"),
    ("convoy 30d", "convoy, 30 days", "≤ 40"),
    ("vii traj 7d", "trajectory, 7 days", "≤ 1.5"),
    ("vii A->B day", "A then B, one day", "≤ 3"),
    ("viii hour x cam, 1 day", "hour × camera, one day", "≤ 20"),
    ("viii hour, 30 days", "hours of 30 days", "≤ 20"),
]


def main():
    lines = collections.defaultdict(list)
    engines = []
    for text in open(sys.argv[1]):
        line = json.loads(text)
        lines[line["engine"], line["q"]].append(line)
        if line["engine"] not in engines and line["engine"] != "entropy bound":
            engines.append(line["engine"])

    def median(engine, question, field):
        values = [line[field] for line in lines[engine, question] if field in line]
        return statistics.median(values) if values else None

    peers = [engine for engine in engines if engine != OURS and any(q == name for e, name in lines for q, *_ in QUESTIONS if e == engine)]
    print("| question | aim, p95 | ours | " + " | ".join(peers) + " | against the best |")
    print("|---" * (len(peers) + 4) + "|")
    for question, name, aim in QUESTIONS:
        def cell(engine):
            p50, p95, cpu = (median(engine, question, f) for f in ("p50", "p95", "cpu_ms"))
            return "–" if p50 is None else f"{p50:g} / {p95:g}" + ("" if cpu is None else f" ({cpu:g})")
        ours = median(OURS, question, "p50")
        best = min((p for p in (median(engine, question, "p50") for engine in peers) if p is not None), default=None)
        ratio = f"{best / ours:.1f}×" if ours and best else "–"
        print(f"| {name} | {aim} | {cell(OURS)} | " + " | ".join(cell(engine) for engine in peers) + f" | {ratio} |")

    print("\n| durable ingest | engine | rows/s | in both orders | merged | CPU-µs a row | p50 ms | p99 or p95 ms |\n|---|---|---|---|---|---|---|---|")
    for engine, question in sorted(lines, key=lambda key: (key[1], key[0] != OURS)):
        if "ingest batch" in question:
            values = [median(engine, question, f) for f in ("rows_s", "rows_s_in_both_orders", "rows_s_settled", "cpu_us_row", "p50")]
            late = median(engine, question, "p99")
            late = median(engine, question, "p95") if late is None else late
            print(f"| {question} | {engine} | " + " | ".join("–" if v is None else f"{v:,g}" for v in [*values, late]) + " |")

    print("\n| other figures | engine | |\n|---|---|---|")
    known = {question for question, *_ in QUESTIONS}
    for (engine, question), found in lines.items():
        if question not in known and "ingest batch" not in question:
            rest = {k: v for k, v in found[-1].items() if k not in ("engine", "q", "t", "load1")}
            print(f"| {question} | {engine} | {json.dumps(rest, ensure_ascii=False)} |")
    loads = [line["load1"] for found in lines.values() for line in found if "load1" in line]
    print(f"\nLoad while measuring: {min(loads):g} to {max(loads):g}.")


main()
