/* Days that are not 24 hours long, and days without midnight. */
#include "zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static int64_t utc(int y, int mo, int d, int h, int mi) {
    struct tm tm = {.tm_year = y - 1900, .tm_mon = mo - 1, .tm_mday = d, .tm_hour = h, .tm_min = mi};
    return (int64_t)timegm(&tm) * 1000000;
}

static void day(const char *zone, int64_t at, int start_minute, int64_t want_start, int hours) {
    int64_t start, end;
    assert_int_equal(fc_zone_set(zone, NULL), FC_OK);
    fc_zone_day(at, start_minute, &start, &end);
    assert_int_equal(start, want_start);
    assert_int_equal((end - start) / 3600000000, hours);
    assert_true(start <= at && at < end);
}

static void the_clocks_change(void **state) {
    (void)state;
    day("Asia/Shanghai", utc(2026, 3, 1, 0, 0), 0, utc(2026, 2, 28, 16, 0), 24);
    day("Europe/Berlin", utc(2026, 3, 29, 12, 0), 0, utc(2026, 3, 28, 23, 0), 23);
    day("Europe/Berlin", utc(2026, 10, 25, 12, 0), 0, utc(2026, 10, 24, 22, 0), 25);
    day("Europe/Berlin", utc(2026, 10, 25, 1, 59), 180, utc(2026, 10, 24, 1, 0), 25); /* the day that began at 03:00 the day before */
    day("America/New_York", utc(2026, 3, 8, 12, 0), 360, utc(2026, 3, 8, 10, 0), 24);
}

/* In Santiago clocks went from 24:00 to 01:00 on 2026-09-05/06: the 6th begins at 01:00. */
static void a_day_without_midnight(void **state) {
    (void)state;
    int64_t start, end, next_start, next_end;
    assert_int_equal(fc_zone_set("America/Santiago", NULL), FC_OK);
    fc_zone_day(utc(2026, 9, 6, 12, 0), 0, &start, &end);
    assert_int_equal(start, utc(2026, 9, 6, 4, 0));
    assert_int_equal((end - start) / 3600000000, 23);
    fc_zone_day(start - 1, 0, &next_start, &next_end);
    assert_int_equal(next_end, start); /* no instant belongs to no day, none to two */
}

static void days_join_without_holes(void **state) {
    (void)state;
    static const char *const zones[] = {"America/Santiago", "Europe/Berlin", "Asia/Shanghai", "Australia/Lord_Howe", "Asia/Beirut"};
    for (size_t z = 0; z < sizeof zones / sizeof *zones; z++)
        for (int start_minute = 0; start_minute < 1440; start_minute += 150) {
            int64_t start, end, at = utc(2026, 1, 1, 12, 0);
            assert_int_equal(fc_zone_set(zones[z], NULL), FC_OK);
            fc_zone_day(at, start_minute, &start, &end);
            for (int d = 0; d < 400; d++) {
                int64_t s, e;
                fc_zone_day(end, start_minute, &s, &e);
                assert_int_equal(s, end);
                assert_true(e > s + INT64_C(22) * 3600000000 && e < s + INT64_C(26) * 3600000000);
                end = e;
            }
        }
}

static void an_unknown_zone_is_refused(void **state) {
    (void)state;
    struct fc_error err = {0};
    assert_int_equal(fc_zone_set("Europe/Berlim", &err), FC_CONFIG);
    assert_non_null(strstr(err.text, "Europe/Berlim"));
    assert_int_equal(fc_zone_set("../../etc/passwd", &err), FC_CONFIG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clocks_change),
        cmocka_unit_test(a_day_without_midnight),
        cmocka_unit_test(days_join_without_holes),
        cmocka_unit_test(an_unknown_zone_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
