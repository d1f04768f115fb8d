/* Complaints and dispositions: random steps in any order, twice, across restarts, against an obvious recount. */
#include "desk.h"

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
            int order =
                l.disposition == NULL ? 1 : 4 * (s->outcome - l.disposition->outcome) + s->cause - l.disposition->cause;
            if (greater(s, l.disposition, order)) l.disposition = s;
            continue;
        }
        if (s->queue != NULL && greater(s, l.queue, l.queue == NULL ? 1 : strcmp(s->queue, l.queue->queue)))
            l.queue = s;
        if (s->agent != NULL && greater(s, l.agent, l.agent == NULL ? 1 : strcmp(s->agent, l.agent->agent)))
            l.agent = s;
        if (s->cause >= 0 && greater(s, l.cause, l.cause == NULL ? 1 : s->cause - l.cause->cause)) l.cause = s;
    }
    return l;
}

static void recount_reopenings(const char *id, const struct fc_place *p) {
    for (const struct said *s = pick(id, 1u << REOPENED, NULL, false); s != NULL;
         s = pick(id, 1u << REOPENED, s, false))
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
    if (d != NULL)
        enter(&p, d->ts_us, d->outcome == FC_OUTCOME_YES ? FC_TALLY_resolved_yes : FC_TALLY_resolved_no, FC_TALLY_NONE,
              0, -1);
    if (d != NULL && d->outcome == FC_OUTCOME_NO && d->cause >= 0)
        enter(&p, d->ts_us, causes[d->cause], FC_TALLY_NONE, 0, -1);
    const struct said *first = pick(id, 1u << OPENED, NULL, false);
    if (first == NULL) first = pick(id, 15, NULL, false);
    if (first == NULL) return;
    enter(&p, first->ts_us, FC_TALLY_complaints_opened, FC_TALLY_NONE, 0, -1);
    if (l.cause != NULL) enter(&p, first->ts_us, causes[l.cause->cause], FC_TALLY_NONE, 0, -1);
    recount_reopenings(id, &p);
    const struct said *ack = pick(id, 1u << ACKNOWLEDGED, NULL, false);
    if (ack != NULL)
        enter(&p, ack->ts_us, FC_TALLY_complaint_ack_n, FC_TALLY_complaint_ack_us,
              ack->ts_us > first->ts_us ? ack->ts_us - first->ts_us : 0, -1);
    const struct said *end = pick(id, 1u << RESOLVED, pick(id, 1u << OPENED | 1u << REOPENED, NULL, true), false);
    if (end != NULL)
        enter(&p, end->ts_us, FC_TALLY_complaint_resolve_n, FC_TALLY_complaint_resolve_us, end->ts_us - first->ts_us,
              -1);
    else --*open_of(&p);
}

static const char *const ids[] = {"K-1", "K-2", "K-3", "K-4", "K-5", "K-6", "a case with a longer id"};
#define IDS (int)(sizeof ids / sizeof *ids)

static void all_is_zero(void) {
    for (int i = 0; i < IDS; i++) recount(ids[i]);
    for (const struct entry *e = ledger; e < ledger + ledger_n; e++)
        if (e->n != 0 || e->value != 0)
            fail_msg("%s %s +%lld s count %d sum %d: %lld and %lld too many", e->queue == NULL ? "-" : e->queue->name.p,
                     e->agent == NULL ? "-" : e->agent->name.p, (long long)((e->ts_us - T0) / S), e->count, e->sum,
                     (long long)e->n, (long long)e->value);
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
        *s = (struct said){.id = ids[rng() % (uint64_t)IDS],
                           .ts_us = T0 + (int64_t)(rng() % spread) * S,
                           .stage = (int)(rng() % 5) - 1};
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

int main(void) {
    desk_init(20260411);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_twice_and_restarted),
        cmocka_unit_test(two_orders_store_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
