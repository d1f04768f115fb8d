#include "queuelog_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FNV_START UINT64_C(14695981039346656037)

static uint64_t fnv(uint64_t h, const char *p, size_t n) {
    for (size_t i = 0; i < n; i++) h = (h ^ (uint8_t)p[i]) * UINT64_C(1099511628211);
    return h;
}

/* The head grows with the file until it is whole; `from` is where these bytes stand in the file. */
static void add_head(struct fc_qfile_place *place, int64_t from, const char *bytes, size_t n) {
    size_t known = (size_t)((int64_t)place->head_n - from); /* of these bytes */
    if (from > (int64_t)place->head_n || known >= n || place->head_n == FC_QFILE_HEAD) return;
    size_t more = FC_QFILE_HEAD - place->head_n < n - known ? FC_QFILE_HEAD - place->head_n : n - known;
    place->head_hash = fnv(place->head_hash, bytes + known, more);
    place->head_n += (uint32_t)more;
}

static void begin(struct fc_qfile *f, int fd, const struct stat *st, bool moved) {
    char head[FC_QFILE_HEAD];
    if (f->fd >= 0) (void)close(f->fd);
    f->fd = fd;
    f->place = (struct fc_qfile_place){.dev = st->st_dev, .ino = st->st_ino, .head_hash = FNV_START};
    f->number = 1;
    f->moved = moved;
    f->skipping = false;
    f->end = true; /* so that it is looked at once more before it is read: it may have been cut since */
    f->at = f->len = 0;
    ssize_t n = pread(fd, head, sizeof head, 0);
    if (n > 0) add_head(&f->place, 0, head, (size_t)n);
}

void fc_qfile_init(struct fc_qfile *f, const char *path) {
    memset(f, 0, sizeof *f);
    f->fd = -1;
    (void)snprintf(f->path, sizeof f->path, "%s", path);
}

void fc_qfile_close(struct fc_qfile *f) {
    if (f->fd >= 0) (void)close(f->fd);
    f->fd = -1;
}

/* FC_ABSENT: there is none. */
static enum fc_status open_at(const char *path, int *fd, struct stat *st, struct fc_error *err) {
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0) return fc_fail(err, errno == ENOENT ? FC_ABSENT : FC_IO, "queuelog %s: %s", path, strerror(errno));
    enum fc_status st_code = FC_OK;
    if (fstat(*fd, st) != 0) st_code = fc_fail(err, FC_IO, "queuelog %s: %s", path, strerror(errno));
    else if (!S_ISREG(st->st_mode)) st_code = fc_fail(err, FC_IO, "queuelog %s: expected a regular file", path);
    if (st_code != FC_OK) {
        (void)close(*fd);
        *fd = -1;
    }
    return st_code;
}

/* ---- finding --------------------------------------------------------------------------------------------------- */

static bool head_is(int fd, const struct fc_qfile_place *place) {
    char head[FC_QFILE_HEAD];
    ssize_t n = pread(fd, head, place->head_n, 0);
    return n == (ssize_t)place->head_n && fnv(FNV_START, head, place->head_n) == place->head_hash;
}

/* Of a file of which nothing was read there is only the inode to know it by. */
static bool is_place(int fd, const struct stat *st, const struct fc_qfile_place *place) {
    return place->head_n > 0 ? head_is(fd, place) : st->st_ino == place->ino && st->st_dev == place->dev;
}

/* Seconds that a file's first line begins with; -1 when it does not. */
static int64_t first_epoch_s(int fd) {
    char head[16] = "";
    char *bar;
    if (pread(fd, head, sizeof head - 1, 0) <= 0) return -1;
    long long s = strtoll(head, &bar, 10);
    return *bar == '|' && s > 0 ? s : -1;
}

/* A walk over the files beside `path` whose name begins with its name; `better` says whether to keep this one. */
struct search {
    const struct fc_qfile_place *place;
    const struct stat *now; /* of what is open; NULL when nothing is */
    int64_t last_s, best;
    bool (*better)(struct search *s, int fd, const struct stat *st);
    int fd;
    struct stat st;
};

static void try_one(struct search *s, const char *path) {
    struct stat st;
    int fd;
    if (open_at(path, &fd, &st, NULL) != FC_OK) return;
    if (!s->better(s, fd, &st)) {
        (void)close(fd);
        return;
    }
    if (s->fd >= 0) (void)close(s->fd);
    s->fd = fd;
    s->st = st;
}

static bool search_beside(const struct fc_qfile *f, struct search *s) {
    char dir[PATH_MAX], path[PATH_MAX + NAME_MAX + 2];
    (void)snprintf(dir, sizeof dir, "%s", f->path);
    char *slash = strrchr(dir, '/');
    const char *base = slash == NULL ? f->path : f->path + (slash - dir) + 1;
    if (slash != NULL) slash[slash == dir ? 1 : 0] = '\0';
    DIR *d = opendir(slash == NULL ? "." : dir);
    s->fd = -1;
    if (d == NULL) return false;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strncmp(e->d_name, base, strlen(base)) != 0 || strcmp(e->d_name, base) == 0) continue;
        (void)snprintf(path, sizeof path, "%s/%s", slash == NULL ? "." : dir, e->d_name);
        try_one(s, path);
    }
    (void)closedir(d);
    return s->fd >= 0;
}

/* The one the place is in: with the same beginning, and of those the longest. */
static bool same_head(struct search *s, int fd, const struct stat *st) {
    if (st->st_size < s->place->offset || st->st_size <= s->best || !is_place(fd, st, s->place)) return false;
    s->best = st->st_size;
    return true;
}

static int64_t changed_ns(const struct stat *st) { return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec; }

/* The first that came after what is open and was rotated away in its turn: it begins where that ends. Somebody's copy of
 * the log begins earlier and is not taken. */
static bool came_after(struct search *s, int fd, const struct stat *st) {
    int64_t ns = changed_ns(st);
    if (ns <= changed_ns(s->now) || (s->best >= 0 && ns >= s->best) || first_epoch_s(fd) < s->last_s) return false;
    if ((st->st_ino == s->now->st_ino && st->st_dev == s->now->st_dev) || is_place(fd, st, s->place)) return false;
    s->best = ns;
    return true;
}

enum fc_status fc_qfile_start(struct fc_qfile *f, struct fc_qfile_place *place, enum fc_qfile_found *found, struct fc_error *err) {
    struct stat st;
    int fd;
    enum fc_status opened = open_at(f->path, &fd, &st, err);
    if (opened != FC_OK && opened != FC_ABSENT) return opened;
    if (opened == FC_OK && (place == NULL || is_place(fd, &st, place))) {
        *found = place == NULL ? FC_QFILE_NEXT : FC_QFILE_SAME;
        if (place != NULL && st.st_size < place->offset) {
            place->offset = st.st_size;
            *found = FC_QFILE_SHRUNK;
        }
        begin(f, fd, &st, false);
        return FC_OK;
    }
    struct search s = {.place = place, .best = -1, .better = same_head};
    if (place != NULL && search_beside(f, &s)) {
        if (opened == FC_OK) (void)close(fd);
        begin(f, s.fd, &s.st, true);
        *found = FC_QFILE_SAME;
        return FC_OK;
    }
    *found = opened == FC_OK ? FC_QFILE_CUT : FC_QFILE_MISSING;
    if (opened == FC_OK) begin(f, fd, &st, false);
    return FC_OK;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static enum fc_status fill(struct fc_qfile *f, struct fc_error *err) {
    if (f->at > 0) memmove(f->buf, f->buf + f->at, f->len - f->at);
    f->len -= f->at;
    f->at = 0;
    ssize_t n = read(f->fd, f->buf + f->len, sizeof f->buf - f->len);
    if (n < 0) return errno == EINTR || errno == EAGAIN ? FC_AGAIN : fc_fail(err, FC_IO, "queuelog %s: %s", f->path, strerror(errno));
    f->end = n == 0;
    if (n == 0) return FC_AGAIN;
    add_head(&f->place, f->place.offset + f->len, f->buf + f->len, (size_t)n);
    f->len += (uint32_t)n;
    return FC_OK;
}

/* Takes n bytes and what ends them off the buffer, as a line. */
static void take(struct fc_qfile *f, uint32_t n, uint32_t and_end, struct fc_qfile_line *out) {
    *out = (struct fc_qfile_line){.text = f->buf + f->at, .n = n, .offset = f->place.offset, .number = f->number};
    f->at += n + and_end;
    f->place.offset += n + and_end;
    f->number += and_end;
    while (out->n > 0 && out->text[out->n - 1] == '\r') out->n--;
}

enum fc_status fc_qfile_line(struct fc_qfile *f, struct fc_qfile_line *out, struct fc_error *err) {
    if (f->fd < 0) return FC_AGAIN;
    for (;;) {
        uint32_t left = f->len - f->at;
        const char *nl = left == 0 ? NULL : memchr(f->buf + f->at, '\n', left);
        uint32_t n = nl == NULL ? left : (uint32_t)(nl - (f->buf + f->at));
        if (f->skipping && left > 0) { /* the rest of what was too long */
            take(f, n, nl != NULL, out);
            f->skipping = nl == NULL;
        } else if (n > FC_QFILE_LINE_MAX) {
            take(f, n, nl != NULL, out);
            f->skipping = nl == NULL;
            return FC_FULL;
        } else if (nl != NULL) {
            take(f, n, 1, out);
            return FC_OK;
        } else {
            enum fc_status st = fill(f, err);
            if (st != FC_OK) return st;
        }
    }
}

enum fc_status fc_qfile_rest(struct fc_qfile *f, struct fc_qfile_line *out) {
    if (f->skipping || f->at == f->len) return FC_AGAIN;
    take(f, f->len - f->at, 0, out);
    return FC_OK;
}

/* ---- rotation -------------------------------------------------------------------------------------------------- */

/* What is open is shorter than what was read of it, or does not begin as it did. */
static bool is_cut(const struct fc_qfile *f) {
    struct stat st;
    int64_t read_to = f->place.offset + (int64_t)(f->len - f->at);
    return fstat(f->fd, &st) != 0 || st.st_size < read_to || !head_is(f->fd, &f->place);
}

/* It was copied away and cut, or only cut. What was not read yet stands in the copy. */
static enum fc_status was_cut(struct fc_qfile *f, int fd, const struct stat *st, enum fc_qfile_found *found, struct fc_error *err) {
    struct search s = {.place = &f->place, .best = -1, .better = same_head};
    off_t read_to = f->place.offset + (off_t)(f->len - f->at);
    if (search_beside(f, &s) && s.st.st_size >= read_to && lseek(s.fd, read_to, SEEK_SET) == read_to) {
        (void)close(fd);
        (void)close(f->fd);
        f->fd = s.fd;
        f->place.dev = s.st.st_dev;
        f->place.ino = s.st.st_ino;
        f->moved = true;
        f->end = false;
        *found = FC_QFILE_SAME;
        return FC_OK;
    }
    if (s.fd >= 0) (void)close(s.fd);
    f->torn = f->len - f->at;
    if (f->place.head_n > 0 && head_is(fd, &f->place)) { /* its beginning is still there: nothing of it is new */
        if (lseek(fd, st->st_size, SEEK_SET) < 0) return fc_fail(err, FC_IO, "queuelog %s: %s", f->path, strerror(errno));
        (void)close(f->fd);
        f->fd = fd;
        f->place.offset = st->st_size;
        f->at = f->len = 0;
        *found = FC_QFILE_SHRUNK;
        return FC_OK;
    }
    begin(f, fd, st, false);
    *found = FC_QFILE_CUT;
    return FC_OK;
}

/* Another file bears the name. Whoever writes may go on in the old one until it opens the log anew, so the new one is
 * taken only when something stands in it and the old one has nothing more. Between the two there may be others, rotated
 * while nobody was looking: they come first. */
static enum fc_status was_renamed(struct fc_qfile *f, int fd, const struct stat *st, int64_t last_s, enum fc_qfile_found *found, struct fc_error *err) {
    struct stat now;
    bool empty = st->st_size == 0;
    enum fc_status more = fill(f, err);
    struct search s = {.place = &f->place, .now = &now, .last_s = last_s, .best = -1, .better = came_after};
    bool between = more == FC_AGAIN && fstat(f->fd, &now) == 0 && search_beside(f, &s);
    *found = FC_QFILE_SAME;
    if (more != FC_AGAIN || (empty && !between)) {
        (void)close(fd);
        return more == FC_AGAIN ? FC_OK : more;
    }
    f->torn = f->len - f->at;
    *found = FC_QFILE_NEXT;
    if (between) (void)close(fd);
    begin(f, between ? s.fd : fd, between ? &s.st : st, between);
    return FC_OK;
}

enum fc_status fc_qfile_look(struct fc_qfile *f, int64_t last_s, enum fc_qfile_found *found, struct fc_error *err) {
    struct stat st;
    int fd;
    FC_ASSERT(f->fd >= 0);
    enum fc_status opened = open_at(f->path, &fd, &st, err);
    f->torn = 0;
    *found = FC_QFILE_MISSING;
    if (opened == FC_ABSENT) return FC_OK;
    if (opened != FC_OK) return opened;
    if (is_cut(f)) return was_cut(f, fd, &st, found, err);
    if (st.st_dev != f->place.dev || st.st_ino != f->place.ino) return was_renamed(f, fd, &st, last_s, found, err);
    (void)close(fd);
    *found = FC_QFILE_SAME;
    return FC_OK;
}
