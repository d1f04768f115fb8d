/* queuelog -- Asterisk's queue_log: read whole, then followed through rotation.
 *
 *   queuelog:/var/log/asterisk/queue_log
 *   queuelog:/var/log/asterisk/queue_log?queues=/etc/asterisk/queues.conf&names=/etc/floorcast/members.conf
 *
 * `queues` names the static members (who serve a queue before they take a first call) and which name belongs to which
 * interface; `names`, of the same form, gives the names of members that are added at run time. Neither is needed for the
 * counts; without them a member that is added shows up with her first line under her name, and is never seen to go.
 *
 * The place in the file and the events of the lines before it are committed together. After kill -9 the file is read
 * again up to that place, in silence, which brings back what was known there; then it goes on as if nothing had been.
 * Refuses to count a line twice, and to take a rotated file's lines for lost as long as it lies beside, not compressed.
 */
#include "log.h"
#include "queuelog_conf.h"
#include "queuelog_line.h"
#include "queuelog_mark.h"
#include "queuelog_out.h"
#include "queuelog_track.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#define LINES_A_ROUND 2000
#define LOOK_MS 250
#define HEARTBEAT_MS 5000
#define MISSING_MS 2000 /* a rotation may take the name away for a moment */
#define BAD_LINES_SHOWN 100

struct fc_source {
    struct fc_source_base base;
    struct fc_sink *sink;
    bool once;
    char key[FC_QMARK_PATH_MAX + 16], src[FC_ID_MAX + 1];
    struct fc_qconf conf;
    struct fc_qtrack *track;
    struct fc_qout out;
    struct fc_qfile file;
    struct fc_qmark resume; /* what the last run marked; its offset: up to where reading is silent */
    bool resumed;           /* there was such a mark */
    bool started;           /* the file has been opened once */
    bool unmarked;          /* what belongs to no line is to be marked, once its events are all taken */
    bool rebase;            /* a file has begun: what is known now is what its lines build on, and not yet marked */
    bool more;              /* the last round ended before the file did */
    bool missing, down;     /* no file of that name; and told so */
    int64_t line_offset, last_s;
    uint32_t base_n;
    int inotify;
    struct fc_mono looked, beat, missed;
    uint64_t lines, bad_lines, rotations, gaps;
};

/* ---- opening --------------------------------------------------------------------------------------------------- */

static enum fc_status read_option(struct fc_source *s, const char *uri, struct fc_str option, struct fc_error *err) {
    char path[PATH_MAX];
    bool fixed = fc_str_starts(option, "queues=");
    if (!fixed && !fc_str_starts(option, "names="))
        return fc_fail(err, FC_CONFIG, "%s: unknown option \"%.*s\", expected queues=FILE or names=FILE", uri, FC_STR_ARG(option));
    uint32_t skip = fixed ? 7 : 6;
    if (option.n == skip || option.n - skip >= sizeof path) return fc_fail(err, FC_CONFIG, "%s: expected a file behind %.*s", uri, FC_STR_ARG(option));
    (void)fc_str_copy(path, sizeof path, fc_str_n(option.p + skip, option.n - skip));
    enum fc_status st = fc_qconf_read(&s->conf, path, fixed, err);
    return st == FC_OK ? st : fc_context(err, st, "%.*s", skip - 1, option.p);
}

static enum fc_status read_uri(struct fc_source *s, const struct fc_source_args *args, struct fc_error *err) {
    const char *query = strchr(args->rest, '?');
    size_t n = query == NULL ? strlen(args->rest) : (size_t)(query - args->rest);
    if (n == 0 || n > FC_QMARK_PATH_MAX)
        return fc_fail(err, FC_CONFIG, "%s: expected queuelog:PATH with a path of at most %d bytes", args->uri, FC_QMARK_PATH_MAX);
    char path[FC_QMARK_PATH_MAX + 1];
    (void)fc_str_copy(path, sizeof path, fc_str_n(args->rest, n));
    (void)snprintf(s->key, sizeof s->key, "queuelog:%s", path);
    const char *shown = strlen(path) + 9 > FC_ID_MAX ? path + strlen(path) - (FC_ID_MAX - 9) : path; /* the end tells more */
    while (((unsigned char)*shown & 0xc0) == 0x80) shown++;
    memcpy(s->src, "queuelog:", 9);
    (void)fc_str_copy(s->src + 9, sizeof s->src - 9, fc_str(shown));
    fc_qfile_init(&s->file, path);
    enum fc_status st = FC_OK;
    while (query != NULL && st == FC_OK) {
        const char *option = query + 1;
        query = strchr(option, '&');
        st = read_option(s, args->uri, fc_str_n(option, query == NULL ? strlen(option) : (size_t)(query - option)), err);
    }
    return st;
}

static void emit(void *ctx, struct fc_event *ev) {
    struct fc_source *s = ctx;
    fc_qout_put(&s->out, ev);
}

/* What was known when the marked file began. */
static void load_base(struct fc_source *s) {
    struct fc_error err = {{0}};
    uint8_t *bytes = fc_qmark_get_base(s->sink, s->key, &s->resume);
    enum fc_status st = bytes == NULL ? fc_fail(&err, FC_INVALID, "a piece of what was remembered is missing")
                                      : fc_qtrack_load(s->track, bytes, s->resume.base_n, &err);
    free(bytes);
    s->base_n = s->resume.base_n;
    if (st != FC_OK) fc_warn("%s: %s: calls from before the last rotation are not known", s->src, err.text);
}

static enum fc_status start(struct fc_source *s, struct fc_error *err);

static void qlog_close(struct fc_source *s) {
    if (s->inotify >= 0) (void)close(s->inotify);
    fc_qfile_close(&s->file);
    fc_qout_fini(&s->out);
    fc_qtrack_destroy(s->track);
    fc_qconf_fini(&s->conf);
    free(s);
}

static enum fc_status qlog_open(const struct fc_source_args *args, struct fc_source **out, struct fc_error *err) {
    struct fc_source *s = fc_qalloc(sizeof *s);
    s->base.ops = &fc_source_queuelog;
    s->sink = args->sink;
    s->once = args->once;
    s->inotify = -1;
    s->file.fd = -1;
    fc_qconf_init(&s->conf);
    s->track = fc_qtrack_create(&s->conf, emit, s);
    enum fc_status st = read_uri(s, args, err);
    fc_qout_init(&s->out, s->sink, fc_str(s->src));
    s->resumed = st == FC_OK && fc_qmark_get(s->sink, s->key, &s->resume);
    if (s->resumed && s->resume.base_n > 0) load_base(s);
    if (st == FC_OK) st = start(s, err);
    if (st != FC_OK) {
        qlog_close(s);
        return st;
    }
    if (!s->once) s->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    *out = s;
    return FC_OK;
}

/* ---- the source's own events ----------------------------------------------------------------------------------- */

static void tell_gap(struct fc_source *s, int64_t ts_us, const char *reason) {
    struct fc_event ev = fc_event_make(FC_GAP, ts_us);
    FC_EVENT_STR(&ev, reason, fc_str(reason));
    s->gaps++;
    s->unmarked = true;
    fc_warn("%s: %s", s->src, reason);
    fc_qout_line(&s->out, false, 0);
    fc_qout_put(&s->out, &ev);
}

/* Nothing is known of the calls that were open: a snapshot that relists none ends them. */
static void tell_nothing_open(struct fc_source *s, int64_t ts_us) {
    struct fc_event ev = fc_event_make(FC_SNAPSHOT, ts_us);
    fc_event_set_snapshot(&ev, FC_SNAPSHOT_BEGIN);
    fc_qout_put(&s->out, &ev);
    ev = fc_event_make(FC_SNAPSHOT, ts_us);
    fc_event_set_snapshot(&ev, FC_SNAPSHOT_END);
    fc_qout_put(&s->out, &ev);
}

/* A heartbeat is no line's and not waited for: when the sink is full it is left out. */
static void heartbeat(struct fc_source *s, struct fc_wall wall, struct fc_mono now) {
    bool down = s->missing && fc_mono_ms_since(s->missed, now) >= MISSING_MS;
    if (s->once || (down == s->down && s->beat.ns != 0 && fc_mono_ms_since(s->beat, now) < HEARTBEAT_MS)) return;
    if (down && !s->down) fc_warn("%s: No such file or directory, waiting for it", s->src);
    if (!down && s->down) fc_info("%s: the file is there again", s->src);
    struct fc_event ev = fc_event_make(FC_HEARTBEAT, wall.us);
    FC_EVENT_STR(&ev, src, fc_str(s->src));
    fc_event_set_source(&ev, down ? FC_SOURCE_DOWN : FC_SOURCE_UP);
    s->beat = now;
    s->down = down;
    enum fc_status st = fc_sink_put(s->sink, &ev, NULL);
    s->out.refused += st != FC_OK && st != FC_FULL;
}

/* ---- the file -------------------------------------------------------------------------------------------------- */

static void watch(struct fc_source *s) {
    if (s->inotify >= 0) (void)inotify_add_watch(s->inotify, s->file.path, IN_MODIFY | IN_MOVE_SELF | IN_ATTRIB);
}

static void next_file(struct fc_source *s) {
    s->rebase = true;
    s->resumed = false;
    s->rotations++;
    watch(s);
}

static void lost_while_away(struct fc_source *s) {
    char reason[FC_TEXT_MAX];
    (void)snprintf(reason, sizeof reason, "the log was rotated meanwhile and what followed byte %lld of the old file is gone", (long long)s->resume.place.offset);
    fc_qtrack_forget(s->track);
    tell_gap(s, fc_wall_now().us, reason);
    tell_nothing_open(s, fc_wall_now().us);
    next_file(s);
}

/* The first opening, tried again as long as there is no file. */
static enum fc_status start(struct fc_source *s, struct fc_error *err) {
    enum fc_qfile_found found;
    enum fc_status st = fc_qfile_start(&s->file, s->resumed ? &s->resume.place : NULL, &found, err);
    if (st != FC_OK) return st;
    if (found == FC_QFILE_MISSING) {
        if (s->once) return fc_fail(err, FC_IO, "queuelog %s: %s", s->file.path, strerror(ENOENT));
        if (!s->missing) fc_warn("queuelog %s: %s, waiting for it", s->file.path, strerror(ENOENT));
        s->missing = s->down = true;
        return FC_OK;
    }
    s->missing = false;
    s->started = s->more = true;
    if (!s->resumed) s->unmarked = true; /* which file it was, even if it is rotated before it has a line */
    watch(s);
    if (found == FC_QFILE_CUT) lost_while_away(s);
    else if (found == FC_QFILE_SHRUNK) tell_gap(s, fc_wall_now().us, "the file is shorter than what was read of it");
    else if (s->resumed) fc_info("%s: going on at byte %lld", s->src, (long long)s->resume.place.offset);
    return FC_OK;
}

static void say_torn(struct fc_source *s) {
    if (s->file.torn == 0) return;
    s->bad_lines++;
    fc_warn("queuelog %s: expected a newline at the end of the file that was rotated away, %u bytes stand behind the last one", s->file.path, s->file.torn);
}

/* At the end of what could be read: is the file still the same one? */
static enum fc_status look(struct fc_source *s, struct fc_wall wall, struct fc_mono now, struct fc_error *err) {
    enum fc_qfile_found found;
    bool was_missing = s->missing;
    s->looked = now;
    if (!s->started) return start(s, err);
    enum fc_status st = fc_qfile_look(&s->file, s->last_s, &found, err);
    if (st == FC_IO && !s->once) { /* not ours to read for the moment: as if it were not there */
        if (!was_missing) fc_warn("%s", err->text);
        found = FC_QFILE_MISSING;
        st = FC_OK;
    }
    if (st != FC_OK) return st;
    s->missing = found == FC_QFILE_MISSING;
    if (s->missing && !was_missing) s->missed = now;
    if (!s->missing && was_missing) watch(s);
    say_torn(s);
    if (found == FC_QFILE_NEXT) fc_info("%s: rotated, going on with the next file", s->src);
    if (found == FC_QFILE_CUT) tell_gap(s, wall.us, "the file was cut and no copy of it lies beside: lines written just before may be lost");
    if (found == FC_QFILE_SHRUNK) tell_gap(s, wall.us, "the file is shorter than what was read of it");
    if (found == FC_QFILE_NEXT || found == FC_QFILE_CUT) next_file(s);
    return FC_OK;
}

/* ---- lines ----------------------------------------------------------------------------------------------------- */

static void bad_line(struct fc_source *s, const struct fc_qfile_line *line, const char *what) {
    s->bad_lines++;
    if (s->out.silent || (s->bad_lines > BAD_LINES_SHOWN && s->bad_lines % 1000 != 0)) return;
    fc_warn("queuelog %s:%llu (byte %lld): %s%s", s->file.path, (unsigned long long)line->number, (long long)line->offset, what,
            s->bad_lines == BAD_LINES_SHOWN ? " (further ones are counted, every thousandth is shown)" : "");
}

static void say_unlinked(struct fc_source *s, const struct fc_qfile_line *at, const struct fc_qline *line, uint64_t before) {
    if (before > 0 || fc_qtrack_counts(s->track)->members_unlinked == 0 || s->out.silent) return;
    fc_warn("queuelog %s:%llu: no line tells whose interface %.*s is: set log_membername_as_agent=yes in queues.conf, or put ?names=FILE behind the path",
            s->file.path, (unsigned long long)at->number, FC_STR_ARG(line->agent));
}

/* One line's events, or its complaint. Lines before the marked place were told by the last run. */
static void take_line(struct fc_source *s, const struct fc_qfile_line *at, bool too_long) {
    struct fc_qline line;
    struct fc_error err = {{0}};
    bool there = s->resumed && at->offset == s->resume.place.offset;
    fc_qout_line(&s->out, s->resumed && at->offset < s->resume.place.offset, there ? s->resume.taken : 0);
    s->line_offset = at->offset;
    s->lines++;
    if (too_long) {
        char shown[FC_QLINE_SHOWN + 1], what[200];
        (void)snprintf(what, sizeof what, "expected a line of at most %d bytes, got: %s", FC_QFILE_LINE_MAX, fc_qline_show(shown, at->text, at->n));
        bad_line(s, at, what);
    } else if (at->n == 0) {
        bad_line(s, at, "expected seconds|call id|queue|agent|event|.., got an empty line");
    } else if (fc_qline_parse(at->text, at->n, &line, &err) != FC_OK) {
        bad_line(s, at, err.text);
    } else {
        uint64_t unlinked = fc_qtrack_counts(s->track)->members_unlinked;
        s->last_s = line.ts_us / FC_SECOND_US;
        fc_qtrack_line(s->track, &line);
        say_unlinked(s, at, &line, unlinked);
    }
}

static void mark_base(struct fc_source *s) {
    uint8_t *bytes;
    size_t n;
    fc_qtrack_save(s->track, &bytes, &n);
    fc_qmark_put_base(s->sink, s->key, bytes, n);
    free(bytes);
    s->base_n = (uint32_t)n;
    s->rebase = false;
}

static void mark(struct fc_source *s) {
    if ((s->unmarked || s->rebase) && s->out.kept > 0) return;
    s->unmarked = false;
    if (s->file.fd < 0) return;
    if (s->resumed && s->file.place.offset <= s->resume.place.offset) return; /* not yet where the last run was */
    if (s->rebase) mark_base(s);
    struct fc_qmark m = {.place = s->file.place, .base_n = s->base_n};
    if (s->out.kept > 0) {
        m.place.offset = s->line_offset;
        m.taken = s->out.taken;
    }
    fc_qmark_put(s->sink, s->key, &m);
}

static enum fc_status read_lines(struct fc_source *s, bool *any, struct fc_error *err) {
    struct fc_qfile_line line;
    enum fc_status st = FC_OK;
    for (int i = 0; i < LINES_A_ROUND && s->out.kept == 0 && fc_sink_room(s->sink); i++) {
        st = fc_qfile_line(&s->file, &line, err);
        if (st != FC_OK && st != FC_FULL) break;
        take_line(s, &line, st == FC_FULL);
        *any = true;
    }
    s->more = st == FC_OK || st == FC_FULL;
    return s->more ? FC_OK : st;
}

static enum fc_status finish(struct fc_source *s) {
    struct fc_qfile_line line;
    if (fc_qfile_rest(&s->file, &line) == FC_OK) take_line(s, &line, false);
    mark(s);
    if (s->out.kept > 0) return FC_OK;
    const struct fc_qtrack_counts *c = fc_qtrack_counts(s->track);
    fc_info("%s: %llu lines read, %llu of them no lines; %llu visits, %u of them open at the end", s->src, (unsigned long long)s->lines,
            (unsigned long long)s->bad_lines, (unsigned long long)c->visits, fc_qtrack_open(s->track));
    return FC_EOF;
}

static void drain_inotify(const struct fc_source *s) {
    char buf[4096];
    while (s->inotify >= 0 && read(s->inotify, buf, sizeof buf) > 0) continue;
}

static enum fc_status qlog_work(struct fc_source *s, const zmq_pollitem_t *items, int n, struct fc_wall wall, struct fc_mono now, struct fc_error *err) {
    bool looked = false, any = false, kept = s->out.kept > 0;
    enum fc_status st = FC_OK;
    (void)items;
    (void)n;
    drain_inotify(s);
    if (kept && !fc_qout_flush(&s->out)) {
        mark(s);
        return FC_AGAIN;
    }
    if (!s->started || s->file.end) {
        looked = true;
        st = look(s, wall, now, err);
    }
    if (s->rebase || s->unmarked) mark(s);
    if (st == FC_OK && s->started) st = read_lines(s, &any, err);
    if (st == FC_OK || st == FC_AGAIN) heartbeat(s, wall, now);
    if (any || kept) mark(s);
    if (st == FC_AGAIN && s->once && looked && !any) return finish(s);
    return st;
}

/* ---- the rest of the vtable ------------------------------------------------------------------------------------ */

static int qlog_wait(struct fc_source *s, zmq_pollitem_t *items, int cap) {
    if (s->inotify < 0 || cap < 1) return 0;
    items[0] = (zmq_pollitem_t){.fd = s->inotify, .events = ZMQ_POLLIN};
    return 1;
}

static int64_t qlog_due_ms(struct fc_source *s, struct fc_mono now) {
    if (s->out.kept > 0 || s->more || s->once) return fc_sink_room(s->sink) ? 0 : 20;
    int64_t look_ms = LOOK_MS - fc_mono_ms_since(s->looked, now), beat_ms = HEARTBEAT_MS - fc_mono_ms_since(s->beat, now);
    int64_t due = look_ms < beat_ms ? look_ms : beat_ms;
    return due > 0 ? due : 0;
}

static void qlog_counters(const struct fc_source *s, void (*each)(void *ctx, const char *name, uint64_t value), void *ctx) {
    const struct fc_qtrack_counts *c = fc_qtrack_counts(s->track);
    each(ctx, "lines", s->lines);
    each(ctx, "bad_lines", s->bad_lines);
    each(ctx, "events", s->out.events);
    each(ctx, "events_refused", s->out.refused);
    each(ctx, "rotations", s->rotations);
    each(ctx, "gaps", s->gaps);
    each(ctx, "visits_open", fc_qtrack_open(s->track));
#define COUNT(field, help) each(ctx, #field, c->field);
    FC_QTRACK_COUNTS(COUNT)
#undef COUNT
}

const struct fc_source_ops fc_source_queuelog = {
    .scheme = "queuelog",
    .form = "queuelog:PATH[?queues=FILE][&names=FILE]",
    .open = qlog_open,
    .wait = qlog_wait,
    .due_ms = qlog_due_ms,
    .work = qlog_work,
    .counters = qlog_counters,
    .close = qlog_close,
};
