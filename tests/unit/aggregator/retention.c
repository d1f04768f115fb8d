/* Retention on a real store: what is old goes, what is young stays, and keys lie in the order that both need. */
#include "retention.h"
#include "intervals.h"

#define DAY_US (1440 * FC_MINUTE_US)
#define NOW (20454 * DAY_US + 13 * 60 * FC_MINUTE_US)

static uint64_t seed;
static struct fc_counter now_us;
static struct fc_rules *rules;
static struct fc_writer *writer;
static struct fc_retention *retention;
static struct fc_mono clock;

static int begin(void **state) {
    struct fc_error err = {""};
    (void)open_intervals(state);
    rules = fc_rules_default();
    fc_count_set(&now_us, NOW);
    clock.ns = 1;
    if (fc_writer_create(store, &(struct fc_writer_options){.no_linger = true}, &writer, &err) != FC_OK)
        fail_msg("%s", err.text);
    if (fc_retention_create(store, rules, &now_us, &retention, &err) != FC_OK) fail_msg("%s", err.text);
    fc_writer_set_retention(writer, fc_retention_due, retention);
    return 0;
}

static int end(void **state) {
    fc_writer_destroy(writer);
    fc_retention_destroy(retention);
    fc_rules_free(rules);
    return close_intervals(state);
}

/* A minute of the writer's. */
static void pass_a_round(void) {
    clock.ns += 61 * INT64_C(1000000000);
    while (fc_writer_do_work(writer, clock) == 0) continue;
}

static enum fc_status count_key(void *ctx, struct fc_str key, struct fc_str value) {
    uint64_t *n = ctx;
    struct fc_interval i;
    (void)value;
    assert_true(fc_interval_parse(key, &i));
    n[0]++;
    n[1] += i.start_us < fc_retention_cutoff_us(rules, (int64_t)fc_count_get(&now_us), i.minutes);
    return FC_OK;
}

/* All keys, and those too old of them. */
static void count(uint64_t n[2]) {
    n[0] = n[1] = 0;
    assert_int_equal(fc_store_each_interval(store, fc_str(""), fc_str(""), fc_str(""), count_key, n, NULL), FC_OK);
}

static bool is_there(enum fc_scope scope, int minutes, uint8_t channel, const char *name, int64_t start_us) {
    char key[FC_INTERVAL_KEY_MAX];
    struct fc_store_reader reader;
    struct fc_str found, value;
    size_t n = fc_interval_key(key, scope, minutes, channel, fc_str(name), start_us);
    assert_int_equal(fc_store_reader_open(store, &reader, NULL), FC_OK);
    enum fc_status st = fc_store_reader_seek(&reader, fc_str_n(key, n), &found, &value, NULL);
    bool there = st == FC_OK && fc_str_eq(found, fc_str_n(key, n));
    fc_store_reader_close(&reader);
    return there;
}

static const struct fc_tally one = {.v[FC_TALLY_offered] = 1};

/* Every edge of every resolution, under names that are beginnings of each other. */
static void the_old_go_and_the_young_stay(void **state) {
    (void)state;
    static const char *const names[] = {"", "a", "a\x01", "aa", "b"};
    static const enum fc_scope scopes[] = {FC_SCOPE_QUEUE, FC_SCOPE_GROUP, FC_SCOPE_AGENT};
    static const uint8_t channels[] = {FC_CHANNEL_VOICE, FC_CHANNEL_INTERNAL, FC_INTERVAL_PLAIN};
    uint64_t n[2], wanted = 0, old = 0;
    for (int s = 0; s < 3; s++)
        for (int r = 0; r < FC_INTERVAL_RESOLUTIONS; r++)
            for (int c = 0; c < 3; c++)
                for (int i = 0; i < 5; i++) {
                    int minutes = fc_interval_resolutions[r];
                    int64_t cutoff_us = fc_retention_cutoff_us(rules, NOW, minutes), width_us = minutes * FC_MINUTE_US;
                    for (int k = -3; k < 3; k++)
                        put_one(scopes[s], minutes, channels[c], fc_str(names[i]), cutoff_us + k * width_us, &one);
                    wanted += 3;
                    old += 3;
                }
    commit_block();
    count(n);
    assert_int_equal(n[0], wanted + old);
    assert_int_equal(n[1], old);
    pass_a_round();
    count(n);
    assert_int_equal(n[0], wanted);
    assert_int_equal(n[1], 0);
    assert_int_equal(fc_count_get(&fc_writer_counts(writer)->expired), old);
    int64_t cutoff_us = fc_retention_cutoff_us(rules, NOW, 1);
    assert_int_equal(cutoff_us, (NOW - 7 * DAY_US) / DAY_US * DAY_US);
    assert_true(is_there(FC_SCOPE_QUEUE, 1, FC_CHANNEL_VOICE, "a", cutoff_us));
    assert_false(is_there(FC_SCOPE_QUEUE, 1, FC_CHANNEL_VOICE, "a", cutoff_us - FC_MINUTE_US));
    assert_int_equal(fc_retention_cutoff_us(rules, NOW, 1440), (NOW - 400 * DAY_US) / DAY_US * DAY_US);
}

static void more_than_a_round_can_take(void **state) {
    (void)state;
    uint64_t n[2];
    char name[20];
    for (int i = 0; i < 3000; i++) {
        (void)snprintf(name, sizeof name, "q%d", i);
        put_one(FC_SCOPE_QUEUE, 1, FC_CHANNEL_VOICE, fc_str(name), i % 9 == 0 ? NOW - 30 * DAY_US : NOW, &one);
    }
    for (int i = 0; i < 1200; i++)
        put_one(FC_SCOPE_QUEUE, 1, FC_CHANNEL_VOICE, FC_STR_LIT("busy"), NOW - 20 * DAY_US + i * FC_MINUTE_US, &one);
    commit_block();
    pass_a_round();
    count(n);
    assert_true(n[1] > 0); /* a round is bounded */
    for (int i = 0; i < 3 && n[1] > 0; i++) {
        pass_a_round();
        count(n);
    }
    assert_int_equal(n[1], 0);
    assert_int_equal(n[0], 3000 - 334);
}

static void new_rules_and_the_clock_decide(void **state) {
    (void)state;
    struct fc_rules *shorter = fc_rules_default();
    uint64_t n[2];
    shorter->minutes_days = 1;
    for (int d = 0; d < 6; d++)
        put_one(FC_SCOPE_GROUP, 1, FC_INTERVAL_PLAIN, FC_STR_LIT("all"), NOW - d * DAY_US, &one);
    put_one(FC_SCOPE_GROUP, 1, FC_INTERVAL_PLAIN, FC_STR_LIT("all"), NOW - 1000 * DAY_US, &one);
    commit_block();
    fc_count_set(&now_us, 0); /* the engine has not begun: nothing is known to be old */
    pass_a_round();
    count(n);
    assert_int_equal(n[0], 7);
    fc_count_set(&now_us, NOW - 995 * DAY_US); /* a replay of another year */
    pass_a_round();
    count(n);
    assert_int_equal(n[0], 7);
    fc_count_set(&now_us, NOW);
    pass_a_round();
    count(n);
    assert_int_equal(n[0], 6);
    assert_true(fc_retention_configure(retention, shorter));
    pass_a_round();
    count(n);
    assert_int_equal(n[0], 2);
    fc_rules_free(shorter);
}

/* Sorted by bytes, keys are sorted by scope, resolution, channel, name, time; and behind all of a name is the place
 * that fc_interval_after says. */
static void keys_lie_in_order(void **state) {
    (void)state;
    uint64_t rng = seed;
    char a[FC_INTERVAL_KEY_MAX], b[FC_INTERVAL_KEY_MAX], after[FC_INTERVAL_KEY_MAX];
    for (int round = 0; round < 200000; round++) {
        char x[4] = {0}, y[4] = {0};
        for (uint64_t i = scratch_rng(&rng) % 4; i > 0; i--) x[i - 1] = (char)(1 + scratch_rng(&rng) % 3);
        for (uint64_t i = scratch_rng(&rng) % 4; i > 0; i--) y[i - 1] = (char)(1 + scratch_rng(&rng) % 3);
        int64_t t = (int64_t)(scratch_rng(&rng) >> (1 + scratch_rng(&rng) % 62)),
                u = (int64_t)(scratch_rng(&rng) >> (1 + scratch_rng(&rng) % 62));
        size_t an = fc_interval_key(a, FC_SCOPE_QUEUE, 15, 3, fc_str(x), t),
               bn = fc_interval_key(b, FC_SCOPE_QUEUE, 15, 3, fc_str(y), u);
        int c = memcmp(a, b, an < bn ? an : bn), want = strcmp(x, y);
        if (want == 0) want = (t > u) - (t < u);
        assert_int_equal((c > 0) - (c < 0), (want > 0) - (want < 0));
        struct fc_interval back;
        assert_true(fc_interval_parse(fc_str_n(a, an), &back));
        assert_true(back.scope == FC_SCOPE_QUEUE && back.minutes == 15 && back.channel == 3 && back.start_us == t &&
                    fc_str_is(back.name, x));
        memcpy(after, a, an);
        size_t n = fc_interval_after(after, an);
        int leapt = memcmp(after, b, n < bn ? n : bn);
        if (strcmp(x, y) >= 0)
            assert_true(leapt > 0);
        else
            assert_true(leapt < 0 || (leapt == 0 && n <= bn));
    }
}

int main(void) {
    seed = scratch_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_old_go_and_the_young_stay, begin, end),
        cmocka_unit_test_setup_teardown(more_than_a_round_can_take, begin, end),
        cmocka_unit_test_setup_teardown(new_rules_and_the_clock_decide, begin, end),
        cmocka_unit_test(keys_lie_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
