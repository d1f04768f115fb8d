/* fatal -- preloaded into a program under test: ends it with SIGKILL within a chosen write to its disk.
 *
 * A kill from outside seldom falls between two writes of one commit; this one always does. FC_CRASH_AT names a file that holds two
 * 32-bit numbers, shared with whoever steers: how many writes from now (0: none), and where: 0 before it, 1 in the middle of it (at a
 * page's boundary, as a kill would), 2 after it. What counts as a write is what LMDB does to its file; logs and sockets go other ways.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096

enum where { BEFORE, WITHIN, AFTER };

struct order {
    int32_t countdown;
    int32_t where;
};

static struct order *order;

__attribute__((constructor)) static void read_order(void) {
    const char *path = getenv("FC_CRASH_AT");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    void *p = mmap(NULL, sizeof *order, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (p != MAP_FAILED) order = p;
}

static void die(void) {
    (void)kill(getpid(), SIGKILL);
    for (;;) (void)pause();
}

/* True when this write is the one. */
static int due(enum where *where) {
    if (order == NULL || __atomic_load_n(&order->countdown, __ATOMIC_RELAXED) <= 0) return 0;
    if (__atomic_sub_fetch(&order->countdown, 1, __ATOMIC_RELAXED) != 0) return 0;
    *where = (enum where)order->where;
    if (*where == BEFORE) die();
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
    enum where where;
    int mine = due(&where);
    size_t part = mine && where == WITHIN && n > PAGE ? n / 2 / PAGE * PAGE : n;
    ssize_t rc = REAL(pwrite)(fd, bytes, part, at);
    if (mine) die();
    return rc;
}

ssize_t writev(int fd, const struct iovec *v, int n) {
    enum where where;
    int mine = due(&where);
    ssize_t rc = REAL(writev)(fd, v, mine && where == WITHIN && n > 1 ? n / 2 : n);
    if (mine) die();
    return rc;
}

int fdatasync(int fd) {
    enum where where;
    int mine = due(&where), rc = REAL(fdatasync)(fd);
    if (mine) die();
    return rc;
}

int fsync(int fd) {
    enum where where;
    int mine = due(&where), rc = REAL(fsync)(fd);
    if (mine) die();
    return rc;
}

int ftruncate(int fd, off_t n) {
    enum where where;
    int mine = due(&where), rc = REAL(ftruncate)(fd, n);
    if (mine) die();
    return rc;
}
