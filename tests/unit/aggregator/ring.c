/* The ring: its edges on one thread, and every element once and in order between two (ThreadSanitizer watches). */
#include "ring.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void refuses_when_full_and_when_empty(void **state) {
    (void)state;
    struct fc_ring r;
    uint64_t v = 0;
    assert_int_equal(fc_ring_init(&r, 3, sizeof v, NULL), FC_OK); /* rounded up to 4 */
    for (int lap = 0; lap < 5; lap++) {
        assert_true(fc_ring_is_empty(&r));
        assert_false(FC_RING_POP(&r, &v));
        for (v = 10; v < 14; v++) assert_true(FC_RING_PUSH(&r, &v));
        assert_false(FC_RING_PUSH(&r, &v));
        assert_false(fc_ring_is_empty(&r));
        for (uint64_t want = 10; want < 14; want++) {
            assert_true(FC_RING_POP(&r, &v));
            assert_int_equal(v, want);
        }
        v = 99; /* so that every lap begins at another slot */
        assert_true(FC_RING_PUSH(&r, &v));
        assert_true(FC_RING_POP(&r, &v));
    }
    fc_ring_fini(&r);
}

static void capacity_one_works(void **state) {
    (void)state;
    struct fc_ring r;
    char c = 'a';
    assert_int_equal(fc_ring_init(&r, 1, 1, NULL), FC_OK);
    for (int i = 0; i < 10; i++) {
        assert_true(FC_RING_PUSH(&r, &c));
        assert_false(FC_RING_PUSH(&r, &c));
        assert_true(FC_RING_POP(&r, &c));
        assert_false(FC_RING_POP(&r, &c));
    }
    fc_ring_fini(&r);
}

static void batches_wrap_and_are_cut_to_fit(void **state) {
    (void)state;
    struct fc_ring r;
    uint32_t in[16], out[16], next_in = 0, next_out = 0;
    assert_int_equal(fc_ring_init(&r, 8, sizeof *in, NULL), FC_OK);
    for (uint32_t round = 0; round < 200; round++) {
        uint32_t want = round % 12;
        for (uint32_t i = 0; i < want; i++) in[i] = next_in + i;
        uint32_t held = next_in - next_out, room = 8 - held;
        uint32_t pushed = fc_ring_push_n(&r, in, want, sizeof *in);
        assert_int_equal(pushed, want < room ? want : room);
        next_in += pushed;
        uint32_t got = fc_ring_pop_n(&r, out, round % 5, sizeof *out);
        for (uint32_t i = 0; i < got; i++) assert_int_equal(out[i], next_out++);
    }
    uint32_t rest = fc_ring_pop_n(&r, out, 16, sizeof *out);
    for (uint32_t i = 0; i < rest; i++) assert_int_equal(out[i], next_out++);
    assert_int_equal(next_out, next_in);
    assert_true(fc_ring_is_empty(&r));
    fc_ring_fini(&r);
}

struct slot { /* as large as a cache line, all of it written by the producer */
    uint64_t word[8];
};

struct pair {
    struct fc_ring ring;
    uint64_t count;
    uint64_t seed;
    uint32_t most; /* elements a call; 1: only the single forms */
    /* Memory that is not the ring's but handed over by it, in plain stores and loads, which ThreadSanitizer sees (the
     * copies into slots it may not: the compiler makes them vector moves). Cell i belongs to element i. */
    uint64_t *there; /* producer writes before the push, consumer reads after the pop */
    uint64_t *back;  /* consumer writes before its next pop, producer reads once that has made room */
};

#define MOST 32

static uint64_t rng(uint64_t *s) {
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* Element j could be pushed, so j - capacity was popped, and what was popped in earlier calls was answered before that. */
static void expect_answered(struct pair *p, uint64_t j) {
    uint64_t behind = p->ring.mask + 1 + MOST;
    if (j >= behind && p->back[j - behind] != j - behind + 1) fail_msg("element %llu was not answered", (unsigned long long)(j - behind));
}

static void *produce(void *arg) {
    struct pair *p = arg;
    uint64_t seed = p->seed;
    struct slot s[MOST];
    for (uint64_t i = 0; i < p->count;) {
        uint32_t n = 1 + (uint32_t)(rng(&seed) % p->most);
        if (n > p->count - i) n = (uint32_t)(p->count - i);
        for (uint32_t k = 0; k < n; k++) {
            p->there[i + k] = i + k;
            for (int w = 0; w < 8; w++) s[k].word[w] = i + k;
        }
        uint32_t pushed = n == 1 ? (uint32_t)FC_RING_PUSH(&p->ring, &s[0]) : fc_ring_push_n(&p->ring, s, n, sizeof *s);
        if (pushed == 0) sched_yield();
        else expect_answered(p, i + pushed - 1);
        i += pushed;
    }
    return NULL;
}

static void expect_element(struct pair *p, const struct slot *s, uint64_t want) {
    for (int w = 0; w < 8; w++)
        if (s->word[w] != want) fail_msg("element %llu holds %llu", (unsigned long long)want, (unsigned long long)s->word[w]);
    if (p->there[want] != want) fail_msg("what element %llu hands over is not there", (unsigned long long)want);
    p->back[want] = want + 1;
}

static void two_threads_lose_and_repeat_nothing(void **state) {
    (void)state;
    static const struct {
        uint32_t capacity, most;
        uint64_t count;
    } runs[] = {{1, 1, 20000}, {2, MOST, 20000}, {64, 1, 100000}, {64, MOST, 300000}};
    for (int c = 0; c < 4; c++) {
        struct pair *p = aligned_alloc(FC_RING_LINE, sizeof *p + FC_RING_LINE - sizeof *p % FC_RING_LINE);
        assert_non_null(p);
        p->count = runs[c].count;
        p->most = runs[c].most;
        p->seed = UINT64_C(88172645463325252) + (uint64_t)c;
        assert_int_equal(fc_ring_init(&p->ring, runs[c].capacity, sizeof(struct slot), NULL), FC_OK);
        p->there = calloc(p->count, sizeof *p->there);
        p->back = calloc(p->count, sizeof *p->back);
        assert_true(p->there != NULL && p->back != NULL);
        pthread_t producer;
        assert_int_equal(pthread_create(&producer, NULL, produce, p), 0);
        struct slot s[MOST];
        uint64_t seed = p->seed * 3;
        for (uint64_t want = 0; want < p->count;) {
            uint32_t n = 1 + (uint32_t)(rng(&seed) % p->most);
            uint32_t got = n == 1 ? (uint32_t)FC_RING_POP(&p->ring, &s[0]) : fc_ring_pop_n(&p->ring, s, n, sizeof *s);
            if (got == 0) sched_yield();
            for (uint32_t k = 0; k < got; k++) expect_element(p, &s[k], want++);
        }
        assert_int_equal(pthread_join(producer, NULL), 0);
        assert_true(fc_ring_is_empty(&p->ring));
        fc_ring_fini(&p->ring);
        free(p->there);
        free(p->back);
        free(p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_when_full_and_when_empty),
        cmocka_unit_test(capacity_one_works),
        cmocka_unit_test(batches_wrap_and_are_cut_to_fit),
        cmocka_unit_test(two_threads_lose_and_repeat_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
