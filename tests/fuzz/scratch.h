/* scratch -- a directory of the run's own, in memory where there is such a place, gone when the process ends well. */
#ifndef FC_FUZZ_SCRATCH_H
#define FC_FUZZ_SCRATCH_H

#include "fuzz.h"

#include <lmdb.h>

/* LMDB asks for megabytes at every opening: shadow memory that is mapped anew each time would be half of a run. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "clear_shadow_mmap_threshold=1000000000"; }

static char scratch[128];
static uint8_t empty[1 << 17]; /* data.mdb of an environment without any record */
static size_t empty_n;

static char *scratch_path(char to[200], const char *file) {
    (void)snprintf(to, 200, "%s/%s", scratch, file);
    return to;
}

static void scratch_remove(void) {
    static const char *const files[] = {"data.mdb", "lock.mdb", "floorcast.lock", "lock", "customer.key"};
    char path[200];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) (void)unlink(scratch_path(path, files[i]));
    (void)rmdir(scratch);
}

/* At the beginning of every run: an environment as `create` makes it, in the directory `scratch`. True at the first. */
static bool scratch_open(void (*create)(void)) {
    char path[200];
    bool first = scratch[0] == '\0';
    if (first) {
        const char *base = getenv("TMPDIR");
        if (base == NULL) base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        (void)snprintf(scratch, sizeof scratch, "%.80s/fc-fuzz-XXXXXX", base);
        FC_ASSERT(mkdtemp(scratch) != NULL && atexit(scratch_remove) == 0);
        create();
        FILE *f = fopen(scratch_path(path, "data.mdb"), "rb");
        FC_ASSERT(f != NULL && (empty_n = fread(empty, 1, sizeof empty, f)) > 0 && empty_n < sizeof empty && fclose(f) == 0);
    }
    FILE *f = fopen(scratch_path(path, "data.mdb"), "wb");
    FC_ASSERT(f != NULL && fwrite(empty, 1, empty_n, f) == empty_n && fclose(f) == 0);
    return first;
}

/* Puts records into named databases of the environment there; what LMDB itself does not take (an empty key) is left out. */
__attribute__((unused)) static void scratch_put(const char *const *names, uint32_t names_n, struct fc_str in) {
    MDB_env *env;
    MDB_txn *txn;
    struct fuzz_part part;
    FC_ASSERT(mdb_env_create(&env) == 0 && mdb_env_set_maxdbs(env, 10) == 0 && mdb_env_set_mapsize(env, 8 << 20) == 0);
    FC_ASSERT(mdb_env_open(env, scratch, MDB_NOSYNC, 0600) == 0 && mdb_txn_begin(env, NULL, 0, &txn) == 0);
    while (fuzz_next(&in, &part)) {
        MDB_dbi db;
        MDB_val key = {part.key.n, (void *)(uintptr_t)part.key.p}, value = {part.value.n, (void *)(uintptr_t)part.value.p};
        if (mdb_dbi_open(txn, names[part.kind % names_n], MDB_CREATE, &db) == 0) (void)mdb_put(txn, db, &key, &value, 0);
    }
    FC_ASSERT(mdb_txn_commit(txn) == 0);
    mdb_env_close(env);
}

#endif
