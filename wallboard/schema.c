#include "schema.h"

#include "config.h"
#include "kpi_path.h"
#include "tree.h"
#include "zone.h"

#include <math.h>
#include <stdio.h>

/* ---- places ------------------------------------------------------------------------------------------------------ */

static size_t enter(struct fc_check *c, const char *format, ...) FC_PRINTF(2, 3);
static size_t enter(struct fc_check *c, const char *format, ...) {
    size_t back = c->where_n, room = sizeof c->where - back;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(c->where + back, room, format, args);
    va_end(args);
    if (n > 0) c->where_n += (size_t)n < room ? (size_t)n : room - 1;
    return back;
}

size_t fc_check_enter(struct fc_check *c, const char *key) { return enter(c, "%s%s", c->where_n > 0 ? "." : "", key); }
size_t fc_check_enter_at(struct fc_check *c, size_t entry) { return enter(c, "[%zu]", entry + 1); }

void fc_check_leave(struct fc_check *c, size_t back) {
    c->where_n = back;
    c->where[back] = '\0';
}

bool fc_check_fail(struct fc_check *c, const char *format, ...) {
    char text[260];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)fc_fail(c->err, FC_INVALID, "%s", text);
    return false;
}

enum fc_status fc_check_place(const struct fc_check *c, const char *name, struct fc_str text) {
    struct fc_config_spot at;
    struct fc_error what = *c->err;
    const char *tick = c->where_n > 0 ? "`" : "", *path = c->where_n > 0 ? c->where : "the document";
    if (text.n > 0 && fc_config_find(text.p, text.n, c->where, &at))
        return fc_fail(c->err, FC_INVALID, "%s:%zu:%zu: %s%s%s %s", name, at.line, at.column, tick, path, tick, what.text);
    return fc_fail(c->err, FC_INVALID, "%s%s%s %s", tick, path, tick, what.text);
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

bool fc_id_valid(struct fc_str id) {
    if (id.n == 0 || id.n > FC_DOC_ID_MAX || id.p[0] == '-') return false;
    for (uint32_t i = 0; i < id.n; i++)
        if (!((id.p[i] >= 'a' && id.p[i] <= 'z') || (id.p[i] >= '0' && id.p[i] <= '9') || id.p[i] == '-')) return false;
    return true;
}

int fc_clock_minute(struct fc_str text) {
    int64_t hour, minute;
    if (text.n != 5 || text.p[2] != ':' || !fc_str_int(fc_str_n(text.p, 2), &hour) || !fc_str_int(fc_str_n(text.p + 3, 2), &minute)) return -1;
    return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 ? (int)(hour * 60 + minute) : -1;
}

static bool is_one_of(const char *words, struct fc_str text) {
    while (*words != '\0') {
        size_t n = strcspn(words, " ");
        if (fc_str_eq(fc_str_n(words, n), text)) return true;
        words += n + (words[n] == ' ');
    }
    return false;
}

static bool is_language(struct fc_str text) {
    for (uint32_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9' && i > 0) || (c == '-' && i > 0))) return false;
    }
    return text.n >= 2 && text.n <= 35;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* What stands there, short, for the sentence. */
static const char *shown(const json_t *value, char *to, size_t cap) {
    struct fc_bytes text = {0};
    if (json_is_object(value)) return "an object";
    if (json_is_array(value)) return "a list";
    fc_tree_json(&text, value);
    size_t n = text.n;
    if (n > 40)
        for (n = 40; n > 0 && (text.p[n] & 0xc0) == 0x80;) n--; /* not within a character */
    (void)snprintf(to, cap, "%.*s%s", (int)n, (const char *)text.p, n < text.n ? ".." : "");
    fc_bytes_free(&text);
    return to;
}

static bool expected(struct fc_check *c, const json_t *value, const char *what) {
    char text[64];
    return fc_check_fail(c, "is %s, expected %s", shown(value, text, sizeof text), what);
}

/* Without control bytes, but for the ends of lines in what people read. */
static bool is_clean(struct fc_str s, bool lines) {
    for (uint32_t i = 0; i < s.n; i++)
        if (((uint8_t)s.p[i] < ' ' && !(lines && s.p[i] == '\n')) || s.p[i] == 0x7f) return false;
    return true;
}

static bool check_string(struct fc_check *c, const json_t *value, uint32_t least, double most, bool lines) {
    char what[90];
    struct fc_str s = fc_tree_str(value);
    if (json_is_string(value) && s.n >= least && s.n <= most && is_clean(s, lines)) return true;
    (void)snprintf(what, sizeof what, "a text of %u to %.0f bytes without control characters", least, most);
    return expected(c, value, what);
}

static bool check_text(struct fc_check *c, const json_t *value, double most) {
    if (!json_is_object(value)) return check_string(c, value, 0, most, true);
    for (struct fc_tree_pair p = fc_tree_first(value); p.key != NULL; p = fc_tree_next(value, p)) {
        size_t back = fc_check_enter(c, p.key);
        if (!is_language(fc_str(p.key))) return fc_check_fail(c, "is no language, expected a text, or one for each language: {en: .., zh-CN: ..}");
        if (!check_string(c, p.value, 0, most, true)) return false;
        fc_check_leave(c, back);
    }
    if (json_object_size(value) > 0 && json_object_size(value) <= 20) return true;
    return fc_check_fail(c, "holds %zu languages, expected 1 to 20", json_object_size(value));
}

static bool check_number(struct fc_check *c, const json_t *value, const struct fc_field *f) {
    char what[90];
    bool whole = f->kind == FC_FIELD_WHOLE;
    double v = json_number_value(value);
    if ((whole ? json_is_integer(value) : json_is_number(value)) && v >= f->min && v <= f->max) return true;
    (void)snprintf(what, sizeof what, "a %snumber from %.15g to %.15g", whole ? "whole " : "", f->min, f->max);
    return expected(c, value, what);
}

static bool check_kpi(struct fc_check *c, const json_t *value) {
    struct fc_kpi_path path;
    if (!json_is_string(value)) return expected(c, value, "a key of /api/v1/kpis");
    return fc_kpi_path_read(fc_tree_str(value), &path, c->err) == FC_OK;
}

static bool check_zone(struct fc_check *c, const json_t *value) {
    struct fc_zone *zone = NULL;
    struct fc_error unknown;
    if (!check_string(c, value, 1, 60, false)) return false;
    if (fc_zone_open(json_string_value(value), &zone, &unknown) != FC_OK)
        return expected(c, value, "a zone's IANA name such as Europe/Berlin or Asia/Shanghai");
    fc_zone_close(zone);
    return true;
}

static bool check_word(struct fc_check *c, const json_t *value, const char *words) {
    char what[200];
    if (json_is_string(value) && is_one_of(words, fc_tree_str(value))) return true;
    (void)snprintf(what, sizeof what, "one of: %s", words);
    return expected(c, value, what);
}

static bool check_value(struct fc_check *c, json_t *value, const struct fc_field *f);

/* What YAML, or a number's notation, makes look like something else. A new value, or NULL: it is right as it is. */
static json_t *mended(const struct fc_check *c, const json_t *value, const struct fc_field *f) {
    char digits[32];
    bool text = f->kind == FC_FIELD_TEXT || f->kind == FC_FIELD_NAME || f->kind == FC_FIELD_ID;
    double v = json_number_value(value);
    if (json_is_real(value) && f->kind == FC_FIELD_NUMBER && fabs(v) < 1e15 && !(v > floor(v))) return json_integer((json_int_t)v);
    if (!c->yaml) return NULL;
    if (text && json_is_integer(value)) {
        (void)snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(value));
        return json_string(digits);
    }
    if (f->kind != FC_FIELD_BOOL || !json_is_string(value)) return NULL;
    if (is_one_of("yes on", fc_tree_str(value))) return json_true();
    return is_one_of("no off", fc_tree_str(value)) ? json_false() : NULL;
}

static bool check_list(struct fc_check *c, json_t *value, const struct fc_field *f) {
    char what[60];
    (void)snprintf(what, sizeof what, "a list of at most %.0f entries", f->max);
    if (!json_is_array(value)) return expected(c, value, what);
    if ((double)json_array_size(value) > f->max) return fc_check_fail(c, "has %zu entries, expected at most %.0f", json_array_size(value), f->max);
    for (size_t i = 0; i < json_array_size(value); i++) {
        size_t back = fc_check_enter_at(c, i);
        json_t *mend = mended(c, json_array_get(value, i), &f->fields[0]);
        if (mend != NULL) (void)json_array_set_new(value, i, mend);
        if (!check_value(c, json_array_get(value, i), &f->fields[0])) return false;
        fc_check_leave(c, back);
    }
    return true;
}

static bool check_value(struct fc_check *c, json_t *value, const struct fc_field *f) {
    switch (f->kind) {
    case FC_FIELD_TEXT: return check_text(c, value, f->max);
    case FC_FIELD_NAME: return check_string(c, value, 1, f->max, false);
    case FC_FIELD_ID: return (json_is_string(value) && fc_id_valid(fc_tree_str(value))) || expected(c, value, "1 to 63 of a-z, 0-9 and -, not beginning with -");
    case FC_FIELD_WORD: return check_word(c, value, f->words);
    case FC_FIELD_WHOLE:
    case FC_FIELD_NUMBER: return check_number(c, value, f);
    case FC_FIELD_BOOL: return json_is_boolean(value) || expected(c, value, c->yaml ? "yes or no" : "true or false");
    case FC_FIELD_CLOCK: return (json_is_string(value) && fc_clock_minute(fc_tree_str(value)) >= 0) || expected(c, value, "a time such as \"22:00\", to \"23:59\"");
    case FC_FIELD_ZONE: return check_zone(c, value);
    case FC_FIELD_KPI: return check_kpi(c, value);
    case FC_FIELD_SIGHT: return (json_is_string(value) && fc_str_is(fc_tree_str(value), "agents")) || check_kpi(c, value);
    case FC_FIELD_MAP: return fc_check_map(c, value, f->fields);
    case FC_FIELD_LIST: return check_list(c, value, f);
    }
    return false;
}

/* ---- objects ----------------------------------------------------------------------------------------------------- */

static const struct fc_field *field_of(const struct fc_field *fields, const char *key) {
    while (fields->key != NULL && strcmp(fields->key, key) != 0) fields++;
    return fields->key != NULL ? fields : NULL;
}

static bool unknown_key(struct fc_check *c, const char *key, const struct fc_field *fields) {
    char allowed[230] = "";
    size_t n = 0;
    for (const struct fc_field *f = fields; f->key != NULL && n < sizeof allowed; f++)
        n += (size_t)snprintf(allowed + n, sizeof allowed - n, "%s%s", n > 0 ? " " : "", f->key);
    (void)fc_check_enter(c, strlen(key) <= 60 ? key : "a key of more than 60 bytes");
    return fc_check_fail(c, "is unknown here, expected: %s", allowed);
}

bool fc_check_map(struct fc_check *c, json_t *value, const struct fc_field *fields) {
    if (!json_is_object(value)) return expected(c, value, "keys with values");
    for (struct fc_tree_pair p = fc_tree_first(value); p.key != NULL; p = fc_tree_next(value, p))
        if (field_of(fields, p.key) == NULL) return unknown_key(c, p.key, fields);
    for (const struct fc_field *f = fields; f->key != NULL; f++) {
        json_t *v = json_object_get(value, f->key);
        if (v == NULL && !f->must) continue;
        size_t back = fc_check_enter(c, f->key);
        if (v == NULL) {
            fc_check_leave(c, back);
            return fc_check_fail(c, "has no `%s`, which it must have", f->key);
        }
        json_t *mend = mended(c, v, f);
        if (mend != NULL) (void)json_object_set_new(value, f->key, mend);
        if (!check_value(c, json_object_get(value, f->key), f)) return false;
        fc_check_leave(c, back);
    }
    return true;
}
