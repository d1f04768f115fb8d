/* world -- what all of a simulated run hangs on: one seed, one clock, who is running, who has died, and what happened.
 *
 * There is one world a process and one thread in it. Nothing here or in what stands on it may ask the machine for the time, for
 * chance or for an address as a number: the same seed gives the same run, and the trace's hash says whether it did.
 */
#ifndef CHANCE_WORLD_H
#define CHANCE_WORLD_H

#include "clock.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

#define COLLECTORS_MAX 2
#define MS INT64_C(1000000)
#define SECONDS (1000 * MS)

/* Sides fail apart from each other. */
enum side { COLLECTOR_0, COLLECTOR_1, AGGREGATOR, OUTSIDE, SIDES };

enum death {
    KILLED,   /* the process alone: what it wrote is in the page cache */
    POWER_OFF /* the machine too: of what was not synced only some is on the disk */
};

/* A fault built into the harness, never into the product: it must make runs fail. */
enum canary { NO_CANARY, ACK_EARLY, DROP_RESENT, DISK_LIES, ONE_TOO_MANY, CANARIES };

struct world {
    uint64_t seed, chance;
    int64_t now_ns, wall_start_us;
    enum side running;
    bool dead[SIDES];
    int fuse[SIDES]; /* effects until the side dies in the midst of its work; 0: it does not */
    enum death how[SIDES];
    bool healing; /* nothing goes wrong any more */
    bool telling; /* the trace is printed, and what the product logs */
    enum canary canary;
    uint64_t hash, steps, deaths, faults;
};
extern struct world world;

void world_begin(uint64_t seed, enum canary canary, bool telling);

/* Chance. lo..hi; once in n. */
int64_t draw_between(int64_t lo, int64_t hi);
bool once_in(int64_t n);

/* What happened: a line, hashed always, printed when telling. */
void happened(const char *format, ...) FC_PRINTF(1, 2);

/* The run has failed: says why with seed and time, ends the process. */
_Noreturn void failed(const char *format, ...) FC_PRINTF(1, 2);

/* A side touches the world outside of its memory: here it may die. What a dead side still does has no effect. */
void world_effect(void);
void world_kill(enum side side, enum death how);
static inline bool is_zombie(void) { return world.dead[world.running]; }

const char *side_name(enum side side);

#endif
