/* Complaints and dispositions by hand, how long and how many are kept, and records that are damaged. */
#include "desk.h"

/* ---- by hand ----------------------------------------------------------------------------------------------------- */

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

/* ---- limits ------------------------------------------------------------------------------------------------------ */

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

static void changed_and_forgotten_before_the_save(void **state) {
    (void)state;
    enum { N = 40 };
    static const int64_t never = INT64_MAX;
    static int64_t heard[N];
    struct fc_cases *c = begin(FC_CASES_MAX);
    store_n = 0;
    for (int i = 0; i < N; i++) {
        heard[i] = (int64_t)(rng() % 100) * DAY;
        disposed(c, id_no(i), FC_OUTCOME_NO, -1, heard[i]);
        if (i % 8 == 0) save(c);
    }
    for (int64_t day = 400; day < 480; day += 20) {
        fc_cases_advance(c, T0 + day * DAY);
        for (int i = 0; i < N; i++)
            if (heard[i] < (day - 400) * DAY) heard[i] = never;
        if (day % 40 == 0) continue;
        save(c);
        for (int i = 0; i < N; i++) assert_int_equal(stored(fc_str(id_no(i))) != NULL, heard[i] != never);
    }
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

static int stage_of(int i, int n) {
    if (i == 0) return OPENED;
    return i == n - 1 ? RESOLVED : REOPENED;
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
        for (int i = 0; i < N; i++)
            step(c, "1", stage_of(order[i], N), order[i] * 1000 * S, "sales");
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

/* ---- bad bytes --------------------------------------------------------------------------------------------------- */

static void damaged_records_are_refused(void **state) {
    (void)state;
    struct fc_cases *c = begin(FC_CASES_MAX);
    store_n = 0;
    say(c, (struct said){.id = "1",
                         .queue = "sales",
                         .agent = "ann",
                         .ts_us = T0,
                         .stage = OPENED,
                         .cause = FC_CAUSE_SUPPORT,
                         .outcome = -1});
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
    assert_int_equal(fc_cases_load(c, fc_str("1"), fc_str_n((char *)bad.bytes, bad.n + 1), &resolver, &err),
                     FC_INVALID);
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
    for (int i = 0; i < 6; i++)
        say(c, (struct said){
                   .id = "1", .queue = "sales", .ts_us = T0 + i * S, .stage = i % 4, .cause = i % 3, .outcome = -1});
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
    desk_init(20260411);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_complaint_from_end_to_end),
        cmocka_unit_test(facts_move_when_the_queue_becomes_known),
        cmocka_unit_test(odd_ones),
        cmocka_unit_test(the_latest_disposition_counts),
        cmocka_unit_test(kept_while_open_and_400_days),
        cmocka_unit_test(forgotten_and_told_again_before_the_save),
        cmocka_unit_test(changed_and_forgotten_before_the_save),
        cmocka_unit_test(the_oldest_closed_goes_first),
        cmocka_unit_test(the_first_and_the_latest_steps_are_kept),
        cmocka_unit_test(damaged_records_are_refused),
        cmocka_unit_test(flipped_bits_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
