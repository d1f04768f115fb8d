/* api -- the endpoints that answer from what is in the cache. They choose items by topic name and never look inside. */
#include "job.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>

struct picked {
    struct fc_topic **v;
    size_t n, cap;
};

static void pick(struct picked *p, struct fc_topic *topic) {
    if (p->n == p->cap) {
        p->cap = p->cap > 0 ? 2 * p->cap : 64;
        p->v = realloc(p->v, p->cap * sizeof(struct fc_topic *));
        FC_ASSERT(p->v != NULL);
    }
    p->v[p->n++] = topic;
}

static int by_name(const void *a, const void *b) {
    struct fc_topic *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* Every live topic "PREFIX../WINDOW", by name. */
static void pick_all(struct picked *p, const struct fc_cache *cache, const char *prefix, const char *window) {
    size_t start = p->n, w = strlen(window);
    for (struct fc_topic *t = cache->all; t != NULL; t = t->next) {
        struct fc_str name = fc_topic_str(t);
        if (!fc_topic_live(t) || !fc_str_starts(name, prefix) || name.n < w + 1) continue;
        if (name.p[name.n - w - 1] == '/' && memcmp(name.p + name.n - w, window, w) == 0) pick(p, t);
    }
    if (p->n > start) qsort(p->v + start, p->n - start, sizeof *p->v, by_name);
}

static enum fc_window window_of(const struct fc_query *q) {
    if (!fc_query_has(q, FC_QUERY_window)) return FC_WINDOW_DAY;
    enum fc_window w = 0;
    while (w + 1 < FC_WINDOW_COUNT && !fc_str_is(fc_query_str(q, FC_QUERY_window), fc_window_name(w))) w++;
    return w;
}

/* False: there is no such topic, and the reply says so. */
static bool pick_one(struct picked *p, struct fc_job *job, enum fc_query_key key, enum fc_scope scope, enum fc_window window) {
    char topic[FC_TOPIC_MAX];
    struct fc_str name = fc_query_str(&job->query, key);
    size_t n = fc_topic_format(topic, scope, name, NULL, window);
    struct fc_topic *t = fc_cache_find(&job->hub->cache, fc_str_n(topic, n));
    if (t != NULL && fc_topic_live(t)) {
        pick(p, t);
        return true;
    }
    static const char *const words[] = {[FC_SCOPE_QUEUE] = "queue", [FC_SCOPE_GROUP] = "group", [FC_SCOPE_AGENT] = "agent"};
    fc_job_error(job, 404, "%s=%.*s: no such %s", words[scope], FC_STR_ARG(name), words[scope]);
    return false;
}

static bool pick_filtered(struct picked *p, struct fc_job *job, enum fc_window window) {
    const struct fc_query *q = &job->query;
    const struct fc_cache *cache = &job->hub->cache;
    struct fc_str scope = fc_query_str(q, FC_QUERY_scope);
    bool named = fc_query_has(q, FC_QUERY_queue) || fc_query_has(q, FC_QUERY_agent) || fc_query_has(q, FC_QUERY_group);
    bool everything = !named && scope.n == 0;
    if (everything || fc_str_is(scope, "queue")) pick_all(p, cache, "queue/", fc_window_name(window));
    if (fc_str_is(scope, "agent")) pick_all(p, cache, "agent/", fc_window_name(window));
    if (everything || fc_str_is(scope, "all")) pick_all(p, cache, "group/all/", fc_window_name(window));
    if (fc_query_has(q, FC_QUERY_queue) && !pick_one(p, job, FC_QUERY_queue, FC_SCOPE_QUEUE, window)) return false;
    if (fc_query_has(q, FC_QUERY_agent) && !pick_one(p, job, FC_QUERY_agent, FC_SCOPE_AGENT, window)) return false;
    return !fc_query_has(q, FC_QUERY_group) || pick_one(p, job, FC_QUERY_group, FC_SCOPE_GROUP, window);
}

/* Before the first state has come every answer would be a lie. */
static bool ready(struct fc_job *job) {
    if (job->hub->cache.live > 0) return true;
    fc_job_error(job, 503, "no state from the aggregator yet");
    return false;
}

void fc_kpi_run(struct fc_job *job) {
    if (fc_query_has(&job->query, FC_QUERY_from) || fc_query_has(&job->query, FC_QUERY_to)) {
        fc_range_run(job);
        return;
    }
    if (fc_query_has(&job->query, FC_QUERY_step_us)) {
        fc_job_error(job, 400, "step_us: expected together with from and to");
        return;
    }
    struct picked picked = {0};
    struct fc_bytes rows = {0};
    char head[100];
    enum fc_window window = window_of(&job->query);
    if (ready(job) && pick_filtered(&picked, job, window)) {
        for (size_t i = 0; i < picked.n; i++) {
            if (i > 0) fc_bytes_char(&rows, ',');
            fc_bytes_str(&rows, fc_topic_json(picked.v[i]));
        }
        (void)snprintf(head, sizeof head, "{\"at_us\":%lld,\"window\":\"%s\",\"items\":[", (long long)job->hub->views.at_us,
                       fc_window_name(window));
        fc_job_rows(job, head, &rows);
    }
    free(picked.v);
    fc_bytes_free(&rows);
}

/* Answers with the array under `key` of a topic's item. */
static void array_of(struct fc_job *job, struct fc_topic *topic, const char *key) {
    struct fc_bytes rows = {0};
    struct fc_mp at;
    uint32_t n;
    char head[100];
    bool good = fc_item_find(topic->item.p, topic->item.n, key, &at) && fc_mp_array(&at, &n);
    for (uint32_t i = 0; good && i < n; i++) {
        if (i > 0) fc_bytes_char(&rows, ',');
        good = fc_json_value(&rows, &at);
    }
    (void)snprintf(head, sizeof head, "{\"at_us\":%lld,\"%s\":[", (long long)topic->at_us, key);
    if (good) fc_job_rows(job, head, &rows);
    else fc_job_error(job, 502, "the aggregator's %s are not of the agreed form", key);
    fc_bytes_free(&rows);
}

void fc_agents_run(struct fc_job *job) {
    char topic[FC_TOPIC_MAX] = "agents/";
    bool all = !fc_query_has(&job->query, FC_QUERY_queue);
    struct fc_str name = all ? FC_STR_LIT("all") : fc_query_str(&job->query, FC_QUERY_queue);
    size_t n = 7 + fc_topic_name(topic + 7, sizeof topic - 7, name);
    struct fc_topic *t = fc_cache_find(&job->hub->cache, fc_str_n(topic, n));
    if (!ready(job)) return;
    if (t != NULL && fc_topic_live(t)) array_of(job, t, "agents");
    else if (all) fc_job_rows(job, "{\"agents\":[", &(struct fc_bytes){0});
    else fc_job_error(job, 404, "queue=%.*s: no such queue", FC_STR_ARG(name));
}

void fc_sources_run(struct fc_job *job) {
    struct fc_topic *t = fc_cache_find(&job->hub->cache, FC_STR_LIT("sources"));
    if (!ready(job)) return;
    if (t != NULL && fc_topic_live(t)) array_of(job, t, "sources");
    else fc_job_rows(job, "{\"sources\":[", &(struct fc_bytes){0});
}
