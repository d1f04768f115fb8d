/* What real Asterisks do to a connection (traps 15 to 17), to what they send on it (18 to 22), and what the tracker does
 * beside that list. */
#include "ami_stage.h"

/* ---- 15 to 17: connections --------------------------------------------------------------------------------------- */

static void reconnect(int64_t lost_ms, int64_t back_ms, const char *started) {
    fc_ami_track_disconnected(track, at(lost_ms), "connection lost");
    fc_ami_track_connected(track, at(back_ms));
    core_status(back_ms, started);
    member(back_ms, "QueueMember", "sales", "Ana", 1, 0, "");
    member(back_ms, "QueueMember", "sales", "Bob", 1, 0, "");
    member(back_ms, "QueueMember", "support", "Bob", 1, 0, "");
}

static void talk(const char *uid) {
    join(1000, uid, "sales");
    leave(2000, uid, "sales");
    connect_agent(2001, uid, "sales", "Ana", 1);
}

static void pitfall_15_who_still_waits_keeps_its_visit(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    join(1500, "2.0", "sales");
    reconnect(3000, 5000, "08:00:00");
    say(5000, "QueueEntry", "Queue: sales\nPosition: 1\nUniqueid: 1.0\nCallerIDNum: 1\nWait: 3\n");
    say(5000, "QueueEntry", "Queue: sales\nPosition: 2\nUniqueid: 3.0\nCallerIDNum: 1\nWait: 2\n");
    lists_done(5001);
    expect_open("1.0");
    assert_int_equal(visit("1.0").offered, at(1000));
    expect_open("2.0"); /* its AgentConnect may be on the way */
    assert_int_equal(visit("3.0").offered, at(3000));
    assert_int_equal(fake_count(sink, FC_GAP), 1);
    leave(6000, "3.0", "sales");
    connect_agent(6001, "3.0", "sales", "Ana", 3);
    assert_int_equal(visit("3.0").answers, 1);
    expect_left("2.0", FC_LEFT_UNKNOWN, 3000);
    assert_int_equal(COUNTED(seen_late), 0);
}

static void pitfall_15_a_connect_right_behind_the_list(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    join(1000, "2.0", "sales");
    reconnect(3000, 5000, "08:00:00");
    lists_done(5001);
    connect_agent(5003, "1.0", "sales", "Ana", 4);
    assert_int_equal(visit("1.0").answered, at(5003));
    connect_agent(7000, "2.0", "sales", "Bob", 6); /* too late: it was told as over, and a visit counts once */
    expect_left("2.0", FC_LEFT_UNKNOWN, 3000);
    assert_int_equal(COUNTED(came_back), 1);
    assert_int_equal(fake_count(sink, FC_ANSWERED), 1);
    struct visits all = visits_of(sink);
    assert_int_equal(all.n, 2);
    free(all.v);
}

static void pitfall_15_who_still_talks_is_told_again(void **state) {
    (void)state;
    talk("1.0");
    talk("2.0");
    reconnect(3000, 5000, "08:00:00");
    say(5000, "QueueStatusComplete", "");
    say(5000, "CoreShowChannel", "Channel: PJSIP/caller-1\nUniqueid: 1.0\nApplication: Queue\nBridgeId: b1\n");
    say(5000, "CoreShowChannel", "Channel: PJSIP/A-00000001\nUniqueid: 1.0-A\nBridgeId: b1\n");
    say(5000, "CoreShowChannel", "Channel: PJSIP/caller-2\nUniqueid: 2.0\nApplication: Wait\nBridgeId: \n");
    say(5001, "CoreShowChannelsComplete", "");
    expect_open("1.0");
    expect_ended("2.0", FC_BY_LOST, 3000);
    assert_int_equal(fake_count(sink, FC_ANSWERED), 3); /* 1.0 twice: live and in the snapshot */
    complete(9000, "1.0", "sales", "Ana", "agent");
    expect_ended("1.0", FC_BY_AGENT, 9000);
    complete(9001, "2.0", "sales", "Ana", "agent");
    assert_int_equal(COUNTED(ends_without_visit), 1);
}

static void pitfall_15_connect_of_a_caller_never_seen(void **state) {
    (void)state;
    leave(5000, "1.0", "sales");
    connect_agent(5001, "1.0", "sales", "Ana", 4);
    assert_int_equal(visit("1.0").offered, at(1001));
    assert_int_equal(visit("1.0").answered, at(5001));
    assert_int_equal(COUNTED(seen_late), 1);
    complete(6000, "7.0", "sales", "Ana", "agent");
    assert_int_equal(COUNTED(ends_without_visit), 1);
    expect_open("1.0");
}

static void pitfall_15_the_list_and_the_event_tell_one_caller(void **state) {
    (void)state;
    fc_ami_track_disconnected(track, at(100), "connection lost");
    fc_ami_track_connected(track, at(1000));
    join(1001, "1.0", "sales");
    say(1002, "QueueEntry", "Queue: sales\nPosition: 1\nUniqueid: 1.0\nWait: 0\n");
    say(1002, "QueueEntry", "Queue: sales\nPosition: 2\nUniqueid: 2.0\nWait: 0\n");
    join(1003, "2.0", "sales");
    lists_done(1004);
    struct visits all = visits_of(sink);
    assert_int_equal(all.n, 2);
    free(all.v);
    assert_int_equal(fc_ami_track_waiting(track), 2);
    assert_int_equal(COUNTED(joins_twice), 1);
}

static void pitfall_15_a_snapshot_holds_all_that_is_live(void **state) {
    (void)state;
    talk("1.0");
    join(2500, "2.0", "support");
    reconnect(3000, 5000, "08:00:00");
    say(5000, "QueueEntry", "Queue: support\nPosition: 1\nUniqueid: 2.0\nWait: 2\n");
    say(5000, "CoreShowChannel", "Channel: PJSIP/c\nUniqueid: 1.0\nBridgeId: b1\n");
    say(5000, "CoreShowChannel", "Channel: PJSIP/A-1\nUniqueid: other\nBridgeId: b1\n");
    size_t from = sink->n;
    lists_done(5001);
    assert_int_equal(sink->recs[from].kind, FC_SNAPSHOT);
    assert_int_equal(sink->recs[from].word, FC_SNAPSHOT_BEGIN);
    assert_int_equal(sink->recs[sink->n - 1].kind, FC_SNAPSHOT);
    assert_int_equal(sink->recs[sink->n - 1].word, FC_SNAPSHOT_END);
    size_t n[FC_KIND_COUNT] = {0};
    for (size_t i = from; i < sink->n; i++) n[sink->recs[i].kind]++;
    assert_int_equal(n[FC_OFFERED], 2);
    assert_int_equal(n[FC_ANSWERED], 1);
    assert_int_equal(n[FC_JOINED], 3);
    assert_int_equal(n[FC_AGENT], 2);
}

static void pitfall_15_lists_that_never_come(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    fc_ami_track_disconnected(track, at(2000), "connection lost");
    fc_ami_track_connected(track, at(3000));
    feed(3001, "Response: ", "Error", "Message: Permission denied\n");
    tick(13001);
    expect_left("1.0", FC_LEFT_UNKNOWN, 2000);
    assert_int_equal(COUNTED(lists_missing), 1);
    join(14000, "2.0", "sales");
    expect_open("2.0");
}

static void pitfall_16_undecided_when_the_connection_is_cut(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    leave(2000, "1.0", "sales");
    fc_ami_track_disconnected(track, at(2001), "connection lost");
    expect_left("1.0", FC_LEFT_UNKNOWN, 2000);
    assert_string_equal(fake_nth(sink, FC_GAP, 0)->reason, "connection lost");
    assert_int_equal(fake_nth(sink, FC_HEARTBEAT, fake_count(sink, FC_HEARTBEAT) - 1)->word, FC_SOURCE_DOWN);
}

static void pitfall_17_another_life_of_asterisk(void **state) {
    (void)state;
    talk("1.0");
    join(2500, "2.0", "sales");
    say(2600, "Shutdown", "Shutdown: Cleanly\nRestart: True\n");
    reconnect(2700, 9000, "08:00:08");
    lists_done(9001);
    expect_ended("1.0", FC_BY_LOST, 2700);
    expect_left("2.0", FC_LEFT_UNKNOWN, 2700);
    assert_string_equal(fake_nth(sink, FC_GAP, 0)->reason, "Asterisk shut down or restarts");
    assert_string_equal(fake_nth(sink, FC_HELLO, 0)->epoch, "2026-11-22T08:00:00");
    assert_string_equal(fake_nth(sink, FC_HELLO, 1)->epoch, "2026-11-22T08:00:08");
    assert_int_equal(COUNTED(lives), 2);
}

static void pitfall_17_pauses_are_as_the_new_life_says(void **state) {
    (void)state;
    member(1000, "QueueMemberPause", "sales", "Ana", 1, 1, "lunch");
    say(1001, "QueueMemberAdded", "Queue: sales\nMemberName: Cy\nInterface: SIP/c\nStatus: 1\nPaused: 0\n");
    reconnect(2000, 9000, "08:00:08");
    lists_done(9001);
    assert_int_equal(state_of("Ana")->word, FC_AGENT_AVAILABLE);
    assert_int_equal(state_of("Cy")->word, FC_AGENT_OFFLINE);
    assert_string_equal(fake_nth(sink, FC_PARTED, 0)->agent, "Cy");
}

static void pitfall_17_nothing_is_open_when_nothing_follows(void **state) {
    (void)state;
    talk("1.0");
    join(2500, "2.0", "sales");
    fc_ami_track_disconnected(track, at(3000), "connection lost");
    fc_ami_track_finish(track, at(4000));
    assert_int_equal(visit("1.0").ends, 1);
    assert_int_equal(visit("2.0").lefts, 1);
}

/* ---- 18 to 22 ---------------------------------------------------------------------------------------------------- */

static void pitfall_18_unknown_callers_have_no_customer(void **state) {
    (void)state;
    static const char *const none[] = {"<unknown>", "", "anonymous", "Restricted"};
    join(1000, "0.0", "sales");
    assert_string_equal(fake_nth(sink, FC_OFFERED, 0)->customer, "442079460001");
    assert_string_equal(fake_nth(sink, FC_OFFERED, 0)->lang, "en");
    for (size_t i = 0; i < 4; i++) {
        char f[200];
        (void)snprintf(f, sizeof f, "CallerIDNum: %s\nUniqueid: %zu.1\nQueue: sales\n", none[i], i);
        say(1000, "QueueCallerJoin", f);
        assert_string_equal(fake_nth(sink, FC_OFFERED, i + 1)->customer, "");
    }
}

static void pitfall_18_systemname_is_part_of_the_id(void **state) {
    (void)state;
    join(1000, "pbx-east-1795347196.2432", "sales");
    assert_string_equal(fake_nth(sink, FC_OFFERED, 0)->contact, "pbx-east-1795347196.2432");
}

static void pitfall_19_a_listed_channel_is_matched_without_slash_n(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    say(2000, "AgentConnect", "Uniqueid: 1.0\nDestUniqueid: gone\nQueue: sales\nInterface: Local/a101@agents/n\nMemberName: Ana\nHoldTime: 1\n");
    reconnect(3000, 5000, "08:00:00");
    say(5000, "QueueStatusComplete", "");
    say(5000, "CoreShowChannel", "Channel: PJSIP/c\nUniqueid: 1.0\nBridgeId: b1\n");
    say(5000, "CoreShowChannel", "Channel: Local/a101@agents-00000010;1\nUniqueid: new\nBridgeId: b1\n");
    say(5000, "CoreShowChannelsComplete", "");
    expect_open("1.0");
}

static void pitfall_20_asterisk_16_pause_has_both_reasons(void **state) {
    (void)state;
    say(1000, "QueueMemberPause", "Queue: sales\nMemberName: Ana\nInterface: PJSIP/A\nStatus: 1\nPaused: 1\nPausedReason: lunch\nReason: lunch\n");
    assert_string_equal(state_of("Ana")->reason, "lunch");
}

static void pitfall_22_ring_all_losers_are_no_misses(void **state) {
    (void)state;
    join(1000, "1.0", "sales");
    of_agent(1100, "AgentCalled", "1.0", "sales", "Ana", "");
    of_agent(1100, "AgentCalled", "1.0", "sales", "Bob", "");
    leave(2000, "1.0", "sales");
    connect_agent(2001, "1.0", "sales", "Bob", 1);
    assert_int_equal(fake_count(sink, FC_ALERTED), 2);
    assert_int_equal(fake_count(sink, FC_MISSED), 0);
}

/* ---- beyond the list --------------------------------------------------------------------------------------------- */

static void held_by_either_side(void **state) {
    (void)state;
    talk("1.0");
    channel(3000, "Hold", "1.0-A");
    channel(3500, "Hold", "1.0");
    channel(4000, "Unhold", "1.0-A");
    assert_int_equal(fake_count(sink, FC_RESUMED), 0);
    channel(5000, "Unhold", "1.0");
    channel(5001, "Unhold", "1.0");
    channel(5002, "Hold", "unrelated");
    assert_int_equal(fake_count(sink, FC_HELD), 1);
    assert_int_equal(fake_nth(sink, FC_RESUMED, 0)->ts, at(5000));
}

static void wrapuptime_is_after_contact_work(void **state) {
    (void)state;
    say(500, "QueueMemberStatus", "Queue: sales\nMemberName: Ana\nInterface: PJSIP/A\nStatus: 1\nPaused: 0\nWrapuptime: 2\n");
    talk("1.0");
    complete(5000, "1.0", "sales", "Ana", "agent");
    assert_int_equal(state_of("Ana")->word, FC_AGENT_WRAP);
    tick(6999);
    assert_int_equal(fake_count(sink, FC_WRAPPED), 0);
    tick(7500);
    assert_int_equal(fake_nth(sink, FC_WRAPPED, 0)->ts, at(7000));
    assert_string_equal(fake_nth(sink, FC_WRAPPED, 0)->contact, "1.0");
    assert_int_equal(state_of("Ana")->word, FC_AGENT_AVAILABLE);
    assert_int_equal(state_of("Ana")->ts, at(7000));
}

static void a_pause_or_a_call_ends_the_wrap(void **state) {
    (void)state;
    say(500, "QueueMemberStatus", "Queue: sales\nMemberName: Ana\nInterface: PJSIP/A\nStatus: 1\nPaused: 0\nWrapuptime: 9\n");
    talk("1.0");
    complete(5000, "1.0", "sales", "Ana", "agent");
    member(6000, "QueueMemberPause", "sales", "Ana", 1, 1, "tea");
    assert_int_equal(fake_nth(sink, FC_WRAPPED, 0)->ts, at(6000));
    assert_int_equal(state_of("Ana")->word, FC_AGENT_PAUSED);
    member(7000, "QueueMemberPause", "sales", "Ana", 1, 0, "");
    assert_int_equal(state_of("Ana")->word, FC_AGENT_AVAILABLE);
}

static void an_end_that_is_never_told(void **state) {
    (void)state;
    talk("1.0");
    channel(5000, "Hangup", "1.0");
    tick(9999);
    expect_open("1.0");
    tick(10000);
    expect_ended("1.0", FC_BY_LOST, 5000);
}

static void a_full_sink_loses_nothing(void **state) {
    (void)state;
    sink->room = 1;
    join(1000, "1.0", "sales");
    of_agent(1100, "AgentCalled", "1.0", "sales", "Ana", "");
    leave(2000, "1.0", "sales");
    connect_agent(2001, "1.0", "sales", "Ana", 1);
    assert_int_equal(fake_count(sink, FC_ANSWERED), 0);
    assert_int_equal(fc_ami_out_flush(&out), FC_AGAIN);
    sink->room = 1;
    assert_int_equal(fc_ami_out_flush(&out), FC_AGAIN);
    sink->room = SIZE_MAX;
    assert_int_equal(fc_ami_out_flush(&out), FC_OK);
    assert_int_equal(out.kept, 0);
    assert_int_equal(visit("1.0").answered, at(2001));
    assert_int_equal(fake_count(sink, FC_ALERTED), 1);
    assert_string_equal(sink->recs[sink->n - 1].src, "ami:test");
}

static void heartbeats_while_connected(void **state) {
    (void)state;
    size_t before = fake_count(sink, FC_HEARTBEAT);
    for (int64_t ms = 0; ms <= 20000; ms += 500) tick(ms);
    assert_int_equal(fake_count(sink, FC_HEARTBEAT) - before, 4);
    fc_ami_track_disconnected(track, at(20001), "connection lost");
    for (int64_t ms = 21000; ms <= 40000; ms += 500) tick(ms);
    assert_int_equal(fake_count(sink, FC_HEARTBEAT) - before, 5);
}

static void calls_are_forgotten_when_they_are_over(void **state) {
    (void)state;
    for (int i = 0; i < 1000; i++) {
        char uid[16];
        (void)snprintf(uid, sizeof uid, "%d.0", i);
        join(1000 + i * 100, uid, "sales");
        channel(1010 + i * 100, "HangupRequest", uid);
        abandon(1020 + i * 100, uid, "sales");
        channel(1030 + i * 100, "Hangup", uid);
    }
    tick(300000);
    join(400000, "5.0", "sales"); /* Asterisk uses no Uniqueid twice; that this counts as a first visit shows it was freed */
    assert_string_equal(fake_nth(sink, FC_OFFERED, 1000)->contact, "5.0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(pitfall_15_who_still_waits_keeps_its_visit),
        TEST(pitfall_15_a_connect_right_behind_the_list),
        TEST(pitfall_15_who_still_talks_is_told_again),
        TEST(pitfall_15_connect_of_a_caller_never_seen),
        TEST(pitfall_15_the_list_and_the_event_tell_one_caller),
        TEST(pitfall_15_a_snapshot_holds_all_that_is_live),
        TEST(pitfall_15_lists_that_never_come),
        TEST(pitfall_16_undecided_when_the_connection_is_cut),
        TEST(pitfall_17_another_life_of_asterisk),
        TEST(pitfall_17_pauses_are_as_the_new_life_says),
        TEST(pitfall_17_nothing_is_open_when_nothing_follows),
        TEST(pitfall_18_unknown_callers_have_no_customer),
        TEST(pitfall_18_systemname_is_part_of_the_id),
        TEST(pitfall_19_a_listed_channel_is_matched_without_slash_n),
        TEST(pitfall_20_asterisk_16_pause_has_both_reasons),
        TEST(pitfall_22_ring_all_losers_are_no_misses),
        TEST(held_by_either_side),
        TEST(wrapuptime_is_after_contact_work),
        TEST(a_pause_or_a_call_ends_the_wrap),
        TEST(an_end_that_is_never_told),
        TEST(a_full_sink_loses_nothing),
        TEST(heartbeats_while_connected),
        TEST(calls_are_forgotten_when_they_are_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
