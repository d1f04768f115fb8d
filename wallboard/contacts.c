/* contacts -- the endpoint that lists contacts one by one: those that are there, and those that are over. */
#include "customers.h"
#include "job.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>

#define LIMIT_DEFAULT 100
#define LIMIT_MAX 1000

static const char *outcome_of(const struct fc_query *q) {
    return fc_query_has(q, FC_QUERY_outcome) ? q->v[FC_QUERY_outcome].text : "all";
}

static bool is_there(const struct fc_query *q) {
    return strcmp(outcome_of(q), "waiting") == 0 || strcmp(outcome_of(q), "talking") == 0;
}

/* ---- several cells' answers in one order ------------------------------------------------------------------------- */

struct row {
    struct fc_str bytes;
    int64_t by_us;
    uint32_t order;
};

static int rising(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    if (x->by_us != y->by_us) return x->by_us < y->by_us ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int falling(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    if (x->by_us != y->by_us) return x->by_us > y->by_us ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* By what each outcome is sorted, as the aggregator sorts it. */
static void sort(struct row *rows, uint32_t n, const struct fc_query *q) {
    bool waiting = strcmp(outcome_of(q), "waiting") == 0;
    const char *by = waiting ? "offered_us" : is_there(q) ? "answered_us" : "over_us";
    for (uint32_t i = 0; i < n; i++) {
        struct fc_mp at;
        if (fc_item_find(rows[i].bytes.p, rows[i].bytes.n, by, &at)) (void)fc_mp_i64(&at, &rows[i].by_us);
    }
    qsort(rows, n, sizeof *rows, waiting ? rising : falling);
}

static struct row *rows_of(const struct fc_bytes *items, uint32_t count) {
    struct row *rows = calloc(count + 1u, sizeof *rows);
    struct fc_mp mp = fc_mp_open(items->p, items->n);
    FC_ASSERT(rows != NULL);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *from = mp.p;
        FC_ASSERT(fc_mp_skip(&mp)); /* walked once already when it came in */
        rows[i] = (struct row){.bytes = fc_str_n((const char *)from, (size_t)(mp.p - from)), .order = i};
    }
    return rows;
}

/* ---- the answer -------------------------------------------------------------------------------------------------- */

static bool add_row(struct fc_bytes *out, const struct row *row, bool shows_customers) {
    struct fc_mp mp = fc_mp_open(row->bytes.p, row->bytes.n);
    struct fc_bytes masked = {0};
    if (out->n > 0) fc_bytes_char(out, ',');
    if (shows_customers) return fc_json_value(out, &mp);
    bool good = fc_contact_masked(&masked, &mp);
    mp = fc_mp_open(masked.p, masked.n);
    good = good && fc_json_value(out, &mp);
    fc_bytes_free(&masked);
    return good;
}

static void done(void *ctx, enum fc_status status, struct fc_bytes *items, uint32_t count, const struct fc_error *err) {
    struct fc_job *job = ctx;
    struct fc_bytes out = {0};
    char head[100];
    int64_t limit = fc_query_has(&job->query, FC_QUERY_limit) ? job->query.v[FC_QUERY_limit].us : LIMIT_DEFAULT;
    if (fc_job_answered(job, status, err)) {
        struct row *rows = rows_of(items, count);
        bool good = true;
        if (job->asks->cell_count > 1) sort(rows, count, &job->query);
        for (uint32_t i = 0; good && i < count && i < limit; i++) good = add_row(&out, &rows[i], job->hub->shows_customers);
        (void)snprintf(head, sizeof head, "{\"at_us\":%lld,\"contacts\":[", (long long)job->hub->views.at_us);
        if (good)
            fc_job_rows(job, head, &out);
        else
            fc_job_error(job, 502, "the aggregator's contacts are not of the agreed form");
        free(rows);
    }
    fc_bytes_free(&out);
    job->finished(job);
}

static bool is_good(struct fc_job *job) {
    const struct fc_query *q = &job->query;
    bool from = fc_query_has(q, FC_QUERY_from), to = fc_query_has(q, FC_QUERY_to);
    int64_t limit = fc_query_has(q, FC_QUERY_limit) ? q->v[FC_QUERY_limit].us : LIMIT_DEFAULT;
    if (is_there(q) && (from || to))
        fc_job_error(job, 400, "from, to: expected only with contacts that are over, not with outcome=%s", outcome_of(q));
    else if (from && to && q->v[FC_QUERY_from].us >= q->v[FC_QUERY_to].us)
        fc_job_error(job, 400, "from=%lld: not before to=%lld", (long long)q->v[FC_QUERY_from].us, (long long)q->v[FC_QUERY_to].us);
    else if (limit < 1 || limit > LIMIT_MAX)
        fc_job_error(job, 400, "limit=%lld: expected a number from 1 to %d", (long long)limit, LIMIT_MAX);
    else
        return true;
    return false;
}

void fc_contacts_run(struct fc_job *job) {
    const struct fc_query *q = &job->query;
    if (!is_good(job)) return;
    struct fc_contacts_question question = {.outcome = fc_str(outcome_of(q)),
                                            .queue = fc_query_str(q, FC_QUERY_queue),
                                            .group = fc_query_str(q, FC_QUERY_group),
                                            .agent = fc_query_str(q, FC_QUERY_agent),
                                            .channel = fc_query_str(q, FC_QUERY_channel),
                                            .from_us = q->v[FC_QUERY_from].us,
                                            .to_us = q->v[FC_QUERY_to].us,
                                            .limit = fc_query_has(q, FC_QUERY_limit) ? q->v[FC_QUERY_limit].us : LIMIT_DEFAULT};
    enum fc_status status;
    job->ask = fc_ask_contacts(job->asks, &question, done, job, &status);
    if (job->ask == NULL) fc_job_unasked(job, status);
}
