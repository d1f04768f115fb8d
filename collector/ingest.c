#include "ingest.h"

#include "log.h"
#include "sink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MESSAGES_MAX 256      /* replies owed in one round */
#define REPLIES_MAX 512       /* and so many with those that a full disk holds up */
#define EVENTS_PER_ROUND 8192 /* about that many, then the commit */
#define FRAMES_MAX 4
#define PEER_QUEUE 64 /* messages of one producer, and replies to it, that wait in this process */

struct reply {
    zmq_msg_t to;
    bool delimiter; /* a REQ's empty frame */
    int64_t ok;
    size_t index;
    char error[sizeof((struct fc_error *)NULL)->text]; /* empty: ok */
};

struct ingest {
    struct fc_source_base base;
    const struct fc_source_args *args;
    void *socket;
    struct reply replies[REPLIES_MAX];
    unsigned owed;
    uint64_t messages, events, rejected, unknown_kind, replies_lost;
};

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static enum fc_status endpoint_of(const char *uri, const char *rest, char *endpoint, size_t cap, struct fc_error *err) {
    const char *colon = strrchr(rest, ':');
    int64_t port = 0;
    bool any = colon != NULL && strcmp(colon, ":*") == 0;
    if (strncmp(rest, "//", 2) != 0 || colon == NULL || colon == rest + 2 || (!any && (!fc_str_int(fc_str(colon + 1), &port) || port < 0 || port > 65535)))
        return fc_fail(err, FC_CONFIG, "%s: expected zmq://ADDRESS:PORT, as in zmq://127.0.0.1:5560", uri);
    const char *host = rest + 2;
    int len = (int)(colon - host);
    bool localhost = len == 9 && strncmp(host, "localhost", 9) == 0;
    if (any || port == 0) (void)snprintf(endpoint, cap, "tcp://%.*s:*", localhost ? 9 : len, localhost ? "127.0.0.1" : host);
    else (void)snprintf(endpoint, cap, "tcp://%.*s:%d", localhost ? 9 : len, localhost ? "127.0.0.1" : host, (int)port);
    return FC_OK;
}

static enum fc_status bind_socket(struct ingest *in, const char *endpoint, struct fc_error *err) {
    static const struct {
        int on, idle_s, every_s, times;
    } alive = {1, 30, 10, 3};
    const char *uri = in->args->uri;
    int linger = 200, mandatory = 1, hwm = PEER_QUEUE, backlog = 1024, handshake_ms = 5000, ipv6 = strchr(endpoint, '[') != NULL;
    int64_t most = 2 * (int64_t)FC_INGEST_MESSAGE_MAX; /* above: the connection ends; below: an error tells why */
    in->socket = zmq_socket(in->args->zmq, ZMQ_ROUTER);
    if (in->socket == NULL) return fc_fail(err, FC_IO, "%s: %s", uri, zmq_strerror(errno));
    int rc = zmq_setsockopt(in->socket, ZMQ_LINGER, &linger, sizeof linger);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_ROUTER_MANDATORY, &mandatory, sizeof mandatory);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_RCVHWM, &hwm, sizeof hwm);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_MAXMSGSIZE, &most, sizeof most);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_SNDHWM, &hwm, sizeof hwm);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_BACKLOG, &backlog, sizeof backlog);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_HANDSHAKE_IVL, &handshake_ms, sizeof handshake_ms);
    /* Not ZeroMQ's own heartbeat: producers of its protocol before 3.1 answer none, and would be cut off. */
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_TCP_KEEPALIVE, &alive.on, sizeof alive.on);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_TCP_KEEPALIVE_IDLE, &alive.idle_s, sizeof alive.idle_s);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_TCP_KEEPALIVE_INTVL, &alive.every_s, sizeof alive.every_s);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_TCP_KEEPALIVE_CNT, &alive.times, sizeof alive.times);
    if (rc == 0) rc = zmq_setsockopt(in->socket, ZMQ_IPV6, &ipv6, sizeof ipv6);
    FC_ASSERT(rc == 0);
    if (zmq_bind(in->socket, endpoint) == 0) return FC_OK;
    int why = errno;
    (void)zmq_close(in->socket);
    if (why == EADDRINUSE) return fc_fail(err, FC_IO, "%s: endpoint %s is in use by another program", uri, endpoint);
    if (why == ENODEV || why == EADDRNOTAVAIL) return fc_fail(err, FC_IO, "%s: endpoint %s: this machine has no such address", uri, endpoint);
    return fc_fail(err, FC_IO, "%s: endpoint %s: %s", uri, endpoint, zmq_strerror(why));
}

static enum fc_status open_ingest(const struct fc_source_args *args, struct fc_source **out, struct fc_error *err) {
    char endpoint[300], bound[300];
    size_t n = sizeof bound;
    enum fc_status st = endpoint_of(args->uri, args->rest, endpoint, sizeof endpoint, err);
    if (st != FC_OK) return st;
    struct ingest *in = calloc(1, sizeof *in);
    if (in == NULL) return fc_fail(err, FC_IO, "%s: out of memory", args->uri);
    in->base.ops = &fc_source_zmq;
    in->args = args;
    st = bind_socket(in, endpoint, err);
    if (st != FC_OK) {
        free(in);
        return st;
    }
    if (zmq_getsockopt(in->socket, ZMQ_LAST_ENDPOINT, bound, &n) != 0) (void)snprintf(bound, sizeof bound, "%s", endpoint);
    fc_info("%s: listening on %s", args->uri, bound);
    *out = (struct fc_source *)in;
    return FC_OK;
}

static void close_ingest(struct fc_source *s) {
    struct ingest *in = (struct ingest *)s;
    for (unsigned i = 0; i < in->owed; i++) (void)zmq_msg_close(&in->replies[i].to);
    (void)zmq_close(in->socket);
    free(in);
}

/* ---- taking ------------------------------------------------------------------------------------------------------ */

static bool may_receive(const struct ingest *in) {
    if (fc_sink_full(in->args->sink)) return in->owed < REPLIES_MAX;
    return in->owed < MESSAGES_MAX && fc_sink_room(in->args->sink);
}

static int wait_ingest(struct fc_source *s, zmq_pollitem_t *items, int cap) {
    struct ingest *in = (struct ingest *)s;
    FC_ASSERT(cap >= 1);
    if (!may_receive(in)) return 0;
    items[0] = (zmq_pollitem_t){.socket = in->socket, .events = ZMQ_POLLIN};
    return 1;
}

static int64_t due_ingest(struct fc_source *s, struct fc_mono now) {
    (void)s, (void)now;
    return -1;
}

/* Puts one event; r->index and r->ok say how far the message came. */
static enum fc_status take_event(struct ingest *in, struct fc_mp *mp, struct fc_error *err) {
    struct fc_event ev;
    enum fc_status st = fc_event_decode(mp, &ev, err);
    if (st == FC_ABSENT) {
        in->unknown_kind++;
        return FC_OK;
    }
    if (st == FC_OK) st = fc_sink_put_decoded(in->args->sink, &ev, err);
    if (st == FC_OK) in->events++;
    return st;
}

static enum fc_status count_events(const void *bytes, size_t n, struct fc_mp *mp, uint32_t *count, struct fc_error *err) {
    *mp = fc_mp_open(bytes, n);
    *count = 1;
    if (n > FC_INGEST_MESSAGE_MAX) return fc_fail(err, FC_INVALID, "message of %zu bytes, at most %u are allowed", n, FC_INGEST_MESSAGE_MAX);
    if (n > 1 && *mp->p == '{' && mp->p[1] == '"')
        return fc_fail(err, FC_INVALID, "byte 0: this is JSON, expected msgpack: one event (a map) or an array of events");
    switch (fc_mp_peek(mp)) {
    case FC_MP_MAP: return FC_OK;
    case FC_MP_ARRAY:
        if (!fc_mp_array(mp, count)) return fc_fail(err, FC_INVALID, "byte 0: the array of events is cut off");
        break;
    default: return fc_fail(err, FC_INVALID, "byte 0: expected one event (a map) or an array of events");
    }
    if (*count > FC_INGEST_EVENTS_MAX)
        return fc_fail(err, FC_INVALID, "an array of %u events, at most %d are allowed", *count, FC_INGEST_EVENTS_MAX);
    return FC_OK;
}

static void take_message(struct ingest *in, struct reply *r, const void *bytes, size_t n) {
    struct fc_error err = {.text = ""};
    struct fc_mp mp;
    uint32_t count;
    enum fc_status st = count_events(bytes, n, &mp, &count, &err);
    for (uint32_t i = 0; st == FC_OK && i < count; i++) {
        st = take_event(in, &mp, &err);
        if (st == FC_OK) r->index++;
    }
    if (st == FC_OK && fc_mp_left(&mp) > 0) st = fc_fail(&err, FC_INVALID, "byte %zu: the message goes on behind its events", fc_mp_offset(&mp));
    r->ok = (int64_t)r->index;
    if (st == FC_OK) return;
    if (st == FC_FULL) {
        struct fc_error full = err;
        (void)fc_fail(&err, st, "spool is full: send again from index after a while; %s", full.text);
    } else in->rejected++;
    (void)fc_str_copy(r->error, sizeof r->error, fc_str(err.text[0] != '\0' ? err.text : "refused"));
}

/* Reads all frames of one message; the first goes to r->to. False: there is none. */
static bool receive(struct ingest *in, struct reply *r) {
    zmq_msg_t frames[FRAMES_MAX];
    int n = 0;
    bool more = true, truncated = false;
    (void)zmq_msg_init(&r->to);
    if (zmq_msg_recv(&r->to, in->socket, ZMQ_DONTWAIT) < 0) {
        (void)zmq_msg_close(&r->to);
        return false;
    }
    for (more = zmq_msg_more(&r->to) != 0; more;) {
        zmq_msg_t *f = &frames[n < FRAMES_MAX ? n : FRAMES_MAX - 1];
        if (n >= FRAMES_MAX) (void)zmq_msg_close(f);
        (void)zmq_msg_init(f);
        if (zmq_msg_recv(f, in->socket, ZMQ_DONTWAIT) < 0) truncated = true; /* cannot be: a message comes whole */
        more = !truncated && zmq_msg_more(f) != 0;
        n++;
    }
    int held = n < FRAMES_MAX ? n : FRAMES_MAX;
    r->delimiter = n > 1 && zmq_msg_size(&frames[0]) == 0;
    int at = r->delimiter ? 1 : 0;
    if (!truncated && n - at == 1) take_message(in, r, zmq_msg_data(&frames[at]), zmq_msg_size(&frames[at]));
    else {
        in->rejected++;
        (void)snprintf(r->error, sizeof r->error, "message of %d frames, expected one (behind a REQ's empty one)", n - at);
    }
    for (int i = 0; i < held; i++) (void)zmq_msg_close(&frames[i]);
    return true;
}

static enum fc_status work_ingest(struct fc_source *s, const zmq_pollitem_t *items, int n, struct fc_wall wall, struct fc_mono now,
                                  struct fc_error *err) {
    struct ingest *in = (struct ingest *)s;
    (void)items, (void)n, (void)wall, (void)now, (void)err;
    uint64_t until = in->events + in->unknown_kind + EVENTS_PER_ROUND;
    while (may_receive(in) && in->events + in->unknown_kind < until) {
        struct reply *r = &in->replies[in->owed];
        r->delimiter = false;
        r->ok = 0;
        r->index = 0;
        r->error[0] = '\0';
        if (!receive(in, r)) break;
        in->messages++;
        in->owed++;
    }
    return FC_OK;
}

/* ---- answering --------------------------------------------------------------------------------------------------- */

static bool send_frame(struct ingest *in, zmq_msg_t *frame, int flags) {
    if (zmq_msg_send(frame, in->socket, flags | ZMQ_DONTWAIT) >= 0) return true;
    (void)zmq_msg_close(frame);
    return false;
}

static bool send_reply(struct ingest *in, struct reply *r) {
    uint8_t buf[512];
    struct fc_mpw w;
    fc_mpw_init(&w, buf, sizeof buf);
    bool ok = r->error[0] == '\0';
    fc_mpw_map(&w, ok ? 1 : 2);
    fc_mpw_key(&w, ok ? "ok" : "error");
    if (ok) fc_mpw_int(&w, r->ok);
    else {
        fc_mpw_str(&w, fc_str(r->error));
        fc_mpw_key(&w, "index");
        fc_mpw_int(&w, (int64_t)r->index);
    }
    FC_ASSERT(!w.overflow);
    if (!send_frame(in, &r->to, ZMQ_SNDMORE)) return false; /* the producer has gone, or does not read its replies */
    if (r->delimiter && zmq_send(in->socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) return false;
    return zmq_send(in->socket, buf, w.len, ZMQ_DONTWAIT) >= 0;
}

static void committed_ingest(struct fc_source *s) {
    struct ingest *in = (struct ingest *)s;
    for (unsigned i = 0; i < in->owed; i++)
        if (!send_reply(in, &in->replies[i])) in->replies_lost++;
    in->owed = 0;
}

static bool same_peer(struct reply *a, struct reply *b) {
    size_t n = zmq_msg_size(&a->to);
    return n == zmq_msg_size(&b->to) && memcmp(zmq_msg_data(&a->to), zmq_msg_data(&b->to), n) == 0;
}

static void move_reply(struct reply *to, struct reply *from) {
    zmq_msg_t route;
    (void)zmq_msg_init(&route);
    (void)zmq_msg_move(&route, &from->to);
    (void)zmq_msg_close(&from->to);
    *to = *from;
    (void)zmq_msg_init(&to->to);
    (void)zmq_msg_move(&to->to, &route);
    (void)zmq_msg_close(&route);
}

/* Of what nothing was taken a producer hears at once, unless it waits for an earlier reply: they come in order. */
static void held_ingest(struct fc_source *s) {
    struct ingest *in = (struct ingest *)s;
    unsigned kept = 0;
    for (unsigned i = 0; i < in->owed; i++) {
        struct reply *r = &in->replies[i];
        bool now = r->error[0] != '\0' && r->index == 0;
        for (unsigned k = 0; now && k < kept; k++) now = !same_peer(&in->replies[k], r);
        if (now) {
            if (!send_reply(in, r)) in->replies_lost++;
            continue;
        }
        if (kept < i) move_reply(&in->replies[kept], r);
        kept++;
    }
    in->owed = kept;
}

static void count_ingest(const struct fc_source *s, void (*each)(void *ctx, const char *name, uint64_t value), void *ctx) {
    const struct ingest *in = (const struct ingest *)s;
    each(ctx, "messages", in->messages);
    each(ctx, "events", in->events);
    each(ctx, "rejected", in->rejected);
    each(ctx, "unknown_kind", in->unknown_kind);
    each(ctx, "replies_lost", in->replies_lost);
}

const struct fc_source_ops fc_source_zmq = {
    .scheme = "zmq",
    .form = "zmq://ADDRESS:PORT",
    .open = open_ingest,
    .wait = wait_ingest,
    .due_ms = due_ingest,
    .work = work_ingest,
    .committed = committed_ingest,
    .held = held_ingest,
    .counters = count_ingest,
    .close = close_ingest,
};
