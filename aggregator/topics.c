/* topics -- the state of queues, agents and sources as items that displays can show without anything else. */
#include "agent.h"
#include "kpi.h"
#include "live.h"

#include <stdlib.h>

#define LIST_AGENTS_PER_MS 50 /* of an agent list, by which its spacing grows: 50,000 agents are sent once a second */

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
    b->gone = false;
    b->lag.received.ns = 0;
    b->job = NULL;
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

/* ---- sources that are lost --------------------------------------------------------------------------------------- */

static void write_lost(struct page *p, const struct fc_source_state_of *s) {
    fc_mpw_map(&p->w, 3);
    fc_mpw_key(&p->w, "src");
    fc_mpw_str(&p->w, s->name);
    fc_mpw_key(&p->w, "state");
    fc_mpw_key(&p->w, fc_feed_state_word(s));
    fc_mpw_key(&p->w, "since_us");
    fc_mpw_int(&p->w, s->since_us);
}

/* Who looks at a number must know that what it is made from is missing: the item itself says so, and only then. */
static void write_sources_lost(struct page *p, const struct fc_entity *x) {
    const struct fc_source_state_of *lost[FC_LOST_MAX];
    uint32_t n = fc_feed_lost(p->e, x, lost);
    if (n == 0) return;
    fc_mpw_key(&p->w, "sources_lost");
    fc_mpw_array(&p->w, n);
    for (uint32_t i = 0; i < n; i++) write_lost(p, lost[i]);
}

static bool says_lost(const struct fc_engine *e, const struct fc_entity *x) {
    const struct fc_source_state_of *lost[FC_LOST_MAX];
    return fc_feed_lost(e, x, lost) > 0;
}

/* ---- queues, groups, agents ------------------------------------------------------------------------------------- */

#define HEAD_PAIRS 9 /* of write_owner_head */

struct view { /* what of an owner is written */
    struct fc_entity *x;
    int channel; /* -1: all */
};

static const char *scope_word(const struct fc_entity *x, const struct fc_engine *e) {
    static const char *const scopes[] = {"queue", "group", "agent"};
    return x == &e->all.e ? "all" : scopes[x->scope];
}

static void write_channels(struct fc_mpw *w, const struct fc_entity *x) {
    size_t n = 0;
    for (int ch = 0; ch < FC_CHANNEL_COUNT; ch++) n += x->cells[ch] != NULL;
    fc_mpw_key(w, "channels");
    fc_mpw_array(w, n);
    for (unsigned ch = 0; ch < FC_CHANNEL_COUNT; ch++)
        if (x->cells[ch] != NULL) fc_mpw_key(w, fc_word(FC_VOCAB_CHANNEL, ch));
}

/* What a number means depends on these: they go with it. */
static void write_settings(struct fc_mpw *w, const struct view *v, const struct fc_engine *e) {
    const struct fc_settings *s = fc_entity_settings(e, v->x, v->channel);
    fc_mpw_key(w, "threshold_ms");
    fc_mpw_int(w, s->threshold_us / 1000);
    fc_mpw_key(w, "short_abandon_ms");
    fc_mpw_int(w, s->short_us / 1000);
    fc_mpw_key(w, "goal");
    fc_mpw_f64(w, fc_entity_goal(e, v->x, v->channel));
    fc_mpw_key(w, "fcr_window_h");
    fc_mpw_int(w, e->rules->fcr_window_us / (60 * FC_MINUTE_US));
}

static void write_owner_head(struct page *p, const struct view *v, enum fc_window window) {
    struct fc_mpw *w = &p->w;
    fc_mpw_key(w, "scope");
    fc_mpw_key(w, scope_word(v->x, p->e));
    fc_mpw_key(w, "name");
    fc_mpw_str(w, v->x->name);
    fc_mpw_key(w, "channel");
    fc_mpw_key(w, v->channel < 0 ? "all" : fc_word(FC_VOCAB_CHANNEL, (unsigned)v->channel));
    write_channels(w, v->x);
    fc_mpw_key(w, "window");
    fc_mpw_key(w, fc_window_name(window));
    write_settings(w, v, p->e);
}

static int64_t waiting_in(const struct view *v) {
    int64_t waiting = 0;
    for (int ch = 0; ch < FC_CHANNEL_COUNT; ch++)
        if (v->x->cells[ch] != NULL && (v->channel < 0 || ch == v->channel)) waiting += v->x->cells[ch]->waiting;
    return waiting;
}

/* Of handling alone: a whole window is ten times as much work. */
static void sum_handled(const struct view *v, struct fc_tally *h1, struct fc_tally *day) {
    for (int ch = 0; ch < FC_CELLS; ch++) {
        if (v->x->cells[ch] == NULL || (v->channel >= 0 && ch != v->channel)) continue;
        const struct fc_series *series = &v->x->cells[ch]->series;
        for (uint8_t k = FC_TALLY_handle_n; k <= FC_TALLY_handle_us; k++) {
            h1->v[k] = fc_sum(h1->v[k], fc_series_at(series, k, FC_STRETCH_H1));
            day->v[k] = fc_sum(day->v[k], fc_series_at(series, k, FC_STRETCH_DAY));
        }
    }
}

static int64_t ewt_ms(const struct view *v, int64_t waiting, const struct fc_tally *h1, const struct fc_tally *day) {
    const struct fc_level *of = v->x->levels.of;
    int64_t staffed = 0;
    if (v->x->scope == FC_SCOPE_AGENT) return -1;
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) staffed += s == FC_AGENT_OFFLINE || s == FC_AGENT_PAUSED ? 0 : of[s].n;
    return fc_kpi_ewt_ms(waiting, of[FC_AGENT_AVAILABLE].n, staffed, h1, day);
}

/* What a cell's part of a group is merged by (contract/state.h): `handled` stands in every window, for ewt_ms. */
static bool shows_tally(const struct fc_engine *e, const struct fc_entity *x) { return e->shows_tallies && x->scope == FC_SCOPE_GROUP; }

static void write_handled(struct fc_mpw *w, const struct fc_tally *h1, const struct fc_tally *day) {
    fc_mpw_key(w, "handled");
    fc_mpw_array(w, 4);
    fc_mpw_int(w, h1->v[FC_TALLY_handle_n]);
    fc_mpw_int(w, h1->v[FC_TALLY_handle_us]);
    fc_mpw_int(w, day->v[FC_TALLY_handle_n]);
    fc_mpw_int(w, day->v[FC_TALLY_handle_us]);
}

static void write_now(struct page *p, const struct view *v) {
    struct fc_kpi_now now = {.waiting = waiting_in(v), .longest_wait_since_us = fc_entity_longest_wait_since_us(p->e, v->x, v->channel)};
    struct fc_tally h1 = {0}, day = {0};
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) now.agents[s] = v->x->levels.of[s].n;
    sum_handled(v, &h1, &day);
    now.ewt_ms = ewt_ms(v, now.waiting, &h1, &day);
    fc_kpi_write_now(&p->w, &now);
    if (shows_tally(p->e, v->x)) write_handled(&p->w, &h1, &day);
}

static int64_t window_from_us(const struct fc_engine *e, const struct fc_entity *x, enum fc_window window) {
    if (window == FC_WINDOW_DAY) return x->day_start_us;
    return (window == FC_WINDOW_M15 ? e->rolling.m15_from_s : e->rolling.h1_from_s) * FC_SECOND_US;
}

static void write_owner(struct page *p, const void *what, enum fc_window window) {
    const struct view *v = what;
    struct fc_engine *e = p->e;
    write_owner_head(p, v, window);
    write_sources_lost(p, v->x);
    write_now(p, v);
    if (window == FC_WINDOW_NOW) return;
    fc_engine_merge_window(e, v->x, v->channel, window, &e->merged);
    struct fc_kpi_view view = {.tally = &e->merged,
                               .wait_us_max = e->merged.wait_us_max,
                               .variants = fc_entity_variants(e, v->x),
                               .complaints_open = v->channel < 0 ? v->x->complaints_open : -1};
    fc_mpw_key(&p->w, "from_us");
    fc_mpw_int(&p->w, window_from_us(e, v->x, window));
    fc_kpi_write(&p->w, &view);
    if (!shows_tally(e, v->x)) return;
    fc_mpw_key(&p->w, "tally");
    fc_tally_encode(&p->w, &e->merged);
}

void fc_engine_show_tallies(struct fc_engine *e) { e->shows_tallies = true; }

static size_t owner_pairs(const struct view *v, enum fc_window window, const struct fc_engine *e) {
    size_t more = shows_tally(e, v->x), pairs = HEAD_PAIRS + FC_KPI_NOW_PAIRS + more + says_lost(e, v->x);
    return window == FC_WINDOW_NOW ? pairs : pairs + 1 + FC_KPI_PAIRS + more;
}

/* The channels an owner is published by: each one only where there are several. */
static uint32_t views_of(struct fc_entity *x, struct view out[1 + FC_CHANNEL_COUNT]) {
    uint32_t n = 1;
    out[0] = (struct view){x, -1};
    for (int ch = 0; ch < FC_CHANNEL_COUNT; ch++)
        if (x->cells[ch] != NULL) out[n++] = (struct view){x, ch};
    return n > 2 ? n : 1;
}

static bool take_blocks(struct fc_outlet *out, struct fc_state_block **blocks, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        blocks[i] = out->take(out->ctx);
        if (blocks[i] != NULL) continue;
        while (i-- > 0) {
            blocks[i]->topic_n = 0; /* goes back unused */
            out->give(out->ctx, blocks[i]);
        }
        return false;
    }
    return true;
}

/* All windows of an owner and its channels, or none: true when they were handed out. */
static bool publish_owner(struct fc_engine *e, struct fc_outlet *out, struct fc_entity *x) {
    struct view views[1 + FC_CHANNEL_COUNT];
    struct fc_state_block *blocks[(1 + FC_CHANNEL_COUNT) * FC_WINDOW_COUNT];
    uint32_t n = views_of(x, views);
    if (!take_blocks(out, blocks, n * FC_WINDOW_COUNT)) return false;
    for (uint32_t i = 0; i < n * FC_WINDOW_COUNT; i++) {
        enum fc_window window = (enum fc_window)(i % FC_WINDOW_COUNT);
        const struct view *v = &views[i / FC_WINDOW_COUNT];
        char *topic = blocks[i]->topic;
        size_t topic_n = v->channel < 0 ? fc_topic_format(topic, x->scope, x->name, window)
                                        : fc_topic_format_channel(topic, x->scope, x->name, (enum fc_channel)v->channel, window);
        blocks[i]->topic_n = (uint32_t)topic_n;
        fill(e, blocks[i], owner_pairs(v, window, e), write_owner, v, window);
        out->give(out->ctx, blocks[i]);
    }
    return true;
}

/* ---- agent lists ------------------------------------------------------------------------------------------------ */

static void write_agent_queues(struct page *p, const struct fc_agent *a) {
    uint32_t serves = 0;
    for (uint32_t i = 0; i < a->queues_n; i++) serves += a->queues[i].serves;
    fc_mpw_key(&p->w, "queues");
    fc_mpw_array(&p->w, serves);
    for (uint32_t i = 0; i < a->queues_n; i++)
        if (a->queues[i].serves) fc_mpw_str(&p->w, a->queues[i].queue->e.name);
    fc_mpw_key(&p->w, "contact_queue");
    const struct fc_queue *q = a->talk != NULL ? a->talk->queue : a->alert;
    if (q != NULL) fc_mpw_str(&p->w, q->e.name);
    else fc_mpw_nil(&p->w);
}

/* What an agent's line shows of its day: all of it would be ten times as much work. */
static void sum_line(const struct fc_agent *a, struct fc_tally *day) {
    static const uint8_t shown[] = {FC_TALLY_answered, FC_TALLY_missed, FC_TALLY_talk_n, FC_TALLY_talk_us};
    const struct fc_cell *cell = a->e.cells[FC_CHANNEL_PLAIN];
    for (size_t i = 0; i < sizeof shown; i++) day->v[shown[i]] = cell == NULL ? 0 : fc_series_at(&cell->series, shown[i], FC_STRETCH_DAY);
}

static void write_agent(struct page *p, const struct fc_agent *a) {
    struct fc_mpw *w = &p->w;
    struct fc_tally shows = {0};
    struct fc_kpi_view day = {.tally = &shows, .complaints_open = -1};
    sum_line(a, &shows);
    struct fc_kpi_value talk = fc_kpi_compute(FC_KPI_talk_ms, &day);
    int64_t since_us;
    enum fc_agent_state shown = fc_timeline_state(&a->line, &since_us);
    fc_mpw_map(w, 10);
    fc_mpw_key(w, "name");
    fc_mpw_str(w, a->e.name);
    fc_mpw_key(w, "label");
    fc_mpw_str(w, a->label);
    fc_mpw_key(w, "state");
    fc_mpw_key(w, fc_word(FC_VOCAB_AGENT, shown));
    fc_mpw_key(w, "since_us");
    fc_mpw_int(w, since_us);
    fc_mpw_key(w, "reason");
    if (shown == a->said && a->reason.n > 0) fc_mpw_str(w, a->reason);
    else fc_mpw_nil(w);
    write_agent_queues(p, a);
    fc_mpw_key(w, "answered");
    fc_mpw_int(w, day.tally->v[FC_TALLY_answered]);
    fc_mpw_key(w, "missed");
    fc_mpw_int(w, day.tally->v[FC_TALLY_missed]);
    fc_mpw_key(w, "talk_ms");
    if (talk.known) fc_mpw_int(w, talk.i);
    else fc_mpw_nil(w);
}

static void write_agents(struct page *p, const void *what, enum fc_window window) {
    const struct fc_roster *r = what;
    (void)window;
    fc_mpw_key(&p->w, "agents");
    fc_mpw_array(&p->w, r->n);
    for (uint32_t i = 0; i < r->n; i++) write_agent(p, r->at[i]);
}

static bool publish_list(struct fc_engine *e, struct fc_outlet *out, struct fc_entity *x) {
    struct fc_state_block *b = out->take(out->ctx);
    if (b == NULL) return false;
    memcpy(b->topic, "agents/", 7);
    b->topic_n = 7 + (uint32_t)fc_topic_name(b->topic + 7, sizeof b->topic - 7, x->name);
    fill(e, b, 1, write_agents, &x->roster, FC_WINDOW_NOW);
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
    fc_mpw_map(w, 10);
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
    fc_mpw_key(w, "skew_ms");
    if (s->skew_known) fc_mpw_int(w, s->skew_us / 1000);
    else fc_mpw_nil(w);
    fc_mpw_key(w, "skewed");
    fc_mpw_bool(w, s->skewed);
    fc_mpw_key(w, "via");
    if (s->via != NULL) fc_mpw_str(w, s->via->name);
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
static int64_t wait_ms(struct fc_mono last, struct fc_mono now, int64_t spacing_ms) {
    if (last.ns == 0) return 0;
    int64_t since = fc_mono_ms_since(last, now);
    return since >= spacing_ms ? 0 : spacing_ms - since;
}

static void sooner(int64_t *due, int64_t ms) {
    if (*due < 0 || ms < *due) *due = ms;
}

struct lane { /* one of the two lists of entities that changed */
    struct fc_list_of *list;
    bool (*publish)(struct fc_engine *, struct fc_outlet *, struct fc_entity *);
    size_t listed, last; /* offsets of the flag and the time in struct fc_entity */
    bool by_size;        /* a long list is encoded whole: the longer it is, the less often */
};

static void publish_lane(struct fc_engine *e, struct fc_outlet *out, struct fc_mono now, const struct lane *lane, int64_t *due) {
    uint32_t kept = 0;
    bool room = true;
    for (uint32_t i = 0; i < lane->list->n; i++) {
        struct fc_entity *x = lane->list->at[i];
        struct fc_mono *last = (struct fc_mono *)((char *)x + lane->last);
        int64_t ms = wait_ms(*last, now, FC_TOPIC_SPACING_MS + (lane->by_size ? x->roster.n / LIST_AGENTS_PER_MS : 0));
        if (ms == 0 && room) {
            room = lane->publish(e, out, x);
            if (!room) e->counters.topics_held++;
            if (room) {
                *(bool *)((char *)x + lane->listed) = false;
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
    int64_t ms = wait_ms(*last, now, FC_TOPIC_SPACING_MS);
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

static void list_topic(struct fc_engine *e, const struct view *v, enum fc_window window) {
    char topic[FC_TOPIC_MAX];
    size_t n = v->channel < 0 ? fc_topic_format(topic, v->x->scope, v->x->name, window)
                              : fc_topic_format_channel(topic, v->x->scope, v->x->name, (enum fc_channel)v->channel, window);
    fc_list_push(&e->topics_gone, fc_str_copy_own(fc_str_n(topic, n)));
}

void fc_engine_topics_gone(struct fc_engine *e, struct fc_entity *x) {
    struct view views[1 + FC_CHANNEL_COUNT];
    uint32_t n = views_of(x, views);
    for (uint32_t i = 0; i < n; i++)
        for (enum fc_window window = 0; window < FC_WINDOW_COUNT; window++) list_topic(e, &views[i], window);
}

static void write_gone(struct page *p, const void *what, enum fc_window window) {
    (void)what;
    (void)window;
    fc_mpw_key(&p->w, "gone");
    fc_mpw_bool(&p->w, true);
}

/* Before anything else: a group of the same name may have taken its place, and is published after it. */
static void publish_gone(struct fc_engine *e, struct fc_outlet *out, int64_t *due) {
    while (e->topics_gone.n > 0) {
        struct fc_state_block *b = out->take(out->ctx);
        if (b == NULL) {
            sooner(due, 1);
            return;
        }
        struct fc_str *topic = e->topics_gone.at[--e->topics_gone.n];
        memcpy(b->topic, topic->p, topic->n);
        b->topic_n = topic->n;
        free(topic);
        fill(e, b, 1, write_gone, NULL, FC_WINDOW_NOW);
        b->gone = true;
        out->give(out->ctx, b);
    }
}

int64_t fc_engine_publish(struct fc_engine *e, struct fc_outlet *out, struct fc_mono now) {
    const struct lane windows = {&e->publish, publish_owner, offsetof(struct fc_entity, in_publish_list), offsetof(struct fc_entity, published), false};
    const struct lane lists = {&e->lists, publish_list, offsetof(struct fc_entity, in_list_list), offsetof(struct fc_entity, list_published), true};
    int64_t due = -1;
    publish_gone(e, out, &due);
    if (e->topics_gone.n > 0) return due;
    publish_map(e, out, now, &e->queues_to_publish, &e->queues_published, "queues", write_queues, &e->queues, &due);
    publish_map(e, out, now, &e->sources_to_publish, &e->sources_published, "sources", write_sources, &e->sources, &due);
    publish_lane(e, out, now, &windows, &due);
    publish_lane(e, out, now, &lists, &due);
    fc_live_publish(e, out, now, &due);
    return due;
}
