/* A second look at the file, with libyaml itself: where a value stands, for what is wrong with it beyond its form, and
 * whether what libcyaml took for a number is one to the end. */
#include "config_private.h"

#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

static yaml_node_t *of_key(yaml_document_t *doc, const yaml_node_t *map, struct fc_str key) {
    if (map->type != YAML_MAPPING_NODE) return NULL;
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
        const yaml_node_t *k = yaml_document_get_node(doc, p->key);
        if (k->type == YAML_SCALAR_NODE &&
            fc_str_eq(key, fc_str_n((const char *)k->data.scalar.value, k->data.scalar.length)))
            return yaml_document_get_node(doc, p->value);
    }
    return NULL;
}

static yaml_node_t *of_entry(yaml_document_t *doc, const yaml_node_t *list, unsigned long entry) {
    if (list->type != YAML_SEQUENCE_NODE || entry == 0) return NULL;
    ptrdiff_t n = list->data.sequence.items.top - list->data.sequence.items.start;
    return entry > (unsigned long)n ? NULL : yaml_document_get_node(doc, list->data.sequence.items.start[entry - 1]);
}

/* Follows "queues[2].channels[1].goal". */
static const yaml_node_t *follow(yaml_document_t *doc, const char *where) {
    yaml_node_t *node = yaml_document_get_root_node(doc);
    while (node != NULL && *where != '\0') {
        if (*where == '[') {
            char *end;
            node = of_entry(doc, node, strtoul(where + 1, &end, 10));
            where = *end == ']' ? end + 1 : end;
            continue;
        }
        if (*where == '.') where++;
        size_t n = strcspn(where, ".[");
        node = of_key(doc, node, fc_str_n(where, n));
        where += n;
    }
    return node;
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

struct look {
    yaml_document_t doc;
    const char *file;
    struct fc_error *err;
    char path[160];
};

static bool is_number(cyaml_type_e type, const yaml_node_t *node) {
    const char *text = (const char *)node->data.scalar.value;
    char *end;
    if (type == CYAML_FLOAT)
        (void)strtod(text, &end);
    else
        (void)strtoll(text, &end, 0);
    return end > text && *end == '\0';
}

static enum fc_status look_at(struct look *l, const yaml_node_t *node, const cyaml_schema_value_t *v, size_t path_n);

static enum fc_status look_at_map(struct look *l, const yaml_node_t *map, const cyaml_schema_value_t *v,
                                  size_t path_n) {
    enum fc_status st = FC_OK;
    for (const cyaml_schema_field_t *f = v->mapping.fields; st == FC_OK && f->key != NULL; f++) {
        const yaml_node_t *node = of_key(&l->doc, map, fc_str(f->key));
        if (node == NULL) continue;
        int k = snprintf(l->path + path_n, sizeof l->path - path_n, "%s%s", path_n > 0 ? "." : "", f->key);
        st = look_at(l, node, &f->value, path_n + (size_t)k < sizeof l->path ? path_n + (size_t)k : sizeof l->path - 1);
    }
    return st;
}

static enum fc_status look_at_list(struct look *l, const yaml_node_t *list, const cyaml_schema_value_t *v,
                                   size_t path_n) {
    enum fc_status st = FC_OK;
    const yaml_node_item_t *first = list->data.sequence.items.start;
    for (const yaml_node_item_t *at = first; st == FC_OK && at < list->data.sequence.items.top; at++) {
        int k = snprintf(l->path + path_n, sizeof l->path - path_n, "[%td]", at - first + 1);
        st = look_at(l, yaml_document_get_node(&l->doc, *at), v->sequence.entry,
                     path_n + (size_t)k < sizeof l->path ? path_n + (size_t)k : sizeof l->path - 1);
    }
    return st;
}

/* Only down to where file and schema are of one form; the rest libcyaml has found. */
static enum fc_status look_at(struct look *l, const yaml_node_t *node, const cyaml_schema_value_t *v, size_t path_n) {
    char want[240];
    bool number = v->type == CYAML_UINT || v->type == CYAML_INT || v->type == CYAML_FLOAT;
    if (v->type == CYAML_MAPPING && node->type == YAML_MAPPING_NODE) return look_at_map(l, node, v, path_n);
    if (v->type == CYAML_SEQUENCE && node->type == YAML_SEQUENCE_NODE) return look_at_list(l, node, v, path_n);
    if (!number || node->type != YAML_SCALAR_NODE || is_number(v->type, node)) return FC_OK;
    fc_config_describe(v, want, sizeof want);
    return fc_fail(l->err, FC_CONFIG, "%s:%zu:%zu: `%s` is '%.60s', expected %s", l->file, node->start_mark.line + 1,
                   node->start_mark.column + 1, l->path, (const char *)node->data.scalar.value, want);
}

enum fc_status fc_config_check_numbers(const char *file, const char *text, size_t n, const cyaml_schema_value_t *schema,
                                       struct fc_error *err) {
    struct look l = {.file = file, .err = err};
    yaml_parser_t parser;
    enum fc_status st = FC_OK;
    if (yaml_parser_initialize(&parser) == 0) return fc_fail(err, FC_CONFIG, "%s: out of memory", file);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    if (yaml_parser_load(&parser, &l.doc) == 1) {
        const yaml_node_t *root = yaml_document_get_root_node(&l.doc);
        if (root != NULL) st = look_at(&l, root, schema, 0);
        yaml_document_delete(&l.doc);
    }
    yaml_parser_delete(&parser);
    return st;
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

/* False: it is not there (any more). Takes the parser's input, and the parser with it. */
static bool find(yaml_parser_t *parser, const char *where, struct fc_config_spot *out) {
    yaml_document_t doc;
    const yaml_node_t *node = NULL;
    if (yaml_parser_load(parser, &doc) == 1) {
        node = follow(&doc, where);
        if (node != NULL) *out = (struct fc_config_spot){node->start_mark.line + 1, node->start_mark.column + 1};
        yaml_document_delete(&doc);
    }
    yaml_parser_delete(parser);
    return node != NULL;
}

bool fc_config_find(const char *text, size_t n, const char *where, struct fc_config_spot *out) {
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) return false;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    return find(&parser, where, out);
}

static bool find_in_file(const char *path, const char *where, struct fc_config_spot *out) {
    yaml_parser_t parser;
    FILE *f = fopen(path, "re");
    bool found = false;
    if (f == NULL) return false;
    if (yaml_parser_initialize(&parser) == 1) {
        yaml_parser_set_input_file(&parser, f);
        found = find(&parser, where, out);
    }
    (void)fclose(f);
    return found;
}

enum fc_status fc_config_fail_at(struct fc_error *err, const char *path, const char *where, const char *format, ...) {
    struct fc_config_spot at;
    struct fc_error text;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text.text, sizeof text.text, format, args);
    va_end(args);
    if (!find_in_file(path, where, &at)) return fc_fail(err, FC_CONFIG, "%s: `%s` %s", path, where, text.text);
    return fc_fail(err, FC_CONFIG, "%s:%zu:%zu: `%s` %s", path, at.line, at.column, where, text.text);
}
