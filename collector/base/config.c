#include "config_private.h"

#include "str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* libcyaml tells an error as lines: first what is wrong, then a backtrace from the innermost value outwards. They are
 * captured here, and the way back down the schema tells what would have been allowed. */
#define FRAMES_MAX 12
#define TEXT_MAX 200

struct frame {
    char field[64];  /* of a mapping, or empty */
    unsigned entry;  /* of a sequence, from 1, or 0 */
    unsigned line, column;
};

struct capture {
    char what[TEXT_MAX];
    struct frame frames[FRAMES_MAX]; /* [0] is the innermost */
    unsigned n;
};

const cyaml_strval_t fc_config_bools[FC_CONFIG_BOOLS] = {
    {.str = "yes", .val = FC_CONFIG_YES},   {.str = "no", .val = FC_CONFIG_NO},   {.str = "true", .val = FC_CONFIG_YES},
    {.str = "false", .val = FC_CONFIG_NO},  {.str = "on", .val = FC_CONFIG_YES},  {.str = "off", .val = FC_CONFIG_NO},
};

static void capture_frame(struct capture *c, const char *text) {
    if (c->n == FRAMES_MAX) return;
    struct frame f = {0};
    const char *at = strstr(text, "(line: "), *field = strstr(text, "field '"), *entry = strstr(text, "entry '");
    if (at == NULL || sscanf(at, "(line: %u, column: %u)", &f.line, &f.column) != 2) return;
    if (field != NULL) (void)fc_str_copy(f.field, sizeof f.field, fc_str_n(field + 7, strcspn(field + 7, "'")));
    if (entry != NULL) f.entry = (unsigned)strtoul(entry + 7, NULL, 10);
    c->frames[c->n++] = f;
}

static void capture_line(cyaml_log_t level, void *ctx, const char *format, va_list args) FC_PRINTF(3, 0);
static void capture_line(cyaml_log_t level, void *ctx, const char *format, va_list args) {
    struct capture *c = ctx;
    char text[TEXT_MAX];
    (void)level;
    (void)vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    const char *body = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;
    if (strncmp(body, "  in ", 5) == 0) capture_frame(c, body);
    else if (strncmp(body, "Backtrace", 9) != 0 && c->what[0] == '\0') (void)fc_str_copy(c->what, sizeof c->what, fc_str(body));
}

/* ---- from the backtrace to the schema and the place ----------------------------------------------------------- */

static const cyaml_schema_value_t *find_field(const cyaml_schema_value_t *v, const char *key) {
    if (v->type != CYAML_MAPPING) return NULL;
    for (const cyaml_schema_field_t *f = v->mapping.fields; f->key != NULL; f++)
        if (strcmp(f->key, key) == 0) return &f->value;
    return NULL;
}

/* Walks outermost to innermost; writes "queues[2].port" to `path` and hands back the schema of what stands there. */
static const cyaml_schema_value_t *walk(const struct capture *c, const cyaml_schema_value_t *v, unsigned skip, char *path, size_t cap) {
    size_t n = 0;
    path[0] = '\0';
    for (unsigned i = c->n; i-- > skip && v != NULL;) {
        const struct frame *f = &c->frames[i];
        int k = 0;
        if (f->entry > 0) {
            k = snprintf(path + n, cap - n, "[%u]", f->entry);
            v = v->type == CYAML_SEQUENCE || v->type == CYAML_SEQUENCE_FIXED ? v->sequence.entry : NULL;
        } else if (f->field[0] != '\0') {
            k = snprintf(path + n, cap - n, "%s%s", n > 0 ? "." : "", f->field);
            v = find_field(v, f->field);
        }
        if (k < 0 || (size_t)k >= cap - n) return NULL;
        n += (size_t)k;
    }
    return v;
}

static void list_allowed(const cyaml_schema_value_t *v, char *to, size_t cap) {
    size_t n = 0;
    to[0] = '\0';
    if (v == NULL || (v->type != CYAML_MAPPING && v->type != CYAML_ENUM)) return;
    for (unsigned i = 0;; i++) {
        bool end = v->type == CYAML_MAPPING ? v->mapping.fields[i].key == NULL : i == v->enumeration.count;
        if (end) return;
        const char *word = v->type == CYAML_MAPPING ? v->mapping.fields[i].key : v->enumeration.strings[i].str;
        int k = snprintf(to + n, cap - n, "%s%s", i > 0 ? ", " : "", word);
        if (k < 0 || (size_t)k >= cap - n) return;
        n += (size_t)k;
    }
}

void fc_config_describe(const cyaml_schema_value_t *v, char *to, size_t cap) {
    unsigned bits = v != NULL ? v->data_size * 8 : 0;
    char words[160];
    if (v == NULL) (void)snprintf(to, cap, "another form");
    else if (v->type == CYAML_UINT && bits < 64) (void)snprintf(to, cap, "a whole number from 0 to %llu", (1ull << bits) - 1);
    else if (v->type == CYAML_UINT) (void)snprintf(to, cap, "a whole number, 0 or more");
    else if (v->type == CYAML_INT) (void)snprintf(to, cap, "a whole number");
    else if (v->type == CYAML_FLOAT) (void)snprintf(to, cap, "a number");
    else if (v->type == CYAML_STRING) (void)snprintf(to, cap, "a text of %u to %u bytes", v->string.min, v->string.max);
    else if (v->type == CYAML_MAPPING) (void)snprintf(to, cap, "keys with values (`key: value`)");
    else if (v->type == CYAML_SEQUENCE && v->sequence.max == CYAML_UNLIMITED) (void)snprintf(to, cap, "a list (`- value`)");
    else if (v->type == CYAML_SEQUENCE) (void)snprintf(to, cap, "a list of at most %u entries (`- value`)", v->sequence.max);
    else if (v->type == CYAML_ENUM) {
        list_allowed(v, words, sizeof words);
        (void)snprintf(to, cap, "one of: %s", words);
    } else (void)snprintf(to, cap, "another form");
}

/* libcyaml names the place of the last value it took, which for a key is one too early: look for the key from there. */
static void locate_key(const char *text, size_t n, const char *key, struct frame *at) {
    size_t keylen = strlen(key);
    unsigned line = 1;
    const char *end = text + n;
    for (const char *p = text; p < end; line++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        if (stop == NULL) stop = end;
        for (const char *q = p; line >= at->line && q + keylen < stop; q++) {
            bool starts = q == p || strchr(" \t{,-'\"", q[-1]) != NULL;
            if (!starts || memcmp(q, key, keylen) != 0 || strchr(":'\" ", q[keylen]) == NULL) continue;
            if (line == at->line && (unsigned)(q - p) + 1 < at->column) continue;
            at->line = line;
            at->column = (unsigned)(q - p) + 1;
            return;
        }
        p = stop < end ? stop + 1 : end;
    }
}

static const char *starts(const char *text, const char *prefix) {
    size_t n = strlen(prefix);
    return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

static enum fc_status explain_key(const char *file, struct frame at, const char *path, const char *key, const char *text, size_t n,
                                  const cyaml_schema_value_t *v, struct fc_error *err) {
    char allowed[400];
    locate_key(text, n, key, &at);
    list_allowed(v, allowed, sizeof allowed);
    return fc_fail(err, FC_CONFIG, "%s:%u:%u: unexpected key `%s`%s%s%s; allowed: %s", file, at.line, at.column, key,
                   path[0] != '\0' ? " in `" : "", path, path[0] != '\0' ? "`" : "", allowed);
}

static enum fc_status explain(const char *file, const char *text, size_t n, const struct capture *c, const cyaml_schema_value_t *root,
                              struct fc_error *err) {
    char path[120], want[240];
    const char *rest;
    struct frame at = c->n > 0 ? c->frames[0] : (struct frame){.line = 1, .column = 1};
    const cyaml_schema_value_t *v = walk(c, root, 0, path, sizeof path);
    fc_config_describe(v, want, sizeof want);
    if ((rest = starts(c->what, "Unexpected key: ")) != NULL) return explain_key(file, at, path, rest, text, n, v, err);
    if ((rest = starts(c->what, "libyaml: ")) != NULL)
        return c->n > 0 ? fc_fail(err, FC_CONFIG, "%s:%u: not YAML from about here on: %s", file, at.line, rest)
                        : fc_fail(err, FC_CONFIG, "%s: not YAML: %s", file, rest);
    if ((rest = starts(c->what, "Missing required mapping field: ")) != NULL) {
        (void)walk(c, root, 1, path, sizeof path); /* the innermost is the last key that was there */
        return fc_fail(err, FC_CONFIG, "%s:%u:%u: key `%s` is missing%s%s%s", file, at.line, at.column, rest,
                       path[0] != '\0' ? " in `" : "", path, path[0] != '\0' ? "`" : "");
    }
    if ((rest = starts(c->what, "Excessive entries")) != NULL && c->n > 1) {
        fc_config_describe(walk(c, root, 1, path, sizeof path), want, sizeof want);
        return fc_fail(err, FC_CONFIG, "%s:%u:%u: `%s`: expected %s", file, at.line, at.column, path, want);
    }
    if ((rest = starts(c->what, "Mapping field already seen: ")) != NULL) {
        locate_key(text, n, rest, &at);
        return fc_fail(err, FC_CONFIG, "%s:%u:%u: key `%s` is given twice", file, at.line, at.column, path);
    }
    if (starts(c->what, "Ignoring documents") != NULL) return fc_fail(err, FC_CONFIG, "%s: more than one YAML document (a second `---`)", file);
    const char *got = strstr(c->what, ": ");
    bool type = starts(c->what, "Expecting ") != NULL;
    if (path[0] == '\0') return fc_fail(err, FC_CONFIG, "%s:%u:%u: expected %s", file, at.line, at.column, want);
    if (v != NULL && !type && got != NULL)
        return fc_fail(err, FC_CONFIG, "%s:%u:%u: `%s` is %.60s, expected %s", file, at.line, at.column, path, got[2] != '\0' ? got + 2 : "empty", want);
    return fc_fail(err, FC_CONFIG, "%s:%u:%u: `%s`: expected %s", file, at.line, at.column, path, want);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

/* The file as one block; *n bytes, the caller frees. */
static char *read_file(const char *path, size_t *n, struct fc_error *err) {
    char *text = NULL;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        (void)fc_fail(err, FC_CONFIG, "%s: cannot be read: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode) || st.st_size > FC_CONFIG_BYTES_MAX) {
        (void)fc_fail(err, FC_CONFIG, "%s: expected a file of at most %d bytes", path, FC_CONFIG_BYTES_MAX);
    } else if ((text = malloc((size_t)st.st_size + 1)) == NULL) {
        (void)fc_fail(err, FC_CONFIG, "%s: out of memory", path);
    } else {
        ssize_t got = read(fd, text, (size_t)st.st_size);
        *n = got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0) (void)close(fd);
    return text;
}

static cyaml_config_t setup(struct capture *c) {
    return (cyaml_config_t){
        .log_fn = capture_line, .log_ctx = c, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_WARNING, .flags = CYAML_CFG_NO_ALIAS};
}

enum fc_status fc_config_load(const char *path, const cyaml_schema_value_t *schema, void **out, struct fc_error *err) {
    FC_ASSERT(schema->type == CYAML_MAPPING && (schema->flags & CYAML_FLAG_POINTER) != 0);
    struct capture c = {0};
    cyaml_config_t config = setup(&c);
    size_t n = 0;
    *out = NULL;
    char *text = read_file(path, &n, err);
    if (text == NULL) return FC_CONFIG;
    enum fc_status st = FC_OK;
    cyaml_err_t e = n > 0 ? cyaml_load_data((const uint8_t *)text, n, &config, schema, out, NULL) : CYAML_OK;
    if (e != CYAML_OK && c.what[0] == '\0') (void)fc_str_copy(c.what, sizeof c.what, fc_str(cyaml_strerror(e)));
    if (c.what[0] != '\0') st = explain(path, text, n, &c, schema, err);
    else if (*out == NULL) st = fc_fail(err, FC_CONFIG, "%s: is empty, expected keys with values (`key: value`)", path);
    else st = fc_config_check_numbers(path, text, n, schema, err);
    free(text);
    if (st == FC_OK) return FC_OK;
    fc_config_free(schema, *out);
    *out = NULL;
    return st;
}

void fc_config_free(const cyaml_schema_value_t *schema, void *data) {
    struct capture c = {0};
    cyaml_config_t config = setup(&c);
    if (data != NULL) (void)cyaml_free(&config, schema, data, 0);
}

enum fc_status fc_config_fail(struct fc_error *err, const char *path, const char *format, ...) {
    va_list args;
    struct fc_error text;
    va_start(args, format);
    (void)vsnprintf(text.text, sizeof text.text, format, args);
    va_end(args);
    return fc_fail(err, FC_CONFIG, "%s: %s", path, text.text);
}
