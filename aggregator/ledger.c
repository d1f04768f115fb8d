/* ledger -- where facts are entered: tallies, rolling windows, the day and its end; and what has changed for whom. Knows queues and
 * agents as things with a name and tallies; what happens to contacts is not its business. */
#include "engine_internal.h"

#include "zone.h"

#include <stdlib.h>

void fc_list_push(struct fc_list_of *l, void *item) {
    if (l->n == l->cap) {
        l->cap = l->cap == 0 ? 16 : 2 * l->cap;
        l->at = realloc(l->at, l->cap * sizeof *l->at);
        FC_ASSERT(l->at != NULL);
    }
    l->at[l->n++] = item;
}

struct fc_str fc_str_own(struct fc_str s) {
    char *p = malloc(s.n + 1u);
    FC_ASSERT(p != NULL);
    if (s.n > 0) memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return fc_str_n(p, s.n);
}

void fc_str_replace(struct fc_str *owned, struct fc_str with) {
    struct fc_str copy = fc_str_own(with);
    free((void *)(uintptr_t)owned->p);
    *owned = copy;
}

/* ---- what changed ---------------------------------------------------------------------------------------------- */

void fc_engine_touch_gauges(struct fc_engine *e, struct fc_entity *x) {
    x->to_publish = true;
    if (x->in_publish_list) return;
    x->in_publish_list = true;
    fc_list_push(&e->publish, x);
}

void fc_engine_touch(struct fc_engine *e, struct fc_entity *x) {
    fc_engine_touch_gauges(e, x);
    x->to_store = true;
    if (x->in_store_list) return;
    x->in_store_list = true;
    fc_list_push(&e->store, x);
}

void fc_engine_touch_list(struct fc_engine *e, struct fc_entity *x) {
    x->list_to_publish = true;
    if (x->in_list_list) return;
    x->in_list_list = true;
    fc_list_push(&e->lists, x);
}

void fc_engine_touch_agent(struct fc_engine *e, struct fc_agent *a) {
    fc_engine_touch(e, &a->e);
    for (uint32_t i = 0; i < a->queues_n; i++) fc_engine_touch_list(e, &a->queues[i]->e);
    fc_engine_touch_list(e, &e->all.e);
}

void fc_engine_publish_all(struct fc_engine *e) {
    struct fc_queue *q;
    struct fc_agent *a;
    for (uint32_t at = 0; (q = fc_map_each(&e->queues, &at)) != NULL;) {
        fc_engine_touch_gauges(e, &q->e);
        fc_engine_touch_list(e, &q->e);
    }
    for (uint32_t at = 0; (a = fc_map_each(&e->agents, &at)) != NULL;) fc_engine_touch_gauges(e, &a->e);
    fc_engine_touch_gauges(e, &e->all.e);
    fc_engine_touch_list(e, &e->all.e);
    e->queues_to_publish = e->sources_to_publish = true;
}

struct fc_queue *fc_engine_queue(struct fc_engine *e, struct fc_str name) {
    struct fc_queue *q = fc_map_find(&e->queues, name);
    if (q != NULL) return q;
    q = calloc(1, sizeof *q);
    FC_ASSERT(q != NULL);
    q->e.name = fc_str_own(name);
    q->e.scope = FC_SCOPE_QUEUE;
    q->e.settings = &fc_rules_queue(e->rules, name)->settings;
    fc_map_add(&e->queues, q);
    e->counters.queues++;
    e->queues_to_publish = true;
    fc_engine_touch(e, &q->e);
    fc_engine_touch_list(e, &q->e);
    return q;
}

/* ---- facts ----------------------------------------------------------------------------------------------------- */

static bool is_wait(const struct fc_fact *f) { return f->count == FC_TALLY_answered && f->sign > 0; }

static void add_rolling(struct fc_entity *x, const struct fc_fact *f, bool in_m15) {
    fc_tally_apply(&x->series.h1, f, 1);
    if (in_m15) fc_tally_apply(&x->series.m15, f, 1);
    if (is_wait(f)) fc_peaks_add(&x->series.peaks, f->ts_us / FC_SECOND_US, f->value);
}

void fc_engine_add_logged(struct fc_engine *e, const struct fc_logged *l) {
    bool in_m15;
    if (!fc_rolling_add(&e->rolling, l, &in_m15)) {
        e->counters.beyond_rolling++;
        return;
    }
    add_rolling(l->queue, &l->fact, in_m15);
    add_rolling(&e->all.e, &l->fact, in_m15);
    if (l->agent != NULL) add_rolling(l->agent, &l->fact, in_m15);
}

static void add_lasting(struct fc_engine *e, struct fc_entity *x, const struct fc_fact *f) {
    if (f->ts_us >= e->day_start_us && f->ts_us < e->day_end_us) fc_tally_apply(&x->series.day, f, 1);
    fc_tally_apply(fc_series_pending(&x->series, f->ts_us), f, 1);
    fc_engine_touch(e, x);
}

void fc_engine_fact(struct fc_engine *e, struct fc_queue *q, struct fc_agent *a, struct fc_fact fact) {
    struct fc_logged l = {.fact = fact, .queue = &q->e, .agent = a == NULL ? NULL : &a->e};
    fc_engine_add_logged(e, &l);
    add_lasting(e, &q->e, &fact);
    add_lasting(e, &e->all.e, &fact);
    if (a == NULL) return;
    add_lasting(e, &a->e, &fact);
    fc_engine_touch_agent(e, a);
}

static void take_out(struct fc_engine *e, struct fc_entity *x, const struct fc_fact *f, bool h1) {
    fc_tally_apply(h1 ? &x->series.h1 : &x->series.m15, f, -1);
    if (h1 && is_wait(f)) fc_peaks_expire(&x->series.peaks, f->ts_us / FC_SECOND_US + 1);
    fc_engine_touch_gauges(e, x);
}

static void grown_old(void *ctx, const struct fc_logged *l, bool h1) {
    struct fc_engine *e = ctx;
    take_out(e, l->queue, &l->fact, h1);
    take_out(e, &e->all.e, &l->fact, h1);
    if (l->agent != NULL) take_out(e, l->agent, &l->fact, h1);
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

static void new_day(struct fc_engine *e, struct fc_entity *x) {
    fc_tally_clear(&x->series.day);
    fc_engine_touch(e, x);
}

/* A fact that came before its day began (a source's clock is ahead) still stands among the seconds: it is counted now. */
static void count_early_facts(struct fc_engine *e) {
    for (int64_t s = e->day_start_us / FC_SECOND_US; s < e->rolling.h1_from_s + FC_ROLLING_SECONDS; s++) {
        struct fc_second *sec = fc_rolling_second(&e->rolling, s);
        if (sec == NULL) continue;
        for (uint32_t i = 0; i < sec->n; i++) {
            struct fc_logged *l = &sec->facts[i];
            if (l->fact.ts_us < e->day_start_us || l->fact.ts_us >= e->day_end_us) continue;
            fc_tally_apply(&l->queue->series.day, &l->fact, 1);
            fc_tally_apply(&e->all.e.series.day, &l->fact, 1);
            if (l->agent != NULL) fc_tally_apply(&l->agent->series.day, &l->fact, 1);
        }
    }
}

static void turn_day(struct fc_engine *e) {
    int64_t before = e->day_start_us;
    fc_zone_day(e->rules->defaults.zone, e->now_us, e->rules->defaults.day_start_minute, &e->day_start_us, &e->day_end_us);
    e->meta_to_store = true;
    if (e->day_start_us == before) return;
    struct fc_queue *q;
    struct fc_agent *a;
    for (uint32_t at = 0; (q = fc_map_each(&e->queues, &at)) != NULL;) new_day(e, &q->e);
    for (uint32_t at = 0; (a = fc_map_each(&e->agents, &at)) != NULL;) {
        new_day(e, &a->e);
        fc_engine_touch_agent(e, a);
    }
    new_day(e, &e->all.e);
    count_early_facts(e);
}

void fc_engine_move_now(struct fc_engine *e, int64_t now_us) {
    if (now_us <= e->now_us) return;
    e->now_us = now_us;
    if (now_us >= e->day_end_us) turn_day(e);
    fc_rolling_advance(&e->rolling, now_us / FC_SECOND_US, grown_old, e);
}

