/* The command line: what is taken, and the words for what is not. */
#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { OPT_DATA, OPT_LISTEN, OPT_CHECK, OPT_TABLE, OPT_COUNT };
static const struct fc_option table[OPT_COUNT] = {
    [OPT_DATA] = {.name = "data", .arg = "DIR", .help = "where"},
    [OPT_LISTEN] = {.name = "listen", .arg = "URI", .repeatable = true, .help = "one line\nand a second"},
    [OPT_CHECK] = {.name = "check", .help = "check"},
    [OPT_TABLE] = {.name = "table", .arg = "md|json", .help = "print", .optional = true},
};
static const struct fc_program program = {"floorcast-test", "a test", table, OPT_COUNT};

static struct fc_option_values got[OPT_COUNT];

#define PARSE(err, ...)                                                                                                                \
    parse((err), (const char *[]){"x", __VA_ARGS__}, (int)(sizeof((const char *[]){"x", __VA_ARGS__}) / sizeof(char *)))

static enum fc_status parse(struct fc_error *err, const char *const *argv, int argc) {
    char copy[80][40];
    char *args[80];
    for (int i = 0; i < argc; i++) args[i] = strcpy(copy[i], argv[i]);
    enum fc_status st = fc_options_parse(&program, argc, args, got, err);
    for (int i = 0; i < OPT_COUNT; i++) /* back to the literals, which outlive this call */
        for (unsigned k = 0; k < got[i].n; k++)
            for (int a = 0; a < argc; a++)
                if (got[i].v[k] != NULL && got[i].v[k] >= copy[a] && got[i].v[k] < copy[a] + 40) got[i].v[k] = argv[a] + (got[i].v[k] - copy[a]);
    return st;
}

static void takes_values(void **state) {
    (void)state;
    struct fc_error err = {.text = ""};
    assert_int_equal(PARSE(&err, "--listen", "a", "--data=d=1", "--check", "--listen=b"), FC_OK);
    assert_int_equal(got[OPT_LISTEN].n, 2);
    assert_string_equal(got[OPT_LISTEN].v[0], "a");
    assert_string_equal(got[OPT_LISTEN].v[1], "b");
    assert_string_equal(fc_options_last(&got[OPT_DATA], "none"), "d=1");
    assert_int_equal(got[OPT_CHECK].n, 1);
    assert_int_equal(PARSE(&err, "--check"), FC_OK);
    assert_string_equal(fc_options_last(&got[OPT_DATA], "none"), "none");
    assert_int_equal(PARSE(&err, "--data", "--check"), FC_OK); /* what follows is the value, whatever it looks like */
    assert_string_equal(got[OPT_DATA].v[0], "--check");
}

static void a_value_may_be_left_out(void **state) {
    (void)state;
    struct fc_error err = {.text = ""};
    assert_int_equal(PARSE(&err, "--table", "--check"), FC_OK); /* what follows is no value */
    assert_int_equal(got[OPT_TABLE].n, 1);
    assert_null(fc_options_last(&got[OPT_TABLE], "none"));
    assert_int_equal(got[OPT_CHECK].n, 1);
    assert_int_equal(PARSE(&err, "--table=json"), FC_OK);
    assert_string_equal(fc_options_last(&got[OPT_TABLE], "none"), "json");
    assert_int_equal(PARSE(&err, "--table", "json"), FC_CONFIG);
    assert_int_equal(PARSE(&err, "--table="), FC_CONFIG);
}

static void says_what_is_wrong(void **state) {
    (void)state;
    struct fc_error err;
    assert_int_equal(PARSE(&err, "--date", "x"), FC_CONFIG);
    assert_string_equal(err.text, "unknown option --date, did you mean --data?");
    assert_int_equal(PARSE(&err, "--zebra"), FC_CONFIG);
    assert_string_equal(err.text, "unknown option --zebra");
    assert_int_equal(PARSE(&err, "--lis=x"), FC_CONFIG);
    assert_string_equal(err.text, "unknown option --lis, did you mean --listen?");
    assert_int_equal(PARSE(&err, "--data"), FC_CONFIG);
    assert_string_equal(err.text, "option --data needs a value: --data DIR");
    assert_int_equal(PARSE(&err, "--data="), FC_CONFIG);
    assert_string_equal(err.text, "option --data has an empty value, expected DIR");
    assert_int_equal(PARSE(&err, "--data=a", "--data=b"), FC_CONFIG);
    assert_string_equal(err.text, "option --data is given twice");
    assert_int_equal(PARSE(&err, "--check=yes"), FC_CONFIG);
    assert_string_equal(err.text, "option --check takes no value, got \"yes\"");
    assert_int_equal(PARSE(&err, "stray"), FC_CONFIG);
    assert_string_equal(err.text, "unexpected argument \"stray\", every option is of the form --name");
    assert_int_equal(PARSE(&err, "--"), FC_CONFIG);
    assert_string_equal(err.text, "unexpected argument \"--\", every option is of the form --name");
}

static void limits_repetition(void **state) {
    (void)state;
    struct fc_error err;
    const char *argv[FC_OPTION_REPEAT_MAX + 2] = {"x"};
    for (int i = 1; i <= FC_OPTION_REPEAT_MAX + 1; i++) argv[i] = "--listen=a";
    assert_int_equal(parse(&err, argv, FC_OPTION_REPEAT_MAX + 1), FC_OK);
    assert_int_equal(parse(&err, argv, FC_OPTION_REPEAT_MAX + 2), FC_CONFIG);
    assert_string_equal(err.text, "option --listen is given more than 64 times");
}

static void exits_as_designed(void **state) {
    (void)state;
    struct fc_error err = {.text = "said"};
    assert_int_equal(PARSE(&err, "--help"), FC_EOF);
    assert_int_equal(PARSE(&err, "--version"), FC_EOF);
    assert_int_equal(fc_options_fail(&program, FC_CONFIG, &err), 2);
    assert_int_equal(fc_options_fail(&program, FC_IO, &err), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_values), cmocka_unit_test(a_value_may_be_left_out), cmocka_unit_test(says_what_is_wrong), cmocka_unit_test(limits_repetition), cmocka_unit_test(exits_as_designed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
