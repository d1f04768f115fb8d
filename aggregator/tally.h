/* tally -- everything that is counted for one queue, agent or the whole floor over one stretch of time.
 *
 * A tally is a sum: adding the facts of two stretches gives the tally of both, in any order. What is shown is worked
 * out from a tally by kpi.h; nothing derived (means, ratios, percentiles) is ever stored or added.
 */
#ifndef FC_TALLY_H
#define FC_TALLY_H

#include "event.h"
#include "hist.h"

/* COUNT(name, "what one unit is"). The order is the stored format: append, never reorder. */
#define FC_TALLY_COUNTS(COUNT)                                                                                         \
    COUNT(offered, "contacts that entered the queue")                                                                  \
    COUNT(answered, "contacts connected to an agent")                                                                  \
    COUNT(short_abandoned, "abandoned with a wait of at most the short-abandon limit")                                 \
    COUNT(sl_met, "answered within the threshold")                                                                     \
    COUNT(sl_missed, "counts against service level: waited longer than the threshold (counted when it elapsed) or "    \
                     "abandoned before it but later than the short-abandon limit")                                     \
    COUNT(abandoned_within, "abandoned with a wait of at most the threshold")                                          \
    COUNT(missed, "alerts that the agent did not take")                                                                \
    COUNT(transferred, "conversations that ended in a transfer")                                                       \
    COUNT(wait_us, "sum of the waits of answered contacts")                                                            \
    COUNT(talk_n, "conversations over")                                                                                \
    COUNT(talk_us, "their talk time, hold not included")                                                               \
    COUNT(hold_n, "conversations over that had been on hold")                                                          \
    COUNT(hold_us, "their time on hold")                                                                               \
    COUNT(wrap_n, "after-contact works over")                                                                          \
    COUNT(wrap_us, "their time")                                                                                       \
    COUNT(handle_n, "contacts handled: stamped when wrap ends, or when the conversation ends and no wrap follows")     \
    COUNT(handle_us, "their talk, hold and wrap")

enum fc_tally_count {
#define COUNT(name, help) FC_TALLY_##name,
    FC_TALLY_COUNTS(COUNT)
#undef COUNT
        FC_TALLY_LEFT, /* FC_LEFT_COUNT more: left the queue unanswered, by reason */
    FC_TALLY_COUNT_ALL = FC_TALLY_LEFT + FC_LEFT_COUNT,
};

struct fc_tally {
    int64_t v[FC_TALLY_COUNT_ALL];
    int64_t wait_us_max;  /* of answered contacts, in stored stretches and the day; rolling windows keep their own */
    struct fc_hist waits; /* of answered contacts, ms */
};

/* One thing that happened, as it enters a tally: up to two counts, and for an answer its wait. */
struct fc_fact {
    int64_t ts_us;   /* when it happened: decides the window and interval */
    int64_t value;   /* added (times sign) to v[sum]; us */
    int8_t sign;     /* +1, or -1 to take back an earlier one of the same ts, value and counts */
    uint8_t count;   /* enum fc_tally_count; gets +-1 */
    uint8_t sum;     /* enum fc_tally_count that gets value; equal to `count` when there is none */
};

void fc_tally_fini(struct fc_tally *t);
void fc_tally_clear(struct fc_tally *t);
bool fc_tally_empty(const struct fc_tally *t);

/* fc_tally_apply -- adds (direction +1) a fact or removes it again (-1, when it leaves a rolling window). */
void fc_tally_apply(struct fc_tally *t, const struct fc_fact *o, int direction);
void fc_tally_merge(struct fc_tally *into, const struct fc_tally *from);

/* Stored form: msgpack [1, [index, value, ..] of non-zero counts, wait_us_max, [bucket, count, ..]].
 * fc_tally_decode replaces *t (initialised) whole. Errors: FC_INVALID with the offset; *t is then empty. */
void fc_tally_encode(struct fc_mpw *w, const struct fc_tally *t);
FC_MUST_USE enum fc_status fc_tally_decode(struct fc_mp *mp, struct fc_tally *t, struct fc_error *err);

/* fc_tally_merge_bytes -- old + delta, both in stored form (old.n == 0: none yet), into out. How the store's writer adds
 * to an interval without knowing what is in it. Errors: FC_INVALID, FC_FULL. Thread: writer */
FC_MUST_USE enum fc_status fc_tally_merge_bytes(struct fc_str old, struct fc_str delta, uint8_t *out, size_t cap, size_t *n);

#define FC_TALLY_BYTES_MAX 32768 /* of the stored form: every bucket used */

#endif
