/* What holds of every floor, whatever happened on it. */
#include "oracle/floor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define FLOORS 60

static uint64_t seed, chance;
static struct fc_floor at;
static struct fc_oracle *known; /* everything that was told, at the last arrival */

static void forget(void) {
    fc_oracle_destroy(known);
    fc_floor_fini(&at);
    known = NULL;
}

static void next_floor(void) {
    struct fc_floor_spec spec = {.contacts = (int)fc_floor_between(&chance, 10, 40), .span_us = fc_floor_between(&chance, 30, 360) * MINUTE, .late_pct = 30,
                                 .late_us_max = 50 * MINUTE, .again_pct = 10, .odd_pct = 10};
    fc_floor_make(&at, fc_floor_draw(&chance), &spec);
    known = fc_oracle_create(&at.rules, at.events, at.n, at.end_us);
}

static struct fc_oracle_answer ask(const struct fc_oracle *o, enum fc_scope scope, const char *name, int64_t from_us, int64_t to_us) {
    struct fc_oracle_answer a = {0};
    fc_oracle_ask(o, &(struct fc_oracle_question){scope, fc_str(name), FC_ORACLE_ALL, from_us, to_us}, &a);
    return a;
}

static struct fc_oracle_answer ask_ever(const struct fc_oracle *o, enum fc_scope scope, const char *name) {
    return ask(o, scope, name, 0, INT64_MAX);
}

static void expect_same(const struct fc_oracle_answer *a, const struct fc_oracle_answer *b, const char *of) {
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++)
        if (a->v[i] != b->v[i]) fail_msg("floor %llu, %s, count %d: %lld and %lld", (unsigned long long)at.seed, of, i, (long long)a->v[i], (long long)b->v[i]);
    assert_int_equal(a->waits_us.n, b->waits_us.n);
    if (a->waits_us.n > 0) assert_memory_equal(a->waits_us.at, b->waits_us.at, a->waits_us.n * sizeof *a->waits_us.at);
    assert_int_equal(a->journeys_us.n, b->journeys_us.n);
    if (a->journeys_us.n > 0) assert_memory_equal(a->journeys_us.at, b->journeys_us.at, a->journeys_us.n * sizeof *a->journeys_us.at);
    assert_int_equal(a->waiting, b->waiting);
    assert_int_equal(a->longest_wait_since_us, b->longest_wait_since_us);
    assert_int_equal(a->complaints_open, b->complaints_open);
    assert_memory_equal(a->agents, b->agents, sizeof a->agents);
}

static void expect_conserved(enum fc_scope scope, const char *name) {
    struct fc_oracle_answer a = ask_ever(known, scope, name);
    int64_t left = 0;
    for (int i = 0; i < FC_LEFT_COUNT; i++) left += a.v[FC_TALLY_LEFT + i];
    assert_int_equal(a.v[FC_TALLY_offered], a.v[FC_TALLY_answered] + left + a.waiting);
    assert_true(a.v[FC_TALLY_chain_once] <= a.v[FC_TALLY_chain_n]);
    assert_true(a.v[FC_TALLY_chain_final_n] <= a.v[FC_TALLY_chain_n]);
    assert_true(a.v[FC_TALLY_journey_n] <= a.v[FC_TALLY_chain_n]);
    assert_true(a.v[FC_TALLY_disposed_n] <= a.v[FC_TALLY_chain_n] && a.v[FC_TALLY_told_n] <= a.v[FC_TALLY_chain_n]);
    assert_int_equal(a.v[FC_TALLY_handle_us], a.v[FC_TALLY_talk_us] + a.v[FC_TALLY_hold_us] + a.v[FC_TALLY_wrap_us]);
    int64_t judged = a.v[FC_TALLY_sl_met] + a.v[FC_TALLY_sl_missed] + a.v[FC_TALLY_short_abandoned], alive = left - a.v[FC_TALLY_LEFT + FC_LEFT_ABANDONED];
    assert_in_range(a.v[FC_TALLY_offered] - judged - alive, 0, a.waiting);
    assert_true(a.v[FC_TALLY_answered] == 0 || a.wait_us_max == a.waits_us.at[a.waits_us.n - 1]);
    fc_oracle_answer_fini(&a);
}

static void nobody_is_lost(void **state) {
    (void)state;
    for (int i = 0; i < FLOORS; i++) {
        next_floor();
        for (int q = 0; q < at.queues_n; q++) expect_conserved(FC_SCOPE_QUEUE, at.queues[q]);
        for (size_t g = 0; g < at.rules.groups_n; g++) expect_conserved(FC_SCOPE_GROUP, at.rules.groups[g].name);
        expect_conserved(FC_SCOPE_GROUP, "all");
        forget();
    }
}

static void add(struct fc_oracle_answer *sum, struct fc_oracle_answer part) {
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++) sum->v[i] += part.v[i];
    fc_oracle_answer_fini(&part);
}

static void expect_counts(const struct fc_oracle_answer *whole, const struct fc_oracle_answer *sum, const char *of) {
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++)
        if (whole->v[i] != sum->v[i]) fail_msg("floor %llu, %s, count %d: %lld, its parts %lld", (unsigned long long)at.seed, of, i, (long long)whole->v[i], (long long)sum->v[i]);
}

static void a_range_is_the_sum_of_its_parts(void **state) {
    (void)state;
    for (int i = 0; i < FLOORS; i++) {
        next_floor();
        int64_t from_us = at.start_us - 2 * MINUTE, to_us = at.end_us + MINUTE, now_us = from_us;
        const char *queue = at.queues[fc_floor_between(&chance, 0, at.queues_n - 1)], *agent = at.agents[fc_floor_between(&chance, 0, at.agents_n - 1)];
        struct fc_oracle_answer of_queue = {0}, of_agent = {0};
        while (now_us < to_us) {
            int64_t next_us = now_us + fc_floor_between(&chance, 1, (to_us - from_us) / 3);
            add(&of_queue, ask(known, FC_SCOPE_QUEUE, queue, now_us, next_us));
            add(&of_agent, ask(known, FC_SCOPE_AGENT, agent, now_us, next_us));
            now_us = next_us;
        }
        struct fc_oracle_answer whole = ask(known, FC_SCOPE_QUEUE, queue, from_us, to_us);
        expect_counts(&whole, &of_queue, queue);
        fc_oracle_answer_fini(&whole);
        whole = ask(known, FC_SCOPE_AGENT, agent, from_us, to_us);
        expect_counts(&whole, &of_agent, agent);
        fc_oracle_answer_fini(&whole);
        forget();
    }
}

/* Of contacts alone: time and complaints of several queues are one agent's and none's. */
static void all_is_the_sum_over_queues(void **state) {
    (void)state;
    for (int i = 0; i < FLOORS; i++) {
        next_floor();
        struct fc_oracle_answer all = ask_ever(known, FC_SCOPE_GROUP, "all"), sum = {0};
        for (int q = 0; q < at.queues_n; q++) add(&sum, ask_ever(known, FC_SCOPE_QUEUE, at.queues[q]));
        for (int c = 0; c <= FC_TALLY_journey_us; c++)
            if (c < FC_TALLY_TIME || c >= FC_TALLY_offered) assert_int_equal(all.v[c], sum.v[c]);
        fc_oracle_answer_fini(&all);
        forget();
    }
}

static void a_wider_threshold_never_meets_less(void **state) {
    (void)state;
    int64_t met_ever = 0;
    for (int i = 0; i < FLOORS; i++) {
        next_floor();
        int64_t met = 0;
        for (int64_t threshold_s = 1; threshold_s < 200; threshold_s += 23) {
            for (size_t q = 0; q < at.rules.queues_n; q++)
                for (int c = 0; c < FC_CHANNEL_COUNT; c++) at.rules.queues[q].of[c].threshold_us = threshold_s * SECOND;
            at.rules.defaults.threshold_us = threshold_s * SECOND;
            struct fc_oracle *o = fc_oracle_create(&at.rules, at.events, at.n, at.end_us);
            struct fc_oracle_answer a = ask_ever(o, FC_SCOPE_GROUP, "all");
            assert_true(a.v[FC_TALLY_sl_met] >= met);
            met = a.v[FC_TALLY_sl_met];
            fc_oracle_answer_fini(&a);
            fc_oracle_destroy(o);
        }
        met_ever += met;
        forget();
    }
    assert_true(met_ever > 0);
}

static void shuffle_and_repeat(struct fc_event *events, size_t n, size_t *out_n) {
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)fc_floor_between(&chance, 0, (int64_t)i - 1);
        struct fc_event kept = events[i - 1];
        events[i - 1] = events[k];
        events[k] = kept;
    }
    *out_n = n;
    for (int more = 0; more < 20; more++) events[(*out_n)++] = events[fc_floor_between(&chance, 0, (int64_t)n - 1)];
}

static void order_and_repeats_do_not_matter(void **state) {
    (void)state;
    for (int i = 0; i < FLOORS; i++) {
        next_floor();
        size_t n;
        struct fc_event *events = malloc((at.n + 20) * sizeof *events);
        assert_non_null(events);
        memcpy(events, at.events, at.n * sizeof *events);
        shuffle_and_repeat(events, at.n, &n);
        struct fc_oracle *other = fc_oracle_create(&at.rules, events, n, at.end_us);
        const char *names[] = {"all", at.queues[0], at.agents[0]};
        const enum fc_scope scopes[] = {FC_SCOPE_GROUP, FC_SCOPE_QUEUE, FC_SCOPE_AGENT};
        for (int k = 0; k < 3; k++) {
            struct fc_oracle_answer a = ask_ever(known, scopes[k], names[k]), b = ask_ever(other, scopes[k], names[k]);
            expect_same(&a, &b, names[k]);
            fc_oracle_answer_fini(&a);
            fc_oracle_answer_fini(&b);
        }
        fc_oracle_destroy(other);
        free(events);
        forget();
    }
}

/* A floor that never does something tests nothing of it. */
static void floors_do_everything(void **state) {
    (void)state;
    int64_t seen[FC_TALLY_COUNT_ALL] = {0};
    for (int i = 0; i < 3 * FLOORS; i++) {
        next_floor();
        struct fc_oracle_answer a = ask_ever(known, FC_SCOPE_GROUP, "all");
        for (int c = 0; c < FC_TALLY_COUNT_ALL; c++) seen[c] += a.v[c];
        seen[FC_TALLY_TIME + FC_AGENT_STATE_COUNT] += a.waiting > 0 && a.complaints_open > 0;
        fc_oracle_answer_fini(&a);
        forget();
    }
    for (int i = 0; i < FC_LEFT_COUNT; i++) assert_true(seen[FC_TALLY_LEFT + i] > 0);
    for (int i = 0; i <= FC_AGENT_STATE_COUNT; i++) assert_true(seen[FC_TALLY_TIME + i] > 0);
    for (int i = FC_TALLY_offered; i < FC_TALLY_COUNT_ALL; i++)
        if (seen[i] == 0) fail_msg("count %d never happened on %d floors", i, 3 * FLOORS);
}

static void one_seed_one_floor(void **state) {
    (void)state;
    struct fc_floor_spec spec = {.contacts = 30, .span_us = 60 * MINUTE, .late_pct = 30, .late_us_max = 50 * MINUTE, .again_pct = 10, .odd_pct = 10};
    struct fc_floor a, b;
    fc_floor_make(&a, seed, &spec);
    fc_floor_make(&b, seed, &spec);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.arrives_us, b.arrives_us, a.n * sizeof *a.arrives_us);
    for (size_t i = 0; i < a.n; i++) {
        assert_int_equal(a.events[i].ts, b.events[i].ts);
        assert_int_equal(a.events[i].kind, b.events[i].kind);
        assert_true(fc_str_eq(a.events[i].contact, b.events[i].contact));
        assert_true(a.arrives_us[i] >= a.events[i].ts && (i == 0 || a.arrives_us[i] >= a.arrives_us[i - 1]));
    }
    fc_floor_fini(&a);
    fc_floor_fini(&b);
}

int main(void) {
    const char *given = getenv("FC_SEED");
    chance = seed = given != NULL ? strtoull(given, NULL, 10) : 20260302;
    printf("seed: FC_SEED=%llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_one_floor),
        cmocka_unit_test(floors_do_everything),
        cmocka_unit_test(nobody_is_lost),
        cmocka_unit_test(a_range_is_the_sum_of_its_parts),
        cmocka_unit_test(all_is_the_sum_over_queues),
        cmocka_unit_test(a_wider_threshold_never_meets_less),
        cmocka_unit_test(order_and_repeats_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
