/* Surveys: what each kind of answer adds, what makes two of them the same, and that one told twice is known again. */
#include "seen.h"
#include "survey.h"

#include "clock.h"
#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define T0 INT64_C(1767258000000000)
#define S FC_SECOND_US
#define M FC_MINUTE_US
#define KEEP_US (60 * M)

/* ---- facts ------------------------------------------------------------------------------------------------------- */

static struct fc_place here = {.channel = FC_CHANNEL_CHAT};
static struct fc_tally tally;
static int facts;

static void take_fact(void *ctx, const struct fc_place *place, const struct fc_fact *f) {
    (void)ctx;
    assert_ptr_equal(place, &here);
    assert_int_equal(f->ts_us, T0);
    assert_int_equal(f->sign, 1);
    fc_tally_apply(&tally, f, 1);
    facts++;
}

static const struct fc_fact_sink sink = {take_fact, NULL};

static void answered(const struct fc_event *ev) {
    fc_tally_clear(&tally);
    facts = 0;
    fc_survey_facts(ev, &here, &sink);
}

static int64_t sum_of_all(void) {
    int64_t sum = 0;
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++) sum += tally.v[i];
    return sum;
}

static void satisfaction(void **state) {
    (void)state;
    for (int64_t points = 1; points <= 5; points++) {
        struct fc_event ev = fc_event_make(FC_SURVEYED, T0);
        FC_EVENT_NUM(&ev, csat, points);
        answered(&ev);
        int64_t top = points == 4 || points == 5;
        assert_int_equal(tally.v[FC_TALLY_csat_n], 1);
        assert_int_equal(tally.v[FC_TALLY_csat_sum], points);
        assert_int_equal(tally.v[FC_TALLY_csat_top], top);
        assert_int_equal(sum_of_all(), 1 + points + top);
        assert_int_equal(facts, 1 + top);
    }
}

static void recommendation(void **state) {
    (void)state;
    static const int kind[11] = {-1, -1, -1, -1, -1, -1, -1, 0, 0, 1, 1};
    for (int64_t points = 0; points <= 10; points++) {
        struct fc_event ev = fc_event_make(FC_SURVEYED, T0);
        FC_EVENT_NUM(&ev, nps, points);
        answered(&ev);
        assert_int_equal(tally.v[FC_TALLY_nps_n], 1);
        assert_int_equal(tally.v[FC_TALLY_nps_promoters] - tally.v[FC_TALLY_nps_detractors], kind[points]);
        assert_int_equal(sum_of_all(), 1 + (kind[points] != 0));
    }
}

static void five_dimensions(void **state) {
    (void)state;
    struct fc_event ev = fc_event_make(FC_SURVEYED, T0);
    static const uint8_t rater[5] = {1, 2, 3, 4, 5};
    memcpy(ev.rater, rater, sizeof rater);
    ev.present |= FC_KEY_BIT(rater);
    answered(&ev);
    assert_int_equal(tally.v[FC_TALLY_rater_n], 1);
    assert_int_equal(tally.v[FC_TALLY_rater_reliability], 1);
    assert_int_equal(tally.v[FC_TALLY_rater_assurance], 2);
    assert_int_equal(tally.v[FC_TALLY_rater_tangibles], 3);
    assert_int_equal(tally.v[FC_TALLY_rater_empathy], 4);
    assert_int_equal(tally.v[FC_TALLY_rater_responsiveness], 5);
    assert_int_equal(sum_of_all(), 16);
}

static void self_assessment(void **state) {
    (void)state;
    static const struct {
        uint8_t answers[10];
        int64_t points;
    } cases[] = {{{0}, 0},
                 {{3, 3, 3, 3, 3, 3, 3, 3, 3, 3}, 30},
                 {{0, 1, 2, 3, 0, 1, 2, 3, 0, 1}, 13},
                 {{0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fc_event ev = fc_event_make(FC_SURVEYED, T0);
        memcpy(ev.assess, cases[i].answers, sizeof ev.assess);
        ev.present |= FC_KEY_BIT(assess);
        answered(&ev);
        assert_int_equal(tally.v[FC_TALLY_assess_n], 1);
        assert_int_equal(tally.v[FC_TALLY_assess_sum], cases[i].points);
        assert_int_equal(facts, 1);
    }
}

static void only_what_was_answered(void **state) {
    (void)state;
    struct fc_event ev = fc_event_make(FC_SURVEYED, T0);
    ev.csat = 5; /* without its bit it means nothing */
    ev.nps = 9;
    FC_EVENT_NUM(&ev, resolved, true);
    answered(&ev);
    assert_int_equal(facts, 0);
    FC_EVENT_NUM(&ev, csat, 3);
    FC_EVENT_NUM(&ev, nps, 7);
    memset(ev.rater, 4, sizeof ev.rater);
    memset(ev.assess, 1, sizeof ev.assess);
    ev.present |= FC_KEY_BIT(rater) | FC_KEY_BIT(assess);
    answered(&ev);
    assert_int_equal(sum_of_all(), (1 + 3) + 1 + (1 + 20) + (1 + 10));
    fc_tally_fini(&tally);
}

/* ---- fingerprints ------------------------------------------------------------------------------------------------ */

static uint64_t print_of(const char *contact, const char *customer, const char *queue, const char *agent, int64_t ts_us,
                         int csat) {
    struct fc_event ev = fc_event_make(FC_SURVEYED, ts_us);
    if (contact != NULL) FC_EVENT_STR(&ev, contact, fc_str(contact));
    if (customer != NULL) FC_EVENT_STR(&ev, customer, fc_str(customer));
    if (queue != NULL) FC_EVENT_STR(&ev, queue, fc_str(queue));
    if (agent != NULL) FC_EVENT_STR(&ev, agent, fc_str(agent));
    FC_EVENT_NUM(&ev, csat, csat);
    return fc_survey_fingerprint(&ev);
}

static void fingerprints_tell_surveys_apart(void **state) {
    (void)state;
    assert_int_equal(print_of("c1", NULL, "q", "a", T0, 3), print_of("c1", NULL, "q", "a", T0, 4));
    assert_int_equal(print_of("c1", NULL, "q", "a", T0, 3), print_of("c1", "555", "q", "a", T0, 3));
    assert_int_equal(print_of(NULL, "555", "q", "a", T0, 3), print_of("", "555", "q", "a", T0, 3));
    const uint64_t prints[] = {
        print_of("c1", NULL, "q", "a", T0, 3),     print_of("c2", NULL, "q", "a", T0, 3),
        print_of("c1", NULL, "p", "a", T0, 3),     print_of("c1", NULL, "q", "b", T0, 3),
        print_of("c1", NULL, "q", "a", T0 + 1, 3), print_of(NULL, "c1", "q", "a", T0, 3),
        print_of("c1", NULL, NULL, "a", T0, 3),    print_of("c1", NULL, "q", NULL, T0, 3),
        print_of("c1", NULL, NULL, "q", T0, 3),    print_of("c1", NULL, "qa", NULL, T0, 3),
        print_of("c1q", NULL, NULL, "a", T0, 3),   print_of(NULL, NULL, NULL, NULL, T0, 3),
        print_of("c", NULL, "1q", "a", T0, 3),     print_of("c1", NULL, "", "qa", T0, 3),
    };
    for (size_t i = 0; i < sizeof prints / sizeof *prints; i++)
        for (size_t j = 0; j < i; j++) assert_true(prints[i] != prints[j]);
}

static int by_value(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Names that differ little must not meet: a million have a million fingerprints. */
static void fingerprints_are_spread(void **state) {
    (void)state;
    enum { N = 1000000 };
    uint64_t *prints = malloc(N * sizeof *prints);
    assert_non_null(prints);
    char contact[16];
    for (int i = 0; i < N; i++) {
        (void)snprintf(contact, sizeof contact, "%d", i / 100);
        prints[i] = print_of(contact, NULL, i & 1 ? "a" : "b", NULL, T0 + i % 100 / 2, 1);
    }
    qsort(prints, N, sizeof *prints, by_value);
    for (int i = 1; i < N; i++) assert_true(prints[i] != prints[i - 1]);
    free(prints);
}

/* ---- seen -------------------------------------------------------------------------------------------------------- */

#define STORE_MAX 600
static struct stored {
    char key[FC_SEEN_KEY_BYTES];
    uint8_t bytes[FC_SEEN_BYTES_MAX];
    size_t n;
} store[STORE_MAX];
static int store_n, puts_n;

static struct stored *stored(struct fc_str key) {
    assert_int_equal(key.n, FC_SEEN_KEY_BYTES);
    for (int i = 0; i < store_n; i++)
        if (memcmp(store[i].key, key.p, key.n) == 0) return &store[i];
    return NULL;
}

static void put(void *ctx, struct fc_str key, struct fc_str bytes) {
    (void)ctx;
    struct stored *s = stored(key);
    if (s == NULL) {
        assert_true(store_n < STORE_MAX);
        s = &store[store_n++];
    }
    assert_true(bytes.n <= sizeof s->bytes);
    memcpy(s->key, key.p, key.n);
    memcpy(s->bytes, bytes.p, bytes.n);
    s->n = bytes.n;
    puts_n++;
}

static void gone(void *ctx, struct fc_str key) {
    (void)ctx;
    struct stored *s = stored(key);
    assert_non_null(s);
    *s = store[--store_n];
}

static int by_key(const void *a, const void *b) { return memcmp(a, b, FC_SEEN_KEY_BYTES); }

static enum fc_status load(struct fc_seen *s, const struct stored *r, struct fc_error *err) {
    return fc_seen_load(s, fc_str_n(r->key, sizeof r->key), fc_str_n((const char *)r->bytes, r->n), err);
}

static void save(struct fc_seen *s) {
    fc_seen_save(s, put, gone, NULL);
    assert_false(fc_seen_dirty(s));
}

static struct fc_seen *restart(struct fc_seen *s, uint32_t max, int64_t now_us) {
    uint64_t held = fc_seen_counters(s)->seen;
    save(s);
    fc_seen_destroy(s);
    s = fc_seen_create(KEEP_US, max);
    qsort(store, (size_t)store_n, sizeof *store, by_key);
    for (int i = 0; i < store_n; i++) assert_int_equal(load(s, &store[i], NULL), FC_OK);
    assert_int_equal(fc_seen_counters(s)->seen, held);
    assert_false(fc_seen_dirty(s));
    fc_seen_advance(s, now_us);
    return s;
}

static struct fc_seen *begin(uint32_t max) {
    store_n = puts_n = 0;
    struct fc_seen *s = fc_seen_create(KEEP_US, max);
    fc_seen_advance(s, T0);
    return s;
}

/* Whatever was added within the window is known again, whatever is older than it by more than a minute is not. */
static void within_the_window_all_is_known(void **state) {
    (void)state;
    enum { N = 30000 };
    static struct {
        uint64_t hash;
        int64_t ts_us;
    } told[N];
    struct fc_seen *s = begin(FC_SEEN_MAX);
    int64_t now = T0;
    int known = 0, restarts = 0;
    for (int i = 0; i < N; i++) {
        now += (int64_t)(rng() % (uint64_t)S);
        fc_seen_advance(s, now);
        told[i].hash = rng();
        told[i].ts_us = now - KEEP_US + (int64_t)(rng() % (uint64_t)(2 * KEEP_US));
        assert_true(fc_seen_add(s, told[i].hash, told[i].ts_us));
        for (int again = 0; again < 3; again++) {
            int j = (int)(rng() % (uint64_t)(i + 1));
            if (told[j].ts_us < now - KEEP_US) continue;
            assert_false(fc_seen_add(s, told[j].hash, told[j].ts_us));
            known++;
        }
        if (rng() % 1000 != 0) continue;
        s = restart(s, FC_SEEN_MAX, now);
        restarts++;
    }
    uint64_t held = 0;
    for (int i = 0; i < N; i++) held += told[i].ts_us / M >= (now - KEEP_US) / M;
    assert_int_equal(fc_seen_counters(s)->seen, held);
    assert_true(known > N && restarts > 5);
    for (int i = 0; i < 10; i++) fc_seen_advance(s, now + 3 * KEEP_US);
    assert_int_equal(fc_seen_counters(s)->seen, 0);
    assert_true(fc_seen_add(s, told[N - 1].hash, now + 3 * KEEP_US));
    save(s);
    assert_int_equal(store_n, 1);
    fc_seen_destroy(s);
}

static void beyond_the_window_nothing_is_kept(void **state) {
    (void)state;
    struct fc_seen *s = begin(FC_SEEN_MAX);
    assert_true(fc_seen_add(s, 0, T0 - KEEP_US)); /* 0 is a fingerprint like any other */
    assert_false(fc_seen_add(s, 0, T0 - KEEP_US));
    for (int i = 0; i < 2; i++) {
        assert_true(fc_seen_add(s, 7, T0 - KEEP_US - 1));
        assert_true(fc_seen_add(s, 8, T0 + KEEP_US + 1));
    }
    assert_int_equal(fc_seen_counters(s)->seen_beyond, 4);
    assert_int_equal(fc_seen_counters(s)->seen_again, 1);
    fc_seen_advance(s, T0 - M); /* now never falls */
    assert_true(fc_seen_add(s, 7, T0 - KEEP_US - 1));
    fc_seen_advance(s, T0 + M + 1);
    assert_int_equal(fc_seen_counters(s)->seen, 0);
    fc_seen_destroy(s);
}

static void forgetting_is_done_in_steps(void **state) {
    (void)state;
    enum { N = 3 * FC_SEEN_FORGET_MAX + 1 };
    struct fc_seen *s = begin(FC_SEEN_MAX);
    for (uint64_t i = 1; i <= N; i++) assert_true(fc_seen_add(s, i, T0));
    save(s);
    assert_int_equal(store_n, (N + FC_SEEN_PART - 1) / FC_SEEN_PART);
    for (int64_t left = N; left > 0; left -= FC_SEEN_FORGET_MAX) {
        assert_int_equal(fc_seen_counters(s)->seen, left);
        fc_seen_advance(s, T0 + KEEP_US + M);
        s = restart(s, FC_SEEN_MAX, T0); /* half forgotten, stored and back */
    }
    assert_int_equal(fc_seen_counters(s)->seen, 0);
    assert_int_equal(store_n, 0);
    fc_seen_destroy(s);
}

static void too_many_push_out_the_oldest(void **state) {
    (void)state;
    enum { MAX = 2500 };
    struct fc_seen *s = begin(MAX);
    for (uint64_t i = 1; i <= MAX; i++) assert_true(fc_seen_add(s, i, i <= 1500 ? T0 - M : T0));
    save(s);
    for (uint64_t i = 1; i <= 700; i++) {
        assert_true(fc_seen_add(s, 10000 + i, T0 + M));
        if (i % 100 == 0) s = restart(s, MAX, T0);
    }
    assert_int_equal(fc_seen_counters(s)->seen, MAX);
    for (uint64_t i = 1501; i <= MAX; i++) assert_false(fc_seen_add(s, i, T0));
    for (uint64_t i = 1; i <= 700; i++) assert_false(fc_seen_add(s, 10000 + i, T0 + M));
    int known = 0;
    for (uint64_t i = 1; i <= 1500; i++) known += i <= 800 && !fc_seen_add(s, i, T0 - M);
    assert_int_equal(known, 800);
    assert_true(fc_seen_add(s, 1, T0 + 2 * M) == false);
    fc_seen_destroy(s);
}

static void a_checkpoint_writes_what_changed(void **state) {
    (void)state;
    struct fc_seen *s = begin(FC_SEEN_MAX);
    for (uint64_t i = 1; i <= 2 * FC_SEEN_PART + 10; i++) assert_true(fc_seen_add(s, i, T0));
    for (uint64_t i = 1; i <= 10; i++) assert_true(fc_seen_add(s, 100000 + i, T0 - M));
    save(s);
    assert_int_equal(puts_n, 4);
    assert_true(fc_seen_add(s, 99999, T0));
    assert_false(fc_seen_add(s, 5, T0));
    save(s);
    assert_int_equal(puts_n, 5); /* the last part of the last minute */
    save(s);
    assert_int_equal(puts_n, 5);
    fc_seen_destroy(s);
}

static void damaged_records_are_refused(void **state) {
    (void)state;
    struct fc_seen *s = begin(FC_SEEN_MAX);
    for (uint64_t i = 1; i <= FC_SEEN_PART + 3; i++) assert_true(fc_seen_add(s, i, T0));
    save(s);
    fc_seen_destroy(s);
    qsort(store, (size_t)store_n, sizeof *store, by_key);
    s = fc_seen_create(KEEP_US, FC_SEEN_MAX);
    struct fc_error err;
    assert_int_equal(load(s, &store[1], &err), FC_INVALID); /* its first part is missing */
    assert_int_equal(load(s, &store[0], &err), FC_OK);
    assert_int_equal(load(s, &store[0], &err), FC_INVALID); /* twice */
    struct stored bad = store[1];
    for (bad.n = 0; bad.n < store[1].n; bad.n++) {
        assert_int_equal(load(s, &bad, &err), FC_INVALID);
        assert_non_null(strstr(err.text, "byte "));
    }
    memcpy(bad.bytes + bad.n - 8, bad.bytes + bad.n - 16, 8); /* one of them twice */
    assert_int_equal(load(s, &bad, &err), FC_INVALID);
    assert_int_equal(fc_seen_load(s, fc_str("short"), fc_str_n((const char *)bad.bytes, bad.n), &err), FC_INVALID);
    assert_int_equal(fc_seen_counters(s)->seen, FC_SEEN_PART);
    assert_int_equal(load(s, &store[1], &err), FC_OK);
    assert_int_equal(fc_seen_counters(s)->seen, FC_SEEN_PART + 3);
    fc_seen_destroy(s);
}

int main(void) {
    rng_seed(20260412);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(satisfaction),
        cmocka_unit_test(recommendation),
        cmocka_unit_test(five_dimensions),
        cmocka_unit_test(self_assessment),
        cmocka_unit_test(only_what_was_answered),
        cmocka_unit_test(fingerprints_tell_surveys_apart),
        cmocka_unit_test(fingerprints_are_spread),
        cmocka_unit_test(within_the_window_all_is_known),
        cmocka_unit_test(beyond_the_window_nothing_is_kept),
        cmocka_unit_test(forgetting_is_done_in_steps),
        cmocka_unit_test(too_many_push_out_the_oldest),
        cmocka_unit_test(a_checkpoint_writes_what_changed),
        cmocka_unit_test(damaged_records_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
