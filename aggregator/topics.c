/* topics -- the state of queues, agents and sources as items that displays can show without anything else. */
#include "engine_internal.h"

#include "mp.h"
#include "kpi.h"

#include <stdlib.h>

/* ---- blocks ---------------------------------------------------------------------------------------------------- */

struct page { /* one item being written */
    struct fc_engine *e;
    struct fc_mpw w;
};

typedef void (*write_fn)(struct page *p, const void *what, enum fc_window window);

static void write_head(struct page *p, const struct fc_state_block *b, size_t pairs) {
    fc_mpw_map(&p->w, 3 + pairs);
    fc_mpw_key(&p->w, "topic");
    fc_mpw_str(&p->w, fc_str_n(b->topic, b->topic_n));
    fc_mpw_key(&p->w, "ver");
    fc_mpw_int(&p->w, (int64_t)p->e->version);
    fc_mpw_key(&p->w, "at_us");
    fc_mpw_int(&p->w, p->e->now_us);
}

/* Writes the item into the block, which grows until it fits and keeps its size for the next. */
static void fill(struct fc_engine *e, struct fc_state_block *b, size_t pairs, write_fn write, const void *what, enum fc_window window) {
    struct page p = {.e = e};
    e->version++;
    for (;;) {
        if (b->body_cap > 0) {
            fc_mpw_init(&p.w, b->body, b->body_cap);
            write_head(&p, b, pairs);
            write(&p, what, window);
            if (!p.w.overflow) break;
        }
        b->body_cap = b->body_cap == 0 ? 4096 : 2 * b->body_cap;
        free(b->body);
        b->body = malloc(b->body_cap);
        FC_ASSERT(b->body != NULL);
    }
    b->body_n = p.w.len;
    e->counters.topics_sent++;
}

/* ---- queues, agents, the floor ---------------------------------------------------------------------------------- */

#define GAUGE_PAIRS 10

static void write_states(struct page *p, const struct fc_entity *x) {
    fc_mpw_map(&p->w, FC_AGENT_STATE_COUNT);
    for (unsigned s = 0; s < FC_AGENT_STATE_COUNT; s++) {
        fc_mpw_key(&p->w, fc_word(FC_VOCAB_AGENT, s));
        fc_mpw_int(&p->w, x->state_n[s]);
    }
}

static void write_gauges(struct page *p, const struct fc_entity *x, enum fc_window window) {
    static const char *const scopes[] = {"queue", "all", "agent"};
    struct fc_mpw *w = &p->w;
    fc_mpw_key(w, "scope");
    fc_mpw_key(w, scopes[x->scope]);
    fc_mpw_key(w, "name");
    fc_mpw_str(w, x->name);
    fc_mpw_key(w, "channel");
    fc_mpw_key(w, "all");
    fc_mpw_key(w, "window");
    fc_mpw_key(w, fc_window_name(window));
    fc_mpw_key(w, "waiting");
    fc_mpw_int(w, x->waiting);
    fc_mpw_key(w, "longest_wait_since_us");
    if (x->wait_first != NULL) fc_mpw_int(w, x->wait_first->offered_us);
    else fc_mpw_nil(w);
    fc_mpw_key(w, "agents");
    write_states(p, x);
    fc_mpw_key(w, "threshold_ms");
    fc_mpw_int(w, x->settings->threshold_us / 1000);
    fc_mpw_key(w, "short_abandon_ms");
    fc_mpw_int(w, x->settings->short_us / 1000);
    fc_mpw_key(w, "goal");
    fc_mpw_f64(w, x->settings->goal);
}

static void write_entity(struct page *p, const void *what, enum fc_window window) {
    const struct fc_entity *x = what;
    const struct fc_engine *e = p->e;
    write_gauges(p, x, window);
    if (window == FC_WINDOW_NOW) return;
    int64_t from_us = e->day_start_us;
    const struct fc_tally *t = &x->series.day;
    int64_t wait_us_max = t->wait_us_max;
    if (window != FC_WINDOW_DAY) {
        int64_t from_s = window == FC_WINDOW_M15 ? e->rolling.m15_from_s : e->rolling.h1_from_s;
        t = window == FC_WINDOW_M15 ? &x->series.m15 : &x->series.h1;
        wait_us_max = fc_peaks_max(&x->series.peaks, from_s);
        from_us = from_s * FC_SECOND_US;
    }
    fc_mpw_key(&p->w, "from_us");
    fc_mpw_int(&p->w, from_us);
    fc_kpi_write(&p->w, &(struct fc_kpi_view){.tally = t, .wait_us_max = wait_us_max, .complaints_open = -1});
}

/* All windows of an entity, or none: true when they were handed out. */
static bool publish_entity(struct fc_engine *e, struct fc_outlet *out, struct fc_entity *x) {
    struct fc_state_block *blocks[FC_WINDOW_COUNT];
    for (int i = 0; i < FC_WINDOW_COUNT; i++) {
        blocks[i] = out->take(out->ctx);
        if (blocks[i] != NULL) continue;
        while (i-- > 0) {
            blocks[i]->topic_n = 0; /* goes back unused */
            out->give(out->ctx, blocks[i]);
        }
        return false;
    }
    for (enum fc_window win = 0; win < FC_WINDOW_COUNT; win++) {
        struct fc_state_block *b = blocks[win];
        b->topic_n = (uint32_t)fc_topic_format(b->topic, x->scope, x->name, win);
        fill(e, b, GAUGE_PAIRS + (win == FC_WINDOW_NOW ? 0 : 1 + FC_KPI_PAIRS), write_entity, x, win);
        out->give(out->ctx, b);
    }
    return true;
}

/* ---- agent lists ------------------------------------------------------------------------------------------------ */

static void write_agent_queues(struct page *p, const struct fc_agent *a) {
    fc_mpw_key(&p->w, "queues");
    fc_mpw_array(&p->w, a->queues_n);
    for (uint32_t i = 0; i < a->queues_n; i++) fc_mpw_str(&p->w, a->queues[i]->e.name);
    fc_mpw_key(&p->w, "contact_queue");
    const struct fc_contact *c = a->talk != NULL ? a->talk : a->alert;
    if (c != NULL) fc_mpw_str(&p->w, c->queue->e.name);
    else fc_mpw_nil(&p->w);
}

static void write_agent(struct page *p, const struct fc_agent *a) {
    struct fc_mpw *w = &p->w;
    const struct fc_tally *t = &a->e.series.day;
    struct fc_kpi_value talk = fc_kpi_compute(FC_KPI_talk_ms, &(struct fc_kpi_view){.tally = t});
    fc_mpw_map(w, 10);
    fc_mpw_key(w, "name");
    fc_mpw_str(w, a->e.name);
    fc_mpw_key(w, "label");
    fc_mpw_str(w, a->label);
    fc_mpw_key(w, "state");
    fc_mpw_key(w, fc_word(FC_VOCAB_AGENT, a->shown));
    fc_mpw_key(w, "since_us");
    fc_mpw_int(w, a->since_us);
    fc_mpw_key(w, "reason");
    if (a->shown == a->base && a->reason.n > 0) fc_mpw_str(w, a->reason);
    else fc_mpw_nil(w);
    write_agent_queues(p, a);
    fc_mpw_key(w, "answered");
    fc_mpw_int(w, t->v[FC_TALLY_answered]);
    fc_mpw_key(w, "missed");
    fc_mpw_int(w, t->v[FC_TALLY_missed]);
    fc_mpw_key(w, "talk_ms");
    if (talk.known) fc_mpw_int(w, talk.i);
    else fc_mpw_nil(w);
}

static void write_agents(struct page *p, const void *what, enum fc_window window) {
    const struct fc_queue *q = what;
    (void)window;
    fc_mpw_key(&p->w, "agents");
    fc_mpw_array(&p->w, q->members_n);
    for (uint32_t i = 0; i < q->members_n; i++) write_agent(p, q->members[i]);
}

static bool publish_list(struct fc_engine *e, struct fc_outlet *out, struct fc_entity *x) {
    struct fc_state_block *b = out->take(out->ctx);
    if (b == NULL) return false;
    memcpy(b->topic, "agents/", 7);
    b->topic_n = 7 + (uint32_t)fc_topic_name(b->topic + 7, sizeof b->topic - 7, x->name);
    fill(e, b, 1, write_agents, (const struct fc_queue *)x, FC_WINDOW_NOW);
    out->give(out->ctx, b);
    return true;
}

/* ---- queues and sources ----------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    struct fc_str x = **(struct fc_str *const *)a, y = **(struct fc_str *const *)b;
    int c = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return c != 0 ? c : (x.n > y.n) - (x.n < y.n);
}

/* The things of a map, sorted by name; the array is the caller's. */
static void **sorted(const struct fc_map *m) {
    void **all = malloc((m->n + 1) * sizeof *all), *x;
    FC_ASSERT(all != NULL);
    uint32_t n = 0;
    for (uint32_t at = 0; (x = fc_map_each(m, &at)) != NULL;) all[n++] = x;
    qsort(all, n, sizeof *all, by_name);
    return all;
}

static void write_queues(struct page *p, const void *what, enum fc_window window) {
    const struct fc_map *m = what;
    (void)window;
    void **all = sorted(m);
    fc_mpw_key(&p->w, "queues");
    fc_mpw_array(&p->w, m->n);
    for (uint32_t i = 0; i < m->n; i++) fc_mpw_str(&p->w, *(struct fc_str *)all[i]);
    free(all);
}

static void write_source(struct page *p, const struct fc_source_state_of *s) {
    struct fc_mpw *w = &p->w;
    fc_mpw_map(w, 7);
    fc_mpw_key(w, "src");
    fc_mpw_str(w, s->name);
    fc_mpw_key(w, "state");
    fc_mpw_key(w, fc_feed_state_word(s));
    fc_mpw_key(w, "since_us");
    fc_mpw_int(w, s->since_us);
    fc_mpw_key(w, "heard_us");
    fc_mpw_int(w, s->heard_us);
    fc_mpw_key(w, "gaps");
    fc_mpw_int(w, s->gaps);
    fc_mpw_key(w, "gap_reason");
    if (s->gaps > 0) fc_mpw_key(w, s->gap_reason);
    else fc_mpw_nil(w);
    fc_mpw_key(w, "gap_us");
    if (s->gaps > 0) fc_mpw_int(w, s->gap_us);
    else fc_mpw_nil(w);
}

static void write_sources(struct page *p, const void *what, enum fc_window window) {
    const struct fc_map *m = what;
    (void)window;
    void **all = sorted(m);
    fc_mpw_key(&p->w, "sources");
    fc_mpw_array(&p->w, m->n);
    for (uint32_t i = 0; i < m->n; i++) write_source(p, all[i]);
    free(all);
}

/* ---- what is due ------------------------------------------------------------------------------------------------ */

/* How long a topic last sent at `last` has to wait still; 0: it may go. */
static int64_t wait_ms(struct fc_mono last, struct fc_mono now) {
    if (last.ns == 0) return 0;
    int64_t since = fc_mono_ms_since(last, now);
    return since >= FC_TOPIC_SPACING_MS ? 0 : FC_TOPIC_SPACING_MS - since;
}

static void sooner(int64_t *due, int64_t ms) {
    if (*due < 0 || ms < *due) *due = ms;
}

struct lane { /* one of the two lists of entities that changed */
    struct fc_list_of *list;
    bool (*publish)(struct fc_engine *, struct fc_outlet *, struct fc_entity *);
    size_t wanted, listed, last; /* offsets of the flags and the time in struct fc_entity */
};

static void publish_lane(struct fc_engine *e, struct fc_outlet *out, struct fc_mono now, const struct lane *lane, int64_t *due) {
    uint32_t kept = 0;
    bool room = true;
    for (uint32_t i = 0; i < lane->list->n; i++) {
        struct fc_entity *x = lane->list->at[i];
        struct fc_mono *last = (struct fc_mono *)((char *)x + lane->last);
        int64_t ms = wait_ms(*last, now);
        if (ms == 0 && room) {
            room = lane->publish(e, out, x);
            if (!room) e->counters.topics_held++;
            if (room) {
                *(bool *)((char *)x + lane->wanted) = *(bool *)((char *)x + lane->listed) = false;
                *last = now;
                continue;
            }
        }
        sooner(due, ms == 0 ? 1 : ms);
        lane->list->at[kept++] = x;
    }
    lane->list->n = kept;
}

static void publish_map(struct fc_engine *e, struct fc_outlet *out, struct fc_mono now, bool *wanted, struct fc_mono *last, const char *topic, write_fn write,
                        const struct fc_map *m, int64_t *due) {
    if (!*wanted) return;
    int64_t ms = wait_ms(*last, now);
    struct fc_state_block *b = ms == 0 ? out->take(out->ctx) : NULL;
    if (b == NULL) {
        sooner(due, ms == 0 ? 1 : ms);
        return;
    }
    b->topic_n = (uint32_t)strlen(topic);
    memcpy(b->topic, topic, b->topic_n);
    fill(e, b, 1, write, m, FC_WINDOW_NOW);
    out->give(out->ctx, b);
    *wanted = false;
    *last = now;
}

int64_t fc_engine_publish(struct fc_engine *e, struct fc_outlet *out, struct fc_mono now) {
    const struct lane windows = {&e->publish, publish_entity, offsetof(struct fc_entity, to_publish), offsetof(struct fc_entity, in_publish_list),
                                 offsetof(struct fc_entity, published)};
    const struct lane lists = {&e->lists, publish_list, offsetof(struct fc_entity, list_to_publish), offsetof(struct fc_entity, in_list_list),
                               offsetof(struct fc_entity, list_published)};
    int64_t due = -1;
    publish_map(e, out, now, &e->queues_to_publish, &e->queues_published, "queues", write_queues, &e->queues, &due);
    publish_map(e, out, now, &e->sources_to_publish, &e->sources_published, "sources", write_sources, &e->sources, &due);
    publish_lane(e, out, now, &windows, &due);
    publish_lane(e, out, now, &lists, &due);
    return due;
}
