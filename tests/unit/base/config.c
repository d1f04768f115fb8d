/* Every mistake a person makes in a YAML file, and the one line that comes back for it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct queue {
    char *name;
    uint32_t goal;
};

struct doc {
    uint16_t port;
    enum fc_config_bool loud;
    struct queue *queues;
    unsigned queues_count;
    char **tags;
    unsigned tags_count;
};

static const cyaml_schema_field_t queue_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct queue, name, 1, 8),
    CYAML_FIELD_UINT("goal", CYAML_FLAG_OPTIONAL, struct queue, goal),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t queue_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct queue, queue_fields)};
static const cyaml_schema_value_t tag_schema = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 4)};
static const cyaml_schema_field_t doc_fields[] = {
    CYAML_FIELD_UINT("port", CYAML_FLAG_OPTIONAL, struct doc, port),
    FC_CONFIG_BOOL("loud", struct doc, loud),
    CYAML_FIELD_SEQUENCE("queues", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct doc, queues, &queue_schema, 0, 16),
    CYAML_FIELD_SEQUENCE("tags", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct doc, tags, &tag_schema, 0, 2),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct doc, doc_fields)};

static char path[] = "/tmp/fc-config-XXXXXX";

static enum fc_status load(const char *text, struct doc **out, struct fc_error *err) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    void *data;
    enum fc_status st = fc_config_load(path, &schema, &data, err);
    *out = data;
    return st;
}

static void expect_error(const char *text, const char *want) {
    struct doc *doc;
    struct fc_error err = {.text = ""};
    assert_int_equal(load(text, &doc, &err), FC_CONFIG);
    assert_null(doc);
    assert_memory_equal(err.text, path, strlen(path));
    assert_string_equal(err.text + strlen(path), want);
}

static void reads_values(void **state) {
    (void)state;
    struct doc *doc;
    struct fc_error err = {.text = ""};
    assert_int_equal(load("port: 80\nloud: off\nqueues:\n  - name: no\n  - {name: sales, goal: 20}\ntags: [a, '']\n", &doc, &err), FC_CONFIG);
    assert_int_equal(load("port: 80\nloud: off\nqueues:\n  - name: no\n  - {name: sales, goal: 20}\ntags: [a]\n", &doc, &err), FC_OK);
    assert_int_equal(doc->port, 80);
    assert_int_equal(doc->loud, FC_CONFIG_NO);
    assert_int_equal(doc->queues_count, 2);
    assert_string_equal(doc->queues[0].name, "no");
    assert_int_equal(doc->queues[1].goal, 20);
    assert_string_equal(doc->tags[0], "a");
    fc_config_free(&schema, doc);
    assert_int_equal(load("port: 80\n", &doc, &err), FC_OK);
    assert_int_equal(doc->loud, FC_CONFIG_UNSET);
    fc_config_free(&schema, doc);
}

static void names_the_unexpected_key(void **state) {
    (void)state;
    expect_error("prot: 80\n", ":1:1: unexpected key `prot`; allowed: port, loud, queues, tags");
    expect_error("port: 80\n\n# a comment\nlouder: on\n", ":4:1: unexpected key `louder`; allowed: port, loud, queues, tags");
    expect_error("queues:\n  - name: a\n    goal: 5\n  - name: b\n    goals: 5\n",
                 ":5:5: unexpected key `goals` in `queues[2]`; allowed: name, goal");
    expect_error("port: 1\nport: 2\n", ":2:1: key `port` is given twice");
    expect_error("queues:\n  - goal: 3\n", ":2:11: key `name` is missing in `queues[1]`");
}

static void names_the_wrong_value(void **state) {
    (void)state;
    expect_error("port: 99999\n", ":1:7: `port` is '99999', expected a whole number from 0 to 65535");
    expect_error("port: abc\n", ":1:7: `port` is 'abc', expected a whole number from 0 to 65535");
    expect_error("port: 80a\n", ":1:7: `port` is '80a', expected a whole number from 0 to 65535");
    expect_error("queues:\n  - {name: a, goal: 1}\n  - {name: b, goal: 1.5}\n", ":3:21: `queues[2].goal` is '1.5', expected a whole number from 0 to 4294967295");
    expect_error("port: [1, 2]\n", ":1:7: `port`: expected a whole number from 0 to 65535");
    expect_error("loud: maybe\n", ":1:7: `loud` is maybe, expected one of: yes, no, true, false, on, off");
    expect_error("queues: 5\n", ":1:9: `queues`: expected a list of at most 16 entries (`- value`)");
    expect_error("queues:\n  - {name: far too long}\n", ":2:12: `queues[1].name` is far too long, expected a text of 1 to 8 bytes");
    expect_error("tags: [a, b, c]\n", ":1:14: `tags`: expected a list of at most 2 entries (`- value`)");
}

static void names_what_is_no_yaml(void **state) {
    (void)state;
    expect_error("", ": is empty, expected keys with values (`key: value`)");
    expect_error("# nothing\n", ": is empty, expected keys with values (`key: value`)");
    expect_error("just words\n", ":1:1: expected keys with values (`key: value`)");
    expect_error("- a\n", ":1:1: expected keys with values (`key: value`)");
    expect_error("\tport: 1\n", ": not YAML: found character that cannot start any token");
    expect_error("port: 1\nqueues:\n - {name: a\n", ":3: not YAML from about here on: did not find expected ',' or '}'");
    expect_error("port: 1\n---\nport: 2\n", ": more than one YAML document (a second `---`)");
}

static void names_the_unreadable_file(void **state) {
    (void)state;
    void *out;
    struct fc_error err = {.text = ""};
    assert_int_equal(fc_config_load("/nonexistent/x.yaml", &schema, &out, &err), FC_CONFIG);
    assert_string_equal(err.text, "/nonexistent/x.yaml: cannot be read: No such file or directory");
    assert_int_equal(fc_config_load("/tmp", &schema, &out, &err), FC_CONFIG);
    assert_string_equal(err.text, "/tmp: expected a file of at most 16777216 bytes");
    assert_int_equal(fc_config_fail(&err, "/x.yaml", "`a` (%d) is larger than `b`", 3), FC_CONFIG);
    assert_string_equal(err.text, "/x.yaml: `a` (3) is larger than `b`");
}

static void expect_place(const char *where, const char *want) {
    struct fc_error err;
    assert_int_equal(fc_config_fail_at(&err, path, where, "is %d", 7), FC_CONFIG);
    assert_memory_equal(err.text, path, strlen(path));
    assert_string_equal(err.text + strlen(path), want);
}

static void names_the_place_of_a_value(void **state) {
    (void)state;
    struct doc *doc;
    struct fc_error err = {.text = ""};
    assert_int_equal(load("# ports\nport: 80\n\nqueues:\n  - name: a\n  - {name: b, goal: 20}\n  -\n    goal: 7\n    name: c\ntags: [a]\n", &doc, &err), FC_OK);
    fc_config_free(&schema, doc);
    expect_place("port", ":2:7: `port` is 7");
    expect_place("queues[1]", ":5:5: `queues[1]` is 7");
    expect_place("queues[2].goal", ":6:21: `queues[2].goal` is 7");
    expect_place("queues[3].goal", ":8:11: `queues[3].goal` is 7");
    expect_place("tags[1]", ":10:8: `tags[1]` is 7");
    static const char *const nowhere[] = {"ports", "queues[0]", "queues[4].goal", "queues[1].goal", "port[1]", "port.goal"};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        char want[64];
        (void)snprintf(want, sizeof want, ": `%s` is 7", nowhere[i]);
        expect_place(nowhere[i], want);
    }
    assert_int_equal(fc_config_fail_at(&err, "/nonexistent/x.yaml", "port", "is %d", 7), FC_CONFIG);
    assert_string_equal(err.text, "/nonexistent/x.yaml: `port` is 7");
}

int main(void) {
    int fd = mkstemp(path);
    if (fd < 0 || close(fd) != 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values),          cmocka_unit_test(names_the_unexpected_key),  cmocka_unit_test(names_the_wrong_value),
        cmocka_unit_test(names_what_is_no_yaml), cmocka_unit_test(names_the_unreadable_file),
        cmocka_unit_test(names_the_place_of_a_value),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}
