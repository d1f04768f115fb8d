/* lag -- how long events are on their way to the screen, as the states that they made become frames.
 *
 * An aggregator sends a sign behind the states of its oldest events under way (topic "lag" of state.h). When all that had
 * come by then is in frames, two lags are noted:
 *   event      now less the event's own time: the whole way, and whatever the two clocks differ by
 *   received   since its batch came in at the aggregator: by monotonic clocks alone; the network between the aggregator
 *              and here is not in it
 * Kept as a histogram for Prometheus, and of the last one to two minutes for quantiles.
 * Thread: service, alone.
 */
#ifndef FC_LAG_H
#define FC_LAG_H

#include "bytes.h"
#include "clock.h"

#include <stdbool.h>

#define FC_LAG_BUCKETS 17 /* the last has no bound */
#define FC_LAG_RECENT_MS 60000

extern const double fc_lag_bounds_s[FC_LAG_BUCKETS - 1]; /* rising */

struct fc_histogram { /* all zeroes: nothing noted */
    uint64_t n[FC_LAG_BUCKETS];
    double sum_s;
    uint64_t recent[2][FC_LAG_BUCKETS]; /* of this minute, and of the one before */
    struct fc_mono turned;
};

void fc_histogram_add(struct fc_histogram *h, double s, struct fc_mono now);

/* fc_histogram_recent -- the bound of the bucket that holds that quantile of late (the last bound where it is above all);
 * false: nothing was noted of late. */
bool fc_histogram_recent(const struct fc_histogram *h, double quantile, double *s, uint64_t *n);

struct fc_lag { /* all zeroes: nothing */
    struct fc_histogram event, received;
    bool waiting; /* a sign came and its states are not in frames yet */
    int64_t event_us, received_us_ago;
    struct fc_mono came;
};

/* fc_lag_came -- a sign. While an older one waits, that one is the longer way and is kept. */
void fc_lag_came(struct fc_lag *lag, int64_t event_us, int64_t received_us_ago, struct fc_mono now);

/* fc_lag_flushed -- frames were made; all: nothing that had come is left for the next time. */
void fc_lag_flushed(struct fc_lag *lag, bool all, struct fc_wall wall, struct fc_mono now);

#endif
