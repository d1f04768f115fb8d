/* contact -- one visit of a contact to a queue, from offered to forgotten: waiting, talking, over. */
#include "engine_internal.h"

#include <stdlib.h>

/* ---- memory and lists ------------------------------------------------------------------------------------------ */

#define SLAB 256

static struct fc_contact *take(struct fc_engine *e) {
    if (e->pool == NULL) {
        struct fc_contact *slab = calloc(SLAB, sizeof *slab);
        FC_ASSERT(slab != NULL);
        fc_list_push(&e->slabs, slab);
        for (int i = 0; i < SLAB; i++) {
            slab[i].over_next = e->pool;
            e->pool = &slab[i];
        }
    }
    struct fc_contact *c = e->pool;
    e->pool = c->over_next;
    *c = (struct fc_contact){0};
    return c;
}

struct fc_contact *fc_contact_new(struct fc_engine *e, struct fc_str id) {
    struct fc_contact *c = take(e);
    memcpy(c->id_bytes, id.p, id.n);
    c->id = fc_str_n(c->id_bytes, id.n);
    fc_map_add(&e->contacts, c);
    e->counters.contacts++;
    return c;
}

static void changed(struct fc_engine *e, struct fc_contact *c) {
    if (c->to_store) return;
    c->to_store = true;
    fc_list_push(&e->contacts_store, c);
}

/* Both waiting lists are sorted by offered time; nearly every contact belongs at the end. */
static void link_wait(struct fc_entity *x, struct fc_contact *c, struct fc_wait_link *(*link)(struct fc_contact *)) {
    struct fc_contact *before = x->wait_last;
    while (before != NULL && before->offered_us > c->offered_us) before = link(before)->prev;
    struct fc_contact *after = before == NULL ? x->wait_first : link(before)->next;
    *link(c) = (struct fc_wait_link){before, after};
    if (before == NULL) x->wait_first = c;
    else link(before)->next = c;
    if (after == NULL) x->wait_last = c;
    else link(after)->prev = c;
    x->waiting++;
}

static void unlink_wait(struct fc_entity *x, struct fc_contact *c, struct fc_wait_link *(*link)(struct fc_contact *)) {
    struct fc_wait_link l = *link(c);
    if (l.prev == NULL) x->wait_first = l.next;
    else link(l.prev)->next = l.next;
    if (l.next == NULL) x->wait_last = l.prev;
    else link(l.next)->prev = l.prev;
    x->waiting--;
}

static struct fc_wait_link *in_queue(struct fc_contact *c) { return &c->in_queue; }
static struct fc_wait_link *in_all(struct fc_contact *c) { return &c->in_all; }

void fc_contact_link_waiting(struct fc_engine *e, struct fc_contact *c) {
    struct fc_queue *q = c->queue;
    link_wait(&q->e, c, in_queue);
    link_wait(&e->all.e, c, in_all);
    if (c->breached_us == 0 && (q->unbreached == NULL || c->offered_us < q->unbreached->offered_us)) q->unbreached = c;
    e->counters.waiting++;
    fc_engine_touch_gauges(e, &q->e);
    fc_engine_touch_gauges(e, &e->all.e);
}

static void unlink_waiting(struct fc_engine *e, struct fc_contact *c) {
    struct fc_queue *q = c->queue;
    if (q->unbreached == c) q->unbreached = c->in_queue.next;
    unlink_wait(&q->e, c, in_queue);
    unlink_wait(&e->all.e, c, in_all);
    e->counters.waiting--;
    fc_engine_touch_gauges(e, &q->e);
    fc_engine_touch_gauges(e, &e->all.e);
}

void fc_contact_link_over(struct fc_engine *e, struct fc_contact *c) {
    c->over_next = NULL;
    if (e->over_last == NULL) e->over_first = c;
    else e->over_last->over_next = c;
    e->over_last = c;
}

void fc_contact_forget_old(struct fc_engine *e) {
    while (e->over_first != NULL && e->over_first->over_us < e->now_us - CONTACT_KEPT_US) {
        struct fc_contact *c = e->over_first;
        if (c->to_store) return; /* the next checkpoint still points to it */
        e->over_first = c->over_next;
        if (e->over_first == NULL) e->over_last = NULL;
        if (c->stored) {
            struct fc_str *gone = malloc(sizeof *gone + c->id.n);
            FC_ASSERT(gone != NULL);
            char *bytes = (char *)(gone + 1);
            memcpy(bytes, c->id.p, c->id.n);
            *gone = fc_str_n(bytes, c->id.n);
            fc_list_push(&e->forgotten, gone);
        }
        fc_map_remove(&e->contacts, c);
        e->counters.contacts--;
        c->over_next = e->pool;
        e->pool = c;
    }
}

/* ---- facts ----------------------------------------------------------------------------------------------------- */

static void fact(struct fc_engine *e, struct fc_contact *c, struct fc_agent *a, int64_t ts_us, int sign, enum fc_tally_count count) {
    fc_engine_fact(e, c->queue, a, (struct fc_fact){.ts_us = ts_us, .sign = (int8_t)sign, .count = (uint8_t)count, .sum = FC_TALLY_NONE});
}

static void fact_sum(struct fc_engine *e, struct fc_contact *c, int64_t ts_us, int sign, enum fc_tally_count count, enum fc_tally_count sum, int64_t value) {
    fc_engine_fact(e, c->queue, c->agent, (struct fc_fact){.ts_us = ts_us, .value = value, .sign = (int8_t)sign, .count = (uint8_t)count, .sum = (uint8_t)sum});
}

static void breach(struct fc_engine *e, struct fc_contact *c) {
    c->breached_us = c->offered_us + c->queue->e.settings->threshold_us;
    fact(e, c, NULL, c->breached_us, 1, FC_TALLY_sl_missed);
    changed(e, c);
}

static void take_back_breach(struct fc_engine *e, struct fc_contact *c) {
    if (c->breached_us == 0) return;
    fact(e, c, NULL, c->breached_us, -1, FC_TALLY_sl_missed);
    c->breached_us = 0;
}

static void queue_breaches(struct fc_engine *e, struct fc_queue *q) {
    while (q->unbreached != NULL && q->unbreached->offered_us + q->e.settings->threshold_us < e->now_us) {
        struct fc_contact *c = q->unbreached;
        q->unbreached = c->in_queue.next;
        if (c->breached_us == 0) breach(e, c);
    }
}

void fc_contact_breaches(struct fc_engine *e) {
    struct fc_queue *q;
    for (uint32_t at = 0; (q = fc_map_each(&e->queues, &at)) != NULL;) queue_breaches(e, q);
}

static int64_t span(struct fc_engine *e, int64_t from_us, int64_t to_us) {
    if (to_us >= from_us) return to_us - from_us;
    e->counters.time_backwards++;
    return 0;
}

/* ---- what happens to a contact ---------------------------------------------------------------------------------- */

static void release_alerted(struct fc_engine *e, struct fc_contact *c, int64_t ts_us) {
    while (c->alerted != NULL) fc_agent_unalert(e, c->alerted, ts_us);
}

static void stop_waiting(struct fc_engine *e, struct fc_contact *c, int64_t ts_us) {
    unlink_waiting(e, c);
    release_alerted(e, c, ts_us);
    changed(e, c);
}

static void end_over(struct fc_engine *e, struct fc_contact *c, int64_t ts_us) {
    c->state = CONTACT_OVER;
    c->over_us = ts_us;
    fc_contact_link_over(e, c);
    changed(e, c);
}

static void offered(struct fc_engine *e, const struct fc_event *ev, struct fc_source_state_of *src) {
    struct fc_contact *c = fc_contact_new(e, ev->contact);
    c->queue = fc_engine_queue(e, ev->queue);
    c->source = src;
    c->listed = src == NULL ? 0 : src->snapshot;
    c->offered_us = ev->ts;
    c->state = CONTACT_WAITING;
    fact(e, c, NULL, ev->ts, 1, FC_TALLY_offered);
    fc_contact_link_waiting(e, c);
    changed(e, c);
}

static void answered(struct fc_engine *e, struct fc_contact *c, const struct fc_event *ev) {
    int64_t wait_us = span(e, c->offered_us, ev->ts);
    struct fc_agent *a = fc_engine_agent(e, ev->agent, ev->ts);
    c->agent = a;
    stop_waiting(e, c, ev->ts);
    fact_sum(e, c, ev->ts, 1, FC_TALLY_answered, FC_TALLY_wait_us, wait_us);
    if (wait_us <= c->queue->e.settings->threshold_us) {
        take_back_breach(e, c); /* its word came later than the clock */
        fact(e, c, NULL, ev->ts, 1, FC_TALLY_sl_met);
    } else if (c->breached_us == 0) {
        breach(e, c);
    }
    c->state = CONTACT_TALKING;
    c->answered_us = ev->ts;
    fc_agent_join(e, a, c->queue);
    a->talking++;
    a->talk = c;
    fc_agent_settle(e, a, ev->ts);
}

static void abandoned(struct fc_engine *e, struct fc_contact *c, int64_t wait_us, int64_t ts_us) {
    const struct fc_settings *s = c->queue->e.settings;
    bool within = wait_us <= s->threshold_us, is_short = wait_us <= s->short_us;
    if (within) fact(e, c, NULL, ts_us, 1, FC_TALLY_abandoned_within);
    if (is_short) fact(e, c, NULL, ts_us, 1, FC_TALLY_short_abandoned);
    if (within || is_short) take_back_breach(e, c);
    if (is_short) return;
    if (within) fact(e, c, NULL, ts_us, 1, FC_TALLY_sl_missed);
    else if (c->breached_us == 0) breach(e, c);
}

static void left(struct fc_engine *e, struct fc_contact *c, enum fc_left reason, int64_t ts_us) {
    int64_t wait_us = span(e, c->offered_us, ts_us);
    stop_waiting(e, c, ts_us);
    fact(e, c, NULL, ts_us, 1, (enum fc_tally_count)(FC_TALLY_LEFT + (int)reason));
    if (reason == FC_LEFT_ABANDONED) abandoned(e, c, wait_us, ts_us);
    else take_back_breach(e, c); /* left alive, or nobody knows: not held against the service level */
    end_over(e, c, ts_us);
}

static void hold(struct fc_engine *e, struct fc_contact *c, bool on, int64_t ts_us) {
    if (c->on_hold == on) return;
    c->on_hold = on;
    if (on) c->held_us = ts_us;
    else c->hold_us += span(e, c->held_us, ts_us);
    c->agent->held += on ? 1 : -1;
    fc_agent_settle(e, c->agent, ts_us);
    changed(e, c);
}

static void leave_agent(struct fc_engine *e, struct fc_contact *c, int64_t ts_us) {
    struct fc_agent *a = c->agent;
    a->talking--;
    if (a->talk == c) a->talk = NULL;
    fc_agent_settle(e, a, ts_us);
}

static void ended(struct fc_engine *e, struct fc_contact *c, enum fc_by by, int64_t ts_us) {
    hold(e, c, false, ts_us);
    int64_t whole_us = span(e, c->answered_us, ts_us);
    if (c->hold_us > whole_us) c->hold_us = whole_us;
    c->talk_us = whole_us - c->hold_us;
    fact_sum(e, c, ts_us, 1, FC_TALLY_talk_n, FC_TALLY_talk_us, c->talk_us);
    if (c->hold_us > 0) fact_sum(e, c, ts_us, 1, FC_TALLY_hold_n, FC_TALLY_hold_us, c->hold_us);
    fact_sum(e, c, ts_us, 1, FC_TALLY_handle_n, FC_TALLY_handle_us, whole_us);
    if (by == FC_BY_TRANSFER) fact(e, c, c->agent, ts_us, 1, FC_TALLY_transferred);
    leave_agent(e, c, ts_us);
    end_over(e, c, ts_us);
}

/* The handling was stamped when the conversation ended; now it is known to have lasted longer, so it moves. */
static void wrapped(struct fc_engine *e, struct fc_contact *c, int64_t ts_us) {
    int64_t whole_us = c->talk_us + c->hold_us, wrap_us = span(e, c->over_us, ts_us);
    c->wrapped = true;
    fact_sum(e, c, c->over_us, -1, FC_TALLY_handle_n, FC_TALLY_handle_us, whole_us);
    fact_sum(e, c, ts_us, 1, FC_TALLY_handle_n, FC_TALLY_handle_us, whole_us + wrap_us);
    fact_sum(e, c, ts_us, 1, FC_TALLY_wrap_n, FC_TALLY_wrap_us, wrap_us);
    changed(e, c);
}

void fc_contact_end_unknown(struct fc_engine *e, struct fc_contact *c, int64_t ts_us) {
    e->counters.ended_unknown++;
    if (c->state == CONTACT_WAITING) {
        left(e, c, FC_LEFT_UNKNOWN, ts_us);
        return;
    }
    /* How long the conversation really went on is not known: it adds to no mean. */
    if (c->on_hold) hold(e, c, false, ts_us);
    leave_agent(e, c, ts_us);
    end_over(e, c, ts_us);
}

static void missed(struct fc_engine *e, struct fc_contact *c, const struct fc_event *ev) {
    struct fc_agent *a = fc_engine_agent(e, ev->agent, ev->ts);
    fc_engine_fact(e, fc_engine_queue(e, ev->queue), a,
                   (struct fc_fact){.ts_us = ev->ts, .sign = 1, .count = FC_TALLY_missed, .sum = FC_TALLY_NONE});
    if (c != NULL && a->alert == c) fc_agent_unalert(e, a, ev->ts);
}

/* An event of a contact in the state it needs; everything else is counted and changes nothing. */
static bool to_talking(struct fc_engine *e, struct fc_contact *c, const struct fc_event *ev) {
    enum fc_by by = (ev->present & FC_KEY_BIT(by)) != 0 ? (enum fc_by)ev->by : FC_BY_UNKNOWN;
    if (c == NULL || c->state != CONTACT_TALKING) return false;
    switch (ev->kind) {
    case FC_HELD:
    case FC_RESUMED: hold(e, c, ev->kind == FC_HELD, ev->ts); return true;
    case FC_ENDED:
        if (by == FC_BY_LOST) fc_contact_end_unknown(e, c, ev->ts);
        else ended(e, c, by, ev->ts);
        return true;
    default: return false;
    }
}

static bool to_waiting(struct fc_engine *e, struct fc_contact *c, const struct fc_event *ev) {
    if (c == NULL || c->state != CONTACT_WAITING) return false;
    switch (ev->kind) {
    case FC_ALERTED: fc_agent_alert(e, fc_engine_agent(e, ev->agent, ev->ts), c, ev->ts); return true;
    case FC_ANSWERED: answered(e, c, ev); return true;
    case FC_LEFT: left(e, c, (enum fc_left)ev->word, ev->ts); return true;
    default: return false;
    }
}

/* A source that lists again what is live repeats offered and answered: the contact is marked as still there. */
static bool relisted(struct fc_engine *e, struct fc_contact *c, const struct fc_event *ev, struct fc_source_state_of *src) {
    if (c == NULL || (ev->kind != FC_OFFERED && !(ev->kind == FC_ANSWERED && c->state == CONTACT_TALKING))) return false;
    if (src != NULL && c->source == src && c->listed != src->snapshot) {
        c->listed = src->snapshot;
        changed(e, c);
    }
    if (ev->kind == FC_OFFERED) e->counters.offered_again++;
    return true;
}

void fc_contact_apply(struct fc_engine *e, const struct fc_event *ev, struct fc_source_state_of *src) {
    struct fc_contact *c = fc_map_find(&e->contacts, ev->contact);
    if (relisted(e, c, ev, src)) return;
    if (ev->kind == FC_OFFERED) {
        offered(e, ev, src);
    } else if (ev->kind == FC_MISSED) {
        missed(e, c, ev);
    } else if (ev->kind == FC_WRAPPED && c != NULL && c->state == CONTACT_OVER && c->agent != NULL && !c->wrapped) {
        wrapped(e, c, ev->ts);
    } else if (!to_waiting(e, c, ev) && !to_talking(e, c, ev)) {
        e->counters.without_contact++;
    }
}
