/* configured -- an engine on the wall clock with rules from the text of a config: told things, asked what it holds and
 * publishes. */
#ifndef FC_TEST_CONFIGURED_H
#define FC_TEST_CONFIGURED_H

#include "engine.h"
#include "interval.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define S INT64_C(1000000)
#define MINUTE (60 * S)
#define HOUR (60 * MINUTE)
#define USED __attribute__((unused)) /* not every test uses all of this */

USED static int64_t utc(int year, int month, int day, int hour, int minute) {
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute};
    return (int64_t)timegm(&tm) * S;
}

USED static struct fc_rules *rules_from(const char *yaml) {
    char path[] = "/tmp/fc_rules_XXXXXX";
    struct fc_rules *rules = NULL;
    struct fc_error err = {0};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, yaml, strlen(yaml)), (ssize_t)strlen(yaml));
    assert_int_equal(close(fd), 0);
    if (fc_rules_read(path, &rules, &err) != FC_OK) fail_msg("%s", err.text);
    (void)unlink(path);
    return rules;
}

/* ---- an engine -------------------------------------------------------------------------------------------------- */

static struct fc_rules *rules, *rules_before; /* an engine's rules outlive it, and the change to others */
static struct fc_engine *engine;
static struct fc_tally tally; /* of the latest question */

USED static void start(const char *yaml, int64_t now_us) {
    rules = rules_from(yaml);
    engine = fc_engine_create(rules, false);
    fc_engine_advance(engine, (struct fc_wall){now_us});
}

USED static void reload(const char *yaml) {
    fc_rules_free(rules_before);
    rules_before = rules;
    rules = rules_from(yaml);
    fc_engine_configure(engine, rules);
}

USED static void end(void) {
    fc_engine_destroy(engine);
    fc_rules_free(rules);
    fc_rules_free(rules_before);
    fc_tally_fini(&tally);
    rules = rules_before = NULL;
}

USED static void at(int64_t now_us) {
    fc_engine_advance(engine, (struct fc_wall){now_us});
}

USED static void tell(struct fc_event ev, const char *contact, const char *queue, const char *agent) {
    if (contact != NULL) FC_EVENT_STR(&ev, contact, fc_str(contact));
    if (queue != NULL) FC_EVENT_STR(&ev, queue, fc_str(queue));
    if (agent != NULL) FC_EVENT_STR(&ev, agent, fc_str(agent));
    fc_engine_apply(engine, &ev);
}

USED static void say(enum fc_kind kind, int64_t at_us, const char *contact, const char *queue, const char *agent) {
    tell(fc_event_make(kind, at_us), contact, queue, agent);
}

USED static void leave(int64_t at_us, const char *contact, const char *queue, enum fc_left reason) {
    struct fc_event ev = fc_event_make(FC_LEFT, at_us);
    fc_event_set_left(&ev, reason);
    tell(ev, contact, queue, NULL);
}

/* Offered, and gone through the menu after a second: one more `offered` and nothing else that matters. */
USED static void visit(int64_t at_us, const char *contact, const char *queue) {
    say(FC_OFFERED, at_us, contact, queue, NULL);
    leave(at_us + S, contact, queue, FC_LEFT_KEY);
}

USED static const struct fc_tally *held(enum fc_scope scope, const char *name, enum fc_window window) {
    if (!fc_engine_peek(engine, scope, fc_str(name), -1, window, &tally)) fail_msg("there is no %s", name);
    return &tally;
}

USED static int64_t count(enum fc_scope scope, const char *name, enum fc_window window, int which) {
    return held(scope, name, window)->v[which];
}
USED static int64_t today(const char *queue, int which) {
    return count(FC_SCOPE_QUEUE, queue, FC_WINDOW_DAY, which);
}
USED static int64_t all_today(int which) {
    return count(FC_SCOPE_GROUP, "all", FC_WINDOW_DAY, which);
}

/* ---- what is published ------------------------------------------------------------------------------------------ */

struct sought {
    const char *topic;
    bool found, gone;
    uint8_t body[65536];
    size_t body_n;
};

static struct sought shown;

static struct fc_state_block *take_topic(void *ctx) {
    (void)ctx;
    struct fc_state_block *b = calloc(1, sizeof *b);
    assert_non_null(b);
    return b;
}

static void give_topic(void *ctx, struct fc_state_block *b) {
    struct sought *s = ctx;
    if (fc_str_is(fc_str_n(b->topic, b->topic_n), s->topic)) {
        assert_true(b->body_n <= sizeof s->body);
        memcpy(s->body, b->body, b->body_n);
        s->body_n = b->body_n;
        s->found = !b->gone;
        s->gone = b->gone;
    }
    free(b->body);
    free(b);
}

/* Whether the topic is among what is due now. */
USED static bool publishes(const char *topic) {
    static int64_t mono_ms = 1;
    shown = (struct sought){.topic = topic};
    struct fc_outlet out = {take_topic, give_topic, &shown};
    mono_ms += 10000;
    (void)fc_engine_publish(engine, &out, (struct fc_mono){mono_ms * 1000000});
    return shown.found;
}

static bool enter_map(struct fc_mp *mp, const char *key) {
    uint32_t pairs;
    struct fc_str k;
    assert_true(fc_mp_map(mp, &pairs));
    for (; pairs > 0; pairs--) {
        assert_true(fc_mp_str(mp, &k));
        if (fc_str_is(k, key)) return true;
        assert_true(fc_mp_skip(mp));
    }
    return false;
}

/* Of the topic published last: the number at key, or at key.part. */
USED static double shown_number(const char *key, const char *part) {
    struct fc_mp mp = fc_mp_open(shown.body, shown.body_n);
    double v = -1;
    assert_true(shown.found);
    if (!enter_map(&mp, key) || (part != NULL && !enter_map(&mp, part))) fail_msg("%s has no %s", shown.topic, key);
    assert_true(fc_mp_f64(&mp, &v));
    return v;
}

/* ---- what is stored --------------------------------------------------------------------------------------------- */

struct stored {
    enum fc_scope scope;
    const char *name;
    int minutes;
    int64_t start_us;
    int64_t count[FC_TALLY_COUNT_ALL];
};

static struct fc_record_block *take_block(void *ctx) {
    static struct fc_record_block block;
    (void)ctx;
    block.used = 0;
    block.last = false;
    return &block;
}

static void add_interval(struct stored *s, const struct fc_record *r) {
    struct fc_interval at_key;
    struct fc_tally more = {0};
    struct fc_mp mp = fc_mp_open(r->value.p, r->value.n);
    if (r->op != FC_RECORD_MERGE || !fc_interval_parse(r->key, &at_key)) return;
    if (at_key.scope != s->scope || at_key.minutes != s->minutes || at_key.start_us != s->start_us ||
        !fc_str_is(at_key.name, s->name))
        return;
    assert_int_equal(fc_tally_decode(&mp, &more, NULL), FC_OK);
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++) s->count[i] += more.v[i];
    fc_tally_fini(&more);
}

static void give_block(void *ctx, struct fc_record_block *b) {
    struct fc_record r;
    for (uint32_t i = 0; fc_record_next(b, &i, &r);) add_interval(ctx, &r);
}

/* A checkpoint: what it adds to one interval. */
USED static void store(struct stored *s) {
    fc_engine_checkpoint(engine, take_block, give_block, s);
}

#endif
