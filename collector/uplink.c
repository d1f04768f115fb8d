#include "uplink.h"

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RECEIVE_MAX 256 /* messages taken in one round */
#define LOG_EVERY_MS 60000
#define NOBODY "00000000000000000000000000000000" /* the spool of a refusal by somebody who could not read one */

struct flight { /* one batch under way */
    uint64_t end;
    size_t bytes;
};

struct fc_uplink {
    void *socket, *monitor; /* the monitor tells of a new connection: what was under way on the old one is lost */
    struct fc_spool *spool;
    char endpoint[256], gap[200];
    bool asking;      /* hello is out (or wants to go out): no batches until an ack answers */
    bool doubting;    /* it is out because nothing was heard, on a connection that stands: what flies is still on its way */
    bool want_out;    /* the socket took nothing: wait until it does */
    bool holding;     /* refused: ask again at ask_at, not before */
    bool away, lost_said;
    bool deaf; /* the aggregator of this connection knows no tell */
    uint64_t cursor;  /* number of the next event to send */
    uint64_t highest; /* one past the highest ever sent: below it a batch is a repetition */
    uint64_t rewound; /* the number that was gone back to last */
    struct flight window[FC_UPLINK_WINDOW];
    unsigned head, flying;
    size_t flying_bytes;
    int64_t retry_ms, refused_ms;
    struct fc_mono ask_at; /* when to say hello (again); while batches fly: when to doubt */
    struct fc_mono refused_said;
    struct fc_wall heard;
    struct fc_mono heard_at;
    struct fc_uplink_counters n;
    uint8_t batch[FC_BATCH_BYTES_MAX], message[FC_BATCH_BYTES_MAX + 128];
};

_Static_assert(FC_TELL_BYTES_MAX < FC_BATCH_BYTES_MAX, "a tell is sent from the batch's buffer");

static struct fc_mono after(struct fc_mono now, int64_t ms) { return (struct fc_mono){now.ns + ms * 1000000}; }

static void set_int(void *socket, int option, int value) {
    int rc = zmq_setsockopt(socket, option, &value, sizeof value);
    FC_ASSERT(rc == 0);
}

static void *watch_connections(void *zmq, void *socket) {
    char name[64];
    (void)snprintf(name, sizeof name, "inproc://uplink-monitor-%p", socket);
    if (zmq_socket_monitor(socket, name, ZMQ_EVENT_CONNECTED) != 0) return NULL;
    void *monitor = zmq_socket(zmq, ZMQ_PAIR);
    if (monitor == NULL) return NULL;
    set_int(monitor, ZMQ_LINGER, 0);
    if (zmq_connect(monitor, name) == 0) return monitor;
    (void)zmq_close(monitor);
    return NULL;
}

enum fc_status fc_uplink_open(void *zmq, const char *endpoint, struct fc_spool *spool, struct fc_wall wall, struct fc_uplink **out,
                              struct fc_error *err) {
    struct fc_uplink *u = calloc(1, sizeof *u);
    *out = NULL;
    if (u == NULL) return fc_fail(err, FC_IO, "aggregator %s: out of memory", endpoint);
    u->socket = zmq_socket(zmq, ZMQ_DEALER);
    if (u->socket == NULL) {
        free(u);
        return fc_fail(err, FC_IO, "aggregator %s: %s", endpoint, zmq_strerror(errno));
    }
    set_int(u->socket, ZMQ_LINGER, 200);
    set_int(u->socket, ZMQ_SNDHWM, FC_UPLINK_WINDOW + 8);
    set_int(u->socket, ZMQ_IMMEDIATE, 1); /* queue nothing for a peer that is not there */
    set_int(u->socket, ZMQ_RECONNECT_IVL, 100);
    set_int(u->socket, ZMQ_RECONNECT_IVL_MAX, 5000);
    set_int(u->socket, ZMQ_HEARTBEAT_IVL, 5000);
    set_int(u->socket, ZMQ_HEARTBEAT_TIMEOUT, 15000);
    set_int(u->socket, ZMQ_IPV6, strchr(endpoint, '[') != NULL);
    u->monitor = watch_connections(zmq, u->socket);
    if (u->monitor == NULL || zmq_connect(u->socket, endpoint) != 0) {
        int why = errno;
        if (u->monitor != NULL) (void)zmq_close(u->monitor);
        (void)zmq_close(u->socket);
        free(u);
        return fc_fail(err, FC_CONFIG, "aggregator %s: %s, expected tcp://HOST:PORT", endpoint, zmq_strerror(why));
    }
    (void)snprintf(u->endpoint, sizeof u->endpoint, "%s", endpoint);
    u->spool = spool;
    u->heard = wall;
    u->cursor = fc_spool_first(spool);
    u->asking = true;
    u->heard_at = fc_mono_now();
    u->retry_ms = u->refused_ms = FC_UPLINK_RETRY_MS;
    *out = u;
    return FC_OK;
}

/* The monitor's other end is closed first: a connection made just now would otherwise wait for ever for somebody to hear of it, in the
 * thread that all sockets of the context share, and closing the context would wait for that. */
void fc_uplink_close(struct fc_uplink *u) {
    if (u == NULL) return;
    (void)zmq_socket_monitor(u->socket, NULL, 0);
    (void)zmq_close(u->monitor);
    (void)zmq_close(u->socket);
    free(u);
}

void fc_uplink_wait(const struct fc_uplink *u, zmq_pollitem_t items[FC_UPLINK_ITEMS]) {
    items[0] = (zmq_pollitem_t){.socket = u->socket, .events = (short)(ZMQ_POLLIN | (u->want_out ? ZMQ_POLLOUT : 0))};
    items[1] = (zmq_pollitem_t){.socket = u->monitor, .events = ZMQ_POLLIN};
}

static bool more_to_send(const struct fc_uplink *u) {
    return !u->asking && u->cursor < fc_spool_next(u->spool) && u->flying < FC_UPLINK_WINDOW && u->flying_bytes < FC_UPLINK_WINDOW_BYTES;
}

int64_t fc_uplink_due_ms(const struct fc_uplink *u, struct fc_mono now) {
    if (!u->want_out && more_to_send(u)) return 0;
    if (u->want_out && u->asking) return FC_UPLINK_RETRY_MS; /* POLLOUT wakes us; this only looks at `away` */
    int64_t ms = (u->ask_at.ns - now.ns + 999999) / 1000000;
    return ms > 0 ? ms : 0;
}

bool fc_uplink_done(const struct fc_uplink *u) { return fc_spool_first(u->spool) == fc_spool_next(u->spool) && u->gap[0] == '\0'; }
const char *fc_uplink_gap(const struct fc_uplink *u) { return u->gap[0] != '\0' ? u->gap : NULL; }
void fc_uplink_gap_told(struct fc_uplink *u) { u->gap[0] = '\0'; }
bool fc_uplink_away(const struct fc_uplink *u) { return u->away; }

const struct fc_uplink_counters *fc_uplink_counters(const struct fc_uplink *u) { return &u->n; }

/* ---- sending ---------------------------------------------------------------------------------------------------- */

static bool send_message(struct fc_uplink *u, const struct fc_link_msg *m) {
    struct fc_mpw w;
    fc_mpw_init(&w, u->message, sizeof u->message);
    fc_link_encode(&w, m);
    FC_ASSERT(!w.overflow);
    bool sent = zmq_send(u->socket, u->message, w.len, ZMQ_DONTWAIT) >= 0;
    u->want_out = !sent;
    return sent;
}

void fc_uplink_tell(struct fc_uplink *u, const void *figures, size_t n) {
    struct fc_link_msg m = {.type = FC_LINK_TELL, .spool = fc_spool_id(u->spool), .figures = fc_str_n(figures, n)};
    bool wanted = u->want_out;
    if (!u->deaf) (void)send_message(u, &m);
    u->want_out = wanted; /* a tell that cannot go out is not waited for */
}

static void say_hello(struct fc_uplink *u, struct fc_mono now) {
    struct fc_link_msg m = {.type = FC_LINK_HELLO, .spool = fc_spool_id(u->spool)};
    if (!send_message(u, &m)) return; /* POLLOUT tells when there is somebody */
    u->n.hellos++;
    u->holding = false;
    u->ask_at = after(now, u->retry_ms);
    u->retry_ms = u->retry_ms * 2 < FC_UPLINK_RETRY_MS_MAX ? u->retry_ms * 2 : FC_UPLINK_RETRY_MS_MAX;
}

static enum fc_status send_batches(struct fc_uplink *u, struct fc_mono now, struct fc_error *err) {
    while (more_to_send(u)) {
        struct fc_spool_batch b;
        enum fc_status st = fc_spool_read(u->spool, u->cursor, u->batch, &b, err);
        if (st != FC_OK) return st == FC_AGAIN ? FC_OK : st;
        struct fc_link_msg m = {.type = FC_LINK_BATCH, .spool = fc_spool_id(u->spool), .first = b.first, .count = b.count,
                                .events = fc_str_n((const char *)u->batch, b.bytes)};
        if (!send_message(u, &m)) return FC_OK;
        if (u->flying == 0) u->ask_at = after(now, u->retry_ms);
        u->cursor = b.first + b.count;
        u->window[(u->head + u->flying++) % FC_UPLINK_WINDOW] = (struct flight){.end = u->cursor, .bytes = b.bytes};
        u->flying_bytes += b.bytes;
        u->n.batches++;
        u->n.events += b.count;
        if (b.first < u->highest) u->n.resent++;
        if (u->cursor > u->highest) u->highest = u->cursor;
    }
    return FC_OK;
}

/* ---- receiving -------------------------------------------------------------------------------------------------- */

static void rewind_to(struct fc_uplink *u, uint64_t number) {
    if (u->flying > 0) u->n.rewinds++;
    u->cursor = u->rewound = number;
    u->head = u->flying = 0;
    u->flying_bytes = 0;
    u->doubting = false;
}

/* The numbers do not fit: what is between is lost, or cannot be told apart. */
static enum fc_status meet_stranger(struct fc_uplink *u, uint64_t next, struct fc_error *err) {
    uint64_t first = fc_spool_first(u->spool), end = fc_spool_next(u->spool);
    if (next == 1 && u->lost_said) return FC_OK;
    if (next > end)
        (void)snprintf(u->gap, sizeof u->gap, "the spool is an old copy: the aggregator holds events up to %llu of it, here they end at %llu",
                       (unsigned long long)(next - 1), (unsigned long long)(end - 1));
    else
        (void)snprintf(u->gap, sizeof u->gap, "the aggregator lost its data: it wants event %llu, but everything below %llu was acked and deleted",
                       (unsigned long long)next, (unsigned long long)first);
    if (next > 1) {
        enum fc_status st = fc_spool_rename(u->spool, err);
        if (st == FC_FULL) u->gap[0] = '\0'; /* no room for that now: the next ack brings us here again */
        if (st != FC_OK) return st;
    }
    u->lost_said = true;
    fc_err("aggregator %s: %s; going on from event %llu%s", u->endpoint, u->gap, (unsigned long long)first,
           next > 1 ? " under a new spool id" : "");
    return FC_OK;
}

static void land(struct fc_uplink *u, uint64_t next) {
    while (u->flying > 0 && u->window[u->head].end <= next) {
        u->flying_bytes -= u->window[u->head].bytes;
        u->head = (u->head + 1) % FC_UPLINK_WINDOW;
        u->flying--;
    }
}

static enum fc_status take_ack(struct fc_uplink *u, uint64_t next, struct fc_mono now, struct fc_error *err) {
    uint64_t first = fc_spool_first(u->spool);
    u->n.acks++;
    if (next < first || next > fc_spool_next(u->spool)) {
        if (next < first && !u->asking && u->flying > 0) return FC_OK; /* an older ack, overtaken */
        enum fc_status st = meet_stranger(u, next, err);
        if (st != FC_OK && st != FC_FULL) return st;
        rewind_to(u, first);
        u->asking = next > 1; /* what does it hold of the new id? */
        u->ask_at = after(now, st == FC_FULL ? FC_UPLINK_RETRY_MS : u->asking ? 0 : FC_UPLINK_IDLE_MS);
        return FC_OK;
    }
    u->lost_said = false;
    fc_spool_forget(u->spool, next);
    land(u, next);
    if (next > first) u->refused_ms = FC_UPLINK_RETRY_MS;
    if (u->holding) return FC_OK;
    bool progress = next > first;
    if (u->doubting && progress && u->flying > 0) { /* it is slow, no more: the answer to the hello is still to come, behind all that flies */
        u->retry_ms = FC_UPLINK_RETRY_MS;
        u->ask_at = after(now, u->retry_ms);
        return FC_OK;
    }
    bool again = !progress && u->flying > 0 && u->rewound != next;
    if (u->asking || again || u->cursor < next) rewind_to(u, next);
    u->asking = false;
    if (progress || u->flying == 0) u->retry_ms = FC_UPLINK_RETRY_MS;
    if (progress || u->flying == 0) u->ask_at = after(now, u->flying > 0 ? u->retry_ms : FC_UPLINK_IDLE_MS);
    return FC_OK;
}

static void take_refuse(struct fc_uplink *u, struct fc_str reason, struct fc_mono now) {
    u->n.refused++;
    if (u->refused_said.ns == 0 || fc_mono_ms_since(u->refused_said, now) >= LOG_EVERY_MS) {
        fc_err("aggregator %s: refuses batches from event %llu on: %.*s; they stay in the spool and are tried again", u->endpoint,
               (unsigned long long)fc_spool_first(u->spool), FC_STR_ARG(reason));
        u->refused_said = now;
    }
    if (u->holding) return; /* one of the same window */
    rewind_to(u, fc_spool_first(u->spool));
    u->asking = u->holding = true;
    u->ask_at = after(now, u->refused_ms);
    u->refused_ms = u->refused_ms * 2 < FC_UPLINK_REFUSED_MS_MAX ? u->refused_ms * 2 : FC_UPLINK_REFUSED_MS_MAX;
}

/* It could not even read whose message that was: it knows no tell, or not this version of the link. */
static void refused_unread(struct fc_uplink *u, struct fc_str reason) {
    if (!u->deaf) fc_warn("aggregator %s: cannot read what it is sent: %.*s", u->endpoint, FC_STR_ARG(reason));
    u->deaf = true;
}

static enum fc_status take_message(struct fc_uplink *u, zmq_msg_t *frame, struct fc_mono now, struct fc_error *err) {
    struct fc_link_msg m;
    struct fc_error bad;
    if (fc_link_decode(zmq_msg_data(frame), zmq_msg_size(frame), &m, &bad) != FC_OK) {
        if (u->n.foreign++ == 0) fc_warn("aggregator %s: sent what is no answer: %s", u->endpoint, bad.text);
        return FC_OK;
    }
    if (m.type == FC_LINK_REFUSE && fc_str_is(m.spool, NOBODY)) refused_unread(u, m.reason);
    if (!fc_str_eq(m.spool, fc_spool_id(u->spool)) || (m.type != FC_LINK_ACK && m.type != FC_LINK_REFUSE)) {
        u->n.foreign++; /* an answer to a former id */
        return FC_OK;
    }
    if (m.type == FC_LINK_ACK) return take_ack(u, m.first, now, err);
    take_refuse(u, m.reason, now);
    return FC_OK;
}

static enum fc_status receive(struct fc_uplink *u, struct fc_wall wall, struct fc_mono now, struct fc_error *err) {
    for (int i = 0; i < RECEIVE_MAX; i++) {
        zmq_msg_t frame;
        (void)zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, u->socket, ZMQ_DONTWAIT) < 0) {
            (void)zmq_msg_close(&frame);
            return FC_OK;
        }
        u->heard = wall;
        u->heard_at = now;
        enum fc_status st = take_message(u, &frame, now, err);
        (void)zmq_msg_close(&frame);
        if (st != FC_OK) return st;
    }
    return FC_OK;
}

/* Says once when it goes and once when it is back, and lets a full spool's error name it. */
static void watch(struct fc_uplink *u, struct fc_mono now) {
    bool away = fc_mono_ms_since(u->heard_at, now) > 2 * FC_UPLINK_IDLE_MS;
    if (away == u->away) return;
    char stamp[32], text[160];
    time_t s = (time_t)(u->heard.us / FC_SECOND_US);
    struct tm tm;
    (void)gmtime_r(&s, &tm);
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
    (void)snprintf(text, sizeof text, "aggregator %.80s silent since %s", u->endpoint, stamp);
    fc_spool_away(u->spool, away ? text : "");
    if (away) fc_warn("%s; events wait in the spool, connecting goes on", text);
    else fc_info("aggregator %s is there again", u->endpoint);
    u->away = away;
}

static bool connected_anew(struct fc_uplink *u) {
    bool anew = false;
    char frame[256];
    while (zmq_recv(u->monitor, frame, sizeof frame, ZMQ_DONTWAIT) >= 0) anew = true; /* one kind of event is asked for */
    return anew;
}

enum fc_status fc_uplink_work(struct fc_uplink *u, struct fc_wall wall, struct fc_mono now, struct fc_error *err) {
    enum fc_status st = receive(u, wall, now, err);
    if (st != FC_OK) return st;
    watch(u, now);
    bool anew = connected_anew(u);
    u->n.connections += anew;
    if (anew) u->deaf = false;
    if (anew && !u->holding) {
        u->asking = true;
        u->doubting = false;
        u->ask_at = now;
    }
    if (u->ask_at.ns <= now.ns) {
        if (!u->asking) u->doubting = u->flying > 0;
        u->asking = true; /* until the answer nothing is sent: it tells from where to go on */
        say_hello(u, now);
    }
    st = send_batches(u, now, err);
    u->n.flying = u->flying;
    return st;
}
