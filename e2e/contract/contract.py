#!/usr/bin/env python3
"""Asks every operation of the OpenAPI document what schemathesis makes of it, right and wrong, and compares each answer with the document.

    e2e/contract/.venv/bin/python e2e/contract/contract.py [--long] [--seed 1] [--only REGEX] [--program target/release/shouhu] [--report report.json]

Each request is signed as the device protocol and ADR 0018 say, by a role that may go through that door. No answer is a 5xx; each success and each refusal has the
status, content type and shape that the document says; each refusal has a key that it lists; what does not fit is refused; a method that it does not list is 405.
Each operation is asked besides without a signature, with another request's proof, and by a role that may not. The long form asks all of schemathesis's
coverage cases and --fuzz drawn ones of either kind; the short form some of each, drawn by the seed. The ids of a house are new each time: the same seed asks the same in the
same order, about other ids. `--only` repeats one operation (a part of `POST /v1/units`), on a house as young as it was then.

Closing line: `N passed, N failed, N skipped`, counted in operations.
"""
import argparse, collections, concurrent.futures, itertools, json, os, random, re, signal, sys, threading, time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../faults")]

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase, given, strategies as st
from schemathesis import GenerationMode
from schemathesis.config import SanitizationConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import CoverageScenario
from schemathesis.transport.prepare import prepare_request

from house import Answer
from openers import FILES, openers
from rubbish import RAW
from sender import ENDS, Sender, curl
import verdict

SHORT = {"cases": 6, "fuzz": 0}
LONG = {"cases": 0, "fuzz": 100}
# Of how many a short form chooses: making them costs more than asking them.
CHOICE = 4
# A run that is refused at every door would find nothing wrong. Of this house all are heard, and 59 % succeed: the rest need maps, TPMs or files.
HEARD_MIN, DONE_MIN = 0.97, 0.55
AS_IT_IS = SanitizationConfig(enabled=False)
SHOWN_MAX = 40
SENDERS = 4


def schema_of(document, seed):
    """Without its security: a key that schemathesis invents opens nothing, and how doors refuse is asked by `doors`."""
    bare = json.loads(json.dumps(document))
    for methods in bare["paths"].values():
        for route in methods.values():
            route["security"] = []
    bare["components"].pop("securitySchemes")
    schema = schemathesis.openapi.from_dict(bare, config=schemathesis.Config.from_dict({"seed": seed, "checks": {"missing_required_header": {"expected-statuses": [400, 428]}}}))
    schema.config.update(base_url="http://localhost")
    return schema


def declare_files(document):
    """schemathesis knows no such files: of each kind that the document names one that could be right, and rubbish."""
    contents = [route.get("requestBody", {}).get("content", {}) for methods in document["paths"].values() for route in methods.values()]
    for media in sorted({media for content in contents for media, of in content.items() if of["schema"].get("format") == "binary"}):
        schemathesis.openapi.media_type(media, st.sampled_from([FILES.get(media, "").encode(), *RAW]) | st.binary(max_size=200))


def covering(schema, operation, count, chance):
    """Cases at the edges of the operation's schemas, all or about as many as said, half of them right."""
    made = []
    for mode, share in ((GenerationMode.POSITIVE, count - count // 2), (GenerationMode.NEGATIVE, count // 2)):
        cases = schema.iter_coverage_cases(operation, generation_modes=[mode], generation_config=schema.config.generation_for(operation=operation))
        if not count:
            made += cases
            continue
        some = list(itertools.islice(cases, share * CHOICE))
        made += chance.sample(some, min(share, len(some)))
        # What is right is mostly refused for what it names: once more, with other names.
        if mode is GenerationMode.POSITIVE and some:
            made += [chance.choice(some) for _ in range(share - min(share, len(some)))]
    return made


def drawn(operation, count, seed):
    cases = []
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @hypothesis.seed(seed)
        @hypothesis.settings(max_examples=count, phases=[Phase.generate], deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def draw(case):
            cases.append(case)

        try:
            draw()
        except hypothesis.errors.Unsatisfiable:
            pass  # an operation that takes nothing cannot be asked wrongly
    return cases


def scenario(case):
    return getattr(case.meta.phase.data, "scenario", None) if case.meta else None


def is_of_the_door(answer):
    """Says nothing about the operation behind it; doors with secrets of their own have keys of their own."""
    return answer.status is None or answer.status >= 500 or answer.status in (401, 403, 429) and (answer.key or "").startswith(("identity.", "http."))


class Run:
    def __init__(self, options):
        self.options, self.lock, self.making = options, threading.Lock(), threading.Lock()
        self.sender = Sender(options.program, options.seed)
        declare_files(self.sender.document)
        self.schema = schema_of(self.sender.document, options.seed)
        self.unread = {f"{method.upper()} {path}" for path, methods in self.sender.document["paths"].items() for method, route in methods.items()
                       if route.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "").endswith("/NoBody")}
        self.statuses, self.by_operation, self.found, self.gone = collections.Counter(), {}, {}, None

    def operations(self):
        """In rounds: those that name nothing first, so that others have something to name; those that end something last, one after the other."""
        rounds = {}
        for operation in (one.ok() for one in self.schema.get_all_operations()):
            if re.search(self.options.only, operation.label):
                rounds.setdefault((bool(ENDS.search(operation.path)), operation.path.count("{"), operation.method == "get"), []).append(operation)
        return [(1 if is_end else SENDERS, rounds[round_]) for round_ in sorted(rounds) for is_end in [round_[0]]]

    def heard(self, operation):
        return self.by_operation.setdefault(operation.label, {"statuses": collections.Counter(), "keys": collections.Counter()})

    def begin(self):
        """What others are about. It is judged like the rest, and whether it succeeds is told."""
        refused = []
        for what, parts, query, body, role, headers in openers(self.sender):
            method, path = what.split()
            operation, route = self.schema[path][method], self.sender.document["paths"][path][method.lower()]
            declared = {parameter["name"] for parameter in route["parameters"] if parameter["in"] == "header"}
            taken = {} if body is None else {"body": body, "media_type": "application/json"}
            case = operation.Case(path_parameters=parts, query=dict(query), headers={name: value for name, value in headers.items() if name in declared}, **taken)
            answer = self.ask(operation, case, [role] if role else self.sender.may(path, route)[:1], self.heard(operation), random.Random(0))
            if not answer.is_ok:
                refused.append(f"{what} {answer.status} {answer.key} {(answer.json or {}).get('detail')}")
        return refused

    def all(self):
        self.refused = self.begin()
        for senders, operations in self.operations():
            with concurrent.futures.ThreadPoolExecutor(senders) as pool:
                list(pool.map(self.one, operations))
        return sum((operations for _, operations in self.operations()), [])

    def one(self, operation):
        if self.sender.house.server.poll() is not None:
            self.gone = f"the server is gone: {self.sender.house.look()[-400:]}"
            return
        # An operation's cases do not depend on which others are asked.
        chance = random.Random(f"{self.options.seed} {operation.label}")
        route = self.sender.document["paths"][operation.path][operation.method.lower()]
        heard, may = self.heard(operation), self.sender.may(operation.path, route)
        # One thread makes: Python 3.11 compiles in one at a time, which hypothesis does.
        with self.making:
            cases = covering(self.schema, operation, self.options.cases, chance)
            if self.options.fuzz:
                cases += drawn(operation, self.options.fuzz, self.options.seed)
        for case in cases:
            self.ask(operation, case, may, heard, chance)
        self.doors(operation, route, may[0])

    def ask(self, operation, case, may, heard, chance):
        is_other_method = scenario(case) is CoverageScenario.UNSPECIFIED_HTTP_METHOD
        if case.meta and not is_other_method:
            self.fill(operation, case, chance)
        request = prepare_request(case, None, config=AS_IT_IS, base_url="http://localhost")
        body = request.body.encode() if isinstance(request.body, str) else request.body
        headers = {name.lower(): value for name, value in request.headers.items() if name.lower() in ("content-type", "shouhu-purpose", "shouhu-case")}
        headers |= self.sender.secret(operation.path)
        who = may[0] if chance.random() < 0.8 else chance.choice(may)
        answer = self.sender.send(who, case.method, request.path_url, body, headers)
        wrong = verdict.faults(case, request, answer, self.sender.keys, operation.label in self.unread)
        if answer.is_ok and answer.json is not None:
            self.sender.known.learn(operation.path, answer.json)
        with self.lock:
            self.statuses[answer.status] += 1
            if not is_other_method:
                heard["statuses"][answer.status] += 1
                heard["keys"][answer.key] += answer.key is not None
                heard["beyond"] = heard.get("beyond", 0) + (not is_of_the_door(answer))
        for fault, more in wrong:
            self.fault(operation.label, fault, more, answer, curl(self.sender, who, case.method, request.path_url, body, headers))
        return answer

    def fill(self, operation, case, chance):
        """What schemathesis leaves open gets a meaning; what it makes wrong stays wrong."""
        sender, spare, where = self.sender, self.sender.spare(operation.path), case.meta.phase.data.parameter_location
        if "shouhu-purpose" in case.headers and where is not ParameterLocation.HEADER:
            case.headers = {**case.headers, "shouhu-purpose": "patrol", **({"shouhu-case": sender.city.case["number"]} if "shouhu-case" in case.headers else {})}
        is_right = case.meta.generation.mode is GenerationMode.POSITIVE
        parts = dict(case.path_parameters or {})
        for name in parts:
            known = spare or sender.known_part(chance, operation.path, name)
            if known is not None and where is not ParameterLocation.PATH and (spare or chance.random() < 0.85):
                parts[name] = str(known)
        if parts:
            case.path_parameters = parts
        if is_right and isinstance(case.body, (dict, list)) and chance.random() < 0.8:
            case.body = sender.made_plausible(chance, case.body)
        if is_right and case.query and chance.random() < 0.5:
            case.query = sender.made_plausible(chance, dict(case.query))

    def doors(self, operation, route, who):
        """Who may not come in is told so, before anything is looked at."""
        sender, method, target = self.sender, operation.method.upper(), re.sub(r"\{\w+\}", "0", operation.path)
        body = b"{}" if method in ("POST", "PUT", "PATCH") else None
        wanted = []
        if "x-public-because" not in route:
            wanted.append(("unsigned", None, target, 401))
        if any("proof" in way or "device" in way for way in route["security"]):
            wanted.append(("with another request's proof", who, target + "/other", 401))
        for role in sender.may_not(route)[: None if self.options.long else 1]:
            wanted.append((f"by {role}, who may not", role, target, 403))
        for how, asker, signed, status in wanted:
            answer = sender.send(asker, method, target, body, {"content-type": "application/json", "shouhu-purpose": "patrol"}, signed)
            with self.lock:
                self.statuses[answer.status] += 1
            wrong = f"{answer.status} {answer.key} where {status} was due" if answer.status != status else verdict.refusal(operation.path, answer, sender.keys)
            if wrong:
                self.fault(operation.label, f"{how}: {wrong}", "", answer, curl(sender, asker, method, target, body, {}))

    def fault(self, label, fault, more, answer, command):
        with self.lock:
            first = self.found.setdefault((label, fault), {"operation": label, "fault": fault, "times": 0, "more": more, "said": answer.body[:400].decode(errors="replace"), "curl": command})
            first["times"] += 1

    def guards(self, operations):
        """What says that the run meant something."""
        said, asked = {}, {operation.label for operation in operations}
        for label, heard in ((label, heard) for label, heard in self.by_operation.items() if label in asked):
            said[label] = "done" if any(status and status < 300 for status in heard["statuses"]) else "heard" if heard.get("beyond") else "unheard"
        done, all_ = sum(one == "done" for one in said.values()), max(len(operations), 1)
        heard = done + sum(one == "heard" for one in said.values())
        failures = []
        if self.gone:
            failures.append(self.gone)
        if self.options.only == "" and heard / all_ < HEARD_MIN:
            failures.append(f"only {heard} of {all_} operations were ever heard beyond their door: {[label for label, one in said.items() if one == 'unheard'][:20]}")
        if self.options.only == "" and done / all_ < DONE_MIN:
            failures.append(f"only {done} of {all_} operations ever succeeded")
        self.sender.house.look()
        if self.sender.house.panics:
            failures.append(f"panicked at {self.sender.house.panics[:3]}")
        verified = self.sender.house.command("verify")
        if verified.returncode:
            failures.append(f"verify: {verified.stderr[-300:]}")
        if not self.gone and (code := self.sender.house.stop(signal.SIGTERM)) != 0:
            failures.append(f"asked to stop, it ended with {code}: {self.sender.house.look()[-300:]}")
        return said, failures


def blind_spots(run):
    case = next(iter(covering(run.schema, run.schema["/v1/units"]["POST"], 2, random.Random(0))))
    return verdict.blind_spots(case, run.sender.keys, Answer)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--cases", type=int, help=f"coverage cases per operation, 0 for all: {SHORT['cases']}, long {LONG['cases']}")
    parser.add_argument("--fuzz", type=int, help=f"drawn cases per operation, of either kind: {SHORT['fuzz']}, long {LONG['fuzz']}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a regular expression of METHOD /path")
    parser.add_argument("--program", default=os.environ.get("SHOUHU", "target/release/shouhu"))
    parser.add_argument("--report")
    options = parser.parse_args()
    for name, value in (LONG if options.long else SHORT).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    # Whoever ends the test ends its house too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = time.monotonic()
    run = Run(options)
    try:
        blind = blind_spots(run)
        operations = run.all()
        said, failures = run.guards(operations)
    finally:
        run.sender.close()
    if blind:
        failures.append(f"the judge does not see: {', '.join(blind)}")
    took_s, found = time.monotonic() - began, list(run.found.values())
    for one in found[:SHOWN_MAX]:
        print(f"{one['operation']}: {one['fault']} × {one['times']}\n  {one['more'] or one['said']}\n  {one['curl']}\n  --seed {options.seed} --only '{re.escape(one['operation'])}$'")
    if len(found) > SHOWN_MAX:
        print(f"and {len(found) - SHOWN_MAX} more kinds of faults")
    for one in run.refused:
        print(f"an opener was refused: {one}")
    for one in failures:
        print(one)
    count, kinds = sum(run.statuses.values()), collections.Counter(said.values())
    print(f"{len(operations)} operations, {count} requests in {took_s:.0f} s: {', '.join(f'{times} × {status}' for status, times in run.statuses.most_common())}; "
          f"succeeded {kinds['done']}, refused for what they were asked {kinds['heard']}, never heard {kinds['unheard']}")
    if options.report:
        with open(options.report, "w") as file:
            json.dump({"seed": options.seed, "program": os.path.basename(options.program), "operations": len(operations), "requests": count, "seconds": round(took_s, 1),
                       "statuses": {str(status): times for status, times in run.statuses.most_common()}, "reached": dict(kinds), "failures": failures, "faults": found,
                       "by_operation": {label: {"reached": said[label], "statuses": {str(status): times for status, times in heard["statuses"].items()}, "keys": +heard["keys"]} for label, heard in run.by_operation.items() if label in said}},
                      file, indent=1, ensure_ascii=False)
    failed = len({one["operation"] for one in found})
    print(f"seed {options.seed}: {len(operations) - failed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if found or failures else 0)


if __name__ == "__main__":
    main()
