/* Opening: the lock, whose environment it is, and reading what is there. */
#include "shelf_private.h"

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "floorcast-wallboard"
#define MAP_BYTES (UINT64_C(4) << 30) /* address space; the file grows as it is filled */
#define LOCK_BYTES 8192               /* of LMDB's lock.mdb with its usual 126 readers */

static enum fc_status make_dir(const char *dir, struct fc_error *err) {
    struct stat st;
    if (mkdir(dir, 0750) != 0 && errno != EEXIST) return fc_fail(err, FC_CONFIG, "data directory %s: cannot create it: %s", dir, strerror(errno));
    if (stat(dir, &st) != 0) return fc_fail(err, FC_CONFIG, "data directory %s: %s", dir, strerror(errno));
    return S_ISDIR(st.st_mode) ? FC_OK : fc_fail(err, FC_CONFIG, "data directory %s: it is not a directory", dir);
}

static enum fc_status take_lock(struct fc_shelf *shelf, struct fc_error *err) {
    char path[600];
    (void)snprintf(path, sizeof path, "%s/floorcast.lock", shelf->dir);
    enum fc_status s = fc_disk_lock(path, &shelf->lock, err);
    if (s == FC_AGAIN)
        return fc_fail(err, FC_CONFIG, "data directory %s is in use by another process (%s): one wallboard a directory", shelf->dir, shelf->lock.holder);
    return s == FC_OK ? s : fc_context(err, FC_CONFIG, "data directory: its lock");
}

/* Both files are written through LMDB's map or over its end, where a full disk would end the program. */
static enum fc_status prepare_files(struct fc_shelf *shelf, struct fc_error *err) {
    char path[600];
    (void)snprintf(path, sizeof path, "%s/lock.mdb", shelf->dir);
    enum fc_status s = fc_disk_reserve(path, LOCK_BYTES, err);
    (void)snprintf(path, sizeof path, "%s/data.mdb", shelf->dir);
    if (s == FC_OK) s = fc_disk_reserve(path, 0, err);
    if (s != FC_OK) return fc_context(err, s, "data directory");
    shelf->witness = fc_disk_witness(path);
    return shelf->witness >= 0 ? FC_OK : fc_fail(err, FC_IO, "data directory %s: data.mdb: %s", shelf->dir, strerror(errno));
}

/* LMDB found a page that is none. It cannot go on from there, and would abort. */
static void found_damage(MDB_env *env, const char *what) {
    const struct fc_shelf *shelf = mdb_env_get_userctx(env);
    fc_err("data directory %s: data.mdb is damaged (LMDB: %s); stopping. README, \"Boards\", says what to do", shelf->dir, what);
    _exit(1);
}

/* A file that is shorter than LMDB's count of pages: cut off, or a crash fell before free pages at its end were written. Reading
 * past the end would kill the process, so it is filled with zeroes; a record that stood there is then no JSON, or its page none. */
static enum fc_status fill_up(struct fc_shelf *shelf, struct fc_error *err) {
    MDB_envinfo info;
    MDB_stat stat;
    struct stat st;
    char path[600];
    (void)mdb_env_info(shelf->env, &info);
    (void)mdb_env_stat(shelf->env, &stat);
    (void)snprintf(path, sizeof path, "%s/data.mdb", shelf->dir);
    off_t need = (off_t)((info.me_last_pgno + 1) * stat.ms_psize);
    if (lstat(path, &st) != 0) return fc_fail(err, FC_IO, "data directory %s: data.mdb: %s", shelf->dir, strerror(errno));
    if (st.st_size >= need || info.me_last_txnid == 0) return FC_OK;
    fc_warn("data directory %s: data.mdb is %lld bytes short; what was there, if anything, is missing", shelf->dir, (long long)(need - st.st_size));
    return truncate(path, need) == 0 ? FC_OK : fc_fail(err, FC_IO, "data directory %s: data.mdb: %s", shelf->dir, strerror(errno));
}

static enum fc_status open_failed(const struct fc_shelf *shelf, int rc, struct fc_error *err) {
    if (rc == MDB_INVALID || rc == MDB_CORRUPTED || rc == MDB_VERSION_MISMATCH)
        return fc_fail(err, FC_CONFIG, "data directory %s: data.mdb is not a file of this LMDB, or it was cut off (%s)", shelf->dir, mdb_strerror(rc));
    return fc_shelf_failed(shelf, rc, "open", err);
}

static enum fc_status foreign(const struct fc_shelf *shelf, struct fc_error *err) {
    return fc_fail(err, FC_CONFIG, "data directory %s: holds another program's store, or another version's; expected an own --data", shelf->dir);
}

static int make_dbs(struct fc_shelf *shelf, MDB_txn *txn) {
    uint8_t format[8];
    fc_u64_put(format, FC_SHELF_FORMAT);
    MDB_val key = fc_shelf_val(MARK, sizeof MARK - 1), value = fc_shelf_val(format, sizeof format);
    int rc = mdb_dbi_open(txn, "meta", MDB_CREATE, &shelf->meta);
    if (rc == 0) rc = mdb_dbi_open(txn, "boards", MDB_CREATE, &shelf->boards);
    if (rc == 0) rc = mdb_dbi_open(txn, "alerts", MDB_CREATE, &shelf->alerts);
    return rc == 0 ? mdb_put(txn, shelf->meta, &key, &value, 0) : rc;
}

/* An environment without any entry is new. */
static enum fc_status open_dbs(struct fc_shelf *shelf, MDB_txn *txn, struct fc_error *err) {
    MDB_dbi main_db;
    MDB_stat stat;
    MDB_val key = fc_shelf_val(MARK, sizeof MARK - 1), value;
    int rc = mdb_dbi_open(txn, NULL, 0, &main_db);
    if (rc == 0) rc = mdb_stat(txn, main_db, &stat);
    if (rc == 0 && stat.ms_entries == 0) rc = make_dbs(shelf, txn);
    else if (rc == 0) {
        rc = mdb_dbi_open(txn, "meta", 0, &shelf->meta);
        if (rc == 0) rc = mdb_get(txn, shelf->meta, &key, &value);
        if (rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE) return foreign(shelf, err);
        if (rc == 0 && (value.mv_size != 8 || fc_u64_get(value.mv_data) != FC_SHELF_FORMAT)) return foreign(shelf, err);
        if (rc == 0) rc = mdb_dbi_open(txn, "boards", 0, &shelf->boards);
        if (rc == 0) rc = mdb_dbi_open(txn, "alerts", 0, &shelf->alerts);
    }
    return rc == 0 ? FC_OK : fc_shelf_failed(shelf, rc, "open", err);
}

enum fc_status fc_shelf_open_env(struct fc_shelf *shelf, struct fc_error *err) {
    MDB_txn *txn;
    enum fc_status s = make_dir(shelf->dir, err);
    if (s == FC_OK) s = take_lock(shelf, err);
    if (s == FC_OK) s = prepare_files(shelf, err);
    if (s != FC_OK) return s;
    int rc = mdb_env_create(&shelf->env);
    if (rc == 0) rc = mdb_env_set_userctx(shelf->env, shelf);
    if (rc == 0) rc = mdb_env_set_assert(shelf->env, found_damage);
    if (rc == 0) rc = mdb_env_set_maxdbs(shelf->env, 4);
    if (rc == 0) rc = mdb_env_set_mapsize(shelf->env, MAP_BYTES);
    if (rc == 0) rc = mdb_env_open(shelf->env, shelf->dir, MDB_NOTLS, 0640);
    if (rc != 0) return open_failed(shelf, rc, err);
    s = fill_up(shelf, err);
    if (s != FC_OK) return s;
    if ((rc = mdb_txn_begin(shelf->env, NULL, 0, &txn)) != 0) return fc_shelf_failed(shelf, rc, "begin", err);
    s = open_dbs(shelf, txn, err);
    if (s != FC_OK) {
        mdb_txn_abort(txn);
        return s;
    }
    rc = mdb_txn_commit(txn);
    return rc == 0 ? FC_OK : fc_shelf_failed(shelf, rc, "commit", err);
}

/* ---- what is there ----------------------------------------------------------------------------------------------- */

static struct fc_str id_of(MDB_val key) { return fc_str_n(key.mv_data, key.mv_size > 9 ? key.mv_size - 9 : 0); }

static void tell(struct fc_shelf *shelf, enum fc_shelf_what what, MDB_val key, MDB_val value,
                 bool (*found)(void *ctx, const struct fc_shelf_record *record), void *ctx) {
    struct fc_shelf_record r = {.what = what, .key = id_of(key), .value = fc_str_n(value.mv_data, value.mv_size)};
    bool board = what == FC_SHELF_PUT_BOARD, whole = board ? key.mv_size > 9 && key.mv_size <= 72 : key.mv_size == 8;
    if (whole) r.number = fc_u64_get((const uint8_t *)key.mv_data + key.mv_size - 8);
    if (whole && found(ctx, &r)) return;
    if (board) fc_warn("data directory %s: board \"%.*s\", revision %llu, cannot be read and is left out", shelf->dir, FC_STR_ARG(r.key), (unsigned long long)r.number);
    else fc_warn("data directory %s: alert %llu cannot be read and is left out", shelf->dir, (unsigned long long)r.number);
}

/* Of a board's revisions, which stand in their order, only the last is told of. */
static int read_boards(struct fc_shelf *shelf, MDB_cursor *cursor, bool (*found)(void *ctx, const struct fc_shelf_record *record), void *ctx) {
    MDB_val key, value, next, next_value;
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    while (rc == 0) {
        rc = mdb_cursor_get(cursor, &next, &next_value, MDB_NEXT);
        if (rc != 0 || !fc_str_eq(id_of(key), id_of(next))) tell(shelf, FC_SHELF_PUT_BOARD, key, value, found, ctx);
        key = next;
        value = next_value;
    }
    return rc;
}

enum fc_status fc_shelf_read_all(struct fc_shelf *shelf, bool (*found)(void *ctx, const struct fc_shelf_record *record), void *ctx,
                                 struct fc_error *err) {
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val key, value;
    int rc = mdb_txn_begin(shelf->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0) return fc_shelf_failed(shelf, rc, "begin reading", err);
    if ((rc = mdb_cursor_open(txn, shelf->boards, &cursor)) == 0) {
        rc = read_boards(shelf, cursor, found, ctx);
        mdb_cursor_close(cursor);
    }
    if (rc == MDB_NOTFOUND && (rc = mdb_cursor_open(txn, shelf->alerts, &cursor)) == 0) {
        while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) tell(shelf, FC_SHELF_PUT_ALERT, key, value, found, ctx);
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return rc == MDB_NOTFOUND ? FC_OK : fc_shelf_failed(shelf, rc, "reading", err);
}
