/* Checkpoints and restarts at random places: nothing differs from an engine that was never disturbed. */
#include "floor.h"

/* ---- restart ----------------------------------------------------------------------------------------------------- */

struct kept { /* the store, as a sorted array */
    char *key, *value;
    uint32_t key_n, value_n;
    bool merged; /* an interval */
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

static void keep(const struct fc_record *r) {
    static uint8_t merged[FC_TALLY_BYTES_MAX];
    size_t n;
    struct kept *k = kept_find(r->key);
    switch (r->op) {
    case FC_RECORD_PUT: kept_put(r->key, r->value.p, r->value.n); break;
    case FC_RECORD_MERGE:
        assert_int_equal(fc_tally_merge_bytes(k == NULL ? fc_str("") : fc_str_n(k->value, k->value_n), r->value, merged, sizeof merged, &n), FC_OK);
        kept_put(r->key, merged, n);
        kept_find(r->key)->merged = true;
        break;
    case FC_RECORD_FILE:
        kept_put(r->key, r->value.p, r->value.n);
        kept_find(r->key)->merged = true; /* in a table of its own likewise */
        break;
    case FC_RECORD_UNFILE:
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
        if (store[i].merged) continue; /* these live in a table of their own */
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

static void store_and_forget(struct fc_engine **e) {
    fc_engine_checkpoint(*e, take_record, give_record, NULL);
    fc_engine_destroy(*e);
    *e = reborn();
}

/* Who has joined joins once more, which says nothing new, and after a restart it is told that it parted in between: it serves. */
static void a_second_joining_is_known_after_a_restart(void **state) {
    (void)state;
    for (int restarts = 0; restarts < 2; restarts++) {
        struct fc_engine *e = fresh();
        post(e, fc_event_make(FC_JOINED, T0), NULL, "q0", "a0");
        post(e, fc_event_make(FC_OFFERED, T0 + 600 * S), "c", "q1", NULL); /* a minute that turns stores the agent anyway */
        fc_engine_checkpoint(e, take_record, give_record, NULL);
        post(e, fc_event_make(FC_JOINED, T0 + 601 * S), NULL, "q0", "a0");
        if (restarts > 0) store_and_forget(&e);
        post(e, fc_event_make(FC_PARTED, T0 + 300 * S), NULL, "q0", "a0");
        post(e, fc_event_make(FC_OFFERED, T0 + 800 * S), "later", "q1", NULL);
        assert_int_equal(day_of(e, "q0")->v[FC_TALLY_TIME + FC_AGENT_AVAILABLE], (300 + 199) * S);
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
    static const char resolutions[] = {1, 15, 'd'};
    for (int r = 0; r < 3; r++) {
        struct fc_tally sum = {0}, part = {0};
        for (int i = 0; i < stored; i++) {
            if (store[i].key[0] != 'g' || !store[i].merged || store[i].key[1] != resolutions[r]) continue;
            struct fc_mp mp = fc_mp_open(store[i].value, store[i].value_n);
            assert_int_equal(fc_tally_decode(&mp, &part, NULL), FC_OK);
            fc_tally_merge(&sum, &part);
        }
        const struct fc_tally *day = day_of(e, NULL);
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
    start_floor();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restart_changes_nothing),
        cmocka_unit_test(a_second_joining_is_known_after_a_restart),
        cmocka_unit_test(intervals_add_up_to_the_day),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fc_rules_free(rules);
    return failed;
}
