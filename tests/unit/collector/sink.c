/* What the sink does to an event: customers become hashes or nobody, repeated numbers are dropped, bad forms refused. */
#include "rig.h"

#include <sys/stat.h>

static void expect_normal(const char *country, const char *given, const char *want) {
    char to[FC_CUSTOMER_TEXT_MAX];
    struct fc_str got = fc_customer_normalise(country, fc_str(given), to);
    if (!fc_str_is(got, want)) fail_msg("\"%s\" became \"%.*s\", not \"%s\"", given, FC_STR_ARG(got), want);
}

static void one_number_has_one_form(void **state) {
    (void)state;
    expect_normal("49", "+49 30 123-45", "493012345");
    expect_normal("49", "0049 (30) 123.45", "493012345");
    expect_normal("49", "030 / 12345", "493012345");
    expect_normal("49", " 493012345 ", "493012345");
    expect_normal("", "030 12345", "03012345");
    expect_normal("86", "+1 202 555 0143", "12025550143");
    expect_normal("49", "101", "101");
    expect_normal("49", "0", "0");
    expect_normal("49", "crm-4711", "crm-4711");
    expect_normal("49", "a@b.example", "a@b.example");
    expect_normal("49", "12+34", "12+34");
    expect_normal("49", "Anonymous", "");
    expect_normal("49", "<unknown>", "");
    expect_normal("49", "  ", "");
    expect_normal("49", "--", "--");
}

static void hashes_are_keyed(void **state) {
    (void)state;
    struct rig a, b;
    char ta[FC_CUSTOMER_TEXT_MAX], tb[FC_CUSTOMER_TEXT_MAX];
    rig_init(&a);
    rig_init(&b);
    struct fc_str ha = fc_customer_map(&a.sink.customer, fc_str("+49 30 1"), ta);
    assert_int_equal(ha.n, 32);
    assert_true(fc_str_eq(ha, fc_customer_map(&a.sink.customer, fc_str("0049301"), tb)));
    assert_false(fc_str_eq(ha, fc_customer_map(&b.sink.customer, fc_str("+49 30 1"), tb)));
    struct fc_customer again;
    OK(fc_customer_open(&again, a.spool_dir, false, "", &a.err)); /* the key is kept */
    assert_true(fc_str_eq(ha, fc_customer_map(&again, fc_str("+49301"), tb)));
    OK(fc_customer_open(&again, a.spool_dir, true, "49", &a.err));
    assert_true(fc_str_is(fc_customer_map(&again, fc_str("030 1"), tb), "49301"));
    rig_fini(&a);
    rig_fini(&b);
}

static void a_leaky_or_cut_key_is_refused(void **state) {
    (void)state;
    struct rig r;
    struct stat st;
    struct fc_customer c;
    char path[100], want[300];
    rig_init(&r);
    (void)snprintf(path, sizeof path, "%s/customer.key", r.spool_dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(fc_customer_open(&c, r.spool_dir, false, "", &r.err), FC_CONFIG);
    (void)snprintf(want, sizeof want, "%s: others may read it (mode 0640), expected 0600: chmod 600 it, or make a new key if it leaked", path);
    assert_string_equal(r.err.text, want);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, 7), 0);
    assert_int_equal(fc_customer_open(&c, r.spool_dir, false, "", &r.err), FC_CONFIG);
    (void)snprintf(want, sizeof want, "%s: 7 bytes, expected a key of 32", path);
    assert_string_equal(r.err.text, want);
    rig_fini(&r);
}

static void keep(void *ctx, const struct fc_event *ev) {
    char *text = ctx;
    bool has = (ev->present & FC_KEY_BIT(customer)) != 0;
    (void)fc_str_copy(text, 64, has ? ev->customer : fc_str("nobody"));
}

static void no_number_reaches_the_disk(void **state) {
    (void)state;
    struct rig r;
    char text[64], buf[4096];
    rig_init(&r);
    struct fc_event ev = rig_offered("c1");
    FC_EVENT_STR(&ev, customer, fc_str("+49 30 987654321"));
    OK(fc_sink_put(&r.sink, &ev, &r.err));
    rig_commit(&r);
    rig_each(&r, 1, keep, text);
    assert_int_equal(strspn(text, "0123456789abcdef"), 32);
    (void)snprintf(buf, sizeof buf, "grep -q 30987654321 %s/*", r.spool_dir);
    assert_int_not_equal(system(buf), 0);
    FC_EVENT_STR(&ev, customer, fc_str("anonymous"));
    OK(fc_sink_put(&r.sink, &ev, &r.err));
    rig_commit(&r);
    rig_each(&r, 2, keep, text);
    assert_string_equal(text, "nobody");
    assert_int_equal(r.sink.anonymous, 1);
    ev = fc_event_make(FC_SURVEYED, 1);
    FC_EVENT_STR(&ev, customer, fc_str("unknown"));
    assert_int_equal(fc_sink_put(&r.sink, &ev, &r.err), FC_INVALID);
    assert_string_equal(r.err.text, "surveyed event: \"customer\" names nobody and there is no \"contact\"");
    rig_fini(&r);
}

static enum fc_status hello(struct rig *r, const char *src, const char *epoch, int64_t seq) {
    struct fc_event ev = fc_event_make(FC_HELLO, 1);
    FC_EVENT_STR(&ev, src, fc_str(src));
    FC_EVENT_STR(&ev, epoch, fc_str(epoch));
    if (seq >= 0) FC_EVENT_NUM(&ev, seq, seq);
    return fc_sink_put(&r->sink, &ev, &r->err);
}

static void numbers_are_taken_once(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    OK(hello(&r, "p", "life 1", 0));
    OK(rig_put(&r, "p", 1));
    OK(rig_put(&r, "p", 1));
    OK(rig_put(&r, "q", 1)); /* another producer */
    OK(rig_put(&r, "p", 5));
    OK(rig_put(&r, "p", 4));
    OK(hello(&r, "p", "life 1", 0));
    assert_int_equal(r.sink.taken, 4);
    assert_int_equal(r.sink.duplicates, 3);
    OK(hello(&r, "p", "life 2", 0)); /* counts anew */
    OK(rig_put(&r, "p", 1));
    assert_int_equal(r.sink.taken, 6);
    rig_commit(&r);
    rig_close(&r);
    rig_open(&r, FC_SPOOL_LIMIT_DEFAULT);
    OK(rig_put(&r, "p", 1));
    OK(hello(&r, "p", "life 2", 0));
    assert_int_equal(r.sink.duplicates, 2); /* also by the next process */
    OK(rig_put(&r, "p", 2));
    assert_int_equal(r.sink.taken, 1);
    rig_fini(&r);
}

static void many_producers_are_told_apart(void **state) {
    (void)state;
    struct fc_producers p;
    char src[32];
    fc_producers_init(&p);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < FC_PRODUCERS_MAX + 10; i++) {
            struct fc_event ev = rig_offered("c");
            (void)snprintf(src, sizeof src, "producer %d", i);
            FC_EVENT_STR(&ev, src, fc_str(src));
            FC_EVENT_NUM(&ev, seq, i % 3);
            assert_int_equal(fc_producers_seen(&p, &ev), round == 1 && i < FC_PRODUCERS_MAX);
            fc_producers_take(&p, &ev);
        }
    }
    assert_int_equal(p.n, FC_PRODUCERS_MAX);
    assert_int_equal(p.untracked, 20);
    fc_producers_fini(&p);
}

static void malformed_events_are_refused(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    struct fc_event ev = rig_offered("c");
    FC_EVENT_STR(&ev, queue, fc_str("\xff"));
    assert_int_equal(fc_sink_put(&r.sink, &ev, &r.err), FC_INVALID);
    assert_non_null(strstr(r.err.text, "key \"queue\""));
    assert_non_null(strstr(r.err.text, "not UTF-8"));
    ev = fc_event_make(FC_ANSWERED, 1);
    assert_int_equal(fc_sink_put(&r.sink, &ev, &r.err), FC_INVALID);
    assert_string_equal(r.err.text, "answered event at byte 0: key \"contact\" is missing");
    assert_int_equal(r.sink.refused, 2);
    assert_false(fc_spool_held(r.sink.spool));
    rig_fini(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_number_has_one_form),    cmocka_unit_test(hashes_are_keyed),       cmocka_unit_test(a_leaky_or_cut_key_is_refused),
        cmocka_unit_test(no_number_reaches_the_disk), cmocka_unit_test(numbers_are_taken_once), cmocka_unit_test(many_producers_are_told_apart),
        cmocka_unit_test(malformed_events_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
