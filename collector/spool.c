#include "spool.h"

#include "disk.h"
#include "event.h"
#include "log.h"
#include "spool_env.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* 16 pages less LMDB's page header and the count: one byte more would take a 17th page. */
#define CHUNK_BYTES (FC_BATCH_BYTES_MAX - 16 - 4)
#define CHUNKS_MAX 8192      /* in one round; FC_SPOOL_ROUND_BYTES_MAX of tiny events makes fewer */
#define DELETES_MAX 2048     /* chunks deleted in one commit */
#define DELETE_AFTER_MS 200  /* forgotten chunks wait that long for a commit to go along with */
#define RETRY_MS 1000        /* after a full disk */

struct chunk {
    uint64_t first;
    size_t at, len; /* in `held` */
    uint32_t count;
};

struct mark {
    char name[FC_MARK_NAME_MAX];
    uint32_t name_len, len;
    uint8_t bytes[FC_MARK_BYTES_MAX];
};

struct fc_spool {
    struct fc_spool_env e;
    char dir[4096], away[160];
    uint64_t limit, used;   /* bytes of disk for events: allowed, taken */
    uint64_t first, stored; /* numbers on disk: first..stored-1 */
    uint64_t next;          /* of the next event put */
    uint64_t forget;        /* below: acked, to delete */
    bool disk_full, broken; /* no room for the round; a sync failed, nothing is written any more */
    struct fc_mono retry_at, forgot_at;
    MDB_txn *reader; /* reset between reads */
    struct fc_producers producers;
    uint8_t *held;
    size_t held_len;
    struct chunk *chunks;
    uint32_t n_chunks, n_marks, marks_cap;
    struct mark *marks;
};

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static void restore_producers(struct fc_spool *s) {
    MDB_cursor *c;
    MDB_val k = fc_val("p:", 2), v;
    if (mdb_cursor_open(s->reader, s->e.state, &c) != 0) return;
    for (int rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE); rc == 0; rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) {
        const char *key = k.mv_data, *value = v.mv_data;
        if (k.mv_size < 2 || memcmp(key, "p:", 2) != 0) break;
        if (v.mv_size < 8) continue;
        (void)fc_producers_restore(&s->producers, fc_str_n(key + 2, k.mv_size - 2), (int64_t)fc_be64(value), fc_str_n(value + 8, v.mv_size - 8));
    }
    mdb_cursor_close(c);
}

static void count_used(struct fc_spool *s, MDB_txn *txn) {
    MDB_stat st;
    if (mdb_stat(txn, s->e.events, &st) == 0) s->used = (st.ms_branch_pages + st.ms_leaf_pages + st.ms_overflow_pages) * (uint64_t)st.ms_psize;
}

enum fc_status fc_spool_open(const char *dir, uint64_t limit_bytes, struct fc_spool **out, struct fc_error *err) {
    struct fc_spool *s = calloc(1, sizeof *s);
    *out = NULL;
    if (s == NULL) return fc_fail(err, FC_IO, "spool %s: out of memory", dir);
    enum fc_status st = fc_spool_env_open(&s->e, dir, limit_bytes, err);
    if (st != FC_OK) {
        free(s);
        return st;
    }
    (void)snprintf(s->dir, sizeof s->dir, "%s", dir);
    s->limit = limit_bytes;
    s->first = s->forget = s->e.first;
    s->stored = s->next = s->e.next;
    s->held = malloc(FC_SPOOL_ROUND_BYTES_MAX);
    s->chunks = malloc(CHUNKS_MAX * sizeof *s->chunks);
    fc_producers_init(&s->producers);
    int rc = mdb_txn_begin(s->e.env, NULL, MDB_RDONLY, &s->reader);
    if (rc != 0 || s->held == NULL || s->chunks == NULL) {
        fc_spool_close(s);
        return fc_fail(err, FC_IO, "spool %s: %s", dir, rc != 0 ? mdb_strerror(rc) : "out of memory");
    }
    restore_producers(s);
    count_used(s, s->reader);
    mdb_txn_reset(s->reader);
    *out = s;
    return FC_OK;
}

void fc_spool_close(struct fc_spool *s) {
    if (s == NULL) return;
    if (s->reader != NULL) mdb_txn_abort(s->reader);
    fc_spool_env_close(&s->e, !s->broken);
    fc_producers_fini(&s->producers);
    free(s->held);
    free(s->chunks);
    free(s->marks);
    free(s);
}

/* ---- the round -------------------------------------------------------------------------------------------------- */

const char *fc_spool_dir(const struct fc_spool *s) { return s->dir; }
struct fc_str fc_spool_id(const struct fc_spool *s) { return fc_str_n(s->e.id, FC_SPOOL_ID_LEN); }
uint64_t fc_spool_first(const struct fc_spool *s) { return s->forget; }
uint64_t fc_spool_next(const struct fc_spool *s) { return s->stored; }
uint64_t fc_spool_bytes(const struct fc_spool *s) { return s->used; }
struct fc_producers *fc_spool_producers(struct fc_spool *s) { return &s->producers; }
bool fc_spool_full(const struct fc_spool *s) { return s->disk_full || s->used + s->held_len >= s->limit; }
bool fc_spool_room(const struct fc_spool *s) { return !fc_spool_full(s) && s->held_len < FC_SPOOL_ROUND_BYTES && s->n_chunks < CHUNKS_MAX - 64; }
bool fc_spool_held(const struct fc_spool *s) { return s->n_chunks > 0 || s->n_marks > 0; }
void fc_spool_away(struct fc_spool *s, const char *text) { (void)snprintf(s->away, sizeof s->away, "%s", text); }

enum fc_status fc_spool_why_full(const struct fc_spool *s, struct fc_error *err) {
    const char *sep = s->away[0] != '\0' ? ", " : "";
    if (s->disk_full) return fc_fail(err, FC_FULL, "spool %.120s: no room on its disk%s%s", s->dir, sep, s->away);
    return fc_fail(err, FC_FULL, "spool %.120s is at its limit of %llu bytes%s%s", s->dir, (unsigned long long)s->limit, sep, s->away);
}

enum fc_status fc_spool_put(struct fc_spool *s, const void *event, size_t n, struct fc_error *err) {
    FC_ASSERT(n > 0 && n <= FC_EVENT_BYTES_MAX);
    if (fc_spool_full(s)) return fc_spool_why_full(s, err);
    struct chunk *c = s->n_chunks > 0 ? &s->chunks[s->n_chunks - 1] : NULL;
    bool fits = c != NULL && c->count < FC_BATCH_EVENTS_MAX && c->len + n <= CHUNK_BYTES;
    if (s->held_len + n > FC_SPOOL_ROUND_BYTES_MAX || (!fits && s->n_chunks == CHUNKS_MAX))
        return fc_fail(err, FC_FULL, "spool %s: a round may hold %u bytes, they are reached", s->dir, FC_SPOOL_ROUND_BYTES_MAX);
    if (!fits) {
        c = &s->chunks[s->n_chunks++];
        *c = (struct chunk){.first = s->next, .at = s->held_len};
    }
    memcpy(s->held + s->held_len, event, n);
    s->held_len += n;
    c->len += n;
    c->count++;
    s->next++;
    return FC_OK;
}

static struct mark *find_mark(const struct fc_spool *s, struct fc_str name) {
    for (uint32_t i = 0; i < s->n_marks; i++)
        if (fc_str_eq(fc_str_n(s->marks[i].name, s->marks[i].name_len), name)) return &s->marks[i];
    return NULL;
}

void fc_spool_mark(struct fc_spool *s, struct fc_str name, const void *bytes, size_t n) {
    FC_ASSERT(name.n > 0 && name.n <= FC_MARK_NAME_MAX && n <= FC_MARK_BYTES_MAX);
    struct mark *m = find_mark(s, name);
    if (m == NULL) {
        if (s->n_marks == s->marks_cap) {
            uint32_t cap = s->marks_cap == 0 ? 8 : s->marks_cap * 2;
            struct mark *more = realloc(s->marks, cap * sizeof *more);
            FC_ASSERT(more != NULL);
            s->marks = more;
            s->marks_cap = cap;
        }
        m = &s->marks[s->n_marks++];
        memcpy(m->name, name.p, name.n);
        m->name_len = name.n;
    }
    if (n > 0) memcpy(m->bytes, bytes, n);
    m->len = (uint32_t)n;
}

static size_t mark_key(char *key, struct fc_str name) {
    memcpy(key, "m:", 2);
    memcpy(key + 2, name.p, name.n);
    return name.n + 2;
}

bool fc_spool_marked(struct fc_spool *s, struct fc_str name, void *bytes, size_t cap, size_t *n) {
    FC_ASSERT(name.n > 0 && name.n <= FC_MARK_NAME_MAX);
    const struct mark *m = find_mark(s, name);
    if (m != NULL) {
        *n = m->len;
        memcpy(bytes, m->bytes, m->len < cap ? m->len : cap);
        return true;
    }
    char key[FC_MARK_NAME_MAX + 2];
    MDB_val k = fc_val(key, mark_key(key, name)), v;
    if (mdb_txn_renew(s->reader) != 0) return false;
    bool found = mdb_get(s->reader, s->e.state, &k, &v) == 0;
    if (found) {
        *n = v.mv_size;
        memcpy(bytes, v.mv_data, v.mv_size < cap ? v.mv_size : cap);
    }
    mdb_txn_reset(s->reader);
    return found;
}

/* ---- the commit ------------------------------------------------------------------------------------------------- */

static int put_chunks(struct fc_spool *s, MDB_txn *txn) {
    uint8_t key[8];
    for (uint32_t i = 0; i < s->n_chunks; i++) {
        const struct chunk *c = &s->chunks[i];
        fc_put_be64(key, c->first);
        MDB_val k = fc_val(key, sizeof key), v = {.mv_size = 4 + c->len};
        int rc = mdb_put(txn, s->e.events, &k, &v, MDB_APPEND | MDB_RESERVE);
        if (rc != 0) return rc;
        fc_put_be32(v.mv_data, c->count);
        memcpy((uint8_t *)v.mv_data + 4, s->held + c->at, c->len);
    }
    if (s->n_chunks == 0) return 0;
    fc_put_be64(key, s->next);
    MDB_val k = fc_val("next", 4), v = fc_val(key, sizeof key);
    return mdb_put(txn, s->e.state, &k, &v, 0);
}

static int put_marks(struct fc_spool *s, MDB_txn *txn) {
    char key[FC_MARK_NAME_MAX + 2];
    for (uint32_t i = 0; i < s->n_marks; i++) {
        struct mark *m = &s->marks[i];
        MDB_val k = fc_val(key, mark_key(key, fc_str_n(m->name, m->name_len))), v = fc_val(m->bytes, m->len);
        int rc = mdb_put(txn, s->e.state, &k, &v, 0);
        if (rc != 0) return rc;
    }
    return 0;
}

static int put_producers(struct fc_spool *s, MDB_txn *txn) {
    for (uint32_t i = 0; i < s->producers.n_dirty; i++) {
        const struct fc_producer *p = &s->producers.rows[s->producers.dirty[i]];
        char key[2 + FC_ID_MAX], value[8 + FC_ID_MAX];
        memcpy(key, "p:", 2);
        memcpy(key + 2, p->src, p->src_len);
        fc_put_be64(value, (uint64_t)p->seq);
        memcpy(value + 8, p->epoch, p->epoch_len);
        MDB_val k = fc_val(key, 2u + p->src_len), v = fc_val(value, 8u + p->epoch_len);
        int rc = mdb_put(txn, s->e.state, &k, &v, 0);
        if (rc != 0) return rc;
    }
    return 0;
}

/* Chunks that end at or below `forget`. *first becomes the first number left, *more whether some must wait. */
static int delete_chunks(struct fc_spool *s, MDB_txn *txn, uint64_t *first, bool *more) {
    MDB_cursor *c;
    MDB_val k, v;
    int rc = mdb_cursor_open(txn, s->e.events, &c), n = 0;
    *more = false;
    if (rc != 0) return rc;
    while ((rc = mdb_cursor_get(c, &k, &v, MDB_FIRST)) == 0) {
        *first = fc_be64(k.mv_data);
        if (*first + fc_be32(v.mv_data) > s->forget) break;
        *more = n == DELETES_MAX;
        if (*more || (rc = mdb_cursor_del(c, 0)) != 0) break;
        n++;
    }
    mdb_cursor_close(c);
    if (rc == MDB_NOTFOUND) *first = s->stored;
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* LMDB calls a write that was cut short an input/output error; a lost one is asked for apart (base/disk.h). */
static bool is_full(const struct fc_spool *s, int rc) {
    return !s->broken && (rc == MDB_MAP_FULL || rc == MDB_TXN_FULL || rc == EIO || fc_disk_is_full(rc));
}

static enum fc_status refuse_broken(const struct fc_spool *s, struct fc_error *err) {
    return fc_fail(err, FC_IO, "spool %s: the disk lost a write; what it holds is known only after a new start", s->dir);
}

static int begin_txn(struct fc_spool *s, MDB_txn **txn) {
    int rc = mdb_txn_begin(s->e.env, NULL, 0, txn);
    s->broken = s->broken || rc == MDB_PANIC;
    return rc;
}

static int commit_txn(struct fc_spool *s, MDB_txn *txn) {
    int rc = mdb_txn_commit(txn);
    if (rc != 0 && rc != MDB_MAP_FULL && rc != MDB_TXN_FULL) s->broken = fc_disk_lost(s->e.witness);
    return rc;
}

/* One transaction: the deletes, and with `puts` the round. Nothing in memory changes unless it is on disk. */
static int write_txn(struct fc_spool *s, bool puts) {
    MDB_txn *txn;
    uint64_t first = s->first;
    bool more = false;
    int rc = begin_txn(s, &txn);
    if (rc != 0) return rc;
    if (s->forget > s->first) rc = delete_chunks(s, txn, &first, &more);
    if (rc == 0 && puts) rc = put_chunks(s, txn);
    if (rc == 0 && puts) rc = put_marks(s, txn);
    if (rc == 0 && puts) rc = put_producers(s, txn);
    uint64_t used = s->used;
    if (rc == 0) count_used(s, txn);
    if (rc == 0) rc = commit_txn(s, txn);
    else mdb_txn_abort(txn);
    if (rc != 0) {
        s->used = used;
        return rc;
    }
    s->first = more ? first : s->forget;
    if (!puts) return 0;
    s->stored = s->next;
    s->held_len = s->n_chunks = s->n_marks = 0;
    fc_producers_written(&s->producers);
    return 0;
}

static enum fc_status commit_now(struct fc_spool *s, struct fc_mono now, struct fc_error *err) {
    bool deletes = s->forget > s->first;
    if (s->broken) return refuse_broken(s, err);
    int rc = write_txn(s, true);
    if (is_full(s, rc) && deletes && write_txn(s, false) == 0) rc = write_txn(s, true);
    if (s->broken) return refuse_broken(s, err);
    if (rc != 0 && !is_full(s, rc)) return fc_fail(err, FC_IO, "spool %s: commit failed: %s", s->dir, mdb_strerror(rc));
    s->disk_full = rc != 0;
    s->retry_at = (struct fc_mono){now.ns + RETRY_MS * INT64_C(1000000)};
    if (s->disk_full) return fc_spool_why_full(s, err);
    s->forgot_at = s->forget > s->first ? now : (struct fc_mono){0};
    return FC_OK;
}

enum fc_status fc_spool_commit(struct fc_spool *s, struct fc_mono now, struct fc_error *err) {
    bool deletes = s->forget > s->first;
    if (deletes && s->forgot_at.ns == 0) s->forgot_at = now;
    if (!fc_spool_held(s) && !(deletes && fc_mono_ms_since(s->forgot_at, now) >= DELETE_AFTER_MS)) return FC_OK;
    if (s->disk_full && fc_mono_ms_since(s->retry_at, now) < 0) return fc_spool_why_full(s, err);
    return commit_now(s, now, err);
}

enum fc_status fc_spool_flush(struct fc_spool *s, struct fc_error *err) {
    while (fc_spool_held(s) || s->forget > s->first) {
        uint64_t first = s->first;
        bool held = fc_spool_held(s);
        enum fc_status st = commit_now(s, fc_mono_now(), err);
        if (st != FC_OK) return st;
        if (!held && s->first == first) return FC_OK; /* what is left is part of a chunk that is still wanted */
    }
    return FC_OK;
}

int64_t fc_spool_due_ms(const struct fc_spool *s, struct fc_mono now) {
    int64_t wait = -1;
    if (s->disk_full) wait = -fc_mono_ms_since(s->retry_at, now);
    else if (s->forgot_at.ns != 0) wait = DELETE_AFTER_MS - fc_mono_ms_since(s->forgot_at, now);
    else if (s->forget > s->first || fc_spool_held(s)) wait = 0;
    else return -1;
    return wait > 0 ? wait : 0;
}

/* ---- reading and forgetting ------------------------------------------------------------------------------------- */

/* Places the cursor on the chunk that holds number `from`. */
static int seek(MDB_cursor *c, uint64_t from, MDB_val *k, MDB_val *v) {
    uint8_t key[8];
    fc_put_be64(key, from);
    *k = fc_val(key, sizeof key);
    int rc = mdb_cursor_get(c, k, v, MDB_SET_RANGE);
    if (rc == 0 && fc_be64(k->mv_data) == from) return 0;
    return mdb_cursor_get(c, k, v, rc == 0 ? MDB_PREV : MDB_LAST);
}

/* Appends one chunk's events from number `from` on. FC_AGAIN: they do not fit any more. */
static enum fc_status append(const MDB_val *k, const MDB_val *v, uint64_t from, uint8_t *to, struct fc_spool_batch *out) {
    if (k->mv_size != 8 || v->mv_size < 5 || v->mv_size > FC_BATCH_BYTES_MAX + 4) return FC_INVALID;
    const uint8_t *bytes = v->mv_data;
    uint64_t first = fc_be64(k->mv_data);
    uint32_t count = fc_be32(bytes);
    if (first > from || first + count <= from || count > FC_BATCH_EVENTS_MAX) return FC_INVALID;
    struct fc_mp mp = fc_mp_open(bytes + 4, v->mv_size - 4);
    for (; first < from; first++, count--)
        if (!fc_mp_skip(&mp)) return FC_INVALID;
    if (out->count + count > FC_BATCH_EVENTS_MAX || out->bytes + fc_mp_left(&mp) > FC_BATCH_BYTES_MAX) return FC_AGAIN;
    memcpy(to + out->bytes, mp.p, fc_mp_left(&mp));
    out->bytes += fc_mp_left(&mp);
    out->count += count;
    return FC_OK;
}

enum fc_status fc_spool_read(struct fc_spool *s, uint64_t from, uint8_t *to, struct fc_spool_batch *out, struct fc_error *err) {
    *out = (struct fc_spool_batch){.first = from};
    if (from >= s->stored) return FC_AGAIN;
    MDB_cursor *c = NULL;
    MDB_val k, v;
    int rc = mdb_txn_renew(s->reader);
    if (rc != 0) return fc_fail(err, FC_IO, "spool %s: %s", s->dir, mdb_strerror(rc));
    rc = mdb_cursor_open(s->reader, s->e.events, &c);
    if (rc == 0) rc = seek(c, from, &k, &v);
    enum fc_status st = rc == 0 ? append(&k, &v, from, to, out) : FC_INVALID;
    while (st == FC_OK && (rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0) /* small chunks join into one batch */
        st = append(&k, &v, from + out->count, to, out);
    if (c != NULL) mdb_cursor_close(c);
    mdb_txn_reset(s->reader);
    if (out->count > 0 && st != FC_INVALID) return FC_OK;
    return fc_fail(err, FC_IO, "spool %s: damaged: event %llu cannot be read", s->dir, (unsigned long long)(from + out->count));
}

void fc_spool_forget(struct fc_spool *s, uint64_t below) {
    if (below > s->stored) below = s->stored;
    if (below > s->forget) s->forget = below;
}

enum fc_status fc_spool_rename(struct fc_spool *s, struct fc_error *err) {
    char id[FC_SPOOL_ID_LEN + 1];
    MDB_txn *txn;
    fc_spool_new_id(id);
    MDB_val k = fc_val("id", 2), v = fc_val(id, FC_SPOOL_ID_LEN);
    if (s->broken) return refuse_broken(s, err);
    int rc = begin_txn(s, &txn);
    if (rc == 0 && (rc = mdb_put(txn, s->e.state, &k, &v, 0)) != 0) mdb_txn_abort(txn);
    else if (rc == 0) rc = commit_txn(s, txn);
    if (s->broken) return refuse_broken(s, err);
    if (rc != 0) return fc_fail(err, is_full(s, rc) ? FC_FULL : FC_IO, "spool %s: a new id cannot be written: %s", s->dir, mdb_strerror(rc));
    memcpy(s->e.id, id, sizeof id);
    return FC_OK;
}
