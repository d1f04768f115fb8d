/* store_reader -- leaping through the intervals, or the contacts: what is looked at is what is wanted, however much lies between. */
#include "store_private.h"

static enum fc_status open_cursor(struct fc_store *store, MDB_txn *txn, enum fc_db db, struct fc_store_reader *out,
                                  struct fc_error *err) {
    int rc = mdb_cursor_open(txn, store->db[db], &out->cursor);
    if (rc == 0) return FC_OK;
    if (out->txn != NULL) mdb_txn_abort(out->txn);
    *out = (struct fc_store_reader){0};
    return fc_store_failed(store, rc, "begin reading", err);
}

static enum fc_status open_alone(struct fc_store *store, enum fc_db db, struct fc_store_reader *out, struct fc_error *err) {
    *out = (struct fc_store_reader){.store = store};
    int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &out->txn);
    if (rc == 0) return open_cursor(store, out->txn, db, out, err);
    *out = (struct fc_store_reader){0};
    return fc_store_failed(store, rc, "begin reading", err);
}

enum fc_status fc_store_reader_open(struct fc_store *store, struct fc_store_reader *out, struct fc_error *err) {
    return open_alone(store, FC_DB_INTERVALS, out, err);
}

enum fc_status fc_store_reader_open_contacts(struct fc_store *store, struct fc_store_reader *out, struct fc_error *err) {
    return open_alone(store, FC_DB_CONTACTS, out, err);
}

enum fc_status fc_store_reader_open_within(struct fc_store *store, struct fc_store_reader *out, struct fc_error *err) {
    FC_ASSERT(store->txn != NULL);
    *out = (struct fc_store_reader){.store = store};
    return open_cursor(store, store->txn, FC_DB_INTERVALS, out, err);
}

enum fc_status fc_store_reader_open_contacts_within(struct fc_store *store, struct fc_store_reader *out, struct fc_error *err) {
    FC_ASSERT(store->txn != NULL);
    *out = (struct fc_store_reader){.store = store};
    return open_cursor(store, store->txn, FC_DB_CONTACTS, out, err);
}

void fc_store_reader_close(struct fc_store_reader *reader) {
    if (reader->cursor != NULL) mdb_cursor_close(reader->cursor);
    if (reader->txn != NULL) mdb_txn_abort(reader->txn);
    *reader = (struct fc_store_reader){0};
}

static enum fc_status hand_out(struct fc_store_reader *reader, int rc, MDB_val k, MDB_val v, struct fc_str *key,
                               struct fc_str *value, struct fc_error *err) {
    if (rc == MDB_NOTFOUND) return FC_ABSENT;
    if (rc != 0) return fc_store_failed(reader->store, rc, "reading", err);
    *key = fc_val_str(k);
    *value = fc_val_str(v);
    return FC_OK;
}

enum fc_status fc_store_reader_seek(struct fc_store_reader *reader, struct fc_str from, struct fc_str *key,
                                    struct fc_str *value, struct fc_error *err) {
    MDB_val k = fc_val(from.p, from.n), v = {0};
    int rc = mdb_cursor_get(reader->cursor, &k, &v, from.n == 0 ? MDB_FIRST : MDB_SET_RANGE);
    return hand_out(reader, rc, k, v, key, value, err);
}

enum fc_status fc_store_reader_next(struct fc_store_reader *reader, struct fc_str *key, struct fc_str *value,
                                    struct fc_error *err) {
    MDB_val k = {0}, v = {0};
    int rc = mdb_cursor_get(reader->cursor, &k, &v, MDB_NEXT);
    return hand_out(reader, rc, k, v, key, value, err);
}

enum fc_status fc_store_reader_previous(struct fc_store_reader *reader, struct fc_str *key, struct fc_str *value,
                                        struct fc_error *err) {
    MDB_val k = {0}, v = {0};
    int rc = mdb_cursor_get(reader->cursor, &k, &v, MDB_PREV);
    return hand_out(reader, rc, k, v, key, value, err);
}

enum fc_status fc_store_reader_before(struct fc_store_reader *reader, struct fc_str below, struct fc_str *key,
                                      struct fc_str *value, struct fc_error *err) {
    MDB_val k = fc_val(below.p, below.n), v = {0};
    int rc = mdb_cursor_get(reader->cursor, &k, &v, MDB_SET_RANGE);
    if (rc == MDB_NOTFOUND) rc = mdb_cursor_get(reader->cursor, &k, &v, MDB_LAST);
    else if (rc == 0) rc = mdb_cursor_get(reader->cursor, &k, &v, MDB_PREV);
    return hand_out(reader, rc, k, v, key, value, err);
}
