/* state -- a data directory as a very large floor leaves it, and what starting from it takes. */
#ifndef FC_SIZE_STATE_H
#define FC_SIZE_STATE_H

#include "status.h"

#include <stdint.h>

struct state_plan {
    const char *dir;                     /* new or empty */
    uint32_t queues, agents, customers;
    uint32_t warm_s, days;               /* simulated seconds the floor lives; days of stored quarters before */
};

/* state_fill -- the floor's own records by an engine that lived through warm_s seconds (its contacts open and just over, the last
 * hour, today's minutes), the customers' chains by the module that keeps them, the intervals by the store's own merge. */
FC_MUST_USE enum fc_status state_fill(const struct state_plan *plan, struct fc_error *err);

/* state_start -- starts `aggregator` on the directory, waits until it says that it takes batches, prints how long that took and what
 * it holds (VmRSS, and of it RssFile: pages of the store, which the kernel takes back when it needs them), and stops it. */
FC_MUST_USE enum fc_status state_start(const struct state_plan *plan, const char *aggregator, struct fc_error *err);

#endif
