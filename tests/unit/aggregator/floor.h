/* floor -- a random floor for the engine's tests: some hundred contacts over two and a half hours, each with a life of its own. */
#ifndef FC_TEST_FLOOR_H
#define FC_TEST_FLOOR_H

#include "engine_internal.h"
#include "kpi.h"
#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define T0 INT64_C(1767258000000000) /* 2026-01-01 09:00 UTC */
#define S FC_SECOND_US
#define USED __attribute__((unused)) /* not every test uses all of this */

static struct fc_rules *rules;
USED static int64_t between(int64_t lo, int64_t hi) { return lo + (int64_t)(rng() % (uint64_t)(hi - lo + 1)); }

/* ---- making events ---------------------------------------------------------------------------------------------- */

static void post(struct fc_engine *e, struct fc_event ev, const char *contact, const char *queue, const char *agent) {
    if (contact != NULL) FC_EVENT_STR(&ev, contact, fc_str(contact));
    if (queue != NULL) FC_EVENT_STR(&ev, queue, fc_str(queue));
    if (agent != NULL) FC_EVENT_STR(&ev, agent, fc_str(agent));
    fc_engine_apply(e, &ev);
}

USED static struct fc_engine *fresh(void) { return fc_engine_create(rules, true); }

USED static struct fc_queue *queue(struct fc_engine *e, const char *name) { return fc_map_find(&e->queues, fc_str(name)); }

/* What a queue (NULL: all) has counted in a window; valid until the next call. */
USED static const struct fc_tally *window_of(struct fc_engine *e, const char *queue_name, enum fc_window window) {
    static struct fc_tally peeked;
    enum fc_scope scope = queue_name == NULL ? FC_SCOPE_GROUP : FC_SCOPE_QUEUE;
    assert_true(fc_engine_peek(e, scope, fc_str(queue_name == NULL ? "all" : queue_name), -1, window, &peeked));
    return &peeked;
}

USED static const struct fc_tally *day_of(struct fc_engine *e, const char *queue_name) { return window_of(e, queue_name, FC_WINDOW_DAY); }

USED static int64_t waiting_of(struct fc_engine *e, const char *queue_name) {
    const struct fc_entity *x = queue_name == NULL ? &e->all.e : &queue(e, queue_name)->e;
    int64_t waiting = 0;
    for (int ch = 0; ch < FC_CELLS; ch++) waiting += x->cells[ch] == NULL ? 0 : x->cells[ch]->waiting;
    return waiting;
}

USED static struct fc_kpi_value kpi_of(struct fc_engine *e, const char *queue_name, enum fc_kpi k) {
    const struct fc_tally *day = day_of(e, queue_name);
    return fc_kpi_compute(k, &(struct fc_kpi_view){.tally = day, .wait_us_max = day->wait_us_max, .complaints_open = -1});
}

/* ---- a random floor ---------------------------------------------------------------------------------------------- */

#define CONTACTS 600
#define QUEUES 4
#define AGENTS 12

struct planned {
    struct fc_event ev;
    char contact[16], queue[8], agent[8];
};

static struct planned plan[CONTACTS * 8];
static int planned;

USED static void add(enum fc_kind kind, int64_t ts, int contact, int queue_no, int agent, enum fc_left reason, enum fc_by by) {
    struct planned *p = &plan[planned++];
    p->ev = fc_event_make(kind, ts);
    (void)snprintf(p->contact, sizeof p->contact, "c%d", contact);
    (void)snprintf(p->queue, sizeof p->queue, "q%d", queue_no);
    (void)snprintf(p->agent, sizeof p->agent, "a%d", agent);
    if (kind == FC_LEFT) fc_event_set_left(&p->ev, reason);
    if (kind == FC_ENDED) FC_EVENT_NUM(&p->ev, by, (uint8_t)by);
}

USED static int by_time(const void *a, const void *b) {
    const struct planned *x = a, *y = b;
    if (x->ev.ts != y->ev.ts) return x->ev.ts < y->ev.ts ? -1 : 1;
    return (x->ev.kind > y->ev.kind) - (x->ev.kind < y->ev.kind);
}

/* Contacts over two and a half hours, each with a life of its own; all times distinct enough to sort well. */
USED static void make_plan(void) {
    planned = 0;
    for (int c = 0; c < CONTACTS; c++) {
        int q = (int)between(0, QUEUES - 1), a = (int)between(0, AGENTS - 1);
        int64_t t = T0 + between(0, 9000000) * 1000, wait = between(1, 60000) * 1000;
        add(FC_OFFERED, t, c, q, a, 0, 0);
        for (int64_t m = between(0, 2); m > 0; m--) add(FC_MISSED, t + between(1, wait / 1000) * 1000 + m, c, q, a, 0, 0); /* no two at one instant */
        if (rng() % 3 == 0) {
            add(FC_LEFT, t + wait, c, q, a, (enum fc_left)between(0, FC_LEFT_COUNT - 1), 0);
            continue;
        }
        add(FC_ANSWERED, t + wait, c, q, a, 0, 0);
        int64_t talk = between(1000, 400000) * 1000;
        if (rng() % 4 == 0) {
            add(FC_HELD, t + wait + talk / 4, c, q, a, 0, 0);
            add(FC_RESUMED, t + wait + talk / 2, c, q, a, 0, 0);
        }
        add(FC_ENDED, t + wait + talk, c, q, a, 0, (enum fc_by)between(0, 3));
        if (rng() % 2 == 0) add(FC_WRAPPED, t + wait + talk + between(1000, 60000) * 1000, c, q, a, 0, 0);
    }
    qsort(plan, (size_t)planned, sizeof *plan, by_time);
}

USED static void play(struct fc_engine *e, int from, int to) {
    for (int i = from; i < to; i++) post(e, plan[i].ev, plan[i].contact, plan[i].queue, plan[i].agent);
}

USED static const struct planned *find(const char *contact, enum fc_kind kind) {
    for (int i = 0; i < planned; i++)
        if (plan[i].ev.kind == kind && strcmp(plan[i].contact, contact) == 0) return &plan[i];
    return NULL;
}

static void start_floor(void) {
    rng_seed(20260302);
    (void)setenv("TZ", "UTC", 1);
    rules = fc_rules_default();
}

#endif
