"""Junctions and roads as shouhu-roads numbers them -> node and edge files for netconvert.

The source knows neither lanes nor limits nor signals; everything that is not geometry is an assumption and stands here.
"""
import argparse
import csv
import math
from collections import defaultdict
from pathlib import Path

# Crossings that are this near to each other are one crossing drawn as several junctions.
CROSSING_M = 40.0
# A road in SUMO is at least so long that a queue can stand on it; times.py scales its time back.
ROAD_MIN_M = 60.0
# Built up: this many crossings within a kilometre.
NEAR_M, BUILT_UP = 1_000.0, 6
# Limits: 50 km/h where it is built up (the usual one where no sign stands), 60 km/h elsewhere. One lane each way for cars
# everywhere: where there is a second one, motorcycles, buses and whoever stops at the kerb have it.
CITY = (50.0, 1)
COUNTRY = (60.0, 1)


def read(roads):
    nodes = [(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(open(roads / "nodes.csv"))]
    edges = [
        (int(row["edge"]), int(row["from"]), int(row["to"]), float(row["length_m"]), row["forward"] == "1", row["backward"] == "1")
        for row in csv.DictReader(open(roads / "edges.csv"))
    ]
    lat0 = math.radians(sum(lat for _, lat in nodes) / len(nodes))
    places = [(lon * 111_320.0 * math.cos(lat0), lat * 110_740.0) for lon, lat in nodes]
    west, south = min(x for x, _ in places), min(y for _, y in places)
    return [(x - west, y - south) for x, y in places], edges, (lat0, west, south)


def crossings(places, edges):
    """Per junction, the number of its crossing: junctions joined by short roads are one."""
    parent = list(range(len(places)))

    def root(node):
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for _, tail, head, length_m, *_ in edges:
        if length_m < CROSSING_M:
            parent[root(tail)] = root(head)
    return [root(node) for node in range(len(places))]


def main():
    words = argparse.ArgumentParser()
    words.add_argument("roads", type=Path)
    words.add_argument("out", type=Path)
    words = words.parse_args()
    places, edges, _ = read(words.roads)
    crossing = crossings(places, edges)
    arms, long_roads = defaultdict(int), defaultdict(int)
    for _, tail, head, length_m, *_ in edges:
        for node in (tail, head):
            if length_m >= CROSSING_M and crossing[tail] != crossing[head]:
                arms[crossing[node]] += 1
                long_roads[node] += 1
    real = [places[number] for number in arms if arms[number] >= 3]
    near = lambda at: sum(math.dist(at, other) <= NEAR_M for other in real)
    is_built_up = [near(at) >= BUILT_UP for at in places]
    # One junction of each crossing carries the signal, so that a crossing drawn as three junctions stops a car once.
    members = defaultdict(list)
    for node, number in enumerate(crossing):
        members[number].append(node)
    signals = {
        max(own, key=lambda node: (long_roads[node], -node))
        for number, own in members.items()
        if arms[number] >= 3 and is_built_up[number]
    }
    with open(words.out / "tainan.nod.xml", "w") as out:
        out.write("<nodes>\n")
        for node, (x, y) in enumerate(places):
            kind = "traffic_light" if node in signals else "priority"
            out.write(f'<node id="{node}" x="{x:.2f}" y="{y:.2f}" type="{kind}"/>\n')
        out.write("</nodes>\n")
    km = defaultdict(float)
    with open(words.out / "tainan.edg.xml", "w") as out:
        out.write("<edges>\n")
        for edge, tail, head, length_m, forward, backward in edges:
            if tail == head:
                continue  # netconvert has no loops; times.py gives them the times of a free road
            limit_kmh, lanes = CITY if is_built_up[tail] and is_built_up[head] else COUNTRY
            km[limit_kmh] += length_m / 1_000.0
            for allowed, name, a, b in ((forward, "f", tail, head), (backward, "b", head, tail)):
                if allowed:
                    out.write(
                        f'<edge id="{edge}{name}" from="{a}" to="{b}" numLanes="{lanes}" speed="{limit_kmh / 3.6:.3f}"'
                        f' length="{max(length_m, ROAD_MIN_M):.2f}"/>\n'
                    )
        out.write("</edges>\n")
    print(f"{len(real)} crossings, {len(signals)} with signals; {km[CITY[0]]:.0f} km built up, {km[COUNTRY[0]]:.0f} km not")


if __name__ == "__main__":
    main()
