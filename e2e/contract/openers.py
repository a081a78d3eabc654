"""One right request of those operations that drawn words never fit: what is begun here can then be read, changed and ended by what schemathesis makes."""
from house import now_us

DAY_US, HOUR_US = 86_400_000_000, 3_600_000_000
PLATE, WANTED = "KLM-4821", "KLM-7733"
TEXT = "查訪所需,經主管核可"
# How a file of each kind can begin. One list has the columns of several imports.
FILES = {
    "text/csv": "number,code,name,station,lon,lat\n永康-001,A1,永康路口,永康派出所,120.2,23.0\n",
    "text/plain": "old 0\n\nlog.example/1\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
    "application/xml": '<event version="2.0" uid="contract-1" type="a-f-G-U-C"/>',
    "application/cap+xml": '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>',
    "application/x-ndjson": '{"plate": "KLM-4821", "time": "2026-11-22T08:00:00+08:00", "site": "A1"}\n',
    "application/secevent+jwt": "e30.e30.AA",
}


def openers(sender):
    """In order, each (operation, path parameters, query, body, role); a function where it needs what was answered before."""
    city, people, now = sender.city, sender.house.people, now_us()
    car, partner, unit, known = city.devices[0], city.exchange, city.units[0], sender.known
    here, span = {"lon": 120.2, "lat": 23.0}, {"from_us": now - 6 * HOUR_US, "until_us": now + HOUR_US}
    number = city.case["number"]

    def passage(plate):
        car.sequence += 1
        return {"sequence": car.sequence, "plate": plate, "confidence": 0.97, "reads": 3, **here, "captured_at_us": now - HOUR_US + car.sequence * 1_000_000}

    def last(noun):
        return known.values.get(noun, ["0"])[-1]

    def first(noun):
        return known.values.get(noun, ["0"])[0]

    incident = {"id": city.case["id"]}
    questions = {"shouhu-purpose": "patrol", "shouhu-case": number}
    begun = [
        ("GET /v1/identity/actors", {}, {}, None),
        ("GET /v1/incidents", {}, {}, None),
        ("GET /v1/units", {}, {}, None),
        ("GET /v1/devices", {}, {}, None),
        ("POST /v1/identity/enrolments", {}, {}, {"name": "新人", "role": "officer"}),
        *(("POST /v1/identity/actors/{id}/office", {"id": person.id}, {}, {"office": office}) for office, person in zip(("偵查隊", "督察組", "勤務中心"), (people["detective"], people["supervisor"], sender.second))),
        ("POST /v1/cameras", {}, {}, {"name": "永康 01", "position": here, "heading_deg": 90.0}),
        ("POST /v1/cameras", {}, {}, {"name": "永康 02", "position": {"lon": 120.21, "lat": 23.01}}),
        ("POST /v1/watchlists/entries", {}, {}, {"pattern": WANTED, "legal_basis": "stolen_vehicle", "owner": "刑警隊", "reason": TEXT, "action": "stop", "expires_at_us": now + 30 * DAY_US}, "detective"),
        ("POST /v1/watchlists/entries", {}, {}, {"pattern": PLATE, "legal_basis": "stolen_vehicle", "owner": "刑警隊", "reason": TEXT, "action": "observe", "expires_at_us": now + 30 * DAY_US}, "detective"),
        ("POST /v1/watchlists/entries/{id}/approve", lambda: {"id": first("entries")}, {}, {}, "supervisor"),
        ("POST /v1/watchlists/entries/{id}/approve", lambda: {"id": last("entries")}, {}, {}, "supervisor"),
        ("POST /v1/sightings", {}, {}, lambda: {"model": "contract", "sent_at_us": now_us(), "sightings": [passage(PLATE), passage(WANTED)]}),
        ("GET /v1/sightings", {}, {"plate": PLATE, **span}, None),
        ("GET /v1/sightings/seen", {}, {"plate": PLATE}, None),
        ("GET /v1/sightings/trajectory", {}, {"plate": PLATE, **span}, None),
        ("GET /v1/sightings/plates", {}, {"plate": "KLM*", **span}, None),
        ("GET /v1/sightings/counts", {}, span, None),
        ("GET /v1/hits", {}, {}, None),
        ("POST /v1/sightings/area", {}, {}, {"area": {"kind": "circle", "center": here, "radius_m": 500}, **span}),
        ("POST /v1/sightings/area/plates", {}, {}, {"area": {"kind": "circle", "center": here, "radius_m": 500}, **span}),
        ("POST /v1/sightings/convoys", {}, {}, {"plate": PLATE, **span}),
        ("POST /v1/sightings/meetings", {}, {}, {"plates": [PLATE, WANTED], **span}),
        ("POST /v1/sightings/zones", {}, {}, {"vehicles": [{"plate": PLATE, "stolen_at_us": now - 2 * DAY_US}]}),
        ("POST /v1/sightings/holds", {}, {}, lambda: {"sighting": last("sightings"), "note": TEXT, "until_us": now + 30 * DAY_US}),
        ("POST /v1/sightings/exports", {}, {}, {"question": {"kind": "history", "plate": PLATE}, **span, "format": "csv"}),
        ("POST /v1/sightings/feeds", {}, {}, {"name": "tainan-parking", "title": "停車場", "class": "parking", "mapping": {"plate": "plate", "time": "time", "site": "site"}, "device": partner.id, "expires_at_us": now + 30 * DAY_US}),
        ("POST /v1/incidents", {}, {}, {"origin": "call", "priority": 2, "kind": "burglary", "summary": "侵入住宅", "position": here}),
        ("POST /v1/incidents/{id}/assignments", incident, {}, {"unit": unit}),
        ("GET /v1/assignments/mine", {}, {}, None, "officer"),
        ("POST /v1/units/mine/position", {}, {}, lambda: {"position": here, "measured_at_us": now_us(), "accuracy_m": 5.0}, "officer"),
        ("POST /v1/incidents/{id}/level", incident, {}, {"level": 2}),
        ("POST /v1/calls", {}, {}, {"ref": "contract-1", "news": "ringing", "kind": "voice", "line": "110-1"}),
        ("GET /v1/calls", {}, {}, None),
        ("POST /v1/calls/{id}/take", lambda: {"id": last("calls")}, {}, {}, "dispatcher"),
        ("POST /v1/calls/{id}/caller/link", lambda: {"id": last("calls")}, {}, {}, "dispatcher"),
        ("POST /v1/shifts", {}, {}, {"unit": unit, "name": "早班", "from_us": now + DAY_US, "until_us": now + DAY_US + 8 * HOUR_US}),
        ("POST /v1/dispatch/partners", {}, {}, {"device": partner.id, "title": "消防局", "element": "fire.tainan.example"}),
        ("POST /v1/webhooks", {}, {}, {"title": "看板", "url": "https://board.example/hook", "kinds": ["incident_opened"]}),
        ("POST /v1/positions/trackers", {}, {}, {"name": "永康 1 手機", "protocol": "osmand", "unit": unit}),
        ("POST /v1/warnings/drafts", {}, {}, {"kind": "alert", "status": "Actual", "category": "Safety", "response": "Avoid", "urgency": "Immediate", "severity": "Severe", "certainty": "Observed", "expires_at_us": now + 6 * HOUR_US,
                                              "texts": [{"language": "zh-TW", "event": "道路封閉", "headline": "永康路口封閉", "description": "請改道"}], "area": {"description": "永康", "circles": [{"centre": here, "radius_m": 500}]}}),
        ("POST /v1/patrol/tours", {}, {}, {"from_us": now + DAY_US, "to_us": now + DAY_US + 8 * HOUR_US, "units": [unit], "base": here}),
        ("POST /v1/oversight/breaches", {}, {}, {"known_at_us": now - HOUR_US, "since_us": now - DAY_US, "what": TEXT, "data": "車輛行跡", "persons": 3}),
        ("POST /v1/oversight/observations", {}, {}, {"plates": [PLATE], "case_ref": number, "basis": "serious_offence", "reason": TEXT, "from_us": now - 3 * DAY_US, "until_us": now, "term_days": 30}),
        ("POST /v1/oversight/openings", {}, {}, {"plate": PLATE, "incident": number}),
        ("POST /v1/oversight/inquiries", {}, {}, {"plate": PLATE, "document": "id_card", "document_number": "A123456789", "claim": "keeper", "claim_shown": "行照"}),
        ("POST /v1/oversight/seals", {}, {}, lambda: {"case_ref": number, "plates": [WANTED], "members": [people["detective"].id], "decider": sender.second.id, "reason": TEXT, "until_us": now + 30 * DAY_US}),
        ("POST /v1/oversight/misuse/marks", {}, {}, {"plate": "ABC-1235", "kind": "decoy", "note": TEXT}),
        ("GET /v1/oversight/audit", {}, {}, None),
        ("POST /v1/oversight/disclosures", {}, {}, {"request_ref": "115-函-12", "basis": "個資法 §16", "scope": {"by": "time", "from_us": now - DAY_US, "until_us": now - HOUR_US}}),
        ("GET /v1/dispatch/intervals", {}, span, None),
        ("GET /v1/positions/units/{id}/track", {"id": unit}, span, None),
        ("GET /v1/positions/units/{id}/track.gpx", {"id": unit}, span, None),
        ("GET /v1/incidents/{id}/replay", incident, {}, None),
        ("GET /v1/patrol/streets/lines", {}, {"west": 120.1, "south": 22.9, "east": 120.3, "north": 23.1}, None),
        ("POST /v1/units", {}, {}, {"call_sign": "永康 9", "kind": "car"}),
        ("POST /v1/incidents/{id}/notes", incident, {}, {"text": "報案人在場"}),
        ("POST /v1/units/{id}/skills", {"id": unit}, {}, {"skills": []}),
        ("GET /v1/patrol/tours/report", {}, {"from_us": now - DAY_US, "to_us": now}, None),
        # The webhook of above leads nowhere, so that this cannot be told.
        ("POST /v1/incidents", {}, {}, {"origin": "call", "priority": 3, "kind": "burglary", "summary": "後門被撬開", "position": here}),
        ("POST /v1/operations/jobs/{id}/retry", lambda: {"id": sender.failed_job()}, {}, {}),
    ]
    for one in begun:
        what, parts, query, body, role = (*one, None)[:5]
        parts, body = (made() if callable(made) else made for made in (parts, body))
        yield what, parts, query, body, role, questions
