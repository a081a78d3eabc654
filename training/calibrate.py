"""Fits `WEIGHTS` of engines/vision/src/calibration.rs from what `examples/score --dump` wrote: `calibrate.py DUMP.tsv [DRAWN.tsv]`.

A logistic regression, drawn towards "the posterior is right" so that few reads cannot bend it far. Drawn plates, where given, count
for a hundredth of a real one each: they are far harder than real ones and have every circumstance in them. Needs numpy alone.
"""

import sys

import numpy as np

NAMES = ("one", "posterior", "weakest", "burnt")
PRIOR = np.array([0.0, 1.0, 0.0, 0.0])
# How many reads the prior is worth, per number.
STRENGTH = np.array([0.5, 2.0, 2.0, 1.0])
DRAWN_WEIGHT = 0.01
BINS = 10


def logit(p):
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.clip(np.log(p / (1 - p)), -7, 7)


def load(path):
    with open(path) as table:
        rows = [line.rstrip("\n").split("\t") for line in table][1:]
    value = lambda column: np.array([float(row[column]) for row in rows])
    x = np.stack([np.ones(len(rows)), logit(value(3)), logit(value(4)), np.clip(value(6), 0, 1)], 1)
    return x, value(1), np.array([row[0] for row in rows])


def promise(w, x):
    return 1 / (1 + np.exp(-x @ w))


def fit(x, y, weight):
    """Newton's method under signs that must hold: a better posterior never promises less, and burnt pixels never more."""
    free = np.ones(len(PRIOR), bool)
    while True:
        w = np.where(free, PRIOR, 0.0)
        for _ in range(60):
            p = promise(w, x)
            gradient = x.T @ (weight * (p - y)) + STRENGTH * (w - PRIOR) * free
            curve = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(STRENGTH)
            w = w - np.where(free, np.linalg.solve(curve[np.ix_(free, free)], gradient[free]) @ np.eye(len(PRIOR))[free], 0.0)
        wrong = ((w < 0) & np.isin(NAMES, ["posterior", "weakest"])) | ((w > 0) & np.isin(NAMES, ["burnt"]))
        if not wrong.any():
            return w
        free &= ~wrong


def expected_error(p, y):
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    return sum(abs(p[bins == b].sum() - y[bins == b].sum()) for b in range(BINS)) / len(y)


def report(name, p, y):
    brier, sure = np.mean((p - y) ** 2), p >= 0.9
    print(f"{name}: ECE {100 * expected_error(p, y):.2f} %, Brier {brier:.4f}, sure {sure.sum()} of {len(y)}, of them wrong {int((1 - y[sure]).sum())}")


def main():
    x, y, sets = load(sys.argv[1])
    drawn_x, drawn_y, _ = load(sys.argv[2]) if len(sys.argv) > 2 else (np.zeros((0, len(PRIOR))), np.zeros(0), None)

    def fitted(of):
        weight = np.concatenate([np.ones(of.sum()), np.full(len(drawn_y), DRAWN_WEIGHT)])
        return fit(np.concatenate([x[of], drawn_x]), np.concatenate([y[of], drawn_y]), weight)

    report("posterior alone", promise(PRIOR, x), y)
    if len(drawn_y):
        report("fitted to drawn plates alone", promise(fit(drawn_x, drawn_y, np.ones(len(drawn_y))), x), y)
    fold = np.arange(len(y)) % 2 == 0
    crossed = np.where(fold, promise(fitted(~fold), x), promise(fitted(fold), x))
    report("two folds, every other read", crossed, y)
    by_set = np.concatenate([promise(fitted(sets != name), x[sets == name]) for name in dict.fromkeys(sets)])
    report("each set by the others", by_set, y)
    everything = fitted(np.ones(len(y), bool))
    report("on what it was fitted to", promise(everything, x), y)
    print("const WEIGHTS: [f32; NUMBERS] = [" + ", ".join(f"{w:.3f}" for w in everything) + "];")
    print("for: " + ", ".join(NAMES))


if __name__ == "__main__":
    main()
