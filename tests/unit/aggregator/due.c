/* Things come out in the order of their time, none before it. */
#include "due.h"

#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void all_come_in_their_time(void **state) {
    (void)state;
    for (int round = 0; round < 200; round++) {
        struct fc_due due = {0};
        struct fc_due_entry out;
        static char things[500];
        int in = 0, came = 0;
        int64_t now_us = 0, last_us = INT64_MIN;
        while (in < 500 || came < in) {
            for (uint64_t n = rng() % 8; n > 0 && in < 500; n--, in++)
                fc_due_push(&due, now_us + (int64_t)(rng() % 1000), &things[in], (uint32_t)in);
            now_us += (int64_t)(rng() % 100);
            last_us = INT64_MIN;
            while (fc_due_pop(&due, now_us, &out)) {
                assert_true(out.at_us < now_us && out.at_us >= last_us);
                assert_ptr_equal(out.what, &things[out.life]);
                last_us = out.at_us;
                came++;
            }
            for (uint32_t i = 0; i < due.n; i++) assert_true(due.at[i].at_us >= now_us); /* nothing due stays behind */
        }
        assert_int_equal(came, 500);
        assert_false(fc_due_pop(&due, INT64_MAX, &out));
        fc_due_fini(&due);
    }
}

int main(void) {
    rng_seed(20260310);
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_come_in_their_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
