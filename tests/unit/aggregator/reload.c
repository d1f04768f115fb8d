/* What new rules change while the engine runs, and from when on. */
#include "configured.h"

#define T0 utc(2026, 1, 14, 10, 0)

/* ---- thresholds ------------------------------------------------------------------------------------------------- */

static void answered_after(int64_t at_us, int64_t wait_s, const char *contact) {
    say(FC_OFFERED, at_us, contact, "sales", NULL);
    at(at_us + wait_s * S);
    say(FC_ANSWERED, at_us + wait_s * S, contact, "sales", contact);
}

static void a_threshold_holds_for_contacts_offered_from_then_on(void **state) {
    (void)state;
    start("threshold_s: 20\nshort_abandon_s: 5\n", T0);
    answered_after(T0, 15, "a");
    say(FC_OFFERED, T0 + MINUTE, "waits", "sales", NULL);
    say(FC_OFFERED, T0 + MINUTE, "leaves", "sales", NULL);
    reload("threshold_s: 10\nshort_abandon_s: 0\n");
    assert_int_equal(today("sales", FC_TALLY_sl_met), 1);
    at(T0 + MINUTE + 4 * S);
    leave(T0 + MINUTE + 4 * S, "leaves", "sales", FC_LEFT_ABANDONED); /* short by what held when it came */
    assert_int_equal(today("sales", FC_TALLY_short_abandoned), 1);
    at(T0 + MINUTE + 15 * S);
    assert_int_equal(today("sales", FC_TALLY_sl_missed), 0);
    say(FC_ANSWERED, T0 + MINUTE + 15 * S, "waits", "sales", "ann");
    assert_int_equal(today("sales", FC_TALLY_sl_met), 2);
    answered_after(T0 + 2 * MINUTE, 15, "b");
    assert_int_equal(today("sales", FC_TALLY_sl_met), 2);
    assert_int_equal(today("sales", FC_TALLY_sl_missed), 1);
    say(FC_OFFERED, T0 + 3 * MINUTE, "c", "sales", NULL);
    at(T0 + 3 * MINUTE + 3 * S);
    leave(T0 + 3 * MINUTE + 3 * S, "c", "sales", FC_LEFT_ABANDONED);
    assert_int_equal(today("sales", FC_TALLY_short_abandoned), 1);
    assert_int_equal(today("sales", FC_TALLY_sl_missed), 2);
    end();
}

/* A queue that the file names from now on, and a channel of it. */
static void a_queues_own_threshold_holds_too(void **state) {
    (void)state;
    start("threshold_s: 20\n", T0);
    answered_after(T0, 15, "a");
    reload("threshold_s: 20\nqueues:\n  - name: sales\n    threshold_s: 10\n    channels:\n      - channel: chat\n     "
           "   threshold_s: 30\n");
    answered_after(T0 + MINUTE, 15, "b");
    struct fc_event ev = fc_event_make(FC_OFFERED, T0 + 2 * MINUTE);
    FC_EVENT_NUM(&ev, channel, FC_CHANNEL_CHAT);
    tell(ev, "c", "sales", NULL);
    at(T0 + 2 * MINUTE + 15 * S);
    say(FC_ANSWERED, T0 + 2 * MINUTE + 15 * S, "c", "sales", "ann");
    assert_int_equal(today("sales", FC_TALLY_sl_met), 2);
    assert_int_equal(today("sales", FC_TALLY_sl_missed), 1);
    end();
}

/* ---- formulas and goals ----------------------------------------------------------------------------------------- */

static void formulas_and_goals_change_what_is_published_at_once(void **state) {
    (void)state;
    start("threshold_s: 20\nshort_abandon_s: 5\ngoal: 0.8\n", T0);
    answered_after(T0, 10, "a");
    answered_after(T0 + MINUTE, 40, "b");
    visit(T0 + 2 * MINUTE, "menu", "sales");
    assert_true(publishes("queue/sales/day"));
    assert_true(shown_number("service_level", "value") == 0.5 && shown_number("goal", NULL) == 0.8 &&
                shown_number("threshold_ms", NULL) == 20000);
    assert_false(publishes("queue/sales/day"));
    reload("threshold_s: 20\nshort_abandon_s: 5\ngoal: 0.9\nservice_level: negative\n");
    assert_true(publishes("queue/sales/day"));
    assert_true(shown_number("service_level", "value") == 1.0 / 3 && shown_number("goal", NULL) == 0.9);
    reload("threshold_s: 20\nshort_abandon_s: 5\ngoal: 0.9\nservice_level: negative\nqueues:\n  - name: sales\n    "
           "service_level: answered\n    goal: 0.7\n");
    assert_true(publishes("queue/sales/day"));
    assert_true(shown_number("service_level", "value") == 0.5 && shown_number("goal", NULL) == 0.7);
    reload("threshold_s: 20\nshort_abandon_s: 5\ngoal: 0.9\nservice_level: negative\n");
    assert_true(publishes("group/all/day"));
    assert_true(shown_number("service_level", "value") == 1.0 / 3 && shown_number("goal", NULL) == 0.9);
    end();
}

/* ---- groups ----------------------------------------------------------------------------------------------------- */

#define GROUP(name, queues) "groups:\n  - name: " name "\n    queues: [" queues "]\n"

/* Ann serves both queues, Bob one: each once, in the windows and in the day. */
static void staff_two_queues(void) {
    say(FC_JOINED, T0, NULL, "sales", "ann");
    say(FC_JOINED, T0, NULL, "help", "ann");
    say(FC_JOINED, T0, NULL, "help", "bob");
    say(FC_OFFERED, T0 + MINUTE, "a", "sales", NULL);
    say(FC_ANSWERED, T0 + MINUTE, "a", "sales", "ann");
    say(FC_OFFERED, T0 + 2 * MINUTE, "w", "help", NULL);
    visit(T0 + 3 * MINUTE, "b", "help");
}

static void expect_both_queues(const char *group) {
    for (int w = FC_WINDOW_M15; w <= FC_WINDOW_DAY; w++) {
        const struct fc_tally *t = held(FC_SCOPE_GROUP, group, (enum fc_window)w);
        assert_int_equal(t->v[FC_TALLY_offered], 3);
        assert_int_equal(t->v[FC_TALLY_answered], 1);
        assert_int_equal(t->v[FC_TALLY_sl_missed], 1);
        assert_int_equal(t->v[FC_TALLY_TIME + FC_AGENT_AVAILABLE], 11 * MINUTE);
        assert_int_equal(t->v[FC_TALLY_TIME + FC_AGENT_BUSY], 9 * MINUTE);
    }
}

static void a_new_group_has_what_its_queues_had(void **state) {
    (void)state;
    start("threshold_s: 20\n", T0);
    staff_two_queues();
    at(T0 + 10 * MINUTE);
    reload("threshold_s: 20\n" GROUP("both", "sales, help"));
    expect_both_queues("both");
    assert_true(publishes("group/both/now"));
    assert_true(shown_number("waiting", NULL) == 1 && shown_number("agents", "busy") == 1 &&
                shown_number("agents", "available") == 1);
    leave(T0 + 10 * MINUTE, "w", "help", FC_LEFT_KEY);
    assert_true(publishes("group/both/now"));
    assert_true(shown_number("waiting", NULL) == 0);
    end();
}

static void a_group_with_other_queues_begins_anew(void **state) {
    (void)state;
    start("threshold_s: 20\n" GROUP("both", "sales"), T0);
    staff_two_queues();
    at(T0 + 10 * MINUTE);
    assert_int_equal(count(FC_SCOPE_GROUP, "both", FC_WINDOW_DAY, FC_TALLY_offered), 1);
    reload("threshold_s: 20\n" GROUP("both", "sales, help"));
    expect_both_queues("both");
    reload("threshold_s: 20\n" GROUP("both", "help"));
    assert_int_equal(count(FC_SCOPE_GROUP, "both", FC_WINDOW_M15, FC_TALLY_offered), 2);
    assert_int_equal(count(FC_SCOPE_GROUP, "both", FC_WINDOW_DAY, FC_TALLY_answered), 0);
    assert_int_equal(count(FC_SCOPE_GROUP, "both", FC_WINDOW_DAY, FC_TALLY_TIME + FC_AGENT_BUSY),
                     9 * MINUTE); /* Ann serves it too */
    end();
}

/* It is neither found nor published any more, displays are told once that it is gone, and its queues go on; nothing of it is kept for when it comes again. */
static void a_removed_group_is_gone(void **state) {
    (void)state;
    struct fc_tally none = {0};
    start("threshold_s: 20\n" GROUP("both", "sales, help"), T0);
    staff_two_queues();
    at(T0 + 10 * MINUTE);
    assert_true(publishes("group/both/day"));
    reload("threshold_s: 20\n");
    assert_false(fc_engine_peek(engine, FC_SCOPE_GROUP, fc_str("both"), -1, FC_WINDOW_DAY, &none));
    visit(T0 + 10 * MINUTE, "c", "help");
    assert_false(publishes("group/both/day"));
    assert_true(shown.gone);
    at(T0 + 2 * HOUR); /* facts and steps of its time grow old without it */
    assert_false(publishes("group/both/day"));
    assert_false(shown.gone);
    assert_int_equal(today("help", FC_TALLY_offered), 3);
    reload("threshold_s: 20\n" GROUP("both", "sales, help"));
    assert_int_equal(count(FC_SCOPE_GROUP, "both", FC_WINDOW_DAY, FC_TALLY_offered), 4);
    assert_int_equal(count(FC_SCOPE_GROUP, "both", FC_WINDOW_H1, FC_TALLY_offered), 0);
    end();
}

/* ---- the window of first contact resolution --------------------------------------------------------------------- */

static void call(const char *contact, int64_t at_us) {
    struct fc_event ev = fc_event_make(FC_OFFERED, at_us);
    FC_EVENT_STR(&ev, customer, fc_str("customer"));
    tell(ev, contact, "sales", NULL);
    say(FC_ANSWERED, at_us, contact, "sales", "ann");
    say(FC_ENDED, at_us + MINUTE, contact, NULL, NULL);
}

static void expect_chains(int64_t n, int64_t once, int64_t final_once) {
    assert_int_equal(today("sales", FC_TALLY_chain_n), n);
    assert_int_equal(today("sales", FC_TALLY_chain_once), once);
    assert_int_equal(today("sales", FC_TALLY_chain_final_once), final_once);
    assert_int_equal(count(FC_SCOPE_AGENT, "ann", FC_WINDOW_DAY, FC_TALLY_chain_n), n);
}

/* Two calls of a customer, 90 minutes apart. */
static void another_window_derives_the_chains_held_anew(void **state) {
    (void)state;
    start("fcr:\n  window_h: 2\n", T0);
    call("a", T0);
    at(T0 + 91 * MINUTE);
    call("b", T0 + 91 * MINUTE);
    at(T0 + 100 * MINUTE);
    expect_chains(1, 0, 0);
    reload("fcr:\n  window_h: 1\n");
    expect_chains(2, 2, 1);
    reload("fcr:\n  window_h: 2\n");
    expect_chains(1, 0, 0);
    assert_true(publishes("queue/sales/day"));
    assert_true(shown_number("fcr_window_h", NULL) == 2);
    end();
}

/* ---- days ------------------------------------------------------------------------------------------------------- */

static void another_reset_holds_from_the_end_of_the_running_day(void **state) {
    (void)state;
    start("zone: UTC\nday_start: \"00:00\"\n", T0);
    visit(T0, "a", "sales");
    reload("zone: UTC\nday_start: \"12:00\"\n");
    at(utc(2026, 1, 14, 13, 0)); /* past the new reset: the old day goes on */
    visit(utc(2026, 1, 14, 13, 0), "b", "sales");
    assert_int_equal(today("sales", FC_TALLY_offered), 2);
    at(utc(2026, 1, 15, 0, 0));
    assert_int_equal(today("sales", FC_TALLY_offered), 0);
    visit(utc(2026, 1, 15, 0, 0), "c", "sales");
    assert_true(publishes("queue/sales/day"));
    assert_true(shown_number("from_us", NULL) ==
                (double)utc(2026, 1, 15, 0, 0)); /* never back into a day that is over */
    at(utc(2026, 1, 15, 11, 59));
    assert_int_equal(all_today(FC_TALLY_offered), 1);
    at(utc(2026, 1, 15, 12, 0));
    assert_int_equal(today("sales", FC_TALLY_offered), 0);
    assert_int_equal(all_today(FC_TALLY_offered), 0);
    at(utc(2026, 1, 16, 11, 0));
    visit(utc(2026, 1, 16, 11, 0), "d", "sales");
    assert_true(publishes("queue/sales/day"));
    assert_true(shown_number("from_us", NULL) == (double)utc(2026, 1, 15, 12, 0));
    end();
}

/* Of one queue alone. */
static void another_zone_holds_from_the_end_of_the_running_day(void **state) {
    (void)state;
    start("zone: UTC\n", T0);
    visit(T0, "a", "sales");
    visit(T0, "b", "help");
    reload("zone: UTC\nqueues:\n  - name: sales\n    zone: Asia/Shanghai\n");
    at(utc(2026, 1, 14, 16, 30)); /* midnight in Shanghai has passed */
    assert_int_equal(today("sales", FC_TALLY_offered), 1);
    at(utc(2026, 1, 15, 0, 0));
    visit(utc(2026, 1, 15, 0, 0), "c", "sales");
    visit(utc(2026, 1, 15, 0, 0), "d", "help");
    at(utc(2026, 1, 15, 16, 0));
    assert_int_equal(today("sales", FC_TALLY_offered), 0);
    assert_int_equal(today("help", FC_TALLY_offered), 1);
    assert_int_equal(all_today(FC_TALLY_offered), 2);
    end();
}

int main(void) {
    (void)setenv("TZ", "UTC", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_threshold_holds_for_contacts_offered_from_then_on),
        cmocka_unit_test(a_queues_own_threshold_holds_too),
        cmocka_unit_test(formulas_and_goals_change_what_is_published_at_once),
        cmocka_unit_test(a_new_group_has_what_its_queues_had),
        cmocka_unit_test(a_group_with_other_queues_begins_anew),
        cmocka_unit_test(a_removed_group_is_gone),
        cmocka_unit_test(another_window_derives_the_chains_held_anew),
        cmocka_unit_test(another_reset_holds_from_the_end_of_the_running_day),
        cmocka_unit_test(another_zone_holds_from_the_end_of_the_running_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
