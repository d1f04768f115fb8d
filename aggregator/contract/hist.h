/* hist -- counts of durations in logarithmic buckets, sparse, so that a day of one agent costs some hundred bytes.
 *
 * A bucket is 1 ms wide below 128 ms and 1/64 of its power of two above: its middle is within 0.8 % of every value in
 * it. Histograms are added and subtracted count by count, so any merge of parts gives the percentiles of the whole.
 * Refuses to keep exact values: the largest and the sum are kept beside it (tally.h).
 */
#ifndef FC_HIST_H
#define FC_HIST_H

#include "str.h"

#define FC_HIST_BUCKETS 1856 /* up to 2^35 ms, more than a year; longer ones count in the last */

struct fc_hist {
    struct fc_hist_pair {
        uint16_t bucket;
        int32_t count; /* negative only in a delta that takes back what another part holds */
    } *pairs;          /* sorted by bucket, no zero counts; owned */
    uint32_t n, cap;
};

void fc_hist_fini(struct fc_hist *h);
void fc_hist_clear(struct fc_hist *h); /* keeps the memory */

uint16_t fc_hist_bucket(int64_t value_ms);      /* negative counts as 0 */
int64_t fc_hist_middle_ms(uint16_t bucket);

void fc_hist_add(struct fc_hist *h, uint16_t bucket, int32_t count);
void fc_hist_merge(struct fc_hist *into, const struct fc_hist *from);

int64_t fc_hist_total(const struct fc_hist *h);

/* fc_hist_quantile_ms -- nearest rank: the smallest value with at least q of all counts at or below it.
 * Shape: 0 < q <= 1; false when the histogram is empty. Error: at most 0.8 % of the value (0.5 ms below 128 ms) */
bool fc_hist_quantile_ms(const struct fc_hist *h, double q, int64_t *out);

/* fc_hist_top_ms -- no value counted is larger: the upper edge of the highest bucket in use.
 * Shape: 0 when the histogram is empty; INT64_MAX when it may hold values beyond the buckets' range */
int64_t fc_hist_top_ms(const struct fc_hist *h);

#endif
