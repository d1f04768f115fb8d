/* The engine against a slow, obvious recount of the same events; over restarts; and rule by rule. */
#include "engine_internal.h"
#include "kpi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define T0 INT64_C(1767258000000000) /* 2026-01-01 09:00 UTC */
#define S FC_SECOND_US

static struct fc_rules *rules;
static uint64_t seed, rng_state;

static uint64_t rng(void) {
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state;
}

static int64_t between(int64_t lo, int64_t hi) { return lo + (int64_t)(rng() % (uint64_t)(hi - lo + 1)); }

/* ---- making events ---------------------------------------------------------------------------------------------- */

static void post(struct fc_engine *e, struct fc_event ev, const char *contact, const char *queue, const char *agent) {
    if (contact != NULL) FC_EVENT_STR(&ev, contact, fc_str(contact));
    if (queue != NULL) FC_EVENT_STR(&ev, queue, fc_str(queue));
    if (agent != NULL) FC_EVENT_STR(&ev, agent, fc_str(agent));
    fc_engine_apply(e, &ev);
}

static void say(struct fc_engine *e, enum fc_kind kind, int64_t at_s, const char *contact, const char *queue, const char *agent) {
    post(e, fc_event_make(kind, T0 + at_s * S), contact, queue, agent);
}

static void leave(struct fc_engine *e, int64_t at_s, const char *contact, const char *queue, enum fc_left reason) {
    struct fc_event ev = fc_event_make(FC_LEFT, T0 + at_s * S);
    fc_event_set_left(&ev, reason);
    post(e, ev, contact, queue, NULL);
}

static void end(struct fc_engine *e, int64_t at_s, const char *contact, enum fc_by by) {
    struct fc_event ev = fc_event_make(FC_ENDED, T0 + at_s * S);
    FC_EVENT_NUM(&ev, by, (uint8_t)by);
    post(e, ev, contact, NULL, NULL);
}

static void agent_is(struct fc_engine *e, int64_t at_s, const char *agent, enum fc_agent_state s) {
    struct fc_event ev = fc_event_make(FC_AGENT, T0 + at_s * S);
    fc_event_set_agent(&ev, s);
    post(e, ev, NULL, NULL, agent);
}


static struct fc_engine *fresh(void) {
    struct fc_engine *e = fc_engine_create(rules, true);
    return e;
}

static struct fc_queue *queue(struct fc_engine *e, const char *name) { return fc_map_find(&e->queues, fc_str(name)); }

static struct fc_kpi_value kpi(const struct fc_entity *x, enum fc_kpi k) { return fc_kpi_compute(k, &x->series.day, x->series.day.wait_us_max); }

static void expect_ratio(struct fc_kpi_value v, int64_t n, double value) {
    assert_int_equal(v.n, n);
    if (n == 0) assert_false(v.known);
    else assert_true(v.known && v.value > value - 1e-9 && v.value < value + 1e-9 && v.lo <= v.value && v.value <= v.hi);
}

/* ---- rules ------------------------------------------------------------------------------------------------------ */

static void nothing_is_null_not_zero(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    say(e, FC_OFFERED, 0, "a", "sales", NULL);
    struct fc_entity *q = &queue(e, "sales")->e;
    expect_ratio(kpi(q, FC_KPI_service_level), 0, 0);
    assert_false(kpi(q, FC_KPI_asa_ms).known);
    assert_false(kpi(q, FC_KPI_aht_ms).known);
    assert_int_equal(kpi(q, FC_KPI_offered).i, 1);
    fc_engine_destroy(e);
}

static void a_breach_counts_when_the_threshold_elapses(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    say(e, FC_OFFERED, 0, "a", "sales", NULL);
    struct fc_entity *q = &queue(e, "sales")->e;
    agent_is(e, 20, "x", FC_AGENT_AVAILABLE); /* moves the event clock: exactly T is still in time */
    expect_ratio(kpi(q, FC_KPI_service_level), 0, 0);
    agent_is(e, 21, "x", FC_AGENT_AVAILABLE);
    expect_ratio(kpi(q, FC_KPI_service_level), 1, 0.0);
    say(e, FC_ANSWERED, 30, "a", "sales", "x");
    expect_ratio(kpi(q, FC_KPI_service_level), 1, 0.0); /* once */
    fc_engine_destroy(e);
}

static void what_leaves_alive_is_no_breach(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    say(e, FC_OFFERED, 0, "a", "sales", NULL);
    agent_is(e, 40, "x", FC_AGENT_AVAILABLE);
    struct fc_entity *q = &queue(e, "sales")->e;
    expect_ratio(kpi(q, FC_KPI_service_level), 1, 0.0);
    leave(e, 50, "a", "sales", FC_LEFT_TIMEOUT);
    expect_ratio(kpi(q, FC_KPI_service_level), 0, 0);
    assert_int_equal(kpi(q, FC_KPI_flow_out).i, 1);
    fc_engine_destroy(e);
}

static void an_answer_heard_late_is_still_in_time(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    say(e, FC_OFFERED, 0, "a", "sales", NULL);
    agent_is(e, 25, "x", FC_AGENT_AVAILABLE); /* the breach was counted.. */
    say(e, FC_ANSWERED, 12, "a", "sales", "x"); /* ..and is taken back */
    expect_ratio(kpi(&queue(e, "sales")->e, FC_KPI_service_level), 1, 1.0);
    assert_int_equal(kpi(&queue(e, "sales")->e, FC_KPI_asa_ms).i, 12000);
    fc_engine_destroy(e);
}

static void short_abandons_stand_beside(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    static const char *const ids[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; i++) say(e, FC_OFFERED, 0, ids[i], "sales", NULL);
    leave(e, 5, "a", "sales", FC_LEFT_ABANDONED);  /* short */
    leave(e, 6, "b", "sales", FC_LEFT_ABANDONED);
    leave(e, 7, "c", "sales", FC_LEFT_KEY);
    say(e, FC_ANSWERED, 8, "d", "sales", "x");
    struct fc_entity *q = &queue(e, "sales")->e;
    assert_int_equal(kpi(q, FC_KPI_abandoned).i, 2);
    assert_int_equal(kpi(q, FC_KPI_short_abandoned).i, 1);
    expect_ratio(kpi(q, FC_KPI_abandon_rate), 2, 0.5);  /* (2-1) / (4-1-1) */
    expect_ratio(kpi(q, FC_KPI_service_level), 2, 0.5); /* d met, b not */
    fc_engine_destroy(e);
}

static void handling_moves_to_the_end_of_wrap(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    say(e, FC_OFFERED, 0, "a", "sales", NULL);
    say(e, FC_ANSWERED, 4, "a", "sales", "x");
    say(e, FC_HELD, 10, "a", NULL, NULL);
    say(e, FC_RESUMED, 13, "a", NULL, NULL);
    end(e, 24, "a", FC_BY_CUSTOMER);
    struct fc_entity *q = &queue(e, "sales")->e;
    assert_int_equal(kpi(q, FC_KPI_talk_ms).i, 17000);
    assert_int_equal(kpi(q, FC_KPI_hold_ms).i, 3000);
    assert_false(kpi(q, FC_KPI_wrap_ms).known);
    assert_int_equal(kpi(q, FC_KPI_aht_ms).i, 20000);
    say(e, FC_WRAPPED, 34, "a", NULL, "x");
    assert_int_equal(kpi(q, FC_KPI_wrap_ms).i, 10000);
    assert_int_equal(kpi(q, FC_KPI_aht_ms).i, 30000);
    say(e, FC_WRAPPED, 60, "a", NULL, "x"); /* again: counts once */
    assert_int_equal(kpi(q, FC_KPI_aht_ms).i, 30000);
    fc_engine_destroy(e);
}

static void windows_forget_to_the_second(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    say(e, FC_OFFERED, 0, "a", "sales", NULL);
    say(e, FC_ANSWERED, 9, "a", "sales", "x");
    end(e, 19, "a", FC_BY_AGENT);
    say(e, FC_OFFERED, 600, "b", "sales", NULL);
    say(e, FC_ANSWERED, 603, "b", "sales", "x");
    struct fc_series *s = &queue(e, "sales")->e.series;
    agent_is(e, 899, "x", FC_AGENT_AVAILABLE);
    assert_int_equal(s->m15.v[FC_TALLY_offered], 2);
    assert_int_equal(fc_peaks_max(&s->peaks, e->rolling.m15_from_s), 9 * S);
    agent_is(e, 900, "x", FC_AGENT_AVAILABLE);
    assert_int_equal(s->m15.v[FC_TALLY_offered], 1);
    agent_is(e, 910, "x", FC_AGENT_AVAILABLE);
    assert_int_equal(fc_peaks_max(&s->peaks, e->rolling.m15_from_s), 3 * S);
    assert_int_equal(s->h1.v[FC_TALLY_offered], 2);
    agent_is(e, 4 * 3600, "x", FC_AGENT_AVAILABLE);
    assert_true(fc_tally_empty(&s->h1) && fc_tally_empty(&s->m15));
    assert_int_equal(s->day.v[FC_TALLY_offered], 2);
    agent_is(e, 15 * 3600, "x", FC_AGENT_AVAILABLE); /* midnight */
    assert_true(fc_tally_empty(&s->day));
    fc_engine_destroy(e);
}

static void ring_all_losers_stop_alerting(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    say(e, FC_JOINED, 0, NULL, "sales", "x");
    say(e, FC_JOINED, 0, NULL, "support", "x");
    say(e, FC_JOINED, 0, NULL, "sales", "y");
    say(e, FC_OFFERED, 1, "a", "sales", NULL);
    say(e, FC_ALERTED, 1, "a", "sales", "x");
    say(e, FC_ALERTED, 1, "a", "sales", "y");
    assert_int_equal(e->all.e.state_n[FC_AGENT_ALERTING], 2);
    say(e, FC_ANSWERED, 4, "a", "sales", "x");
    assert_int_equal(e->all.e.state_n[FC_AGENT_ALERTING], 0);
    assert_int_equal(e->all.e.state_n[FC_AGENT_BUSY], 1);    /* once, though in two queues */
    assert_int_equal(queue(e, "support")->e.state_n[FC_AGENT_BUSY], 1);
    assert_int_equal(e->all.e.state_n[FC_AGENT_AVAILABLE], 1);
    assert_int_equal(kpi(&e->all.e, FC_KPI_missed).i, 0);
    fc_engine_destroy(e);
}

static void what_a_snapshot_does_not_list_ends_as_unknown(void **state) {
    (void)state;
    struct fc_engine *e = fresh();
    const struct fc_str src = FC_STR_LIT("pbx");
    struct fc_event ev;
    static const char *const ids[] = {"a", "b"};
    for (int i = 0; i < 2; i++) {
        ev = fc_event_make(FC_OFFERED, T0 + S);
        FC_EVENT_STR(&ev, src, src);
        post(e, ev, ids[i], "sales", NULL);
    }
    ev = fc_event_make(FC_SNAPSHOT, T0 + 9 * S);
    FC_EVENT_STR(&ev, src, src);
    fc_event_set_snapshot(&ev, FC_SNAPSHOT_BEGIN);
    fc_engine_apply(e, &ev);
    ev = fc_event_make(FC_OFFERED, T0 + S);
    FC_EVENT_STR(&ev, src, src);
    post(e, ev, "a", "sales", NULL);
    ev = fc_event_make(FC_SNAPSHOT, T0 + 9 * S);
    FC_EVENT_STR(&ev, src, src);
    fc_event_set_snapshot(&ev, FC_SNAPSHOT_END);
    fc_engine_apply(e, &ev);
    struct fc_queue *q = queue(e, "sales");
    assert_int_equal(q->e.waiting, 1);
    assert_int_equal(kpi(&q->e, FC_KPI_offered).i, 2); /* listed again, counted once */
    assert_int_equal(q->e.series.day.v[FC_TALLY_LEFT + FC_LEFT_UNKNOWN], 1);
    assert_int_equal(kpi(&q->e, FC_KPI_abandoned).i, 0);
    fc_engine_destroy(e);
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

static void add(enum fc_kind kind, int64_t ts, int contact, int queue_no, int agent, enum fc_left reason, enum fc_by by) {
    struct planned *p = &plan[planned++];
    p->ev = fc_event_make(kind, ts);
    (void)snprintf(p->contact, sizeof p->contact, "c%d", contact);
    (void)snprintf(p->queue, sizeof p->queue, "q%d", queue_no);
    (void)snprintf(p->agent, sizeof p->agent, "a%d", agent);
    if (kind == FC_LEFT) fc_event_set_left(&p->ev, reason);
    if (kind == FC_ENDED) FC_EVENT_NUM(&p->ev, by, (uint8_t)by);
}

static int by_time(const void *a, const void *b) {
    const struct planned *x = a, *y = b;
    if (x->ev.ts != y->ev.ts) return x->ev.ts < y->ev.ts ? -1 : 1;
    return (x->ev.kind > y->ev.kind) - (x->ev.kind < y->ev.kind);
}

/* Contacts over two and a half hours, each with a life of its own; all times distinct enough to sort well. */
static void make_plan(void) {
    planned = 0;
    for (int c = 0; c < CONTACTS; c++) {
        int q = (int)between(0, QUEUES - 1), a = (int)between(0, AGENTS - 1);
        int64_t t = T0 + between(0, 9000000) * 1000, wait = between(1, 60000) * 1000;
        add(FC_OFFERED, t, c, q, a, 0, 0);
        for (int64_t m = between(0, 2); m > 0; m--) add(FC_MISSED, t + between(1, wait / 1000) * 1000, c, q, a, 0, 0);
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

static void play(struct fc_engine *e, int from, int to) {
    for (int i = from; i < to; i++) post(e, plan[i].ev, plan[i].contact, plan[i].queue, plan[i].agent);
}

/* The recount: for one queue (or all) straight from the plan, with nested loops and no state. */
struct recount {
    int64_t offered, answered, left[FC_LEFT_COUNT], shorts, met, missed_sl, missed, transferred, talk_us, hold_us, wait_us, wait_max, wrap_us, ended;
};

static const struct planned *find(const char *contact, enum fc_kind kind) {
    for (int i = 0; i < planned; i++)
        if (plan[i].ev.kind == kind && strcmp(plan[i].contact, contact) == 0) return &plan[i];
    return NULL;
}

static void recount_left(struct recount *r, const struct planned *p, int64_t wait) {
    r->left[p->ev.word]++;
    if (p->ev.word != FC_LEFT_ABANDONED) return;
    if (wait <= 5 * S) r->shorts++;
    else r->missed_sl++;
}

static void recount_ended(struct recount *r, const struct planned *p) {
    const struct planned *a = find(p->contact, FC_ANSWERED), *h = find(p->contact, FC_HELD), *u = find(p->contact, FC_RESUMED), *w = find(p->contact, FC_WRAPPED);
    int64_t hold = h == NULL ? 0 : u->ev.ts - h->ev.ts;
    r->ended++;
    r->hold_us += hold;
    r->talk_us += p->ev.ts - a->ev.ts - hold;
    r->transferred += p->ev.by == FC_BY_TRANSFER;
    if (w != NULL) r->wrap_us += w->ev.ts - p->ev.ts;
}

static struct recount recount(const char *queue_name) {
    struct recount r = {0};
    for (int i = 0; i < planned; i++) {
        const struct planned *p = &plan[i], *o = find(p->contact, FC_OFFERED);
        if (queue_name != NULL && strcmp(p->queue, queue_name) != 0) continue;
        int64_t wait = p->ev.ts - o->ev.ts;
        switch (p->ev.kind) {
        case FC_OFFERED: r.offered++; break;
        case FC_MISSED: r.missed++; break;
        case FC_ANSWERED:
            r.answered++;
            r.wait_us += wait;
            if (wait > r.wait_max) r.wait_max = wait;
            if (wait <= 20 * S) r.met++;
            else r.missed_sl++;
            break;
        case FC_LEFT: recount_left(&r, p, wait); break;
        case FC_ENDED: recount_ended(&r, p); break;
        default: break;
        }
    }
    return r;
}

static void expect_recount(const struct fc_tally *t, const struct recount *r) {
    assert_int_equal(t->v[FC_TALLY_offered], r->offered);
    assert_int_equal(t->v[FC_TALLY_answered], r->answered);
    for (int i = 0; i < FC_LEFT_COUNT; i++) assert_int_equal(t->v[FC_TALLY_LEFT + i], r->left[i]);
    assert_int_equal(t->v[FC_TALLY_short_abandoned], r->shorts);
    assert_int_equal(t->v[FC_TALLY_sl_met], r->met);
    assert_int_equal(t->v[FC_TALLY_sl_missed], r->missed_sl);
    assert_int_equal(t->v[FC_TALLY_missed], r->missed);
    assert_int_equal(t->v[FC_TALLY_transferred], r->transferred);
    assert_int_equal(t->v[FC_TALLY_wait_us], r->wait_us);
    assert_int_equal(t->v[FC_TALLY_talk_us], r->talk_us);
    assert_int_equal(t->v[FC_TALLY_hold_us], r->hold_us);
    assert_int_equal(t->v[FC_TALLY_wrap_us], r->wrap_us);
    assert_int_equal(t->v[FC_TALLY_handle_us], r->talk_us + r->hold_us + r->wrap_us);
    assert_int_equal(t->v[FC_TALLY_handle_n], r->ended);
    assert_int_equal(t->wait_us_max, r->wait_max);
    assert_int_equal(fc_hist_total(&t->waits), r->answered);
}

static void equals_a_recount_of_the_events(void **state) {
    (void)state;
    for (int round = 0; round < 8; round++) {
        make_plan();
        struct fc_engine *e = fresh();
        play(e, 0, planned);
        for (int q = 0; q < QUEUES; q++) {
            char name[16];
            (void)snprintf(name, sizeof name, "q%d", q);
            struct recount r = recount(name);
            expect_recount(&queue(e, name)->e.series.day, &r);
        }
        struct recount r = recount(NULL);
        expect_recount(&e->all.e.series.day, &r);
        assert_int_equal(e->counters.without_contact, 0);
        fc_engine_destroy(e);
    }
}

/* The rolling windows, recounted from the first `upto` events: whole seconds from from_s on. */
static void expect_window(const struct fc_tally *t, int64_t longest_us, int upto, int64_t from_s) {
    int64_t offered = 0, answered = 0, left = 0, missed = 0, talks = 0, handled = 0, wait_max = 0;
    for (int i = 0; i < upto; i++) {
        const struct planned *p = &plan[i];
        if (p->ev.ts / S < from_s) continue;
        const struct planned *w = find(p->contact, FC_WRAPPED);
        bool will_wrap = w != NULL && w < &plan[upto];
        offered += p->ev.kind == FC_OFFERED;
        answered += p->ev.kind == FC_ANSWERED;
        left += p->ev.kind == FC_LEFT;
        missed += p->ev.kind == FC_MISSED;
        talks += p->ev.kind == FC_ENDED;
        handled += p->ev.kind == FC_WRAPPED || (p->ev.kind == FC_ENDED && !will_wrap);
        int64_t wait = p->ev.kind == FC_ANSWERED ? p->ev.ts - find(p->contact, FC_OFFERED)->ev.ts : 0;
        if (wait > wait_max) wait_max = wait;
    }
    int64_t t_left = 0;
    for (int r = 0; r < FC_LEFT_COUNT; r++) t_left += t->v[FC_TALLY_LEFT + r];
    assert_int_equal(t->v[FC_TALLY_offered], offered);
    assert_int_equal(t->v[FC_TALLY_answered], answered);
    assert_int_equal(fc_hist_total(&t->waits), answered);
    assert_int_equal(t_left, left);
    assert_int_equal(t->v[FC_TALLY_missed], missed);
    assert_int_equal(t->v[FC_TALLY_talk_n], talks);
    assert_int_equal(t->v[FC_TALLY_handle_n], handled);
    assert_int_equal(longest_us, wait_max);
}

static void rolling_windows_equal_a_recount(void **state) {
    (void)state;
    make_plan();
    struct fc_engine *e = fresh();
    for (int at = 0; at < planned;) {
        int to = at + (int)between(1, 60);
        if (to > planned) to = planned;
        play(e, at, to);
        at = to;
        const struct fc_series *s = &e->all.e.series;
        int64_t now_s = plan[at - 1].ev.ts / S;
        expect_window(&s->m15, fc_peaks_max(&s->peaks, now_s - 899), at, now_s - 899);
        expect_window(&s->h1, fc_peaks_max(&s->peaks, now_s - 3599), at, now_s - 3599);
    }
    fc_engine_destroy(e);
}

/* offered = answered + left + waiting, at every moment. */
static void contacts_are_conserved(void **state) {
    (void)state;
    make_plan();
    struct fc_engine *e = fresh();
    for (int i = 0; i < planned; i++) {
        play(e, i, i + 1);
        const struct fc_tally *t = &e->all.e.series.day;
        int64_t left = 0;
        for (int r = 0; r < FC_LEFT_COUNT; r++) left += t->v[FC_TALLY_LEFT + r];
        assert_int_equal(t->v[FC_TALLY_offered], t->v[FC_TALLY_answered] + left + e->all.e.waiting);
        int64_t agents = 0;
        for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) {
            assert_true(e->all.e.state_n[s] >= 0);
            agents += e->all.e.state_n[s];
        }
        assert_int_equal(agents, e->agents.n);
    }
    fc_engine_destroy(e);
}

/* ---- restart ----------------------------------------------------------------------------------------------------- */

struct kept { /* the store, as a sorted array */
    char *key, *value;
    uint32_t key_n, value_n;
};

static struct kept store[40000];
static int stored;

static int kept_compare(const void *a, const void *b) {
    const struct kept *x = a, *y = b;
    int c = memcmp(x->key, y->key, x->key_n < y->key_n ? x->key_n : y->key_n);
    return c != 0 ? c : (x->key_n > y->key_n) - (x->key_n < y->key_n);
}

static struct kept *kept_find(struct fc_str key) {
    for (int i = 0; i < stored; i++)
        if (store[i].key_n == key.n && memcmp(store[i].key, key.p, key.n) == 0) return &store[i];
    return NULL;
}

static char *copy(const void *p, size_t n) {
    char *c = malloc(n + 1);
    assert_non_null(c);
    if (n > 0) memcpy(c, p, n);
    return c;
}

static void kept_put(struct fc_str key, const void *value, size_t n) {
    struct kept *k = kept_find(key);
    if (k == NULL) {
        assert_true(stored < (int)(sizeof store / sizeof *store));
        k = &store[stored++];
        *k = (struct kept){.key = copy(key.p, key.n), .key_n = key.n};
    } else {
        free(k->value);
    }
    k->value = copy(value, n);
    k->value_n = (uint32_t)n;
}

static bool is_interval(struct fc_str key) { return key.n > 3 && (key.p[1] == 1 || key.p[1] == 15) && (uint8_t)key.p[2] == 255; }

static void keep(const struct fc_record *r) {
    static uint8_t merged[FC_TALLY_BYTES_MAX];
    size_t n;
    struct kept *k = kept_find(r->key);
    switch (r->op) {
    case FC_RECORD_PUT: kept_put(r->key, r->value.p, r->value.n); break;
    case FC_RECORD_MERGE:
        assert_true(is_interval(r->key));
        assert_int_equal(fc_tally_merge_bytes(k == NULL ? fc_str("") : fc_str_n(k->value, k->value_n), r->value, merged, sizeof merged, &n), FC_OK);
        kept_put(r->key, merged, n);
        break;
    case FC_RECORD_DELETE:
        if (k == NULL) break;
        free(k->key);
        free(k->value);
        *k = store[--stored];
        break;
    case FC_RECORD_MARK: break;
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
    (void)ctx;
    struct fc_record r;
    for (uint32_t at = 0; fc_record_next(b, &at, &r);) keep(&r);
    free(b);
}

static struct fc_engine *reborn(void) {
    struct fc_engine *e = fresh();
    struct fc_error err = {0};
    qsort(store, (size_t)stored, sizeof *store, kept_compare);
    for (int i = 0; i < stored; i++) {
        struct fc_str key = fc_str_n(store[i].key, store[i].key_n);
        if (is_interval(key)) continue; /* these live in a table of their own */
        if (fc_engine_restore(e, key, fc_str_n(store[i].value, store[i].value_n), &err) != FC_OK) fail_msg("%s", err.text);
    }
    fc_engine_restored(e);
    return e;
}

static void forget_store(void) {
    while (stored > 0) {
        free(store[--stored].key);
        free(store[stored].value);
    }
}

/* Every topic, ver left out: body bytes by topic name, compared as a sorted list. */
static struct kept topics[2][400];
static int topics_n[2], topics_side;

static struct fc_state_block *take_topic(void *ctx) {
    struct fc_state_block *b = calloc(1, sizeof *b);
    (void)ctx;
    assert_non_null(b);
    return b;
}

static void give_topic(void *ctx, struct fc_state_block *b) {
    (void)ctx;
    struct fc_mp mp = fc_mp_open(b->body, b->body_n);
    uint32_t pairs;
    assert_true(fc_mp_map(&mp, &pairs) && pairs >= 4);
    for (int i = 0; i < 4; i++) assert_true(fc_mp_skip(&mp)); /* topic, ver */
    struct kept *k = &topics[topics_side][topics_n[topics_side]++];
    *k = (struct kept){.key = copy(b->topic, b->topic_n), .key_n = b->topic_n, .value = copy(mp.p, fc_mp_left(&mp)), .value_n = (uint32_t)fc_mp_left(&mp)};
    free(b->body);
    free(b);
}

static void collect(struct fc_engine *e, int side) {
    struct fc_outlet out = {take_topic, give_topic, NULL};
    topics_side = side;
    topics_n[side] = 0;
    fc_engine_publish_all(e);
    assert_int_equal(fc_engine_publish(e, &out, (struct fc_mono){.ns = INT64_C(1) << 60}), -1);
    qsort(topics[side], (size_t)topics_n[side], sizeof **topics, kept_compare);
}

static void expect_same_topics(void) {
    assert_int_equal(topics_n[0], topics_n[1]);
    for (int i = 0; i < topics_n[0]; i++) {
        struct kept *a = &topics[0][i], *b = &topics[1][i];
        if (kept_compare(a, b) != 0 || a->value_n != b->value_n || memcmp(a->value, b->value, a->value_n) != 0)
            fail_msg("topic %.*s differs after the restart", (int)a->key_n, a->key);
    }
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < topics_n[side]; i++) {
            free(topics[side][i].key);
            free(topics[side][i].value);
        }
}

/* Checkpoints and restarts at random places, and every topic is byte for byte what an undisturbed engine says. */
static void a_restart_changes_nothing(void **state) {
    (void)state;
    for (int round = 0; round < 6; round++) {
        make_plan();
        struct fc_engine *straight = fresh(), *e = fresh();
        play(straight, 0, planned);
        for (int at = 0; at < planned;) {
            int to = at + (int)between(1, planned / 3);
            if (to > planned) to = planned;
            play(e, at, to);
            at = to;
            fc_engine_checkpoint(e, take_record, give_record, NULL);
            assert_false(fc_engine_dirty(e));
            if (rng() % 2 == 0) continue;
            fc_engine_destroy(e);
            e = reborn();
        }
        collect(straight, 0);
        collect(e, 1);
        expect_same_topics();
        fc_engine_destroy(straight);
        fc_engine_destroy(e);
        forget_store();
    }
}

/* The stored minutes add up to the day. */
static void intervals_add_up_to_the_day(void **state) {
    (void)state;
    make_plan();
    struct fc_engine *e = fresh();
    for (int at = 0; at < planned; at += 97) {
        play(e, at, at + 97 < planned ? at + 97 : planned);
        fc_engine_checkpoint(e, take_record, give_record, NULL);
    }
    for (int minutes = 1; minutes <= 15; minutes += 14) {
        struct fc_tally sum = {0}, part = {0};
        for (int i = 0; i < stored; i++) {
            if (store[i].key[0] != 'g' || !is_interval(fc_str_n(store[i].key, store[i].key_n)) || store[i].key[1] != minutes) continue;
            struct fc_mp mp = fc_mp_open(store[i].value, store[i].value_n);
            assert_int_equal(fc_tally_decode(&mp, &part, NULL), FC_OK);
            fc_tally_merge(&sum, &part);
        }
        const struct fc_tally *day = &e->all.e.series.day;
        assert_memory_equal(sum.v, day->v, sizeof sum.v);
        assert_int_equal(sum.wait_us_max, day->wait_us_max);
        assert_int_equal(sum.waits.n, day->waits.n);
        for (uint32_t i = 0; i < sum.waits.n; i++) {
            assert_int_equal(sum.waits.pairs[i].bucket, day->waits.pairs[i].bucket);
            assert_int_equal(sum.waits.pairs[i].count, day->waits.pairs[i].count);
        }
        fc_tally_fini(&sum);
        fc_tally_fini(&part);
    }
    fc_engine_destroy(e);
    forget_store();
}

int main(void) {
    const char *given = getenv("FC_SEED");
    rng_state = seed = given != NULL ? strtoull(given, NULL, 10) : 20260302;
    printf("seed: FC_SEED=%llu\n", (unsigned long long)seed);
    (void)setenv("TZ", "UTC", 1);
    rules = fc_rules_default();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_null_not_zero),
        cmocka_unit_test(a_breach_counts_when_the_threshold_elapses),
        cmocka_unit_test(what_leaves_alive_is_no_breach),
        cmocka_unit_test(an_answer_heard_late_is_still_in_time),
        cmocka_unit_test(short_abandons_stand_beside),
        cmocka_unit_test(handling_moves_to_the_end_of_wrap),
        cmocka_unit_test(windows_forget_to_the_second),
        cmocka_unit_test(ring_all_losers_stop_alerting),
        cmocka_unit_test(what_a_snapshot_does_not_list_ends_as_unknown),
        cmocka_unit_test(equals_a_recount_of_the_events),
        cmocka_unit_test(rolling_windows_equal_a_recount),
        cmocka_unit_test(contacts_are_conserved),
        cmocka_unit_test(a_restart_changes_nothing),
        cmocka_unit_test(intervals_add_up_to_the_day),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fc_rules_free(rules);
    return failed;
}
