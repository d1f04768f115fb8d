/* Wilson intervals against published vectors, percentiles against exact ones, and the table against its page. */
#include "kpi.h"
#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

static bool near(double a, double b, double tol) { return a >= b - tol && a <= b + tol; }

static void wilson_equals_published_vectors(void **state) {
    (void)state;
    json_error_t je;
    json_t *root = json_load_file(FC_TEST_DATA "/erlang/figures.json", 0, &je), *v;
    assert_non_null(root);
    size_t i;
    int compared = 0;
    json_array_foreach(json_object_get(root, "vectors"), i, v) {
        if (strcmp(json_string_value(json_object_get(v, "function")), "wilson") != 0) continue;
        json_t *in = json_object_get(v, "input"), *want = json_object_get(v, "expected");
        assert_true(
            near(json_number_value(json_array_get(in, 2)), 0.9, 1e-12)); /* the published ones are 90 % intervals */
        double tol = json_number_value(json_object_get(v, "tol"));
        struct fc_kpi_value r = fc_ratio_wilson((int64_t)json_number_value(json_array_get(in, 0)),
                                                (int64_t)json_number_value(json_array_get(in, 1)), 1.6448536269514722);
        if (!near(r.lo, json_number_value(json_object_get(want, "0")), tol > 0 ? tol : 5e-5) ||
            !near(r.hi, json_number_value(json_object_get(want, "1")), tol > 0 ? tol : 5e-5))
            fail_msg("%s: got %.9f .. %.9f", json_string_value(json_object_get(v, "id")), r.lo, r.hi);
        compared++;
    }
    json_decref(root);
    printf("compared %d published intervals\n", compared);
    assert_int_equal(compared, 2);
}

static void a_share_of_nothing_is_unknown(void **state) {
    (void)state;
    assert_false(fc_ratio_wilson(0, 0, FC_WILSON_95).known);
    assert_false(fc_ratio_wilson(3, 2, FC_WILSON_95).known); /* a window's edge: no share of anything */
    assert_false(fc_ratio_wilson(-1, 2, FC_WILSON_95).known);
    for (int64_t n = 1; n < 300; n++)
        for (int64_t k = 0; k <= n; k++) {
            struct fc_kpi_value r = fc_ratio_wilson(k, n, FC_WILSON_95);
            assert_true(r.known && 0 <= r.lo && r.lo <= r.value && r.value <= r.hi && r.hi <= 1);
        }
}

static int by_size(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void percentiles_are_within_one_percent(void **state) {
    (void)state;
    static const double qs[] = {0.5, 0.9, 0.95, 0.99};
    static int64_t values[5000];
    for (int round = 0; round < 60; round++) {
        struct fc_hist h = {0};
        size_t n = 1 + rng() % 5000;
        for (size_t i = 0; i < n; i++) {
            values[i] = (int64_t)(rng() >> (20 + rng() % 40)) % 400000000;
            fc_hist_add(&h, fc_hist_bucket(values[i]), 1);
        }
        qsort(values, n, sizeof *values, by_size);
        for (size_t q = 0; q < 4; q++) {
            size_t rank = (size_t)(qs[q] * (double)n + 0.999999999);
            int64_t exact = values[rank == 0 ? 0 : rank - 1], got;
            assert_true(fc_hist_quantile_ms(&h, qs[q], &got));
            assert_true(near((double)got, (double)exact, 0.01 * (double)exact + 0.5));
        }
        fc_hist_fini(&h);
    }
}

static void a_bucket_holds_its_middle(void **state) {
    (void)state;
    for (uint16_t b = 0; b < FC_HIST_BUCKETS; b++) assert_int_equal(fc_hist_bucket(fc_hist_middle_ms(b)), b);
    int last = -1;
    for (int64_t ms = 0; ms < 5000000; ms++) {
        int b = fc_hist_bucket(ms);
        assert_true(b == last || b == last + 1);
        last = b;
    }
}

static void random_tally(struct fc_tally *t, int facts) {
    for (int i = 0; i < facts; i++) {
        struct fc_fact f = {.ts_us = 1,
                            .value = (int64_t)(rng() % 100000000),
                            .sign = 1,
                            .count = FC_TALLY_answered,
                            .sum = FC_TALLY_wait_us};
        if (rng() % 3 == 0)
            f = (struct fc_fact){
                .ts_us = 1, .sign = 1, .count = (uint8_t)(rng() % FC_TALLY_COUNT_ALL), .sum = FC_TALLY_NONE};
        if (f.count == FC_TALLY_answered) f.sum = FC_TALLY_wait_us;
        fc_tally_apply(t, &f, 1);
    }
}

static size_t bytes_of(const struct fc_tally *t, uint8_t *buf) {
    struct fc_mpw w;
    fc_mpw_init(&w, buf, FC_TALLY_BYTES_MAX);
    fc_tally_encode(&w, t);
    assert_false(w.overflow);
    return w.len;
}

/* Law: merging is the same in any order, and the stored form loses nothing. */
static void merging_has_no_order(void **state) {
    (void)state;
    static uint8_t a[FC_TALLY_BYTES_MAX], b[FC_TALLY_BYTES_MAX], ab[FC_TALLY_BYTES_MAX], ba[FC_TALLY_BYTES_MAX];
    for (int round = 0; round < 200; round++) {
        struct fc_tally x = {0}, y = {0};
        random_tally(&x, (int)(rng() % 300));
        random_tally(&y, (int)(rng() % 300));
        size_t an = bytes_of(&x, a), bn = bytes_of(&y, b), abn, ban;
        assert_int_equal(fc_tally_merge_bytes(fc_str_n((char *)a, an), fc_str_n((char *)b, bn), ab, sizeof ab, &abn),
                         FC_OK);
        assert_int_equal(fc_tally_merge_bytes(fc_str_n((char *)b, bn), fc_str_n((char *)a, an), ba, sizeof ba, &ban),
                         FC_OK);
        assert_int_equal(abn, ban);
        assert_memory_equal(ab, ba, abn);
        fc_tally_merge(&x, &y);
        assert_int_equal(bytes_of(&x, a), abn);
        assert_memory_equal(a, ab, abn);
        fc_tally_fini(&x);
        fc_tally_fini(&y);
    }
}

static void damaged_tallies_are_refused(void **state) {
    (void)state;
    struct fc_tally x = {0};
    static uint8_t a[FC_TALLY_BYTES_MAX];
    random_tally(&x, 50);
    size_t n = bytes_of(&x, a);
    for (size_t cut = 0; cut < n; cut++) {
        struct fc_mp mp = fc_mp_open(a, cut);
        assert_int_equal(fc_tally_decode(&mp, &x, NULL), FC_INVALID);
        assert_true(fc_tally_empty(&x));
    }
    fc_tally_fini(&x);
}

/* ---- hand-made tallies ------------------------------------------------------------------------------------------- */

static double value_of(enum fc_kpi kpi, const struct fc_tally *t, struct fc_variants variants, int64_t n) {
    struct fc_kpi_value v =
        fc_kpi_compute(kpi, &(struct fc_kpi_view){.tally = t, .variants = variants, .complaints_open = -1});
    assert_true(v.known);
    assert_int_equal(v.n, n);
    return v.value;
}

#define COUNTS(...)                                                                                                    \
    {                                                                                                                  \
        .v = { __VA_ARGS__ }                                                                                           \
    }
#define N(name) [FC_TALLY_##name]
#define LEFT(name) [FC_TALLY_LEFT + FC_LEFT_##name]

/* 20 offered, 12 answered (9 of them in time), 5 abandoned (2 short, 1 more in time), 2 timed out, 1 unknown. */
static void every_variant_has_its_formula(void **state) {
    (void)state;
    const struct fc_tally t =
        COUNTS(N(offered) = 20, N(answered) = 12, N(sl_met) = 9, N(sl_missed) = 6, N(short_abandoned) = 2,
               N(abandoned_within) = 3, LEFT(ABANDONED) = 5, LEFT(TIMEOUT) = 2, LEFT(UNKNOWN) = 1, N(chain_n) = 10,
               N(chain_once) = 7, N(chain_final_n) = 4, N(chain_final_once) = 1, N(disposed_n) = 8,
               N(disposed_once) = 2, N(disposed_final_n) = 5, N(disposed_final_once) = 4, N(told_n) = 20,
               N(told_once) = 19, N(told_final_n) = 2, N(told_final_once) = 1);
    static const struct {
        enum fc_kpi kpi;
        struct fc_variants variants;
        int64_t k, n;
    } wanted[] = {
        {FC_KPI_service_level, {0}, 9, 15},
        {FC_KPI_service_level, {.service_level = FC_SERVICE_LEVEL_ANSWERED}, 9, 12},
        {FC_KPI_service_level, {.service_level = FC_SERVICE_LEVEL_IGNORE}, 9, 17},
        {FC_KPI_service_level, {.service_level = FC_SERVICE_LEVEL_POSITIVE}, 12, 20},
        {FC_KPI_service_level, {.service_level = FC_SERVICE_LEVEL_NEGATIVE}, 9, 20},
        {FC_KPI_abandon_rate, {0}, 3, 16},
        {FC_KPI_abandon_rate, {.abandon_rate = FC_ABANDON_RATE_RAW}, 5, 20},
        {FC_KPI_fcr_provisional, {0}, 7, 10},
        {FC_KPI_fcr_matured, {0}, 1, 4},
        {FC_KPI_fcr_provisional, {.fcr = FC_FCR_DISPOSITION}, 2, 8},
        {FC_KPI_fcr_matured, {.fcr = FC_FCR_DISPOSITION}, 4, 5},
        {FC_KPI_fcr_provisional, {.fcr = FC_FCR_SURVEY}, 19, 20},
        {FC_KPI_fcr_matured, {.fcr = FC_FCR_SURVEY}, 1, 2},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_true(near(value_of(wanted[i].kpi, &t, wanted[i].variants, wanted[i].n),
                         (double)wanted[i].k / (double)wanted[i].n, 1e-12));
}

static void variants_are_named(void **state) {
    (void)state;
    assert_int_equal(fc_variant_find(FC_VARIANT_SERVICE_LEVEL, fc_str("default")), 0);
    assert_int_equal(fc_variant_find(FC_VARIANT_SERVICE_LEVEL, fc_str("negative")), FC_SERVICE_LEVEL_NEGATIVE);
    assert_int_equal(fc_variant_find(FC_VARIANT_ABANDON_RATE, fc_str("raw")), FC_ABANDON_RATE_RAW);
    assert_int_equal(fc_variant_find(FC_VARIANT_FCR, fc_str("survey")), FC_FCR_SURVEY);
    assert_int_equal(fc_variant_find(FC_VARIANT_FCR, fc_str("raw")), -1);
    for (enum fc_variant_kind kind = 0; kind < FC_VARIANT_KINDS; kind++)
        for (unsigned i = 0; fc_variant_word(kind, i) != NULL; i++) {
            assert_int_equal(fc_variant_find(kind, fc_str(fc_variant_word(kind, i))), i);
            for (unsigned j = 0; j < i; j++)
                assert_string_not_equal(fc_variant_formula(kind, i), fc_variant_formula(kind, j));
        }
}

struct visit {
    int64_t wait_ms;
    bool answered, over; /* over: it is waiting no more; not answered then: it hung up */
};

static void fact(struct fc_tally *t, unsigned count) {
    fc_tally_apply(t, &(struct fc_fact){.ts_us = 1, .sign = 1, .count = (uint8_t)count, .sum = FC_TALLY_NONE}, 1);
}

static void tally_visits(struct fc_tally *t, const struct visit *visits, size_t n, int64_t threshold_ms,
                         int64_t short_ms) {
    for (size_t i = 0; i < n; i++) {
        const struct visit *c = &visits[i];
        bool within = c->wait_ms <= threshold_ms, is_short = c->wait_ms <= short_ms;
        fact(t, FC_TALLY_offered);
        if (c->answered) fact(t, FC_TALLY_answered);
        if (c->answered && within) fact(t, FC_TALLY_sl_met);
        if (c->over && !c->answered) fact(t, FC_TALLY_LEFT + FC_LEFT_ABANDONED);
        if (c->over && !c->answered && within) fact(t, FC_TALLY_abandoned_within);
        if (c->over && !c->answered && is_short) fact(t, FC_TALLY_short_abandoned);
        if (!within || (c->over && !c->answered && !is_short)) fact(t, FC_TALLY_sl_missed);
    }
}

/* Law: who allows more time never gets a lower service level, in whatever variant. */
static void a_wider_threshold_never_lowers_service(void **state) {
    (void)state;
    static struct visit visits[400];
    for (int round = 0; round < 100; round++) {
        size_t n = 1 + rng() % 400;
        for (size_t i = 0; i < n; i++) {
            visits[i].over = rng() % 10 > 0;
            visits[i].answered = visits[i].over && rng() % 3 > 0;
            visits[i].wait_ms = (int64_t)(rng() % 120000);
        }
        double last[5] = {0};
        for (int64_t threshold_ms = 5000; threshold_ms <= 125000; threshold_ms += 3000) {
            struct fc_tally t = {0};
            tally_visits(&t, visits, n, threshold_ms, 5000);
            for (uint8_t v = 0; v < 5; v++) {
                struct fc_kpi_value level = fc_kpi_compute(
                    FC_KPI_service_level, &(struct fc_kpi_view){.tally = &t, .variants = {.service_level = v}});
                if (!level.known) continue;
                assert_true(level.value >= last[v]);
                last[v] = level.value;
            }
            fc_tally_fini(&t);
        }
    }
}

static void surveys(void **state) {
    (void)state;
    const struct fc_variants none = {0};
    const struct fc_tally t =
        COUNTS(N(csat_n) = 4, N(csat_sum) = 17, N(csat_top) = 3, N(nps_n) = 8, N(nps_promoters) = 2,
               N(nps_detractors) = 4, N(rater_n) = 2, N(rater_reliability) = 9, N(rater_assurance) = 2,
               N(rater_tangibles) = 10, N(rater_empathy) = 5, N(rater_responsiveness) = 7);
    assert_true(near(value_of(FC_KPI_csat, &t, none, 4), 4.25, 1e-12));
    assert_true(near(value_of(FC_KPI_csat_top, &t, none, 4), 0.75, 1e-12));
    assert_true(near(value_of(FC_KPI_nps, &t, none, 8), -25, 1e-12));
    struct fc_kpi_value rater = fc_kpi_compute(FC_KPI_rater, &(struct fc_kpi_view){.tally = &t});
    static const double want[] = {4.5, 1, 5, 2.5, 3.5};
    for (size_t i = 0; i < 5; i++) assert_true(near(rater.part[i], want[i], 1e-12));
}

static void tiers_change_at_half_points(void **state) {
    (void)state;
    static const struct {
        int64_t sum, n, tier;
    } wanted[] = {{0, 1, 0},  {12, 1, 0},   {249, 20, 0}, {25, 2, 1}, {13, 1, 1},
                  {22, 1, 1}, {449, 20, 1}, {45, 2, 2},   {23, 1, 2}, {30, 1, 2}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const struct fc_tally t = COUNTS(N(assess_n) = wanted[i].n, N(assess_sum) = wanted[i].sum);
        assert_int_equal(fc_kpi_compute(FC_KPI_assess, &(struct fc_kpi_view){.tally = &t}).i, wanted[i].tier);
    }
}

static void agents_time_makes_shares_without_intervals(void **state) {
    (void)state;
    const int64_t us[FC_AGENT_STATE_COUNT] = {
        [FC_AGENT_OFFLINE] = 90000000, [FC_AGENT_AVAILABLE] = 30000000, [FC_AGENT_ALERTING] = 5500000,
        [FC_AGENT_BUSY] = 40000000,    [FC_AGENT_HOLD] = 5000000,       [FC_AGENT_WRAP] = 15000000,
        [FC_AGENT_PAUSED] = 4500000};
    struct fc_tally t = {0};
    struct fc_kpi_view given = {.tally = &t, .time_us = us}, tallied = {.tally = &t};
    struct fc_kpi_value occupancy = fc_kpi_compute(FC_KPI_occupancy, &given),
                        utilization = fc_kpi_compute(FC_KPI_utilization, &given);
    assert_true(near(occupancy.value, 60.0 / 90, 1e-12));
    assert_int_equal(occupancy.n, 90);
    assert_true(near(utilization.value, 0.9, 1e-12));
    assert_int_equal(utilization.n, 100);
    assert_false(fc_kpi_compute(FC_KPI_occupancy, &tallied).known);
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) t.v[FC_TALLY_TIME + s] = us[s];
    assert_true(near(fc_kpi_compute(FC_KPI_occupancy, &tallied).value, occupancy.value, 1e-12));
    assert_true(near(fc_kpi_compute(FC_KPI_state_ms, &tallied).part[FC_AGENT_ALERTING], 5500, 1e-12));
}

static void a_wait_taken_back_lowers_the_longest(void **state) {
    (void)state;
    struct fc_tally t = {0};
    struct fc_fact usual = {.ts_us = 1,
                            .value = 40000000,
                            .sign = 1,
                            .count = FC_TALLY_answered,
                            .sum = FC_TALLY_wait_us},
                   longest = usual;
    longest.value = 900000000;
    fc_tally_apply(&t, &usual, 1);
    fc_tally_apply(&t, &longest, 1);
    assert_int_equal(
        fc_kpi_compute(FC_KPI_wait_max_ms, &(struct fc_kpi_view){.tally = &t, .wait_us_max = t.wait_us_max}).i, 900000);
    fc_tally_apply(&t, &longest, -1);
    struct fc_kpi_value max =
        fc_kpi_compute(FC_KPI_wait_max_ms, &(struct fc_kpi_view){.tally = &t, .wait_us_max = t.wait_us_max});
    assert_true(max.i >= 40000 && max.i <= 40700);
    fc_tally_fini(&t);
    for (uint16_t b = 0; b + 1 < FC_HIST_BUCKETS; b++) {
        struct fc_hist h = {0};
        int64_t top = 0;
        fc_hist_add(&h, b, 1);
        top = fc_hist_top_ms(&h);
        assert_int_equal(fc_hist_bucket(top), b);
        assert_int_equal(fc_hist_bucket(top + 1), b + 1);
        fc_hist_fini(&h);
    }
}

static void expected_wait(void **state) {
    (void)state;
    const struct fc_tally nothing = {0}, h1 = COUNTS(N(handle_n) = 2, N(handle_us) = 240000000),
                          day = COUNTS(N(handle_n) = 10, N(handle_us) = 600000000);
    assert_int_equal(fc_kpi_ewt_ms(0, 1, 1, &nothing, &nothing), 0);
    assert_int_equal(fc_kpi_ewt_ms(0, 0, 4, &h1, &day), 30000);
    assert_int_equal(fc_kpi_ewt_ms(3, 2, 4, &h1, &day), 120000);
    assert_int_equal(fc_kpi_ewt_ms(3, 0, 4, &nothing, &day), 60000);
    assert_int_equal(fc_kpi_ewt_ms(3, 0, 0, &h1, &day), -1);
    assert_int_equal(fc_kpi_ewt_ms(3, 0, 4, &nothing, &nothing), -1);
}

int main(void) {
    rng_seed(20260303);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson_equals_published_vectors),
        cmocka_unit_test(a_share_of_nothing_is_unknown),
        cmocka_unit_test(percentiles_are_within_one_percent),
        cmocka_unit_test(a_bucket_holds_its_middle),
        cmocka_unit_test(merging_has_no_order),
        cmocka_unit_test(damaged_tallies_are_refused),
        cmocka_unit_test(every_variant_has_its_formula),
        cmocka_unit_test(variants_are_named),
        cmocka_unit_test(a_wider_threshold_never_lowers_service),
        cmocka_unit_test(surveys),
        cmocka_unit_test(tiers_change_at_half_points),
        cmocka_unit_test(agents_time_makes_shares_without_intervals),
        cmocka_unit_test(a_wait_taken_back_lowers_the_longest),
        cmocka_unit_test(expected_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
