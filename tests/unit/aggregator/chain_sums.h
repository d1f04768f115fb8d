/* chain_sums -- what the tests of chains share: sums of facts, a store of records, queues and agents that have names
 * only. */
#ifndef CHAIN_SUMS_H
#define CHAIN_SUMS_H

#include "chains.h"
#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define QUEUES 8
#define AGENTS 5

struct fc_queue {
    struct fc_str name;
};
struct fc_agent {
    struct fc_str name;
};
static struct fc_queue queues[QUEUES] = {{FC_STR_LIT("PS")}, {FC_STR_LIT("PE")},   {FC_STR_LIT("IN")},
                                         {FC_STR_LIT("NE")}, {FC_STR_LIT("NW")},   {FC_STR_LIT("TT")},
                                         {FC_STR_LIT("AA")}, {FC_STR_LIT("other")}};
static struct fc_agent agents[AGENTS] = {
    {FC_STR_LIT("a")}, {FC_STR_LIT("b")}, {FC_STR_LIT("c")}, {FC_STR_LIT("d")}, {FC_STR_LIT("e")}};

static inline struct fc_queue *queue_named(void *ctx, struct fc_str name) {
    (void)ctx;
    for (int i = 0; i < QUEUES; i++)
        if (fc_str_eq(queues[i].name, name)) return &queues[i];
    return &queues[QUEUES - 1];
}

static inline struct fc_agent *agent_named(void *ctx, struct fc_str name) {
    (void)ctx;
    for (int i = 0; i < AGENTS; i++)
        if (fc_str_eq(agents[i].name, name)) return &agents[i];
    return &agents[AGENTS - 1];
}

static const struct fc_chains_resolver resolver = {.queue = queue_named, .agent = agent_named};

/* ---- sums: one per time, place and count ----------------------------------------------------------------------- */

struct sum {
    int64_t ts_us;
    struct fc_place place;
    uint8_t count, sum;
    int64_t n, value;
    bool used;
};

struct sums {
    struct sum *at;
    size_t n, cap;
    int64_t facts; /* handed over */
};

static inline struct sum *sum_slot(const struct sums *s, const struct sum *x) {
    uint64_t h = (uint64_t)x->ts_us * 31 + (uint64_t)(uintptr_t)x->place.queue +
                 (uint64_t)(uintptr_t)x->place.agent * 7 + x->place.channel * 131u + x->count;
    for (size_t i = (size_t)(h * 0x9e3779b97f4a7c15u >> 20) & (s->cap - 1);; i = (i + 1) & (s->cap - 1)) {
        struct sum *y = &s->at[i];
        if (!y->used) return y;
        if (y->ts_us == x->ts_us && y->place.queue == x->place.queue && y->place.agent == x->place.agent &&
            y->place.channel == x->place.channel && y->count == x->count && y->sum == x->sum)
            return y;
    }
}

static inline void sums_grow(struct sums *s) {
    struct sums old = *s;
    s->cap = old.cap == 0 ? 1024 : 2 * old.cap;
    s->at = calloc(s->cap, sizeof *s->at);
    assert_non_null(s->at);
    for (size_t i = 0; i < old.cap; i++)
        if (old.at[i].used) *sum_slot(s, &old.at[i]) = old.at[i];
    free(old.at);
}

static inline void sums_add(struct sums *s, const struct fc_place *place, const struct fc_fact *f) {
    if (s->n >= s->cap / 2) sums_grow(s);
    const struct sum key = {.ts_us = f->ts_us, .place = *place, .count = f->count, .sum = f->sum, .used = true};
    struct sum *x = sum_slot(s, &key);
    if (!x->used) {
        *x = key;
        s->n++;
    }
    assert_true(f->sign == 1 || f->sign == -1);
    x->n += f->sign;
    x->value += f->sign * f->value;
}

static inline void sums_fact(void *ctx, const struct fc_place *place, const struct fc_fact *f) {
    struct sums *s = ctx;
    s->facts++;
    sums_add(s, place, f);
}

static inline void sums_assert_zero(const struct sums *s) {
    for (size_t i = 0; i < s->cap; i++)
        if (s->at[i].n != 0 || s->at[i].value != 0)
            fail_msg("at %lld, count %d: %lld (%lld) too many", (long long)s->at[i].ts_us, s->at[i].count,
                     (long long)s->at[i].n, (long long)s->at[i].value);
}

static inline int64_t sums_total(const struct sums *s, int count) {
    int64_t n = 0;
    for (size_t i = 0; i < s->cap; i++)
        if (s->at[i].used && s->at[i].count == count) n += s->at[i].n;
    return n;
}

static inline int64_t sums_value(const struct sums *s, int count) {
    int64_t v = 0;
    for (size_t i = 0; i < s->cap; i++)
        if (s->at[i].used && s->at[i].count == count) v += s->at[i].value;
    return v;
}

static inline void sums_free(struct sums *s) { free(s->at); }

/* ---- the store ------------------------------------------------------------------------------------------------- */

struct item {
    struct fc_chain_key key;
    char *bytes;
    uint32_t n;
};

struct shelf {
    struct item *items;
    size_t n, cap;
};

static inline struct item *shelf_find(struct shelf *s, struct fc_chain_key key) {
    for (size_t i = 0; i < s->n; i++)
        if (memcmp(&s->items[i].key, &key, sizeof key) == 0) return &s->items[i];
    return NULL;
}

static inline void shelf_put(void *ctx, struct fc_chain_key key, struct fc_str bytes) {
    struct shelf *s = ctx;
    struct item *it = shelf_find(s, key);
    if (it == NULL) {
        if (s->n == s->cap) {
            s->cap = s->cap == 0 ? 256 : 2 * s->cap;
            s->items = realloc(s->items, s->cap * sizeof *s->items);
            assert_non_null(s->items);
        }
        it = &s->items[s->n++];
        *it = (struct item){.key = key};
    }
    it->bytes = realloc(it->bytes, bytes.n);
    assert_non_null(it->bytes);
    memcpy(it->bytes, bytes.p, bytes.n);
    it->n = bytes.n;
}

static inline void shelf_gone(void *ctx, struct fc_chain_key key) {
    struct shelf *s = ctx;
    struct item *it = shelf_find(s, key);
    assert_non_null(it);
    free(it->bytes);
    *it = s->items[--s->n];
}

static inline int by_key(const void *a, const void *b) {
    return memcmp(&((const struct item *)a)->key, &((const struct item *)b)->key, 16);
}

static inline void shelf_load(struct shelf *s, struct fc_chains *c) {
    qsort(s->items, s->n, sizeof *s->items, by_key);
    for (size_t i = 0; i < s->n; i++) {
        struct fc_error err = {0};
        enum fc_status st =
            fc_chains_load(c, s->items[i].key, fc_str_n(s->items[i].bytes, s->items[i].n), &resolver, &err);
        if (st != FC_OK) fail_msg("%s", err.text);
    }
}

static inline void shelf_free(struct shelf *s) {
    for (size_t i = 0; i < s->n; i++) free(s->items[i].bytes);
    free(s->items);
}

#endif
