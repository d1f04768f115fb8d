/* history -- the endpoints that ask the aggregator for stored intervals: any range, merged or in steps. */
#include "job.h"
#include "json.h"

#include <stdio.h>

static void ask(struct fc_job *job, const struct fc_range *ranges, uint32_t n, fc_ask_done *done) {
    enum fc_status status;
    job->ask = fc_ask_range(job->asks, ranges, n, done, job, &status);
    if (job->ask == NULL) fc_job_unasked(job, status);
}

static bool range_is_good(struct fc_job *job, enum fc_query_key step) {
    struct fc_error err;
    if (fc_query_range(&job->query, step, &err) == FC_OK) return true;
    fc_job_error(job, 400, "%s", err.text);
    return false;
}

static struct fc_range range_of(const struct fc_query *q, enum fc_query_key step, const char *scope,
                                struct fc_str name) {
    int channel = fc_query_channel(q);
    return (struct fc_range){.scope = scope,
                             .name = name,
                             .channel = channel < 0 ? (struct fc_str){0} : fc_query_str(q, FC_QUERY_channel),
                             .from_us = q->v[FC_QUERY_from].us,
                             .to_us = q->v[FC_QUERY_to].us,
                             .step_us = q->v[step].us};
}

/* Every question that the filters of /api/v1/kpi mean; at most FC_ASK_RANGES_MAX. */
static uint32_t ranges_of(const struct fc_query *q, struct fc_range *out) {
    uint32_t n = 0;
    struct fc_str none = {0}, scope = fc_query_str(q, FC_QUERY_scope);
    bool queue = fc_query_has(q, FC_QUERY_queue), agent = fc_query_has(q, FC_QUERY_agent),
         group = fc_query_has(q, FC_QUERY_group);
    bool everything = !queue && !agent && !group && scope.n == 0;
    enum fc_query_key step = FC_QUERY_step_us;
    if (queue) out[n++] = range_of(q, step, "queue", fc_query_str(q, FC_QUERY_queue));
    if (agent) out[n++] = range_of(q, step, "agent", fc_query_str(q, FC_QUERY_agent));
    if (group) out[n++] = range_of(q, step, "group", fc_query_str(q, FC_QUERY_group));
    if (everything) out[n++] = range_of(q, step, "queue", none);
    if (everything) out[n++] = range_of(q, step, "all", none);
    if (scope.n > 0) out[n++] = range_of(q, step, q->v[FC_QUERY_scope].text, none);
    return n;
}

static void range_done(void *ctx, enum fc_status status, struct fc_bytes *items, uint32_t count,
                       const struct fc_error *err) {
    struct fc_job *job = ctx;
    struct fc_bytes rows = {0};
    char head[140];
    if (fc_job_answered(job, status, err)) {
        struct fc_mp mp = fc_mp_open(items->p, items->n);
        bool good = true;
        for (uint32_t i = 0; good && i < count; i++) {
            if (i > 0) fc_bytes_char(&rows, ',');
            good = fc_json_value(&rows, &mp);
        }
        (void)snprintf(head, sizeof head, "{\"at_us\":%lld,\"from_us\":%lld,\"to_us\":%lld,\"items\":[",
                       (long long)job->hub->views.at_us, (long long)job->query.v[FC_QUERY_from].us,
                       (long long)job->query.v[FC_QUERY_to].us);
        if (good)
            fc_job_rows(job, head, &rows);
        else
            fc_job_error(job, 502, "the aggregator's items are not of the agreed form");
    }
    fc_bytes_free(&rows);
    job->finished(job);
}

void fc_range_run(struct fc_job *job) {
    struct fc_range ranges[FC_ASK_RANGES_MAX];
    if (fc_query_has(&job->query, FC_QUERY_window)) {
        fc_job_error(job, 400, "window: expected either a window or from and to");
        return;
    }
    if (range_is_good(job, FC_QUERY_step_us)) ask(job, ranges, ranges_of(&job->query, ranges), range_done);
}

/* Walks "left.abandoned" down from an item; *at then stands at the value. */
static bool find_kpi(struct fc_str item, struct fc_str path, struct fc_mp *at) {
    while (path.n > 0) {
        const char *dot = memchr(path.p, '.', path.n);
        char key[FC_QUERY_NAME_MAX + 1];
        (void)fc_str_copy(key, sizeof key, dot == NULL ? path : fc_str_n(path.p, (size_t)(dot - path.p)));
        if (!fc_item_find(item.p, item.n, key, at)) return false;
        item = fc_str_n((const char *)at->p, fc_mp_left(at));
        path = dot == NULL ? (struct fc_str){0} : fc_str_n(dot + 1, path.n - (size_t)(dot + 1 - path.p));
    }
    return true;
}

/* A plain value is "value"; a ratio or a mean with n brings its own keys. */
static bool add_value(struct fc_bytes *out, struct fc_mp at) {
    uint32_t pairs;
    struct fc_str key;
    struct fc_mp inner;
    if (fc_mp_peek(&at) == FC_MP_ARRAY) return false;
    if (!fc_mp_map(&at, &pairs)) {
        fc_bytes_text(out, ",\"value\":");
        return fc_json_value(out, &at);
    }
    struct fc_mp map = at;
    bool has_value = false;
    for (uint32_t i = 0; i < pairs; i++) {
        if (!fc_mp_str(&map, &key)) return false;
        bool mean = fc_str_is(key, "mean");
        fc_bytes_char(out, ',');
        fc_json_string(out, mean ? FC_STR_LIT("value") : key);
        fc_bytes_char(out, ':');
        has_value = has_value || mean || fc_str_is(key, "value");
        inner = map;
        if (!fc_json_value(out, &inner)) return false;
        map = inner;
    }
    return has_value;
}

enum point { POINT, NO_KPI, NO_VALUE };

static enum point add_point(struct fc_bytes *out, struct fc_str item, struct fc_str kpi) {
    struct fc_mp at;
    int64_t from = 0, to = 0;
    if (fc_item_find(item.p, item.n, "from_us", &at)) (void)fc_mp_i64(&at, &from);
    if (fc_item_find(item.p, item.n, "to_us", &at)) (void)fc_mp_i64(&at, &to);
    fc_bytes_printf(out, "%s{\"from_us\":%lld,\"to_us\":%lld", out->n > 0 ? "," : "", (long long)from, (long long)to);
    if (!find_kpi(item, kpi, &at)) return NO_KPI;
    if (!add_value(out, at)) return NO_VALUE;
    fc_bytes_char(out, '}');
    return POINT;
}

static void points(struct fc_job *job, const struct fc_bytes *items, uint32_t count) {
    struct fc_str kpi = fc_query_str(&job->query, FC_QUERY_kpi);
    struct fc_bytes rows = {0}, head = {0};
    struct fc_mp mp = fc_mp_open(items->p, items->n);
    enum point how = POINT;
    for (uint32_t i = 0; i < count && how == POINT; i++) {
        const uint8_t *start = mp.p;
        FC_ASSERT(fc_mp_skip(&mp)); /* walked once already when it came in */
        how = add_point(&rows, fc_str_n((const char *)start, (size_t)(mp.p - start)), kpi);
    }
    fc_bytes_text(&head, "{\"kpi\":");
    fc_json_string(&head, kpi);
    fc_bytes_text(&head, ",\"points\":[");
    fc_bytes_char(&head, '\0');
    if (how == NO_KPI)
        fc_job_error(job, 400, "kpi=%.*s: no such KPI, expected a key of an item of /api/v1/kpi", FC_STR_ARG(kpi));
    else if (how == NO_VALUE)
        fc_job_error(job, 400, "kpi=%.*s: is not one number, expected one of its parts", FC_STR_ARG(kpi));
    else
        fc_job_rows(job, (const char *)head.p, &rows);
    fc_bytes_free(&rows);
    fc_bytes_free(&head);
}

static void history_done(void *ctx, enum fc_status status, struct fc_bytes *items, uint32_t count,
                         const struct fc_error *err) {
    struct fc_job *job = ctx;
    if (fc_job_answered(job, status, err)) points(job, items, count);
    job->finished(job);
}

void fc_history_run(struct fc_job *job) {
    const struct fc_query *q = &job->query;
    bool queue = fc_query_has(q, FC_QUERY_queue), agent = fc_query_has(q, FC_QUERY_agent),
         group = fc_query_has(q, FC_QUERY_group);
    if (!fc_query_has(q, FC_QUERY_kpi)) {
        fc_job_error(job, 400, "kpi: missing, expected a KPI's key such as service_level");
        return;
    }
    if (queue + agent + group > 1) {
        fc_job_error(job, 400, "queue, agent, group: expected one of them at most");
        return;
    }
    if (!range_is_good(job, FC_QUERY_step)) return;
    struct fc_range range = range_of(q, FC_QUERY_step, "all", (struct fc_str){0});
    if (queue) range = range_of(q, FC_QUERY_step, "queue", fc_query_str(q, FC_QUERY_queue));
    if (agent) range = range_of(q, FC_QUERY_step, "agent", fc_query_str(q, FC_QUERY_agent));
    if (group) range = range_of(q, FC_QUERY_step, "group", fc_query_str(q, FC_QUERY_group));
    ask(job, &range, 1, history_done);
}
