#include "rng.h"

#include <math.h>

#define SPAN_S_MAX (10 * 365.25 * 86400)

uint64_t fc_splitmix(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void fc_rng_seed(struct fc_rng *rng, uint64_t seed, uint64_t stream) {
    uint64_t of_seed = seed, of_stream = ~stream;
    uint64_t state = fc_splitmix(&of_seed) ^ fc_splitmix(&of_stream);
    for (int i = 0; i < 4; i++) rng->s[i] = fc_splitmix(&state);
}

static uint64_t rotl(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

uint64_t fc_rng_next(struct fc_rng *rng) {
    uint64_t *s = rng->s, out = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return out;
}

double fc_rng_unit(struct fc_rng *rng) { return (double)((fc_rng_next(rng) >> 11) + 1) * 0x1p-53; }

uint32_t fc_rng_below(struct fc_rng *rng, uint32_t n) {
    uint64_t rest = (UINT64_C(1) << 32) % n;
    for (;;) {
        uint64_t v = fc_rng_next(rng) >> 32;
        if (v < (UINT64_C(1) << 32) - rest) return (uint32_t)(v % n); /* the last, partial run of n would favour low numbers */
    }
}

/* Box and Muller's normal deviate; the second of the pair is not kept, so that every draw costs the same two steps. */
static double normal(struct fc_rng *rng) {
    double radius = sqrt(-2.0 * log(fc_rng_unit(rng)));
    return radius * cos(2.0 * M_PI * fc_rng_unit(rng));
}

static double span_s(struct fc_rng *rng, const struct fc_span *span) {
    switch (span->law) {
    case FC_LAW_NONE: return -1e-6;
    case FC_LAW_CONSTANT: return span->mean_s;
    case FC_LAW_EXPONENTIAL: return -span->mean_s * log(fc_rng_unit(rng));
    case FC_LAW_LOGNORMAL: break;
    }
    double variance = log1p(span->cv * span->cv);
    return span->mean_s * exp(sqrt(variance) * normal(rng) - variance / 2);
}

int64_t fc_rng_span_us(struct fc_rng *rng, const struct fc_span *span) {
    double s = span_s(rng, span);
    return (int64_t)llrint(fmin(s, SPAN_S_MAX) * 1e6);
}
