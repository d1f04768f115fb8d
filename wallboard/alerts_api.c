/* alerts_api -- /api/v1/alerts: what fires, what has ended lately; below it, acknowledging one. */
#include "alerts.h"
#include "job.h"
#include "tree.h"

#include <stdio.h>

#define BY_MAX 100

static void add(struct fc_bytes *rows, const json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (rows->n > 0) fc_bytes_char(rows, ',');
        fc_tree_json(rows, json_array_get(list, i));
    }
}

void fc_alerts_run(struct fc_job *job) {
    struct fc_bytes rows = {0};
    char head[80];
    int64_t at_us;
    if (!fc_hub_at_us(job->hub, &at_us)) at_us = fc_wall_now().us;
    (void)snprintf(head, sizeof head, "{\"at_us\":%lld,\"alerts\":[", (long long)at_us);
    add(&rows, job->alerts->firing);
    add(&rows, job->alerts->ended);
    fc_job_rows(job, head, &rows);
    fc_bytes_free(&rows);
}

/* {"by":"name"}; NULL: the reply says what is wrong. */
static json_t *read_body(struct fc_job *job) {
    static const struct fc_field fields[] = {{.key = "by", .kind = FC_FIELD_NAME, .must = true, .max = BY_MAX}, {.key = NULL}};
    struct fc_error err;
    struct fc_check c = {.err = &err};
    if (job->given.media != FC_MEDIA_JSON) {
        fc_job_error(job, 415, "Content-Type: expected application/json");
        return NULL;
    }
    json_t *body = json_loadb((const char *)job->given.body.p, job->given.body.n, JSON_REJECT_DUPLICATES, NULL);
    if (body != NULL && fc_check_map(&c, body, fields)) return body;
    if (body == NULL) fc_job_error(job, 400, "not JSON, expected {\"by\": a name}");
    else (void)fc_check_place(&c, "", (struct fc_str){0}), fc_job_error(job, 400, "%s", err.text);
    json_decref(body);
    return NULL;
}

static void ack(struct fc_job *job, struct fc_str id) {
    json_t *body = read_body(job);
    if (body == NULL) return;
    const json_t *alert = fc_alerts_ack(job->alerts, id, json_string_value(json_object_get(body, "by")));
    json_decref(body);
    if (alert == NULL) {
        fc_job_error(job, 404, "alert \"%.*s\": no such alert", FC_STR_ARG(id));
        return;
    }
    job->reply.status = 200;
    job->reply.type = FC_TYPE_JSON;
    fc_tree_json(&job->reply.body, alert);
    fc_bytes_char(&job->reply.body, '\n');
}

void fc_alert_run(struct fc_job *job) {
    struct fc_str id = fc_str_n(job->given.below, strcspn(job->given.below, "/"));
    if (strcmp(job->given.below + id.n, "/ack") != 0) fc_job_error(job, 404, "no such path, expected /api/v1/alerts/ID/ack");
    else if (job->given.method != FC_METHOD_POST) fc_job_error(job, 405, "method: expected POST");
    else ack(job, id);
}
