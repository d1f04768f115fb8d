/* oracle_play -- a random floor played through an engine: arrival by arrival, with either clock, with a store to begin anew from. */
#ifndef FC_TEST_ORACLE_PLAY_H
#define FC_TEST_ORACLE_PLAY_H

#include "engine.h"
#include "oracle/floor.h"
#include "zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define USED __attribute__((unused)) /* not every test uses all of this */

/* ---- what the engine had stored --------------------------------------------------------------------------------- */

struct kept {
    struct kept *next;
    char *key;
    uint32_t key_n, value_n;
    char *value;           /* of state */
    struct fc_tally tally; /* of an interval: the sum of what was merged */
};

#define KEPT_SLOTS 4096

struct shelf { /* keys to values */
    struct kept *at[KEPT_SLOTS];
    int n;
};

struct play {
    struct fc_floor floor;
    int number; /* of the floor, counted from the seed */
    bool event_clock;
    int day_start_minute;
    bool zoned; /* queues have days of their own, see day_of */
    bool scopes_moved; /* a reload put queues into other groups: whose chains are whose depends on when their contacts came */
    bool regrouped_late; /* likewise, when some of the day's time was no longer known by agent */
    struct fc_rules *rules;
    struct fc_engine *engine;
    size_t fed;
    int64_t now_us;
    struct fc_mono published; /* rises with each look, so that nothing waits for its turn */
    uint64_t chance;
    struct shelf state, intervals, marks, contacts;
};

static struct kept **slot_of(struct shelf *s, struct fc_str key) {
    uint32_t hash = 2166136261u;
    for (uint32_t i = 0; i < key.n; i++) hash = (hash ^ (uint8_t)key.p[i]) * 16777619u;
    struct kept **slot = &s->at[hash % KEPT_SLOTS];
    while (*slot != NULL && !fc_str_eq(fc_str_n((*slot)->key, (*slot)->key_n), key)) slot = &(*slot)->next;
    return slot;
}

static char *copied(struct fc_str s) {
    char *c = malloc(s.n + 1u);
    assert_non_null(c);
    if (s.n > 0) memcpy(c, s.p, s.n);
    return c;
}

static struct kept *kept_at(struct shelf *s, struct fc_str key) {
    struct kept **slot = slot_of(s, key);
    if (*slot != NULL) return *slot;
    *slot = calloc(1, sizeof **slot);
    assert_non_null(*slot);
    (*slot)->key = copied(key);
    (*slot)->key_n = key.n;
    s->n++;
    return *slot;
}

static void drop(struct shelf *s, struct kept **slot) {
    struct kept *k = *slot;
    *slot = k->next;
    fc_tally_fini(&k->tally);
    free(k->key);
    free(k->value);
    free(k);
    s->n--;
}

static void clear_shelf(struct shelf *s) {
    for (int i = 0; i < KEPT_SLOTS; i++)
        while (s->at[i] != NULL) drop(s, &s->at[i]);
}

static void keep(struct play *p, const struct fc_record *r) {
    struct kept *k;
    struct fc_tally more = {0};
    struct fc_mp mp = fc_mp_open(r->value.p, r->value.n);
    switch (r->op) {
    case FC_RECORD_PUT:
        k = kept_at(&p->state, r->key);
        free(k->value);
        k->value = copied(r->value);
        k->value_n = r->value.n;
        break;
    case FC_RECORD_MERGE:
        assert_int_equal(fc_tally_decode(&mp, &more, NULL), FC_OK);
        fc_tally_merge(&kept_at(&p->intervals, r->key)->tally, &more);
        fc_tally_fini(&more);
        break;
    case FC_RECORD_FILE:
        k = kept_at(&p->contacts, r->key);
        free(k->value);
        k->value = copied(r->value);
        k->value_n = r->value.n;
        break;
    case FC_RECORD_UNFILE:
        if (*slot_of(&p->contacts, r->key) != NULL) drop(&p->contacts, slot_of(&p->contacts, r->key));
        break;
    case FC_RECORD_DELETE:
        if (*slot_of(&p->state, r->key) != NULL) drop(&p->state, slot_of(&p->state, r->key));
        break;
    case FC_RECORD_MARK:
        k = kept_at(&p->marks, r->key);
        free(k->value);
        k->value = copied(r->value);
        k->value_n = r->value.n;
        break;
    }
}

static struct fc_record_block *take_record(void *ctx) {
    (void)ctx;
    struct fc_record_block *b = malloc(sizeof *b);
    assert_non_null(b);
    b->used = 0;
    b->last = false;
    return b;
}

static void give_record(void *ctx, struct fc_record_block *b) {
    struct fc_record r;
    for (uint32_t at = 0; fc_record_next(b, &at, &r);) keep(ctx, &r);
    free(b);
}

static struct fc_record_block *take_same(void *ctx) {
    static struct fc_record_block block;
    (void)ctx;
    block.used = 0;
    block.last = false;
    return &block;
}

static void lose_record(void *ctx, struct fc_record_block *b) {
    (void)ctx;
    (void)b;
}

/* A checkpoint that nobody will ever read: an engine expects to have one now and then. */
USED static void checkpoint_for_nothing(struct play *p) { fc_engine_checkpoint(p->engine, take_same, lose_record, NULL); }

USED static void checkpoint(struct play *p) {
    fc_engine_checkpoint(p->engine, take_record, give_record, p);
    /* What came from beyond what may be late leaves agents' time to the next. */
    if (fc_engine_dirty(p->engine)) fc_engine_checkpoint(p->engine, take_record, give_record, p);
    assert_false(fc_engine_dirty(p->engine));
}

static int by_key(const void *a, const void *b) {
    const struct kept *x = *(struct kept *const *)a, *y = *(struct kept *const *)b;
    int c = memcmp(x->key, y->key, x->key_n < y->key_n ? x->key_n : y->key_n);
    return c != 0 ? c : (x->key_n > y->key_n) - (x->key_n < y->key_n);
}

/* Another engine from what is stored, as after a restart; its clock stands where it was. */
USED static void restore_play(struct play *p) {
    struct kept **all = calloc((size_t)p->state.n + 1, sizeof *all);
    int n = 0;
    struct fc_error err = {0};
    assert_non_null(all);
    for (int i = 0; i < KEPT_SLOTS; i++)
        for (struct kept *k = p->state.at[i]; k != NULL; k = k->next) all[n++] = k;
    qsort(all, (size_t)n, sizeof(struct kept *), by_key);
    fc_engine_destroy(p->engine);
    p->engine = fc_engine_create(p->rules, p->event_clock);
    for (int i = 0; i < n; i++)
        if (fc_engine_restore(p->engine, fc_str_n(all[i]->key, all[i]->key_n), fc_str_n(all[i]->value, all[i]->value_n), &err) != FC_OK) fail_msg("%s", err.text);
    fc_engine_restored(p->engine);
    free(all);
}

USED static void begin_anew(struct play *p) {
    restore_play(p);
    if (!p->event_clock) fc_engine_advance(p->engine, (struct fc_wall){p->now_us});
}

/* ---- the config ------------------------------------------------------------------------------------------------- */

static void write_limits(FILE *out, const char *indent, const struct fc_oracle_limits *l) {
    (void)fprintf(out, "%sthreshold_s: %lld\n%sshort_abandon_s: %lld\n", indent, (long long)(l->threshold_us / SECOND), indent, (long long)(l->short_us / SECOND));
}

struct day {
    const char *zone;
    int start_minute;
};

/* Of queue number q of the floor; of groups, agents and `all` (-1). Three zones change their clocks, one of them at midnight. */
static struct day day_of(const struct play *p, int q) {
    static const char *const zones[] = {"Europe/Berlin", "America/Santiago", "Asia/Shanghai", "America/New_York", "UTC"};
    if (!p->zoned) return (struct day){"UTC", p->day_start_minute};
    return (struct day){zones[(p->day_start_minute + q + 1) % 5], (p->day_start_minute + 97 * (q + 1)) % (24 * 60)};
}

static void write_day(FILE *out, const char *indent, struct day day) {
    (void)fprintf(out, "%szone: %s\n%sday_start: \"%02d:%02d\"\n", indent, day.zone, indent, day.start_minute / 60, day.start_minute % 60);
}

static void write_config(FILE *out, const struct play *p) {
    const struct fc_oracle_rules *r = &p->floor.rules;
    write_day(out, "", day_of(p, -1));
    (void)fprintf(out, "fcr:\n  window_h: %lld\n", (long long)(r->chain_window_us / (60 * MINUTE)));
    write_limits(out, "", &r->defaults);
    (void)fprintf(out, "queues:\n");
    for (size_t q = 0; q < r->queues_n; q++) {
        (void)fprintf(out, "  - name: %s\n", r->queues[q].name);
        if (p->zoned) write_day(out, "    ", day_of(p, (int)q));
        write_limits(out, "    ", &r->queues[q].of[FC_CHANNEL_VOICE]);
        (void)fprintf(out, "    channels:\n");
        for (unsigned c = 0; c < FC_CHANNEL_COUNT; c++) {
            (void)fprintf(out, "      - channel: %s\n", fc_word(FC_VOCAB_CHANNEL, c));
            write_limits(out, "        ", &r->queues[q].of[c]);
        }
    }
    if (r->groups_n > 0) (void)fprintf(out, "groups:\n");
    for (size_t g = 0; g < r->groups_n; g++) {
        (void)fprintf(out, "  - name: %s\n    queues: [", r->groups[g].name);
        for (size_t q = 0; q < r->groups[g].queues_n; q++) (void)fprintf(out, "%s%s", q == 0 ? "" : ", ", r->groups[g].queues[q]);
        (void)fprintf(out, "]\n");
    }
}

/* Through the config file's own reader: the floor's rules mean what a config says. */
static struct fc_rules *rules_of(const struct play *p) {
    char path[] = "/tmp/fc_oracle_XXXXXX";
    struct fc_rules *rules = NULL;
    struct fc_error err = {0};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "w");
    assert_non_null(out);
    write_config(out, p);
    assert_int_equal(fclose(out), 0);
    if (fc_rules_read(path, &rules, &err) != FC_OK) fail_msg("%s", err.text);
    (void)unlink(path);
    return rules;
}

/* ---- playing ---------------------------------------------------------------------------------------------------- */

USED static int64_t draw(struct play *p, int64_t lo, int64_t hi) { return fc_floor_between(&p->chance, lo, hi); }

/* A floor that nobody plays yet: what is set in `p` now holds. */
USED static void make_play(struct play *p, uint64_t seed, int number, const struct fc_floor_spec *spec) {
    *p = (struct play){.number = number, .chance = seed};
    p->event_clock = draw(p, 0, 1) == 0;
    p->day_start_minute = (int)draw(p, 0, 24 * 60 - 1);
    fc_floor_make(&p->floor, fc_floor_draw(&p->chance), spec);
}

USED static void open_play(struct play *p) {
    p->rules = rules_of(p);
    p->engine = fc_engine_create(p->rules, p->event_clock);
    p->now_us = p->event_clock ? 0 : p->floor.start_us;
    if (!p->event_clock) fc_engine_advance(p->engine, (struct fc_wall){p->now_us});
}

USED static void start_play(struct play *p, uint64_t seed, int number, const struct fc_floor_spec *spec) {
    make_play(p, seed, number, spec);
    open_play(p);
}

USED static void end_play(struct play *p) {
    fc_engine_destroy(p->engine);
    fc_rules_free(p->rules);
    fc_floor_fini(&p->floor);
    clear_shelf(&p->state);
    clear_shelf(&p->intervals);
    clear_shelf(&p->marks);
    clear_shelf(&p->contacts);
}

static void move_now(struct play *p, int64_t now_us) {
    if (now_us > p->now_us) p->now_us = now_us;
    if (!p->event_clock) fc_engine_advance(p->engine, (struct fc_wall){p->now_us});
}

/* The arrivals before number `to`. With the event clock now is the newest event's time, else that of the arrival. */
USED static void play_to(struct play *p, size_t to) {
    for (; p->fed < to; p->fed++) {
        const struct fc_event *ev = &p->floor.events[p->fed];
        move_now(p, p->event_clock ? ev->ts : p->floor.arrives_us[p->fed]);
        fc_engine_apply(p->engine, ev);
    }
    if (p->fed > 0) assert_int_equal(fc_engine_now_us(p->engine), p->now_us);
}

/* Time passes without anything happening; the event clock then stands still. */
USED static void let_pass(struct play *p, int64_t us) {
    if (!p->event_clock) move_now(p, p->now_us + us);
}

/* Since when the running day of a queue (NULL: of groups, agents and `all`) goes on. What a zone's day is, zone.c's test says. */
USED static int64_t day_start(const struct play *p, const char *queue) {
    if (p->zoned) {
        const struct fc_queue_rules *r = queue == NULL ? &p->rules->defaults : fc_rules_queue(p->rules, fc_str(queue));
        int64_t start_us, end_us;
        fc_zone_day(r->zone, p->now_us, r->day_start_minute, &start_us, &end_us);
        return start_us;
    }
    int64_t day_us = 24 * 60 * MINUTE, offset_us = p->day_start_minute * MINUTE;
    return p->now_us - (p->now_us - offset_us) % day_us;
}

#endif
