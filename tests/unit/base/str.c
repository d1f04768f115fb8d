/* Views of bytes, and the status sentences that are made of them. */
#include "str.h"

#include "status.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void views_compare_bytes(void **state) {
    (void)state;
    struct fc_str empty = {0};
    assert_true(fc_str_eq(empty, fc_str("")));
    assert_true(fc_str_eq(empty, fc_str(NULL)));
    assert_true(fc_str_is(fc_str_n("abcdef", 3), "abc"));
    assert_false(fc_str_is(fc_str_n("abc", 3), "ab"));
    assert_false(fc_str_eq(fc_str_n("a\0b", 3), fc_str_n("a\0c", 3)));
    assert_true(fc_str_starts(fc_str("queuelog:x"), "queuelog:"));
    assert_false(fc_str_starts(fc_str("q"), "queuelog:"));
    assert_int_equal(FC_STR_LIT("four").n, 4);
}

static void copies_are_cut_and_terminated(void **state) {
    (void)state;
    char to[4];
    assert_string_equal(fc_str_copy(to, sizeof to, fc_str("abcdef")), "abc");
    assert_string_equal(fc_str_copy(to, sizeof to, fc_str("")), "");
    assert_string_equal(fc_str_copy(to, 1, fc_str("x")), "");
}

static void numbers_fill_the_view(void **state) {
    (void)state;
    static const char *const bad[] = {"", "-", "1 ", " 1", "1a", "+1", "0x1", "1.5", "1234567890123456789"};
    int64_t v = 0;
    assert_true(fc_str_int(fc_str("0"), &v) && v == 0);
    assert_true(fc_str_int(fc_str("-12"), &v) && v == -12);
    assert_true(fc_str_int(fc_str("999999999999999999"), &v) && v == 999999999999999999);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        v = 7;
        assert_false(fc_str_int(fc_str(bad[i]), &v));
        assert_int_equal(v, 7);
    }
}

static void errors_take_context_in_front(void **state) {
    (void)state;
    struct fc_error err;
    assert_int_equal(fc_fail(&err, FC_IO, "disk %d is away", 3), FC_IO);
    assert_int_equal(fc_context(&err, FC_IO, "spool %s", "x"), FC_IO);
    assert_string_equal(err.text, "spool x: disk 3 is away");
    assert_int_equal(fc_fail(NULL, FC_FULL, "nobody listens"), FC_FULL);
    for (int i = 0; i < 40; i++) (void)fc_context(&err, FC_IO, "once more and again"); /* cut at the end, never past it */
    assert_int_equal(strnlen(err.text, sizeof err.text), strlen(err.text));
    assert_true(strlen(err.text) < sizeof err.text);
    assert_string_equal(fc_status_name(FC_CONFIG), "config");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(views_compare_bytes), cmocka_unit_test(copies_are_cut_and_terminated),
                                       cmocka_unit_test(numbers_fill_the_view), cmocka_unit_test(errors_take_context_in_front)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
