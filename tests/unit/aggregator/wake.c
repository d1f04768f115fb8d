/* Sleeping and waking: a consumer that sleeps without a time limit between three producers must end up with everything.
 * A lost wake-up shows as a hang, which the test runner's time limit ends. */
#include "ring.h"
#include "wake.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define PRODUCERS 3
#define ITEMS 20000

static uint64_t seed_given;
static struct fc_wake wake;
static struct fc_ring rings[PRODUCERS];

static uint64_t rng(uint64_t *s) {
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* Mostly nothing, sometimes a yield, rarely a sleep: so that pushes fall before, into and behind the consumer's prepare. */
static void dither(uint64_t *seed) {
    uint64_t r = rng(seed) % 1000;
    if (r < 5) nanosleep(&(struct timespec){.tv_nsec = (long)(rng(seed) % 100000)}, NULL);
    else if (r < 100) sched_yield();
    else
        for (volatile uint64_t i = rng(seed) % 200; i > 0; i--) {
        }
}

static void *produce(void *arg) {
    struct fc_ring *ring = arg;
    uint64_t seed = seed_given + (uint64_t)(ring - rings) * 7919;
    for (uint32_t i = 0; i < ITEMS;) {
        if (FC_RING_PUSH(ring, &i)) {
            i++;
            fc_wake_signal(&wake);
        } else {
            sched_yield();
        }
        dither(&seed);
    }
    return NULL;
}

static uint32_t drain(uint32_t *next, uint64_t *seed) {
    uint32_t got = 0, v;
    for (int k = 0; k < PRODUCERS; k++)
        while (FC_RING_POP(&rings[k], &v)) {
            if (v != next[k]) fail_msg("producer %d: expected %u, got %u", k, next[k], v);
            next[k]++;
            got++;
            dither(seed);
        }
    return got;
}

static bool all_empty(void) {
    for (int k = 0; k < PRODUCERS; k++)
        if (!fc_ring_is_empty(&rings[k])) return false;
    return true;
}

static void no_wake_up_is_lost(void **state) {
    (void)state;
    assert_int_equal(fc_wake_init(&wake, NULL), FC_OK);
    pthread_t threads[PRODUCERS];
    for (int k = 0; k < PRODUCERS; k++) {
        assert_int_equal(fc_ring_init(&rings[k], 16, sizeof(uint32_t), NULL), FC_OK);
        assert_int_equal(pthread_create(&threads[k], NULL, produce, &rings[k]), 0);
    }
    uint64_t seed = seed_given * 31 + 1, sleeps = 0;
    uint32_t next[PRODUCERS] = {0};
    for (uint32_t left = PRODUCERS * ITEMS; left > 0;) {
        uint32_t got = drain(next, &seed);
        left -= got;
        if (got > 0 || left == 0) continue;
        fc_wake_prepare(&wake);
        dither(&seed);
        if (all_empty()) {
            sleeps++;
            fc_wake_wait(&wake, -1);
        }
        fc_wake_done(&wake);
    }
    for (int k = 0; k < PRODUCERS; k++) {
        assert_int_equal(pthread_join(threads[k], NULL), 0);
        fc_ring_fini(&rings[k]);
    }
    fc_wake_fini(&wake);
    printf("slept %llu times\n", (unsigned long long)sleeps);
}

static bool readable(void) {
    struct pollfd p = {.fd = fc_wake_fd(&wake), .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static void signals_cost_nothing_while_awake(void **state) {
    (void)state;
    assert_int_equal(fc_wake_init(&wake, NULL), FC_OK);
    fc_wake_signal(&wake);
    assert_false(readable());
    fc_wake_prepare(&wake);
    assert_false(readable());
    fc_wake_signal(&wake);
    fc_wake_signal(&wake);
    assert_true(readable());
    fc_wake_wait(&wake, -1); /* returns at once */
    fc_wake_done(&wake);
    assert_false(readable());
    fc_wake_prepare(&wake);
    fc_wake_wait(&wake, 1000000);
    fc_wake_done(&wake);
    fc_wake_fini(&wake);
}

int main(void) {
    const char *given = getenv("FC_SEED");
    seed_given = given != NULL ? strtoull(given, NULL, 10) : 20260301;
    printf("seed: FC_SEED=%llu\n", (unsigned long long)seed_given);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_cost_nothing_while_awake),
        cmocka_unit_test(no_wake_up_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
