/* The tracker against what real Asterisks do, one test per trap. Messages are written here as AMI sends them, with the
 * fields that count; times in milliseconds after the login. Recordings as a whole are ami_corpora's. */
#include "ami_fake.h"
#include "ami_track.h"

#include <zlib.h>

#define T0 INT64_C(1795347000000000) /* the login */

static struct fc_sink *sink;
static struct fc_ami_out out;
static struct fc_ami_track *track;
static struct fc_ami_parse parse;
static struct fc_ami_msg msg;

static int64_t at(int64_t ms) { return T0 + ms * 1000; }

/* "Event: NAME\n" and `fields` ("Key: value\n" each), through the parser. */
static void feed(int64_t ms, const char *head, const char *name, const char *fields) {
    char text[4096];
    size_t n = (size_t)snprintf(text, sizeof text, "%s%s\n%s\n", head, name, fields), cap;
    char *to = fc_ami_parse_space(&parse, &cap), *p = to;
    assert_true(n < sizeof text);
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\n') *p++ = '\r';
        *p++ = text[i];
    }
    fc_ami_parse_added(&parse, (size_t)(p - to));
    assert_int_equal(fc_ami_parse_next(&parse, &msg, NULL), FC_OK);
    fc_ami_track_message(track, &msg, at(ms));
}

static void say(int64_t ms, const char *event, const char *fields) { feed(ms, "Event: ", event, fields); }

static void join(int64_t ms, const char *uid, const char *queue) {
    char f[400];
    (void)snprintf(f, sizeof f, "CallerIDNum: +44 20 7946-0001\nLanguage: en\nUniqueid: %s\nLinkedid: %s\nQueue: %s\nPosition: 1\nCount: 1\n", uid, uid, queue);
    say(ms, "QueueCallerJoin", f);
}

static void of_caller(int64_t ms, const char *event, const char *uid, const char *queue) {
    char f[300];
    (void)snprintf(f, sizeof f, "Uniqueid: %s\nQueue: %s\n", uid, queue);
    say(ms, event, f);
}

static void leave(int64_t ms, const char *uid, const char *queue) { of_caller(ms, "QueueCallerLeave", uid, queue); }
static void abandon(int64_t ms, const char *uid, const char *queue) { of_caller(ms, "QueueCallerAbandon", uid, queue); }
static void channel(int64_t ms, const char *event, const char *uid) { of_caller(ms, event, uid, ""); }

/* The member's interface is "PJSIP/" and the name's first letter. */
static void of_agent(int64_t ms, const char *event, const char *uid, const char *queue, const char *agent, const char *more) {
    char f[600];
    (void)snprintf(f, sizeof f, "Uniqueid: %s\nDestUniqueid: %s-%c\nQueue: %s\nInterface: PJSIP/%c\nMemberName: %s\n%s", uid, uid, agent[0], queue, agent[0], agent, more);
    say(ms, event, f);
}

static void connect_agent(int64_t ms, const char *uid, const char *queue, const char *agent, int hold) {
    char more[60];
    (void)snprintf(more, sizeof more, "HoldTime: %d\nRingTime: 1\n", hold);
    of_agent(ms, "AgentConnect", uid, queue, agent, more);
}

static void complete(int64_t ms, const char *uid, const char *queue, const char *agent, const char *reason) {
    char more[60];
    (void)snprintf(more, sizeof more, "HoldTime: 1\nTalkTime: 1\nReason: %s\n", reason);
    of_agent(ms, "AgentComplete", uid, queue, agent, more);
}

static void status_of(int64_t ms, const char *uid, const char *value) {
    char f[200];
    (void)snprintf(f, sizeof f, "Uniqueid: %s\nVariable: QUEUESTATUS\nValue: %s\n", uid, value);
    say(ms, "VarSet", f);
}

static void dialplan(int64_t ms, const char *uid, const char *application) {
    char f[200];
    (void)snprintf(f, sizeof f, "Uniqueid: %s\nApplication: %s\n", uid, application);
    say(ms, "Newexten", f);
}

static void member(int64_t ms, const char *event, const char *queue, const char *agent, int status, int paused, const char *reason) {
    char f[500];
    (void)snprintf(f, sizeof f, "Queue: %s\n%s: %s\n%s: PJSIP/%c\nStatus: %d\nPaused: %d\nPausedReason: %s\nInCall: 0\nWrapuptime: 0\n", queue,
                   strcmp(event, "QueueMember") == 0 ? "Name" : "MemberName", agent, strcmp(event, "QueueMember") == 0 ? "Location" : "Interface", agent[0], status, paused, reason);
    say(ms, event, f);
}

static void tick(int64_t ms) { fc_ami_track_tick(track, at(ms)); }

static void lists_done(int64_t ms) {
    say(ms, "QueueStatusComplete", "EventList: Complete\n");
    say(ms, "CoreShowChannelsComplete", "EventList: Complete\n");
}

static void core_status(int64_t ms, const char *time) {
    char f[200];
    (void)snprintf(f, sizeof f, "ActionID: 2\nCoreStartupDate: 2026-11-22\nCoreStartupTime: %s\n", time);
    feed(ms, "Response: ", "Success", f);
}

static int start(void **state) {
    (void)state;
    sink = fake_create();
    fc_ami_parse_init(&parse);
    parse.greeted = true;
    fc_ami_out_init(&out, sink, fc_str("ami:test"));
    track = fc_ami_track_create(&out);
    fc_ami_track_connected(track, T0);
    core_status(0, "08:00:00");
    member(0, "QueueMember", "sales", "Ana", 1, 0, "");
    member(0, "QueueMember", "sales", "Bob", 1, 0, "");
    member(0, "QueueMember", "support", "Bob", 1, 0, "");
    lists_done(1);
    return 0;
}

static int stop(void **state) {
    (void)state;
    fc_ami_track_destroy(track);
    fc_ami_out_fini(&out);
    fake_free(sink);
    return 0;
}

static uint64_t count(enum fc_ami_counter c) { return fc_ami_track_count(track, c); }
#define COUNTED(name) count(FC_AMI_COUNT_##name)

static struct visit visit(const char *contact) {
    struct visits all = visits_of(sink);
    struct visit *v = visit_find(&all, contact), copy_of;
    if (v == NULL) fail_msg("no visit %s", contact);
    copy_of = *v;
    free(all.v);
    return copy_of;
}

static void expect_left(const char *contact, enum fc_left reason, int64_t ms) {
    struct visit v = visit(contact);
    assert_int_equal(v.lefts, 1);
    if (v.reason != reason) fail_msg("%s left as %s, expected %s", contact, fc_word(FC_VOCAB_LEFT, v.reason), fc_word(FC_VOCAB_LEFT, reason));
    assert_int_equal(v.left, at(ms));
}

static void expect_ended(const char *contact, enum fc_by by, int64_t ms) {
    struct visit v = visit(contact);
    assert_int_equal(v.ends, 1);
    assert_int_equal(v.by, by);
    assert_int_equal(v.ended, at(ms));
}

static void expect_open(const char *contact) {
    struct visit v = visit(contact);
    assert_int_equal(v.lefts + v.ends, 0);
}

/* The last state that was told of an agent. */
static const struct rec *state_of(const char *agent) {
    for (size_t i = sink->n; i-- > 0;)
        if (sink->recs[i].kind == FC_AGENT && strcmp(sink->recs[i].agent, agent) == 0) return &sink->recs[i];
    fail_msg("no state of %s", agent);
    return NULL;
}

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
    expect_ended("2.0", FC_BY_UNKNOWN, 3000);
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
    expect_ended("1.0", FC_BY_UNKNOWN, 2700);
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
    expect_ended("1.0", FC_BY_UNKNOWN, 5000);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

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
