/* Wilson intervals against published vectors, percentiles against exact ones, and the table against its page. */
#include "kpi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

static uint64_t rng_state;

static uint64_t rng(void) {
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state;
}

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
        assert_true(near(json_number_value(json_array_get(in, 2)), 0.9, 1e-12)); /* the published ones are 90 % intervals */
        double tol = json_number_value(json_object_get(v, "tol"));
        struct fc_kpi_value r = fc_ratio_wilson((int64_t)json_number_value(json_array_get(in, 0)), (int64_t)json_number_value(json_array_get(in, 1)), 1.6448536269514722);
        if (!near(r.lo, json_number_value(json_object_get(want, "0")), tol > 0 ? tol : 5e-5) || !near(r.hi, json_number_value(json_object_get(want, "1")), tol > 0 ? tol : 5e-5))
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
        struct fc_fact f = {.ts_us = 1, .value = (int64_t)(rng() % 100000000), .sign = 1, .count = FC_TALLY_answered, .sum = FC_TALLY_wait_us};
        if (rng() % 3 == 0) f = (struct fc_fact){.ts_us = 1, .sign = 1, .count = (uint8_t)(rng() % FC_TALLY_COUNT_ALL), .sum = FC_TALLY_NONE};
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
        assert_int_equal(fc_tally_merge_bytes(fc_str_n((char *)a, an), fc_str_n((char *)b, bn), ab, sizeof ab, &abn), FC_OK);
        assert_int_equal(fc_tally_merge_bytes(fc_str_n((char *)b, bn), fc_str_n((char *)a, an), ba, sizeof ba, &ban), FC_OK);
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

static void the_page_is_the_table(void **state) {
    (void)state;
    static char page[60000], file[60000];
    FILE *f = fmemopen(page, sizeof page, "w"), *g = fopen(FC_SOURCE_DIR "/aggregator/KPIS.md", "r");
    assert_non_null(f);
    assert_non_null(g);
    fc_kpi_print_markdown(f);
    (void)fclose(f);
    size_t n = fread(file, 1, sizeof file - 1, g);
    (void)fclose(g);
    file[n] = '\0';
    if (strcmp(file, page) != 0) fail_msg("aggregator/KPIS.md is out of step: floorcast-aggregator --kpis > aggregator/KPIS.md");
}

int main(void) {
    const char *given = getenv("FC_SEED");
    rng_state = given != NULL ? strtoull(given, NULL, 10) : 20260303;
    printf("seed: FC_SEED=%llu\n", (unsigned long long)rng_state);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson_equals_published_vectors), cmocka_unit_test(a_share_of_nothing_is_unknown), cmocka_unit_test(percentiles_are_within_one_percent),
        cmocka_unit_test(a_bucket_holds_its_middle),       cmocka_unit_test(merging_has_no_order),          cmocka_unit_test(damaged_tallies_are_refused),
        cmocka_unit_test(the_page_is_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
