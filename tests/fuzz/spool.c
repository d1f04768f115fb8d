/* spool -- the records of a collector's spool: format, id, numbers, chunks of events, marks, producers. The kind of a
 * part says which database. What opens is read to its end, written, and opened again. */
#include "scratch.h"
#include "spool.h"

static void use(struct fc_spool *s) {
    static uint8_t bytes[FC_BATCH_BYTES_MAX], mark[FC_MARK_BYTES_MAX];
    struct fc_spool_batch batch;
    struct fc_error err = {""};
    struct fc_mono now = {1000000000};
    size_t n = 0;
    enum fc_status st = FC_OK;
    uint64_t from = fc_spool_first(s);
    for (int i = 0; i < 1000 && st == FC_OK; i++, from = batch.first + batch.count) {
        st = fc_spool_read(s, from, bytes, &batch, &err);
        if (st == FC_OK) FC_ASSERT(batch.count > 0 && batch.bytes <= sizeof bytes && batch.first + batch.count > from);
    }
    if (st != FC_OK && st != FC_AGAIN) fuzz_sentence(&err);
    (void)fc_spool_marked(s, FC_STR_LIT("ndjson:x"), mark, sizeof mark, &n);
    st = fc_spool_put(s, "\x81\xa4kind\xa5hello", 12, &err);
    fc_spool_mark(s, FC_STR_LIT("ndjson:x"), "abc", 3);
    if (st == FC_OK) st = fc_spool_commit(s, now, &err);
    if (st == FC_OK) fc_spool_forget(s, fc_spool_next(s));
    if (st == FC_OK) st = fc_spool_flush(s, &err);
    if (st == FC_OK) st = fc_spool_rename(s, &err);
    if (st != FC_OK) fuzz_sentence(&err);
}

static void create(void) {
    struct fc_spool *s;
    struct fc_error err;
    FC_ASSERT(fc_spool_open(scratch, FC_SPOOL_LIMIT_MIN, &s, &err) == FC_OK);
    fc_spool_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"events", "state"};
    struct fc_spool *s;
    struct fc_error err = {""};
    (void)scratch_open(create);
    scratch_put(names, 2, fc_str_n((const char *)data, size));
    for (size_t again = 0; again < 1 + (size % 8 == 0); again++) {
        if (fc_spool_open(scratch, FC_SPOOL_LIMIT_MIN, &s, &err) != FC_OK) {
            fuzz_sentence(&err);
            break;
        }
        use(s);
        fc_spool_close(s);
    }
    return 0;
}
