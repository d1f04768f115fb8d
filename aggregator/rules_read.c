/* From the file to the rules, with what a schema cannot check. */
#include "rules.h"
#include "rules_file.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND_US INT64_C(1000000)

/* What is being filled, and where in the file: "" or "queues[3]." stands before each key that is told of. */
struct reader {
    const char *path;
    struct fc_error *err;
    struct fc_rules *r;
    char within[80];
};

static void go(struct reader *rd, const char *list, uint32_t i) {
    (void)snprintf(rd->within, sizeof rd->within, "%s[%u].", list, i + 1);
}
static void go_channel(struct reader *rd, uint32_t queue, uint32_t i) {
    (void)snprintf(rd->within, sizeof rd->within, "queues[%u].channels[%u].", queue + 1, i + 1);
}

static enum fc_status bad(const struct reader *rd, const char *key, const char *format, ...) FC_PRINTF(3, 4);
static enum fc_status bad(const struct reader *rd, const char *key, const char *format, ...) {
    char where[200];
    struct fc_error text;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text.text, sizeof text.text, format, args);
    va_end(args);
    (void)snprintf(where, sizeof where, "%s%s", rd->within, key);
    return fc_config_fail_at(rd->err, rd->path, where, "%s", text.text);
}

/* ---- single values ----------------------------------------------------------------------------------------------- */

static enum fc_status take_seconds(const struct reader *rd, const char *key, const double *s, double least_s,
                                   double most_s, const char *allowed, int64_t *us) {
    if (s == NULL) return FC_OK;
    if (!(*s >= least_s && *s <= most_s)) return bad(rd, key, "is %g, expected %s", *s, allowed);
    *us = (int64_t)(*s * 1e6 + 0.5);
    return FC_OK;
}

static enum fc_status take_goal(const struct reader *rd, const double *goal, double *to) {
    if (goal == NULL) return FC_OK;
    if (!(*goal > 0 && *goal <= 1))
        return bad(rd, "goal", "is %g, expected a share above 0 and at most 1 (0.8 is 80 %%)", *goal);
    *to = *goal;
    return FC_OK;
}

static enum fc_status take_settings(const struct reader *rd, const struct file_settings *f, struct fc_settings *s) {
    enum fc_status st = take_seconds(rd, "threshold_s", f->threshold_s, 1e-6, 86400,
                                     "seconds above 0 and at most 86400", &s->threshold_us);
    if (st == FC_OK)
        st = take_seconds(rd, "short_abandon_s", f->short_abandon_s, 0, 3600,
                          "seconds from 0 (no short abandons) to 3600", &s->short_us);
    return st == FC_OK ? take_goal(rd, f->goal, &s->goal) : st;
}

static void take_variants(const struct file_variants *f, struct fc_variants *v) {
    if (f->service_level != NULL) v->service_level = *f->service_level;
    if (f->abandon_rate != NULL) v->abandon_rate = *f->abandon_rate;
    if (f->fcr != NULL) v->fcr = *f->fcr;
}

static enum fc_status take_count(const struct reader *rd, const char *key, const uint32_t *n, uint32_t least,
                                 uint32_t most, const char *what, uint32_t *to) {
    if (n == NULL) return FC_OK;
    if (*n < least || *n > most) return bad(rd, key, "is %u, expected %s from %u to %u", *n, what, least, most);
    *to = *n;
    return FC_OK;
}

/* ---- days -------------------------------------------------------------------------------------------------------- */

static enum fc_status take_zone(const struct reader *rd, const char *name, struct fc_zone **to) {
    struct fc_rules *r = rd->r;
    for (uint32_t i = 0; i < r->zones_n; i++) {
        const char *known = fc_zone_name(r->zones[i]);
        if (known == NULL || strcmp(known, name) != 0) continue;
        *to = r->zones[i];
        return FC_OK;
    }
    struct fc_zone **grown = realloc(r->zones, (r->zones_n + 1u) * sizeof(struct fc_zone *));
    FC_ASSERT(grown != NULL);
    r->zones = grown;
    if (fc_zone_open(name, &r->zones[r->zones_n], NULL) != FC_OK)
        return bad(rd, "zone",
                   "is \"%s\", expected an IANA name such as Europe/Berlin or Asia/Shanghai that this machine knows "
                   "(package tzdata)",
                   name);
    *to = r->zones[r->zones_n++];
    return FC_OK;
}

static bool digits(char tens, char ones, int below, int *to) {
    *to = 10 * (tens - '0') + ones - '0';
    return tens >= '0' && tens <= '9' && ones >= '0' && ones <= '9' && *to < below;
}

static enum fc_status take_day(const struct reader *rd, const struct file_day *f, struct fc_queue_rules *q) {
    int h, m;
    const char *t = f->start;
    enum fc_status st = f->zone == NULL ? FC_OK : take_zone(rd, f->zone, &q->zone);
    if (st != FC_OK || t == NULL) return st;
    if (strlen(t) != 5 || t[2] != ':' || !digits(t[0], t[1], 24, &h) || !digits(t[3], t[4], 60, &m))
        return bad(rd, "day_start", "is \"%s\", expected a time of day from \"00:00\" to \"23:59\", in quotes", t);
    q->day_start_minute = 60 * h + m;
    return FC_OK;
}

/* ---- what must not come twice ------------------------------------------------------------------------------------ */

struct named {
    const char *name;
    uint32_t at;
};

static int by_name(const void *a, const void *b) {
    const struct named *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

/* The first entry of the file that repeats an earlier one: *again and *before, from 0. Sorts. */
static bool repeated(struct named *names, uint32_t n, uint32_t *before, uint32_t *again) {
    *again = UINT32_MAX;
    qsort(names, n, sizeof *names, by_name);
    for (uint32_t i = 1; i < n; i++) {
        if (strcmp(names[i - 1].name, names[i].name) != 0 || names[i].at >= *again) continue;
        *before = names[i - 1].at;
        *again = names[i].at;
    }
    return *again != UINT32_MAX;
}

static struct named *names_for(uint32_t n) {
    struct named *names = calloc(n + 1u, sizeof *names);
    FC_ASSERT(names != NULL);
    return names;
}

/* ---- queues ------------------------------------------------------------------------------------------------------ */

static enum fc_status take_channels(struct reader *rd, uint32_t queue, const struct file_queue *f,
                                    struct fc_queue_rules *q) {
    uint32_t seen[FC_CHANNEL_COUNT] = {0};
    for (uint32_t c = 0; c < FC_CHANNEL_COUNT; c++) q->channels[c] = q->settings;
    for (uint32_t i = 0; i < f->channels_count; i++) {
        const struct file_channel *c = &f->channels[i];
        go_channel(rd, queue, i);
        if (seen[c->channel] > 0)
            return bad(rd, "channel", "is %s, which channels[%u] of this queue is already",
                       fc_word(FC_VOCAB_CHANNEL, c->channel), seen[c->channel]);
        seen[c->channel] = i + 1;
        enum fc_status st = take_settings(rd, &c->s, &q->channels[c->channel]);
        if (st != FC_OK) return st;
    }
    return FC_OK;
}

static enum fc_status take_queue(struct reader *rd, uint32_t i, const struct file_queue *f, struct fc_queue_rules *q) {
    *q = rd->r->defaults;
    q->name = strdup(f->name);
    go(rd, "queues", i);
    enum fc_status st = take_day(rd, &f->day, q);
    if (st == FC_OK) st = take_settings(rd, &f->s, &q->settings);
    take_variants(&f->v, &q->variants);
    return st == FC_OK ? take_channels(rd, i, f, q) : st;
}

static int by_queue_name(const void *a, const void *b) {
    const struct fc_queue_rules *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static enum fc_status take_queues(struct reader *rd, const struct file *f) {
    struct fc_rules *r = rd->r;
    enum fc_status st = FC_OK;
    uint32_t before, again;
    r->queues = calloc(f->queues_count + 1u, sizeof *r->queues);
    FC_ASSERT(r->queues != NULL);
    for (; st == FC_OK && r->queues_n < f->queues_count; r->queues_n++)
        st = take_queue(rd, r->queues_n, &f->queues[r->queues_n], &r->queues[r->queues_n]);
    if (st != FC_OK) return st;
    struct named *names = names_for(r->queues_n);
    for (uint32_t i = 0; i < r->queues_n; i++) names[i] = (struct named){r->queues[i].name, i};
    if (repeated(names, r->queues_n, &before, &again)) {
        go(rd, "queues", again);
        st = bad(rd, "name", "is \"%s\", which queues[%u] is already", r->queues[again].name, before + 1);
    }
    free(names);
    qsort(r->queues, r->queues_n, sizeof *r->queues, by_queue_name);
    return st;
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

static enum fc_status take_group_queues(struct reader *rd, const struct file_group *f, struct fc_group_rules *g) {
    char key[40];
    enum fc_status st = FC_OK;
    uint32_t before, again;
    if (f->queues_count == 0) return bad(rd, "queues", "is empty, expected the name of at least one queue");
    struct named *names = names_for(f->queues_count);
    g->queues = calloc(f->queues_count, sizeof *g->queues);
    FC_ASSERT(g->queues != NULL);
    for (; g->queues_n < f->queues_count; g->queues_n++) {
        g->queues[g->queues_n] = strdup(f->queues[g->queues_n]);
        names[g->queues_n] = (struct named){g->queues[g->queues_n], g->queues_n};
    }
    if (repeated(names, g->queues_n, &before, &again)) {
        (void)snprintf(key, sizeof key, "queues[%u]", again + 1);
        st = bad(rd, key, "is \"%s\", which queues[%u] of this group is already", g->queues[again], before + 1);
    }
    free(names);
    return st;
}

static enum fc_status take_group(struct reader *rd, uint32_t i, const struct file_group *f, struct fc_group_rules *g) {
    const struct fc_queue_rules *defaults = &rd->r->defaults;
    *g = (struct fc_group_rules){
        .name = strdup(f->name), .goal = defaults->settings.goal, .variants = defaults->variants};
    go(rd, "groups", i);
    if (strcmp(g->name, "all") == 0)
        return bad(rd, "name", "is \"all\", expected another name: all queues together are called so");
    if (strchr(g->name, '/') != NULL)
        return bad(rd, "name", "is \"%s\", expected a name without a slash: topics are made of it", g->name);
    enum fc_status st = take_group_queues(rd, f, g);
    take_variants(&f->v, &g->variants);
    return st == FC_OK ? take_goal(rd, f->s.goal, &g->goal) : st;
}

/* By queue; the groups stand in one array, so that their addresses are in the file's order. */
static int by_member(const void *a, const void *b) {
    const struct fc_member *x = a, *y = b;
    int order = strcmp(x->queue, y->queue);
    return order != 0 ? order : (x->group > y->group) - (x->group < y->group);
}

static void list_members(struct fc_rules *r) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->groups_n; i++) n += r->groups[i].queues_n;
    r->members = calloc(n + 1u, sizeof *r->members);
    FC_ASSERT(r->members != NULL);
    for (uint32_t i = 0; i < r->groups_n; i++)
        for (uint32_t k = 0; k < r->groups[i].queues_n; k++)
            r->members[r->members_n++] = (struct fc_member){r->groups[i].queues[k], &r->groups[i]};
    qsort(r->members, n, sizeof *r->members, by_member);
}

static enum fc_status take_groups(struct reader *rd, const struct file *f) {
    struct fc_rules *r = rd->r;
    enum fc_status st = FC_OK;
    uint32_t before, again;
    r->groups = calloc(f->groups_count + 1u, sizeof *r->groups);
    FC_ASSERT(r->groups != NULL);
    for (; st == FC_OK && r->groups_n < f->groups_count; r->groups_n++)
        st = take_group(rd, r->groups_n, &f->groups[r->groups_n], &r->groups[r->groups_n]);
    if (st != FC_OK) return st;
    struct named *names = names_for(r->groups_n);
    for (uint32_t i = 0; i < r->groups_n; i++) names[i] = (struct named){r->groups[i].name, i};
    if (repeated(names, r->groups_n, &before, &again)) {
        go(rd, "groups", again);
        st = bad(rd, "name", "is \"%s\", which groups[%u] is already", r->groups[again].name, before + 1);
    }
    free(names);
    list_members(r);
    return st;
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static enum fc_status take_limits(struct reader *rd, const struct file *f) {
    struct fc_rules *r = rd->r;
    uint32_t skew_s = (uint32_t)(r->skew_limit_us / SECOND_US);
    uint32_t late_s = (uint32_t)(r->late_us / SECOND_US), window_h = (uint32_t)(r->fcr_window_us / SECOND_US / 3600);
    enum fc_status st = take_count(rd, "late_s", f->late_s, 60, 86400, "whole seconds", &late_s);
    if (st == FC_OK) st = take_count(rd, "skew_limit_s", f->skew_limit_s, 1, 3600, "whole seconds", &skew_s);
    if (st == FC_OK)
        st = take_count(rd, "contacts_max", f->contacts_max, 10000, 100000000, "a whole number", &r->contacts_max);
    if (st == FC_OK)
        st = take_count(rd, "retention.minutes_days", f->retention.minutes_days, 1, 3660, "whole days",
                        &r->minutes_days);
    if (st == FC_OK)
        st = take_count(rd, "retention.quarters_days", f->retention.quarters_days, 1, 3660, "whole days",
                        &r->quarters_days);
    if (st == FC_OK)
        st = take_count(rd, "retention.contacts_days", f->retention.contacts_days, 0, 3660, "whole days",
                        &r->contacts_days);
    if (st == FC_OK) st = take_count(rd, "fcr.window_h", f->fcr.window_h, 1, 720, "whole hours", &window_h);
    if (st == FC_OK && r->quarters_days < r->minutes_days)
        st = bad(
            rd, f->retention.quarters_days != NULL ? "retention.quarters_days" : "retention.minutes_days",
            "keeps quarters of an hour for %u days and minutes for %u, expected quarters to be kept at least as long",
            r->quarters_days, r->minutes_days);
    r->skew_limit_us = skew_s * SECOND_US;
    r->late_us = late_s * SECOND_US;
    r->fcr_window_us = window_h * 3600 * SECOND_US;
    return st;
}

static enum fc_status take_defaults(struct reader *rd, const struct file *f) {
    struct fc_queue_rules *d = &rd->r->defaults;
    enum fc_status st = take_day(rd, &f->day, d);
    if (st == FC_OK) st = take_settings(rd, &f->s, &d->settings);
    for (uint32_t c = 0; c < FC_CHANNEL_COUNT; c++) d->channels[c] = d->settings;
    take_variants(&f->v, &d->variants);
    if (f->fcr.by != NULL) d->variants.fcr = *f->fcr.by;
    return st;
}

enum fc_status fc_rules_read(const char *path, struct fc_rules **out, struct fc_error *err) {
    void *data = NULL;
    enum fc_status st = fc_config_load(path, &fc_rules_schema, &data, err);
    if (st != FC_OK) return st;
    struct reader rd = {.path = path, .err = err, .r = fc_rules_default()};
    st = take_defaults(&rd, data);
    if (st == FC_OK) st = take_limits(&rd, data);
    if (st == FC_OK) st = take_queues(&rd, data);
    if (st == FC_OK) st = take_groups(&rd, data);
    fc_config_free(&fc_rules_schema, data);
    if (st == FC_OK)
        *out = rd.r;
    else
        fc_rules_free(rd.r);
    return st;
}
