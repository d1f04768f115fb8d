/* desk -- tells complaint cases of things in their tests and takes down what they say: a ledger of facts, the open
 * complaints by place, a store. */
#ifndef FC_TEST_DESK_H
#define FC_TEST_DESK_H

#include "cases.h"
#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define T0 INT64_C(1767258000000000)
#define S INT64_C(1000000)
#define DAY (24 * 3600 * S)
#define OPENED FC_STAGE_OPENED
#define ACKNOWLEDGED FC_STAGE_ACKNOWLEDGED
#define RESOLVED FC_STAGE_RESOLVED
#define REOPENED FC_STAGE_REOPENED

#define USED __attribute__((unused)) /* not every test uses all of this */

/* ---- what the cases are told and tell ---------------------------------------------------------------------------- */

struct fc_queue {
    struct fc_str name;
};
struct fc_agent {
    struct fc_str name;
};

#define NAMES 4
static const char *const queue_names[NAMES] = {"billing", "bill", "sales", "support"};
static const char *const agent_names[NAMES] = {"7", "12", "ann", "bo"};
static struct fc_queue queues[NAMES];
static struct fc_agent agents[NAMES];

static int index_of(const char *const names[NAMES], struct fc_str name) {
    for (int i = 0; i < NAMES; i++)
        if (fc_str_is(name, names[i])) return i;
    fail_msg("asked for %.*s, which nobody told", FC_STR_ARG(name));
    return -1;
}

static struct fc_queue *find_queue(void *ctx, struct fc_str name) {
    (void)ctx;
    return &queues[index_of(queue_names, name)];
}

static struct fc_agent *find_agent(void *ctx, struct fc_str name, int64_t ts_us) {
    (void)ctx;
    assert_true(ts_us > 0);
    return &agents[index_of(agent_names, name)];
}

static const struct fc_resolver resolver = {find_queue, find_agent, NULL};

struct entry {
    struct fc_queue *queue;
    struct fc_agent *agent;
    int64_t ts_us;
    int count, sum;
    int64_t n, value;
};

#define LEDGER_MAX 20000
static struct entry ledger[LEDGER_MAX];
static int ledger_n, calls;
static int64_t open_at[NAMES + 1][NAMES + 1]; /* the last index: none */

static void enter(const struct fc_place *p, int64_t ts_us, int count, int sum, int64_t value, int sign) {
    struct entry *e = ledger;
    while (e < ledger + ledger_n &&
           !(e->queue == p->queue && e->agent == p->agent && e->ts_us == ts_us && e->count == count && e->sum == sum))
        e++;
    if (e == ledger + ledger_n) {
        assert_true(ledger_n++ < LEDGER_MAX);
        *e = (struct entry){.queue = p->queue, .agent = p->agent, .ts_us = ts_us, .count = count, .sum = sum};
    }
    e->n += sign;
    e->value += sign * value;
}

static void take_fact(void *ctx, const struct fc_place *place, const struct fc_fact *f) {
    (void)ctx;
    assert_int_equal(place->channel, FC_CHANNEL_PLAIN);
    assert_true(f->sign == 1 || f->sign == -1);
    enter(place, f->ts_us, f->count, f->sum, f->value, f->sign);
    calls++;
}

static int64_t *open_of(const struct fc_place *p) {
    return &open_at[p->queue == NULL ? NAMES : p->queue - queues][p->agent == NULL ? NAMES : p->agent - agents];
}

static void take_open(void *ctx, const struct fc_place *place, int by) {
    (void)ctx;
    assert_int_equal(place->channel, FC_CHANNEL_PLAIN);
    *open_of(place) += by;
    calls++;
}

static struct fc_cases *fresh(uint32_t max) {
    memset(open_at, 0, sizeof open_at);
    return fc_cases_create((struct fc_fact_sink){take_fact, NULL}, (struct fc_open_sink){take_open, NULL}, max);
}

static struct fc_cases *begin(uint32_t max) {
    ledger_n = calls = 0;
    return fresh(max);
}

/* What is entered in all at a place, at a time; -1 stands for any. */
USED static int64_t entered(const struct fc_queue *queue, const struct fc_agent *agent, int64_t ts_us, int count) {
    int64_t n = 0;
    for (const struct entry *e = ledger; e < ledger + ledger_n; e++)
        if (e->queue == queue && e->agent == agent && (ts_us < 0 || e->ts_us == ts_us) && e->count == count) n += e->n;
    return n;
}

USED static int64_t summed(int sum) {
    int64_t value = 0;
    for (const struct entry *e = ledger; e < ledger + ledger_n; e++)
        if (e->sum == sum) value += e->value;
    return value;
}

USED static int64_t open_in_all(void) {
    int64_t n = 0;
    for (int q = 0; q <= NAMES; q++)
        for (int a = 0; a <= NAMES; a++) n += open_at[q][a];
    return n;
}

/* ---- the store --------------------------------------------------------------------------------------------------- */

#define STORE_MAX 600
static struct stored {
    char key[FC_ID_MAX + 1];
    uint8_t bytes[FC_CASE_BYTES_MAX];
    size_t n;
} store[STORE_MAX];
static int store_n;

USED static struct stored *stored(struct fc_str key) {
    for (int i = 0; i < store_n; i++)
        if (fc_str_is(key, store[i].key)) return &store[i];
    return NULL;
}

static void put(void *ctx, struct fc_str key, struct fc_str bytes) {
    (void)ctx;
    struct stored *s = stored(key);
    if (s == NULL) {
        assert_true(store_n < STORE_MAX);
        s = &store[store_n++];
    }
    (void)fc_str_copy(s->key, sizeof s->key, key);
    assert_true(bytes.n <= sizeof s->bytes);
    memcpy(s->bytes, bytes.p, bytes.n);
    s->n = bytes.n;
}

static void gone(void *ctx, struct fc_str key) {
    (void)ctx;
    struct stored *s = stored(key);
    assert_non_null(s);
    *s = store[--store_n];
}

static void save(struct fc_cases *c) {
    fc_cases_save(c, put, gone, NULL);
    assert_false(fc_cases_dirty(c));
}

USED static struct fc_cases *restart(struct fc_cases *c, uint32_t max) {
    save(c);
    fc_cases_destroy(c);
    c = fresh(max);
    int before = ledger_n;
    for (int i = 0; i < store_n; i++)
        assert_int_equal(
            fc_cases_load(c, fc_str(store[i].key), fc_str_n((char *)store[i].bytes, store[i].n), &resolver, NULL),
            FC_OK);
    assert_int_equal(ledger_n, before);
    assert_false(fc_cases_dirty(c));
    return c;
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

struct said {
    const char *id, *queue, *agent; /* NULL: not told */
    int64_t ts_us;
    int stage;          /* -1: a disposition */
    int cause, outcome; /* -1: not told */
};

static void say(struct fc_cases *c, struct said s) {
    struct fc_event ev = fc_event_make(s.stage < 0 ? FC_RESOLVED : FC_COMPLAINT, s.ts_us);
    FC_EVENT_STR(&ev, case_id, fc_str(s.id));
    if (s.queue != NULL) FC_EVENT_STR(&ev, queue, fc_str(s.queue));
    if (s.agent != NULL) FC_EVENT_STR(&ev, agent, fc_str(s.agent));
    if (s.cause >= 0) FC_EVENT_NUM(&ev, cause, (uint8_t)s.cause);
    if (s.stage >= 0) {
        FC_EVENT_NUM(&ev, stage, (uint8_t)s.stage);
        fc_cases_complaint(c, &ev, &resolver);
    } else {
        FC_EVENT_NUM(&ev, outcome, (uint8_t)s.outcome);
        fc_cases_resolved(c, &ev, &resolver);
    }
}

USED static void step(struct fc_cases *c, const char *id, int stage, int64_t after_us, const char *queue) {
    say(c, (struct said){.id = id, .queue = queue, .ts_us = T0 + after_us, .stage = stage, .cause = -1, .outcome = -1});
}

USED static void disposed(struct fc_cases *c, const char *id, int outcome, int cause, int64_t after_us) {
    say(c, (struct said){.id = id, .ts_us = T0 + after_us, .stage = -1, .cause = cause, .outcome = outcome});
}

static void desk_init(uint64_t seed) {
    rng_seed(seed);
    for (int i = 0; i < NAMES; i++) {
        queues[i].name = fc_str(queue_names[i]);
        agents[i].name = fc_str(agent_names[i]);
    }
}

#endif
