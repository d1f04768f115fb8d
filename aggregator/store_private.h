/* store_private -- what store.c (records), store_open.c (opening, checking) and store_checkpoint.c (staging, applying)
 * and store_reader.c share of the store. Included by these only.
 */
#ifndef FC_STORE_PRIVATE_H
#define FC_STORE_PRIVATE_H

#include "disk.h"
#include "store.h"

#include <lmdb.h>
#include <setjmp.h>

enum fc_db { FC_DB_META, FC_DB_MARKS, FC_DB_JOURNAL, FC_DB_STAGED, FC_DB_STATE, FC_DB_INTERVALS, FC_DB_CONTACTS, FC_DB_COUNT };

/* How far the numbered databases go. A transaction works on `now`; abort takes `now` back to `committed`. */
struct fc_store_place {
    uint64_t journal_next;  /* index of the next journal entry */
    uint64_t staged_next;   /* number of the next staged block */
    uint64_t complete;      /* staged blocks below this belong to complete checkpoints */
    uint64_t block, at;     /* the next record to apply: byte `at` of staged block `block` */
    uint64_t waiting_bytes; /* in staged blocks below `complete` that are not wholly applied */
    uint64_t partial_bytes; /* in staged blocks from `complete` on */
};

struct fc_store {
    MDB_env *env;
    MDB_dbi db[FC_DB_COUNT];
    MDB_txn *txn; /* the open write transaction, or NULL */
    struct fc_store_place now, committed;
    fc_store_merge *merge;
    struct fc_disk_lock lock;
    int data_fd; /* of data.mdb, LMDB's own */
    int witness; /* of data.mdb, see disk.h */
    jmp_buf *looking; /* not NULL while it is being looked through: where to go on when a page is none */
    bool opened; /* wholly: it was found sound */
    bool broken; /* a sync failed: nothing is written any more */
    uint64_t file_bytes; /* of data.mdb, as last seen */
    uint64_t map_bytes;
    uint64_t live_bytes; /* in pages that hold something, as of begin, and what was appended since */
    uint32_t page_bytes;
    uint64_t held_block; /* number of the staged block copied to `held`; UINT64_MAX: none */
    struct fc_record_block held;
    uint8_t merged[FC_RECORD_BLOCK_BYTES];
    char dir[512];
};

/* LMDB's return code as a status and a sentence: "DIR: WHAT: LMDB's words". */
enum fc_status fc_store_failed(const struct fc_store *store, int rc, const char *what, struct fc_error *err);

/* Likewise of a failed commit: FC_FULL when it may be tried again, see disk.h; else the store is broken from here on. */
enum fc_status fc_store_commit_failed(struct fc_store *store, int rc, struct fc_error *err);

/* Checks that a staged block's bytes are records end to end. */
bool fc_store_block_sound(const uint8_t *bytes, uint64_t n);

/* Reads the "checkpoint" record into `committed` and `now`. */
enum fc_status fc_store_load_place(struct fc_store *store, struct fc_error *err);

enum fc_status fc_store_put_mark(struct fc_store *store, struct fc_str spool, struct fc_mark mark, struct fc_error *err);

/* Forgets an incomplete checkpoint, applies a complete one; own transactions. */
enum fc_status fc_store_recover(struct fc_store *store, struct fc_error *err);

static inline MDB_val fc_val(const void *p, size_t n) {
    return (MDB_val){.mv_data = (void *)(uintptr_t)p, .mv_size = n};
}

static inline struct fc_str fc_val_str(MDB_val v) {
    return fc_str_n(v.mv_data, v.mv_size);
}

/* Keys that LMDB is to keep in numeric order. */
static inline void fc_be64_put(uint8_t to[8], uint64_t v) {
    for (int i = 7; i >= 0; i--, v >>= 8) to[i] = (uint8_t)v;
}

static inline uint64_t fc_be64_get(const void *from) {
    const uint8_t *p = from;
    uint64_t v = 0;
    for (int i = 0; i < 8; i++) v = v << 8 | p[i];
    return v;
}

/* Numbers in values. */
static inline void fc_le64_put(uint8_t to[8], uint64_t v) {
    for (int i = 0; i < 8; i++, v >>= 8) to[i] = (uint8_t)v;
}

static inline uint64_t fc_le64_get(const void *from) {
    const uint8_t *p = from;
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--) v = v << 8 | p[i];
    return v;
}

#endif
