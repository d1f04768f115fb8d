#include "floor_inner.h"

#include "status.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t fc_floor_draw(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t fc_floor_between(uint64_t *state, int64_t lo, int64_t hi) {
    FC_ASSERT(lo <= hi);
    return lo + (int64_t)(fc_floor_draw(state) % (uint64_t)(hi - lo + 1));
}

int64_t floor_stamp(struct floor_make *m, int64_t at_us) { return at_us / 1000 * 1000 + m->serial++ % 1000; }

struct fc_str floor_named(struct floor_make *m, char kind, int number) {
    FC_ASSERT(m->names_n < m->names_cap);
    char *z = m->names[m->names_n++].z;
    (void)snprintf(z, sizeof m->names->z, "%c%d", kind, number);
    return fc_str(z);
}

/* ---- telling ---------------------------------------------------------------------------------------------------- */

static void arrive(struct floor_make *m, struct fc_event ev) {
    if (m->n == m->cap) {
        m->cap = m->cap == 0 ? 256 : 2 * m->cap;
        m->events = realloc(m->events, m->cap * sizeof *m->events);
        FC_ASSERT(m->events != NULL);
    }
    int64_t late_us = floor_pct(m, m->spec->late_pct) ? floor_between(m, 0, m->spec->late_us_max) : 0;
    m->events[m->n] = (struct arriving){ev, ev.ts + late_us, (int)m->n};
    m->n++;
}

void floor_tell(struct floor_make *m, struct fc_event ev) {
    arrive(m, ev);
    if (floor_pct(m, m->spec->again_pct)) arrive(m, ev);
}

static int by_arrival(const void *a, const void *b) {
    const struct arriving *x = a, *y = b;
    if (x->arrives_us != y->arrives_us) return x->arrives_us < y->arrives_us ? -1 : 1;
    return x->serial - y->serial;
}

static void put_in_order(struct floor_make *m) {
    struct fc_floor *f = m->f;
    qsort(m->events, m->n, sizeof *m->events, by_arrival);
    f->memory[0] = f->events = calloc(m->n, sizeof *f->events);
    f->memory[1] = f->arrives_us = calloc(m->n, sizeof *f->arrives_us);
    FC_ASSERT(f->events != NULL && f->arrives_us != NULL);
    f->n = m->n;
    for (size_t i = 0; i < m->n; i++) {
        f->events[i] = m->events[i].ev;
        f->arrives_us[i] = m->events[i].arrives_us;
    }
    f->end_us = f->arrives_us[f->n - 1];
    free(m->events);
}

/* ---- rules ------------------------------------------------------------------------------------------------------ */

static struct fc_oracle_limits draw_limits(struct floor_make *m) {
    return (struct fc_oracle_limits){.threshold_us = floor_between(m, 1, 6) * 10 * SECOND, .short_us = floor_between(m, 0, 8) * SECOND};
}

static void draw_groups(struct floor_make *m) {
    static const char *const names[FC_FLOOR_GROUPS_MAX] = {"front", "north", "mixed"};
    struct fc_floor *f = m->f;
    const char **listed = calloc((size_t)FC_FLOOR_GROUPS_MAX * FC_FLOOR_QUEUES_MAX, sizeof *listed);
    f->rules.groups = calloc(FC_FLOOR_GROUPS_MAX, sizeof *f->rules.groups);
    FC_ASSERT(listed != NULL && f->rules.groups != NULL);
    f->memory[2] = listed;
    f->memory[3] = f->rules.groups;
    f->rules.groups_n = (size_t)floor_between(m, 0, FC_FLOOR_GROUPS_MAX);
    for (size_t g = 0; g < f->rules.groups_n; g++) {
        struct fc_oracle_group *group = &f->rules.groups[g];
        *group = (struct fc_oracle_group){.name = names[g], .queues = listed + g * FC_FLOOR_QUEUES_MAX};
        for (int q = 0; q < f->queues_n; q++)
            if (floor_pct(m, 50) || (q == f->queues_n - 1 && group->queues_n == 0)) group->queues[group->queues_n++] = f->queues[q];
    }
}

/* The last queue stands in no list: it has the defaults. */
static void draw_rules(struct floor_make *m) {
    static const char *const names[FC_FLOOR_QUEUES_MAX] = {"sales", "billing", "help", "vip"};
    struct fc_floor *f = m->f;
    f->queues_n = (int)floor_between(m, 2, FC_FLOOR_QUEUES_MAX);
    for (int q = 0; q < f->queues_n; q++) f->queues[q] = names[q];
    f->rules.defaults = draw_limits(m);
    f->memory[4] = f->rules.queues = calloc(FC_FLOOR_QUEUES_MAX, sizeof *f->rules.queues);
    FC_ASSERT(f->rules.queues != NULL);
    f->rules.queues_n = (size_t)f->queues_n - 1;
    for (size_t q = 0; q < f->rules.queues_n; q++) {
        struct fc_oracle_limits own = draw_limits(m);
        f->rules.queues[q].name = names[q];
        for (int c = 0; c < FC_CHANNEL_COUNT; c++) f->rules.queues[q].of[c] = floor_pct(m, 30) ? draw_limits(m) : own;
    }
    draw_groups(m);
    f->rules.chain_window_us = floor_between(m, 1, 3) * 60 * MINUTE;
}

/* ---- agents ----------------------------------------------------------------------------------------------------- */

static void tell_member(struct floor_make *m, enum fc_kind kind, int64_t at_us, int agent, int queue) {
    struct fc_event ev = fc_event_make(kind, floor_stamp(m, at_us));
    FC_EVENT_STR(&ev, agent, fc_str(m->f->agents[agent]));
    FC_EVENT_STR(&ev, queue, fc_str(m->f->queues[queue]));
    floor_tell(m, ev);
}

/* Joined once or twice; `serves` says a little less than what is told, so that who is chosen for a contact does serve then. */
static void serve(struct floor_make *m, int agent, int queue) {
    int64_t at_us = m->f->start_us + floor_between(m, 1, 30) * SECOND, end_us = m->f->start_us + m->spec->span_us;
    for (int i = 0; i < TERMS_MAX; i++) {
        struct term *term = &m->serves[agent][queue][i];
        *term = (struct term){at_us + SECOND, INT64_MAX};
        tell_member(m, FC_JOINED, at_us, agent, queue);
        if (at_us + MINUTE >= end_us || !floor_pct(m, 30)) return;
        int64_t parted_us = floor_between(m, at_us + 30 * SECOND, end_us);
        tell_member(m, FC_PARTED, parted_us, agent, queue);
        term->to_us = parted_us - SECOND;
        at_us = parted_us + floor_between(m, 5, 600) * SECOND;
    }
}

static void tell_states(struct floor_make *m, int agent) {
    static const enum fc_agent_state states[] = {FC_AGENT_OFFLINE, FC_AGENT_AVAILABLE, FC_AGENT_AVAILABLE, FC_AGENT_PAUSED, FC_AGENT_PAUSED,
                                                 FC_AGENT_BUSY, FC_AGENT_WRAP, FC_AGENT_HOLD, FC_AGENT_ALERTING};
    for (int64_t n = floor_between(m, 0, 5); n > 0; n--) {
        struct fc_event ev = fc_event_make(FC_AGENT, floor_stamp(m, m->f->start_us + floor_between(m, 0, m->spec->span_us)));
        FC_EVENT_STR(&ev, agent, fc_str(m->f->agents[agent]));
        fc_event_set_agent(&ev, states[floor_between(m, 0, (int64_t)(sizeof states / sizeof *states) - 1)]);
        floor_tell(m, ev);
    }
}

static void draw_agents(struct floor_make *m) {
    static const char *const names[FC_FLOOR_AGENTS_MAX] = {"a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12", "a13", "a14", "a15"};
    struct fc_floor *f = m->f;
    f->agents_n = m->spec->contacts < 100 ? (int)floor_between(m, 1, 5) : FC_FLOOR_AGENTS_MAX;
    for (int a = 0; a < f->agents_n; a++) {
        f->agents[a] = names[a];
        serve(m, a, (int)floor_between(m, 0, f->queues_n - 1));
        for (int q = 0; q < f->queues_n; q++)
            if (m->serves[a][q][0].to_us == 0 && floor_pct(m, 40)) serve(m, a, q);
        tell_states(m, a);
    }
}

int floor_agent_at(struct floor_make *m, int queue, int64_t at_us) {
    int fit[FC_FLOOR_AGENTS_MAX], n = 0;
    for (int a = 0; a < m->f->agents_n; a++)
        for (int i = 0; i < TERMS_MAX; i++) {
            struct term t = m->serves[a][queue][i];
            if (t.from_us <= at_us && at_us < t.to_us) fit[n++] = a;
        }
    return n == 0 ? NOBODY : fit[floor_between(m, 0, n - 1)];
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

#define T0 INT64_C(1767571200000000) /* 2026-01-05 00:00 UTC */

void fc_floor_make(struct fc_floor *f, uint64_t seed, const struct fc_floor_spec *spec) {
    struct floor_make m = {.f = f, .spec = spec, .chance = seed, .customers = spec->contacts / 3 + 1};
    FC_ASSERT(spec->contacts > 0 && spec->span_us > 2 * MINUTE);
    *f = (struct fc_floor){.seed = seed, .odd = spec->odd_pct > 0};
    m.names_cap = (size_t)spec->contacts * 40 + 400;
    f->memory[5] = m.names = calloc(m.names_cap, sizeof *m.names);
    FC_ASSERT(m.names != NULL);
    f->start_us = T0 + floor_between(&m, 0, 24 * 60 - 1) * MINUTE;
    draw_rules(&m);
    draw_agents(&m);
    for (int i = 0; i < spec->contacts; i++) floor_contact(&m);
    floor_cases(&m);
    floor_loose_surveys(&m);
    put_in_order(&m);
}

void fc_floor_fini(struct fc_floor *f) {
    for (size_t i = 0; i < sizeof f->memory / sizeof *f->memory; i++) free(f->memory[i]);
    *f = (struct fc_floor){0};
}
