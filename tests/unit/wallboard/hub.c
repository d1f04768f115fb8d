/* Heartbeats: what is counted as lost, when everything is subscribed anew, and what a new instance buries. */
#include "hub.h"

#include "fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct fc_hub hub;
static struct fc_mono now;
static uint64_t sent[2];

static void wake(struct fc_seat *seat) { (void)seat; }

static int open_hub(void **state) {
    (void)state;
    now.ns = 1;
    sent[0] = sent[1] = 0;
    fc_hub_init(&hub, 2, wake);
    return 0;
}

static int close_hub(void **state) {
    (void)state;
    fc_hub_fini(&hub);
    return 0;
}

static enum fc_hub_advice beat(uint32_t cell, const char *instance) {
    uint8_t bytes[512];
    size_t n = fake_beat(bytes, sizeof bytes, instance, ++sent[cell]);
    return fc_hub_message(&hub, cell, fc_str("hb"), bytes, n, now);
}

static void item_at(uint32_t cell, const char *topic, uint64_t ver) {
    uint8_t bytes[512];
    size_t n = fake_item(bytes, sizeof bytes, topic, "x", "day", ver, 1);
    sent[cell]++;
    assert_int_equal(fc_hub_message(&hub, cell, fc_str(topic), bytes, n, now), FC_HUB_GO_ON);
}

static struct fc_topic *topic(const char *name) { return fc_cache_find(&hub.cache, fc_str(name)); }

static void whole_feeds_are_left_alone(void **state) {
    (void)state;
    sent[0] = 1000; /* it has run for long: what it sent before us was never ours */
    for (int i = 0; i < 50; i++) {
        item_at(0, "a", (uint64_t)i + 1);
        assert_int_equal(beat(0, "i1"), FC_HUB_GO_ON);
    }
    assert_int_equal(hub.counters.feed_lost_total, 0);
}

static void a_hole_is_seen_once(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) assert_int_equal(beat(0, "i1"), FC_HUB_GO_ON);
    sent[0] += 7;
    assert_int_equal(beat(0, "i1"), FC_HUB_SUBSCRIBE_ANEW);
    assert_int_equal(hub.counters.feed_lost_total, 7);
    sent[0] += 3; /* between the end of the old subscription and the new one */
    assert_int_equal(beat(0, "i1"), FC_HUB_GO_ON);
    for (int i = 0; i < 5; i++) assert_int_equal(beat(0, "i1"), FC_HUB_GO_ON);
    assert_int_equal(hub.counters.feed_lost_total, 7);
    assert_int_equal(hub.counters.feed_resubscribed_total, 1);
}

static void old_topics_stay_until_the_new_are_in(void **state) {
    (void)state;
    item_at(0, "kept", 5);
    item_at(0, "lost", 5);
    item_at(1, "others", 5);
    (void)beat(0, "i1"), (void)beat(1, "j1");
    item_at(0, "kept", 6);
    item_at(0, "lost", 6);
    item_at(1, "others", 6);
    sent[0] = 0;
    assert_int_equal(beat(0, "i2"), FC_HUB_SUBSCRIBE_ANEW);
    item_at(0, "kept", 1);
    assert_true(fc_topic_live(topic("lost")));
    for (int i = 0; i < 4; i++) assert_int_equal(beat(0, "i2"), FC_HUB_GO_ON);
    assert_true(fc_topic_live(topic("kept")));
    assert_int_equal(topic("kept")->ver, 1);
    assert_null(topic("lost")); /* nobody showed it */
    assert_true(fc_topic_live(topic("others")));
    assert_int_equal(hub.counters.topics_gone_total, 1);
}

static void of_two_cells_the_newer_wins(void **state) {
    (void)state;
    item_at(0, "group/all/day", 5);
    item_at(1, "group/all/day", 4);
    assert_int_equal(topic("group/all/day")->ver, 5);
    item_at(1, "group/all/day", 6);
    assert_int_equal(topic("group/all/day")->ver, 6);
    assert_int_equal(topic("group/all/day")->cell, 1);
}

static void gone_at(uint32_t cell, const char *name, uint64_t ver) {
    uint8_t bytes[256];
    struct fc_mpw w;
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_mpw_map(&w, 4);
    fc_mpw_key(&w, "topic");
    fc_mpw_key(&w, name);
    fc_mpw_key(&w, "ver");
    fc_mpw_int(&w, (int64_t)ver);
    fc_mpw_key(&w, "at_us");
    fc_mpw_int(&w, 1);
    fc_mpw_key(&w, "gone");
    fc_mpw_bool(&w, true);
    assert_int_equal(fc_hub_message(&hub, cell, fc_str(name), bytes, w.len, now), FC_HUB_GO_ON);
}

/* What an aggregator says is gone is shown no more; what it never told of changes nothing. */
static void what_is_said_to_be_gone_is_gone(void **state) {
    (void)state;
    item_at(0, "group/both/day", 5);
    item_at(0, "group/late/day", 6);
    gone_at(1, "group/both/day", 7); /* another cell's word */
    assert_true(fc_topic_live(topic("group/both/day")));
    gone_at(0, "group/both/day", 7);
    gone_at(0, "group/never/day", 8);
    struct fc_topic *t = topic("group/both/day");
    assert_true(t == NULL || !fc_topic_live(t));
    assert_true(topic("group/never/day") == NULL);
    assert_true(fc_topic_live(topic("group/late/day")));
    assert_int_equal(hub.counters.topics_gone_total, 1);
    item_at(0, "group/both/day", 9); /* it comes again */
    assert_true(fc_topic_live(topic("group/both/day")));
}

static void silence_is_down(void **state) {
    (void)state;
    int64_t at_us;
    assert_false(fc_hub_up(&hub, now));
    (void)beat(0, "i1");
    assert_int_equal(fc_hub_age_ms(&hub, now), -1); /* the other was never heard */
    assert_false(fc_hub_at_us(&hub, &at_us));
    (void)beat(1, "j1");
    assert_true(fc_hub_up(&hub, now));
    now.ns += INT64_C(1900) * 1000000;
    (void)beat(0, "i1");
    assert_true(fc_hub_up(&hub, now));
    now.ns += INT64_C(200) * 1000000;
    assert_int_equal(fc_hub_age_ms(&hub, now), 2100);
    assert_false(fc_hub_up(&hub, now));
}

/* A heartbeat that also tells how its engine and its clock are. */
static void beat_with(uint32_t cell, int64_t turn_ms_ago, int64_t held_ms) {
    uint8_t bytes[256];
    struct fc_mpw w;
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_mpw_map(&w, 7);
    fc_mpw_key(&w, "topic");
    fc_mpw_key(&w, "hb");
    fc_mpw_key(&w, "ver");
    fc_mpw_int(&w, 1);
    fc_mpw_key(&w, "at_us");
    fc_mpw_int(&w, INT64_C(1760000000000000));
    fc_mpw_key(&w, "instance");
    fc_mpw_key(&w, cell == 0 ? "i1" : "j1");
    fc_mpw_key(&w, "sent");
    fc_mpw_int(&w, (int64_t)++sent[cell]);
    fc_mpw_key(&w, "turn_ms_ago");
    fc_mpw_int(&w, turn_ms_ago);
    fc_mpw_key(&w, "held_ms");
    fc_mpw_int(&w, held_ms);
    assert_false(w.overflow);
    (void)fc_hub_message(&hub, cell, fc_str("hb"), bytes, w.len, now);
}

static void pass_ms(int64_t ms) { now.ns += ms * 1000000; }

static void beating_is_not_living(void **state) {
    (void)state;
    beat_with(0, 50, 0), beat_with(1, 50, 0);
    assert_int_equal(fc_hub_trouble(&hub, now), FC_TROUBLE_NONE);
    assert_null(fc_trouble_word(FC_TROUBLE_NONE));
    for (int64_t stuck_ms = 500; stuck_ms <= 2000; stuck_ms += 500) {
        pass_ms(500);
        beat_with(0, 50 + stuck_ms, 0), beat_with(1, 50, 0);
        assert_int_equal(fc_hub_up(&hub, now), stuck_ms < 2000);
    }
    assert_int_equal(fc_hub_trouble(&hub, now), FC_TROUBLE_STUCK);
    assert_string_equal(fc_trouble_word(FC_TROUBLE_STUCK), "stuck");
    assert_int_equal(fc_hub_age_ms(&hub, now), 2050);
    beat_with(0, 10, 0);
    assert_true(fc_hub_up(&hub, now));
    pass_ms(2001);
    beat_with(0, 10, 0);
    assert_int_equal(fc_hub_trouble(&hub, now), FC_TROUBLE_SILENT); /* the other one */
    assert_string_equal(fc_trouble_word(FC_TROUBLE_SILENT), "silent");
}

static void a_clock_that_is_waited_for_is_told_with_how_long(void **state) {
    (void)state;
    beat_with(0, 0, 0), beat_with(1, 0, 2000); /* so short a wait nobody sees */
    assert_true(fc_hub_up(&hub, now));
    beat_with(1, 0, 3600000);
    assert_int_equal(fc_hub_trouble(&hub, now), FC_TROUBLE_CLOCK);
    assert_string_equal(fc_trouble_word(FC_TROUBLE_CLOCK), "clock");
    for (int i = 0; i < 20; i++) {
        pass_ms(500);
        beat_with(0, 0, 0), beat_with(1, 0, 3600000 - i * 500);
    }
    assert_int_equal(fc_hub_age_ms(&hub, now), 10000); /* since it stands still, not how long it has to */
    beat_with(1, 0, 0);
    assert_true(fc_hub_up(&hub, now) && fc_hub_age_ms(&hub, now) == 0);
}

static void bad_messages_are_counted(void **state) {
    (void)state;
    static const char *const bad[] = {"", "\xc0", "\x80", "\x81\xa5topic\xa1x", "\x83\xa5topic\xa1y\xa3ver\x01\xa5" "at_us\x01",
                                      "\x83\xa5topic\xa1x\xa3ver\x01\xa5" "at_us\x01\x01", "\x83\xa5topic\xa1x\xa3ver\xff\xa5" "at_us\x01"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(fc_hub_message(&hub, 0, fc_str("x"), bad[i], strlen(bad[i]), now), FC_HUB_GO_ON);
    assert_int_equal(hub.counters.feed_bad_total, sizeof bad / sizeof *bad);
    assert_int_equal(hub.cache.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_feeds_are_left_alone, open_hub, close_hub),
        cmocka_unit_test_setup_teardown(a_hole_is_seen_once, open_hub, close_hub),
        cmocka_unit_test_setup_teardown(old_topics_stay_until_the_new_are_in, open_hub, close_hub),
        cmocka_unit_test_setup_teardown(of_two_cells_the_newer_wins, open_hub, close_hub),
        cmocka_unit_test_setup_teardown(what_is_said_to_be_gone_is_gone, open_hub, close_hub),
        cmocka_unit_test_setup_teardown(silence_is_down, open_hub, close_hub),
        cmocka_unit_test_setup_teardown(beating_is_not_living, open_hub, close_hub),
        cmocka_unit_test_setup_teardown(a_clock_that_is_waited_for_is_told_with_how_long, open_hub, close_hub),
        cmocka_unit_test_setup_teardown(bad_messages_are_counted, open_hub, close_hub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
