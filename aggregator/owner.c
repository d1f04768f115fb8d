/* owner -- the things that numbers belong to: queues, groups of queues, `all` and agents, as far as they have a name and tallies; and
 * for which of them something changed. */
#include "live.h"
#include "engine_internal.h"

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

struct fc_str *fc_str_copy_own(struct fc_str s) {
    struct fc_str *copy = malloc(sizeof *copy + s.n);
    FC_ASSERT(copy != NULL);
    if (s.n > 0) memcpy(copy + 1, s.p, s.n);
    *copy = fc_str_n((const char *)(copy + 1), s.n);
    return copy;
}

void fc_str_replace(struct fc_str *owned, struct fc_str with) {
    struct fc_str copy = fc_str_own(with);
    free((void *)(uintptr_t)owned->p);
    *owned = copy;
}

/* ---- owners ------------------------------------------------------------------------------------------------------ */

#define LINE 64

/* Owners are many and touched seldom: where one begins decides how many lines of memory that takes. */
void *fc_owner_alloc(size_t size) {
    size = (size + LINE - 1) / LINE * LINE;
    void *p = aligned_alloc(LINE, size);
    FC_ASSERT(p != NULL);
    memset(p, 0, size);
    return p;
}

void fc_entity_init(struct fc_engine *e, struct fc_entity *x, enum fc_scope scope, struct fc_str name) {
    x->name = fc_str_own(name);
    x->scope = scope;
    fc_levels_init(&x->levels, e->now_us);
    if (e->now_us > 0) fc_engine_start_day(e, x);
    fc_list_push(&e->owners, x);
}

void fc_entity_fini(struct fc_entity *x) {
    for (int ch = 0; ch < FC_CELLS; ch++) {
        if (x->cells[ch] == NULL) continue;
        fc_series_fini(&x->cells[ch]->series);
        free(x->cells[ch]);
    }
    free(x->roster.at);
    free((void *)(uintptr_t)x->name.p);
}

struct fc_cell *fc_entity_cell(struct fc_entity *x, uint8_t channel) {
    FC_ASSERT(channel < FC_CELLS);
    if (x->cells[channel] == NULL) {
        x->cells[channel] = fc_owner_alloc(sizeof *x->cells[channel]);
    }
    return x->cells[channel];
}

struct fc_queue *fc_engine_queue(struct fc_engine *e, struct fc_str name) {
    struct fc_queue *q = fc_map_find(&e->queues, name);
    if (q != NULL) return q;
    q = fc_owner_alloc(sizeof *q);
    q->rules = fc_rules_queue(e->rules, name);
    fc_entity_init(e, &q->e, FC_SCOPE_QUEUE, name);
    fc_map_add(&e->queues, q);
    const struct fc_member *in;
    for (uint32_t n = fc_rules_groups(e->rules, name, &in); n > 0; n--, in++) {
        struct fc_group *g = e->groups.at[in->group - e->rules->groups]; /* they stand in the order of the rules */
        fc_list_push(&q->groups, g);
        fc_list_push(&g->queues, q);
    }
    e->counters.queues++;
    e->queues_to_publish = true;
    fc_engine_touch(e, &q->e);
    fc_engine_touch_list(e, &q->e);
    fc_live_queue_is_new(e, q);
    return q;
}

void fc_engine_each_owner(struct fc_engine *e, struct fc_queue *queue, struct fc_agent *agent, fc_owner_fn *f, void *ctx) {
    if (queue != NULL) {
        f(e, &queue->e, ctx);
        for (uint32_t i = 0; i < queue->groups.n; i++) f(e, &((struct fc_group *)queue->groups.at[i])->e, ctx);
    }
    f(e, &e->all.e, ctx);
    if (agent != NULL) f(e, &agent->e, ctx);
}

void fc_engine_every_owner(struct fc_engine *e, fc_owner_fn *f, void *ctx) {
    struct fc_queue *q;
    struct fc_agent *a;
    for (uint32_t at = 0; (q = fc_map_each(&e->queues, &at)) != NULL;) f(e, &q->e, ctx);
    for (uint32_t i = 0; i < e->groups.n; i++) f(e, &((struct fc_group *)e->groups.at[i])->e, ctx);
    f(e, &e->all.e, ctx);
    for (uint32_t at = 0; (a = fc_map_each(&e->agents, &at)) != NULL;) f(e, &a->e, ctx);
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

static void free_group(struct fc_group *g) {
    fc_entity_fini(&g->e);
    free(g->queues.at);
    free(g);
}

void fc_engine_free_groups(struct fc_engine *e) {
    for (uint32_t i = 0; i < e->groups.n; i++) free_group(e->groups.at[i]);
    free(e->groups.at);
    e->groups = (struct fc_list_of){0};
}

struct fc_group *fc_engine_group(const struct fc_engine *e, struct fc_str name) {
    for (uint32_t i = 0; i < e->groups.n; i++) {
        struct fc_group *g = e->groups.at[i];
        if (fc_str_eq(g->e.name, name)) return g;
    }
    return NULL;
}

static bool same_queues(const struct fc_group_rules *a, const struct fc_group_rules *b) {
    if (strcmp(a->name, b->name) != 0 || a->queues_n != b->queues_n) return false;
    for (uint32_t i = 0; i < a->queues_n; i++)
        if (strcmp(a->queues[i], b->queues[i]) != 0) return false;
    return true;
}

/* A group of the old rules that the new ones have unchanged, taken out of the old list. */
static struct fc_group *unchanged(struct fc_list_of *old, const struct fc_group_rules *rules) {
    for (uint32_t i = 0; i < old->n; i++) {
        struct fc_group *g = old->at[i];
        if (!same_queues(g->rules, rules)) continue;
        old->at[i] = old->at[--old->n];
        return g;
    }
    return NULL;
}

static void link_queues(struct fc_engine *e, struct fc_group *g) {
    g->queues.n = 0;
    for (uint32_t k = 0; k < g->rules->queues_n; k++) {
        struct fc_queue *q = fc_map_find(&e->queues, fc_str(g->rules->queues[k]));
        if (q == NULL) continue; /* joins when it appears */
        fc_list_push(&q->groups, g);
        fc_list_push(&g->queues, q);
    }
}

static struct fc_group *new_group(struct fc_engine *e, const struct fc_group_rules *rules) {
    struct fc_group *g = fc_owner_alloc(sizeof *g);
    g->rules = rules;
    fc_entity_init(e, &g->e, FC_SCOPE_GROUP, fc_str(rules->name));
    return g;
}

void fc_engine_group_gone(struct fc_engine *e, struct fc_str name) { fc_list_push(&e->groups_gone, fc_str_copy_own(name)); }

static void list_owner(struct fc_engine *e, struct fc_entity *x, void *ctx) {
    (void)ctx;
    fc_list_push(&e->owners, x);
}

void fc_engine_regroup(struct fc_engine *e) {
    struct fc_list_of old = e->groups;
    struct fc_queue *q;
    e->groups = (struct fc_list_of){0};
    struct fc_list_of fresh = {0};
    for (uint32_t i = 0; i < e->rules->groups_n; i++) {
        const struct fc_group_rules *rules = &e->rules->groups[i];
        struct fc_group *g = unchanged(&old, rules);
        if (g == NULL) fc_list_push(&fresh, g = new_group(e, rules));
        g->rules = rules;
        fc_list_push(&e->groups, g);
    }
    for (uint32_t i = 0; i < old.n; i++) fc_agent_feed_group(e, old.at[i], -1);
    for (uint32_t at = 0; (q = fc_map_each(&e->queues, &at)) != NULL;) q->groups.n = 0;
    for (uint32_t i = 0; i < e->groups.n; i++) link_queues(e, e->groups.at[i]);
    e->owners.n = 0;
    fc_engine_every_owner(e, list_owner, NULL);
    for (uint32_t i = 0; i < fresh.n; i++) {
        fc_engine_sum_group(e, fresh.at[i]);
        fc_agent_feed_group(e, fresh.at[i], 1);
    }
    for (uint32_t i = 0; i < old.n; i++) {
        struct fc_group *g = old.at[i];
        fc_engine_drop_owner(e, &g->e);
        fc_engine_group_gone(e, g->e.name);
        fc_engine_topics_gone(e, &g->e);
        free_group(g);
    }
    free(old.at);
    free(fresh.at);
}

/* ---- what the rules say of an owner -------------------------------------------------------------------------------- */

const struct fc_settings *fc_entity_settings(const struct fc_engine *e, const struct fc_entity *x, int channel) {
    if (x->scope != FC_SCOPE_QUEUE) return &e->rules->defaults.settings;
    const struct fc_queue_rules *r = ((const struct fc_queue *)x)->rules;
    return channel < 0 ? &r->settings : &r->channels[channel];
}

double fc_entity_goal(const struct fc_engine *e, const struct fc_entity *x, int channel) {
    const struct fc_group_rules *g = x->scope == FC_SCOPE_GROUP ? ((const struct fc_group *)x)->rules : NULL;
    return g != NULL ? g->goal : fc_entity_settings(e, x, channel)->goal;
}

struct fc_variants fc_entity_variants(const struct fc_engine *e, const struct fc_entity *x) {
    if (x->scope == FC_SCOPE_QUEUE) return ((const struct fc_queue *)x)->rules->variants;
    const struct fc_group_rules *g = x->scope == FC_SCOPE_GROUP ? ((const struct fc_group *)x)->rules : NULL;
    return g != NULL ? g->variants : e->rules->defaults.variants;
}

/* ---- rosters ----------------------------------------------------------------------------------------------------- */

static int by_label(const struct fc_agent *a, const struct fc_agent *b) {
    uint32_t n = a->label.n < b->label.n ? a->label.n : b->label.n;
    int c = memcmp(a->label.p, b->label.p, n);
    if (c == 0) c = (a->label.n > b->label.n) - (a->label.n < b->label.n);
    if (c == 0) c = a < b ? -1 : a > b; /* one label, two agents: any fixed order */
    return c;
}

/* The first agent that does not come before `a`. */
static uint32_t place_of(const struct fc_roster *r, const struct fc_agent *a) {
    uint32_t lo = 0, hi = r->n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (by_label(r->at[mid], a) < 0) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

void fc_roster_insert(struct fc_roster *r, struct fc_agent *a) {
    if (r->n == r->cap) {
        r->cap = r->cap == 0 ? 8 : 2 * r->cap;
        r->at = realloc(r->at, r->cap * sizeof *r->at);
        FC_ASSERT(r->at != NULL);
    }
    uint32_t i = place_of(r, a);
    memmove(r->at + i + 1, r->at + i, (r->n - i) * sizeof *r->at);
    r->at[i] = a;
    r->n++;
}

void fc_roster_remove(struct fc_roster *r, const struct fc_agent *a) {
    uint32_t i = place_of(r, a);
    FC_ASSERT(i < r->n && r->at[i] == a);
    r->n--;
    memmove(r->at + i, r->at + i + 1, (r->n - i) * sizeof *r->at);
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

static int64_t first_wait_us(const struct fc_entity *queue, int channel) {
    int64_t first_us = 0;
    for (int ch = 0; ch < FC_CHANNEL_COUNT; ch++) {
        if (queue->cells[ch] == NULL || queue->cells[ch]->wait_first == NULL || (channel >= 0 && ch != channel)) continue;
        int64_t us = queue->cells[ch]->wait_first->offered_us;
        if (first_us == 0 || us < first_us) first_us = us;
    }
    return first_us;
}

static void keep_earlier(int64_t *first_us, int64_t us) {
    if (us != 0 && (*first_us == 0 || us < *first_us)) *first_us = us;
}

int64_t fc_entity_longest_wait_since_us(const struct fc_engine *e, const struct fc_entity *x, int channel) {
    int64_t first_us = 0;
    if (x->scope == FC_SCOPE_AGENT) return 0;
    if (x->scope == FC_SCOPE_QUEUE) return first_wait_us(x, channel);
    const struct fc_group *g = (const struct fc_group *)x;
    const struct fc_queue *q;
    for (uint32_t i = 0; i < g->queues.n; i++) keep_earlier(&first_us, first_wait_us(&((struct fc_queue *)g->queues.at[i])->e, channel));
    if (x != &e->all.e) return first_us;
    for (uint32_t at = 0; (q = fc_map_each(&e->queues, &at)) != NULL;) keep_earlier(&first_us, first_wait_us(&q->e, channel));
    return first_us;
}

/* ---- what changed ------------------------------------------------------------------------------------------------ */

void fc_engine_touch_gauges(struct fc_engine *e, struct fc_entity *x) {
    if (x->in_publish_list) return;
    x->in_publish_list = true;
    fc_list_push(&e->publish, x);
}

void fc_engine_touch(struct fc_engine *e, struct fc_entity *x) {
    fc_engine_touch_gauges(e, x);
    if (x->in_store_list) return;
    x->in_store_list = true;
    fc_list_push(&e->store, x);
}

void fc_engine_touch_list(struct fc_engine *e, struct fc_entity *x) {
    if (x->in_list_list) return;
    x->in_list_list = true;
    fc_list_push(&e->lists, x);
}

/* It stands in no list any more and can be freed. */
void fc_engine_drop_owner(struct fc_engine *e, struct fc_entity *x) {
    fc_steps_drop(e->steps, &x->levels);
    struct fc_list_of *lists[] = {&e->publish, &e->lists, &e->store};
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
        for (uint32_t i = 0; i < lists[k]->n; i++)
            if (lists[k]->at[i] == x) lists[k]->at[i--] = lists[k]->at[--lists[k]->n];
}

static void publish_owner(struct fc_engine *e, struct fc_entity *x, void *ctx) {
    (void)ctx;
    fc_engine_touch_gauges(e, x);
    if (x->scope == FC_SCOPE_QUEUE) fc_engine_touch_list(e, x);
}

void fc_engine_publish_all(struct fc_engine *e) {
    fc_engine_every_owner(e, publish_owner, NULL);
    fc_engine_touch_list(e, &e->all.e);
    e->queues_to_publish = e->sources_to_publish = true;
}
