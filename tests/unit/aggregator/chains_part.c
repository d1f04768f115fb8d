/* Customers loaded by halves, one into a part, are those loaded one after the other: whatever comes next, the facts are the same. */
#include "chain_sums.h"

#define HOUR_US INT64_C(3600000000)
#define START_US INT64_C(1767225600000000)
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define CUSTOMERS 25000u /* a sanitizer makes it ten times slower */
#else
#define CUSTOMERS 60000u /* more than a block of records in either half */
#endif

struct book { /* what was saved; a shelf looks for each key, this is for one save of many */
    struct item *items;
    size_t n, cap;
};

static void book_put(void *ctx, struct fc_chain_key key, struct fc_str bytes) {
    struct book *b = ctx;
    if (b->n == b->cap) {
        b->cap = b->cap == 0 ? 1024 : 2 * b->cap;
        b->items = realloc(b->items, b->cap * sizeof *b->items);
        assert_non_null(b->items);
    }
    struct item *it = &b->items[b->n++];
    *it = (struct item){.key = key, .bytes = malloc(bytes.n), .n = bytes.n};
    assert_non_null(it->bytes);
    memcpy(it->bytes, bytes.p, bytes.n);
}

static void never_gone(void *ctx, struct fc_chain_key key) {
    (void)ctx;
    (void)key;
    fail_msg("nothing is old enough to go");
}

static void book_free(struct book *b) {
    for (size_t i = 0; i < b->n; i++) free(b->items[i].bytes);
    free(b->items);
}

static void against(void *ctx, const struct fc_place *place, const struct fc_fact *f) {
    struct fc_fact taken = *f;
    taken.sign = (int8_t)-f->sign;
    sums_add(ctx, place, &taken);
}

static struct fc_chain_key key_of(uint32_t customer) {
    char name[16];
    (void)snprintf(name, sizeof name, "c%u", customer);
    return fc_chain_key_of(FC_STR_LIT("scope"), fc_str(name));
}

static struct fc_visit a_visit(uint64_t contact, int64_t offered_us) {
    struct fc_visit v = {.contact = contact, .root = contact, .offered_us = offered_us, .over_us = offered_us + 90000000};
    v.place.queue = &queues[contact % QUEUES];
    if (contact % 4 != 0) {
        v.answered_us = offered_us + 5000000;
        v.place.agent = &agents[contact % AGENTS];
    }
    return v;
}

static void forget_facts(void *ctx, const struct fc_place *place, const struct fc_fact *f) {
    (void)ctx;
    (void)place;
    (void)f;
}

static struct fc_chains *make(void (*fact)(void *ctx, const struct fc_place *place, const struct fc_fact *f), void *ctx) {
    struct fc_chains *c = fc_chains_create((struct fc_fact_sink){.fact = fact, .ctx = ctx});
    fc_chains_configure(c, 24 * HOUR_US, HOUR_US);
    return c;
}

static void fill(struct book *book) {
    struct fc_chains *c = make(forget_facts, NULL);
    for (uint32_t i = 0; i < CUSTOMERS; i++)
        for (uint32_t k = 0; k <= (i % 3 == 0 ? 1u : 0u) + (i % 7 == 0 ? 3u : 0u); k++) { /* one, two, four or five visits */
            struct fc_visit v = a_visit(rng(), START_US + (int64_t)(rng() % (uint64_t)(12 * HOUR_US)));
            assert_true(fc_chains_put(c, key_of(i), &v));
        }
    fc_chains_advance(c, START_US + 13 * HOUR_US);
    fc_chains_save(c, &(struct fc_chains_store){.put = book_put, .gone = never_gone, .ctx = book});
    fc_chains_destroy(c);
    qsort(book->items, book->n, sizeof *book->items, by_key);
}

static void load(struct fc_chains *c, const struct item *it, bool named) {
    struct fc_error err = {0};
    if (fc_chains_load(c, it->key, fc_str_n(it->bytes, it->n), named ? &resolver : NULL, &err) != FC_OK) fail_msg("%s", err.text);
}

static size_t first_of_slice(const struct book *b, int slice) {
    size_t i = 0;
    while (i < b->n && b->items[i].key.b[0] < slice) i++;
    return i;
}

/* Names and the slices below `meet` into c, the others from the top into a part, as a start does. */
static void load_by_halves(struct fc_chains *c, const struct book *b, int meet) {
    struct fc_chain_key least = fc_chain_key_least();
    size_t i = 0;
    for (; i < b->n && memcmp(&b->items[i].key, &least, sizeof least) < 0; i++) load(c, &b->items[i], true);
    struct fc_chains *part = fc_chains_part(c);
    for (size_t k = i; k < b->n && b->items[k].key.b[0] < meet; k++) load(c, &b->items[k], false);
    for (int slice = 255; slice >= meet; slice--)
        for (size_t k = slice == 0 ? i : first_of_slice(b, slice); k < b->n && b->items[k].key.b[0] == slice; k++) load(part, &b->items[k], false);
    fc_chains_loaded(c, part);
}

/* News of known customers and of others; old ones are forgotten as time goes on. */
static void live_on(struct fc_chains *c, uint64_t seed) {
    rng_state = seed;
    for (int hour = 14; hour < 60; hour++) {
        for (int i = 0; i < 2000; i++) {
            struct fc_visit v = a_visit(rng(), START_US + hour * HOUR_US - (int64_t)(rng() % (uint64_t)HOUR_US));
            assert_true(fc_chains_put(c, key_of((uint32_t)(rng() % (2 * CUSTOMERS))), &v));
        }
        fc_chains_advance(c, START_US + hour * HOUR_US);
    }
}

static void halves_are_the_whole(void **state) {
    (void)state;
    struct book book = {0};
    fill(&book);
    for (int meet = 0; meet <= 256; meet += 128) {
        struct sums sums = {0};
        uint64_t seed = rng();
        struct fc_chains *whole = make(sums_fact, &sums), *halves = make(against, &sums);
        for (size_t i = 0; i < book.n; i++) load(whole, &book.items[i], true);
        fc_chains_loaded(whole, NULL);
        load_by_halves(halves, &book, meet);
        assert_int_equal(fc_chains_counters(halves)->customers, CUSTOMERS);
        assert_int_equal(fc_chains_counters(halves)->visits, fc_chains_counters(whole)->visits);
        live_on(whole, seed);
        live_on(halves, seed);
        assert_true(sums.facts > 10000);
        sums_assert_zero(&sums);
        assert_int_equal(fc_chains_counters(halves)->customers, fc_chains_counters(whole)->customers);
        assert_int_equal(fc_chains_counters(halves)->forgotten, fc_chains_counters(whole)->forgotten);
        assert_true(fc_chains_counters(whole)->forgotten > CUSTOMERS);
        fc_chains_destroy(whole);
        fc_chains_destroy(halves);
        sums_free(&sums);
        rng_state = seed;
    }
    book_free(&book);
}

/* A part has to be in order too, within a slice. */
static void a_slice_is_in_order(void **state) {
    (void)state;
    struct book book = {0};
    fill(&book);
    struct fc_chains *c = make(forget_facts, NULL);
    size_t i = first_of_slice(&book, 1);
    for (size_t k = 0; k < i; k++) load(c, &book.items[k], true);
    struct fc_chains *part = fc_chains_part(c);
    const struct item *it = &book.items[i];
    load(part, it + 1, false);
    assert_int_equal(it[0].key.b[0], it[1].key.b[0]);
    assert_int_equal(fc_chains_load(part, it->key, fc_str_n(it->bytes, it->n), NULL, NULL), FC_INVALID);
    fc_chains_loaded(c, part);
    fc_chains_destroy(c);
    book_free(&book);
}

int main(void) {
    rng_seed(20261124);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_are_the_whole),
        cmocka_unit_test(a_slice_is_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
