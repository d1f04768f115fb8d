/* Contacts: arrival, the line, ringing, conversation. */
#include "floor_inner.h"

#include "clock.h"

#include <stdlib.h>

/* ---- slots and lines ------------------------------------------------------------------------------------------- */

/* NULL when the floor holds all the contacts it may. */
static struct contact *take_slot(struct fc_floor *f) {
    uint32_t i = f->contacts_free;
    if (i != NOBODY) {
        f->contacts_free = contact_at(f, i)->next;
    } else {
        if (f->contacts_n == FC_FLOOR_CONTACTS_MAX) return NULL;
        i = f->contacts_n++;
        if (i % CHUNK == 0) f->chunks[i / CHUNK] = calloc(CHUNK, sizeof(struct contact));
        FC_ASSERT(f->chunks[i / CHUNK] != NULL);
    }
    struct contact *c = contact_at(f, i);
    *c = (struct contact){.self = i, .agent = NOBODY, .next = NOBODY, .prev = NOBODY};
    return c;
}

static void give_slot(struct fc_floor *f, struct contact *c) {
    c->phase = FREE;
    c->next = f->contacts_free;
    f->contacts_free = c->self;
}

/* By time of offer: a contact that was missed comes back to where it was. */
static void line_enter(struct fc_floor *f, struct contact *c) {
    struct queue *q = &f->queues[c->queue];
    uint32_t after = q->tail;
    while (after != NOBODY && contact_at(f, after)->number > c->number) after = contact_at(f, after)->prev;
    c->phase = WAITING;
    c->agent = NOBODY;
    c->prev = after;
    c->next = after == NOBODY ? q->head : contact_at(f, after)->next;
    if (c->prev == NOBODY) q->head = c->self;
    else contact_at(f, c->prev)->next = c->self;
    if (c->next == NOBODY) q->tail = c->self;
    else contact_at(f, c->next)->prev = c->self;
}

static void line_leave(struct fc_floor *f, struct contact *c) {
    struct queue *q = &f->queues[c->queue];
    if (c->prev == NOBODY) q->head = c->next;
    else contact_at(f, c->prev)->next = c->next;
    if (c->next == NOBODY) q->tail = c->prev;
    else contact_at(f, c->next)->prev = c->prev;
}

struct contact *contact_next_for(struct fc_floor *f, uint64_t queues) {
    struct contact *best = NULL;
    int best_priority = 0;
    for (uint64_t left = queues; left != 0; left &= left - 1) {
        uint32_t q = (uint32_t)__builtin_ctzll(left);
        if (f->queues[q].head == NOBODY) continue;
        struct contact *c = contact_at(f, f->queues[q].head);
        int priority = f->plan.queues[q].priority;
        bool better = best == NULL || priority > best_priority || (priority == best_priority && c->number < best->number);
        if (better) best = c, best_priority = priority;
    }
    if (best != NULL) line_leave(f, best);
    return best;
}

/* ---- arriving -------------------------------------------------------------------------------------------------- */

static void set_arrival(struct fc_floor *f, uint32_t q) {
    if (!(f->queues[q].rate_max > 0)) return;
    struct fc_span gap = {FC_LAW_EXPONENTIAL, 3600 / f->queues[q].rate_max, 0};
    floor_set(f, ON_ARRIVAL, fc_rng_span_us(&f->queues[q].arrivals, &gap), q, 0);
}

void contact_start(struct fc_floor *f, uint32_t q) { set_arrival(f, q); }

/* Candidates come at the peak rate; the profile thins them out (Lewis, Shedler 1979). */
static bool profile_takes(struct fc_floor *f, uint32_t q) {
    if (f->profile_max <= 0) return true;
    int64_t hour = f->now_us / (60 * FC_MINUTE_US) % 24;
    return chance(&f->queues[q].arrivals, f->plan.profile[hour] / f->profile_max);
}

static uint32_t draw_customer(struct fc_floor *f) {
    if (f->plan.customers == 0 || chance(&f->callers, f->plan.anonymous_share)) return 0;
    return 1 + fc_rng_below(&f->callers, f->plan.customers);
}

void contact_arrives(struct fc_floor *f, uint32_t q) {
    set_arrival(f, q);
    if (profile_takes(f, q)) contact_offer(f, q, draw_customer(f), 0, 1);
}

static enum fc_left draw_way_out(const struct fc_plan_queue *q, struct fc_rng *rng) {
    double u = fc_rng_unit(rng);
    return u <= q->key_share ? FC_LEFT_KEY : u <= q->key_share + q->callback_share ? FC_LEFT_CALLBACK : FC_LEFT_ABANDONED;
}

static void draw_body(struct fc_floor *f, struct contact *c, unsigned legs) {
    const struct fc_plan_queue *q = &f->plan.queues[c->queue];
    struct fc_rng *rng = &f->queues[c->queue].bodies;
    c->patience_us = fc_rng_span_us(rng, &q->patience);
    c->talk_us = fc_rng_span_us(rng, &q->talk);
    c->wrap_us = fc_rng_span_us(rng, &q->wrap);
    c->hold_us = fc_rng_span_us(rng, &q->hold);
    c->hold_at = chance(rng, q->hold_share) && c->hold_us >= 0 ? fc_rng_unit(rng) : 1;
    c->gives_up_by = draw_way_out(q, rng);
    c->agent_ends = chance(rng, 0.5);
    c->transfers = chance(rng, q->transfer_share) && q->transfer_to != FC_PLAN_NOWHERE && legs < LEGS_MAX;
    c->legs = (uint8_t)legs;
}

static void leave(struct fc_floor *f, struct contact *c, enum fc_left reason);

/* Nobody is idle: waits, unless the queue does not let it in. */
static void wait(struct fc_floor *f, struct contact *c) {
    const struct fc_plan_queue *q = &f->plan.queues[c->queue];
    line_enter(f, c);
    if (q->leave_empty && !agent_staffed(f, c->queue)) leave(f, c, FC_LEFT_EMPTY);
    else if (q->capacity > 0 && f->queues[c->queue].count.waiting > q->capacity) leave(f, c, FC_LEFT_FULL);
}

static void set_limits(struct fc_floor *f, struct contact *c) {
    if (c->phase != WAITING && c->phase != RINGING) return;
    double timeout_s = f->plan.queues[c->queue].timeout_s;
    if (c->patience_us >= 0) floor_set(f, ON_PATIENCE, c->patience_us, c->self, c->number);
    if (timeout_s > 0) floor_set(f, ON_TIMEOUT, (int64_t)(timeout_s * 1e6), c->self, c->number);
}

void contact_offer(struct fc_floor *f, uint32_t queue, uint32_t customer, uint64_t root, unsigned legs) {
    struct contact *c = take_slot(f);
    struct contact turned_away = {.queue = queue};
    if (c == NULL) c = &turned_away;
    c->queue = queue;
    c->customer = customer;
    c->number = ++f->number;
    c->root = root != 0 ? root : c->number;
    c->offered_us = f->now_us;
    draw_body(f, c, legs);
    emit_contact(f, FC_OFFERED, f->now_us, c);
    struct fc_floor_count *count = &f->queues[queue].count;
    count->offered++;
    if (c == &turned_away) {
        emit_left(f, c, FC_LEFT_FULL);
        count->left[FC_LEFT_FULL]++;
        return;
    }
    count->waiting++;
    uint32_t agent = agent_idle_for(f, queue);
    if (agent != NOBODY) contact_ring(f, c, agent);
    else wait(f, c);
    set_limits(f, c);
}

/* ---- waiting --------------------------------------------------------------------------------------------------- */

void contact_ring(struct fc_floor *f, struct contact *c, uint32_t agent) {
    const struct fc_plan *plan = &f->plan;
    c->phase = RINGING;
    c->agent = agent;
    c->alerted_us = f->now_us;
    f->agents[agent].contact = c->self;
    emit_contact(f, FC_ALERTED, f->now_us, c);
    if (plan->ring.law == FC_LAW_NONE) {
        contact_answered(f, c);
        return;
    }
    agent_set(f, agent, FC_AGENT_ALERTING);
    int64_t ring_us = fc_rng_span_us(&f->staff, &plan->ring);
    bool missed = chance(&f->staff, plan->miss_share);
    if (missed) ring_us = (int64_t)(plan->miss_after_s * 1e6);
    c->step = floor_set_step(f, missed ? ON_MISS : ON_ANSWER, ring_us, c->self);
}

/* The one it rang at is paused or free again only after the next one was looked for, so it cannot be the next. */
void contact_missed(struct fc_floor *f, struct contact *c) {
    uint32_t by = c->agent;
    emit_contact(f, FC_MISSED, f->now_us, c);
    f->queues[c->queue].count.missed++;
    uint32_t next = agent_idle_for(f, c->queue);
    if (next != NOBODY) contact_ring(f, c, next);
    else line_enter(f, c);
    f->agents[by].contact = NOBODY;
    if (f->plan.miss_pause.law != FC_LAW_NONE && !f->agents[by].wants_logout)
        agent_pause(f, by, "missed", fc_rng_span_us(&f->staff, &f->plan.miss_pause));
    else agent_free(f, by);
}

static void leave(struct fc_floor *f, struct contact *c, enum fc_left reason) {
    struct fc_floor_count *count = &f->queues[c->queue].count;
    uint32_t rung = c->phase == RINGING ? c->agent : NOBODY;
    if (c->phase == WAITING) line_leave(f, c);
    emit_left(f, c, reason);
    count->waiting--;
    count->left[reason]++;
    if (reason != FC_LEFT_OVERFLOW) after_left(f, c);
    give_slot(f, c);
    if (rung != NOBODY) agent_free(f, rung);
}

void contact_gives_up(struct fc_floor *f, struct contact *c) { leave(f, c, c->gives_up_by); }

void contact_times_out(struct fc_floor *f, struct contact *c) {
    int to = f->plan.queues[c->queue].overflow_to;
    bool overflows = to != FC_PLAN_NOWHERE && c->legs < LEGS_MAX;
    uint32_t customer = c->customer;
    uint64_t root = c->root;
    unsigned legs = c->legs + 1u;
    leave(f, c, overflows ? FC_LEFT_OVERFLOW : FC_LEFT_TIMEOUT);
    if (overflows) contact_offer(f, (uint32_t)to, customer, root, legs);
}

/* ---- conversation ---------------------------------------------------------------------------------------------- */

void contact_answered(struct fc_floor *f, struct contact *c) {
    struct fc_floor_count *count = &f->queues[c->queue].count;
    c->phase = TALKING;
    c->answered_us = f->now_us;
    count->waiting--;
    count->answered++;
    emit_contact(f, FC_ANSWERED, f->now_us, c);
    agent_set(f, c->agent, FC_AGENT_BUSY);
    bool holds = c->hold_at < 1;
    int64_t part_us = holds ? (int64_t)((double)c->talk_us * c->hold_at) : c->talk_us;
    c->step = floor_set_step(f, holds ? ON_HOLD_TIME : ON_END, part_us, c->self);
}

void contact_held(struct fc_floor *f, struct contact *c) {
    c->phase = ON_HOLD;
    c->held_us = f->now_us;
    emit_contact(f, FC_HELD, f->now_us, c);
    agent_set(f, c->agent, FC_AGENT_HOLD);
    c->step = floor_set_step(f, ON_RESUME, c->hold_us, c->self);
}

void contact_resumed(struct fc_floor *f, struct contact *c) {
    c->phase = TALKING;
    emit_contact(f, FC_RESUMED, f->now_us, c);
    agent_set(f, c->agent, FC_AGENT_BUSY);
    int64_t spoken_us = (int64_t)((double)c->talk_us * c->hold_at);
    c->step = floor_set_step(f, ON_END, c->talk_us - spoken_us, c->self);
}

void contact_ended(struct fc_floor *f, struct contact *c) {
    c->phase = WRAPPING;
    c->ended_us = f->now_us;
    f->queues[c->queue].count.ended++;
    emit_ended(f, f->now_us, c);
    bool wraps = c->wrap_us > 0;
    if (wraps) agent_set(f, c->agent, FC_AGENT_WRAP);
    if (wraps) c->step = floor_set_step(f, ON_WRAP_END, c->wrap_us, c->self);
    if (c->transfers) contact_offer(f, (uint32_t)f->plan.queues[c->queue].transfer_to, c->customer, c->root, c->legs + 1u);
    if (!wraps) contact_wrapped(f, c);
}

void contact_wrapped(struct fc_floor *f, struct contact *c) {
    uint32_t agent = c->agent;
    emit_contact(f, FC_WRAPPED, f->now_us, c);
    f->queues[c->queue].count.wrapped++;
    if (!c->transfers) after_wrapped(f, c);
    give_slot(f, c);
    agent_free(f, agent);
}
