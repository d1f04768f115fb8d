/* What real Asterisks do to one call and to its agents, one test per trap (1 to 14). What they do to a connection is in
 * ami_pitfalls_link.c, recordings as a whole in ami_corpora.c. */
#include "ami_stage.h"

#include <zlib.h>

/* ---- 1 to 4: how a visit ends ----------------------------------------------------------------------------------- */

static void pitfall_01_leave_comes_before_connect(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    leave(3000, "1.0", "sales");
    expect_open("1.0");
    connect_agent(3004, "1.0", "sales", "Ana", 2);
    complete(9000, "1.0", "sales", "Ana", "agent");
    assert_int_equal(visit("1.0").answered, at(3004));
    expect_ended("1.0", FC_BY_AGENT, 9000);
    assert_int_equal(visit("1.0").lefts, 0);
}

static void pitfall_01_leave_alone_is_a_key_after_a_while(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    leave(3000, "1.0", "sales");
    tick(3999);
    expect_open("1.0");
    tick(4000);
    expect_left("1.0", FC_LEFT_KEY, 3000);
}

static void pitfall_01_leave_then_next_join_is_a_key(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    leave(3000, "1.0", "sales");
    join(3002, "1.0", "support");
    expect_left("1.0", FC_LEFT_KEY, 3000);
    expect_open("1.0/2");
}

static void pitfall_01_abandon_comes_before_leave(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    channel(5000, "HangupRequest", "1.0");
    abandon(5001, "1.0", "sales");
    expect_left("1.0", FC_LEFT_ABANDONED, 5001);
    leave(5002, "1.0", "sales");
    channel(5003, "Hangup", "1.0");
    tick(20000);
    expect_left("1.0", FC_LEFT_ABANDONED, 5001);
    assert_int_equal(COUNTED(leaves_without_visit), 0);
}

static void pitfall_02_complete_without_uniqueid(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    connect_agent(3000, "1.0", "sales", "Ana", 2);
    join(4000, "2.0", "sales");
    connect_agent(8000, "2.0", "sales", "Ana", 4); /* ringinuse: she has two */
    say(10000, "AgentComplete", "Queue: sales\nInterface: PJSIP/A\nMemberName: Ana\nHoldTime: 4\nTalkTime: 2\nReason: caller\n");
    expect_open("1.0");
    expect_ended("2.0", FC_BY_CUSTOMER, 10000);
    say(12000, "AgentComplete", "Queue: sales\nInterface: PJSIP/A\nMemberName: Ana\nHoldTime: 2\nTalkTime: 9\nReason: agent\n");
    expect_ended("1.0", FC_BY_AGENT, 12000);
    assert_int_equal(COUNTED(ends_matched), 2);
}

static void pitfall_02_complete_with_dest_fields_only(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    join(1000, "2.0", "sales");
    connect_agent(3000, "1.0", "sales", "Ana", 2);
    connect_agent(3000, "2.0", "sales", "Ana", 2);
    say(9000, "AgentComplete", "DestUniqueid: 2.0-A\nQueue: sales\nInterface: PJSIP/A\nMemberName: Ana\nHoldTime: 2\nTalkTime: 6\nReason: caller\n");
    expect_open("1.0");
    expect_ended("2.0", FC_BY_CUSTOMER, 9000);
}

static void pitfall_03_transfer_back_joins_before_complete(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    leave(2000, "1.0", "sales");
    connect_agent(2001, "1.0", "sales", "Ana", 1);
    join(5000, "1.0", "sales");
    complete(5001, "1.0", "sales", "Ana", "transfer");
    expect_ended("1.0", FC_BY_TRANSFER, 5001);
    expect_open("1.0/2");
    leave(7000, "1.0", "sales");
    connect_agent(7001, "1.0", "sales", "Ana", 2);
    complete(9000, "1.0", "sales", "Ana", "caller");
    expect_ended("1.0/2", FC_BY_CUSTOMER, 9000);
    assert_string_equal(fake_nth(sink, FC_OFFERED, 1)->root, "1.0");
    assert_int_equal(COUNTED(orders_odd) + COUNTED(ends_without_visit), 0);
}

static void pitfall_04_queuestatus_tells_the_lost_apart(void **state) {
    (void)state;
    static const struct {
        const char *value;
        enum fc_left reason;
    } ways[] = {{"TIMEOUT", FC_LEFT_TIMEOUT}, {"LEAVEEMPTY", FC_LEFT_EMPTY}, {"LEAVEUNAVAIL", FC_LEFT_EMPTY}, {"WITHDRAW", FC_LEFT_WITHDRAWN}};
    for (int i = 0; i < 4; i++) {
        char uid[8];
        (void)snprintf(uid, sizeof uid, "%d.0", i);
        join(1000 * i, uid, "sales");
        abandon(1000 * i + 500, uid, "sales");
        leave(1000 * i + 501, uid, "sales");
        status_of(1000 * i + 502, uid, ways[i].value);
        dialplan(1000 * i + 503, uid, "Goto");
        expect_left(uid, ways[i].reason, 1000 * i + 500);
    }
}

static void pitfall_04_hangup_without_queuestatus_is_an_abandon(void **state) {
    (void)state;
    status_of(500, "0.0", "CONTINUE"); /* so the class dialplan is sent */
    join(1000, "1.0", "sales");
    abandon(5000, "1.0", "sales");
    leave(5001, "1.0", "sales");
    channel(5002, "Hangup", "1.0");
    expect_left("1.0", FC_LEFT_ABANDONED, 5000);
}

static void pitfall_04_without_any_other_class_it_is_unknown(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    abandon(5000, "1.0", "sales");
    leave(5001, "1.0", "sales");
    tick(7000);
    expect_left("1.0", FC_LEFT_UNKNOWN, 5000);
    assert_int_equal(COUNTED(exits_unknown), 1);
}

static void pitfall_04_music_tells_who_was_taken_from_the_queue(void **state) {
    (void)state;
    channel(100, "HangupRequest", "9.9");
    for (int i = 0; i < 2; i++) { /* redirected: the music stops first; timed out: it stops last */
        const char *uid = i == 0 ? "1.0" : "2.0";
        int64_t from = i * 9000;
        join(from + 1000, uid, "sales");
        channel(from + 1001, "MusicOnHoldStart", uid);
        if (i == 0) channel(from + 4999, "MusicOnHoldStop", uid);
        abandon(from + 5000, uid, "sales");
        if (i == 1) channel(from + 5001, "MusicOnHoldStop", uid);
        leave(from + 5002, uid, "sales");
    }
    tick(18000);
    expect_left("1.0", FC_LEFT_ABANDONED, 5000);
    expect_left("2.0", FC_LEFT_UNKNOWN, 14000);
}

/* ---- 5 to 11: counting and members ------------------------------------------------------------------------------ */

static void pitfall_05_every_end_counts_also_of_a_removed_member(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    join(1000, "2.0", "sales");
    connect_agent(2000, "1.0", "sales", "Ana", 1);
    connect_agent(3000, "2.0", "sales", "Ana", 2);
    member(4000, "QueueMemberRemoved", "sales", "Ana", 1, 0, "");
    complete(5000, "1.0", "sales", "Ana", "agent");
    complete(6000, "2.0", "sales", "Ana", "caller");
    expect_ended("1.0", FC_BY_AGENT, 5000);
    expect_ended("2.0", FC_BY_CUSTOMER, 6000);
    assert_int_equal(fake_count(sink, FC_PARTED), 1);
}

static void pitfall_06_waits_are_received_times_not_whole_seconds(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    leave(2900, "1.0", "sales");
    connect_agent(2900, "1.0", "sales", "Ana", 1);
    assert_int_equal(visit("1.0").answered - visit("1.0").offered, 1900000);
}

static void pitfall_07_refused_callers_make_no_event(void **state) {
    (void)state;
    size_t before = sink->n;
    status_of(1000, "1.0", "FULL");
    status_of(1001, "2.0", "JOINEMPTY");
    tick(3000);
    assert_int_equal(sink->n, before);
    assert_int_equal(COUNTED(refused), 2);
}

static void pitfall_08_talking_is_not_taken_from_status_or_incall(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    leave(2000, "1.0", "sales");
    connect_agent(2001, "1.0", "sales", "Ana", 1);
    size_t before = sink->n;
    member(2002, "QueueMemberStatus", "sales", "Ana", 2, 0, "");
    member(2500, "QueueMemberStatus", "sales", "Ana", 6, 0, "");
    member(3000, "QueueMemberStatus", "sales", "Ana", 1, 0, "");
    assert_int_equal(sink->n, before);
    assert_int_equal(fc_ami_track_talking(track), 1);
}

static void pitfall_09_an_unpause_has_a_reason_too(void **state) {
    (void)state;
    member(1000, "QueueMemberPause", "sales", "Ana", 1, 1, "meeting");
    assert_int_equal(state_of("Ana")->word, FC_AGENT_PAUSED);
    assert_string_equal(state_of("Ana")->reason, "meeting");
    member(2000, "QueueMemberPause", "sales", "Ana", 1, 0, "meeting over");
    assert_int_equal(state_of("Ana")->word, FC_AGENT_AVAILABLE);
    assert_string_equal(state_of("Ana")->reason, "");
}

static void pitfall_10_one_person_many_members(void **state) {
    (void)state;
    size_t before = fake_count(sink, FC_AGENT);
    member(1000, "QueueMemberPause", "sales", "Bob", 1, 1, "lunch");
    assert_int_equal(fake_count(sink, FC_AGENT), before); /* support can still reach him */
    member(1001, "QueueMemberPause", "support", "Bob", 1, 1, "lunch");
    assert_int_equal(state_of("Bob")->word, FC_AGENT_PAUSED);
    member(1002, "QueueMemberPause", "support", "Bob", 1, 1, "lunch"); /* paused while paused */
    assert_int_equal(fake_count(sink, FC_AGENT), before + 1);
    member(2000, "QueueMemberPause", "sales", "Bob", 1, 0, "");
    assert_int_equal(state_of("Bob")->word, FC_AGENT_AVAILABLE);
    member(2001, "QueueMemberPause", "sales", "Bob", 1, 0, "");
    assert_int_equal(fake_count(sink, FC_AGENT), before + 2);
}

static void pitfall_10_offline_only_when_everywhere(void **state) {
    (void)state;
    member(1000, "QueueMemberStatus", "sales", "Bob", 5, 0, "");
    assert_int_equal(state_of("Bob")->word, FC_AGENT_AVAILABLE);
    member(1001, "QueueMemberStatus", "support", "Bob", 5, 0, "");
    assert_int_equal(state_of("Bob")->word, FC_AGENT_OFFLINE);
    member(2000, "QueueMemberStatus", "sales", "Bob", 1, 0, "");
    assert_int_equal(state_of("Bob")->word, FC_AGENT_AVAILABLE);
}

static void pitfall_11_agents_are_named_by_member_name(void **state) {
    (void)state;
    say(1000, "QueueMemberAdded", "Queue: sales\nMemberName: Zoë O'Brien \nInterface: Local/a1@agents/n\nStatus: 1\nPaused: 0\n");
    assert_string_equal(fake_nth(sink, FC_JOINED, 3)->agent, "Zoë O'Brien ");
    join(1500, "1.0", "sales");
    say(2000, "AgentRingNoAnswer", "Uniqueid: 1.0\nQueue: sales\nInterface: Local/a1@agents/n\nRingTime: 4000\n"); /* no MemberName */
    assert_string_equal(fake_nth(sink, FC_MISSED, 0)->agent, "Zoë O'Brien ");
    say(3000, "QueueMemberAdded", "Queue: sales\nInterface: SIP/9\nStatus: 1\nPaused: 0\n");
    assert_string_equal(fake_nth(sink, FC_JOINED, 4)->agent, "SIP/9");
}

static void names_that_are_no_utf8_or_too_long_are_made_fit(void **state) {
    (void)state;
    char f[600] = "Queue: sales\nInterface: SIP/1\nMemberName: ";
    (void)snprintf(f + strlen(f), sizeof f - strlen(f), "M\xfcller %0200d\nStatus: 1\nPaused: 0\n", 7);
    say(1000, "QueueMemberAdded", f);
    const struct rec *r = fake_nth(sink, FC_JOINED, 3);
    assert_int_equal(strlen(r->agent), FC_ID_MAX);
    assert_memory_equal(r->agent, "M?ller 0", 8);
}

/* ---- 12 to 14: transfers, redirects, withdrawals ------------------------------------------------------------------ */

static void pitfall_12_a_failed_attended_transfer_ends_nothing(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    leave(2000, "1.0", "sales");
    connect_agent(2001, "1.0", "sales", "Ana", 1);
    say(5000, "AttendedTransfer", "Result: Fail\nOrigTransfererUniqueid: 1.0-A\n");
    expect_open("1.0");
    complete(9000, "1.0", "sales", "Ana", "caller");
    expect_ended("1.0", FC_BY_CUSTOMER, 9000);
}

static void replay_excerpt(const char *name, int64_t from_ms) {
    char path[500], *to;
    size_t cap;
    (void)snprintf(path, sizeof path, "%s/asterisk/excerpts/%s", FC_TEST_DATA, name);
    gzFile gz = gzopen(path, "rb");
    assert_non_null(gz);
    for (int got;;) {
        to = fc_ami_parse_space(&parse, &cap);
        got = gzread(gz, to, cap < 1000 ? (unsigned)cap : 1000);
        if (got <= 0) break;
        fc_ami_parse_added(&parse, (size_t)got);
        while (fc_ami_parse_next(&parse, &msg, NULL) == FC_OK) fc_ami_track_message(track, &msg, at(from_ms));
    }
    (void)gzclose(gz);
}

static void pitfall_12_an_end_told_twice_counts_once(void **state) {
    (void)state;
    replay_excerpt("double_end.ami.txt", 1000);
    tick(9000);
    assert_int_equal(fake_count(sink, FC_ANSWERED), 1);
    assert_int_equal(fake_count(sink, FC_ENDED), 1);
    assert_int_equal(fake_nth(sink, FC_ENDED, 0)->by, FC_BY_AGENT);
    assert_int_equal(COUNTED(ends_without_visit), 1);
}

static void pitfall_13_redirect_of_a_waiting_caller_is_an_abandon(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    abandon(5000, "1.0", "sales");
    leave(5001, "1.0", "sales");
    dialplan(5002, "1.0", "UserEvent");
    expect_left("1.0", FC_LEFT_ABANDONED, 5000);
}

static void pitfall_13_redirect_of_a_talking_caller_ends_nothing(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    leave(2000, "1.0", "sales");
    connect_agent(2001, "1.0", "sales", "Ana", 1);
    dialplan(5000, "1.0", "UserEvent");
    channel(5001, "Hangup", "1.0-A");
    tick(20000);
    expect_open("1.0");
    channel(30000, "Hangup", "1.0");
    complete(30001, "1.0", "sales", "Ana", "caller");
    expect_ended("1.0", FC_BY_CUSTOMER, 30001);
}

static void pitfall_14_withdrawn_or_answered_after_all(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    say(2000, "VarSet", "Uniqueid: 1.0\nVariable: QUEUE_WITHDRAW_INFO\nValue: supervisor\n");
    leave(3000, "1.0", "sales");
    connect_agent(3001, "1.0", "sales", "Ana", 2);
    assert_int_equal(visit("1.0").answers, 1);
    assert_int_equal(visit("1.0").lefts, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(pitfall_01_leave_comes_before_connect),
        TEST(pitfall_01_leave_alone_is_a_key_after_a_while),
        TEST(pitfall_01_leave_then_next_join_is_a_key),
        TEST(pitfall_01_abandon_comes_before_leave),
        TEST(pitfall_02_complete_without_uniqueid),
        TEST(pitfall_02_complete_with_dest_fields_only),
        TEST(pitfall_03_transfer_back_joins_before_complete),
        TEST(pitfall_04_queuestatus_tells_the_lost_apart),
        TEST(pitfall_04_hangup_without_queuestatus_is_an_abandon),
        TEST(pitfall_04_without_any_other_class_it_is_unknown),
        TEST(pitfall_04_music_tells_who_was_taken_from_the_queue),
        TEST(pitfall_05_every_end_counts_also_of_a_removed_member),
        TEST(pitfall_06_waits_are_received_times_not_whole_seconds),
        TEST(pitfall_07_refused_callers_make_no_event),
        TEST(pitfall_08_talking_is_not_taken_from_status_or_incall),
        TEST(pitfall_09_an_unpause_has_a_reason_too),
        TEST(pitfall_10_one_person_many_members),
        TEST(pitfall_10_offline_only_when_everywhere),
        TEST(pitfall_11_agents_are_named_by_member_name),
        TEST(names_that_are_no_utf8_or_too_long_are_made_fit),
        TEST(pitfall_12_a_failed_attended_transfer_ends_nothing),
        TEST(pitfall_12_an_end_told_twice_counts_once),
        TEST(pitfall_13_redirect_of_a_waiting_caller_is_an_abandon),
        TEST(pitfall_13_redirect_of_a_talking_caller_ends_nothing),
        TEST(pitfall_14_withdrawn_or_answered_after_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
