/* shelf_private -- what shelf*.c share. */
#ifndef FC_SHELF_PRIVATE_H
#define FC_SHELF_PRIVATE_H

#include "disk.h"
#include "shelf.h"

#include <lmdb.h>
#include <pthread.h>

struct fc_shelf {
    char dir[512];
    MDB_env *env;
    MDB_dbi meta, boards, alerts;
    struct fc_disk_lock lock;
    int witness, bell; /* of data.mdb, see base/disk.h; an eventfd */
    bool threaded;     /* the thread runs */
    bool broken;       /* what was written last may not be on disk. Written by the shelf's thread, read after its end */
    pthread_t thread;
    pthread_mutex_t mutex; /* over what follows: writers and readers are the service's and the shelf's thread */
    pthread_cond_t come;
    struct fc_shelf_order *asked, **asked_end, *answered, **answered_end;
    uint32_t waiting; /* asked and not answered yet */
    size_t bytes;     /* of their values */
    bool stopping;
};

static inline uint64_t fc_u64_get(const void *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
}
static inline void fc_u64_put(void *p, uint64_t v) {
    v = __builtin_bswap64(v);
    memcpy(p, &v, sizeof v);
}

static inline MDB_val fc_shelf_val(const void *p, size_t n) {
    MDB_val v = {.mv_size = n};
    memcpy(&v.mv_data, &p, sizeof p); /* LMDB takes void * for what it only reads */
    return v;
}

/* "floor" 0 revision; returns its length. */
static inline size_t fc_shelf_key(uint8_t to[80], struct fc_str id, uint64_t revision) {
    memcpy(to, id.p, id.n);
    to[id.n] = 0;
    fc_u64_put(to + id.n + 1, revision);
    return id.n + 9u;
}

/* fc_shelf_failed -- the sentence for an LMDB error. */
enum fc_status fc_shelf_failed(const struct fc_shelf *shelf, int rc, const char *what, struct fc_error *err);

/* shelf_open.c */
FC_MUST_USE enum fc_status fc_shelf_open_env(struct fc_shelf *shelf, struct fc_error *err);
FC_MUST_USE enum fc_status fc_shelf_read_all(struct fc_shelf *shelf, bool (*found)(void *ctx, const struct fc_shelf_record *record),
                                             void *ctx, struct fc_error *err);

#endif
