/* boards_api -- /api/v1/boards: the list, and below it each board to read, save, delete and look back at. */
#include "boards.h"
#include "job.h"
#include "json.h"
#include "tree.h"
#include "yamltree.h"

#include <stdio.h>

void fc_boards_run(struct fc_job *job) {
    json_t *list = fc_boards_list(job->boards);
    struct fc_bytes rows = {0}, array = {0};
    fc_tree_json(&array, list);
    fc_bytes_add(&rows, array.p + 1, array.n - 2);
    fc_job_rows(job, "{\"boards\":[", &rows);
    fc_bytes_free(&rows);
    fc_bytes_free(&array);
    json_decref(list);
}

/* ---- what is asked ----------------------------------------------------------------------------------------------- */

static struct fc_str id_of(const struct fc_job *job) { return fc_str_n(job->given.below, strcspn(job->given.below, "/")); }

static bool as_yaml(const struct fc_job *job) {
    if (fc_query_has(&job->query, FC_QUERY_format)) return fc_str_is(fc_query_str(&job->query, FC_QUERY_format), "yaml");
    return job->given.accept == FC_MEDIA_YAML;
}

/* -1: any. False: the reply says what is wrong with it. */
static bool read_if_match(struct fc_job *job, int64_t *rev) {
    struct fc_str s = fc_str(job->given.if_match);
    *rev = -1;
    if (s.n == 0 || fc_str_is(s, "*")) return true;
    if (s.n > 2 && s.p[0] == '"' && s.p[s.n - 1] == '"') s = fc_str_n(s.p + 1, s.n - 2);
    if (fc_str_int(s, rev) && *rev >= 0) return true;
    fc_job_error(job, 400, "If-Match: %s, expected a revision in quotes, \"12\"", job->given.if_match);
    return false;
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static void answer_document(struct fc_job *job, json_t *answer) {
    job->reply.status = 200;
    if (as_yaml(job)) { /* as a file would have it */
        (void)json_object_del(answer, "rev");
        (void)json_object_del(answer, "saved_us");
        (void)json_object_del(answer, "origin");
        job->reply.type = FC_TYPE_YAML;
        fc_yamltree_write(&job->reply.body, answer);
    } else {
        job->reply.type = FC_TYPE_JSON;
        fc_tree_json(&job->reply.body, answer);
        fc_bytes_char(&job->reply.body, '\n');
    }
}

static void fail(struct fc_job *job, struct fc_str id, enum fc_status status, const struct fc_error *err) {
    unsigned http = status == FC_ABSENT ? 404 : status == FC_INVALID ? 400 : status == FC_FULL || status == FC_AGAIN ? 503 : 500;
    fc_job_error(job, http, "board \"%.*s\": %s", FC_STR_ARG(id), err->text);
}

static void conflict(struct fc_job *job, const struct fc_board *board, const struct fc_error *err) {
    fc_job_error(job, 409, "%s", err->text);
    job->reply.body.n -= 2; /* "}\n" */
    fc_bytes_printf(&job->reply.body, ",\"rev\":%llu}\n", board == NULL ? 0 : (unsigned long long)fc_board_latest(board));
}

/* ---- saving ------------------------------------------------------------------------------------------------------ */

static void saved(struct fc_shelf_order *order) {
    struct fc_job *job = order->ctx;
    fc_boards_saved(order->owner, order);
    if (job != NULL) {
        job->order = NULL;
        if (order->status != FC_OK) fail(job, fc_str(order->key), order->status, &order->err);
        else {
            job->reply.status = 200;
            job->reply.type = FC_TYPE_JSON;
            fc_bytes_printf(&job->reply.body, "{\"id\":\"%s\",\"rev\":%llu}\n", order->key, (unsigned long long)order->number);
        }
        job->finished(job);
    }
    fc_shelf_order_free(order);
}

static void save(struct fc_job *job, struct fc_str id, json_t *document) {
    struct fc_error err;
    int64_t rev;
    if (!read_if_match(job, &rev)) {
        json_decref(document);
        return;
    }
    enum fc_status status = fc_boards_save(job->boards, id, document, rev, saved, job, &job->order, &err);
    if (status == FC_AGAIN) conflict(job, fc_boards_find(job->boards, id), &err);
    else if (status != FC_OK) fail(job, id, status, &err);
}

static void put(struct fc_job *job, struct fc_str id) {
    struct fc_error err;
    char name[FC_DOC_ID_MAX + 1];
    json_t *document;
    const struct fc_bytes *body = &job->given.body;
    bool yaml = job->given.media == FC_MEDIA_YAML;
    (void)fc_str_copy(name, sizeof name, id);
    if (!yaml && job->given.media != FC_MEDIA_JSON) {
        fc_job_error(job, 415, "Content-Type: expected application/json or application/yaml");
        return;
    }
    struct fc_str text = fc_str_n((const char *)body->p, body->n);
    if (fc_board_read(yaml ? FC_BOARD_YAML : FC_BOARD_JSON, text, name, name, &document, &err) == FC_OK) save(job, id, document);
    else fc_job_error(job, 400, "%s", err.text);
}

/* ---- looking back ------------------------------------------------------------------------------------------------ */

static void history_came(struct fc_shelf_order *order) {
    struct fc_job *job = order->ctx;
    if (job != NULL) {
        job->order = NULL;
        if (order->status == FC_OK) fc_job_rows(job, "{\"revs\":[", &order->value);
        else fail(job, fc_str(order->key), order->status, &order->err);
        job->finished(job);
    }
    fc_shelf_order_free(order);
}

static void answer_revision(struct fc_job *job, const struct fc_shelf_order *order) {
    json_t *root = json_loadb((const char *)order->value.p, order->value.n, 0, NULL), *document = json_object_get(root, "board");
    if (json_is_object(document)) {
        (void)json_object_set_new(document, "rev", json_integer((json_int_t)order->number));
        (void)json_object_set(document, "saved_us", json_object_get(root, "saved_us"));
        (void)json_object_set_new(document, "origin", json_string("saved"));
        answer_document(job, document);
    } else {
        fc_job_error(job, 404, "board \"%s\": revision %llu %s", order->key, (unsigned long long)order->number,
                     root != NULL ? "is its deletion" : "cannot be read");
    }
    json_decref(root);
}

static void revision_came(struct fc_shelf_order *order) {
    struct fc_job *job = order->ctx;
    if (job != NULL) {
        job->order = NULL;
        if (order->status == FC_OK) answer_revision(job, order);
        else if (order->status == FC_ABSENT)
            fc_job_error(job, 404, "board \"%s\": no revision %llu is kept", order->key, (unsigned long long)order->number);
        else fail(job, fc_str(order->key), order->status, &order->err);
        job->finished(job);
    }
    fc_shelf_order_free(order);
}

static void look_back(struct fc_job *job, struct fc_str id, enum fc_shelf_what what, uint64_t number, void (*done)(struct fc_shelf_order *order)) {
    struct fc_error err;
    struct fc_shelf_order *order = fc_shelf_order_new(what, id, number);
    order->done = done;
    order->ctx = job;
    enum fc_status status = fc_shelf_send(job->boards->shelf, order, &err);
    if (status == FC_OK) {
        job->order = order;
        return;
    }
    fc_shelf_order_free(order);
    fail(job, id, status, &err);
}

static void history(struct fc_job *job, struct fc_str id) {
    if (job->boards->shelf == NULL) fc_job_rows(job, "{\"revs\":[", &(struct fc_bytes){0});
    else look_back(job, id, FC_SHELF_HISTORY, 0, history_came);
}

static void get(struct fc_job *job, struct fc_str id, const struct fc_board *board) {
    int64_t rev = (int64_t)board->rev;
    if (fc_query_has(&job->query, FC_QUERY_rev) && (!fc_str_int(fc_query_str(&job->query, FC_QUERY_rev), &rev) || rev < 0)) {
        fc_job_error(job, 400, "rev=%s: expected a revision", job->query.v[FC_QUERY_rev].text);
    } else if ((uint64_t)rev != board->rev && job->boards->shelf != NULL) {
        look_back(job, id, FC_SHELF_GET_BOARD, (uint64_t)rev, revision_came);
    } else if (fc_board_shown(board) == NULL || (uint64_t)rev != board->rev) {
        fc_job_error(job, 404, "board \"%.*s\": %s", FC_STR_ARG(id), fc_board_shown(board) == NULL ? "is deleted" : "no such revision is kept");
    } else {
        json_t *answer = fc_board_answer(board);
        answer_document(job, answer);
        json_decref(answer);
    }
}

/* ---- the way there ----------------------------------------------------------------------------------------------- */

static bool may_change(struct fc_job *job) {
    if (job->boards->shelf != NULL) return true;
    fc_job_error(job, 403, "boards are read-only: started without --data");
    return false;
}

void fc_board_run(struct fc_job *job) {
    struct fc_str id = id_of(job);
    const char *rest = job->given.below + id.n;
    const struct fc_board *board = fc_boards_find(job->boards, id);
    enum fc_method method = job->given.method;
    bool changes = method == FC_METHOD_PUT || method == FC_METHOD_DELETE, whole = rest[0] == '\0';
    if (!whole && strcmp(rest, "/history") != 0) fc_job_error(job, 404, "no such path, expected /api/v1/boards/ID or /api/v1/boards/ID/history");
    else if (method == FC_METHOD_POST || (changes && !whole)) fc_job_error(job, 405, "method: expected GET, HEAD%s", whole ? ", PUT or DELETE" : "");
    else if (!fc_id_valid(id)) fc_job_error(job, 404, "board \"%.*s\": expected 1 to %d of a-z, 0-9 and -", FC_STR_ARG(id), FC_DOC_ID_MAX);
    else if (changes && !may_change(job)) return;
    else if (method == FC_METHOD_PUT) put(job, id);
    else if (method == FC_METHOD_DELETE) save(job, id, NULL);
    else if (board == NULL) fc_job_error(job, 404, "board \"%.*s\": no such board", FC_STR_ARG(id));
    else if (whole) get(job, id, board);
    else history(job, id);
}
