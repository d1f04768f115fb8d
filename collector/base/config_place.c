/* Where in the file a value stands, for what is wrong with it beyond its form: a second look, taken only when there is
 * something to report. */
#include "config.h"

#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

static yaml_node_t *of_key(yaml_document_t *doc, const yaml_node_t *map, struct fc_str key) {
    if (map->type != YAML_MAPPING_NODE) return NULL;
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
        const yaml_node_t *k = yaml_document_get_node(doc, p->key);
        if (k->type == YAML_SCALAR_NODE && fc_str_eq(key, fc_str_n((const char *)k->data.scalar.value, k->data.scalar.length)))
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

/* False: it is not there (any more). */
static bool find(const char *path, const char *where, unsigned long *line, unsigned long *column) {
    yaml_parser_t parser;
    yaml_document_t doc;
    FILE *f = fopen(path, "re");
    if (f == NULL) return false;
    const yaml_node_t *node = NULL;
    if (yaml_parser_initialize(&parser) == 1) {
        yaml_parser_set_input_file(&parser, f);
        if (yaml_parser_load(&parser, &doc) == 1) {
            node = follow(&doc, where);
            if (node != NULL) *line = node->start_mark.line + 1, *column = node->start_mark.column + 1;
            yaml_document_delete(&doc);
        }
        yaml_parser_delete(&parser);
    }
    (void)fclose(f);
    return node != NULL;
}

enum fc_status fc_config_fail_at(struct fc_error *err, const char *path, const char *where, const char *format, ...) {
    unsigned long line, column;
    struct fc_error text;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text.text, sizeof text.text, format, args);
    va_end(args);
    if (!find(path, where, &line, &column)) return fc_fail(err, FC_CONFIG, "%s: `%s` %s", path, where, text.text);
    return fc_fail(err, FC_CONFIG, "%s:%lu:%lu: `%s` %s", path, line, column, where, text.text);
}
