/* The oracle against floors small enough to work out with pencil and paper. */
#include "oracle/oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define T0 INT64_C(1767258000000000) /* 2026-01-01 09:00 UTC */
#define AT(s) (T0 + (int64_t)(s)*1000000)
#define SECONDS(s) ((int64_t)(s)*1000000)
#define HOUR 3600

static struct fc_event told[64];
static size_t told_n;
static struct fc_oracle_answer got;

static const char *front_queues[] = {"sales", "help"}, *mixed_queues[] = {"help", "vip"};
static struct fc_oracle_group groups[] = {{"front", front_queues, 2}, {"mixed", mixed_queues, 2}};
static struct fc_oracle_queue vip = {"vip", {[FC_CHANNEL_VOICE] = {SECONDS(10), 0}, [FC_CHANNEL_CHAT] = {SECONDS(60), SECONDS(2)}}};
static const struct fc_oracle_rules rules = {
    .defaults = {SECONDS(20), SECONDS(5)}, .queues = &vip, .queues_n = 1, .groups = groups, .groups_n = 2, .chain_window_us = SECONDS(HOUR)};

static struct fc_event *tell(enum fc_kind kind, double at_s, const char *contact) {
    struct fc_event *ev = &told[told_n++];
    *ev = fc_event_make(kind, T0 + (int64_t)(at_s * 1e6));
    if (contact != NULL) FC_EVENT_STR(ev, contact, fc_str(contact));
    return ev;
}

static void offered(double at_s, const char *contact, const char *queue, const char *customer, const char *root) {
    struct fc_event *ev = tell(FC_OFFERED, at_s, contact);
    FC_EVENT_STR(ev, queue, fc_str(queue));
    if (customer != NULL) FC_EVENT_STR(ev, customer, fc_str(customer));
    if (root != NULL) FC_EVENT_STR(ev, root, fc_str(root));
}

static void at_agent(enum fc_kind kind, double at_s, const char *contact, const char *queue, const char *agent) {
    struct fc_event *ev = tell(kind, at_s, contact);
    if (queue != NULL) FC_EVENT_STR(ev, queue, fc_str(queue));
    FC_EVENT_STR(ev, agent, fc_str(agent));
}

static void left(double at_s, const char *contact, const char *queue, enum fc_left reason) {
    struct fc_event *ev = tell(FC_LEFT, at_s, contact);
    FC_EVENT_STR(ev, queue, fc_str(queue));
    fc_event_set_left(ev, reason);
}

static void ended(double at_s, const char *contact, enum fc_by by) {
    struct fc_event *ev = tell(FC_ENDED, at_s, contact);
    FC_EVENT_NUM(ev, by, (uint8_t)by);
}

static void agent_is(double at_s, const char *agent, enum fc_agent_state state) {
    struct fc_event *ev = tell(FC_AGENT, at_s, NULL);
    FC_EVENT_STR(ev, agent, fc_str(agent));
    fc_event_set_agent(ev, state);
}

static struct fc_event *stage(double at_s, const char *case_id, enum fc_stage stage) {
    struct fc_event *ev = tell(FC_COMPLAINT, at_s, NULL);
    FC_EVENT_STR(ev, case_id, fc_str(case_id));
    FC_EVENT_NUM(ev, stage, (uint8_t)stage);
    return ev;
}

static struct fc_event *disposed(double at_s, const char *contact, enum fc_outcome outcome) {
    struct fc_event *ev = tell(FC_RESOLVED, at_s, contact);
    FC_EVENT_NUM(ev, outcome, (uint8_t)outcome);
    return ev;
}

/* Answers are in `got`, for the whole of [from, to) in seconds, as known at now. */
static void ask(enum fc_scope scope, const char *name, int channel, double from_s, double to_s, double now_s) {
    struct fc_oracle *o = fc_oracle_create(&rules, told, told_n, T0 + (int64_t)(now_s * 1e6));
    struct fc_oracle_question q = {scope, fc_str(name), channel, T0 + (int64_t)(from_s * 1e6), T0 + (int64_t)(to_s * 1e6)};
    fc_oracle_ask(o, &q, &got);
    fc_oracle_destroy(o);
}

static void ask_queue(const char *name, double now_s) { ask(FC_SCOPE_QUEUE, name, FC_ORACLE_ALL, 0, 1e6, now_s); }
static void ask_all(double now_s) { ask(FC_SCOPE_GROUP, "all", FC_ORACLE_ALL, 0, 1e6, now_s); }

#define EXPECT(count, value) assert_int_equal(got.v[FC_TALLY_##count], (value))
#define EXPECT_TIME(state, seconds) assert_int_equal(got.v[FC_TALLY_TIME + FC_AGENT_##state], SECONDS(seconds))

static int start(void **state) {
    (void)state;
    told_n = 0;
    return 0;
}

static int stop(void **state) {
    (void)state;
    fc_oracle_answer_fini(&got);
    return 0;
}

/* ---- contacts --------------------------------------------------------------------------------------------------- */

static void one_conversation(void **state) {
    (void)state;
    offered(0, "c", "sales", NULL, NULL);
    at_agent(FC_ANSWERED, 20, "c", "sales", "ann");
    (void)tell(FC_HELD, 15, "c"); /* before the talk: counts from the answer on */
    (void)tell(FC_RESUMED, 25, "c");
    (void)tell(FC_HELD, 40, "c");
    (void)tell(FC_HELD, 45, "c");
    (void)tell(FC_RESUMED, 50, "c");
    ended(100, "c", FC_BY_TRANSFER);
    ask_queue("sales", 100);
    EXPECT(offered, 1);
    EXPECT(answered, 1);
    EXPECT(sl_met, 1); /* 20 s is within 20 s */
    EXPECT(sl_missed, 0);
    EXPECT(wait_us, SECONDS(20));
    EXPECT(hold_n, 1);
    EXPECT(hold_us, SECONDS(15));
    EXPECT(talk_us, SECONDS(65));
    EXPECT(handle_us, SECONDS(80));
    EXPECT(transferred, 1);
    EXPECT(wrap_n, 0);
    assert_int_equal(got.wait_us_max, SECONDS(20));
    at_agent(FC_WRAPPED, 130, "c", NULL, "ann");
    ask(FC_SCOPE_QUEUE, "sales", FC_ORACLE_ALL, 101, 1e6, 130); /* handling moved to the end of the wrap, the talk did not */
    EXPECT(talk_n, 0);
    EXPECT(handle_n, 1);
    EXPECT(handle_us, SECONDS(110));
    EXPECT(wrap_us, SECONDS(30));
    ask(FC_SCOPE_AGENT, "ann", FC_ORACLE_ALL, 0, 1e6, 130);
    EXPECT(offered, 0);
    EXPECT(answered, 1);
    EXPECT(handle_n, 1);
}

static void the_earliest_wins(void **state) {
    (void)state;
    offered(5, "c", "help", NULL, NULL);
    offered(0, "c", "sales", NULL, NULL);
    left(30, "c", "sales", FC_LEFT_ABANDONED);
    at_agent(FC_ANSWERED, 30, "c", "sales", "ann"); /* at the same time: answered */
    at_agent(FC_ANSWERED, 31, "c", "sales", "bob");
    ended(70, "c", FC_BY_AGENT);
    ended(60, "c", FC_BY_AGENT);
    ask_all(70);
    EXPECT(offered, 1);
    EXPECT(answered, 1);
    EXPECT(wait_us, SECONDS(30));
    EXPECT(LEFT + FC_LEFT_ABANDONED, 0);
    EXPECT(talk_us, SECONDS(30));
    ask_queue("help", 70);
    EXPECT(offered, 0);
    ask(FC_SCOPE_AGENT, "bob", FC_ORACLE_ALL, 0, 1e6, 70);
    EXPECT(answered, 0);
}

static void a_breach_counts_when_the_threshold_elapses(void **state) {
    (void)state;
    offered(0, "c", "sales", NULL, NULL);
    ask_queue("sales", 20);
    EXPECT(sl_missed, 0);
    assert_int_equal(got.waiting, 1);
    assert_int_equal(got.longest_wait_since_us, T0);
    ask(FC_SCOPE_QUEUE, "sales", FC_ORACLE_ALL, 20, 21, 20.000001);
    EXPECT(sl_missed, 1);
    left(50, "c", "sales", FC_LEFT_TIMEOUT); /* left alive: taken back */
    ask_queue("sales", 50);
    EXPECT(sl_missed, 0);
    EXPECT(LEFT + FC_LEFT_TIMEOUT, 1);
    assert_int_equal(got.waiting, 0);
}

static void abandons_by_their_wait(void **state) {
    (void)state;
    const double waits[] = {5, 5.1, 20, 20.1};
    static const char *const ids[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; i++) {
        offered(100 * i, ids[i], "sales", NULL, NULL);
        left(100 * i + waits[i], ids[i], "sales", FC_LEFT_ABANDONED);
    }
    ask_queue("sales", 1000);
    EXPECT(LEFT + FC_LEFT_ABANDONED, 4);
    EXPECT(short_abandoned, 1);
    EXPECT(abandoned_within, 3);
    EXPECT(sl_missed, 3);
    ask(FC_SCOPE_QUEUE, "sales", FC_ORACLE_ALL, 320, 320.05, 1000); /* the last at its threshold, not at its leaving */
    EXPECT(sl_missed, 1);
}

static void lost_adds_to_no_mean(void **state) {
    (void)state;
    offered(0, "c", "sales", NULL, NULL);
    at_agent(FC_ANSWERED, 1, "c", "sales", "ann");
    ended(500, "c", FC_BY_LOST);
    ask_queue("sales", 500);
    EXPECT(answered, 1);
    EXPECT(talk_n, 0);
    EXPECT(handle_n, 0);
}

static void nothing_counts_before_the_offer_but_misses(void **state) {
    (void)state;
    at_agent(FC_ANSWERED, 10, "c", "sales", "ann");
    at_agent(FC_MISSED, 5, "c", "sales", "bob");
    ask_all(10);
    EXPECT(answered, 0);
    EXPECT(missed, 1);
    offered(2, "c", "sales", NULL, NULL);
    ask_all(10);
    EXPECT(answered, 1);
    EXPECT(missed, 1);
    EXPECT(wait_us, SECONDS(8));
}

static void limits_and_cells_by_channel(void **state) {
    (void)state;
    offered(0, "c", "vip", NULL, NULL);
    FC_EVENT_NUM(&told[0], channel, FC_CHANNEL_CHAT);
    at_agent(FC_ANSWERED, 30, "c", "vip", "ann");
    offered(0, "d", "vip", NULL, NULL);
    at_agent(FC_ANSWERED, 30, "d", "vip", "ann");
    ask(FC_SCOPE_QUEUE, "vip", FC_CHANNEL_CHAT, 0, 1e6, 30);
    EXPECT(sl_met, 1);
    EXPECT(sl_missed, 0);
    ask(FC_SCOPE_GROUP, "mixed", FC_CHANNEL_VOICE, 0, 1e6, 30);
    EXPECT(offered, 1);
    EXPECT(sl_missed, 1);
    ask(FC_SCOPE_GROUP, "front", FC_ORACLE_ALL, 0, 1e6, 30);
    EXPECT(offered, 0);
    ask_all(30);
    EXPECT(offered, 2);
}

/* ---- chains ----------------------------------------------------------------------------------------------------- */

static void talked(double at_s, const char *contact, const char *queue, const char *customer, double talk_s) {
    offered(at_s, contact, queue, customer, NULL);
    at_agent(FC_ANSWERED, at_s + 10, contact, queue, "ann");
    ended(at_s + 10 + talk_s, contact, FC_BY_AGENT);
}

static void a_repeat_within_the_window_is_one_chain(void **state) {
    (void)state;
    talked(0, "a", "sales", "eve", 90);
    ask_queue("sales", 200);
    EXPECT(chain_n, 1);
    EXPECT(chain_once, 1);
    EXPECT(chain_final_n, 0);
    EXPECT(journey_us, SECONDS(100));
    ask_queue("sales", 100 + HOUR);
    EXPECT(chain_final_once, 1);
    talked(HOUR, "b", "help", "eve", 50); /* 100 s before the window has passed; same group */
    ask_queue("sales", 4000);
    EXPECT(chain_n, 1);
    EXPECT(chain_once, 0);
    EXPECT(chain_final_n, 0);
    EXPECT(journey_us, SECONDS(HOUR + 60));
    ask_queue("help", 4000);
    EXPECT(chain_n, 0);
    talked(2 * HOUR + 60, "c", "sales", "eve", 50); /* exactly the window after the end: another chain */
    ask_all(3 * HOUR);
    EXPECT(chain_n, 2);
    EXPECT(chain_once, 1);
    EXPECT(chain_final_n, 1);
    assert_int_equal(got.journeys_us.n, 2);
}

static void another_scope_is_another_chain(void **state) {
    (void)state;
    talked(0, "a", "sales", "eve", 90);
    talked(200, "b", "vip", "eve", 90);  /* mixed */
    talked(400, "c", "desk", "eve", 90); /* no group */
    talked(600, "d", "mail", "eve", 90); /* no group either: the same scope */
    talked(800, "e", "sales", NULL, 90);
    ask_all(1000);
    EXPECT(chain_n, 3);
    EXPECT(chain_once, 2);
}

static void attempts_before_are_no_repeat_but_after_are(void **state) {
    (void)state;
    offered(0, "a", "sales", "eve", NULL);
    left(30, "a", "sales", FC_LEFT_ABANDONED);
    talked(100, "b", "sales", "eve", 90);
    ask_all(1000);
    EXPECT(chain_once, 1);
    EXPECT(journey_us, SECONDS(200)); /* from the first attempt on */
    offered(500, "c", "sales", "eve", NULL);
    ask_all(1000);
    EXPECT(chain_n, 1);
    EXPECT(chain_once, 0);
    ask_all(9 * HOUR); /* c is still open */
    EXPECT(chain_final_n, 0);
}

static void legs_of_one_root_are_one_contact(void **state) {
    (void)state;
    talked(0, "a", "sales", "eve", 90);
    talked(101, "b", "help", "eve", 90);
    for (size_t i = 0; i < told_n; i++)
        if (told[i].kind == FC_OFFERED) FC_EVENT_STR(&told[i], root, fc_str("r"));
    struct fc_event *ev = tell(FC_SURVEYED, 300, "b");
    FC_EVENT_NUM(ev, resolved, true);
    (void)disposed(310, "a", FC_OUTCOME_NO);
    ask_queue("sales", 400);
    EXPECT(chain_once, 1);
    EXPECT(journey_us, SECONDS(201));
    EXPECT(told_once, 1);
    EXPECT(disposed_n, 1);
    EXPECT(disposed_once, 0);
    ask_queue("sales", 201 + HOUR);
    EXPECT(told_final_once, 1);
}

/* ---- quality ---------------------------------------------------------------------------------------------------- */

static void surveys_go_where_they_belong(void **state) {
    (void)state;
    talked(0, "a", "sales", NULL, 90);
    struct fc_event *ev = tell(FC_SURVEYED, 200, "a");
    FC_EVENT_NUM(ev, csat, 4);
    ev = tell(FC_SURVEYED, 210, NULL);
    FC_EVENT_STR(ev, customer, fc_str("eve"));
    FC_EVENT_STR(ev, queue, fc_str("sales"));
    FC_EVENT_NUM(ev, nps, 6);
    told[told_n++] = *ev; /* told twice, counted once */
    ev = tell(FC_SURVEYED, 220, NULL);
    FC_EVENT_STR(ev, customer, fc_str("eve"));
    FC_EVENT_NUM(ev, csat, 3);
    ask(FC_SCOPE_QUEUE, "sales", FC_CHANNEL_VOICE, 0, 1e6, 300);
    EXPECT(csat_n, 1);
    EXPECT(csat_top, 1);
    EXPECT(nps_n, 0);
    ask(FC_SCOPE_GROUP, "front", FC_ORACLE_PLAIN, 0, 1e6, 300);
    EXPECT(nps_detractors, 1);
    EXPECT(csat_n, 0);
    ask_all(300);
    EXPECT(csat_n, 2);
    EXPECT(csat_sum, 7);
    EXPECT(nps_n, 1);
    ask(FC_SCOPE_AGENT, "ann", FC_ORACLE_ALL, 0, 1e6, 300);
    EXPECT(csat_n, 1);
}

static void the_latest_disposition_wins(void **state) {
    (void)state;
    talked(0, "a", "sales", NULL, 90);
    struct fc_event *ev = disposed(300, "a", FC_OUTCOME_NO);
    FC_EVENT_NUM(ev, cause, FC_CAUSE_PROCESS);
    (void)disposed(200, "a", FC_OUTCOME_YES);
    (void)disposed(250, "nobody", FC_OUTCOME_YES);
    ask_queue("sales", 300);
    EXPECT(resolved_yes, 0);
    EXPECT(resolved_no, 1);
    EXPECT(cause_process, 1);
    ask(FC_SCOPE_GROUP, "all", FC_ORACLE_PLAIN, 0, 1e6, 300);
    EXPECT(resolved_yes, 1);
}

static void a_complaint_through_its_stages(void **state) {
    (void)state;
    (void)stage(100, "k", FC_STAGE_OPENED);
    ask_queue("sales", 100);
    assert_int_equal(got.complaints_open, 0);
    struct fc_event *ev = stage(400, "k", FC_STAGE_RESOLVED);
    FC_EVENT_STR(ev, queue, fc_str("sales")); /* told late: holds for all of it */
    FC_EVENT_NUM(ev, cause, FC_CAUSE_SUPPORT);
    (void)stage(160, "k", FC_STAGE_ACKNOWLEDGED);
    ask_queue("sales", 400);
    EXPECT(complaints_opened, 1);
    EXPECT(complaint_ack_us, SECONDS(60));
    EXPECT(complaint_resolve_us, SECONDS(300));
    EXPECT(cause_support, 1);
    assert_int_equal(got.complaints_open, 0);
    (void)stage(500, "k", FC_STAGE_REOPENED);
    ask_queue("sales", 500);
    EXPECT(complaint_resolve_n, 0);
    EXPECT(complaints_reopened, 1);
    assert_int_equal(got.complaints_open, 1);
    (void)stage(900, "k", FC_STAGE_RESOLVED);
    (void)stage(950, "k", FC_STAGE_RESOLVED);
    ask(FC_SCOPE_QUEUE, "sales", FC_ORACLE_PLAIN, 900, 901, 950);
    EXPECT(complaint_resolve_n, 1);
    EXPECT(complaint_resolve_us, SECONDS(800));
}

/* ---- agents ----------------------------------------------------------------------------------------------------- */

static void an_agents_day(void **state) {
    (void)state;
    at_agent(FC_JOINED, 0, NULL, "sales", "ann");
    at_agent(FC_JOINED, 50, NULL, "help", "ann");
    offered(90, "a", "sales", NULL, NULL);
    at_agent(FC_ALERTED, 100, "a", "sales", "ann");
    at_agent(FC_ANSWERED, 110, "a", "sales", "ann");
    (void)tell(FC_HELD, 120, "a");
    offered(125, "b", "sales", NULL, NULL);
    at_agent(FC_ANSWERED, 130, "b", "sales", "ann"); /* two at once: busy while one is not on hold */
    ended(140, "b", FC_BY_AGENT);
    (void)tell(FC_RESUMED, 150, "a");
    agent_is(155, "ann", FC_AGENT_PAUSED);
    ended(160, "a", FC_BY_AGENT);
    at_agent(FC_WRAPPED, 180, "a", NULL, "ann");
    agent_is(200, "ann", FC_AGENT_OFFLINE);
    at_agent(FC_PARTED, 210, NULL, "sales", "ann");
    ask(FC_SCOPE_AGENT, "ann", FC_ORACLE_ALL, 0, 1e6, 250);
    EXPECT_TIME(AVAILABLE, 100);
    EXPECT_TIME(ALERTING, 10);
    EXPECT_TIME(HOLD, 20);
    EXPECT_TIME(BUSY, 30);
    EXPECT_TIME(WRAP, 20);
    EXPECT_TIME(PAUSED, 20);
    EXPECT_TIME(OFFLINE, 50);
    assert_int_equal(got.agents[FC_AGENT_OFFLINE], 1);
    ask_queue("sales", 250);
    EXPECT_TIME(OFFLINE, 10);
    assert_int_equal(got.agents[FC_AGENT_OFFLINE], 0);
    ask(FC_SCOPE_GROUP, "front", FC_ORACLE_ALL, 40, 60, 250); /* serves both: once */
    EXPECT_TIME(AVAILABLE, 20);
    ask(FC_SCOPE_GROUP, "mixed", FC_ORACLE_ALL, 40, 60, 250);
    EXPECT_TIME(AVAILABLE, 10);
    ask(FC_SCOPE_GROUP, "all", FC_CHANNEL_VOICE, 0, 1e6, 250);
    EXPECT_TIME(AVAILABLE, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(one_conversation),
        TEST(the_earliest_wins),
        TEST(a_breach_counts_when_the_threshold_elapses),
        TEST(abandons_by_their_wait),
        TEST(lost_adds_to_no_mean),
        TEST(nothing_counts_before_the_offer_but_misses),
        TEST(limits_and_cells_by_channel),
        TEST(a_repeat_within_the_window_is_one_chain),
        TEST(another_scope_is_another_chain),
        TEST(attempts_before_are_no_repeat_but_after_are),
        TEST(legs_of_one_root_are_one_contact),
        TEST(surveys_go_where_they_belong),
        TEST(the_latest_disposition_wins),
        TEST(a_complaint_through_its_stages),
        TEST(an_agents_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
