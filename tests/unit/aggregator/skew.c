/* The law at the head of skew.h, for clocks and delays drawn at random; and what must not be taken for a clock that is off. */
#include "skew.h"

#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define S FC_SECOND_US

static struct fc_mono at_s(int64_t s) { return (struct fc_mono){(1 + s) * 1000000000}; }

static void the_law(void **state) {
    (void)state;
    for (int round = 0; round < 500; round++) {
        struct fc_skew skew = {0};
        int64_t off_us = (int64_t)(rng() % (200 * S)) - 100 * S, delay_us = (int64_t)(rng() % S), got_us = 0;
        for (int64_t s = 0; s < 100; s += 1 + (int64_t)(rng() % 3)) /* each some way more than the shortest, which comes now and then */
            fc_skew_add(&skew, delay_us - off_us + (s % 7 == 0 ? 0 : (int64_t)(rng() % (2 * S))), true, at_s(s));
        fc_skew_add(&skew, delay_us - off_us, true, at_s(100));
        assert_true(fc_skew_us(&skew, &got_us));
        assert_true(got_us == off_us - delay_us);
    }
}

static void ahead_is_seen_at_once(void **state) {
    (void)state;
    struct fc_skew skew = {0};
    int64_t us;
    assert_false(fc_skew_us(&skew, &us));
    fc_skew_add(&skew, -90 * S, false, at_s(0));
    assert_true(fc_skew_us(&skew, &us) && us == 90 * S);
}

static void what_is_told_late_is_no_clock(void **state) {
    (void)state;
    struct fc_skew skew = {0};
    int64_t us;
    for (int64_t s = 0; s < 200; s++) fc_skew_add(&skew, 3600 * S, false, at_s(s)); /* surveys of an hour ago */
    assert_false(fc_skew_us(&skew, &us));
    for (int64_t s = 200; s < 220; s++) fc_skew_add(&skew, 40 * S, true, at_s(s)); /* a backlog shorter than a window */
    assert_false(fc_skew_us(&skew, &us));
    for (int64_t s = 220; s < 300; s++) fc_skew_add(&skew, 40 * S, true, at_s(s));
    assert_true(fc_skew_us(&skew, &us) && us == -40 * S);
    fc_skew_add(&skew, S / 10, true, at_s(300)); /* one in time is enough */
    assert_true(fc_skew_us(&skew, &us) && us == -S / 10);
}

static void a_mended_clock_is_believed_after_two_windows(void **state) {
    (void)state;
    struct fc_skew skew = {0};
    int64_t us, s = 0;
    for (; s < 60; s++) fc_skew_add(&skew, -90 * S, true, at_s(s));
    for (; s < 130; s++) fc_skew_add(&skew, S / 100, true, at_s(s));
    assert_true(fc_skew_us(&skew, &us) && us == -S / 100);
}

int main(void) {
    rng_seed(20260318);
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_law), cmocka_unit_test(ahead_is_seen_at_once), cmocka_unit_test(what_is_told_late_is_no_clock),
                                       cmocka_unit_test(a_mended_clock_is_believed_after_two_windows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
