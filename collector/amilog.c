/* amilog:DIR -- replays a recorded AMI capture, connection after connection, with the recorded times as event times.
 *
 * Finite: FC_EOF at its end. After a restart it reads from the start again, because the tracker must know the calls that
 * are open; the tracker is deterministic, so the number of events already given, kept as a mark in the same commit as
 * they were, is all that is needed to go on without giving one twice.
 */
#include "ami_map.h"
#include "ami_track.h"
#include "amilog_files.h"
#include "log.h"
#include "source.h"

#include <stdio.h>
#include <stdlib.h>

#define MESSAGES_A_ROUND 2048
#define RETRY_MS 20 /* the sink is full */

enum step { OPEN_NEXT, CONNECT, READ, DONE };

struct amilog {
    struct fc_source_base base;
    struct fc_source_args args;
    struct fc_amilog_files files;
    struct fc_ami_out out;
    struct fc_ami_track *track;
    struct fc_ami_msg msg;
    enum step step;
    int64_t last_us;       /* the last time that the recording has told */
    bool logoff;           /* how the connection before ended */
    bool anchored;         /* with a speed: anchor_us was at anchor */
    int64_t anchor_us;
    struct fc_mono anchor, now;
    uint64_t connections, marked;
    char src[FC_ID_MAX + 1], mark[FC_ID_MAX + 1];
    struct fc_ami_parse parse;
};

static struct amilog *self(struct fc_source *s) { return (struct amilog *)(void *)s; }

/* ---- opening --------------------------------------------------------------------------------------------------- */

static void set_names(struct amilog *a) {
    const char *slash = strrchr(a->files.dir, '/');
    (void)snprintf(a->src, sizeof a->src, "amilog:%.*s", FC_ID_MAX - 8, slash == NULL ? a->files.dir : slash + 1);
    const char *tail = a->args.rest + (strlen(a->args.rest) > FC_ID_MAX - 20 ? strlen(a->args.rest) - (FC_ID_MAX - 20) : 0);
    (void)snprintf(a->mark, sizeof a->mark, "amilog:%s events", tail);
}

static enum fc_status amilog_open(const struct fc_source_args *args, struct fc_source **out, struct fc_error *err) {
    if (args->rest == NULL || args->rest[0] == '\0') return fc_fail(err, FC_CONFIG, "source \"%s\": expected amilog:DIR", args->uri);
    struct amilog *a = fc_ami_alloc(sizeof *a);
    a->base.ops = &fc_source_amilog;
    a->args = *args;
    enum fc_status st = fc_amilog_open(&a->files, args->rest, err);
    if (st != FC_OK) {
        free(a);
        return fc_context(err, st, "source amilog");
    }
    set_names(a);
    fc_ami_parse_init(&a->parse);
    fc_ami_out_init(&a->out, args->sink, fc_str(a->src));
    a->track = fc_ami_track_create(&a->out);
    size_t n = 0;
    uint64_t done = 0;
    if (fc_sink_marked(args->sink, fc_str(a->mark), &done, sizeof done, &n) && n == sizeof done) a->out.skip = done;
    *out = (struct fc_source *)(void *)a;
    return FC_OK;
}

static void amilog_close(struct fc_source *s) {
    struct amilog *a = self(s);
    fc_ami_track_destroy(a->track);
    fc_ami_out_fini(&a->out);
    fc_amilog_close(&a->files);
    free(a);
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

/* When the recording says the next thing. */
static int64_t next_us(const struct amilog *a) {
    if (a->step == CONNECT) {
        int64_t opened_us = fc_amilog_connection(&a->files).opened_us;
        return opened_us > 0 ? opened_us : fc_amilog_due_us(&a->files);
    }
    return a->step == READ ? fc_amilog_due_us(&a->files) : a->last_us;
}

/* Nanoseconds until then; what an earlier life gave already is not waited for. */
static int64_t wait_ns(struct amilog *a) {
    if (a->args.speed <= 0 || a->out.skip > 0 || a->step == OPEN_NEXT || a->step == DONE) return 0;
    if (!a->anchored) {
        a->anchored = true;
        a->anchor_us = next_us(a);
        a->anchor = a->now;
    }
    double ns = (double)(next_us(a) - a->anchor_us) * 1000.0 / a->args.speed;
    return (int64_t)ns - (a->now.ns - a->anchor.ns);
}

static int amilog_wait(struct fc_source *s, zmq_pollitem_t *items, int cap) {
    (void)s, (void)items, (void)cap;
    return 0;
}

static int64_t amilog_due_ms(struct fc_source *s, struct fc_mono now) {
    struct amilog *a = self(s);
    a->now = now;
    if (a->out.kept > 0 || !fc_sink_room(a->args.sink)) return RETRY_MS;
    int64_t ns = wait_ns(a);
    return ns <= 0 ? 0 : ns / 1000000 + 1;
}

/* ---- replaying ------------------------------------------------------------------------------------------------- */

static enum fc_status open_next(struct amilog *a, struct fc_error *err) {
    enum fc_status st = fc_amilog_next(&a->files, err);
    if (st == FC_OK) {
        a->step = CONNECT;
        a->connections++;
        return FC_OK;
    }
    if (st != FC_EOF) return st;
    fc_ami_track_finish(a->track, a->last_us + FC_AMI_DECIDE_US);
    a->step = DONE;
    return FC_OK;
}

static void connect_now(struct amilog *a) {
    if (a->connections > 1 && a->logoff) fc_ami_track_disconnected(a->track, a->last_us, "the recording was stopped");
    a->last_us = next_us(a);
    (void)fc_ami_parse_restart(&a->parse);
    fc_ami_track_connected(a->track, a->last_us);
    a->step = READ;
}

/* A connection that the recorder itself ended is no loss, unless another one follows. */
static void connection_over(struct amilog *a) {
    struct fc_amilog_connection c = fc_amilog_connection(&a->files);
    if (c.closed_us > a->last_us) a->last_us = c.closed_us;
    a->logoff = c.logoff;
    if (c.logoff) fc_ami_track_tick(a->track, a->last_us);
    else fc_ami_track_disconnected(a->track, a->last_us, "connection lost");
    a->step = OPEN_NEXT;
}

static enum fc_status read_more(struct amilog *a, struct fc_error *err) {
    size_t cap, n = 0;
    char *buf = fc_ami_parse_space(&a->parse, &cap);
    enum fc_status st = fc_amilog_read(&a->files, buf, cap, &n, err);
    if (st == FC_EOF) {
        connection_over(a);
        return FC_OK;
    }
    if (st != FC_OK) return st;
    a->last_us = a->files.read_us > a->last_us ? a->files.read_us : a->last_us;
    fc_ami_parse_added(&a->parse, n);
    return FC_OK;
}

/* What is needed to get at a message: the next bytes, or the next connection. */
static enum fc_status go_on(struct amilog *a, struct fc_error *err) {
    if (a->step == OPEN_NEXT) return open_next(a, err);
    if (a->step == READ) return read_more(a, err);
    connect_now(a);
    return FC_OK;
}

/* FC_OK one message was replayed; FC_AGAIN the bytes at hand hold none. */
static enum fc_status replay_message(struct amilog *a, struct fc_error *err) {
    if (a->step != READ) return FC_AGAIN;
    enum fc_status st = fc_ami_parse_next(&a->parse, &a->msg, err);
    if (st == FC_OK) fc_ami_track_message(a->track, &a->msg, a->last_us);
    return st == FC_INVALID ? fc_context(err, st, "%s/%s", a->files.dir, a->files.data_name) : st;
}

static void set_mark(struct amilog *a) {
    uint64_t done = a->out.made - a->out.kept;
    if (a->out.skip > 0 || done == a->marked) return;
    fc_sink_mark(a->args.sink, fc_str(a->mark), &done, sizeof done);
    a->marked = done;
}

static enum fc_status replay(struct amilog *a, struct fc_error *err) {
    for (int i = 0; i < MESSAGES_A_ROUND; i++) {
        if (fc_ami_out_flush(&a->out) != FC_OK || (a->out.skip == 0 && !fc_sink_room(a->args.sink))) return FC_OK;
        if (a->step == DONE) return FC_EOF;
        enum fc_status st = replay_message(a, err);
        if (st == FC_AGAIN) st = wait_ns(a) > 0 ? FC_AGAIN : go_on(a, err);
        if (st == FC_AGAIN) return FC_OK; /* not yet, at this speed */
        if (st != FC_OK) return st;
    }
    return FC_OK;
}

static enum fc_status amilog_work(struct fc_source *s, const zmq_pollitem_t *items, int n, struct fc_wall wall, struct fc_mono now,
                                  struct fc_error *err) {
    (void)items, (void)n, (void)wall;
    struct amilog *a = self(s);
    a->now = now;
    enum fc_status st = replay(a, err);
    set_mark(a);
    return st == FC_OK || st == FC_EOF ? st : fc_context(err, st, "source amilog");
}

static void amilog_counters(const struct fc_source *s, void (*each)(void *ctx, const char *name, uint64_t value), void *ctx) {
    const struct amilog *a = (const struct amilog *)(const void *)s;
    each(ctx, "connections", a->connections);
    fc_ami_counters(a->track, &a->parse, &a->out, each, ctx);
}

const struct fc_source_ops fc_source_amilog = {
    .scheme = "amilog",
    .form = "amilog:DIR",
    .open = amilog_open,
    .wait = amilog_wait,
    .due_ms = amilog_due_ms,
    .work = amilog_work,
    .counters = amilog_counters,
    .close = amilog_close,
};
