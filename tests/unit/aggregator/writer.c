/* The writer on the test's own thread and clock: what it stores, what it answers, when it commits, and a full disk. */
#include "scratch.h"
#include "writer.h"

#include "../fault.h"

#define BATCHES 600

static char dir[128];
static struct fc_store *store;
static struct fc_writer *writer;
static struct fc_ring batches, back;
static struct fc_wake owner;
static struct fc_batch *pool;
static uint32_t used;
static struct fc_mono now;

static void set_up(uint64_t map_bytes, const struct fc_writer_options *options) {
    struct fc_error err = {""};
    struct fc_store_options so = {.dir = dir, .map_bytes = map_bytes, .merge = scratch_sum};
    if (fc_store_open(&so, &store, &err) != FC_OK) fail_msg("%s", err.text);
    assert_int_equal(fc_writer_create(store, options, &writer, &err), FC_OK);
    assert_int_equal(fc_ring_init(&batches, BATCHES, sizeof pool, &err), FC_OK);
    assert_int_equal(fc_ring_init(&back, BATCHES, sizeof pool, &err), FC_OK);
    assert_int_equal(fc_wake_init(&owner, &err), FC_OK);
    fc_writer_add_inbox(writer, &batches, &back, &owner);
    pool = calloc(BATCHES, sizeof *pool);
    assert_non_null(pool);
    for (uint32_t i = 0; i < BATCHES; i++) (void)zmq_msg_init(&pool[i].msg);
    used = 0;
    now = (struct fc_mono){.ns = 1000000000};
}

static int prepare(void **state) {
    (void)state;
    scratch_make(dir);
    set_up(64 << 20, &(struct fc_writer_options){.no_linger = true});
    return 0;
}

static void take_down(void) {
    fc_writer_destroy(writer);
    fc_store_close(store);
    for (uint32_t i = 0; i < BATCHES; i++) (void)zmq_msg_close(&pool[i].msg);
    free(pool);
    fc_ring_fini(&batches);
    fc_ring_fini(&back);
    fc_wake_fini(&owner);
}

static int tear_down(void **state) {
    (void)state;
    fault_none();
    take_down();
    scratch_remove(dir);
    return 0;
}

static struct fc_batch *send_batch(const char *spool, uint64_t first, uint32_t count) {
    static uint8_t buf[SCRATCH_BATCH_MAX];
    assert_true(used < BATCHES);
    struct fc_batch *b = &pool[used++];
    memcpy(b->spool, spool, sizeof b->spool);
    b->kind = count > 0 ? FC_BATCH_DATA : FC_BATCH_HELLO;
    b->first = first;
    b->count = count;
    if (count > 0) {
        size_t n = scratch_batch(buf, spool, first, count);
        (void)zmq_msg_close(&b->msg);
        assert_int_equal(zmq_msg_init_size(&b->msg, n), 0);
        memcpy(zmq_msg_data(&b->msg), buf, n);
    }
    assert_true(FC_RING_PUSH(&batches, &b));
    return b;
}

static void expect_back(const struct fc_batch *want, enum fc_batch_fate fate, uint64_t next) {
    struct fc_batch *b = NULL;
    assert_true(FC_RING_POP(&back, &b));
    assert_ptr_equal(b, want);
    assert_int_equal(b->fate, fate);
    assert_int_equal(b->next, next);
}

static void work(void) {
    while (fc_writer_do_work(writer, now) == 0) {
    }
}

struct sum {
    uint32_t batches;
    uint64_t events;
};

static enum fc_status add_up(void *ctx, const struct fc_link_msg *m) {
    struct sum *s = ctx;
    s->batches++;
    s->events += m->count;
    return FC_OK;
}

static struct sum journal(void) {
    struct sum s = {0};
    assert_int_equal(fc_store_each_journal(store, add_up, &s, NULL), FC_OK);
    return s;
}

/* One row of the table in writer.h: with `held` events of the spool durable, what becomes of [first, first+count)? */
static void decides_by_the_table(void **state) {
    (void)state;
    static const struct {
        uint64_t held_first, held, first;
        uint32_t count;
        enum fc_batch_fate fate;
        uint64_t next;
    } rows[] = {
        {0, 0, 1, 5, FC_BATCH_STORED, 6},        {0, 0, 5000, 5, FC_BATCH_STORED, 5005}, /* nothing held: any first will do */
        {1, 10, 11, 3, FC_BATCH_STORED, 14},     {1, 10, 1, 10, FC_BATCH_DUPLICATE, 11},
        {1, 10, 1, 3, FC_BATCH_DUPLICATE, 11},   {1, 10, 10, 1, FC_BATCH_DUPLICATE, 11},
        {1, 10, 5, 20, FC_BATCH_OVERLAP, 25},    {1, 10, 10, 2, FC_BATCH_OVERLAP, 12},
        {1, 10, 12, 3, FC_BATCH_HOLE, 11},       {1, 10, 4000000000, 3, FC_BATCH_HOLE, 11},
        {100, 10, 1, 10, FC_BATCH_DUPLICATE, 110}, {0, 0, 0, 0, FC_BATCH_ASKED, 1},
        {1, 10, 0, 0, FC_BATCH_ASKED, 11},
    };
    uint32_t stored = 0;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        char spool[FC_SPOOL_ID_LEN + 1];
        (void)snprintf(spool, sizeof spool, "%032x", i);
        if (rows[i].held > 0) {
            struct fc_batch *b = send_batch(spool, rows[i].held_first, (uint32_t)rows[i].held);
            work();
            expect_back(b, FC_BATCH_STORED, rows[i].held_first + rows[i].held);
            stored++;
        }
        struct fc_batch *b = send_batch(spool, rows[i].first, rows[i].count);
        work();
        expect_back(b, rows[i].fate, rows[i].next);
        if (rows[i].fate == FC_BATCH_STORED || rows[i].fate == FC_BATCH_OVERLAP) stored++;
        assert_int_equal(journal().batches, stored);
    }
    const struct fc_writer_counts *c = fc_writer_counts(writer);
    assert_int_equal(fc_count_get(&c->batches), stored);
    assert_int_equal(fc_count_get(&c->duplicates), 4);
    assert_int_equal(fc_count_get(&c->overlaps), 2);
    assert_int_equal(fc_count_get(&c->holes), 2);
    assert_int_equal(fc_count_get(&c->hellos), 2);
}

/* The same table within one group: each batch sees what the ones before it did. */
static void a_group_is_decided_in_order(void **state) {
    (void)state;
    struct fc_batch *b[7] = {send_batch(SPOOL_A, 0, 0), send_batch(SPOOL_A, 1, 10), send_batch(SPOOL_B, 7, 3), send_batch(SPOOL_A, 11, 10),
                             send_batch(SPOOL_A, 11, 10), send_batch(SPOOL_A, 22, 1), send_batch(SPOOL_A, 0, 0)};
    work();
    expect_back(b[0], FC_BATCH_ASKED, 1);
    expect_back(b[1], FC_BATCH_STORED, 11);
    expect_back(b[2], FC_BATCH_STORED, 10);
    expect_back(b[3], FC_BATCH_STORED, 21);
    expect_back(b[4], FC_BATCH_DUPLICATE, 21);
    expect_back(b[5], FC_BATCH_HOLE, 21);
    expect_back(b[6], FC_BATCH_ASKED, 21);
    assert_int_equal(fc_count_get(&fc_writer_counts(writer)->commits), 1);
}

static void commits_at_once_when_idle_and_lingers_under_load(void **state) {
    (void)state;
    take_down();
    set_up(64 << 20, &(struct fc_writer_options){.linger_ms = 10, .commit_bytes = 60000});
    work();
    now.ns += 50000000;
    struct fc_batch *b = send_batch(SPOOL_A, 1, 1);
    assert_int_equal(fc_writer_do_work(writer, now), 0); /* nothing was written for a while */
    expect_back(b, FC_BATCH_STORED, 2);
    now.ns += 1000000;
    b = send_batch(SPOOL_A, 2, 1);
    assert_int_equal(fc_writer_do_work(writer, now), 9000000); /* the rest of 10 ms */
    assert_true(fc_ring_is_empty(&back));
    now.ns += 9000000;
    assert_int_equal(fc_writer_do_work(writer, now), 0);
    expect_back(b, FC_BATCH_STORED, 3);
    now.ns += 1000000;
    struct fc_batch *big[4];
    for (int i = 0; i < 4; i++) big[i] = send_batch(SPOOL_A, 3 + 500 * (uint64_t)i, 500);
    assert_int_equal(fc_writer_do_work(writer, now), 0); /* enough for a group: no lingering */
    for (int i = 0; i < 4; i++) expect_back(big[i], FC_BATCH_STORED, 503 + 500 * (uint64_t)i);
    assert_int_equal(fc_writer_do_work(writer, now), -1); /* until woken */
}

/* ---- checkpoints ----------------------------------------------------------------------------------------------- */

static struct fc_record_block *free_block(void) {
    struct fc_record_block *b = NULL;
    if (!FC_RING_POP(fc_writer_free_blocks(writer), &b)) return NULL;
    assert_int_equal(b->used, 0);
    assert_false(b->last);
    return b;
}

static void send_block(struct fc_record_block *b) { assert_true(FC_RING_PUSH(fc_writer_records(writer), &b)); }

static void put_mark(struct fc_record_block *b, const char *spool, uint64_t next) {
    assert_true(fc_record_append(b, FC_RECORD_MARK, fc_str(spool), fc_str_n((const char *)&next, sizeof next)));
}

static void put_sum(struct fc_record_block *b, uint32_t key, uint64_t by) {
    char name[24];
    (void)snprintf(name, sizeof name, "m/%06u", key);
    assert_true(fc_record_append(b, FC_RECORD_MERGE, fc_str(name), fc_str_n((const char *)&by, sizeof by)));
}

static enum fc_status add_value(void *ctx, struct fc_str key, struct fc_str value) {
    (void)key;
    struct sum *s = ctx;
    uint64_t v;
    memcpy(&v, value.p, sizeof v);
    s->batches++;
    s->events += v;
    return FC_OK;
}

static struct sum intervals(void) {
    struct sum s = {0};
    assert_int_equal(fc_store_each_interval(store, fc_str("m/"), fc_str(""), fc_str(""), add_value, &s, NULL), FC_OK);
    return s;
}

static void a_checkpoint_empties_the_journal(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20; i++) (void)send_batch(SPOOL_A, 1 + 10 * i, 10);
    work();
    assert_int_equal(journal().batches, 20);
    struct fc_record_block *b = free_block();
    for (uint32_t i = 0; i < 3000; i++) put_sum(b, i, 1); /* several steps */
    put_mark(b, SPOOL_A, 196);
    send_block(b);
    work();
    assert_int_equal(intervals().batches, 0); /* not complete */
    b = free_block();
    b->last = true; /* an empty last block is fine */
    send_block(b);
    work();
    assert_int_equal(intervals().batches, 3000);
    struct fc_store_size size;
    assert_int_equal(fc_store_measure(store, &size, NULL), FC_OK);
    assert_int_equal(size.journal_entries, 1); /* 191..200 are not wholly below 196 */
    assert_int_equal(size.staged_blocks, 0);
    const struct fc_writer_counts *c = fc_writer_counts(writer);
    assert_int_equal(fc_count_get(&c->checkpoints), 1);
    assert_int_equal(fc_count_get(&c->records), 3001);
    assert_int_equal(fc_count_get(&c->trimmed), 19);
}

/* A checkpoint larger than all blocks together: blocks come back while it is being received. */
static void a_checkpoint_may_be_larger_than_the_pool(void **state) {
    (void)state;
    uint32_t sent = 0, waited = 0;
    while (sent < 40) { /* 16 blocks circulate */
        struct fc_record_block *b = free_block();
        if (b == NULL) {
            waited++;
            assert_true(waited < 40);
            (void)fc_writer_do_work(writer, now);
            continue;
        }
        for (uint32_t i = 0; i < 200; i++) put_sum(b, i, 1);
        b->last = ++sent == 40;
        send_block(b);
    }
    assert_true(waited > 0);
    work();
    struct sum s = intervals();
    assert_int_equal(s.batches, 200);
    assert_int_equal(s.events, 200 * 40);
}

static struct fc_stall last_stall(void) {
    struct fc_stall stall = {.kind = FC_STALL_NONE, .since_us = -1};
    while (FC_RING_POP(fc_writer_stalls(writer), &stall)) continue;
    return stall;
}

static void a_refused_merge_stops_checkpoints_not_batches(void **state) {
    (void)state;
    struct fc_record_block *b = free_block();
    assert_true(fc_record_append(b, FC_RECORD_MERGE, fc_str("m/1"), fc_str("rubbish")));
    put_mark(b, SPOOL_A, 100);
    b->last = true;
    send_block(b);
    struct fc_batch *batch = send_batch(SPOOL_A, 1, 10);
    work();
    expect_back(batch, FC_BATCH_STORED, 11);
    batch = send_batch(SPOOL_A, 11, 10);
    work();
    expect_back(batch, FC_BATCH_STORED, 21);
    assert_int_equal(fc_count_get(&fc_writer_counts(writer)->checkpoint_stuck), 1);
    assert_int_equal(last_stall().kind, FC_STALL_CHECKPOINT);
    assert_int_equal(fc_count_get(&fc_writer_counts(writer)->blocked), 0);
    assert_int_equal(journal().batches, 2);
    assert_non_null(free_block());
    assert_int_equal(fc_writer_drain(writer, NULL), FC_OK);
}

/* ---- a full disk ----------------------------------------------------------------------------------------------- */

static void a_full_store_keeps_asks_and_goes_on(void **state) {
    (void)state;
    take_down();
    scratch_remove(dir);
    scratch_make(dir);
    set_up(1 << 20, &(struct fc_writer_options){.no_linger = true});
    uint64_t next = 1, acked = 1;
    struct fc_batch *b;
    while (fc_count_get(&fc_writer_counts(writer)->blocked) == 0) {
        (void)send_batch(SPOOL_A, next, 500);
        next += 500;
        (void)fc_writer_do_work(writer, now);
        while (FC_RING_POP(&back, &b)) acked = b->next;
    }
    assert_int_equal(acked, next - 500); /* the one that did not fit is not acked */
    (void)send_batch(SPOOL_A, next, 500);
    assert_int_equal(fc_writer_do_work(writer, now), 1000000000);
    now.ns += 400000000;
    assert_int_equal(fc_writer_do_work(writer, now), 600000000);
    assert_true(fc_ring_is_empty(&back));
    struct fc_record_block *block = free_block();
    put_mark(block, SPOOL_A, acked);
    block->last = true;
    send_block(block);
    int tries = 0;
    while (fc_count_get(&fc_writer_counts(writer)->blocked) == 1) { /* the mark cannot be staged together with the batches */
        now.ns += 1000000000;
        (void)fc_writer_do_work(writer, now);
        assert_true(++tries < 10);
    }
    work();
    while (FC_RING_POP(&back, &b)) acked = b->next;
    assert_int_equal(acked, next + 500);
    assert_true(fc_count_get(&fc_writer_counts(writer)->commits_failed) > 0);
}

/* Full, half empty, full again: one stall for whoever asks, until it has been calm for five seconds. */
static void a_full_disk_is_one_stall(void **state) {
    (void)state;
    struct fc_batch *a = send_batch(SPOOL_A, 1, 500);
    fault.write_errno = ENOSPC;
    assert_int_equal(fc_writer_do_work(writer, now), 1000000000);
    assert_true(fc_ring_is_empty(&back));
    struct fc_stall stall = last_stall();
    assert_int_equal(stall.kind, FC_STALL_FULL);
    assert_true(stall.since_us > 0);
    assert_non_null(strstr(stall.reason.text, "no room on its disk"));
    fault_none();
    now.ns += 1000000000;
    work();
    expect_back(a, FC_BATCH_STORED, 501);
    a = send_batch(SPOOL_A, 501, 500);
    fault.write_errno = ENOSPC;
    now.ns += 1000000000;
    assert_int_equal(fc_writer_do_work(writer, now), 1000000000);
    fault_none();
    now.ns += 1000000000;
    work();
    expect_back(a, FC_BATCH_STORED, 1001);
    assert_int_equal(last_stall().since_us, -1); /* nothing new was told */
    assert_int_equal(fc_writer_do_work(writer, now), 4000000000); /* then it is calm, also without a batch */
    now.ns += 4000000000;
    work();
    stall = last_stall();
    assert_int_equal(stall.kind, FC_STALL_NONE);
    assert_int_not_equal(stall.since_us, -1);
}

static void take_end(void *ctx, const struct fc_error *why) {
    assert_non_null(strstr(why->text, "lost a write"));
    ++*(int *)ctx;
}

static void a_failed_sync_ends_it(void **state) {
    (void)state;
    int ended = 0;
    struct fc_error err = {""};
    fc_writer_set_broken(writer, take_end, &ended);
    (void)send_batch(SPOOL_A, 1, 10);
    fault.sync_errno = EIO;
    assert_int_equal(fc_writer_do_work(writer, now), -1);
    assert_int_equal(ended, 1);
    fault_none();
    (void)send_batch(SPOOL_A, 11, 10);
    now.ns += 60000000000;
    assert_int_equal(fc_writer_do_work(writer, now), -1);
    assert_int_equal(fc_writer_drain(writer, &err), FC_IO);
    assert_non_null(strstr(err.text, "lost a write"));
    assert_int_equal(ended, 1);
    assert_true(fc_ring_is_empty(&back)); /* and nothing is acked */
    fc_store_close(store);
    struct fc_store_options so = {.dir = dir, .map_bytes = 64 << 20, .merge = scratch_sum};
    assert_int_equal(fc_store_open(&so, &store, &err), FC_OK);
    assert_int_equal(journal().batches, 0);
}

/* ---- retention ------------------------------------------------------------------------------------------------- */

static bool below_500(void *ctx, uint32_t turn, struct fc_writer_range *range) {
    uint32_t *asked = ctx;
    ++*asked;
    if (turn > 0) return false;
    memcpy(range->from, "m/", range->from_n = 2);
    memcpy(range->to, "m/000700", range->to_n = 8);
    return true;
}

static void intervals_expire(void **state) {
    (void)state;
    uint32_t asked = 0;
    struct fc_record_block *b = free_block();
    for (uint32_t i = 0; i < 1000; i++) put_sum(b, i, 1);
    b->last = true;
    send_block(b);
    work();
    fc_writer_set_retention(writer, below_500, &asked);
    work();
    assert_int_equal(intervals().batches, 300);
    assert_int_equal(fc_count_get(&fc_writer_counts(writer)->expired), 700);
    assert_int_equal(asked, 3); /* 500, 200, no more */
    now.ns += INT64_C(59000000000);
    work();
    assert_true(asked <= 5);
    now.ns += INT64_C(60000000000);
    work();
    assert_int_equal(intervals().batches, 300);
}

static void draining_leaves_nothing_in_hand(void **state) {
    (void)state;
    struct fc_batch *b[300];
    for (uint32_t i = 0; i < 300; i++) b[i] = send_batch(SPOOL_A, 1 + i, 1);
    struct fc_record_block *block = free_block();
    for (uint32_t i = 0; i < 5000; i++) put_sum(block, i, 1);
    block->last = true;
    send_block(block);
    assert_int_equal(fc_writer_drain(writer, NULL), FC_OK);
    for (uint32_t i = 0; i < 300; i++) expect_back(b[i], FC_BATCH_STORED, 2 + i);
    assert_int_equal(intervals().batches, 5000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, prepare, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(decides_by_the_table),
        TEST(a_group_is_decided_in_order),
        TEST(commits_at_once_when_idle_and_lingers_under_load),
        TEST(a_checkpoint_empties_the_journal),
        TEST(a_checkpoint_may_be_larger_than_the_pool),
        TEST(a_refused_merge_stops_checkpoints_not_batches),
        TEST(a_full_store_keeps_asks_and_goes_on),
        TEST(a_full_disk_is_one_stall),
        TEST(a_failed_sync_ends_it),
        TEST(intervals_expire),
        TEST(draining_leaves_nothing_in_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
