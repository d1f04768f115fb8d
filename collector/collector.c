#include "collector.h"

#include "disk.h"
#include "endpoint.h"
#include "ingest.h"
#include "sink.h"
#include "leap.h"
#include "process.h"
#include "sources.h"
#include "tell.h"
#include "uplink.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define ITEMS_PER_SOURCE 8
#define ITEMS_MAX (FC_SOURCES_MAX * ITEMS_PER_SOURCE + FC_UPLINK_ITEMS + 1)
#define COUNTERS_EVERY_MS 60000
#define TELL_EVERY_MS 1000
#define BEAT_EVERY_MS 5000
#define FULL_LOG_MS 60000
#define CALM_MS 5000

struct running {
    struct fc_source_args args;
    const struct fc_source_ops *ops;
    struct fc_source *source; /* NULL: not open */
    bool done;                /* FC_EOF */
    int at, n;                /* its poll items of this round */
    int64_t deadline_ns;      /* when it wants to be called at the latest; INT64_MAX never */
};

struct fc_collector {
    int argc;
    char *const *argv;
    struct fc_settings *settings;
    void *zmq;
    int signal_fd;
    struct fc_spool *spool;
    struct fc_sink sink;
    struct fc_uplink *uplink; /* NULL: only spool */
    struct running running[FC_SOURCES_MAX];
    unsigned n;
    bool stopping, full_said;
    struct fc_mono counted, full_logged, full_at, started, told, beaten;
    struct fc_leap leap;
    uint64_t told_connection, heartbeats_missed, clock_steps, stalls, round_us_max;
    char src[sizeof FC_COLLECTOR_SRC + FC_COLLECTOR_SRC_DIGITS]; /* of what it says of itself */
    uint8_t oldest[FC_BATCH_BYTES_MAX], tell[FC_TELL_BYTES_MAX];
    zmq_pollitem_t items[ITEMS_MAX];
    uint64_t rounds, commits;
};

/* ---- opening ---------------------------------------------------------------------------------------------------------- */

static enum fc_status catch_signals(struct fc_collector *c, struct fc_error *err) {
    sigset_t set;
    fc_process_hold_signals(&set);
    c->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return c->signal_fd >= 0 ? FC_OK : fc_fail(err, FC_IO, "signalfd: %s", strerror(errno));
}

static enum fc_status open_source(struct fc_collector *c, const char *uri, struct fc_error *err) {
    struct running *r = &c->running[c->n];
    const struct fc_settings *s = c->settings;
    r->args = (struct fc_source_args){.uri = uri, .sink = &c->sink, .zmq = c->zmq, .once = s->once, .speed = s->speed,
                                      .record_dir = s->record_dir, .secret = s->secret[0] != '\0' ? s->secret : NULL};
    r->ops = fc_sources_find(uri, &r->args.rest, err);
    if (r->ops == NULL) return FC_CONFIG;
    enum fc_status st = r->ops->open(&r->args, &r->source, err);
    if (st != FC_OK) return st;
    c->n++;
    fc_info("source %s: open", uri);
    if (r->ops == &fc_source_zmq && !fc_endpoint_is_local(uri))
        fc_warn("--insecure: source %s is open to every machine that reaches it: without keys whoever does can add calls that never were, and who is "
                "on the way reads all",
                uri);
    return FC_OK;
}

static void say_start(const struct fc_collector *c) {
    uint64_t waiting = fc_spool_next(c->spool) - fc_spool_first(c->spool);
    fc_info("floorcast-collector %s: spool %s (id %.8s..), %llu events wait in it, customers are %s, %s%s", FC_VERSION, fc_spool_dir(c->spool),
            fc_spool_id(c->spool).p, (unsigned long long)waiting, c->settings->plain_customers ? "kept readable" : "hashed",
            c->uplink != NULL ? "aggregator " : "no --aggregator: events are only spooled", c->uplink != NULL ? c->settings->aggregator : "");
}

enum fc_status fc_collector_open(int argc, char *const *argv, struct fc_settings *settings, struct fc_collector **out, struct fc_error *err) {
    struct fc_collector *c = calloc(1, sizeof *c);
    *out = NULL;
    if (c == NULL) return fc_fail(err, FC_IO, "out of memory");
    c->argc = argc;
    c->argv = argv;
    c->settings = settings;
    c->signal_fd = -1;
    c->counted = c->started = fc_mono_now();
    enum fc_status st = catch_signals(c, err);
    if (st == FC_OK && (c->zmq = zmq_ctx_new()) == NULL) st = fc_fail(err, FC_IO, "ZeroMQ: %s", zmq_strerror(errno));
    if (st == FC_OK) st = fc_spool_open(settings->spool, settings->spool_limit_bytes, &c->spool, err);
    c->sink.spool = c->spool;
    if (st == FC_OK) st = fc_customer_open(&c->sink.customer, settings->spool, settings->plain_customers, settings->country_code, err);
    if (st == FC_OK && settings->aggregator != NULL) st = fc_uplink_open(c->zmq, settings->aggregator, c->spool, fc_wall_now(), &c->uplink, err);
    if (st == FC_OK) say_start(c);
    for (unsigned i = 0; i < settings->n_sources && st == FC_OK; i++) st = open_source(c, settings->sources[i], err);
    if (st == FC_OK) {
        *out = c;
        return FC_OK;
    }
    struct fc_error ignored;
    c->settings = NULL; /* a start that failed has no last words */
    (void)fc_collector_close(c, &ignored);
    return st;
}

/* ---- counters ---------------------------------------------------------------------------------------------------------- */

struct line {
    char text[560]; /* the log cuts a line at 700 */
    size_t n;
};

static void add_counter(void *ctx, const char *name, uint64_t value) {
    struct line *l = ctx;
    int k = snprintf(l->text + l->n, sizeof l->text - l->n, " %s=%llu", name, (unsigned long long)value);
    if (k > 0 && (size_t)k < sizeof l->text - l->n) l->n += (size_t)k;
}

static void say_source(const struct running *r, const char *what) {
    struct line l = {.n = 0, .text = ""};
    if (r->ops->counters != NULL) r->ops->counters(r->source, add_counter, &l);
    fc_info("source %s: %s%s", r->args.uri, what, l.text);
}

static void say_counters(struct fc_collector *c, const char *what) {
    struct line l = {.n = 0, .text = ""};
    add_counter(&l, "taken", c->sink.taken);
    add_counter(&l, "duplicates", c->sink.duplicates);
    add_counter(&l, "refused", c->sink.refused);
    add_counter(&l, "anonymous", c->sink.anonymous);
    add_counter(&l, "untracked", fc_spool_producers(c->spool)->untracked);
    add_counter(&l, "commits", c->commits);
    add_counter(&l, "waiting", fc_spool_next(c->spool) - fc_spool_first(c->spool));
    add_counter(&l, "spool_bytes", fc_spool_bytes(c->spool));
    if (c->uplink != NULL) {
        const struct fc_uplink_counters *u = fc_uplink_counters(c->uplink);
        add_counter(&l, "batches", u->batches);
        add_counter(&l, "resent", u->resent);
        add_counter(&l, "rewinds", u->rewinds);
        add_counter(&l, "batches_refused", u->refused);
    }
    fc_info("%s:%s", what, l.text);
}

/* ---- what it says of itself ------------------------------------------------------------------------------------------- */

static struct fc_event own_event(struct fc_collector *c, enum fc_kind kind, struct fc_wall wall) {
    struct fc_event ev = fc_event_make(kind, wall.us);
    (void)snprintf(c->src, sizeof c->src, "%s%.*s", FC_COLLECTOR_SRC, FC_COLLECTOR_SRC_DIGITS, fc_spool_id(c->spool).p);
    FC_EVENT_STR(&ev, src, fc_str(c->src));
    return ev;
}

/* So that a floor whose producers have nothing to say, or no heartbeat of their own, is known to be watched. None for an aggregator
 * that is away, since it would only learn what is past, and none of a run that ends with its files. */
static bool beat_is_due(const struct fc_collector *c, struct fc_mono now) {
    if (c->uplink == NULL || c->settings->once || fc_uplink_away(c->uplink)) return false;
    return c->beaten.ns == 0 || fc_mono_ms_since(c->beaten, now) >= BEAT_EVERY_MS;
}

static void beat(struct fc_collector *c, struct fc_wall wall, struct fc_mono now) {
    struct fc_error err;
    if (!beat_is_due(c, now)) return;
    struct fc_event ev = own_event(c, FC_HEARTBEAT, wall);
    fc_event_set_source(&ev, FC_SOURCE_UP);
    if (fc_sink_put(&c->sink, &ev, &err) != FC_OK) c->heartbeats_missed++;
    c->beaten = now;
}

static uint64_t oldest_ms(struct fc_collector *c, struct fc_wall wall) {
    struct fc_spool_batch b;
    struct fc_event ev;
    if (fc_spool_read(c->spool, fc_spool_first(c->spool), c->oldest, &b, NULL) != FC_OK) return 0;
    struct fc_mp mp = fc_mp_open(c->oldest, b.bytes);
    return fc_event_decode(&mp, &ev, NULL) == FC_OK && ev.ts < wall.us ? (uint64_t)(wall.us - ev.ts) / 1000 : 0;
}

static void gather(struct fc_collector *c, struct fc_wall wall, struct fc_mono now, struct fc_collector_figures *f) {
    const struct fc_uplink_counters *u = fc_uplink_counters(c->uplink);
    struct fc_process p;
    fc_process_read(&p);
    *f = (struct fc_collector_figures){
        .taken = c->sink.taken, .duplicates = c->sink.duplicates, .refused = c->sink.refused, .anonymous = c->sink.anonymous,
        .untracked = fc_spool_producers(c->spool)->untracked, .commits = c->commits,
        .spool_events = fc_spool_next(c->spool) - fc_spool_first(c->spool), .spool_bytes = fc_spool_bytes(c->spool),
        .spool_limit_bytes = c->settings->spool_limit_bytes, .spool_oldest_ms = oldest_ms(c, wall), .spool_full = fc_spool_full(c->spool),
        .batches = u->batches, .resent = u->resent, .batches_refused = u->refused, .batches_flying = u->flying, .acks = u->acks,
        .rewinds = u->rewinds, .connections = u->connections, .foreign = u->foreign, .heartbeats_missed = c->heartbeats_missed,
        .clock_steps = c->clock_steps, .stalls = c->stalls, .round_us_max = c->round_us_max,
        .uptime_ms = (uint64_t)fc_mono_ms_since(c->started, now), .resident_bytes = p.resident_bytes, .descriptors = p.descriptors,
        .descriptors_max = p.descriptors_max};
}

static void tell(struct fc_collector *c, struct fc_wall wall, struct fc_mono now) {
    struct fc_collector_figures figures;
    struct fc_tell_source sources[FC_SOURCES_MAX];
    if (c->uplink == NULL) return;
    uint64_t connection = fc_uplink_counters(c->uplink)->connections; /* a new one is told at once: nothing is known of us there */
    if (c->told.ns != 0 && fc_mono_ms_since(c->told, now) < TELL_EVERY_MS && connection == c->told_connection) return;
    c->told_connection = connection;
    for (unsigned i = 0; i < c->n; i++)
        sources[i] = (struct fc_tell_source){c->running[i].args.uri, c->running[i].done, c->running[i].ops, c->running[i].source};
    gather(c, wall, now, &figures);
    fc_uplink_tell(c->uplink, c->tell, fc_tell_encode(c->tell, &figures, wall, sources, c->n));
    c->told = now;
}

static void watch_clock(struct fc_collector *c, struct fc_wall wall, struct fc_mono now) {
    int64_t leap_us = fc_leap_us(&c->leap, wall, now);
    if (leap_us == 0) return;
    c->clock_steps++;
    fc_warn("the wall clock %s by %lld s; what happens across that seems so much %s", leap_us < 0 ? "was set back" : "leapt ahead",
            (long long)(leap_us < 0 ? -leap_us : leap_us) / FC_SECOND_US, leap_us < 0 ? "shorter" : "longer");
}

static void watch_round(struct fc_collector *c, struct fc_mono began) {
    uint64_t us = fc_mono_us_since(began, fc_mono_now());
    c->stalls += us > FC_STALL_US;
    if (us > c->round_us_max) c->round_us_max = us;
}

/* ---- signals ------------------------------------------------------------------------------------------------------------ */

static void reload(struct fc_collector *c) {
    struct fc_settings next;
    struct fc_error err = {.text = ""};
    char names[200];
    if (fc_settings_load(c->argc, c->argv, &next, &err) != FC_OK) {
        fc_err("reload: %s; everything stays as it was", err.text);
        return;
    }
    bool secret = strcmp(next.secret, c->settings->secret) != 0 && c->settings->secret[0] != '\0' && next.secret[0] != '\0';
    bool country = strcmp(next.country_code, c->sink.customer.country_code) != 0;
    fc_log_setup(next.log_format, FC_LOG_INFO);
    (void)fc_str_copy(c->sink.customer.country_code, sizeof c->sink.customer.country_code, fc_str(next.country_code));
    if (secret) memcpy(c->settings->secret, next.secret, sizeof next.secret); /* read at the next login */
    bool restart = fc_settings_differ(c->settings, &next, names, sizeof names);
    fc_info("reload: %s is fine%s%s%s%s", next.config != NULL ? next.config : "the command line", country ? "; new country code" : "",
            secret ? "; new secret" : "", restart ? "; changed, but in effect only after a restart: " : "", names);
    fc_settings_fini(&next);
}

static void take_signals(struct fc_collector *c) {
    struct signalfd_siginfo info;
    while (read(c->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            reload(c);
            continue;
        }
        fc_info("signal %s: stopping", info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM");
        c->stopping = true;
    }
}

/* ---- the round ---------------------------------------------------------------------------------------------------------- */

static int64_t sooner(int64_t a, int64_t b) { return a < 0 ? b : b < 0 ? a : a < b ? a : b; }

/* Fills the poll items; hands back how long to wait at most (ms, -1 for ever). */
static int64_t prepare(struct fc_collector *c, struct fc_mono now, int *n_items) {
    int n = 0;
    int64_t wait = COUNTERS_EVERY_MS - fc_mono_ms_since(c->counted, now);
    wait = sooner(wait > 0 ? wait : 0, fc_spool_due_ms(c->spool, now));
    if (c->full_said) wait = sooner(wait, CALM_MS);
    c->items[n++] = (zmq_pollitem_t){.fd = c->signal_fd, .events = ZMQ_POLLIN};
    if (c->uplink != NULL) {
        fc_uplink_wait(c->uplink, &c->items[n]);
        n += FC_UPLINK_ITEMS;
        wait = sooner(wait, fc_uplink_due_ms(c->uplink, now));
        int64_t tell_ms = TELL_EVERY_MS - fc_mono_ms_since(c->told, now); /* heartbeats are due with one of them */
        wait = sooner(wait, tell_ms > 0 ? tell_ms : 0);
    }
    for (unsigned i = 0; i < c->n; i++) {
        struct running *r = &c->running[i];
        r->at = n;
        r->n = 0;
        if (r->done) continue;
        r->n = r->ops->wait(r->source, &c->items[n], ITEMS_PER_SOURCE);
        FC_ASSERT(r->n >= 0 && r->n <= ITEMS_PER_SOURCE);
        n += r->n;
        int64_t due = r->ops->due_ms(r->source, now);
        r->deadline_ns = due < 0 ? INT64_MAX : now.ns + due * 1000000;
        wait = sooner(wait, due);
    }
    *n_items = n;
    return wait;
}

static bool is_ready(const struct fc_collector *c, const struct running *r, struct fc_mono now) {
    if (r->done) return false;
    for (int i = 0; i < r->n; i++)
        if (c->items[r->at + i].revents != 0) return true;
    return now.ns >= r->deadline_ns || beat_is_due(c, now); /* some have a heartbeat of their own to give then */
}

static enum fc_status work_sources(struct fc_collector *c, struct fc_wall wall, struct fc_mono now, struct fc_error *err) {
    for (unsigned i = 0; i < c->n; i++) {
        struct running *r = &c->running[i];
        if (!is_ready(c, r, now)) continue;
        enum fc_status st = r->ops->work(r->source, &c->items[r->at], r->n, wall, now, err);
        if (st == FC_EOF) {
            r->done = true;
            say_source(r, "read to its end");
        } else if (st != FC_OK && st != FC_AGAIN) {
            return st;
        }
    }
    return FC_OK;
}

/* What the link lost is itself an event, so that the wall shows it. */
static void put_gap(struct fc_collector *c, struct fc_wall wall) {
    const char *reason = c->uplink != NULL ? fc_uplink_gap(c->uplink) : NULL;
    if (reason == NULL) return;
    struct fc_error err;
    struct fc_event ev = own_event(c, FC_GAP, wall);
    FC_EVENT_STR(&ev, reason, fc_str(reason));
    if (fc_sink_put(&c->sink, &ev, &err) == FC_OK) fc_uplink_gap_told(c->uplink);
}

/* Once when it fills up, then once a minute, and once when there has been room for some seconds: at its limit a spool that
 * empties slowly is full in one round and not in the next. */
static void watch_room(struct fc_collector *c, struct fc_mono now) {
    struct fc_error err = {.text = ""};
    bool full = fc_spool_full(c->spool);
    if (full) c->full_at = now;
    if (full && (!c->full_said || fc_mono_ms_since(c->full_logged, now) >= FULL_LOG_MS)) {
        (void)fc_spool_why_full(c->spool, &err);
        fc_err("%s; files wait, producers get an error", err.text);
        c->full_logged = now;
        c->full_said = true;
    } else if (!full && c->full_said && fc_mono_ms_since(c->full_at, now) >= CALM_MS) {
        fc_info("spool %s has room again", fc_spool_dir(c->spool));
        c->full_said = false;
    }
}

static enum fc_status commit(struct fc_collector *c, struct fc_mono now, struct fc_error *err) {
    bool held = fc_spool_held(c->spool);
    enum fc_status st = fc_spool_commit(c->spool, now, err);
    watch_room(c, now);
    if (st != FC_OK && st != FC_FULL) return st;
    if (held && st == FC_OK) c->commits++;
    for (unsigned i = 0; i < c->n; i++) {
        const struct fc_source_ops *ops = c->running[i].ops;
        void (*hear)(struct fc_source *) = st == FC_OK ? ops->committed : ops->held;
        if (hear != NULL) hear(c->running[i].source);
    }
    return FC_OK;
}

static bool finished(const struct fc_collector *c) {
    if (c->stopping) return true;
    if (!c->settings->once || fc_spool_held(c->spool)) return false;
    for (unsigned i = 0; i < c->n; i++)
        if (!c->running[i].done) return false;
    return c->uplink == NULL || fc_uplink_done(c->uplink);
}

enum fc_status fc_collector_round(struct fc_collector *c, struct fc_error *err) {
    int n = 0;
    int64_t wait = prepare(c, fc_mono_now(), &n);
    if (zmq_poll(c->items, n, (long)wait) < 0 && errno != EINTR) return fc_fail(err, FC_IO, "poll: %s", zmq_strerror(errno));
    struct fc_mono now = fc_mono_now();
    struct fc_wall wall = fc_wall_now();
    c->rounds++;
    watch_clock(c, wall, now);
    if (c->items[0].revents != 0) take_signals(c);
    enum fc_status st = work_sources(c, wall, now, err);
    if (st != FC_OK) return st;
    put_gap(c, wall);
    beat(c, wall, now);
    st = commit(c, now, err);
    if (st == FC_OK && c->uplink != NULL) st = fc_uplink_work(c->uplink, wall, now, err);
    if (st == FC_OK) tell(c, wall, now);
    watch_round(c, now);
    if (st == FC_OK && fc_mono_ms_since(c->counted, now) >= COUNTERS_EVERY_MS) {
        say_counters(c, "counters");
        for (unsigned i = 0; i < c->n; i++)
            if (!c->running[i].done) say_source(&c->running[i], "counters");
        c->counted = now;
    }
    return st == FC_OK && finished(c) ? FC_EOF : st;
}

/* ---- closing ------------------------------------------------------------------------------------------------------------ */

enum fc_status fc_collector_close(struct fc_collector *c, struct fc_error *err) {
    if (c == NULL) return FC_OK;
    enum fc_status st = c->spool != NULL ? fc_spool_flush(c->spool, err) : FC_OK;
    for (unsigned i = 0; i < c->n; i++) {
        struct running *r = &c->running[i];
        if (st == FC_OK && r->ops->committed != NULL) r->ops->committed(r->source);
        if (c->settings != NULL && !r->done) say_source(r, "closed");
        r->ops->close(r->source); /* may have put a last word */
    }
    if (c->spool != NULL && st == FC_OK) st = fc_spool_flush(c->spool, err);
    if (c->settings != NULL) say_counters(c, "stopped");
    fc_uplink_close(c->uplink);
    fc_spool_close(c->spool);
    if (c->zmq != NULL) (void)zmq_ctx_term(c->zmq);
    if (c->signal_fd >= 0) (void)close(c->signal_fd);
    free(c);
    return st;
}
