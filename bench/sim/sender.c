#include "sender.h"

#include "clock.h"
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#define SLACK (8 * FC_SENDER_EVENTS_MAX) /* what a repair's larger numbers may add to a full message */
#define HEAD 3 /* bytes of the array's header, always the 16-bit form: its count is known last */

/* One message. Events that are confirmed or refused for good stand at its front: `done` of them. */
struct slot {
    uint32_t len, count, done;
    uint8_t bytes[FC_SENDER_BYTES_MAX + SLACK];
};

/* Slots are numbered for ever and live at number % FC_SENDER_SLOTS:
 * tail <= answered <= sent <= head; head is being filled. tail < answered only between a refusal and its repair. */
struct fc_sender {
    void *zmq, *socket, *monitor;
    const volatile sig_atomic_t *stop;
    char endpoint[256];
    uint64_t tail, answered, sent, head;
    bool refusing, full;    /* something was refused; because the spool is full */
    bool broken, told;      /* the connection ended; its trouble has been logged */
    struct fc_mono heard;   /* when the last answer came, or the oldest unanswered message went out */
    struct fc_mono hold;    /* nothing is sent before */
    uint32_t sockets;
    int64_t seq_shift; /* what repairs have added to the numbers that come in */
    struct fc_sender_count count;
    struct slot *slots, *spare;
};

static struct slot *slot_at(struct fc_sender *s, uint64_t number) { return &s->slots[number % FC_SENDER_SLOTS]; }

static struct fc_mono after_ms(struct fc_mono now, int64_t ms) { return (struct fc_mono){now.ns + ms * 1000000}; }

/* ---- the connection --------------------------------------------------------------------------------------------- */

#define WATCHED                                                                                                        \
    (ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | \
     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)

static enum fc_status connect_socket(struct fc_sender *s, struct fc_error *err) {
    int linger = 0, backoff_ms = 100, backoff_ms_max = 2000;
    char name[40];
    (void)snprintf(name, sizeof name, "inproc://sender-%u", s->sockets++);
    s->socket = zmq_socket(s->zmq, ZMQ_DEALER);
    s->monitor = zmq_socket(s->zmq, ZMQ_PAIR);
    if (s->socket == NULL || s->monitor == NULL) return fc_fail(err, FC_IO, "%s: %s", s->endpoint, zmq_strerror(errno));
    int rc = zmq_setsockopt(s->socket, ZMQ_LINGER, &linger, sizeof linger);
    if (rc == 0) rc = zmq_setsockopt(s->socket, ZMQ_RECONNECT_IVL, &backoff_ms, sizeof backoff_ms);
    if (rc == 0) rc = zmq_setsockopt(s->socket, ZMQ_RECONNECT_IVL_MAX, &backoff_ms_max, sizeof backoff_ms_max);
    if (rc == 0) rc = zmq_socket_monitor(s->socket, name, WATCHED);
    if (rc == 0) rc = zmq_connect(s->monitor, name);
    FC_ASSERT(rc == 0);
    if (zmq_connect(s->socket, s->endpoint) == 0) return FC_OK;
    return fc_fail(err, FC_CONFIG, "%s: %s, expected tcp://HOST:PORT of a collector's zmq source", s->endpoint, zmq_strerror(errno));
}

/* The monitor's other end is closed first: what the socket has to say while it is closed would otherwise wait for ever for somebody to
 * read it, in the thread that all sockets of this context share. */
static void close_socket(struct fc_sender *s) {
    if (s->socket != NULL) (void)zmq_socket_monitor(s->socket, NULL, 0);
    if (s->socket != NULL) (void)zmq_close(s->socket);
    if (s->monitor != NULL) (void)zmq_close(s->monitor);
    s->socket = s->monitor = NULL;
}

/* A fresh socket is a stranger to the collector, so no late answer can be taken for that of a repeated message. */
static void reopen(struct fc_sender *s, struct fc_mono now) {
    struct fc_error err;
    close_socket(s);
    FC_ASSERT(connect_socket(s, &err) == FC_OK);
    s->answered = s->sent = s->tail;
    s->refusing = s->full = s->broken = false;
    s->heard = now;
    s->hold = after_ms(now, 200); /* whoever hangs up at once is not called again at once */
    s->count.reopens++;
}

static void tell(struct fc_sender *s, const char *what) {
    if (!s->told) fc_warn("%s: %s; trying on, nothing is lost", s->endpoint, what);
    s->told = true;
}

/* The monitor's messages: frame 1 starts with the event's number, frame 2 is the address. The most telling is told. */
static void watch(struct fc_sender *s) {
    uint8_t frame[256];
    unsigned seen = 0;
    int n;
    while ((n = zmq_recv(s->monitor, frame, sizeof frame, ZMQ_DONTWAIT)) >= 0) {
        uint16_t event = 0;
        if (n >= (int)sizeof event) memcpy(&event, frame, sizeof event);
        (void)zmq_recv(s->monitor, frame, sizeof frame, ZMQ_DONTWAIT);
        if (event == ZMQ_EVENT_CONNECTED) s->count.connects++;
        seen |= event;
    }
    if ((seen & ZMQ_EVENT_DISCONNECTED) != 0) s->broken = true;
    if ((seen & (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)) != 0)
        tell(s, "the connection ended before a ZeroMQ greeting, expected a collector's zmq source there");
    else if ((seen & ZMQ_EVENT_DISCONNECTED) != 0) tell(s, "connection lost");
    else if ((seen & ZMQ_EVENT_CONNECT_RETRIED) != 0) tell(s, "nobody answers there");
}

/* ---- making ----------------------------------------------------------------------------------------------------- */

enum fc_status fc_sender_open(const char *endpoint, const volatile sig_atomic_t *stop, struct fc_sender **out, struct fc_error *err) {
    struct fc_sender *s = calloc(1, sizeof *s);
    FC_ASSERT(s != NULL && strlen(endpoint) < sizeof s->endpoint);
    s->slots = malloc(FC_SENDER_SLOTS * sizeof *s->slots);
    s->spare = malloc(sizeof *s->spare);
    FC_ASSERT(s->slots != NULL && s->spare != NULL);
    s->slots[0].len = HEAD;
    s->slots[0].count = s->slots[0].done = 0;
    s->stop = stop;
    (void)fc_str_copy(s->endpoint, sizeof s->endpoint, fc_str(endpoint));
    s->zmq = zmq_ctx_new();
    enum fc_status st = s->zmq == NULL ? fc_fail(err, FC_IO, "ZeroMQ: %s", zmq_strerror(errno)) : connect_socket(s, err);
    if (st == FC_OK) *out = s;
    else fc_sender_close(s);
    return st;
}

void fc_sender_close(struct fc_sender *s) {
    if (s == NULL) return;
    close_socket(s);
    if (s->zmq != NULL) (void)zmq_ctx_term(s->zmq);
    free(s->slots);
    free(s->spare);
    free(s);
}

/* ---- filling ---------------------------------------------------------------------------------------------------- */

static bool room(const struct fc_sender *s) { return s->head - s->tail < FC_SENDER_SLOTS - 1; }

void fc_sender_flush(struct fc_sender *s) {
    struct slot *slot = slot_at(s, s->head);
    if (slot->count == 0 || !room(s)) return;
    slot = slot_at(s, ++s->head);
    slot->len = HEAD;
    slot->count = slot->done = 0;
}

static bool append(struct slot *slot, size_t bytes_max, const struct fc_event *ev) {
    struct fc_mpw w;
    if (slot->count == FC_SENDER_EVENTS_MAX || slot->len >= bytes_max) return false;
    fc_mpw_init(&w, slot->bytes + slot->len, bytes_max - slot->len);
    fc_event_encode(&w, ev);
    if (w.overflow) return false;
    slot->len += (uint32_t)w.len;
    slot->count++;
    return true;
}

void fc_sender_push(struct fc_sender *s, const struct fc_event *given) {
    for (;;) {
        struct fc_event ev = *given;
        ev.seq += s->seq_shift; /* may change while it waits */
        if (append(slot_at(s, s->head), FC_SENDER_BYTES_MAX, &ev)) break;
        FC_ASSERT(slot_at(s, s->head)->count > 0);
        fc_sender_flush(s);
        fc_sender_poll(s, 0);
        while (!room(s) && *s->stop == 0) fc_sender_poll(s, 100);
        if (*s->stop != 0 && !room(s)) return;
        fc_sender_flush(s);
    }
    s->count.events++;
}

/* ---- refusals --------------------------------------------------------------------------------------------------- */

/* Leaves in the slot only what it still owes, every number raised by `raise`. */
static void rewrite(struct fc_sender *s, struct slot *slot, int64_t raise) {
    struct slot *to = s->spare;
    struct fc_mp mp = fc_mp_open(slot->bytes, slot->len);
    mp.p += HEAD;
    to->len = HEAD;
    to->count = to->done = 0;
    for (uint32_t i = 0; i < slot->count; i++) {
        struct fc_event ev;
        struct fc_error err;
        FC_ASSERT(fc_event_decode(&mp, &ev, &err) == FC_OK);
        if (i < slot->done) continue;
        ev.seq += raise;
        FC_ASSERT(append(to, sizeof to->bytes, &ev));
    }
    memcpy(slot, to, offsetof(struct slot, bytes) + to->len);
}

/* All answers are in: the events that were not taken get numbers above all that was sent, and go out in their old order.
 * No two numbers in the slots are further apart than the slots can hold, so raising all of them by that is enough. */
static void repair(struct fc_sender *s, struct fc_mono now) {
    int64_t raise = FC_SENDER_SLOTS * FC_SENDER_EVENTS_MAX;
    for (uint64_t n = s->tail; n <= s->head; n++) {
        struct slot *slot = slot_at(s, n);
        s->count.repaired += slot->count - slot->done;
        rewrite(s, slot, raise);
    }
    s->seq_shift += raise;
    s->answered = s->sent = s->tail;
    if (s->full) s->hold = after_ms(now, FC_SENDER_RETRY_MS);
    s->refusing = s->full = false;
}

/* Says which event it was; `index` comes from outside. */
static void report(struct fc_sender *s, const struct slot *slot, int64_t index, struct fc_str why) {
    struct fc_mp mp = fc_mp_open(slot->bytes, slot->len);
    struct fc_event ev = {.kind = FC_KIND_COUNT};
    struct fc_error err;
    mp.p += HEAD;
    for (int64_t i = 0; i <= index && i < (int64_t)slot->count; i++) FC_ASSERT(fc_event_decode(&mp, &ev, &err) == FC_OK);
    fc_err("%s: event %lld of a message refused (%s, seq %lld): %.*s", s->endpoint, (long long)index,
           ev.kind < FC_KIND_COUNT ? fc_kind_name(ev.kind) : "none", (long long)ev.seq, FC_STR_ARG(why));
}

static void refused(struct fc_sender *s, struct slot *slot, int64_t index, struct fc_str why) {
    uint32_t taken = index < 0 ? 0 : index < (int64_t)slot->count ? (uint32_t)index : slot->count;
    bool again = index < (int64_t)slot->done; /* refused before a new connection sent it again */
    s->refusing = true;
    if (!again) s->count.confirmed += taken - slot->done;
    if (!again) slot->done = taken;
    if (fc_str_starts(why, "spool is full")) {
        if (!s->told) fc_warn("%s: %.*s; trying on every %d ms", s->endpoint, FC_STR_ARG(why), FC_SENDER_RETRY_MS);
        s->full = s->told = true;
        return;
    }
    if (again) return;
    report(s, slot, index, why);
    if (slot->done < slot->count) slot->done++, s->count.refused++;
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

struct answer {
    int64_t ok, index;
    struct fc_str error;
    bool is_error;
};

static bool read_answer(const void *bytes, size_t n, struct answer *out) {
    struct fc_mp mp = fc_mp_open(bytes, n);
    uint32_t pairs;
    *out = (struct answer){.ok = -1};
    if (!fc_mp_map(&mp, &pairs)) return false;
    for (uint32_t i = 0; i < pairs; i++) {
        struct fc_str key;
        if (!fc_mp_str(&mp, &key)) return false;
        if (fc_str_is(key, "ok")) {
            if (!fc_mp_i64(&mp, &out->ok)) return false;
        } else if (fc_str_is(key, "index")) {
            if (!fc_mp_i64(&mp, &out->index)) return false;
        } else if (fc_str_is(key, "error")) {
            if (!fc_mp_str(&mp, &out->error)) return false;
            out->is_error = true;
        } else if (!fc_mp_skip(&mp)) return false;
    }
    return out->ok >= 0 || out->is_error;
}

static void take_answer(struct fc_sender *s, const void *bytes, size_t n) {
    struct answer answer;
    if (s->answered == s->sent || !read_answer(bytes, n, &answer)) {
        s->broken = true;
        tell(s, "that was no answer of a collector, expected {\"ok\":n} or {\"error\":..,\"index\":i}");
        return;
    }
    struct slot *slot = slot_at(s, s->answered++);
    if (answer.is_error) {
        refused(s, slot, answer.index, answer.error);
    } else {
        if (s->told && !s->refusing) {
            fc_info("%s: the collector answers again", s->endpoint);
            s->told = false;
        }
        s->count.confirmed += slot->count - slot->done;
        slot->done = slot->count;
    }
    if (!s->refusing) s->tail = s->answered;
}

static void take_answers(struct fc_sender *s, struct fc_mono now) {
    zmq_msg_t msg;
    (void)zmq_msg_init(&msg);
    while (!s->broken && zmq_msg_recv(&msg, s->socket, ZMQ_DONTWAIT) >= 0) {
        if (zmq_msg_more(&msg)) continue; /* a delimiter frame */
        s->heard = now;
        take_answer(s, zmq_msg_data(&msg), zmq_msg_size(&msg));
    }
    (void)zmq_msg_close(&msg);
    if (s->refusing && s->answered == s->sent) repair(s, now);
}

static void send_slots(struct fc_sender *s, struct fc_mono now) {
    if (s->refusing || now.ns < s->hold.ns) return;
    while (s->sent < s->head && s->sent - s->tail < FC_SENDER_WINDOW) {
        struct slot *slot = slot_at(s, s->sent);
        slot->bytes[0] = 0xdc;
        slot->bytes[1] = (uint8_t)(slot->count >> 8);
        slot->bytes[2] = (uint8_t)slot->count;
        if (zmq_send(s->socket, slot->bytes, slot->len, ZMQ_DONTWAIT) < 0) return;
        if (s->sent == s->answered) s->heard = now;
        s->sent++;
        s->count.messages++;
    }
}

void fc_sender_poll(struct fc_sender *s, int timeout_ms) {
    send_slots(s, fc_mono_now());
    zmq_pollitem_t items[2] = {{.socket = s->socket, .events = ZMQ_POLLIN}, {.socket = s->monitor, .events = ZMQ_POLLIN}};
    (void)zmq_poll(items, 2, timeout_ms);
    struct fc_mono now = fc_mono_now();
    take_answers(s, now);
    watch(s);
    bool silent = s->answered < s->sent && fc_mono_ms_since(s->heard, now) >= FC_SENDER_SILENCE_MS;
    if (silent) tell(s, "no answer for a long time");
    if (s->broken || silent) reopen(s, now);
    send_slots(s, now);
}

bool fc_sender_drain(struct fc_sender *s, int timeout_ms) {
    struct fc_mono until = after_ms(fc_mono_now(), timeout_ms);
    for (;;) {
        fc_sender_flush(s);
        if (s->tail == s->head && slot_at(s, s->head)->count == 0) return true;
        if (fc_mono_now().ns >= until.ns) return false;
        fc_sender_poll(s, 20);
    }
}

struct fc_sender_count fc_sender_count(const struct fc_sender *s) { return s->count; }
