/* Parameters: what is accepted, and the sentence for each thing that is not. */
#include "query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define KPI (FC_QUERY_BIT(queue) | FC_QUERY_BIT(window) | FC_QUERY_BIT(from) | FC_QUERY_BIT(to) | FC_QUERY_BIT(step_us))

static struct fc_query query;

static void good(const char *pair) {
    struct fc_error err = {0};
    assert_int_equal(fc_query_add(&query, KPI, fc_str(pair), &err), FC_OK);
}

static void bad(const char *pair, const char *want) {
    struct fc_error err = {0};
    assert_int_equal(fc_query_add(&query, KPI, fc_str(pair), &err), FC_INVALID);
    assert_string_equal(err.text, want);
}

static int clear(void **state) {
    (void)state;
    query = (struct fc_query){0};
    return 0;
}

static void takes_values(void **state) {
    (void)state;
    good("queue=a=b & c");
    good("window=h1");
    good("from=1760000000000000");
    good("");
    assert_true(fc_str_is(fc_query_str(&query, FC_QUERY_queue), "a=b & c"));
    assert_true(query.v[FC_QUERY_from].us == INT64_C(1760000000000000));
    assert_false(fc_query_has(&query, FC_QUERY_to));
}

static void names_what_is_wrong(void **state) {
    (void)state;
    bad("agent=7", "unknown parameter agent, expected queue, window, from, to, step_us");
    bad("window=year", "window=year: expected one of: now m15 h1 day");
    bad("window", "window: given twice, expected once");
    bad("from=yesterday", "from=yesterday: expected a whole number of microseconds");
    bad("to=-1", "to=-1: expected a whole number of microseconds");
    bad("queue=", "queue: 0 bytes, expected a name of 1 to 128");
}

static void ranges(void **state) {
    (void)state;
    struct fc_error err = {0};
    assert_int_equal(fc_query_range(&query, FC_QUERY_step_us, &err), FC_INVALID);
    assert_string_equal(err.text, "from: missing, expected microseconds since 1970 UTC");
    good("from=60000000");
    good("to=120000000");
    assert_int_equal(fc_query_range(&query, FC_QUERY_step_us, &err), FC_OK);
    good("step_us=1000");
    assert_int_equal(fc_query_range(&query, FC_QUERY_step_us, &err), FC_INVALID);
    assert_string_equal(err.text, "step_us=1000: expected at least a minute, 60000000");
    query.v[FC_QUERY_step_us].us = 60000000;
    assert_int_equal(fc_query_range(&query, FC_QUERY_step_us, &err), FC_OK);
    query.v[FC_QUERY_to].us = INT64_C(60000000) * 20000;
    assert_int_equal(fc_query_range(&query, FC_QUERY_step_us, &err), FC_INVALID);
    query.v[FC_QUERY_from].us = query.v[FC_QUERY_to].us;
    assert_int_equal(fc_query_range(&query, FC_QUERY_step_us, &err), FC_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(takes_values, clear),
        cmocka_unit_test_setup(names_what_is_wrong, clear),
        cmocka_unit_test_setup(ranges, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
