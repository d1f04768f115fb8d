/* From the store back to an engine, customers on a thread of their own: nothing is lost, and a bad record of either
 * thread is refused by name. 1 second. */
#include "recover.h"
#include "scratch.h"
#include "tally.h"

#define CONTACTS 2000
#define T0_US INT64_C(1772442000000000)

struct stand {
    char dir[128];
    struct fc_rules *rules;
    struct fc_store *store;
    struct fc_record_block block;
};

static struct stand b;

static void open_store(void) {
    struct fc_error err = {0};
    const struct fc_store_options options = {.dir = b.dir, .map_bytes = 64 << 20, .merge = fc_tally_merge_bytes};
    if (fc_store_open(&options, &b.store, &err) != FC_OK) fail_msg("%s", err.text);
}

static struct fc_record_block *take(void *ctx) {
    (void)ctx;
    b.block.used = 0;
    b.block.last = false;
    return &b.block;
}

static void give(void *ctx, struct fc_record_block *block) {
    uint32_t done = 0;
    uint64_t left = block->last ? 1 : 0;
    (void)ctx;
    assert_int_equal(fc_store_begin(b.store, NULL), FC_OK);
    assert_int_equal(fc_store_stage(b.store, block, NULL), FC_OK);
    while (left > 0) assert_int_equal(fc_store_apply(b.store, 100000, &done, &left, NULL), FC_OK);
    assert_int_equal(fc_store_commit(b.store, NULL), FC_OK);
}

static void put(struct fc_str key, struct fc_str value) {
    (void)take(NULL);
    assert_true(fc_record_append(&b.block, FC_RECORD_PUT, key, value));
    b.block.last = true;
    give(NULL, &b.block);
}

static void say(struct fc_engine *e, enum fc_kind kind, int i, int64_t ts_us) {
    char contact[24], customer[24], queue[24], agent[24];
    struct fc_event ev = fc_event_make(kind, ts_us);
    (void)snprintf(contact, sizeof contact, "c%d", i);
    (void)snprintf(customer, sizeof customer, "u%d", i % (CONTACTS / 2));
    (void)snprintf(queue, sizeof queue, "q%d", i % 7);
    (void)snprintf(agent, sizeof agent, "a%d", i % 31);
    FC_EVENT_STR(&ev, contact, fc_str(contact));
    if (kind != FC_ENDED) FC_EVENT_STR(&ev, queue, fc_str(queue));
    if (kind == FC_ANSWERED) FC_EVENT_STR(&ev, agent, fc_str(agent));
    if (kind == FC_OFFERED) {
        FC_EVENT_STR(&ev, customer, fc_str(customer));
        FC_EVENT_NUM(&ev, channel, (uint8_t)FC_CHANNEL_VOICE);
    }
    if (kind == FC_ENDED) FC_EVENT_NUM(&ev, by, (uint8_t)FC_BY_CUSTOMER);
    fc_engine_apply(e, &ev);
}

static void live(struct fc_engine *e, int from, int to) {
    for (int i = from; i < to; i++) {
        int64_t ts_us = T0_US + (int64_t)i * 1000000;
        say(e, FC_OFFERED, i, ts_us);
        say(e, FC_ANSWERED, i, ts_us + 1000);
        say(e, FC_ENDED, i, ts_us + 500000);
    }
}

static int set_up(void **state) {
    (void)state;
    scratch_make(b.dir);
    b.rules = fc_rules_default();
    open_store();
    struct fc_engine *e = fc_engine_create(b.rules, true);
    live(e, 0, CONTACTS / 2);
    fc_engine_checkpoint(e, take, give, NULL);
    fc_engine_destroy(e);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    fc_store_close(b.store);
    fc_rules_free(b.rules);
    scratch_remove(b.dir);
    return 0;
}

static int64_t counted(struct fc_engine *e, int count) {
    struct fc_tally t = {0};
    assert_true(fc_engine_peek(e, FC_SCOPE_GROUP, fc_str("all"), -1, FC_WINDOW_DAY, &t));
    int64_t n = t.v[count];
    fc_tally_fini(&t);
    return n;
}

/* Each customer comes once before the restart and once after it: their counts are right only when all are held. */
static void customers_come_back_on_their_own_thread(void **state) {
    (void)state;
    struct fc_recovered r;
    struct fc_error err = {0};
    struct fc_engine *e = fc_engine_create(b.rules, true);
    if (fc_recover(b.store, e, (struct fc_wall){0}, &r, &err) != FC_OK) fail_msg("%s", err.text);
    assert_true(r.records > CONTACTS / 2);
    assert_int_equal(fc_engine_counters(e)->customers, CONTACTS / 2);
    assert_int_equal(fc_engine_counters(e)->queues, 7);
    assert_int_equal(fc_engine_counters(e)->agents, 31);
    assert_int_equal(counted(e, FC_TALLY_chain_once), CONTACTS / 2);
    assert_false(fc_engine_dirty(e));
    live(e, CONTACTS / 2, CONTACTS);
    assert_int_equal(counted(e, FC_TALLY_chain_n), CONTACTS / 2);
    assert_int_equal(counted(e, FC_TALLY_chain_once), 0);
    fc_engine_destroy(e);
}

static void refused(struct fc_str key, const char *word) {
    struct fc_recovered r;
    struct fc_error err = {0};
    put(key, FC_STR_LIT("\xc1"));
    struct fc_engine *e = fc_engine_create(b.rules, true);
    assert_int_equal(fc_recover(b.store, e, (struct fc_wall){0}, &r, &err), FC_INVALID);
    if (strstr(err.text, word) == NULL) fail_msg("\"%s\" does not say \"%s\"", err.text, word);
    fc_engine_destroy(e);
}

static void a_bad_record_of_either_thread_is_refused(void **state) {
    (void)state;
    refused(FC_STR_LIT("k\x80zzzzzzzzzzzzzzz"), "chains");
    refused(FC_STR_LIT("qq3"), "q3"); /* here both threads meet one */
    refused(FC_STR_LIT("k\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\1"), "chains"); /* a name: before the thread starts */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(customers_come_back_on_their_own_thread, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bad_record_of_either_thread_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
