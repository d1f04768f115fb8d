#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

bool fc_disk_is_full(int rc) { return rc == ENOSPC || rc == EDQUOT || rc == EFBIG; }

int fc_disk_witness(const char *path) { return open(path, O_RDONLY | O_CLOEXEC); }

bool fc_disk_lost(int witness) { return witness < 0 || fdatasync(witness) != 0; }

enum fc_status fc_disk_reserve(const char *path, uint64_t bytes, struct fc_error *err) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) return fc_fail(err, fc_disk_is_full(errno) ? FC_FULL : FC_IO, "%s: %s", path, strerror(errno));
    int rc = posix_fallocate(fd, 0, (off_t)bytes);
    (void)close(fd);
    if (rc == 0 || rc == EOPNOTSUPP || rc == EINVAL) return FC_OK; /* the last two: the file system knows no such thing */
    return fc_fail(err, fc_disk_is_full(rc) ? FC_FULL : FC_IO, "%s: %s", path, strerror(rc));
}

/* ---- the lock ----------------------------------------------------------------------------------------------------- */

#define WORD_MAX 65

struct who {
    long pid;
    char host[WORD_MAX], boot[WORD_MAX];
};

static struct who myself(void) {
    struct who me = {.pid = (long)getpid(), .host = "unknown", .boot = "unknown"};
    (void)gethostname(me.host, sizeof me.host - 1);
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (f == NULL) return me;
    if (fscanf(f, "%64s", me.boot) != 1) (void)snprintf(me.boot, sizeof me.boot, "unknown");
    (void)fclose(f);
    return me;
}

/* False: the file is empty, as after a clean end, or of an older form that names the process alone. */
static bool read_holder(int fd, struct who *out) {
    char text[200] = "";
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    *out = (struct who){0};
    return sscanf(text, "%ld %64s %64s", &out->pid, out->host, out->boot) == 3;
}

static void write_holder(int fd, const struct who *me) {
    char text[200];
    int n = snprintf(text, sizeof text, "%ld %s %s\n", me->pid, me->host, me->boot);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n) return; /* a full disk: the lock counts, not its words */
}

enum fc_status fc_disk_lock(const char *path, struct fc_disk_lock *out, struct fc_error *err) {
    struct who me = myself(), last;
    *out = (struct fc_disk_lock){.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640)};
    if (out->fd < 0) return fc_fail(err, FC_IO, "%s: %s", path, strerror(errno));
    bool told = read_holder(out->fd, &last);
    if (flock(out->fd, LOCK_EX | LOCK_NB) == 0) {
        out->machine_died = told && (strcmp(last.boot, me.boot) != 0 || strcmp(last.host, me.host) != 0);
        if (out->machine_died) memcpy(me.boot, last.boot, sizeof me.boot); /* until it was looked through */
        write_holder(out->fd, &me);
        return FC_OK;
    }
    int why = errno;
    bool away = told && strcmp(last.host, me.host) != 0;
    (void)snprintf(out->holder, sizeof out->holder, "process %ld%s%s", last.pid, away ? " on host " : "", away ? last.host : "");
    (void)close(out->fd);
    out->fd = -1;
    if (why == EWOULDBLOCK) return fc_fail(err, FC_AGAIN, "%s: held by %s", path, out->holder);
    return fc_fail(err, FC_IO, "%s: cannot be locked: %s", path, strerror(why));
}

void fc_disk_lock_sound(struct fc_disk_lock *lock) {
    struct who me = myself();
    write_holder(lock->fd, &me);
    lock->machine_died = false;
}

void fc_disk_unlock(struct fc_disk_lock *lock, bool clean) {
    if (lock->fd < 0) return;
    int rc = clean ? ftruncate(lock->fd, 0) : 0; /* should it fail, the next one looks once more than it must */
    (void)rc;
    (void)close(lock->fd);
    lock->fd = -1;
}
