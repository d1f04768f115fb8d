/* Complaints and dispositions by case: random steps in any order, twice, across restarts, against an obvious recount. */
#include "cases.h"

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

static uint64_t rng_state;

static uint64_t rng(void) {
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state;
}

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
    while (e < ledger + ledger_n && !(e->queue == p->queue && e->agent == p->agent && e->ts_us == ts_us && e->count == count && e->sum == sum)) e++;
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
static int64_t entered(const struct fc_queue *queue, const struct fc_agent *agent, int64_t ts_us, int count) {
    int64_t n = 0;
    for (const struct entry *e = ledger; e < ledger + ledger_n; e++)
        if (e->queue == queue && e->agent == agent && (ts_us < 0 || e->ts_us == ts_us) && e->count == count) n += e->n;
    return n;
}

static int64_t summed(int sum) {
    int64_t value = 0;
    for (const struct entry *e = ledger; e < ledger + ledger_n; e++)
        if (e->sum == sum) value += e->value;
    return value;
}

static int64_t open_in_all(void) {
    int64_t n = 0;
    for (int q = 0; q <= NAMES; q++)
        for (int a = 0; a <= NAMES; a++) n += open_at[q][a];
    return n;
}

/* ---- the store ---------------------------------------------------------------------------------------------------- */

#define STORE_MAX 600
static struct stored {
    char key[FC_ID_MAX + 1];
    uint8_t bytes[FC_CASE_BYTES_MAX];
    size_t n;
} store[STORE_MAX];
static int store_n;

static struct stored *stored(struct fc_str key) {
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

static struct fc_cases *restart(struct fc_cases *c, uint32_t max) {
    save(c);
    fc_cases_destroy(c);
    c = fresh(max);
    int before = ledger_n;
    for (int i = 0; i < store_n; i++)
        assert_int_equal(fc_cases_load(c, fc_str(store[i].key), fc_str_n((char *)store[i].bytes, store[i].n), &resolver, NULL), FC_OK);
    assert_int_equal(ledger_n, before);
    assert_false(fc_cases_dirty(c));
    return c;
}

/* ---- events ------------------------------------------------------------------------------------------------------- */

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

static void step(struct fc_cases *c, const char *id, int stage, int64_t after_us, const char *queue) {
    say(c, (struct said){.id = id, .queue = queue, .ts_us = T0 + after_us, .stage = stage, .cause = -1, .outcome = -1});
}

static void disposed(struct fc_cases *c, const char *id, int outcome, int cause, int64_t after_us) {
    say(c, (struct said){.id = id, .ts_us = T0 + after_us, .stage = -1, .cause = cause, .outcome = outcome});
}

/* ---- the obvious recount ------------------------------------------------------------------------------------------ */

#define SAID_MAX 400
static struct said all[SAID_MAX];
static int all_n;

static bool later(const struct said *a, const struct said *b) {
    return a->ts_us > b->ts_us || (a->ts_us == b->ts_us && a->stage > b->stage);
}

static bool greater(const struct said *a, const struct said *b, int order) {
    return b == NULL || a->ts_us > b->ts_us || (a->ts_us == b->ts_us && order > 0);
}

/* The case's first or last step of the stages in the mask, of those after `after`. */
static const struct said *pick(const char *id, unsigned stages, const struct said *after, bool last) {
    const struct said *found = NULL;
    for (const struct said *s = all; s < all + all_n; s++) {
        if (s->stage < 0 || strcmp(s->id, id) != 0 || (stages >> s->stage & 1) == 0) continue;
        if (after != NULL && !later(s, after)) continue;
        if (found == NULL || (last ? later(s, found) : later(found, s))) found = s;
    }
    return found;
}

struct latest {
    const struct said *queue, *agent, *cause, *disposition;
};

static struct latest latest_of(const char *id) {
    struct latest l = {0};
    for (const struct said *s = all; s < all + all_n; s++) {
        if (strcmp(s->id, id) != 0) continue;
        if (s->stage < 0) {
            int order = l.disposition == NULL ? 1 : 4 * (s->outcome - l.disposition->outcome) + s->cause - l.disposition->cause;
            if (greater(s, l.disposition, order)) l.disposition = s;
            continue;
        }
        if (s->queue != NULL && greater(s, l.queue, l.queue == NULL ? 1 : strcmp(s->queue, l.queue->queue))) l.queue = s;
        if (s->agent != NULL && greater(s, l.agent, l.agent == NULL ? 1 : strcmp(s->agent, l.agent->agent))) l.agent = s;
        if (s->cause >= 0 && greater(s, l.cause, l.cause == NULL ? 1 : s->cause - l.cause->cause)) l.cause = s;
    }
    return l;
}

static void recount_reopenings(const char *id, const struct fc_place *p) {
    for (const struct said *s = pick(id, 1u << REOPENED, NULL, false); s != NULL; s = pick(id, 1u << REOPENED, s, false))
        enter(p, s->ts_us, FC_TALLY_complaints_reopened, FC_TALLY_NONE, 0, -1);
}

/* Takes away from the ledger what should stand there. */
static void recount(const char *id) {
    static const int causes[] = {FC_TALLY_cause_frontline, FC_TALLY_cause_process, FC_TALLY_cause_support};
    struct latest l = latest_of(id);
    struct fc_place p = {.channel = FC_CHANNEL_PLAIN};
    if (l.queue != NULL) p.queue = find_queue(NULL, fc_str(l.queue->queue));
    if (l.agent != NULL) p.agent = find_agent(NULL, fc_str(l.agent->agent), 1);
    const struct said *d = l.disposition;
    if (d != NULL) enter(&p, d->ts_us, d->outcome == FC_OUTCOME_YES ? FC_TALLY_resolved_yes : FC_TALLY_resolved_no, FC_TALLY_NONE, 0, -1);
    if (d != NULL && d->outcome == FC_OUTCOME_NO && d->cause >= 0) enter(&p, d->ts_us, causes[d->cause], FC_TALLY_NONE, 0, -1);
    const struct said *first = pick(id, 1u << OPENED, NULL, false);
    if (first == NULL) first = pick(id, 15, NULL, false);
    if (first == NULL) return;
    enter(&p, first->ts_us, FC_TALLY_complaints_opened, FC_TALLY_NONE, 0, -1);
    if (l.cause != NULL) enter(&p, first->ts_us, causes[l.cause->cause], FC_TALLY_NONE, 0, -1);
    recount_reopenings(id, &p);
    const struct said *ack = pick(id, 1u << ACKNOWLEDGED, NULL, false);
    if (ack != NULL)
        enter(&p, ack->ts_us, FC_TALLY_complaint_ack_n, FC_TALLY_complaint_ack_us, ack->ts_us > first->ts_us ? ack->ts_us - first->ts_us : 0, -1);
    const struct said *end = pick(id, 1u << RESOLVED, pick(id, 1u << OPENED | 1u << REOPENED, NULL, true), false);
    if (end != NULL) enter(&p, end->ts_us, FC_TALLY_complaint_resolve_n, FC_TALLY_complaint_resolve_us, end->ts_us - first->ts_us, -1);
    else --*open_of(&p);
}

static const char *const ids[] = {"K-1", "K-2", "K-3", "K-4", "K-5", "K-6", "a case with a longer id"};
#define IDS (int)(sizeof ids / sizeof *ids)

static void all_is_zero(void) {
    for (int i = 0; i < IDS; i++) recount(ids[i]);
    for (const struct entry *e = ledger; e < ledger + ledger_n; e++)
        if (e->n != 0 || e->value != 0)
            fail_msg("%s %s +%lld s count %d sum %d: %lld and %lld too many", e->queue == NULL ? "-" : e->queue->name.p,
                     e->agent == NULL ? "-" : e->agent->name.p, (long long)((e->ts_us - T0) / S), e->count, e->sum, (long long)e->n, (long long)e->value);
    for (int q = 0; q <= NAMES; q++)
        for (int a = 0; a <= NAMES; a++) assert_int_equal(open_at[q][a], 0);
}

static const char *maybe(const char *const names[NAMES]) { return rng() % 3 == 0 ? names[rng() % NAMES] : NULL; }

/* Few instants, so that many things happen at the same one. */
static void invent(void) {
    all_n = 1 + (int)(rng() % 120);
    uint64_t spread = 2 + rng() % 300;
    for (int i = 0; i < all_n; i++) {
        struct said *s = &all[i];
        *s = (struct said){.id = ids[rng() % (uint64_t)IDS], .ts_us = T0 + (int64_t)(rng() % spread) * S, .stage = (int)(rng() % 5) - 1};
        s->cause = (int)(rng() % 4) - 1;
        s->outcome = s->stage < 0 ? (int)(rng() % 2) : -1;
        if (s->stage < 0) continue;
        s->queue = maybe(queue_names);
        s->agent = maybe(agent_names);
    }
}

static void any_order_twice_and_restarted(void **state) {
    (void)state;
    long restarts = 0;
    for (int round = 0; round < 400; round++) {
        struct fc_cases *c = begin(FC_CASES_MAX);
        store_n = 0;
        invent();
        for (int i = 0; i < all_n; i++) {
            say(c, all[i]);
            if (rng() % 4 == 0) say(c, all[rng() % (uint64_t)(i + 1)]);
            if (rng() % 16 == 0) {
                c = restart(c, FC_CASES_MAX);
                restarts++;
            }
        }
        assert_int_equal(open_in_all(), fc_cases_counters(c)->cases_open);
        save(c);
        calls = 0;
        for (int i = 0; i < all_n; i++) say(c, all[rng() % (uint64_t)all_n]);
        assert_int_equal(calls, 0);
        assert_false(fc_cases_dirty(c));
        all_is_zero();
        fc_cases_destroy(c);
    }
    printf("%ld restarts\n", restarts);
    assert_true(restarts > 400);
}

/* The law in one line more: two orders of one set leave the same bytes in the store. */
static void two_orders_store_the_same(void **state) {
    (void)state;
    static struct stored first[STORE_MAX];
    for (int round = 0; round < 100; round++) {
        int first_n = 0;
        invent();
        for (int pass = 0; pass < 2; pass++) {
            struct fc_cases *c = begin(FC_CASES_MAX);
            store_n = 0;
            for (int i = 0; i < all_n; i++) say(c, all[pass == 0 ? i : all_n - 1 - i]);
            save(c);
            fc_cases_destroy(c);
            if (pass == 0) memcpy(first, store, sizeof store);
            if (pass == 0) first_n = store_n;
        }
        assert_int_equal(store_n, first_n);
        for (int i = 0; i < first_n; i++) {
            const struct stored *s = stored(fc_str(first[i].key));
            assert_non_null(s);
            assert_int_equal(s->n, first[i].n);
            assert_memory_equal(s->bytes, first[i].bytes, s->n);
        }
    }
}

/* ---- by hand ------------------------------------------------------------------------------------------------------ */

static void a_complaint_from_end_to_end(void **state) {
    (void)state;
    struct fc_cases *c = begin(FC_CASES_MAX);
    const struct fc_queue *q = find_queue(NULL, fc_str("sales"));
    step(c, "1", OPENED, 0, "sales");
    assert_int_equal(entered(q, NULL, T0, FC_TALLY_complaints_opened), 1);
    assert_int_equal(open_in_all(), 1);
    step(c, "1", ACKNOWLEDGED, 60 * S, NULL);
    step(c, "1", ACKNOWLEDGED, 90 * S, NULL);
    assert_int_equal(entered(q, NULL, -1, FC_TALLY_complaint_ack_n), 1);
    assert_int_equal(summed(FC_TALLY_complaint_ack_us), 60 * S);
    step(c, "1", RESOLVED, 100 * S, NULL);
    assert_int_equal(open_in_all(), 0);
    assert_int_equal(summed(FC_TALLY_complaint_resolve_us), 100 * S);
    step(c, "1", REOPENED, 200 * S, NULL); /* that resolution was none */
    assert_int_equal(open_in_all(), 1);
    assert_int_equal(entered(q, NULL, -1, FC_TALLY_complaint_resolve_n), 0);
    assert_int_equal(summed(FC_TALLY_complaint_resolve_us), 0);
    assert_int_equal(entered(q, NULL, T0 + 200 * S, FC_TALLY_complaints_reopened), 1);
    step(c, "1", RESOLVED, 300 * S, NULL);
    step(c, "1", RESOLVED, 400 * S, NULL);
    assert_int_equal(entered(q, NULL, T0 + 300 * S, FC_TALLY_complaint_resolve_n), 1);
    assert_int_equal(entered(q, NULL, -1, FC_TALLY_complaint_resolve_n), 1);
    assert_int_equal(summed(FC_TALLY_complaint_resolve_us), 300 * S);
    assert_int_equal(open_in_all(), 0);
    fc_cases_destroy(c);
}

static void facts_move_when_the_queue_becomes_known(void **state) {
    (void)state;
    struct fc_cases *c = begin(FC_CASES_MAX);
    const struct fc_queue *sales = find_queue(NULL, fc_str("sales")), *support = find_queue(NULL, fc_str("support"));
    disposed(c, "1", FC_OUTCOME_NO, FC_CAUSE_PROCESS, 5 * S);
    assert_int_equal(entered(NULL, NULL, T0 + 5 * S, FC_TALLY_resolved_no), 1);
    assert_int_equal(entered(NULL, NULL, T0 + 5 * S, FC_TALLY_cause_process), 1);
    assert_int_equal(open_in_all(), 0);
    step(c, "1", OPENED, 0, NULL);
    assert_int_equal(open_at[NAMES][NAMES], 1);
    step(c, "1", ACKNOWLEDGED, 10 * S, "sales");
    assert_int_equal(entered(NULL, NULL, -1, FC_TALLY_complaints_opened), 0);
    assert_int_equal(entered(NULL, NULL, -1, FC_TALLY_resolved_no), 0);
    assert_int_equal(entered(sales, NULL, T0, FC_TALLY_complaints_opened), 1);
    assert_int_equal(entered(sales, NULL, T0 + 5 * S, FC_TALLY_resolved_no), 1);
    assert_int_equal(open_at[NAMES][NAMES], 0);
    assert_int_equal(open_at[2][NAMES], 1);
    step(c, "1", ACKNOWLEDGED, 8 * S, "support"); /* told of an earlier time: sales stays */
    assert_int_equal(entered(support, NULL, -1, FC_TALLY_complaints_opened), 0);
    assert_int_equal(summed(FC_TALLY_complaint_ack_us), 8 * S);
    step(c, "1", REOPENED, 20 * S, "support");
    assert_int_equal(entered(sales, NULL, -1, FC_TALLY_complaints_opened), 0);
    assert_int_equal(entered(support, NULL, T0, FC_TALLY_complaints_opened), 1);
    assert_int_equal(open_at[3][NAMES], 1);
    assert_int_equal(open_in_all(), 1);
    fc_cases_destroy(c);
}

static void odd_ones(void **state) {
    (void)state;
    struct fc_cases *c = begin(FC_CASES_MAX);
    step(c, "early", ACKNOWLEDGED, 0, NULL); /* nothing opened yet: it stands for that */
    assert_int_equal(fc_cases_counters(c)->case_acks_early, 0);
    step(c, "early", OPENED, 10 * S, NULL);
    assert_int_equal(summed(FC_TALLY_complaint_ack_us), 0);
    assert_int_equal(fc_cases_counters(c)->case_acks_early, 1);
    assert_int_equal(entered(NULL, NULL, T0 + 10 * S, FC_TALLY_complaints_opened), 1);
    assert_int_equal(entered(NULL, NULL, T0, FC_TALLY_complaints_opened), 0);
    step(c, "same", OPENED, 0, NULL);
    step(c, "same", RESOLVED, 0, NULL);
    assert_int_equal(open_in_all(), 1); /* the early one */
    step(c, "same", REOPENED, 0, NULL);
    assert_int_equal(open_in_all(), 2);
    calls = 0;
    step(c, "", OPENED, 0, NULL);
    disposed(c, "", FC_OUTCOME_YES, -1, 0);
    assert_int_equal(calls, 0);
    assert_int_equal(fc_cases_counters(c)->case_unnamed, 2);
    assert_int_equal(fc_cases_counters(c)->cases, 2);
    fc_cases_destroy(c);
}

static void the_latest_disposition_counts(void **state) {
    (void)state;
    struct fc_cases *c = begin(FC_CASES_MAX);
    disposed(c, "1", FC_OUTCOME_NO, FC_CAUSE_SUPPORT, 10 * S);
    disposed(c, "1", FC_OUTCOME_NO, -1, 5 * S);
    assert_int_equal(entered(NULL, NULL, T0 + 10 * S, FC_TALLY_cause_support), 1);
    disposed(c, "1", FC_OUTCOME_YES, FC_CAUSE_SUPPORT, 20 * S);
    assert_int_equal(entered(NULL, NULL, -1, FC_TALLY_resolved_no), 0);
    assert_int_equal(entered(NULL, NULL, -1, FC_TALLY_cause_support), 0); /* of what is resolved no cause counts */
    assert_int_equal(entered(NULL, NULL, T0 + 20 * S, FC_TALLY_resolved_yes), 1);
    fc_cases_destroy(c);
}

/* ---- limits ------------------------------------------------------------------------------------------------------- */

static const char *id_no(int i) {
    static char id[16];
    (void)snprintf(id, sizeof id, "n%d", i);
    return id;
}

static void kept_while_open_and_400_days(void **state) {
    (void)state;
    enum { N = 300 };
    static int64_t heard[N];
    struct fc_cases *c = begin(FC_CASES_MAX);
    store_n = 0;
    step(c, "open", OPENED, 0, "sales");
    for (int i = 0; i < N; i++) {
        heard[i] = (int64_t)(rng() % 1000) * DAY;
        step(c, id_no(i), OPENED, 0, "sales");
        step(c, id_no(i), RESOLVED, heard[i], NULL);
    }
    save(c);
    assert_int_equal(store_n, N + 1);
    calls = 0;
    for (int64_t day = 0; day < 1500; day += 1 + (int64_t)(rng() % 40)) {
        int kept = 1;
        for (int i = 0; i < N; i++) kept += day - 400 <= heard[i] / DAY;
        fc_cases_advance(c, T0 + day * DAY);
        assert_int_equal(fc_cases_counters(c)->cases, kept);
        if (rng() % 4 == 0) c = restart(c, FC_CASES_MAX), calls = 0;
        else save(c);
        assert_int_equal(store_n, kept);
    }
    assert_int_equal(calls, 0); /* facts stand, and the open one is still counted */
    assert_int_equal(open_in_all(), 1);
    assert_int_equal(store_n, 1);
    assert_int_equal(entered(find_queue(NULL, fc_str("sales")), NULL, -1, FC_TALLY_complaints_opened), N + 1);
    fc_cases_destroy(c);
}

static void forgotten_and_told_again_before_the_save(void **state) {
    (void)state;
    struct fc_cases *c = begin(FC_CASES_MAX);
    store_n = 0;
    disposed(c, "1", FC_OUTCOME_YES, -1, 0);
    save(c);
    fc_cases_advance(c, T0 + 401 * DAY);
    assert_int_equal(fc_cases_counters(c)->cases, 0);
    assert_true(fc_cases_dirty(c));
    disposed(c, "1", FC_OUTCOME_NO, -1, 401 * DAY);
    save(c);
    assert_int_equal(store_n, 1);
    fc_cases_advance(c, T0 + 1000 * DAY);
    disposed(c, "2", FC_OUTCOME_NO, -1, 0);
    fc_cases_advance(c, T0 + 1000 * DAY); /* was never stored: nothing to delete */
    save(c);
    assert_int_equal(store_n, 0);
    fc_cases_destroy(c);
}

static void the_oldest_closed_goes_first(void **state) {
    (void)state;
    struct fc_cases *c = begin(4);
    step(c, "open 1", OPENED, 0, "sales");
    step(c, "open 2", OPENED, 1 * S, "support");
    disposed(c, "closed 2", FC_OUTCOME_YES, -1, 3 * S);
    disposed(c, "closed 1", FC_OUTCOME_YES, -1, 2 * S);
    store_n = 0;
    save(c);
    step(c, "open 3", OPENED, 5 * S, "sales");
    save(c);
    assert_null(stored(fc_str("closed 1")));
    assert_int_equal(store_n, 4);
    step(c, "open 4", OPENED, 6 * S, "sales");
    assert_int_equal(fc_cases_counters(c)->cases_evicted, 2);
    assert_int_equal(open_in_all(), 4);
    calls = 0;
    step(c, "open 5", OPENED, 7 * S, "support");
    assert_int_equal(calls, 3); /* one no longer counted as open, one new and open */
    assert_int_equal(fc_cases_counters(c)->cases_evicted_open, 1);
    assert_int_equal(fc_cases_counters(c)->cases_open, 4);
    assert_int_equal(fc_cases_counters(c)->cases, 4);
    assert_int_equal(open_at[2][NAMES], 2);
    assert_int_equal(open_at[3][NAMES], 2);
    save(c);
    assert_null(stored(fc_str("open 1")));
    fc_cases_destroy(c);
}

static void the_first_and_the_latest_steps_are_kept(void **state) {
    (void)state;
    enum { N = 450 };
    static int order[N];
    struct stored first = {0};
    for (int round = 0; round < 4; round++) {
        struct fc_cases *c = begin(FC_CASES_MAX);
        store_n = 0;
        for (int i = 0; i < N; i++) order[i] = i;
        for (int i = N - 1; i > 0; i--) {
            int j = (int)(rng() % (uint64_t)(i + 1)), swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        for (int i = 0; i < N; i++) step(c, "1", order[i] == 0 ? OPENED : order[i] == N - 1 ? RESOLVED : REOPENED, order[i] * 1000 * S, "sales");
        const struct fc_queue *q = find_queue(NULL, fc_str("sales"));
        assert_int_equal(entered(q, NULL, T0, FC_TALLY_complaints_opened), 1);
        assert_int_equal(entered(q, NULL, -1, FC_TALLY_complaints_reopened), FC_CASE_STEPS_MAX - 2);
        assert_int_equal(summed(FC_TALLY_complaint_resolve_us), (N - 1) * 1000 * S);
        assert_int_equal(fc_cases_counters(c)->case_steps_dropped, N - FC_CASE_STEPS_MAX);
        c = restart(c, FC_CASES_MAX);
        if (round == 0) first = store[0];
        assert_int_equal(store[0].n, first.n);
        assert_memory_equal(store[0].bytes, first.bytes, first.n);
        fc_cases_destroy(c);
    }
}

/* ---- bad bytes ---------------------------------------------------------------------------------------------------- */

static void damaged_records_are_refused(void **state) {
    (void)state;
    struct fc_cases *c = begin(FC_CASES_MAX);
    store_n = 0;
    say(c, (struct said){.id = "1", .queue = "sales", .agent = "ann", .ts_us = T0, .stage = OPENED, .cause = FC_CAUSE_SUPPORT, .outcome = -1});
    step(c, "1", ACKNOWLEDGED, S, NULL);
    disposed(c, "1", FC_OUTCOME_NO, FC_CAUSE_PROCESS, 2 * S);
    save(c);
    fc_cases_destroy(c);
    c = fresh(FC_CASES_MAX);
    struct stored good = store[0], bad;
    struct fc_error err;
    for (size_t cut = 0; cut < good.n; cut++) {
        assert_int_equal(fc_cases_load(c, fc_str("1"), fc_str_n((char *)good.bytes, cut), &resolver, &err), FC_INVALID);
        assert_non_null(strstr(err.text, "byte "));
    }
    bad = good;
    bad.bytes[bad.n] = 0;
    assert_int_equal(fc_cases_load(c, fc_str("1"), fc_str_n((char *)bad.bytes, bad.n + 1), &resolver, &err), FC_INVALID);
    bad.bytes[1] = 2; /* another version */
    assert_int_equal(fc_cases_load(c, fc_str("1"), fc_str_n((char *)bad.bytes, bad.n), &resolver, &err), FC_INVALID);
    assert_int_equal(fc_cases_load(c, fc_str(""), fc_str_n((char *)good.bytes, good.n), &resolver, &err), FC_INVALID);
    assert_int_equal(fc_cases_counters(c)->cases, 0);
    assert_int_equal(fc_cases_load(c, fc_str("1"), fc_str_n((char *)good.bytes, good.n), &resolver, &err), FC_OK);
    assert_int_equal(fc_cases_load(c, fc_str("1"), fc_str_n((char *)good.bytes, good.n), &resolver, &err), FC_INVALID);
    assert_int_equal(fc_cases_counters(c)->cases, 1);
    assert_int_equal(open_at[2][2], 1);
    fc_cases_destroy(c);
}

static struct fc_queue *any_queue(void *ctx, struct fc_str name) {
    (void)ctx;
    (void)name;
    return &queues[0];
}

static struct fc_agent *any_agent(void *ctx, struct fc_str name, int64_t ts_us) {
    (void)ctx;
    (void)name;
    (void)ts_us;
    return &agents[0];
}

/* Whatever is flipped: refused, or a case like any other that can be told more and stored. */
static void flipped_bits_do_no_harm(void **state) {
    (void)state;
    const struct fc_resolver any = {any_queue, any_agent, NULL};
    int refused = 0;
    struct fc_cases *c = begin(FC_CASES_MAX);
    store_n = 0;
    for (int i = 0; i < 6; i++) say(c, (struct said){.id = "1", .queue = "sales", .ts_us = T0 + i * S, .stage = i % 4, .cause = i % 3, .outcome = -1});
    save(c);
    fc_cases_destroy(c);
    const struct stored good = store[0];
    for (size_t bit = 0; bit < 8 * good.n; bit++) {
        struct stored bad = good;
        bad.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        c = begin(FC_CASES_MAX);
        if (fc_cases_load(c, fc_str("1"), fc_str_n((char *)bad.bytes, bad.n), &any, NULL) != FC_OK) refused++;
        step(c, "1", REOPENED, 50 * S, "bill");
        step(c, "1", RESOLVED, 51 * S, NULL);
        save(c);
        fc_cases_advance(c, INT64_MAX);
        assert_int_equal(fc_cases_counters(c)->cases, open_in_all());
        fc_cases_destroy(c);
    }
    printf("%d of %zu flips refused\n", refused, 8 * good.n);
    assert_true(refused > 0);
}

int main(void) {
    const char *given = getenv("FC_SEED");
    rng_state = given != NULL ? strtoull(given, NULL, 10) : 20260411;
    printf("seed: FC_SEED=%llu\n", (unsigned long long)rng_state);
    for (int i = 0; i < NAMES; i++) {
        queues[i].name = fc_str(queue_names[i]);
        agents[i].name = fc_str(agent_names[i]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_twice_and_restarted),
        cmocka_unit_test(two_orders_store_the_same),
        cmocka_unit_test(a_complaint_from_end_to_end),
        cmocka_unit_test(facts_move_when_the_queue_becomes_known),
        cmocka_unit_test(odd_ones),
        cmocka_unit_test(the_latest_disposition_counts),
        cmocka_unit_test(kept_while_open_and_400_days),
        cmocka_unit_test(forgotten_and_told_again_before_the_save),
        cmocka_unit_test(the_oldest_closed_goes_first),
        cmocka_unit_test(the_first_and_the_latest_steps_are_kept),
        cmocka_unit_test(damaged_records_are_refused),
        cmocka_unit_test(flipped_bits_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
