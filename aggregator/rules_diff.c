#include "rules.h"

#include <stdio.h>
#include <stdlib.h>

#define SHOWN_MAX 4 /* changes of a kind that are told one by one; of the others there is a count */
#define SECOND_US INT64_C(1000000)

/* ---- a line: one kind of change ---------------------------------------------------------------------------------- */

struct line {
    char text[600];
    size_t used;
    uint32_t n;
};

static void add(struct line *l, const char *format, ...) FC_PRINTF(2, 3);
static void add(struct line *l, const char *format, ...) {
    if (l->n++ >= SHOWN_MAX) return;
    size_t left = sizeof l->text - l->used;
    int k = snprintf(l->text + l->used, left, "%s", l->n > 1 ? ", " : "");
    va_list args;
    va_start(args, format);
    k += vsnprintf(l->text + l->used + k, left - (size_t)k, format, args);
    va_end(args);
    l->used += (size_t)k < left ? (size_t)k : left - 1;
}

struct telling {
    const struct fc_rules *before, *after;
    void (*say)(void *ctx, const char *text);
    void *ctx;
};

static void end(const struct telling *t, const struct line *l, const char *what, const char *from_when) {
    char more[40] = "", text[800];
    if (l->n == 0) return;
    if (l->n > SHOWN_MAX) (void)snprintf(more, sizeof more, " and %u more", l->n - SHOWN_MAX);
    (void)snprintf(text, sizeof text, "%s: %s%s: %s", what, l->text, more, from_when);
    t->say(t->ctx, text);
}

/* ---- what a queue, one of its channels or a group is told -------------------------------------------------------- */

typedef void write_fn(const struct fc_queue_rules *q, const struct fc_settings *s, char *to, size_t cap);

static void write_threshold(const struct fc_queue_rules *q, const struct fc_settings *s, char *to, size_t cap) {
    (void)q;
    (void)snprintf(to, cap, "%g", (double)s->threshold_us / 1e6);
}

static void write_short(const struct fc_queue_rules *q, const struct fc_settings *s, char *to, size_t cap) {
    (void)q;
    (void)snprintf(to, cap, "%g", (double)s->short_us / 1e6);
}

static void write_goal(const struct fc_queue_rules *q, const struct fc_settings *s, char *to, size_t cap) {
    (void)q;
    (void)snprintf(to, cap, "%g", s->goal);
}

static void write_word(enum fc_variant_kind kind, unsigned i, char *to, size_t cap) {
    static const char *const words[] = {
#define VARIANT(kind, NAME, word, formula) word,
        FC_VARIANTS(VARIANT)
#undef VARIANT
    };
    static const unsigned first[] = {FC_AT_SERVICE_LEVEL, FC_AT_ABANDON_RATE, FC_AT_FCR};
    (void)snprintf(to, cap, "%s", words[first[kind] + i]);
}

static void write_service_level(const struct fc_queue_rules *q, const struct fc_settings *s, char *to, size_t cap) {
    (void)s;
    write_word(FC_VARIANT_SERVICE_LEVEL, q->variants.service_level, to, cap);
}

static void write_abandon_rate(const struct fc_queue_rules *q, const struct fc_settings *s, char *to, size_t cap) {
    (void)s;
    write_word(FC_VARIANT_ABANDON_RATE, q->variants.abandon_rate, to, cap);
}

static void write_fcr(const struct fc_queue_rules *q, const struct fc_settings *s, char *to, size_t cap) {
    (void)s;
    write_word(FC_VARIANT_FCR, q->variants.fcr, to, cap);
}

static void write_zone(const struct fc_queue_rules *q, const struct fc_settings *s, char *to, size_t cap) {
    (void)s;
    const char *name = fc_zone_name(q->zone);
    (void)snprintf(to, cap, "%s", name != NULL ? name : "the machine's own");
}

static void write_day_start(const struct fc_queue_rules *q, const struct fc_settings *s, char *to, size_t cap) {
    (void)s;
    (void)snprintf(to, cap, "%02d:%02d", q->day_start_minute / 60, q->day_start_minute % 60);
}

#define NEW_CONTACTS "for contacts offered from now on; stored intervals keep what they counted"
#define ALL_STORED "from now on, for all stored intervals too"
#define NEXT_DAY "from the end of the running day"

static const struct kind {
    const char *key;
    write_fn *write;
    bool of_channel, of_group;
    const char *from_when;
} kinds[] = {
    {"threshold_s", write_threshold, true, false, NEW_CONTACTS},
    {"short_abandon_s", write_short, true, false, NEW_CONTACTS},
    {"goal", write_goal, true, true, ALL_STORED},
    {"service_level", write_service_level, false, true, ALL_STORED},
    {"abandon_rate", write_abandon_rate, false, true, ALL_STORED},
    {"fcr_by", write_fcr, false, true, ALL_STORED},
    {"zone", write_zone, false, false, NEXT_DAY},
    {"day_start", write_day_start, false, false, NEXT_DAY},
};

#define VALUE_MAX 110
struct change {
    char before[VALUE_MAX], after[VALUE_MAX];
};

static struct change change(const struct kind *k, const struct fc_queue_rules *a, const struct fc_queue_rules *b,
                            int channel) {
    struct change c;
    k->write(a, channel < 0 ? &a->settings : &a->channels[channel], c.before, sizeof c.before);
    k->write(b, channel < 0 ? &b->settings : &b->channels[channel], c.after, sizeof c.after);
    return c;
}

/* Tells the change of `who` unless it merely went along with what stands above it. */
static void tell(struct line *l, const char *who, const char *channel, const struct change *c,
                 const struct change *above) {
    if (strcmp(c->before, c->after) == 0) return;
    if (above != NULL && strcmp(c->before, above->before) == 0 && strcmp(c->after, above->after) == 0) return;
    add(l, "%s%s%s %s -> %s", who, channel != NULL ? "/" : "", channel != NULL ? channel : "", c->before, c->after);
}

static void compare_queue(struct line *l, const struct kind *k, const char *name, const struct fc_queue_rules *a,
                          const struct fc_queue_rules *b, const struct change *defaults) {
    const struct change own = change(k, a, b, -1);
    tell(l, name, NULL, &own, defaults);
    for (int c = 0; k->of_channel && c < FC_CHANNEL_COUNT; c++) {
        const struct change of_channel = change(k, a, b, c);
        tell(l, name, fc_word(FC_VOCAB_CHANNEL, (unsigned)c), &of_channel, &own);
    }
}

/* ---- pairs ------------------------------------------------------------------------------------------------------- */

static bool same_settings(const struct fc_settings *a, const struct fc_settings *b) {
    return a->threshold_us == b->threshold_us && a->short_us == b->short_us && a->goal >= b->goal && a->goal <= b->goal;
}

/* A quick look, as most of ten thousand queues are the same. */
static bool same_queue(const struct fc_queue_rules *a, const struct fc_queue_rules *b) {
    const char *x = fc_zone_name(a->zone), *y = fc_zone_name(b->zone);
    bool same = same_settings(&a->settings, &b->settings) && a->day_start_minute == b->day_start_minute &&
                a->variants.service_level == b->variants.service_level &&
                a->variants.abandon_rate == b->variants.abandon_rate && a->variants.fcr == b->variants.fcr &&
                (x == NULL || y == NULL ? x == y : strcmp(x, y) == 0);
    for (int c = 0; same && c < FC_CHANNEL_COUNT; c++) same = same_settings(&a->channels[c], &b->channels[c]);
    return same;
}

/* Every queue that is named before or after, once; both are sorted. */
static void compare_queues(const struct telling *t, const struct kind *k, const struct change *defaults,
                           struct line *l) {
    const struct fc_rules *a = t->before, *b = t->after;
    for (uint32_t i = 0, j = 0; i < a->queues_n || j < b->queues_n;) {
        int order = i == a->queues_n ? 1 : j == b->queues_n ? -1 : strcmp(a->queues[i].name, b->queues[j].name);
        const struct fc_queue_rules *x = order <= 0 ? &a->queues[i++] : &a->defaults,
                                    *y = order >= 0 ? &b->queues[j++] : &b->defaults;
        if (!same_queue(x, y)) compare_queue(l, k, order <= 0 ? x->name : y->name, x, y, defaults);
    }
}

static const struct fc_group_rules *group_of(const struct fc_rules *r, const char *name) {
    for (uint32_t i = 0; i < r->groups_n; i++)
        if (strcmp(r->groups[i].name, name) == 0) return &r->groups[i];
    return NULL;
}

static void compare_groups(const struct telling *t, const struct kind *k, const struct change *defaults,
                           struct line *l) {
    for (uint32_t i = 0; i < t->after->groups_n; i++) {
        const struct fc_group_rules *y = &t->after->groups[i], *x = group_of(t->before, y->name);
        if (x == NULL) continue;
        const struct fc_queue_rules a = {.settings.goal = x->goal, .variants = x->variants},
                                    b = {.settings.goal = y->goal, .variants = y->variants};
        const struct change c = change(k, &a, &b, -1);
        char who[200];
        (void)snprintf(who, sizeof who, "group %s", y->name);
        tell(l, who, NULL, &c, defaults);
    }
}

/* ---- which groups there are -------------------------------------------------------------------------------------- */

static bool same_members(const struct fc_group_rules *a, const struct fc_group_rules *b, const struct fc_rules *in_b) {
    if (a->queues_n != b->queues_n) return false;
    for (uint32_t i = 0; i < a->queues_n; i++) {
        const struct fc_member *m;
        uint32_t n = fc_rules_groups(in_b, fc_str(a->queues[i]), &m), k = 0;
        while (k < n && m[k].group != b) k++;
        if (k == n) return false;
    }
    return true;
}

static void compare_grouping(const struct telling *t) {
    const struct fc_rules *a = t->before, *b = t->after;
    struct line l = {.text = ""};
    bool reordered = a->groups_n == b->groups_n;
    for (uint32_t i = 0; i < a->groups_n; i++)
        if (group_of(b, a->groups[i].name) == NULL) add(&l, "%s removed", a->groups[i].name);
    for (uint32_t i = 0; i < b->groups_n; i++) {
        const struct fc_group_rules *y = &b->groups[i], *x = group_of(a, y->name);
        if (x == NULL)
            add(&l, "%s added", y->name);
        else if (!same_members(x, y, b))
            add(&l, "%s has other queues", y->name);
    }
    for (uint32_t i = 0; reordered && i < b->groups_n; i++) reordered = group_of(a, b->groups[i].name) != NULL;
    for (uint32_t i = 0; reordered && i < b->groups_n; i++)
        if (strcmp(a->groups[i].name, b->groups[i].name) != 0) {
            add(&l, "in another order");
            break;
        }
    end(t, &l, "groups", ALL_STORED);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static void compare_number(const struct telling *t, const char *key, int64_t before, int64_t after,
                           const char *from_when) {
    struct line l = {.text = ""};
    if (before != after) add(&l, "%lld -> %lld", (long long)before, (long long)after);
    end(t, &l, key, from_when);
}

void fc_rules_diff(const struct fc_rules *before, const struct fc_rules *after,
                   void (*say)(void *ctx, const char *text), void *ctx) {
    const struct telling t = {before, after, say, ctx};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct line l = {.text = ""};
        const struct change defaults = change(&kinds[i], &before->defaults, &after->defaults, -1);
        tell(&l, "default", NULL, &defaults, NULL);
        compare_queues(&t, &kinds[i], &defaults, &l);
        if (kinds[i].of_group) compare_groups(&t, &kinds[i], &defaults, &l);
        end(&t, &l, kinds[i].key, kinds[i].from_when);
    }
    compare_grouping(&t);
    compare_number(&t, "fcr.window_h", before->fcr_window_us / SECOND_US / 3600,
                   after->fcr_window_us / SECOND_US / 3600, "for chains still held, from now on");
    compare_number(&t, "skew_limit_s", before->skew_limit_us / SECOND_US, after->skew_limit_us / SECOND_US,
                   "from now on");
    compare_number(&t, "late_s", before->late_us / SECOND_US, after->late_us / SECOND_US,
                   "for events that come from now on");
    compare_number(&t, "contacts_max", before->contacts_max, after->contacts_max, "from now on");
    compare_number(&t, "retention.minutes_days", before->minutes_days, after->minutes_days,
                   "from the next time that old intervals are deleted");
    compare_number(&t, "retention.quarters_days", before->quarters_days, after->quarters_days,
                   "from the next time that old intervals are deleted");
    compare_number(&t, "retention.contacts_days", before->contacts_days, after->contacts_days,
                   "from the next time that old contacts are deleted");
}
