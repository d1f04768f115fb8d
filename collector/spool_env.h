/* spool_env -- opening a spool's directory and LMDB environment, and telling what is wrong with one. Inside spool only. */
#ifndef FC_SPOOL_ENV_H
#define FC_SPOOL_ENV_H

#include "disk.h"
#include "link.h"

#include <lmdb.h>

struct fc_spool_env {
    MDB_env *env;
    MDB_dbi events, state;
    struct fc_disk_lock lock;
    int witness; /* of data.mdb, see base/disk.h */
    uint64_t first, next;         /* as found */
    char id[FC_SPOOL_ID_LEN + 1]; /* read, or made and written */
    char format[24];              /* of a spool that another version wrote */
};

/* fc_spool_env_open -- all of fc_spool_open that touches the disk. On error nothing stays open. */
FC_MUST_USE enum fc_status fc_spool_env_open(struct fc_spool_env *e, const char *dir, uint64_t limit_bytes, struct fc_error *err);
void fc_spool_env_close(struct fc_spool_env *e, bool clean); /* clean: nothing written is in doubt */

/* fc_spool_new_id -- 32 random hex digits and a terminator. */
void fc_spool_new_id(char id[FC_SPOOL_ID_LEN + 1]);

static inline uint64_t fc_be64(const void *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
}
static inline void fc_put_be64(void *p, uint64_t v) {
    v = __builtin_bswap64(v);
    memcpy(p, &v, sizeof v);
}
static inline uint32_t fc_be32(const void *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}
static inline void fc_put_be32(void *p, uint32_t v) {
    v = __builtin_bswap32(v);
    memcpy(p, &v, sizeof v);
}

static inline MDB_val fc_val(const void *p, size_t n) {
    MDB_val v = {.mv_size = n};
    memcpy(&v.mv_data, &p, sizeof p); /* LMDB takes void * for what it only reads */
    return v;
}

#endif
