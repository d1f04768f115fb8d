/* cases_private -- a case's record and what holds them all: for cases.c (events, facts) and cases_store.c alone. */
#ifndef FC_CASES_PRIVATE_H
#define FC_CASES_PRIVATE_H

#include "cases.h"
#include "map.h"

#define NO_CAUSE (-1)

struct step {
    int64_t ts_us;
    uint8_t stage; /* enum fc_stage */
};

struct fc_case {
    struct fc_str id;       /* owned; first, for the map */
    struct fc_place place;  /* the latest queue and agent */
    int64_t queue_us, agent_us, cause_us, outcome_us; /* when the latest was told; 0: never */
    int8_t cause, outcome_cause;                      /* enum fc_cause or NO_CAUSE */
    uint8_t outcome;                                  /* enum fc_outcome */
    bool open;              /* as the sink knows it */
    bool stored;            /* the store has a record of it */
    int64_t heard_us;       /* the latest thing told */
    struct step *steps;     /* by time, then stage; a set */
    uint32_t steps_n, steps_cap;
    uint32_t heap_at, dirty_at; /* where it stands; dirty_at + 1, 0: not there */
};

struct list { /* a growing array of cases */
    struct fc_case **at;
    uint32_t n, cap;
};

struct fc_cases {
    struct fc_fact_sink facts;
    struct fc_open_sink open;
    uint32_t max;
    struct fc_map map;
    struct list heap;  /* the next to go first: closed before open, then by heard_us */
    struct list dirty; /* changed since the last save, in no order */
    struct fc_str *gone; /* owned ids of stored cases forgotten since then */
    uint32_t gone_n, gone_cap;
    struct fc_cases_counters counters;
};

struct fc_case *fc_case_add(struct fc_cases *c, struct fc_str id); /* blank, in its places; makes room for it */
void fc_case_back(struct fc_cases *c, struct fc_case *k); /* its record was put back: counts and places it */

static inline int cmp(int64_t a, int64_t b) { return (a > b) - (a < b); }

static inline int step_order(struct step a, struct step b) {
    return a.ts_us != b.ts_us ? cmp(a.ts_us, b.ts_us) : cmp(a.stage, b.stage);
}

static inline struct fc_str name_of(const void *item) {
    struct fc_str s = {0};
    if (item != NULL) memcpy(&s, item, sizeof s);
    return s;
}

#endif
