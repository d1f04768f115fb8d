/* The parser: the same messages however the bytes are cut, and what real streams hold that a simple reader trips over. */
#include "ami_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>

#include <cmocka.h>

static struct fc_ami_parse parse;
static struct fc_ami_msg msg;

static void feed(const char *bytes, size_t n) {
    size_t cap;
    char *to = fc_ami_parse_space(&parse, &cap);
    assert_true(n <= cap);
    memcpy(to, bytes, n);
    fc_ami_parse_added(&parse, n);
}

static void feed_text(const char *text) { feed(text, strlen(text)); }

static void expect_next(void) {
    struct fc_error err = {{0}};
    enum fc_status st = fc_ami_parse_next(&parse, &msg, &err);
    if (st != FC_OK) fail_msg("%s: %s", fc_status_name(st), err.text);
}

static void expect_none(void) { assert_int_equal(fc_ami_parse_next(&parse, &msg, NULL), FC_AGAIN); }

static void expect_field(const char *key, const char *value) {
    struct fc_str got = fc_ami_get(&msg, key);
    if (!fc_str_is(got, value)) fail_msg("%s is \"%.*s\", expected \"%s\"", key, FC_STR_ARG(got), value);
}

static int start(void **state) {
    (void)state;
    fc_ami_parse_init(&parse);
    return 0;
}

static void greeted(void) {
    feed_text("Asterisk Call Manager/11.0.0\r\n");
    expect_next();
    assert_true(msg.greeting);
    expect_field("", "Asterisk Call Manager/11.0.0");
}

static void pitfall_18_greeting_is_one_line_without_an_empty_one(void **state) {
    (void)state;
    feed_text("Asterisk Call Man");
    expect_none();
    feed_text("ager/11.0.0\r\nResponse: Success\r\nActionID: 1\r\n\r\n");
    expect_next();
    assert_true(msg.greeting);
    expect_next();
    assert_false(msg.greeting);
    expect_field("Response", "Success");
    expect_none();
}

static void pitfall_18_empty_lines_repeated_keys_empty_values(void **state) {
    (void)state;
    greeted();
    feed_text("\r\n\r\n\r\nEvent: TestEvent\r\nState: CallIDChange\r\nState: again\r\nPausedReason: \r\nNo space:\r\nAppData: a: b: c\r\nCallerIDNum: <unknown>\r\n\r\n\r\nEvent: Next\r\n\r\n");
    expect_next();
    assert_int_equal(msg.n, 7);
    expect_field("State", "CallIDChange");
    expect_field("PausedReason", "");
    assert_true(fc_ami_has(&msg, "PausedReason"));
    expect_field("No space", "");
    expect_field("AppData", "a: b: c");
    assert_false(fc_ami_has(&msg, "Privilege"));
    expect_next();
    expect_field("Event", "Next");
    expect_none();
}

static void numbers(void **state) {
    (void)state;
    greeted();
    feed_text("Event: X\r\nA: 12\r\nB: \r\nC: 1x\r\n\r\n");
    expect_next();
    assert_int_equal(fc_ami_int(&msg, "A", -1), 12);
    assert_int_equal(fc_ami_int(&msg, "B", -1), -1);
    assert_int_equal(fc_ami_int(&msg, "C", -2), -2);
    assert_int_equal(fc_ami_int(&msg, "D", 7), 7);
}

static void a_line_without_colon_is_counted(void **state) {
    (void)state;
    greeted();
    feed_text("Event: X\r\ngarbage\r\nA: 1\r\n\r\n");
    expect_next();
    assert_int_equal(msg.n, 2);
    assert_int_equal(parse.lines_bad, 1);
}

static void too_many_fields_are_counted(void **state) {
    (void)state;
    greeted();
    for (int i = 0; i < FC_AMI_FIELDS_MAX + 3; i++) feed_text("K: v\r\n");
    feed_text("\r\n");
    expect_next();
    assert_int_equal(msg.n, FC_AMI_FIELDS_MAX);
    assert_int_equal(parse.fields_dropped, 3);
}

/* Whatever its length, a message over the limit is skipped whole and the next one is read. */
static void a_message_over_the_limit_is_skipped(void **state) {
    (void)state;
    static const size_t sizes[] = {FC_AMI_MESSAGE_BYTES - 40, FC_AMI_MESSAGE_BYTES, FC_AMI_MESSAGE_BYTES + 1, FC_AMI_BUFFER_BYTES, 5 * FC_AMI_BUFFER_BYTES + 7};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        fc_ami_parse_init(&parse);
        greeted();
        feed_text("Event: Big\r\nText: ");
        for (size_t left = sizes[k]; left > 0;) {
            char chunk[1000];
            size_t n = left < sizeof chunk ? left : sizeof chunk;
            memset(chunk, 'x', n);
            feed(chunk, n);
            if (left > n || k > 0) expect_none();
            left -= n;
        }
        feed_text("\r\n\r");
        expect_none();
        feed_text("\nEvent: Next\r\n\r\n");
        expect_next();
        if (k == 0) expect_next(); /* the one that fits */
        expect_field("Event", "Next");
        assert_int_equal(parse.skipped, k == 0 ? 0 : 1);
    }
}

static void pitfall_16_a_cut_inside_a_message_drops_its_tail(void **state) {
    (void)state;
    greeted();
    feed_text("Event: Whole\r\n\r\nEvent: QueueCallerJoin\r\nUniq");
    expect_next();
    expect_none();
    assert_int_equal(fc_ami_parse_restart(&parse), strlen("Event: QueueCallerJoin\r\nUniq"));
    greeted();
    feed_text("Event: After\r\n\r\n");
    expect_next();
    expect_field("Event", "After");
}

static void a_peer_that_is_no_asterisk(void **state) {
    (void)state;
    struct fc_error err = {{0}};
    char line[FC_AMI_GREETING_BYTES + 20];
    memset(line, 'a', sizeof line);
    feed(line, sizeof line);
    assert_int_equal(fc_ami_parse_next(&parse, &msg, &err), FC_INVALID);
    assert_non_null(strstr(err.text, "Asterisk Call Manager/"));
}

/* ---- cuts ------------------------------------------------------------------------------------------------------ */

static uint64_t hash;
static unsigned seen;

static void hash_bytes(struct fc_str s) {
    for (uint32_t i = 0; i < s.n; i++) hash = (hash ^ (uint8_t)s.p[i]) * UINT64_C(1099511628211);
    hash = (hash ^ 0x100u) * UINT64_C(1099511628211);
}

static void drain(void) {
    while (fc_ami_parse_next(&parse, &msg, NULL) == FC_OK) {
        seen++;
        for (unsigned i = 0; i < msg.n; i++) {
            hash_bytes(msg.fields[i].key);
            hash_bytes(msg.fields[i].value);
        }
    }
}

static char *load(size_t *n) {
    char *bytes = malloc(4u << 20);
    gzFile gz = gzopen(FC_TEST_DATA "/asterisk/short/ami.txt.gz", "rb");
    assert_non_null(bytes);
    assert_non_null(gz);
    int got = gzread(gz, bytes, 4u << 20);
    (void)gzclose(gz);
    assert_true(got > 0);
    *n = (size_t)got;
    return bytes;
}

/* Feeds all of it in pieces of 1 + rng() % most bytes; hands back the hash over every key and value. */
static uint64_t hash_in_pieces(const char *bytes, size_t n, unsigned most, unsigned seed) {
    fc_ami_parse_init(&parse);
    hash = UINT64_C(14695981039346656037);
    seen = 0;
    for (size_t at = 0; at < n;) {
        size_t k = most == 1 ? 1 : 1 + (size_t)rand_r(&seed) % most;
        if (k > n - at) k = n - at;
        feed(bytes + at, k);
        drain();
        at += k;
    }
    assert_int_equal(seen, 4405 + 1);
    return hash;
}

static void cut_anywhere(void **state) {
    (void)state;
    size_t n;
    char *bytes = load(&n);
    unsigned seed = getenv("FC_SEED") != NULL ? (unsigned)strtoul(getenv("FC_SEED"), NULL, 10) : 20260306u;
    printf("seed %u (set FC_SEED to repeat)\n", seed);
    uint64_t whole = hash_in_pieces(bytes, n, 30000, 1);
    assert_true(hash_in_pieces(bytes, n, 1, 0) == whole);
    static const unsigned most[] = {2, 3, 7, 64, 1000, 32000};
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) assert_true(hash_in_pieces(bytes, n, most[i], seed) == whole);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(pitfall_18_greeting_is_one_line_without_an_empty_one, start),
        cmocka_unit_test_setup(pitfall_18_empty_lines_repeated_keys_empty_values, start),
        cmocka_unit_test_setup(numbers, start),
        cmocka_unit_test_setup(a_line_without_colon_is_counted, start),
        cmocka_unit_test_setup(too_many_fields_are_counted, start),
        cmocka_unit_test_setup(a_message_over_the_limit_is_skipped, start),
        cmocka_unit_test_setup(pitfall_16_a_cut_inside_a_message_drops_its_tail, start),
        cmocka_unit_test_setup(a_peer_that_is_no_asterisk, start),
        cmocka_unit_test_setup(cut_anywhere, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
