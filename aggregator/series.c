#include "series.h"

#include "clock.h"

#include <stdlib.h>

void fc_series_fini(struct fc_series *s) {
    fc_tally_fini(&s->m15);
    fc_tally_fini(&s->h1);
    fc_tally_fini(&s->day);
    free(s->peaks.at);
    for (uint32_t i = 0; i < s->pending_cap; i++) fc_delta_fini(&s->pending[i].delta);
    free(s->pending);
    *s = (struct fc_series){0};
}

void fc_peaks_add(struct fc_peaks *p, int64_t second, int64_t wait_us) {
    uint32_t end = p->n; /* first entry later than `second` */
    while (end > 0 && p->at[end - 1].second > second) end--;
    if (end < p->n && p->at[end].wait_us >= wait_us) return; /* a later one is longer: never the longest */
    uint32_t begin = end; /* entries it outdoes */
    while (begin > 0 && p->at[begin - 1].wait_us <= wait_us) begin--;
    if (begin == end && end > 0 && p->at[end - 1].second == second) return; /* a longer one in the same second */
    if (p->n + 1 > p->cap) {
        p->cap = p->cap == 0 ? 8 : 2 * p->cap;
        p->at = realloc(p->at, p->cap * sizeof *p->at);
        FC_ASSERT(p->at != NULL);
    }
    memmove(p->at + begin + 1, p->at + end, (p->n - end) * sizeof *p->at);
    p->at[begin] = (struct fc_peak){second, wait_us};
    p->n = p->n - end + begin + 1;
}

void fc_peaks_expire(struct fc_peaks *p, int64_t before_second) {
    uint32_t gone = 0;
    while (gone < p->n && p->at[gone].second < before_second) gone++;
    if (gone == 0) return;
    p->n -= gone;
    memmove(p->at, p->at + gone, p->n * sizeof *p->at);
}

int64_t fc_peaks_max(const struct fc_peaks *p, int64_t second) {
    for (uint32_t i = 0; i < p->n; i++)
        if (p->at[i].second >= second) return p->at[i].wait_us;
    return 0;
}

/* How many pending minutes are not later. Mostly all of them; a late word of an agent's enters time into each of an hour's. */
static uint32_t behind(const struct fc_series *s, int64_t minute_us) {
    uint32_t lo = 0, hi = s->pending_n;
    if (hi > 0 && s->pending[hi - 1].minute_us <= minute_us) return hi;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (s->pending[mid].minute_us <= minute_us) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

struct fc_delta *fc_series_pending(struct fc_series *s, int64_t ts_us) {
    int64_t minute = ts_us - ts_us % FC_MINUTE_US;
    uint32_t i = behind(s, minute);
    if (i > 0 && s->pending[i - 1].minute_us == minute) return &s->pending[i - 1].delta;
    if (s->pending_n == s->pending_cap) {
        uint32_t cap = s->pending_cap == 0 ? 2 : 2 * s->pending_cap;
        s->pending = realloc(s->pending, cap * sizeof *s->pending);
        FC_ASSERT(s->pending != NULL);
        memset(s->pending + s->pending_cap, 0, (cap - s->pending_cap) * sizeof *s->pending);
        s->pending_cap = cap;
    }
    struct fc_pending spare = s->pending[s->pending_n]; /* its memory is used again */
    memmove(s->pending + i + 1, s->pending + i, (s->pending_n - i) * sizeof *s->pending);
    fc_delta_clear(&spare.delta);
    spare.minute_us = minute;
    s->pending[i] = spare;
    s->pending_n++;
    return &s->pending[i].delta;
}

void fc_series_pending_clear(struct fc_series *s) { s->pending_n = 0; }
