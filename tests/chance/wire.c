#include "wire.h"

#include "tap.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define SOCKETS_MAX 64
#define LINKS_MAX 256
#define PENDING_MAX 100 /* messages that a connection takes ahead of its reader */
#define ROUTE_BYTES 5

struct message {
    struct message *next;
    int64_t at_ns;
    size_t n;
    uint8_t bytes[];
};

struct pipe {
    struct message *first;
    int n;
};

struct link; /* one connection */

struct socket {
    int type; /* 0: free */
    enum side side;
    char endpoint[100];
    bool bound, connects;
    struct socket *watched; /* of a monitor */
    int news;               /* of a DEALER: connections its monitor has not told of */
    int64_t retry_ns;
    struct pipe inbox;      /* of a DEALER */
    struct link *link;      /* of a DEALER, open */
    struct link *to;        /* of a ROUTER: whose route was sent; the body follows */
    bool routed;
    struct message *half; /* of a ROUTER: the body behind a route that was read */
};

struct link {
    bool used, open;
    uint32_t id;
    struct socket *dealer, *router;
    struct pipe up;
};

static struct socket sockets[SOCKETS_MAX];
static struct link links[LINKS_MAX];
static uint32_t links_made;
static int64_t cut_until_ns[SIDES];
static int rough_odds;
static bool more_frames; /* behind the frame received last */

/* ---- pipes ------------------------------------------------------------------------------------------------------ */

static void push(struct pipe *p, const void *bytes, size_t n, int64_t delay_ns) {
    struct message **last = &p->first, *m = malloc(sizeof *m + n + 1);
    FC_ASSERT(m != NULL);
    int64_t after_ns = 0;
    for (; *last != NULL; last = &(*last)->next) after_ns = (*last)->at_ns;
    *m = (struct message){.at_ns = world.now_ns + delay_ns, .n = n};
    if (m->at_ns < after_ns) m->at_ns = after_ns;
    if (n > 0) memcpy(m->bytes, bytes, n);
    *last = m;
    p->n++;
}

static struct message *pop(struct pipe *p) {
    struct message *m = p->first;
    if (m == NULL || m->at_ns > world.now_ns) return NULL;
    p->first = m->next;
    p->n--;
    return m;
}

static bool arrived(const struct pipe *p) { return p->first != NULL && p->first->at_ns <= world.now_ns; }

/* The messages behind the first `keep` are gone; those kept are there now. */
static void cut_off(struct pipe *p, int keep) {
    struct message **at = &p->first;
    for (int i = 0; i < keep && *at != NULL; i++, at = &(*at)->next)
        if ((*at)->at_ns > world.now_ns) (*at)->at_ns = world.now_ns;
    while (*at != NULL) {
        struct message *gone = *at;
        *at = gone->next;
        free(gone);
        p->n--;
    }
}

static void swap_last(struct pipe *p) {
    struct message **at = &p->first;
    if (p->n < 2) return;
    while ((*at)->next->next != NULL) at = &(*at)->next;
    struct message *a = *at, *b = a->next;
    int64_t at_ns = a->at_ns;
    a->at_ns = b->at_ns;
    b->at_ns = at_ns;
    a->next = NULL;
    b->next = a;
    *at = b;
}

static int64_t delay(void) {
    if (world.healing) return draw_between(0, 2) * MS;
    return once_in(20) ? draw_between(0, 500) * MS : draw_between(0, 5000) * 1000;
}

/* ---- connections ------------------------------------------------------------------------------------------------ */

static void drop_link(struct link *l) {
    cut_off(&l->up, 0);
    *l = (struct link){0};
}

static void close_link(struct link *l, bool dealer_lives, bool router_lives) {
    if (!l->open) return;
    if (dealer_lives) cut_off(&l->dealer->inbox, (int)draw_between(0, l->dealer->inbox.n));
    cut_off(&l->up, router_lives ? (int)draw_between(0, l->up.n) : 0);
    l->dealer->link = NULL;
    l->dealer->retry_ns = world.now_ns + draw_between(0, 300) * MS;
    l->open = false;
    if (l->up.n == 0) drop_link(l);
}

static struct socket *listener(const char *endpoint) {
    for (int i = 0; i < SOCKETS_MAX; i++)
        if (sockets[i].bound && !world.dead[sockets[i].side] && strcmp(sockets[i].endpoint, endpoint) == 0) return &sockets[i];
    return NULL;
}

static void connect_one(struct socket *s) {
    struct socket *router = listener(s->endpoint);
    if (router == NULL || s->retry_ns > world.now_ns || cut_until_ns[s->side] > world.now_ns) return;
    for (int i = 0; i < LINKS_MAX; i++) {
        if (links[i].used) continue;
        links[i] = (struct link){.used = true, .open = true, .id = ++links_made, .dealer = s, .router = router};
        s->link = &links[i];
        s->news++;
        happened("connection %u: %s to %s", links[i].id, side_name(s->side), s->endpoint);
        return;
    }
    failed("too many connections");
}

void wire_turn(void) {
    for (int i = 0; i < SOCKETS_MAX; i++)
        if (sockets[i].type == ZMQ_DEALER && sockets[i].connects && sockets[i].link == NULL && !world.dead[sockets[i].side]) connect_one(&sockets[i]);
}

void wire_sever(enum side side) {
    for (int i = 0; i < LINKS_MAX; i++) {
        struct link *l = &links[i];
        if (!l->used || (l->dealer->side != side && l->router->side != side)) continue;
        if (!l->open && l->router->side == side) drop_link(l);
        else close_link(l, l->dealer->side != side, l->router->side != side);
    }
}

void wire_cut(enum side side, int64_t until_ns) {
    for (int i = 0; i < LINKS_MAX; i++)
        if (links[i].open && links[i].dealer->side == side) close_link(&links[i], true, true);
    cut_until_ns[side] = until_ns;
}

void wire_rough(int odds) { rough_odds = odds; }

/* ---- sockets, in the place of libzmq's -------------------------------------------------------------------------- */

static int fail_with(int error) {
    errno = error;
    return -1;
}

void *zmq_ctx_new(void) { return &links_made; }
int zmq_ctx_term(void *context) {
    (void)context;
    return 0;
}

void *zmq_socket(void *context, int type) {
    (void)context;
    for (int i = 0; i < SOCKETS_MAX; i++) {
        if (sockets[i].type != 0) continue;
        sockets[i] = (struct socket){.type = type, .side = world.running};
        return &sockets[i];
    }
    failed("too many sockets");
}

int zmq_setsockopt(void *socket, int option, const void *value, size_t n) {
    (void)socket, (void)option, (void)value, (void)n;
    return 0;
}

int zmq_getsockopt(void *socket, int option, void *value, size_t *n) {
    const struct socket *s = socket;
    if (option != ZMQ_LAST_ENDPOINT) return fail_with(EINVAL);
    int len = snprintf(value, *n, "%s", s->endpoint);
    *n = (size_t)len + 1;
    return 0;
}

int zmq_bind(void *socket, const char *endpoint) {
    struct socket *s = socket;
    (void)snprintf(s->endpoint, sizeof s->endpoint, "%s", endpoint);
    s->bound = true;
    return 0;
}

int zmq_connect(void *socket, const char *endpoint) {
    struct socket *s = socket;
    (void)snprintf(s->endpoint, sizeof s->endpoint, "%s", endpoint);
    s->connects = s->type == ZMQ_DEALER;
    if (s->type != ZMQ_PAIR) return 0;
    for (int i = 0; i < SOCKETS_MAX; i++)
        if (sockets[i].type == ZMQ_DEALER && sockets[i].watched == NULL && sockets[i].side == s->side && !world.dead[s->side]) s->watched = &sockets[i];
    return 0;
}

int zmq_socket_monitor(void *socket, const char *endpoint, int events) {
    (void)socket, (void)endpoint, (void)events;
    return 0;
}

int zmq_close(void *socket) {
    struct socket *s = socket;
    for (int i = 0; i < LINKS_MAX; i++) {
        struct link *l = &links[i];
        if (!l->used || (l->dealer != s && l->router != s)) continue;
        if (l->open) close_link(l, l->dealer != s, l->router != s);
        if (l->used && l->router == s) drop_link(l);
    }
    cut_off(&s->inbox, 0);
    free(s->half);
    *s = (struct socket){0};
    return 0;
}

void wire_close_all(void) {
    for (int i = 0; i < SOCKETS_MAX; i++)
        if (sockets[i].type != 0) (void)zmq_close(&sockets[i]);
    for (int i = 0; i < LINKS_MAX; i++)
        if (links[i].used) drop_link(&links[i]);
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

/* A deliberate fault: the ack that a batch would get if it were safe already. */
static void ack_early(struct socket *s, const void *bytes, size_t n) {
    uint8_t ack[200];
    size_t ack_n = tap_forge_ack(bytes, n, ack, sizeof ack);
    if (ack_n > 0) push(&s->inbox, ack, ack_n, delay());
}

static int send_up(struct socket *s, const void *bytes, size_t n) {
    struct link *l = s->link;
    if (l == NULL || l->up.n >= PENDING_MAX) return fail_with(EAGAIN);
    enum tapped what = s->side == OUTSIDE ? TAP_PASS : tap_up(s->side, bytes, n);
    if (world.canary == ACK_EARLY && s->side != OUTSIDE) ack_early(s, bytes, n);
    bool rough = what == TAP_BEGUN && rough_odds > 0 && !world.healing && once_in(rough_odds);
    int64_t how = rough ? draw_between(0, 2) : -1;
    if (rough) happened("%s", how == 0 ? "lost on the way" : how == 1 ? "doubled on the way" : "overtakes the one before");
    if (what != TAP_DROP && how != 0) push(&l->up, bytes, n, delay());
    if (how == 1) push(&l->up, bytes, n, delay());
    if (how == 2) swap_last(&l->up);
    return (int)n;
}

static struct link *link_of(const struct socket *s, const void *route, size_t n) {
    uint32_t id = 0;
    if (n != ROUTE_BYTES) return NULL;
    memcpy(&id, (const uint8_t *)route + 1, sizeof id);
    for (int i = 0; i < LINKS_MAX; i++)
        if (links[i].open && links[i].router == s && links[i].id == id) return &links[i];
    return NULL;
}

/* A ROUTER drops what is for nobody. */
static int send_down(struct socket *s, const void *bytes, size_t n, int flags) {
    if (!s->routed) {
        s->to = link_of(s, bytes, n);
        s->routed = true;
        return (int)n;
    }
    if ((flags & ZMQ_SNDMORE) == 0) s->routed = false;
    if (s->to == NULL) return (int)n;
    if (s->side == AGGREGATOR) tap_down(s->to->dealer->side, bytes, n);
    push(&s->to->dealer->inbox, bytes, n, delay());
    return (int)n;
}

int zmq_send(void *socket, const void *bytes, size_t n, int flags) {
    struct socket *s = socket;
    world_effect();
    if (is_zombie()) return (int)n;
    return s->type == ZMQ_DEALER ? send_up(s, bytes, n) : send_down(s, bytes, n, flags);
}

int zmq_msg_send(zmq_msg_t *msg, void *socket, int flags) {
    int n = zmq_send(socket, zmq_msg_data(msg), zmq_msg_size(msg), flags);
    if (n < 0) return n;
    (void)zmq_msg_close(msg);
    (void)zmq_msg_init(msg);
    return n;
}

/* ---- receiving -------------------------------------------------------------------------------------------------- */

static int hand_over(zmq_msg_t *msg, const void *bytes, size_t n, bool more) {
    (void)zmq_msg_close(msg);
    int rc = zmq_msg_init_size(msg, n);
    FC_ASSERT(rc == 0);
    if (n > 0) memcpy(zmq_msg_data(msg), bytes, n);
    more_frames = more;
    return (int)n;
}

/* One of those that have something, by chance. */
static struct link *next_link(const struct socket *s) {
    struct link *ready[LINKS_MAX];
    int n = 0;
    for (int i = 0; i < LINKS_MAX; i++)
        if (links[i].used && links[i].router == s && arrived(&links[i].up)) ready[n++] = &links[i];
    return n == 0 ? NULL : ready[draw_between(0, n - 1)];
}

static int receive_route(struct socket *s, zmq_msg_t *msg) {
    struct link *l = next_link(s);
    if (l == NULL) return fail_with(EAGAIN);
    uint8_t route[ROUTE_BYTES] = {0};
    memcpy(route + 1, &l->id, sizeof l->id);
    s->half = pop(&l->up);
    if (!l->open && l->up.n == 0) drop_link(l);
    return hand_over(msg, route, sizeof route, true);
}

int zmq_msg_recv(zmq_msg_t *msg, void *socket, int flags) {
    struct socket *s = socket;
    (void)flags;
    if (is_zombie()) return fail_with(EAGAIN);
    if (s->type == ZMQ_ROUTER && s->half == NULL) return receive_route(s, msg);
    struct message *m = s->type == ZMQ_ROUTER ? s->half : pop(&s->inbox);
    if (m == NULL) return fail_with(EAGAIN);
    s->half = NULL;
    int n = hand_over(msg, m->bytes, m->n, false);
    free(m);
    return n;
}

int zmq_msg_more(const zmq_msg_t *msg) {
    (void)msg;
    return more_frames;
}

/* Of a monitor: one event a call. Of a DEALER: a message. */
int zmq_recv(void *socket, void *to, size_t cap, int flags) {
    struct socket *s = socket;
    (void)flags;
    if (is_zombie()) return fail_with(EAGAIN);
    if (s->type == ZMQ_PAIR) {
        if (s->watched == NULL || s->watched->news == 0) return fail_with(EAGAIN);
        s->watched->news--;
        return 0;
    }
    struct message *m = pop(&s->inbox);
    if (m == NULL) return fail_with(EAGAIN);
    memcpy(to, m->bytes, m->n < cap ? m->n : cap);
    int n = (int)m->n;
    free(m);
    return n;
}

static short ready_for(const struct socket *s) {
    short ready = 0;
    if (s->type == ZMQ_PAIR) return (short)(s->watched != NULL && s->watched->news > 0 ? ZMQ_POLLIN : 0);
    if (s->type == ZMQ_ROUTER ? s->half != NULL || next_link(s) != NULL : arrived(&s->inbox)) ready |= ZMQ_POLLIN;
    if (s->type == ZMQ_DEALER && s->link != NULL && s->link->up.n < PENDING_MAX) ready |= ZMQ_POLLOUT;
    return ready;
}

/* Looks and never waits: time passes elsewhere. */
int zmq_poll(zmq_pollitem_t *items, int n, long timeout) {
    int count = 0;
    (void)timeout;
    for (int i = 0; i < n; i++) {
        struct pollfd p = {.fd = items[i].fd, .events = POLLIN};
        items[i].revents = 0;
        if (items[i].socket != NULL) items[i].revents = (short)(ready_for(items[i].socket) & items[i].events);
        else if (poll(&p, 1, 0) > 0) items[i].revents = ZMQ_POLLIN;
        count += items[i].revents != 0;
    }
    return count;
}
