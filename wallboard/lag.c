#include "lag.h"

#include <string.h>

#define FLUSH_MS_MAX 40 /* two ticks: what was here then is in frames even if newer changes wait */

const double fc_lag_bounds_s[FC_LAG_BUCKETS - 1] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600};

static void turn(struct fc_histogram *h, struct fc_mono now) {
    int64_t ms = fc_mono_ms_since(h->turned, now);
    if (h->turned.ns == 0) h->turned = now;
    if (h->turned.ns == now.ns || ms < FC_LAG_RECENT_MS) return;
    if (ms < 2 * FC_LAG_RECENT_MS) memcpy(h->recent[1], h->recent[0], sizeof h->recent[0]);
    else memset(h->recent[1], 0, sizeof h->recent[1]);
    memset(h->recent[0], 0, sizeof h->recent[0]);
    h->turned = now;
}

void fc_histogram_add(struct fc_histogram *h, double s, struct fc_mono now) {
    int i = 0;
    while (i < FC_LAG_BUCKETS - 1 && s > fc_lag_bounds_s[i]) i++;
    turn(h, now);
    h->n[i]++;
    h->recent[0][i]++;
    h->sum_s += s;
}

bool fc_histogram_recent(const struct fc_histogram *h, double quantile, double *s, uint64_t *n) {
    uint64_t seen = 0;
    *n = 0;
    for (int i = 0; i < FC_LAG_BUCKETS; i++) *n += h->recent[0][i] + h->recent[1][i];
    if (*n == 0) return false;
    int i = 0;
    while (i < FC_LAG_BUCKETS - 2 && (double)(seen += h->recent[0][i] + h->recent[1][i]) < quantile * (double)*n) i++;
    *s = fc_lag_bounds_s[i];
    return true;
}

void fc_lag_came(struct fc_lag *lag, int64_t event_us, int64_t received_us_ago, struct fc_mono now) {
    if (lag->waiting) return;
    lag->waiting = true;
    lag->event_us = event_us;
    lag->received_us_ago = received_us_ago;
    lag->came = now;
}

void fc_lag_flushed(struct fc_lag *lag, bool all, struct fc_wall wall, struct fc_mono now) {
    if (!lag->waiting || (!all && fc_mono_ms_since(lag->came, now) < FLUSH_MS_MAX)) return;
    int64_t event_us = wall.us - lag->event_us; /* of a clock that is ahead: no lag at all */
    fc_histogram_add(&lag->event, event_us > 0 ? (double)event_us / 1e6 : 0, now);
    fc_histogram_add(&lag->received, ((double)lag->received_us_ago + (double)fc_mono_us_since(lag->came, now)) / 1e6, now);
    lag->waiting = false;
}
