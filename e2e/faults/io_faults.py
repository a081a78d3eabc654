"""Writes, syncs and names that fail, one by one at every place where the server makes one."""
import errno, os, time

from house import House
from kills import Killed, result_of
from shim import ALL, EIO, ENOSPC, NoShim, SYNC, Shim

FOR_EVER = 1 << 40
RECOVERS_S = 5
# Whoever asks while the disk fails is told so, and does not wait for it as for another writer (10 s).
TELLS_S = 8
# What a disk that fails may make the server say: that it did not, and why.
CLEAR = {"503 audit.unavailable", "503 store.unavailable", "503 store.busy", "507 store.disk_full", "500 store.failed", "500 blobs.disk", "507 blobs.disk",
         "500 lakehouse.failed", "503 lakehouse.stopped", "503 positions.not_kept", "409 http.idempotency.running", "409 http.idempotency.answer_lost"}


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

    def cost(self, act):
        """Inputs and outputs of an act when all goes well and nothing else goes on."""
        self.shim.set(kinds=ALL)

        def once():
            before = self.shim.get("done")
            act()
            return self.shim.get("done") - before

        return min(once() for _ in range(4))


def io_faults(options, chance, results):
    """Returns why it could not be done, if so. `options.io_faults` places; 0 for every one."""
    try:
        shimmed = Shimmed(options, chance)
    except NoShim as reason:
        return str(reason)
    try:
        places = [(error, kinds, name, nth, times)
                  for name, act in shimmed.city.acts().items()
                  for nth in range(1, shimmed.cost(act) + 2)
                  for error, kinds, times in ((EIO, SYNC, 1), (EIO, ALL, 1), (ENOSPC, ALL, 1), (ENOSPC, ALL, FOR_EVER), (EIO, ALL, FOR_EVER))]
        if options.io_faults:
            places = chance.sample(places, min(options.io_faults, len(places)))
        for number, place in enumerate(places):
            results.append(_fail_at(shimmed, number, *place))
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
    finally:
        shimmed.close()
    return None


def _fail_at(shimmed, number, error, kinds, name, nth, times):
    act = shimmed.city.acts()[name]
    shimmed.shim.fail(nth, error, times, kinds)
    shimmed.city.is_disk_failing = True
    asked = time.monotonic()
    answer = act()
    told_s = time.monotonic() - asked
    hit = shimmed.shim.get("failed")
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
    what = f"{errno.errorcode[error]} at {'sync' if kinds == SYNC else 'i/o'} {nth}{' and on' if times > 1 else ''} of {name}"
    result = result_of("i/o fault", number, [], shimmed, None, failure and f"{what}: {failure}")
    return result | {"place": what, "hit": hit, "said": said, "told_s": round(told_s, 3), "recovered_s": round(time.monotonic() - began, 3)}


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
        results.append(result_of("i/o fault at start", number, [], shimmed, None, failure and f"{what}: {failure}") | {"place": what, "started": up is not None})
    shimmed.house.start()
    results.append(result_of("restart after i/o faults", len(places), shimmed.city.judge(time.monotonic()), shimmed, None))
