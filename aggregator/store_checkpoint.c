/* Checkpoints: staged block by block, declared complete by the last, applied in steps. */
#include "store_private.h"

#define META_CHECKPOINT "checkpoint"
#define RECOVER_STEP 20000 /* records a transaction at start-up, where nobody waits for an ack */
#define HEAD 7u            /* of a record: op u8, key length u16, value length u32 (handover.c) */

bool fc_store_block_sound(const uint8_t *bytes, uint64_t n) {
    uint64_t at = 0;
    while (n - at >= HEAD) {
        uint16_t key_n;
        uint32_t value_n;
        memcpy(&key_n, bytes + at + 1, sizeof key_n);
        memcpy(&value_n, bytes + at + 3, sizeof value_n);
        if (bytes[at] > FC_RECORD_UNFILE || key_n == 0 || key_n > FC_RECORD_KEY_MAX) return false;
        if (HEAD + key_n + (uint64_t)value_n > n - at) return false;
        at += HEAD + key_n + value_n;
    }
    return at == n;
}

static enum fc_status save_place(struct fc_store *store, struct fc_error *err) {
    uint8_t bytes[24];
    fc_le64_put(bytes, store->now.complete);
    fc_le64_put(bytes + 8, store->now.block);
    fc_le64_put(bytes + 16, store->now.at);
    MDB_val key = fc_val(META_CHECKPOINT, sizeof META_CHECKPOINT - 1), value = fc_val(bytes, sizeof bytes);
    int rc = mdb_put(store->txn, store->db[FC_DB_META], &key, &value, 0);
    return rc == 0 ? FC_OK : fc_store_failed(store, rc, "writing the checkpoint's place", err);
}

static MDB_val block_key(uint8_t to[8], uint64_t number) {
    fc_be64_put(to, number);
    return fc_val(to, 8);
}

enum fc_status fc_store_stage(struct fc_store *store, const struct fc_record_block *block, struct fc_error *err) {
    uint8_t number[8];
    if (block->used > 0) {
        MDB_val key = block_key(number, store->now.staged_next), value = fc_val(block->bytes, block->used);
        int rc = mdb_put(store->txn, store->db[FC_DB_STAGED], &key, &value, MDB_APPEND);
        if (rc != 0) return fc_store_failed(store, rc, "staging a checkpoint", err);
        store->now.staged_next++;
        store->now.partial_bytes += block->used;
    }
    if (!block->last) return FC_OK;
    store->now.complete = store->now.staged_next;
    store->now.waiting_bytes += store->now.partial_bytes;
    store->now.partial_bytes = 0;
    return save_place(store, err);
}

/* ---- applying -------------------------------------------------------------------------------------------------- */

static enum fc_status merge_interval(struct fc_store *store, struct fc_record r, struct fc_error *err) {
    if (store->merge == NULL) return fc_fail(err, FC_INVALID, "store %s: opened without a merge function, but an interval is to be merged", store->dir);
    MDB_val key = fc_val(r.key.p, r.key.n), old = {0};
    int rc = mdb_get(store->txn, store->db[FC_DB_INTERVALS], &key, &old);
    if (rc != 0 && rc != MDB_NOTFOUND) return fc_store_failed(store, rc, "reading an interval", err);
    size_t n = 0;
    enum fc_status s = store->merge(rc == 0 ? fc_val_str(old) : (struct fc_str){0}, r.value, store->merged, sizeof store->merged, &n);
    if (s != FC_OK)
        return fc_fail(err, FC_INVALID, "store %s: merging an interval of %zu bytes with %u bytes: %s", store->dir, old.mv_size, r.value.n,
                       fc_status_name(s));
    MDB_val merged = fc_val(store->merged, n);
    rc = mdb_put(store->txn, store->db[FC_DB_INTERVALS], &key, &merged, 0);
    return rc == 0 ? FC_OK : fc_store_failed(store, rc, "writing an interval", err);
}

static enum fc_status set_checkpointed(struct fc_store *store, struct fc_record r, struct fc_error *err) {
    if (r.key.n != FC_SPOOL_ID_LEN || r.value.n != 8)
        return fc_fail(err, FC_INVALID, "store %s: a checkpoint's mark has a key of %u and a value of %u bytes, expected %d and 8", store->dir, r.key.n, r.value.n,
                       FC_SPOOL_ID_LEN);
    struct fc_mark mark;
    enum fc_status s = fc_store_get_mark(store, r.key, &mark, err);
    if (s != FC_OK) return s;
    mark.checkpointed = fc_le64_get(r.value.p);
    return fc_store_put_mark(store, r.key, mark, err);
}

static enum fc_status apply_record(struct fc_store *store, struct fc_record r, struct fc_error *err) {
    MDB_val key = fc_val(r.key.p, r.key.n), value = fc_val(r.value.p, r.value.n);
    int rc = 0;
    switch (r.op) {
    case FC_RECORD_PUT: rc = mdb_put(store->txn, store->db[FC_DB_STATE], &key, &value, 0); break;
    case FC_RECORD_DELETE: rc = mdb_del(store->txn, store->db[FC_DB_STATE], &key, NULL); break;
    case FC_RECORD_MERGE: return merge_interval(store, r, err);
    case FC_RECORD_MARK: return set_checkpointed(store, r, err);
    case FC_RECORD_FILE: rc = mdb_put(store->txn, store->db[FC_DB_CONTACTS], &key, &value, 0); break;
    case FC_RECORD_UNFILE: rc = mdb_del(store->txn, store->db[FC_DB_CONTACTS], &key, NULL); break;
    }
    return rc == 0 || rc == MDB_NOTFOUND ? FC_OK : fc_store_failed(store, rc, "applying a checkpoint", err);
}

/* The block is copied: LMDB's views end with the next write, and applying is nothing but writes. */
static enum fc_status hold_block(struct fc_store *store, struct fc_error *err) {
    if (store->held_block == store->now.block) return FC_OK;
    uint8_t number[8];
    MDB_val key = block_key(number, store->now.block), value;
    int rc = mdb_get(store->txn, store->db[FC_DB_STAGED], &key, &value);
    if (rc != 0) return fc_store_failed(store, rc, "reading a staged block", err);
    if (value.mv_size > FC_RECORD_BLOCK_BYTES || !fc_store_block_sound(value.mv_data, value.mv_size))
        return fc_fail(err, FC_INVALID, "store %s: staged block %llu is damaged", store->dir, (unsigned long long)store->now.block);
    memcpy(store->held.bytes, value.mv_data, value.mv_size);
    store->held.used = (uint32_t)value.mv_size;
    store->held_block = store->now.block;
    return FC_OK;
}

static enum fc_status drop_block(struct fc_store *store, struct fc_error *err) {
    uint8_t number[8];
    MDB_val key = block_key(number, store->now.block);
    int rc = mdb_del(store->txn, store->db[FC_DB_STAGED], &key, NULL);
    if (rc != 0) return fc_store_failed(store, rc, "deleting a staged block", err);
    store->now.waiting_bytes -= store->held.used < store->now.waiting_bytes ? store->held.used : store->now.waiting_bytes;
    store->now.block++;
    store->now.at = 0;
    return FC_OK;
}

enum fc_status fc_store_apply(struct fc_store *store, uint32_t records, uint32_t *done, uint64_t *left, struct fc_error *err) {
    *done = 0;
    while (store->now.block < store->now.complete && *done < records) {
        enum fc_status s = hold_block(store, err);
        uint32_t at = (uint32_t)store->now.at;
        struct fc_record r;
        while (s == FC_OK && *done < records && fc_record_next(&store->held, &at, &r)) {
            s = apply_record(store, r, err);
            ++*done;
        }
        store->now.at = at;
        if (s == FC_OK && at >= store->held.used) s = drop_block(store, err);
        if (s != FC_OK) return s;
    }
    *left = store->now.waiting_bytes;
    return *done > 0 ? save_place(store, err) : FC_OK;
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static enum fc_status measure_staged(struct fc_store *store, MDB_txn *txn, struct fc_error *err) {
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(txn, store->db[FC_DB_STAGED], &cursor);
    if (rc != 0) return fc_store_failed(store, rc, "reading staged blocks", err);
    struct fc_store_place *p = &store->now;
    MDB_val key, value;
    p->staged_next = p->complete;
    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        uint64_t number = key.mv_size == 8 ? fc_be64_get(key.mv_data) : UINT64_MAX;
        if (number == UINT64_MAX) break;
        *(number < p->complete ? &p->waiting_bytes : &p->partial_bytes) += value.mv_size;
        if (number >= p->staged_next) p->staged_next = number + 1;
    }
    mdb_cursor_close(cursor);
    if (rc == 0) return fc_fail(err, FC_INVALID, "store %s: a staged block's key is no number", store->dir);
    return rc == MDB_NOTFOUND ? FC_OK : fc_store_failed(store, rc, "reading staged blocks", err);
}

enum fc_status fc_store_load_place(struct fc_store *store, struct fc_error *err) {
    MDB_txn *txn;
    MDB_val key = fc_val(META_CHECKPOINT, sizeof META_CHECKPOINT - 1), value;
    int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0) return fc_store_failed(store, rc, "begin reading", err);
    rc = mdb_get(txn, store->db[FC_DB_META], &key, &value);
    if (rc == 0 && value.mv_size == 24) {
        store->now.complete = fc_le64_get(value.mv_data);
        store->now.block = fc_le64_get((uint8_t *)value.mv_data + 8);
        store->now.at = fc_le64_get((uint8_t *)value.mv_data + 16);
    }
    enum fc_status s = rc == 0 || rc == MDB_NOTFOUND ? measure_staged(store, txn, err) : fc_store_failed(store, rc, "reading the checkpoint's place", err);
    MDB_cursor *cursor;
    if (s == FC_OK && (rc = mdb_cursor_open(txn, store->db[FC_DB_JOURNAL], &cursor)) == 0) {
        rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
        store->now.journal_next = rc == 0 && key.mv_size == 8 ? fc_be64_get(key.mv_data) + 1 : 1;
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    store->committed = store->now;
    if (s != FC_OK) return s;
    return rc == 0 || rc == MDB_NOTFOUND ? FC_OK : fc_store_failed(store, rc, "reading the journal's end", err);
}

static enum fc_status forget_incomplete(struct fc_store *store, struct fc_error *err) {
    struct fc_store_place *p = &store->now;
    MDB_cursor *cursor;
    MDB_val key, value;
    int rc = mdb_cursor_open(store->txn, store->db[FC_DB_STAGED], &cursor);
    if (rc != 0) return fc_store_failed(store, rc, "forgetting an incomplete checkpoint", err);
    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST)) == 0 && fc_be64_get(key.mv_data) >= p->complete)
        if ((rc = mdb_cursor_del(cursor, 0)) != 0) break;
    mdb_cursor_close(cursor);
    if (rc != 0 && rc != MDB_NOTFOUND) return fc_store_failed(store, rc, "forgetting an incomplete checkpoint", err);
    p->staged_next = p->complete;
    p->partial_bytes = 0;
    return FC_OK;
}

enum fc_status fc_store_recover(struct fc_store *store, struct fc_error *err) {
    bool first = true;
    while (first || store->now.block < store->now.complete) {
        if (first && store->now.staged_next == store->now.block) return FC_OK; /* the usual case: nothing staged, nothing written */
        enum fc_status s = fc_store_begin(store, err);
        if (s != FC_OK) return s;
        uint64_t left = 0;
        uint32_t done;
        if (first) s = forget_incomplete(store, err);
        if (s == FC_OK) s = fc_store_apply(store, RECOVER_STEP, &done, &left, err);
        if (s != FC_OK) fc_store_abort(store);
        else s = fc_store_commit(store, err);
        if (s != FC_OK) return s;
        first = false;
    }
    return FC_OK;
}
