/* Signs become lags once their states are in frames; histograms and their quantiles of late. */
#include "lag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct fc_mono at_ms(int64_t ms) { return (struct fc_mono){(1000 + ms) * 1000000}; }
static struct fc_wall wall_ms(int64_t ms) { return (struct fc_wall){INT64_C(1760000000000000) + ms * 1000}; }

static uint64_t noted(const struct fc_histogram *h) {
    uint64_t n = 0;
    for (int i = 0; i < FC_LAG_BUCKETS; i++) n += h->n[i];
    return n;
}

static void a_sign_counts_when_its_states_are_in_frames(void **state) {
    (void)state;
    struct fc_lag lag = {0};
    double s;
    uint64_t n;
    fc_lag_flushed(&lag, true, wall_ms(0), at_ms(0)); /* no sign */
    assert_int_equal(noted(&lag.event), 0);
    fc_lag_came(&lag, wall_ms(-200).us, 3000, at_ms(0));
    fc_lag_came(&lag, wall_ms(-1).us, 1, at_ms(1)); /* the first one's way is the longer one */
    fc_lag_flushed(&lag, false, wall_ms(5), at_ms(5));
    assert_int_equal(noted(&lag.event), 0);
    fc_lag_flushed(&lag, true, wall_ms(20), at_ms(20));
    assert_int_equal(noted(&lag.event), 1);
    assert_true(lag.event.sum_s > 0.2199 && lag.event.sum_s < 0.2201);
    assert_true(lag.received.sum_s > 0.0229 && lag.received.sum_s < 0.0231);
    assert_true(fc_histogram_recent(&lag.event, 0.5, &s, &n) && n == 1 && s > 0.249 && s < 0.251); /* the bucket's bound */
    fc_lag_came(&lag, wall_ms(5000).us, 0, at_ms(30)); /* a clock that is ahead: no lag below nothing */
    fc_lag_flushed(&lag, false, wall_ms(30), at_ms(70)); /* never all at once, but its turn has come */
    assert_int_equal(noted(&lag.event), 2);
    assert_int_equal(lag.event.n[0], 1);
}

static void quantiles_are_of_late(void **state) {
    (void)state;
    struct fc_histogram h = {0};
    double s;
    uint64_t n;
    assert_false(fc_histogram_recent(&h, 0.5, &s, &n));
    for (int i = 0; i < 98; i++) fc_histogram_add(&h, 0.004, at_ms(i));
    fc_histogram_add(&h, 0.4, at_ms(99));
    fc_histogram_add(&h, 9999, at_ms(100));
    assert_true(fc_histogram_recent(&h, 0.5, &s, &n) && n == 100 && s > 0.0049 && s < 0.0051);
    assert_true(fc_histogram_recent(&h, 0.99, &s, &n) && s > 0.499 && s < 0.501);
    assert_true(fc_histogram_recent(&h, 1, &s, &n) && s > 599);
    fc_histogram_add(&h, 0.002, at_ms(FC_LAG_RECENT_MS + 1));
    assert_true(fc_histogram_recent(&h, 0.5, &s, &n) && n == 101);
    fc_histogram_add(&h, 0.002, at_ms(2 * FC_LAG_RECENT_MS + 2));
    assert_true(fc_histogram_recent(&h, 1, &s, &n) && n == 2 && s < 0.0026);
    fc_histogram_add(&h, 0.002, at_ms(9 * FC_LAG_RECENT_MS));
    assert_true(fc_histogram_recent(&h, 1, &s, &n) && n == 1);
    assert_int_equal(noted(&h), 103);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_sign_counts_when_its_states_are_in_frames), cmocka_unit_test(quantiles_are_of_late)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
