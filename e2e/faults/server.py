#!/usr/bin/env python3
"""Does to a whole server what machines, disks, clocks and strangers do, and looks whether it keeps its word.

    e2e/faults/server.py [--long] [--seed 1] [--only kills,full] [--program target/release/shouhu] [--report report.json]

kills     SIGKILL while devices, people and exchanges write; afterwards each acknowledged thing is there exactly once, the log verifies, and
          what was cut off and is asked for again under its Idempotency-Key is not done twice
power     the same with the power cut of a loop image (lake.py): root and loop devices
full      a disk of its own that is full for a while: clear refusals, and writes again when there is room
io        one write, sync, length or name that fails, at places drawn by the seed (long: at every place), by shim.c: a C compiler; fails where too few
          of the faults struck, because what was not struck passes everything
flips     a bit turned over in each class of file
clock     the wall clock a day behind and a year ahead for a while, by shim.c
rubbish   malformed requests to every route of the OpenAPI document

Only Python's own library and libcrypto, which it brings. Closing line: `N passed, N failed, N skipped`. What is known not to be held (flips.py's OPEN) is
printed as open; it is neither passed nor failed.
"""
import argparse, concurrent.futures, json, os, random, sys, time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import clock, flips, io_faults, kills, rubbish

SHORT = {"kills": 5, "power_cuts": 2, "full_disks": 2, "io_faults": 12, "flips": 1, "rubbish": 12, "rubbish_all": None, "rounds_per_house": 10}
LONG = {"kills": 1000, "power_cuts": 200, "full_disks": 50, "io_faults": 0, "flips": 20, "rubbish": 0, "rubbish_all": 100_000, "rounds_per_house": 25}
READY_MS_MAX = 2_000


# Side by side, because much of each is waiting for clocks and starts.
LANES = (("kills", "power", "full", "io", "rubbish"), ("clock", "flips"))


def part(name, options):
    """Does one part, and what it left to be done later. Gives what came of it, why it could not be done, and its last house."""
    began, results = time.monotonic(), []
    # Each part draws from its own stream: one part alone does what it does among the others.
    chance = random.Random(f"{options.seed} {name}")
    refusal = last = None
    if name == "kills":
        last = kills.kills(options, chance, results)
    else:
        refusal = {"power": kills.power_cuts, "full": kills.full_disks, "io": io_faults.io_faults, "flips": flips.flips, "clock": clock.clock,
                   "rubbish": rubbish.rubbish}[name](options, chance, results)
    if refusal:
        print(f"skipped {name}: {refusal}", flush=True)
    tell(name, results, time.monotonic() - began)
    return results, refusal, last


def run(parts, options):
    """Gives everything that came of it, and how many parts could not be done, each with its reason printed."""

    def lane(names):
        done = [part(name, options) for name in names if name in parts]
        # Last, because what a kill cut off may run again only half a minute later: the other parts have used that time.
        results = []
        for _, _, last in done:
            kills.finish(last, results)
        tell("asked again", results, 0)
        return [one for results_, _, _ in done for one in results_] + results, sum(1 for _, refusal, _ in done if refusal)

    with concurrent.futures.ThreadPoolExecutor(len(LANES)) as pool:
        lanes = list(pool.map(lane, LANES))
    return [one for results, _ in lanes for one in results], sum(skipped for _, skipped in lanes)


def tell(name, of, took_s):
    if not of:
        return
    for one in of:
        if one["failure"]:
            print(f"{one['fault']} {one['n']}: {one['failure'][:900]}")
    line = f"{name}: {len(of)} times in {took_s:.0f} s, lost {sum(one['lost'] for one in of)}, doubled {sum(one['doubled'] for one in of)}, panics {sum(one['panics'] for one in of)}"
    ready = sorted(one["ready_ms"] for one in of if one["ready_ms"] is not None)
    if ready:
        line += f", ready again p50 {ready[len(ready) // 2]} ms, worst {ready[-1]} ms"
    for field, what in (("requests", "requests"), ("acknowledged", "acknowledged at the end"), ("late", "late words"), ("asked", "asked again"), ("unsure_fixes", "fixes answered while the disk refused")):
        if any(field in one for one in of):
            line += f", {max(one.get(field) or 0 for one in of)} {what}"
    aimed = [one for one in of if "aim" in one]
    if aimed:
        line += f", {sum(bool(one['hit']) for one in aimed)} of {len(aimed)} places struck"
    if any(one.get("open") for one in of):
        line += f", OPEN {sum(bool(one.get('open')) for one in of)} ({'; '.join(sorted({one['class'] + ': ' + one['became'][:80] for one in of if one.get('open')}))})"
    print(line, flush=True)


def summary(options, results, skipped):
    faults = {}
    for fault in dict.fromkeys(one["fault"] for one in results):
        of = [one for one in results if one["fault"] == fault]
        ready = sorted(one["ready_ms"] for one in of if one["ready_ms"] is not None)
        faults[fault] = {"count": len(of), "failed": sum(bool(one["failure"]) for one in of), **{what: sum(one[what] for one in of) for what in ("lost", "doubled", "panics")},
                         "open": sum(bool(one.get("open")) for one in of), "ready_ms_median": ready[len(ready) // 2] if ready else None, "ready_ms_worst": ready[-1] if ready else None}
    return {"seed": options.seed, "program": os.path.basename(options.program), "cores": os.cpu_count(), "load": os.getloadavg()[0], "skipped": skipped, "faults": faults, "results": results}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ("kills", "power", "full", "io", "flips", "clock", "rubbish")
    parser.add_argument("--only", default=",".join(parts), help="parts, with commas between")
    parser.add_argument("--long", action="store_true")
    for name in SHORT:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, help=f"{SHORT[name]}, long {LONG[name]}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default="target/release/shouhu")
    parser.add_argument("--keep", action="store_true", help="stop at the first killed house that does not start, and leave it there")
    parser.add_argument("--report")
    options = parser.parse_args()
    for name, value in (LONG if options.long else SHORT).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    results, skipped = run(options.only.split(","), options)
    for one in results:
        # Other programs on the machine are part of the figure: a slow start alone fails nothing, it is told.
        if one["ready_ms"] is not None and one["ready_ms"] > READY_MS_MAX:
            print(f"{one['fault']} {one['n']}: ready only after {one['ready_ms']} ms")
    if options.report:
        with open(options.report, "w") as file:
            json.dump(summary(options, results, skipped), file, indent=1, ensure_ascii=False)
    failed = sum(bool(one["failure"]) for one in results)
    is_open = sum(bool(one.get("open")) for one in results)
    print(f"seed {options.seed}: {len(results) - failed - is_open} passed, {failed} failed, {skipped} skipped" + (f", {is_open} open" if is_open else ""))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
