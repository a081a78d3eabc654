"""Trips for one time of day, drawn from one seed.

Assumptions: a village sends and draws the same traffic as any other (villages are drawn to hold similar numbers of
people); a trip of d km is exp(-d / 6 km) times as likely as one next door; none is shorter than 1 km; departures are
Poisson. Night has a twelfth and day three fifths of the peak's trips; the peak swells and ebbs over its two hours.
"""
import argparse
import bisect
import itertools
import json
import math
import random
from pathlib import Path

from net import read

DECAY_M, SHORTEST_M = 6_000.0, 1_000.0
WARM_S = 2_700
SHARES = {"night": [1 / 12] * 4, "day": [0.6] * 4, "peak": [0.85, 1.0, 1.1, 1.15, 1.1, 1.0, 0.95, 0.85]}
# What is on the roads when the measured time begins.
BEFORE = {"night": 1 / 12, "day": 0.6, "peak": 0.7}


def village_middles(path):
    """Middles of the villages' boxes, from TopoJSON."""
    file = json.load(open(path))
    (kx, ky), (x0, y0) = file["transform"]["scale"], file["transform"]["translate"]
    arcs = []
    for arc in file["arcs"]:
        steps = zip(itertools.accumulate(x for x, _ in arc), itertools.accumulate(y for _, y in arc))
        arcs.append([(x * kx + x0, y * ky + y0) for x, y in steps])

    def numbers(value):
        return [value] if isinstance(value, int) else [number for part in value for number in numbers(part)]

    for layer in file["objects"].values():
        for shape in layer["geometries"]:
            points = [point for number in numbers(shape.get("arcs", [])) for point in arcs[number if number >= 0 else ~number]]
            if points:
                lons, lats = zip(*points)
                yield (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2


def main():
    words = argparse.ArgumentParser()
    words.add_argument("roads", type=Path)
    words.add_argument("villages", type=Path)
    words.add_argument("out", type=Path)
    words.add_argument("--time", choices=SHARES, required=True)
    words.add_argument("--seed", type=int, required=True)
    words.add_argument("--peak", type=float, required=True, help="vehicles an hour at peak")
    words.add_argument("--each", type=float, default=1.0, help="cars that a vehicle stands for: it is as long as they in their queue")
    words = words.parse_args()
    places, edges, (lat0, west, south) = read(words.roads)
    arms = [0] * len(places)
    for _, tail, head, *_ in edges:
        arms[tail] += 1
        arms[head] += 1
    villages = {}
    for lon, lat in village_middles(words.villages):
        at = (lon * 111_320.0 * math.cos(lat0) - west, lat * 110_740.0 - south)
        nearest = min((node for node in range(len(places)) if arms[node] >= 2), key=lambda node: math.dist(places[node], at))
        villages[nearest] = villages.get(nearest, 0) + 1
    ends = sorted(villages)
    weights = list(itertools.accumulate(villages[node] for node in ends))
    targets = {}

    def totals(origin):
        def pull(node):
            away_m = math.dist(places[origin], places[node])
            return villages[node] * math.exp(-away_m / DECAY_M) if away_m >= SHORTEST_M else 0.0

        if origin not in targets:
            targets[origin] = list(itertools.accumulate(pull(node) for node in ends))
        return targets[origin]

    dice = random.Random(f"{words.time} {words.seed}")
    draw = lambda running: ends[min(bisect.bisect_right(running, dice.random() * running[-1]), len(ends) - 1)]
    shares = [BEFORE[words.time]] * (WARM_S // 900) + SHARES[words.time]
    count = 0
    with open(words.out, "w") as out:
        out.write(f'<routes>\n<vType id="car" vClass="passenger" length="{7.5 * words.each - 2.5}" speedFactor="normc(1,0.1,0.7,1.3)"/>\n')
        for quarter, share in enumerate(shares):
            now_s = quarter * 900.0
            while (now_s := now_s + dice.expovariate(words.peak * share / 3_600.0)) < (quarter + 1) * 900.0:
                origin = draw(weights)
                goal = draw(totals(origin))
                out.write(f'<trip id="{count}" type="car" depart="{now_s:.2f}" fromJunction="{origin}" toJunction="{goal}"/>\n')
                count += 1
        out.write("</routes>\n")
    print(f"{words.time} seed {words.seed}: {count} trips between {len(ends)} places")


if __name__ == "__main__":
    main()
