/* One item from several cells': what an aggregator that had counted everything would have said, of groups, lists and
 * stored intervals. */
#include "answers.h"
#include "item.h"
#include "json.h"
#include "merge_list.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define CELLS 3
#define BYTES 20000

static uint64_t state_of_random;

static int64_t random_below(int64_t n) {
    state_of_random = state_of_random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((state_of_random >> 33) % (uint64_t)n);
}

static int seed(void **state) {
    (void)state;
    const char *given = getenv("FC_SEED");
    state_of_random = given != NULL ? strtoull(given, NULL, 10) : 20260411;
    printf("seed: FC_SEED=%llu\n", (unsigned long long)state_of_random);
    return 0;
}

/* What one aggregator has counted of a group. */
struct counted {
    struct fc_tally tally;
    struct fc_kpi_now now;
    int64_t handled[4], open, from_us;
    uint32_t channels;
    const char *window, *lost; /* lost: a source, or NULL */
};

static void count_at_random(struct counted *c) {
    *c = (struct counted){.from_us = 1000 + random_below(1000), .window = "day", .open = random_below(9)};
    for (int64_t n = 20 + random_below(200); n > 0; n--) {
        int64_t wait_us = random_below(90) * 1000000;
        const struct fc_fact facts[] = {
            {.sign = 1, .count = FC_TALLY_offered, .sum = FC_TALLY_NONE},
            {.sign = 1, .count = FC_TALLY_answered, .sum = FC_TALLY_wait_us, .value = wait_us},
            {.sign = 1, .count = FC_TALLY_sl_met, .sum = FC_TALLY_NONE},
            {.sign = 1, .count = FC_TALLY_journey_n, .sum = FC_TALLY_journey_us, .value = 3 * wait_us}};
        for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
            if (i < 2 || random_below(2) == 0) fc_tally_apply(&c->tally, &facts[i], 1);
    }
    for (int i = FC_TALLY_talk_n; i < FC_TALLY_COUNT_ALL; i++)
        if (i < FC_TALLY_journey_n || i > FC_TALLY_journey_us) c->tally.v[i] = random_below(1000);
    for (int i = 0; i < FC_AGENT_STATE_COUNT; i++) c->tally.v[FC_TALLY_TIME + i] = random_below(INT64_C(90000000000));
    for (int i = 0; i < FC_AGENT_STATE_COUNT; i++) c->now.agents[i] = random_below(5);
    for (int i = 0; i < 4; i++) c->handled[i] = 1 + random_below(1000000);
    c->now.waiting = random_below(5);
    c->now.longest_wait_since_us = c->now.waiting > 0 ? 1 + random_below(100000) : 0;
    c->channels = 1u << random_below(FC_CHANNEL_COUNT);
}

/* The slow way: each number of its own. */
static void add_up(struct counted *sum, const struct counted *c) {
    fc_tally_merge(&sum->tally, &c->tally);
    for (int i = 0; i < FC_AGENT_STATE_COUNT; i++) sum->now.agents[i] += c->now.agents[i];
    for (int i = 0; i < 4; i++) sum->handled[i] += c->handled[i];
    sum->now.waiting += c->now.waiting;
    bool waits = c->now.longest_wait_since_us > 0, waited = sum->now.longest_wait_since_us > 0;
    if (waits && (!waited || c->now.longest_wait_since_us < sum->now.longest_wait_since_us))
        sum->now.longest_wait_since_us = c->now.longest_wait_since_us;
    sum->open += c->open;
    sum->channels |= c->channels;
    if (c->from_us > sum->from_us) sum->from_us = c->from_us;
    sum->window = c->window;
}

static int64_t ewt_of(const struct counted *c) {
    struct fc_tally h1 = {0}, day = {0};
    const int64_t *n = c->now.agents;
    int64_t staffed =
        n[FC_AGENT_AVAILABLE] + n[FC_AGENT_ALERTING] + n[FC_AGENT_BUSY] + n[FC_AGENT_HOLD] + n[FC_AGENT_WRAP];
    h1.v[FC_TALLY_handle_n] = c->handled[0];
    h1.v[FC_TALLY_handle_us] = c->handled[1];
    day.v[FC_TALLY_handle_n] = c->handled[2];
    day.v[FC_TALLY_handle_us] = c->handled[3];
    return fc_kpi_ewt_ms(c->now.waiting, n[FC_AGENT_AVAILABLE], staffed, &h1, &day);
}

/* An item as the aggregator writes it; mergeable: as with --cell. */
static size_t write_item(uint8_t *to, struct counted *c, bool mergeable) {
    bool now = strcmp(c->window, "now") == 0, live = strcmp(c->window, "range") != 0;
    struct fc_mpw w;
    fc_mpw_init(&w, to, BYTES);
    size_t more = mergeable ? 1 : 0;
    fc_mpw_map(&w, 4u + (c->lost != NULL) + (live ? FC_KPI_NOW_PAIRS + more : 0u) + (now ? 0u : 1u + FC_KPI_PAIRS + more));
    fc_mpw_key(&w, "name");
    fc_mpw_key(&w, "front");
    fc_mpw_key(&w, "window");
    fc_mpw_key(&w, c->window);
    fc_mpw_key(&w, "goal");
    fc_mpw_f64(&w, 0.8);
    fc_mpw_key(&w, "channels");
    fc_mpw_array(&w, (size_t)__builtin_popcount(c->channels));
    for (unsigned i = 0; i < FC_CHANNEL_COUNT; i++)
        if ((c->channels >> i & 1) != 0) fc_mpw_key(&w, fc_word(FC_VOCAB_CHANNEL, i));
    if (c->lost != NULL) {
        fc_mpw_key(&w, "sources_lost");
        fc_mpw_array(&w, 1);
        fc_mpw_map(&w, 1);
        fc_mpw_key(&w, "src");
        fc_mpw_key(&w, c->lost);
    }
    c->now.ewt_ms = ewt_of(c);
    if (live) fc_kpi_write_now(&w, &c->now);
    if (live && mergeable) {
        fc_mpw_key(&w, "handled");
        fc_mpw_array(&w, 4);
        for (int i = 0; i < 4; i++) fc_mpw_int(&w, c->handled[i]);
    }
    if (!now) {
        fc_mpw_key(&w, "from_us");
        fc_mpw_int(&w, c->from_us);
        fc_kpi_write(
            &w, &(struct fc_kpi_view){.tally = &c->tally,
                                      .wait_us_max = c->tally.wait_us_max,
                                      .variants = {.service_level = FC_SERVICE_LEVEL_POSITIVE, .fcr = FC_FCR_SURVEY},
                                      .complaints_open = c->open});
    }
    if (!now && mergeable) {
        fc_mpw_key(&w, "tally");
        fc_tally_encode(&w, &c->tally);
    }
    assert_false(w.overflow);
    return w.len;
}

static json_t *json_of(const void *p, size_t n) {
    struct fc_mp mp = fc_mp_open(p, n);
    struct fc_bytes text = {0};
    assert_true(fc_json_value(&text, &mp));
    assert_int_equal(fc_mp_left(&mp), 0);
    json_t *root = json_loadb((const char *)text.p, text.n, 0, NULL);
    assert_non_null(root);
    fc_bytes_free(&text);
    return root;
}

/* The items of all cells merged in an order, as JSON. */
static json_t *merged(struct counted *of, const uint32_t *order, uint32_t n, const struct fc_merged *about) {
    static uint8_t bytes[BYTES];
    struct fc_share shares[CELLS] = {0};
    const struct fc_share *all[CELLS];
    struct fc_bytes out = {0};
    for (uint32_t i = 0; i < n; i++) {
        assert_true(fc_share_read(&shares[i], bytes, write_item(bytes, &of[order[i]], true)));
        all[i] = &shares[i];
    }
    fc_merge_write(&out, all, n, about);
    json_t *root = json_of(out.p, out.n);
    for (uint32_t i = 0; i < n; i++) fc_share_fini(&shares[i]);
    fc_bytes_free(&out);
    return root;
}

static void expect_sum(struct counted *of, uint32_t n) {
    static const uint32_t orders[][CELLS] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}};
    static uint8_t bytes[BYTES];
    struct counted sum = {0};
    for (uint32_t i = 0; i < n; i++) add_up(&sum, &of[i]);
    json_t *want = json_of(bytes, write_item(bytes, &sum, false));
    for (size_t i = 0; i < (n == CELLS ? 3 : 1); i++) {
        json_t *got = merged(of, orders[i], n, &(struct fc_merged){0});
        if (!json_equal(want, got))
            fail_msg("%s\nexpected\n%s", json_dumps(got, JSON_SORT_KEYS), json_dumps(want, JSON_SORT_KEYS));
        json_decref(got);
    }
    json_decref(want);
    fc_tally_fini(&sum.tally);
}

static void cells_add_up_to_the_whole(void **state) {
    (void)state;
    static const char *const windows[] = {"now", "m15", "day", "range"};
    for (int i = 0; i < 40; i++) {
        struct counted of[CELLS];
        for (int c = 0; c < CELLS; c++) {
            count_at_random(&of[c]);
            of[c].window = windows[i % 4];
            if (i % 4 == 3) of[c].open = -1;
        }
        if (i % 4 != 3) expect_sum(of, CELLS);
        expect_sum(of, 1);
        for (int c = 0; c < CELLS; c++) fc_tally_fini(&of[c].tally);
    }
}

static void what_nobody_knows_stays_unknown(void **state) {
    (void)state;
    static const uint32_t order[] = {0, 1};
    struct counted of[2];
    for (int c = 0; c < 2; c++) count_at_random(&of[c]);
    of[0].open = -1;
    of[1].open = 4;
    of[0].now.longest_wait_since_us = of[1].now.longest_wait_since_us = 0;
    json_t *got = merged(of, order, 2, &(struct fc_merged){.ver = 7, .at_us = 9, .up = 1, .of = 2});
    assert_int_equal(json_integer_value(json_object_get(json_object_get(got, "complaints"), "open")), 4);
    assert_true(json_is_null(json_object_get(got, "longest_wait_since_us")));
    assert_int_equal(json_integer_value(json_object_get(got, "ver")), 7);
    assert_int_equal(json_integer_value(json_object_get(got, "at_us")), 9);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(got, "cells"), "up")), 1);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(got, "cells"), "of")), 2);
    json_decref(got);
    of[1].open = -1;
    got = merged(of, order, 2, &(struct fc_merged){0});
    assert_true(json_is_null(json_object_get(json_object_get(got, "complaints"), "open")));
    json_decref(got);
    for (int c = 0; c < 2; c++) fc_tally_fini(&of[c].tally);
}

static void sources_that_cells_have_lost_stand_side_by_side(void **state) {
    (void)state;
    static const uint32_t order[] = {0, 1, 2};
    struct counted of[CELLS];
    for (int c = 0; c < CELLS; c++) count_at_random(&of[c]);
    json_t *got = merged(of, order, CELLS, &(struct fc_merged){0});
    assert_null(json_object_get(got, "sources_lost"));
    json_decref(got);
    of[0].lost = "pbx";
    of[2].lost = "crm";
    got = merged(of, order, CELLS, &(struct fc_merged){0});
    const json_t *lost = json_object_get(got, "sources_lost");
    assert_int_equal(json_array_size(lost), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(lost, 0), "src")), "pbx");
    assert_string_equal(json_string_value(json_object_get(json_array_get(lost, 1), "src")), "crm");
    json_decref(got);
    for (int c = 0; c < CELLS; c++) fc_tally_fini(&of[c].tally);
}

static void bad_items_are_no_shares(void **state) {
    (void)state;
    static uint8_t bytes[BYTES], less[BYTES];
    struct counted c;
    struct fc_share share = {0};
    count_at_random(&c);
    size_t plain = write_item(bytes, &c, false);
    assert_false(fc_share_read(&share, bytes, plain)); /* without --cell */
    size_t n = write_item(bytes, &c, true);
    for (size_t cut = 0; cut < n; cut++) assert_false(fc_share_read(&share, bytes, cut));
    for (int i = 0; i < 3000; i++) { /* whatever it reads, it can be written again */
        memcpy(less, bytes, n);
        less[random_below((int64_t)n)] = (uint8_t)random_below(256);
        if (!fc_share_read(&share, less, n)) continue;
        struct fc_bytes out = {0};
        const struct fc_share *all[] = {&share};
        fc_merge_write(&out, all, 1, &(struct fc_merged){.ver = 1, .of = 2});
        struct fc_mp mp = fc_mp_open(out.p, out.n);
        assert_true(fc_mp_skip(&mp) && fc_mp_left(&mp) == 0);
        fc_bytes_free(&out);
    }
    assert_true(fc_share_read(&share, bytes, n));
    fc_share_fini(&share);
    fc_tally_fini(&c.tally);
}

/* --- lists --- */

/* {key: [..]} of maps with `by`, or of texts when by is NULL. */
static struct fc_str list_item(uint8_t *to, const char *key, const char *by, const char *const *texts, size_t n) {
    struct fc_mpw w;
    fc_mpw_init(&w, to, 500);
    fc_mpw_map(&w, 1);
    fc_mpw_key(&w, key);
    fc_mpw_array(&w, n);
    for (size_t i = 0; i < n; i++) {
        if (by != NULL) fc_mpw_map(&w, 1);
        if (by != NULL) fc_mpw_key(&w, by);
        fc_mpw_key(&w, texts[i]);
    }
    assert_false(w.overflow);
    return fc_str_n((const char *)to, w.len);
}

static char *list_of(const char *topic, const struct fc_str *items, uint32_t n) {
    struct fc_bytes out = {0};
    fc_merge_list(&out, fc_list_kind(fc_str(topic)), items, n,
                  &(struct fc_merged){.ver = 3, .at_us = 4, .up = 2, .of = 2});
    json_t *root = json_of(out.p, out.n);
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    fc_bytes_free(&out);
    return text;
}

static void lists_are_joined(void **state) {
    (void)state;
    uint8_t a[500], b[500];
    const char *const left[] = {"a", "c", "e"}, *const right[] = {"b", "c"};
    struct fc_str items[] = {list_item(a, "agents", "label", left, 3), list_item(b, "agents", "label", right, 2)};
    char *text = list_of("agents/all", items, 2);
    assert_string_equal(text,
                        "{\"topic\":\"agents/all\",\"ver\":3,\"at_us\":4,\"cells\":{\"up\":2,\"of\":2},\"agents\":"
                        "[{\"label\":\"a\"},{\"label\":\"b\"},{\"label\":\"c\"},{\"label\":\"c\"},{\"label\":\"e\"}]}");
    free(text);
    items[0] = list_item(a, "queues", NULL, left, 3);
    items[1] = list_item(b, "queues", NULL, right, 2);
    text = list_of("queues", items, 2);
    assert_non_null(strstr(text, "\"queues\":[\"a\",\"b\",\"c\",\"e\"]"));
    free(text);
    items[1] = fc_str_n("\xc1", 1); /* not of the agreed form */
    text = list_of("queues", items, 2);
    assert_non_null(strstr(text, "\"queues\":[\"a\",\"c\",\"e\"]"));
    free(text);
    assert_null(fc_list_kind(FC_STR_LIT("agents/sales")));
}

/* --- answers --- */

static void add_answer(struct fc_answers *a, uint32_t cell, struct counted *c, int64_t from_us, bool mergeable) {
    static uint8_t bytes[BYTES];
    c->from_us = from_us;
    c->window = "range";
    fc_answers_add(a, cell, bytes, write_item(bytes, c, mergeable));
}

static void answers_are_merged_by_step(void **state) {
    (void)state;
    struct fc_answers a = {.heard = 2};
    struct fc_bytes out = {0};
    struct counted of[2];
    for (int c = 0; c < 2; c++) count_at_random(&of[c]);
    add_answer(&a, 1, &of[1], 60, true); /* the second cell was faster */
    add_answer(&a, 1, &of[1], 120, true);
    add_answer(&a, 0, &of[0], 60, true);
    add_answer(&a, 0, &of[0], 180, true);
    assert_int_equal(fc_answers_merge(&a, 2, &out), 3);
    int64_t one = of[0].tally.v[FC_TALLY_offered], two = of[1].tally.v[FC_TALLY_offered];
    const int64_t want[][2] = {{60, one + two}, {120, two}, {180, one}};
    struct fc_mp mp = fc_mp_open(out.p, out.n);
    for (int i = 0; i < 3; i++) {
        const uint8_t *start = mp.p;
        assert_true(fc_mp_skip(&mp));
        json_t *item = json_of(start, (size_t)(mp.p - start));
        assert_int_equal(json_integer_value(json_object_get(item, "from_us")), want[i][0]);
        assert_int_equal(json_integer_value(json_object_get(item, "offered")), want[i][1]);
        assert_int_equal(json_integer_value(json_object_get(json_object_get(item, "cells"), "up")), 2);
        assert_null(json_object_get(item, "tally"));
        json_decref(item);
    }
    assert_int_equal(fc_mp_left(&mp), 0);
    fc_bytes_free(&out);
    fc_answers_free(&a);
    for (int c = 0; c < 2; c++) fc_tally_fini(&of[c].tally);
}

static void answers_without_tallies_stay_as_they_are(void **state) {
    (void)state;
    struct fc_answers a = {.heard = 2};
    struct fc_bytes out = {0};
    struct counted c;
    count_at_random(&c);
    add_answer(&a, 0, &c, 60, false);
    assert_int_equal(fc_answers_merge(&a, 1, &out), 1);
    assert_int_equal(out.n, a.bytes.n);
    assert_memory_equal(out.p, a.bytes.p, out.n);
    fc_bytes_clear(&out);
    add_answer(&a, 1, &c, 60, true); /* of the two, one cannot be merged */
    assert_int_equal(fc_answers_merge(&a, 2, &out), 2);
    assert_int_equal(out.n, a.bytes.n);
    fc_bytes_clear(&out);
    fc_answers_free(&a);
    assert_int_equal(fc_answers_merge(&a, 2, &out), 0);
    fc_tally_fini(&c.tally);
    fc_bytes_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_add_up_to_the_whole),  cmocka_unit_test(what_nobody_knows_stays_unknown),
        cmocka_unit_test(sources_that_cells_have_lost_stand_side_by_side),
        cmocka_unit_test(bad_items_are_no_shares),    cmocka_unit_test(lists_are_joined),
        cmocka_unit_test(answers_are_merged_by_step), cmocka_unit_test(answers_without_tallies_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, seed, NULL);
}
