/* agent -- who serves which queue and what each is doing now.
 *
 * What a source says of an agent (`agent` events) is its base state; what its contacts say comes on top: while it talks
 * it is busy, while it is rung it is alerting. So producers that send contact events alone are shown rightly as well.
 */
#include "engine_internal.h"

#include <stdlib.h>

static int by_label(const struct fc_agent *a, const struct fc_agent *b) {
    uint32_t n = a->label.n < b->label.n ? a->label.n : b->label.n;
    int c = memcmp(a->label.p, b->label.p, n);
    if (c == 0) c = (a->label.n > b->label.n) - (a->label.n < b->label.n);
    if (c == 0) c = a < b ? -1 : a > b; /* one label, two agents: any fixed order */
    return c;
}

static void insert_member(struct fc_queue *q, struct fc_agent *a) {
    if (q->members_n == q->members_cap) {
        q->members_cap = q->members_cap == 0 ? 8 : 2 * q->members_cap;
        q->members = realloc(q->members, q->members_cap * sizeof *q->members);
        FC_ASSERT(q->members != NULL);
    }
    uint32_t i = q->members_n++;
    while (i > 0 && by_label(q->members[i - 1], a) > 0) {
        q->members[i] = q->members[i - 1];
        i--;
    }
    q->members[i] = a;
}

static void remove_member(struct fc_queue *q, const struct fc_agent *a) {
    uint32_t i = 0;
    while (i < q->members_n && q->members[i] != a) i++;
    FC_ASSERT(i < q->members_n);
    q->members_n--;
    memmove(q->members + i, q->members + i + 1, (q->members_n - i) * sizeof *q->members);
}

static bool serves(const struct fc_agent *a, const struct fc_queue *q) {
    for (uint32_t i = 0; i < a->queues_n; i++)
        if (a->queues[i] == q) return true;
    return false;
}

static void count_in(struct fc_engine *e, struct fc_entity *x, enum fc_agent_state s, int by) {
    x->state_n[s] += by;
    fc_engine_touch_gauges(e, x);
}

static void count_everywhere(struct fc_engine *e, struct fc_agent *a, int by) {
    for (uint32_t i = 0; i < a->queues_n; i++) count_in(e, &a->queues[i]->e, a->shown, by);
    count_in(e, &e->all.e, a->shown, by);
    count_in(e, &a->e, a->shown, by);
}

static enum fc_agent_state work_out(const struct fc_agent *a) {
    if (a->talking > 0) return a->held >= a->talking ? FC_AGENT_HOLD : FC_AGENT_BUSY;
    if (a->base == FC_AGENT_OFFLINE) return FC_AGENT_OFFLINE;
    return a->alert != NULL ? FC_AGENT_ALERTING : a->base;
}

void fc_agent_settle(struct fc_engine *e, struct fc_agent *a, int64_t ts_us) {
    enum fc_agent_state s = work_out(a);
    fc_engine_touch_agent(e, a);
    if (s == a->shown) return;
    count_everywhere(e, a, -1);
    a->shown = s;
    a->since_us = ts_us;
    count_everywhere(e, a, 1);
}

struct fc_agent *fc_engine_agent(struct fc_engine *e, struct fc_str id, int64_t ts_us) {
    struct fc_agent *a = fc_map_find(&e->agents, id);
    if (a != NULL) return a;
    a = calloc(1, sizeof *a);
    FC_ASSERT(a != NULL);
    a->e.name = fc_str_own(id);
    a->e.scope = FC_SCOPE_AGENT;
    a->e.settings = &e->rules->defaults.settings;
    a->label = fc_str_own(id);
    a->reason = fc_str_own(fc_str(""));
    a->base = a->shown = FC_AGENT_AVAILABLE;
    a->since_us = ts_us;
    fc_map_add(&e->agents, a);
    insert_member(&e->all, a);
    e->counters.agents++;
    count_everywhere(e, a, 1);
    fc_engine_touch_agent(e, a);
    return a;
}

void fc_agent_label(struct fc_engine *e, struct fc_agent *a, struct fc_str label) {
    if (label.n == 0 || fc_str_eq(a->label, label)) return;
    for (uint32_t i = 0; i < a->queues_n; i++) remove_member(a->queues[i], a);
    remove_member(&e->all, a);
    fc_str_replace(&a->label, label);
    for (uint32_t i = 0; i < a->queues_n; i++) insert_member(a->queues[i], a);
    insert_member(&e->all, a);
    fc_engine_touch_agent(e, a);
}

void fc_agent_join(struct fc_engine *e, struct fc_agent *a, struct fc_queue *q) {
    if (serves(a, q)) return;
    if (a->queues_n == a->queues_cap) {
        a->queues_cap = a->queues_cap == 0 ? 4 : 2 * a->queues_cap;
        a->queues = realloc(a->queues, a->queues_cap * sizeof *a->queues);
        FC_ASSERT(a->queues != NULL);
    }
    a->queues[a->queues_n++] = q;
    insert_member(q, a);
    count_in(e, &q->e, a->shown, 1);
    fc_engine_touch_agent(e, a);
}

static void part(struct fc_engine *e, struct fc_agent *a, struct fc_queue *q) {
    if (!serves(a, q)) return;
    fc_engine_touch_agent(e, a); /* the list it leaves as well */
    count_in(e, &q->e, a->shown, -1);
    remove_member(q, a);
    uint32_t i = 0;
    while (a->queues[i] != q) i++;
    a->queues[i] = a->queues[--a->queues_n];
}

void fc_agent_alert(struct fc_engine *e, struct fc_agent *a, struct fc_contact *c, int64_t ts_us) {
    if (a->alert == c) return;
    fc_agent_join(e, a, c->queue);
    if (a->alert != NULL) fc_agent_unalert(e, a, ts_us);
    a->alert = c;
    a->alert_next = c->alerted;
    c->alerted = a;
    fc_agent_settle(e, a, ts_us);
}

void fc_agent_unalert(struct fc_engine *e, struct fc_agent *a, int64_t ts_us) {
    struct fc_agent **at = &a->alert->alerted;
    while (*at != a) at = &(*at)->alert_next;
    *at = a->alert_next;
    a->alert = NULL;
    a->alert_next = NULL;
    fc_agent_settle(e, a, ts_us);
}

static void set_base(struct fc_engine *e, struct fc_agent *a, enum fc_agent_state s, struct fc_str reason, int64_t ts_us) {
    a->base = s;
    a->parted_all = false;
    fc_str_replace(&a->reason, reason);
    fc_agent_settle(e, a, ts_us);
}

void fc_agent_apply(struct fc_engine *e, const struct fc_event *ev) {
    struct fc_agent *a = fc_engine_agent(e, ev->agent, ev->ts);
    if ((ev->present & FC_KEY_BIT(name)) != 0) fc_agent_label(e, a, ev->name);
    if (ev->kind == FC_AGENT) {
        set_base(e, a, (enum fc_agent_state)ev->word, ev->reason, ev->ts);
    } else if (ev->kind == FC_JOINED) {
        fc_agent_join(e, a, fc_engine_queue(e, ev->queue));
        if (a->parted_all) set_base(e, a, FC_AGENT_AVAILABLE, fc_str(""), ev->ts);
    } else {
        part(e, a, fc_engine_queue(e, ev->queue));
        if (a->queues_n > 0 || a->base == FC_AGENT_OFFLINE) return;
        set_base(e, a, FC_AGENT_OFFLINE, fc_str(""), ev->ts);
        a->parted_all = true;
    }
}
