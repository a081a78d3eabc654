#!/usr/bin/env python3
"""Kills a lake that is being written, or cuts its power, and looks whether anything that was acknowledged is lost.

    e2e/faults/lake.py --kills 20 --power-cuts 5 --seed 1 [--program target/release/shouhu-faults] [--report report.json]

A kill is SIGKILL of the writer. A power cut is the shutdown ioctl of the file system (ext4 or XFS in a loop image) without
flushing its log: what was not synced is gone, as when the plug is pulled; it needs root and loop devices. After each fault
the lake is opened again by a fresh program, which must be ready, whole, and hold every acknowledged sequence exactly once.
After a power cut that is what was acknowledged before the cut began. A machine without power says nothing more, but here the
writer lives on for a moment, and an fsync that runs while the file system goes down may still report success (ext4 returns 0
for a transaction that the aborted journal has dropped): such late words are counted by themselves and never as lost.
Closing line: `N passed, N failed, N skipped`.
"""
import argparse, fcntl, json, os, random, shutil, struct, subprocess, sys, tempfile, time

GOING_DOWN = 0x8004587D          # _IOR('X', 125, uint32): EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN
NO_LOG_FLUSH = 2
IMAGE_MIB = 700


def lines(said):
    return said.decode().splitlines(keepends=True)


def acknowledged(said, into):
    for line in said:
        word, *numbers = line.split()
        if word == "ack" and len(numbers) == 3 and line.endswith("\n"):
            device, first, last = map(int, numbers)
            into.setdefault(device, set()).update(range(first, last + 1))


def found(text):
    """`check` prints JSON: ready_ms, rows, damaged [..], devices {number: [[first, last], ..]}, doubled, wrong."""
    report = json.loads(text)
    report["devices"] = {int(d): {n for a, b in ranges for n in range(a, b + 1)} for d, ranges in report["devices"].items()}
    return report


class Round:
    def __init__(self, options, folder):
        self.options, self.folder, self.acks, self.late = options, folder, {}, {}

    def write(self, seed, for_s, cut, ends_words=False):
        """Lets a writer run, then cuts. Gives what it said about itself on standard error."""
        out = tempfile.TemporaryFile("w+")
        writer = subprocess.Popen([self.options.program, "write", self.folder, "--seed", str(seed)], stdout=out, stderr=subprocess.PIPE, text=True)
        try:
            writer.wait(for_s)
        except subprocess.TimeoutExpired:
            pass
        died_early = writer.poll()
        said_bytes = os.fstat(out.fileno()).st_size if ends_words else None
        cut()
        writer.kill()
        complaint = writer.stderr.read()
        writer.wait()
        out.seek(0)
        said = out.buffer.read()
        acknowledged(lines(said[:said_bytes]), self.acks)
        self.late = {}
        acknowledged(lines(said) if ends_words else [], self.late)
        self.late = {device: sent - self.acks.get(device, set()) for device, sent in self.late.items()}
        return None if died_early is None else f"the writer ended by itself with {died_early}: {complaint[-400:]}"

    def judge(self):
        checked = subprocess.run([self.options.program, "check", self.folder], capture_output=True, text=True)
        if checked.returncode:
            return {"failure": f"check: {checked.stderr[-400:]}", "lost": 0, "late_lost": 0, "doubled": 0, "wrong": 0, "ready_ms": None, "rows": 0}
        report = found(checked.stdout)
        missing = lambda acks: sum(len(sent - report["devices"].get(device, set())) for device, sent in acks.items())
        lost = missing(self.acks)
        bad = lost or report["doubled"] or report["wrong"] or report["damaged"]
        return {"failure": f"lost {lost}, doubled {report['doubled']}, wrong {report['wrong']}, damaged {report['damaged']}" if bad else None,
                "lost": lost, "late_lost": missing(self.late), "doubled": report["doubled"], "wrong": report["wrong"], "ready_ms": report["ready_ms"], "rows": report["rows"]}


def kills(options, chance, results):
    folder = tempfile.mkdtemp(prefix="lake-kill-")
    round_ = Round(options, folder)
    for n in range(options.kills):
        complaint = round_.write(options.seed * 1000 + n, chance.uniform(0.03, 0.9), lambda: None)
        result = round_.judge()
        result["failure"] = complaint or result["failure"]
        results.append({"fault": "kill -9", "n": n, **result})
        if result["failure"] and options.keep:
            print(f"kept {folder}")
            sys.exit(1)
        if (n + 1) % options.rounds_per_lake == 0:
            shutil.rmtree(folder)
            folder = tempfile.mkdtemp(prefix="lake-kill-")
            round_ = Round(options, folder)
    shutil.rmtree(folder)


class Image:
    """A file system in a file that can lose power."""

    def __init__(self, kind, mib=IMAGE_MIB):
        self.home = tempfile.mkdtemp(prefix="lake-power-")
        self.file, self.mount_point = f"{self.home}/image", f"{self.home}/mnt"
        os.mkdir(self.mount_point)
        with open(self.file, "wb") as image:
            image.truncate(mib << 20)
        subprocess.run([f"mkfs.{kind}", "-q", self.file], check=True, capture_output=True)
        self.mount()

    def mount(self):
        subprocess.run(["mount", "-o", "loop", self.file, self.mount_point], check=True, capture_output=True)

    def cut_power(self):
        fd = os.open(self.mount_point, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, GOING_DOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(fd)

    def unmount(self):
        for _ in range(50):
            if subprocess.run(["umount", self.mount_point], capture_output=True).returncode == 0:
                return
            time.sleep(0.1)  # the dead writer's files are still being closed
        raise RuntimeError(f"{self.mount_point} stays busy")

    def close(self):
        self.unmount()
        shutil.rmtree(self.home)


def power_cuts(options, chance, results):
    """Returns why it could not be done, if so."""
    kinds = [kind for kind in ("ext4", "xfs") if shutil.which(f"mkfs.{kind}")]
    if os.geteuid() or not kinds:
        return "power cuts need root and mkfs.ext4 or mkfs.xfs"
    image = None
    for n in range(options.power_cuts):
        if n % options.rounds_per_lake == 0:
            if image:
                image.close()
            try:
                image = Image(kinds[(n // options.rounds_per_lake) % len(kinds)])
            except (subprocess.CalledProcessError, OSError) as error:
                return f"no loop device can be mounted here ({error})"
            round_ = Round(options, f"{image.mount_point}/lake")
        complaint = round_.write(options.seed * 7000 + n, chance.uniform(0.1, 1.0), image.cut_power, ends_words=True)
        image.unmount()
        image.mount()
        result = round_.judge()
        result["failure"] = complaint or result["failure"]
        results.append({"fault": "power cut", "n": n, **result})
    if image:
        image.close()
    return None


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--power-cuts", type=int, default=5)
    options.add_argument("--rounds-per-lake", type=int, default=10, help="faults that one lake lives through")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--program", default="target/release/shouhu-faults")
    options.add_argument("--keep", action="store_true", help="stop at the first killed lake that is not whole, and leave it there")
    options.add_argument("--report")
    options = options.parse_args()
    chance, results, skipped = random.Random(options.seed), [], 0
    kills(options, chance, results)
    refusal = power_cuts(options, chance, results) if options.power_cuts else None
    if refusal:
        skipped = options.power_cuts
        print(f"skipped {skipped} power cuts: {refusal}")
    failed = [r for r in results if r["failure"]]
    for r in failed:
        print(f"{r['fault']} {r['n']}: {r['failure']}")
    for fault in sorted({r["fault"] for r in results}):
        of = [r for r in results if r["fault"] == fault]
        ready = sorted(r["ready_ms"] for r in of if r["ready_ms"] is not None)
        print(f"{fault}: {len(of)} times, up to {max(r['rows'] for r in of)} rows in the lake, lost {sum(r['lost'] for r in of)}, "
              f"said after the cut began and gone {sum(r['late_lost'] for r in of)}, "
              f"doubled {sum(r['doubled'] for r in of)}, ready again p50 {ready[len(ready) // 2] if ready else '-'} ms, worst {ready[-1] if ready else '-'} ms (seed {options.seed})")
    if options.report:
        with open(options.report, "w") as file:
            json.dump(results, file, indent=1)
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
