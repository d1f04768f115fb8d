/* A board's document: what is taken, and the words for what is not. */
#include "board.h"
#include "tree.h"
#include "yamltree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static json_t *board;
static struct fc_error err;

static enum fc_status take(enum fc_board_form form, const char *text, const char *id) {
    json_decref(board);
    err.text[0] = '\0';
    return fc_board_read(form, fc_str(text), "b.yaml", id, &board, &err);
}

static void says(enum fc_status got, const char *words) {
    assert_int_equal(got, FC_INVALID);
    assert_null(board);
    if (strstr(err.text, words) == NULL) fail_msg("%s\nexpected: %s", err.text, words);
}

#define HEAD "id: b\ntitle: B\ntiles:\n"
static void yaml_says(const char *text, const char *words) { says(take(FC_BOARD_YAML, text, NULL), words); }
static void json_says(const char *text, const char *words) { says(take(FC_BOARD_JSON, text, NULL), words); }

static void wrong_ones_are_named(void **state) {
    (void)state;
    yaml_says("", "the document is null, expected keys with values");
    yaml_says("id: b\ntitle: B\n", "b.yaml:1:1: the document has no `tiles`, which it must have");
    yaml_says("id: B\ntitle: B\ntiles: []\n", "b.yaml:1:5: `id` is \"B\", expected 1 to 63 of a-z");
    yaml_says("id: b\ntitle: B\ntile: []\ntiles: []\n", "b.yaml:3:7: `tile` is unknown here, expected: id title columns");
    yaml_says("id: b\ntitle: B\ncolumns: 49\ntiles: []\n", "b.yaml:3:10: `columns` is 49, expected a whole number from 1 to 48");
    yaml_says("id: b\ntitle: {english: B, 1x: C}\ntiles: []\n", "`title.1x` is no language");
    yaml_says("id: b\ntitle: B\nnight: {from: \"24:00\", to: \"06:00\"}\ntiles: []\n", "`night.from` is \"24:00\", expected a time");
    yaml_says("id: b\ntitle: B\nnight: {from: \"22:00\", to: \"06:00\", zone: Mars/Olympus}\ntiles: []\n", "`night.zone` is \"Mars/Olympus\", expected a zone's IANA name");
    yaml_says("id: b\nid: c\n", "b.yaml:2:1: key `id` is given twice");
    yaml_says("id: b\n  title: [\n", "b.yaml:2:8: not YAML: ");
    yaml_says("id: &a b\ntitle: *a\ntiles: []\n", "b.yaml:2:8: an alias");
    yaml_says(HEAD "- {kind: dial, x: 0, y: 0, w: 1, h: 1}\n", "b.yaml:4:10: `tiles[1].kind` is \"dial\", expected one of: number goal");
    yaml_says(HEAD "- {kind: number, x: 0, y: 0, w: 1, h: 1}\n", "b.yaml:4:3: `tiles[1]` is a number, but has no `kpi`");
    yaml_says(HEAD "- {kind: number, x: 0, y: 0, w: 1, h: 1, kpi: left}\n", "`tiles[1].kpi` is \"left\", expected left. and one of: abandoned timeout");
    yaml_says(HEAD "- {kind: gauge, x: 0, y: 0, w: 1, h: 1, kpi: agents}\n", "`tiles[1]` is a gauge of \"agents\", expected a number, which shows them by state");
    yaml_says(HEAD "- {kind: number, x: 0, y: 0, w: 1, h: 1, kpi: asa_ms.max}\n", "but asa_ms is one number, without parts");
    yaml_says(HEAD "- {kind: number, x: 0, y: 0, w: 1, h: 1, kpi: asa_ms, window: now}\n", "`tiles[1].window` is \"now\", but asa_ms needs a stretch of time");
    yaml_says(HEAD "- {kind: number, x: 0, y: 0, w: 1, h: 1, kpi: waiting, scope: queue}\n", "`tiles[1]` has scope queue, but no `name`");
    yaml_says(HEAD "- {kind: number, x: 0, y: 0, w: 1, h: 1, kpi: waiting, name: sales}\n", "`tiles[1].name` stands without a scope");
    yaml_says(HEAD "- {kind: number, x: 0, y: 0, w: 1, h: 1, kpi: waiting, better: low, warning: 5, alert: 4}\n", "expected it at or above the warning, 5, since better is low");
    yaml_says(HEAD "- {kind: queues, x: 0, y: 0, w: 1, h: 1, queues: [a], group: b}\n", "`tiles[1].group` stands beside `queues`");
    yaml_says(HEAD "- {kind: clock, x: 11, y: 0, w: 2, h: 1}\n", "`tiles[1]` ends at column 13 and row 1, expected within 12 columns and 8 rows");
    yaml_says(HEAD "- {kind: clock, x: 0, y: 0, w: 2, h: 2}\n- {kind: clock, x: 1, y: 1, w: 1, h: 1}\n", "b.yaml:5:3: `tiles[2]` lies over tiles[1] at column 1, row 1");
    yaml_says(HEAD "- {id: a, kind: clock, x: 0, y: 0, w: 1, h: 1}\n- {id: a, kind: clock, x: 1, y: 0, w: 1, h: 1}\n", "`tiles[2].id` is \"a\", as of another tile");
    json_says("{\"id\":\"b\",\"title\":\"B\",\"tiles\":[]", "not JSON: line 1");
    json_says("{\"id\":\"b\",\"id\":\"b\",\"title\":\"B\",\"tiles\":[]}", "not JSON: ");
    json_says("{\"id\":5,\"title\":\"B\",\"tiles\":[]}", "`id` is 5, expected");
    json_says("{\"id\":\"b\",\"title\":\"B\",\"tiles\":[{\"kind\":\"clock\",\"x\":0,\"y\":0,\"w\":1,\"h\":1,\"seconds\":\"yes\"}]}", "`tiles[1].seconds` is \"yes\", expected true or false");
    says(take(FC_BOARD_JSON, "{\"id\":\"b\",\"title\":\"B\",\"tiles\":[]}", "c"), "`id` is \"b\", expected \"c\"");
}

static void sixty_tiles_and_no_more(void **state) {
    (void)state;
    struct fc_bytes text = {0};
    fc_bytes_text(&text, HEAD);
    for (int i = 0; i < 60; i++) fc_bytes_printf(&text, "- {kind: clock, x: %d, y: %d, w: 1, h: 1}\n", i % 12, i / 12);
    fc_bytes_char(&text, '\0');
    assert_int_equal(take(FC_BOARD_YAML, (const char *)text.p, NULL), FC_OK);
    assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(board, "tiles"), 59), "id")), "t60");
    text.n--;
    fc_bytes_text(&text, "- {kind: clock, x: 0, y: 6, w: 1, h: 1}\n");
    fc_bytes_char(&text, '\0');
    yaml_says((const char *)text.p, "`tiles` has 61 entries, expected at most 60");
    fc_bytes_free(&text);
}

static void numbers_that_are_names(void **state) {
    (void)state;
    assert_int_equal(take(FC_BOARD_YAML, "title: 2024\ndrift: yes\ntiles:\n- {id: t2, kind: number, x: 0, y: 0, w: 1, h: 1, kpi: waiting, scope: queue, name: 4711, goal: 5.0}\n"
                                         "- {kind: clock, x: 1, y: 0, w: 1, h: 1}\n- {kind: clock, x: 2, y: 0, w: 1, h: 1}\n", "b"), FC_OK);
    struct fc_bytes text = {0};
    fc_tree_json(&text, board);
    fc_bytes_char(&text, '\0');
    assert_string_equal((const char *)text.p,
                        "{\"title\":\"2024\",\"drift\":true,\"tiles\":[{\"id\":\"t2\",\"kind\":\"number\",\"x\":0,\"y\":0,\"w\":1,\"h\":1,\"kpi\":\"waiting\",\"scope\":\"queue\","
                        "\"name\":\"4711\",\"goal\":5},{\"kind\":\"clock\",\"x\":1,\"y\":0,\"w\":1,\"h\":1,\"id\":\"t1\"},{\"kind\":\"clock\",\"x\":2,\"y\":0,\"w\":1,\"h\":1,\"id\":\"t3\"}],\"id\":\"b\"}");
    fc_bytes_free(&text);
}

static void built_in_ones_are_right(void **state) {
    static const char *const ids[] = {"floor", "queues", "quality"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char path[300], text[20000];
        (void)snprintf(path, sizeof path, FC_SOURCE_DIR "/wallboard/boards/%s.yaml", ids[i]);
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        text[fread(text, 1, sizeof text - 1, f)] = '\0';
        (void)fclose(f);
        if (take(FC_BOARD_YAML, text, ids[i]) != FC_OK) fail_msg("%s", err.text);
    }
}

static int clean(void **state) {
    (void)state;
    json_decref(board);
    board = NULL;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(wrong_ones_are_named), cmocka_unit_test(sixty_tiles_and_no_more),
                                       cmocka_unit_test(numbers_that_are_names), cmocka_unit_test(built_in_ones_are_right)};
    return cmocka_run_group_tests(tests, NULL, clean);
}
