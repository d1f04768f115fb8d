/* A wall clock that is set is noticed, one that drifts is not. */
#include "leap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct fc_leap leap;

static int64_t look(int64_t wall_s, int64_t mono_s) { return fc_leap_us(&leap, (struct fc_wall){wall_s * FC_SECOND_US}, (struct fc_mono){mono_s * 1000000000}); }

static void steps_are_told_once(void **state) {
    (void)state;
    leap = (struct fc_leap){0};
    assert_int_equal(look(1000000, 50), 0); /* the first look knows of no step */
    assert_int_equal(look(1000001, 51), 0);
    assert_int_equal(look(1003602, 52), 3600 * FC_SECOND_US);
    assert_int_equal(look(1003603, 53), 0);
    assert_int_equal(look(1000004, 54), -3600 * FC_SECOND_US);
    assert_int_equal(look(1000604, 654), 0); /* a long time between two looks is none */
}

static void drift_is_none(void **state) {
    (void)state;
    leap = (struct fc_leap){0};
    for (int64_t s = 1; s < 1000; s++) assert_int_equal(look(1000000 + s + s / 2, s), 0); /* half as fast again */
    assert_int_equal(fc_leap_us(&leap, (struct fc_wall){leap.wall.us - FC_LEAP_US + 1}, leap.mono), 0);
    assert_int_equal(fc_leap_us(&leap, (struct fc_wall){leap.wall.us - FC_LEAP_US}, leap.mono), -FC_LEAP_US);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(steps_are_told_once), cmocka_unit_test(drift_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
