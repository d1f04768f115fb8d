/* What holds of the engine on every floor, whatever happened there: the laws of tests/unit/oracle/laws.c, asked of the
 * engine itself, and those of what it stores. */
#include "engine_internal.h"
#include "interval.h"
#include "kpi.h"
#include "oracle_compare.h"

#define FLOORS 300
#define DAY_MINUTES 1440

static struct fc_floor_spec spec_of(uint64_t *chance, int number) {
    return (struct fc_floor_spec){.contacts = (int)fc_floor_between(chance, 10, 40),
                                  .span_us = fc_floor_between(chance, 20, 360) * MINUTE,
                                  .late_pct = 25,
                                  .late_us_max = 50 * MINUTE,
                                  .again_pct = 10,
                                  .odd_pct = number % 2 == 0 ? 15 : 0};
}

/* The day begins just before the floor does: everything is of today. */
static void make_day(struct play *p, int number) {
    uint64_t chance = seed_of(number) ^ 0x6c617773;
    struct fc_floor_spec spec = spec_of(&chance, number);
    make_play(p, chance, number, &spec);
    p->day_start_minute = (int)((p->floor.start_us / MINUTE + DAY_MINUTES - 1) % DAY_MINUTES);
}

static void for_floors(void (*play)(int number)) {
    if (only >= 0) play(only);
    for (int i = 0, n = only >= 0 ? 0 : floors_to_play(FLOORS); i < n; i++) play(i);
}

/* ---- nobody is lost --------------------------------------------------------------------------------------------- */

static int64_t waiting_in(struct fc_engine *e, const struct owner *owner, int channel) {
    const struct fc_entity *x = fc_engine_find(e, owner->scope, fc_str(owner->name));
    int64_t waiting = 0;
    for (int ch = 0; x != NULL && ch < FC_CELLS; ch++)
        if (x->cells[ch] != NULL && (channel < 0 || channel == ch)) waiting += x->cells[ch]->waiting;
    return waiting;
}

static int64_t left_of(const struct fc_tally *t) {
    int64_t left = 0;
    for (int i = 0; i < FC_LEFT_COUNT; i++) left += t->v[FC_TALLY_LEFT + i];
    return left;
}

static void expect_nobody_lost(struct play *p, const struct owner *owner, int channel) {
    struct place at = {p, *owner, channel, "day", day_start(p, NULL), p->now_us + 1, false};
    if (!fc_engine_peek(p->engine, owner->scope, fc_str(owner->name), channel, FC_WINDOW_DAY, &got)) return;
    const int64_t *v = got.v;
    int64_t waiting = waiting_in(p->engine, owner, channel), left = left_of(&got),
            alive = left - v[FC_TALLY_LEFT + FC_LEFT_ABANDONED];
    if (v[FC_TALLY_offered] != v[FC_TALLY_answered] + left + waiting)
        differ(&at, "answered, left and waiting", v[FC_TALLY_offered], v[FC_TALLY_answered] + left + waiting);
    if (v[FC_TALLY_handle_us] != v[FC_TALLY_talk_us] + v[FC_TALLY_hold_us] + v[FC_TALLY_wrap_us])
        differ(&at, "handle_us", v[FC_TALLY_handle_us], -1);
    int64_t unjudged =
        v[FC_TALLY_offered] - v[FC_TALLY_sl_met] - v[FC_TALLY_sl_missed] - v[FC_TALLY_short_abandoned] - alive;
    if (unjudged < 0 || unjudged > waiting) differ(&at, "not judged yet", waiting, unjudged);
    if (v[FC_TALLY_chain_once] > v[FC_TALLY_chain_n] || v[FC_TALLY_chain_final_n] > v[FC_TALLY_chain_n])
        differ(&at, "chain_n", v[FC_TALLY_chain_n], v[FC_TALLY_chain_once]);
    if (fc_hist_total(&got.waits) != v[FC_TALLY_answered])
        differ(&at, "waits", v[FC_TALLY_answered], fc_hist_total(&got.waits));
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++)
        if (v[i] < 0) differ(&at, count_name(i), 0, v[i]);
}

/* After each event, of queues, groups and `all`, all channels and each. */
static void watch_floor(int number) {
    struct owner owners[OWNERS_MAX];
    struct play p;
    make_day(&p, number);
    open_play(&p);
    int n = owners_of(&p, owners);
    while (p.fed < p.floor.n) {
        play_to(&p, p.fed + 1);
        for (int i = 0; i < n; i++)
            for (int ch = -1; ch < FC_CELLS && owners[i].scope != FC_SCOPE_AGENT; ch++)
                if (ch == -1 || ch == (int)(p.fed % FC_CELLS)) expect_nobody_lost(&p, &owners[i], ch);
    }
    let_pass(&p, draw(&p, 0, 120) * MINUTE);
    for (int i = 0; i < n; i++)
        if (owners[i].scope != FC_SCOPE_AGENT) expect_nobody_lost(&p, &owners[i], -1);
    end_play(&p);
}

static void nobody_is_lost(void **state) {
    (void)state;
    for_floors(watch_floor);
}

/* ---- a wider threshold ------------------------------------------------------------------------------------------ */

static void widen(struct fc_oracle_rules *r, int64_t by_us) {
    r->defaults.threshold_us += by_us;
    for (size_t q = 0; q < r->queues_n; q++)
        for (int c = 0; c < FC_CHANNEL_COUNT; c++) r->queues[q].of[c].threshold_us += by_us;
}

static double service_level(struct play *p, struct fc_engine *e, const struct owner *owner, int64_t *met,
                            int64_t *missed) {
    if (!fc_engine_peek(e, owner->scope, fc_str(owner->name), -1, FC_WINDOW_DAY, &got)) return -1;
    struct fc_kpi_view view = {.tally = &got, .complaints_open = -1};
    struct fc_kpi_value v = fc_kpi_compute(FC_KPI_service_level, &view);
    (void)p;
    *met = got.v[FC_TALLY_sl_met];
    *missed = got.v[FC_TALLY_sl_missed];
    return v.known ? v.value : -1;
}

static int64_t wider; /* how often it made a difference */

/* Who waits longer than T but not than the wider one is not judged yet: then there may be no level at all. */
static void expect_no_lower(struct play *p, struct fc_engine *patient, const struct owner *owner) {
    int64_t met[2] = {0, 0}, missed[2] = {0, 0};
    double narrow = service_level(p, p->engine, owner, &met[0], &missed[0]),
           wide = service_level(p, patient, owner, &met[1], &missed[1]);
    struct place at = {p, *owner, -1, "day", day_start(p, NULL), p->now_us + 1, false};
    if (met[1] < met[0]) differ(&at, "met by the wider threshold", met[0], met[1]);
    if (missed[1] > missed[0]) differ(&at, "missed by the wider threshold", missed[0], missed[1]);
    if (narrow >= 0 && wide >= 0 && wide < narrow)
        differ(&at, "service level in ppm", (int64_t)(narrow * 1e6), (int64_t)(wide * 1e6));
    wider += wide > narrow;
}

static void widen_floor(int number) {
    struct owner owners[OWNERS_MAX];
    struct play p;
    make_day(&p, number);
    p.event_clock = true;
    open_play(&p);
    widen(&p.floor.rules, draw(&p, 1, 60) * SECOND);
    struct fc_rules *patient_rules = rules_of(&p);
    struct fc_engine *patient = fc_engine_create(patient_rules, true);
    int n = owners_of(&p, owners);
    while (p.fed < p.floor.n) {
        fc_engine_apply(patient, &p.floor.events[p.fed]);
        play_to(&p, p.fed + 1);
        if (p.fed % 8 == 0 || p.fed == p.floor.n)
            for (int i = 0; i < n; i++) expect_no_lower(&p, patient, &owners[i]);
    }
    fc_engine_destroy(patient);
    fc_rules_free(patient_rules);
    end_play(&p);
}

static void a_wider_threshold_never_lowers_the_level(void **state) {
    (void)state;
    for_floors(widen_floor);
    assert_true(wider > 0);
}

/* ---- stored intervals ------------------------------------------------------------------------------------------- */

/* Every merge of a floor, as it was handed out, in the order of the checkpoints. */
struct deltas {
    struct delta {
        char *key, *value;
        uint32_t key_n, value_n, serial;
    } * at;
    size_t n, cap;
};

static struct deltas handed;

static void give_delta(void *ctx, struct fc_record_block *b) {
    struct fc_record r;
    (void)ctx;
    for (uint32_t at = 0; fc_record_next(b, &at, &r);) {
        if (r.op != FC_RECORD_MERGE) continue;
        if (handed.n == handed.cap) {
            handed.cap = handed.cap == 0 ? 256 : 2 * handed.cap;
            handed.at = realloc(handed.at, handed.cap * sizeof *handed.at);
            assert_non_null(handed.at);
        }
        handed.at[handed.n] = (struct delta){copied(r.key), copied(r.value), r.key.n, r.value.n, (uint32_t)handed.n};
        handed.n++;
    }
}

static void forget_deltas(void) {
    for (size_t i = 0; i < handed.n; i++) {
        free(handed.at[i].key);
        free(handed.at[i].value);
    }
    free(handed.at);
    handed = (struct deltas){0};
}

static void play_and_store(struct play *p, int number) {
    make_day(p, number);
    open_play(p);
    while (p->fed < p->floor.n) {
        play_to(p, (size_t)draw(p, (int64_t)p->fed + 1, (int64_t)p->floor.n));
        fc_engine_checkpoint(p->engine, take_same, give_delta, NULL);
    }
    let_pass(p, 2 * MINUTE);
    fc_engine_checkpoint(p->engine, take_same, give_delta, NULL);
}

static int by_place(const void *a, const void *b) {
    const struct delta *x = a, *y = b;
    int c = memcmp(x->key, y->key, x->key_n < y->key_n ? x->key_n : y->key_n);
    if (c == 0) c = (x->key_n > y->key_n) - (x->key_n < y->key_n);
    return c != 0 ? c : (x->serial > y->serial) - (x->serial < y->serial);
}

static bool same_key(const struct delta *x, const struct delta *y) {
    return x->key_n == y->key_n && memcmp(x->key, y->key, x->key_n) == 0;
}

static struct fc_str value_of(const struct delta *d) {
    return fc_str_n(d->value, d->value_n);
}

static uint8_t merged[3][FC_TALLY_BYTES_MAX];

/* As the writer merges: one after the other onto what there is. */
static struct fc_str merge_in_order(const struct delta *from, const size_t *order, size_t n, int into) {
    static uint8_t next[FC_TALLY_BYTES_MAX];
    size_t have = 0, len = 0;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(fc_tally_merge_bytes(fc_str_n((const char *)merged[into], (uint32_t)have),
                                              value_of(&from[order[i]]), next, sizeof next, &len),
                         FC_OK);
        memcpy(merged[into], next, len);
        have = len;
    }
    return fc_str_n((const char *)merged[into], (uint32_t)have);
}

/* Two heaps first, then both. */
static struct fc_str merge_heaps(const struct delta *from, const size_t *order, size_t n, size_t first) {
    struct fc_str a = merge_in_order(from, order, first, 0), b = merge_in_order(from, order + first, n - first, 1);
    size_t len = 0;
    assert_int_equal(fc_tally_merge_bytes(a, b, merged[2], sizeof merged[2], &len), FC_OK);
    return fc_str_n((const char *)merged[2], (uint32_t)len);
}

static void shuffle(struct play *p, size_t *order, size_t n) {
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)draw(p, 0, (int64_t)i - 1), kept = order[i - 1];
        order[i - 1] = order[k];
        order[k] = kept;
    }
}

static int64_t shuffled; /* how many intervals were merged of several parts */

static void expect_any_order(struct play *p, const struct delta *from, size_t n) {
    static uint8_t in_turn[FC_TALLY_BYTES_MAX];
    size_t *order = calloc(n, sizeof *order);
    assert_non_null(order);
    for (size_t i = 0; i < n; i++) order[i] = i;
    struct fc_str as_told = merge_in_order(from, order, n, 0);
    memcpy(in_turn, as_told.p, as_told.n);
    as_told.p = (const char *)in_turn;
    shuffle(p, order, n);
    struct fc_str other = merge_in_order(from, order, n, 0);
    assert_true(fc_str_eq(as_told, other));
    if (n > 1) {
        other = merge_heaps(from, order, n, (size_t)draw(p, 1, (int64_t)n - 1));
        assert_true(fc_str_eq(as_told, other));
        shuffled++;
    }
    free(order);
}

static void merge_floor(int number) {
    struct play p;
    play_and_store(&p, number);
    qsort(handed.at, handed.n, sizeof *handed.at, by_place);
    for (size_t i = 0, k; i < handed.n; i = k) {
        for (k = i + 1; k < handed.n && same_key(&handed.at[i], &handed.at[k]);) k++;
        expect_any_order(&p, &handed.at[i], k - i);
    }
    forget_deltas();
    end_play(&p);
}

static void the_order_of_merging_does_not_matter(void **state) {
    (void)state;
    for_floors(merge_floor);
    assert_true(shuffled > 0);
}

/* ---- ranges ----------------------------------------------------------------------------------------------------- */

static void keep_deltas(struct play *p) {
    for (size_t i = 0; i < handed.n; i++) {
        const struct delta *d = &handed.at[i];
        struct fc_record r = {.op = FC_RECORD_MERGE, .key = fc_str_n(d->key, d->key_n), .value = value_of(d)};
        keep(p, &r);
    }
}

/* Adds up the intervals of the next finer resolution that lie within one. */
static void sum_of_finer(struct play *p, const struct fc_interval *whole, int finer, struct fc_tally *out) {
    char key[FC_INTERVAL_KEY_MAX];
    fc_tally_clear(out);
    for (int64_t start_us = whole->start_us; start_us < whole->start_us + whole->minutes * MINUTE;
         start_us += finer * MINUTE) {
        size_t n = fc_interval_key(key, whole->scope, finer, whole->channel, whole->name, start_us);
        const struct kept *k = *slot_of(&p->intervals, fc_str_n(key, (uint32_t)n));
        if (k != NULL) fc_tally_merge(out, &k->tally);
    }
}

static void expect_sum(struct play *p, const struct kept *k) {
    struct fc_interval whole;
    assert_true(fc_interval_parse(fc_str_n(k->key, k->key_n), &whole));
    if (whole.minutes == 1) return;
    sum_of_finer(p, &whole, whole.minutes == DAY_MINUTES ? 15 : 1, &got);
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++)
        if (k->tally.v[i] != got.v[i])
            fail_msg("floor %d: %d minutes of %.*s: %s %lld, its parts %lld", p->number, whole.minutes,
                     (int)whole.name.n, whole.name.p, count_name(i), (long long)k->tally.v[i], (long long)got.v[i]);
    assert_int_equal(k->tally.wait_us_max, got.wait_us_max);
    assert_int_equal(fc_hist_total(&k->tally.waits), fc_hist_total(&got.waits));
    assert_int_equal(fc_hist_total(&k->tally.journeys), fc_hist_total(&got.journeys));
}

static void add_up_floor(int number) {
    struct play p;
    play_and_store(&p, number);
    keep_deltas(&p);
    assert_true(p.intervals.n > 0);
    for (int i = 0; i < KEPT_SLOTS; i++)
        for (const struct kept *k = p.intervals.at[i]; k != NULL; k = k->next) expect_sum(&p, k);
    forget_deltas();
    end_play(&p);
}

static void a_stored_range_is_the_sum_of_its_parts(void **state) {
    (void)state;
    for_floors(add_up_floor);
}

int main(void) {
    read_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_lost),
        cmocka_unit_test(a_wider_threshold_never_lowers_the_level),
        cmocka_unit_test(the_order_of_merging_does_not_matter),
        cmocka_unit_test(a_stored_range_is_the_sum_of_its_parts),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    end_compare();
    return failed;
}
