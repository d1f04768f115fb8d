/* Contacts: from what was told of each visit to how it went, and from that to what counts. */
#include "oracle_inner.h"

/* ---- how it went ------------------------------------------------------------------------------------------------ */

/* Events come by time: the first of a kind is the earliest. */
static void read_offer(struct visit *v, const struct told *t) {
    if (v->offered_us != NEVER) return;
    v->offered_us = t->ts;
    v->queue = t->queue;
    v->customer = t->customer;
    v->root = t->root;
    v->channel = tells(t, FC_KEY_BIT(channel)) ? t->ev->channel : FC_CHANNEL_VOICE;
}

static void read_exit(struct visit *v, const struct told *t) {
    bool over = v->answered_us != NEVER || (v->left_us != NEVER && v->left_us < t->ts);
    if (over) return;
    if (t->ev->kind == FC_ANSWERED) {
        v->left_us = NEVER; /* at the same time: answered */
        v->answered_us = t->ts;
        v->agent = t->agent;
    } else if (v->left_us == NEVER) {
        v->left_us = t->ts;
        v->reason = (enum fc_left)t->ev->word;
    }
}

static void read_end(struct visit *v, const struct told *t) {
    if (v->ended_us != NEVER) return;
    v->ended_us = t->ts;
    v->by = tells(t, FC_KEY_BIT(by)) ? (enum fc_by)t->ev->by : FC_BY_UNKNOWN;
}

static void read_disposition(struct visit *v, const struct told *t) {
    v->disposed_us = t->ts; /* the latest wins */
    v->outcome = t->ev->outcome;
    v->cause = tells(t, FC_KEY_BIT(cause)) ? t->ev->cause : NOBODY;
}

static void read_survey(struct visit *v, const struct told *t) {
    if (!tells(t, FC_KEY_BIT(resolved))) return;
    v->told_us = t->ts;
    v->told_resolved = t->ev->resolved;
}

static void read_event(struct visit *v, const struct told *t) {
    switch (t->ev->kind) {
    case FC_OFFERED: read_offer(v, t); break;
    case FC_ANSWERED:
    case FC_LEFT: read_exit(v, t); break;
    case FC_ENDED: read_end(v, t); break;
    case FC_WRAPPED:
        if (v->wrapped_us == NEVER) v->wrapped_us = t->ts;
        break;
    case FC_RESOLVED: read_disposition(v, t); break;
    case FC_SURVEYED: read_survey(v, t); break;
    default: break;
    }
}

/* On hold from a `held` to the next `resumed`, or on; only what lies in the talk. */
static void read_holds(struct fc_oracle *o, struct visit *v, int contact) {
    int64_t held_us = NEVER, end_us = v->ended_us == NEVER ? o->now_us : v->ended_us;
    if (v->answered_us == NEVER) return;
    for (size_t i = 0; i <= o->told_n; i++) {
        const struct told *t = i < o->told_n ? &o->told[i] : NULL;
        if (t != NULL && t->contact != contact) continue;
        if (t != NULL && t->ev->kind == FC_HELD && held_us == NEVER) held_us = t->ts;
        if (held_us == NEVER || (t != NULL && t->ev->kind != FC_RESUMED)) continue;
        int64_t from = held_us > v->answered_us ? held_us : v->answered_us, to = t == NULL || t->ts > end_us ? end_us : t->ts;
        if (t == NULL && v->ended_us == NEVER) to = NEVER; /* still on hold */
        if (to > from) v->hold_us += to == NEVER ? 0 : to - from;
        oracle_span(&v->holds, from, to);
        held_us = NEVER;
    }
}

void oracle_visits(struct fc_oracle *o) {
    o->visits = calloc((size_t)o->contacts.n + 1, sizeof *o->visits);
    FC_ASSERT(o->visits != NULL);
    for (int c = 0; c < o->contacts.n; c++) {
        struct visit *v = &o->visits[c];
        *v = (struct visit){.offered_us = NEVER, .answered_us = NEVER, .left_us = NEVER, .ended_us = NEVER, .wrapped_us = NEVER, .disposed_us = NEVER,
                            .told_us = NEVER, .queue = NOBODY, .channel = FC_ORACLE_PLAIN, .customer = NOBODY, .root = NOBODY, .agent = NOBODY, .cause = NOBODY};
        for (size_t i = 0; i < o->told_n; i++)
            if (o->told[i].contact == c) read_event(v, &o->told[i]);
        if (v->answered_us == NEVER) v->ended_us = NEVER; /* there was no conversation to end */
        if (v->ended_us == NEVER) v->wrapped_us = NEVER;
        read_holds(o, v, c);
    }
}

/* ---- what counts ------------------------------------------------------------------------------------------------ */

static const struct fc_oracle_limits *limits_of(const struct fc_oracle *o, const struct visit *v) {
    for (size_t i = 0; i < o->rules->queues_n; i++)
        if (fc_str_is(o->queues.at[v->queue], o->rules->queues[i].name)) return &o->rules->queues[i].of[v->channel];
    return &o->rules->defaults;
}

static int64_t between(int64_t from_us, int64_t to_us) { return to_us > from_us ? to_us - from_us : 0; }

static void at_queue(struct fc_oracle *o, const struct visit *v, int64_t ts_us, int count) {
    oracle_fact(o, (struct fact){.ts_us = ts_us, .count = count, .sum = FC_TALLY_NONE, .queue = v->queue, .channel = v->channel, .agent = NOBODY});
}

static void at_agent(struct fc_oracle *o, const struct visit *v, int64_t ts_us, int count, int sum, int64_t value) {
    oracle_fact(o, (struct fact){ts_us, value, count, sum, v->queue, v->channel, v->agent});
}

/* How long somebody waited is the queue's doing: the service level is no agent's. */
static void waited(struct fc_oracle *o, const struct visit *v) {
    const struct fc_oracle_limits *l = limits_of(o, v);
    int64_t breach_us = v->offered_us + l->threshold_us;
    if (v->answered_us != NEVER) {
        int64_t wait_us = between(v->offered_us, v->answered_us);
        at_agent(o, v, v->answered_us, FC_TALLY_answered, FC_TALLY_wait_us, wait_us);
        bool met = wait_us <= l->threshold_us;
        at_queue(o, v, met ? v->answered_us : breach_us, met ? FC_TALLY_sl_met : FC_TALLY_sl_missed);
    } else if (v->left_us != NEVER) {
        int64_t wait_us = between(v->offered_us, v->left_us);
        at_queue(o, v, v->left_us, FC_TALLY_LEFT + (int)v->reason);
        if (v->reason != FC_LEFT_ABANDONED) return;
        if (wait_us <= l->threshold_us) at_queue(o, v, v->left_us, FC_TALLY_abandoned_within);
        if (wait_us <= l->short_us) at_queue(o, v, v->left_us, FC_TALLY_short_abandoned);
        else at_queue(o, v, wait_us <= l->threshold_us ? v->left_us : breach_us, FC_TALLY_sl_missed);
    } else if (o->now_us > breach_us) {
        at_queue(o, v, breach_us, FC_TALLY_sl_missed);
    }
}

static void talked(struct fc_oracle *o, const struct visit *v) {
    if (v->ended_us == NEVER) return;
    if (v->by == FC_BY_LOST) return;
    int64_t whole_us = between(v->answered_us, v->ended_us), wrap_us = v->wrapped_us == NEVER ? 0 : between(v->ended_us, v->wrapped_us);
    at_agent(o, v, v->ended_us, FC_TALLY_talk_n, FC_TALLY_talk_us, whole_us - v->hold_us);
    if (v->holds.n > 0) at_agent(o, v, v->ended_us, FC_TALLY_hold_n, FC_TALLY_hold_us, v->hold_us);
    if (v->wrapped_us != NEVER) at_agent(o, v, v->wrapped_us, FC_TALLY_wrap_n, FC_TALLY_wrap_us, wrap_us);
    at_agent(o, v, v->wrapped_us == NEVER ? v->ended_us : v->wrapped_us, FC_TALLY_handle_n, FC_TALLY_handle_us, whole_us + wrap_us);
    if (v->by == FC_BY_TRANSFER) at_agent(o, v, v->ended_us, FC_TALLY_transferred, FC_TALLY_NONE, 0);
}

/* A miss counts even of a contact that is not known yet: at the queue it names, as voice. */
static void missed(struct fc_oracle *o, const struct told *t) {
    const struct visit *v = &o->visits[t->contact];
    bool known = v->offered_us != NEVER;
    oracle_fact(o, (struct fact){.ts_us = t->ts, .count = FC_TALLY_missed, .sum = FC_TALLY_NONE, .queue = known ? v->queue : t->queue,
                                 .channel = known ? v->channel : FC_CHANNEL_VOICE, .agent = t->agent});
}

void oracle_visit_facts(struct fc_oracle *o) {
    for (int c = 0; c < o->contacts.n; c++) {
        const struct visit *v = &o->visits[c];
        if (v->offered_us == NEVER) continue;
        at_queue(o, v, v->offered_us, FC_TALLY_offered);
        waited(o, v);
        talked(o, v);
    }
    for (size_t i = 0; i < o->told_n; i++)
        if (o->told[i].ev->kind == FC_MISSED) missed(o, &o->told[i]);
}

/* ---- who is over ------------------------------------------------------------------------------------------------ */

static const char *scope_of(const struct fc_oracle *o, int queue) {
    for (size_t g = 0; g < o->rules->groups_n; g++)
        if (oracle_in_group(o, &o->rules->groups[g], queue)) return o->rules->groups[g].name;
    return "";
}

/* Without a root of its own a visit is a contact by itself. */
static bool one_contact(const struct fc_oracle *o, int a, int b) {
    const struct visit *x = &o->visits[a], *y = &o->visits[b];
    struct fc_str root_x = x->root == NOBODY ? o->contacts.at[a] : o->roots.at[x->root];
    struct fc_str root_y = y->root == NOBODY ? o->contacts.at[b] : o->roots.at[y->root];
    return fc_str_eq(root_x, root_y);
}

static int64_t came_again_us(const struct fc_oracle *o, int contact) {
    const struct visit *lost = &o->visits[contact];
    int64_t first_us = 0;
    for (int c = 0; c < o->contacts.n; c++) {
        const struct visit *v = &o->visits[c];
        bool later = v->offered_us != NEVER && v->offered_us > lost->left_us && v->customer == lost->customer;
        if (!later || lost->customer == NOBODY || one_contact(o, c, contact)) continue;
        if (strcmp(scope_of(o, v->queue), scope_of(o, lost->queue)) != 0) continue;
        if (first_us == 0 || v->offered_us < first_us) first_us = v->offered_us;
    }
    return first_us;
}

void fc_oracle_each_over(const struct fc_oracle *o, void (*each)(void *ctx, const struct fc_oracle_over *over), void *ctx) {
    for (int c = 0; c < o->contacts.n; c++) {
        const struct visit *v = &o->visits[c];
        bool answered = v->answered_us != NEVER;
        int64_t over_us = answered ? v->ended_us : v->left_us;
        if (v->offered_us == NEVER || over_us == NEVER) continue;
        each(ctx, &(struct fc_oracle_over){.contact = o->contacts.at[c], .queue = o->queues.at[v->queue], .answered = answered,
                                           .reason = v->reason, .offered_us = v->offered_us, .over_us = over_us,
                                           .returned_us = answered ? 0 : came_again_us(o, c)});
    }
}
