/* api -- the endpoints that answer from what is in the cache. They choose items by topic name and never look inside. */
#include "job.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>

struct picked {
    struct pick {
        struct fc_topic *topic;
        int channel; /* -1: as it is; else its only one, by whose name it is to be shown */
    } * v;
    size_t n, cap;
};

static void pick(struct picked *p, struct fc_topic *topic, int channel) {
    if (p->n == p->cap) {
        p->cap = p->cap > 0 ? 2 * p->cap : 64;
        p->v = realloc(p->v, p->cap * sizeof(struct pick));
        FC_ASSERT(p->v != NULL);
    }
    p->v[p->n++] = (struct pick){topic, channel};
}

static int by_name(const void *a, const void *b) {
    const struct pick *x = a, *y = b;
    return strcmp(x->topic->name, y->topic->name);
}

static enum fc_window window_of(const struct fc_query *q) {
    if (!fc_query_has(q, FC_QUERY_window)) return FC_WINDOW_DAY;
    enum fc_window w = 0;
    while (w + 1 < FC_WINDOW_COUNT && !fc_str_is(fc_query_str(q, FC_QUERY_window), fc_window_name(w))) w++;
    return w;
}

/* Whether the item's "channels" is this one alone. */
static bool has_only(const struct fc_topic *topic, int channel) {
    struct fc_mp at;
    struct fc_str word;
    uint32_t n;
    return fc_item_find(topic->item.p, topic->item.n, "channels", &at) && fc_mp_array(&at, &n) && n == 1 &&
           fc_mp_str(&at, &word) && fc_word_find(FC_VOCAB_CHANNEL, word) == channel;
}

/* The topic of one channel beside that of all: queue/NAME/WINDOW -> queue/NAME/CHANNEL/WINDOW. False: it was never used
 * here. */
static bool pick_channel(struct picked *p, const struct fc_cache *cache, struct fc_topic *all, int channel) {
    char name[FC_TOPIC_MAX + 20];
    const char *window = strrchr(all->name, '/');
    if (channel < 0 || has_only(all, channel)) {
        pick(p, all, channel);
        return true;
    }
    int n = snprintf(name, sizeof name, "%.*s/%s%s", (int)(window - all->name), all->name,
                     fc_word(FC_VOCAB_CHANNEL, (unsigned)channel), window);
    struct fc_topic *topic = fc_cache_find(cache, fc_str_n(name, (size_t)n));
    if (topic == NULL || !fc_topic_live(topic)) return false;
    pick(p, topic, -1);
    return true;
}

/* Every live SCOPE/NAME/WINDOW by name; groups without "all", which is a scope of its own. */
static void pick_all(struct picked *p, const struct fc_cache *cache, const char *scope, enum fc_window window,
                     int channel) {
    char end[20];
    size_t start = p->n, before = strlen(scope),
           end_n = (size_t)snprintf(end, sizeof end, "/%s", fc_window_name(window));
    for (struct fc_topic *t = cache->all; t != NULL; t = t->next) {
        struct fc_str name = fc_topic_str(t);
        if (!fc_topic_live(t) || !fc_str_starts(name, scope) || name.n < before + end_n) continue;
        size_t middle = name.n - before - end_n;
        if (memcmp(name.p + name.n - end_n, end, end_n) != 0 || memchr(name.p + before, '/', middle) != NULL) continue;
        if (!fc_str_starts(name, "group/all/")) (void)pick_channel(p, cache, t, channel);
    }
    if (p->n > start) qsort(p->v + start, p->n - start, sizeof *p->v, by_name);
}

/* False: there is no such topic, and the reply says so. */
static bool pick_one(struct picked *p, struct fc_job *job, enum fc_scope scope, struct fc_str name) {
    static const char *const words[] = {
        [FC_SCOPE_QUEUE] = "queue", [FC_SCOPE_GROUP] = "group", [FC_SCOPE_AGENT] = "agent"};
    char topic[FC_TOPIC_MAX];
    size_t n = fc_topic_format(topic, scope, name, window_of(&job->query));
    struct fc_topic *t = fc_cache_find(&job->hub->cache, fc_str_n(topic, n));
    if (t == NULL || !fc_topic_live(t)) {
        fc_job_error(job, 404, "%s=%.*s: no such %s", words[scope], FC_STR_ARG(name), words[scope]);
        return false;
    }
    if (pick_channel(p, &job->hub->cache, t, fc_query_channel(&job->query))) return true;
    fc_job_error(job, 404, "channel=%s: no such channel here, at %s=%.*s", job->query.v[FC_QUERY_channel].text,
                 words[scope], FC_STR_ARG(name));
    return false;
}

static bool pick_named(struct picked *p, struct fc_job *job) {
    static const struct {
        enum fc_query_key key;
        enum fc_scope scope;
    } filters[] = {
        {FC_QUERY_queue, FC_SCOPE_QUEUE}, {FC_QUERY_agent, FC_SCOPE_AGENT}, {FC_QUERY_group, FC_SCOPE_GROUP}};
    for (int i = 0; i < 3; i++)
        if (fc_query_has(&job->query, filters[i].key) &&
            !pick_one(p, job, filters[i].scope, fc_query_str(&job->query, filters[i].key)))
            return false;
    return true;
}

static bool pick_filtered(struct picked *p, struct fc_job *job) {
    const struct fc_query *q = &job->query;
    const struct fc_cache *cache = &job->hub->cache;
    enum fc_window window = window_of(q);
    int channel = fc_query_channel(q);
    struct fc_str scope = fc_query_str(q, FC_QUERY_scope);
    bool named = fc_query_has(q, FC_QUERY_queue) || fc_query_has(q, FC_QUERY_agent) || fc_query_has(q, FC_QUERY_group);
    bool everything = !named && scope.n == 0;
    if (everything || fc_str_is(scope, "queue")) pick_all(p, cache, "queue/", window, channel);
    if (fc_str_is(scope, "group")) pick_all(p, cache, "group/", window, channel);
    if (fc_str_is(scope, "agent")) pick_all(p, cache, "agent/", window, channel);
    if (everything || fc_str_is(scope, "all")) {
        char topic[FC_TOPIC_MAX];
        size_t n = fc_topic_format(topic, FC_SCOPE_GROUP, FC_STR_LIT("all"), window);
        struct fc_topic *t = fc_cache_find(cache, fc_str_n(topic, n));
        if (t != NULL && fc_topic_live(t)) (void)pick_channel(p, cache, t, channel);
    }
    return pick_named(p, job);
}

/* Before the first state has come every answer would be a lie. */
static bool ready(struct fc_job *job) {
    if (job->hub->cache.live > job->hub->own_topics) return true;
    fc_job_error(job, 503, "no state from the aggregator yet");
    return false;
}

/* An item whose only channel is the one asked for is that channel's: nothing differs but what it is called. */
static void add_as_channel(struct fc_bytes *rows, const struct fc_topic *topic, int channel) {
    struct fc_mp at = fc_mp_open(topic->item.p, topic->item.n);
    struct fc_str key;
    uint32_t pairs;
    bool good = fc_mp_map(&at, &pairs);
    fc_bytes_char(rows, '{');
    for (uint32_t i = 0; good && i < pairs; i++) {
        if (i > 0) fc_bytes_char(rows, ',');
        good = fc_mp_str(&at, &key);
        fc_json_string(rows, key);
        fc_bytes_char(rows, ':');
        if (good && fc_str_is(key, "channel")) {
            fc_json_string(rows, fc_str(fc_word(FC_VOCAB_CHANNEL, (unsigned)channel)));
            good = fc_mp_skip(&at);
        } else {
            good = good && fc_json_value(rows, &at);
        }
    }
    FC_ASSERT(good); /* it had a form as JSON before */
    fc_bytes_char(rows, '}');
}

static void add_picked(struct fc_bytes *rows, const struct picked *picked) {
    for (size_t i = 0; i < picked->n; i++) {
        struct fc_str json = fc_topic_json(picked->v[i].topic);
        if (json.n == 0) continue;
        if (rows->n > 0) fc_bytes_char(rows, ',');
        if (picked->v[i].channel < 0)
            fc_bytes_str(rows, json);
        else
            add_as_channel(rows, picked->v[i].topic, picked->v[i].channel);
    }
}

static bool filters_are_good(struct fc_job *job) {
    const struct fc_query *q = &job->query;
    bool agents = fc_query_has(q, FC_QUERY_agent) || fc_str_is(fc_query_str(q, FC_QUERY_scope), "agent");
    bool range = fc_query_has(q, FC_QUERY_from) || fc_query_has(q, FC_QUERY_to);
    if (agents && fc_query_channel(q) >= 0)
        fc_job_error(job, 400, "channel: an agent's numbers are kept for all channels together");
    else if (!range && fc_query_has(q, FC_QUERY_step_us))
        fc_job_error(job, 400, "step_us: expected together with from and to");
    else
        return true;
    return false;
}

void fc_kpi_run(struct fc_job *job) {
    if (!filters_are_good(job)) return;
    if (fc_query_has(&job->query, FC_QUERY_from) || fc_query_has(&job->query, FC_QUERY_to)) {
        fc_range_run(job);
        return;
    }
    struct picked picked = {0};
    struct fc_bytes rows = {0};
    char head[100];
    if (ready(job) && pick_filtered(&picked, job)) {
        add_picked(&rows, &picked);
        (void)snprintf(head, sizeof head, "{\"at_us\":%lld,\"window\":\"%s\",\"items\":[",
                       (long long)job->hub->views.at_us, fc_window_name(window_of(&job->query)));
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
    if (good)
        fc_job_rows(job, head, &rows);
    else
        fc_job_error(job, 502, "the aggregator's %s are not of the agreed form", key);
    fc_bytes_free(&rows);
}

void fc_agents_run(struct fc_job *job) {
    char topic[FC_TOPIC_MAX] = "agents/";
    bool all = !fc_query_has(&job->query, FC_QUERY_queue);
    struct fc_str name = all ? FC_STR_LIT("all") : fc_query_str(&job->query, FC_QUERY_queue);
    size_t n = 7 + fc_topic_name(topic + 7, sizeof topic - 7, name);
    struct fc_topic *t = fc_cache_find(&job->hub->cache, fc_str_n(topic, n));
    if (!ready(job)) return;
    if (t != NULL && fc_topic_live(t))
        array_of(job, t, "agents");
    else if (all)
        fc_job_rows(job, "{\"agents\":[", &(struct fc_bytes){0});
    else
        fc_job_error(job, 404, "queue=%.*s: no such queue", FC_STR_ARG(name));
}

void fc_sources_run(struct fc_job *job) {
    struct fc_topic *t = fc_cache_find(&job->hub->cache, FC_STR_LIT("sources"));
    if (!ready(job)) return;
    if (t != NULL && fc_topic_live(t))
        array_of(job, t, "sources");
    else
        fc_job_rows(job, "{\"sources\":[", &(struct fc_bytes){0});
}
