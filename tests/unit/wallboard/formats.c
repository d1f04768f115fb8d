/* What an earlier aggregator published and answered is taken in whole; what a newer one sends is left, counted and named. */
#include "ask.h"
#include "hub.h"
#include "state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#include "../fixture.h"

static struct fc_hub hub;
static struct fc_mono now = {.ns = 1};

static void wake(struct fc_seat *seat) { (void)seat; }

static void feed_message(const uint8_t *bytes, size_t n) {
    struct fc_mp at;
    struct fc_str topic = {0};
    assert_true(fc_mp_find(bytes, n, "topic", &at) && fc_mp_str(&at, &topic));
    (void)fc_hub_message(&hub, 0, topic, bytes, n, now);
}

static void state_1(void **state) {
    (void)state;
    size_t n;
    unsigned messages = 0;
    uint8_t *bytes = fixture_read("state-1.bin", &n);
    struct fc_mp mp = fc_mp_open(bytes, n), at;
    int64_t offered = 0;
    fc_hub_init(&hub, 1, wake);
    for (; fc_mp_left(&mp) > 0; messages++) {
        const uint8_t *item = mp.p;
        assert_true(fc_mp_skip(&mp));
        feed_message(item, (size_t)(mp.p - item));
    }
    assert_true(messages > 100);
    assert_int_equal(hub.counters.feed_bad_total + hub.counters.feed_newer_total, 0);
    assert_int_equal(hub.counters.feed_heartbeats_total, 1);
    assert_int_equal(hub.counters.topics, messages - 1); /* no state: the heartbeat */
    assert_true(fc_hub_up(&hub, now));
    const struct fc_topic *day = fc_cache_find(&hub.cache, FC_STR_LIT("group/all/day"));
    assert_non_null(day);
    assert_true(fc_mp_find(day->item.p, day->item.n, "offered", &at) && fc_mp_i64(&at, &offered));
    assert_int_equal(offered, 46);
    fc_hub_fini(&hub);
    free(bytes);
}

static void newer_messages_are_left_and_named(void **state) {
    (void)state;
    static const char newer[] = "\x84\xa1v\x02\xa5topic\xa1q\xa3ver\x01\xa5" "at_us\x01", older[] = "\x83\xa5topic\xa1q\xa3ver\x01\xa5" "at_us\x01";
    static const char without[] = "\x82\xa5topic\xa1q\xa1v\x03"; /* what else it would have to hold is not ours to know */
    fc_hub_init(&hub, 1, wake);
    feed_message((const uint8_t *)newer, sizeof newer - 1);
    feed_message((const uint8_t *)without, sizeof without - 1);
    assert_int_equal(hub.counters.feed_newer_total, 2);
    assert_int_equal(hub.counters.feed_bad_total, 0);
    assert_int_equal(hub.cells[0].newer, 3);
    assert_null(fc_cache_find(&hub.cache, FC_STR_LIT("q")));
    assert_false(fc_hub_up(&hub, now));
    feed_message((const uint8_t *)older, sizeof older - 1);
    assert_int_equal(hub.cells[0].newer, 0);
    assert_non_null(fc_cache_find(&hub.cache, FC_STR_LIT("q")));
    fc_hub_fini(&hub);
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static struct {
    enum fc_status status;
    uint32_t items;
    bool done;
    struct fc_error error;
} got;

static void done(void *ctx, enum fc_status status, struct fc_bytes *items, uint32_t count, const struct fc_error *err) {
    (void)ctx, (void)items;
    got.status = status;
    got.items = count;
    got.done = true;
    got.error = *err;
}

/* Asks one question of an aggregator that says `answer` to it. */
static void put_question(const uint8_t *answer, size_t n, struct fc_counters *counters) {
    struct fc_asks asks;
    struct fc_error err;
    enum fc_status status = FC_OK;
    char identity[64], asked[512];
    const char *endpoints[] = {"inproc://answers"};
    void *context = zmq_ctx_new(), *aggregator = zmq_socket(context, ZMQ_ROUTER);
    assert_int_equal(zmq_bind(aggregator, endpoints[0]), 0);
    assert_int_equal(fc_asks_open(&asks, context, 1, endpoints, counters, &err), FC_OK);
    got.done = false;
    assert_non_null(fc_ask_range(&asks, &(struct fc_range){.scope = "queue", .to_us = 60000000}, 1, done, NULL, &status));
    int id_n = zmq_recv(aggregator, identity, sizeof identity, 0);
    assert_true(zmq_recv(aggregator, asked, sizeof asked, 0) > 0);
    assert_true(zmq_send(aggregator, identity, (size_t)id_n, ZMQ_SNDMORE) >= 0 && zmq_send(aggregator, answer, n, 0) >= 0);
    for (int i = 0; i < 1000 && !got.done; i++) {
        fc_asks_work(&asks, (struct fc_mono){.ns = fc_mono_now().ns});
        (void)usleep(1000);
    }
    assert_true(got.done);
    fc_asks_close(&asks);
    (void)zmq_close(aggregator);
    (void)zmq_ctx_term(context);
}

static void answers_1(void **state) {
    (void)state;
    size_t n;
    struct fc_counters counters = {0};
    uint8_t *bytes = fixture_read("answers-1.bin", &n);
    struct fc_mp mp = fc_mp_open(bytes, n);
    assert_true(fc_mp_skip(&mp)); /* the range, of id 1; a wallboard asks for no snapshot */
    put_question(bytes, fc_mp_offset(&mp), &counters);
    assert_int_equal(got.status, FC_OK);
    assert_int_equal(got.items, 3);
    assert_int_equal(counters.feed_bad_total, 0);
    free(bytes);
}

static void other_answers_are_named(void **state) {
    (void)state;
    static const char newer[] = "\x82\xa1v\x02\xa2id\x01", full[] = "\x84\xa2id\x01\xa2ok\xc2\xa4" "code\xa5" "again\xa5" "error\xa4" "busy";
    struct fc_counters counters = {0};
    put_question((const uint8_t *)newer, sizeof newer - 1, &counters);
    assert_int_equal(got.status, FC_IO);
    assert_string_equal(got.error.text, "the aggregator's answer is of a newer version than this wallboard reads: update it");
    assert_int_equal(counters.feed_newer_total, 1);
    put_question((const uint8_t *)full, sizeof full - 1, &counters);
    assert_int_equal(got.status, FC_AGAIN);
    assert_string_equal(got.error.text, "busy");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(state_1), cmocka_unit_test(newer_messages_are_left_and_named), cmocka_unit_test(answers_1),
                                       cmocka_unit_test(other_answers_are_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
