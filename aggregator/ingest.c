#include "ingest.h"

#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define TURN_MESSAGES 32            /* taken per turn, so that acks do not wait behind input */
#define ROUTE_MAX 255               /* ZeroMQ's limit of a routing id */
#define MESSAGE_BYTES_MAX (FC_BATCH_BYTES_MAX + 256)
#define PEER_QUEUE 16               /* messages a peer may have waiting in this process */
#define SESSIONS 1024u              /* spools known at a time; a forgotten one is asked about again */
#define SESSION_WAYS 8u             /* places where a spool may stand */
#define TELLS 64                    /* that may wait for the publisher */
#define LOG_EVERY_NS INT64_C(1000000000)

/* What is known of a spool that speaks to this endpoint. */
struct session {
    char spool[FC_SPOOL_ID_LEN];
    bool used;
    uint8_t route_n;
    uint8_t route[ROUTE_MAX]; /* of its latest message: where acks go */
    uint64_t expected;        /* number of the event to come next; 0: not known, ask; 1: nothing held, see may_come */
    bool greeted;             /* by a hello on that route */
    uint64_t begins;          /* number of the first batch behind the hello, taken or left; 0: none came */
    uint32_t asking;          /* questions the writer has not answered */
    uint32_t in_flight;       /* batches and questions the writer has not given back */
    uint64_t ack_next;
    bool ack_due;
    uint64_t heard; /* turn of its latest message, to forget the oldest */
};

struct fc_ingest {
    struct fc_ring events, events_back, batches, batches_back, tells;
    struct fc_wake wake, blocks_wake, *engine, *writer;
    void *socket;
    char endpoint[300];

    struct fc_event_block **blocks; /* all there are, to free them */
    uint32_t block_count;
    struct fc_event_block *spare; /* taken from events_back, not used yet */
    struct fc_batch *batch_pool;
    struct fc_batch **idle; /* stack of free batches */
    uint32_t idle_n, idle_made, batch_count;

    struct session sessions[SESSIONS];
    uint32_t due[SESSIONS]; /* sessions with ack_due */
    uint32_t due_n;
    uint64_t messages;
    bool stalled;

    struct fc_mono logged_at;
    uint64_t unlogged;
    struct fc_ingest_counts counts;
    pthread_t thread;
    _Atomic bool stop; /* writer: main; reader: the thread */
};

/* ---- making ---------------------------------------------------------------------------------------------------- */

static enum fc_status make_pools(struct fc_ingest *in, struct fc_error *err) {
    enum fc_status s = fc_ring_init(&in->events, in->block_count, sizeof *in->blocks, err);
    if (s == FC_OK) s = fc_ring_init(&in->events_back, in->block_count, sizeof *in->blocks, err);
    if (s == FC_OK) s = fc_ring_init(&in->batches, in->batch_count, sizeof *in->idle, err);
    if (s == FC_OK) s = fc_ring_init(&in->batches_back, in->batch_count, sizeof *in->idle, err);
    if (s == FC_OK) s = fc_ring_init(&in->tells, TELLS, sizeof(struct fc_tell *), err);
    if (s != FC_OK) return s;
    in->blocks = calloc(in->block_count, sizeof *in->blocks);
    in->batch_pool = calloc(in->batch_count, sizeof *in->batch_pool);
    in->idle = calloc(in->batch_count, sizeof *in->idle);
    bool got = in->blocks != NULL && in->batch_pool != NULL && in->idle != NULL;
    for (uint32_t i = 0; got && i < in->block_count; i++) {
        got = (in->blocks[i] = calloc(1, sizeof **in->blocks)) != NULL;
        if (got) FC_ASSERT(FC_RING_PUSH(&in->events_back, &in->blocks[i]));
    }
    for (uint32_t i = 0; got && i < in->batch_count; i++) {
        (void)zmq_msg_init(&in->batch_pool[i].msg);
        in->idle[in->idle_n++] = &in->batch_pool[i];
        in->idle_made++;
    }
    return got ? FC_OK : fc_fail(err, FC_IO, "out of memory: %u event blocks of %zu bytes", in->block_count, sizeof **in->blocks);
}

static enum fc_status bind_failed(const char *endpoint, struct fc_error *err) {
    int e = zmq_errno();
    if (e == EINVAL || e == EPROTONOSUPPORT || e == ENOCOMPATPROTO)
        return fc_fail(err, FC_CONFIG, "listen endpoint \"%s\": not understood, expected tcp://HOST:PORT or ipc://PATH", endpoint);
    return fc_fail(err, FC_CONFIG, "listen endpoint %s: %s", endpoint, zmq_strerror(e));
}

static enum fc_status open_socket(struct fc_ingest *in, const struct fc_ingest_options *o, struct fc_error *err) {
    in->socket = zmq_socket(o->zmq, ZMQ_ROUTER);
    if (in->socket == NULL) return fc_fail(err, FC_IO, "listen endpoint %s: %s", o->endpoint, zmq_strerror(zmq_errno()));
    const int receive = PEER_QUEUE, send = 1000, linger_ms = 1000, beat_ms = 5000, gone_ms = 15000, handshake_ms = 5000;
    const int64_t most = MESSAGE_BYTES_MAX;
    int rc = zmq_setsockopt(in->socket, ZMQ_RCVHWM, &receive, sizeof receive);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_SNDHWM, &send, sizeof send);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_MAXMSGSIZE, &most, sizeof most);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_HEARTBEAT_IVL, &beat_ms, sizeof beat_ms);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_HEARTBEAT_TIMEOUT, &gone_ms, sizeof gone_ms);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_HANDSHAKE_IVL, &handshake_ms, sizeof handshake_ms);
    FC_ASSERT(rc == 0);
    if (zmq_bind(in->socket, o->endpoint) != 0) return bind_failed(o->endpoint, err);
    size_t n = sizeof in->endpoint;
    if (zmq_getsockopt(in->socket, ZMQ_LAST_ENDPOINT, in->endpoint, &n) != 0) (void)snprintf(in->endpoint, sizeof in->endpoint, "%s", o->endpoint);
    return FC_OK;
}

enum fc_status fc_ingest_create(const struct fc_ingest_options *o, struct fc_ingest **out, struct fc_error *err) {
    *out = NULL;
    struct fc_ingest *in = aligned_alloc(FC_RING_LINE, (sizeof *in + FC_RING_LINE - 1) / FC_RING_LINE * FC_RING_LINE);
    if (in == NULL) return fc_fail(err, FC_IO, "out of memory: an ingest");
    memset(in, 0, sizeof *in);
    in->wake.fd = in->blocks_wake.fd = -1;
    in->engine = o->engine;
    in->writer = o->writer;
    in->block_count = o->event_blocks > 0 ? o->event_blocks : 64;
    in->batch_count = o->batches > 0 ? o->batches : 512;
    in->logged_at.ns = INT64_MIN / 2;
    enum fc_status s = fc_wake_init(&in->wake, err);
    if (s == FC_OK) s = fc_wake_init(&in->blocks_wake, err);
    if (s == FC_OK) s = make_pools(in, err);
    if (s == FC_OK) s = open_socket(in, o, err);
    if (s == FC_OK) *out = in;
    else fc_ingest_destroy(in);
    return s;
}

const char *fc_ingest_endpoint(const struct fc_ingest *in) { return in->endpoint; }
struct fc_ring *fc_ingest_events(struct fc_ingest *in) { return &in->events; }
struct fc_ring *fc_ingest_events_back(struct fc_ingest *in) { return &in->events_back; }
struct fc_ring *fc_ingest_batches(struct fc_ingest *in) { return &in->batches; }
struct fc_ring *fc_ingest_batches_back(struct fc_ingest *in) { return &in->batches_back; }
struct fc_ring *fc_ingest_tells(struct fc_ingest *in) { return &in->tells; }
struct fc_wake *fc_ingest_wake(struct fc_ingest *in) { return &in->wake; }
struct fc_wake *fc_ingest_blocks_wake(struct fc_ingest *in) { return &in->blocks_wake; }
const struct fc_ingest_counts *fc_ingest_counts(const struct fc_ingest *in) { return &in->counts; }

/* ---- complaining ----------------------------------------------------------------------------------------------- */

/* One line a second at most, with the number of those left out: a peer that sends rubbish must not fill the log. */
static void complain(struct fc_ingest *in, const char *what, struct fc_str spool, const char *why) {
    struct fc_mono now = fc_mono_now();
    if (now.ns - in->logged_at.ns < LOG_EVERY_NS) {
        in->unlogged++;
        return;
    }
    char left_out[48] = "";
    if (in->unlogged > 0) (void)snprintf(left_out, sizeof left_out, " (and %llu more)", (unsigned long long)in->unlogged);
    fc_warn("%s: %s%s%.*s: %s%s", in->endpoint, what, spool.n > 0 ? ", spool " : "", FC_STR_ARG(spool), why, left_out);
    in->logged_at = now;
    in->unlogged = 0;
}

static void send_to(struct fc_ingest *in, const void *route, size_t route_n, const struct fc_link_msg *msg) {
    uint8_t bytes[512];
    struct fc_mpw w;
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_link_encode(&w, msg);
    FC_ASSERT(!w.overflow);
    /* A peer that is gone or does not read loses the answer: it says hello again, or gets the next ack. */
    if (zmq_send(in->socket, route, route_n, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0) (void)zmq_send(in->socket, bytes, w.len, ZMQ_DONTWAIT);
}

/* Whoever sent something unreadable may not have a spool: then the answer names one of zeros. */
static void refuse(struct fc_ingest *in, zmq_msg_t *route, struct fc_str spool, const char *why) {
    static const char nobody[] = "00000000000000000000000000000000";
    fc_count_add(&in->counts.refused, 1);
    complain(in, "refused a message", spool, why);
    struct fc_link_msg msg = {.type = FC_LINK_REFUSE, .spool = spool, .reason = fc_str(why)};
    if (spool.n != FC_SPOOL_ID_LEN) msg.spool = fc_str_n(nobody, FC_SPOOL_ID_LEN);
    send_to(in, zmq_msg_data(route), zmq_msg_size(route), &msg);
}

/* ---- sessions -------------------------------------------------------------------------------------------------- */

static uint32_t hash(struct fc_str s) {
    uint32_t h = 2166136261u; /* FNV-1a */
    for (uint32_t i = 0; i < s.n; i++) h = (h ^ (uint8_t)s.p[i]) * 16777619u;
    return h ^ h >> 15;
}

/* The spool's session, a new one in place of the longest silent, or NULL while all places have work in flight. */
static struct session *find_session(struct fc_ingest *in, struct fc_str spool) {
    struct session *oldest = NULL;
    for (uint32_t way = 0, h = hash(spool); way < SESSION_WAYS; way++) {
        struct session *s = &in->sessions[(h + way) % SESSIONS];
        if (s->used && memcmp(s->spool, spool.p, sizeof s->spool) == 0) return s;
        bool free_to_take = s->in_flight == 0 && !s->ack_due;
        if (free_to_take && (oldest == NULL || s->heard < oldest->heard)) oldest = s;
    }
    if (oldest == NULL) return NULL;
    *oldest = (struct session){.used = true};
    memcpy(oldest->spool, spool.p, sizeof oldest->spool);
    return oldest;
}

static void hand_to_writer(struct fc_ingest *in, struct session *s, struct fc_batch *b) {
    memcpy(b->spool, s->spool, sizeof b->spool);
    b->session = (uint32_t)(s - in->sessions);
    s->in_flight++;
    FC_ASSERT(FC_RING_PUSH(&in->batches, &b));
    fc_wake_signal(in->writer);
}

static void ask_writer(struct fc_ingest *in, struct session *s) {
    struct fc_batch *b = in->idle[--in->idle_n];
    b->kind = FC_BATCH_HELLO;
    b->first = b->count = 0;
    s->asking++;
    hand_to_writer(in, s, b);
}

/* ---- answers from the writer ----------------------------------------------------------------------------------- */

static void learn(struct fc_ingest *in, struct fc_batch *b) {
    struct session *s = &in->sessions[b->session];
    FC_ASSERT(s->in_flight > 0 && memcmp(s->spool, b->spool, sizeof s->spool) == 0);
    s->in_flight--;
    if (b->kind == FC_BATCH_HELLO) {
        s->asking--;
        if (s->asking == 0 && (s->expected == 0 || s->expected < b->next)) s->expected = b->next;
    } else {
        (void)zmq_msg_close(&b->msg);
        (void)zmq_msg_init(&b->msg);
        if (b->fate == FC_BATCH_HOLE) s->expected = b->next;
    }
    s->ack_next = b->next;
    if (!s->ack_due) in->due[in->due_n++] = b->session;
    s->ack_due = true;
    in->idle[in->idle_n++] = b;
}

/* All that came back first, then one ack a spool: the latest says it all. */
static void send_acks(struct fc_ingest *in) {
    struct fc_batch *b;
    while (FC_RING_POP(&in->batches_back, &b)) learn(in, b);
    for (uint32_t i = 0; i < in->due_n; i++) {
        struct session *s = &in->sessions[in->due[i]];
        struct fc_link_msg ack = {.type = FC_LINK_ACK, .spool = fc_str_n(s->spool, sizeof s->spool), .first = s->ack_next};
        send_to(in, s->route, s->route_n, &ack);
        s->ack_due = false;
        fc_count_add(&in->counts.acks, 1);
    }
    in->due_n = 0;
}

/* ---- messages from collectors ---------------------------------------------------------------------------------- */

enum fc_status fc_batch_decode(const struct fc_link_msg *batch, struct fc_event_block *block, struct fc_batch_rejects *rejects,
                               struct fc_error *err) {
    FC_ASSERT(batch->count <= FC_BATCH_EVENTS_MAX && batch->events.n <= FC_BATCH_BYTES_MAX && batch->spool.n == FC_SPOOL_ID_LEN);
    rejects->invalid = rejects->unknown = 0;
    rejects->newer = 0;
    rejects->first.text[0] = '\0';
    memcpy(block->spool, batch->spool.p, sizeof block->spool);
    block->first = batch->first;
    block->count = batch->count;
    if (batch->events.n > 0) memcpy(block->bytes, batch->events.p, batch->events.n);
    struct fc_mp mp = fc_mp_open(block->bytes, batch->events.n);
    for (uint32_t i = 0; i < batch->count; i++) {
        struct fc_error why;
        enum fc_status s = fc_event_decode(&mp, &block->events[i], &why);
        if (s == FC_OK) continue;
        block->events[i] = (struct fc_event){.kind = FC_KIND_COUNT}; /* names nothing either: it may be half filled in */
        int64_t version = s == FC_INVALID ? fc_mp_version(mp.p, fc_mp_left(&mp)) : FC_EVENT_VERSION;
        if (version > FC_EVENT_VERSION && rejects->newer == 0) rejects->newer = version;
        if (s == FC_INVALID && !fc_mp_skip(&mp))
            return fc_fail(err, FC_INVALID, "batch of %u events: event %u at byte %zu is no msgpack value", batch->count, i, fc_mp_offset(&mp));
        if (s == FC_INVALID && rejects->invalid++ == 0) rejects->first = why;
        if (s == FC_ABSENT) rejects->unknown++;
    }
    if (fc_mp_left(&mp) == 0) return FC_OK;
    return fc_fail(err, FC_INVALID, "batch of %u events: %zu bytes follow the last one", batch->count, fc_mp_left(&mp));
}

static void count_taken(struct fc_ingest *in, const struct fc_link_msg *m, size_t bytes, const struct fc_batch_rejects *rejects) {
    fc_count_add(&in->counts.batches, 1);
    fc_count_add(&in->counts.events, m->count);
    fc_count_add(&in->counts.bytes, bytes);
    fc_count_add(&in->counts.events_invalid, rejects->invalid);
    fc_count_add(&in->counts.events_unknown, rejects->unknown);
    if (rejects->invalid > 0) complain(in, "an event cannot be used", m->spool, rejects->first.text);
}

/* The engine first: handover.h promises it. What only a newer program can read stays in the collector's spool until there is one. */
static void take_batch(struct fc_ingest *in, struct session *s, const struct fc_link_msg *m, zmq_msg_t *route, zmq_msg_t *bytes) {
    struct fc_batch_rejects rejects;
    struct fc_error err;
    if (fc_batch_decode(m, in->spare, &rejects, &err) != FC_OK) {
        refuse(in, route, m->spool, err.text);
        return;
    }
    if (rejects.newer > 0) {
        (void)fc_fail(&err, FC_INVALID, "an event is of version %lld, this aggregator reads version %d: update it before its collectors",
                      (long long)rejects.newer, FC_EVENT_VERSION);
        refuse(in, route, m->spool, err.text);
        return;
    }
    count_taken(in, m, zmq_msg_size(bytes), &rejects);
    in->spare->received = fc_mono_now();
    FC_ASSERT(FC_RING_PUSH(&in->events, &in->spare));
    in->spare = NULL;
    if (in->engine != NULL) fc_wake_signal(in->engine);
    struct fc_batch *b = in->idle[--in->idle_n];
    b->kind = FC_BATCH_DATA;
    b->first = m->first;
    b->count = m->count;
    s->expected = m->first + m->count;
    (void)zmq_msg_move(&b->msg, bytes); /* `m` ends here */
    hand_to_writer(in, s, b);
}

/* It changes nothing and is told again soon: when nobody takes it, it is dropped. */
static void take_tell(struct fc_ingest *in, const struct fc_link_msg *m) {
    fc_count_add(&in->counts.tells, 1);
    struct fc_tell *tell = malloc(sizeof *tell + m->figures.n);
    FC_ASSERT(tell != NULL);
    *tell = (struct fc_tell){.at = fc_mono_now(), .n = m->figures.n};
    memcpy(tell->spool, m->spool.p, sizeof tell->spool);
    memcpy(tell->bytes, m->figures.p, m->figures.n);
    if (FC_RING_PUSH(&in->tells, &tell)) return;
    fc_count_add(&in->counts.tells_dropped, 1);
    free(tell);
}

/* Remembers where the message came from. Behind another connection than that of the hello may stand what that one lost. */
static void heard_from(struct fc_ingest *in, struct session *s, zmq_msg_t *route, bool hello) {
    size_t n = zmq_msg_size(route);
    bool same = s->route_n == n && memcmp(s->route, zmq_msg_data(route), n) == 0;
    s->heard = ++in->messages;
    s->route_n = (uint8_t)n;
    memcpy(s->route, zmq_msg_data(route), n);
    s->greeted = hello || (s->greeted && same);
    if (hello) s->begins = 0;
}

/* A spool of which nothing is held may begin with any number, but only where its collector begins: with the first batch behind a hello.
 * If that one was left because a question was still out, those behind it must not be taken for the beginning. */
static bool may_come(struct session *s, uint64_t first) {
    if (s->begins == 0) s->begins = first;
    return first == s->expected || (s->expected == 1 && s->greeted && first == s->begins);
}

static void take_message(struct fc_ingest *in, zmq_msg_t *route, zmq_msg_t *bytes) {
    struct fc_link_msg m;
    struct fc_error err;
    struct fc_str none = {0};
    if (fc_link_decode(zmq_msg_data(bytes), zmq_msg_size(bytes), &m, &err) != FC_OK) {
        refuse(in, route, none, err.text);
        return;
    }
    if (m.type == FC_LINK_TELL) {
        take_tell(in, &m);
        return;
    }
    if (m.type != FC_LINK_HELLO && m.type != FC_LINK_BATCH) {
        refuse(in, route, m.spool, "expected a hello or a batch");
        return;
    }
    struct session *s = find_session(in, m.spool);
    if (s == NULL) { /* left without an answer: it is not the message's fault, and the collector tries again */
        fc_count_add(&in->counts.strays, 1);
        complain(in, "no room for a message", m.spool, "too many spools are waiting for the writer");
        return;
    }
    heard_from(in, s, route, m.type == FC_LINK_HELLO);
    if (m.type == FC_LINK_HELLO) {
        fc_count_add(&in->counts.hellos, 1);
        s->expected = 0; /* what it sent before may have been lost on the way: the answer says where to go on */
        ask_writer(in, s);
    } else if (may_come(s, m.first)) {
        take_batch(in, s, &m, route, bytes);
    } else {
        fc_count_add(&in->counts.strays, 1);
        if (s->asking == 0) ask_writer(in, s);
    }
}

/* One message: its route and one frame. More frames are read to their end and refused. */
static bool receive(struct fc_ingest *in, zmq_msg_t *route, zmq_msg_t *bytes) {
    if (zmq_msg_recv(route, in->socket, ZMQ_DONTWAIT) < 0) return false;
    uint32_t frames = 0;
    for (bool more = zmq_msg_more(route); more; more = zmq_msg_more(bytes), frames++)
        if (zmq_msg_recv(bytes, in->socket, ZMQ_DONTWAIT) < 0) return false; /* only when the context ends: messages are whole */
    if (frames == 1) take_message(in, route, bytes);
    else refuse(in, route, (struct fc_str){0}, "expected one frame a message");
    return true;
}

/* Any message may need a block and a batch, so without both none is read. */
static bool may_take(struct fc_ingest *in) {
    if (in->spare == NULL) (void)FC_RING_POP(&in->events_back, &in->spare);
    return in->spare != NULL && in->idle_n > 0;
}

bool fc_ingest_do_work(struct fc_ingest *in) {
    send_acks(in);
    zmq_msg_t route, bytes;
    (void)zmq_msg_init(&route);
    (void)zmq_msg_init(&bytes);
    bool more = true, room = true;
    for (int i = 0; i < TURN_MESSAGES && more && (room = may_take(in)); i++) more = receive(in, &route, &bytes);
    (void)zmq_msg_close(&route);
    (void)zmq_msg_close(&bytes);
    if (!room && !in->stalled) fc_count_add(&in->counts.stalls, 1);
    in->stalled = !room;
    return more && room;
}

/* ---- the thread ------------------------------------------------------------------------------------------------ */

static bool stopping(const struct fc_ingest *in) {
    /* acquire; partner: the release in fc_ingest_stop */
    return atomic_load_explicit((_Atomic bool *)(uintptr_t)&in->stop, memory_order_acquire);
}

/* Sleeps until an ack comes back, until a block does if that is what lacks, else until a message comes in. */
static void sleep_until_work(struct fc_ingest *in) {
    fc_wake_prepare(&in->wake);
    if (in->stalled) fc_wake_prepare(&in->blocks_wake);
    bool now_free = in->stalled && may_take(in);
    if (!now_free && fc_ring_is_empty(&in->batches_back) && !stopping(in)) {
        zmq_pollitem_t items[2] = {{.fd = fc_wake_fd(&in->wake), .events = ZMQ_POLLIN}, {.socket = in->socket, .events = ZMQ_POLLIN}};
        if (in->stalled) items[1] = (zmq_pollitem_t){.fd = fc_wake_fd(&in->blocks_wake), .events = ZMQ_POLLIN};
        (void)zmq_poll(items, 2, -1); /* an error is a wake-up too many */
    }
    if (in->stalled) fc_wake_done(&in->blocks_wake);
    fc_wake_done(&in->wake);
}

static void *run(void *arg) {
    struct fc_ingest *in = arg;
    while (!stopping(in)) {
        struct fc_mono began = fc_mono_now();
        bool more = fc_ingest_do_work(in);
        fc_count_turn(&in->counts.turns_long, &in->counts.turn_us_max, fc_mono_us_since(began, fc_mono_now()));
        if (!more) sleep_until_work(in);
    }
    return NULL;
}

enum fc_status fc_ingest_start(struct fc_ingest *in, struct fc_error *err) {
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* inherited: signals are main's */
    int rc = pthread_create(&in->thread, NULL, run, in);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) return fc_fail(err, FC_IO, "cannot start the thread of listen endpoint %s: %s", in->endpoint, strerror(rc));
    (void)pthread_setname_np(in->thread, "fc-ingest");
    return FC_OK;
}

void fc_ingest_stop(struct fc_ingest *in) {
    /* release; partner: the acquire in stopping */
    atomic_store_explicit(&in->stop, true, memory_order_release);
    fc_wake_signal(&in->wake);
    int rc = pthread_join(in->thread, NULL);
    FC_ASSERT(rc == 0);
}

void fc_ingest_destroy(struct fc_ingest *in) {
    if (in == NULL) return;
    if (in->socket != NULL) {
        if (in->batches_back.slots != NULL) send_acks(in);
        (void)zmq_close(in->socket);
    }
    for (uint32_t i = 0; i < in->idle_made; i++) (void)zmq_msg_close(&in->batch_pool[i].msg); /* also those the writer kept */
    for (uint32_t i = 0; in->blocks != NULL && i < in->block_count; i++) free(in->blocks[i]);
    free(in->blocks);
    free(in->batch_pool);
    free(in->idle);
    struct fc_tell *tell;
    while (in->tells.slots != NULL && FC_RING_POP(&in->tells, &tell)) free(tell);
    fc_ring_fini(&in->tells);
    fc_ring_fini(&in->events);
    fc_ring_fini(&in->events_back);
    fc_ring_fini(&in->batches);
    fc_ring_fini(&in->batches_back);
    fc_wake_fini(&in->wake);
    fc_wake_fini(&in->blocks_wake);
    free(in);
}
