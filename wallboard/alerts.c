#include "alerts.h"

#include "log.h"
#include "own.h"
#include "state.h"
#include "tree.h"

#include <stdio.h>
#include <stdlib.h>

#define FIND_EVERY_MS 5000
#define TELL_EVERY_MS 1000 /* a value that changes; what fires or ends is told at once */
#define GONE_US (60 * FC_MINUTE_US)

void fc_alerts_init(struct fc_alerts *a, struct fc_hub *hub) {
    *a = (struct fc_alerts){.hub = hub, .firing = json_array(), .ended = json_array()};
}

void fc_alerts_fini(struct fc_alerts *a) {
    fc_rules_free(&a->rules);
    free(a->watches);
    json_decref(a->watched);
    json_decref(a->firing);
    json_decref(a->ended);
    *a = (struct fc_alerts){0};
}

/* ---- an alert's fields ------------------------------------------------------------------------------------------- */

static const char *text_of(const json_t *alert, const char *key) {
    const char *text = json_string_value(json_object_get(alert, key));
    return text != NULL ? text : "";
}

static uint64_t number_of(const json_t *alert) {
    int64_t n = 0;
    return fc_str_int(fc_str(text_of(alert, "id")), &n) ? (uint64_t)n : 0;
}

/* True: it was another. */
static bool set(json_t *alert, const char *key, json_t *value) {
    bool same = json_equal(json_object_get(alert, key), value) == 1;
    if (same) json_decref(value);
    else (void)json_object_set_new(alert, key, value);
    return !same;
}

static json_t *describe(const struct fc_rule *r, const char *name, uint64_t number) {
    char id[24];
    json_t *o = json_object();
    (void)snprintf(id, sizeof id, "%llu", (unsigned long long)number);
    (void)json_object_set_new(o, "id", json_string(id));
    (void)json_object_set_new(o, "rule", json_string(r->id));
    (void)json_object_set_new(o, "title", r->title != NULL ? json_incref(r->title) : json_null());
    (void)json_object_set_new(o, "scope", json_string(r->scope));
    (void)json_object_set_new(o, "name", name[0] != '\0' ? json_string(name) : json_null());
    (void)json_object_set_new(o, "channel", json_string(r->channel < 0 ? "all" : fc_word(FC_VOCAB_CHANNEL, (unsigned)r->channel)));
    (void)json_object_set_new(o, "kpi", json_string(r->kpi));
    (void)json_object_set_new(o, "window", json_string(fc_window_name(r->window)));
    (void)json_object_set_new(o, "op", json_string(r->below ? "below" : "above"));
    (void)json_object_set_new(o, "limit", json_real(r->limit));
    (void)json_object_set_new(o, "value", json_null());
    (void)json_object_set_new(o, "level", json_string(r->urgent ? "alert" : "warning"));
    (void)json_object_set_new(o, "state", json_string("firing"));
    (void)json_object_set_new(o, "since_us", json_null());
    (void)json_object_set_new(o, "ended_us", json_null());
    (void)json_object_set_new(o, "acked_by", json_null());
    (void)json_object_set_new(o, "acked_us", json_null());
    (void)json_object_set_new(o, "stale", json_false());
    return o;
}

/* ---- where alerts go --------------------------------------------------------------------------------------------- */

static void order(struct fc_alerts *a, enum fc_shelf_what what, const json_t *alert) {
    struct fc_error err;
    if (a->shelf == NULL) return;
    struct fc_shelf_order *o = fc_shelf_order_new(what, (struct fc_str){0}, number_of(alert));
    if (what == FC_SHELF_PUT_ALERT) fc_tree_json(&o->value, alert);
    if (fc_shelf_send(a->shelf, o, &err) == FC_OK) return;
    a->hub->counters.alerts_unsaved_total++;
    fc_shelf_order_free(o);
}

static void post(struct fc_alerts *a, const char *event, const json_t *alert) {
    struct fc_bytes text = {0};
    if (a->hook == NULL) return;
    fc_bytes_printf(&text, "{\"event\":\"%s\",\"alert\":", event);
    fc_tree_json(&text, alert);
    fc_bytes_char(&text, '}');
    fc_webhook_post(a->hook, text.p, text.n);
    fc_bytes_free(&text);
}

static void tell(struct fc_alerts *a, struct fc_mono now) {
    json_t *list = json_array();
    int64_t at_us;
    for (size_t i = 0; i < json_array_size(a->firing) && i < FC_ALERTS_TOLD_MAX; i++)
        (void)json_array_append(list, json_array_get(a->firing, i));
    if (!fc_hub_at_us(a->hub, &at_us)) at_us = fc_wall_now().us;
    fc_own_put(a->hub, "alerts", ++a->changes, at_us, "alerts", list);
    a->hub->counters.alerts_firing = json_array_size(a->firing);
    a->told = now;
    a->changed = false;
    json_decref(list);
}

static void fire(struct fc_alerts *a, struct fc_watch *w, double value, int64_t now_us) {
    const struct fc_rule *r = &a->rules.v[w->rule];
    if (json_array_size(a->firing) >= FC_ALERTS_FIRING_MAX) {
        a->hub->counters.alerts_refused_total++;
        return;
    }
    json_t *alert = describe(r, w->name, ++a->last);
    (void)set(alert, "value", json_real(value));
    (void)set(alert, "since_us", json_integer(now_us));
    (void)json_array_insert_new(a->firing, 0, alert);
    w->alert = alert;
    a->hub->counters.alerts_fired_total++;
    fc_info("alert %s: rule %s%s%s: %s is %.6g, %s %.6g", text_of(alert, "id"), r->id, w->name[0] != '\0' ? ", " : "", w->name, r->kpi,
            value, r->below ? "below" : "above", r->limit);
    order(a, FC_SHELF_PUT_ALERT, alert);
    post(a, "firing", alert);
    tell(a, fc_mono_now());
}

static void end(struct fc_alerts *a, json_t *alert, int64_t now_us) {
    size_t at = 0, n = json_array_size(a->firing);
    while (at < n && json_array_get(a->firing, at) != alert) at++;
    FC_ASSERT(at < n);
    (void)set(alert, "state", json_string("ended"));
    (void)set(alert, "ended_us", json_integer(now_us));
    (void)set(alert, "stale", json_false());
    (void)json_array_insert(a->ended, 0, alert);
    (void)json_array_remove(a->firing, at);
    order(a, FC_SHELF_PUT_ALERT, alert);
    post(a, "ended", alert);
    if (json_array_size(a->ended) > FC_ALERTS_ENDED_MAX) {
        order(a, FC_SHELF_DROP_ALERT, json_array_get(a->ended, FC_ALERTS_ENDED_MAX));
        (void)json_array_remove(a->ended, FC_ALERTS_ENDED_MAX);
    }
    tell(a, fc_mono_now());
}

/* ---- watches ----------------------------------------------------------------------------------------------------- */

static const char *channel_of(const struct fc_rule *r) { return r->channel < 0 ? "all" : fc_word(FC_VOCAB_CHANNEL, (unsigned)r->channel); }

static bool concerns(const struct fc_rule *r, const char *name, const json_t *alert) {
    return strcmp(text_of(alert, "rule"), r->id) == 0 && strcmp(text_of(alert, "name"), name) == 0 &&
           strcmp(text_of(alert, "channel"), channel_of(r)) == 0 && strcmp(text_of(alert, "scope"), r->scope) == 0;
}

static void name_topics(struct fc_watch *w, const struct fc_rule *r) {
    bool all = strcmp(r->scope, "all") == 0;
    struct fc_str name = all ? FC_STR_LIT("all") : fc_str(w->name);
    enum fc_scope scope = strcmp(r->scope, "queue") == 0 ? FC_SCOPE_QUEUE : strcmp(r->scope, "agent") == 0 ? FC_SCOPE_AGENT : FC_SCOPE_GROUP;
    size_t n;
    if (r->channel >= 0) {
        n = fc_topic_format(w->plain, scope, name, r->window);
        w->plain[n] = '\0';
        n = fc_topic_format_channel(w->topic, scope, name, (enum fc_channel)r->channel, r->window);
    } else {
        n = fc_topic_format(w->topic, scope, name, r->window);
    }
    w->topic[n] = '\0';
}

/* What is known of it from before: the alert that fires, and when the last one ended. */
static void attach(struct fc_alerts *a, struct fc_watch *w) {
    const struct fc_rule *r = &a->rules.v[w->rule];
    for (size_t i = 0; i < json_array_size(a->firing); i++)
        if (concerns(r, w->name, json_array_get(a->firing, i))) w->alert = json_array_get(a->firing, i);
    for (size_t i = json_array_size(a->ended); i-- > 0;)
        if (concerns(r, w->name, json_array_get(a->ended, i)))
            w->quiet_until_us = json_integer_value(json_object_get(json_array_get(a->ended, i), "ended_us")) + r->cooldown_us;
}

static void watch(struct fc_alerts *a, uint32_t rule, const char *name) {
    char key[FC_QUERY_NAME_MAX + 16];
    (void)snprintf(key, sizeof key, "%u/%s", rule, name);
    if (a->watch_count >= FC_ALERTS_WATCHES_MAX || json_object_get(a->watched, key) != NULL) return;
    if (json_object_set_new(a->watched, key, json_true()) != 0) return; /* a name that is no UTF-8 */
    if ((a->watch_count & (a->watch_count - 1)) == 0) {
        a->watches = realloc(a->watches, (a->watch_count == 0 ? 1 : a->watch_count * 2) * sizeof *a->watches);
        FC_ASSERT(a->watches != NULL);
    }
    struct fc_watch *w = &a->watches[a->watch_count++];
    *w = (struct fc_watch){.rule = rule};
    (void)fc_str_copy(w->name, sizeof w->name, fc_str(name));
    name_topics(w, &a->rules.v[rule]);
    attach(a, w);
}

/* "queue/NAME/WINDOW" of an item that says whose it is. */
static bool is_owner(const struct fc_topic *t, const struct fc_rule *r, char name[FC_QUERY_NAME_MAX + 1]) {
    struct fc_str s = fc_topic_str(t), scope = fc_str(r->scope), window = fc_str(fc_window_name(r->window)), text;
    struct fc_mp at;
    uint32_t slashes = 0;
    for (uint32_t i = 0; i < s.n; i++) slashes += s.p[i] == '/';
    if (slashes != 2 || !fc_str_starts(s, r->scope) || s.p[scope.n] != '/' || s.n <= window.n + scope.n + 2) return false;
    if (s.p[s.n - window.n - 1] != '/' || !fc_str_eq(fc_str_n(s.p + s.n - window.n, window.n), window)) return false;
    if (!fc_topic_live(t) || !fc_item_find(t->item.p, t->item.n, "name", &at) || !fc_mp_str(&at, &text) || text.n > FC_QUERY_NAME_MAX) return false;
    (void)fc_str_copy(name, FC_QUERY_NAME_MAX + 1, text);
    return !(strcmp(r->scope, "group") == 0 && strcmp(name, "all") == 0);
}

/* Rules for each queue, group or agent: whoever has come since. */
static void find_owners(struct fc_alerts *a) {
    char name[FC_QUERY_NAME_MAX + 1];
    for (uint32_t i = 0; i < a->rules.count; i++) {
        if (!a->rules.v[i].each) continue;
        for (const struct fc_topic *t = a->hub->cache.all; t != NULL; t = t->next)
            if (is_owner(t, &a->rules.v[i], name)) watch(a, i, name);
    }
}

static int64_t time_of(const struct fc_alerts *a) {
    int64_t at_us;
    return fc_hub_at_us(a->hub, &at_us) ? at_us : fc_wall_now().us;
}

/* The rule that an alert was made by, as rules are now; -1: there is none. */
static int rule_of(const struct fc_alerts *a, const json_t *alert) {
    for (uint32_t i = 0; i < a->rules.count; i++) {
        const struct fc_rule *r = &a->rules.v[i];
        const char *name = text_of(alert, "name");
        if (concerns(r, name, alert) && (r->each || strcmp(r->name, name) == 0)) return (int)i;
    }
    return -1;
}

void fc_alerts_rule(struct fc_alerts *a, struct fc_rules *rules) {
    fc_rules_free(&a->rules);
    a->rules = *rules;
    *rules = (struct fc_rules){0};
    free(a->watches);
    a->watches = NULL;
    json_decref(a->watched);
    a->watched = json_object();
    a->watch_count = a->next = 0;
    for (size_t i = json_array_size(a->firing); i-- > 0;)
        if (rule_of(a, json_array_get(a->firing, i)) < 0) end(a, json_array_get(a->firing, i), time_of(a));
    for (size_t i = 0; i < json_array_size(a->firing); i++)
        watch(a, (uint32_t)rule_of(a, json_array_get(a->firing, i)), text_of(json_array_get(a->firing, i), "name"));
    for (uint32_t i = 0; i < a->rules.count; i++)
        if (!a->rules.v[i].each) watch(a, i, a->rules.v[i].name);
    find_owners(a);
    tell(a, fc_mono_now());
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

/* An owner with one channel has no item of that channel: its item is that of all. */
static const struct fc_topic *item_of(const struct fc_alerts *a, const struct fc_watch *w) {
    const struct fc_topic *t = fc_cache_find(&a->hub->cache, fc_str(w->topic));
    struct fc_mp at;
    struct fc_str only;
    uint32_t n;
    if (t != NULL && fc_topic_live(t)) return t;
    t = w->plain[0] == '\0' ? NULL : fc_cache_find(&a->hub->cache, fc_str(w->plain));
    if (t == NULL || !fc_topic_live(t)) return NULL;
    bool one = fc_item_find(t->item.p, t->item.n, "channels", &at) && fc_mp_array(&at, &n) && n == 1 && fc_mp_str(&at, &only);
    return one && fc_str_is(only, channel_of(&a->rules.v[w->rule])) ? t : NULL;
}

/* The time of what an item says, which stands still while nobody tells it; false: it does. */
static bool time_at(const struct fc_alerts *a, const struct fc_topic *t, struct fc_mono now, int64_t *at_us) {
    bool one = t != NULL && t->cell < a->hub->cell_count;
    if (!one) return fc_hub_up(a->hub, now) && fc_hub_at_us(a->hub, at_us);
    *at_us = a->hub->cells[t->cell].at_us;
    return fc_cell_trouble(&a->hub->cells[t->cell], now) == FC_TROUBLE_NONE;
}

static void judge(struct fc_alerts *a, struct fc_watch *w, double value, int64_t now_us) {
    const struct fc_rule *r = &a->rules.v[w->rule];
    bool beyond = r->below ? value < r->limit : value > r->limit, clear = r->below ? value >= r->clear : value <= r->clear;
    if (w->alert != NULL) {
        if (set(w->alert, "value", json_real(value))) a->changed = true;
        if (beyond || !clear) return;
        end(a, w->alert, now_us);
        w->alert = NULL;
        w->quiet_until_us = now_us + r->cooldown_us;
        w->beyond_since_us = 0;
        return;
    }
    if (!beyond) w->beyond_since_us = 0;
    else if (w->beyond_since_us == 0 || w->beyond_since_us > now_us) w->beyond_since_us = now_us;
    if (beyond && now_us - w->beyond_since_us >= r->for_us && now_us >= w->quiet_until_us) fire(a, w, value, now_us);
}

static void mark(struct fc_alerts *a, struct fc_watch *w, bool stale) {
    if (w->alert != NULL && set(w->alert, "stale", json_boolean(stale))) a->changed = true;
}

static void look(struct fc_alerts *a, struct fc_watch *w, struct fc_mono now) {
    const struct fc_rule *r = &a->rules.v[w->rule];
    const struct fc_topic *t = item_of(a, w);
    struct fc_kpi_reading got;
    int64_t now_us = 0;
    if (!time_at(a, t, now, &now_us)) {
        mark(a, w, true);
        return;
    }
    if (t != NULL || w->heard_us == 0) w->heard_us = now_us;
    bool gone = t == NULL && now_us - w->heard_us > GONE_US, closed = !fc_hours_hold(&r->hours, now_us);
    if (gone || closed) {
        w->beyond_since_us = 0;
        if (w->alert != NULL) end(a, w->alert, now_us);
        w->alert = NULL;
        return;
    }
    bool known = t != NULL && fc_kpi_path_look(r->path, t->item.p, t->item.n, now_us, &got) && !(got.n >= 0 && got.n < r->n_least);
    mark(a, w, !known);
    if (known) judge(a, w, got.value, now_us);
    else w->beyond_since_us = 0;
}

void fc_alerts_work(struct fc_alerts *a, struct fc_mono now) {
    if (a->found.ns == 0 || fc_mono_ms_since(a->found, now) >= FIND_EVERY_MS) {
        find_owners(a);
        a->found = now;
    }
    for (uint32_t i = 0; i < a->watch_count && i < FC_ALERTS_LOOKS_MAX; i++) {
        if (a->next >= a->watch_count) a->next = 0;
        look(a, &a->watches[a->next++], now);
    }
    if (a->changed && fc_mono_ms_since(a->told, now) >= TELL_EVERY_MS) tell(a, now);
}

/* ---- what people do, and what is kept ---------------------------------------------------------------------------- */

static json_t *find(const struct fc_alerts *a, struct fc_str id) {
    for (size_t i = 0; i < json_array_size(a->firing); i++)
        if (fc_str_is(id, text_of(json_array_get(a->firing, i), "id"))) return json_array_get(a->firing, i);
    for (size_t i = 0; i < json_array_size(a->ended); i++)
        if (fc_str_is(id, text_of(json_array_get(a->ended, i), "id"))) return json_array_get(a->ended, i);
    return NULL;
}

const json_t *fc_alerts_ack(struct fc_alerts *a, struct fc_str id, const char *by) {
    json_t *alert = find(a, id);
    if (alert == NULL || json_is_string(json_object_get(alert, "acked_by"))) return alert; /* whoever was first */
    (void)set(alert, "acked_by", json_string(by));
    (void)set(alert, "acked_us", json_integer(fc_wall_now().us));
    order(a, FC_SHELF_PUT_ALERT, alert);
    tell(a, fc_mono_now());
    return alert;
}

/* Records come in the order of their numbers, so the newest last. */
bool fc_alerts_found(struct fc_alerts *a, const struct fc_shelf_record *record) {
    json_t *alert = json_loadb(record->value.p, record->value.n, 0, NULL);
    const char *state = text_of(alert, "state");
    bool firing = strcmp(state, "firing") == 0, known = firing || strcmp(state, "ended") == 0;
    bool good = known && number_of(alert) == record->number && text_of(alert, "rule")[0] != '\0' &&
                json_is_integer(json_object_get(alert, "since_us"));
    if (record->number > a->last) a->last = record->number;
    if (good) (void)json_array_insert(firing ? a->firing : a->ended, 0, alert);
    json_decref(alert);
    while (json_array_size(a->ended) > FC_ALERTS_ENDED_MAX) (void)json_array_remove(a->ended, FC_ALERTS_ENDED_MAX);
    return good;
}
