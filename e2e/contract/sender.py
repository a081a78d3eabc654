"""Sends what schemathesis made, signed by whoever may go through that door, and remembers what the answers name."""
import contextlib, http.client, os, random, re, shlex, sqlite3, threading, time

from house import Answer, House, now_us
from load import City
from rubbish import Routes

ANSWER_S = 20
# What a busy machine may say instead of an answer, and how often it is asked again before it counts as one.
BUSY, BUSY_TRIES, BUSY_S = {"http.overloaded", "store.busy"}, 5, 0.3
KNOWN_MAX = 40
# The server ends what is idle.
IDLE_S = 3
STREAM = "text/event-stream"
DAY_US = 86_400_000_000
# Asked on a session or a person of their own, after everything else: they end what the others need.
ENDS = re.compile(r"/(sign-out|disable|office|revoke|off|end|retire|attestation-policy|remove|bound|tpm-makers)$")


def plain(text):
    return isinstance(text, (str, int)) and not isinstance(text, bool) and len(str(text)) <= 200


class Known:
    """Values of earlier answers, by the name of their field, and ids by what they are ids of: a request about nothing is answered 404 and tests little."""

    def __init__(self):
        self.values, self.lock = {}, threading.Lock()

    def add(self, name, value):
        with self.lock:
            held = self.values.setdefault(name, [])
            if value not in held:
                held.append(value)
                del held[:-KNOWN_MAX]

    def learn(self, path, value, under=()):
        if isinstance(value, list):
            for one in value[:20]:
                self.learn(path, one, under)
        elif isinstance(value, dict):
            for name, one in value.items():
                if name == "id" and plain(one):
                    for noun in under or nouns(path):
                        self.add(noun, one)
                elif plain(one):
                    self.add(name, one)
                else:
                    self.learn(path, one, (name,) if isinstance(one, dict) else ())

    def one(self, chance, *names):
        with self.lock:
            held = [value for name in names for value in self.values.get(name, ())]
        return chance.choice(held) if held else None


def nouns(path):
    """`/v1/incidents/{id}/photos` answers with photos."""
    return [part for part in path.rsplit("}", 1)[-1].split("/") if part and part != "v1"]


class Sender:
    """A house with people, devices and some work in it, and one connection of each thread to it."""

    def __init__(self, program, seed):
        self.house, self.local, self.sign_in = House(program), threading.local(), threading.Lock()
        if self.house.start() is None:
            raise RuntimeError(f"the server does not start: {self.house.look()[-600:]}")
        self.document = self.house.ask("GET", "/openapi.json").json
        self.keys = set(self.document["x-problem-keys"])
        self.city = City(self.house, seed)
        self.second = self.house.enrol("supervisor", "督察 二")
        self.routes, self.known = Routes(self.house, self.city, self.document, random.Random(seed)), Known()

    def close(self):
        self.drop()
        self.house.close()

    def drop(self):
        if getattr(self.local, "connection", None):
            self.local.connection.close()
        self.local.connection = None

    def may(self, path, route):
        """Everybody who may go through this door, whom rubbish.py would send first."""
        first = self.routes.who(path, route)
        return [first, *(role for role, may in self.routes.may.items() if role != first and route.get("x-permission") in may)]

    def may_not(self, route):
        return [role for role, may in self.routes.may.items() if "x-permission" in route and route["x-permission"] not in may]

    def spare(self, path):
        """An id that this act may end without ending the test."""
        if "/identity/actors/" in path:
            return self.house.enrol("officer", f"暫 {os.urandom(4).hex()}").id
        return self.house.device().id if path == "/v1/devices/{id}/revoke" else None

    def failed_job(self):
        """A job that has failed. It takes an hour of tries, so that one that waits for its next try is told in its row that it was the last."""
        sql = "UPDATE store_job SET state = 'failed' WHERE kind = 'webhooks.deliver' AND state = 'waiting' AND attempts > 0 RETURNING id"
        until = time.monotonic() + ANSWER_S
        with contextlib.closing(sqlite3.connect(os.path.join(self.house.data, "shouhu.db"), timeout=ANSWER_S)) as store:
            while time.monotonic() < until:
                with store:
                    failed = store.execute(sql).fetchall()
                if failed:
                    return failed[0][0]
                time.sleep(0.1)
        return "0"

    def secret(self, path):
        """What opens the doors that know neither persons nor devices: a caller's link, a tracker's secret."""
        asked = {name for route in self.document["paths"][path].values() for way in route["security"] for name in way}
        if "caller_link" in asked:
            known = [url.split("#", 1)[1] for url in self.known.values.get("url", ()) if "/c/#" in str(url)]
        else:
            known = self.known.values.get("secret", [])[:1] if "tracker" in asked else []
        return {"authorization": f"Bearer {known[-1]}"} if known else {}

    def signed(self, who, method, target, body):
        if who is None:
            return {}
        if isinstance(who, str):
            return self.house.people[who].proved(method, target, body)
        return who.key.headers(who.id, method, target, body or b"")

    def send(self, who, method, target, body=None, headers=None, signed_target=None):
        """Signed anew where a nonce has run out or the session was ended by what was asked before; asked again where the server was busy."""
        for turn in range(BUSY_TRIES):
            answer = self.exchange(method, target, body, {**(headers or {}), **self.signed(who, method, signed_target or target, body)})
            if isinstance(who, str):
                person = self.house.people[who]
                person.nonce = answer.headers.get("shouhu-nonce", person.nonce)
                if answer.key == "identity.proof_stale":
                    continue
                if answer.status == 401 and turn == 0 and signed_target in (None, target):
                    with self.sign_in:
                        person.sign_in()
                    continue
            if answer.key not in BUSY:
                break
            time.sleep(BUSY_S)
        return answer

    def exchange(self, method, target, body, headers):
        connection = getattr(self.local, "connection", None)
        is_fresh = connection is None or time.monotonic() - self.local.used > IDLE_S
        if is_fresh:
            self.drop()
            connection = self.local.connection = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=ANSWER_S)
        self.local.used = time.monotonic()
        try:
            connection.request(method, target, body=body, headers={"host": f"localhost:{self.house.port}", **headers})
            said = connection.getresponse()
            heard = {name.lower(): value for name, value in said.getheaders()}
            is_stream = said.status == 200 and heard.get("content-type", "").startswith(STREAM)
            answer = Answer(said.status, b"" if is_stream else said.read(), heard)
        except (OSError, http.client.HTTPException):
            self.drop()
            # A connection that was idle may have been ended; on a fresh one it is the server's doing.
            return Answer(None) if is_fresh else self.exchange(method, target, body, headers)
        if is_stream or said.will_close:
            self.drop()
        return answer

    def plausible(self, chance, name, value):
        """What a person would put there; None where nothing better is known."""
        if name.endswith("_us"):
            return now_us() + chance.choice([-2, -1, 0, 1, 7, 30]) * DAY_US
        if name in ("lon", "lat"):
            return {"lon": 120.2, "lat": 23.0}[name] + chance.uniform(-0.02, 0.02)
        if not isinstance(value, str) or re.fullmatch(r"\w+", value) and name in ("kind", "state", "priority", "origin"):
            return None
        known = self.known.one(chance, name, f"{name}s", f"{name[:-3]}s" if name.endswith("_id") else name)
        return known if known is not None and chance.random() < 0.8 else f"臺南 {chance.randrange(1000)}"

    def made_plausible(self, chance, value, name="", depth=0):
        """A value that fits its schema, with fields that mean something: schemathesis checks again that it still fits, and what it then is."""
        if depth > 4:
            return value
        if isinstance(value, dict):
            return {key: self.made_plausible(chance, one, key, depth + 1) for key, one in value.items()}
        if isinstance(value, list):
            return [self.made_plausible(chance, one, name.removesuffix("s"), depth + 1) for one in value]
        if chance.random() < 0.3:
            return value
        better = self.plausible(chance, name, value)
        return better if better is not None and type(better) in (type(value), float, int) else value

    def known_part(self, chance, path, name):
        before = path.split("{" + name + "}")[0].rstrip("/").rsplit("/", 1)[-1]
        return self.known.one(chance, before, before.removesuffix("s"), name)


def curl(sender, who, method, target, body, headers):
    """The proof holds for one request only: whoever repeats this by hand signs it as house.py does."""
    who = who if isinstance(who, str) else "nobody" if who is None else "device"
    shown = [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items() if name not in ("cookie", "origin", "shouhu-proof", "shouhu-signature", "shouhu-signed-at", "shouhu-device")]
    data = [] if body is None else [f"--data-binary {shlex.quote(body[:2_000].decode(errors='backslashreplace'))}"]
    return " ".join(["curl", "-X", method, *shown, *data, shlex.quote(f"http://localhost:{sender.house.port}{target}")]) + f"  # as {who}"
