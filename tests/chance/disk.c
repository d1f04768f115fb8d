#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096
#define SECTOR 512
#define PAGES_MAX (64 * 1024) /* 256 MiB */

enum { CLEAN, DIRTY, LOST /* clean, says the page cache; but it never came to the disk */ };

struct file {
    bool watched, frozen;
    int fd; /* our own, for reading and for what is found later; 0: not open */
    dev_t dev;
    ino_t ino; /* 0: not there yet; then the same for ever */
    char path[200];
    uint8_t *durable, *image; /* image: what the next process finds */
    size_t durable_n, durable_cap, image_n;
    uint8_t state[PAGES_MAX];
    int64_t full_until_ns, spoilt_until_ns;
    int odds;
    struct disk_counts counts;
};

static struct file files[SIDES];

/* ---- the kernel itself ------------------------------------------------------------------------------------------ */

static ssize_t real_pwrite(int fd, const void *p, size_t n, off_t at) { return syscall(SYS_pwrite64, fd, p, n, at); }
static ssize_t real_pread(int fd, void *p, size_t n, off_t at) { return syscall(SYS_pread64, fd, p, n, at); }

static int own_fd(struct file *f) {
    if (f->fd == 0) f->fd = open(f->path, O_RDWR | O_CLOEXEC);
    if (f->fd < 0) failed("%s: %s", f->path, strerror(errno));
    return f->fd;
}

static size_t length_of(struct file *f) {
    struct stat st;
    return fstat(own_fd(f), &st) == 0 ? (size_t)st.st_size : 0;
}

static void read_cache(struct file *f, void *to, size_t n, size_t at) {
    if (real_pread(own_fd(f), to, n, (off_t)at) < 0) failed("%s: %s", f->path, strerror(errno));
}

static bool same(struct file *f, const struct stat *st) {
    struct stat own;
    if (!f->watched) return false;
    if (f->ino == 0 && stat(f->path, &own) == 0) {
        f->ino = own.st_ino;
        f->dev = own.st_dev;
    }
    return f->ino != 0 && f->ino == st->st_ino && f->dev == st->st_dev;
}

/* The watched file behind a descriptor, or NULL. */
static struct file *behind(int fd) {
    struct stat st;
    if (fd <= STDERR_FILENO || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return NULL;
    for (int i = 0; i < SIDES; i++)
        if (same(&files[i], &st)) return &files[i];
    return NULL;
}

/* ---- what is durable -------------------------------------------------------------------------------------------- */

static void make_room(struct file *f, size_t n) {
    if (n <= f->durable_cap) return;
    size_t cap = f->durable_cap == 0 ? 1 << 16 : f->durable_cap;
    while (cap < n) cap *= 2;
    f->durable = realloc(f->durable, cap);
    FC_ASSERT(f->durable != NULL);
    memset(f->durable + f->durable_cap, 0, cap - f->durable_cap);
    f->durable_cap = cap;
}

static void copy_page(struct file *f, size_t page) {
    make_room(f, (page + 1) * PAGE);
    read_cache(f, f->durable + page * PAGE, PAGE, page * PAGE);
    size_t end = (page + 1) * PAGE, length = length_of(f);
    if (end > length) end = length;
    if (f->durable_n < end) f->durable_n = end;
    f->state[page] = CLEAN;
}

static void sync_all(struct file *f) {
    size_t length = length_of(f);
    for (size_t page = 0; page * PAGE < length; page++)
        if (f->state[page] == DIRTY) copy_page(f, page);
    make_room(f, length);
    f->durable_n = length;
}

static void sync_some(struct file *f, int64_t odds, uint8_t others) {
    for (size_t page = 0; page * PAGE < length_of(f); page++) {
        if (f->state[page] != DIRTY) continue;
        if (once_in(odds)) copy_page(f, page);
        else f->state[page] = others;
    }
}

/* ---- faults ----------------------------------------------------------------------------------------------------- */

static bool faults_now(const struct file *f) { return !world.healing && !f->frozen && !is_zombie() && f->spoilt_until_ns > world.now_ns && once_in(f->odds); }

static bool is_full(struct file *f, size_t n, off_t at) {
    return !world.healing && !f->frozen && !is_zombie() && f->full_until_ns > world.now_ns && (size_t)at + n > length_of(f);
}

static ssize_t fail_with(int error) {
    errno = error;
    world.faults++;
    return -1;
}

/* Written in part: the next call would say why, but LMDB does not make it. */
static ssize_t write_part(struct file *f, int fd, const uint8_t *p, size_t n, off_t at) {
    size_t part = (size_t)draw_between(0, (int64_t)n - 1);
    f->counts.refused++;
    happened("no room for %zu bytes, %zu are written", n, part);
    if (part == 0) return fail_with(ENOSPC);
    world.faults++;
    for (size_t page = (size_t)at / PAGE; page <= ((size_t)at + part - 1) / PAGE; page++) f->state[page] = DIRTY;
    return real_pwrite(fd, p, part, at);
}

static ssize_t write_at(struct file *f, int fd, const uint8_t *p, size_t n, off_t at) {
    bool through = (fcntl(fd, F_GETFL) & O_DSYNC) != 0;
    world_effect();
    f->counts.writes++;
    if ((size_t)at + n > (size_t)PAGES_MAX * PAGE) failed("%s grows to %zu bytes", f->path, (size_t)at + n);
    if (n > 0 && is_full(f, n, at)) return write_part(f, fd, p, n, at);
    if (faults_now(f)) {
        f->counts.failed_writes++;
        happened("a write of %zu bytes fails%s", n, through ? ", of a meta page" : "");
        if (through && once_in(2)) { /* it is there all the same, in the cache and perhaps on the disk */
            (void)real_pwrite(fd, p, n, at);
            if (once_in(2)) copy_page(f, (size_t)at / PAGE);
        }
        return fail_with(EIO);
    }
    ssize_t done = real_pwrite(fd, p, n, at);
    if (f->frozen || done <= 0) return done;
    for (size_t page = (size_t)at / PAGE; page <= ((size_t)at + (size_t)done - 1) / PAGE; page++) {
        f->state[page] = DIRTY;
        if (through || once_in(200)) copy_page(f, page);
    }
    return done;
}

static int sync_file(struct file *f) {
    world_effect();
    f->counts.syncs++;
    if (f->frozen) return 0;
    if (world.canary == DISK_LIES) return 0;
    if (faults_now(f)) {
        f->counts.failed_syncs++;
        happened("a sync fails");
        sync_some(f, 2, LOST);
        return (int)fail_with(once_in(4) ? ENOSPC : EIO);
    }
    sync_all(f);
    return 0;
}

/* ---- in the place of libc's ------------------------------------------------------------------------------------- */

ssize_t pwrite(int fd, const void *p, size_t n, off_t at) {
    struct file *f = behind(fd);
    return f == NULL ? real_pwrite(fd, p, n, at) : write_at(f, fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at) { return pwrite(fd, p, n, at); }

static ssize_t write_here(struct file *f, int fd, const void *p, size_t n) {
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = write_at(f, fd, p, n, at);
    if (done > 0) (void)lseek(fd, at + done, SEEK_SET);
    return done;
}

/* The product's log is worth reading only beside the trace. */
ssize_t write(int fd, const void *p, size_t n) {
    struct file *f = behind(fd);
    if (fd == STDERR_FILENO && !world.telling) return (ssize_t)n;
    return f == NULL ? syscall(SYS_write, fd, p, n) : write_here(f, fd, p, n);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    struct file *f = behind(fd);
    if (f == NULL) return syscall(SYS_writev, fd, parts, count);
    size_t n = 0;
    for (int i = 0; i < count; i++) n += parts[i].iov_len;
    uint8_t *all = malloc(n + 1);
    FC_ASSERT(all != NULL);
    n = 0;
    for (int i = 0; i < count; n += parts[i++].iov_len) memcpy(all + n, parts[i].iov_base, parts[i].iov_len);
    ssize_t done = write_here(f, fd, all, n);
    free(all);
    return done;
}

int fdatasync(int fd) {
    struct file *f = behind(fd);
    return f == NULL ? 0 : sync_file(f);
}

int fsync(int fd) { return fdatasync(fd); }

int ftruncate(int fd, off_t length) {
    struct file *f = behind(fd);
    if (f != NULL) {
        world_effect();
        if ((size_t)length > length_of(f) && is_full(f, 1, length)) return (int)fail_with(ENOSPC);
    }
    return (int)syscall(SYS_ftruncate, fd, length);
}

int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }

int truncate(const char *path, off_t length) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    int rc = ftruncate(fd, length), why = errno;
    (void)close(fd);
    errno = why;
    return rc;
}

int truncate64(const char *path, off64_t length) { return truncate(path, length); }

/* ---- dying and coming back -------------------------------------------------------------------------------------- */

static void keep_sectors(struct file *f, size_t length) {
    uint8_t page_now[PAGE];
    for (size_t page = 0; page * PAGE < length; page++) {
        if (f->state[page] != DIRTY) continue;
        memset(page_now, 0, sizeof page_now);
        read_cache(f, page_now, PAGE, page * PAGE);
        for (size_t at = 0; at < PAGE; at += SECTOR)
            if (once_in(2) && page * PAGE + at + SECTOR <= f->image_n) memcpy(f->image + page * PAGE + at, page_now + at, SECTOR);
    }
}

/* A file that never was synced is as if it had not been made. */
static void after_power_off(struct file *f, size_t length) {
    f->image_n = f->durable_n == 0 || length < f->durable_n || once_in(2) ? f->durable_n : length;
    f->image = calloc(1, f->image_n + 1);
    FC_ASSERT(f->image != NULL);
    if (f->image_n > 0) memcpy(f->image, f->durable, f->durable_n < f->image_n ? f->durable_n : f->image_n);
    if (f->image_n > 0) keep_sectors(f, length);
}

/* The cache is all there; but a page that counts as clean may be read from the disk again. */
static void after_kill(struct file *f, size_t length) {
    f->image_n = length;
    f->image = calloc(1, length + 1);
    FC_ASSERT(f->image != NULL);
    if (length > 0) read_cache(f, f->image, length, 0);
    for (size_t page = 0; (page + 1) * PAGE <= length; page++) {
        if (f->state[page] != LOST || !once_in(2)) continue;
        make_room(f, (page + 1) * PAGE);
        memcpy(f->image + page * PAGE, f->durable + page * PAGE, PAGE);
    }
}

void disk_freeze(enum side side, enum death how) {
    struct file *f = &files[side];
    if (!f->watched || f->frozen || access(f->path, F_OK) != 0) return;
    if (how == POWER_OFF) after_power_off(f, length_of(f));
    else after_kill(f, length_of(f));
    if (how == POWER_OFF) {
        make_room(f, f->image_n);
        if (f->image_n > 0) memcpy(f->durable, f->image, f->image_n);
        f->durable_n = f->image_n;
        memset(f->state, CLEAN, sizeof f->state);
    }
    f->frozen = true;
}

void disk_thaw(enum side side) {
    struct file *f = &files[side];
    if (!f->frozen) return;
    bool empty = syscall(SYS_ftruncate, own_fd(f), 0) == 0;
    if (!empty || real_pwrite(own_fd(f), f->image, f->image_n, 0) != (ssize_t)f->image_n) failed("%s: cannot be written", f->path);
    free(f->image);
    f->image = NULL;
    f->frozen = false;
}

void disk_watch(enum side side, const char *dir) {
    struct file *f = &files[side];
    f->watched = true;
    (void)snprintf(f->path, sizeof f->path, "%s/data.mdb", dir);
}

void disk_forget_all(void) {
    for (int i = 0; i < SIDES; i++) {
        free(files[i].durable);
        free(files[i].image);
        if (files[i].fd > 0) (void)close(files[i].fd);
        files[i].watched = false;
    }
}

void disk_fill(enum side side, int64_t until_ns) { files[side].full_until_ns = until_ns; }

void disk_spoil(enum side side, int64_t until_ns, int odds) {
    files[side].spoilt_until_ns = until_ns;
    files[side].odds = odds;
}

struct disk_counts disk_counts(enum side side) {
    struct stat st;
    struct disk_counts c = files[side].counts;
    c.length = stat(files[side].path, &st) == 0 ? (uint64_t)st.st_size : 0;
    return c;
}
