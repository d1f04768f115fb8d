#include "store_private.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum fc_status fc_store_failed(const struct fc_store *store, int rc, const char *what, struct fc_error *err) {
    bool damaged = rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_INVALID;
    if (rc == MDB_MAP_FULL)
        return fc_fail(err, FC_FULL, "store %s: full: its limit of %llu bytes is reached", store->dir, (unsigned long long)store->map_bytes);
    if (fc_disk_is_full(rc)) return fc_fail(err, FC_FULL, "store %s: no room on its disk (%s)", store->dir, mdb_strerror(rc));
    return fc_fail(err, damaged ? FC_INVALID : FC_IO, "store %s: %s: %s", store->dir, what, mdb_strerror(rc));
}

/* LMDB writes a transaction's pages anew and never over those in use, so one that was cut short may be repeated. */
enum fc_status fc_store_commit_failed(struct fc_store *store, int rc, struct fc_error *err) {
    bool may_pass = fc_disk_is_full(rc) || rc == EIO || rc == MDB_MAP_FULL;
    bool lost = rc == MDB_PANIC || (rc != MDB_MAP_FULL && fc_disk_lost(store->witness));
    store->broken = lost || !may_pass;
    if (!lost && rc == EIO) return fc_fail(err, FC_FULL, "store %s: no room on its disk (a write was cut short)", store->dir);
    if (!lost) return fc_store_failed(store, rc, "commit", err);
    return fc_fail(err, FC_IO, "store %s: the disk lost a write (%s); what it holds is known only after a new start", store->dir, mdb_strerror(rc));
}

static enum fc_status refuse_broken(const struct fc_store *store, struct fc_error *err) {
    return fc_fail(err, FC_IO, "store %s: the disk lost a write; nothing is written until a new start", store->dir);
}

/* ---- transactions ---------------------------------------------------------------------------------------------- */

/* Pages that hold something, free ones left out. Six records of LMDB's own, no walk. */
static uint64_t live_pages(struct fc_store *store) {
    uint64_t pages = 0;
    for (int db = 0; db < FC_DB_COUNT; db++) {
        MDB_stat stat;
        if (mdb_stat(store->txn, store->db[db], &stat) == 0) pages += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
    }
    return pages;
}

enum fc_status fc_store_begin(struct fc_store *store, struct fc_error *err) {
    FC_ASSERT(store->txn == NULL);
    if (store->broken) return refuse_broken(store, err);
    int rc = mdb_txn_begin(store->env, NULL, 0, &store->txn);
    if (rc != 0) return fc_store_failed(store, rc, "begin", err);
    store->live_bytes = live_pages(store) * store->page_bytes;
    return FC_OK;
}

void fc_store_abort(struct fc_store *store) {
    FC_ASSERT(store->txn != NULL);
    mdb_txn_abort(store->txn);
    store->txn = NULL;
    store->now = store->committed;
    store->held_block = UINT64_MAX; /* it may have been staged in the transaction that never was */
}

/* LMDB does not write pages at the end that were used and freed within one transaction, so the file may end before the
 * last page it counts. Filled up at once, a short file means a cut one (store_open.c), but for a crash just here. */
static void fill_up_file(struct fc_store *store) {
    MDB_envinfo info;
    struct stat st;
    (void)mdb_env_info(store->env, &info);
    uint64_t need = ((uint64_t)info.me_last_pgno + 1) * store->page_bytes;
    if (need <= store->file_bytes || fstat(store->data_fd, &st) != 0) return;
    if ((uint64_t)st.st_size < need && ftruncate(store->data_fd, (off_t)need) != 0) return;
    store->file_bytes = (uint64_t)st.st_size < need ? need : (uint64_t)st.st_size;
}

enum fc_status fc_store_commit(struct fc_store *store, struct fc_error *err) {
    FC_ASSERT(store->txn != NULL);
    int rc = mdb_txn_commit(store->txn);
    store->txn = NULL;
    if (rc != 0) {
        store->now = store->committed;
        store->held_block = UINT64_MAX;
        return fc_store_commit_failed(store, rc, err);
    }
    store->committed = store->now;
    fill_up_file(store);
    return FC_OK;
}

/* ---- marks ----------------------------------------------------------------------------------------------------- */

static enum fc_status read_mark(struct fc_store *store, MDB_txn *txn, struct fc_str spool, struct fc_mark *out, struct fc_error *err) {
    FC_ASSERT(spool.n == FC_SPOOL_ID_LEN);
    MDB_val key = fc_val(spool.p, spool.n), value;
    *out = (struct fc_mark){0};
    int rc = mdb_get(txn, store->db[FC_DB_MARKS], &key, &value);
    if (rc == MDB_NOTFOUND) return FC_OK;
    if (rc != 0) return fc_store_failed(store, rc, "reading a mark", err);
    if (value.mv_size != 16) return fc_fail(err, FC_INVALID, "store %s: mark of spool %.*s: %zu bytes, expected 16", store->dir, FC_STR_ARG(spool), value.mv_size);
    out->next = fc_le64_get(value.mv_data);
    out->checkpointed = fc_le64_get((uint8_t *)value.mv_data + 8);
    return FC_OK;
}

enum fc_status fc_store_get_mark(struct fc_store *store, struct fc_str spool, struct fc_mark *out, struct fc_error *err) {
    return read_mark(store, store->txn, spool, out, err);
}

enum fc_status fc_store_put_mark(struct fc_store *store, struct fc_str spool, struct fc_mark mark, struct fc_error *err) {
    uint8_t bytes[16];
    fc_le64_put(bytes, mark.next);
    fc_le64_put(bytes + 8, mark.checkpointed);
    MDB_val key = fc_val(spool.p, spool.n), value = fc_val(bytes, sizeof bytes);
    int rc = mdb_put(store->txn, store->db[FC_DB_MARKS], &key, &value, 0);
    return rc == 0 ? FC_OK : fc_store_failed(store, rc, "writing a mark", err);
}

/* ---- journal --------------------------------------------------------------------------------------------------- */

/* In a full map LMDB cannot even delete, since that too writes new pages. So the journal leaves an eighth to the
 * checkpoints that let it be trimmed. */
static enum fc_status leave_reserve(struct fc_store *store, uint32_t bytes, struct fc_error *err) {
    uint64_t most = store->map_bytes - store->map_bytes / 8;
    store->live_bytes += bytes + store->page_bytes;
    if (store->live_bytes <= most) return FC_OK;
    return fc_fail(err, FC_FULL, "store %s: full: %llu of %llu bytes, the rest is kept for checkpoints", store->dir,
                   (unsigned long long)most, (unsigned long long)store->map_bytes);
}

enum fc_status fc_store_append(struct fc_store *store, struct fc_str spool, uint64_t next, struct fc_str bytes, struct fc_error *err) {
    enum fc_status s = leave_reserve(store, bytes.n, err);
    if (s != FC_OK) return s;
    uint8_t index[8];
    fc_be64_put(index, store->now.journal_next);
    MDB_val key = fc_val(index, sizeof index), value = fc_val(bytes.p, bytes.n);
    int rc = mdb_put(store->txn, store->db[FC_DB_JOURNAL], &key, &value, MDB_APPEND);
    if (rc != 0) return fc_store_failed(store, rc, "appending to the journal", err);
    store->now.journal_next++;
    struct fc_mark mark;
    s = fc_store_get_mark(store, spool, &mark, err);
    if (s != FC_OK) return s;
    mark.next = next;
    return fc_store_put_mark(store, spool, mark, err);
}

static enum fc_status read_entry(struct fc_store *store, MDB_val index, MDB_val bytes, struct fc_link_msg *out, struct fc_error *err) {
    enum fc_status s = fc_link_decode(bytes.mv_data, bytes.mv_size, out, err);
    if (s == FC_OK && out->type == FC_LINK_BATCH) return FC_OK;
    if (s == FC_OK) (void)fc_fail(err, FC_INVALID, "expected a batch");
    unsigned long long at = index.mv_size == 8 ? fc_be64_get(index.mv_data) : 0;
    return fc_context(err, FC_INVALID, "store %s: journal entry %llu", store->dir, at);
}

/* Wholly part of the stored state, hence needed no more. */
static enum fc_status is_covered(struct fc_store *store, MDB_txn *txn, const struct fc_link_msg *batch, bool *out, struct fc_error *err) {
    struct fc_mark mark;
    enum fc_status s = read_mark(store, txn, batch->spool, &mark, err);
    *out = s == FC_OK && batch->first + batch->count <= mark.checkpointed;
    return s;
}

enum fc_status fc_store_trim(struct fc_store *store, uint32_t entries, uint32_t *done, struct fc_error *err) {
    MDB_cursor *cursor;
    *done = 0;
    int rc = mdb_cursor_open(store->txn, store->db[FC_DB_JOURNAL], &cursor);
    if (rc != 0) return fc_store_failed(store, rc, "trimming the journal", err);
    enum fc_status s = FC_OK;
    while (*done < entries) {
        MDB_val index, bytes;
        struct fc_link_msg batch;
        bool covered;
        rc = mdb_cursor_get(cursor, &index, &bytes, MDB_FIRST);
        if (rc != 0) break;
        if ((s = read_entry(store, index, bytes, &batch, err)) != FC_OK) break;
        if ((s = is_covered(store, store->txn, &batch, &covered, err)) != FC_OK || !covered) break;
        if ((rc = mdb_cursor_del(cursor, 0)) != 0) break;
        ++*done;
    }
    mdb_cursor_close(cursor);
    if (s != FC_OK) return s;
    return rc == 0 || rc == MDB_NOTFOUND ? FC_OK : fc_store_failed(store, rc, "trimming the journal", err);
}

/* ---- retention ----------------------------------------------------------------------------------------------- */

static int compare(struct fc_str a, struct fc_str b) {
    uint32_t n = a.n < b.n ? a.n : b.n;
    int c = n > 0 ? memcmp(a.p, b.p, n) : 0;
    return c != 0 ? c : a.n < b.n ? -1 : a.n > b.n;
}

static enum fc_status delete_range(struct fc_store *store, enum fc_db db, struct fc_str from, struct fc_str to, uint32_t entries,
                                   uint32_t *done, struct fc_error *err) {
    MDB_cursor *cursor;
    *done = 0;
    int rc = mdb_cursor_open(store->txn, store->db[db], &cursor);
    if (rc != 0) return fc_store_failed(store, rc, "deleting what is old", err);
    while (*done < entries) {
        MDB_val key = fc_val(from.p, from.n), value;
        rc = mdb_cursor_get(cursor, &key, &value, from.n == 0 ? MDB_FIRST : MDB_SET_RANGE);
        if (rc != 0 || compare(fc_val_str(key), to) >= 0) break;
        if ((rc = mdb_cursor_del(cursor, 0)) != 0) break;
        ++*done;
    }
    mdb_cursor_close(cursor);
    return rc == 0 || rc == MDB_NOTFOUND ? FC_OK : fc_store_failed(store, rc, "deleting what is old", err);
}

enum fc_status fc_store_delete_intervals(struct fc_store *store, struct fc_str from, struct fc_str to, uint32_t entries,
                                         uint32_t *done, struct fc_error *err) {
    return delete_range(store, FC_DB_INTERVALS, from, to, entries, done, err);
}

enum fc_status fc_store_delete_contacts(struct fc_store *store, struct fc_str from, struct fc_str to, uint32_t entries,
                                        uint32_t *done, struct fc_error *err) {
    return delete_range(store, FC_DB_CONTACTS, from, to, entries, done, err);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

struct reading {
    MDB_txn *txn;
    MDB_cursor *cursor;
};

static enum fc_status open_reading(struct fc_store *store, enum fc_db db, struct reading *out, struct fc_error *err) {
    int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &out->txn);
    if (rc != 0) return fc_store_failed(store, rc, "begin reading", err);
    rc = mdb_cursor_open(out->txn, store->db[db], &out->cursor);
    if (rc == 0) return FC_OK;
    mdb_txn_abort(out->txn);
    return fc_store_failed(store, rc, "begin reading", err);
}

static enum fc_status close_reading(struct fc_store *store, struct reading *r, enum fc_status s, int rc, struct fc_error *err) {
    mdb_cursor_close(r->cursor);
    mdb_txn_abort(r->txn);
    if (s != FC_OK) return s;
    return rc == 0 || rc == MDB_NOTFOUND ? FC_OK : fc_store_failed(store, rc, "reading", err);
}

enum fc_status fc_store_each_mark(struct fc_store *store, enum fc_status (*each)(void *ctx, struct fc_str spool, struct fc_mark mark),
                                  void *ctx, struct fc_error *err) {
    struct reading r;
    enum fc_status s = open_reading(store, FC_DB_MARKS, &r, err);
    if (s != FC_OK) return s;
    MDB_val key, value;
    int rc;
    while (s == FC_OK && (rc = mdb_cursor_get(r.cursor, &key, &value, MDB_NEXT)) == 0) {
        struct fc_mark mark;
        if (key.mv_size != FC_SPOOL_ID_LEN) s = fc_fail(err, FC_INVALID, "store %s: a mark's key has %zu bytes, expected a spool id", store->dir, key.mv_size);
        else s = read_mark(store, r.txn, fc_val_str(key), &mark, err);
        if (s == FC_OK) s = each(ctx, fc_val_str(key), mark);
    }
    return close_reading(store, &r, s, rc, err);
}

enum fc_status fc_store_each_journal(struct fc_store *store, enum fc_status (*each)(void *ctx, const struct fc_link_msg *batch),
                                     void *ctx, struct fc_error *err) {
    struct reading r;
    enum fc_status s = open_reading(store, FC_DB_JOURNAL, &r, err);
    if (s != FC_OK) return s;
    MDB_val index, bytes;
    int rc;
    while (s == FC_OK && (rc = mdb_cursor_get(r.cursor, &index, &bytes, MDB_NEXT)) == 0) {
        struct fc_link_msg batch;
        bool covered = false;
        s = read_entry(store, index, bytes, &batch, err);
        if (s == FC_OK) s = is_covered(store, r.txn, &batch, &covered, err);
        if (s == FC_OK && !covered) s = each(ctx, &batch);
    }
    return close_reading(store, &r, s, rc, err);
}

static bool begins_with(struct fc_str key, struct fc_str prefix) {
    return key.n >= prefix.n && (prefix.n == 0 || memcmp(key.p, prefix.p, prefix.n) == 0);
}

/* Records of one page stand in it in the order in which they came to be, so a walk in the order of keys jumps about in it: asked for
 * in advance, the whole page takes little longer than its first word. */
static void fetch_page(const struct fc_store *store, const void *in_page, uintptr_t *last) {
    uintptr_t page = (uintptr_t)in_page & ~(uintptr_t)(store->page_bytes - 1);
    if (page == *last) return;
    *last = page;
    for (uintptr_t at = page; at < page + store->page_bytes; at += 64) __builtin_prefetch((const void *)at);
}

static enum fc_status each_of(struct fc_store *store, enum fc_db db, struct fc_str prefix, struct fc_str from, struct fc_str to,
                              fc_store_each *each, void *ctx, struct fc_error *err) {
    struct reading r;
    enum fc_status s = open_reading(store, db, &r, err);
    if (s != FC_OK) return s;
    struct fc_str start = compare(prefix, from) > 0 ? prefix : from;
    uintptr_t page = 0;
    MDB_val key = fc_val(start.p, start.n), value;
    int rc = mdb_cursor_get(r.cursor, &key, &value, start.n == 0 ? MDB_FIRST : MDB_SET_RANGE);
    for (; rc == 0 && s == FC_OK; rc = mdb_cursor_get(r.cursor, &key, &value, MDB_NEXT)) {
        struct fc_str k = fc_val_str(key);
        fetch_page(store, key.mv_data, &page);
        if (!begins_with(k, prefix) || (to.n > 0 && compare(k, to) >= 0)) break;
        s = each(ctx, k, fc_val_str(value));
    }
    return close_reading(store, &r, s, rc, err);
}

enum fc_status fc_store_each_state_of(struct fc_store *store, struct fc_str from, struct fc_str to, fc_store_each *each, void *ctx,
                                      struct fc_error *err) {
    return each_of(store, FC_DB_STATE, (struct fc_str){0}, from, to, each, ctx, err);
}

enum fc_status fc_store_each_state(struct fc_store *store, fc_store_each *each, void *ctx, struct fc_error *err) {
    return fc_store_each_state_of(store, (struct fc_str){0}, (struct fc_str){0}, each, ctx, err);
}

enum fc_status fc_store_each_interval(struct fc_store *store, struct fc_str prefix, struct fc_str from, struct fc_str to,
                                      fc_store_each *each, void *ctx, struct fc_error *err) {
    return each_of(store, FC_DB_INTERVALS, prefix, from, to, each, ctx, err);
}

enum fc_status fc_store_measure(struct fc_store *store, struct fc_store_size *out, struct fc_error *err) {
    MDB_txn *txn = store->txn;
    int rc = txn != NULL ? 0 : mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0) return fc_store_failed(store, rc, "measuring", err);
    uint64_t entries[FC_DB_COUNT] = {0}, state_pages = 0;
    for (int db = 0; rc == 0 && db < FC_DB_COUNT; db++) {
        MDB_stat stat;
        rc = mdb_stat(txn, store->db[db], &stat);
        if (rc == 0) entries[db] = stat.ms_entries;
        if (rc == 0 && db == FC_DB_STATE) state_pages = stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
    }
    if (store->txn == NULL) mdb_txn_abort(txn);
    if (rc != 0) return fc_store_failed(store, rc, "measuring", err);
    MDB_envinfo info;
    (void)mdb_env_info(store->env, &info);
    *out = (struct fc_store_size){.journal_entries = entries[FC_DB_JOURNAL], .staged_blocks = entries[FC_DB_STAGED],
                                  .state_records = entries[FC_DB_STATE], .interval_records = entries[FC_DB_INTERVALS], .contact_records = entries[FC_DB_CONTACTS],
                                  .used_bytes = ((uint64_t)info.me_last_pgno + 1) * store->page_bytes, .map_bytes = info.me_mapsize,
                                  .state_bytes = state_pages * store->page_bytes};
    return FC_OK;
}
