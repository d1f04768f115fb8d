/* Events and link messages as an earlier program wrote them: read by today's codecs, and nothing of them is lost on the way back. */
#include "event.h"
#include "link.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "../fixture.h"

static void expect_event(struct fc_mp *mp) {
    static uint8_t back[FC_EVENT_BYTES_MAX];
    const uint8_t *start = mp->p;
    struct fc_event ev;
    struct fc_error err = {.text = ""};
    struct fc_mpw w;
    if (fc_event_decode(mp, &ev, &err) != FC_OK) fail_msg("%s", err.text);
    fc_mpw_init(&w, back, sizeof back);
    fc_event_encode(&w, &ev);
    assert_int_equal(w.len, (size_t)(mp->p - start));
    assert_memory_equal(back, start, w.len);
}

/* Version 1 is also what today's encoder writes; a later one may write another, and then only has to read this. */
static void events_1(void **state) {
    (void)state;
    size_t n;
    uint8_t *bytes = fixture_read("events-1.bin", &n);
    struct fc_mp mp = fc_mp_open(bytes, n);
    unsigned events = 0;
    for (; fc_mp_left(&mp) > 0; events++) expect_event(&mp);
    assert_int_equal(events, 405);
    free(bytes);
}

static void events_1_as_lines(void **state) {
    (void)state;
    static uint8_t read[FC_EVENT_BYTES_MAX], written[FC_EVENT_BYTES_MAX];
    size_t n, binary_n, len, at = 0;
    struct fc_error err = {.text = ""};
    uint8_t *lines = fixture_read("events-1.ndjson", &n), *binary = fixture_read("events-1.bin", &binary_n);
    for (uint8_t *line = lines, *end; line < lines + n; line = end + 1) {
        struct fc_event ev;
        struct fc_mpw w;
        end = memchr(line, '\n', (size_t)(lines + n - line));
        assert_non_null(end);
        assert_int_equal(fc_event_json_to_mp((const char *)line, (size_t)(end - line), read, sizeof read, &len, &err), FC_OK);
        struct fc_mp mp = fc_mp_open(read, len);
        if (fc_event_decode(&mp, &ev, &err) != FC_OK) fail_msg("%s", err.text);
        fc_mpw_init(&w, written, sizeof written);
        fc_event_encode(&w, &ev);
        assert_true(at + w.len <= binary_n);
        assert_memory_equal(written, binary + at, w.len);
        at += w.len;
    }
    assert_int_equal(at, binary_n);
    free(lines);
    free(binary);
}

static void link_1(void **state) {
    (void)state;
    static const enum fc_link_type expected[] = {FC_LINK_HELLO, FC_LINK_BATCH, FC_LINK_ACK, FC_LINK_REFUSE, FC_LINK_TELL};
    size_t n;
    uint8_t *bytes = fixture_read("link-1.bin", &n);
    struct fc_mp mp = fc_mp_open(bytes, n);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const uint8_t *start = mp.p;
        struct fc_link_msg m;
        struct fc_error err = {.text = ""};
        assert_true(fc_mp_skip(&mp));
        if (fc_link_decode(start, (size_t)(mp.p - start), &m, &err) != FC_OK) fail_msg("%s", err.text);
        assert_int_equal(m.type, expected[i]);
        assert_true(fc_str_is(m.spool, "0123456789abcdef0123456789abcdef"));
        if (m.type == FC_LINK_ACK) assert_int_equal(m.first, 8);
        if (m.type == FC_LINK_REFUSE) assert_true(fc_str_is(m.reason, "batch of 1 events: 3 bytes follow the last one"));
        if (m.type != FC_LINK_BATCH) continue;
        assert_true(m.first == 7 && m.count == 1);
        struct fc_mp events = fc_mp_open(m.events.p, m.events.n);
        expect_event(&events);
        assert_int_equal(fc_mp_left(&events), 0);
    }
    assert_int_equal(fc_mp_left(&mp), 0);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(events_1), cmocka_unit_test(events_1_as_lines), cmocka_unit_test(link_1)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
