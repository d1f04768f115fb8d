/* feed -- the sources themselves: whether they are heard, what they lost, and what they no longer list. */
#include "engine_internal.h"

#include <stdlib.h>

#define SKEW_MOVED_US (FC_SECOND_US / 4)      /* told anew when it has changed by so much */
#define LOOK_LATE_NS INT64_C(5000000000)

struct fc_source_state_of *fc_feed_source(struct fc_engine *e, struct fc_str name) {
    struct fc_source_state_of *s = fc_map_find(&e->sources, name);
    if (s != NULL) return s;
    s = calloc(1, sizeof *s);
    FC_ASSERT(s != NULL);
    s->name = fc_str_own(name);
    s->since_us = e->now_us;
    fc_map_add(&e->sources, s);
    return s;
}

static bool is_lost(const struct fc_source_state_of *s) { return s->silent || s->down; }

/* What an item names: the source itself, or the collector that it comes through; NULL: it is heard, or given up. */
static const struct fc_source_state_of *lost_of(const struct fc_engine *e, const struct fc_source_state_of *s) {
    const struct fc_source_state_of *lost = is_lost(s) ? s : s->via != NULL && is_lost(s->via) ? s->via : NULL;
    return lost != NULL && e->now_us - lost->since_us < SOURCE_GIVEN_UP_US ? lost : NULL;
}

static void touch(struct fc_engine *e, struct fc_entity *x, void *ctx) {
    (void)ctx;
    fc_engine_touch_gauges(e, x);
}

/* Items of what it feeds name it when it is lost. It happens rarely: a walk will do. */
static void touch_fed(struct fc_engine *e, const struct fc_source_state_of *s) {
    struct fc_queue *q;
    for (uint32_t at = 0; (q = fc_map_each(&e->queues, &at)) != NULL;)
        for (uint32_t i = 0; i < q->feeds_n; i++)
            if (q->feeds[i] == s || q->feeds[i]->via == s) fc_engine_each_owner(e, q, NULL, touch, NULL);
    fc_engine_touch_gauges(e, &e->all.e);
}

static void count_lost(struct fc_engine *e) {
    struct fc_source_state_of *s;
    e->counters.sources_lost = 0;
    for (uint32_t at = 0; (s = fc_map_each(&e->sources, &at)) != NULL;) e->counters.sources_lost += lost_of(e, s) == s;
}

static void changed(struct fc_engine *e, struct fc_source_state_of *s) {
    s->to_store = e->sources_to_store = true;
    e->sources_to_publish = true;
    count_lost(e);
    touch_fed(e, s);
}

static bool is_live(enum fc_kind kind) { return kind <= FC_PARTED; }

/* What a source says of itself, its collector has stamped: it says nothing of the source's clock, but all of the collector's. */
static void add_lag(struct fc_engine *e, struct fc_source_state_of *s, const struct fc_event *ev) {
    bool of_itself = ev->kind == FC_HELLO || ev->kind == FC_SNAPSHOT || ev->kind == FC_HEARTBEAT || ev->kind == FC_GAP;
    bool collectors = fc_str_starts(s->name, FC_COLLECTOR_SRC);
    if (e->event_clock || e->mono.ns == 0 || of_itself != collectors) return;
    int64_t lag_us = e->wall.us - ev->ts;
    e->counters.events_late += lag_us > e->rules->late_us;
    e->counters.events_ahead += lag_us < -FC_LEAP_US;
    fc_skew_add(&s->skew, lag_us, of_itself || is_live(ev->kind), e->mono);
}

/* Hearing is a matter of when the word arrived, not of the time it speaks of: a source whose clock is wrong is not silent. */
struct fc_source_state_of *fc_feed_heard(struct fc_engine *e, const struct fc_event *ev) {
    struct fc_source_state_of *s = e->via;
    if ((ev->present & FC_KEY_BIT(src)) != 0) s = fc_feed_source(e, ev->src);
    if (s == NULL) return NULL;
    bool known = s->heard_us != 0;
    s->heard_us = e->now_us;
    s->heard = e->mono;
    add_lag(e, s, ev);
    if (s != e->via && e->via != NULL && s->via != e->via) {
        s->via = e->via;
        s->to_store = e->sources_to_store = true;
    }
    if (s->silent) {
        s->silent = false;
        s->since_us = e->now_us;
        changed(e, s);
    }
    if (!known) changed(e, s);
    return s;
}

/* `away_ns`: how long this thread itself did not listen, beyond the second between two looks. */
static void look_silent(struct fc_engine *e, struct fc_source_state_of *s, int64_t away_ns) {
    if (s->heard.ns == 0) s->heard = e->mono; /* after a restart: a fresh start for everybody */
    if (away_ns > 0) s->heard.ns = s->heard.ns + away_ns < e->mono.ns ? s->heard.ns + away_ns : e->mono.ns;
    if (s->silent || !s->beats || fc_mono_ms_since(s->heard, e->mono) <= SOURCE_SILENT_MS) return;
    s->silent = true;
    s->since_us = s->heard_us != 0 ? s->heard_us : e->now_us;
    changed(e, s);
}

static void look_skew(struct fc_engine *e, struct fc_source_state_of *s) {
    int64_t us = 0;
    bool known = fc_skew_us(&s->skew, &us), skewed = known && (us > e->rules->skew_limit_us || us < -e->rules->skew_limit_us);
    int64_t moved_us = us - s->skew_us;
    if (known == s->skew_known && skewed == s->skewed && moved_us < SKEW_MOVED_US && moved_us > -SKEW_MOVED_US) return;
    s->skew_us = us;
    s->skew_known = known;
    s->skewed = skewed;
    e->sources_to_publish = true;
}

static void look(struct fc_engine *e, struct fc_source_state_of *s, int64_t away_ns) {
    look_silent(e, s, away_ns);
    look_skew(e, s);
    e->counters.sources_skewed += s->skewed;
}

void fc_feed_look(struct fc_engine *e) {
    struct fc_source_state_of *s;
    int64_t away_ns = e->looked.ns == 0 ? 0 : e->mono.ns - e->looked.ns - LOOK_LATE_NS;
    e->counters.sources_skewed = 0;
    for (uint32_t at = 0; (s = fc_map_each(&e->sources, &at)) != NULL;) look(e, s, away_ns);
    count_lost(e); /* some are given up */
    e->counters.sources = e->sources.n;
}

void fc_feed_leapt(struct fc_engine *e) {
    struct fc_source_state_of *s;
    for (uint32_t at = 0; (s = fc_map_each(&e->sources, &at)) != NULL;) s->skew = (struct fc_skew){0};
}

/* ---- who feeds what ---------------------------------------------------------------------------------------------- */

void fc_engine_via(struct fc_engine *e, struct fc_str spool) {
    char name[sizeof FC_COLLECTOR_SRC + FC_COLLECTOR_SRC_DIGITS] = FC_COLLECTOR_SRC;
    size_t n = sizeof FC_COLLECTOR_SRC - 1 + FC_COLLECTOR_SRC_DIGITS;
    memcpy(name + sizeof FC_COLLECTOR_SRC - 1, spool.p, FC_COLLECTOR_SRC_DIGITS);
    e->via = fc_map_find(&e->sources, fc_str_n(name, n)); /* none: a collector that does not tell of itself */
}

void fc_feed_link(struct fc_queue *q, struct fc_source_state_of *s) {
    for (uint32_t i = 0; i < q->feeds_n; i++)
        if (q->feeds[i] == s) return;
    if (q->feeds_n < FC_FEEDS_MAX) q->feeds[q->feeds_n++] = s;
}

void fc_feed_fed(struct fc_engine *e, const struct fc_event *ev, struct fc_source_state_of *s) {
    if (s == NULL || (ev->present & FC_KEY_BIT(queue)) == 0) return;
    if (s->fed != NULL && fc_str_eq(s->fed->e.name, ev->queue)) return;
    s->fed = fc_map_find(&e->queues, ev->queue);
    if (s->fed != NULL) fc_feed_link(s->fed, s);
}

struct lost {
    const struct fc_source_state_of **out;
    uint32_t n;
};

static void add_lost(struct lost *l, const struct fc_source_state_of *s) {
    if (s == NULL || l->n == FC_LOST_MAX) return;
    for (uint32_t i = 0; i < l->n; i++)
        if (l->out[i] == s) return;
    l->out[l->n++] = s;
}

static void add_lost_of_queue(const struct fc_engine *e, struct lost *l, const struct fc_queue *q) {
    for (uint32_t i = 0; i < q->feeds_n; i++) add_lost(l, lost_of(e, q->feeds[i]));
}

uint32_t fc_feed_lost(const struct fc_engine *e, const struct fc_entity *x, const struct fc_source_state_of **out) {
    struct lost l = {out, 0};
    const struct fc_source_state_of *s;
    if (e->counters.sources_lost == 0 || x->scope == FC_SCOPE_AGENT) return 0;
    if (x->scope == FC_SCOPE_QUEUE) {
        add_lost_of_queue(e, &l, (const struct fc_queue *)x);
    } else if (x != &e->all.e) {
        const struct fc_group *g = (const struct fc_group *)x;
        for (uint32_t i = 0; i < g->queues.n; i++) add_lost_of_queue(e, &l, g->queues.at[i]);
    } else {
        for (uint32_t at = 0; (s = fc_map_each(&e->sources, &at)) != NULL;) add_lost(&l, lost_of(e, s) == s ? s : NULL);
    }
    return l.n;
}

/* ---- what sources say of themselves ------------------------------------------------------------------------------- */

/* Ends, as unknown, the open contacts of a source that `gone` names. Ending changes no map, so the walk is safe. */
static void end_open(struct fc_engine *e, struct fc_source_state_of *s, int64_t ts_us, bool all) {
    struct fc_contact *c;
    for (uint32_t at = 0; (c = fc_map_each(&e->contacts, &at)) != NULL;) {
        if (c->source != s || (c->state != CONTACT_WAITING && c->state != CONTACT_TALKING)) continue;
        if (!all && (c->listed == s->snapshot || c->offered_us >= s->snapshot_us)) continue;
        fc_contact_presume_over(e, c, ts_us);
    }
}

static void hello(struct fc_engine *e, struct fc_source_state_of *s, const struct fc_event *ev) {
    char epoch[FC_ID_MAX + 1];
    (void)fc_str_copy(epoch, sizeof epoch, ev->epoch);
    bool another_life = s->epoch[0] != '\0' && strcmp(s->epoch, epoch) != 0;
    memcpy(s->epoch, epoch, sizeof epoch);
    if (another_life) end_open(e, s, ev->ts, true); /* what it knew in its last life it cannot end any more */
    if (s->down) s->since_us = ev->ts;
    s->down = false;
    changed(e, s);
}

static void snapshot(struct fc_engine *e, struct fc_source_state_of *s, const struct fc_event *ev) {
    if (ev->word == FC_SNAPSHOT_BEGIN) {
        s->snapshot++;
        s->snapshot_us = ev->ts;
    } else if (s->snapshot_us != 0) {
        end_open(e, s, ev->ts, false);
        s->snapshot_us = 0;
    }
    s->to_store = e->sources_to_store = true;
}

static void heartbeat(struct fc_engine *e, struct fc_source_state_of *s, const struct fc_event *ev) {
    bool down = ev->word == FC_SOURCE_DOWN;
    if (s->beats && s->down == down) return;
    s->beats = true;
    s->down = down;
    s->since_us = ev->ts;
    changed(e, s);
}

static void gap(struct fc_engine *e, struct fc_source_state_of *s, const struct fc_event *ev) {
    s->gaps++;
    e->counters.gaps++;
    s->gap_us = ev->ts;
    (void)fc_str_copy(s->gap_reason, sizeof s->gap_reason, ev->reason);
    changed(e, s);
}

void fc_feed_apply(struct fc_engine *e, const struct fc_event *ev, struct fc_source_state_of *s) {
    switch (ev->kind) {
    case FC_HELLO: hello(e, s, ev); break;
    case FC_SNAPSHOT: snapshot(e, s, ev); break;
    case FC_HEARTBEAT: heartbeat(e, s, ev); break;
    default: gap(e, s, ev); break;
    }
}

const char *fc_feed_state_word(const struct fc_source_state_of *s) { return s->silent ? "silent" : s->down ? "down" : "up"; }
