#include "swarm.h"

#include "manner.h"
#include "rng.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_PER_TURN 256
#define READ_BYTES (256u << 10)
#define TICK_US 5000       /* how exactly `every_us` and `again_ms` are kept */
#define HANDSHAKE_MAX 8192 /* bytes of the server's answer to an upgrade */

enum state { AWAY, CONNECTING, TALKING, OPEN }; /* TALKING: connected, no websocket (yet) */

struct buffer {
    uint8_t *p;
    size_t n, cap;
};

struct fc_client_of {
    struct fc_flock *flock;
    int fd;
    enum state state;
    bool wants_write;
    uint32_t step;
    int64_t due_us, sip_us; /* when it acts, or comes again; when it reads its next byte */
    struct buffer in, out;
};

struct fc_flock {
    struct fc_flock *next;
    struct fc_swarm *swarm;
    struct fc_flock_options o;
    struct buffer subscribe; /* framed */
    struct fc_flock_counts counts;
    struct fc_client_of *clients;
    double allowance; /* of connects */
    int64_t ticked_us;
};

struct fc_swarm {
    int epoll;
    struct sockaddr_in server;
    uint64_t random;
    struct fc_flock *flocks;
    int64_t ticked_us;
    uint8_t read[READ_BYTES];
};

static int64_t now_us(void) { return fc_mono_now().ns / 1000; }

static void add(struct buffer *b, const void *p, size_t n) {
    if (b->n + n > b->cap) {
        b->cap = (b->n + n) * 2;
        b->p = realloc(b->p, b->cap);
        FC_ASSERT(b->p != NULL);
    }
    if (n > 0) memcpy(b->p + b->n, p, n);
    b->n += n;
}

static void cut(struct buffer *b, size_t n) {
    if (n == 0) return;
    memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
}

static void drop(struct buffer *b) {
    free(b->p);
    *b = (struct buffer){0};
}

/* ---- one connection ---------------------------------------------------------------------------------------------- */

static void watch(struct fc_client_of *c, int how) {
    bool reads = c->state == CONNECTING || c->flock->o.manner->reads == FC_READS_ALL || (c->state == TALKING && c->flock->o.manner->upgrades);
    struct epoll_event e = {.events = (reads ? EPOLLIN : EPOLLRDHUP) | (c->wants_write ? EPOLLOUT : 0), .data.ptr = c};
    FC_ASSERT(epoll_ctl(c->flock->swarm->epoll, how, c->fd, &e) == 0);
}

/* Resets, so that thousands of them leave no ports behind. */
static void leave(struct fc_client_of *c) {
    const struct linger at_once = {.l_onoff = 1};
    struct fc_flock *f = c->flock;
    if (c->state == AWAY) return;
    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    (void)close(c->fd);
    f->counts.open -= c->state == OPEN;
    c->state = AWAY;
    c->due_us = f->o.again_ms < 0 ? INT64_MAX : now_us() + f->o.again_ms * 1000;
    drop(&c->in);
    drop(&c->out);
}

static void ended(struct fc_client_of *c) {
    if (c->state == AWAY) return;
    c->flock->counts.ended++;
    leave(c);
}

void fc_client_hang_up(struct fc_client_of *c) { leave(c); }
uint64_t fc_client_random(struct fc_client_of *c) { return fc_splitmix(&c->flock->swarm->random); }
uint32_t *fc_client_step(struct fc_client_of *c) { return &c->step; }
bool fc_client_has_unsent(const struct fc_client_of *c) { return c->out.n > 0; }

static void flush(struct fc_client_of *c) {
    while (c->out.n > 0) {
        ssize_t k = send(c->fd, c->out.p, c->out.n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (k < 0 && errno != EAGAIN) return ended(c);
        if (k <= 0) break;
        cut(&c->out, (size_t)k);
    }
    if (c->out.n == 0) drop(&c->out);
    if (c->wants_write == (c->out.n > 0)) return;
    c->wants_write = c->out.n > 0;
    watch(c, EPOLL_CTL_MOD);
}

void fc_client_send(struct fc_client_of *c, const void *bytes, size_t n) {
    if (c->state != TALKING && c->state != OPEN) return;
    add(&c->out, bytes, n);
    flush(c);
}

static size_t frame_head(uint8_t head[14], uint8_t first, uint64_t told) {
    size_t n = 2;
    head[0] = first;
    head[1] = (uint8_t)(0x80 | (told < 126 ? told : told < 65536 ? 126 : 127));
    for (int i = told < 126 ? -1 : told < 65536 ? 1 : 7; i >= 0; i--) head[n++] = (uint8_t)(told >> 8 * i);
    memset(head + n, 0, 4); /* the mask */
    return n + 4;
}

void fc_client_frame(struct fc_client_of *c, uint8_t first, uint64_t told, const void *bytes, size_t n) {
    uint8_t head[14];
    if (c->state != OPEN) return;
    add(&c->out, head, frame_head(head, first, told));
    fc_client_send(c, bytes, n);
}

static void act(struct fc_client_of *c) {
    int64_t every = c->flock->o.manner->every_us;
    c->due_us = every == 0 ? INT64_MAX : now_us() + every;
    c->flock->o.manner->act(c);
}

static void dial(struct fc_client_of *c) {
    struct fc_flock *f = c->flock;
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = f->o.from};
    int one = 1, few = 4096;
    f->counts.dialled++;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool good = c->fd >= 0;
    if (good && f->o.manner->reads != FC_READS_ALL) (void)setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &few, sizeof few);
    if (good && from.sin_addr.s_addr != 0) {
        (void)setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        good = bind(c->fd, (struct sockaddr *)&from, sizeof from) == 0;
    }
    good = good && (connect(c->fd, (struct sockaddr *)&f->swarm->server, sizeof f->swarm->server) == 0 || errno == EINPROGRESS);
    if (!good) {
        f->counts.failed++;
        if (c->fd >= 0) (void)close(c->fd);
        c->due_us = now_us() + 100000;
        return;
    }
    c->state = CONNECTING;
    c->step = 0;
    c->due_us = INT64_MAX;
    c->wants_write = true;
    watch(c, EPOLL_CTL_ADD);
}

static void connected(struct fc_client_of *c) {
    static const char upgrade[] = "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ";
    static const char msgpack[] = "floorcast.msgpack\r\n\r\n", json[] = "floorcast.json\r\n\r\n";
    int error = 0;
    socklen_t n = sizeof error;
    (void)getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n);
    if (error != 0) {
        c->flock->counts.failed++;
        leave(c);
        return;
    }
    c->state = TALKING;
    c->wants_write = false;
    watch(c, EPOLL_CTL_MOD);
    if (!c->flock->o.manner->upgrades) return act(c);
    add(&c->out, upgrade, sizeof upgrade - 1);
    if (c->flock->o.msgpack) fc_client_send(c, msgpack, sizeof msgpack - 1);
    else fc_client_send(c, json, sizeof json - 1);
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

static void opened(struct fc_client_of *c) {
    struct fc_flock *f = c->flock;
    c->state = OPEN;
    f->counts.opened++;
    f->counts.open++;
    watch(c, EPOLL_CTL_MOD);
    if (f->subscribe.n > 0) fc_client_send(c, f->subscribe.p, f->subscribe.n);
    if (c->state == OPEN) act(c);
}

/* The answer to a request: only its status matters. False: the connection is over, or there is not all of it yet. */
static bool take_answer(struct fc_client_of *c) {
    const char *end = memmem(c->in.p, c->in.n, "\r\n\r\n", 4);
    int status = 0;
    if (c->in.n >= 12) status = atoi((const char *)c->in.p + 9);
    if (end == NULL && c->in.n < HANDSHAKE_MAX) return false;
    if (status == 101 && c->flock->o.manner->upgrades) {
        cut(&c->in, (size_t)(end - (const char *)c->in.p) + 4);
        opened(c);
        return c->state == OPEN;
    }
    if (status == 503) c->flock->counts.refused_503++;
    else c->flock->counts.refused_other++;
    if (c->flock->o.manner->upgrades) leave(c);
    else c->in.n = 0; /* what it asks for is of no interest */
    return false;
}

static void take_close(struct fc_client_of *c, const uint8_t *bytes, size_t n) {
    int code = n >= 2 ? bytes[0] << 8 | bytes[1] : 0;
    c->flock->counts.policy += code == 1008;
    c->flock->counts.large += code == 1009;
}

/* One frame from the front of what was read: its length with the head, 0 when it is not whole, -1: no frame of a server. */
static ssize_t take_frame(struct fc_client_of *c, const uint8_t *p, size_t n, struct fc_wall at) {
    struct fc_flock *f = c->flock;
    if (n < 2) return 0;
    size_t told = p[1], head = told == 126 ? 4 : told == 127 ? 10 : 2;
    if (told > 127) return -1;
    if (n < head) return 0;
    if (head > 2) told = 0;
    for (size_t i = 2; i < head; i++) told = told << 8 | p[i];
    if (told > FC_SWARM_MESSAGE_MAX) return -1;
    if (n < head + told) return 0;
    int kind = p[0] & 0x0f;
    if (kind == 8) take_close(c, p + head, told);
    if (kind == 9) fc_client_frame(c, 0x8a, told, p + head, told);
    if (kind == 1 || kind == 2) {
        f->counts.messages++;
        if (f->o.message != NULL) f->o.message(f->o.ctx, (uint32_t)(c - f->clients), p + head, told, at);
    }
    return (ssize_t)(head + told);
}

/* Frames that came whole are looked at where they were read; only the rest is kept. */
static void take_bytes(struct fc_client_of *c, const uint8_t *p, size_t n) {
    struct fc_wall at = fc_wall_now();
    bool kept = c->in.n > 0 || c->state == TALKING;
    ssize_t k = 1;
    c->flock->counts.bytes += n;
    if (kept) add(&c->in, p, n);
    if (c->state == TALKING && !take_answer(c)) return;
    size_t used = 0, all = kept ? c->in.n : n;
    const uint8_t *from = kept ? c->in.p : p;
    while (c->state == OPEN && used < all && (k = take_frame(c, from + used, all - used, at)) > 0) used += (size_t)k;
    if (k < 0) return ended(c);
    if (c->state != OPEN) return;
    if (kept) cut(&c->in, used);
    else if (used < all) add(&c->in, from + used, all - used);
    if (c->in.n == 0) drop(&c->in);
}

static void readable(struct fc_client_of *c, size_t most) {
    struct fc_swarm *s = c->flock->swarm;
    ssize_t k = recv(c->fd, s->read, most, MSG_DONTWAIT);
    if (k > 0) take_bytes(c, s->read, (size_t)k);
    else if (k == 0 || errno != EAGAIN) ended(c);
}

static void handle(struct fc_client_of *c, uint32_t events) {
    if (c->state == CONNECTING && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) return connected(c);
    if (c->state == AWAY) return;
    if ((events & EPOLLIN) != 0) readable(c, READ_BYTES);
    else if ((events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0) ended(c);
    if ((c->state == TALKING || c->state == OPEN) && (events & EPOLLOUT) != 0) flush(c);
}

/* ---- time ---------------------------------------------------------------------------------------------------------- */

static void tick_client(struct fc_client_of *c, int64_t now) {
    struct fc_flock *f = c->flock;
    bool sips = f->o.manner->reads == FC_READS_A_BYTE_A_SECOND && c->state == OPEN && now >= c->sip_us;
    if (sips) {
        c->sip_us = now + 1000000;
        readable(c, 1);
    }
    if (now < c->due_us) return;
    if (c->state == TALKING || c->state == OPEN) return act(c);
    if (c->state != AWAY || f->allowance < 1) return;
    f->allowance--;
    dial(c);
}

static void tick(struct fc_swarm *s) {
    int64_t now = now_us();
    if (now - s->ticked_us < TICK_US) return;
    s->ticked_us = now;
    for (struct fc_flock *f = s->flocks; f != NULL; f = f->next) {
        f->allowance += (double)(now - f->ticked_us) / 1e6 * f->o.connects_per_s;
        if (f->o.connects_per_s <= 0 || f->allowance > f->o.clients) f->allowance = f->o.clients;
        f->ticked_us = now;
        for (uint32_t i = 0; i < f->o.clients; i++) tick_client(&f->clients[i], now);
    }
}

void fc_swarm_turn(struct fc_swarm *s, int wait_ms) {
    struct epoll_event events[EVENTS_PER_TURN];
    tick(s);
    int n = epoll_wait(s->epoll, events, EVENTS_PER_TURN, wait_ms);
    for (int i = 0; i < n; i++) handle(events[i].data.ptr, events[i].events);
}

/* ---- life ---------------------------------------------------------------------------------------------------------- */

enum fc_status fc_swarm_create(const struct sockaddr_in *server, uint64_t seed, struct fc_swarm **out, struct fc_error *err) {
    struct fc_swarm *s = calloc(1, sizeof *s);
    FC_ASSERT(s != NULL);
    s->server = *server;
    s->random = seed;
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    *out = s->epoll >= 0 ? s : NULL;
    if (*out != NULL) return FC_OK;
    free(s);
    return fc_fail(err, FC_IO, "no epoll: %s", strerror(errno));
}

struct fc_flock *fc_swarm_add(struct fc_swarm *s, const struct fc_flock_options *options) {
    struct fc_flock *f = calloc(1, sizeof *f);
    FC_ASSERT(f != NULL && options->clients <= FC_SWARM_CLIENTS_MAX);
    *f = (struct fc_flock){.next = s->flocks, .swarm = s, .o = *options, .ticked_us = now_us()};
    f->clients = calloc(options->clients > 0 ? options->clients : 1, sizeof *f->clients);
    FC_ASSERT(f->clients != NULL);
    for (uint32_t i = 0; i < options->clients; i++) f->clients[i].flock = f;
    if (options->subscribe.n > 0) {
        uint8_t head[14];
        add(&f->subscribe, head, frame_head(head, options->msgpack ? 0x82 : 0x81, options->subscribe.n));
        add(&f->subscribe, options->subscribe.p, options->subscribe.n);
    }
    s->flocks = f;
    return f;
}

void fc_swarm_remove(struct fc_swarm *s, struct fc_flock *f) {
    struct fc_flock **at = &s->flocks;
    while (*at != f) at = &(*at)->next;
    *at = f->next;
    for (uint32_t i = 0; i < f->o.clients; i++) leave(&f->clients[i]);
    drop(&f->subscribe);
    free(f->clients);
    free(f);
}

void fc_swarm_destroy(struct fc_swarm *s) {
    if (s == NULL) return;
    while (s->flocks != NULL) fc_swarm_remove(s, s->flocks);
    (void)close(s->epoll);
    free(s);
}

const struct fc_flock_counts *fc_flock_counts(const struct fc_flock *flock) { return &flock->counts; }
