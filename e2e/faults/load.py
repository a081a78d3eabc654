"""Everything that a house writes at once, what of it was acknowledged, and whether all of that is there exactly once.

An answer of 2xx is an acknowledgement. What was sent without one may be there or not, but never twice.
"""
import collections, random, string, threading, time

from house import now_us

FIX_ON_DISK_S = 1.2        # docs/guide/positions.md: a fix that was answered is on disk within a second
SESSIONS_KEPT = 15         # fewer than the newest 20 of one person, which are kept
RUNNING_S = 31             # as long a request with an Idempotency-Key is taken for running
CALLS_AT_ONCE = 200        # of 300 that one source may have ringing
YEAR_US = 365 * 86_400_000_000
# A grey picture of 8 × 8, the smallest thing with the heads that a JPEG has.
JPEG = ("/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////"
        "wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z")


class Ledger:
    """What was sent and what of it was acknowledged; once `is_cut`, acknowledgements are late words that no longer count."""

    def __init__(self):
        self.lock, self.is_cut = threading.Lock(), False
        self.sent = collections.defaultdict(dict)
        self.acked = collections.defaultdict(dict)
        self.late, self.problems = collections.Counter(), collections.Counter()

    def sends(self, kind, name, how=None):
        with self.lock:
            self.sent[kind][name] = how

    def hears(self, kind, name, answer, what=True):
        with self.lock:
            if answer.is_ok:
                if self.is_cut:
                    self.late[kind] += 1
                else:
                    self.acked[kind][name] = what
            elif answer.status is not None:
                self.problems[f"{answer.status} {answer.key}"] += 1
        return answer.is_ok

    def count(self):
        """What was acknowledged; not what this test remembers of having looked at."""
        return sum(len(of) for kind, of in self.acked.items() if not kind.endswith(" checked"))


class City:
    """The people and devices of a house who write, and the checks of what they wrote."""

    def __init__(self, house, seed):
        self.house, self.ledger, self.chance = house, Ledger(), random.Random(seed)
        self.numbers, self.number_lock = 0, threading.Lock()
        house.enrol_all()
        self.people = house.people
        self.driver, self.guest = house.enrol("officer", "警員 定位"), house.enrol("officer", "警員 登入")
        self.units = [self._unit(call_sign, crew) for call_sign, crew in (("永康 1", self.people["officer"]), ("永康 2", self.driver))]
        self.devices = [house.device() for _ in range(2)]
        self.exchange = house.device("partner")
        self.must(self.people["supervisor"].post("/v1/call-sources", {"device": self.exchange.id, "title": "110"}))
        self.batches, self.fixes, self.sessions, self.states = [], {}, [], []
        # A fix that is answered while the database refuses waits in memory, and a stop loses it: told by itself, neither kept nor lost.
        self.is_disk_failing, self.unsure_fixes = False, 0
        self.captured_us = now_us() - 6 * 3_600_000_000
        self.case = self.must(self.people["dispatcher"].post("/v1/incidents", self.incident("案由"), key="case")).json
        self.leaves_from = 0
        self.opened = set()

    def must(self, answer):
        if not answer.is_ok:
            raise RuntimeError(f"the house is not ready for the test: {answer}")
        return answer

    def _unit(self, call_sign, crew):
        unit = self.must(self.people["supervisor"].post("/v1/units", {"call_sign": call_sign, "kind": "car"})).json["id"]
        self.must(crew.post("/v1/units/mine/join", {"unit": unit}))
        self.must(crew.post("/v1/units/mine/state", {"state": "available"}))
        return unit

    def next(self):
        with self.number_lock:
            self.numbers += 1
            return self.numbers

    def incident(self, summary):
        return {"origin": "call", "priority": 2, "kind": "burglary", "summary": summary}

    def plate(self, number):
        letters = string.ascii_uppercase.replace("I", "").replace("O", "")
        high, low = divmod(number, 10_000)
        return "".join(letters[high // len(letters) ** n % len(letters)] for n in (2, 1, 0)) + f"-{low:04}"

    # One act of each kind; each says whether it was acknowledged.

    def sightings(self, device, count=None, is_pictured=False):
        batch = []
        for _ in range(count or random.randint(1, 6)):
            device.sequence += 1
            number = self.next()
            batch.append({"sequence": device.sequence, "plate": self.plate(number), "confidence": 0.97, "reads": 2, "lon": 120.2, "lat": 23.0,
                          "captured_at_us": self.captured_us + number * 1_000, **({"crop_jpeg": JPEG} if is_pictured else {})})
        # The device remembers what it has sent before anything answers, as its queue on disk does.
        sent = {"device": device, "batch": batch, "is_acked": False}
        self.batches.append(sent)
        answer = device.batch(batch)
        # What is set aside is acknowledged too, but it is not what this test sends.
        sent["is_acked"] = self.ledger.hears("sighting", (device.id, batch[0]["sequence"]), answer, len(batch)) and not self.ledger.is_cut
        return answer

    def call(self):
        ref = f"ref-{self.next()}"
        self.ledger.sends("call", ref)
        answer = self.exchange.post("/v1/calls", {"ref": ref, "news": "ringing", "kind": "voice", "line": "110-1"})
        if self.ledger.hears("call", ref, answer, (answer.json or {}).get("call")):
            self.settle(answer.json["call"])
        return answer

    def settle(self, call):
        desk = self.people["dispatcher"]
        if desk.post(f"/v1/calls/{call}/take", {}).is_ok:
            self.ledger.hears("settled call", call, desk.post(f"/v1/calls/{call}/settle", {"as": "test"}))

    def open_incident(self):
        number = self.next()
        summary, key = f"案 {number}", f"incident-{number}"
        self.ledger.sends("incident", summary, ("dispatcher", "/v1/incidents", self.incident(summary), key))
        answer = self.people["dispatcher"].post("/v1/incidents", self.incident(summary), key=key)
        self.ledger.hears("incident", summary, answer, (answer.json or {}).get("number"))
        return answer

    def note(self):
        text = f"註 {self.next()}"
        self.ledger.sends("note", text)
        answer = self.people["dispatcher"].post(f"/v1/incidents/{self.case['id']}/notes", {"text": text})
        self.ledger.hears("note", text, answer)
        return answer

    def entry(self):
        pattern = self.plate(self.next())
        body = {"pattern": pattern, "legal_basis": "stolen_vehicle", "owner": "刑警隊", "reason": "test", "action": "stop",
                "expires_at_us": now_us() // 1_000_000 * 1_000_000 + 30 * 86_400_000_000}
        name = pattern.replace("-", "")
        self.ledger.sends("entry", name, ("detective", "/v1/watchlists/entries", body, f"key {pattern}"))
        answer = self.people["detective"].post("/v1/watchlists/entries", body, key=f"key {pattern}")
        self.ledger.hears("entry", name, answer)
        return answer

    def state(self):
        state = random.choice([s for s in ("available", "busy", "off_duty") if not self.states or s != self.states[-1][0]])
        said = [state, False]
        self.states.append(said)
        answer = self.people["officer"].post("/v1/units/mine/state", {"state": state})
        said[1] = self.ledger.hears("unit state", len(self.states), answer) and not self.ledger.is_cut
        return answer

    def fix(self):
        measured_us = now_us()
        # A slow circle: nobody jumps.
        angle = measured_us / 1e6 / 30
        place = {"lon": 120.2 + 0.001 * (angle % 1), "lat": 23.0}
        answer = self.driver.post("/v1/units/mine/position", {"position": place, "measured_at_us": measured_us, "accuracy_m": 5.0})
        if self.ledger.hears("fix", measured_us, answer) and not self.ledger.is_cut:
            if self.is_disk_failing:
                self.unsure_fixes += 1
            else:
                self.fixes[measured_us] = time.monotonic()
        return answer

    def sign_in(self):
        answer = self.guest.sign_in()
        is_acked = self.ledger.hears("sign-in", self.next(), answer) and not self.ledger.is_cut
        # One that was never acknowledged may be there, and then it counts among the newest.
        self.sessions = self.sessions[1 - SESSIONS_KEPT :] + [(self.guest.cookie, self.guest.session) if is_acked else None]
        return answer

    def read(self):
        """A look at a plate that nobody has: its answer may leave only when its leaf is durable."""
        plate = self.plate(self.next()).replace("-", "")
        self.ledger.sends("leaf of a look", plate)
        answer = self.people["detective"].get(f"/v1/sightings?plate={plate}")
        self.ledger.hears("leaf of a look", plate, answer)
        return answer

    def acts(self):
        return {"sighting": lambda: self.sightings(self.devices[0], 2), "picture": lambda: self.sightings(self.devices[1], 1, True), "call": self.call,
                "incident": self.open_incident, "note": self.note, "entry": self.entry, "state": self.state, "fix": self.fix,
                "sign-in": self.sign_in, "look": self.read}

    def write(self, for_s, end):
        """All at once for so long; `end` is called in the middle of it, and whoever writes then hears what comes of it."""
        is_over = threading.Event()

        def again(act, pause_s):
            while not is_over.is_set():
                if act().status is None and is_over.wait(0.01):
                    return
                if pause_s:
                    is_over.wait(pause_s)

        jobs = [(lambda: self.sightings(self.devices[0]), 0), (lambda: self.sightings(self.devices[1], 1, True), 0.01), (self.call, 0), (self.open_incident, 0),
                (self.note, 0), (self.entry, 0), (self.state, 0), (self.fix, 0.02), (self.sign_in, 0.05), (self.read, 0)]
        threads = [threading.Thread(target=again, args=job, daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        time.sleep(for_s)
        end()
        is_over.set()
        for thread in threads:
            thread.join(60)

    # Is it all there?

    def pages(self, person, path, until=lambda item: False):
        cursor = ""
        while True:
            answer = self.must(person.get(f"{path}{'&' if '?' in path else '?'}limit=200{cursor}"))
            for item in answer.json["items"]:
                if until(item):
                    return
                yield item
            if not answer.json.get("next_cursor"):
                return
            cursor = f"&cursor={answer.json['next_cursor']}"

    def judge(self, killed_at=None):
        """Compares with what the house shows now. Gives [(what, 'lost' or 'doubled')]."""
        wrong = []
        self._judge_sightings(wrong)
        self._judge_calls(wrong)
        incidents = collections.Counter(one["summary"] for one in self.pages(self.people["dispatcher"], "/v1/incidents?state=all"))
        self._judge_counts("incident", incidents, wrong)
        log = self.must(self.people["dispatcher"].get(f"/v1/incidents/{self.case['id']}/log")).json["items"]
        self._judge_counts("note", collections.Counter(line["params"].get("text") for line in log if line["key"] == "incident_note"), wrong)
        entries = collections.Counter(one["pattern"] for one in self.pages(self.people["detective"], "/v1/watchlists/entries"))
        self._judge_counts("entry", entries, wrong)
        self._judge_state(wrong)
        self._judge_fixes(killed_at, wrong)
        for self.guest.cookie, self.guest.session in filter(None, self.sessions):
            if not self.guest.get("/v1/identity/me").is_ok:
                wrong.append(("a session", "lost"))
        self._judge_leaves(wrong)
        return wrong

    def _judge_counts(self, kind, found, wrong):
        wrong += [(f"{kind} {name}", "lost") for name in self.ledger.acked[kind] if not found[name]]
        wrong += [(f"{kind} {name}", "doubled") for name, times in found.items() if times > 1]

    def _judge_sightings(self, wrong):
        for sent in self.batches:
            if sent.get("is_checked"):
                continue
            answer = self.must(sent["device"].batch(sent["batch"])).json
            aside = [one for one in answer["quarantined"]]
            if aside:
                wrong.append((f"sighting set aside: {aside[:1]}", "lost"))
            if sent["is_acked"] and answer["duplicates"] != len(sent["batch"]):
                wrong.append((f"sightings {sent['batch'][0]['sequence']}… of {sent['device'].id}: {answer}", "lost"))
            sent["is_checked"] = True
        # Now all that was ever sent is there, and each once.
        hour_us = 3_600_000_000
        path = f"/v1/sightings/counts?from_us={self.captured_us - hour_us}&until_us={now_us() + hour_us}"
        total, sent = self.must(self.people["detective"].get(path)).json["total"], sum(len(one["batch"]) for one in self.batches)
        if total != sent:
            wrong.append((f"{sent} sightings were sent, {total} are counted", "doubled" if total > sent else "lost"))

    def _judge_calls(self, wrong):
        # Told again, a call that is known keeps its id; one that was lost would ring anew under another.
        for ref, call in self.ledger.acked["call"].items():
            if call is None or ref in self.ledger.acked["call checked"]:
                continue
            answer = self.must(self.exchange.post("/v1/calls", {"ref": ref, "news": "ringing", "kind": "voice", "line": "110-1"})).json
            if answer["call"] != call:
                wrong.append((f"call {ref}", "lost"))
            if call in self.ledger.acked["settled call"] and answer["state"] != "settled":
                wrong.append((f"what was said of call {ref}: {answer['state']}", "lost"))
            self.ledger.acked["call checked"][ref] = None
        waiting = collections.Counter(one["number"] for one in self.must(self.people["dispatcher"].get("/v1/calls")).json["items"])
        wrong += [(f"call {number}", "doubled") for number, times in waiting.items() if times > 1]
        for call in self.must(self.people["dispatcher"].get("/v1/calls")).json["items"]:
            self.settle(call["id"])

    def _judge_state(self, wrong):
        shown = next(u["state"] for u in self.must(self.people["dispatcher"].get("/v1/units")).json["items"] if u["id"] == self.units[0])
        since_acked = []
        for state, is_acked in self.states:
            since_acked = [state] if is_acked else since_acked + [state]
        if self.states and shown not in since_acked and any(is_acked for _, is_acked in self.states):
            wrong.append((f"state of a unit is {shown}, said was {since_acked}", "lost"))
        self.states = [[shown, True]]

    def _judge_fixes(self, killed_at, wrong):
        sure = [at for at, heard in self.fixes.items() if killed_at is None or heard < killed_at - FIX_ON_DISK_S]
        if sure:
            path = f"/v1/positions/units/{self.units[1]}/track?from_us={min(sure)}&until_us={max(sure) + 1}&tolerance_m=0"
            headers = {"shouhu-purpose": "investigation", "shouhu-case": self.case["number"]}
            there = set(times_of(self.must(self.people["supervisor"].get(path, headers=headers)).json))
            # Tracks keep whole milliseconds.
            wrong += [(f"fix of {at}", "lost") for at in sure if at // 1000 not in there]
        self.fixes = {}

    def _judge_leaves(self, wrong):
        objects, newest = collections.Counter(), self.leaves_from
        for leaf in self.pages(self.people["auditor"], "/v1/oversight/audit", until=lambda leaf: leaf["seq"] <= self.leaves_from):
            newest = max(newest, leaf["seq"])
            if leaf["outcome"] < 300:
                objects[(leaf["action"], leaf["object"])] += 1
        self.leaves_from = newest
        looks = collections.Counter(part for (action, said), times in objects.items() if action == "GET /v1/sightings" for part in said.replace("-", "").split() for _ in range(times))
        for plate in self.ledger.acked["leaf of a look"]:
            if not looks[plate]:
                wrong.append((f"leaf of a look at {plate}", "lost"))
        # Whoever was cut off after the leaf hears the number only when he asks again: the leaf was read then, maybe many kills ago.
        self.opened |= {said for action, said in objects if action == "POST /v1/incidents"}
        for summary, number in self.ledger.acked["incident"].items():
            if number not in self.opened and summary not in self.ledger.acked["incident checked"]:
                wrong.append((f"leaf of incident {number}", "lost"))
            self.ledger.acked["incident checked"][summary] = None
        self.ledger.acked["leaf of a look"].clear()

    def retry(self):
        """Asks again for all that was never answered, under the same keys. Gives how many, and what came back that is no answer."""
        asked, odd = 0, []
        for kind in ("incident", "entry"):
            for name, (role, path, body, key) in list(self.ledger.sent[kind].items()):
                if name in self.ledger.acked[kind]:
                    continue
                answer = self.people[role].post(path, body, key=key)
                asked += 1
                if answer.is_ok:
                    self.ledger.acked[kind][name] = (answer.json or {}).get("number", True)
                elif answer.status != 409:
                    odd.append(f"{kind} {name}: {answer}")
        return asked, odd


def times_of(track):
    """Milliseconds of every point, wherever in the answer they stand."""
    if isinstance(track, dict):
        for name, value in track.items():
            if name in ("times_us", "coordTimes_us", "at_us", "measured_at_us", "times"):
                yield from (int(one) // 1000 for one in (value if isinstance(value, list) else [value]) if isinstance(one, (int, float)))
            else:
                yield from times_of(value)
    elif isinstance(track, list):
        for one in track:
            yield from times_of(one)
