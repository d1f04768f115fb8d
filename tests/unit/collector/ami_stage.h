/* ami_stage -- a tracker, logged in, for the tests of single traps: messages are written as AMI sends them, with the
 * fields that count; times are milliseconds after the login. Ana serves sales, Bob sales and support. */
#ifndef FC_AMI_STAGE_H
#define FC_AMI_STAGE_H

#include "ami_fake.h"
#include "ami_track.h"

#define T0 INT64_C(1795347000000000) /* the login */

static struct fc_sink *sink;
static struct fc_ami_out out;
static struct fc_ami_track *track;
static struct fc_ami_parse parse;
static struct fc_ami_msg msg;

static inline int64_t at(int64_t ms) { return T0 + ms * 1000; }

/* "Event: NAME\n" and `fields` ("Key: value\n" each), through the parser. */
static inline void feed(int64_t ms, const char *head, const char *name, const char *fields) {
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

static inline void say(int64_t ms, const char *event, const char *fields) { feed(ms, "Event: ", event, fields); }

static inline void join(int64_t ms, const char *uid, const char *queue) {
    char f[400];
    (void)snprintf(f, sizeof f, "CallerIDNum: +44 20 7946-0001\nLanguage: en\nUniqueid: %s\nLinkedid: %s\nQueue: %s\nPosition: 1\nCount: 1\n", uid, uid, queue);
    say(ms, "QueueCallerJoin", f);
}

static inline void of_caller(int64_t ms, const char *event, const char *uid, const char *queue) {
    char f[300];
    (void)snprintf(f, sizeof f, "Uniqueid: %s\nQueue: %s\n", uid, queue);
    say(ms, event, f);
}

static inline void leave(int64_t ms, const char *uid, const char *queue) { of_caller(ms, "QueueCallerLeave", uid, queue); }
static inline void abandon(int64_t ms, const char *uid, const char *queue) { of_caller(ms, "QueueCallerAbandon", uid, queue); }
static inline void channel(int64_t ms, const char *event, const char *uid) { of_caller(ms, event, uid, ""); }

/* The member's interface is "PJSIP/" and the name's first letter. */
static inline void of_agent(int64_t ms, const char *event, const char *uid, const char *queue, const char *agent, const char *more) {
    char f[600];
    (void)snprintf(f, sizeof f, "Uniqueid: %s\nDestUniqueid: %s-%c\nQueue: %s\nInterface: PJSIP/%c\nMemberName: %s\n%s", uid, uid, agent[0], queue, agent[0], agent, more);
    say(ms, event, f);
}

static inline void connect_agent(int64_t ms, const char *uid, const char *queue, const char *agent, int hold) {
    char more[60];
    (void)snprintf(more, sizeof more, "HoldTime: %d\nRingTime: 1\n", hold);
    of_agent(ms, "AgentConnect", uid, queue, agent, more);
}

static inline void complete(int64_t ms, const char *uid, const char *queue, const char *agent, const char *reason) {
    char more[60];
    (void)snprintf(more, sizeof more, "HoldTime: 1\nTalkTime: 1\nReason: %s\n", reason);
    of_agent(ms, "AgentComplete", uid, queue, agent, more);
}

static inline void status_of(int64_t ms, const char *uid, const char *value) {
    char f[200];
    (void)snprintf(f, sizeof f, "Uniqueid: %s\nVariable: QUEUESTATUS\nValue: %s\n", uid, value);
    say(ms, "VarSet", f);
}

static inline void dialplan(int64_t ms, const char *uid, const char *application) {
    char f[200];
    (void)snprintf(f, sizeof f, "Uniqueid: %s\nApplication: %s\n", uid, application);
    say(ms, "Newexten", f);
}

static inline void member(int64_t ms, const char *event, const char *queue, const char *agent, int status, int paused, const char *reason) {
    char f[500];
    (void)snprintf(f, sizeof f, "Queue: %s\n%s: %s\n%s: PJSIP/%c\nStatus: %d\nPaused: %d\nPausedReason: %s\nInCall: 0\nWrapuptime: 0\n", queue,
                   strcmp(event, "QueueMember") == 0 ? "Name" : "MemberName", agent, strcmp(event, "QueueMember") == 0 ? "Location" : "Interface", agent[0], status, paused, reason);
    say(ms, event, f);
}

static inline void tick(int64_t ms) { fc_ami_track_tick(track, at(ms)); }

static inline void lists_done(int64_t ms) {
    say(ms, "QueueStatusComplete", "EventList: Complete\n");
    say(ms, "CoreShowChannelsComplete", "EventList: Complete\n");
}

static inline void core_status(int64_t ms, const char *time) {
    char f[200];
    (void)snprintf(f, sizeof f, "ActionID: 2\nCoreStartupDate: 2026-11-22\nCoreStartupTime: %s\n", time);
    feed(ms, "Response: ", "Success", f);
}

static inline int start(void **state) {
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

static inline int stop(void **state) {
    (void)state;
    fc_ami_track_destroy(track);
    fc_ami_out_fini(&out);
    fake_free(sink);
    return 0;
}

static inline uint64_t count(enum fc_ami_counter c) { return fc_ami_track_count(track, c); }
#define COUNTED(name) count(FC_AMI_COUNT_##name)

static inline struct visit visit(const char *contact) {
    struct visits all = visits_of(sink);
    struct visit *v = visit_find(&all, contact), copy_of;
    if (v == NULL) fail_msg("no visit %s", contact);
    copy_of = *v;
    free(all.v);
    return copy_of;
}

static inline void expect_left(const char *contact, enum fc_left reason, int64_t ms) {
    struct visit v = visit(contact);
    assert_int_equal(v.lefts, 1);
    if (v.reason != reason) fail_msg("%s left as %s, expected %s", contact, fc_word(FC_VOCAB_LEFT, v.reason), fc_word(FC_VOCAB_LEFT, reason));
    assert_int_equal(v.left, at(ms));
}

static inline void expect_ended(const char *contact, enum fc_by by, int64_t ms) {
    struct visit v = visit(contact);
    assert_int_equal(v.ends, 1);
    assert_int_equal(v.by, by);
    assert_int_equal(v.ended, at(ms));
}

static inline void expect_open(const char *contact) {
    struct visit v = visit(contact);
    assert_int_equal(v.lefts + v.ends, 0);
}

/* The last state that was told of an agent. */
static inline const struct rec *state_of(const char *agent) {
    for (size_t i = sink->n; i-- > 0;)
        if (sink->recs[i].kind == FC_AGENT && strcmp(sink->recs[i].agent, agent) == 0) return &sink->recs[i];
    fail_msg("no state of %s", agent);
    return NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

#endif
