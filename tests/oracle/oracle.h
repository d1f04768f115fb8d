/* oracle -- every count of tally.h worked out anew from the plain list of events: slow, obvious, and with no memory.
 *
 * What the numbers mean is written twice in this project: once in the engine, which never looks back, and once here, which does
 * nothing else. The two share the names of the counts and not a line of code; where they differ, one of them is wrong. The
 * order of the events does not matter, nor does an event that stands there twice. Of things that happened to one contact or one
 * agent at the very same microsecond no order is known: such events do not belong in here.
 */
#ifndef FC_ORACLE_H
#define FC_ORACLE_H

#include "state.h"
#include "tally.h"

#define FC_ORACLE_ALL (-1)               /* of a channel: every cell together */
#define FC_ORACLE_PLAIN FC_CHANNEL_COUNT /* of a channel: what has none */

struct fc_oracle_limits {
    int64_t threshold_us, short_us; /* T and S */
};

/* Queues that are not listed have `defaults`. All names are the caller's. */
struct fc_oracle_rules {
    struct fc_oracle_limits defaults;
    struct fc_oracle_queue {
        const char *name;
        struct fc_oracle_limits of[FC_CHANNEL_COUNT];
    } *queues;
    size_t queues_n;
    struct fc_oracle_group {
        const char *name;
        const char **queues;
        size_t queues_n;
    } *groups; /* in the order of the config: the first that lists a queue is its scope of chains */
    size_t groups_n;
    int64_t chain_window_us; /* W */
};

struct fc_oracle;

/* fc_oracle_create -- what these events mean at `now_us`. None of them lies ahead of now.
 * Owns: the events, their strings and the rules are the caller's and must outlive the oracle. Allocates. */
struct fc_oracle *fc_oracle_create(const struct fc_oracle_rules *rules, const struct fc_event *events, size_t n, int64_t now_us);
void fc_oracle_destroy(struct fc_oracle *o);

/* Scope and name as in topics; the whole floor is FC_SCOPE_GROUP "all". [from_us, to_us), never past now. */
struct fc_oracle_question {
    enum fc_scope scope;
    struct fc_str name;
    int channel; /* FC_ORACLE_ALL, FC_ORACLE_PLAIN or enum fc_channel */
    int64_t from_us, to_us;
};

struct fc_oracle_answer {
    int64_t v[FC_TALLY_COUNT_ALL];
    struct fc_oracle_list { /* exact, rising */
        int64_t *at;
        size_t n, cap;
    } waits_us, journeys_us;
    int64_t wait_us_max;

    /* of now, whatever the range */
    int64_t waiting, longest_wait_since_us /* 0: nobody waits */, complaints_open, agents[FC_AGENT_STATE_COUNT];
};

/* fc_oracle_ask -- fills `out` (initialised; its memory is used again). An owner that nobody ever heard of has nothing. */
void fc_oracle_ask(const struct fc_oracle *o, const struct fc_oracle_question *q, struct fc_oracle_answer *out);
void fc_oracle_answer_fini(struct fc_oracle_answer *a);

/* Every visit that is over, in no order. returned_us: its customer's next offer after it, in the same scope of chains and
 * of another root, when it was not answered; 0: none. */
struct fc_oracle_over {
    struct fc_str contact, queue;
    bool answered;
    enum fc_left reason; /* of one that was not */
    int64_t offered_us, over_us, returned_us;
};
void fc_oracle_each_over(const struct fc_oracle *o, void (*each)(void *ctx, const struct fc_oracle_over *over), void *ctx);

/* Nearest rank, exact: the smallest value with at least q of all at or below it. The list is not empty. */
int64_t fc_oracle_quantile(const struct fc_oracle_list *list, double q);

#endif
