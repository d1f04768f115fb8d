#include "series.h"

#include "clock.h"

#include <stdlib.h>

#define MINUTE FC_STRETCH_BIT(FC_STRETCH_MINUTE)
#define DAY FC_STRETCH_BIT(FC_STRETCH_DAY)

void fc_series_fini(struct fc_series *s) {
    free(s->rows);
    free(s->waits.at);
    free(s->journeys.at);
    free(s->peaks.at);
    for (uint32_t i = 0; i < s->pending_cap; i++) fc_delta_fini(&s->pending[i].delta);
    free(s->pending);
    *s = (struct fc_series){0};
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static struct fc_row *new_row(struct fc_series *s, uint8_t index) {
    if (s->rows_n == s->rows_cap) {
        s->rows_cap = s->rows_cap == 0 ? 4 : (uint8_t)(s->rows_cap + s->rows_cap / 2);
        s->rows = realloc(s->rows, s->rows_cap * sizeof *s->rows);
        FC_ASSERT(s->rows != NULL);
    }
    s->rows[s->rows_n] = (struct fc_row){0};
    s->row[index] = ++s->rows_n;
    return &s->rows[s->rows_n - 1];
}

static void add(struct fc_series *s, uint8_t index, unsigned stretches, int64_t value) {
    struct fc_row *r = s->row[index] != 0 ? &s->rows[s->row[index] - 1] : new_row(s, index);
    for (int i = 0; i < FC_STRETCH_COUNT; i++) r->v[i] = fc_sum(r->v[i], value & -(int64_t)(stretches >> i & 1));
}

int64_t fc_series_at(const struct fc_series *s, uint8_t index, enum fc_stretch stretch) {
    return s->row[index] == 0 ? 0 : s->rows[s->row[index] - 1].v[stretch];
}

/* ---- bins -------------------------------------------------------------------------------------------------------- */

static uint32_t find(const struct fc_bins *b, uint16_t bucket) {
    uint32_t lo = 0, hi = b->n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (b->at[mid].bucket < bucket) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

static bool is_zero(const struct fc_bin *x) { return (x->n[0] | x->n[1] | x->n[2] | x->n[3]) == 0; }

static void bin(struct fc_bins *b, uint16_t bucket, unsigned stretches, int32_t count) {
    uint32_t at = find(b, bucket);
    if (at == b->n || b->at[at].bucket != bucket) {
        if (b->n == b->cap) {
            b->cap = b->cap == 0 ? 4 : b->cap + b->cap / 2;
            b->at = realloc(b->at, b->cap * sizeof *b->at);
            FC_ASSERT(b->at != NULL);
        }
        memmove(b->at + at + 1, b->at + at, (b->n - at) * sizeof *b->at);
        b->at[at] = (struct fc_bin){.bucket = bucket};
        b->n++;
    }
    struct fc_bin *x = &b->at[at];
    for (int i = 0; i < FC_STRETCH_COUNT; i++) x->n[i] += count & -(int32_t)(stretches >> i & 1);
    if (!is_zero(x)) return;
    b->n--;
    memmove(x, x + 1, (b->n - at) * sizeof *x);
}

static void clear_bins(struct fc_bins *b, enum fc_stretch stretch) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        b->at[i].n[stretch] = 0;
        if (!is_zero(&b->at[i])) b->at[kept++] = b->at[i];
    }
    b->n = kept;
}

static void bins_to_hist(const struct fc_bins *b, enum fc_stretch stretch, struct fc_hist *out) {
    struct fc_hist_pair pairs[FC_HIST_BUCKETS];
    struct fc_hist part = {.pairs = pairs};
    if (b->n == 0) return;
    for (uint32_t i = 0; i < b->n; i++)
        if (b->at[i].n[stretch] != 0) pairs[part.n++] = (struct fc_hist_pair){b->at[i].bucket, b->at[i].n[stretch]};
    if (part.n > 0) fc_hist_merge(out, &part);
}

/* ---- facts ------------------------------------------------------------------------------------------------------- */

static void enter(struct fc_series *s, const struct fc_fact *f, unsigned stretches, int sign) {
    if (f->count != FC_TALLY_NONE) add(s, f->count, stretches, sign);
    if (f->sum != FC_TALLY_NONE) add(s, f->sum, stretches, fc_product(sign, f->value));
    if (f->count == FC_TALLY_journey_n) bin(&s->journeys, fc_hist_bucket(f->value / 1000), stretches, sign);
    if (f->count != FC_TALLY_answered) return;
    bin(&s->waits, fc_hist_bucket(f->value / 1000), stretches, sign);
    if (sign <= 0) return;
    if ((stretches & DAY) != 0 && f->value > s->day_wait_us_max) s->day_wait_us_max = f->value;
    if ((stretches & MINUTE) != 0 && f->value > s->minute_wait_us_max) s->minute_wait_us_max = f->value;
}

void fc_series_apply(struct fc_series *s, const struct fc_fact *f, unsigned stretches, int direction) {
    FC_ASSERT((stretches & MINUTE) == 0);
    if (stretches != 0) enter(s, f, stretches, direction * f->sign);
}

/* ---- pending minutes --------------------------------------------------------------------------------------------- */

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

/* What is pending of the minute that holds ts_us, made when absent. */
static struct fc_delta *pending(struct fc_series *s, int64_t ts_us) {
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

/* What the latest minute has, put into a delta and taken away here. */
static void take_minute(struct fc_series *s, struct fc_delta *out) {
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++) {
        int64_t v = fc_series_at(s, (uint8_t)i, FC_STRETCH_MINUTE);
        if (v == 0) continue;
        fc_delta_add(out, (uint8_t)i, v);
        s->rows[s->row[i] - 1].v[FC_STRETCH_MINUTE] = 0;
    }
    bins_to_hist(&s->waits, FC_STRETCH_MINUTE, &out->waits);
    bins_to_hist(&s->journeys, FC_STRETCH_MINUTE, &out->journeys);
    clear_bins(&s->waits, FC_STRETCH_MINUTE);
    clear_bins(&s->journeys, FC_STRETCH_MINUTE);
    if (s->minute_wait_us_max > out->wait_us_max) out->wait_us_max = s->minute_wait_us_max;
    s->minute_wait_us_max = s->minute_us = 0;
}

/* The minute of ts_us is the one beside the other stretches from now on; false: it is bygone, and few things are said of it. */
static bool is_latest(struct fc_series *s, int64_t ts_us, int64_t running_us) {
    int64_t minute_us = ts_us - ts_us % FC_MINUTE_US;
    if (minute_us == s->minute_us) return true;
    if (minute_us < s->minute_us || minute_us < running_us) return false;
    if (s->minute_us != 0) take_minute(s, pending(s, s->minute_us));
    s->minute_us = minute_us;
    return true;
}

void fc_series_lasting(struct fc_series *s, const struct fc_fact *f, unsigned stretches, int64_t running_us) {
    bool latest = is_latest(s, f->ts_us, running_us);
    if (!latest) fc_delta_apply(pending(s, f->ts_us), f);
    if (latest || stretches != 0) enter(s, f, stretches | (latest ? MINUTE : 0), f->sign);
}

void fc_series_time(struct fc_series *s, int64_t ts_us, uint8_t index, int64_t us, bool in_day, int64_t running_us) {
    bool latest = is_latest(s, ts_us, running_us);
    if (!latest) fc_delta_add(pending(s, ts_us), index, us);
    add(s, index, (latest ? MINUTE : 0) | (in_day ? DAY : 0), us);
}

void fc_series_take_pending(struct fc_series *s, struct fc_delta *scratch, void (*take)(void *ctx, int64_t minute_us, const struct fc_delta *d), void *ctx) {
    for (uint32_t i = 0; i < s->pending_n; i++) take(ctx, s->pending[i].minute_us, &s->pending[i].delta);
    s->pending_n = 0;
    int64_t minute_us = s->minute_us;
    if (minute_us == 0) return;
    fc_delta_clear(scratch);
    take_minute(s, scratch);
    take(ctx, minute_us, scratch);
}

/* ---- tallies ----------------------------------------------------------------------------------------------------- */

void fc_series_add_to(const struct fc_series *s, enum fc_stretch stretch, struct fc_tally *out) {
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++)
        if (s->row[i] != 0) out->v[i] += s->rows[s->row[i] - 1].v[stretch];
    bins_to_hist(&s->waits, stretch, &out->waits);
    bins_to_hist(&s->journeys, stretch, &out->journeys);
    if (stretch == FC_STRETCH_DAY && s->day_wait_us_max > out->wait_us_max) out->wait_us_max = s->day_wait_us_max;
}

void fc_series_add_day(struct fc_series *s, const struct fc_tally *t) {
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++)
        if (t->v[i] != 0) add(s, (uint8_t)i, DAY, t->v[i]);
    for (uint32_t i = 0; i < t->waits.n; i++) bin(&s->waits, t->waits.pairs[i].bucket, DAY, t->waits.pairs[i].count);
    for (uint32_t i = 0; i < t->journeys.n; i++) bin(&s->journeys, t->journeys.pairs[i].bucket, DAY, t->journeys.pairs[i].count);
    if (t->wait_us_max > s->day_wait_us_max) s->day_wait_us_max = t->wait_us_max;
}

void fc_series_clear_day(struct fc_series *s) {
    for (int i = 0; i < s->rows_n; i++) s->rows[i].v[FC_STRETCH_DAY] = 0;
    clear_bins(&s->waits, FC_STRETCH_DAY);
    clear_bins(&s->journeys, FC_STRETCH_DAY);
    s->day_wait_us_max = 0;
}

void fc_series_clear_day_time(struct fc_series *s) {
    for (int i = FC_TALLY_TIME; i < FC_TALLY_TIME + FC_AGENT_STATE_COUNT; i++)
        if (s->row[i] != 0) s->rows[s->row[i] - 1].v[FC_STRETCH_DAY] = 0;
}

static void add_bins(struct fc_bins *into, const struct fc_bins *from, enum fc_stretch stretch) {
    for (uint32_t i = 0; i < from->n; i++)
        if (from->at[i].n[stretch] != 0) bin(into, from->at[i].bucket, FC_STRETCH_BIT(stretch), from->at[i].n[stretch]);
}

void fc_series_add_rolling(struct fc_series *into, const struct fc_series *from) {
    for (int k = FC_STRETCH_M15; k <= FC_STRETCH_H1; k++) {
        for (int i = 0; i < FC_TALLY_COUNT_ALL; i++)
            if (from->row[i] != 0) add(into, (uint8_t)i, FC_STRETCH_BIT(k), from->rows[from->row[i] - 1].v[k]);
        add_bins(&into->waits, &from->waits, (enum fc_stretch)k);
        add_bins(&into->journeys, &from->journeys, (enum fc_stretch)k);
    }
    for (uint32_t i = 0; i < from->peaks.n; i++) fc_peaks_add(&into->peaks, from->peaks.at[i].second, from->peaks.at[i].wait_us);
}

/* ---- peaks ------------------------------------------------------------------------------------------------------- */

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
