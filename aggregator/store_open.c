/* Opening: the lock, whose environment it is and in which form, and whether its file is whole. */
#include "store_private.h"

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define META_FORMAT "floorcast-aggregator"
#define FORMAT_WITHOUT_CONTACTS 3 /* else as now */
#define FREE_PAGES 0    /* LMDB's own list, as its tools read it */
#define LOCK_BYTES 8192 /* of LMDB's lock.mdb with its usual 126 readers */

static const char *const db_names[FC_DB_COUNT] = {"meta", "marks", "journal", "staged", "state", "intervals", "contacts"};

static enum fc_status make_dir(const char *dir, struct fc_error *err) {
    struct stat st;
    if (mkdir(dir, 0750) != 0 && errno != EEXIST) return fc_fail(err, FC_CONFIG, "data directory %s: cannot create it: %s", dir, strerror(errno));
    if (stat(dir, &st) != 0) return fc_fail(err, FC_CONFIG, "data directory %s: %s", dir, strerror(errno));
    return S_ISDIR(st.st_mode) ? FC_OK : fc_fail(err, FC_CONFIG, "data directory %s: it is not a directory", dir);
}

static enum fc_status take_lock(struct fc_store *store, struct fc_error *err) {
    char path[600];
    (void)snprintf(path, sizeof path, "%s/floorcast.lock", store->dir);
    enum fc_status s = fc_disk_lock(path, &store->lock, err);
    if (s == FC_OK) return s;
    if (s == FC_AGAIN)
        return fc_fail(err, FC_CONFIG, "data directory %s is in use by another process (%s): one aggregator a directory", store->dir, store->lock.holder);
    return fc_context(err, FC_CONFIG, "data directory: its lock");
}

static enum fc_status open_failed(const struct fc_store *store, int rc, uint64_t map_bytes, struct fc_error *err) {
    if (rc == MDB_INVALID || rc == MDB_CORRUPTED)
        return fc_fail(err, FC_INVALID, "store %s: data.mdb is not an LMDB file, or it is cut off or damaged", store->dir);
    if (rc == MDB_VERSION_MISMATCH)
        return fc_fail(err, FC_CONFIG, "store %s: data.mdb was written by an LMDB of another format version; this one is %s", store->dir, MDB_VERSION_STRING);
    if (rc == ENOMEM)
        return fc_fail(err, FC_FULL, "store %s: cannot reserve %llu bytes of address space; is there a limit on virtual memory?", store->dir,
                       (unsigned long long)map_bytes);
    return fc_store_failed(store, rc, "open", err);
}

/* LMDB found a page that is none. It cannot go on from there, and would abort. Where the store is just being looked
 * through, the one who does it hears of it; the environment is then only closed. */
static void found_damage(MDB_env *env, const char *what) {
    struct fc_store *store = mdb_env_get_userctx(env);
    if (store->looking != NULL) longjmp(*store->looking, 1);
    fc_err("store %s: data.mdb is damaged (LMDB: %s); stopping. README, \"A damaged store\", says what to do", store->dir, what);
    _exit(1);
}

/* Both files are written through LMDB's map or over its end, where a full disk would end the program. */
static enum fc_status prepare_files(struct fc_store *store, struct fc_error *err) {
    char path[600];
    (void)snprintf(path, sizeof path, "%s/lock.mdb", store->dir);
    enum fc_status s = fc_disk_reserve(path, LOCK_BYTES, err);
    if (s != FC_OK) return fc_context(err, s, "data directory");
    (void)snprintf(path, sizeof path, "%s/data.mdb", store->dir);
    store->witness = fc_disk_witness(path);
    if (store->witness < 0 && errno == ENOENT) {
        s = fc_disk_reserve(path, 0, err);
        store->witness = fc_disk_witness(path);
    }
    if (store->witness >= 0) return FC_OK;
    return fc_fail(err, FC_IO, "store %s: data.mdb: %s", store->dir, strerror(errno));
}

static enum fc_status open_env(struct fc_store *store, uint64_t map_bytes, struct fc_error *err) {
    enum fc_status s = prepare_files(store, err);
    if (s != FC_OK) return s;
    int rc = mdb_env_create(&store->env);
    if (rc == 0) rc = mdb_env_set_userctx(store->env, store);
    if (rc == 0) rc = mdb_env_set_assert(store->env, found_damage);
    if (rc == 0) rc = mdb_env_set_maxdbs(store->env, FC_DB_COUNT + 4);
    if (rc == 0) rc = mdb_env_set_mapsize(store->env, map_bytes);
    if (rc == 0) rc = mdb_env_open(store->env, store->dir, 0, 0640);
    if (rc != 0) return open_failed(store, rc, map_bytes, err);
    MDB_stat stat;
    (void)mdb_env_stat(store->env, &stat);
    store->page_bytes = stat.ms_psize;
    MDB_envinfo info;
    (void)mdb_env_info(store->env, &info);
    store->map_bytes = info.me_mapsize; /* what is there already makes it larger than asked for */
    rc = mdb_env_get_fd(store->env, &store->data_fd);
    return rc == 0 ? FC_OK : open_failed(store, rc, map_bytes, err);
}

/* ---- whose is it ----------------------------------------------------------------------------------------------- */

static enum fc_status check_format(struct fc_store *store, MDB_txn *txn, struct fc_error *err) {
    MDB_val key = fc_val(META_FORMAT, sizeof META_FORMAT - 1), value;
    int rc = mdb_get(txn, store->db[FC_DB_META], &key, &value);
    if (rc == MDB_NOTFOUND || (rc == 0 && value.mv_size != 8))
        return fc_fail(err, FC_CONFIG, "data directory %s: its LMDB environment is not an aggregator's; give --data a directory of its own", store->dir);
    if (rc != 0) return fc_store_failed(store, rc, "reading the format", err);
    uint64_t format = fc_le64_get(value.mv_data);
    if (format == FC_STORE_FORMAT || format == FORMAT_WITHOUT_CONTACTS) return FC_OK;
    return fc_fail(err, FC_CONFIG,
                   "data directory %s: written by %s version of this program (format %llu; this one reads %d); README, \"A store of another version\", "
                   "says what to do",
                   store->dir, format > FC_STORE_FORMAT ? "a newer" : "an older", (unsigned long long)format, FC_STORE_FORMAT);
}

static enum fc_status write_format(struct fc_store *store, MDB_txn *txn, struct fc_error *err) {
    uint8_t format[8];
    fc_le64_put(format, FC_STORE_FORMAT);
    MDB_val key = fc_val(META_FORMAT, sizeof META_FORMAT - 1), value = fc_val(format, sizeof format);
    int rc = mdb_put(txn, store->db[FC_DB_META], &key, &value, 0);
    return rc == 0 ? FC_OK : fc_store_failed(store, rc, "writing the format", err);
}

/* Only a store of an older program may lack it. */
static enum fc_status take_over(struct fc_store *store, MDB_txn *txn, struct fc_error *err) {
    MDB_val key = fc_val(META_FORMAT, sizeof META_FORMAT - 1), value;
    int rc = mdb_get(txn, store->db[FC_DB_META], &key, &value);
    if (rc == 0 && fc_le64_get(value.mv_data) == FC_STORE_FORMAT)
        return fc_fail(err, FC_INVALID, "store %s: database \"%s\" is missing", store->dir, db_names[FC_DB_CONTACTS]);
    if (rc == 0) rc = mdb_dbi_open(txn, db_names[FC_DB_CONTACTS], MDB_CREATE, &store->db[FC_DB_CONTACTS]);
    return rc == 0 ? write_format(store, txn, err) : fc_store_failed(store, rc, db_names[FC_DB_CONTACTS], err);
}

static enum fc_status open_dbs(struct fc_store *store, MDB_txn *txn, unsigned flags, struct fc_error *err) {
    for (int i = 0; i < FC_DB_COUNT; i++) {
        int rc = mdb_dbi_open(txn, db_names[i], flags, &store->db[i]);
        if (rc == MDB_NOTFOUND && i == FC_DB_CONTACTS) return take_over(store, txn, err);
        if ((rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE) && i == FC_DB_META)
            return fc_fail(err, FC_CONFIG, "data directory %s: its LMDB environment is another program's; give --data a directory of its own", store->dir);
        if (rc == MDB_NOTFOUND) return fc_fail(err, FC_INVALID, "store %s: database \"%s\" is missing", store->dir, db_names[i]);
        if (rc != 0) return fc_store_failed(store, rc, db_names[i], err);
        enum fc_status s = i == FC_DB_META && (flags & MDB_CREATE) == 0 ? check_format(store, txn, err) : FC_OK;
        if (s != FC_OK) return s;
    }
    return FC_OK;
}

/* An environment without any entry is new, or its creation was cut short before the first commit: both are ours. */
static enum fc_status open_or_create_dbs(struct fc_store *store, struct fc_error *err) {
    MDB_txn *txn;
    MDB_dbi main_db;
    MDB_stat stat;
    int rc = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (rc != 0) return fc_store_failed(store, rc, "begin", err);
    rc = mdb_dbi_open(txn, NULL, 0, &main_db);
    if (rc == 0) rc = mdb_stat(txn, main_db, &stat);
    enum fc_status s = rc == 0 ? FC_OK : fc_store_failed(store, rc, "open", err);
    bool fresh = s == FC_OK && stat.ms_entries == 0;
    if (s == FC_OK) s = open_dbs(store, txn, fresh ? MDB_CREATE : 0, err);
    if (s == FC_OK && fresh) s = write_format(store, txn, err);
    if (s != FC_OK) {
        mdb_txn_abort(txn);
        return s;
    }
    rc = mdb_txn_commit(txn);
    return rc == 0 ? FC_OK : fc_store_commit_failed(store, rc, err);
}

/* ---- is it whole ----------------------------------------------------------------------------------------------- */

/* Whether a value ends within the file's first `bytes`. LMDB begins each page with its number, and a value longer than
 * a page begins on the first page of its run: so the place in the file follows from the pointer. */
static bool lies_within(const struct fc_store *store, MDB_val value, uint64_t bytes) {
    const uint8_t *p = value.mv_data;
    size_t in_page = (uintptr_t)p % store->page_bytes;
    uint64_t number;
    memcpy(&number, p - in_page, sizeof number);
    return number >= 2 && number * store->page_bytes + in_page + value.mv_size <= bytes; /* 0 and 1 are the meta pages */
}

static enum fc_status walk(struct fc_store *store, MDB_txn *txn, MDB_dbi db, const char *name, struct fc_error *err) {
    MDB_cursor *cursor;
    MDB_val key, value;
    int rc = mdb_cursor_open(txn, db, &cursor);
    if (rc != 0) return fc_store_failed(store, rc, name, err);
    bool sound = true;
    while (sound && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) sound = lies_within(store, value, store->file_bytes);
    mdb_cursor_close(cursor);
    return sound && rc == MDB_NOTFOUND ? FC_OK : fc_fail(err, FC_INVALID, "database \"%s\" has lost pages", name);
}

static enum fc_status walk_dbs(struct fc_store *store, struct fc_error *err) {
    enum fc_status s = open_or_create_dbs(store, err);
    if (s != FC_OK) return s;
    MDB_txn *txn;
    int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0) return fc_store_failed(store, rc, "begin reading", err);
    for (int db = 0; s == FC_OK && db < FC_DB_COUNT; db++) s = walk(store, txn, store->db[db], db_names[db], err);
    if (s == FC_OK) s = walk(store, txn, FREE_PAGES, "free pages", err);
    mdb_txn_abort(txn);
    return s;
}

static enum fc_status walk_all(struct fc_store *store, struct fc_error *err) {
    jmp_buf back;
    enum fc_status s;
    store->looking = &back;
    if (setjmp(back) == 0) s = walk_dbs(store, err);
    else s = fc_fail(err, FC_INVALID, "a page in use is empty or of another kind");
    store->looking = NULL;
    return s;
}

/* A file shorter than LMDB's count of pages is cut off, or a crash fell between a commit and fill_up_file (store.c): then
 * the lacking pages are free ones. Reading past a file's end kills the process, so the lack is filled with zeros, which
 * LMDB takes for no page, and every record is looked for once. A file found to be cut gets its old length back. */
static enum fc_status check_length(struct fc_store *store, struct fc_error *err) {
    MDB_envinfo info;
    struct stat st;
    (void)mdb_env_info(store->env, &info);
    uint64_t need = ((uint64_t)info.me_last_pgno + 1) * store->page_bytes;
    if (fstat(store->data_fd, &st) != 0) return fc_fail(err, FC_IO, "store %s: data.mdb: %s", store->dir, strerror(errno));
    store->file_bytes = (uint64_t)st.st_size;
    if (store->file_bytes >= need || info.me_last_txnid == 0) return FC_OK;
    if (store->page_bytes != (uint64_t)sysconf(_SC_PAGESIZE))
        return fc_fail(err, FC_INVALID, "store %s: data.mdb is shorter than it says, or from a machine with other pages", store->dir);
    if (ftruncate(store->data_fd, (off_t)need) != 0) return fc_fail(err, FC_IO, "store %s: data.mdb: %s", store->dir, strerror(errno));
    struct fc_error why;
    if (walk_all(store, &why) == FC_OK) {
        fc_warn("store %s: data.mdb was %llu bytes short of free pages; all records are there", store->dir,
                (unsigned long long)(need - store->file_bytes));
        store->file_bytes = need;
        return FC_OK;
    }
    if (ftruncate(store->data_fd, st.st_size) != 0) fc_warn("store %s: data.mdb: cannot take back its filling: %s", store->dir, strerror(errno));
    return fc_fail(err, FC_INVALID, "store %s: data.mdb is cut off: %llu bytes, expected %llu (%.120s); README, \"A damaged store\", says what to do",
                   store->dir, (unsigned long long)store->file_bytes, (unsigned long long)need, why.text);
}

/* A kill leaves the file whole. A machine that goes down may leave it otherwise, where a disk says it has written what it
 * has not; and a copy from elsewhere may be anything. Then every record is looked for before any is believed. */
static enum fc_status look_through(struct fc_store *store, struct fc_error *err) {
    if (!store->lock.machine_died) return FC_OK;
    fc_info("store %s: its last user did not stop cleanly, and on another machine or before this one's start: looking through it", store->dir);
    enum fc_status s = walk_all(store, err);
    return s == FC_OK ? s : fc_context(err, s, "store %s: data.mdb is damaged", store->dir);
}

/* ---- open, close ----------------------------------------------------------------------------------------------- */

static enum fc_status open_all(struct fc_store *store, uint64_t map_bytes, struct fc_error *err) {
    enum fc_status s = make_dir(store->dir, err);
    if (s == FC_OK) s = take_lock(store, err);
    if (s == FC_OK) s = open_env(store, map_bytes, err);
    if (s == FC_OK) s = check_length(store, err);
    if (s == FC_OK) s = look_through(store, err);
    if (s == FC_OK) s = open_or_create_dbs(store, err);
    if (s == FC_OK) s = fc_store_load_place(store, err);
    if (s == FC_OK) s = fc_store_recover(store, err);
    store->opened = s == FC_OK;
    if (s == FC_OK && store->lock.machine_died) fc_disk_lock_sound(&store->lock);
    return s;
}

enum fc_status fc_store_open(const struct fc_store_options *options, struct fc_store **out, struct fc_error *err) {
    *out = NULL;
    if (options->dir == NULL || options->dir[0] == '\0') return fc_fail(err, FC_CONFIG, "data directory: none given");
    struct fc_store *store = calloc(1, sizeof *store);
    if (store == NULL) return fc_fail(err, FC_IO, "store %s: out of memory", options->dir);
    store->lock.fd = store->witness = -1;
    store->merge = options->merge;
    store->held_block = UINT64_MAX;
    size_t n = strlen(options->dir);
    if (n >= sizeof store->dir) {
        free(store);
        return fc_fail(err, FC_CONFIG, "data directory: its path is longer than %zu bytes", sizeof store->dir - 1);
    }
    memcpy(store->dir, options->dir, n + 1);
    enum fc_status s = open_all(store, options->map_bytes > 0 ? options->map_bytes : FC_STORE_MAP_BYTES, err);
    if (s == FC_OK) *out = store;
    else fc_store_close(store);
    return s;
}

void fc_store_close(struct fc_store *store) {
    if (store == NULL) return;
    FC_ASSERT(store->txn == NULL);
    if (store->env != NULL) mdb_env_close(store->env);
    if (store->witness >= 0) (void)close(store->witness);
    fc_disk_unlock(&store->lock, store->opened && !store->broken);
    free(store);
}
