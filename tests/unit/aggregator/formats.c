/* A store as an earlier aggregator left it, killed: opened, its journal replayed, and every count is that of the plain events.
 * Questions of an earlier wallboard are answered. */
#include "query.h"
#include "recover.h"
#include "scratch.h"
#include "state.h"
#include "tally.h"

#include "../fixture.h"

#define OFFERED 35 /* of events-1.ndjson, from FROM_US on; before it lies what the first snapshot lists */
#define FROM_US INT64_C(1772438400000000)

static char dir[128];
static struct fc_store *store;
static struct fc_rules *rules;

static int open_store(void **state) {
    char path[200];
    struct fc_error err = {.text = ""};
    const struct fc_store_options options = {.dir = dir, .map_bytes = 64 << 20, .merge = fc_tally_merge_bytes};
    (void)state;
    scratch_make(dir);
    (void)snprintf(path, sizeof path, "%s/data.mdb", dir);
    fixture_copy("store-3/data.mdb", path);
    if (fc_store_open(&options, &store, &err) != FC_OK) fail_msg("%s", err.text);
    rules = fc_rules_default();
    return 0;
}

static int close_store(void **state) {
    (void)state;
    fc_store_close(store);
    fc_rules_free(rules);
    scratch_remove(dir);
    return 0;
}

static struct fc_engine *from_events(void) {
    size_t n;
    static uint8_t *bytes; /* the engine copies what it keeps, events are views */
    struct fc_engine *e = fc_engine_create(rules, true);
    bytes = fixture_read("events-1.bin", &n);
    struct fc_mp mp = fc_mp_open(bytes, n);
    while (fc_mp_left(&mp) > 0) {
        struct fc_event ev;
        assert_int_equal(fc_event_decode(&mp, &ev, NULL), FC_OK);
        fc_engine_apply(e, &ev);
    }
    free(bytes);
    return e;
}

static void expect_same(struct fc_engine *a, struct fc_engine *b, enum fc_scope scope, const char *name, enum fc_window window) {
    struct fc_tally x = {0}, y = {0};
    assert_true(fc_engine_peek(a, scope, fc_str(name), -1, window, &x));
    assert_true(fc_engine_peek(b, scope, fc_str(name), -1, window, &y));
    assert_true(x.v[FC_TALLY_answered] > 0);
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++)
        if (x.v[i] != y.v[i]) fail_msg("%s: count %d is %lld, of the events it is %lld", name, i, (long long)x.v[i], (long long)y.v[i]);
    fc_tally_fini(&x);
    fc_tally_fini(&y);
}

static void store_3(void **state) {
    struct fc_recovered r;
    struct fc_error err = {.text = ""};
    struct fc_engine *stored = fc_engine_create(rules, true), *plain = from_events();
    (void)state;
    if (fc_recover(store, stored, (struct fc_wall){0}, &r, &err) != FC_OK) fail_msg("%s", err.text);
    assert_true(r.records > 0 && r.events > 0); /* from both, the checkpoint and the journal */
    for (enum fc_window window = FC_WINDOW_M15; window < FC_WINDOW_COUNT; window++) {
        expect_same(stored, plain, FC_SCOPE_GROUP, "all", window);
        expect_same(stored, plain, FC_SCOPE_QUEUE, "sales", window);
        expect_same(stored, plain, FC_SCOPE_AGENT, "agent-05", window);
    }
    fc_engine_destroy(stored);
    fc_engine_destroy(plain);
}

static int64_t offered_in_range(void) {
    size_t n, reply_n;
    uint8_t *bytes = fixture_read("questions-1.bin", &n), *reply;
    struct fc_query_base base = {.store = store, .rules = rules, .now_us = FROM_US};
    struct fc_mp mp = fc_mp_open(bytes, n), at, key;
    uint32_t items = 0;
    int64_t sum = 0, offered = 0;
    assert_true(fc_mp_skip(&mp));
    fc_query_answer(&base, bytes, fc_mp_offset(&mp), &reply, &reply_n);
    assert_true(fc_mp_find(reply, reply_n, "items", &at) && fc_mp_array(&at, &items));
    for (; items > 0; items--, sum += offered) {
        const uint8_t *item = at.p;
        assert_true(fc_mp_skip(&at) && fc_mp_find(item, (size_t)(at.p - item), "offered", &key) && fc_mp_i64(&key, &offered));
    }
    free(reply);
    free(bytes);
    return sum;
}

/* Before a question can be asked: the journal's tail is in no interval yet. */
static void what_the_journal_held_is_stored_by_the_start(void **state) {
    struct fc_recovered r;
    struct fc_error err = {.text = ""};
    (void)state;
    assert_true(offered_in_range() < OFFERED);
    struct fc_engine *e = fc_engine_create(rules, true);
    if (fc_recover(store, e, (struct fc_wall){0}, &r, &err) != FC_OK) fail_msg("%s", err.text);
    if (fc_recover_store(store, e, &err) != FC_OK) fail_msg("%s", err.text);
    assert_int_equal(offered_in_range(), OFFERED);
    assert_false(fc_engine_dirty(e));
    fc_engine_destroy(e);
    e = fc_engine_create(rules, true); /* and not twice */
    if (fc_recover(store, e, (struct fc_wall){0}, &r, &err) != FC_OK) fail_msg("%s", err.text);
    assert_int_equal(r.events, 0);
    if (fc_recover_store(store, e, &err) != FC_OK) fail_msg("%s", err.text);
    assert_int_equal(offered_in_range(), OFFERED);
    fc_engine_destroy(e);
}

/* The snapshot among them is the publisher's to answer. */
static void questions_1(void **state) {
    size_t n, reply_n;
    uint8_t *bytes = fixture_read("questions-1.bin", &n), *reply;
    struct fc_query_base base = {.store = store, .rules = rules, .now_us = FROM_US};
    struct fc_error err;
    struct fc_mp mp = fc_mp_open(bytes, n), at;
    uint32_t items = 0;
    bool ok = false;
    (void)state;
    assert_true(fc_mp_skip(&mp));
    fc_query_answer(&base, bytes, fc_mp_offset(&mp), &reply, &reply_n);
    assert_int_equal(fc_query_check_version(bytes, fc_mp_offset(&mp), &err), FC_OK);
    assert_true(fc_mp_find(reply, reply_n, "ok", &at) && fc_mp_bool(&at, &ok) && ok);
    assert_true(fc_mp_find(reply, reply_n, "items", &at) && fc_mp_array(&at, &items));
    assert_int_equal(items, 3); /* queues */
    free(reply);
    free(bytes);
}

static void questions_of_another_version_are_refused_in_words(void **state) {
    struct fc_error err;
    (void)state;
    assert_int_equal(fc_query_check_version((const uint8_t *)"\x81\xa2id\x05", 5, &err), FC_OK); /* none is 1 */
    assert_int_equal(fc_query_check_version((const uint8_t *)"\x82\xa1v\x02\xa2id\x05", 8, &err), FC_INVALID);
    assert_string_equal(err.text, "a question of version 2: this program reads version 1");
    assert_int_equal(fc_query_check_version((const uint8_t *)"\x81\xa1v\xa1x", 5, &err), FC_INVALID);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_store, close_store)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(store_3), TEST(what_the_journal_held_is_stored_by_the_start), TEST(questions_1), cmocka_unit_test(questions_of_another_version_are_refused_in_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
