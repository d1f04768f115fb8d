#include "agent.h"
#include "contact.h"
#include "live.h"

#include <stdlib.h>

/* ---- life ------------------------------------------------------------------------------------------------------ */

static void enter_fact(void *ctx, const struct fc_place *place, const struct fc_fact *fact) { fc_engine_fact(ctx, place, fact); }

static void count_open(struct fc_engine *e, struct fc_entity *x, void *ctx) {
    x->complaints_open += *(const int *)ctx;
    fc_engine_touch_gauges(e, x);
}

static void complaint_open(void *ctx, const struct fc_place *place, int by) { fc_engine_each_owner(ctx, place->queue, place->agent, count_open, &by); }

struct fc_engine *fc_engine_create(const struct fc_rules *rules, bool event_clock) {
    struct fc_engine *e = calloc(1, sizeof *e);
    FC_ASSERT(e != NULL);
    struct fc_fact_sink facts = {enter_fact, e};
    e->rules = rules;
    e->event_clock = event_clock;
    e->scratch = malloc(FC_RECORD_BLOCK_BYTES);
    FC_ASSERT(e->scratch != NULL);
    fc_rolling_init(&e->rolling);
    e->steps = fc_steps_create();
    e->chains = fc_chains_create(facts);
    fc_chains_configure(e->chains, rules->fcr_window_us, rules->late_us);
    e->cases = fc_cases_create(facts, (struct fc_open_sink){complaint_open, e}, FC_CASES_MAX);
    e->surveys = fc_seen_create(rules->late_us, FC_SEEN_MAX);
    fc_entity_init(e, &e->all.e, FC_SCOPE_GROUP, FC_STR_LIT("all"));
    fc_engine_regroup(e);
    fc_engine_publish_all(e);
    return e;
}

static void free_named(struct fc_map *m) { /* things that own nothing but their name */
    struct fc_str *x;
    for (uint32_t at = 0; (x = fc_map_each(m, &at)) != NULL;) {
        free((void *)(uintptr_t)x->p);
        free(x);
    }
    fc_map_fini(m);
}

static void free_owners(struct fc_engine *e) {
    struct fc_queue *q;
    struct fc_agent *a;
    for (uint32_t at = 0; (q = fc_map_each(&e->queues, &at)) != NULL;) {
        fc_entity_fini(&q->e);
        free(q->groups.at);
        free(q);
    }
    for (uint32_t at = 0; (a = fc_map_each(&e->agents, &at)) != NULL;) {
        fc_agent_fini(a);
        free(a);
    }
    fc_engine_free_groups(e);
    fc_entity_fini(&e->all.e);
    fc_map_fini(&e->queues);
    fc_map_fini(&e->agents);
}

void fc_engine_destroy(struct fc_engine *e) {
    struct fc_contact *c;
    for (uint32_t at = 0; (c = fc_map_each(&e->contacts, &at)) != NULL;) {
        free(c->marks);
        free(c->surveys);
        fc_contact_forget_said(c);
    }
    free_owners(e);
    free_named(&e->sources);
    free_named(&e->marks);
    fc_map_fini(&e->contacts);
    for (uint32_t i = 0; i < e->slabs.n; i++) free(e->slabs.at[i]);
    for (uint32_t i = 0; i < e->forgotten.n; i++) free(e->forgotten.at[i]);
    for (uint32_t i = 0; i < e->groups_gone.n; i++) free(e->groups_gone.at[i]);
    for (uint32_t i = 0; i < e->topics_gone.n; i++) free(e->topics_gone.at[i]);
    struct fc_list_of *lists[] = {&e->slabs, &e->publish, &e->lists, &e->store, &e->contacts_store, &e->forgotten, &e->groups_gone, &e->topics_gone, &e->owners};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) free(lists[i]->at);
    fc_rolling_fini(&e->rolling);
    fc_steps_destroy(e->steps);
    fc_chains_destroy(e->chains);
    fc_cases_destroy(e->cases);
    fc_seen_destroy(e->surveys);
    fc_due_fini(&e->breaches);
    fc_live_fini(e);
    fc_tally_fini(&e->merged);
    fc_delta_fini(&e->minute);
    free(e->spans[0].at);
    free(e->spans[1].at);
    free(e->scratch);
    free(e);
}

void fc_engine_configure(struct fc_engine *e, const struct fc_rules *rules) {
    struct fc_queue *q;
    e->rules = rules;
    for (uint32_t at = 0; (q = fc_map_each(&e->queues, &at)) != NULL;) q->rules = fc_rules_queue(rules, q->e.name);
    fc_engine_regroup(e);
    fc_chains_configure(e->chains, rules->fcr_window_us, rules->late_us);
    fc_engine_publish_all(e);
}

int64_t fc_engine_now_us(const struct fc_engine *e) { return e->now_us; }

const struct fc_engine_counters *fc_engine_counters(struct fc_engine *e) {
    const struct fc_chains_counters *chains = fc_chains_counters(e->chains);
    const struct fc_cases_counters *cases = fc_cases_counters(e->cases);
    struct fc_engine_counters *k = &e->counters;
    k->customers = (uint64_t)chains->customers;
    k->visits = (uint64_t)chains->visits;
    k->visits_too_late = (uint64_t)(chains->too_late + chains->crowded);
    k->cases = cases->cases;
    k->cases_open = cases->cases_open;
    k->cases_evicted = cases->cases_evicted + cases->cases_evicted_open;
    k->surveys_again = fc_seen_counters(e->surveys)->seen_again;
    return k;
}

/* ---- time and events ---------------------------------------------------------------------------------------------------- */

/* What falls due each second. */
static void due(struct fc_engine *e) {
    fc_contact_forget_old(e);
    fc_chains_advance(e->chains, e->now_us);
    fc_cases_advance(e->cases, e->now_us);
    fc_seen_advance(e->surveys, e->now_us);
}

static void move_on(struct fc_engine *e, int64_t now_us) {
    bool second_is_new = now_us / FC_SECOND_US != e->now_us / FC_SECOND_US;
    fc_engine_move_now(e, now_us);
    fc_contact_breaches(e);
    if (second_is_new) due(e);
}

void fc_engine_advance(struct fc_engine *e, struct fc_wall now) {
    if (!e->event_clock && now.us > e->now_us) move_on(e, now.us);
}

int64_t fc_engine_held_us(const struct fc_engine *e, struct fc_wall wall) {
    return e->event_clock || wall.us >= e->now_us ? 0 : e->now_us - wall.us;
}

int64_t fc_engine_watch(struct fc_engine *e, struct fc_wall wall, struct fc_mono now) {
    int64_t leap_us = fc_leap_us(&e->leap, wall, now);
    e->wall = wall;
    e->mono = now;
    if (leap_us < 0) e->counters.clock_set_back++;
    if (leap_us > 0) e->counters.clock_set_forward++;
    if (leap_us != 0) fc_feed_leapt(e);
    if (!e->event_clock && fc_mono_ms_since(e->looked, now) >= 1000) {
        fc_feed_look(e);
        e->looked = now;
    }
    return leap_us;
}

static struct fc_queue *resolve_queue(void *ctx, struct fc_str name) { return fc_engine_queue(ctx, name); }
static struct fc_agent *resolve_agent(void *ctx, struct fc_str name, int64_t ts_us) {
    (void)ts_us;
    return fc_engine_agent_named(ctx, name);
}

static void quality(struct fc_engine *e, const struct fc_event *ev) {
    struct fc_resolver names = {resolve_queue, resolve_agent, e};
    if (ev->kind == FC_COMPLAINT) fc_cases_complaint(e->cases, ev, &names);
    else if (ev->kind == FC_SURVEYED) fc_contact_surveyed(e, ev);
    else if ((ev->present & FC_KEY_BIT(contact)) != 0) fc_contact_disposed(e, ev);
    else if ((ev->present & FC_KEY_BIT(case_id)) != 0) fc_cases_resolved(e->cases, ev, &names);
    else e->counters.without_contact++;
}

/* A collector lives in today also when it reads a recording. */
static bool is_collectors_word(const struct fc_event *ev, const struct fc_source_state_of *src) {
    return (ev->kind == FC_HEARTBEAT || ev->kind == FC_GAP) && fc_feed_is_collector(src);
}

void fc_engine_apply(struct fc_engine *e, const struct fc_event *ev) {
    if ((unsigned)ev->kind >= FC_KIND_COUNT) {
        e->counters.events_unread++;
        return;
    }
    e->counters.events++;
    struct fc_source_state_of *src = fc_feed_heard(e, ev);
    if (e->event_clock && ev->ts > e->now_us && !is_collectors_word(ev, src)) move_on(e, ev->ts);
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
    case FC_COMPLAINT: quality(e, ev); break;
    case FC_KIND_COUNT: break;
    }
    fc_feed_fed(e, ev, src);
}

void fc_engine_apply_all(struct fc_engine *e, const struct fc_event *events, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        fc_ahead_events(e, events, i, n);
        fc_engine_apply(e, &events[i]);
    }
}

/* ---- looking ------------------------------------------------------------------------------------------------------------ */

struct fc_entity *fc_engine_find(struct fc_engine *e, enum fc_scope scope, struct fc_str name) {
    if (scope == FC_SCOPE_QUEUE) return fc_map_find(&e->queues, name);
    if (scope == FC_SCOPE_AGENT) return fc_map_find(&e->agents, name);
    if (fc_str_eq(name, e->all.e.name)) return &e->all.e;
    struct fc_group *g = fc_engine_group(e, name);
    return g == NULL ? NULL : &g->e;
}

bool fc_engine_peek(struct fc_engine *e, enum fc_scope scope, struct fc_str name, int channel, enum fc_window window, struct fc_tally *out) {
    struct fc_entity *x = fc_engine_find(e, scope, name);
    if (x == NULL || window == FC_WINDOW_NOW) return false;
    fc_engine_merge_window(e, x, channel, window, out);
    return true;
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
