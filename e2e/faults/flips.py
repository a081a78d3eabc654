"""Single bits turned over in every class of file of a house that stands still.

What may come of it: the server refuses to start and says why; it starts, and a check (`verify`, `lake verify`, the health page) or the answer itself says that
something is wrong; or nothing differs (the bit lay in room that nobody reads). What may not: a panic, a hang, or another answer with no word about it.
"""
import json, os, re, shutil, tempfile, time

from house import House
from kills import Killed

# The log's newest checkpoint is kept beside the keys so long after the first leaf that it speaks for.
CHECKPOINT_S = 5.5
# Classes in which a turned bit may go unseen today, with the reason. They are counted as open, never as passed.
OPEN = {"database": "SQLite's pages bear no checksum: what is not in the audit log or the lake may be changed unseen (use a file system that checks its blocks)",
        "database log": "a frame's checksum protects it until it is taken over; then as the database"}


def classes_of(data):
    """Every file of the house by its class; a new kind of file is a class of its own, so that none is forgotten."""
    found = {}
    for folder, _, names in os.walk(data):
        for name in names:
            path = os.path.join(folder, name)
            place = os.path.relpath(path, data)
            if os.path.getsize(path) and not name.endswith(("-shm", ".lock")):
                found.setdefault(class_of(place), []).append(place)
    return found


def class_of(place):
    if place == "shouhu.db":
        return "database"
    if place == "shouhu.db-wal":
        return "database log"
    top, _, rest = place.partition("/")
    if top == "keys":
        return f"key {rest.split('/')[0].split('.')[0].split('-')[0]}"
    if top == "lake":
        kind = "log" if rest.startswith("node/") else rest.split("/")[0].split(".")[0]
        return f"lake {kind}"
    return top if "/" in place else re.sub(r"\d+", "n", place)


def portrait(house, city, leaves_until):
    """What the house answers, by question: the status and the text."""
    people, asked = house.people, {}

    def keep(name, answer, cut=lambda found: found):
        body = answer.json if answer.is_ok else None
        asked[name] = (answer.status, json.dumps(cut(body), sort_keys=True) if body is not None else (answer.key or answer.body[:80].hex()))

    keep("incidents", people["dispatcher"].get("/v1/incidents?state=all&limit=200"))
    keep("log of an incident", people["dispatcher"].get(f"/v1/incidents/{city.case['id']}/log"))
    keep("entries", people["detective"].get("/v1/watchlists/entries?limit=200"))
    keep("calls", people["dispatcher"].get("/v1/calls"))
    keep("units", people["dispatcher"].get("/v1/units"))
    keep("people", people["operator"].get("/v1/identity/actors"), lambda found: [{**one, "last_seen_at_us": None} for one in found["items"]])
    for sent in city.batches[:6]:
        plate = sent["batch"][0]["plate"]
        answer = people["detective"].get(f"/v1/sightings?plate={plate}")
        keep(f"passages of {plate}", answer)
        for item in (answer.json or {}).get("items", []) if answer.is_ok else []:
            picture = people["detective"].get(f"/v1/sightings/{item['id']}/crop")
            asked[f"picture {item['id']}"] = (picture.status, picture.body.hex() if picture.is_ok else picture.key)
    hour_us = 3_600_000_000
    keep("counts", people["detective"].get(f"/v1/sightings/counts?from_us={city.captured_us - hour_us}&until_us={city.captured_us + 8 * hour_us}"))
    keep("leaves", people["auditor"].get("/v1/oversight/audit?limit=200"), lambda found: [leaf for leaf in found["items"] if leaf["seq"] <= leaves_until])
    return asked


class Sitter:
    """A house with something of everything, copied for each bit."""

    def __init__(self, options, chance, is_killed):
        self.killed = Killed(options, chance)
        self.city, self.house = self.killed.city, self.killed.house
        for _ in range(6):
            for act in self.city.acts().values():
                act()
        time.sleep(CHECKPOINT_S)
        self.leaves_until = self.city.must(self.house.people["auditor"].get("/v1/oversight/audit?limit=1")).json["items"][0]["seq"]
        self.house.stop() if is_killed else self.house.stop(15)
        self.sound = tempfile.mkdtemp(prefix="shouhu-sound-")
        shutil.copytree(self.house.data, os.path.join(self.sound, "data"))
        self.classes = classes_of(self.house.data)
        self.expected = self._asked()[1]

    def _restore(self):
        shutil.rmtree(self.house.data)
        shutil.copytree(os.path.join(self.sound, "data"), self.house.data)

    def _asked(self):
        """Starts it, asks everything; gives what any check said, and the answers (None where it does not start)."""
        up = self.house.start()
        if up is None:
            ended = self.house.server.poll() is not None
            self.house.stop()
            return ("refuses" if ended else "hangs"), None
        answers = portrait(self.house, self.city, self.leaves_until)
        health = self.house.people["operator"].get("/v1/operations/health")
        words = [f"{one['name']}: {one['detail']}" for one in (health.json or {}).get("modules", []) if not one["is_healthy"]] if health.is_ok else [f"health: {health.key}"]
        for command in (("verify",), ("lake", "verify")):
            ran = self.house.command(*command)
            if ran.returncode:
                words.append(f"{' '.join(command)} ends with {ran.returncode}: {(ran.stderr or ran.stdout).strip().splitlines()[-1:]}")
        self.house.stop()
        return words, answers

    def turn(self, place, chance):
        path = os.path.join(self.house.data, place)
        with open(path, "r+b") as file:
            # Not into the room at the end that files keep for later.
            content = file.read().rstrip(b"\0")
            at, bit = chance.randrange(max(1, len(content))), chance.randrange(8)
            byte = content[at] if content else 0
            file.seek(at)
            file.write(bytes([byte ^ (1 << bit)]))
        return f"bit {bit} of byte {at} of {place}"

    def judge(self, name, place, chance, number):
        self._restore()
        self.house.look()
        heard_until = self.house.read_until
        where = self.turn(place, chance)
        words, answers = self._asked()
        said = self.house.heard(heard_until)
        panics, self.house.panics = self.house.panics, []
        failure, became = None, "nothing differs"
        if panics:
            failure = f"panicked at {panics[:2]}"
        elif words == "hangs":
            failure = "neither starts nor ends"
        elif words == "refuses":
            became = "refuses to start"
            if "Error" not in said:
                failure = f"refuses without a word: {said[-200:]}"
        else:
            differs = [question for question, answer in self.expected.items() if answers.get(question) != answer]
            silent = [question for question in differs if answers.get(question, (None,))[0] in (None, 200)]
            if words:
                became = f"told: {words[0][:120]}"
            elif silent:
                became = f"silently other: {', '.join(silent)[:160]}"
                failure = None if name in OPEN else became
            elif differs:
                became = f"refused: {differs[0][:40]} {answers[differs[0]][1]}"
        return {"fault": "bit flip", "n": number, "class": name, "place": where, "became": became, "failure": failure and f"{where}: {failure}", "panics": len(panics),
                "lost": 0, "doubled": 0, "ready_ms": None, "open": name in OPEN and became.startswith("silently")}

    def close(self):
        self.house.close()
        shutil.rmtree(self.sound, ignore_errors=True)


def flips(options, chance, results):
    """`options.flips` bits in every class of file, of a house that was stopped and of one that was killed."""
    number = 0
    seen = set()
    for is_killed in (True, False):
        sitter = Sitter(options, chance, is_killed)
        try:
            for name, places in sorted(sitter.classes.items()):
                times = -(-options.flips // 2) if options.flips > 1 else int(name not in seen)
                seen.add(name)
                for _ in range(times):
                    results.append(sitter.judge(name, chance.choice(places), chance, number))
                    number += 1
        finally:
            sitter.close()
