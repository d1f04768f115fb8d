/* Agents' time: cut at everything that can change what an agent is, and ask at each cut what it is from there on. */
#include "oracle_inner.h"

struct cuts {
    int64_t *at;
    size_t n, cap;
};

struct agent {
    int number;
    int64_t first_us; /* when it was first heard of; NEVER */
    struct spans talks, holds, alerts, wraps;
    struct cuts cuts;
};

static void cut(struct agent *a, int64_t at_us) {
    if (at_us == NEVER) return;
    GROW(a->cuts.at, a->cuts.n, a->cuts.cap);
    a->cuts.at[a->cuts.n++] = at_us;
}

static void lay(struct agent *a, struct spans *spans, int64_t from_us, int64_t to_us) {
    oracle_span(spans, from_us, to_us);
    cut(a, from_us);
    cut(a, to_us);
}

/* ---- what it did ------------------------------------------------------------------------------------------------ */

/* What is said of an agent itself, or of its part in a contact: from the first of these on it is there. */
static bool is_presence(enum fc_kind kind) {
    switch (kind) {
    case FC_ALERTED:
    case FC_MISSED:
    case FC_ANSWERED:
    case FC_WRAPPED:
    case FC_AGENT:
    case FC_JOINED:
    case FC_PARTED: return true;
    default: return false;
    }
}

static void lay_conversations(const struct fc_oracle *o, struct agent *a) {
    for (int c = 0; c < o->contacts.n; c++) {
        const struct visit *v = &o->visits[c];
        if (v->offered_us == NEVER || v->agent != a->number || v->answered_us == NEVER) continue;
        lay(a, &a->talks, v->answered_us, v->ended_us);
        for (size_t i = 0; i < v->holds.n; i++) lay(a, &a->holds, v->holds.at[i].from_us, v->holds.at[i].to_us);
        if (v->wrapped_us != NEVER) lay(a, &a->wraps, v->ended_us, v->wrapped_us);
    }
}

static void lay_alert(const struct fc_oracle *o, struct agent *a, const struct told *alert) {
    const struct visit *v = &o->visits[alert->contact];
    if (v->offered_us == NEVER) return;
    int64_t to_us = v->answered_us < v->left_us ? v->answered_us : v->left_us;
    for (size_t i = 0; i < o->told_n; i++) {
        const struct told *t = &o->told[i];
        bool miss = t->ev->kind == FC_MISSED && t->contact == alert->contact && t->agent == alert->agent;
        if (miss && t->ts >= alert->ts && t->ts < to_us) to_us = t->ts;
    }
    lay(a, &a->alerts, alert->ts, to_us);
}

static void lay_all(const struct fc_oracle *o, struct agent *a) {
    lay_conversations(o, a);
    for (size_t i = 0; i < o->told_n; i++) {
        const struct told *t = &o->told[i];
        if (t->agent != a->number || !is_presence(t->ev->kind)) continue;
        if (a->first_us == NEVER) a->first_us = t->ts;
        if (t->ev->kind == FC_ALERTED) lay_alert(o, a, t);
        cut(a, t->ts);
    }
}

/* Whoever is rung for a queue or takes its contacts serves it, whether or not a source says so. */
static void lay_membership(const struct fc_oracle *o, struct timeline *line, int agent) {
    for (int q = 0; q < o->queues.n; q++) {
        int64_t joined_us = NEVER;
        for (size_t i = 0; i < o->told_n; i++) {
            const struct told *t = &o->told[i];
            if (t->agent != agent || t->queue != q) continue;
            bool joins = t->ev->kind == FC_JOINED || t->ev->kind == FC_ALERTED || t->ev->kind == FC_ANSWERED;
            if (joins && joined_us == NEVER) joined_us = t->ts;
            if (t->ev->kind != FC_PARTED || joined_us == NEVER) continue;
            oracle_span(&line->serves[q], joined_us, t->ts);
            joined_us = NEVER;
        }
        oracle_span(&line->serves[q], joined_us, NEVER);
    }
}

/* ---- what it was ------------------------------------------------------------------------------------------------ */

static int how_many(const struct spans *s, int64_t at_us) {
    int n = 0;
    for (size_t i = 0; i < s->n; i++) n += s->at[i].from_us <= at_us && at_us < s->at[i].to_us;
    return n;
}

static enum fc_agent_state base_at(const struct fc_oracle *o, const struct agent *a, int64_t at_us) {
    enum fc_agent_state base = FC_AGENT_AVAILABLE;
    for (size_t i = 0; i < o->told_n && o->told[i].ts <= at_us; i++)
        if (o->told[i].ev->kind == FC_AGENT && o->told[i].agent == a->number) base = (enum fc_agent_state)o->told[i].ev->word;
    return base;
}

/* It has served a queue before, and serves none: it has left, whatever was said of it last. */
static bool is_away(const struct fc_oracle *o, const struct timeline *line, int64_t at_us) {
    bool served = false;
    for (int q = 0; q < o->queues.n; q++) {
        if (how_many(&line->serves[q], at_us) > 0) return false;
        for (size_t i = 0; i < line->serves[q].n; i++) served = served || line->serves[q].at[i].from_us <= at_us;
    }
    return served;
}

static enum fc_agent_state state_at(const struct fc_oracle *o, const struct agent *a, const struct timeline *line, int64_t at_us) {
    int talks = how_many(&a->talks, at_us);
    enum fc_agent_state base = base_at(o, a, at_us);
    if (talks > 0) return how_many(&a->holds, at_us) == talks ? FC_AGENT_HOLD : FC_AGENT_BUSY;
    if (base == FC_AGENT_OFFLINE || is_away(o, line, at_us)) return FC_AGENT_OFFLINE;
    if (how_many(&a->alerts, at_us) > 0) return FC_AGENT_ALERTING;
    if (how_many(&a->wraps, at_us) > 0) return FC_AGENT_WRAP;
    return base;
}

static int rising(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void draw(const struct fc_oracle *o, struct agent *a, struct timeline *line) {
    if (a->cuts.n > 0) qsort(a->cuts.at, a->cuts.n, sizeof *a->cuts.at, rising);
    for (size_t i = 0; i < a->cuts.n; i++) {
        int64_t from_us = a->cuts.at[i], to_us = i + 1 < a->cuts.n ? a->cuts.at[i + 1] : NEVER;
        if (from_us < a->first_us || from_us == to_us) continue;
        GROW(line->at, line->n, line->cap);
        line->at[line->n++] = (struct stretch){from_us, to_us, state_at(o, a, line, from_us)};
    }
}

void oracle_timelines(struct fc_oracle *o) {
    o->timelines = calloc((size_t)o->agents.n + 1, sizeof *o->timelines);
    FC_ASSERT(o->timelines != NULL);
    for (int i = 0; i < o->agents.n; i++) {
        struct agent a = {.number = i, .first_us = NEVER};
        struct timeline *line = &o->timelines[i];
        line->serves = calloc((size_t)o->queues.n + 1, sizeof *line->serves);
        FC_ASSERT(line->serves != NULL);
        lay_membership(o, line, i);
        lay_all(o, &a);
        draw(o, &a, line);
        free(a.talks.at);
        free(a.holds.at);
        free(a.alerts.at);
        free(a.wraps.at);
        free(a.cuts.at);
    }
}
