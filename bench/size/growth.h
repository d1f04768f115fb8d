/* growth -- what an event costs the engine on a small and on a very large floor. */
#ifndef FC_SIZE_GROWTH_H
#define FC_SIZE_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

#define GROWTH_FLOORS 3
#define GROWTH_ROUNDS_MAX 21

struct growth_plan {
    uint32_t queues[GROWTH_FLOORS], agents[GROWTH_FLOORS]; /* floors with 0 queues are left out */
    uint32_t events, rounds, warm_s;                       /* events a round, simulated seconds before the first */
    bool alone;                                            /* only events, no checkpoints and topics */
};

/* growth_run -- prints a table. One engine a floor, in one thread, driven by its event clock; rounds of the floors take
 * turns, so that what else the machine does meets all of them. */
void growth_run(const struct growth_plan *plan);

#endif
