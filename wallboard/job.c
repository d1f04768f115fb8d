#include "job.h"

#include "csv.h"
#include "json.h"
#include "shelf.h"

#include <stdio.h>

#define RANGE (FC_QUERY_BIT(from) | FC_QUERY_BIT(to))

static const struct fc_endpoint endpoints[] = {
    {"/api/v1/kpi",
     FC_QUERY_BIT(queue) | FC_QUERY_BIT(agent) | FC_QUERY_BIT(group) | FC_QUERY_BIT(channel) | FC_QUERY_BIT(window) |
         FC_QUERY_BIT(scope) | RANGE | FC_QUERY_BIT(step_us),
     fc_kpi_run},
    {"/api/v1/kpis", 0, fc_kpis_run},
    {"/api/v1/agents", FC_QUERY_BIT(queue), fc_agents_run},
    {"/api/v1/sources", 0, fc_sources_run},
    {"/api/v1/history",
     FC_QUERY_BIT(queue) | FC_QUERY_BIT(agent) | FC_QUERY_BIT(group) | FC_QUERY_BIT(channel) | FC_QUERY_BIT(kpi) | RANGE |
         FC_QUERY_BIT(step),
     fc_history_run},
    {"/api/v1/contacts",
     FC_QUERY_BIT(outcome) | FC_QUERY_BIT(queue) | FC_QUERY_BIT(agent) | FC_QUERY_BIT(group) | FC_QUERY_BIT(channel) | RANGE |
         FC_QUERY_BIT(limit),
     fc_contacts_run},
    {"/healthz", 0, fc_health_run},
    {"/metrics", 0, fc_metrics_run},
    {"/api/v1/boards", 0, fc_boards_run},
    {"/api/v1/boards/", FC_QUERY_BIT(rev) | FC_QUERY_BIT(format), fc_board_run},
    {"/api/v1/alerts", 0, fc_alerts_run},
    {"/api/v1/alerts/", 0, fc_alert_run},
};

const struct fc_endpoint *fc_endpoint_find(struct fc_str path) {
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
        if (fc_str_is(path, endpoints[i].path) || (fc_endpoint_below(&endpoints[i]) && path.n > strlen(endpoints[i].path) && fc_str_starts(path, endpoints[i].path)))
            return &endpoints[i];
    return NULL;
}

bool fc_endpoint_below(const struct fc_endpoint *endpoint) { return endpoint->path[strlen(endpoint->path) - 1] == '/'; }

void fc_job_cancel(struct fc_job *job) {
    if (job->ask != NULL) fc_ask_cancel(job->asks, job->ask);
    if (job->order != NULL) job->order->ctx = NULL;
    job->ask = NULL;
    job->order = NULL;
}

void fc_job_error(struct fc_job *job, unsigned status, const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    job->reply.status = status;
    job->reply.type = FC_TYPE_JSON;
    fc_bytes_clear(&job->reply.body);
    fc_bytes_text(&job->reply.body, "{\"error\":");
    fc_json_string(&job->reply.body, fc_str(text));
    fc_bytes_text(&job->reply.body, "}\n");
}

void fc_job_unasked(struct fc_job *job, enum fc_status why) {
    if (why == FC_FULL)
        fc_job_error(job, 503, "%u questions to aggregators are open, as many as limits.questions allows; ask again later",
                     job->asks->most);
    else
        fc_job_error(job, 503, "no aggregator is connected to answer");
}

bool fc_job_answered(struct fc_job *job, enum fc_status status, const struct fc_error *err) {
    job->ask = NULL;
    if (status == FC_OK) return true;
    if (status == FC_AGAIN && err->text[0] == '\0')
        fc_job_error(job, 504, "the aggregator did not answer within %d s", FC_ASK_TIMEOUT_MS / 1000);
    else
        fc_job_error(job,
                     status == FC_ABSENT                         ? 404
                     : status == FC_AGAIN                        ? 503
                     : status == FC_INVALID || status == FC_FULL ? 400
                                                                 : 502,
                     "%s", err->text);
    return false;
}

static void as_csv(struct fc_job *job, const struct fc_bytes *rows) {
    struct fc_bytes array = {0};
    size_t i;
    json_t *row;
    fc_bytes_char(&array, '[');
    fc_bytes_add(&array, rows->p, rows->n);
    fc_bytes_char(&array, ']');
    json_t *root = json_loadb((const char *)array.p, array.n, JSON_ALLOW_NUL, NULL);
    json_array_foreach(root, i, row) { /* the transport's, not the reader's */
        (void)json_object_del(row, "topic");
        (void)json_object_del(row, "ver");
    }
    fc_csv_write(&job->reply.body, root);
    json_decref(root);
    fc_bytes_free(&array);
    job->reply.type = FC_TYPE_CSV;
}

void fc_job_rows(struct fc_job *job, const char *head, const struct fc_bytes *rows) {
    struct fc_bytes *body = &job->reply.body;
    fc_bytes_clear(body);
    job->reply.status = 200;
    job->reply.type = FC_TYPE_JSON;
    if (job->csv) {
        as_csv(job, rows);
        return;
    }
    fc_bytes_text(body, head);
    fc_bytes_add(body, rows->p, rows->n);
    fc_bytes_text(body, "]}\n");
}
