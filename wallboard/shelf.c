#include "shelf_private.h"

#include "log.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum fc_status fc_shelf_failed(const struct fc_shelf *shelf, int rc, const char *what, struct fc_error *err) {
    if (rc == MDB_MAP_FULL) return fc_fail(err, FC_FULL, "data directory %s: it holds as much as it may", shelf->dir);
    if (fc_disk_is_full(rc)) return fc_fail(err, FC_FULL, "data directory %s: no room on its disk (%s)", shelf->dir, mdb_strerror(rc));
    return fc_fail(err, FC_IO, "data directory %s: %s: %s", shelf->dir, what, mdb_strerror(rc));
}

/* ---- orders, on the shelf's thread ------------------------------------------------------------------------------- */

/* Revisions are numbered without gaps to speak of; what is older than the last hundred goes, a few at a time. */
static int prune(struct fc_shelf *shelf, MDB_txn *txn, struct fc_str id, uint64_t newest) {
    MDB_cursor *cursor;
    uint8_t from[80];
    MDB_val key = fc_shelf_val(from, fc_shelf_key(from, id, 0)), value;
    int rc = mdb_cursor_open(txn, shelf->boards, &cursor);
    if (rc != 0) return rc;
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (rc == 0 && key.mv_size == id.n + 9u && memcmp(key.mv_data, id.p, id.n) == 0) {
        if (fc_u64_get((const uint8_t *)key.mv_data + id.n + 1) + FC_SHELF_HISTORY_MAX > newest) break;
        rc = mdb_cursor_del(cursor, 0);
        if (rc == 0) rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static void describe(struct fc_bytes *out, uint64_t revision, MDB_val value) {
    json_t *record = json_loadb(value.mv_data, value.mv_size, 0, NULL);
    fc_bytes_printf(out, "%s{\"rev\":%llu,\"saved_us\":%lld,\"deleted\":%s}", out->n > 0 ? "," : "", (unsigned long long)revision,
                    (long long)json_integer_value(json_object_get(record, "saved_us")),
                    json_is_true(json_object_get(record, "deleted")) ? "true" : "false");
    json_decref(record);
}

static int history(struct fc_shelf *shelf, MDB_txn *txn, struct fc_str id, struct fc_bytes *out) {
    MDB_cursor *cursor;
    uint8_t last[80];
    MDB_val key = fc_shelf_val(last, fc_shelf_key(last, id, UINT64_MAX)), value;
    int rc = mdb_cursor_open(txn, shelf->boards, &cursor);
    if (rc != 0) return rc;
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE); /* at the first behind */
    rc = mdb_cursor_get(cursor, &key, &value, rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
    for (int i = 0; i < FC_SHELF_HISTORY_MAX && rc == 0 && key.mv_size == id.n + 9u && memcmp(key.mv_data, id.p, id.n) == 0; i++) {
        describe(out, fc_u64_get((const uint8_t *)key.mv_data + id.n + 1), value);
        rc = mdb_cursor_get(cursor, &key, &value, MDB_PREV);
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int do_order(struct fc_shelf *shelf, MDB_txn *txn, struct fc_shelf_order *o) {
    uint8_t bytes[80];
    struct fc_str id = fc_str(o->key);
    MDB_val key = fc_shelf_val(bytes, fc_shelf_key(bytes, id, o->number)), number = fc_shelf_val(bytes + id.n + 1, 8);
    MDB_val value = fc_shelf_val(o->value.p, o->value.n);
    int rc = 0;
    switch (o->what) {
    case FC_SHELF_PUT_BOARD:
        rc = mdb_put(txn, shelf->boards, &key, &value, 0);
        return rc == 0 ? prune(shelf, txn, id, o->number) : rc;
    case FC_SHELF_GET_BOARD:
        rc = mdb_get(txn, shelf->boards, &key, &value);
        if (rc == 0) fc_bytes_add(&o->value, value.mv_data, value.mv_size);
        o->status = rc == MDB_NOTFOUND ? FC_ABSENT : FC_OK;
        return rc == MDB_NOTFOUND ? 0 : rc;
    case FC_SHELF_HISTORY: return history(shelf, txn, id, &o->value);
    case FC_SHELF_PUT_ALERT: return mdb_put(txn, shelf->alerts, &number, &value, 0);
    case FC_SHELF_DROP_ALERT:
        rc = mdb_del(txn, shelf->alerts, &number, NULL);
        return rc == MDB_NOTFOUND ? 0 : rc;
    }
    return rc;
}

static bool writes(enum fc_shelf_what what) { return what != FC_SHELF_GET_BOARD && what != FC_SHELF_HISTORY; }

static enum fc_status do_all(struct fc_shelf *shelf, struct fc_shelf_order *first, struct fc_error *err) {
    MDB_txn *txn;
    bool any = false;
    for (const struct fc_shelf_order *o = first; o != NULL; o = o->next) any = any || writes(o->what);
    if (shelf->broken) return fc_fail(err, FC_IO, "data directory %s: writing to its disk has failed; restart when that is mended", shelf->dir);
    int rc = mdb_txn_begin(shelf->env, NULL, any ? 0 : MDB_RDONLY, &txn);
    if (rc != 0) return fc_shelf_failed(shelf, rc, "begin", err);
    for (struct fc_shelf_order *o = first; o != NULL && rc == 0; o = o->next) {
        o->status = FC_OK;
        rc = do_order(shelf, txn, o);
    }
    if (rc != 0 || !any) mdb_txn_abort(txn);
    else if ((rc = mdb_txn_commit(txn)) != 0) shelf->broken = !fc_disk_is_full(rc) && fc_disk_lost(shelf->witness);
    return rc == 0 ? FC_OK : fc_shelf_failed(shelf, rc, "writing", err);
}

/* Together, for one wait for the disk; should that fail, one by one, so that each hears of its own trouble alone. */
static void serve(struct fc_shelf *shelf, struct fc_shelf_order *first) {
    struct fc_error err;
    if (do_all(shelf, first, &err) == FC_OK) return;
    for (struct fc_shelf_order *o = first, *next; o != NULL; o = next) {
        next = o->next;
        o->next = NULL;
        if (!writes(o->what)) fc_bytes_clear(&o->value);
        enum fc_status s = do_all(shelf, o, &o->err);
        if (s != FC_OK) o->status = s;
        o->next = next;
    }
}

static void *run(void *arg) {
    struct fc_shelf *shelf = arg;
    uint64_t one = 1;
    (void)pthread_mutex_lock(&shelf->mutex);
    while (shelf->asked != NULL || !shelf->stopping) {
        struct fc_shelf_order *first = shelf->asked, **end = shelf->asked_end;
        if (first == NULL) {
            (void)pthread_cond_wait(&shelf->come, &shelf->mutex);
            continue;
        }
        shelf->asked = NULL;
        shelf->asked_end = &shelf->asked;
        (void)pthread_mutex_unlock(&shelf->mutex);
        serve(shelf, first);
        (void)pthread_mutex_lock(&shelf->mutex);
        *shelf->answered_end = first;
        shelf->answered_end = end;
        (void)!write(shelf->bell, &one, sizeof one); /* full: it rings already */
    }
    (void)pthread_mutex_unlock(&shelf->mutex);
    return NULL;
}

/* ---- the service's side ------------------------------------------------------------------------------------------ */

enum fc_status fc_shelf_open(const char *dir, bool (*found)(void *ctx, const struct fc_shelf_record *record), void *ctx, struct fc_shelf **out,
                             struct fc_error *err) {
    struct fc_shelf *shelf = calloc(1, sizeof *shelf);
    FC_ASSERT(shelf != NULL);
    *out = NULL;
    shelf->lock.fd = shelf->witness = -1;
    shelf->asked_end = &shelf->asked;
    shelf->answered_end = &shelf->answered;
    shelf->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    FC_ASSERT(pthread_mutex_init(&shelf->mutex, NULL) == 0 && pthread_cond_init(&shelf->come, NULL) == 0);
    int n = snprintf(shelf->dir, sizeof shelf->dir, "%s", dir);
    enum fc_status s = FC_OK;
    if (n <= 0 || (size_t)n >= sizeof shelf->dir) s = fc_fail(err, FC_CONFIG, "data directory: a path of 1 to %zu bytes was expected", sizeof shelf->dir - 1);
    else if (shelf->bell < 0) s = fc_fail(err, FC_IO, "no event descriptor: %s", strerror(errno));
    if (s == FC_OK) s = fc_shelf_open_env(shelf, err);
    if (s == FC_OK) s = fc_shelf_read_all(shelf, found, ctx, err);
    if (s == FC_OK && (n = pthread_create(&shelf->thread, NULL, run, shelf)) != 0) s = fc_fail(err, FC_IO, "no thread: %s", strerror(n));
    shelf->threaded = s == FC_OK;
    if (s == FC_OK) *out = shelf;
    else fc_shelf_close(shelf);
    return s;
}

int fc_shelf_fd(const struct fc_shelf *shelf) { return shelf->bell; }

void fc_shelf_work(struct fc_shelf *shelf) {
    uint64_t rung;
    (void)!read(shelf->bell, &rung, sizeof rung);
    (void)pthread_mutex_lock(&shelf->mutex);
    struct fc_shelf_order *first = shelf->answered;
    shelf->answered = NULL;
    shelf->answered_end = &shelf->answered;
    for (const struct fc_shelf_order *o = first; o != NULL; o = o->next) {
        shelf->waiting--;
        shelf->bytes -= writes(o->what) ? o->value.n : 0;
    }
    (void)pthread_mutex_unlock(&shelf->mutex);
    for (struct fc_shelf_order *o = first, *next; o != NULL; o = next) {
        next = o->next;
        if (o->done != NULL) o->done(o);
        else fc_shelf_order_free(o);
    }
}

enum fc_status fc_shelf_send(struct fc_shelf *shelf, struct fc_shelf_order *order, struct fc_error *err) {
    enum fc_status s = FC_OK;
    order->next = NULL;
    (void)pthread_mutex_lock(&shelf->mutex);
    if (shelf->waiting >= FC_SHELF_ORDERS_MAX || shelf->bytes + order->value.n > FC_SHELF_ORDER_BYTES_MAX) {
        s = fc_fail(err, FC_FULL, "data directory %s: its disk is slow, %u orders wait; try again later", shelf->dir, shelf->waiting);
    } else {
        *shelf->asked_end = order;
        shelf->asked_end = &order->next;
        shelf->waiting++;
        shelf->bytes += order->value.n;
        (void)pthread_cond_signal(&shelf->come);
    }
    (void)pthread_mutex_unlock(&shelf->mutex);
    return s;
}

struct fc_shelf_order *fc_shelf_order_new(enum fc_shelf_what what, struct fc_str key, uint64_t number) {
    struct fc_shelf_order *order = calloc(1, sizeof *order);
    FC_ASSERT(order != NULL && key.n < sizeof order->key);
    order->what = what;
    order->number = number;
    (void)fc_str_copy(order->key, sizeof order->key, key);
    return order;
}

void fc_shelf_order_free(struct fc_shelf_order *order) {
    fc_bytes_free(&order->value);
    free(order);
}

void fc_shelf_close(struct fc_shelf *shelf) {
    if (shelf == NULL) return;
    if (shelf->threaded) {
        (void)pthread_mutex_lock(&shelf->mutex);
        shelf->stopping = true;
        (void)pthread_cond_signal(&shelf->come);
        (void)pthread_mutex_unlock(&shelf->mutex);
        (void)pthread_join(shelf->thread, NULL);
        fc_shelf_work(shelf);
    }
    if (shelf->env != NULL) mdb_env_close(shelf->env);
    if (shelf->witness >= 0) (void)close(shelf->witness);
    if (shelf->bell >= 0) (void)close(shelf->bell);
    fc_disk_unlock(&shelf->lock, shelf->threaded && !shelf->broken);
    (void)pthread_cond_destroy(&shelf->come);
    (void)pthread_mutex_destroy(&shelf->mutex);
    free(shelf);
}
