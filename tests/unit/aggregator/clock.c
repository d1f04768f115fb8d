/* Clocks that are set and sources that fall silent: what the engine makes of it, and what items say. */
#include "floor.h"

#define SPOOL "0123456789abcdef0123456789abcdef"
#define COLLECTOR "collector:01234567"

static struct fc_engine *e;
static int64_t wall_us, mono_s;

/* `by_s` seconds go by, the clocks are looked at once a second. */
static void pass(int64_t by_s) {
    for (int64_t i = 0; i < by_s; i++) {
        wall_us += S;
        mono_s++;
        fc_engine_watch(e, (struct fc_wall){wall_us}, (struct fc_mono){mono_s * 1000000000});
        fc_engine_advance(e, (struct fc_wall){wall_us});
    }
}

static int begin(void **state) {
    (void)state;
    e = fc_engine_create(rules, false);
    wall_us = T0;
    mono_s = 100;
    pass(1);
    return 0;
}

static int end(void **state) {
    (void)state;
    fc_engine_destroy(e);
    return 0;
}

static void from(struct fc_event ev, const char *src, const char *contact, const char *queue_name, const char *agent) {
    if (src != NULL) FC_EVENT_STR(&ev, src, fc_str(src));
    post(e, ev, contact, queue_name, agent);
}

static void beat(const char *src, enum fc_source_state state) {
    struct fc_event ev = fc_event_make(FC_HEARTBEAT, wall_us);
    fc_event_set_source(&ev, state);
    from(ev, src, NULL, NULL, NULL);
}

/* ---- what is published --------------------------------------------------------------------------------------------- */

static struct fc_state_block blocks[64];
static uint32_t taken;
static char wanted[64];
static uint8_t item[8192];
static size_t item_n;

static struct fc_state_block *take(void *ctx) {
    (void)ctx;
    return &blocks[taken++ % 64];
}

static void give(void *ctx, struct fc_state_block *b) {
    (void)ctx;
    if (!fc_str_is(fc_str_n(b->topic, b->topic_n), wanted)) return;
    assert_true(b->body_n <= sizeof item);
    memcpy(item, b->body, b->body_n);
    item_n = b->body_n;
}

static bool publish(const char *topic) {
    struct fc_outlet out = {take, give, NULL};
    (void)snprintf(wanted, sizeof wanted, "%s", topic);
    item_n = 0;
    (void)fc_engine_publish(e, &out, (struct fc_mono){mono_s * 1000000000});
    return item_n > 0;
}

static bool value_of(const void *map, size_t n, const char *key, struct fc_mp *at) {
    struct fc_str word;
    uint32_t pairs;
    *at = fc_mp_open(map, n);
    if (!fc_mp_map(at, &pairs)) return false;
    for (uint32_t i = 0; i < pairs; i++) {
        assert_true(fc_mp_str(at, &word));
        if (fc_str_is(word, key)) return true;
        assert_true(fc_mp_skip(at));
    }
    assert_int_equal(fc_mp_left(at), 0); /* the head told the right number of pairs */
    return false;
}

/* "SRC STATE" of the first source that the item says is lost, or "". */
static const char *lost_in(const char *topic) {
    static char text[200];
    struct fc_mp at;
    struct fc_str src, word;
    uint32_t n;
    text[0] = '\0';
    fc_engine_publish_all(e);
    mono_s++;
    assert_true(publish(topic));
    if (!value_of(item, item_n, "sources_lost", &at)) return text;
    assert_true(fc_mp_array(&at, &n) && n == 1);
    struct fc_mp one = at;
    assert_true(value_of(one.p, fc_mp_left(&one), "src", &at) && fc_mp_str(&at, &src));
    assert_true(value_of(one.p, fc_mp_left(&one), "state", &at) && fc_mp_str(&at, &word));
    (void)snprintf(text, sizeof text, "%.*s %.*s", FC_STR_ARG(src), FC_STR_ARG(word));
    return text;
}

/* ---- tests ----------------------------------------------------------------------------------------------------------- */

static void now_waits_for_a_clock_that_was_set_back(void **state) {
    (void)state;
    from(fc_event_make(FC_OFFERED, wall_us), "pbx", "c1", "sales", NULL);
    int64_t before_us = fc_engine_now_us(e);
    wall_us -= 3600 * S;
    pass(10);
    assert_true(fc_engine_now_us(e) == before_us);
    assert_true(fc_engine_held_us(e, (struct fc_wall){wall_us}) == 3600 * S - 10 * S);
    assert_int_equal(fc_engine_counters(e)->clock_set_back, 1);
    from(fc_event_make(FC_ANSWERED, wall_us), "pbx", "c1", "sales", "ann"); /* before it was offered, by its time */
    from(fc_event_make(FC_OFFERED, wall_us), "pbx", "c2", "sales", NULL);
    pass(5);
    from(fc_event_make(FC_ANSWERED, wall_us), "pbx", "c2", "sales", "bob");
    wall_us += 3600 * S;
    pass(1);
    assert_true(fc_engine_held_us(e, (struct fc_wall){wall_us}) == 0 && fc_engine_now_us(e) == wall_us);
    const struct fc_tally *day = day_of(e, "sales");
    assert_int_equal(day->v[FC_TALLY_offered], 2);
    assert_int_equal(day->v[FC_TALLY_answered], 2);
    assert_true(day->v[FC_TALLY_wait_us] == 5 * S); /* c1's wait lies across the step: nothing, not less than nothing */
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) assert_true(day->v[FC_TALLY_TIME + s] >= 0);
    assert_int_equal(waiting_of(e, "sales"), 0);
}

static void windows_move_on_after_any_step(void **state) {
    (void)state;
    from(fc_event_make(FC_OFFERED, wall_us), "pbx", "c1", "sales", NULL);
    wall_us += 3600 * S;
    pass(1);
    assert_int_equal(fc_engine_counters(e)->clock_set_forward, 1);
    assert_int_equal(window_of(e, "sales", FC_WINDOW_M15)->v[FC_TALLY_offered], 0);
    from(fc_event_make(FC_OFFERED, wall_us), "pbx", "c2", "sales", NULL);
    assert_int_equal(window_of(e, "sales", FC_WINDOW_M15)->v[FC_TALLY_offered], 1);
    wall_us -= 600 * S;
    pass(1); /* ten minutes of standing still */
    assert_int_equal(window_of(e, "sales", FC_WINDOW_M15)->v[FC_TALLY_offered], 1);
    pass(600 + 900);
    assert_int_equal(window_of(e, "sales", FC_WINDOW_M15)->v[FC_TALLY_offered], 0);
    assert_int_equal(day_of(e, "sales")->v[FC_TALLY_offered], 2);
}

static void no_source_is_silent_because_a_clock_was_set(void **state) {
    (void)state;
    for (int step = -1; step <= 1; step++) {
        beat("pbx", FC_SOURCE_UP);
        wall_us += step * 3600 * S;
        pass(14);
        assert_int_equal(fc_engine_counters(e)->sources_lost, 0);
    }
    pass(2);
    assert_int_equal(fc_engine_counters(e)->sources_lost, 1);
}

static void a_silent_source_stands_in_what_it_feeds(void **state) {
    (void)state;
    beat("pbx", FC_SOURCE_UP);
    from(fc_event_make(FC_OFFERED, wall_us), "pbx", "c1", "sales", NULL);
    from(fc_event_make(FC_OFFERED, wall_us), "crm", "c2", "mail", NULL); /* which has no heartbeat: nobody knows */
    assert_string_equal(lost_in("queue/sales/m15"), "");
    (void)publish("");
    pass(16);
    assert_true(publish("queue/sales/now")); /* although nothing happened there */
    assert_string_equal(lost_in("queue/sales/now"), "pbx silent");
    assert_string_equal(lost_in("group/all/day"), "pbx silent");
    from(fc_event_make(FC_OFFERED, wall_us), "crm", "c3", "mail", NULL);
    assert_string_equal(lost_in("queue/mail/m15"), "");
    beat("pbx", FC_SOURCE_UP);
    assert_string_equal(lost_in("queue/sales/m15"), "");
    beat("pbx", FC_SOURCE_DOWN);
    assert_string_equal(lost_in("queue/sales/m15"), "pbx down");
    for (int i = 0; i < 24 * 360 + 2; i++) { /* for a day: then nobody waits for it any more */
        pass(10);
        beat("pbx", FC_SOURCE_DOWN);
    }
    from(fc_event_make(FC_OFFERED, wall_us), "new", "c4", "sales", NULL);
    assert_string_equal(lost_in("queue/sales/m15"), "");
}

static void a_silent_collector_takes_its_producers_along(void **state) {
    (void)state;
    beat(COLLECTOR, FC_SOURCE_UP);
    fc_engine_via(e, FC_STR_LIT(SPOOL));
    from(fc_event_make(FC_OFFERED, wall_us), "crm", "c1", "sales", NULL);
    from(fc_event_make(FC_OFFERED, wall_us), NULL, "c2", "mail", NULL);
    fc_engine_via(e, FC_STR_LIT("ffffffffffffffffffffffffffffffff"));
    from(fc_event_make(FC_OFFERED, wall_us), "other", "c3", "chat", NULL);
    pass(16);
    assert_string_equal(lost_in("queue/sales/m15"), COLLECTOR " silent");
    pass(1);
    from(fc_event_make(FC_ANSWERED, wall_us), "other", "c2", "mail", "ann");
    assert_string_equal(lost_in("queue/mail/m15"), COLLECTOR " silent");
    pass(1);
    from(fc_event_make(FC_ANSWERED, wall_us), "other", "c3", "chat", "ann");
    assert_string_equal(lost_in("queue/chat/m15"), "");
}

static void a_wrong_clock_is_flagged(void **state) {
    (void)state;
    struct fc_mp at, one;
    uint32_t n;
    int64_t ms;
    bool skewed;
    from(fc_event_make(FC_OFFERED, wall_us + 90 * S), "pbx", "c1", "sales", NULL);
    pass(2);
    assert_true(publish("sources") && value_of(item, item_n, "sources", &one) && fc_mp_array(&one, &n) && n == 1);
    assert_true(value_of(one.p, fc_mp_left(&one), "skew_ms", &at) && fc_mp_i64(&at, &ms) && ms == 90000);
    assert_true(value_of(one.p, fc_mp_left(&one), "skewed", &at) && fc_mp_bool(&at, &skewed) && skewed);
    assert_int_equal(fc_engine_counters(e)->sources_skewed, 1);
    assert_int_equal(fc_engine_counters(e)->events_ahead, 1);
    for (int i = 0; i < 70; i++) {
        pass(1);
        from(fc_event_make(FC_OFFERED, wall_us), "pbx", "c2", "sales", NULL);
    }
    assert_int_equal(fc_engine_counters(e)->sources_skewed, 0);
}

int main(void) {
    start_floor();
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(now_waits_for_a_clock_that_was_set_back), TEST(windows_move_on_after_any_step), TEST(no_source_is_silent_because_a_clock_was_set),
        TEST(a_silent_source_stands_in_what_it_feeds), TEST(a_silent_collector_takes_its_producers_along), TEST(a_wrong_clock_is_flagged),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    for (int i = 0; i < 64; i++) free(blocks[i].body);
    fc_rules_free(rules);
    return rc;
}
