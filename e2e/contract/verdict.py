"""Whether an answer is one that the OpenAPI document allows: schemathesis's checks, and what this house promises beyond them."""
import json

import requests
import schemathesis
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import checks

PROBLEM = "application/problem+json"
DOCUMENTED = [checks.status_code_conformance, checks.content_type_conformance, checks.response_headers_conformance, checks.response_schema_conformance,
              checks.missing_required_header, checks.negative_data_rejection, checks.unsupported_method]
# Of cases that schemathesis has made, about how it made them.
NEEDS_META = (checks.missing_required_header, checks.negative_data_rejection, checks.unsupported_method)
# What does not fit is taken and set aside one by one, so that a car's queue does not stand still behind it.
QUARANTINES = {"/v1/sightings"}
# Protocols of others, whose refusals have their own form (C2SP tlog-witness; RFC 8935 §2.3; RFC 6749 §5.2).
FOREIGN = {"/add-checkpoint": "text/", "/v1/signals/events": "application/json", "/v1/sso/token": "application/json"}


def heard(answer, request):
    """The answer in schemathesis's form."""
    return schemathesis.Response(answer.status, {name: [value] for name, value in answer.headers.items()}, answer.body, request, 0.0, False)


def refusal(path, answer, keys):
    """What is wrong with an answer that is no success; None where it is a problem of a known key."""
    kind = answer.headers.get("content-type", "")
    if path in FOREIGN and kind.startswith(FOREIGN[path]):
        return None
    if not kind.startswith(PROBLEM):
        return f"{answer.status} is {kind or 'nothing'} and no problem document"
    said = answer.json
    if not isinstance(said, dict):
        return f"{answer.status} with a problem document that is no JSON object"
    if said.get("key") not in keys:
        return f"{answer.status} with the unknown key {said.get('key')!r}"
    if said.get("status") != answer.status or said.get("type") != f"urn:shouhu:error:{said['key']}":
        return f"{answer.status} whose problem says {said.get('status')} and {said.get('type')!r}"
    return None


def is_of_bytes(case):
    """Any bytes are a file of bytes: what is counted as wrong about it is not."""
    made = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    return made is not None and made.mode is GenerationMode.NEGATIVE and isinstance(case.body, bytes)


def faults(case, request, answer, keys, is_unread=False):
    """Each as (what, more about this one). A body that nobody reads cannot be wrong."""
    if answer.status is None:
        return [("no answer", "")]
    if answer.status >= 500:
        return [(f"{answer.status} {answer.key}", answer.body[:300].decode(errors="replace"))]
    found = []
    if answer.status >= 400 and case.method not in ("HEAD",) and (wrong := refusal(case.path, answer, keys)):
        found.append((wrong, answer.body[:300].decode(errors="replace")))
    if case.path in FOREIGN and answer.status >= 400:
        return found
    is_taken = is_unread or case.path in QUARANTINES or is_of_bytes(case)
    checked = [one for one in DOCUMENTED if not (is_taken and one is checks.negative_data_rejection) and (case.meta or one not in NEEDS_META)]
    try:
        case.validate_response(heard(answer, request), checks=checked)
    except FailureGroup as group:
        found += [(f"{answer.status} {one.title}", one.message[:600]) for one in group.exceptions]
    except Failure as one:
        found.append((f"{answer.status} {one.title}", one.message[:600]))
    return found


def blind_spots(case, keys, made):
    """Answers that must be found wrong; gives those that are not. A check that cannot fail would pass everything."""
    key = next(iter(sorted(keys)))

    def problem(**other):
        said = {"type": f"urn:shouhu:error:{key}", "key": key, "title": "t", "status": 400, "detail": "d", **other}
        return json.dumps(said).encode(), {"content-type": PROBLEM}

    wrong = {
        "no answer": made(None),
        "500": made(500, *problem(status=500)),
        "a page": made(200, b"<p>", {"content-type": "text/html"}),
        "an answer of another shape": made(200, b'{"surely": "not this"}', {"content-type": "application/json"}),
        "an undocumented success": made(201, b"{}", {"content-type": "application/json"}),
        "a refusal in plain text": made(400, b"no", {"content-type": "text/plain"}),
        "a refusal of another shape": made(400, *problem(title=None)),
        "an unknown key": made(400, *problem(key="no.such.key")),
        "another status inside": made(400, *problem(status=404)),
    }
    request = requests.Request(case.method, "http://localhost/").prepare()
    blind = [what for what, answer in wrong.items() if not faults(case, request, answer, keys)]
    return blind + (["what is right is found wrong"] if faults(case, request, made(400, *problem()), keys) else [])
