/* chain_brute -- all facts of a customer reckoned from the list of all visits, contact by contact, straight from the
 * words in chains.h. Shares nothing with the code under test but its types. */
#ifndef CHAIN_BRUTE_H
#define CHAIN_BRUTE_H

#include "chain_sums.h"

struct contact {
    int64_t offered_us, answered_us, over_us;
    const struct fc_visit *answer;
    uint64_t root;
    int disposed, told; /* by the leg offered last that says so */
};

static int by_offered(const void *a, const void *b) {
    const struct fc_visit *const *x = a, *const *y = b;
    return ((*x)->offered_us > (*y)->offered_us) - ((*x)->offered_us < (*y)->offered_us);
}

static inline int64_t end_of_visit(const struct fc_visit *x) {
    if (x->over_us == 0) return INT64_MAX;
    int64_t end_us = x->over_us > x->answered_us ? x->over_us : x->answered_us;
    return end_us > x->offered_us ? end_us : x->offered_us;
}

static inline void take_leg(struct contact *c, const struct fc_visit *x) {
    if (x->answered_us != 0 && (c->answer == NULL || x->answered_us < c->answered_us)) {
        c->answer = x;
        c->answered_us = x->answered_us;
    }
    if (end_of_visit(x) > c->over_us) c->over_us = end_of_visit(x);
    if (x->disposed != 0) c->disposed = x->disposed;
    if (x->told != 0) c->told = x->told;
}

/* Legs of one root, taken by offer, each less than W after the end of those before it. */
static inline int contacts_of(const struct fc_visit *const *v, int n, int64_t window_us, struct contact *out) {
    const struct fc_visit **sorted = calloc((size_t)n + 1, sizeof *sorted);
    bool *used = calloc((size_t)n + 1, sizeof *used);
    int made = 0;
    for (int i = 0; i < n; i++) sorted[i] = v[i];
    qsort(sorted, (size_t)n, sizeof *sorted, by_offered);
    for (int i = 0; i < n; i++) {
        if (used[i]) continue;
        struct contact c = {.offered_us = sorted[i]->offered_us, .root = sorted[i]->root, .over_us = INT64_MIN};
        for (int k = i; k < n; k++) {
            bool near = c.over_us == INT64_MIN || c.over_us == INT64_MAX || sorted[k]->offered_us - c.over_us < window_us;
            if (used[k] || sorted[k]->root != c.root || !near) continue;
            used[k] = true;
            take_leg(&c, sorted[k]);
        }
        if (c.over_us == INT64_MAX) c.over_us = 0;
        out[made++] = c;
    }
    free(sorted);
    free(used);
    return made;
}

static inline void count_group(struct sums *s, const struct contact *first, int group, bool once, bool final, int sign) {
    struct fc_fact f = {.ts_us = first->answered_us, .sign = (int8_t)sign, .sum = FC_TALLY_NONE};
    f.count = (uint8_t)group;
    sums_add(s, &first->answer->place, &f);
    f.count = (uint8_t)(group + 1);
    if (once) sums_add(s, &first->answer->place, &f);
    f.count = (uint8_t)(group + 2);
    if (final) sums_add(s, &first->answer->place, &f);
    f.count = (uint8_t)(group + 3);
    if (final && once) sums_add(s, &first->answer->place, &f);
}

static inline void count_chain(struct sums *s, const struct contact *c, int n, bool final, int sign) {
    const struct contact *first = NULL;
    int answered = 0, after = 0;
    int64_t end_us = 0;
    for (int i = 0; i < n; i++) {
        if (c[i].answer == NULL) continue;
        answered++;
        if (first == NULL || c[i].answered_us < first->answered_us) first = &c[i];
        if (c[i].over_us > end_us) end_us = c[i].over_us;
    }
    if (first == NULL) return;
    for (int i = 0; i < n; i++) after += c[i].offered_us > first->offered_us;
    count_group(s, first, FC_TALLY_chain_n, answered == 1 && after == 0, final, sign);
    if (first->disposed != 0)
        count_group(s, first, FC_TALLY_disposed_n, first->disposed == FC_VERDICT_YES, final, sign);
    if (first->told != 0) count_group(s, first, FC_TALLY_told_n, first->told == FC_VERDICT_YES, final, sign);
    if (end_us == 0) return;
    struct fc_fact f = {.ts_us = first->answered_us,
                        .sign = (int8_t)sign,
                        .count = FC_TALLY_journey_n,
                        .sum = FC_TALLY_journey_us,
                        .value = end_us - c[0].offered_us};
    sums_add(s, &first->answer->place, &f);
}

static inline int earlier(const void *a, const void *b) {
    const struct contact *x = a, *y = b;
    if (x->offered_us != y->offered_us) return x->offered_us < y->offered_us ? -1 : 1;
    return x->root < y->root ? -1 : 1;
}

static inline void brute(struct sums *s, const struct fc_visit *const *v, int n, int64_t window_us, int64_t now_us, int sign) {
    struct contact *c = calloc((size_t)n + 1, sizeof *c);
    assert_non_null(c);
    int contacts = contacts_of(v, n, window_us, c);
    qsort(c, (size_t)contacts, sizeof *c, earlier);
    for (int from = 0; from < contacts;) {
        int to = from;
        int64_t end_us = 0;
        bool open = false;
        while (to < contacts && (to == from || open || c[to].offered_us - end_us < window_us)) {
            open = open || c[to].over_us == 0;
            if (c[to].over_us > end_us) end_us = c[to].over_us;
            to++;
        }
        count_chain(s, &c[from], to - from, !open && now_us >= end_us + window_us, sign);
        from = to;
    }
    free(c);
}

#endif
