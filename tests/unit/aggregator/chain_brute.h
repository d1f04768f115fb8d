/* chain_brute -- all facts of a customer reckoned from the list of all visits, contact by contact, straight from the
 * words in chains.h. Shares nothing with the code under test but its types. */
#ifndef CHAIN_BRUTE_H
#define CHAIN_BRUTE_H

#include "chain_sums.h"

struct contact {
    int64_t offered_us, answered_us, over_us;
    const struct fc_visit *answer;
    uint64_t root;
    int disposed, told;
    int64_t disposed_us, told_us; /* offer of the leg that said so: the latest counts */
};

static inline int contacts_of(const struct fc_visit *const *v, int n, struct contact *out) {
    int made = 0;
    for (int i = 0; i < n; i++) {
        bool seen = false;
        for (int k = 0; k < i; k++) seen = seen || v[k]->root == v[i]->root;
        if (seen) continue;
        struct contact c = {.offered_us = INT64_MAX, .root = v[i]->root};
        bool open = false;
        for (int k = i; k < n; k++) {
            const struct fc_visit *x = v[k];
            if (x->root != c.root) continue;
            int64_t end_us = x->over_us;
            if (end_us != 0 && end_us < x->answered_us) end_us = x->answered_us;
            if (end_us != 0 && end_us < x->offered_us) end_us = x->offered_us;
            if (x->offered_us < c.offered_us) c.offered_us = x->offered_us;
            if (x->answered_us != 0 && (c.answer == NULL || x->answered_us < c.answered_us)) {
                c.answer = x;
                c.answered_us = x->answered_us;
            }
            open = open || x->over_us == 0;
            if (end_us > c.over_us) c.over_us = end_us;
            if (x->disposed != 0 && x->offered_us >= c.disposed_us) {
                c.disposed = x->disposed;
                c.disposed_us = x->offered_us;
            }
            if (x->told != 0 && x->offered_us >= c.told_us) {
                c.told = x->told;
                c.told_us = x->offered_us;
            }
        }
        if (open) c.over_us = 0;
        out[made++] = c;
    }
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
    int contacts = contacts_of(v, n, c);
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
