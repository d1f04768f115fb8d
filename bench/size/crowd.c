#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME 24
#define SERVES 3
#define RING 512 /* seconds; longer than any stage lasts */
#define TEXTS 16 /* contacts of an agent within CROWD_SECONDS_MAX */
#define NOBODY UINT32_MAX

enum stage { IDLE, PAUSED, OFFERED, RUNG, LOST, TALKING, HELD, RESUMED, ENDED };

struct agent {
    char name[NAME];
    struct texts { /* of contacts: the events of those before it may not have been read yet */
        char contact[NAME], customer[NAME];
    } texts[TEXTS];
    uint32_t turn;
    enum stage stage;
    uint32_t queue, next; /* next: due in the same second */
};

struct crowd {
    char (*queues)[NAME];
    struct agent *agents;
    uint32_t queues_n, agents_n, customers;
    uint32_t due[RING]; /* first agent due in the second */
    int64_t second;     /* the next */
    uint64_t rng, contacts;
    struct fc_event *events;
    uint32_t n, cap;
};

static uint32_t below(struct crowd *c, uint32_t n) {
    c->rng ^= c->rng << 13;
    c->rng ^= c->rng >> 7;
    c->rng ^= c->rng << 17;
    return (uint32_t)((c->rng >> 16) % n);
}

static void later(struct crowd *c, struct agent *a, enum stage stage, uint32_t from_s, uint32_t to_s) {
    uint32_t *slot = &c->due[(c->second + from_s + below(c, to_s - from_s + 1)) % RING];
    a->stage = stage;
    a->next = *slot;
    *slot = (uint32_t)(a - c->agents);
}

struct crowd *crowd_create(uint32_t queues, uint32_t agents, uint32_t customers) {
    struct crowd *c = calloc(1, sizeof *c);
    FC_ASSERT(c != NULL && queues > 0 && agents > 0 && customers > 0);
    *c = (struct crowd){.queues_n = queues, .agents_n = agents, .customers = customers, .rng = 20260302};
    c->queues = calloc(queues, sizeof *c->queues);
    c->agents = calloc(agents, sizeof *c->agents);
    FC_ASSERT(c->queues != NULL && c->agents != NULL);
    for (uint32_t i = 0; i < RING; i++) c->due[i] = NOBODY;
    for (uint32_t i = 0; i < queues; i++) (void)snprintf(c->queues[i], NAME, "queue-%05u", i);
    for (uint32_t i = 0; i < agents; i++) {
        (void)snprintf(c->agents[i].name, NAME, "agent-%06u", i);
        later(c, &c->agents[i], IDLE, 1, 250);
    }
    return c;
}

void crowd_destroy(struct crowd *c) {
    free(c->queues);
    free(c->agents);
    free(c->events);
    free(c);
}

struct fc_str crowd_queue(const struct crowd *c, uint32_t i) { return fc_str(c->queues[i % c->queues_n]); }
struct fc_str crowd_agent(const struct crowd *c, uint32_t i) { return fc_str(c->agents[i % c->agents_n].name); }
int64_t crowd_now_us(const struct crowd *c) { return CROWD_T0_US + c->second * 1000000; }

/* ---- events ------------------------------------------------------------------------------------------------------ */

static struct fc_event *add(struct crowd *c, enum fc_kind kind) {
    if (c->n == c->cap) {
        c->cap = c->cap == 0 ? 1024 : 2 * c->cap;
        c->events = realloc(c->events, c->cap * sizeof *c->events);
        FC_ASSERT(c->events != NULL);
    }
    c->events[c->n] = fc_event_make(kind, CROWD_T0_US);
    return &c->events[c->n++];
}

static struct fc_event *say(struct crowd *c, const struct agent *a, enum fc_kind kind, bool queue, bool agent) {
    struct fc_event *ev = add(c, kind);
    FC_EVENT_STR(ev, contact, fc_str(a->texts[a->turn].contact));
    if (queue) FC_EVENT_STR(ev, queue, fc_str(c->queues[a->queue]));
    if (agent) FC_EVENT_STR(ev, agent, fc_str(a->name));
    return ev;
}

static void say_state(struct crowd *c, const struct agent *a, enum fc_agent_state state) {
    struct fc_event *ev = add(c, FC_AGENT);
    FC_EVENT_STR(ev, agent, fc_str(a->name));
    fc_event_set_agent(ev, state);
}

static uint32_t served(const struct crowd *c, uint32_t agent, uint32_t k) { return (agent + k * (c->queues_n / SERVES + 1)) % c->queues_n; }

static void come_to_work(struct crowd *c) {
    for (uint32_t i = 0; i < c->agents_n * SERVES; i++) {
        struct fc_event *ev = add(c, FC_JOINED);
        FC_EVENT_STR(ev, agent, fc_str(c->agents[i / SERVES].name));
        FC_EVENT_STR(ev, queue, fc_str(c->queues[served(c, i / SERVES, i % SERVES)]));
    }
}

static void offer(struct crowd *c, struct agent *a) {
    a->queue = served(c, (uint32_t)(a - c->agents), below(c, SERVES));
    a->turn = (a->turn + 1) % TEXTS;
    struct texts *t = &a->texts[a->turn];
    (void)snprintf(t->contact, NAME, "c-%llu", (unsigned long long)c->contacts++);
    (void)snprintf(t->customer, NAME, "+86%09u", below(c, c->customers));
    struct fc_event *ev = say(c, a, FC_OFFERED, true, false);
    FC_EVENT_STR(ev, customer, fc_str(t->customer));
    FC_EVENT_NUM(ev, channel, (uint8_t)FC_CHANNEL_VOICE);
    if (below(c, 12) == 0) later(c, a, LOST, 3, 60);
    else later(c, a, OFFERED, 1, 30);
}

static void end(struct crowd *c, struct agent *a) {
    FC_EVENT_NUM(say(c, a, FC_ENDED, false, false), by, (uint8_t)FC_BY_CUSTOMER);
    later(c, a, ENDED, 5, 40);
}

static void wrap(struct crowd *c, struct agent *a) {
    (void)say(c, a, FC_WRAPPED, false, true);
    if (below(c, 4) == 0) FC_EVENT_NUM(say(c, a, FC_RESOLVED, false, false), outcome, (uint8_t)FC_OUTCOME_YES);
    if (below(c, 8) != 0) {
        later(c, a, IDLE, 5, 60);
        return;
    }
    say_state(c, a, FC_AGENT_PAUSED);
    later(c, a, PAUSED, 30, 300);
}

/* Does what is due and says when it goes on. */
static void live(struct crowd *c, struct agent *a) {
    switch (a->stage) {
    case PAUSED: say_state(c, a, FC_AGENT_AVAILABLE); later(c, a, IDLE, 1, 10); break;
    case IDLE: offer(c, a); break;
    case OFFERED: (void)say(c, a, FC_ALERTED, true, true); later(c, a, RUNG, 2, 8); break;
    case LOST: fc_event_set_left(say(c, a, FC_LEFT, true, false), FC_LEFT_ABANDONED); later(c, a, IDLE, 1, 20); break;
    case RUNG: (void)say(c, a, FC_ANSWERED, true, true); later(c, a, below(c, 6) == 0 ? TALKING : RESUMED, 30, 300); break;
    case TALKING: (void)say(c, a, FC_HELD, false, false); later(c, a, HELD, 5, 60); break;
    case HELD: (void)say(c, a, FC_RESUMED, false, false); later(c, a, RESUMED, 5, 60); break;
    case RESUMED: end(c, a); break;
    case ENDED: wrap(c, a); break;
    }
}

static void live_second(struct crowd *c) {
    uint32_t *slot = &c->due[c->second % RING], i = *slot, before = c->n;
    *slot = NOBODY;
    if (c->second == 0) come_to_work(c);
    while (i != NOBODY) {
        uint32_t next = c->agents[i].next;
        live(c, &c->agents[i]);
        i = next;
    }
    for (uint32_t k = before; k < c->n; k++) c->events[k].ts = CROWD_T0_US + c->second * 1000000 + (int64_t)(k - before) * 1000000 / (c->n - before);
    c->second++;
}

const struct fc_event *crowd_second(struct crowd *c, uint32_t *n) { return crowd_seconds(c, 0, n); }

const struct fc_event *crowd_seconds(struct crowd *c, uint32_t events, uint32_t *n) {
    int64_t from = c->second;
    c->n = 0;
    do live_second(c);
    while (c->n < events && c->second - from < CROWD_SECONDS_MAX && c->second % 60 != 0);
    *n = c->n;
    return c->events;
}
