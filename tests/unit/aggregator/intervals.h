/* intervals -- a real store filled with stored intervals, as checkpoints fill it, for the tests of who reads and
 * deletes them. */
#ifndef INTERVALS_H
#define INTERVALS_H

#include "clock.h"
#include "interval.h"
#include "scratch.h"
#include "store.h"
#include "tally.h"

static char dir[128];
static struct fc_store *store;

static inline int open_intervals(void **state) {
    (void)state;
    struct fc_error err = {""};
    scratch_make(dir);
    struct fc_store_options o = {.dir = dir, .map_bytes = 1 << 30, .merge = fc_tally_merge_bytes};
    if (fc_store_open(&o, &store, &err) != FC_OK) fail_msg("open: %s", err.text);
    return 0;
}

static inline int close_intervals(void **state) {
    (void)state;
    fc_store_close(store);
    scratch_remove(dir);
    return 0;
}

static struct fc_record_block block;

static inline void commit_block(void) {
    uint32_t done = 0;
    uint64_t left = 1;
    block.last = true;
    assert_int_equal(fc_store_begin(store, NULL), FC_OK);
    assert_int_equal(fc_store_stage(store, &block, NULL), FC_OK);
    assert_int_equal(fc_store_commit(store, NULL), FC_OK);
    while (left > 0) {
        assert_int_equal(fc_store_begin(store, NULL), FC_OK);
        assert_int_equal(fc_store_apply(store, 100000, &done, &left, NULL), FC_OK);
        assert_int_equal(fc_store_commit(store, NULL), FC_OK);
    }
    block.used = 0;
}

static inline void put_one(enum fc_scope scope, int minutes, uint8_t channel, struct fc_str name, int64_t ts_us,
                           const struct fc_tally *t) {
    static uint8_t bytes[FC_TALLY_BYTES_MAX];
    char key[FC_INTERVAL_KEY_MAX];
    struct fc_mpw w;
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_tally_encode(&w, t);
    size_t n = fc_interval_key(key, scope, minutes, channel, name, fc_interval_start(ts_us, minutes));
    struct fc_str k = fc_str_n(key, n), v = fc_str_n((const char *)bytes, w.len);
    if (fc_record_append(&block, FC_RECORD_MERGE, k, v)) return;
    commit_block();
    assert_true(fc_record_append(&block, FC_RECORD_MERGE, k, v));
}

/* In every resolution. Stored with commit_block. */
static inline void put_all(enum fc_scope scope, uint8_t channel, struct fc_str name, int64_t ts_us,
                           const struct fc_tally *t) {
    for (int r = 0; r < FC_INTERVAL_RESOLUTIONS; r++)
        put_one(scope, fc_interval_resolutions[r], channel, name, ts_us, t);
}

#endif
