#include "yamltree.h"

#include "json.h"
#include "tree.h"

#include <math.h>
#include <stdlib.h>
#include <yaml.h>

/* ---- scalars ----------------------------------------------------------------------------------------------------- */

static bool is_real(struct fc_str s) {
    char text[64], *end;
    uint32_t digit = s.n > 0 && s.p[0] == '-';
    if (s.n >= sizeof text || s.n <= digit || s.p[digit] < '0' || s.p[digit] > '9') return false;
    if (s.p[digit] == '0' && s.n > digit + 1 && s.p[digit + 1] >= '0' && s.p[digit + 1] <= '9') return false; /* 007 */
    (void)fc_str_copy(text, sizeof text, s);
    if (strspn(text, "0123456789.+-eE") != s.n) return false;
    return isfinite(strtod(text, &end)) && *end == '\0';
}

/* What is written back must be read as the same text: so 007 and +5 are texts. */
static bool is_whole(struct fc_str s, int64_t *out) {
    uint32_t digit = s.n > 0 && s.p[0] == '-';
    if (!fc_str_int(s, out)) return false;
    return s.p[digit] != '0' || s.n == 1;
}

static json_t *plain(struct fc_str s) {
    int64_t whole;
    char text[64];
    if (s.n == 0 || fc_str_is(s, "~") || fc_str_is(s, "null")) return json_null();
    if (fc_str_is(s, "true")) return json_true();
    if (fc_str_is(s, "false")) return json_false();
    if (is_whole(s, &whole)) return json_integer(whole);
    if (is_real(s)) return json_real(strtod(fc_str_copy(text, sizeof text, s), NULL));
    return json_stringn(s.p, s.n);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

struct reader {
    yaml_parser_t parser;
    const char *name;
    struct fc_error *err;
};

static json_t *wrong(struct reader *r, yaml_mark_t at, const char *what) {
    (void)fc_fail(r->err, FC_INVALID, "%s:%zu:%zu: %s", r->name, at.line + 1, at.column + 1, what);
    return NULL;
}

static bool next(struct reader *r, yaml_event_t *event) {
    if (yaml_parser_parse(&r->parser, event) == 1) return true;
    const char *problem = r->parser.problem != NULL ? r->parser.problem : "it cannot be read";
    yaml_mark_t at = r->parser.problem_mark;
    (void)fc_fail(r->err, FC_INVALID, "%s:%zu:%zu: not YAML: %s", r->name, at.line + 1, at.column + 1, problem);
    return false;
}

static json_t *read_value(struct reader *r, const yaml_event_t *first, int depth);

static json_t *read_list(struct reader *r, int depth) {
    json_t *list = json_array(), *value;
    yaml_event_t event;
    while (list != NULL && next(r, &event)) {
        bool end = event.type == YAML_SEQUENCE_END_EVENT;
        value = end ? NULL : read_value(r, &event, depth);
        yaml_event_delete(&event);
        if (end) return list;
        if (value == NULL || json_array_append_new(list, value) != 0) break;
    }
    json_decref(list);
    return NULL;
}

static bool read_pair(struct reader *r, json_t *map, const yaml_event_t *key, int depth) {
    yaml_event_t event;
    struct fc_str k;
    if (key->type != YAML_SCALAR_EVENT) return wrong(r, key->start_mark, "expected a key that is one word") != NULL;
    k = fc_str_n((const char *)key->data.scalar.value, key->data.scalar.length);
    if (k.n > 200 || memchr(k.p, '\0', k.n) != NULL) return wrong(r, key->start_mark, "a key of more than 200 bytes, or with a zero byte") != NULL;
    if (json_object_get(map, k.p) != NULL) {
        (void)fc_fail(r->err, FC_INVALID, "%s:%zu:%zu: key `%s` is given twice", r->name, key->start_mark.line + 1,
                      key->start_mark.column + 1, k.p);
        return false;
    }
    if (!next(r, &event)) return false;
    json_t *value = read_value(r, &event, depth);
    yaml_event_delete(&event);
    return value != NULL && json_object_set_new(map, k.p, value) == 0;
}

static json_t *read_map(struct reader *r, int depth) {
    json_t *map = json_object();
    yaml_event_t event;
    while (map != NULL && next(r, &event)) {
        bool end = event.type == YAML_MAPPING_END_EVENT, good = end || read_pair(r, map, &event, depth);
        yaml_event_delete(&event);
        if (end) return map;
        if (!good) break;
    }
    json_decref(map);
    return NULL;
}

static json_t *read_scalar(struct reader *r, const yaml_event_t *e) {
    struct fc_str s = fc_str_n((const char *)e->data.scalar.value, e->data.scalar.length);
    if (e->data.scalar.tag != NULL) return wrong(r, e->start_mark, "a tag (`!`): expected none");
    json_t *value = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? plain(s) : json_stringn(s.p, s.n);
    return value != NULL ? value : wrong(r, e->start_mark, "a text that is not UTF-8");
}

static json_t *read_value(struct reader *r, const yaml_event_t *e, int depth) {
    if (depth == FC_YAMLTREE_DEPTH_MAX) return wrong(r, e->start_mark, "nested too deeply");
    switch (e->type) {
    case YAML_SCALAR_EVENT: return read_scalar(r, e);
    case YAML_SEQUENCE_START_EVENT:
        return e->data.sequence_start.tag != NULL ? wrong(r, e->start_mark, "a tag (`!`): expected none") : read_list(r, depth + 1);
    case YAML_MAPPING_START_EVENT:
        return e->data.mapping_start.tag != NULL ? wrong(r, e->start_mark, "a tag (`!`): expected none") : read_map(r, depth + 1);
    case YAML_ALIAS_EVENT: return wrong(r, e->start_mark, "an alias (`*`): expected the value itself");
    default: return wrong(r, e->start_mark, "expected a value");
    }
}

static json_t *read_document(struct reader *r) {
    yaml_event_t event;
    json_t *root = NULL;
    bool more = next(r, &event); /* the stream's start */
    if (more) yaml_event_delete(&event);
    if (!more || !next(r, &event)) return NULL;
    bool empty = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
    if (empty) return json_null();
    if (!next(r, &event)) return NULL;
    root = read_value(r, &event, 0);
    yaml_event_delete(&event);
    for (int i = 0; i < 2 && root != NULL; i++) { /* the document's end, the stream's end */
        bool good = next(r, &event);
        if (good && i == 1 && event.type != YAML_STREAM_END_EVENT) good = wrong(r, event.start_mark, "more than one document") != NULL;
        if (good) yaml_event_delete(&event);
        if (!good) {
            json_decref(root);
            root = NULL;
        }
    }
    return root;
}

enum fc_status fc_yamltree_read(const char *text, size_t n, const char *name, json_t **out, struct fc_error *err) {
    struct reader r = {.name = name, .err = err};
    *out = NULL;
    if (yaml_parser_initialize(&r.parser) == 0) return fc_fail(err, FC_IO, "%s: out of memory", name);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
    *out = read_document(&r);
    yaml_parser_delete(&r.parser);
    return *out != NULL ? FC_OK : FC_INVALID;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static int append(void *to, unsigned char *bytes, size_t n) {
    fc_bytes_add(to, bytes, n);
    return 1;
}

static void emit(yaml_emitter_t *e, yaml_event_t *event) {
    FC_ASSERT(yaml_emitter_emit(e, event) == 1); /* fails on events in a wrong order, and without memory */
}

static void emit_scalar(yaml_emitter_t *e, struct fc_str s, yaml_scalar_style_t style) {
    yaml_event_t event;
    const yaml_char_t *text = (const yaml_char_t *)(s.n > 0 ? s.p : "");
    FC_ASSERT(yaml_scalar_event_initialize(&event, NULL, NULL, text, (int)s.n, 1, 1, style) == 1);
    emit(e, &event);
}

static void emit_text(yaml_emitter_t *e, struct fc_str s) {
    json_t *as_plain = plain(s);
    bool same = json_is_string(as_plain), lines = memchr(s.p, '\n', s.n) != NULL;
    json_decref(as_plain);
    emit_scalar(e, s, lines ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : same ? YAML_ANY_SCALAR_STYLE : YAML_SINGLE_QUOTED_SCALAR_STYLE);
}

static void emit_value(yaml_emitter_t *e, const json_t *value);

static bool all_scalars(const json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);
        if (json_is_object(value) || json_is_array(value)) return false;
    }
    return true;
}

static void emit_list(yaml_emitter_t *e, const json_t *list) {
    yaml_event_t event;
    yaml_sequence_style_t style = all_scalars(list) ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE;
    FC_ASSERT(yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, style) == 1);
    emit(e, &event);
    for (size_t i = 0; i < json_array_size(list); i++) emit_value(e, json_array_get(list, i));
    FC_ASSERT(yaml_sequence_end_event_initialize(&event) == 1);
    emit(e, &event);
}

static void emit_map(yaml_emitter_t *e, const json_t *map) {
    yaml_event_t event;
    FC_ASSERT(yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE) == 1);
    emit(e, &event);
    for (struct fc_tree_pair p = fc_tree_first(map); p.key != NULL; p = fc_tree_next(map, p)) {
        emit_text(e, fc_str(p.key));
        emit_value(e, p.value);
    }
    FC_ASSERT(yaml_mapping_end_event_initialize(&event) == 1);
    emit(e, &event);
}

static void emit_number(yaml_emitter_t *e, const json_t *value) {
    struct fc_bytes text = {0};
    fc_tree_json(&text, value);
    emit_scalar(e, fc_str_n((const char *)text.p, text.n), YAML_PLAIN_SCALAR_STYLE);
    fc_bytes_free(&text);
}

static void emit_value(yaml_emitter_t *e, const json_t *value) {
    if (json_is_object(value)) emit_map(e, value);
    else if (json_is_array(value)) emit_list(e, value);
    else if (json_is_string(value)) emit_text(e, fc_tree_str(value));
    else emit_number(e, value);
}

void fc_yamltree_write(struct fc_bytes *out, const json_t *value) {
    yaml_emitter_t e;
    yaml_event_t event;
    FC_ASSERT(yaml_emitter_initialize(&e) == 1);
    yaml_emitter_set_output(&e, append, out);
    yaml_emitter_set_unicode(&e, 1);
    yaml_emitter_set_width(&e, -1);
    FC_ASSERT(yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) == 1);
    emit(&e, &event);
    FC_ASSERT(yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) == 1);
    emit(&e, &event);
    emit_value(&e, value);
    FC_ASSERT(yaml_document_end_event_initialize(&event, 1) == 1);
    emit(&e, &event);
    FC_ASSERT(yaml_stream_end_event_initialize(&event) == 1);
    emit(&e, &event);
    yaml_emitter_delete(&e);
}
