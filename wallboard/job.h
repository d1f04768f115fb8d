/* job -- one HTTP request from its parameters to its reply, which may be ready at once or when an aggregator answered.
 *
 * An endpoint either fills the reply (status > 0) or starts an ask, or an order to the shelf, and fills it later, then calls
 * `finished`.
 * Owns: whoever made the job; before it frees one with an ask or an order under way it cancels that: fc_job_cancel.
 */
#ifndef FC_JOB_H
#define FC_JOB_H

#include "ask.h"
#include "hub.h"
#include "query.h"

struct fc_web_file;
struct fc_boards;
struct fc_alerts;
struct fc_shelf_order;

enum fc_method { FC_METHOD_GET, FC_METHOD_PUT, FC_METHOD_POST, FC_METHOD_DELETE }; /* HEAD is a GET whose body is left out */
enum fc_media { FC_MEDIA_NONE, FC_MEDIA_JSON, FC_MEDIA_YAML, FC_MEDIA_OTHER };

/* What a request that changes something brings. */
struct fc_given {
    enum fc_method method;
    char below[200];       /* of an endpoint whose path ends with '/': the rest of the request's */
    struct fc_bytes body;
    enum fc_media media;   /* of the body */
    enum fc_media accept;  /* what is preferred as the answer */
    char if_match[40];     /* as it came; empty: there was none */
};

struct fc_reply {
    unsigned status; /* of HTTP; 0: not ready */
    const char *type;
    struct fc_bytes body;
    const struct fc_web_file *file; /* instead of body: shared, held until the reply is freed */
};

struct fc_job {
    struct fc_hub *hub;
    struct fc_asks *asks;
    struct fc_boards *boards;
    struct fc_alerts *alerts;
    struct fc_given given;
    struct fc_shelf_order *order;
    struct fc_query query;
    bool csv; /* the client prefers text/csv */
    struct fc_reply reply;
    struct fc_ask *ask;
    void (*finished)(struct fc_job *job);
    void *ctx; /* of who made it */
};

#define FC_TYPE_JSON "application/json"
#define FC_TYPE_CSV "text/csv; charset=utf-8"
#define FC_TYPE_YAML "application/yaml; charset=utf-8"
#define FC_TYPE_TEXT "text/plain; charset=utf-8"

struct fc_endpoint {
    const char *path; /* one that ends with '/' stands for all below it, and takes every method: its `run` says which */
    uint32_t allowed; /* parameters: bits of FC_QUERY_BIT */
    void (*run)(struct fc_job *job);
};

/* fc_endpoint_find -- NULL when no endpoint has this path. */
const struct fc_endpoint *fc_endpoint_find(struct fc_str path);

/* fc_endpoint_below -- its path ends with '/'. */
bool fc_endpoint_below(const struct fc_endpoint *endpoint);

/* fc_job_cancel -- nobody waits for it any more. */
void fc_job_cancel(struct fc_job *job);

/* fc_job_error -- fills the reply: {"error":"what, where, expected"}. */
void fc_job_error(struct fc_job *job, unsigned status, const char *format, ...) FC_PRINTF(3, 4);

/* fc_job_rows -- fills the reply with `head` + rows + "]}" as JSON, or with the rows alone as CSV; rows: a JSON array
 * without its brackets. */
void fc_job_rows(struct fc_job *job, const char *head, const struct fc_bytes *rows);

/* fc_job_unasked -- fills the reply: the question could not be put, for the reason that fc_ask_.. gave.
 * fc_job_answered -- an ask is over. False: without an answer, and the reply says so in HTTP's words. */
void fc_job_unasked(struct fc_job *job, enum fc_status why);
bool fc_job_answered(struct fc_job *job, enum fc_status status, const struct fc_error *err);

/* The endpoints, by file. */
void fc_kpi_run(struct fc_job *job);     /* api.c */
void fc_agents_run(struct fc_job *job);
void fc_sources_run(struct fc_job *job);
void fc_range_run(struct fc_job *job);   /* history.c: /api/v1/kpi with from and to */
void fc_history_run(struct fc_job *job);
void fc_contacts_run(struct fc_job *job); /* contacts.c */
void fc_health_run(struct fc_job *job);  /* health.c */
void fc_metrics_run(struct fc_job *job); /* metrics_page.c */
void fc_kpis_run(struct fc_job *job);    /* kpis.c */
void fc_boards_run(struct fc_job *job);  /* boards_api.c */
void fc_board_run(struct fc_job *job);
void fc_alerts_run(struct fc_job *job);  /* alerts_api.c */
void fc_alert_run(struct fc_job *job);

#endif
