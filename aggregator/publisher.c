#include "publisher.h"

#include "log.h"
#include "map.h"
#include "wanted.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <zmq.h>

#define BEAT_MS 500
#define SEND_HWM 20000  /* messages a subscriber may be behind before it loses some */
#define ANSWERS_HWM 256 /* answers, each up to some hundred MB, that one asker may leave unread; and its questions in line */
#define HANDSHAKE_MS 5000
#define PEER_BEAT_MS 5000  /* ZeroMQ's own, by which a peer that stopped is known, and what waits for it freed */
#define PEER_GONE_MS 15000
#define WISHES_MAX 16   /* subscriptions answered apart; more at once get everything */
#define WISHES_EVERY_MS 100
#define BEAT_BYTES 16384 /* grows */
#define JOBS_MAX 64
#define GIVEN_UP_MS (24 * 3600 * INT64_C(1000))

struct latest {
    struct fc_str topic; /* owned; first, for the map */
    uint8_t *body;
    size_t n, cap;
};

struct wish {
    uint32_t n;
    char prefix[FC_TOPIC_MAX];
};

struct fc_publisher {
    struct fc_publisher_options o;
    void *xpub, *router;
    struct fc_wake wake;
    struct fc_map topics;
    struct wish wishes[WISHES_MAX]; /* subscribed to lately, not sent yet */
    uint32_t wishes_n;
    struct fc_mono granted;
    uint64_t beats;
    struct fc_publisher_counts counts;
    struct fc_tell *told[FC_PUBLISHER_COLLECTORS]; /* the latest word of each collector; owned */
    uint32_t told_n;
    uint32_t jobs; /* at the query thread */
    struct fc_job *at_engine[JOBS_MAX]; /* owned */
    uint32_t at_engine_n;
    struct fc_wanted wanted;
    struct fc_mono beaten;
    char instance[17];
    struct fc_stall stall;
    uint8_t *beat; /* encoded; owned */
    size_t beat_cap;
    struct fc_counter stop; /* writer: main; reader: publisher thread */
    pthread_t thread;
};

/* ---- life -------------------------------------------------------------------------------------------------------- */

static enum fc_status bind_to(void *zmq, int type, const char *endpoint, const char *what, void **out, struct fc_error *err) {
    void *s = zmq_socket(zmq, type);
    if (s == NULL) return fc_fail(err, FC_IO, "%s: no socket: %s", what, zmq_strerror(errno));
    bool publishes = type == ZMQ_XPUB;
    int linger = 200, hwm = publishes ? SEND_HWM : ANSWERS_HWM, receive = ANSWERS_HWM, handshake_ms = HANDSHAKE_MS, one = 1;
    int beat_ms = PEER_BEAT_MS, gone_ms = PEER_GONE_MS;
    int64_t most = publishes ? FC_TOPIC_MAX + 64 : 1 << 16; /* a subscription with its command; a question too long is still told so */
    (void)zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
    (void)zmq_setsockopt(s, ZMQ_SNDHWM, &hwm, sizeof hwm);
    (void)zmq_setsockopt(s, ZMQ_RCVHWM, &receive, sizeof receive);
    (void)zmq_setsockopt(s, ZMQ_MAXMSGSIZE, &most, sizeof most);
    (void)zmq_setsockopt(s, ZMQ_HANDSHAKE_IVL, &handshake_ms, sizeof handshake_ms);
    (void)zmq_setsockopt(s, ZMQ_HEARTBEAT_IVL, &beat_ms, sizeof beat_ms);
    (void)zmq_setsockopt(s, ZMQ_HEARTBEAT_TIMEOUT, &gone_ms, sizeof gone_ms);
    if (publishes) (void)zmq_setsockopt(s, ZMQ_XPUB_VERBOSE, &one, sizeof one);
    if (zmq_bind(s, endpoint) != 0) {
        int e = errno;
        (void)zmq_close(s);
        return fc_fail(err, e == EADDRINUSE ? FC_IO : FC_CONFIG, "%s %s: %s; expected a free endpoint such as tcp://127.0.0.1:5601", what, endpoint, zmq_strerror(e));
    }
    *out = s;
    return FC_OK;
}

enum fc_status fc_publisher_create(const struct fc_publisher_options *options, struct fc_publisher **out, struct fc_error *err) {
    struct fc_publisher *p = calloc(1, sizeof *p);
    FC_ASSERT(p != NULL);
    p->o = *options;
    p->beat_cap = BEAT_BYTES;
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random) random = (uint64_t)fc_mono_now().ns;
    (void)snprintf(p->instance, sizeof p->instance, "%016llx", (unsigned long long)random);
    enum fc_status st = fc_wake_init(&p->wake, err);
    if (st == FC_OK) st = bind_to(options->zmq, ZMQ_XPUB, options->publish, "--publish", &p->xpub, err);
    if (st == FC_OK) st = bind_to(options->zmq, ZMQ_ROUTER, options->query, "--query", &p->router, err);
    if (st != FC_OK) {
        fc_publisher_destroy(p);
        return st;
    }
    *out = p;
    return FC_OK;
}

static void free_job(struct fc_job *job) {
    (void)zmq_msg_close(&job->route);
    free(job->reply);
    free(job);
}

void fc_publisher_destroy(struct fc_publisher *p) {
    if (p == NULL) return;
    if (p->xpub != NULL) (void)zmq_close(p->xpub);
    if (p->router != NULL) (void)zmq_close(p->router);
    struct latest *l;
    for (uint32_t at = 0; (l = fc_map_each(&p->topics, &at)) != NULL;) {
        free((void *)(uintptr_t)l->topic.p);
        free(l->body);
        free(l);
    }
    for (uint32_t i = 0; i < p->told_n; i++) free(p->told[i]);
    for (uint32_t i = 0; i < p->at_engine_n; i++) free_job(p->at_engine[i]);
    fc_wanted_fini(&p->wanted);
    free(p->beat);
    fc_map_fini(&p->topics);
    fc_wake_fini(&p->wake);
    free(p);
}

struct fc_wake *fc_publisher_wake(struct fc_publisher *p) { return &p->wake; }
const struct fc_publisher_counts *fc_publisher_counted(const struct fc_publisher *p) { return &p->counts; }

/* ---- topics ------------------------------------------------------------------------------------------------------ */

static void send_item(struct fc_publisher *p, struct fc_str topic, const void *body, size_t n) {
    p->counts.sent++;
    if (zmq_send(p->xpub, topic.p, topic.n, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 || zmq_send(p->xpub, body, n, ZMQ_DONTWAIT) < 0)
        fc_warn("publish %.*s: %s", FC_STR_ARG(topic), zmq_strerror(errno)); /* XPUB drops for slow subscribers, it does not fail */
}

static struct latest *latest_of(struct fc_publisher *p, struct fc_str topic) {
    struct latest *l = fc_map_find(&p->topics, topic);
    if (l != NULL) return l;
    l = calloc(1, sizeof *l);
    char *name = malloc(topic.n + 1u);
    FC_ASSERT(l != NULL && name != NULL);
    memcpy(name, topic.p, topic.n);
    l->topic = fc_str_n(name, topic.n);
    fc_map_add(&p->topics, l);
    return l;
}

/* Who subscribes from now on finds nothing of it. */
static void forget(struct fc_publisher *p, struct latest *l) {
    fc_map_remove(&p->topics, l);
    free((void *)(uintptr_t)l->topic.p);
    free(l->body);
    free(l);
}

/* Behind the states that the events made, so that whoever reads it has those. */
static void send_lag(struct fc_publisher *p, const struct fc_lag_sign *lag) {
    uint8_t item[128];
    struct fc_mpw w;
    fc_mpw_init(&w, item, sizeof item);
    fc_mpw_map(&w, 5);
    fc_mpw_key(&w, "topic");
    fc_mpw_key(&w, "lag");
    fc_mpw_key(&w, "ver");
    fc_mpw_int(&w, (int64_t)p->counts.sent);
    fc_mpw_key(&w, "at_us");
    fc_mpw_int(&w, (int64_t)fc_count_get(&fc_driver_counts(p->o.driver)->turn_wall_us));
    fc_mpw_key(&w, "event_us");
    fc_mpw_int(&w, lag->event_us);
    fc_mpw_key(&w, "received_us_ago");
    fc_mpw_int(&w, (int64_t)fc_mono_us_since(lag->received, fc_mono_now()));
    FC_ASSERT(!w.overflow);
    send_item(p, FC_STR_LIT("lag"), item, w.len);
}

static void answer(struct fc_publisher *p, struct fc_job *job);

/* The block's body goes out as the answer. */
static void take_answer(struct fc_publisher *p, struct fc_state_block *b) {
    struct fc_job *job = b->job;
    uint32_t i = 0;
    while (p->at_engine[i] != job) i++;
    p->at_engine[i] = p->at_engine[--p->at_engine_n];
    job->reply = b->body;
    job->reply_n = b->body_n;
    b->body = NULL;
    b->body_cap = 0;
    b->job = NULL;
    answer(p, job);
}

/* The block's body becomes the topic's latest; the one before goes back with the block. */
static void take_states(struct fc_publisher *p) {
    struct fc_state_block *b;
    bool any = false;
    while (FC_RING_POP(fc_driver_states(p->o.driver), &b)) {
        any = true;
        if (b->job != NULL) {
            take_answer(p, b);
            FC_ASSERT(FC_RING_PUSH(fc_driver_states_back(p->o.driver), &b));
            continue;
        }
        if (b->lag.received.ns != 0) {
            send_lag(p, &b->lag);
            FC_ASSERT(FC_RING_PUSH(fc_driver_states_back(p->o.driver), &b));
            continue;
        }
        struct latest *l = latest_of(p, fc_str_n(b->topic, b->topic_n));
        uint8_t *old = l->body;
        size_t old_cap = l->cap;
        l->body = b->body;
        l->n = b->body_n;
        l->cap = b->body_cap;
        b->body = old;
        b->body_cap = old_cap;
        send_item(p, l->topic, l->body, l->n);
        if (b->gone) forget(p, l);
        FC_ASSERT(FC_RING_PUSH(fc_driver_states_back(p->o.driver), &b));
    }
    if (any) fc_wake_signal(fc_driver_wake(p->o.driver));
}

static bool matches(const struct latest *l, struct fc_str prefix) { return l->topic.n >= prefix.n && memcmp(l->topic.p, prefix.p, prefix.n) == 0; }

static struct fc_str prefix_of(const struct wish *wish) { return fc_str_n(wish->prefix, wish->n); }

static void add_wish(struct fc_publisher *p, struct fc_str prefix) {
    for (uint32_t i = 0; i < p->wishes_n; i++) {
        struct fc_str held = prefix_of(&p->wishes[i]);
        if (prefix.n >= held.n && memcmp(prefix.p, held.p, held.n) == 0) return;
    }
    if (p->wishes_n == WISHES_MAX) { /* everything then, which is a beginning of each */
        p->wishes_n = 0;
        prefix.n = 0;
    }
    struct wish *wish = &p->wishes[p->wishes_n++];
    wish->n = prefix.n;
    memcpy(wish->prefix, prefix.p, prefix.n);
}

static bool wished(const struct fc_publisher *p, const struct latest *l) {
    for (uint32_t i = 0; i < p->wishes_n; i++)
        if (matches(l, prefix_of(&p->wishes[i]))) return true;
    return false;
}

/* Whoever subscribes gets what there is; others get it again, which changes nothing for them. Subscribing again and again
 * must not make everybody get everything each time: what comes close together is answered together. */
static void take_subscriptions(struct fc_publisher *p, struct fc_mono now) {
    uint8_t m[FC_TOPIC_MAX + 1];
    struct latest *l;
    int n;
    while ((n = zmq_recv(p->xpub, m, sizeof m, ZMQ_DONTWAIT)) > 0) {
        struct fc_str prefix = fc_str_n((const char *)m + 1, (size_t)n - 1);
        if (n > (int)sizeof m) continue;
        fc_wanted_hear(&p->wanted, prefix, m[0] == 1);
        if (m[0] != 1) continue;
        p->counts.subscriptions++;
        add_wish(p, prefix);
    }
    if (p->wishes_n == 0 || (p->granted.ns != 0 && fc_mono_ms_since(p->granted, now) < WISHES_EVERY_MS)) return;
    for (uint32_t at = 0; (l = fc_map_each(&p->topics, &at)) != NULL;)
        if (wished(p, l)) send_item(p, l->topic, l->body, l->n);
    p->wishes_n = 0;
    p->granted = now;
}

/* ---- what collectors tell ---------------------------------------------------------------------------------------- */

/* The place of that collector's word: its own, a free one, or that of the longest silent. */
static struct fc_tell **place_of(struct fc_publisher *p, const struct fc_tell *tell) {
    struct fc_tell **oldest = &p->told[0];
    for (uint32_t i = 0; i < p->told_n; i++) {
        if (memcmp(p->told[i]->spool, tell->spool, sizeof tell->spool) == 0) return &p->told[i];
        if (p->told[i]->at.ns < (*oldest)->at.ns) oldest = &p->told[i];
    }
    return p->told_n < FC_PUBLISHER_COLLECTORS ? &p->told[p->told_n++] : oldest;
}

static void take_tells(struct fc_publisher *p) {
    struct fc_tell *tell;
    for (uint32_t i = 0; i < p->o.tells_n; i++)
        while (FC_RING_POP(p->o.tells[i], &tell)) {
            struct fc_tell **place = place_of(p, tell);
            free(*place);
            *place = tell;
        }
}

/* ---- the heartbeat ----------------------------------------------------------------------------------------------- */

#define METRICS_MAX 256

struct metrics {
    struct {
        const char *name;
        uint64_t value;
    } v[METRICS_MAX];
    size_t n;
};

static void take_metric(void *to, const char *name, uint64_t value) {
    struct metrics *m = to;
    FC_ASSERT(m->n < METRICS_MAX);
    m->v[m->n].name = name;
    m->v[m->n++].value = value;
}

static void write_metrics(struct fc_mpw *w, const struct metrics *m) {
    fc_mpw_key(w, "metrics");
    fc_mpw_map(w, m->n);
    for (size_t i = 0; i < m->n; i++) {
        fc_mpw_key(w, m->v[i].name);
        fc_mpw_int(w, (int64_t)m->v[i].value);
    }
}

/* A collector that was taken away is not missed for ever. */
static bool is_given_up(const struct fc_tell *t, struct fc_mono now) { return fc_mono_ms_since(t->at, now) > GIVEN_UP_MS; }

static void write_collectors(struct fc_mpw *w, const struct fc_publisher *p, struct fc_mono now) {
    fc_mpw_key(w, "collectors");
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->told_n; i++) n += !is_given_up(p->told[i], now);
    fc_mpw_array(w, n);
    for (uint32_t i = 0; i < p->told_n; i++) {
        const struct fc_tell *t = p->told[i];
        if (is_given_up(t, now)) continue;
        fc_mpw_map(w, 3);
        fc_mpw_key(w, "id");
        fc_mpw_str(w, fc_str_n(t->spool, sizeof t->spool));
        fc_mpw_key(w, "told_ms_ago");
        fc_mpw_int(w, fc_mono_ms_since(t->at, now));
        fc_mpw_key(w, "tell");
        fc_mpw_raw(w, t->bytes, t->n);
    }
}

static void write_stall(struct fc_mpw *w, const struct fc_stall *stall) {
    fc_mpw_key(w, "stall");
    fc_mpw_map(w, 3);
    fc_mpw_key(w, "kind");
    fc_mpw_key(w, stall->kind == FC_STALL_FULL ? "full" : "checkpoint");
    fc_mpw_key(w, "since_us");
    fc_mpw_int(w, stall->since_us);
    fc_mpw_key(w, "reason");
    fc_mpw_str(w, fc_str(stall->reason.text));
}

static void write_beat(struct fc_mpw *w, const struct fc_publisher *p, const struct metrics *metrics, struct fc_mono now) {
    const struct fc_driver_counts *engine = fc_driver_counts(p->o.driver);
    bool stalled = p->stall.kind != FC_STALL_NONE;
    fc_mpw_map(w, stalled ? 13 : 12);
    fc_mpw_key(w, "v");
    fc_mpw_int(w, FC_STATE_VERSION);
    fc_mpw_key(w, "topic");
    fc_mpw_key(w, "hb");
    fc_mpw_key(w, "ver");
    fc_mpw_int(w, (int64_t)p->beats);
    fc_mpw_key(w, "at_us");
    fc_mpw_int(w, (int64_t)fc_count_get(&engine->turn_wall_us));
    fc_mpw_key(w, "instance");
    fc_mpw_key(w, p->instance);
    fc_mpw_key(w, "sent");
    fc_mpw_int(w, (int64_t)p->counts.sent + 1);
    fc_mpw_key(w, "clock");
    fc_mpw_key(w, p->o.event_clock ? "event" : "wall");
    fc_mpw_key(w, "version");
    fc_mpw_key(w, FC_VERSION);
    fc_mpw_key(w, "turn_ms_ago");
    int64_t turn_ns = (int64_t)fc_count_get(&engine->turn_ns);
    fc_mpw_int(w, turn_ns < now.ns ? fc_mono_ms_since((struct fc_mono){turn_ns}, now) : 0);
    fc_mpw_key(w, "held_ms");
    fc_mpw_int(w, (int64_t)fc_count_get(&engine->held_us) / 1000);
    if (stalled) write_stall(w, &p->stall);
    write_metrics(w, metrics);
    write_collectors(w, p, now);
}

static void beat(struct fc_publisher *p, struct fc_mono now) {
    static _Thread_local struct metrics metrics;
    struct fc_mpw w;
    while (p->o.stalls != NULL && FC_RING_POP(p->o.stalls, &p->stall)) continue;
    metrics.n = 0;
    p->o.metrics(p->o.metrics_ctx, &p->counts, take_metric, &metrics);
    p->beats++;
    for (;; p->beat_cap *= 2) {
        p->beat = realloc(p->beat, p->beat_cap);
        FC_ASSERT(p->beat != NULL);
        fc_mpw_init(&w, p->beat, p->beat_cap);
        write_beat(&w, p, &metrics, now);
        if (!w.overflow) break;
    }
    send_item(p, FC_STR_LIT("hb"), p->beat, w.len);
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

static void answer(struct fc_publisher *p, struct fc_job *job) {
    if (zmq_msg_send(&job->route, p->router, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0) {
        if (job->delimiter) (void)zmq_send(p->router, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT);
        if (zmq_send(p->router, job->reply, job->reply_n, ZMQ_DONTWAIT) < 0) fc_warn("query: the answer could not be sent: %s", zmq_strerror(errno));
    }
    free_job(job);
}

static bool op_is(const struct fc_job *job, const char *op, struct fc_str *prefix, int64_t *id) {
    struct fc_mp mp = fc_mp_open(job->request, job->request_n);
    struct fc_str key, word = {0};
    uint32_t pairs;
    if (!fc_mp_map(&mp, &pairs)) return false;
    for (uint32_t i = 0; i < pairs; i++) {
        if (!fc_mp_str(&mp, &key)) return false;
        bool ok = fc_str_is(key, "op") ? fc_mp_str(&mp, &word) : fc_str_is(key, "prefix") ? fc_mp_str(&mp, prefix) : fc_str_is(key, "id") ? fc_mp_i64(&mp, id) : fc_mp_skip(&mp);
        if (!ok) return false;
    }
    return fc_str_is(word, op);
}

static void snapshot(struct fc_publisher *p, struct fc_job *job, struct fc_str prefix, int64_t id) {
    size_t bytes = 128;
    uint32_t n = 0;
    struct latest *l;
    for (uint32_t at = 0; (l = fc_map_each(&p->topics, &at)) != NULL;) {
        if (!matches(l, prefix)) continue;
        bytes += l->n;
        n++;
    }
    job->reply = malloc(bytes);
    FC_ASSERT(job->reply != NULL);
    struct fc_mpw w;
    fc_mpw_init(&w, job->reply, bytes);
    fc_mpw_map(&w, 4);
    fc_mpw_key(&w, "v");
    fc_mpw_int(&w, FC_STATE_VERSION);
    fc_mpw_key(&w, "id");
    fc_mpw_int(&w, id);
    fc_mpw_key(&w, "ok");
    fc_mpw_bool(&w, true);
    fc_mpw_key(&w, "items");
    fc_mpw_array(&w, n);
    for (uint32_t at = 0; (l = fc_map_each(&p->topics, &at)) != NULL;)
        if (matches(l, prefix)) fc_mpw_raw(&w, l->body, l->n);
    FC_ASSERT(!w.overflow);
    job->reply_n = w.len;
    answer(p, job);
}

static void refuse(struct fc_publisher *p, struct fc_job *job, enum fc_status why, const char *text) {
    p->counts.questions_refused++;
    fc_query_refuse(job->request, job->request_n, why, text, &job->reply, &job->reply_n);
    answer(p, job);
}

static void refuse_too_many(struct fc_publisher *p, struct fc_job *job) {
    char text[80];
    (void)snprintf(text, sizeof text, "%d questions wait for their answers, as many as may: ask again later", JOBS_MAX);
    refuse(p, job, FC_AGAIN, text);
}

/* Who is there only the engine knows. False: the question is another, or a wrong one. */
static bool ask_engine(struct fc_publisher *p, struct fc_job *job) {
    struct fc_driver_ask ask = {.job = job};
    bool is_asked = fc_contacts_is_asked(job->request, job->request_n);
    if (!is_asked || fc_contacts_read(job->request, job->request_n, &ask.asked, NULL) != FC_OK || !fc_contacts_are_there(&ask.asked)) return false;
    if (p->at_engine_n == JOBS_MAX || !FC_RING_PUSH(fc_driver_asks(p->o.driver), &ask)) {
        refuse_too_many(p, job);
        return true;
    }
    p->at_engine[p->at_engine_n++] = job;
    fc_wake_signal(fc_driver_wake(p->o.driver));
    return true;
}

static void take_question(struct fc_publisher *p, struct fc_job *job) {
    struct fc_str prefix = {0};
    int64_t id = 0;
    struct fc_error err;
    if (fc_query_check_version(job->request, job->request_n, &err) != FC_OK) {
        refuse(p, job, FC_INVALID, err.text);
    } else if (ask_engine(p, job)) {
        return;
    } else if (op_is(job, "snapshot", &prefix, &id)) {
        snapshot(p, job, prefix, id);
    } else if (p->jobs == JOBS_MAX || !FC_RING_PUSH(fc_query_jobs(p->o.answers), &job)) {
        refuse_too_many(p, job);
    } else {
        p->jobs++;
        fc_wake_signal(fc_query_wake(p->o.answers));
    }
}

/* [route] [empty]? [request]; anything else is swallowed to its end. False: nothing there. */
static bool take_question_frames(struct fc_publisher *p) {
    struct fc_job *job = calloc(1, sizeof *job);
    FC_ASSERT(job != NULL);
    (void)zmq_msg_init(&job->route);
    if (zmq_msg_recv(&job->route, p->router, ZMQ_DONTWAIT) < 0) {
        (void)zmq_msg_close(&job->route);
        free(job);
        return false;
    }
    p->counts.questions++;
    int frames = 0, n = 0, more = zmq_msg_more(&job->route);
    size_t more_n = sizeof more;
    while (more) {
        n = zmq_recv(p->router, job->request, sizeof job->request, 0);
        if (frames == 0 && n == 0) job->delimiter = true;
        else frames++;
        (void)zmq_getsockopt(p->router, ZMQ_RCVMORE, &more, &more_n);
    }
    if (frames == 1 && n > 0 && n <= (int)sizeof job->request) {
        job->request_n = (uint32_t)n;
        take_question(p, job);
    } else {
        refuse(p, job, FC_INVALID, "expected one frame of at most 4096 bytes");
    }
    return true;
}

/* ---- topics that are made when they are wanted --------------------------------------------------------------------- */

static int64_t state_us(const struct fc_publisher *p) { return (int64_t)fc_count_get(&fc_driver_counts(p->o.driver)->now_us); }

static void send_wanted(struct fc_publisher *p, const struct fc_job *job, uint8_t *item, size_t n, bool gone) {
    struct latest *l = latest_of(p, fc_str_n(job->topic, job->topic_n));
    free(l->body);
    l->body = item;
    l->n = l->cap = n;
    send_item(p, l->topic, l->body, l->n);
    if (gone) forget(p, l);
}

static void take_done(struct fc_publisher *p, struct fc_job *job) {
    uint8_t *item;
    size_t n;
    p->jobs--;
    if (job->topic_n == 0) {
        answer(p, job);
        return;
    }
    if (fc_wanted_answered(&p->wanted, job, state_us(p), &item, &n)) send_wanted(p, job, item, n, false);
    free_job(job);
}

static void make_wanted(struct fc_publisher *p, struct fc_mono now) {
    struct fc_job *job;
    if (fc_wanted_tell(&p->wanted, fc_driver_asks(p->o.driver))) fc_wake_signal(fc_driver_wake(p->o.driver));
    while ((job = fc_wanted_ended(&p->wanted, state_us(p))) != NULL) {
        send_wanted(p, job, job->reply, job->reply_n, true);
        job->reply = NULL;
        free_job(job);
    }
    uint64_t records = p->o.records != NULL ? fc_count_get(p->o.records) : 0;
    while (p->jobs < JOBS_MAX / 2 && (job = fc_wanted_next(&p->wanted, records, now)) != NULL) {
        p->jobs++;
        FC_ASSERT(FC_RING_PUSH(fc_query_jobs(p->o.answers), &job)); /* it has room for JOBS_MAX */
        fc_wake_signal(fc_query_wake(p->o.answers));
    }
}

/* ---- a turn ------------------------------------------------------------------------------------------------------ */

void fc_publisher_do_work(struct fc_publisher *p, struct fc_mono now) {
    struct fc_job *job;
    take_subscriptions(p, now);
    take_states(p);
    while (FC_RING_POP(fc_query_done(p->o.answers), &job)) take_done(p, job);
    make_wanted(p, now);
    for (int i = 0; i < 64 && take_question_frames(p); i++) continue;
    if (p->beaten.ns != 0 && fc_mono_ms_since(p->beaten, now) < BEAT_MS) return;
    p->beaten = now;
    take_tells(p);
    beat(p, now);
}

static bool nothing_waits(const struct fc_publisher *p) {
    return fc_ring_is_empty(fc_driver_states(p->o.driver)) && fc_ring_is_empty(fc_query_done(p->o.answers)) && fc_count_get(&p->stop) == 0;
}

static void count_turn(struct fc_publisher_counts *c, uint64_t us) {
    c->stalls += us > FC_STALL_US;
    if (us > c->turn_us_max) c->turn_us_max = us;
}

static void *run(void *ctx) {
    struct fc_publisher *p = ctx;
    while (fc_count_get(&p->stop) == 0) {
        struct fc_mono began = fc_mono_now();
        fc_publisher_do_work(p, began);
        count_turn(&p->counts, fc_mono_us_since(began, fc_mono_now()));
        zmq_pollitem_t items[] = {{.fd = fc_wake_fd(&p->wake), .events = ZMQ_POLLIN}, {.socket = p->xpub, .events = ZMQ_POLLIN}, {.socket = p->router, .events = ZMQ_POLLIN}};
        struct fc_mono now = fc_mono_now();
        int64_t left = BEAT_MS - fc_mono_ms_since(p->beaten, now), grant = WISHES_EVERY_MS - fc_mono_ms_since(p->granted, now);
        if (p->wishes_n > 0 && grant < left) left = grant;
        fc_wake_prepare(&p->wake);
        if (nothing_waits(p)) (void)zmq_poll(items, 3, left > 0 ? left : 0);
        fc_wake_done(&p->wake);
    }
    fc_publisher_do_work(p, fc_mono_now());
    return NULL;
}

enum fc_status fc_publisher_start(struct fc_publisher *p, struct fc_error *err) {
    int e = pthread_create(&p->thread, NULL, run, p);
    return e == 0 ? FC_OK : fc_fail(err, FC_IO, "cannot start the publisher's thread: %s", strerror(e));
}

void fc_publisher_stop(struct fc_publisher *p) {
    fc_count_set(&p->stop, 1);
    fc_wake_signal(&p->wake);
    (void)pthread_join(p->thread, NULL);
}
