"""One server in a folder of its own: started, asked, killed, looked at."""
import http.client, json, os, re, shutil, signal, socket, subprocess, tempfile, threading, time

from keys import DeviceKey, Passkey, SessionKey

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
# How long is waited before it counts as not starting at all; how long it took is measured and told.
START_S = 90
ANSWER_S = 30
# The server ends what is idle; nobody should send into a connection that is about to end.
IDLE_S = 3
ROLES = ("operator", "supervisor", "dispatcher", "officer", "detective", "auditor")
PANIC = re.compile(r"panicked at ([^\n]*)")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def now_us():
    return time.time_ns() // 1000


class Answer:
    """`status` is None where nothing came back: then nothing was acknowledged, and it may have happened or not."""

    def __init__(self, status, body=b"", headers=None):
        self.status, self.body, self.headers = status, body, headers or {}

    @property
    def is_ok(self):
        return self.status is not None and 200 <= self.status < 300

    @property
    def json(self):
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return None

    @property
    def key(self):
        found = self.json
        return found.get("key") if isinstance(found, dict) else None

    def __repr__(self):
        return f"{self.status} {self.body[:200]!r}"


class House:
    def __init__(self, program, folder=None, environment=None):
        self.program, self.folder = program, folder or tempfile.mkdtemp(prefix="shouhu-faults-")
        self.data, self.port = os.path.join(self.folder, "data"), free_port()
        self.said = os.path.join(tempfile.gettempdir() if folder else self.folder, f"server-{self.port}.log")
        self.environment, self.server, self.local = environment or {}, None, threading.local()
        self.origin = f"http://localhost:{self.port}"
        self.people, self.panics, self.starts_s = {}, [], []
        self.read_until, self.life = 0, 0

    def arguments(self):
        return ["--data", self.data, "--listen", f"127.0.0.1:{self.port}", "--web", os.path.join(self.folder, "no-web")]

    def command(self, *words, wait_s=120):
        """A command of ours that ends by itself."""
        ran = subprocess.run([self.program, *words, *self.arguments()[:4]], capture_output=True, text=True, timeout=wait_s,
                             env={**os.environ, "RUST_BACKTRACE": "0"})
        self.panics += PANIC.findall(ran.stderr)
        return ran

    def begin(self, environment=None):
        self.life += 1
        # People here ask faster than hands can: trust is reckoned and told, and refuses nobody.
        # Beside what it says, not on the disk that fails.
        trust = self.said.removesuffix(".log") + ".trust.toml"
        if not os.path.exists(trust):
            with open(trust, "w") as file:
                file.write("is_enforced = false\n")
        log = open(self.said, "ab")
        self.server = subprocess.Popen([self.program, "serve", *self.arguments()], stdout=log, stderr=log,
                                       env={**os.environ, "RUST_BACKTRACE": "0", "SHOUHU_TRUST_FILE": trust, **self.environment, **(environment or {})})
        log.close()

    def start(self, environment=None, wait_s=START_S):
        """Starts it; gives the seconds until it answers, or None where it ended by itself or did not come."""
        self.begin(environment)
        started = time.monotonic()
        while time.monotonic() - started < wait_s:
            if self.server.poll() is not None:
                return None
            if self.ask("GET", "/healthz", wait_s=2).status is not None:
                took = time.monotonic() - started
                self.starts_s.append(took)
                return took
            time.sleep(0.005)
        return None

    def stop(self, how=signal.SIGKILL, wait_s=15):
        if self.server is None:
            return None
        self.server.send_signal(how)
        try:
            code = self.server.wait(wait_s)
        except subprocess.TimeoutExpired:
            self.server.kill()
            code = self.server.wait()
        self.look()
        return code

    def look(self):
        """Reads on in what the server said; remembers panics. Gives the new text."""
        if not os.path.exists(self.said):
            return ""
        with open(self.said, "rb") as file:
            file.seek(self.read_until)
            new = file.read()
        self.read_until += len(new)
        text = re.sub(r"\x1b\[[0-9;]*m", "", new.decode(errors="replace"))
        self.panics += PANIC.findall(text)
        return text

    def heard(self, since):
        """What the server said from that byte of its log on."""
        self.look()
        with open(self.said, "rb") as file:
            file.seek(since)
            return re.sub(r"\x1b\[[0-9;]*m", "", file.read().decode(errors="replace"))

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        if os.path.exists(self.said):
            os.remove(self.said)

    def ask(self, method, path, body=None, headers=None, wait_s=ANSWER_S):
        """One request over this thread's connection. What reads is asked again once, because a connection that was idle may have been ended."""
        answer = self.ask_once(method, path, body, headers, wait_s)
        return self.ask_once(method, path, body, headers, wait_s) if answer.status is None and method == "GET" else answer

    def ask_once(self, method, path, body, headers, wait_s):
        held, now = getattr(self.local, "connection", None), time.monotonic()
        if held is None or held[0] != self.life or now - self.local.used > IDLE_S:
            held = (self.life, http.client.HTTPConnection("127.0.0.1", self.port, timeout=wait_s))
            self.local.connection = held
        connection, self.local.used = held[1], now
        # Who opened it may have had less patience.
        connection.timeout = wait_s
        if connection.sock:
            connection.sock.settimeout(wait_s)
        try:
            connection.request(method, path, body=body, headers={"host": f"localhost:{self.port}", **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), {k.lower(): v for k, v in answer.getheaders()})
        except (OSError, http.client.HTTPException):
            connection.close()
            self.local.connection = None
            return Answer(None)

    def enrol(self, role, name=None):
        """A person with a passkey and a session: the first operator by the command line, everybody else by invitation."""
        name = name or role
        if "operator" in self.people:
            invited = self.people["operator"].post("/v1/identity/enrolments", {"name": name, "role": role})
            if not invited.is_ok:
                raise RuntimeError(f"cannot invite {role}: {invited}")
            token = invited.json["token"]
        else:
            ran = self.command("invite", "--name", name, "--role", role, "--token-only")
            if ran.returncode:
                raise RuntimeError(f"cannot invite {role}: {ran.stderr[-400:]}")
            token = ran.stdout.strip().splitlines()[-1]
        person = Person(self, name)
        person.enrol(token)
        self.people.setdefault(role, person)
        return person

    def enrol_all(self):
        for role in ROLES:
            self.enrol(role)

    def device(self, kind="patrol_car", name="車"):
        invited = self.people["operator"].post("/v1/devices", {"name": f"{name} {os.urandom(3).hex()}", "kind": kind})
        if not invited.is_ok:
            raise RuntimeError(f"cannot register a device: {invited}")
        return Device(self, invited.json["token"])


class Person:
    def __init__(self, house, name):
        self.house, self.name, self.cookie, self.key = house, name, "", Passkey(house.origin)
        self.session, self.nonce = SessionKey(), "none"

    def proved(self, method, path, body):
        """What lets exactly this request in, once."""
        proof = self.session.prove(self.nonce, method, path, body)
        return {"cookie": self.cookie, "origin": self.house.origin, "shouhu-proof": proof}

    def send(self, method, path, data=None, headers=None, wait_s=ANSWER_S):
        return self.send_raw(method, path, None if data is None else json.dumps(data).encode(), headers, wait_s)

    def send_raw(self, method, path, body, headers=None, wait_s=ANSWER_S):
        """Signed once more where the nonce has run out, for nothing was done by the first try; and, as in `House.ask`, what reads."""
        answer = self._send_once(method, path, body, headers, wait_s)
        is_lost = answer.status is None and method == "GET"
        return self._send_once(method, path, body, headers, wait_s) if is_lost or answer.key == "identity.proof_stale" else answer

    def _send_once(self, method, path, body, headers, wait_s):
        fixed = {**self.proved(method, path, body), "shouhu-purpose": "patrol", "content-type": "application/json"}
        answer = self.house.ask_once(method, path, body, {**fixed, **(headers or {})}, wait_s)
        self.nonce = answer.headers.get("shouhu-nonce", self.nonce)
        return answer

    def get(self, path, **more):
        return self.send("GET", path, **more)

    def post(self, path, data=None, key=None, **more):
        return self.send("POST", path, {} if data is None else data, {"idempotency-key": key} if key else None, **more)

    def _in(self, answer):
        if answer.is_ok and "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].split(";")[0]
        return answer

    def enrol(self, token):
        started = self.post("/v1/identity/enrol/start", {"token": token})
        if not started.is_ok:
            raise RuntimeError(f"{self.name} cannot enrol: {started}")
        made = self.key.create(started.json["options"])
        finished = self._in(self.post("/v1/identity/enrol/finish", {"challenge_id": started.json["challenge_id"], "credential": made,
                                                                       "session_key": self.session.public}))
        if not finished.is_ok:
            raise RuntimeError(f"{self.name} cannot enrol: {finished}")
        self.id = finished.json["id"]

    def sign_in(self):
        """As in a browser of its own, where no older session is that would end. The cookie is the new session's when it was granted."""
        self.cookie, self.session = "", SessionKey()
        started = self.post("/v1/identity/sign-in/start", {})
        if not started.is_ok:
            return started
        signed = self.key.answer(started.json["options"])
        return self._in(self.post("/v1/identity/sign-in/finish", {"challenge_id": started.json["challenge_id"], "credential": signed,
                                                                      "session_key": self.session.public}))


class Device:
    def __init__(self, house, token):
        self.house, self.key, self.sequence = house, DeviceKey(), 0
        answer = house.ask("POST", "/v1/devices/enrol", json.dumps({"token": token, "public_key": self.key.public}).encode())
        if not answer.is_ok:
            raise RuntimeError(f"a device cannot enrol: {answer}")
        self.id = answer.json["device"]

    def post(self, path, data, at_us=None):
        body = json.dumps(data).encode()
        return self.house.ask("POST", path, body, self.key.headers(self.id, "POST", path, body, at_us))

    def batch(self, sightings, at_us=None):
        at_us = now_us() if at_us is None else at_us
        return self.post("/v1/sightings", {"model": "faults", "sent_at_us": at_us, "sightings": sightings}, at_us)
