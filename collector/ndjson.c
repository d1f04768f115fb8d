/* ndjson -- the source ndjson:PATH (or ndjson:- for stdin): one JSON object a line.
 *
 * A file is read from where the last run stopped (kept as a mark in the same commit as its events), then followed as
 * tail -F does, through truncation and replacement; with --once, for *.gz and for stdin it ends at the end. A bad line
 * is named and counted, and the next one is read: one producer's mistake must not stop a floor's feed.
 */
#include "log.h"
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define LINE_MAX_BYTES 65536
#define READ_BYTES 65536
#define LINES_PER_ROUND 4096
#define FOLLOW_MS 200  /* how often a file's end is looked at */
#define FULL_MS 200    /* how often a full spool is asked */
#define BAD_LOGGED 20  /* bad lines named one by one; then every 1,000th */
#define PRINT_BYTES 512 /* of a file's beginning, to know it again */

struct position { /* the mark; host byte order: it never leaves this machine */
    uint64_t offset, line;  /* of the next line: bytes (of the text, also in *.gz), number - 1 */
    uint64_t print_len;     /* bytes of the file's beginning that `print` is the hash of */
    uint8_t print[16];
};

struct ndjson {
    struct fc_source_base base;
    const struct fc_source_args *args;
    const char *path; /* NULL: stdin */
    gzFile gz;        /* for *.gz */
    int fd;
    bool at_end, finite, skipping; /* skipping: inside a line that is too long */
    bool stalled;                  /* the sink had no room */
    struct fc_mono look_at;        /* when to go on after a stall or at the end */
    struct position at, marked;
    char beginning[PRINT_BYTES];
    size_t head, tail; /* unread bytes of buf */
    char buf[LINE_MAX_BYTES + READ_BYTES];
    uint64_t lines, events, bad, unknown_kind, too_long, restarted;
};

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static ssize_t read_some(struct ndjson *s, void *to, size_t n) {
    if (s->gz == NULL) return read(s->fd, to, n);
    int code = Z_OK, got = gzread(s->gz, to, (unsigned)n);
    if (got == 0) (void)gzerror(s->gz, &code);
    return code == Z_OK || code == Z_STREAM_END ? got : -1; /* a cut file ends with Z_BUF_ERROR */
}

static const char *read_error(struct ndjson *s) {
    int code = Z_ERRNO;
    const char *text = s->gz != NULL ? gzerror(s->gz, &code) : NULL;
    return code == Z_ERRNO ? strerror(errno) : text;
}

static enum fc_status open_file(struct ndjson *s, struct fc_error *err) {
    struct stat st;
    size_t n = strlen(s->path);
    s->fd = open(s->path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0) return fc_fail(err, FC_IO, "ndjson %s: cannot be read: %s", s->path, strerror(errno));
    if (fstat(s->fd, &st) != 0) return fc_fail(err, FC_IO, "ndjson %s: %s", s->path, strerror(errno));
    if (!S_ISREG(st.st_mode)) return fc_fail(err, FC_IO, "ndjson %s: is no regular file; a pipe is read as ndjson:-", s->path);
    bool gz = n > 3 && strcmp(s->path + n - 3, ".gz") == 0;
    s->finite = s->args->once || gz;
    if (!gz) return FC_OK;
    s->gz = gzdopen(s->fd, "rb");
    return s->gz != NULL ? FC_OK : fc_fail(err, FC_IO, "ndjson %s: out of memory", s->path);
}

static void close_file(struct ndjson *s) {
    if (s->gz != NULL) (void)gzclose_r(s->gz); /* closes fd */
    else if (s->fd > 0) (void)close(s->fd);
    s->gz = NULL;
    s->fd = -1;
}

/* Reads the first n bytes, with the file at its beginning, and hashes them. */
static bool take_print(struct ndjson *s, uint64_t n, uint8_t print[16]) {
    size_t got = 0;
    while (got < n) {
        ssize_t k = read_some(s, s->beginning + got, (size_t)n - got);
        if (k <= 0) return false;
        got += (size_t)k;
    }
    return crypto_generichash(print, 16, (const unsigned char *)s->beginning, got, NULL, 0) == 0;
}

static bool go_to(struct ndjson *s, uint64_t offset) {
    if (s->gz != NULL) return gzseek(s->gz, (z_off_t)offset, SEEK_SET) == (z_off_t)offset;
    struct stat st;
    if (fstat(s->fd, &st) != 0 || (uint64_t)st.st_size < offset) return false;
    return lseek(s->fd, (off_t)offset, SEEK_SET) == (off_t)offset;
}

/* Goes to where the last run stopped, if this still is the file that it read. */
static void resume(struct ndjson *s) {
    struct position p;
    uint8_t print[16];
    size_t n = 0;
    bool found = fc_sink_marked(s->args->sink, fc_str(s->args->uri), &p, sizeof p, &n) && n == sizeof p && p.print_len <= PRINT_BYTES;
    if (!found || p.offset == 0) return;
    if (take_print(s, p.print_len, print) && memcmp(print, p.print, sizeof print) == 0 && go_to(s, p.offset)) {
        s->at = s->marked = p;
        fc_info("ndjson %s: going on behind line %llu", s->path, (unsigned long long)p.line);
        return;
    }
    fc_info("ndjson %s: another file than the last time, reading it from its beginning", s->path);
    if (s->gz != NULL) (void)gzrewind(s->gz);
    else (void)lseek(s->fd, 0, SEEK_SET);
}

static enum fc_status open_ndjson(const struct fc_source_args *args, struct fc_source **out, struct fc_error *err) {
    if (args->rest[0] == '\0') return fc_fail(err, FC_CONFIG, "%s: expected ndjson:PATH, or ndjson:- for stdin", args->uri);
    struct ndjson *s = calloc(1, sizeof *s);
    if (s == NULL) return fc_fail(err, FC_IO, "%s: out of memory", args->uri);
    s->base.ops = &fc_source_ndjson;
    s->args = args;
    s->finite = true;
    if (strcmp(args->rest, "-") != 0) {
        s->path = args->rest;
        enum fc_status st = open_file(s, err);
        if (st != FC_OK) {
            close_file(s);
            free(s);
            return st;
        }
        resume(s);
    }
    *out = (struct fc_source *)s;
    return FC_OK;
}

static void close_ndjson(struct fc_source *source) {
    struct ndjson *s = (struct ndjson *)source;
    close_file(s);
    free(s);
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

static void log_bad(struct ndjson *s, const char *why) {
    uint64_t bad = s->bad + s->too_long;
    if (bad > BAD_LOGGED && bad % 1000 != 0) return;
    fc_warn("ndjson %s:%llu: %s%s", s->path != NULL ? s->path : "-", (unsigned long long)s->at.line + 1, why,
            bad == BAD_LOGGED ? " (from now on only every 1,000th bad line is named)" : "");
}

static bool is_blank(const char *p, size_t n) {
    while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t' || p[n - 1] == '\r')) n--;
    return n == 0;
}

/* False: the sink has no room, the line is not taken. */
static bool take_line(struct ndjson *s, const char *line, size_t n) {
    uint8_t bytes[LINE_MAX_BYTES];
    size_t len = 0;
    struct fc_error err = {.text = ""};
    struct fc_event ev;
    if (is_blank(line, n)) return true;
    enum fc_status st = fc_event_json_to_mp(line, n, bytes, sizeof bytes, &len, &err);
    if (st == FC_FULL) st = FC_INVALID; /* the line's own size, not the spool's */
    struct fc_mp mp = fc_mp_open(bytes, len);
    if (st == FC_OK) st = fc_event_decode(&mp, &ev, &err);
    if (st == FC_OK) st = fc_sink_put_decoded(s->args->sink, &ev, &err);
    if (st == FC_FULL) return false;
    if (st == FC_OK) s->events++;
    else if (st == FC_ABSENT) s->unknown_kind++;
    else {
        s->bad++;
        log_bad(s, err.text);
    }
    return true;
}

static void advance(struct ndjson *s, size_t n) {
    size_t room = s->at.offset < PRINT_BYTES ? PRINT_BYTES - (size_t)s->at.offset : 0;
    if (room > 0) memcpy(s->beginning + s->at.offset, s->buf + s->head, n < room ? n : room);
    s->head += n;
    s->at.offset += n;
}

/* Takes whole lines from the buffer. False: no room. */
static bool take_lines(struct ndjson *s, int *left) {
    while (*left > 0) {
        char *line = s->buf + s->head, *end = memchr(line, '\n', s->tail - s->head);
        size_t n = end != NULL ? (size_t)(end - line) : s->tail - s->head;
        bool last = end == NULL && s->at_end && s->finite && n > 0;
        if (!s->skipping && n > LINE_MAX_BYTES) {
            s->skipping = true;
            s->too_long++;
            log_bad(s, "a line of more than 65536 bytes is skipped");
        }
        if (end == NULL && !last) {
            if (s->skipping) advance(s, n);
            return true;
        }
        if (!s->skipping && !take_line(s, line, n)) return false;
        s->skipping = false;
        advance(s, n + (end != NULL ? 1 : 0));
        s->at.line++;
        s->lines++;
        --*left;
    }
    return true;
}

/* More bytes behind those in the buffer. */
static enum fc_status fill(struct ndjson *s, struct fc_error *err) {
    if (s->head > 0) memmove(s->buf, s->buf + s->head, s->tail - s->head);
    s->tail -= s->head;
    s->head = 0;
    size_t room = sizeof s->buf - s->tail;
    ssize_t n = read_some(s, s->buf + s->tail, room < READ_BYTES ? room : READ_BYTES);
    if (n < 0 && (errno == EINTR || errno == EAGAIN) && s->gz == NULL) return FC_OK;
    if (n < 0) return fc_fail(err, FC_IO, "ndjson %s: cannot be read behind line %llu: %s", s->path != NULL ? s->path : "-",
                              (unsigned long long)s->at.line, read_error(s));
    s->at_end = n == 0;
    s->tail += (size_t)n;
    return FC_OK;
}

/* Remembers where to go on; the print is hashed anew only while the file is shorter than that. */
static void mark(struct ndjson *s) {
    if (s->path == NULL || s->at.offset == s->marked.offset) return;
    uint64_t len = s->at.offset < PRINT_BYTES ? s->at.offset : PRINT_BYTES;
    if (len != s->at.print_len) (void)crypto_generichash(s->at.print, sizeof s->at.print, (const unsigned char *)s->beginning, len, NULL, 0);
    s->at.print_len = len;
    fc_sink_mark(s->args->sink, fc_str(s->args->uri), &s->at, sizeof s->at);
    s->marked = s->at;
}

/* At the end of a followed file: was it cut, or is another one there by its name? */
static enum fc_status look_again(struct ndjson *s, struct fc_error *err) {
    struct stat ours, named;
    if (fstat(s->fd, &ours) != 0 || stat(s->path, &named) != 0) return FC_OK; /* between rename and create: wait */
    bool replaced = ours.st_ino != named.st_ino || ours.st_dev != named.st_dev;
    bool cut = (uint64_t)ours.st_size < s->at.offset + (s->tail - s->head);
    if (!replaced && !cut) return FC_OK;
    if (replaced) { /* what came between our last look and the change of names */
        enum fc_status st = fill(s, err);
        if (st != FC_OK || !s->at_end) return st;
        if (s->head < s->tail && !s->skipping && !take_line(s, s->buf + s->head, s->tail - s->head)) {
            s->stalled = true;
            return FC_OK;
        }
    }
    fc_info("ndjson %s: the file was %s, reading the new one from its beginning", s->path, replaced ? "replaced" : "cut");
    s->restarted++;
    s->at = (struct position){0};
    s->head = s->tail = 0;
    s->skipping = s->at_end = false;
    if (replaced) {
        close_file(s);
        return open_file(s, err);
    }
    (void)lseek(s->fd, 0, SEEK_SET);
    return FC_OK;
}

static int wait_ndjson(struct fc_source *source, zmq_pollitem_t *items, int cap) {
    struct ndjson *s = (struct ndjson *)source;
    FC_ASSERT(cap >= 1);
    if (s->path != NULL || s->stalled) return 0; /* a file is always readable: due_ms says when */
    items[0] = (zmq_pollitem_t){.fd = STDIN_FILENO, .events = ZMQ_POLLIN};
    return 1;
}

static int64_t due_ndjson(struct fc_source *source, struct fc_mono now) {
    struct ndjson *s = (struct ndjson *)source;
    int64_t ms = fc_mono_ms_since(now, s->look_at) + 1;
    if (s->stalled) return ms > 0 ? ms : 0;
    if (s->path == NULL) return memchr(s->buf + s->head, '\n', s->tail - s->head) != NULL ? 0 : -1;
    return s->at_end && ms > 0 ? ms : 0;
}

static enum fc_status work_ndjson(struct fc_source *source, const zmq_pollitem_t *items, int n, struct fc_wall wall, struct fc_mono now,
                                  struct fc_error *err) {
    struct ndjson *s = (struct ndjson *)source;
    bool ready = s->path != NULL;
    (void)wall;
    for (int i = 0; i < n; i++) ready = ready || items[i].revents != 0;
    enum fc_status st = FC_OK;
    int left = LINES_PER_ROUND;
    s->stalled = !fc_sink_room(s->args->sink) || !take_lines(s, &left);
    while (st == FC_OK && ready && !s->stalled && left > 0) {
        st = fill(s, err);
        if (st == FC_OK) s->stalled = !take_lines(s, &left);
        if (s->at_end || s->path == NULL) break; /* stdin: read again only when poll says so */
        if (!fc_sink_room(s->args->sink)) s->stalled = true;
    }
    mark(s);
    s->look_at = (struct fc_mono){now.ns + (s->stalled ? FULL_MS : FOLLOW_MS) * INT64_C(1000000)};
    if (st != FC_OK || s->stalled || !s->at_end || left == 0) return st;
    if (s->finite) return s->head == s->tail ? FC_EOF : FC_OK;
    return look_again(s, err);
}

static void count_ndjson(const struct fc_source *source, void (*each)(void *ctx, const char *name, uint64_t value), void *ctx) {
    const struct ndjson *s = (const struct ndjson *)source;
    each(ctx, "lines", s->lines);
    each(ctx, "events", s->events);
    each(ctx, "bad_lines", s->bad);
    each(ctx, "too_long", s->too_long);
    each(ctx, "unknown_kind", s->unknown_kind);
    each(ctx, "restarted", s->restarted);
}

const struct fc_source_ops fc_source_ndjson = {
    .scheme = "ndjson",
    .form = "ndjson:PATH or ndjson:-",
    .open = open_ndjson,
    .wait = wait_ndjson,
    .due_ms = due_ndjson,
    .work = work_ndjson,
    .counters = count_ndjson,
    .close = close_ndjson,
};
