#!/usr/bin/env python3
"""How few bytes the workload's rows can have: the code length of one day under models learned from other days.

    benches/lake/entropy.py --data FOLDER [--day 20] [--learn 8]

Shannon's bound holds for a model, so the models are named; a better one (streets, habits of drivers) would go lower. Lengths
are cross-entropies: nothing is learned from the day that is coded, except where a count is coded with it.

Source order. (source, captured_at): rows per source and hour are Poisson with that source's and hour's mean of the other days;
  within an hour n times are any n of 3,600,000 milliseconds, order free: log2 C(3600000, n). plate: its frequency on the other
  days, new plates by format. Where a plate was a minute ago is not used.
Plate order. plate: the same frequencies, order free: less log2(N!/n1!n2!...). captured_at: a plate's first by hour of day; the
  others by the logarithm of the gap, uniform within its bucket. source: within 15 minutes by who follows whom among sources,
  else by where this plate was on the other days mixed with where all are.
Both. confidence: by frequency. direction: by frequency given the source. Places of moving sources: the generator's own normal
  distribution around one of its sites. Sequence, pictures and picture addresses are not in the workload: 0.
"""
import argparse, glob, json
import numpy as np
import pyarrow.compute as pc, pyarrow.parquet as pq
from scipy.special import gammaln

LN2, HOUR, FIRST_MOVING = np.log(2), 3_600_000, 100_000
SITE_BITS, JITTER_DEG = None, 0.002


def log2_factorial(n):
    return gammaln(np.asarray(n, float) + 1) / LN2


def read(path, book):
    t = pq.read_table(path, columns=["ts", "plate", "camera", "conf", "dir"])
    ms = pc.divide(t["ts"].cast("int64"), 1000).to_numpy() % 86_400_000
    plates = t["plate"].combine_chunks().dictionary_encode()
    numbers = np.array([book.setdefault(p, len(book)) for p in plates.dictionary.to_pylist()], np.int64)
    return {"ms": ms, "plate": numbers[plates.indices.to_numpy()], "source": t["camera"].to_numpy().astype(np.int64),
            "conf": t["conf"].to_numpy().astype(np.int64), "dir": t["dir"].to_numpy().astype(np.int64)}


def frequencies(learned, values, size, prior):
    """-log2 p of each value, p from counts with `prior` rows spread over `size` values."""
    counts = np.bincount(learned, minlength=size)[:size] + prior / size
    return -np.log2(counts / counts.sum())[values]


def gap_bucket(gap):
    return np.minimum((np.log2(gap + 1) * 4).astype(np.int64), 127)


def by_plate(d):
    o = np.lexsort((d["ms"], d["plate"]))
    return {k: v[o] for k, v in d.items()}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", required=True)
    options.add_argument("--day", type=int, default=20)
    options.add_argument("--learn", type=int, default=8)
    options = options.parse_args()
    files = sorted(glob.glob(f"{options.data}/raw/*.parquet"))
    teachers = [f for i, f in enumerate(files) if i != options.day][:: max(1, (len(files) - 1) // options.learn)][: options.learn]
    book = {}
    learned = [read(f, book) for f in teachers]
    known = len(book)
    day = read(files[options.day], book)
    n = len(day["ms"])
    all_of = lambda name: np.concatenate([d[name] for d in learned])
    sources = int(max(all_of("source").max(), day["source"].max())) + 1

    # plate, order 0; a plate that was never seen costs an escape and its place among 24^3 * 10^4 texts of the common format
    counts = np.bincount(all_of("plate"), minlength=len(book)).astype(float)
    is_new = day["plate"] >= known
    escape = is_new.mean()
    plate_bits = np.where(is_new, -np.log2(max(escape, 1e-9)) + np.log2(24**3 * 1e4), 0)
    plate_bits[~is_new] = -np.log2((1 - escape) * counts[day["plate"][~is_new]] / counts.sum())
    today = np.unique(day["plate"], return_counts=True)[1]
    plate_set = plate_bits.sum() - (log2_factorial(n) - log2_factorial(today).sum())

    # source and time, in source order
    cell = lambda d: d["source"] * 24 + d["ms"] // HOUR
    mean = (np.bincount(np.concatenate([cell(d) for d in learned]), minlength=sources * 24) + 0.2) / len(learned)
    here = np.bincount(cell(day), minlength=sources * 24)
    used = np.unique(np.concatenate([all_of("source"), day["source"]]))
    cells = (used[:, None] * 24 + np.arange(24)).ravel()
    k, m = here[cells], mean[cells]
    count_bits = ((m - k * np.log(m) + gammaln(k + 1)) / LN2).sum()
    choose = (log2_factorial(HOUR) - log2_factorial(k) - log2_factorial(HOUR - k)).sum()

    # time and source, in plate order
    s, trained = by_plate(day), [by_plate(d) for d in learned]
    hours = frequencies(np.concatenate([d["ms"] for d in trained]) // HOUR, s["ms"] // HOUR, 24, 1)
    same = lambda d: np.concatenate([[False], d["plate"][1:] == d["plate"][:-1]])
    gaps = lambda d: np.concatenate([[0], np.diff(d["ms"])])
    learned_gaps = np.concatenate([gap_bucket(gaps(d)[same(d)]) for d in trained])
    follows, gap = same(s), np.maximum(gaps(s), 0)
    bucket = gap_bucket(gap)
    width = np.maximum(2 ** ((bucket + 1) / 4) - 2 ** (bucket / 4), 1)
    time_bits = np.where(follows, frequencies(learned_gaps, bucket, 128, 1) + np.log2(width), hours + np.log2(HOUR))

    everywhere = np.bincount(all_of("source"), minlength=sources) + 1e-3
    everywhere = everywhere / everywhere.sum()

    def shares(learned_pairs, given, of, weight):
        """p(of | given) from pairs seen before, mixed with where all are."""
        pairs, seen = np.unique(learned_pairs, return_counts=True)
        total = np.bincount(learned_pairs // sources, weights=None, minlength=1)
        wanted = given * sources + of
        at = np.searchsorted(pairs, wanted)
        hit = (at < len(pairs)) & (pairs[np.minimum(at, len(pairs) - 1)] == wanted)
        count = np.where(hit, seen[np.minimum(at, len(pairs) - 1)], 0)
        of_given = np.where(given < len(total), total[np.minimum(given, len(total) - 1)], 0)
        return (count + weight * everywhere[of]) / (of_given + weight)

    near = lambda d: same(d) & (gaps(d) < 900_000)
    steps = np.concatenate([np.concatenate([[0], d["source"][:-1]])[near(d)] * sources + d["source"][near(d)] for d in trained])
    habits = all_of("plate") * sources + all_of("source")
    before = np.concatenate([[0], s["source"][:-1]])
    p = np.where(near(s), shares(steps, before, s["source"], 8.0), shares(habits, s["plate"], s["source"], 8.0))
    source_bits = -np.log2(p)

    conf = frequencies(all_of("conf"), day["conf"], 128, 1).sum()
    dirs = np.bincount(all_of("source") * 8 + all_of("dir"), minlength=sources * 8).reshape(sources, 8) + 0.05
    dir_bits = -np.log2(dirs / dirs.sum(1, keepdims=True))[day["source"], day["dir"]].sum()
    moving = (day["source"] >= FIRST_MOVING).sum()
    sites = np.log2(len(np.unique(pq.read_table(f"{options.data}/cameras.parquet", columns=["site"])["site"].to_numpy())))
    place = moving * (sites + 2 * np.log2(JITTER_DEG * 1e6 * np.sqrt(2 * np.pi * np.e)))

    byte = lambda bits: round(float(bits) / 8 / n, 3)
    common = {"confidence_pm": byte(conf), "direction": byte(dir_bits), "lon_e6+lat_e6": byte(place)}
    of_plate = {"plate": byte(plate_set), "captured_at": byte(time_bits.sum()), "source": byte(source_bits.sum()), **common}
    of_source = {"source+captured_at": byte(count_bits + choose), "plate": byte(plate_bits.sum()), **common}
    for order, columns in (("plate order", of_plate), ("source order", of_source)):
        print(json.dumps({"engine": "entropy bound", "q": f"bytes per row, {order}", "rows": n, "columns": columns, "B_row": round(sum(columns.values()), 2)}))
    print(json.dumps({"engine": "entropy bound", "q": "bytes per row, either order (the other is a permutation of it)",
                      "B_row": round(min(sum(of_plate.values()), sum(of_source.values())), 2)}))


main()
