/* The link's five messages: round trips, limits, and words for everything that is none of them. */
#include "link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SPOOL FC_STR_LIT("0123456789abcdef0123456789abcdef")

static size_t encode(const struct fc_link_msg *m, uint8_t *buf, size_t cap) {
    struct fc_mpw w;
    fc_mpw_init(&w, buf, cap);
    fc_link_encode(&w, m);
    assert_false(w.overflow);
    return w.len;
}

static void expect_round(const struct fc_link_msg *m) {
    static uint8_t buf[FC_BATCH_BYTES_MAX + 128];
    struct fc_link_msg back;
    struct fc_error err;
    size_t n = encode(m, buf, sizeof buf);
    assert_int_equal(fc_link_decode(buf, n, &back, &err), FC_OK);
    assert_true(back.type == m->type && fc_str_eq(back.spool, m->spool) && back.first == m->first && back.count == m->count);
    assert_true(fc_str_eq(back.events, m->events) && fc_str_eq(back.reason, m->reason) && fc_str_eq(back.figures, m->figures));
    for (size_t cut = 0; cut < n && cut < 300; cut++) { /* cut anywhere it is no message */
        uint8_t *exact = malloc(cut + 1);
        memcpy(exact, buf, cut);
        assert_int_equal(fc_link_decode(exact, cut, &back, &err), FC_INVALID);
        free(exact);
    }
}

static void every_type_goes_round(void **state) {
    (void)state;
    static char events[FC_BATCH_BYTES_MAX];
    memset(events, 0xc0, sizeof events);
    expect_round(&(struct fc_link_msg){.type = FC_LINK_HELLO, .spool = SPOOL});
    expect_round(&(struct fc_link_msg){.type = FC_LINK_ACK, .spool = SPOOL, .first = 1});
    expect_round(&(struct fc_link_msg){.type = FC_LINK_ACK, .spool = SPOOL, .first = INT64_MAX});
    expect_round(&(struct fc_link_msg){.type = FC_LINK_REFUSE, .spool = SPOOL, .reason = FC_STR_LIT("event at byte 7: no")});
    expect_round(&(struct fc_link_msg){.type = FC_LINK_TELL, .spool = SPOOL, .figures = FC_STR_LIT("\x81\xa7" "figures" "\x81\xa5" "taken" "\x07")});
    expect_round(&(struct fc_link_msg){.type = FC_LINK_BATCH, .spool = SPOOL, .first = 5, .count = 1, .events = fc_str_n(events, 1)});
    expect_round(&(struct fc_link_msg){.type = FC_LINK_BATCH, .spool = SPOOL, .first = 1, .count = FC_BATCH_EVENTS_MAX, .events = fc_str_n(events, sizeof events)});
}

static void expect_refused(const struct fc_link_msg *m, const char *part) {
    static uint8_t buf[2 * FC_BATCH_BYTES_MAX];
    struct fc_link_msg back;
    struct fc_error err;
    assert_int_equal(fc_link_decode(buf, encode(m, buf, sizeof buf), &back, &err), FC_INVALID);
    if (strstr(err.text, part) == NULL) fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static void limits_are_kept(void **state) {
    (void)state;
    static char events[FC_BATCH_BYTES_MAX + 1];
    struct fc_str one = fc_str_n(events, 1);
    expect_refused(&(struct fc_link_msg){.type = FC_LINK_BATCH, .spool = SPOOL, .first = 0, .count = 1, .events = one}, "link batch: wrong type or limit exceeded");
    expect_refused(&(struct fc_link_msg){.type = FC_LINK_BATCH, .spool = SPOOL, .first = 1, .count = 0, .events = one}, "link batch");
    expect_refused(&(struct fc_link_msg){.type = FC_LINK_BATCH, .spool = SPOOL, .first = 1, .count = FC_BATCH_EVENTS_MAX + 1, .events = one}, "link batch");
    expect_refused(&(struct fc_link_msg){.type = FC_LINK_BATCH, .spool = SPOOL, .first = 1, .count = 1, .events = fc_str_n(events, sizeof events)}, "link batch");
    expect_refused(&(struct fc_link_msg){.type = FC_LINK_ACK, .spool = SPOOL, .first = 0}, "link ack");
    expect_refused(&(struct fc_link_msg){.type = FC_LINK_TELL, .spool = SPOOL, .figures = FC_STR_LIT("\x07")}, "link tell: wrong type or limit exceeded");
    static char long_text[FC_TELL_BYTES_MAX + 16] = "\x81\xa1x\xda\x7f\xfd"; /* {"x": 32765 bytes} */
    expect_refused(&(struct fc_link_msg){.type = FC_LINK_TELL, .spool = SPOOL, .figures = fc_str_n(long_text, 6 + 0x7ffd)}, "link tell");
    expect_refused(&(struct fc_link_msg){.type = FC_LINK_HELLO, .spool = FC_STR_LIT("short")}, "expected a spool id of 32 characters");
}

static void expect_words(const char *bytes, size_t n, const char *want) {
    struct fc_link_msg m;
    struct fc_error err;
    assert_int_equal(fc_link_decode(bytes, n, &m, &err), FC_INVALID);
    assert_string_equal(err.text, want);
}

static void strangers_are_named(void **state) {
    (void)state;
    expect_words("GET / HTTP/1.1", 14, "link message: expected an array that begins with its version, got 14 bytes of something else");
    expect_words("", 0, "link message: expected an array that begins with its version, got 0 bytes of something else");
    expect_words("\x92\x02\xa5hello", 8, "link message of version 2: this program speaks version 1");
    expect_words("\x92\x01\x05", 3, "link message at byte 2: expected its type");
    expect_words("\x92\x01\xa3" "bye", 6, "link message: unknown type \"bye\"");
    expect_words("\x92\x01\xa5hello", 8, "link hello: expected 3 elements, got 2");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_type_goes_round), cmocka_unit_test(limits_are_kept), cmocka_unit_test(strangers_are_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
