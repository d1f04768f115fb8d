/* levels -- how many agents are in each state at one owner (queue, group, `all`, agent), now and over time.
 *
 * A step says that from one instant on an agent is in another state there. Time in a state is the sum over steps of how
 * long ago they were, so every window is linear in its steps: a late step is entered like any other, and nothing has to be
 * looked through. For stored minutes and days, time is entered up to `settled_us`; a step adds what differs from what
 * was, or will be, entered without it. What it adds to the minute that holds settled_us is gathered beside the counts, as
 * nearly all steps are of the running minute. One thread.
 */
#ifndef FC_LEVELS_H
#define FC_LEVELS_H

#include "event.h"
#include "state.h"

#define FC_STATE_NONE FC_AGENT_STATE_COUNT /* not there: before an agent joins, after it parts */

struct fc_level_sums { /* of a rolling window: what it takes to know the time in the state */
    int64_t edge;          /* agents at its beginning */
    uint64_t in_n, in_at;  /* steps inside it, and the sum of their instants, modulo 2^64 */
};

struct fc_levels {
    struct fc_level {    /* all that a step changes of a state: 64 bytes, one line of the processor's cache */
        int64_t n;       /* agents, after all steps */
        int64_t owed_us; /* to be entered into the minute that holds settled_us, besides what n says */
        struct fc_level_sums m15, h1;
    } of[FC_AGENT_STATE_COUNT];
    int64_t settled_us; /* time is entered up to here */
};

/* Where time goes: `us` of the minute that begins at minute_us, negative when it is taken back. */
struct fc_time_sink {
    void (*time)(void *ctx, int64_t minute_us, enum fc_agent_state state, int64_t us);
    void *ctx;
};

struct fc_step {
    int64_t ts_us;
    uint8_t from, to; /* enum fc_agent_state or FC_STATE_NONE */
};

void fc_levels_init(struct fc_levels *l, int64_t now_us);

/* fc_levels_step -- enters a step; windows begin at m15_from_us and h1_from_us. sink NULL: minutes hold
 * the step already (a restart).  Law: any order of the same steps gives the same (tests/unit/aggregator/timeline.c) */
void fc_levels_step(struct fc_levels *l, const struct fc_step *s, int64_t m15_from_us, int64_t h1_from_us, const struct fc_time_sink *sink);

/* The step leaves the 15 minutes, or the hour: it happened before their beginning. */
void fc_levels_leave(struct fc_levels *l, const struct fc_step *s, bool h1);

/* Enters time up to to_us, and what is owed; the latter alone when to_us lies in the past. */
void fc_levels_settle(struct fc_levels *l, int64_t to_us, const struct fc_time_sink *sink);

/* Time in each state within (from_us, now_us], us; window m15 or h1, which begins at from_us. */
void fc_levels_window_us(const struct fc_levels *l, enum fc_window window, int64_t from_us, int64_t now_us, int64_t out[FC_AGENT_STATE_COUNT]);

/* Time in each state from since_us on that no sink was told of yet. */
void fc_levels_unsettled_us(const struct fc_levels *l, int64_t since_us, int64_t now_us, int64_t out[FC_AGENT_STATE_COUNT]);

#endif
