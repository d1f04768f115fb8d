/* One line an event, in both formats, whatever the message holds. */
#include "log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char line[4096];

/* What comes out on stderr while `level` and `text` are logged. */
static const char *logged(enum fc_log_level level, const char *text) {
    int fds[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(fds), 0);
    assert_true(dup2(fds[1], STDERR_FILENO) >= 0);
    fc_log(level, "%s", text);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(saved);
    (void)close(fds[1]);
    ssize_t n = read(fds[0], line, sizeof line - 1);
    (void)close(fds[0]);
    line[n > 0 ? n : 0] = '\0';
    return line;
}

static void text_is_one_line(void **state) {
    (void)state;
    fc_log_setup(FC_LOG_TEXT, FC_LOG_INFO);
    const char *l = logged(FC_LOG_WARN, "two\nlines\r and \"quotes\"");
    assert_non_null(strstr(l, "Z warn  two lines  and \"quotes\"\n"));
    assert_ptr_equal(strchr(l, '\n'), l + strlen(l) - 1);
    assert_int_equal(l[4], '-');
    assert_int_equal(l[10], 'T');
}

static void json_is_escaped(void **state) {
    (void)state;
    fc_log_setup(FC_LOG_JSON, FC_LOG_INFO);
    const char *l = logged(FC_LOG_ERROR, "a \"b\" \\ \n \x01");
    assert_memory_equal(l, "{\"ts\":\"", 7);
    assert_non_null(strstr(l, "\"level\":\"error\",\"msg\":\"a \\\"b\\\" \\\\ \\u000a \\u0001\"}\n"));
}

static void lower_levels_are_silent(void **state) {
    (void)state;
    fc_log_setup(FC_LOG_TEXT, FC_LOG_WARN);
    assert_string_equal(logged(FC_LOG_INFO, "x"), "");
    assert_string_not_equal(logged(FC_LOG_WARN, "x"), "");
    fc_log_setup(FC_LOG_TEXT, FC_LOG_INFO);
    assert_string_equal(logged(FC_LOG_DEBUG, "x"), "");
}

static void long_messages_are_cut(void **state) {
    (void)state;
    char text[5000];
    memset(text, '"', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int format = FC_LOG_TEXT; format <= FC_LOG_JSON; format++) {
        fc_log_setup((enum fc_log_format)format, FC_LOG_INFO);
        const char *l = logged(FC_LOG_INFO, text);
        size_t n = strlen(l);
        assert_in_range(n, 1400, 3200);
        assert_int_equal(l[n - 1], '\n');
        if (format == FC_LOG_JSON) assert_string_equal(l + n - 3, "\"}\n");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_is_one_line), cmocka_unit_test(json_is_escaped), cmocka_unit_test(lower_levels_are_silent),
                                       cmocka_unit_test(long_messages_are_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
