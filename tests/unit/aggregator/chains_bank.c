/* A month of a real call centre: first-contact resolution and journey per queue as reckoned independently
 * (data/bank1999). */
#include "chains.h"
#include "event.h"

#include "chain_sums.h"

#include <jansson.h>
#include <zlib.h>

#define OPEN_SLOTS (1u << 18)

struct call {
    struct fc_visit visit;
    struct fc_chain_key key;
};

struct replay {
    struct fc_chains *chains;
    struct call *calls; /* by the contact's hash; contact 0: free */
    int64_t visits;
};

static struct call *call_of(struct replay *r, struct fc_str contact) {
    uint64_t hash = fc_chain_hash(contact);
    uint64_t i = hash & (OPEN_SLOTS - 1);
    while (r->calls[i].visit.contact != 0 && r->calls[i].visit.contact != hash) i = (i + 1) & (OPEN_SLOTS - 1);
    return &r->calls[i];
}

static void apply(struct replay *r, const struct fc_event *ev) {
    struct call *c = call_of(r, ev->contact);
    fc_chains_advance(r->chains, ev->ts);
    if (ev->kind == FC_OFFERED) {
        if (ev->customer.n == 0) return;
        c->visit = (struct fc_visit){.contact = fc_chain_hash(ev->contact),
                                     .offered_us = ev->ts,
                                     .place = {.queue = queue_named(NULL, ev->queue)}};
        c->visit.root = c->visit.contact;
        c->key = fc_chain_key_of((struct fc_str){0}, ev->customer);
        r->visits++;
    }
    if (c->visit.contact == 0) return;
    if (ev->kind == FC_ANSWERED) {
        c->visit.answered_us = ev->ts;
        c->visit.place.agent = agent_named(NULL, ev->agent);
    }
    if (ev->kind == FC_LEFT || ev->kind == FC_ENDED) c->visit.over_us = ev->ts;
    assert_true(fc_chains_put(r->chains, c->key, &c->visit));
}

static void replay_file(struct replay *r) {
    char line[4096];
    uint8_t bytes[4096];
    int events = 0;
    gzFile f = gzopen(FC_TEST_DATA "/bank1999/bank-january.ndjson.gz", "rb");
    assert_non_null(f);
    while (gzgets(f, line, sizeof line) != NULL) {
        size_t n = 0;
        struct fc_event ev;
        assert_int_equal(fc_event_json_to_mp(line, strlen(line), bytes, sizeof bytes, &n, NULL), FC_OK);
        struct fc_mp mp = fc_mp_open(bytes, n);
        assert_int_equal(fc_event_decode(&mp, &ev, NULL), FC_OK);
        apply(r, &ev);
        events++;
    }
    assert_int_equal(gzclose(f), Z_OK);
    assert_int_equal(events, 87382);
}

/* NULL: all queues. */
static int64_t total(const struct sums *s, const struct fc_queue *queue, int count, bool value) {
    int64_t n = 0;
    for (size_t i = 0; i < s->cap; i++)
        if (s->at[i].used && s->at[i].count == count && (queue == NULL || s->at[i].place.queue == queue))
            n += value ? s->at[i].value : s->at[i].n;
    return n;
}

static void compare(const struct sums *s, const char *name, const json_t *expected) {
    const struct fc_queue *queue = strcmp(name, "all") == 0 ? NULL : queue_named(NULL, fc_str(name));
    const json_t *fcr = json_object_get(expected, "fcr"), *journey = json_object_get(expected, "journey_ms");
    int64_t n = total(s, queue, FC_TALLY_chain_n, false), once = total(s, queue, FC_TALLY_chain_once, false);
    int64_t want_n = json_integer_value(json_object_get(fcr, "n"));
    int64_t want_once = (int64_t)(json_number_value(json_object_get(fcr, "value")) * (double)want_n + 0.5);
    assert_int_equal(n, want_n);
    assert_int_equal(once, want_once);
    int64_t journeys = total(s, queue, FC_TALLY_journey_n, false), us = total(s, queue, FC_TALLY_journey_n, true);
    assert_int_equal(journeys, n); /* all who were answered hung up */
    printf("%-4s %lld/%lld, mean journey %lld ms\n", name, (long long)once, (long long)n,
           (long long)(n == 0 ? 0 : us / 1000 / n));
    if (journeys > 0)
        assert_in_range(us / 1000 / journeys + 1 - json_integer_value(journey), 0, 1); /* rounded, or cut */
    else assert_true(json_is_null(journey));
}

static void a_real_month_gives_the_independent_figures(void **state) {
    (void)state;
    struct sums s = {0};
    struct replay r = {.chains = fc_chains_create((struct fc_fact_sink){.fact = sums_fact, .ctx = &s})};
    r.calls = calloc(OPEN_SLOTS, sizeof *r.calls);
    assert_non_null(r.calls);
    fc_chains_configure(r.chains, 168 * FC_CHAIN_WINDOW_US_MIN, FC_CHAIN_WINDOW_US_MIN);
    replay_file(&r);
    json_t *root = json_load_file(FC_TEST_DATA "/bank1999/bank-january.expected.json", 0, NULL), *expected;
    assert_non_null(root);
    const char *name;
    int compared = 0;
    json_object_foreach(root, name, expected) {
        if (strcmp(name, "agents") == 0) continue;
        compare(&s, name, expected);
        compared++;
    }
    json_decref(root);
    assert_int_equal(compared, 7);
    /* In the end all of it is final, and nobody is held. */
    int64_t n = total(&s, NULL, FC_TALLY_chain_n, false);
    assert_true(total(&s, NULL, FC_TALLY_chain_final_n, false) < n);
    fc_chains_advance(r.chains, INT64_C(918000000000000) + 169 * FC_CHAIN_WINDOW_US_MIN);
    assert_int_equal(total(&s, NULL, FC_TALLY_chain_final_n, false), n);
    assert_int_equal(total(&s, NULL, FC_TALLY_chain_final_once, false), total(&s, NULL, FC_TALLY_chain_once, false));
    assert_int_equal(fc_chains_counters(r.chains)->customers, 0);
    assert_int_equal(fc_chains_counters(r.chains)->forgotten + fc_chains_counters(r.chains)->folded,
                     r.visits); /* one calls very often */
    fc_chains_destroy(r.chains);
    sums_free(&s);
    free(r.calls);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_real_month_gives_the_independent_figures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
