#include "hist.h"

#include "status.h"

#include <math.h>
#include <stdlib.h>

#define LINEAR 128 /* buckets of 1 ms */
#define PER_OCTAVE 64

void fc_hist_fini(struct fc_hist *h) {
    free(h->pairs);
    *h = (struct fc_hist){0};
}

void fc_hist_clear(struct fc_hist *h) { h->n = 0; }

uint16_t fc_hist_bucket(int64_t ms) {
    if (ms < LINEAR) return ms < 0 ? 0 : (uint16_t)ms;
    int top = 63 - __builtin_clzll((unsigned long long)ms); /* >= 7 */
    int64_t within = (ms >> (top - 6)) - PER_OCTAVE;         /* 0..63 */
    int64_t bucket = LINEAR + (int64_t)(top - 7) * PER_OCTAVE + within;
    return bucket < FC_HIST_BUCKETS ? (uint16_t)bucket : FC_HIST_BUCKETS - 1;
}

int64_t fc_hist_middle_ms(uint16_t bucket) {
    if (bucket < LINEAR) return bucket;
    int shift = (bucket - LINEAR) / PER_OCTAVE + 1; /* the bucket is 2^shift ms wide */
    int64_t low = (int64_t)(PER_OCTAVE + (bucket - LINEAR) % PER_OCTAVE) << shift;
    return low + ((INT64_C(1) << shift) - 1) / 2;
}

/* Wraps where it runs over, see fc_sum in tally.h. */
static int32_t sum(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

static uint32_t find(const struct fc_hist *h, uint16_t bucket) {
    uint32_t lo = 0, hi = h->n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (h->pairs[mid].bucket < bucket) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

void fc_hist_add(struct fc_hist *h, uint16_t bucket, int32_t count) {
    if (count == 0) return;
    uint32_t at = find(h, bucket);
    if (at < h->n && h->pairs[at].bucket == bucket) {
        h->pairs[at].count = sum(h->pairs[at].count, count);
        if (h->pairs[at].count != 0) return;
        h->n--;
        memmove(h->pairs + at, h->pairs + at + 1, (h->n - at) * sizeof *h->pairs);
        return;
    }
    if (h->n == h->cap) {
        h->cap = h->cap == 0 ? 8 : 2 * h->cap;
        h->pairs = realloc(h->pairs, h->cap * sizeof *h->pairs);
        FC_ASSERT(h->pairs != NULL);
    }
    memmove(h->pairs + at + 1, h->pairs + at, (h->n - at) * sizeof *h->pairs);
    h->pairs[at] = (struct fc_hist_pair){bucket, count};
    h->n++;
}

/* How many buckets of `from` are not in `into`. */
static uint32_t buckets_new(const struct fc_hist *into, const struct fc_hist *from) {
    uint32_t more = 0, k = 0;
    for (uint32_t i = 0; i < from->n; i++) {
        while (k < into->n && into->pairs[k].bucket < from->pairs[i].bucket) k++;
        more += k == into->n || into->pairs[k].bucket != from->pairs[i].bucket;
    }
    return more;
}

static void drop_zeros(struct fc_hist *h) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < h->n; i++)
        if (h->pairs[i].count != 0) h->pairs[kept++] = h->pairs[i];
    h->n = kept;
}

/* From the back, so that one array does: what is written never overtakes what is still to be read. */
void fc_hist_merge(struct fc_hist *into, const struct fc_hist *from) {
    uint32_t a = into->n, b = from->n, at = a + buckets_new(into, from);
    if (at > into->cap) {
        into->cap = at;
        into->pairs = realloc(into->pairs, into->cap * sizeof *into->pairs);
        FC_ASSERT(into->pairs != NULL);
    }
    into->n = at;
    while (b > 0) {
        bool shared = a > 0 && into->pairs[a - 1].bucket == from->pairs[b - 1].bucket;
        bool ours = a > 0 && into->pairs[a - 1].bucket >= from->pairs[b - 1].bucket;
        struct fc_hist_pair p = ours ? into->pairs[--a] : from->pairs[--b];
        if (shared) p.count = sum(p.count, from->pairs[--b].count);
        into->pairs[--at] = p;
    }
    drop_zeros(into);
}

int64_t fc_hist_total(const struct fc_hist *h) {
    int64_t total = 0;
    for (uint32_t i = 0; i < h->n; i++) total += h->pairs[i].count;
    return total;
}

bool fc_hist_quantile_ms(const struct fc_hist *h, double q, int64_t *out) {
    int64_t total = fc_hist_total(h);
    if (total <= 0) return false;
    int64_t rank = (int64_t)ceil(q * (double)total), seen = 0;
    for (uint32_t i = 0; i < h->n; i++) {
        seen += h->pairs[i].count;
        if (seen < rank) continue;
        *out = fc_hist_middle_ms(h->pairs[i].bucket);
        return true;
    }
    return false;
}

int64_t fc_hist_top_ms(const struct fc_hist *h) {
    uint32_t i = h->n;
    while (i > 0 && h->pairs[i - 1].count <= 0) i--;
    if (i == 0) return 0;
    uint16_t bucket = h->pairs[i - 1].bucket;
    if (bucket == FC_HIST_BUCKETS - 1) return INT64_MAX;
    if (bucket < LINEAR) return bucket;
    return fc_hist_middle_ms(bucket) + (INT64_C(1) << (bucket - LINEAR) / PER_OCTAVE); /* half of the bucket's width */
}
