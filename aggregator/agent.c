/* agent -- who serves which queue and what each is doing now.
 *
 * What a source says of an agent (`agent` events) is its base state; what its contacts say comes on top: while it talks
 * it is busy, while it is rung it is alerting. So producers that send contact events alone are shown rightly as well.
 * States and memberships over time are the timeline's business (timeline.h); here they are fed into it.
 */
#include "agent.h"

#include <stdlib.h>

#define MARKS_PRUNED 32 /* marks of one membership, before old ones are looked for */
#define MARKS_KEPT 128  /* at most, of an agent with up to MANY_QUEUES queues */
#define MANY_QUEUES 100
#define MARKS_KEPT_OF_MANY 8

/* ---- what changed ------------------------------------------------------------------------------------------------ */

void fc_engine_touch_agent(struct fc_engine *e, struct fc_agent *a) {
    fc_engine_touch(e, &a->e);
    for (uint32_t i = 0; i < a->queues_n; i++)
        if (a->queues[i].serves) fc_engine_touch_list(e, &a->queues[i].queue->e);
    fc_engine_touch_list(e, &e->all.e);
}

/* ---- existence --------------------------------------------------------------------------------------------------- */

static void count_from(struct fc_engine *e, struct fc_agent *a, int64_t from_us, int sign) {
    struct fc_step_sink sink = fc_engine_step_sink(e);
    fc_timeline_member(&a->line, &a->e.levels, from_us, FC_OPEN, sign, &sink);
    fc_timeline_member(&a->line, &e->all.e.levels, from_us, FC_OPEN, sign, &sink);
}

static struct fc_agent *create(struct fc_engine *e, struct fc_str id) {
    struct fc_agent *a = fc_owner_alloc(sizeof *a);
    a->label = fc_str_own(id);
    a->reason = fc_str_own(fc_str(""));
    a->first_us = FC_NEVER_SEEN;
    fc_entity_init(e, &a->e, FC_SCOPE_AGENT, id);
    fc_map_add(&e->agents, a);
    e->counters.agents++;
    return a;
}

/* It is there from first_us on, or earlier than was thought: an earlier word came later. */
void fc_agent_appears(struct fc_engine *e, struct fc_agent *a, int64_t first_us) {
    int64_t before_us = a->first_us;
    a->first_us = first_us;
    if (before_us == FC_NEVER_SEEN) {
        fc_timeline_init(&a->line, first_us);
        fc_roster_insert(&e->all.e.roster, a);
    } else if (a->line.start_us == before_us) {
        a->line.start_us = first_us;
    }
    if (!e->restoring) count_from(e, a, first_us, 1);
    if (!e->restoring && before_us != FC_NEVER_SEEN) count_from(e, a, before_us, -1);
    fc_engine_touch_agent(e, a);
}

struct fc_agent *fc_engine_agent_named(struct fc_engine *e, struct fc_str id) {
    struct fc_agent *a = fc_map_find(&e->agents, id);
    return a != NULL ? a : create(e, id);
}

struct fc_agent *fc_engine_agent(struct fc_engine *e, struct fc_str id, int64_t ts_us) {
    struct fc_agent *a = fc_engine_agent_named(e, id);
    if (ts_us < a->first_us) fc_agent_appears(e, a, ts_us);
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
    if (a->first_us != FC_NEVER_SEEN) fc_roster_remove(&e->all.e.roster, a);
    fc_str_replace(&a->label, label);
    for (uint32_t i = 0; i < a->queues_n; i++)
        if (a->queues[i].serves) fc_roster_insert(&a->queues[i].queue->e.roster, a);
    if (a->first_us != FC_NEVER_SEEN) fc_roster_insert(&e->all.e.roster, a);
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
    struct fc_step_sink sink = fc_engine_step_sink(f->e);
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

/* ---- away -------------------------------------------------------------------------------------------------------- */

struct stretches {
    struct stretch {
        int64_t from_us, to_us;
    } *at;
    uint32_t n, cap;
};

static void push_stretch(void *ctx, int64_t from_us, int64_t to_us) {
    struct stretches *s = ctx;
    if (from_us >= to_us) return;
    if (s->n == s->cap) {
        s->cap = s->cap == 0 ? 8 : 2 * s->cap;
        s->at = realloc(s->at, s->cap * sizeof *s->at);
        FC_ASSERT(s->at != NULL);
    }
    s->at[s->n++] = (struct stretch){from_us, to_us};
}

static int by_from(const void *a, const void *b) {
    const struct stretch *x = a, *y = b;
    return (x->from_us > y->from_us) - (x->from_us < y->from_us);
}

/* When the agent served no queue, after its first. Who never served one is not away: its producer does not tell of queues. */
static void gaps_of(const struct fc_agent *a, struct stretches *out) {
    struct stretches served = {0};
    for (uint32_t i = 0; i < a->queues_n; i++) each_stretch(&a->queues[i], push_stretch, &served);
    if (served.n > 0) qsort(served.at, served.n, sizeof *served.at, by_from);
    for (uint32_t i = 0; i < served.n;) {
        int64_t to_us = served.at[i].to_us;
        for (i++; i < served.n && served.at[i].from_us <= to_us; i++)
            if (served.at[i].to_us > to_us) to_us = served.at[i].to_us;
        if (to_us != FC_OPEN) push_stretch(out, to_us, i < served.n ? served.at[i].from_us : FC_OPEN);
    }
    free(served.at);
}

static bool has_stretch(const struct stretches *in, const struct stretch *s) {
    for (uint32_t i = 0; i < in->n; i++)
        if (in->at[i].from_us == s->from_us && in->at[i].to_us == s->to_us) return true;
    return false;
}

static void feed_gaps(struct fc_engine *e, struct fc_agent *a, const struct stretches *before, const struct stretches *after) {
    struct fc_step_sink sink = fc_engine_step_sink(e);
    for (uint32_t i = 0; i < before->n; i++)
        if (!has_stretch(after, &before->at[i])) fc_timeline_span(&a->line, FC_SPAN_AWAY, before->at[i].from_us, before->at[i].to_us, -1, &sink);
    for (uint32_t i = 0; i < after->n; i++)
        if (!has_stretch(before, &after->at[i])) fc_timeline_span(&a->line, FC_SPAN_AWAY, after->at[i].from_us, after->at[i].to_us, 1, &sink);
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

/* Of very many contacts within the late window the older ones go: an agent's record has to fit the store's. */
static void bound(const struct fc_agent *a, struct fc_membership *m) {
    uint32_t most = a->queues_n <= MANY_QUEUES ? MARKS_KEPT : MARKS_KEPT_OF_MANY;
    if (m->marks_n >= most) prune(m, m->marks[m->marks_n / 2].ts_us);
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
        if (m->marks_n >= MARKS_PRUNED) prune(m, e->now_us - e->rules->late_us);
        bound(a, m);
        return;
    }
    struct stretches before = {0}, after = {0};
    gaps_of(a, &before);
    feed(e, a, m, -1, NULL);
    (void)insert_mark(m, mark);
    feed(e, a, m, 1, NULL);
    gaps_of(a, &after);
    feed_gaps(e, a, &before, &after);
    free(before.at);
    free(after.at);
    show_in_list(e, a, m);
    bound(a, m);
    fc_engine_touch_agent(e, a);
}

void fc_agent_load_mark(struct fc_engine *e, struct fc_agent *a, struct fc_queue *q, struct fc_membership_mark mark) {
    struct fc_membership *m = membership(a, q);
    (void)insert_mark(m, mark);
    show_in_list(e, a, m);
}

void fc_agent_restored(struct fc_engine *e, struct fc_agent *a) {
    if (a->first_us == FC_NEVER_SEEN) return;
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
    struct fc_step_sink sink = fc_engine_step_sink(e);
    fc_timeline_span(&s->agent->line, s->kind, s->from_us, s->to_us, sign, &sink);
    fc_agent_rung(s, sign);
    fc_engine_touch_agent(e, s->agent);
}

void fc_agent_span_ends(struct fc_engine *e, const struct fc_contact_span *was, int64_t to_us) {
    struct fc_step_sink sink = fc_engine_step_sink(e);
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
    struct fc_step_sink sink = fc_engine_step_sink(e);
    fc_timeline_base(&a->line, ts_us, s, &sink);
    fc_engine_touch_agent(e, a);
    if (ts_us < a->said_us) return;
    a->said_us = ts_us;
    a->said = s;
    fc_str_replace(&a->reason, reason);
}

void fc_agent_apply(struct fc_engine *e, const struct fc_event *ev) {
    struct fc_agent *a = fc_engine_agent(e, ev->agent, ev->ts);
    if ((ev->present & FC_KEY_BIT(name)) != 0) fc_agent_label(e, a, ev->name);
    if (ev->kind == FC_AGENT) set_base(e, a, (enum fc_agent_state)ev->word, ev->reason, ev->ts);
    else fc_agent_mark_membership(e, a, fc_engine_queue(e, ev->queue), (struct fc_membership_mark){ev->ts, ev->kind == FC_JOINED});
}
