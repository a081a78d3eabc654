"""Writes, syncs and names that fail, one by one at every place where the server makes one.

An act does not always make the same inputs and outputs: a place that the fault did not reach proves nothing, is tried again, and is told by a name of its own.
"""
import errno, os, time

from house import House
from kills import Killed, result_of
from load import FIX_ON_DISK_S
from shim import ALL, EIO, ENOSPC, NoShim, SYNC, Shim

FOR_EVER = 1 << 40
RECOVERS_S = 5
# Whoever asks while the disk fails is told so, and does not wait for it as for another writer (10 s).
TELLS_S = 8
# So often a place is tried that the fault did not reach.
TRIES = 3
# Of the places that are tried; fewer struck is no test.
STRUCK_SHARE_MIN = 0.5
# One of so many attempts at an act strikes, or the fault does not meet that act at all.
ATTEMPTS_MIN = 3
# What a disk that fails may make the server say: that it did not, and why.
CLEAR = {"503 audit.unavailable", "503 store.unavailable", "503 store.busy", "507 store.disk_full", "500 store.failed", "500 blobs.disk", "507 blobs.disk",
         "500 lakehouse.failed", "503 lakehouse.stopped", "503 positions.not_kept", "503 dispatch.position.not_written", "409 http.idempotency.running", "409 http.idempotency.answer_lost"}


# Acts that are written after they are answered.
LATER = ("fix",)
# Which inputs and outputs fail, with what, and how many of them.
FAULTS = ((EIO, SYNC, 1), (EIO, ALL, 1), (ENOSPC, ALL, 1), (ENOSPC, ALL, FOR_EVER), (EIO, ALL, FOR_EVER))


class Shimmed(Killed):
    def __init__(self, options, chance):
        self.options, self.chance = options, chance
        self.house = House(options.program)
        os.makedirs(self.house.data)
        self.shim = Shim(self.house.data)
        self.house.environment = self.shim.environment
        if self.house.start() is None:
            raise RuntimeError(f"the server does not start: {self.house.look()[-600:]}")
        from load import City
        self.city, self.last_kill = City(self.house, chance.random()), time.monotonic()

    def close(self):
        self.house.close()
        self.shim.close()

    def cost(self, name, act, kinds):
        """Inputs and outputs of these kinds that an act makes when all goes well and nothing else goes on."""
        self.shim.set(kinds=kinds)

        def once():
            before = self.shim.get("done")
            act()
            if name in LATER:
                time.sleep(FIX_ON_DISK_S)
            return self.shim.get("done") - before

        return min(once() for _ in range(4))

    def await_strike(self, name):
        """How often the fault struck; what is written after its answer has time for it."""
        until = time.monotonic() + (FIX_ON_DISK_S if name in LATER else 0)
        while not (hit := self.shim.get("failed")) and time.monotonic() < until:
            time.sleep(0.01)
        return hit


def io_faults(options, chance, results):
    """Returns why it could not be done, if so. `options.io_faults` places; 0 for every one."""
    try:
        shimmed = Shimmed(options, chance)
    except NoShim as reason:
        return str(reason)
    try:
        costs = {(name, kinds): shimmed.cost(name, act, kinds) for name, act in shimmed.city.acts().items() for kinds in (ALL, SYNC)}
        places = places_of(costs)
        if options.io_faults:
            places = chance.sample(places, min(options.io_faults, len(places)))
        for number, place in enumerate(places):
            results.append(_strike_at(shimmed, number, *place))
            if results[-1]["failure"] and "recover" in results[-1]["failure"]:
                # One that stays broken would be blamed on every later place too.
                shimmed.house.stop()
                results.append(shimmed.judged("restart after an i/o fault", number, time.monotonic()))
            if number % 25 == 24 or number == len(places) - 1:
                shimmed.house.stop()
                results.append(shimmed.judged("restart after i/o faults", number, time.monotonic()))
                if shimmed.house.server.poll() is not None:
                    break
        _starts(shimmed, options, chance, results)
        results.append(result_of("i/o faults that struck", len(places), [], shimmed, None, unstruck(costs, results)))
    finally:
        shimmed.close()
    return None


def places_of(costs):
    """Every place of every act, once for each fault. `costs`: inputs and outputs by act and kinds."""
    return [(error, kinds, name, nth, times)
            for name in dict.fromkeys(name for name, _ in costs)
            for error, kinds, times in FAULTS
            for nth in range(1, costs[name, kinds] + 1)]


def unstruck(costs, results):
    """Why these attempts prove too little, if so: a fault that is not met is passed by everything."""
    silent = [f"{name} makes no {'sync' if kinds == SYNC else 'i/o'}" for (name, kinds), cost in costs.items() if not cost]
    tried, struck = {}, {}
    for one in results:
        if "aim" in one:
            tried[one["aim"]] = tried.get(one["aim"], 0) + 1
            struck[one["aim"]] = struck.get(one["aim"], 0) + bool(one["hit"])
    silent += [f"{aim} was tried {count} times and never struck" for aim, count in tried.items() if count >= ATTEMPTS_MIN and not struck[aim]]
    if sum(struck.values()) < STRUCK_SHARE_MIN * sum(tried.values()) or not tried:
        silent.append(f"of {sum(tried.values())} places {sum(struck.values())} were struck")
    return "; ".join(silent) or None


def _strike_at(shimmed, number, *place):
    for _ in range(TRIES):
        result = _fail_at(shimmed, number, *place)
        if result["hit"] or result["failure"]:
            break
    return result


def _fail_at(shimmed, number, error, kinds, name, nth, times):
    act = shimmed.city.acts()[name]
    shimmed.shim.fail(nth, error, times, kinds)
    shimmed.city.is_disk_failing = True
    asked = time.monotonic()
    answer = act()
    told_s = time.monotonic() - asked
    hit = shimmed.await_strike(name)
    shimmed.shim.heal()
    shimmed.city.is_disk_failing = False
    began, failure = time.monotonic(), None
    said = f"{answer.status} {answer.key}"
    if not answer.is_ok and said not in CLEAR:
        failure = f"says {said}"
    if told_s > TELLS_S:
        failure = f"says {said} only after {told_s:.1f} s"
    while not (after := act()).is_ok:
        if time.monotonic() - began > RECOVERS_S:
            failure = f"does not recover: {after.status} {after.key}"
            break
        time.sleep(0.05)
    at = "sync" if kinds == SYNC else "i/o"
    what = f"{errno.errorcode[error]} at {at} {nth}{' and on' if times > 1 else ''} of {name}"
    result = result_of("i/o fault" if hit else "i/o place not reached", number, [], shimmed, None, failure and f"{what}: {failure}")
    return result | {"place": what, "aim": f"{at} of {name}", "hit": hit, "said": said, "told_s": round(told_s, 3), "recovered_s": round(time.monotonic() - began, 3)}


def _starts(shimmed, options, chance, results):
    """A start that meets a failing disk comes up or says what is wrong, and the next one is well."""
    shimmed.house.stop()
    shimmed.shim.set(kinds=ALL, done=0)
    shimmed.house.start()
    count = shimmed.shim.get("done")
    shimmed.house.stop()
    places = [(nth, error) for nth in range(1, count + 1) for error in (EIO, ENOSPC)]
    if options.io_faults:
        places = chance.sample(places, min(len(places), max(2, options.io_faults // 8)))
    for number, (nth, error) in enumerate(places):
        shimmed.shim.set(done=0)
        shimmed.shim.fail(nth, error)
        up = shimmed.house.start()
        hit = shimmed.shim.get("failed")
        shimmed.shim.heal()
        said = shimmed.house.look()
        failure = None
        if up is None and shimmed.house.server.poll() is None:
            failure = "neither starts nor ends"
        elif up is None and "Error" not in said:
            failure = f"ends without a word: {said[-300:]}"
        if up is None:
            shimmed.house.stop()
        well = shimmed.house.start() if up is None else up
        if well is None:
            failure = f"does not start on a sound disk afterwards: {shimmed.house.look()[-400:]}"
        shimmed.house.stop()
        what = f"{errno.errorcode[error]} at i/o {nth} of a start"
        result = result_of("i/o fault at start" if hit else "i/o place of a start not reached", number, [], shimmed, None, failure and f"{what}: {failure}")
        results.append(result | {"place": what, "aim": "i/o of a start", "hit": hit, "started": up is not None})
    shimmed.house.start()
    results.append(result_of("restart after i/o faults", len(places), shimmed.city.judge(time.monotonic()), shimmed, None))
