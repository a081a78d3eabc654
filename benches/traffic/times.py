"""SUMO's vehicle routes -> one file of seconds per road, direction and quarter hour, for `policies --truth`.

A vehicle's time for a road counts in the quarter in which it enters it. `sd_s` is scaled by one factor per time of day so
that along whole trips the squares add up to what whole trips really vary: delays of neighbouring roads hang together.
"""
import argparse
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np

from demand import WARM_S
from net import ROAD_MIN_M, read

QUARTERS = {"night": 4, "day": 4, "peak": 8}
# Fewer vehicles than this in a quarter say nothing about it.
SEEN_MIN = 3


def trips(path):
    """Per vehicle: its edges' names and the times at which it left them, -1 where it has not yet."""
    for _, element in ElementTree.iterparse(path):
        if element.tag == "vehicle":
            route = element.find("route")
            if route is not None and "exitTimes" in route.attrib:
                yield route.get("edges").split(), [float(text) for text in route.get("exitTimes").split()]
            element.clear()


def collect(files, lanes, scale, quarters):
    """Flat arrays over all trips of all seeds: trip, cell (quarter * lanes + lane) and seconds."""
    trip_of, cells, seconds, count = [], [], [], 0
    for file in files:
        for names, left in trips(file):
            # The first road is left out: nobody begins at its beginning at full speed.
            for name, before_s, after_s in zip(names[1:], left, left[1:]):
                if after_s < 0 or before_s < 0:
                    break
                quarter = int((before_s - WARM_S) // 900)
                if 0 <= quarter < quarters and after_s > before_s:
                    lane = lanes[name]
                    trip_of.append(count)
                    cells.append(quarter * len(lanes) + lane)
                    seconds.append((after_s - before_s) * scale[lane])
            count += 1
    return np.array(trip_of), np.array(cells), np.array(seconds)


def filled(means, sds, seen, free):
    """Cells that nobody drove take the lane's other quarters of this time, else free flow times the usual excess."""
    usual = float(np.sum(means * seen) / np.sum(free[None, :] * seen))
    lane_seen = seen.sum(axis=0)
    lane_mean = np.where(lane_seen > 0, (means * seen).sum(axis=0) / np.maximum(lane_seen, 1), free * usual)
    lane_sd = np.where(lane_seen > 0, (sds * seen).sum(axis=0) / np.maximum(lane_seen, 1), 0.1 * lane_mean)
    few = seen < SEEN_MIN
    return np.where(few, lane_mean, means), np.where(few, lane_sd, sds), usual


def main():
    words = argparse.ArgumentParser()
    words.add_argument("roads", type=Path)
    words.add_argument("runs", type=Path, help="folder of TIME.SEED.routes.xml")
    words.add_argument("limits", type=Path, help="the .edg.xml of net.py")
    words.add_argument("out", type=Path)
    words = words.parse_args()
    _, edges, _ = read(words.roads)
    length = {f"{edge}{way}": length_m for edge, _, _, length_m, *_ in edges for way in "bf"}
    lanes = {name: number for number, name in enumerate(length)}
    metres = np.array(list(length.values()))
    limit = np.full(len(lanes), 50.0 / 3.6)
    for element in ElementTree.parse(words.limits).getroot():
        limit[lanes[element.get("id")]] = float(element.get("speed"))
    free = metres / limit
    scale = metres / np.maximum(metres, ROAD_MIN_M)
    rows, report = [("free", 0, free, np.zeros(len(lanes)), np.zeros(len(lanes), int))], {}
    for time, quarters in QUARTERS.items():
        files = sorted(words.runs.glob(f"{time}.*.routes.xml"))
        trip, cell, s = collect(files, lanes, scale, quarters)
        size = quarters * len(lanes)
        seen = np.bincount(cell, minlength=size)
        means = np.bincount(cell, s, size) / np.maximum(seen, 1)
        sds = np.sqrt(np.bincount(cell, (s - means[cell]) ** 2, size) / np.maximum(seen - 1, 1))
        shape = (quarters, len(lanes))
        raw_seen = seen.reshape(shape)
        mean_s, sd_s, usual = filled(means.reshape(shape), sds.reshape(shape), raw_seen, free)
        whole, expected = np.bincount(trip, s), np.bincount(trip, mean_s.ravel()[cell])
        foreseen_variance = np.bincount(trip, sd_s.ravel()[cell] ** 2)
        together = float(np.sum((whole - expected) ** 2) / np.sum(foreseen_variance))
        long_enough = expected > 60.0
        report[time] = {
            "runs": len(files),
            "vehicles": int(len(np.unique(trip))),
            "mean_speed_kmh": round(3.6 * float(np.sum(metres[cell % len(lanes)]) / np.sum(s)), 1),
            "time_over_free_flow": round(usual, 3),
            "cells_driven": round(float(np.mean(raw_seen >= SEEN_MIN)), 3),
            "lanes_driven": round(float(np.mean(raw_seen.sum(axis=0) >= SEEN_MIN)), 3),
            "variance_of_trips_over_sum_of_roads": round(together, 2),
            "trip_spread_sigma": round(float(np.std(np.log(whole[long_enough] / expected[long_enough]))), 3),
        }
        for quarter in range(quarters):
            rows.append((time, quarter, mean_s[quarter], sd_s[quarter] * np.sqrt(together), raw_seen[quarter]))
    with open(words.out, "w") as out:
        out.write("time,quarter,edge,forward,length_m,mean_s,sd_s,vehicles\n")
        for time, quarter, mean_s, sd_s, seen in rows:
            for name, lane in lanes.items():
                mean = max(mean_s[lane], 0.01)
                out.write(
                    f"{time},{quarter},{name[:-1]},{int(name[-1] == 'f')},{metres[lane]:.2f},{mean:.2f},{sd_s[lane]:.2f},{seen[lane]}\n"
                )
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
