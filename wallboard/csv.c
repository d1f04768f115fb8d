#include "csv.h"

#include <stdio.h>
#include <time.h>

#define DEPTH_MAX 4

/* Walks an object's leaves; each gets its dotted path. */
typedef void leaf(void *ctx, const char *path, json_t *value);

static void walk(json_t *object, const char *prefix, int depth, leaf *each, void *ctx) {
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        char path[300];
        int n = snprintf(path, sizeof path, "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", key);
        if (n < 0 || (size_t)n >= sizeof path) continue; /* no key of ours is near that long */
        if (json_is_object(value) && depth < DEPTH_MAX) walk(value, path, depth + 1, each, ctx);
        else each(ctx, path, value);
    }
}

static void add_column(void *columns, const char *path, json_t *value) {
    (void)value;
    if (json_object_get(columns, path) == NULL) (void)json_object_set_new(columns, path, json_true());
}

static void add_cell(void *cells, const char *path, json_t *value) {
    (void)json_object_set(cells, path, value);
}

static void text_cell(struct fc_bytes *out, const char *z) {
    if (z[0] != '\0' && strchr("=+-@\t\r\n", z[0]) != NULL) {
        fc_bytes_text(out, "\"'");
    } else if (strpbrk(z, ",\"\r\n") == NULL) {
        fc_bytes_text(out, z);
        return;
    } else {
        fc_bytes_char(out, '"');
    }
    for (; *z != '\0'; z++) {
        if (*z == '"') fc_bytes_char(out, '"');
        fc_bytes_char(out, *z);
    }
    fc_bytes_char(out, '"');
}

static bool is_instant(const char *path) {
    size_t n = strlen(path);
    return n > 3 && strcmp(path + n - 3, "_us") == 0;
}

static void instant_cell(struct fc_bytes *out, int64_t us) {
    char text[40];
    struct tm tm;
    time_t s = (time_t)(us / 1000000 - (us % 1000000 < 0));
    if (gmtime_r(&s, &tm) == NULL) return;
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    fc_bytes_printf(out, "%s.%06dZ", text, (int)((us % 1000000 + 1000000) % 1000000));
}

static void array_cell(struct fc_bytes *out, const json_t *array) {
    struct fc_bytes text = {0};
    size_t i;
    json_t *value;
    json_array_foreach(array, i, value) {
        if (i > 0) fc_bytes_char(&text, ' ');
        if (json_is_string(value)) fc_bytes_text(&text, json_string_value(value));
        else if (json_is_integer(value)) fc_bytes_printf(&text, "%lld", (long long)json_integer_value(value));
        else if (json_is_real(value)) fc_bytes_printf(&text, "%.17g", json_real_value(value));
    }
    fc_bytes_char(&text, '\0');
    text_cell(out, (const char *)text.p);
    fc_bytes_free(&text);
}

static void cell(struct fc_bytes *out, const char *path, const json_t *value) {
    if (value == NULL || json_is_null(value)) return;
    if (json_is_integer(value) && is_instant(path)) instant_cell(out, json_integer_value(value));
    else if (json_is_integer(value)) fc_bytes_printf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value)) fc_bytes_printf(out, "%.15g", json_real_value(value));
    else if (json_is_boolean(value)) fc_bytes_text(out, json_is_true(value) ? "true" : "false");
    else if (json_is_array(value)) array_cell(out, value);
    else if (json_is_string(value)) text_cell(out, json_string_value(value));
}

static void head(struct fc_bytes *out, json_t *columns) {
    const char *path, *comma = "";
    json_t *value;
    json_object_foreach(columns, path, value) {
        char name[300];
        size_t n = strlen(path) - (is_instant(path) ? 3 : 0);
        (void)snprintf(name, sizeof name, "%.*s", (int)n, path);
        fc_bytes_text(out, comma);
        text_cell(out, name);
        comma = ",";
    }
    fc_bytes_text(out, "\r\n");
}

static void row(struct fc_bytes *out, json_t *columns, json_t *object) {
    json_t *cells = json_object(), *value;
    const char *path, *comma = "";
    walk(object, "", 0, add_cell, cells);
    json_object_foreach(columns, path, value) {
        fc_bytes_text(out, comma);
        cell(out, path, json_object_get(cells, path));
        comma = ",";
    }
    fc_bytes_text(out, "\r\n");
    json_decref(cells);
}

void fc_csv_write(struct fc_bytes *out, json_t *rows) {
    json_t *columns = json_object(), *object;
    size_t i;
    json_array_foreach(rows, i, object) if (json_is_object(object)) walk(object, "", 0, add_column, columns);
    fc_bytes_text(out, "\xef\xbb\xbf");
    head(out, columns);
    json_array_foreach(rows, i, object) if (json_is_object(object)) row(out, columns, object);
    json_decref(columns);
}
