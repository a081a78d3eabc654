"""The library that stands between the server and the disk and the clock (shim.c), and the switches of it."""
import errno, mmap, os, shutil, struct, subprocess, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FIELDS = ("done", "fail_from", "fail_until", "error", "kinds", "failed", "clock_us")
WRITE, SYNC, LENGTH, NAME = 1, 2, 4, 8
ALL = WRITE | SYNC | LENGTH | NAME
EIO, ENOSPC = errno.EIO, errno.ENOSPC


class NoShim(Exception):
    """Why there is none here."""


class Shim:
    def __init__(self, folder):
        compiler = shutil.which("cc")
        if not compiler:
            raise NoShim("no C compiler")
        self.home = tempfile.mkdtemp(prefix="shouhu-shim-")
        library, file = os.path.join(self.home, "shim.so"), os.path.join(self.home, "control")
        built = subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, os.path.join(HERE, "shim.c"), "-ldl"], capture_output=True, text=True)
        if built.returncode:
            raise NoShim(f"shim.c cannot be built: {built.stderr[-300:]}")
        with open(file, "wb") as control:
            control.write(bytes(4096))
        with open(file, "r+b") as control:
            self.mapped = mmap.mmap(control.fileno(), 4096)
        self.environment = {"LD_PRELOAD": library, "SHOUHU_FAULTS_CONTROL": file, "SHOUHU_FAULTS_UNDER": os.path.realpath(folder)}

    def get(self, field):
        return struct.unpack_from("<q", self.mapped, 8 * FIELDS.index(field))[0]

    def set(self, **fields):
        for field, value in fields.items():
            struct.pack_into("<q", self.mapped, 8 * FIELDS.index(field), value)

    def fail(self, nth, error, times=1, kinds=ALL):
        """The nth input or output from now on, and so many of them."""
        self.set(fail_from=0, kinds=kinds, error=error, failed=0)
        first = self.get("done") + nth
        self.set(fail_until=first + times - 1)
        self.set(fail_from=first)

    def heal(self):
        self.set(fail_from=0)

    def close(self):
        self.mapped.close()
        shutil.rmtree(self.home, ignore_errors=True)
