#include "engine_internal.h"

#include <stdlib.h>

/* ---- life ------------------------------------------------------------------------------------------------------ */

struct fc_engine *fc_engine_create(const struct fc_rules *rules, bool event_clock) {
    struct fc_engine *e = calloc(1, sizeof *e);
    FC_ASSERT(e != NULL);
    e->rules = rules;
    e->event_clock = event_clock;
    e->all.e.name = fc_str_own(FC_STR_LIT("all"));
    e->all.e.scope = FC_SCOPE_GROUP;
    e->all.e.settings = &rules->defaults.settings;
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
    e->all.e.settings = &rules->defaults.settings;
    for (uint32_t at = 0; (q = fc_map_each(&e->queues, &at)) != NULL;) q->e.settings = &fc_rules_queue(rules, q->e.name)->settings;
    struct fc_agent *a;
    for (uint32_t at = 0; (a = fc_map_each(&e->agents, &at)) != NULL;) a->e.settings = &rules->defaults.settings;
    fc_engine_publish_all(e);
}

int64_t fc_engine_now_us(const struct fc_engine *e) { return e->now_us; }

const struct fc_engine_counters *fc_engine_counters(const struct fc_engine *e) { return &e->counters; }

/* ---- time and events ---------------------------------------------------------------------------------------------------- */

static void due(struct fc_engine *e) {
    fc_contact_breaches(e);
    fc_contact_forget_old(e);
    if (!e->event_clock) fc_feed_silence(e);
}

void fc_engine_advance(struct fc_engine *e, struct fc_wall now) {
    if (e->event_clock) return;
    fc_engine_move_now(e, now.us);
    due(e);
}

void fc_engine_apply(struct fc_engine *e, const struct fc_event *ev) {
    if ((unsigned)ev->kind >= FC_KIND_COUNT) {
        e->counters.events_unread++;
        return;
    }
    e->counters.events++;
    if (e->event_clock && ev->ts > e->now_us) {
        bool second_is_new = ev->ts / FC_SECOND_US != e->now_us / FC_SECOND_US;
        fc_engine_move_now(e, ev->ts);
        if (second_is_new) due(e);
    }
    struct fc_source_state_of *src = fc_feed_heard(e, ev);
    switch (ev->kind) {
    case FC_OFFERED:
    case FC_ALERTED:
    case FC_MISSED:
    case FC_ANSWERED:
    case FC_HELD:
    case FC_RESUMED:
    case FC_LEFT:
    case FC_ENDED:
    case FC_WRAPPED: fc_contact_apply(e, ev, src); break;
    case FC_AGENT:
    case FC_JOINED:
    case FC_PARTED: fc_agent_apply(e, ev); break;
    case FC_HELLO:
    case FC_SNAPSHOT:
    case FC_HEARTBEAT:
    case FC_GAP: fc_feed_apply(e, ev, src); break;
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
