/* The business day: each queue's by its zone and its reset time, `all`, groups and agents by the global ones; on days
 * when clocks change as well. What a zone's day is, zone.c's test says; here it is what is counted in which. */
#include "configured.h"

/* ---- when a day begins and ends --------------------------------------------------------------------------------- */

struct day {
    const char *zone, *start_time;
    int64_t start_us;
    int minutes;
};

static void count_round_the_clock(const struct day *d) {
    char yaml[200];
    int64_t end_us = d->start_us + d->minutes * MINUTE;
    (void)snprintf(yaml, sizeof yaml, "zone: %s\nday_start: \"%s\"\n", d->zone, d->start_time);
    start(yaml, d->start_us - HOUR);
    visit(d->start_us - 30 * MINUTE, "before", "sales");
    assert_int_equal(today("sales", FC_TALLY_offered), 1);
    at(d->start_us - 1);
    assert_int_equal(today("sales", FC_TALLY_offered), 1);
    at(d->start_us);
    assert_int_equal(today("sales", FC_TALLY_offered), 0);
    visit(d->start_us, "first", "sales");
    at(d->start_us + d->minutes / 2 * MINUTE);
    visit(d->start_us + d->minutes / 2 * MINUTE, "noon", "sales");
    at(end_us - 2 * S);
    visit(end_us - 2 * S, "last", "sales");
    at(end_us - 1);
    assert_int_equal(today("sales", FC_TALLY_offered), 3);
    assert_int_equal(all_today(FC_TALLY_offered), 3);
    at(end_us);
    assert_int_equal(today("sales", FC_TALLY_offered), 0);
    assert_int_equal(all_today(FC_TALLY_offered), 0);
    end();
}

static void a_day_is_as_long_as_its_zone_says(void **state) {
    (void)state;
    const struct day days[] = {
        {"Europe/Berlin", "00:00", utc(2026, 3, 28, 23, 0), 23 * 60},  /* clocks go forward */
        {"Europe/Berlin", "00:00", utc(2026, 10, 24, 22, 0), 25 * 60}, /* and back */
        {"Europe/Berlin", "06:00", utc(2026, 3, 28, 5, 0), 23 * 60},   /* both in the night before the reset */
        {"Europe/Berlin", "06:00", utc(2026, 10, 24, 4, 0), 25 * 60},
        {"America/Santiago", "00:00", utc(2026, 9, 6, 4, 0), 23 * 60},   /* from 24:00 to 01:00: there is no midnight */
        {"America/Santiago", "00:00", utc(2026, 9, 5, 4, 0), 24 * 60},   /* the day before ends where that one begins */
        {"Asia/Beirut", "00:30", utc(2022, 3, 26, 22, 0), 23 * 60 + 30}, /* nor 00:30 */
        {"America/Havana", "00:00", utc(2025, 11, 2, 4, 0), 25 * 60},    /* midnight twice */
        {"Asia/Shanghai", "00:00", utc(2026, 3, 28, 16, 0), 24 * 60},
    };
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) count_round_the_clock(&days[i]);
}

#define THREE_DAYS                                                                                                     \
    "zone: Asia/Shanghai\n"                                                                                            \
    "queues:\n"                                                                                                        \
    "  - name: berlin\n"                                                                                               \
    "    zone: Europe/Berlin\n"                                                                                        \
    "  - name: berlin six\n"                                                                                           \
    "    zone: Europe/Berlin\n"                                                                                        \
    "    day_start: \"06:00\"\n"                                                                                       \
    "  - name: new york\n"                                                                                             \
    "    zone: America/New_York\n"                                                                                     \
    "groups:\n"                                                                                                        \
    "  - name: germany\n"                                                                                              \
    "    queues: [berlin, berlin six]\n"

static const char *const three[] = {"berlin", "berlin six", "new york"};

static void visit_all(int64_t at_us, const char *suffix) {
    char contact[3][32];
    for (int i = 0; i < 3; i++) {
        (void)snprintf(contact[i], sizeof contact[i], "%d%s", i, suffix);
        visit(at_us, contact[i], three[i]);
    }
}

static void expect_days(int64_t berlin, int64_t six, int64_t new_york, int64_t all) {
    assert_int_equal(today("berlin", FC_TALLY_offered), berlin);
    assert_int_equal(today("berlin six", FC_TALLY_offered), six);
    assert_int_equal(today("new york", FC_TALLY_offered), new_york);
    assert_int_equal(all_today(FC_TALLY_offered), all);
}

/* Resets in the order of time: all (Shanghai) 16:00Z, berlin 23:00Z, new york 05:00Z, berlin six 05:00Z. */
static void queues_have_days_of_their_own(void **state) {
    (void)state;
    start(THREE_DAYS, utc(2026, 1, 14, 15, 0));
    visit_all(utc(2026, 1, 14, 15, 0), "a");
    expect_days(1, 1, 1, 3);
    at(utc(2026, 1, 14, 16, 0));
    expect_days(1, 1, 1, 0);
    assert_int_equal(count(FC_SCOPE_GROUP, "germany", FC_WINDOW_DAY, FC_TALLY_offered), 0);
    visit_all(utc(2026, 1, 14, 16, 0), "b");
    expect_days(2, 2, 2, 3);
    at(utc(2026, 1, 14, 23, 0));
    expect_days(0, 2, 2, 3);
    at(utc(2026, 1, 15, 5, 0));
    expect_days(0, 0, 0, 3);
    assert_int_equal(count(FC_SCOPE_GROUP, "germany", FC_WINDOW_DAY, FC_TALLY_offered), 2);
    end();
}

/* ---- what spans a reset ----------------------------------------------------------------------------------------- */

#define RESET utc(2026, 3, 29, 22, 0) /* the end of 23 hours in Berlin */
#define BERLIN "zone: Europe/Berlin\nthreshold_s: 20\nshort_abandon_s: 5\n"

static void a_wait_goes_on_over_the_reset(void **state) {
    (void)state;
    start(BERLIN, RESET - HOUR);
    at(RESET - 8 * S);
    say(FC_OFFERED, RESET - 8 * S, "a", "sales", NULL);
    say(FC_OFFERED, RESET - 8 * S, "b", "sales", NULL);
    assert_int_equal(today("sales", FC_TALLY_offered), 2);
    at(RESET + 4 * S);
    say(FC_ANSWERED, RESET + 4 * S, "a", "sales", "ann");
    assert_int_equal(today("sales", FC_TALLY_offered), 0);
    assert_int_equal(today("sales", FC_TALLY_answered), 1);
    assert_int_equal(today("sales", FC_TALLY_wait_us), 12 * S);
    assert_int_equal(today("sales", FC_TALLY_sl_met), 1);
    at(RESET + 13 * S); /* the other's threshold has elapsed, today */
    assert_int_equal(today("sales", FC_TALLY_sl_missed), 1);
    say(FC_ENDED, RESET + 10 * S, "a", NULL, NULL);
    assert_int_equal(today("sales", FC_TALLY_handle_us), 6 * S);
    assert_true(publishes("queue/sales/day"));
    assert_true(shown_number("waiting", NULL) == 1 && shown_number("from_us", NULL) == (double)RESET);
    end();
}

/* Talking since before the reset: the talk counts where it ends, the agent's time on each side. */
static void an_agents_time_is_cut_at_the_reset(void **state) {
    (void)state;
    start(BERLIN, RESET - HOUR);
    say(FC_JOINED, RESET - HOUR, NULL, "sales", "ann");
    say(FC_OFFERED, RESET - 20 * MINUTE, "a", "sales", NULL);
    say(FC_ANSWERED, RESET - 20 * MINUTE, "a", "sales", "ann");
    at(RESET + 10 * MINUTE);
    say(FC_ENDED, RESET + 10 * MINUTE, "a", NULL, NULL);
    assert_int_equal(count(FC_SCOPE_AGENT, "ann", FC_WINDOW_DAY, FC_TALLY_TIME + FC_AGENT_BUSY), 10 * MINUTE);
    assert_int_equal(today("sales", FC_TALLY_TIME + FC_AGENT_BUSY), 10 * MINUTE);
    assert_int_equal(today("sales", FC_TALLY_TIME + FC_AGENT_AVAILABLE), 0);
    assert_int_equal(today("sales", FC_TALLY_talk_us), 30 * MINUTE);
    end();
}

/* ---- late events ------------------------------------------------------------------------------------------------ */

static void what_is_late_changes_yesterday_alone(void **state) {
    (void)state;
    int64_t late_us = RESET - 10 * MINUTE;
    struct stored minute = {FC_SCOPE_QUEUE, "sales", 1, late_us, {0}},
                  day = {FC_SCOPE_QUEUE, "sales", 24 * 60, utc(2026, 3, 29, 0, 0), {0}};
    start(BERLIN, RESET - HOUR);
    visit(RESET - 30 * MINUTE, "a", "sales");
    at(RESET + 5 * MINUTE);
    visit(RESET + 2 * MINUTE, "b", "sales");
    store(&minute);
    assert_int_equal(minute.count[FC_TALLY_offered], 0);
    visit(late_us, "c", "sales");
    assert_int_equal(today("sales", FC_TALLY_offered), 1);
    assert_int_equal(all_today(FC_TALLY_offered), 1);
    store(&minute);
    assert_int_equal(minute.count[FC_TALLY_offered], 1);
    assert_int_equal(minute.count[FC_TALLY_LEFT + FC_LEFT_KEY], 1);
    visit(late_us + MINUTE, "d", "sales");
    store(&day);
    assert_int_equal(day.count[FC_TALLY_offered], 1);
    assert_int_equal(today("sales", FC_TALLY_offered), 1);
    end();
}

/* An answer told late takes back the breach of yesterday and none of today. */
static void what_is_taken_back_is_yesterdays(void **state) {
    (void)state;
    struct stored minute = {FC_SCOPE_QUEUE, "sales", 1, RESET - 10 * MINUTE, {0}};
    start(BERLIN, RESET - HOUR);
    at(RESET - 10 * MINUTE);
    say(FC_OFFERED, RESET - 10 * MINUTE, "a", "sales", NULL);
    at(RESET + 5 * MINUTE);
    store(&minute);
    assert_int_equal(minute.count[FC_TALLY_sl_missed], 1);
    assert_int_equal(today("sales", FC_TALLY_sl_missed), 0);
    say(FC_ANSWERED, RESET - 10 * MINUTE + 7 * S, "a", "sales", "ann");
    store(&minute);
    assert_int_equal(minute.count[FC_TALLY_sl_missed], 0);
    assert_int_equal(minute.count[FC_TALLY_sl_met], 1);
    assert_int_equal(today("sales", FC_TALLY_sl_met), 0);
    assert_int_equal(today("sales", FC_TALLY_sl_missed), 0);
    assert_int_equal(today("sales", FC_TALLY_answered), 0);
    end();
}

int main(void) {
    (void)setenv("TZ", "UTC", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_is_as_long_as_its_zone_says),    cmocka_unit_test(queues_have_days_of_their_own),
        cmocka_unit_test(a_wait_goes_on_over_the_reset),        cmocka_unit_test(an_agents_time_is_cut_at_the_reset),
        cmocka_unit_test(what_is_late_changes_yesterday_alone), cmocka_unit_test(what_is_taken_back_is_yesterdays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
