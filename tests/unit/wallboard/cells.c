/* Topics that several cells share, from message to cache: whose parts are in, how old it all is, what a new life
 * brings. */
#include "fake.h"
#include "hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define T INT64_C(1760000000000000)

static struct fc_hub hub;
static struct fc_mono now;
static uint64_t sent[2];

static void wake(struct fc_seat *seat) {
    (void)seat;
}

static void open_cells(uint32_t n) {
    now.ns = 1;
    sent[0] = sent[1] = 0;
    fc_hub_init(&hub, n, wake);
}

static int open_two(void **state) {
    (void)state;
    open_cells(2);
    return 0;
}

static int open_one(void **state) {
    (void)state;
    open_cells(1);
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

static void beat_both(const char *one, const char *two) {
    (void)beat(0, one);
    (void)beat(1, two);
    fc_hub_settle(&hub, now);
}

/* A group's item of window now, as an aggregator with --cell sends it. */
static void group(uint32_t cell, const char *topic, int64_t at_us, int64_t waiting) {
    uint8_t bytes[512];
    struct fc_mpw w;
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_mpw_map(&w, 5);
    fc_mpw_key(&w, "topic");
    fc_mpw_key(&w, topic);
    fc_mpw_key(&w, "ver");
    fc_mpw_int(&w, (int64_t)++sent[cell]);
    fc_mpw_key(&w, "at_us");
    fc_mpw_int(&w, at_us);
    fc_mpw_key(&w, "waiting");
    fc_mpw_int(&w, waiting);
    fc_mpw_key(&w, "handled");
    fc_mpw_array(&w, 4);
    for (int i = 0; i < 4; i++) fc_mpw_int(&w, 0);
    assert_int_equal(fc_hub_message(&hub, cell, fc_str(topic), bytes, w.len, now), FC_HUB_GO_ON);
}

/* A group's item of an aggregator without it. */
static void plain(uint32_t cell, const char *topic, uint64_t ver, int64_t waiting) {
    uint8_t bytes[512];
    size_t n = fake_item(bytes, sizeof bytes, topic, "x", "now", ver, waiting);
    sent[cell]++;
    assert_int_equal(fc_hub_message(&hub, cell, fc_str(topic), bytes, n, now), FC_HUB_GO_ON);
}

static void queues(uint32_t cell, const char *words) {
    uint8_t bytes[512];
    struct fc_mpw w;
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_mpw_map(&w, 4);
    fc_mpw_key(&w, "topic");
    fc_mpw_key(&w, "queues");
    fc_mpw_key(&w, "ver");
    fc_mpw_int(&w, (int64_t)++sent[cell]);
    fc_mpw_key(&w, "at_us");
    fc_mpw_int(&w, T);
    fc_mpw_key(&w, "queues");
    fake_words(&w, words);
    assert_int_equal(fc_hub_message(&hub, cell, FC_STR_LIT("queues"), bytes, w.len, now), FC_HUB_GO_ON);
}

static struct fc_topic *topic(const char *name) {
    return fc_cache_find(&hub.cache, fc_str(name));
}

/* A number of the shown item, "cells.up" and the like too; -1: it has none. */
static int64_t number(const char *name, const char *key) {
    struct fc_topic *t = topic(name);
    struct fc_mp at;
    int64_t value = -1;
    if (t == NULL || !fc_topic_live(t)) return -1;
    bool inner = strncmp(key, "cells.", 6) == 0;
    if (!fc_item_find(t->item.p, t->item.n, inner ? "cells" : key, &at)) return -1;
    struct fc_mp map = at;
    if (inner && !fc_item_find(map.p, fc_mp_left(&map), key + 6, &at)) return -1;
    return fc_mp_i64(&at, &value) ? value : -1;
}

static void expect(const char *name, int64_t waiting, int64_t up, int64_t of) {
    assert_int_equal(number(name, "waiting"), waiting);
    assert_int_equal(number(name, "cells.up"), up);
    assert_int_equal(number(name, "cells.of"), of);
}

static void groups_are_added_up(void **state) {
    (void)state;
    beat_both("i1", "j1");
    group(0, "group/all/now", T, 2);
    fc_hub_settle(&hub, now);
    expect("group/all/now", 2, 2, 2);
    group(1, "group/all/now", T - 5, 3);
    group(1, "group/back/now", T, 1);
    assert_int_equal(number("group/all/now", "waiting"), 2); /* not before all that came is in */
    fc_hub_settle(&hub, now);
    expect("group/all/now", 5, 2, 2);
    expect("group/back/now", 1, 2, 2);
    group(0, "group/all/now", T + 1, 0);
    int64_t ver = number("group/all/now", "ver");
    fc_hub_settle(&hub, now);
    expect("group/all/now", 3, 2, 2);
    assert_true(number("group/all/now", "ver") > ver);
    assert_int_equal(hub.counters.topics, 2);
}

static void a_cell_that_is_down_is_said(void **state) {
    (void)state;
    group(0, "group/all/now", T + 9, 2);
    fc_hub_settle(&hub, now);
    expect("group/all/now", 2, 0, 2); /* nobody was heard yet */
    group(1, "group/all/now", T, 3);
    beat_both("i1", "j1");
    expect("group/all/now", 5, 2, 2);
    assert_int_equal(number("group/all/now", "at_us"), T + 9);
    now.ns += INT64_C(2100) * 1000000;
    (void)beat(0, "i1");
    fc_hub_settle(&hub, now);
    expect("group/all/now", 5, 1, 2); /* what it said last stays in */
    assert_int_equal(number("group/all/now", "at_us"), T);
    group(0, "group/all/now", T + 20, 4);
    fc_hub_settle(&hub, now);
    assert_int_equal(number("group/all/now", "at_us"), T); /* the sum is as old as its oldest part */
    beat_both("i1", "j1");
    expect("group/all/now", 7, 2, 2);
    assert_int_equal(number("group/all/now", "at_us"), T + 20);
}

static void a_new_instance_brings_its_parts_back_or_not(void **state) {
    (void)state;
    for (uint32_t cell = 0; cell < 2; cell++) group(cell, "group/all/now", T, 2);
    group(1, "group/back/now", T, 2);
    queues(0, "a");
    queues(1, "b");
    beat_both("i1", "j1");
    sent[1] = 0;
    assert_int_equal(beat(1, "j2"), FC_HUB_SUBSCRIBE_ANEW);
    queues(1, "b c");
    fc_hub_settle(&hub, now);
    expect("group/all/now", 4, 2, 2); /* until the rest is in */
    for (int i = 0; i < 4; i++) beat_both("i1", "j2");
    expect("group/all/now", 2, 2, 2);
    assert_null(topic("group/back/now")); /* nobody showed it */
    assert_non_null(topic("queues"));
    assert_int_equal(hub.counters.topics_gone_total, 1);
    assert_int_equal(hub.counters.feed_lost_total, 0);
    group(1, "group/back/now", T, 6);
    fc_hub_settle(&hub, now);
    expect("group/back/now", 6, 2, 2);
}

static void a_hole_is_seen_in_shared_topics_too(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) beat_both("i1", "j1");
    group(1, "group/all/now", T, 1);
    assert_int_equal(beat(1, "j1"), FC_HUB_GO_ON);
    group(1, "group/all/now", T, 2);
    sent[1] += 3;
    assert_int_equal(beat(1, "j1"), FC_HUB_SUBSCRIBE_ANEW);
    assert_int_equal(hub.counters.feed_lost_total, 3);
}

static void without_tallies_the_newest_is_shown(void **state) {
    (void)state;
    beat_both("i1", "j1");
    plain(0, "group/all/now", 5, 7);
    plain(1, "group/all/now", 4, 8);
    fc_hub_settle(&hub, now);
    expect("group/all/now", 7, -1, -1);
    group(1, "group/all/now", T + 6, 9);
    fc_hub_settle(&hub, now);
    expect("group/all/now", 9, 2, 2);
    plain(0, "group/all/now", 7, 1);
    fc_hub_settle(&hub, now);
    expect("group/all/now", 1, -1, -1);
    assert_true(hub.cells[0].told && hub.cells[1].told);
}

static void what_one_cell_owns_is_passed_on(void **state) {
    (void)state;
    beat_both("i1", "j1");
    plain(0, "queue/sales/now", 1, 4);
    assert_int_equal(number("queue/sales/now", "waiting"), 4); /* at once, as it came */
    assert_int_equal(number("queue/sales/now", "cells.of"), -1);
}

static void lists_hold_what_both_know(void **state) {
    (void)state;
    struct fc_mp at;
    uint32_t n = 0;
    beat_both("i1", "j1");
    queues(0, "b d");
    queues(1, "a d");
    fc_hub_settle(&hub, now);
    struct fc_topic *t = topic("queues");
    assert_true(fc_item_find(t->item.p, t->item.n, "queues", &at) && fc_mp_array(&at, &n));
    assert_int_equal(n, 3);
    assert_int_equal(number("queues", "cells.of"), 2);
}

static void one_cell_alone_says_nothing_of_cells(void **state) {
    (void)state;
    (void)beat(0, "i1");
    queues(0, "b a");
    assert_true(fc_topic_live(topic("queues"))); /* as it came */
    group(0, "group/all/now", T, 2);
    fc_hub_settle(&hub, now);
    expect("group/all/now", 2, -1, -1);
    assert_int_equal(number("group/all/now", "at_us"), T);
    struct fc_mp at;
    assert_false(fc_item_find(topic("group/all/now")->item.p, topic("group/all/now")->item.n, "handled", &at));
    plain(0, "group/front/now", 1, 3);
    expect("group/front/now", 3, -1, -1);
    assert_false(hub.cells[0].told);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(groups_are_added_up, open_two, close_hub),
        cmocka_unit_test_setup_teardown(a_cell_that_is_down_is_said, open_two, close_hub),
        cmocka_unit_test_setup_teardown(a_new_instance_brings_its_parts_back_or_not, open_two, close_hub),
        cmocka_unit_test_setup_teardown(a_hole_is_seen_in_shared_topics_too, open_two, close_hub),
        cmocka_unit_test_setup_teardown(without_tallies_the_newest_is_shown, open_two, close_hub),
        cmocka_unit_test_setup_teardown(what_one_cell_owns_is_passed_on, open_two, close_hub),
        cmocka_unit_test_setup_teardown(lists_hold_what_both_know, open_two, close_hub),
        cmocka_unit_test_setup_teardown(one_cell_alone_says_nothing_of_cells, open_one, close_hub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
