/* load -- what a crash run sends: many of the oracle's floors at one time, each with queues, agents and customers of its own.
 *
 * They share nothing but the whole floor's numbers, so the slow oracle can be asked of each alone and `all` is the sum; the
 * engine is told everything at once. Every event names its floor as its `site`.
 */
#ifndef FC_CRASH_LOAD_H
#define FC_CRASH_LOAD_H

#include "oracle/floor.h"

#include <stdio.h>

#define CRASH_NOWHERE "nowhere" /* the site of words that belong to no floor */
#define CRASH_SECOND_US INT64_C(1000000)
#define CRASH_MINUTE_US (60 * CRASH_SECOND_US)
#define CRASH_DAY_US (24 * 60 * CRASH_MINUTE_US)

struct crash_part {
    struct fc_floor floor;
    struct fc_oracle_queue *queues; /* of the rules: all of them, also the one with the defaults */
    char *names;                    /* owned: what the floor's strings point into */
    size_t names_n, names_cap;
    const char *site; /* its own name */
};

struct crash_load {
    struct crash_part *parts;
    uint32_t parts_n;
    size_t events_n;
    int64_t start_us;
};

/* crash_load_make -- as many floors as bring at least `events` arrivals; the same seed and number give the same. Allocates; ends
 * with crash_load_free. */
void crash_load_make(struct crash_load *l, uint64_t seed, size_t events);
void crash_load_free(struct crash_load *l);

/* crash_load_config -- the rules of all floors as an aggregator's configuration file. */
void crash_load_config(const struct crash_load *l, int late_s, FILE *out);

#endif
