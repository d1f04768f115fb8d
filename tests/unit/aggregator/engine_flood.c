/* More of one thing than anybody expects: records still fit the store, and what counts still counts. */
#include "floor.h"

#define LONG_NAME 120

static uint64_t records;
static uint32_t largest;

static struct fc_record_block *take(void *ctx) {
    (void)ctx;
    struct fc_record_block *b = calloc(1, sizeof *b);
    assert_non_null(b);
    return b;
}

static void give(void *ctx, struct fc_record_block *b) {
    struct fc_record r;
    (void)ctx;
    for (uint32_t at = 0; fc_record_next(b, &at, &r);) {
        records++;
        if (r.value.n > largest) largest = r.value.n;
    }
    free(b);
}

/* An overflowing record would be an assertion of the checkpoint's. */
static void store(struct fc_engine *e) {
    records = largest = 0;
    fc_engine_checkpoint(e, take, give, NULL);
    assert_true(records > 0 && largest < FC_RECORD_BLOCK_BYTES);
}

static const char *long_name(int i) {
    static char name[LONG_NAME + 1];
    (void)snprintf(name, sizeof name, "%0*d", LONG_NAME, i);
    return name;
}

/* Rung in vain thousands of times: every miss counts, and the hold that comes after is measured. */
static void a_contact_that_is_rung_without_end(void **state) {
    (void)state;
    enum { RINGS = 3000 };
    struct fc_engine *e = fresh();
    post(e, fc_event_make(FC_OFFERED, T0), "c", "sales", NULL);
    for (int i = 0; i < RINGS; i++) {
        post(e, fc_event_make(FC_ALERTED, T0 + i * S), "c", "sales", long_name(i % 50));
        post(e, fc_event_make(FC_MISSED, T0 + i * S + S / 2), "c", "sales", long_name(i % 50));
    }
    store(e);
    post(e, fc_event_make(FC_ANSWERED, T0 + RINGS * S), "c", "sales", "x");
    post(e, fc_event_make(FC_HELD, T0 + RINGS * S + 10 * S), "c", NULL, NULL);
    post(e, fc_event_make(FC_RESUMED, T0 + RINGS * S + 14 * S), "c", NULL, NULL);
    post(e, fc_event_make(FC_ENDED, T0 + RINGS * S + 30 * S), "c", NULL, NULL);
    const struct fc_tally *day = day_of(e, "sales");
    assert_int_equal(day->v[FC_TALLY_missed], RINGS);
    assert_int_equal(day->v[FC_TALLY_hold_us], 4 * S);
    assert_int_equal(day->v[FC_TALLY_talk_us], 26 * S);
    assert_true(fc_engine_counters(e)->marks_left_out > 0);
    store(e);
    fc_engine_destroy(e);
}

static void a_contact_that_is_surveyed_without_end(void **state) {
    (void)state;
    enum { SURVEYS = 2000 };
    struct fc_engine *e = fresh();
    post(e, fc_event_make(FC_OFFERED, T0), "c", "sales", NULL);
    for (int i = 0; i < SURVEYS; i++) {
        struct fc_event ev = fc_event_make(FC_SURVEYED, T0 + (i + 1) * S);
        FC_EVENT_NUM(&ev, csat, 4);
        post(e, ev, "c", long_name(i % 50), long_name(i % 50));
    }
    store(e);
    assert_int_equal(day_of(e, NULL)->v[FC_TALLY_csat_n], SURVEYS);
    fc_engine_destroy(e);
}

/* A machine for an agent: ten contacts a second, for an hour. Its time is whole. */
static void an_agent_that_never_rests(void **state) {
    (void)state;
    enum { VISITS = 36000 };
    struct fc_engine *e = fresh();
    char id[16];
    for (int i = 0; i < VISITS; i++) {
        int64_t at_us = T0 + i * (S / 10);
        (void)snprintf(id, sizeof id, "c%d", i);
        post(e, fc_event_make(FC_OFFERED, at_us), id, "sales", NULL);
        post(e, fc_event_make(FC_ANSWERED, at_us + S / 100), id, "sales", "robot");
        post(e, fc_event_make(FC_ENDED, at_us + S / 20), id, NULL, NULL);
        if (i % 9000 == 8999) store(e);
    }
    struct fc_event tick = fc_event_make(FC_JOINED, T0 + VISITS * (S / 10));
    post(e, tick, NULL, "sales", "robot");
    const struct fc_tally *day = day_of(e, "sales");
    assert_int_equal(day->v[FC_TALLY_answered], VISITS);
    assert_int_equal(day->v[FC_TALLY_TIME + FC_AGENT_BUSY], VISITS * (S / 25));
    assert_int_equal(day->v[FC_TALLY_TIME + FC_AGENT_AVAILABLE], VISITS * (S / 10) - S / 100 - VISITS * (S / 25));
    store(e);
    fc_engine_destroy(e);
}

/* Joining and leaving for weeks leaves nothing behind that grows. */
static void shifts_without_end(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    for (int day = 0; day < 60; day++)
        for (int shift = 0; shift < 4; shift++) {
            int64_t at_us = T0 + day * 86400 * S + shift * 3 * 3600 * S;
            post(e, fc_event_make(FC_JOINED, at_us), NULL, "sales", "x");
            post(e, fc_event_make(FC_PARTED, at_us + 7200 * S), NULL, "sales", "x");
        }
    const struct fc_agent *x = fc_map_find(&e->agents, fc_str("x"));
    assert_true(x->line.seats_n < 40);
    assert_int_equal(e->all.e.levels.of[FC_AGENT_OFFLINE].n, 1);
    store(e);
    fc_engine_destroy(e);
}

/* Another agent had answered before, a late word says: the one shown as talking with it is the right one. */
static void a_late_answer_frees_the_other_agent(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    post(e, fc_event_make(FC_OFFERED, T0), "c", "sales", NULL);
    post(e, fc_event_make(FC_ANSWERED, T0 + 20 * S), "c", "sales", "second");
    post(e, fc_event_make(FC_ANSWERED, T0 + 10 * S), "c", "sales", "first");
    const struct fc_agent *first = fc_map_find(&e->agents, fc_str("first")), *second = fc_map_find(&e->agents, fc_str("second"));
    assert_non_null(first->talk);
    assert_null(second->talk);
    post(e, fc_event_make(FC_ENDED, T0 + 40 * S), "c", NULL, NULL);
    assert_null(first->talk);
    fc_engine_destroy(e);
}

int main(void) {
    start_floor();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_contact_that_is_rung_without_end),
        cmocka_unit_test(a_contact_that_is_surveyed_without_end),
        cmocka_unit_test(an_agent_that_never_rests),
        cmocka_unit_test(shifts_without_end),
        cmocka_unit_test(a_late_answer_frees_the_other_agent),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fc_rules_free(rules);
    return failed;
}
