#include "rules.h"

#include "clock.h"
#include "config.h"
#include "tree.h"
#include "yamltree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define BIGGEST 1e15
#define LONGEST_S 86400

static const char *const day_words = "mon tue wed thu fri sat sun";
static const struct fc_field day_entry[] = {{.kind = FC_FIELD_WORD, .words = "mon tue wed thu fri sat sun"}};
static const struct fc_field hours_fields[] = {
    {.key = "from", .kind = FC_FIELD_CLOCK, .must = true},
    {.key = "to", .kind = FC_FIELD_CLOCK, .must = true},
    {.key = "zone", .kind = FC_FIELD_ZONE},
    {.key = "days", .kind = FC_FIELD_LIST, .max = 7, .fields = day_entry},
    {.key = NULL},
};
static const struct fc_field rule_fields[] = {
    {.key = "id", .kind = FC_FIELD_ID, .must = true},
    {.key = "title", .kind = FC_FIELD_TEXT, .max = 200},
    {.key = "kpi", .kind = FC_FIELD_KPI, .must = true},
    {.key = "scope", .kind = FC_FIELD_WORD, .words = "queue group agent all"},
    {.key = "name", .kind = FC_FIELD_NAME, .max = FC_QUERY_NAME_MAX},
    {.key = "channel", .kind = FC_FIELD_WORD, .words = "all voice chat email sms ticket internal"},
    {.key = "window", .kind = FC_FIELD_WORD, .words = "now m15 h1 day"},
    {.key = "op", .kind = FC_FIELD_WORD, .must = true, .words = "below above"},
    {.key = "limit", .kind = FC_FIELD_NUMBER, .must = true, .min = -BIGGEST, .max = BIGGEST},
    {.key = "clear", .kind = FC_FIELD_NUMBER, .min = -BIGGEST, .max = BIGGEST},
    {.key = "n", .kind = FC_FIELD_WHOLE, .max = BIGGEST},
    {.key = "for_s", .kind = FC_FIELD_WHOLE, .max = LONGEST_S},
    {.key = "cooldown_s", .kind = FC_FIELD_WHOLE, .max = LONGEST_S},
    {.key = "hours", .kind = FC_FIELD_MAP, .fields = hours_fields},
    {.key = "level", .kind = FC_FIELD_WORD, .words = "warning alert"},
    {.key = NULL},
};
static const struct fc_field rule_entry[] = {{.kind = FC_FIELD_MAP, .fields = rule_fields}};
static const struct fc_field webhook_fields[] = {
    {.key = "url", .kind = FC_FIELD_NAME, .must = true, .max = 1000},
    {.key = "timeout_s", .kind = FC_FIELD_WHOLE, .min = 1, .max = 60},
    {.key = "queue", .kind = FC_FIELD_WHOLE, .min = 1, .max = 100000},
    {.key = NULL},
};
static const struct fc_field fields[] = {
    {.key = "alerts", .kind = FC_FIELD_LIST, .max = FC_RULES_MAX, .fields = rule_entry},
    {.key = "webhook", .kind = FC_FIELD_MAP, .fields = webhook_fields},
    {.key = NULL},
};

/* ---- one rule ---------------------------------------------------------------------------------------------------- */

static const char *word_of(const json_t *map, const char *key, const char *normal) {
    const json_t *value = json_object_get(map, key);
    return value == NULL ? normal : json_string_value(value);
}

static int64_t whole_of(const json_t *map, const char *key, int64_t normal) {
    const json_t *value = json_object_get(map, key);
    return value == NULL ? normal : json_integer_value(value);
}

static void take_hours(struct fc_hours *to, const json_t *hours) {
    struct fc_error none;
    const json_t *days = json_object_get(hours, "days");
    if (hours == NULL) return;
    to->from_minute = fc_clock_minute(fc_str(word_of(hours, "from", "")));
    to->to_minute = fc_clock_minute(fc_str(word_of(hours, "to", "")));
    to->days = days == NULL ? 0x7f : 0;
    for (size_t i = 0; i < json_array_size(days); i++)
        to->days |= (uint8_t)(1u << (strstr(day_words, json_string_value(json_array_get(days, i))) - day_words) / 4);
    FC_ASSERT(fc_zone_open(word_of(hours, "zone", NULL), &to->zone, &none) == FC_OK); /* the schema has opened it */
}

static void take_rule(struct fc_rule *r, const json_t *from) {
    struct fc_error none;
    FC_ASSERT(fc_kpi_path_read(fc_str(word_of(from, "kpi", "")), &r->path, &none) == FC_OK);
    bool moment = fc_kpi_row(r->path.kpi)->where == FC_KPI_MOMENT;
    const char *window = word_of(from, "window", moment ? "now" : "day");
    (void)fc_str_copy(r->id, sizeof r->id, fc_str(word_of(from, "id", "")));
    (void)fc_str_copy(r->kpi, sizeof r->kpi, fc_str(word_of(from, "kpi", "")));
    (void)fc_str_copy(r->scope, sizeof r->scope, fc_str(word_of(from, "scope", "all")));
    (void)fc_str_copy(r->name, sizeof r->name, fc_str(word_of(from, "name", "")));
    r->title = json_incref(json_object_get(from, "title"));
    r->each = strcmp(r->name, "*") == 0;
    r->channel = fc_word_find(FC_VOCAB_CHANNEL, fc_str(word_of(from, "channel", "all")));
    for (enum fc_window w = 0; w < FC_WINDOW_COUNT; w++)
        if (strcmp(window, fc_window_name(w)) == 0) r->window = w;
    r->below = strcmp(word_of(from, "op", ""), "below") == 0;
    r->urgent = strcmp(word_of(from, "level", "alert"), "alert") == 0;
    r->limit = json_number_value(json_object_get(from, "limit"));
    r->clear = json_object_get(from, "clear") == NULL ? r->limit : json_number_value(json_object_get(from, "clear"));
    r->n_least = whole_of(from, "n", 0);
    r->for_us = whole_of(from, "for_s", 0) * FC_SECOND_US;
    r->cooldown_us = whole_of(from, "cooldown_s", 0) * FC_SECOND_US;
    take_hours(&r->hours, json_object_get(from, "hours"));
}

/* What the table cannot say. */
static bool check_rule(struct fc_check *c, const struct fc_rules *rules, const struct fc_rule *r) {
    bool all = strcmp(r->scope, "all") == 0, moment = fc_kpi_row(r->path.kpi)->where == FC_KPI_MOMENT;
    for (const struct fc_rule *other = rules->v; other < r; other++)
        if (strcmp(other->id, r->id) == 0) return fc_check_fail(c, "has the id \"%s\" of another rule, expected one of its own", r->id);
    if (!all && r->name[0] == '\0') return fc_check_fail(c, "has scope %s, but no `name`; \"*\" stands for each", r->scope);
    if (all && r->name[0] != '\0') return fc_check_fail(c, "has a name, but no scope, expected scope queue, group or agent with it");
    if (r->window == FC_WINDOW_NOW && !moment) return fc_check_fail(c, "has window now, but %s needs a stretch of time: m15 h1 day", r->kpi);
    if (r->channel >= 0 && strcmp(r->scope, "agent") == 0) return fc_check_fail(c, "has a channel, but agents have all channels together");
    if (r->below ? r->clear < r->limit : r->clear > r->limit)
        return fc_check_fail(c, "clears at %.15g, expected that %s the limit, %.15g", r->clear, r->below ? "at or above" : "at or below", r->limit);
    if (r->hours.zone != NULL && r->hours.days == 0) return fc_check_fail(c, "has hours on no day");
    return true;
}

static bool take_rules(struct fc_check *c, struct fc_rules *out, const json_t *list) {
    size_t n = json_array_size(list), back = fc_check_enter(c, "alerts");
    out->v = n > 0 ? calloc(n, sizeof *out->v) : NULL;
    FC_ASSERT(n == 0 || out->v != NULL);
    for (size_t i = 0; i < n; i++) {
        size_t entry = fc_check_enter_at(c, i);
        out->count++;
        take_rule(&out->v[i], json_array_get(list, i));
        if (!check_rule(c, out, &out->v[i])) return false;
        fc_check_leave(c, entry);
    }
    fc_check_leave(c, back);
    return true;
}

static bool take_webhook(struct fc_check *c, struct fc_rules *out, const json_t *hook) {
    if (hook == NULL) return true;
    const char *url = word_of(hook, "url", "");
    (void)fc_check_enter(c, "webhook");
    (void)fc_check_enter(c, "url");
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) return fc_check_fail(c, "is \"%.60s\", expected http:// or https://", url);
    out->url = strdup(url);
    FC_ASSERT(out->url != NULL);
    out->timeout_s = (uint32_t)whole_of(hook, "timeout_s", 5);
    out->queue = (uint32_t)whole_of(hook, "queue", 1000);
    return true;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static char *read_file(const char *path, size_t *n, struct fc_error *err) {
    char *text = NULL;
    FILE *f = fopen(path, "re"), *to = open_memstream(&text, n);
    char part[8192];
    size_t got, all = 0;
    FC_ASSERT(to != NULL);
    while (f != NULL && all <= FC_CONFIG_BYTES_MAX && (got = fread(part, 1, sizeof part, f)) > 0) all += fwrite(part, 1, got, to);
    bool good = f != NULL && ferror(f) == 0;
    if (!good) (void)fc_fail(err, FC_CONFIG, "%s: cannot be read: %s", path, strerror(errno));
    if (f != NULL) (void)fclose(f);
    FC_ASSERT(fclose(to) == 0);
    if (good) return text;
    free(text);
    return NULL;
}

static enum fc_status take_file(const char *path, struct fc_str text, struct fc_rules *out, struct fc_error *err) {
    struct fc_check c = {.yaml = true, .err = err};
    json_t *file = NULL;
    if (fc_yamltree_read(text.p, text.n, path, &file, err) != FC_OK) return FC_CONFIG;
    for (const char *keys[] = {"alerts", "webhook"}, **key = keys; key < keys + 2; key++)
        if (json_is_null(json_object_get(file, *key))) (void)json_object_del(file, *key);
    json_t *ours = json_object(), *alerts = json_object_get(file, "alerts"), *hook = json_object_get(file, "webhook");
    if (alerts != NULL) (void)json_object_set(ours, "alerts", alerts);
    if (hook != NULL) (void)json_object_set(ours, "webhook", hook);
    bool good = fc_check_map(&c, ours, fields) && take_rules(&c, out, alerts) && take_webhook(&c, out, hook);
    json_decref(ours);
    json_decref(file);
    if (good) return FC_OK;
    (void)fc_check_place(&c, path, text);
    return FC_CONFIG;
}

enum fc_status fc_rules_load(const char *path, struct fc_rules *out, struct fc_error *err) {
    size_t n;
    *out = (struct fc_rules){0};
    if (path == NULL) return FC_OK;
    char *text = read_file(path, &n, err);
    if (text == NULL) return FC_CONFIG;
    enum fc_status status = take_file(path, fc_str_n(text, n), out, err);
    free(text);
    if (status != FC_OK) fc_rules_free(out);
    return status;
}

void fc_rules_free(struct fc_rules *rules) {
    for (uint32_t i = 0; i < rules->count; i++) {
        json_decref(rules->v[i].title);
        fc_zone_close(rules->v[i].hours.zone);
    }
    free(rules->v);
    free(rules->url);
    *rules = (struct fc_rules){0};
}

/* ---- hours ------------------------------------------------------------------------------------------------------- */

bool fc_hours_hold(const struct fc_hours *h, int64_t at_us) {
    int64_t began, ended, next;
    if (h->zone == NULL) return true;
    fc_zone_day(h->zone, at_us, h->from_minute, &began, &next);
    fc_zone_day(h->zone, at_us, h->to_minute, &ended, &next);
    bool within = h->from_minute == h->to_minute || began > ended; /* which of the two came last */
    return within && (h->days >> fc_zone_weekday(h->zone, began) & 1) != 0;
}
