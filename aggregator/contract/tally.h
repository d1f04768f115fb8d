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
    COUNT(handle_us, "their talk, hold and wrap")                                                                      \
    COUNT(chain_n, "chains with an answered contact, as known now; stands at the first answer")                        \
    COUNT(chain_once, "of them those with exactly one answered contact and no attempt after it")                       \
    COUNT(chain_final_n, "chain_n of chains whose window has passed")                                                  \
    COUNT(chain_final_once, "chain_once of chains whose window has passed")                                            \
    COUNT(disposed_n, "chains whose first answered contact was given a disposition")                                   \
    COUNT(disposed_once, "of them those whose disposition is that it was resolved")                                    \
    COUNT(disposed_final_n, "disposed_n of chains whose window has passed")                                            \
    COUNT(disposed_final_once, "disposed_once of chains whose window has passed")                                      \
    COUNT(told_n, "chains whose customer said in a survey of the first answered contact whether it was resolved")      \
    COUNT(told_once, "of them those where the customer said that it was")                                              \
    COUNT(told_final_n, "told_n of chains whose window has passed")                                                    \
    COUNT(told_final_once, "told_once of chains whose window has passed")                                              \
    COUNT(journey_n, "chains whose latest answered contact is over")                                                   \
    COUNT(journey_us, "first offer of the chain to the end of its last answered contact")                              \
    COUNT(csat_n, "answers on satisfaction")                                                                           \
    COUNT(csat_sum, "their points, 1 to 5")                                                                            \
    COUNT(csat_top, "answers of 4 or 5")                                                                               \
    COUNT(nps_n, "answers on recommendation")                                                                          \
    COUNT(nps_promoters, "answers of 9 or 10")                                                                         \
    COUNT(nps_detractors, "answers of 0 to 6")                                                                         \
    COUNT(rater_n, "answers on the five dimensions of service quality")                                                \
    COUNT(rater_reliability, "their points, 1 to 5 each")                                                              \
    COUNT(rater_assurance, "likewise")                                                                                 \
    COUNT(rater_tangibles, "likewise")                                                                                 \
    COUNT(rater_empathy, "likewise")                                                                                   \
    COUNT(rater_responsiveness, "likewise")                                                                            \
    COUNT(assess_n, "self-assessments")                                                                                \
    COUNT(assess_sum, "their points, 0 to 30 each")                                                                    \
    COUNT(resolved_yes, "contacts and cases disposed of as resolved")                                                  \
    COUNT(resolved_no, "contacts and cases disposed of as not resolved")                                               \
    COUNT(complaints_opened, "complaints opened")                                                                      \
    COUNT(complaints_reopened, "times a resolved complaint was opened again")                                          \
    COUNT(complaint_ack_n, "complaints acknowledged; stands at the first acknowledgement")                             \
    COUNT(complaint_ack_us, "opened to acknowledged")                                                                  \
    COUNT(complaint_resolve_n, "complaints resolved for good, as known now; stands at the resolution")                 \
    COUNT(complaint_resolve_us, "first opened to resolved")                                                            \
    COUNT(cause_frontline, "complaints and dispositions whose cause is the front line")                                \
    COUNT(cause_process, "complaints and dispositions whose cause is the process")                                     \
    COUNT(cause_support, "complaints and dispositions whose cause is a supporting unit")

/* Left the queue unanswered by reason, and agents' time by state, in us, stand first; both have room to grow. */
enum fc_tally_count {
    FC_TALLY_LEFT = 0,                                   /* + enum fc_left */
    FC_TALLY_TIME = 16,                                  /* + enum fc_agent_state */
    FC_TALLY_named_before = 31,
#define COUNT(name, help) FC_TALLY_##name,
    FC_TALLY_COUNTS(COUNT)
#undef COUNT
        FC_TALLY_COUNT_ALL,
    FC_TALLY_NONE = 255, /* in a fact: nothing to count */
};

struct fc_tally {
    int64_t v[FC_TALLY_COUNT_ALL];
    int64_t wait_us_max;     /* of answered contacts, in stored stretches and the day; rolling windows keep their own */
    struct fc_hist waits;    /* of answered contacts, ms */
    struct fc_hist journeys; /* ms */
};

/* fc_sum -- a + b. Bytes from outside and events of absurd times can make a sum run over: it then wraps, as the sum of
 * everything would, so that the order of adding and taking back never matters; plain `+` would be undefined. */
static inline int64_t fc_sum(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

/* fc_product -- a * b, wrapping in the same way: -1 times the smallest number is that number again. */
static inline int64_t fc_product(int64_t a, int64_t b) { return (int64_t)((uint64_t)a * (uint64_t)b); }

/* One thing that happened, as it enters a tally: one more of `count`, and `value` more in `sum`. An answer's wait and a
 * chain's journey go into their histograms too. */
struct fc_fact {
    int64_t ts_us;   /* when it happened: decides the window and interval */
    int64_t value;   /* added (times sign) to v[sum]; us or points */
    int8_t sign;     /* +1, or -1 to take back an earlier one of the same ts, value and counts */
    uint8_t count;   /* enum fc_tally_count that gets +-1, or FC_TALLY_NONE */
    uint8_t sum;     /* enum fc_tally_count that gets value, or FC_TALLY_NONE */
};

void fc_tally_fini(struct fc_tally *t);
void fc_tally_clear(struct fc_tally *t);
bool fc_tally_empty(const struct fc_tally *t);

/* fc_tally_apply -- adds (direction +1) a fact or removes it again (-1, when it leaves a rolling window). */
void fc_tally_apply(struct fc_tally *t, const struct fc_fact *o, int direction);
void fc_tally_merge(struct fc_tally *into, const struct fc_tally *from);

/* A tally that holds little: what happened to one owner within a minute touches a few of all the counts. Zeroed is empty. */
struct fc_delta {
    struct fc_delta_count {
        int64_t value;
        uint8_t index; /* enum fc_tally_count */
    } *counts;         /* in the order of their first change; owned */
    uint32_t counts_n, counts_cap;
    int64_t wait_us_max;
    struct fc_hist waits, journeys;
};

void fc_delta_fini(struct fc_delta *d);
void fc_delta_clear(struct fc_delta *d); /* keeps the memory */
bool fc_delta_empty(const struct fc_delta *d); /* also when all of it cancelled out */
void fc_delta_add(struct fc_delta *d, uint8_t index, int64_t value);
void fc_delta_apply(struct fc_delta *d, const struct fc_fact *o);
void fc_delta_encode(struct fc_mpw *w, const struct fc_delta *d); /* as the tally that holds the same */

/* Stored form: msgpack [2, [index, value, ..] of non-zero counts, wait_us_max, [bucket, count, ..] of waits, likewise of journeys].
 * fc_tally_decode replaces *t (initialised) whole. Errors: FC_INVALID with the offset; *t is then empty. */
void fc_tally_encode(struct fc_mpw *w, const struct fc_tally *t);
FC_MUST_USE enum fc_status fc_tally_decode(struct fc_mp *mp, struct fc_tally *t, struct fc_error *err);

/* fc_tally_merge_bytes -- old + delta, both in stored form (old.n == 0: none yet), into out. How the store's writer adds
 * to an interval without knowing what is in it. Errors: FC_INVALID, FC_FULL. Thread: writer */
FC_MUST_USE enum fc_status fc_tally_merge_bytes(struct fc_str old, struct fc_str delta, uint8_t *out, size_t cap, size_t *n);

#define FC_TALLY_BYTES_MAX 65536 /* of the stored form: every bucket used */

#endif
