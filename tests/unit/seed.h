/* seed -- numbers by chance that come out the same again: the seed is printed, and FC_SEED gives it back. */
#ifndef FC_TEST_SEED_H
#define FC_TEST_SEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t rng_state;

/* xorshift64: 13, 7, 17 (Marsaglia 2003) */
__attribute__((unused)) static uint64_t rng(void) {
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state;
}

/* At the start of main: FC_SEED, or the one given. Never 0. */
__attribute__((unused)) static void rng_seed(uint64_t otherwise) {
    const char *given = getenv("FC_SEED");
    rng_state = given != NULL ? strtoull(given, NULL, 10) : otherwise;
    if (rng_state == 0) rng_state = 1;
    printf("seed: FC_SEED=%llu\n", (unsigned long long)rng_state);
}

#endif
