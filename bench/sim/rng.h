/* rng -- the only source of chance on the simulated floor, and the laws its durations follow.
 *
 * xoshiro256** (Blackman, Vigna 2018: "Scrambled linear pseudorandom number generators"), seeded through splitmix64
 * (Steele, Lea, Flood 2014). One seed makes many streams, one for each use, so that changing how agents behave leaves
 * every arrival where it was. Refuses to read a clock or the system's entropy: a run is its seed.
 */
#ifndef FC_RNG_H
#define FC_RNG_H

#include <stdint.h>

struct fc_rng {
    uint64_t s[4];
};

/* A random duration. mean_s > 0 unless NONE; cv (standard deviation / mean) > 0 is read by LOGNORMAL alone. */
enum fc_law { FC_LAW_NONE, FC_LAW_CONSTANT, FC_LAW_EXPONENTIAL, FC_LAW_LOGNORMAL };

struct fc_span {
    enum fc_law law;
    double mean_s, cv;
};

/* One step of splitmix64: advances *state, hands out 64 mixed bits. Thread: any */
uint64_t fc_splitmix(uint64_t *state);

/* fc_rng_seed -- stream number `stream` of `seed`. Streams of one seed are unrelated for every use made here. */
void fc_rng_seed(struct fc_rng *rng, uint64_t seed, uint64_t stream);

/* Each advances rng by a number of steps that does not depend on the parameters (fc_rng_below: on n).
 * Thread: the owner of rng. No allocation, no error. */
uint64_t fc_rng_next(struct fc_rng *rng);
double fc_rng_unit(struct fc_rng *rng);                /* 0 < u <= 1, 53 bits */
uint32_t fc_rng_below(struct fc_rng *rng, uint32_t n); /* 0..n-1 without bias, n > 0 */

/* fc_rng_span_us -- one draw of a duration in microseconds, at most ten years.
 * Law: the mean of many draws tends to mean_s (tests/unit/bench/rng.c); NONE gives -1. */
int64_t fc_rng_span_us(struct fc_rng *rng, const struct fc_span *span);

#endif
