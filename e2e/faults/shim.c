/* Stands between the server and the C library (LD_PRELOAD): fails chosen inputs and outputs below one folder, and shifts the wall clock.
 *
 * What to fail is read from a file that both processes have mapped, so that a test turns it on and off while the server runs.
 * The monotonic clock is left alone: a machine whose clock was set wrongly still counts seconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct control {
    int64_t done;        /* writes, syncs, lengths, names so far */
    int64_t fail_from;   /* first that fails, by that count; 0: none */
    int64_t fail_until;  /* last that fails */
    int64_t error;
    int64_t kinds;       /* of KIND_*: what is counted and may fail */
    int64_t failed;      /* how many did */
    int64_t clock_us;    /* added to the wall clock */
};
enum { KIND_WRITE = 1, KIND_SYNC = 2, KIND_LENGTH = 4, KIND_NAME = 8 };

static struct control nothing;
static struct control *control = &nothing;
static char under[PATH_MAX];
static size_t under_length;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("SHOUHU_FAULTS_CONTROL"), *folder = getenv("SHOUHU_FAULTS_UNDER");
    if (!path || !folder) return;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED) return;
    under_length = strlen(folder);
    if (under_length >= sizeof under) return;
    memcpy(under, folder, under_length);
    control = mapped;
}

static int fails(int kind, const char *path) {
    if (!under_length || strncmp(path, under, under_length) != 0) return 0;
    if (!(__atomic_load_n(&control->kinds, __ATOMIC_SEQ_CST) & kind)) return 0;
    int64_t nth = __atomic_add_fetch(&control->done, 1, __ATOMIC_SEQ_CST);
    int64_t from = __atomic_load_n(&control->fail_from, __ATOMIC_SEQ_CST);
    if (!from || nth < from || nth > __atomic_load_n(&control->fail_until, __ATOMIC_SEQ_CST)) return 0;
    __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
    errno = (int)__atomic_load_n(&control->error, __ATOMIC_SEQ_CST);
    return 1;
}

static int fails_at(int kind, int fd) {
    char link[64], path[PATH_MAX];
    if (!under_length) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int saved = errno;
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (length <= 0) return 0;
    path[length] = 0;
    return fails(kind, path);
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *from, size_t n) { REAL(write); return fails_at(KIND_WRITE, fd) ? -1 : real(fd, from, n); }
ssize_t writev(int fd, const struct iovec *v, int n) { REAL(writev); return fails_at(KIND_WRITE, fd) ? -1 : real(fd, v, n); }
ssize_t pwrite(int fd, const void *from, size_t n, off_t at) { REAL(pwrite); return fails_at(KIND_WRITE, fd) ? -1 : real(fd, from, n, at); }
ssize_t pwrite64(int fd, const void *from, size_t n, off64_t at) { REAL(pwrite64); return fails_at(KIND_WRITE, fd) ? -1 : real(fd, from, n, at); }
ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at) { REAL(pwritev); return fails_at(KIND_WRITE, fd) ? -1 : real(fd, v, n, at); }
int fsync(int fd) { REAL(fsync); return fails_at(KIND_SYNC, fd) ? -1 : real(fd); }
int fdatasync(int fd) { REAL(fdatasync); return fails_at(KIND_SYNC, fd) ? -1 : real(fd); }
int ftruncate(int fd, off_t to) { REAL(ftruncate); return fails_at(KIND_LENGTH, fd) ? -1 : real(fd, to); }
int ftruncate64(int fd, off64_t to) { REAL(ftruncate64); return fails_at(KIND_LENGTH, fd) ? -1 : real(fd, to); }
int rename(const char *from, const char *to) { REAL(rename); return fails(KIND_NAME, to) ? -1 : real(from, to); }
int linkat(int from_at, const char *from, int at, const char *to, int flags) { REAL(linkat); return fails(KIND_NAME, to) ? -1 : real(from_at, from, at, to, flags); }
int mkdir(const char *path, mode_t mode) { REAL(mkdir); return fails(KIND_NAME, path) ? -1 : real(path, mode); }

int open64(const char *path, int flags, ...) {
    REAL(open64);
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & O_CREAT) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return (flags & O_CREAT) && fails(KIND_NAME, path) ? -1 : real(path, flags, mode);
}

int clock_gettime(clockid_t which, struct timespec *now) {
    REAL(clock_gettime);
    int result = real(which, now);
    if (result == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
        int64_t ns = (int64_t)now->tv_sec * 1000000000 + now->tv_nsec + __atomic_load_n(&control->clock_us, __ATOMIC_SEQ_CST) * 1000;
        now->tv_sec = ns / 1000000000;
        now->tv_nsec = ns % 1000000000;
    }
    return result;
}
