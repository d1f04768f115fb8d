/* Days that are not 24 hours long, days without midnight, days with two, and a day that never was. */
#include "zone.h"
#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <pthread.h>

#define US INT64_C(1000000)
#define HOUR_US (3600 * US)

static int64_t utc(int y, int mo, int d, int h, int mi) {
    struct tm tm = {.tm_year = y - 1900, .tm_mon = mo - 1, .tm_mday = d, .tm_hour = h, .tm_min = mi};
    return (int64_t)timegm(&tm) * US;
}

static struct fc_zone *zone(const char *name) {
    struct fc_zone *z = NULL;
    struct fc_error err = {.text = ""};
    if (fc_zone_open(name, &z, &err) != FC_OK) fail_msg("%s", err.text);
    return z;
}

/* ---- days worked out by hand ----------------------------------------------------------------------------------- */

/* The day that holds `at` lasts from `start` for so many minutes, and so says every instant of it. */
static void day(const char *name, int64_t at, int start_minute, int64_t start, int minutes) {
    struct fc_zone *z = zone(name);
    int64_t end = start + minutes * 60 * US, s, e;
    int64_t instants[] = {at, start, start + 1, end - 1, start + (end - start) / 2};
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
        fc_zone_day(z, instants[i], start_minute, &s, &e);
        assert_int_equal(s, start);
        assert_int_equal(e - s, end - start);
    }
    fc_zone_day(z, start - 1, start_minute, &s, &e);
    assert_int_equal(e, start);
    fc_zone_day(z, end, start_minute, &s, &e);
    assert_int_equal(s, end);
    fc_zone_close(z);
}

static void the_clocks_change(void **state) {
    (void)state;
    day("Asia/Shanghai", utc(2026, 3, 1, 0, 0), 0, utc(2026, 2, 28, 16, 0), 1440);
    day("Europe/Berlin", utc(2026, 3, 29, 12, 0), 0, utc(2026, 3, 28, 23, 0), 23 * 60);
    day("Europe/Berlin", utc(2026, 10, 25, 12, 0), 0, utc(2026, 10, 24, 22, 0), 25 * 60);
    day("Europe/Berlin", utc(2026, 10, 25, 1, 59), 180, utc(2026, 10, 24, 1, 0),
        25 * 60); /* began at 03:00 the day before */
    day("America/New_York", utc(2026, 3, 8, 12, 0), 360, utc(2026, 3, 8, 10, 0), 1440);
    day("Australia/Lord_Howe", utc(2026, 10, 3, 20, 0), 0, utc(2026, 10, 3, 13, 30), 23 * 60 + 30);
    day("Australia/Lord_Howe", utc(2026, 4, 4, 20, 0), 0, utc(2026, 4, 4, 13, 0), 24 * 60 + 30);
    day("Asia/Kolkata", utc(2026, 6, 1, 0, 0), 0, utc(2026, 5, 31, 18, 30), 1440);
    day("Asia/Kathmandu", utc(2026, 6, 1, 0, 0), 30, utc(2026, 5, 31, 18, 45), 1440);
    day("America/St_Johns", utc(2026, 7, 1, 12, 0), 0, utc(2026, 7, 1, 2, 30), 1440);
    day("UTC", utc(1969, 12, 31, 12, 0), 0, utc(1969, 12, 31, 0, 0), 1440); /* before 1970 too */
}

/* Clocks went from 24:00 to 01:00: the day begins at 01:00. */
static void a_day_without_midnight(void **state) {
    (void)state;
    day("America/Sao_Paulo", utc(2018, 11, 4, 12, 0), 0, utc(2018, 11, 4, 3, 0), 23 * 60);
    day("America/Santiago", utc(2026, 9, 6, 12, 0), 0, utc(2026, 9, 6, 4, 0), 23 * 60);
    day("Asia/Beirut", utc(2022, 3, 27, 12, 0), 0, utc(2022, 3, 26, 22, 0), 23 * 60);
    day("Africa/Cairo", utc(2024, 4, 26, 12, 0), 0, utc(2024, 4, 25, 22, 0), 23 * 60);
    day("Africa/Cairo", utc(2024, 4, 26, 12, 0), 30, utc(2024, 4, 25, 22, 0),
        23 * 60 + 30); /* 00:30 was no time either */
}

/* Clocks went back over the start. */
static void a_start_that_comes_twice(void **state) {
    (void)state;
    day("America/Havana", utc(2025, 11, 2, 12, 0), 0, utc(2025, 11, 2, 4, 0),
        25 * 60); /* 01:00 -> 00:00: from the first */
    day("Europe/Berlin", utc(2026, 10, 25, 0, 45), 150, utc(2026, 10, 25, 0, 30), 25 * 60);
    day("Europe/Berlin", utc(2026, 10, 25, 1, 15), 150, utc(2026, 10, 25, 0, 30),
        25 * 60); /* 02:15, before the start on the clock's face, yet after it */
    day("America/St_Johns", utc(2010, 11, 7, 3, 0), 0, utc(2010, 11, 7, 2, 30), 25 * 60); /* 00:01 -> 23:01 */
    day("America/Sao_Paulo", utc(2018, 2, 18, 2, 30), 0, utc(2018, 2, 17, 2, 0),
        25 * 60); /* 24:00 -> 23:00: there is one midnight */
}

static void a_date_that_never_was(void **state) {
    (void)state;
    day("Pacific/Apia", utc(2011, 12, 30, 9, 59), 0, utc(2011, 12, 29, 10, 0), 1440); /* the 29th */
    day("Pacific/Apia", utc(2011, 12, 30, 10, 0), 0, utc(2011, 12, 30, 10, 0), 1440); /* the 31st */
    day("Pacific/Apia", utc(2011, 12, 30, 9, 59), 360, utc(2011, 12, 29, 16, 0),
        18 * 60); /* 06:00 of the 29th to the jump, which is past 06:00 of the 30th */
    day("Pacific/Apia", utc(2011, 12, 30, 12, 0), 360, utc(2011, 12, 30, 10, 0), 6 * 60);
}

/* ---- laws ------------------------------------------------------------------------------------------------------ */

static const char *const zones[] = {
    "UTC",
    "Asia/Shanghai",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Europe/Lisbon",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Havana",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Asuncion",
    "America/Caracas",
    "America/Scoresbysund",
    "America/Nuuk",
    "Asia/Beirut",
    "Asia/Tehran",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Gaza",
    "Asia/Amman",
    "Asia/Pyongyang",
    "Asia/Manila",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Australia/Eucla",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kwajalein",
    "Pacific/Kiritimati",
    "Pacific/Fiji",
    "Antarctica/Troll",
    "Antarctica/Casey",
};
#define ZONES (sizeof zones / sizeof *zones)

/* Every day from 1970 to 2037 begins where the one before ended, and any instant in it finds it again. */
static void days_tile_the_time_line(void **state) {
    (void)state;
    for (size_t i = 0; i < ZONES; i++) {
        struct fc_zone *z = zone(zones[i]);
        int start_minute = (int)(rng() % 3 == 0 ? 0 : rng() % 1440);
        int64_t start, end, s, e, last = utc(2037, 12, 1, 0, 0);
        fc_zone_day(z, utc(1970, 1, 1, 12, 0), start_minute, &start, &end);
        while (end < last) {
            fc_zone_day(z, end, start_minute, &s, &e);
            assert_int_equal(s, end);
            assert_true(e > s);
            int64_t at = s + (int64_t)(rng() % (uint64_t)(e - s));
            fc_zone_day(z, at, start_minute, &start, &end);
            assert_int_equal(start, s);
            assert_int_equal(end, e);
        }
        fc_zone_close(z);
    }
}

/* By the C library's own reading of the zone: seconds since 1970 as its clocks show them. */
static int64_t shown(int64_t at_us) {
    time_t s = (time_t)(at_us / US);
    struct tm tm;
    (void)localtime_r(&s, &tm);
    return timegm(&tm);
}

static int64_t step_us(int64_t at, int64_t start) {
    return start - at > HOUR_US ? 1800 * US : 60 * US;
}

/* The definition itself, looked up second by second where it matters: no instant of the two days before shows the
 * start, the first one does, and it is the start of the date that `at` belongs to. */
static void expect_first_showing(const struct fc_zone *z, const char *name, int64_t at, int start_minute) {
    int64_t start, end;
    fc_zone_day(z, at, start_minute, &start, &end);
    if (start > at || at >= end)
        fail_msg("%s, start %d: %lld is not within %lld..%lld", name, start_minute, (long long)at, (long long)start,
                 (long long)end);
    int64_t starts[] = {start, end};
    for (int i = 0; i < 2; i++) {
        int64_t here = shown(starts[i]), target = here - ((here - start_minute * 60) % 86400 + 86400) % 86400,
                seen = shown(starts[i] - US);
        for (int64_t t = starts[i] - 50 * HOUR_US; t < starts[i]; t += step_us(t, starts[i]))
            seen = seen > shown(t) ? seen : shown(t);
        if (seen >= target)
            fail_msg("%s, start %d: %lld was shown before %lld", name, start_minute, (long long)target,
                     (long long)starts[i]);
    }
    int64_t seen = 0; /* within the day no later start comes */
    for (int64_t t = start; t < end; t += 1800 * US) seen = seen > shown(t) ? seen : shown(t);
    seen = seen > shown(end - US) ? seen : shown(end - US);
    int64_t here = shown(start), next = here - ((here - start_minute * 60) % 86400 + 86400) % 86400 + 86400;
    if (seen >= next)
        fail_msg("%s, start %d: the day from %lld holds the start of the next", name, start_minute, (long long)start);
}

static void the_c_library_agrees(void **state) {
    (void)state;
    char *before = getenv("TZ") != NULL ? strdup(getenv("TZ")) : NULL;
    for (size_t i = 0; i < ZONES; i++) {
        struct fc_zone *z = zone(zones[i]);
        (void)setenv("TZ", zones[i], 1);
        tzset();
        int64_t changed = shown(0);
        for (int64_t t = 0; t < utc(2037, 12, 1, 0, 0);
             t += 12 * HOUR_US) { /* around each change of the clocks, and now and then */
            bool change = shown(t) - t / US != changed;
            changed = shown(t) - t / US;
            if (!change && rng() % 1000 != 0) continue;
            int64_t at = t - (int64_t)(rng() % 30) * HOUR_US;
            expect_first_showing(z, zones[i], at, 0);
            expect_first_showing(z, zones[i], at, (int)(rng() % 1440));
            expect_first_showing(z, zones[i], t - (int64_t)(rng() % 13) * HOUR_US, (int)(rng() % 240));
        }
        fc_zone_close(z);
    }
    if (before != NULL)
        (void)setenv("TZ", before, 1);
    else
        (void)unsetenv("TZ");
    tzset();
    free(before);
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static void an_unknown_zone_is_refused(void **state) {
    (void)state;
    static const char *const names[] = {
        "Europe/Berlim",
        "",
        "../../etc/passwd",
        "/usr/share/zoneinfo/Europe/Berlin",
        "Europe",
        "Europe/",
        "Europe/../UTC",
        "+02",
        "02:00",
        "EST5EDT,M3.2.0,M11.1.0",
        "XYZ3",
        "Asia/Shanghai ",
        ":UTC",
        "right/Europe/Berlin",
        "posix/Europe/Berlin",
        "zone.tab",
        "tzdata.zi",
        "zone1970.tab",
        "leapseconds",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct fc_zone *z = NULL;
        struct fc_error err = {.text = ""};
        char want[200];
        (void)snprintf(want, sizeof want,
                       "\"%s\" is no zone known here; expected an IANA name such as Europe/Berlin or Asia/Shanghai "
                       "(package tzdata)",
                       names[i]);
        if (fc_zone_open(names[i], &z, &err) != FC_CONFIG) fail_msg("%s was taken", names[i]);
        assert_null(z);
        assert_string_equal(err.text, want);
    }
}

static void the_machines_own(void **state) {
    (void)state;
    int64_t start, end;
    char *before = getenv("TZ") != NULL ? strdup(getenv("TZ")) : NULL;
    (void)setenv("TZ", "Asia/Tokyo", 1);
    struct fc_zone *z = zone(NULL), *other = zone("America/New_York");
    (void)setenv("TZ", "UTC", 1); /* what is open stays as it was */
    fc_zone_day(z, utc(2026, 1, 1, 12, 0), 0, &start, &end);
    assert_int_equal(start, utc(2025, 12, 31, 15, 0));
    fc_zone_day(other, utc(2026, 1, 1, 12, 0), 0, &start, &end);
    assert_int_equal(start, utc(2026, 1, 1, 5, 0));
    assert_null(fc_zone_name(z));
    assert_string_equal(fc_zone_name(other), "America/New_York");
    fc_zone_close(z);
    fc_zone_close(other);
    fc_zone_close(NULL);
    if (before != NULL)
        (void)setenv("TZ", before, 1);
    else
        (void)unsetenv("TZ");
    free(before);
}

static void *walk_days(void *ctx) {
    struct fc_zone *shared = ctx, *own = zone("Europe/Berlin");
    int64_t start, end = utc(2000, 1, 1, 0, 0), sum = 0, own_start, own_end;
    for (int i = 0; i < 3000; i++) {
        fc_zone_day(shared, end, 0, &start, &end);
        fc_zone_day(own, end, 0, &own_start, &own_end);
        sum += end - own_start;
    }
    fc_zone_close(own);
    return (void *)(intptr_t)sum; // NOLINT
}

static void several_threads_at_once(void **state) {
    (void)state;
    struct fc_zone *z = zone("America/Santiago");
    pthread_t threads[4];
    void *want = walk_days(z), *got;
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, walk_days, z), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &got), 0);
        assert_ptr_equal(got, want);
    }
    fc_zone_close(z);
}

int main(void) {
    rng_seed(20260905);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clocks_change),          cmocka_unit_test(a_day_without_midnight),
        cmocka_unit_test(a_start_that_comes_twice),   cmocka_unit_test(a_date_that_never_was),
        cmocka_unit_test(days_tile_the_time_line),    cmocka_unit_test(the_c_library_agrees),
        cmocka_unit_test(an_unknown_zone_is_refused), cmocka_unit_test(the_machines_own),
        cmocka_unit_test(several_threads_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
