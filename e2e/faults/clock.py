"""A server whose wall clock is a day behind or a year ahead for a while, as after a dead battery or a wrong time server."""
import time

from io_faults import Shimmed
from kills import result_of
from shim import NoShim

DAY_US = 86_400_000_000
YEAR_US = 365 * DAY_US
LOOKS_S = 3          # jobs that are due are looked for twice a second
# What a wrong clock may make the server say: it says so, and nobody has to guess.
CLEAR = {"identity.session_required", "dispatch.position.from_the_future", "identity.device_clock", "positions.from_the_future"}


def clock(options, chance, results):
    """Returns why it could not be done, if so."""
    for name, shift_us, restarts in (("a day behind", -DAY_US, False), ("a year ahead", YEAR_US, False), ("a year ahead over a restart", YEAR_US, True)):
        try:
            shimmed = Shimmed(options, chance)
        except NoShim as reason:
            return str(reason)
        try:
            results.append(_wrong_for_a_while(shimmed, name, shift_us, restarts))
        finally:
            shimmed.close()
    return None


def passages(city):
    """How many there are at all, whenever."""
    retention = city.must(city.people["supervisor"].get("/v1/sightings/retention")).json
    return sum(one["sightings"] for one in retention["classes"])


def _wrong_for_a_while(shimmed, name, shift_us, restarts):
    city, house = shimmed.city, shimmed.house
    for _ in range(3):
        for act in city.acts().values():
            act()
    time.sleep(1.5)
    before = city.judge(time.monotonic())
    states = _states(city)
    if restarts:
        house.stop(15)
    shimmed.shim.set(clock_us=shift_us)
    if restarts and house.start() is None:
        return result_of("clock", 0, before, shimmed, None, f"{name}: does not start: {house.look()[-300:]}")
    unsure = len(city.batches)
    # The server ends connections that it takes for a year old; the next one is answered.
    said = {what: (answer if (answer := act()).status is not None else act()) for what, act in city.acts().items()}
    # Their times were put right by the wrong clock: sent again by the right one they would be other passages.
    while_wrong = sum(len(sent["batch"]) for sent in city.batches[unsure:] if sent["is_acked"])
    del city.batches[unsure:]
    time.sleep(LOOKS_S)
    shimmed.shim.set(clock_us=0)
    if restarts:
        house.stop(15)
        house.start()
    # Whoever was signed out by the wrong clock signs in again, as people would.
    for person in [*house.people.values(), city.driver, city.guest]:
        if person.get("/v1/identity/me").status == 401:
            person.sign_in()
    city.sessions = []
    after = {what: act() for what, act in city.acts().items()}
    time.sleep(1.5)
    city.fixes = {}
    wrong = before + city.judge(time.monotonic())
    verified = house.command("verify")
    failures = [f"verify: {(verified.stderr or verified.stdout)[-200:]}"] if verified.returncode else []
    failures += [f"{what} while wrong: {answer.status} {answer.key}" for what, answer in said.items() if answer.status is None or answer.status >= 500]
    failures += [f"{what} afterwards: {answer.status} {answer.key}" for what, answer in after.items() if not answer.is_ok]
    failures += _order(city)
    there, acked = passages(city), while_wrong + sum(len(sent["batch"]) for sent in city.batches)
    failures += [f"{there} passages are kept of {acked}"] if there != acked else []
    now = _states(city)
    failures += [f"{what} became {now.get(what)!r} by the wrong clock" for what, state in states.items() if now.get(what) != state]
    result = result_of("clock", 0, wrong, shimmed, None)
    if failures:
        result["failure"] = "; ".join([result["failure"] or "", *failures]).strip("; ")
    if result["failure"]:
        result["failure"] = f"{name}: {result['failure']}"
    return result | {"clock": name, "said": {what: f"{answer.status} {answer.key or ''}".strip() for what, answer in said.items()}}


def _states(city):
    """What time alone may not have changed: entries in force or waiting, pictures that can be seen."""
    found = {f"entry {one['pattern']}": one["state"] for one in city.pages(city.people["detective"], "/v1/watchlists/entries")}
    for sent in city.batches:
        if "crop_jpeg" in sent["batch"][0]:
            plate = sent["batch"][0]["plate"]
            for item in city.must(city.people["detective"].get(f"/v1/sightings?plate={plate}")).json["items"]:
                found[f"picture of {plate}"] = city.people["detective"].get(f"/v1/sightings/{item['id']}/crop").status
    return found


def _order(city):
    """Leaves are numbered without a gap, whatever the clock said."""
    seqs = [leaf["seq"] for leaf in city.pages(city.people["auditor"], "/v1/oversight/audit")]
    return [] if seqs == list(range(len(seqs), 0, -1)) else ["the audit log's numbers have a gap"]
