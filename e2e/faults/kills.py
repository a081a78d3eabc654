"""Kills, power cuts and full disks while everything is written."""
import os, shutil, time

from house import House
from lake import Image
from load import RUNNING_S, City

READY_MS_MAX = 2_000


class Killed:
    """One house that is killed again and again. `settle` comes last, because requests that were cut off count as running for half a minute."""

    def __init__(self, options, chance, folder=None):
        self.options, self.chance = options, chance
        self.house = House(options.program, folder)
        if self.house.start() is None:
            raise RuntimeError(f"the server does not start: {self.house.look()[-600:]}")
        self.city, self.last_kill = City(self.house, chance.random()), time.monotonic()

    def once(self, number):
        self.city.write(self.chance.uniform(0.05, 0.8), self.house.stop)
        self.last_kill = time.monotonic()
        return self.judged("kill -9", number, self.last_kill)

    def judged(self, fault, number, killed_at):
        ready = self.house.start()
        if ready is None:
            said = self.house.look()[-600:]
            panics, self.house.panics = self.house.panics, []
            return {"fault": fault, "n": number, "failure": f"does not start again: {said}", "lost": 0, "doubled": 0, "panics": len(panics), "ready_ms": None}
        try:
            wrong = self.city.judge(killed_at)
        except RuntimeError as error:
            return result_of(fault, number, [], self, ready, f"is up and does not answer: {error}")
        verified = self.house.command("verify")
        return result_of(fault, number, wrong, self, ready, None if verified.returncode == 0 else f"verify: {(verified.stdout + verified.stderr)[-400:]}")

    def settle(self):
        """Every write that was cut off is asked for again under its key, when it may run again."""
        if self.house.server.poll() is not None:
            return None
        time.sleep(max(0.0, RUNNING_S - (time.monotonic() - self.last_kill)))
        asked, odd = self.city.retry()
        wrong = self.city.judge()
        result = result_of("asked again", asked, wrong, self, None, "; ".join(odd) or None)
        result["asked"] = asked
        return result


def result_of(fault, number, wrong, killed, ready, failure=None):
    lost, doubled = (sum(1 for _, how in wrong if how == what) for what in ("lost", "doubled"))
    if wrong:
        failure = "; ".join(f"{what}: {how}" for what, how in wrong[:4]) + (f" and {len(wrong) - 4} more" if len(wrong) > 4 else "")
    killed.house.look()
    panics, killed.house.panics = killed.house.panics, []
    if panics:
        failure = f"panicked at {panics[:3]}"
    return {"fault": fault, "n": number, "failure": failure, "lost": lost, "doubled": doubled, "panics": len(panics),
            "acknowledged": killed.city.ledger.count(), "late": sum(killed.city.ledger.late.values()), "unsure_fixes": killed.city.unsure_fixes, "ready_ms": None if ready is None else round(ready * 1000)}


def kills(options, chance, results):
    """Gives the last house, still running, for `settle`."""
    killed = None
    for number in range(options.kills):
        if number % options.rounds_per_house == 0:
            finish(killed, results)
            killed = Killed(options, chance)
        results.append(killed.once(number))
        if results[-1]["failure"] and killed.house.server.poll() is not None:
            killed = None if options.keep else finish(killed, results)
            if options.keep:
                break
    return killed


def finish(killed, results):
    if killed:
        settled = killed.settle()
        if settled:
            results.append(settled)
        killed.house.close()


def power_cuts(options, chance, results):
    """Returns why it could not be done, if so. As in lake.py, words that come after the cut began are not believed and not counted as lost."""
    kinds = [kind for kind in ("ext4", "xfs") if shutil.which(f"mkfs.{kind}")]
    if os.geteuid() or not kinds:
        return "power cuts need root and mkfs.ext4 or mkfs.xfs"
    image = killed = None
    try:
        for number in range(options.power_cuts):
            if number % options.rounds_per_house == 0:
                image = _unplug(killed, image)
                try:
                    image = Image(kinds[(number // options.rounds_per_house) % len(kinds)])
                except Exception as error:  # whatever mount says: then it cannot be done here
                    return f"no loop device can be mounted here ({error})"
                killed = Killed(options, chance, os.path.join(image.mount_point, "house"))
            ledger = killed.city.ledger

            def cut():
                ledger.is_cut = True
                killed.last_kill = time.monotonic()
                image.cut_power()
                killed.house.stop()

            killed.city.write(chance.uniform(0.1, 0.9), cut)
            image.unmount()
            image.mount()
            ledger.is_cut = False
            results.append(killed.judged("power cut", number, killed.last_kill))
            if killed.house.server.poll() is not None:
                break
    finally:
        _unplug(killed, image)
    return None


def _unplug(killed, image):
    if killed:
        killed.house.stop()
        killed.house.close()
    if image:
        image.close()


def full_disks(options, chance, results):
    """A disk of its own that fills up while everything is written, and has room again later. Returns why it could not be done, if so."""
    if os.geteuid() or not shutil.which("mkfs.ext4"):
        return "a full disk needs root and mkfs.ext4"
    try:
        image = Image("ext4", mib=160)
    except Exception as error:
        return f"no loop device can be mounted here ({error})"
    killed = Killed(options, chance, os.path.join(image.mount_point, "house"))
    ballast = os.path.join(image.mount_point, "ballast")
    try:
        for number in range(options.full_disks):
            results.append(_fill_once(killed, image, ballast, chance, number))
            if killed.house.server.poll() is not None:
                break
    finally:
        _unplug(killed, image)
    return None


def fill(path, room):
    """Takes all of the disk but `room` bytes."""
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * (1 << 20))
        except OSError:
            pass
        file.truncate(max(0, os.path.getsize(path) - room))
        os.fsync(file.fileno())


def _fill_once(killed, image, ballast, chance, number):
    fill(ballast, room=int(chance.choice([0, 1, 8, 64, 300]) * 4096 * chance.random()))
    ledger = killed.city.ledger
    before, acked = ledger.problems.copy(), ledger.count()
    killed.city.is_disk_failing = True
    killed.city.write(chance.uniform(0.5, 1.2), lambda: None)
    said = ledger.problems - before
    while_full = ledger.count() - acked
    os.remove(ballast)
    recovered = recovery_s(killed.city)
    killed.city.is_disk_failing = False
    killed.house.stop()
    result = killed.judged("full disk", number, time.monotonic())
    result |= {"said": dict(said), "acknowledged_while_full": while_full, "recovered_s": recovered}
    unclear = [one for one in said if not one.split()[0].isdigit() or one.endswith("None")]
    if not result["failure"] and isinstance(recovered, dict):
        result["failure"] = f"does not take writes again when there is room: {recovered}"
    if not result["failure"] and unclear:
        result["failure"] = f"answers that do not say what is wrong: {unclear}"
    return result


def recovery_s(city, within_s=60):
    """Until every kind of write is acknowledged again; where that takes longer, what was said last of each that is not."""
    began, waiting, said = time.monotonic(), dict(city.acts()), {}
    while waiting and time.monotonic() - began < within_s:
        for name, act in list(waiting.items()):
            answer = act()
            if answer.is_ok:
                del waiting[name]
            else:
                said[name] = f"{answer.status} {answer.key}"
        if waiting:
            time.sleep(0.1)
    return {name: said[name] for name in waiting} if waiting else round(time.monotonic() - began, 2)
