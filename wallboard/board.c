#include "board.h"

#include "event.h"
#include "kpi_path.h"
#include "query.h"
#include "tree.h"
#include "yamltree.h"

#include <stdio.h>

#define GRID_MAX 48
#define BIGGEST 1e15 /* of a goal or threshold */
#define SOONEST_S 5

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static const struct fc_field kpi_entry[] = {{.kind = FC_FIELD_KPI}};
static const struct fc_field name_entry[] = {{.kind = FC_FIELD_NAME, .max = FC_QUERY_NAME_MAX}};
static const struct fc_field state_entry[] = {
    {.kind = FC_FIELD_WORD, .words = "offline available alerting busy hold wrap paused"}}; /* FC_VOCAB_AGENT */

static const struct fc_field tile_fields[] = {
    {.key = "id", .kind = FC_FIELD_ID},
    {.key = "kind", .kind = FC_FIELD_WORD, .must = true,
     .words = "number goal gauge trend queues agents abandoned top causes rater text clock alerts"},
    {.key = "x", .kind = FC_FIELD_WHOLE, .must = true, .max = GRID_MAX - 1},
    {.key = "y", .kind = FC_FIELD_WHOLE, .must = true, .max = GRID_MAX - 1},
    {.key = "w", .kind = FC_FIELD_WHOLE, .must = true, .min = 1, .max = GRID_MAX},
    {.key = "h", .kind = FC_FIELD_WHOLE, .must = true, .min = 1, .max = GRID_MAX},
    {.key = "title", .kind = FC_FIELD_TEXT, .max = 200},
    {.key = "scope", .kind = FC_FIELD_WORD, .words = "queue group agent all"},
    {.key = "name", .kind = FC_FIELD_NAME, .max = FC_QUERY_NAME_MAX},
    {.key = "channel", .kind = FC_FIELD_WORD, .words = "all voice chat email sms ticket internal"},
    {.key = "kpi", .kind = FC_FIELD_SIGHT},
    {.key = "window", .kind = FC_FIELD_WORD, .words = "now m15 h1 day"},
    {.key = "goal", .kind = FC_FIELD_NUMBER, .min = -BIGGEST, .max = BIGGEST},
    {.key = "warning", .kind = FC_FIELD_NUMBER, .min = -BIGGEST, .max = BIGGEST},
    {.key = "alert", .kind = FC_FIELD_NUMBER, .min = -BIGGEST, .max = BIGGEST},
    {.key = "better", .kind = FC_FIELD_WORD, .words = "high low"},
    {.key = "hysteresis", .kind = FC_FIELD_NUMBER, .max = BIGGEST},
    {.key = "columns", .kind = FC_FIELD_LIST, .max = 12, .fields = kpi_entry},
    {.key = "sort", .kind = FC_FIELD_KPI},
    {.key = "queues", .kind = FC_FIELD_LIST, .max = 200, .fields = name_entry},
    {.key = "group", .kind = FC_FIELD_NAME, .max = FC_QUERY_NAME_MAX},
    {.key = "states", .kind = FC_FIELD_LIST, .max = FC_AGENT_STATE_COUNT, .fields = state_entry},
    {.key = "of", .kind = FC_FIELD_WORD, .words = "queue agent"},
    {.key = "order", .kind = FC_FIELD_WORD, .words = "high low"},
    {.key = "limit", .kind = FC_FIELD_WHOLE, .min = 1, .max = 200},
    {.key = "text", .kind = FC_FIELD_TEXT, .max = 2000},
    {.key = "size", .kind = FC_FIELD_WORD, .words = "auto small medium large"},
    {.key = "zone", .kind = FC_FIELD_ZONE},
    {.key = "seconds", .kind = FC_FIELD_BOOL},
    {.key = "more", .kind = FC_FIELD_LIST, .max = 3, .fields = kpi_entry},
    {.key = NULL},
};
static const struct fc_field tile_entry[] = {{.kind = FC_FIELD_MAP, .fields = tile_fields}};

static const struct fc_field night_fields[] = {
    {.key = "from", .kind = FC_FIELD_CLOCK, .must = true},
    {.key = "to", .kind = FC_FIELD_CLOCK, .must = true},
    {.key = "zone", .kind = FC_FIELD_ZONE},
    {.key = "brightness", .kind = FC_FIELD_NUMBER, .min = 0.1, .max = 1},
    {.key = NULL},
};

static const struct fc_field board_fields[] = {
    {.key = "id", .kind = FC_FIELD_ID, .must = true},
    {.key = "title", .kind = FC_FIELD_TEXT, .must = true, .max = 200},
    {.key = "columns", .kind = FC_FIELD_WHOLE, .min = 1, .max = GRID_MAX},
    {.key = "rows", .kind = FC_FIELD_WHOLE, .min = 1, .max = GRID_MAX},
    {.key = "theme", .kind = FC_FIELD_WORD, .words = "dark light auto"},
    {.key = "palette", .kind = FC_FIELD_WORD, .words = "default colour-blind red-up"},
    {.key = "next", .kind = FC_FIELD_ID},
    {.key = "next_s", .kind = FC_FIELD_WHOLE, .min = SOONEST_S, .max = 86400},
    {.key = "night", .kind = FC_FIELD_MAP, .fields = night_fields},
    {.key = "drift", .kind = FC_FIELD_BOOL},
    {.key = "sound", .kind = FC_FIELD_BOOL},
    {.key = "tiles", .kind = FC_FIELD_LIST, .must = true, .max = FC_BOARD_TILES_MAX, .fields = tile_entry},
    {.key = NULL},
};

/* ---- what a tile must have, by kind ------------------------------------------------------------------------------ */

static bool is_word(const json_t *map, const char *key, const char *word) {
    const json_t *value = json_object_get(map, key);
    return value != NULL && strcmp(json_string_value(value), word) == 0;
}

static bool kind_is(const json_t *tile, const char *kinds) {
    const char *kind = json_string_value(json_object_get(tile, "kind")), *at = strstr(kinds, kind);
    size_t n = strlen(kind);
    while (at != NULL && !((at == kinds || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))) at = strstr(at + 1, kind);
    return at != NULL;
}

static bool check_owner(struct fc_check *c, const json_t *tile) {
    const json_t *scope = json_object_get(tile, "scope");
    bool all = scope == NULL || is_word(tile, "scope", "all"), named = json_object_get(tile, "name") != NULL;
    if (!all && !named) return fc_check_fail(c, "has scope %s, but no `name`", json_string_value(scope));
    if (!all || !named) return true;
    (void)fc_check_enter(c, "name");
    return fc_check_fail(c, "stands without a scope, expected scope queue, group or agent before a name");
}

static bool check_number(struct fc_check *c, const json_t *tile) {
    struct fc_kpi_path path;
    struct fc_error none;
    const json_t *kpi = json_object_get(tile, "kpi");
    if (kpi == NULL && !kind_is(tile, "number goal gauge trend top")) return true;
    if (kpi == NULL) return fc_check_fail(c, "is a %s, but has no `kpi`", json_string_value(json_object_get(tile, "kind")));
    if (is_word(tile, "kpi", "agents")) {
        if (kind_is(tile, "number")) return true;
        return fc_check_fail(c, "is a %s of \"agents\", expected a number, which shows them by state, or one state: agents.available",
                             json_string_value(json_object_get(tile, "kind")));
    }
    if (fc_kpi_path_read(fc_tree_str(kpi), &path, &none) != FC_OK) return false; /* checked already */
    if (fc_kpi_row(path.kpi)->where == FC_KPI_MOMENT || !is_word(tile, "window", "now")) return true;
    (void)fc_check_enter(c, "window");
    return fc_check_fail(c, "is \"now\", but %s needs a stretch of time, expected one of: m15 h1 day", json_string_value(kpi));
}

/* The alert must lie beyond the warning, seen from where it is good. */
static bool check_thresholds(struct fc_check *c, const json_t *tile) {
    const json_t *warning = json_object_get(tile, "warning"), *alert = json_object_get(tile, "alert");
    if (warning == NULL || alert == NULL || json_object_get(tile, "better") == NULL) return true;
    bool high = is_word(tile, "better", "high");
    double w = json_number_value(warning), a = json_number_value(alert);
    if (high ? a <= w : a >= w) return true;
    (void)fc_check_enter(c, "alert");
    return fc_check_fail(c, "is %.15g, expected it %s the warning, %.15g, since better is %s", a, high ? "at or below" : "at or above", w, high ? "high" : "low");
}

static bool check_kind(struct fc_check *c, const json_t *tile) {
    if (kind_is(tile, "text") && json_object_get(tile, "text") == NULL) return fc_check_fail(c, "is a text, but has no `text`");
    if (json_object_get(tile, "queues") == NULL || json_object_get(tile, "group") == NULL) return true;
    (void)fc_check_enter(c, "group");
    return fc_check_fail(c, "stands beside `queues`, expected one of them");
}

/* ---- the grid ---------------------------------------------------------------------------------------------------- */

static size_t whole(const json_t *map, const char *key, size_t normal) {
    const json_t *value = json_object_get(map, key);
    return value == NULL ? normal : (size_t)json_integer_value(value);
}

/* taken: which tile, from 1, has a cell. */
static bool take_cells(struct fc_check *c, const json_t *board, size_t index, uint8_t taken[GRID_MAX][GRID_MAX]) {
    const json_t *tile = json_array_get(json_object_get(board, "tiles"), index);
    size_t columns = whole(board, "columns", 12), rows = whole(board, "rows", 8);
    size_t x = whole(tile, "x", 0), y = whole(tile, "y", 0), w = whole(tile, "w", 1), h = whole(tile, "h", 1);
    if (x + w > columns || y + h > rows)
        return fc_check_fail(c, "ends at column %zu and row %zu, expected within %zu columns and %zu rows", x + w, y + h, columns, rows);
    for (size_t row = y; row < y + h; row++)
        for (size_t column = x; column < x + w; column++) {
            if (taken[row][column] != 0)
                return fc_check_fail(c, "lies over tiles[%d] at column %zu, row %zu", taken[row][column], column, row);
            taken[row][column] = (uint8_t)(index + 1);
        }
    return true;
}

static bool check_tiles(struct fc_check *c, const json_t *board) {
    uint8_t taken[GRID_MAX][GRID_MAX] = {{0}};
    const json_t *tiles = json_object_get(board, "tiles");
    size_t back = fc_check_enter(c, "tiles");
    for (size_t i = 0; i < json_array_size(tiles); i++) {
        const json_t *tile = json_array_get(tiles, i);
        size_t list = fc_check_enter_at(c, i);
        if (!check_owner(c, tile) || !check_number(c, tile) || !check_thresholds(c, tile) || !check_kind(c, tile)) return false;
        if (!take_cells(c, board, i, taken)) return false;
        fc_check_leave(c, list);
    }
    fc_check_leave(c, back);
    return true;
}

/* ---- ids --------------------------------------------------------------------------------------------------------- */

static bool has_tile(const json_t *tiles, const char *id, size_t before) {
    for (size_t i = 0; i < before; i++)
        if (is_word(json_array_get(tiles, i), "id", id)) return true;
    return false;
}

static bool give_ids(struct fc_check *c, json_t *board) {
    json_t *tiles = json_object_get(board, "tiles");
    size_t n = json_array_size(tiles), next = 1;
    for (size_t i = 0; i < n; i++) {
        const json_t *id = json_object_get(json_array_get(tiles, i), "id");
        if (id == NULL || !has_tile(tiles, json_string_value(id), i)) continue;
        (void)fc_check_enter(c, "tiles");
        (void)fc_check_enter_at(c, i);
        (void)fc_check_enter(c, "id");
        return fc_check_fail(c, "is \"%s\", as of another tile, expected one of its own", json_string_value(id));
    }
    for (size_t i = 0; i < n; i++) {
        char id[24];
        json_t *tile = json_array_get(tiles, i);
        if (json_object_get(tile, "id") != NULL) continue;
        do (void)snprintf(id, sizeof id, "t%zu", next++);
        while (has_tile(tiles, id, n));
        (void)json_object_set_new(tile, "id", json_string(id));
    }
    return true;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static json_t *parse_json(struct fc_str text, struct fc_error *err) {
    json_error_t why;
    json_t *root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (root == NULL) (void)fc_fail(err, FC_INVALID, "not JSON: line %d, column %d: %s", why.line, why.column, why.text);
    return root;
}

/* What an answer holds beside the document. */
static void drop_extras(json_t *board) {
    (void)json_object_del(board, "rev");
    (void)json_object_del(board, "saved_us");
    (void)json_object_del(board, "origin");
}

static bool check_id(struct fc_check *c, const json_t *board, const char *id) {
    if (id == NULL || is_word(board, "id", id)) return true;
    (void)fc_check_enter(c, "id");
    return fc_check_fail(c, "is \"%s\", expected \"%s\"", json_string_value(json_object_get(board, "id")), id);
}

enum fc_status fc_board_read(enum fc_board_form form, struct fc_str text, const char *name, const char *id, json_t **out,
                             struct fc_error *err) {
    struct fc_check c = {.yaml = form == FC_BOARD_YAML, .err = err};
    *out = NULL;
    if (text.n > FC_BOARD_BYTES_MAX) return fc_fail(err, FC_INVALID, "%s: %u bytes, expected at most %d", name, text.n, FC_BOARD_BYTES_MAX);
    json_t *board = NULL;
    if (!c.yaml) board = parse_json(text, err);
    else if (fc_yamltree_read(text.p, text.n, name, &board, err) != FC_OK) return FC_INVALID;
    if (board == NULL) return FC_INVALID;
    if (json_is_object(board)) {
        drop_extras(board);
        if (id != NULL && json_object_get(board, "id") == NULL) (void)json_object_set_new(board, "id", json_string(id));
    }
    if (fc_check_map(&c, board, board_fields) && check_id(&c, board, id) && give_ids(&c, board) && check_tiles(&c, board)) {
        *out = board;
        return FC_OK;
    }
    json_decref(board);
    return fc_check_place(&c, name, c.yaml ? text : (struct fc_str){0});
}
