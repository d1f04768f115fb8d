#include "load.h"

#include "status.h"

#include <stdlib.h>

#define CONTACTS 300 /* of one floor: what the oracle takes grows with their square */
#define SPAN_US (8 * 60 * CRASH_MINUTE_US)
#define START_US (INT64_C(1767571200000000) + 6 * 60 * CRASH_MINUTE_US) /* 2026-01-05 06:00 UTC */
#define CHAIN_WINDOW_US (2 * 60 * CRASH_MINUTE_US)                      /* one for all, as in the configuration */

/* ---- names of its own ------------------------------------------------------------------------------------------------- */

static struct fc_str renamed(struct crash_part *p, struct fc_str name) {
    size_t left = p->names_cap - p->names_n;
    if (name.n == 0) return name;
    char *to = p->names + p->names_n;
    int n = snprintf(to, left, "%s-%.*s", p->site, FC_STR_ARG(name));
    FC_ASSERT(n > 0 && (size_t)n < left);
    p->names_n += (size_t)n + 1;
    return fc_str_n(to, (size_t)n);
}

static const char *renamed_z(struct crash_part *p, const char *name) { return renamed(p, fc_str(name)).p; }

static void rename_events(struct crash_part *p) {
    struct fc_floor *f = &p->floor;
    for (size_t i = 0; i < f->n; i++) {
        struct fc_event *ev = &f->events[i];
        struct fc_str *names[] = {&ev->contact, &ev->queue, &ev->agent, &ev->root, &ev->customer, &ev->case_id};
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) *names[k] = renamed(p, *names[k]);
        FC_EVENT_STR(ev, site, fc_str(p->site));
    }
}

static void rename_owners(struct crash_part *p) {
    struct fc_floor *f = &p->floor;
    for (int q = 0; q < f->queues_n; q++) f->queues[q] = renamed_z(p, f->queues[q]);
    for (int a = 0; a < f->agents_n; a++) f->agents[a] = renamed_z(p, f->agents[a]);
    for (size_t g = 0; g < f->rules.groups_n; g++) {
        struct fc_oracle_group *group = &f->rules.groups[g];
        group->name = renamed_z(p, group->name);
        for (size_t q = 0; q < group->queues_n; q++) group->queues[q] = renamed_z(p, group->queues[q]);
    }
}

/* ---- making ----------------------------------------------------------------------------------------------------------- */

/* The queue that a floor leaves to its defaults is listed with them: side by side there is but one set of defaults. */
static void list_queues(struct crash_part *p) {
    struct fc_oracle_rules *r = &p->floor.rules;
    p->queues = calloc((size_t)p->floor.queues_n, sizeof *p->queues);
    FC_ASSERT(p->queues != NULL);
    for (int q = 0; q < p->floor.queues_n; q++) {
        if ((size_t)q < r->queues_n) p->queues[q] = r->queues[q];
        else
            for (int c = 0; c < FC_CHANNEL_COUNT; c++) p->queues[q].of[c] = r->defaults;
        p->queues[q].name = p->floor.queues[q];
    }
    r->queues = p->queues;
    r->queues_n = (size_t)p->floor.queues_n;
    r->chain_window_us = CHAIN_WINDOW_US;
}

static void move_to_start(struct fc_floor *f) {
    int64_t by_us = START_US - f->start_us;
    for (size_t i = 0; i < f->n; i++) {
        f->events[i].ts += by_us;
        f->arrives_us[i] += by_us;
    }
    f->start_us += by_us;
    f->end_us += by_us;
}

/* It ends in the middle of the work, so that the last hour's numbers are as full as the others. */
static void cut_off(struct fc_floor *f) {
    while (f->arrives_us[f->n - 1] > f->start_us + SPAN_US) f->n--;
    f->end_us = f->arrives_us[f->n - 1];
}

/* Nothing contradicts itself: then even the longest wait, which is never taken back, has but one right value. */
static void make_part(struct crash_part *p, uint32_t number, uint64_t seed) {
    static const struct fc_floor_spec spec = {.contacts = CONTACTS, .span_us = SPAN_US, .late_pct = 15, .late_us_max = 15 * CRASH_MINUTE_US, .again_pct = 5};
    fc_floor_make(&p->floor, seed, &spec);
    p->names_cap = p->floor.n * 6 * 32 + 8192;
    p->site = p->names = malloc(p->names_cap);
    FC_ASSERT(p->names != NULL);
    p->names_n = (size_t)snprintf(p->names, p->names_cap, "f%u", number) + 1;
    cut_off(&p->floor);
    move_to_start(&p->floor);
    rename_events(p);
    rename_owners(p);
    list_queues(p);
}

void crash_load_make(struct crash_load *l, uint64_t seed, size_t events) {
    *l = (struct crash_load){.start_us = START_US};
    while (l->events_n < events) {
        l->parts = realloc(l->parts, (l->parts_n + 1) * sizeof *l->parts);
        FC_ASSERT(l->parts != NULL);
        struct crash_part *p = &l->parts[l->parts_n];
        *p = (struct crash_part){0};
        make_part(p, l->parts_n, fc_floor_draw(&seed));
        l->parts_n++;
        l->events_n += p->floor.n;
    }
}

void crash_load_free(struct crash_load *l) {
    for (uint32_t i = 0; i < l->parts_n; i++) {
        fc_floor_fini(&l->parts[i].floor);
        free(l->parts[i].queues);
        free(l->parts[i].names);
    }
    free(l->parts);
    *l = (struct crash_load){0};
}

/* ---- the configuration ------------------------------------------------------------------------------------------------ */

static void write_limits(FILE *out, const struct fc_oracle_limits *of) {
    (void)fprintf(out, "threshold_s: %lld, short_abandon_s: %lld", (long long)(of->threshold_us / CRASH_SECOND_US), (long long)(of->short_us / CRASH_SECOND_US));
}

static void write_queue(FILE *out, const struct fc_oracle_queue *q) {
    (void)fprintf(out, "  - name: %s\n    channels:\n", q->name);
    for (unsigned c = 0; c < FC_CHANNEL_COUNT; c++) {
        (void)fprintf(out, "      - {channel: %s, ", fc_word(FC_VOCAB_CHANNEL, c));
        write_limits(out, &q->of[c]);
        (void)fputs("}\n", out);
    }
}

static void write_group(FILE *out, const struct fc_oracle_group *g) {
    (void)fprintf(out, "  - name: %s\n    queues: [", g->name);
    for (size_t q = 0; q < g->queues_n; q++) (void)fprintf(out, "%s%s", q == 0 ? "" : ", ", g->queues[q]);
    (void)fputs("]\n", out);
}

void crash_load_config(const struct crash_load *l, int late_s, FILE *out) {
    (void)fprintf(out, "zone: UTC\nlate_s: %d\nfcr:\n  window_h: %lld\nqueues:\n", late_s, (long long)(CHAIN_WINDOW_US / (60 * CRASH_MINUTE_US)));
    for (uint32_t i = 0; i < l->parts_n; i++) {
        const struct fc_oracle_rules *r = &l->parts[i].floor.rules;
        for (size_t q = 0; q < r->queues_n; q++) write_queue(out, &r->queues[q]);
    }
    (void)fputs("groups:\n", out);
    for (uint32_t i = 0; i < l->parts_n; i++) {
        const struct fc_oracle_rules *r = &l->parts[i].floor.rules;
        for (size_t g = 0; g < r->groups_n; g++) write_group(out, &r->groups[g]);
    }
}
