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

/* ---- life ------------------------------------------------------------------------------------------------------ */

struct fc_engine *fc_engine_create(const struct fc_rules *rules, bool event_clock) {
    struct fc_engine *e = calloc(1, sizeof *e);
    FC_ASSERT(e != NULL);
    e->rules = rules;
    e->event_clock = event_clock;
    e->all.e.name = fc_str_own(FC_STR_LIT("all"));
    e->all.e.scope = FC_SCOPE_GROUP;
    e->all.e.settings = &rules->defaults;
    e->scratch = malloc(FC_RECORD_BLOCK_BYTES);
    FC_ASSERT(e->scratch != NULL);
    fc_rolling_init(&e->rolling);
    fc_engine_publish_all(e);
    return e;
}

static void fini_entity(struct fc_entity *x) {
    fc_series_fini(&x->series);
    free((void *)(uintptr_t)x->name.p);
}

static void free_queue(struct fc_queue *q) {
    free(q->members);
    fini_entity(&q->e);
}

static void free_agent(struct fc_agent *a) {
    free((void *)(uintptr_t)a->label.p);
    free((void *)(uintptr_t)a->reason.p);
    free(a->queues);
    fini_entity(&a->e);
    free(a);
}

static void free_named(struct fc_map *m) { /* things that own nothing but their name */
    struct fc_str *x;
    for (uint32_t at = 0; (x = fc_map_each(m, &at)) != NULL;) {
        free((void *)(uintptr_t)x->p);
        free(x);
    }
    fc_map_fini(m);
}

void fc_engine_destroy(struct fc_engine *e) {
    struct fc_queue *q;
    struct fc_agent *a;
    for (uint32_t at = 0; (q = fc_map_each(&e->queues, &at)) != NULL;) {
        free_queue(q);
        free(q);
    }
    for (uint32_t at = 0; (a = fc_map_each(&e->agents, &at)) != NULL;) free_agent(a);
    free_queue(&e->all);
    free_named(&e->sources);
    free_named(&e->marks);
    fc_map_fini(&e->queues);
    fc_map_fini(&e->agents);
    fc_map_fini(&e->contacts);
    for (uint32_t i = 0; i < e->slabs.n; i++) free(e->slabs.at[i]);
    for (uint32_t i = 0; i < e->forgotten.n; i++) free(e->forgotten.at[i]);
    struct fc_list_of *lists[] = {&e->slabs, &e->publish, &e->lists, &e->store, &e->contacts_store, &e->forgotten, &e->to_alert};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) free(lists[i]->at);
    fc_rolling_fini(&e->rolling);
    free(e->scratch);
    free(e);
}

void fc_engine_configure(struct fc_engine *e, const struct fc_rules *rules) {
    struct fc_queue *q;
    e->rules = rules;
    e->all.e.settings = &rules->defaults;
    for (uint32_t at = 0; (q = fc_map_each(&e->queues, &at)) != NULL;) q->e.settings = fc_rules_queue(rules, q->e.name);
    struct fc_agent *a;
    for (uint32_t at = 0; (a = fc_map_each(&e->agents, &at)) != NULL;) a->e.settings = &rules->defaults;
    e->day_end_us = 0; /* the day may begin at another time now */
    fc_engine_publish_all(e);
}

int64_t fc_engine_now_us(const struct fc_engine *e) { return e->now_us; }

const struct fc_engine_counters *fc_engine_counters(const struct fc_engine *e) { return &e->counters; }

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
    q->e.settings = fc_rules_queue(e->rules, name);
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
    fc_agent_changed(e, a);
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
    fc_zone_day(e->now_us, e->rules->day_start_minute, &e->day_start_us, &e->day_end_us);
    e->meta_to_store = true;
    if (e->day_start_us == before) return;
    struct fc_queue *q;
    struct fc_agent *a;
    for (uint32_t at = 0; (q = fc_map_each(&e->queues, &at)) != NULL;) new_day(e, &q->e);
    for (uint32_t at = 0; (a = fc_map_each(&e->agents, &at)) != NULL;) {
        new_day(e, &a->e);
        fc_agent_changed(e, a);
    }
    new_day(e, &e->all.e);
    count_early_facts(e);
}

static void move_now(struct fc_engine *e, int64_t now_us) {
    if (now_us <= e->now_us) return;
    e->now_us = now_us;
    if (now_us >= e->day_end_us) turn_day(e);
    fc_rolling_advance(&e->rolling, now_us / FC_SECOND_US, grown_old, e);
}

static void due(struct fc_engine *e) {
    fc_contact_breaches(e);
    fc_contact_forget_old(e);
    if (!e->event_clock) fc_feed_silence(e);
}

void fc_engine_advance(struct fc_engine *e, struct fc_wall now) {
    if (e->event_clock) return;
    move_now(e, now.us);
    due(e);
}

/* ---- events ---------------------------------------------------------------------------------------------------- */

void fc_engine_apply(struct fc_engine *e, const struct fc_event *ev) {
    if ((unsigned)ev->kind >= FC_KIND_COUNT) {
        e->counters.events_unread++;
        return;
    }
    e->counters.events++;
    if (e->event_clock && ev->ts > e->now_us) {
        bool second_is_new = ev->ts / FC_SECOND_US != e->now_us / FC_SECOND_US;
        move_now(e, ev->ts);
        if (second_is_new) due(e);
    }
    switch (ev->kind) {
    case FC_OFFERED:
    case FC_ALERTED:
    case FC_MISSED:
    case FC_ANSWERED:
    case FC_HELD:
    case FC_RESUMED:
    case FC_LEFT:
    case FC_ENDED:
    case FC_WRAPPED: fc_contact_apply(e, ev); break;
    case FC_AGENT:
    case FC_JOINED:
    case FC_PARTED: fc_agent_apply(e, ev); break;
    case FC_HELLO:
    case FC_SNAPSHOT:
    case FC_HEARTBEAT:
    case FC_GAP: fc_feed_apply(e, ev); break;
    case FC_RESOLVED:
    case FC_SURVEYED:
    case FC_COMPLAINT:
    case FC_KIND_COUNT: e->counters.events_unused++; break;
    }
}

static struct fc_applied *mark_of(struct fc_engine *e, struct fc_str spool) {
    struct fc_applied *m = fc_map_find(&e->marks, spool);
    if (m != NULL) return m;
    m = calloc(1, sizeof *m);
    FC_ASSERT(m != NULL);
    m->spool = fc_str_own(spool);
    m->next = 1;
    fc_map_add(&e->marks, m);
    return m;
}

uint64_t fc_engine_mark(struct fc_engine *e, struct fc_str spool) { return mark_of(e, spool)->next; }

void fc_engine_set_mark(struct fc_engine *e, struct fc_str spool, uint64_t next) {
    struct fc_applied *m = mark_of(e, spool);
    m->next = next;
    m->to_store = e->marks_to_store = true;
}
