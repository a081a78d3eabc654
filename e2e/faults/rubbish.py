"""Malformed requests to every route of the OpenAPI document: each is answered, never with an unexplained failure, always with a problem of a known key."""
import collections, json, re, socket, threading, time, urllib.parse

from house import House
from load import City

# What a server may answer with 5xx, each because something outside the request is so.
CAUSES = {"http.overloaded", "store.busy", "audit.unavailable"}
ANSWER_S = 15
STREAMS = {"/v1/events"}
# Pages and the protocols of others, which have answers of their own form.
FOREIGN = {"/add-checkpoint": "text/plain", "/v1/signals/events": "application/json", "/v1/sso/token": "application/json"}
BIG = 3_000_000
SENDERS = 6

TEXTS = ["", " ", "\0", "a\0b", "'", "\" OR 1=1 --", "%", "../../etc/passwd", "\u202e\u200b\ufeff", "臺" * 300, "A" * 70_000, "\ud800", "-1", "NaN", "1e999", "true", "😀" * 50, "\r\nset-cookie: a=b", "{{7*7}}", "00000000-0000-0000-0000-000000000000"]
NUMBERS = [0, -1, 1, 2**31, 2**53, 2**63 - 1, -(2**63), 2**64, 2**70, 1e308, -1e308, 0.1, 1e-320]
RAW = [b"", b"{", b"[", b"null", b"\"", b"\xff\xfe", b"{\"a\":\xc3\x28}", b"[" * 5_000, b"{\"a\":" * 5_000, b"\x00" * 64, b"1" * 400, b"{\"a\":1}{\"b\":2}", b"{\"a\":1,\"a\":2}", b"\xef\xbb\xbf{}", b"PK\x03\x04" + b"\0" * 40, b"\xff\xd8\xff\xe0" + b"\0" * 40, b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", b"a,b,c\n1,2\n\"", b"NaN", b"1e400"]
TYPES = ["application/json", "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "", "a" * 300, "image/jpeg"]


class Maker:
    """Values that fit a schema, and values that do not."""

    def __init__(self, document, chance):
        self.schemas, self.chance = document["components"]["schemas"], chance

    def fit(self, schema, depth=0):
        chance = self.chance
        if not isinstance(schema, dict) or depth > 8:
            return None
        if "$ref" in schema:
            return self.fit(self.schemas[schema["$ref"].rsplit("/", 1)[1]], depth + 1)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return chance.choice(schema["enum"])
        for several in ("oneOf", "anyOf"):
            if several in schema:
                return self.fit(chance.choice(schema[several]), depth + 1)
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = chance.choice(kind)
        if kind == "object" or "properties" in schema:
            must = set(schema.get("required", []))
            return {name: self.fit(of, depth + 1) for name, of in schema.get("properties", {}).items() if name in must or chance.random() < 0.5}
        if kind == "array":
            return [self.fit(schema.get("items", {}), depth + 1) for _ in range(chance.randint(0, 3))]
        if kind == "integer":
            return chance.choice([0, 1, 7, 1_790_000_000_000_000, chance.randrange(10_000)])
        if kind == "number":
            return chance.choice([0.0, 23.0, 120.2, chance.uniform(-200, 200)])
        if kind == "boolean":
            return chance.random() < 0.5
        if kind == "null":
            return None
        if schema.get("format") == "uuid":
            return f"{chance.getrandbits(128):032x}"
        return chance.choice(["ABC-1234", "test", "臺南", "2026-11-22", str(chance.randrange(1000))])

    def wrong(self):
        chance = self.chance
        return chance.choice([chance.choice(TEXTS), chance.choice(NUMBERS), None, True, [], {}, [[]], {"a": {"a": {}}}, chance.choice(TEXTS), deep(chance.choice([20, 200])), [0] * 2_000])

    def spoilt(self, value):
        """One place of it becomes something else, goes, or is there once more."""
        chance = self.chance
        if isinstance(value, dict) and value and chance.random() < 0.85:
            name, act = chance.choice(list(value)), chance.random()
            if act < 0.1:
                return {k: v for k, v in value.items() if k != name}
            if act < 0.2:
                return {**value, chance.choice(TEXTS)[:50]: self.wrong()}
            return {**value, name: self.spoilt(value[name])}
        if isinstance(value, list) and value and chance.random() < 0.7:
            at = chance.randrange(len(value))
            return value[:at] + [self.spoilt(value[at])] + value[at + 1 :]
        return self.wrong()


def deep(levels):
    value = 0
    for _ in range(levels):
        value = [value]
    return value


class Routes:
    """Who may go through which door, and what is thrown at it."""

    def __init__(self, house, city, document, chance):
        self.house, self.document, self.chance, self.maker = house, document, chance, Maker(document, chance)
        self.may = {role: set(person.get("/v1/identity/me").json["permissions"]) for role, person in house.people.items()}
        self.device, self.partner = city.devices[0], city.exchange
        self.all = [(path, method.upper(), route) for path, methods in document["paths"].items() for method, route in methods.items()]
        self.ids = [city.case["id"], city.units[0], city.devices[0].id]

    def who(self, path, route):
        if "x-public-because" in route:
            return None
        if "x-permission" in route:
            return next((role for role, may in self.may.items() if route["x-permission"] in may), "operator")
        if path in ("/v1/calls", "/v1/partners/eido", "/v1/partners/warnings") or path == "/v1/sightings/feeds/{feed}":
            return self.partner
        if path.startswith("/v1/devices/mine") or path in ("/v1/sightings", "/v1/watchlists/delta"):
            return self.device
        return "officer"

    def one(self, path, method, route):
        """The bytes of one request."""
        chance, maker = self.chance, self.maker
        target = re.sub(r"\{(\w+)\}", lambda _: urllib.parse.quote(self._part(), safe=""), path)
        query = [(p["name"], p.get("schema", {})) for p in route.get("parameters", []) if p["in"] == "query"]
        if query and chance.random() < 0.8:
            asked = []
            for name, schema in query:
                if chance.random() < 0.6:
                    value = maker.fit(schema) if chance.random() < 0.6 else chance.choice([*TEXTS, *NUMBERS])
                    asked.append((name, "" if value is None else json.dumps(value) if isinstance(value, (dict, list, bool)) else str(value)[:2_000]))
            if chance.random() < 0.1 and asked:
                asked.append(asked[0])
            target += "?" + urllib.parse.urlencode(asked, errors="surrogatepass")
        elif chance.random() < 0.1:
            target += chance.choice(["?%", "?a=%zz", "?%00", "?" + "a=1&" * 400, "?=&=&", "#a"])
        body, kind = b"", "application/json"
        if method in ("POST", "PUT", "PATCH"):
            body = self._body(route)
            kind = "application/json" if chance.random() < 0.85 else chance.choice(TYPES)
        headers = {"shouhu-purpose": chance.choice(["patrol", "patrol", "investigation", "", "x" * 200, "\u00ff"]), "content-type": kind}
        if chance.random() < 0.2:
            headers["shouhu-case"] = chance.choice(["115-1123-0001", "", "'", "A" * 500])
        if chance.random() < 0.1:
            headers["idempotency-key"] = chance.choice(["a", "", "x" * 101, "\u00ff", str(chance.random())])
        return target, body, headers

    def _part(self):
        chance = self.chance
        return chance.choice([chance.choice(self.ids), f"{chance.getrandbits(128):032x}", str(chance.choice(NUMBERS)), chance.choice(TEXTS)[:200].replace("\ud800", "?"), "..", "%00"])

    def _body(self, route):
        chance, content = self.chance, route.get("requestBody", {}).get("content", {})
        # Of a protocol of others the document has no schema.
        schema = content.get("application/json", {}).get("schema")
        if schema and chance.random() < 0.8:
            value = self.maker.fit(schema)
            for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
                value = self.maker.spoilt(value)
            return json.dumps(value).encode(errors="surrogatepass")
        if chance.random() < 0.01:
            return b"[" + b"0," * (BIG // 2) + b"0]"
        return chance.choice(RAW)


class Thrower(threading.Thread):
    """One connection after another; every answer is looked at."""

    def __init__(self, routes, queue, keys, found):
        super().__init__(daemon=True)
        self.routes, self.queue, self.keys, self.found, self.socket, self.buffer = routes, queue, keys, found, None, b""

    def run(self):
        while True:
            try:
                path, method, route, target, body, headers = self.queue.pop()
            except IndexError:
                return
            self.throw(path, method, route, target, body, headers)

    def throw(self, path, method, route, target, body, headers, is_again=False):
        house, who = self.routes.house, self.routes.who(path, route)
        if isinstance(who, str):
            headers = {**headers, **house.people[who].proved(method, target, body)}
        elif who is not None:
            headers = {**headers, **who.key.headers(who.id, method, target, body)}
        lines = [f"{method} {target} HTTP/1.1", f"host: localhost:{house.port}", f"content-length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
        request = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body
        is_stream = path in STREAMS
        status, kind, said = self.ask(request, is_stream)
        if status == 401 and isinstance(who, str) and b"identity.proof_stale" in said and not is_again:
            house.people[who].get("/v1/identity/me")  # which tells the nonce that holds now
            return self.throw(path, method, route, target, body, headers, is_again=True)
        fault = self.judge(path, status, kind, said)
        with self.found["lock"]:
            self.found["count"] += 1
            self.found["statuses"][status] += 1
            if fault:
                self.found["faults"].append({"route": f"{method} {path}", "fault": fault, "target": target[:300], "body": body[:300].decode("latin-1"), "said": said[:300].decode("latin-1")})
        if status == 401 and isinstance(who, str) and not is_stream:
            house.people[who].sign_in()

    def ask(self, request, is_stream):
        for is_again in (False, True):
            try:
                if self.socket is None:
                    self.socket, self.buffer = socket.create_connection(("127.0.0.1", self.routes.house.port), timeout=ANSWER_S), b""
                try:
                    self.socket.sendall(request)
                except ConnectionError:
                    if is_again is False and not self.buffer:
                        pass  # an answer may be there before the body was read to its end
                return self._answer(is_stream)
            except TimeoutError:
                self._drop()
                return "no answer", "", b""
            except OSError:
                self._drop()
        return "ended", "", b""

    def _drop(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def _answer(self, is_stream):
        while b"\r\n\r\n" not in self.buffer:
            more = self.socket.recv(65_536)
            if not more:
                raise ConnectionResetError
            self.buffer += more
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        status, kind = int(lines[0].split()[1]), headers.get("content-type", "")
        if is_stream and status == 200:
            self._drop()
            return status, kind, b""
        if "transfer-encoding" in headers:
            self._drop()  # a file: its beginning says enough
            return status, kind, b""
        length = int(headers.get("content-length", 0))
        while len(self.buffer) < length:
            more = self.socket.recv(65_536)
            if not more:
                raise ConnectionResetError
            self.buffer += more
        said, self.buffer = self.buffer[:length], self.buffer[length:]
        if headers.get("connection") == "close":
            self._drop()
        return status, kind, said

    def judge(self, path, status, kind, said):
        if not isinstance(status, int):
            return status
        if status < 400:
            return None
        if path in FOREIGN and kind.startswith(FOREIGN[path]):
            return None if status < 500 else f"{status}"
        if not said and status in (400, 414, 431):
            return None  # hyper's own word about what is no HTTP
        if not kind.startswith("application/problem+json"):
            return f"{status} is {kind or 'nothing'} and no problem document"
        try:
            key = json.loads(said).get("key")
        except ValueError:
            return f"{status} with a problem document that is no JSON"
        if key not in self.keys:
            return f"{status} with the unknown key {key!r}"
        if status >= 500 and key not in CAUSES:
            return f"{status} {key}"
        return None


def rubbish(options, chance, results):
    house = House(options.program)
    try:
        if house.start() is None:
            raise RuntimeError(f"the server does not start: {house.look()[-600:]}")
        # What this program says of itself, so that the document cannot lag behind.
        document = house.ask("GET", "/openapi.json").json
        routes = Routes(house, City(house, chance.random()), document, chance)
        per_route = options.rubbish if options.rubbish_all is None else -(-options.rubbish_all // len(routes.all))
        found = {"lock": threading.Lock(), "count": 0, "statuses": collections.Counter(), "faults": []}
        began = time.monotonic()
        for path, method, route in routes.all:
            if house.server.poll() is not None:
                found["faults"].append({"route": f"{method} {path}", "fault": f"the server is gone: {house.look()[-300:]}"})
                break
            queue = [(path, method, route, *routes.one(path, method, route)) for _ in range(per_route)]
            throwers = [Thrower(routes, queue, set(document["x-problem-keys"]), found) for _ in range(SENDERS)]
            for thrower in throwers:
                thrower.start()
            for thrower in throwers:
                thrower.join()
                thrower._drop()
        house.look()
        panics = house.panics
        kinds = collections.Counter((one["route"], one["fault"]) for one in found["faults"])
        examples = {}
        for one in found["faults"]:
            examples.setdefault(f"{one['route']}: {one['fault']}", one)
        verified = house.command("verify")
        failure = None
        if kinds or panics or verified.returncode:
            failure = "; ".join([f"panicked at {panics[:3]}"] * bool(panics) + [f"{route}: {fault} × {times}" for (route, fault), times in kinds.most_common(6)]
                                + [f"verify: {verified.stderr[-200:]}"] * bool(verified.returncode))
        results.append({"fault": "rubbish", "n": found["count"], "failure": failure, "lost": 0, "doubled": 0, "panics": len(panics), "ready_ms": None, "routes": len(routes.all),
                        "requests": found["count"], "seconds": round(time.monotonic() - began, 1), "statuses": {str(k): v for k, v in found["statuses"].most_common()},
                        "examples": list(examples.values())[:60]})
    finally:
        house.close()
