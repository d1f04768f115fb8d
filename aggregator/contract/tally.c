#include "tally.h"

#include "status.h"

#include <stdlib.h>

#define STORED_VERSION 2

void fc_tally_fini(struct fc_tally *t) {
    fc_hist_fini(&t->waits);
    fc_hist_fini(&t->journeys);
}

void fc_tally_clear(struct fc_tally *t) {
    memset(t->v, 0, sizeof t->v);
    t->wait_us_max = 0;
    fc_hist_clear(&t->waits);
    fc_hist_clear(&t->journeys);
}

bool fc_tally_empty(const struct fc_tally *t) {
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++)
        if (t->v[i] != 0) return false;
    return t->waits.n == 0 && t->journeys.n == 0;
}

/* The smallest number has no counterpart: it stays what it is. */
static int64_t signed_value(int64_t value, int sign) {
    return sign < 0 ? (int64_t)-(uint64_t)value : value;
}

void fc_tally_apply(struct fc_tally *t, const struct fc_fact *o, int direction) {
    int sign = direction * o->sign;
    if (o->count != FC_TALLY_NONE) t->v[o->count] = fc_sum(t->v[o->count], sign);
    if (o->sum != FC_TALLY_NONE) t->v[o->sum] = fc_sum(t->v[o->sum], signed_value(o->value, sign));
    if (o->count == FC_TALLY_journey_n) fc_hist_add(&t->journeys, fc_hist_bucket(o->value / 1000), sign);
    if (o->count != FC_TALLY_answered) return;
    fc_hist_add(&t->waits, fc_hist_bucket(o->value / 1000), sign);
    if (sign > 0 && o->value > t->wait_us_max) t->wait_us_max = o->value;
}

void fc_tally_merge(struct fc_tally *into, const struct fc_tally *from) {
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++) into->v[i] = fc_sum(into->v[i], from->v[i]);
    if (from->wait_us_max > into->wait_us_max) into->wait_us_max = from->wait_us_max;
    fc_hist_merge(&into->waits, &from->waits);
    fc_hist_merge(&into->journeys, &from->journeys);
}

static void write_hist(struct fc_mpw *w, const struct fc_hist *h) {
    fc_mpw_array(w, 2 * (size_t)h->n);
    for (uint32_t i = 0; i < h->n; i++) {
        fc_mpw_int(w, h->pairs[i].bucket);
        fc_mpw_int(w, h->pairs[i].count);
    }
}

void fc_tally_encode(struct fc_mpw *w, const struct fc_tally *t) {
    size_t used = 0;
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++) used += t->v[i] != 0;
    fc_mpw_array(w, 5);
    fc_mpw_int(w, STORED_VERSION);
    fc_mpw_array(w, 2 * used);
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++) {
        if (t->v[i] == 0) continue;
        fc_mpw_int(w, i);
        fc_mpw_int(w, t->v[i]);
    }
    fc_mpw_int(w, t->wait_us_max);
    write_hist(w, &t->waits);
    write_hist(w, &t->journeys);
}

/* ---- deltas ------------------------------------------------------------------------------------------------------ */

void fc_delta_fini(struct fc_delta *d) {
    free(d->counts);
    fc_hist_fini(&d->waits);
    fc_hist_fini(&d->journeys);
    *d = (struct fc_delta){0};
}

void fc_delta_clear(struct fc_delta *d) {
    d->counts_n = 0;
    d->wait_us_max = 0;
    fc_hist_clear(&d->waits);
    fc_hist_clear(&d->journeys);
}

bool fc_delta_empty(const struct fc_delta *d) {
    for (uint32_t i = 0; i < d->counts_n; i++)
        if (d->counts[i].value != 0) return false;
    return d->waits.n == 0 && d->journeys.n == 0;
}

void fc_delta_add(struct fc_delta *d, uint8_t index, int64_t value) {
    uint32_t i = 0;
    while (i < d->counts_n && d->counts[i].index != index) i++;
    if (i < d->counts_n) {
        d->counts[i].value = fc_sum(d->counts[i].value, value);
        return;
    }
    if (d->counts_n == d->counts_cap) {
        d->counts_cap = d->counts_cap == 0 ? 4 : 2 * d->counts_cap;
        d->counts = realloc(d->counts, d->counts_cap * sizeof *d->counts);
        FC_ASSERT(d->counts != NULL);
    }
    d->counts[d->counts_n++] = (struct fc_delta_count){value, index};
}

void fc_delta_apply(struct fc_delta *d, const struct fc_fact *o) {
    if (o->count != FC_TALLY_NONE) fc_delta_add(d, o->count, o->sign);
    if (o->sum != FC_TALLY_NONE) fc_delta_add(d, o->sum, signed_value(o->value, o->sign));
    if (o->count == FC_TALLY_journey_n) fc_hist_add(&d->journeys, fc_hist_bucket(o->value / 1000), o->sign);
    if (o->count != FC_TALLY_answered) return;
    fc_hist_add(&d->waits, fc_hist_bucket(o->value / 1000), o->sign);
    if (o->sign > 0 && o->value > d->wait_us_max) d->wait_us_max = o->value;
}

void fc_delta_encode(struct fc_mpw *w, const struct fc_delta *d) {
    size_t used = 0;
    for (uint32_t i = 0; i < d->counts_n; i++) used += d->counts[i].value != 0;
    fc_mpw_array(w, 5);
    fc_mpw_int(w, STORED_VERSION);
    fc_mpw_array(w, 2 * used);
    for (uint32_t i = 0; i < d->counts_n; i++) {
        if (d->counts[i].value == 0) continue;
        fc_mpw_int(w, d->counts[i].index);
        fc_mpw_int(w, d->counts[i].value);
    }
    fc_mpw_int(w, d->wait_us_max);
    write_hist(w, &d->waits);
    write_hist(w, &d->journeys);
}

/* ---- back -------------------------------------------------------------------------------------------------------- */

static bool read_counts(struct fc_mp *mp, struct fc_tally *t) {
    uint32_t n;
    if (!fc_mp_array(mp, &n) || n % 2 != 0) return false;
    for (uint32_t i = 0; i < n; i += 2) {
        int64_t index, value;
        if (!fc_mp_i64(mp, &index) || !fc_mp_i64(mp, &value)) return false;
        if (index < 0 || index >= FC_TALLY_COUNT_ALL) return false;
        t->v[index] = fc_sum(t->v[index], value);
    }
    return true;
}

static bool read_hist(struct fc_mp *mp, struct fc_hist *h) {
    uint32_t n;
    if (!fc_mp_array(mp, &n) || n % 2 != 0) return false;
    for (uint32_t i = 0; i < n; i += 2) {
        int64_t bucket, count;
        if (!fc_mp_i64(mp, &bucket) || !fc_mp_i64(mp, &count)) return false;
        if (bucket < 0 || bucket >= FC_HIST_BUCKETS || count < INT32_MIN || count > INT32_MAX) return false;
        fc_hist_add(h, (uint16_t)bucket, (int32_t)count);
    }
    return true;
}

enum fc_status fc_tally_decode(struct fc_mp *mp, struct fc_tally *t, struct fc_error *err) {
    uint32_t n;
    int64_t version;
    fc_tally_clear(t);
    if (fc_mp_array(mp, &n) && n == 5 && fc_mp_i64(mp, &version) && version == STORED_VERSION && read_counts(mp, t) &&
        fc_mp_i64(mp, &t->wait_us_max) && read_hist(mp, &t->waits) && read_hist(mp, &t->journeys))
        return FC_OK;
    fc_tally_clear(t);
    return fc_fail(err, FC_INVALID, "stored tally: byte %zu is not as version %d writes it", fc_mp_offset(mp), STORED_VERSION);
}

enum fc_status fc_tally_merge_bytes(struct fc_str old, struct fc_str delta, uint8_t *out, size_t cap, size_t *n) {
    struct fc_tally sum = {0}, more = {0};
    struct fc_mp a = fc_mp_open(old.p, old.n), b = fc_mp_open(delta.p, delta.n);
    enum fc_status st = old.n > 0 ? fc_tally_decode(&a, &sum, NULL) : FC_OK;
    if (st == FC_OK) st = fc_tally_decode(&b, &more, NULL);
    if (st == FC_OK) {
        struct fc_mpw w;
        fc_tally_merge(&sum, &more);
        fc_mpw_init(&w, out, cap);
        fc_tally_encode(&w, &sum);
        *n = w.len;
        if (w.overflow) st = FC_FULL;
    }
    fc_tally_fini(&sum);
    fc_tally_fini(&more);
    return st;
}
