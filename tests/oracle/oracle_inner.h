/* oracle_inner -- what the oracle's files tell each other. Names become numbers first, so that the loops below may be slow. */
#ifndef FC_ORACLE_INNER_H
#define FC_ORACLE_INNER_H

#include "oracle.h"

#include "status.h"

#include <stdlib.h>

#define NOBODY (-1)
#define NEVER INT64_MAX

/* The events with names as numbers; NOBODY where an event does not tell. */
struct told {
    const struct fc_event *ev;
    int64_t ts;
    int contact, queue, agent, root, customer, case_id;
};

struct names {
    struct fc_str *at; /* sorted, each once */
    int n;
};

struct span {
    int64_t from_us, to_us;
};

struct spans {
    struct span *at;
    size_t n, cap;
};

/* One visit of a contact to a queue: all that was told of it. */
struct visit {
    int64_t offered_us; /* NEVER: not known to have been offered */
    int queue, channel, customer, root;
    int64_t answered_us, left_us; /* NEVER, unless it is how the wait ended */
    int agent;
    enum fc_left reason;
    int64_t ended_us; /* NEVER; of an answered one alone */
    enum fc_by by;
    struct spans holds; /* within the talk, apart from each other */
    int64_t hold_us;
    int64_t wrapped_us; /* NEVER; of an ended one alone */
    int64_t disposed_us; /* NEVER */
    int outcome, cause; /* of the latest disposition; cause NOBODY when it tells none */
    int64_t told_us;    /* NEVER; the latest survey that says whether it was resolved */
    bool told_resolved;
};

/* One more of `count`, `value` more of `sum`; NOBODY where there is no queue or agent to count it at. */
struct fact {
    int64_t ts_us, value;
    int count, sum;
    int queue, channel, agent;
};

struct open_case {
    int queue, agent;
};

/* What an agent was, from one moment to the next. */
struct stretch {
    int64_t from_us, to_us;
    enum fc_agent_state state;
};

struct timeline {
    struct stretch *at;
    size_t n, cap;
    struct spans *serves; /* one for each queue: while it is a member of it */
};

struct fc_oracle {
    const struct fc_oracle_rules *rules;
    int64_t now_us;
    struct told *told; /* by time, each once */
    size_t told_n;
    struct names contacts, queues, agents, roots, customers, cases;
    struct visit *visits; /* by contact */
    struct fact *facts;
    size_t facts_n, facts_cap;
    struct open_case *open;
    size_t open_n, open_cap;
    struct timeline *timelines; /* by agent */
};

/* One more place at the end of a growing array. */
#define GROW(array, n, cap)                                                                                            \
    do {                                                                                                               \
        if ((n) < (cap)) break;                                                                                        \
        (cap) = (cap) == 0 ? 16 : 2 * (cap);                                                                           \
        (array) = realloc((array), (cap) * sizeof *(array));                                                           \
        FC_ASSERT((array) != NULL);                                                                                    \
    } while (0)

static inline bool tells(const struct told *t, uint64_t key_bit) { return (t->ev->present & key_bit) != 0; }

void oracle_fact(struct fc_oracle *o, struct fact f);
void oracle_span(struct spans *s, int64_t from_us, int64_t to_us); /* none when it is empty */
bool oracle_within(const struct spans *s, int64_t at_us);
bool oracle_in_group(const struct fc_oracle *o, const struct fc_oracle_group *g, int queue);

/* oracle_visit.c */
void oracle_visits(struct fc_oracle *o);
void oracle_visit_facts(struct fc_oracle *o);

/* oracle_chain.c */
void oracle_chains(struct fc_oracle *o);

/* oracle_quality.c */
void oracle_surveys(struct fc_oracle *o);
void oracle_dispositions(struct fc_oracle *o);
void oracle_complaints(struct fc_oracle *o);

/* oracle_agent.c */
void oracle_timelines(struct fc_oracle *o);

#endif
