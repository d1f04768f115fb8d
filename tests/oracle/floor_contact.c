/* The life of one customer contact: one visit to a queue, or several where it is transferred. */
#include "floor_inner.h"

#define LEGS_MAX 3

struct life {
    struct fc_str customer, root; /* n 0: not told */
    int legs;
};

struct visiting {
    const struct life *life;
    struct fc_str id;
    int queue, agent; /* NOBODY: not taken */
    int channel;
    int64_t offered_us;
};

static void tell_visit(struct floor_make *m, const struct visiting *v, struct fc_event ev) {
    FC_EVENT_STR(&ev, contact, v->id);
    FC_EVENT_STR(&ev, queue, fc_str(m->f->queues[v->queue]));
    floor_tell(m, ev);
}

static void tell_of_agent(struct floor_make *m, const struct visiting *v, enum fc_kind kind, int64_t ts_us, int agent) {
    struct fc_event ev = fc_event_make(kind, ts_us);
    FC_EVENT_STR(&ev, agent, fc_str(m->f->agents[agent]));
    tell_visit(m, v, ev);
}

/* held, resumed, ended: events that name the contact alone. */
static void tell_contact(struct floor_make *m, const struct visiting *v, enum fc_kind kind, int64_t at_us) {
    struct fc_event ev = fc_event_make(kind, floor_stamp(m, at_us));
    FC_EVENT_STR(&ev, contact, v->id);
    floor_tell(m, ev);
}

static void tell_offer(struct floor_make *m, const struct visiting *v, int64_t ts_us) {
    struct fc_event ev = fc_event_make(FC_OFFERED, ts_us);
    if (v->life->customer.n > 0) FC_EVENT_STR(&ev, customer, v->life->customer);
    if (v->life->root.n > 0) FC_EVENT_STR(&ev, root, v->life->root);
    if (v->channel != FC_CHANNEL_VOICE || v->id.n % 2 == 0) FC_EVENT_NUM(&ev, channel, (uint8_t)v->channel);
    tell_visit(m, v, ev);
}

static int64_t threshold_of(const struct floor_make *m, const struct visiting *v) {
    const struct fc_oracle_rules *r = &m->f->rules;
    return (size_t)v->queue < r->queues_n ? r->queues[v->queue].of[v->channel].threshold_us : r->defaults.threshold_us;
}

/* When the wait ends: soon, about the threshold, exactly at it, or after a long time. */
static int64_t draw_exit(struct floor_make *m, const struct visiting *v) {
    int64_t threshold_us = threshold_of(m, v), kind = floor_between(m, 0, 19);
    if (kind == 0) return v->offered_us + threshold_us;
    if (kind < 5) return floor_stamp(m, v->offered_us + floor_between(m, 2000, 9 * SECOND));
    if (kind < 17) return floor_stamp(m, v->offered_us + floor_between(m, 2000, 2 * threshold_us));
    return floor_stamp(m, v->offered_us + floor_between(m, MINUTE, 90 * MINUTE));
}

/* Rung and missed, or rung in vain while another takes it. */
static void ring(struct floor_make *m, const struct visiting *v, int64_t exit_us) {
    for (int64_t n = floor_between(m, 0, 2); n > 0; n--) {
        int64_t at_us = floor_between(m, v->offered_us, exit_us);
        int agent = floor_agent_at(m, v->queue, at_us);
        if (agent == NOBODY) continue;
        if (floor_pct(m, 90)) tell_of_agent(m, v, FC_ALERTED, floor_stamp(m, at_us), agent);
        if (floor_pct(m, 60)) tell_of_agent(m, v, FC_MISSED, floor_stamp(m, at_us + floor_between(m, 2000, 20 * SECOND)), agent);
    }
}

static void tell_left(struct floor_make *m, const struct visiting *v, int64_t ts_us) {
    struct fc_event ev = fc_event_make(FC_LEFT, ts_us);
    fc_event_set_left(&ev, floor_pct(m, 50) ? FC_LEFT_ABANDONED : (enum fc_left)floor_between(m, 0, FC_LEFT_COUNT - 1));
    tell_visit(m, v, ev);
}

static void hold(struct floor_make *m, const struct visiting *v, int64_t from_us, int64_t to_us) {
    for (int64_t n = floor_between(m, -2, 3); n > 0; n--) {
        int64_t held_us = floor_between(m, from_us - SECOND, to_us);
        tell_contact(m, v, FC_HELD, held_us);
        if (floor_pct(m, 85)) tell_contact(m, v, FC_RESUMED, held_us + floor_between(m, 2000, 3 * MINUTE));
    }
}

static bool tell_end(struct floor_make *m, const struct visiting *v, int64_t at_us, bool transfer) {
    struct fc_event ev = fc_event_make(FC_ENDED, floor_stamp(m, at_us));
    FC_EVENT_STR(&ev, contact, v->id);
    enum fc_by by = transfer ? FC_BY_TRANSFER : (enum fc_by)floor_between(m, FC_BY_AGENT, FC_BY_LOST);
    bool said = transfer || floor_pct(m, 90);
    if (said) FC_EVENT_NUM(&ev, by, (uint8_t)by);
    floor_tell(m, ev);
    return !(said && by == FC_BY_LOST);
}

/* What contradicts the rest: a second offer, a second way out, a second end. None of it makes the contact over much sooner: what is
 * said afterwards must still find it. */
static void contradict(struct floor_make *m, struct visiting *v, int64_t exit_us, int64_t over_us) {
    struct visiting other = *v;
    other.queue = (int)floor_between(m, 0, m->f->queues_n - 1);
    switch (floor_between(m, 0, 3)) {
    case 0: tell_offer(m, &other, floor_stamp(m, v->offered_us + floor_between(m, -MINUTE, MINUTE))); break;
    case 1: tell_left(m, v, floor_stamp(m, over_us - floor_between(m, 0, MINUTE < over_us - v->offered_us ? MINUTE : over_us - v->offered_us))); break;
    case 2:
        other.agent = floor_agent_at(m, v->queue, exit_us);
        if (other.agent != NOBODY) tell_of_agent(m, v, FC_ANSWERED, floor_stamp(m, exit_us + floor_between(m, 2000, MINUTE)), other.agent);
        break;
    default: (void)tell_end(m, v, over_us + floor_between(m, 2000, MINUTE), false); break;
    }
}

/* Returns when the conversation was over; 0: it goes on for ever. */
static int64_t talk(struct floor_make *m, struct visiting *v, int64_t answered_us, bool transfer) {
    int64_t ended_us = answered_us + (floor_pct(m, 90) ? floor_between(m, SECOND, 8 * MINUTE) : floor_between(m, 10 * MINUTE, 80 * MINUTE));
    tell_of_agent(m, v, FC_ANSWERED, answered_us, v->agent);
    hold(m, v, answered_us, ended_us);
    if (!transfer && floor_pct(m, 6)) return 0;
    bool seen = tell_end(m, v, ended_us, transfer);
    if (!seen || !floor_pct(m, 55)) return ended_us;
    struct fc_event ev = fc_event_make(FC_WRAPPED, floor_stamp(m, ended_us + floor_between(m, SECOND, 4 * MINUTE)));
    FC_EVENT_STR(&ev, contact, v->id);
    FC_EVENT_STR(&ev, agent, fc_str(m->f->agents[v->agent]));
    floor_tell(m, ev);
    return ended_us;
}

/* Returns when the next leg begins; 0: there is none. */
static int64_t visit(struct floor_make *m, const struct life *life, int channel, int64_t at_us, bool transfer) {
    struct visiting v = {.life = life, .id = floor_named(m, 'c', m->contacts_n++), .channel = channel, .offered_us = floor_stamp(m, at_us)};
    v.queue = (int)floor_between(m, 0, m->f->queues_n - 1);
    int64_t exit_us = draw_exit(m, &v), over_us = exit_us;
    v.agent = transfer || floor_pct(m, 70) ? floor_agent_at(m, v.queue, exit_us) : NOBODY;
    transfer = transfer && v.agent != NOBODY;
    tell_offer(m, &v, v.offered_us);
    ring(m, &v, exit_us);
    if (v.agent == NOBODY && floor_pct(m, 12)) return 0; /* still waiting */
    if (v.agent == NOBODY) tell_left(m, &v, exit_us);
    else over_us = talk(m, &v, exit_us, transfer);
    if (over_us == 0) return 0;
    if (floor_pct(m, m->spec->odd_pct)) contradict(m, &v, exit_us, over_us);
    floor_after_contact(m, v.id, life->customer, v.queue, v.agent, over_us);
    return transfer ? over_us + floor_between(m, -5, 20) * SECOND : 0;
}

void floor_contact(struct floor_make *m) {
    static const enum fc_channel channels[] = {FC_CHANNEL_VOICE, FC_CHANNEL_VOICE, FC_CHANNEL_VOICE, FC_CHANNEL_CHAT, FC_CHANNEL_EMAIL, FC_CHANNEL_TICKET};
    struct life life = {.legs = floor_pct(m, 20) ? (int)floor_between(m, 2, LEGS_MAX) : 1};
    if (floor_pct(m, 80)) life.customer = floor_named(m, 'p', (int)floor_between(m, 0, m->customers - 1));
    if (life.legs > 1 || floor_pct(m, 30)) life.root = floor_named(m, 'r', m->roots_n++);
    int channel = (int)channels[floor_between(m, 0, 5)];
    int64_t at_us = m->f->start_us + MINUTE + floor_between(m, 0, m->spec->span_us - MINUTE);
    for (int leg = 1; leg <= life.legs && at_us != 0; leg++) {
        at_us = visit(m, &life, channel, at_us, leg < life.legs);
        if (floor_pct(m, 20)) channel = (int)channels[floor_between(m, 0, 5)];
    }
}
