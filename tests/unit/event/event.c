/* The event codec: every kind goes round, every named bad input comes back with its reason, the page is what the table says. */
#include "event.h"
#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), FC_OK)

static struct fc_str any_text(uint32_t most) {
    static const char text[] = "\xe4\xbd\xa0\xe5\xa5\xbd, sales \xc3\xa9t\xc3\xa9 0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ and so on and so forth "
                               "until there are more than enough bytes here to fill the longest of all texts allowed in an event";
    uint32_t n = (uint32_t)(rng() % (most + 1));
    return fc_str_n(text + 6, n < sizeof text - 7 - 6 ? (n == 0 ? 0 : n < 11 ? 2 : n > 15 ? n : 15) : 20); /* never within a character */
}

/* All keys set; the ones a kind needs are then a subset. */
static struct fc_event full_event(enum fc_kind kind) {
    struct fc_event ev = fc_event_make(kind, (int64_t)(1 + rng() % 2000000000000000));
#define SET_STR(key) FC_EVENT_STR(&ev, key, any_text(30))
    SET_STR(src), SET_STR(tenant), SET_STR(site), SET_STR(contact), SET_STR(queue), SET_STR(agent), SET_STR(root), SET_STR(customer);
    SET_STR(topic), SET_STR(lang), SET_STR(reason), SET_STR(state), SET_STR(name), SET_STR(case_id), SET_STR(epoch);
#undef SET_STR
    FC_EVENT_NUM(&ev, seq, (int64_t)(rng() >> 1));
    FC_EVENT_NUM(&ev, priority, (int64_t)(rng() % 1000001));
    FC_EVENT_NUM(&ev, csat, 1 + (int64_t)(rng() % 5));
    FC_EVENT_NUM(&ev, nps, (int64_t)(rng() % 11));
    FC_EVENT_NUM(&ev, resolved, (rng() & 1) != 0);
    FC_EVENT_NUM(&ev, channel, (uint8_t)(rng() % FC_CHANNEL_COUNT));
    FC_EVENT_NUM(&ev, by, (uint8_t)(rng() % 4));
    FC_EVENT_NUM(&ev, outcome, (uint8_t)(rng() % 2));
    FC_EVENT_NUM(&ev, cause, (uint8_t)(rng() % 3));
    FC_EVENT_NUM(&ev, stage, (uint8_t)(rng() % 4));
    for (int i = 0; i < 5; i++) ev.rater[i] = (uint8_t)(1 + rng() % 5);
    for (int i = 0; i < 10; i++) ev.assess[i] = (uint8_t)(rng() % 4);
    ev.present |= FC_KEY_BIT(rater) | FC_KEY_BIT(assess);
    if (kind == FC_LEFT) fc_event_set_left(&ev, (enum fc_left)(rng() % FC_LEFT_COUNT));
    if (kind == FC_AGENT) fc_event_set_agent(&ev, (enum fc_agent_state)(rng() % FC_AGENT_STATE_COUNT));
    if (kind == FC_SNAPSHOT) fc_event_set_snapshot(&ev, (enum fc_snapshot)(rng() % 2));
    if (kind == FC_HEARTBEAT) fc_event_set_source(&ev, (enum fc_source_state)(rng() % 2));
    return ev;
}

static void expect_equal(const struct fc_event *a, const struct fc_event *b) {
    assert_true(a->present == b->present && a->kind == b->kind && a->word == b->word);
#define IF(key) if ((a->present & FC_KEY_BIT(key)) != 0)
#define SAME_STR(key) IF(key) assert_true(fc_str_eq(a->key, b->key))
#define SAME_NUM(key) IF(key) assert_true(a->key == b->key)
    SAME_STR(src); SAME_STR(tenant); SAME_STR(site); SAME_STR(contact); SAME_STR(queue); SAME_STR(agent); SAME_STR(root); SAME_STR(customer);
    SAME_STR(topic); SAME_STR(lang); SAME_STR(reason); SAME_STR(state); SAME_STR(name); SAME_STR(case_id); SAME_STR(epoch);
    SAME_NUM(ts); SAME_NUM(seq); SAME_NUM(priority); SAME_NUM(csat); SAME_NUM(nps); SAME_NUM(resolved);
    SAME_NUM(channel); SAME_NUM(by); SAME_NUM(outcome); SAME_NUM(cause); SAME_NUM(stage);
    IF(rater) assert_memory_equal(a->rater, b->rater, sizeof a->rater);
    IF(assess) assert_memory_equal(a->assess, b->assess, sizeof a->assess);
}

static void every_kind_goes_round(void **state) {
    (void)state;
    for (int round = 0; round < 2000; round++) {
        for (int kind = 0; kind < FC_KIND_COUNT; kind++) {
            uint8_t buf[FC_EVENT_BYTES_MAX];
            struct fc_mpw w;
            struct fc_event ev = full_event((enum fc_kind)kind), back;
            struct fc_error err = {.text = ""};
            fc_mpw_init(&w, buf, sizeof buf);
            fc_event_encode(&w, &ev);
            assert_false(w.overflow);
            struct fc_mp mp = fc_mp_open(buf, w.len);
            if (fc_event_decode(&mp, &back, &err) != FC_OK) fail_msg("%s: %s", fc_kind_name(ev.kind), err.text);
            assert_int_equal(fc_mp_left(&mp), 0);
            expect_equal(&ev, &back);
        }
    }
}

/* Cut or damaged anywhere: a status, never a read past the end (the sanitizer watches), never a move on failure. */
static void damage_is_survived(void **state) {
    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint8_t buf[FC_EVENT_BYTES_MAX];
        struct fc_mpw w;
        struct fc_event ev = full_event((enum fc_kind)(rng() % FC_KIND_COUNT));
        ev.present &= rng() | FC_KEY_BIT(ts);
        fc_mpw_init(&w, buf, sizeof buf);
        fc_event_encode(&w, &ev);
        for (uint64_t k = rng() % 4; k > 0; k--) buf[rng() % w.len] = (uint8_t)rng();
        size_t cut = rng() % (w.len + 1);
        if (rng() % 3 == 0) cut = w.len;
        uint8_t *exact = malloc(cut > 0 ? cut : 1);
        assert_non_null(exact);
        memcpy(exact, buf, cut);
        struct fc_mp mp = fc_mp_open(exact, cut);
        struct fc_error err = {.text = ""};
        enum fc_status st = fc_event_decode(&mp, &ev, &err);
        assert_true(st == FC_OK || st == FC_INVALID || st == FC_ABSENT);
        if (st == FC_INVALID) assert_int_equal(fc_mp_offset(&mp), 0);
        if (st != FC_OK) assert_true(err.text[0] != '\0');
        free(exact);
    }
}

static enum fc_status from_json(const char *json, struct fc_event *ev, struct fc_error *err) {
    static uint8_t buf[70000]; /* the event's strings point into it */
    size_t len = 0;
    enum fc_status st = fc_event_json_to_mp(json, strlen(json), buf, sizeof buf, &len, err);
    if (st != FC_OK) return st;
    struct fc_mp mp = fc_mp_open(buf, len);
    return fc_event_decode(&mp, ev, err);
}

static void expect_invalid(const char *json, const char *part) {
    struct fc_event ev;
    struct fc_error err = {.text = ""};
    assert_int_equal(from_json(json, &ev, &err), FC_INVALID);
    if (strstr(err.text, part) == NULL) fail_msg("%s: \"%s\" does not say \"%s\"", json, err.text, part);
}

static void each_bad_event_has_its_reason(void **state) {
    (void)state;
    expect_invalid("{\"v\":1,\"ts\":1,\"contact\":\"c\"}", "event at byte 0: key \"kind\" is missing");
    expect_invalid("{\"v\":1,\"kind\":\"held\",\"contact\":\"c\"}", "held event at byte 0: key \"ts\" is missing");
    expect_invalid("{\"v\":1,\"ts\":1,\"kind\":\"offered\",\"contact\":\"c\"}", "offered event at byte 0: key \"queue\" is missing");
    expect_invalid("{\"v\":2,\"ts\":1,\"kind\":\"held\",\"contact\":\"c\"}", "key \"v\" at byte 1: an event of version 2; this program reads version 1 only");
    expect_invalid("{\"ts\":\"now\",\"kind\":\"held\",\"contact\":\"c\"}", "key \"ts\" at byte 4: expected microseconds since 1970 as a whole number");
    expect_invalid("{\"ts\":0,\"kind\":\"held\",\"contact\":\"c\"}", "key \"ts\" at byte 4: 0 is not in 1..");
    expect_invalid("{\"ts\":-5,\"kind\":\"held\",\"contact\":\"c\"}", "-5 is not in 1..");
    expect_invalid("{\"ts\":1.5,\"kind\":\"held\",\"contact\":\"c\"}", "expected microseconds since 1970");
    expect_invalid("{\"ts\":1,\"kind\":\"held\",\"contact\":5}", "key \"contact\" at byte 23: expected a string");
    expect_invalid("{\"ts\":1,\"kind\":5}", "key \"kind\" at byte 5: expected a string");
    expect_invalid("{\"ts\":1,\"kind\":\"left\",\"contact\":\"c\",\"queue\":\"q\",\"reason\":\"bored\"}",
                   "\"bored\" is none of: abandoned, timeout, key, empty, full, overflow, callback, transferred, withdrawn, unknown");
    expect_invalid("{\"ts\":1,\"kind\":\"agent\",\"agent\":\"a\",\"state\":\"asleep\"}", "\"asleep\" is none of: offline, available, alerting, busy, hold, wrap, paused");
    expect_invalid("{\"ts\":1,\"kind\":\"offered\",\"contact\":\"c\",\"queue\":\"q\",\"channel\":\"fax\"}", "\"fax\" is none of: voice, chat, email, sms, ticket, internal");
    expect_invalid("{\"ts\":1,\"kind\":\"surveyed\",\"contact\":\"c\",\"csat\":0}", "0 is not in 1..5");
    expect_invalid("{\"ts\":1,\"kind\":\"surveyed\",\"contact\":\"c\",\"csat\":6}", "6 is not in 1..5");
    expect_invalid("{\"ts\":1,\"kind\":\"surveyed\",\"contact\":\"c\",\"nps\":11}", "11 is not in 0..10");
    expect_invalid("{\"ts\":1,\"kind\":\"surveyed\",\"contact\":\"c\",\"resolved\":1}", "expected true or false");
    expect_invalid("{\"ts\":1,\"kind\":\"surveyed\",\"contact\":\"c\",\"rater\":[1,2,3,4]}", "expected an array of 5 numbers");
    expect_invalid("{\"ts\":1,\"kind\":\"surveyed\",\"contact\":\"c\",\"rater\":[1,2,3,4,0]}", "element 4 is not in 1..5");
    expect_invalid("{\"ts\":1,\"kind\":\"surveyed\",\"contact\":\"c\",\"assess\":[0,1,2,3,4,0,0,0,0,0]}", "element 4 is not in 0..3");
    expect_invalid("{\"ts\":1,\"kind\":\"surveyed\",\"csat\":5}", "surveyed event at byte 0: needs \"contact\" or \"customer\"");
    expect_invalid("{\"ts\":1,\"kind\":\"resolved\",\"outcome\":\"yes\"}", "resolved event at byte 0: needs \"contact\" or \"case\"");
    expect_invalid("{\"ts\":1,\"kind\":\"held\",\"contact\":\"c\",\"seq\":-1}", "-1 is not in 0..");
}

static void what_is_no_json_object_has_its_reason(void **state) {
    (void)state;
    uint8_t buf[100];
    size_t len;
    struct fc_error err;
    assert_int_equal(fc_event_json_to_mp("{\"a\":}", 6, buf, sizeof buf, &len, &err), FC_INVALID);
    assert_string_equal(err.text, "column 6: not JSON: unexpected token near '}'");
    assert_int_equal(fc_event_json_to_mp("[1]", 3, buf, sizeof buf, &len, &err), FC_INVALID);
    assert_string_equal(err.text, "expected one JSON object a line");
    assert_int_equal(fc_event_json_to_mp("{} x", 4, buf, sizeof buf, &len, &err), FC_INVALID);
    assert_int_equal(fc_event_json_to_mp("{\"a\":1,\"a\":2}", 13, buf, sizeof buf, &len, &err), FC_INVALID);
    assert_non_null(strstr(err.text, "duplicate"));
    assert_int_equal(fc_event_json_to_mp("{\"a\":\"0123456789\"}", 18, buf, 8, &len, &err), FC_FULL);
    static const char deep[] = "{\"a\":[[[[[[[[[[1]]]]]]]]]]}";
    assert_int_equal(fc_event_json_to_mp(deep, sizeof deep - 1, buf, sizeof buf, &len, &err), FC_FULL);
    assert_string_equal(err.text, "event is larger than 100 bytes or nested deeper than 8");
}

static void long_and_twice_is_refused(void **state) {
    (void)state;
    char json[12000];
    uint8_t buf[12000];
    struct fc_mpw w;
    struct fc_event ev;
    struct fc_error err;
    (void)snprintf(json, sizeof json, "{\"ts\":1,\"kind\":\"held\",\"contact\":\"%0129d\"}", 5);
    expect_invalid(json, "129 bytes, at most 128 are allowed");
    (void)snprintf(json, sizeof json, "{\"ts\":1,\"kind\":\"held\",\"contact\":\"c\",\"unknown\":\"%05000d\"}", 5);
    expect_invalid(json, "bytes, at most 4096 are allowed");
    fc_mpw_init(&w, buf, sizeof buf);
    fc_mpw_map(&w, 3);
    for (int i = 0; i < 2; i++) {
        fc_mpw_key(&w, "ts");
        fc_mpw_int(&w, 5);
    }
    fc_mpw_key(&w, "kind");
    fc_mpw_key(&w, "held");
    struct fc_mp mp = fc_mp_open(buf, w.len);
    assert_int_equal(fc_event_decode(&mp, &ev, &err), FC_INVALID);
    assert_string_equal(err.text, "key \"ts\" at byte 5 is given twice");
}

static void deep_values_are_refused(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0x81, 0xa1, 'x', 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0xc0};
    struct fc_event ev;
    struct fc_error err;
    struct fc_mp mp = fc_mp_open(bytes, sizeof bytes);
    assert_int_equal(fc_event_decode(&mp, &ev, &err), FC_INVALID);
    assert_string_equal(err.text, "value at byte 3 is cut off or nested deeper than 8");
}

static void bytes_that_are_no_text_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"\xff", "\xc0\x80", "\xc3", "\xed\xa0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "a\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t buf[200];
        struct fc_mpw w;
        struct fc_error err;
        struct fc_event ev = fc_event_make(FC_HELD, 1);
        FC_EVENT_STR(&ev, contact, fc_str(bad[i]));
        fc_mpw_init(&w, buf, sizeof buf);
        fc_event_encode(&w, &ev);
        struct fc_mp mp = fc_mp_open(buf, w.len);
        assert_int_equal(fc_event_decode(&mp, &ev, &err), FC_INVALID);
        assert_non_null(strstr(err.text, "not UTF-8"));
    }
}

static void unknown_kinds_and_keys_are_stepped_over(void **state) {
    (void)state;
    uint8_t buf[500];
    size_t len = 0;
    struct fc_event ev;
    struct fc_error err;
    static const char future[] = "{\"v\":1,\"ts\":1,\"kind\":\"teleported\",\"where\":[1,{\"x\":null}]}";
    OK(fc_event_json_to_mp(future, sizeof future - 1, buf, sizeof buf, &len, &err));
    struct fc_mp mp = fc_mp_open(buf, len);
    assert_int_equal(fc_event_decode(&mp, &ev, &err), FC_ABSENT);
    assert_int_equal(fc_mp_left(&mp), 0);
    assert_string_equal(err.text, "event at byte 0: unknown kind \"teleported\"");
    OK(from_json("{\"ts\":7,\"extra\":{\"a\":[true,null,1.5]},\"kind\":\"held\",\"contact\":\"c\"}", &ev, &err));
    assert_true(ev.kind == FC_HELD && ev.ts == 7 && fc_str_is(ev.contact, "c"));
    OK(from_json("{\"ts\":7,\"kind\":\"heartbeat\",\"src\":\"s\"}", &ev, &err)); /* without a state it is up */
    assert_int_equal(ev.word, FC_SOURCE_UP);
    OK(from_json("{\"ts\":7,\"kind\":\"left\",\"contact\":\"c\",\"queue\":\"q\",\"reason\":\"empty\"}", &ev, &err));
    assert_int_equal(ev.word, FC_LEFT_EMPTY);
}

static void the_page_is_the_table(void **state) {
    (void)state;
    static char want[20000], is[20000];
    FILE *f = fmemopen(want, sizeof want, "w");
    assert_non_null(f);
    fc_event_print_table(f);
    assert_int_equal(fclose(f), 0);
    f = fopen(FC_SOURCE_DIR "/collector/EVENTS.md", "r");
    assert_non_null(f);
    is[fread(is, 1, sizeof is - 1, f)] = '\0';
    assert_int_equal(fclose(f), 0);
    if (strcmp(is, want) != 0) fail_msg("collector/EVENTS.md is old: floorcast-collector --events > collector/EVENTS.md");
}

int main(void) {
    rng_seed(20260301);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_goes_round),
        cmocka_unit_test(damage_is_survived),
        cmocka_unit_test(each_bad_event_has_its_reason),
        cmocka_unit_test(what_is_no_json_object_has_its_reason),
        cmocka_unit_test(long_and_twice_is_refused),
        cmocka_unit_test(deep_values_are_refused),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(unknown_kinds_and_keys_are_stepped_over),
        cmocka_unit_test(the_page_is_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
