#include "producers.h"

#include "near.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define EVENTS_A_MESSAGE 20

struct producer {
    char src[16];
    int collector;
    size_t *events; /* its own, in order */
    size_t n, acknowledged;
    void *socket;
    size_t asked; /* events in the message that is out; 0: none is */
    int64_t patience_ns, again_ns;
};

static struct producer producers[PRODUCERS_MAX];
static int producers_n;
static const struct fc_event *floor_events;
static const int64_t *floor_arrives_us;
static struct producers_counts counts;

void producers_begin(const struct fc_event *events, const int64_t *arrives_us, size_t count, int n, int collectors) {
    producers_n = n;
    floor_events = events;
    floor_arrives_us = arrives_us;
    for (int i = 0; i < n; i++) {
        struct producer *p = &producers[i];
        *p = (struct producer){.collector = (int)draw_between(0, collectors - 1)};
        (void)snprintf(p->src, sizeof p->src, "pbx%d", i);
        p->events = calloc(count, sizeof *p->events);
        FC_ASSERT(p->events != NULL);
    }
    for (size_t e = 0; e < count; e++) {
        struct producer *p = &producers[draw_between(0, n - 1)];
        p->events[p->n++] = e;
    }
}

void producers_end(void) {
    for (int i = 0; i < producers_n; i++) free(producers[i].events);
}

/* ---- telling ---------------------------------------------------------------------------------------------------- */

/* How many may go into the next message: those that have happened by now. */
static size_t waiting(const struct producer *p) {
    size_t n = 0;
    while (n < EVENTS_A_MESSAGE && p->acknowledged + n < p->n && floor_arrives_us[p->events[p->acknowledged + n]] <= fc_wall_now().us) n++;
    return n;
}

static size_t encode(const struct producer *p, size_t n, uint8_t *to, size_t cap) {
    struct fc_mpw w;
    fc_mpw_init(&w, to, cap);
    fc_mpw_array(&w, n);
    for (size_t i = 0; i < n; i++) {
        size_t number = p->events[p->acknowledged + i];
        struct fc_event ev = floor_events[number];
        FC_EVENT_STR(&ev, src, fc_str(p->src));
        FC_EVENT_NUM(&ev, seq, (int64_t)number);
        fc_event_encode(&w, &ev);
    }
    FC_ASSERT(!w.overflow);
    return w.len;
}

static void tell(struct producer *p) {
    static uint8_t message[65536];
    size_t n = waiting(p);
    if (n == 0 || p->again_ns > world.now_ns) return;
    if (p->socket == NULL) {
        p->socket = zmq_socket(NULL, ZMQ_DEALER);
        (void)zmq_connect(p->socket, near_endpoint(p->collector));
    }
    n = (size_t)draw_between(1, (int64_t)n);
    if (zmq_send(p->socket, message, encode(p, n, message, sizeof message), ZMQ_DONTWAIT) < 0) return;
    p->asked = n;
    p->patience_ns = world.now_ns + draw_between(500, 8000) * MS;
}

/* ---- hearing ---------------------------------------------------------------------------------------------------- */

static size_t read_reply(const struct producer *p, const uint8_t *bytes, size_t n) {
    struct fc_mp mp = fc_mp_open(bytes, n);
    struct fc_str key, text = fc_str("");
    uint32_t pairs;
    uint64_t taken = 0;
    if (!fc_mp_map(&mp, &pairs)) failed("a reply of %zu bytes is no map", n);
    for (; pairs > 0; pairs--) {
        bool read = fc_mp_str(&mp, &key) && (fc_str_is(key, "error") ? fc_mp_str(&mp, &text) : fc_mp_u64(&mp, &taken));
        if (!read) failed("a reply of %zu bytes cannot be read", n);
    }
    if (taken > p->asked || (text.n == 0 && taken != p->asked)) failed("%s: %llu of %zu events are acknowledged", p->src, (unsigned long long)taken, p->asked);
    if (text.n > 0 && strncmp(text.p, "spool", 5) != 0) failed("%s: refused: %.*s", p->src, FC_STR_ARG(text));
    return (size_t)taken;
}

static void hear(struct producer *p) {
    uint8_t reply[1024];
    int n = zmq_recv(p->socket, reply, sizeof reply, ZMQ_DONTWAIT);
    if (n >= 0) {
        size_t taken = read_reply(p, reply, (size_t)n);
        happened("%s: %zu of %zu are acknowledged", p->src, taken, p->asked);
        counts.acknowledged += taken;
        counts.refused += taken < p->asked;
        if (taken < p->asked) p->again_ns = world.now_ns + draw_between(100, 2000) * MS;
        p->acknowledged += taken;
        p->asked = 0;
    } else if (world.now_ns > p->patience_ns) { /* a reply that comes later must not answer the next message */
        happened("%s: no reply", p->src);
        counts.silent++;
        (void)zmq_close(p->socket);
        p->socket = NULL;
        p->asked = 0;
    }
}

void producers_turn(void) {
    world.running = OUTSIDE;
    for (int i = 0; i < producers_n; i++) {
        if (producers[i].asked > 0) hear(&producers[i]);
        else tell(&producers[i]);
    }
}

bool producers_done(void) {
    for (int i = 0; i < producers_n; i++)
        if (producers[i].acknowledged < producers[i].n) return false;
    return true;
}

bool producers_idle(void) {
    for (int i = 0; i < producers_n; i++)
        if (waiting(&producers[i]) > 0) return false;
    return true;
}

int64_t producers_next_us(void) {
    int64_t next_us = INT64_MAX;
    for (int i = 0; i < producers_n; i++) {
        const struct producer *p = &producers[i];
        if (p->acknowledged == p->n) continue;
        int64_t at_us = floor_arrives_us[p->events[p->acknowledged]];
        if (at_us < next_us) next_us = at_us;
    }
    return next_us;
}

struct producers_counts producers_counts(void) { return counts; }
