/* agent -- who serves which queue and what each is doing now.
 *
 * What a source says of an agent (`agent` events) is its base state; what its contacts say comes on top: while it talks
 * it is busy, while it is rung it is alerting. So producers that send contact events alone are shown rightly as well.
 * States and memberships over time are the timeline's business (timeline.h); here they are fed into it.
 */
#include "agent.h"

#include <stdlib.h>

/* ---- what changed ------------------------------------------------------------------------------------------------ */

void fc_engine_touch_agent(struct fc_engine *e, struct fc_agent *a) {
    fc_engine_touch(e, &a->e);
    for (uint32_t i = 0; i < a->queues_n; i++)
        if (a->queues[i].serves) fc_engine_touch_list(e, &a->queues[i].queue->e);
    fc_engine_touch_list(e, &e->all.e);
}

/* ---- existence --------------------------------------------------------------------------------------------------- */

static void count_from(struct fc_engine *e, struct fc_agent *a, int64_t from_us, int sign) {
    struct fc_step_sink sink = fc_engine_step_sink(e, a);
    fc_timeline_member(&a->line, &a->e.levels, from_us, FC_OPEN, sign, &sink);
    fc_timeline_member(&a->line, &e->all.e.levels, from_us, FC_OPEN, sign, &sink);
}

struct fc_agent *fc_engine_agent(struct fc_engine *e, struct fc_str id, int64_t ts_us) {
    struct fc_agent *a = fc_map_find(&e->agents, id);
    if (a != NULL && a->first_us <= ts_us) return a;
    if (a != NULL) { /* an earlier word came later */
        count_from(e, a, ts_us, 1);
        count_from(e, a, a->first_us, -1);
        if (a->line.start_us == a->first_us) a->line.start_us = ts_us;
        a->first_us = ts_us;
        return a;
    }
    a = calloc(1, sizeof *a);
    FC_ASSERT(a != NULL);
    a->label = fc_str_own(id);
    a->reason = fc_str_own(fc_str(""));
    a->first_us = ts_us;
    fc_entity_init(e, &a->e, FC_SCOPE_AGENT, id);
    fc_timeline_init(&a->line, ts_us);
    fc_map_add(&e->agents, a);
    fc_roster_insert(&e->all.e.roster, a);
    e->counters.agents++;
    if (!e->restoring) count_from(e, a, ts_us, 1);
    fc_engine_touch_agent(e, a);
    return a;
}

void fc_agent_fini(struct fc_agent *a) {
    for (uint32_t i = 0; i < a->queues_n; i++) free(a->queues[i].marks);
    free(a->queues);
    fc_timeline_fini(&a->line);
    free((void *)(uintptr_t)a->label.p);
    free((void *)(uintptr_t)a->reason.p);
    fc_entity_fini(&a->e);
}

void fc_agent_label(struct fc_engine *e, struct fc_agent *a, struct fc_str label) {
    if (label.n == 0 || fc_str_eq(a->label, label)) return;
    for (uint32_t i = 0; i < a->queues_n; i++)
        if (a->queues[i].serves) fc_roster_remove(&a->queues[i].queue->e.roster, a);
    fc_roster_remove(&e->all.e.roster, a);
    fc_str_replace(&a->label, label);
    for (uint32_t i = 0; i < a->queues_n; i++)
        if (a->queues[i].serves) fc_roster_insert(&a->queues[i].queue->e.roster, a);
    fc_roster_insert(&e->all.e.roster, a);
    fc_engine_touch_agent(e, a);
}

/* ---- queues ------------------------------------------------------------------------------------------------------ */

/* Calls f for each stretch of time in which the marks say that the agent serves the queue. */
typedef void stretch_fn(void *ctx, int64_t from_us, int64_t to_us);

static void each_stretch(const struct fc_membership *m, stretch_fn *f, void *ctx) {
    int64_t from_us = -1;
    for (uint32_t i = 0; i < m->marks_n; i++) {
        if (m->marks[i].joined && from_us < 0) from_us = m->marks[i].ts_us;
        if (m->marks[i].joined || from_us < 0) continue;
        f(ctx, from_us, m->marks[i].ts_us);
        from_us = -1;
    }
    if (from_us >= 0) f(ctx, from_us, FC_OPEN);
}

struct feeding {
    struct fc_engine *e;
    struct fc_agent *a;
    struct fc_queue *q;
    int sign;
    const struct fc_group *only; /* NULL: the queue and all its groups */
};

static void feed_stretch(void *ctx, int64_t from_us, int64_t to_us) {
    const struct feeding *f = ctx;
    struct fc_step_sink sink = fc_engine_step_sink(f->e, f->a);
    if (f->only == NULL) fc_timeline_member(&f->a->line, &f->q->e.levels, from_us, to_us, f->sign, &sink);
    for (uint32_t i = 0; i < f->q->groups.n; i++) {
        struct fc_group *g = f->q->groups.at[i];
        if (f->only != NULL && f->only != g) continue;
        fc_timeline_member(&f->a->line, &g->e.levels, from_us, to_us, f->sign, &sink);
    }
}

static void feed(struct fc_engine *e, struct fc_agent *a, const struct fc_membership *m, int sign, const struct fc_group *only) {
    struct feeding f = {e, a, m->queue, sign, only};
    each_stretch(m, feed_stretch, &f);
}

void fc_agent_feed_group(struct fc_engine *e, struct fc_group *g, int sign) {
    struct fc_agent *a;
    for (uint32_t at = 0; (a = fc_map_each(&e->agents, &at)) != NULL;)
        for (uint32_t i = 0; i < a->queues_n; i++) feed(e, a, &a->queues[i], sign, g);
}

static struct fc_membership *membership(struct fc_agent *a, struct fc_queue *q) {
    for (uint32_t i = 0; i < a->queues_n; i++)
        if (a->queues[i].queue == q) return &a->queues[i];
    if (a->queues_n == a->queues_cap) {
        a->queues_cap = a->queues_cap == 0 ? 4 : 2 * a->queues_cap;
        a->queues = realloc(a->queues, a->queues_cap * sizeof *a->queues);
        FC_ASSERT(a->queues != NULL);
    }
    a->queues[a->queues_n] = (struct fc_membership){.queue = q};
    return &a->queues[a->queues_n++];
}

/* What is older than anything that may still come late says no more than the latest of it. */
static void prune(struct fc_membership *m, int64_t before_us) {
    uint32_t old = 0;
    while (old < m->marks_n && m->marks[old].ts_us < before_us) old++;
    if (old < 2) return;
    uint32_t keep = old - 1; /* the last old one decides; of a run of joins the first says since when */
    if (m->marks[keep].joined)
        while (keep > 0 && m->marks[keep - 1].joined) keep--;
    m->marks[0] = m->marks[keep];
    memmove(m->marks + 1, m->marks + old, (m->marks_n - old) * sizeof *m->marks);
    m->marks_n -= old - 1;
}

static bool insert_mark(struct fc_membership *m, struct fc_membership_mark mark) {
    uint32_t i = m->marks_n;
    while (i > 0 && m->marks[i - 1].ts_us > mark.ts_us) i--;
    if (i > 0 && m->marks[i - 1].ts_us == mark.ts_us && m->marks[i - 1].joined == mark.joined) return false;
    if (m->marks_n == m->marks_cap) {
        m->marks_cap = m->marks_cap == 0 ? 4 : 2 * m->marks_cap;
        m->marks = realloc(m->marks, m->marks_cap * sizeof *m->marks);
        FC_ASSERT(m->marks != NULL);
    }
    memmove(m->marks + i + 1, m->marks + i, (m->marks_n - i) * sizeof *m->marks);
    m->marks[i] = mark;
    m->marks_n++;
    return true;
}

static void show_in_list(struct fc_engine *e, struct fc_agent *a, struct fc_membership *m) {
    bool serves = m->marks_n > 0 && m->marks[m->marks_n - 1].joined;
    if (serves == m->serves) return;
    m->serves = serves;
    if (serves) fc_roster_insert(&m->queue->e.roster, a);
    else fc_roster_remove(&m->queue->e.roster, a);
    fc_engine_touch_list(e, &m->queue->e);
}

void fc_agent_mark_membership(struct fc_engine *e, struct fc_agent *a, struct fc_queue *q, struct fc_membership_mark mark) {
    struct fc_membership *m = membership(a, q);
    bool at_end = m->marks_n == 0 || m->marks[m->marks_n - 1].ts_us <= mark.ts_us;
    if (at_end && mark.joined && m->serves) { /* nothing new, but it matters should a late `parted` come before it */
        (void)insert_mark(m, mark);
        if (m->marks_n >= 32) prune(m, e->now_us - e->rules->late_us);
        return;
    }
    feed(e, a, m, -1, NULL);
    (void)insert_mark(m, mark);
    feed(e, a, m, 1, NULL);
    show_in_list(e, a, m);
    fc_engine_touch_agent(e, a);
}

void fc_agent_load_mark(struct fc_engine *e, struct fc_agent *a, struct fc_queue *q, struct fc_membership_mark mark) {
    struct fc_membership *m = membership(a, q);
    (void)insert_mark(m, mark);
    show_in_list(e, a, m);
}

void fc_agent_restored(struct fc_engine *e, struct fc_agent *a) {
    count_from(e, a, a->first_us, 1);
    for (uint32_t i = 0; i < a->queues_n; i++) feed(e, a, &a->queues[i], 1, NULL);
}

void fc_agent_serves(struct fc_engine *e, struct fc_agent *a, struct fc_queue *q, int64_t ts_us) {
    fc_agent_mark_membership(e, a, q, (struct fc_membership_mark){ts_us, true});
}

/* ---- contacts ---------------------------------------------------------------------------------------------------- */

void fc_agent_rung(const struct fc_contact_span *s, int sign) {
    if (s->kind != FC_SPAN_ALERT || s->to_us != FC_OPEN) return;
    if (sign > 0) s->agent->alert = s->queue;
    else if (s->agent->alert == s->queue) s->agent->alert = NULL;
}

void fc_agent_span(struct fc_engine *e, const struct fc_contact_span *s, int sign) {
    struct fc_step_sink sink = fc_engine_step_sink(e, s->agent);
    fc_timeline_span(&s->agent->line, s->kind, s->from_us, s->to_us, sign, &sink);
    fc_agent_rung(s, sign);
    fc_engine_touch_agent(e, s->agent);
}

void fc_agent_span_ends(struct fc_engine *e, const struct fc_contact_span *was, int64_t to_us) {
    struct fc_step_sink sink = fc_engine_step_sink(e, was->agent);
    fc_timeline_end(&was->agent->line, was->kind, was->to_us, to_us, &sink);
    fc_agent_rung(was, -1);
    fc_engine_touch_agent(e, was->agent);
}

void fc_agent_busy_with(struct fc_engine *e, struct fc_agent *a, struct fc_contact *c, enum fc_contact_state state) {
    if (state == CONTACT_TALKING) a->talk = c;
    else if (a->talk == c) a->talk = NULL;
    fc_engine_touch_agent(e, a);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static void set_base(struct fc_engine *e, struct fc_agent *a, enum fc_agent_state s, struct fc_str reason, int64_t ts_us) {
    struct fc_step_sink sink = fc_engine_step_sink(e, a);
    fc_timeline_base(&a->line, ts_us, s, &sink);
    fc_engine_touch_agent(e, a);
    if (ts_us < a->said_us) return;
    a->said_us = ts_us;
    a->said = s;
    a->parted_all = false;
    fc_str_replace(&a->reason, reason);
}

static bool serves_any(const struct fc_agent *a) {
    for (uint32_t i = 0; i < a->queues_n; i++)
        if (a->queues[i].serves) return true;
    return false;
}

static void join_or_part(struct fc_engine *e, struct fc_agent *a, const struct fc_event *ev) {
    bool joined = ev->kind == FC_JOINED;
    fc_agent_mark_membership(e, a, fc_engine_queue(e, ev->queue), (struct fc_membership_mark){ev->ts, joined});
    if (joined && a->parted_all) set_base(e, a, FC_AGENT_AVAILABLE, fc_str(""), ev->ts);
    if (joined || serves_any(a) || a->said == FC_AGENT_OFFLINE) return;
    set_base(e, a, FC_AGENT_OFFLINE, fc_str(""), ev->ts);
    a->parted_all = true;
}

void fc_agent_apply(struct fc_engine *e, const struct fc_event *ev) {
    struct fc_agent *a = fc_engine_agent(e, ev->agent, ev->ts);
    if ((ev->present & FC_KEY_BIT(name)) != 0) fc_agent_label(e, a, ev->name);
    if (ev->kind == FC_AGENT) set_base(e, a, (enum fc_agent_state)ev->word, ev->reason, ev->ts);
    else join_or_part(e, a, ev);
}
