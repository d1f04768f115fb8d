/* store -- the records of an aggregator's environment beside the engine's own: whose it is, how far a checkpoint came,
 * marks, journal, staged blocks, intervals, contacts. The kind of a part says which database. What opens goes on to be written. */
#include "driver.h"
#include "ingest.h"
#include "recover.h"
#include "scratch.h"
#include "tally.h"

static struct fc_rules *rules;

static void write_on(struct fc_store *store) {
    static struct fc_record_block block;
    uint8_t bytes[600];
    struct fc_error err = {""};
    struct fc_store_size size;
    struct fc_link_msg m = {.type = FC_LINK_BATCH, .spool = FC_STR_LIT("0123456789abcdef0123456789abcdef"), .first = 1, .count = 1, .events = FC_STR_LIT("\x80")};
    struct fc_mpw w;
    uint32_t done;
    uint64_t left;
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_link_encode(&w, &m);
    block.used = 0;
    block.last = true;
    FC_ASSERT(fc_record_append(&block, FC_RECORD_PUT, FC_STR_LIT("m"), FC_STR_LIT("\x92\x02\x01")));
    enum fc_status st = fc_store_begin(store, &err);
    if (st == FC_OK) st = fc_store_append(store, m.spool, 2, fc_str_n((const char *)bytes, w.len), &err);
    if (st == FC_OK) st = fc_store_stage(store, &block, &err);
    if (st == FC_OK) st = fc_store_apply(store, 1000, &done, &left, &err);
    if (st == FC_OK) st = fc_store_trim(store, 1000, &done, &err);
    if (st == FC_OK) st = fc_store_measure(store, &size, &err);
    if (st == FC_OK) st = fc_store_commit(store, &err);
    else fc_store_abort(store);
    if (st != FC_OK) fuzz_sentence(&err);
}

static void create(void) {
    const struct fc_store_options options = {.dir = scratch, .map_bytes = 8 << 20};
    struct fc_store *store;
    struct fc_error err;
    FC_ASSERT(fc_store_open(&options, &store, &err) == FC_OK);
    fc_store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"meta", "marks", "journal", "staged", "state", "intervals", "contacts"};
    struct fc_store *store;
    struct fc_error err = {""};
    struct fc_recovered counts;
    if (scratch_open(create)) rules = fc_rules_default();
    const struct fc_store_options options = {.dir = scratch, .map_bytes = 8 << 20, .merge = fc_tally_merge_bytes};
    scratch_put(names, 7, fc_str_n((const char *)data, size));
    if (fc_store_open(&options, &store, &err) != FC_OK) {
        fuzz_sentence(&err);
        return 0;
    }
    struct fc_engine *engine = fc_engine_create(rules, true);
    if (fc_recover(store, engine, (struct fc_wall){INT64_C(1767258000000000)}, &counts, &err) == FC_OK) write_on(store);
    else fuzz_sentence(&err);
    fc_engine_destroy(engine);
    fc_store_close(store);
    return 0;
}
