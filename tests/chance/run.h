/* run -- one simulated run: a floor, collectors, an aggregator, and everything that goes wrong between them. */
#ifndef CHANCE_RUN_H
#define CHANCE_RUN_H

#include "world.h"

struct outcome { /* of a run that did not fail */
    uint64_t hash, steps, events, deaths, faults, refused, silent, again, blocked, recovered, stalls;
};

/* run_once -- plays the seed to its end; ends the process where something does not hold. One run a process. */
struct outcome run_once(uint64_t seed, enum canary canary, bool telling);

#endif
