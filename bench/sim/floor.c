#include "floor.h"

#include "floor_inner.h"

#include <stdio.h>
#include <stdlib.h>

void floor_set(struct fc_floor *f, enum timer_what what, int64_t after_us, uint32_t who, uint64_t stamp) {
    FC_ASSERT(after_us >= 0);
    fc_timers_push(&f->timers, (struct fc_timer){.at_us = f->now_us + after_us, .stamp = stamp, .who = who, .what = what});
}

uint64_t floor_set_step(struct fc_floor *f, enum timer_what what, int64_t after_us, uint32_t who) {
    floor_set(f, what, after_us, who, ++f->stamps);
    return f->stamps;
}

/* ---- making ---------------------------------------------------------------------------------------------------- */

enum stream { STREAM_CALLERS, STREAM_STAFF, STREAM_OUTCOMES, STREAM_ARRIVALS = 1000, STREAM_BODIES = 2000 };

static void start_queue(struct fc_floor *f, uint32_t q) {
    struct queue *queue = &f->queues[q];
    fc_rng_seed(&queue->arrivals, f->plan.seed, STREAM_ARRIVALS + q);
    fc_rng_seed(&queue->bodies, f->plan.seed, STREAM_BODIES + q);
    queue->head = queue->tail = NOBODY;
    queue->rate_max = f->plan.queues[q].rate_per_hour * f->plan.rate_factor * (f->profile_max > 0 ? f->profile_max : 1);
    contact_start(f, q);
}

struct fc_floor *fc_floor_create(const struct fc_plan *plan, fc_floor_sink *sink, void *ctx) {
    struct fc_error err;
    FC_ASSERT(fc_plan_check(plan, &err) == FC_OK);
    struct fc_floor *f = calloc(1, sizeof *f);
    FC_ASSERT(f != NULL);
    f->plan = *plan;
    f->sink = sink;
    f->ctx = ctx;
    f->silent = true;
    f->seq = plan->seq_first;
    f->now_us = plan->start_us - (int64_t)(plan->warm_s * 1e6);
    f->idle_head = f->idle_tail = f->contacts_free = f->afters_free = NOBODY;
    f->id_prefix_n = (uint32_t)snprintf(f->id_prefix, sizeof f->id_prefix, "%s-%s-", plan->src, plan->epoch);
    for (int h = 0; h < 24; h++)
        if (plan->profile[h] > f->profile_max) f->profile_max = plan->profile[h];
    fc_rng_seed(&f->callers, plan->seed, STREAM_CALLERS);
    fc_rng_seed(&f->staff, plan->seed, STREAM_STAFF);
    fc_rng_seed(&f->outcomes, plan->seed, STREAM_OUTCOMES);
    fc_timers_init(&f->timers);
    for (uint32_t a = 0; a < plan->agents_n; a++) agent_start(f, a);
    for (uint32_t q = 0; q < plan->queues_n; q++) start_queue(f, q);
    return f;
}

void fc_floor_destroy(struct fc_floor *f) {
    if (f == NULL) return;
    for (uint32_t i = 0; i * CHUNK < f->contacts_n; i++) free(f->chunks[i]);
    fc_timers_fini(&f->timers);
    free(f->afters);
    free(f);
}

/* Counts begin again with the contacts that are present: they are what the listeners are told of. */
static void recount(struct fc_floor *f) {
    for (uint32_t q = 0; q < f->plan.queues_n; q++) f->queues[q].count = (struct fc_floor_count){0};
    for (uint32_t i = 0; i < f->contacts_n; i++) {
        const struct contact *c = contact_at(f, i);
        if (c->phase == FREE) continue;
        struct fc_floor_count *count = &f->queues[c->queue].count;
        bool waits = c->phase == WAITING || c->phase == RINGING;
        count->offered++;
        count->waiting += waits;
        count->answered += !waits;
        count->ended += c->phase == WRAPPING;
    }
    memset(f->spent_us, 0, sizeof f->spent_us);
}

void fc_floor_begin(struct fc_floor *f) {
    FC_ASSERT(f->silent);
    while (fc_floor_step(f, f->plan.start_us)) {}
    recount(f);
    f->silent = false;
    emit_start(f);
    if (f->plan.heartbeat_s > 0) floor_set(f, ON_HEARTBEAT, (int64_t)(f->plan.heartbeat_s * 1e6), 0, 0);
}

/* ---- running --------------------------------------------------------------------------------------------------- */

static void heartbeat(struct fc_floor *f) {
    emit_heartbeat(f);
    floor_set(f, ON_HEARTBEAT, (int64_t)(f->plan.heartbeat_s * 1e6), 0, 0);
}

/* Patience and the queue's own limit run through rings and misses, so they hold for the contact while it waits. */
static void waiting_timer(struct fc_floor *f, const struct fc_timer *t) {
    struct contact *c = contact_at(f, t->who);
    if (c->number != t->stamp || (c->phase != WAITING && c->phase != RINGING)) return;
    if (t->what == ON_PATIENCE) contact_gives_up(f, c);
    else contact_times_out(f, c);
}

static void contact_timer(struct fc_floor *f, const struct fc_timer *t) {
    struct contact *c = contact_at(f, t->who);
    if (c->phase == FREE || c->step != t->stamp) return;
    switch ((enum timer_what)t->what) {
    case ON_ANSWER: contact_answered(f, c); break;
    case ON_MISS: contact_missed(f, c); break;
    case ON_HOLD_TIME: contact_held(f, c); break;
    case ON_RESUME: contact_resumed(f, c); break;
    case ON_END: contact_ended(f, c); break;
    default: contact_wrapped(f, c);
    }
}

static void fire(struct fc_floor *f, const struct fc_timer *t) {
    switch ((enum timer_what)t->what) {
    case ON_ARRIVAL: contact_arrives(f, t->who); break;
    case ON_PATIENCE:
    case ON_TIMEOUT: waiting_timer(f, t); break;
    case ON_ANSWER:
    case ON_MISS:
    case ON_HOLD_TIME:
    case ON_RESUME:
    case ON_END:
    case ON_WRAP_END: contact_timer(f, t); break;
    case ON_PAUSE:
    case ON_UNPAUSE:
    case ON_LOGIN:
    case ON_LOGOUT: agent_timer(f, t); break;
    case ON_AFTER: after_timer(f, t->who); break;
    case ON_HEARTBEAT: heartbeat(f); break;
    }
}

bool fc_floor_step(struct fc_floor *f, int64_t until_us) {
    const struct fc_timer *next = fc_timers_peek(&f->timers);
    if (next == NULL || next->at_us > until_us) {
        if (until_us > f->now_us) f->now_us = until_us;
        return false;
    }
    struct fc_timer timer = fc_timers_pop(&f->timers);
    FC_ASSERT(timer.at_us >= f->now_us);
    f->now_us = timer.at_us;
    fire(f, &timer);
    return true;
}

/* ---- looking --------------------------------------------------------------------------------------------------- */

int64_t fc_floor_now_us(const struct fc_floor *f) { return f->now_us; }

int64_t fc_floor_next_us(const struct fc_floor *f) {
    const struct fc_timer *next = fc_timers_peek(&f->timers);
    return next != NULL ? next->at_us : INT64_MAX;
}

static void add(struct fc_floor_count *sum, const struct fc_floor_count *c) {
    sum->offered += c->offered;
    sum->answered += c->answered;
    for (int r = 0; r < FC_LEFT_COUNT; r++) sum->left[r] += c->left[r];
    sum->missed += c->missed;
    sum->ended += c->ended;
    sum->wrapped += c->wrapped;
    sum->waiting += c->waiting;
}

struct fc_floor_count fc_floor_count(const struct fc_floor *f, int q) {
    FC_ASSERT(q < (int)f->plan.queues_n);
    if (q >= 0) return f->queues[q].count;
    struct fc_floor_count sum = {0};
    for (uint32_t i = 0; i < f->plan.queues_n; i++) add(&sum, &f->queues[i].count);
    return sum;
}

struct fc_floor_agents fc_floor_agents(const struct fc_floor *f) {
    struct fc_floor_agents out = {0};
    memcpy(out.spent_us, f->spent_us, sizeof out.spent_us);
    for (uint32_t a = 0; a < f->plan.agents_n; a++) {
        const struct agent *agent = &f->agents[a];
        int64_t from = agent->since_us > f->plan.start_us ? agent->since_us : f->plan.start_us;
        out.now[agent->state]++;
        out.spent_us[agent->state] += f->now_us - from;
    }
    return out;
}
