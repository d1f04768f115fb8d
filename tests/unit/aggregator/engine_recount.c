/* The engine against a slow, obvious recount of the same events. */
#include "floor.h"

/* The recount: for one queue (or all) straight from the plan, with nested loops and no state. */
struct recount {
    int64_t offered, answered, left[FC_LEFT_COUNT], shorts, met, missed_sl, missed, transferred, talk_us, hold_us, wait_us, wait_max, wrap_us, ended;
};

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
            expect_recount(day_of(e, name), &r);
        }
        struct recount r = recount(NULL);
        expect_recount(day_of(e, NULL), &r);
        assert_int_equal(e->counters.without_contact, 0);
        fc_engine_destroy(e);
    }
}

/* The rolling windows, recounted from the first `upto` events: whole seconds from from_s on. */
static void expect_window(const struct fc_tally *t, int upto, int64_t from_s) {
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
    assert_int_equal(t->wait_us_max, wait_max);
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
        int64_t now_s = plan[at - 1].ev.ts / S;
        expect_window(window_of(e, NULL, FC_WINDOW_M15), at, now_s - 899);
        expect_window(window_of(e, NULL, FC_WINDOW_H1), at, now_s - 3599);
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
        const struct fc_tally *t = day_of(e, NULL);
        int64_t left = 0;
        for (int r = 0; r < FC_LEFT_COUNT; r++) left += t->v[FC_TALLY_LEFT + r];
        assert_int_equal(t->v[FC_TALLY_offered], t->v[FC_TALLY_answered] + left + waiting_of(e, NULL));
        int64_t agents = 0;
        for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) {
            assert_true(e->all.e.levels.of[s].n >= 0);
            agents += e->all.e.levels.of[s].n;
        }
        assert_int_equal(agents, e->agents.n);
    }
    fc_engine_destroy(e);
}

int main(void) {
    start_floor();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_a_recount_of_the_events),
        cmocka_unit_test(rolling_windows_equal_a_recount),
        cmocka_unit_test(contacts_are_conserved),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fc_rules_free(rules);
    return failed;
}
