/* series -- one queue's, agent's or the whole floor's tallies: rolling 15 minutes and hour, the day, and what is new since
 * the last checkpoint, minute by minute.
 *
 * The rolling windows hold whole seconds: (second of now - 900, second of now] and likewise for the hour. A second is finer
 * than a display can show a change and makes a late fact cost no more than an early one. Facts leave a window by being
 * subtracted; the seconds themselves are kept once, by rolling.h, not here.
 */
#ifndef FC_SERIES_H
#define FC_SERIES_H

#include "tally.h"

struct fc_series {
    struct fc_tally m15, h1, day;
    struct fc_peaks { /* waits that are the longest from their second on; seconds rise, waits fall */
        struct fc_peak {
            int64_t second, wait_us;
        } *at;
        uint32_t n, cap;
    } peaks;
    struct fc_pending { /* to be merged into the stored intervals; rising minutes */
        int64_t minute_us;
        struct fc_delta delta;
    } *pending;
    uint32_t pending_n, pending_cap; /* entries past pending_n keep their memory for the next */
};

void fc_series_fini(struct fc_series *s);

/* A wait that was answered in `second`. Only waits of the last hour are handed in. */
void fc_peaks_add(struct fc_peaks *p, int64_t second, int64_t wait_us);
void fc_peaks_expire(struct fc_peaks *p, int64_t before_second);

/* Longest wait at or after `second`; 0 when there is none. */
int64_t fc_peaks_max(const struct fc_peaks *p, int64_t second);

/* What is pending of the minute that holds ts_us, made when absent. */
struct fc_delta *fc_series_pending(struct fc_series *s, int64_t ts_us);
void fc_series_pending_clear(struct fc_series *s);

#endif
