/* place -- whom a fact concerns: a queue, the channel the contact came by, an agent; and where facts go. */
#ifndef FC_PLACE_H
#define FC_PLACE_H

#include "tally.h"

struct fc_queue; /* both begin with their name (struct fc_str) and are never freed while the engine lives */
struct fc_agent;

#define FC_CHANNEL_PLAIN FC_CHANNEL_COUNT /* what comes by no channel: agents' times, complaints */
#define FC_CELLS (FC_CHANNEL_COUNT + 1)

struct fc_place {
    struct fc_queue *queue; /* NULL: known of no queue, counts in `all` alone */
    struct fc_agent *agent; /* or NULL */
    uint8_t channel;        /* enum fc_channel or FC_CHANNEL_PLAIN */
};

/* Where a module that derives facts hands them over. Called during the call that changed something, any number of times. */
struct fc_fact_sink {
    void (*fact)(void *ctx, const struct fc_place *place, const struct fc_fact *fact);
    void *ctx;
};

#endif
