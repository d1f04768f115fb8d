/* Chains against a brute force that reckons all facts from the list of all visits; then what a random day does not
 * reach. */
#include "chains.h"

#include "chain_brute.h"

#define HOUR_US INT64_C(3600000000)
#define DAY_US (24 * HOUR_US)
#define START_US INT64_C(1767225600000000)

/* ---- thousands of customers ------------------------------------------------------------------------------------ */

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define CUSTOMERS 500 /* a sanitizer makes it ten times slower */
#else
#define CUSTOMERS 2500
#endif
#define CONTACTS_MAX 6

struct leg {
    uint32_t customer;
    struct fc_visit truth, known; /* known.offered_us == 0: nothing was put yet */
};

enum what { OFFERED, ANSWERED, OVER, DISPOSED, TOLD };

struct news { /* one thing that becomes known */
    int64_t at_us;
    uint32_t leg;
    enum what what;
};

struct world {
    struct leg *legs;
    uint32_t legs_n;
    struct news *news;
    uint32_t news_n, next;
    int64_t window_us, late_us;
};

static struct fc_chain_key key_of(uint32_t customer) {
    char name[16];
    (void)snprintf(name, sizeof name, "c%u", customer);
    return fc_chain_key_of(FC_STR_LIT("scope"), fc_str(name));
}

static int64_t below(int64_t n) { return (int64_t)(rng() % (uint64_t)n); }
static bool one_in(int64_t n) { return below(n) == 0; }

static void tell(struct world *w, uint32_t leg, enum what what, int64_t ts_us, int64_t later_us) {
    int64_t late_us = one_in(3) ? below(w->late_us + 1) : 0;
    w->news[w->news_n++] = (struct news){.at_us = ts_us + later_us + late_us, .leg = leg, .what = what};
}

/* What the record says once all is known; open ones are told of no end. */
static int64_t make_leg(struct world *w, uint32_t customer, uint64_t root, int64_t offered_us) {
    uint32_t n = w->legs_n++;
    struct fc_visit *v = &w->legs[n].truth;
    w->legs[n].customer = customer;
    *v = (struct fc_visit){.contact = rng(),
                           .root = root,
                           .offered_us = offered_us,
                           .place = {.channel = (uint8_t)below(FC_CHANNEL_COUNT)}};
    if (root == 0) v->root = v->contact;
    v->place.queue = one_in(20) ? NULL : &queues[below(QUEUES)];
    v->over_us = offered_us + (one_in(10) ? 0 : below(one_in(5) ? w->window_us : HOUR_US));
    bool answered = !one_in(4), open = one_in(60);
    tell(w, n, OFFERED, offered_us, 0);
    if (answered) {
        v->answered_us = offered_us + below(v->over_us - offered_us + 1);
        v->place.agent = &agents[below(AGENTS)];
        tell(w, n, ANSWERED, v->answered_us, 0);
    }
    if (!open) tell(w, n, OVER, v->over_us, 0);
    v->disposed = (uint8_t)below(3);
    v->told = (uint8_t)below(3);
    if (v->disposed != 0) tell(w, n, DISPOSED, v->over_us, below(HOUR_US));
    if (v->told != 0) tell(w, n, TOLD, v->over_us, below(w->window_us));
    int64_t over_us = v->over_us;
    if (open) v->over_us = 0;
    return over_us;
}

static int64_t gap(const struct world *w) {
    switch (below(6)) {
    case 0: return w->window_us;
    case 1: return w->window_us - 1;
    case 2: return below(HOUR_US);
    case 3: return w->window_us + below(3 * w->window_us);
    case 4: return -below(HOUR_US); /* while the one before is still on */
    default: return below(w->window_us);
    }
}

static void make_customer(struct world *w, uint32_t customer) {
    int64_t at_us = START_US + below(6 * w->window_us);
    for (int64_t i = 1 + below(one_in(3) ? CONTACTS_MAX : 2); i > 0; i--) {
        int64_t over_us = make_leg(w, customer, 0, at_us);
        uint64_t root = w->legs[w->legs_n - 1].truth.root;
        if (one_in(4)) over_us = make_leg(w, customer, root, over_us + below(HOUR_US) - HOUR_US / 2);
        at_us = over_us + gap(w);
        if (at_us < START_US) at_us = START_US;
    }
}

static int by_time(const void *a, const void *b) {
    const struct news *x = a, *y = b;
    if (x->at_us != y->at_us) return x->at_us < y->at_us ? -1 : 1;
    return x->leg != y->leg ? (x->leg < y->leg ? -1 : 1) : (int)x->what - (int)y->what;
}

static struct world make_world(int64_t window_us, int64_t late_us) {
    struct world w = {.window_us = window_us, .late_us = late_us};
    w.legs = calloc(CUSTOMERS * CONTACTS_MAX * 2, sizeof *w.legs);
    w.news = calloc(CUSTOMERS * CONTACTS_MAX * 2 * 5, sizeof *w.news);
    assert_true(w.legs != NULL && w.news != NULL);
    for (uint32_t i = 0; i < CUSTOMERS; i++) make_customer(&w, i);
    qsort(w.news, w.news_n, sizeof *w.news, by_time);
    return w;
}

static void free_world(struct world *w) {
    free(w->legs);
    free(w->news);
}

/* An answer or end that comes before its offer waits for it, as contacts do. */
static void learn(struct world *w, struct fc_chains *c, const struct news *n) {
    struct leg *leg = &w->legs[n->leg];
    struct fc_visit *k = &leg->known, was;
    const struct fc_visit *t = &leg->truth;
    k->contact = t->contact;
    k->root = t->root;
    k->place.queue = t->place.queue;
    k->place.channel = t->place.channel;
    if (n->what == OFFERED) k->offered_us = t->offered_us;
    if (n->what == ANSWERED) k->place.agent = t->place.agent;
    if (n->what == ANSWERED) k->answered_us = t->answered_us;
    if (n->what == OVER) k->over_us = t->over_us;
    /* A verdict counts only where the visit is still held: it may come long after. */
    bool held = fc_chains_get(c, key_of(leg->customer), t->contact, &was);
    if (n->what == DISPOSED && held) k->disposed = t->disposed;
    if (n->what == TOLD && held) k->told = t->told;
    if (k->offered_us == 0 || (n->what >= DISPOSED && !held)) return;
    assert_true(fc_chains_put(c, key_of(leg->customer), k));
    if (one_in(8)) assert_true(fc_chains_put(c, key_of(leg->customer), k));
}

/* ---- the same, by brute force -------------------------------------------------------------------------------------- */

static void brute_world(struct sums *s, const struct world *w, int64_t window_us, int64_t now_us, int sign) {
    for (uint32_t i = 0; i < w->legs_n;) {
        const struct fc_visit *v[CONTACTS_MAX * 2];
        int n = 0;
        uint32_t customer = w->legs[i].customer;
        for (; i < w->legs_n && w->legs[i].customer == customer; i++)
            if (w->legs[i].known.offered_us != 0) v[n++] = &w->legs[i].known;
        brute(s, v, n, window_us, now_us, sign);
    }
}

static void assert_as_brute_force(struct sums *s, const struct world *w, int64_t window_us, int64_t now_us) {
    brute_world(s, w, window_us, now_us, -1);
    sums_assert_zero(s);
    brute_world(s, w, window_us, now_us, 1);
}

static struct fc_chains *make(struct sums *s, int64_t window_us, int64_t late_us) {
    struct fc_chains *c = fc_chains_create((struct fc_fact_sink){.fact = sums_fact, .ctx = s});
    fc_chains_configure(c, window_us, late_us);
    return c;
}

/* Everything into the store, and a new one out of it. */
static struct fc_chains *restart(struct fc_chains *c, struct shelf *shelf, struct sums *s, int64_t window_us,
                                 int64_t late_us) {
    const struct fc_chains_counters before = *fc_chains_counters(c);
    fc_chains_save(c, &(struct fc_chains_store){.put = shelf_put, .gone = shelf_gone, .ctx = shelf});
    assert_false(fc_chains_dirty(c));
    fc_chains_destroy(c);
    c = make(s, window_us, late_us);
    int64_t facts = s->facts;
    shelf_load(shelf, c);
    assert_int_equal(s->facts, facts);
    assert_int_equal(fc_chains_counters(c)->customers, before.customers);
    assert_int_equal(fc_chains_counters(c)->visits, before.visits);
    assert_false(fc_chains_dirty(c));
    return c;
}

static size_t customers_of(const struct shelf *shelf) {
    const struct fc_chain_key least = fc_chain_key_least();
    size_t n = 0;
    for (size_t i = 0; i < shelf->n; i++) n += memcmp(&shelf->items[i].key, &least, sizeof least) >= 0;
    return n;
}

static void run_world(int64_t window_us, int64_t late_us) {
    struct world w = make_world(window_us, late_us);
    struct sums s = {0};
    struct shelf shelf = {0};
    struct fc_chains *c = make(&s, window_us, late_us);
    int64_t now_us = 0;
    uint32_t every = w.news_n / 12 + 1;
    for (uint32_t i = 0; i < w.news_n; i++) {
        if (!one_in(3)) fc_chains_advance(c, now_us = w.news[i].at_us);
        learn(&w, c, &w.news[i]);
        if (i % every == 0) assert_as_brute_force(&s, &w, window_us, now_us);
        if (i % every == every / 2) c = restart(c, &shelf, &s, window_us, late_us);
        if (i % 97 == 0) fc_chains_save(c, &(struct fc_chains_store){.put = shelf_put, .gone = shelf_gone, .ctx = &shelf});
    }
    fc_chains_advance(c, now_us = w.news[w.news_n - 1].at_us + window_us);
    assert_as_brute_force(&s, &w, window_us, now_us);
    fc_chains_advance(c, now_us += 3 * window_us + late_us);
    assert_as_brute_force(&s, &w, window_us, now_us);
    c = restart(c, &shelf, &s, window_us, late_us);
    /* Only who has something open is still held. */
    const struct fc_chains_counters *k = fc_chains_counters(c);
    assert_true(k->customers > 0 && k->customers < CUSTOMERS / 4 && (size_t)k->customers == customers_of(&shelf));
    assert_int_equal(k->too_late + k->folded + k->crowded, 0);
    printf("window %lld h: %u visits, %lld facts, %lld customers held at the end\n", (long long)(window_us / HOUR_US),
           w.legs_n, (long long)s.facts, (long long)k->customers);
    fc_chains_destroy(c);
    shelf_free(&shelf);
    sums_free(&s);
    free_world(&w);
}

static void the_sum_of_all_facts_is_the_brute_force(void **state) {
    (void)state;
    run_world(168 * HOUR_US, HOUR_US);
    run_world(HOUR_US, HOUR_US);
    run_world(720 * HOUR_US, 10 * DAY_US);
    run_world(24 * HOUR_US, 0);
}

static void another_window_derives_all_anew(void **state) {
    (void)state;
    static const int64_t windows[] = {24 * HOUR_US, HOUR_US, 720 * HOUR_US, 168 * HOUR_US};
    struct world w = make_world(168 * HOUR_US, 0);
    struct sums s = {0};
    struct shelf shelf = {0};
    struct fc_chains *c = make(&s, windows[3], 1000 * DAY_US); /* nothing is forgotten */
    int64_t now_us = w.news[w.news_n / 2].at_us;
    fc_chains_advance(c, now_us);
    for (uint32_t i = 0; i < w.news_n; i++) learn(&w, c, &w.news[i]);
    for (int i = 0; i < 4; i++) {
        fc_chains_configure(c, windows[i], 1000 * DAY_US);
        assert_as_brute_force(&s, &w, windows[i], now_us);
        fc_chains_advance(c, now_us += 10 * DAY_US);
        assert_as_brute_force(&s, &w, windows[i], now_us);
        /* Configured while it was down: what is stored was counted under the old one until time goes on. */
        int64_t other = windows[(i + 2) % 4];
        c = restart(c, &shelf, &s, other, 1000 * DAY_US);
        assert_as_brute_force(&s, &w, windows[i], now_us);
        fc_chains_advance(c, now_us);
        assert_as_brute_force(&s, &w, other, now_us);
    }
    fc_chains_destroy(c);
    shelf_free(&shelf);
    sums_free(&s);
    free_world(&w);
}

/* ---- to the microsecond ---------------------------------------------------------------------------------------- */

static struct fc_visit visit(uint64_t id, int64_t offered_us, int64_t answered_us, int64_t over_us) {
    return (struct fc_visit){.contact = id,
                             .root = id,
                             .offered_us = offered_us,
                             .answered_us = answered_us,
                             .over_us = over_us,
                             .place = {.queue = &queues[0], .agent = answered_us != 0 ? &agents[0] : NULL}};
}

static void a_gap_of_exactly_the_window_begins_a_chain(void **state) {
    (void)state;
    for (int64_t short_us = 0; short_us < 2; short_us++) {
        struct sums s = {0};
        struct fc_chains *c = make(&s, DAY_US, HOUR_US);
        struct fc_visit a = visit(1, START_US, START_US + 5, START_US + 10),
                        b = visit(2, START_US + 10 + DAY_US - short_us, 0, 0);
        b.answered_us = b.offered_us + 1;
        b.over_us = b.offered_us + 2;
        assert_true(fc_chains_put(c, key_of(1), &a));
        assert_true(fc_chains_put(c, key_of(1), &b));
        assert_int_equal(sums_total(&s, FC_TALLY_chain_n), 2 - short_us);
        assert_int_equal(sums_total(&s, FC_TALLY_chain_once), 2 - 2 * short_us);
        assert_int_equal(sums_value(&s, FC_TALLY_journey_n), short_us == 0 ? 10 + 2 : 10 + DAY_US - 1 + 2);
        fc_chains_destroy(c);
        sums_free(&s);
    }
}

static void final_and_forgotten_to_the_microsecond(void **state) {
    (void)state;
    struct sums s = {0};
    struct fc_chains *c = make(&s, DAY_US, HOUR_US);
    const int64_t end_us = START_US + 123456789;
    struct fc_visit a = visit(1, START_US, START_US + 5, end_us), open = visit(2, START_US, 0, 0);
    assert_true(fc_chains_put(c, key_of(1), &a));
    assert_true(fc_chains_put(c, key_of(2), &open));
    fc_chains_advance(c, end_us + DAY_US - 1);
    assert_int_equal(sums_total(&s, FC_TALLY_chain_final_n), 0);
    fc_chains_advance(c, end_us + DAY_US);
    assert_int_equal(sums_total(&s, FC_TALLY_chain_final_once), 1);
    fc_chains_advance(c, end_us + DAY_US + HOUR_US - 1);
    assert_int_equal(fc_chains_counters(c)->visits, 2);
    fc_chains_advance(c, end_us + DAY_US + HOUR_US);
    assert_int_equal(fc_chains_counters(c)->customers, 1); /* the open one */
    assert_int_equal(fc_chains_counters(c)->forgotten, 1);
    assert_false(fc_chains_put(c, key_of(1), &a));
    assert_int_equal(fc_chains_counters(c)->too_late, 1);
    assert_int_equal(sums_total(&s, FC_TALLY_chain_n), 1);
    fc_chains_destroy(c);
    sums_free(&s);
}

/* ---- a customer who is many ------------------------------------------------------------------------------------ */

static void hundreds_of_contacts_are_folded_and_count_the_same(void **state) {
    (void)state;
    enum { N = 1500 };
    static struct fc_visit all[N];
    const struct fc_visit *list[N];
    struct sums s = {0};
    struct fc_chains *c = make(&s, DAY_US, HOUR_US);
    int64_t at_us = START_US;
    for (int i = 0; i < N; i++) {
        int64_t wait_us = below(100000), over_us = at_us + wait_us + below(60000000);
        all[i] = visit((uint64_t)i + 1, at_us, one_in(3) ? 0 : at_us + wait_us, over_us);
        all[i].root = i > 0 && one_in(5) ? all[i - 1].root : all[i].contact;
        list[i] = &all[i];
        assert_true(fc_chains_put(c, key_of(7), &all[i]));
        assert_true(fc_chains_counters(c)->visits <= FC_CHAIN_VISITS_FOLD + 1);
        at_us = over_us + (i % 400 == 399 ? 2 * DAY_US : below(60000000));
    }
    assert_true(fc_chains_counters(c)->folded > N / 2);
    fc_chains_advance(c, at_us + DAY_US - HOUR_US);
    brute(&s, list, N, DAY_US, at_us + DAY_US - HOUR_US, -1);
    sums_assert_zero(&s);
    fc_chains_destroy(c);
    sums_free(&s);
}

/* Unanswered ones before the only answer are another matter than those after it, also when all of them are folded. */
static void what_is_folded_keeps_its_side_of_the_first_answer(void **state) {
    (void)state;
    for (int after = 0; after < 2; after++) {
        struct sums s = {0};
        struct fc_chains *c = make(&s, DAY_US, HOUR_US);
        for (int i = 0; i < 160; i++) {
            int64_t at_us = START_US + i * INT64_C(1000000) + (i < 80 ? 0 : 2 * DAY_US);
            struct fc_visit v = visit((uint64_t)i + 1, at_us, i == (after ? 40 : 79) ? at_us + 1 : 0, at_us + 2);
            assert_true(fc_chains_put(c, key_of(1), &v));
        }
        assert_true(fc_chains_counters(c)->folded > 60);
        assert_int_equal(sums_total(&s, FC_TALLY_chain_once), 1 - after);
        fc_chains_advance(c, START_US + 3 * DAY_US / 2); /* derives what is left */
        assert_int_equal(sums_total(&s, FC_TALLY_chain_n), 1);
        assert_int_equal(sums_total(&s, FC_TALLY_chain_final_once), 1 - after);
        assert_int_equal(sums_value(&s, FC_TALLY_journey_n), (after ? 40 : 79) * INT64_C(1000000) + 2);
        fc_chains_destroy(c);
        sums_free(&s);
    }
}

static void too_many_open_ones_are_refused_and_counted(void **state) {
    (void)state;
    struct sums s = {0};
    struct fc_chains *c = make(&s, DAY_US, HOUR_US);
    for (uint64_t i = 0; i < FC_CHAIN_VISITS_MAX; i++) {
        struct fc_visit v = visit(i + 1, START_US + (int64_t)i, 0, 0);
        assert_true(fc_chains_put(c, key_of(1), &v));
    }
    struct fc_visit v = visit(9999, START_US + DAY_US, 0, 0), first = visit(1, START_US, START_US + 1, 0);
    assert_false(fc_chains_put(c, key_of(1), &v));
    assert_int_equal(fc_chains_counters(c)->crowded, 1);
    assert_true(fc_chains_put(c, key_of(1), &first)); /* known ones are still heard */
    assert_int_equal(sums_total(&s, FC_TALLY_chain_n), 1);
    struct shelf shelf = {0};
    c = restart(c, &shelf, &s, DAY_US, HOUR_US);
    fc_chains_destroy(c);
    shelf_free(&shelf);
    sums_free(&s);
}

/* ---- bytes ----------------------------------------------------------------------------------------------------- */

/* All records up to the i-th. */
static struct fc_chains *load_before(const struct shelf *shelf, size_t i, struct sums *s) {
    struct fc_chains *c = make(s, DAY_US, HOUR_US);
    for (size_t k = 0; k < i; k++) {
        const struct item *it = &shelf->items[k];
        assert_int_equal(fc_chains_load(c, it->key, fc_str_n(it->bytes, it->n), &resolver, NULL), FC_OK);
    }
    return c;
}

static void load_bad(const struct shelf *shelf, size_t i, struct sums *s) {
    const struct item *it = &shelf->items[i];
    for (uint32_t n = 0; n < it->n; n++) { /* cut off */
        struct fc_chains *c = load_before(shelf, i, s);
        struct fc_error err = {0};
        assert_int_equal(fc_chains_load(c, it->key, fc_str_n(it->bytes, n), &resolver, &err), FC_INVALID);
        assert_non_null(strstr(err.text, "byte "));
        assert_int_equal(fc_chains_counters(c)->customers, 0);
        fc_chains_destroy(c);
    }
    for (int k = 0; k < 700; k++) { /* altered: refused, or something that can be held */
        struct fc_chains *c = load_before(shelf, i, s);
        char copy[512];
        memcpy(copy, it->bytes, it->n);
        copy[below(it->n)] = (char)rng();
        enum fc_status st = fc_chains_load(c, it->key, fc_str_n(copy, it->n), &resolver, NULL);
        assert_true(st == FC_OK || (st == FC_INVALID && fc_chains_counters(c)->visits == 0));
        fc_chains_advance(c, START_US + 1000 * DAY_US);
        fc_chains_destroy(c);
    }
}

static void bad_bytes_are_refused(void **state) {
    (void)state;
    struct sums s = {0};
    struct shelf shelf = {0};
    struct fc_chains *c = make(&s, DAY_US, HOUR_US);
    struct fc_visit a = visit(1, START_US, START_US + 5, 0), b = visit(UINT64_MAX, START_US, 0, START_US + 99);
    b.root = 1;
    assert_true(fc_chains_put(c, key_of(1), &a));
    assert_true(fc_chains_put(c, key_of(1), &b));
    fc_chains_advance(c, START_US + HOUR_US);
    fc_chains_save(c, &(struct fc_chains_store){.put = shelf_put, .gone = shelf_gone, .ctx = &shelf});
    fc_chains_destroy(c);
    assert_int_equal(shelf.n, 4); /* now, a queue, an agent, the customer */
    qsort(shelf.items, shelf.n, sizeof *shelf.items, by_key);
    for (size_t i = 0; i < shelf.n; i++) load_bad(&shelf, i, &s);
    c = make(&s, DAY_US, HOUR_US);
    shelf_load(&shelf, c);
    for (size_t i = 0; i < shelf.n; i++) /* a second time, or not in the order of keys */
        assert_int_equal(
            fc_chains_load(c, shelf.items[i].key, fc_str_n(shelf.items[i].bytes, shelf.items[i].n), &resolver, NULL),
            FC_INVALID);
    struct fc_visit back;
    assert_true(fc_chains_get(c, key_of(1), UINT64_MAX, &back));
    assert_true(back.root == 1 && back.over_us == START_US + 99 && back.place.queue == &queues[0] &&
                back.place.agent == NULL);
    assert_false(fc_chains_get(c, key_of(1), 2, &back));
    fc_chains_destroy(c);
    shelf_free(&shelf);
    sums_free(&s);
}

/* Names must come in order, each once, and before what uses their number. */
static void numbers_without_their_names_are_refused(void **state) {
    (void)state;
    struct sums s = {0};
    struct shelf shelf = {0};
    struct fc_chains *c = make(&s, DAY_US, HOUR_US);
    struct fc_visit a = visit(1, START_US, START_US + 5, 0);
    assert_true(fc_chains_put(c, key_of(1), &a));
    a.contact = a.root = 2;
    a.place.queue = &queues[1];
    assert_true(fc_chains_put(c, key_of(1), &a));
    fc_chains_save(c, &(struct fc_chains_store){.put = shelf_put, .gone = shelf_gone, .ctx = &shelf});
    fc_chains_destroy(c);
    assert_int_equal(shelf.n, 5);
    qsort(shelf.items, shelf.n, sizeof *shelf.items, by_key);
    for (size_t left_out = 1; left_out < 4; left_out++) { /* queue 1, queue 2, agent 1 */
        enum fc_status st = FC_OK;
        c = make(&s, DAY_US, HOUR_US);
        for (size_t i = 0; i < shelf.n && st == FC_OK; i++) {
            const struct item *it = &shelf.items[i];
            if (i != left_out) st = fc_chains_load(c, it->key, fc_str_n(it->bytes, it->n), &resolver, NULL);
        }
        assert_int_equal(st, FC_INVALID);
        assert_int_equal(fc_chains_counters(c)->customers, 0);
        fc_chains_destroy(c);
    }
    c = load_before(&shelf, 2, &s); /* queue 2 by the name of queue 1 */
    assert_int_equal(
        fc_chains_load(c, shelf.items[2].key, fc_str_n(shelf.items[1].bytes, shelf.items[1].n), &resolver, NULL),
        FC_INVALID);
    assert_int_equal(fc_chains_load(c, shelf.items[2].key, fc_str_n(shelf.items[2].bytes, shelf.items[2].n), NULL, NULL),
                     FC_INVALID); /* names, but nobody who knows them */
    fc_chains_destroy(c);
    shelf_free(&shelf);
    sums_free(&s);
}

static void keys_are_as_stored(void **state) {
    (void)state;
    static const uint8_t want[16] = {0xd2, 0x3a, 0x9e, 0xb6, 0x20, 0x17, 0x65, 0x5f,
                                     0x42, 0x45, 0xdd, 0xa5, 0xf8, 0x59, 0x17, 0xa2};
    struct fc_chain_key key = fc_chain_key_of(FC_STR_LIT("sales"), FC_STR_LIT("+4930123")); /* by another BLAKE2b */
    assert_memory_equal(key.b, want, sizeof want);
    struct fc_chain_key a = fc_chain_key_of(FC_STR_LIT("ab"), FC_STR_LIT("c")),
                        b = fc_chain_key_of(FC_STR_LIT("a"), FC_STR_LIT("bc"));
    assert_memory_not_equal(a.b, b.b, sizeof a.b);
    assert_true(fc_chain_hash(FC_STR_LIT("contact-1")) == UINT64_C(0x5ab070340768cf6c)); /* by another SipHash */
}

int main(void) {
    rng_seed(20260301);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_of_all_facts_is_the_brute_force),
        cmocka_unit_test(another_window_derives_all_anew),
        cmocka_unit_test(a_gap_of_exactly_the_window_begins_a_chain),
        cmocka_unit_test(final_and_forgotten_to_the_microsecond),
        cmocka_unit_test(hundreds_of_contacts_are_folded_and_count_the_same),
        cmocka_unit_test(what_is_folded_keeps_its_side_of_the_first_answer),
        cmocka_unit_test(too_many_open_ones_are_refused_and_counted),
        cmocka_unit_test(bad_bytes_are_refused),
        cmocka_unit_test(numbers_without_their_names_are_refused),
        cmocka_unit_test(keys_are_as_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
