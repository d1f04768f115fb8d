#include "spool_env.h"

#include "log.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the byte swaps of spool_env.h are written for a little endian machine"
#endif

#define FORMAT_NAME "floorcast-spool "
#define FORMAT_NUMBER "1"
#define FORMAT FORMAT_NAME FORMAT_NUMBER
#define LOCK_BYTES 8192 /* of LMDB's lock.mdb with its usual 126 readers */

void fc_spool_new_id(char id[FC_SPOOL_ID_LEN + 1]) {
    unsigned char raw[FC_SPOOL_ID_LEN / 2];
    randombytes_buf(raw, sizeof raw);
    (void)sodium_bin2hex(id, FC_SPOOL_ID_LEN + 1, raw, sizeof raw);
}

static enum fc_status make_dir(const char *dir, struct fc_error *err) {
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s", dir);
    for (char *p = path + 1; *p != '\0'; p++) {
        if (*p != '/') continue;
        *p = '\0';
        (void)mkdir(path, 0755); /* the last one tells whether it worked */
        *p = '/';
    }
    if (mkdir(path, 0700) == 0 || errno == EEXIST) return FC_OK;
    return fc_fail(err, FC_IO, "spool %s: cannot be made: %s", dir, strerror(errno));
}

static enum fc_status take_lock(struct fc_spool_env *e, const char *dir, struct fc_error *err) {
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/lock", dir);
    enum fc_status st = fc_disk_lock(path, &e->lock, err);
    if (st == FC_AGAIN) return fc_fail(err, FC_IO, "spool %s: in use by another floorcast-collector (%s)", dir, e->lock.holder);
    return st == FC_OK ? st : fc_context(err, st, "spool");
}

/* lock.mdb is written through a map: on a full disk that would end the program. */
static enum fc_status prepare_files(struct fc_spool_env *e, const char *dir, struct fc_error *err) {
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/lock.mdb", dir);
    enum fc_status st = fc_disk_reserve(path, LOCK_BYTES, err);
    (void)snprintf(path, sizeof path, "%s/data.mdb", dir);
    if (st == FC_OK) st = fc_disk_reserve(path, 0, err);
    if (st != FC_OK) return fc_context(err, st, "spool");
    e->witness = fc_disk_witness(path);
    return e->witness >= 0 ? FC_OK : fc_fail(err, FC_IO, "spool %s: data.mdb: %s", dir, strerror(errno));
}

/* LMDB found a page that is none. It cannot go on from there, and would abort. */
static void found_damage(MDB_env *env, const char *what) {
    const char *path = "";
    (void)mdb_env_get_path(env, &path);
    fc_err("spool %s: data.mdb is damaged (LMDB: %s); stopping. README, \"A damaged spool\", says what to do", path, what);
    _exit(1);
}

static enum fc_status failed(const char *dir, const char *what, int rc, struct fc_error *err) {
    if (fc_disk_is_full(rc)) return fc_fail(err, FC_FULL, "spool %s: no room on its disk (%s)", dir, mdb_strerror(rc));
    if (rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH)
        return fc_fail(err, FC_IO, "spool %s: data.mdb is not a spool's file, or was cut (%s); README, \"A damaged spool\", says what to do", dir,
                       mdb_strerror(rc));
    return fc_fail(err, FC_IO, "spool %s: %s: %s", dir, what, mdb_strerror(rc));
}

/* A cut file ends before the pages its header speaks of; reading there would be a bus error. Pages freed in the very
 * transaction that made them are never written, so a short file may be whole: it is filled up with zeroes here, which
 * no reader takes for a page, and walked from end to end. */
static enum fc_status check_length(struct fc_spool_env *e, const char *dir, bool *suspect, off_t *length, struct fc_error *err) {
    MDB_envinfo info;
    MDB_stat stat;
    struct stat st;
    char path[PATH_MAX];
    (void)mdb_env_info(e->env, &info);
    (void)mdb_env_stat(e->env, &stat);
    (void)snprintf(path, sizeof path, "%s/data.mdb", dir);
    if (lstat(path, &st) != 0) return fc_fail(err, FC_IO, "spool %s: data.mdb: %s", dir, strerror(errno));
    off_t need = (off_t)((info.me_last_pgno + 1) * stat.ms_psize);
    *suspect = st.st_size < need;
    *length = st.st_size;
    if (*suspect && truncate(path, need) != 0) return fc_fail(err, FC_IO, "spool %s: data.mdb: %s", dir, strerror(errno));
    return FC_OK;
}

static bool whole_chunk(const MDB_val *key, const MDB_val *value, uint64_t *next) {
    if (key->mv_size != 8 || value->mv_size < 5 || fc_be64(key->mv_data) < *next) return false;
    const uint8_t *v = value->mv_data;
    uint32_t count = fc_be32(v);
    struct fc_mp mp = fc_mp_open(v + 4, value->mv_size - 4);
    for (uint32_t i = 0; i < count; i++)
        if (!fc_mp_skip(&mp)) return false;
    *next = fc_be64(key->mv_data) + count;
    return count > 0 && fc_mp_left(&mp) == 0;
}

static bool whole(struct fc_spool_env *e, MDB_txn *txn) {
    MDB_cursor *c;
    MDB_val k, v;
    MDB_stat stat;
    uint64_t next = 0, n = 0, rows = 0;
    int rc = mdb_cursor_open(txn, e->events, &c);
    if (rc != 0) return false;
    while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0 && whole_chunk(&k, &v, &next)) n++;
    mdb_cursor_close(c);
    if (rc != MDB_NOTFOUND || mdb_stat(txn, e->events, &stat) != 0 || stat.ms_entries != n) return false;
    if (mdb_cursor_open(txn, e->state, &c) != 0) return false;
    while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0) rows++;
    mdb_cursor_close(c);
    return rc == MDB_NOTFOUND && mdb_stat(txn, e->state, &stat) == 0 && stat.ms_entries == rows;
}

static int put(MDB_txn *txn, MDB_dbi dbi, const char *key, const void *p, size_t n) {
    MDB_val k = fc_val(key, strlen(key)), v = fc_val(p, n);
    return mdb_put(txn, dbi, &k, &v, 0);
}

/* An empty environment becomes a spool. */
static int create_databases(struct fc_spool_env *e, MDB_txn *txn) {
    uint8_t one[8];
    fc_put_be64(one, 1);
    fc_spool_new_id(e->id);
    int rc = mdb_dbi_open(txn, "events", MDB_CREATE, &e->events);
    if (rc == 0) rc = mdb_dbi_open(txn, "state", MDB_CREATE, &e->state);
    if (rc == 0) rc = put(txn, e->state, "format", FORMAT, strlen(FORMAT));
    if (rc == 0) rc = put(txn, e->state, "id", e->id, FC_SPOOL_ID_LEN);
    if (rc == 0) rc = put(txn, e->state, "next", one, sizeof one);
    e->first = e->next = 1;
    return rc;
}

/* Sets `first`. Whoever reads chunks later relies on their keys being numbers and their values having a count. */
static int find_first(struct fc_spool_env *e, MDB_txn *txn) {
    MDB_cursor *c;
    MDB_val k, v;
    bool any = false;
    int rc = mdb_cursor_open(txn, e->events, &c);
    if (rc != 0) return rc;
    e->first = e->next;
    while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0 && k.mv_size == 8 && v.mv_size >= 5) {
        if (!any) e->first = fc_be64(k.mv_data);
        any = true;
    }
    mdb_cursor_close(c);
    return rc == MDB_NOTFOUND ? 0 : rc == 0 ? MDB_CORRUPTED : rc;
}

enum { NO_SPOOL = 1, OTHER_FORMAT = 2 };

static int check_format(struct fc_spool_env *e, struct fc_str format) {
    if (fc_str_eq(format, fc_str(FORMAT))) return 0;
    if (!fc_str_starts(format, FORMAT_NAME)) return NO_SPOOL;
    (void)fc_str_copy(e->format, sizeof e->format, fc_str_n(format.p + strlen(FORMAT_NAME), format.n - (uint32_t)strlen(FORMAT_NAME)));
    return OTHER_FORMAT;
}

/* 0, an LMDB error, or one of the two above. */
static int read_state(struct fc_spool_env *e, MDB_txn *txn) {
    MDB_val k = fc_val("format", 6), v;
    int rc = mdb_dbi_open(txn, "state", 0, &e->state);
    if (rc == 0) rc = mdb_dbi_open(txn, "events", 0, &e->events);
    if (rc == 0) rc = mdb_get(txn, e->state, &k, &v);
    if (rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE) return NO_SPOOL;
    if (rc == 0) rc = check_format(e, fc_str_n(v.mv_data, v.mv_size));
    if (rc != 0) return rc;
    k = fc_val("id", 2);
    if ((rc = mdb_get(txn, e->state, &k, &v)) != 0) return rc;
    if (v.mv_size != FC_SPOOL_ID_LEN) return NO_SPOOL;
    (void)fc_str_copy(e->id, sizeof e->id, fc_str_n(v.mv_data, v.mv_size));
    k = fc_val("next", 4);
    if ((rc = mdb_get(txn, e->state, &k, &v)) != 0) return rc;
    if (v.mv_size != 8) return NO_SPOOL;
    e->next = fc_be64(v.mv_data);
    return find_first(e, txn);
}

static enum fc_status open_databases(struct fc_spool_env *e, const char *dir, struct fc_error *err) {
    MDB_txn *txn;
    MDB_stat stat;
    bool suspect = false;
    off_t length = 0;
    char path[PATH_MAX];
    enum fc_status st = check_length(e, dir, &suspect, &length, err);
    if (st != FC_OK) return st;
    int rc = mdb_txn_begin(e->env, NULL, 0, &txn);
    if (rc != 0) return failed(dir, "cannot be opened", rc, err);
    (void)mdb_env_stat(e->env, &stat);
    rc = stat.ms_entries == 0 ? create_databases(e, txn) : read_state(e, txn);
    bool cut = suspect && (rc != 0 || !whole(e, txn));
    if (rc == 0 && !cut && e->lock.machine_died) {
        fc_info("spool %s: its last user did not stop cleanly, and on another machine or before this one's start: looking through it", dir);
        if (!whole(e, txn)) rc = MDB_CORRUPTED;
    }
    if (rc == 0 && !cut) {
        rc = mdb_txn_commit(txn);
        return rc == 0 ? FC_OK : failed(dir, "cannot be written", rc, err);
    }
    mdb_txn_abort(txn);
    if (cut) {
        (void)snprintf(path, sizeof path, "%s/data.mdb", dir);
        if (truncate(path, length) != 0) length = 0; /* as it was found: the refusal below says it all */
        return fc_fail(err, FC_IO, "spool %s: data.mdb was cut (%lld bytes, pages behind its end are in use); README, \"A damaged spool\", says what to do",
                       dir, (long long)length);
    }
    if (rc == OTHER_FORMAT)
        return fc_fail(err, FC_IO, "spool %s: written by another version of this program (format %s; this one reads " FORMAT_NUMBER "); README, \"A spool of another version\", says what to do",
                       dir, e->format);
    if (rc == NO_SPOOL) return fc_fail(err, FC_IO, "spool %s: holds an LMDB environment that is not a spool of this version: give another --spool", dir);
    return fc_fail(err, FC_IO, "spool %s: damaged (%s); README, \"A damaged spool\", says what to do", dir, mdb_strerror(rc));
}

/* Deleting needs fresh pages too (copy on write), so the map is larger than what events may use. */
static size_t map_size(uint64_t limit_bytes) {
    uint64_t size = limit_bytes + limit_bytes / 4 + (UINT64_C(64) << 20);
    return (size_t)(size & ~UINT64_C(0xffff));
}

enum fc_status fc_spool_env_open(struct fc_spool_env *e, const char *dir, uint64_t limit_bytes, struct fc_error *err) {
    memset(e, 0, sizeof *e);
    e->lock.fd = e->witness = -1;
    if (sodium_init() < 0) return fc_fail(err, FC_IO, "libsodium cannot be started");
    enum fc_status st = make_dir(dir, err);
    if (st == FC_OK) st = take_lock(e, dir, err);
    if (st == FC_OK) st = prepare_files(e, dir, err);
    if (st != FC_OK) goto out;
    int rc = mdb_env_create(&e->env);
    if (rc == 0) rc = mdb_env_set_assert(e->env, found_damage);
    if (rc == 0) rc = mdb_env_set_maxdbs(e->env, 4);
    if (rc == 0) rc = mdb_env_set_mapsize(e->env, map_size(limit_bytes));
    if (rc == 0) rc = mdb_env_open(e->env, dir, MDB_NOTLS, 0600);
    st = rc == 0 ? open_databases(e, dir, err) : failed(dir, "cannot be opened", rc, err);
    if (st == FC_OK && e->lock.machine_died) fc_disk_lock_sound(&e->lock);
out:
    if (st != FC_OK) fc_spool_env_close(e, false);
    return st;
}

void fc_spool_env_close(struct fc_spool_env *e, bool clean) {
    if (e->env != NULL) mdb_env_close(e->env);
    if (e->witness >= 0) (void)close(e->witness);
    fc_disk_unlock(&e->lock, clean);
    e->env = NULL;
    e->witness = -1;
}
