/* The generators against their authors' published outputs, and the laws of the durations. */
#include "rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void splitmix_gives_the_published_numbers(void **state) {
    (void)state;
    static const uint64_t expected[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
                                        UINT64_C(4593380528125082431), UINT64_C(16408922859458223821)};
    uint64_t s = 1234567;
    for (int i = 0; i < 5; i++) assert_true(fc_splitmix(&s) == expected[i]);
}

static void xoshiro_gives_the_published_numbers(void **state) {
    (void)state;
    static const uint64_t expected[] = {11520, 0, 1509978240, UINT64_C(1215971899390074240), UINT64_C(1216172134540287360),
                                        UINT64_C(607988272756665600), UINT64_C(16172922978634559625)};
    struct fc_rng rng = {{1, 2, 3, 4}};
    for (int i = 0; i < 7; i++) assert_true(fc_rng_next(&rng) == expected[i]);
}

static void streams_of_one_seed_differ(void **state) {
    (void)state;
    struct fc_rng a, b, c, again;
    fc_rng_seed(&a, 7, 1);
    fc_rng_seed(&b, 7, 2);
    fc_rng_seed(&c, 8, 1);
    fc_rng_seed(&again, 7, 1);
    for (int i = 0; i < 1000; i++) {
        uint64_t v = fc_rng_next(&a);
        assert_true(v == fc_rng_next(&again));
        assert_true(v != fc_rng_next(&b) && v != fc_rng_next(&c));
    }
}

/* Mean and standard deviation of n draws must lie within five standard errors of the law's. */
static void check_law(struct fc_span span, double sd_s, double kurtosis) {
    enum { N = 400000 };
    struct fc_rng rng;
    fc_rng_seed(&rng, 20260301, (uint64_t)span.law);
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        double s = (double)fc_rng_span_us(&rng, &span) / 1e6;
        assert_true(s >= 0);
        sum += s;
        squares += s * s;
    }
    double mean = sum / N, sd = sqrt(squares / N - mean * mean);
    printf("law %d: mean %.4f (law %.4f), sd %.4f (law %.4f)\n", (int)span.law, mean, span.mean_s, sd, sd_s);
    assert_true(fabs(mean - span.mean_s) <= 5 * sd_s / sqrt(N) + 1e-6);
    assert_true(fabs(sd - sd_s) <= 5 * sd_s * sqrt((kurtosis - 1) / N) / 2 + 1e-3);
}

static void spans_follow_their_laws(void **state) {
    (void)state;
    check_law((struct fc_span){FC_LAW_CONSTANT, 3, 0}, 0, 1);
    check_law((struct fc_span){FC_LAW_EXPONENTIAL, 180, 0}, 180, 9);
    double w = 1 + 0.5 * 0.5; /* kurtosis of a log-normal: w^4 + 2 w^3 + 3 w^2 - 3 with w = 1 + cv^2 */
    check_law((struct fc_span){FC_LAW_LOGNORMAL, 180, 0.5}, 90, w * w * w * w + 2 * w * w * w + 3 * w * w - 3);
    struct fc_rng rng = {{1, 2, 3, 4}};
    assert_true(fc_rng_span_us(&rng, &(struct fc_span){.law = FC_LAW_NONE}) == -1);
}

static void below_is_even(void **state) {
    (void)state;
    struct fc_rng rng;
    fc_rng_seed(&rng, 1, 1);
    int counts[7] = {0};
    for (int i = 0; i < 70000; i++) counts[fc_rng_below(&rng, 7)]++;
    double chi2 = 0;
    for (int i = 0; i < 7; i++) chi2 += (counts[i] - 10000.0) * (counts[i] - 10000.0) / 10000;
    assert_true(chi2 < 22.46); /* 6 degrees of freedom, one in a thousand */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splitmix_gives_the_published_numbers), cmocka_unit_test(xoshiro_gives_the_published_numbers),
        cmocka_unit_test(streams_of_one_seed_differ),           cmocka_unit_test(spans_follow_their_laws),
        cmocka_unit_test(below_is_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
