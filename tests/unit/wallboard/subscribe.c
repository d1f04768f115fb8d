/* What clients say, in both forms, and what they are told when it is wrong. */
#include "subscribe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void good(enum fc_protocol protocol, const char *bytes, size_t n, const char *want, size_t want_n, uint32_t count) {
    struct fc_topic_set set;
    assert_null(fc_subscribe_parse(protocol, bytes, n, &set));
    assert_int_equal(set.n, count);
    assert_int_equal(set.text.n, want_n);
    if (want_n > 0) assert_memory_equal(set.text.p, want, want_n);
    fc_bytes_free(&set.text);
}

static void bad(enum fc_protocol protocol, const char *bytes, size_t n, const char *want) {
    struct fc_topic_set set;
    const char *wrong = fc_subscribe_parse(protocol, bytes, n, &set);
    assert_non_null(wrong);
    assert_memory_equal(wrong, want, strlen(want));
    fc_bytes_free(&set.text);
}

#define JSON(text) FC_PROTOCOL_JSON, text, sizeof(text) - 1
#define PACK(text) FC_PROTOCOL_MSGPACK, text, sizeof(text) - 1
#define SET(text) text, sizeof(text)

static void sorted_and_once(void **state) {
    (void)state;
    good(JSON("{\"op\":\"subscribe\",\"topics\":[\"b\",\"a/*\",\"b\"],\"later\":1}"), SET("a/*\0b"), 2);
    good(PACK("\x82\xa6topics\x93\xa1" "b\xa3" "a/*\xa1" "b\xa2op\xa9subscribe"), SET("a/*\0b"), 2);
    good(JSON("{\"op\":\"subscribe\",\"topics\":[]}"), "", 0, 0);
    good(PACK("\x83\xa1x\x81\xa1y\x90\xa2op\xa9subscribe\xa6topics\x90"), "", 0, 0);
}

static void says_what_is_wrong(void **state) {
    (void)state;
    bad(JSON("hello"), "message:");
    bad(JSON("[]"), "message:");
    bad(JSON("{\"op\":\"dance\",\"topics\":[]}"), "op:");
    bad(JSON("{\"op\":\"subscribe\"}"), "topics:");
    bad(JSON("{\"op\":\"subscribe\",\"topics\":[1]}"), "topics: expected an array of strings");
    bad(JSON("{\"op\":\"subscribe\",\"topics\":[\"\"]}"), "topics: expected names");
    bad(PACK("\x91\x01"), "message:");
    bad(PACK("\x81\xa2op\xa9subscribe"), "topics:");
    bad(PACK("\x82\xa2op\xa9subscribe\xa6topics\x91\xa1"), "topics:");
    bad(PACK("\x82\xa2op\xa9subscribe\xa6topics\x91\xa2" "a\0"), "topics: expected names");
    bad(PACK("\x82\xa2op\xa9subscribe\xa6topics\x90\x01"), "message:");
    bad(PACK(""), "message:");
}

static void a_thousand_and_no_more(void **state) {
    (void)state;
    struct fc_bytes text = {0};
    for (int n = 1000; n <= 1001; n++) {
        fc_bytes_clear(&text);
        fc_bytes_text(&text, "{\"op\":\"subscribe\",\"topics\":[");
        for (int i = 0; i < n; i++) fc_bytes_printf(&text, "%s\"q%d\"", i > 0 ? "," : "", i);
        fc_bytes_text(&text, "]}");
        struct fc_topic_set set;
        const char *wrong = fc_subscribe_parse(FC_PROTOCOL_JSON, text.p, text.n, &set);
        assert_true((wrong == NULL) == (n == 1000));
        fc_bytes_free(&set.text);
    }
    fc_bytes_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorted_and_once),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(a_thousand_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
