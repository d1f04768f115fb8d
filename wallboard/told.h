/* told -- what collectors tell of themselves, found in aggregators' heartbeats. Views live until the next heartbeat.
 * Thread: service, alone.
 */
#ifndef FC_TOLD_H
#define FC_TOLD_H

#include "hub.h"
#include "link.h"

struct fc_told {
    char id[FC_COLLECTOR_SRC_DIGITS + 1]; /* the first digits of its spool's id */
    int64_t age_ms;                       /* since it told this */
    struct fc_mp tell;                    /* the map of link.h */
};

/* fc_told_each -- calls `each` for every collector that any aggregator has heard. */
void fc_told_each(const struct fc_hub *hub, struct fc_mono now, void (*each)(void *ctx, const struct fc_told *told), void *ctx);

/* fc_told_figure -- one of collector_figures.h; false: not told. */
bool fc_told_figure(const struct fc_told *told, const char *key, int64_t *value);

/* One entry of the topic "sources". */
struct fc_source_told {
    struct fc_str src, state, via; /* via: empty where not told */
    bool up, skewed, skew_known;
    int64_t gaps, skew_ms, since_us;
};

/* fc_sources_each -- calls `each` for every source, sorted by name; each once, also where several cells hear it. */
void fc_sources_each(const struct fc_hub *hub, void (*each)(void *ctx, const struct fc_source_told *source), void *ctx);

#endif
