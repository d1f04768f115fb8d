/* The engine's rules, one by one. */
#include "floor.h"

static void say(struct fc_engine *e, enum fc_kind kind, int64_t at_s, const char *contact, const char *queue, const char *agent) {
    post(e, fc_event_make(kind, T0 + at_s * S), contact, queue, agent);
}

static void leave(struct fc_engine *e, int64_t at_s, const char *contact, const char *queue, enum fc_left reason) {
    struct fc_event ev = fc_event_make(FC_LEFT, T0 + at_s * S);
    fc_event_set_left(&ev, reason);
    post(e, ev, contact, queue, NULL);
}

static void end(struct fc_engine *e, int64_t at_s, const char *contact, enum fc_by by) {
    struct fc_event ev = fc_event_make(FC_ENDED, T0 + at_s * S);
    FC_EVENT_NUM(&ev, by, (uint8_t)by);
    post(e, ev, contact, NULL, NULL);
}

static void agent_is(struct fc_engine *e, int64_t at_s, const char *agent, enum fc_agent_state s) {
    struct fc_event ev = fc_event_make(FC_AGENT, T0 + at_s * S);
    fc_event_set_agent(&ev, s);
    post(e, ev, NULL, NULL, agent);
}



static void expect_ratio(struct fc_kpi_value v, int64_t n, double value) {
    assert_int_equal(v.n, n);
    if (n == 0) assert_false(v.known);
    else assert_true(v.known && v.value > value - 1e-9 && v.value < value + 1e-9 && v.lo <= v.value && v.value <= v.hi);
}

/* ---- rules ------------------------------------------------------------------------------------------------------ */

static void nothing_is_null_not_zero(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    say(e, FC_OFFERED, 0, "a", "sales", NULL);
    expect_ratio(kpi_of(e, "sales", FC_KPI_service_level), 0, 0);
    assert_false(kpi_of(e, "sales", FC_KPI_asa_ms).known);
    assert_false(kpi_of(e, "sales", FC_KPI_aht_ms).known);
    assert_int_equal(kpi_of(e, "sales", FC_KPI_offered).i, 1);
    fc_engine_destroy(e);
}

static void a_breach_counts_when_the_threshold_elapses(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    say(e, FC_OFFERED, 0, "a", "sales", NULL);
    agent_is(e, 20, "x", FC_AGENT_AVAILABLE); /* moves the event clock: exactly T is still in time */
    expect_ratio(kpi_of(e, "sales", FC_KPI_service_level), 0, 0);
    agent_is(e, 21, "x", FC_AGENT_AVAILABLE);
    expect_ratio(kpi_of(e, "sales", FC_KPI_service_level), 1, 0.0);
    say(e, FC_ANSWERED, 30, "a", "sales", "x");
    expect_ratio(kpi_of(e, "sales", FC_KPI_service_level), 1, 0.0); /* once */
    fc_engine_destroy(e);
}

static void what_leaves_alive_is_no_breach(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    say(e, FC_OFFERED, 0, "a", "sales", NULL);
    agent_is(e, 40, "x", FC_AGENT_AVAILABLE);
    expect_ratio(kpi_of(e, "sales", FC_KPI_service_level), 1, 0.0);
    leave(e, 50, "a", "sales", FC_LEFT_TIMEOUT);
    expect_ratio(kpi_of(e, "sales", FC_KPI_service_level), 0, 0);
    assert_int_equal(kpi_of(e, "sales", FC_KPI_flow_out).i, 1);
    fc_engine_destroy(e);
}

static void an_answer_heard_late_is_still_in_time(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    say(e, FC_OFFERED, 0, "a", "sales", NULL);
    agent_is(e, 25, "x", FC_AGENT_AVAILABLE); /* the breach was counted.. */
    say(e, FC_ANSWERED, 12, "a", "sales", "x"); /* ..and is taken back */
    expect_ratio(kpi_of(e, "sales", FC_KPI_service_level), 1, 1.0);
    assert_int_equal(kpi_of(e, "sales", FC_KPI_asa_ms).i, 12000);
    fc_engine_destroy(e);
}

static void short_abandons_stand_beside(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    static const char *const ids[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; i++) say(e, FC_OFFERED, 0, ids[i], "sales", NULL);
    leave(e, 5, "a", "sales", FC_LEFT_ABANDONED);  /* short */
    leave(e, 6, "b", "sales", FC_LEFT_ABANDONED);
    leave(e, 7, "c", "sales", FC_LEFT_KEY);
    say(e, FC_ANSWERED, 8, "d", "sales", "x");
    assert_int_equal(kpi_of(e, "sales", FC_KPI_abandoned).i, 2);
    assert_int_equal(kpi_of(e, "sales", FC_KPI_short_abandoned).i, 1);
    expect_ratio(kpi_of(e, "sales", FC_KPI_abandon_rate), 2, 0.5);  /* (2-1) / (4-1-1) */
    expect_ratio(kpi_of(e, "sales", FC_KPI_service_level), 2, 0.5); /* d met, b not */
    fc_engine_destroy(e);
}

static void handling_moves_to_the_end_of_wrap(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    say(e, FC_OFFERED, 0, "a", "sales", NULL);
    say(e, FC_ANSWERED, 4, "a", "sales", "x");
    say(e, FC_HELD, 10, "a", NULL, NULL);
    say(e, FC_RESUMED, 13, "a", NULL, NULL);
    end(e, 24, "a", FC_BY_CUSTOMER);
    assert_int_equal(kpi_of(e, "sales", FC_KPI_talk_ms).i, 17000);
    assert_int_equal(kpi_of(e, "sales", FC_KPI_hold_ms).i, 3000);
    assert_false(kpi_of(e, "sales", FC_KPI_wrap_ms).known);
    assert_int_equal(kpi_of(e, "sales", FC_KPI_aht_ms).i, 20000);
    say(e, FC_WRAPPED, 34, "a", NULL, "x");
    assert_int_equal(kpi_of(e, "sales", FC_KPI_wrap_ms).i, 10000);
    assert_int_equal(kpi_of(e, "sales", FC_KPI_aht_ms).i, 30000);
    say(e, FC_WRAPPED, 60, "a", NULL, "x"); /* again: counts once */
    assert_int_equal(kpi_of(e, "sales", FC_KPI_aht_ms).i, 30000);
    fc_engine_destroy(e);
}

static void windows_forget_to_the_second(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    say(e, FC_OFFERED, 0, "a", "sales", NULL);
    say(e, FC_ANSWERED, 9, "a", "sales", "x");
    end(e, 19, "a", FC_BY_AGENT);
    say(e, FC_OFFERED, 600, "b", "sales", NULL);
    say(e, FC_ANSWERED, 603, "b", "sales", "x");
    agent_is(e, 899, "x", FC_AGENT_AVAILABLE);
    assert_int_equal(window_of(e, "sales", FC_WINDOW_M15)->v[FC_TALLY_offered], 2);
    assert_int_equal(window_of(e, "sales", FC_WINDOW_M15)->wait_us_max, 9 * S);
    agent_is(e, 900, "x", FC_AGENT_AVAILABLE);
    assert_int_equal(window_of(e, "sales", FC_WINDOW_M15)->v[FC_TALLY_offered], 1);
    agent_is(e, 910, "x", FC_AGENT_AVAILABLE);
    assert_int_equal(window_of(e, "sales", FC_WINDOW_M15)->wait_us_max, 3 * S);
    assert_int_equal(window_of(e, "sales", FC_WINDOW_H1)->v[FC_TALLY_offered], 2);
    agent_is(e, 4 * 3600, "x", FC_AGENT_AVAILABLE);
    assert_int_equal(window_of(e, "sales", FC_WINDOW_H1)->v[FC_TALLY_offered], 0);
    assert_int_equal(window_of(e, "sales", FC_WINDOW_H1)->v[FC_TALLY_answered], 0);
    assert_int_equal(window_of(e, "sales", FC_WINDOW_M15)->v[FC_TALLY_answered], 0);
    assert_int_equal(day_of(e, "sales")->v[FC_TALLY_offered], 2);
    agent_is(e, 15 * 3600, "x", FC_AGENT_AVAILABLE); /* midnight */
    assert_int_equal(day_of(e, "sales")->v[FC_TALLY_offered], 0);
    fc_engine_destroy(e);
}

static void ring_all_losers_stop_alerting(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    say(e, FC_JOINED, 0, NULL, "sales", "x");
    say(e, FC_JOINED, 0, NULL, "support", "x");
    say(e, FC_JOINED, 0, NULL, "sales", "y");
    say(e, FC_OFFERED, 1, "a", "sales", NULL);
    say(e, FC_ALERTED, 1, "a", "sales", "x");
    say(e, FC_ALERTED, 1, "a", "sales", "y");
    assert_int_equal(e->all.e.levels.of[FC_AGENT_ALERTING].n, 2);
    say(e, FC_ANSWERED, 4, "a", "sales", "x");
    assert_int_equal(e->all.e.levels.of[FC_AGENT_ALERTING].n, 0);
    assert_int_equal(e->all.e.levels.of[FC_AGENT_BUSY].n, 1);    /* once, though in two queues */
    assert_int_equal(queue(e, "support")->e.levels.of[FC_AGENT_BUSY].n, 1);
    assert_int_equal(e->all.e.levels.of[FC_AGENT_AVAILABLE].n, 1);
    assert_int_equal(kpi_of(e, NULL, FC_KPI_missed).i, 0);
    fc_engine_destroy(e);
}

static void what_a_snapshot_does_not_list_ends_as_unknown(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    const struct fc_str src = FC_STR_LIT("pbx");
    struct fc_event ev;
    static const char *const ids[] = {"a", "b"};
    for (int i = 0; i < 2; i++) {
        ev = fc_event_make(FC_OFFERED, T0 + S);
        FC_EVENT_STR(&ev, src, src);
        post(e, ev, ids[i], "sales", NULL);
    }
    ev = fc_event_make(FC_SNAPSHOT, T0 + 9 * S);
    FC_EVENT_STR(&ev, src, src);
    fc_event_set_snapshot(&ev, FC_SNAPSHOT_BEGIN);
    fc_engine_apply(e, &ev);
    ev = fc_event_make(FC_OFFERED, T0 + S);
    FC_EVENT_STR(&ev, src, src);
    post(e, ev, "a", "sales", NULL);
    ev = fc_event_make(FC_SNAPSHOT, T0 + 9 * S);
    FC_EVENT_STR(&ev, src, src);
    fc_event_set_snapshot(&ev, FC_SNAPSHOT_END);
    fc_engine_apply(e, &ev);
    assert_int_equal(waiting_of(e, "sales"), 1);
    assert_int_equal(kpi_of(e, "sales", FC_KPI_offered).i, 2); /* listed again, counted once */
    assert_int_equal(day_of(e, "sales")->v[FC_TALLY_LEFT + FC_LEFT_UNKNOWN], 1);
    assert_int_equal(kpi_of(e, "sales", FC_KPI_abandoned).i, 0);
    fc_engine_destroy(e);
}

int main(void) {
    start_floor();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_null_not_zero),
        cmocka_unit_test(a_breach_counts_when_the_threshold_elapses),
        cmocka_unit_test(what_leaves_alive_is_no_breach),
        cmocka_unit_test(an_answer_heard_late_is_still_in_time),
        cmocka_unit_test(short_abandons_stand_beside),
        cmocka_unit_test(handling_moves_to_the_end_of_wrap),
        cmocka_unit_test(windows_forget_to_the_second),
        cmocka_unit_test(ring_all_losers_stop_alerting),
        cmocka_unit_test(what_a_snapshot_does_not_list_ends_as_unknown),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fc_rules_free(rules);
    return failed;
}
