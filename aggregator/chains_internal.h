/* chains_internal -- what chains.c and chain_store.c share. */
#ifndef FC_CHAINS_INTERNAL_H
#define FC_CHAINS_INTERNAL_H

#include "chain_numbers.h"
#include "chain_wheel.h"

/* Always true: the facts handed over are those of all records under `window_us` at `now_us`. */
struct fc_chain_return { /* of a visit that is not held any more */
    uint64_t contact;
    int64_t over_us, returned_us;
};

struct fc_chains {
    struct fc_chain_return *returns; /* since the last save */
    uint32_t returns_n, returns_cap;
    struct fc_fact_sink sink;
    int64_t window_us,
        wanted_us; /* wanted: configured; another than window_us only between a load and what comes after it */
    int64_t late_us, now_us;
    struct fc_chain_records records;
    struct fc_chain_wheel wheel;
    struct fc_chain_numbers queues, agents;
    uint32_t *changed; /* numbers of records, listed once each */
    uint32_t changed_n, changed_cap;
    struct fc_chain_key *gone; /* the store has them, we no longer */
    uint32_t gone_n, gone_cap;
    struct fc_chain_key loaded; /* the latest, if any */
    bool any_loaded;
    bool is_part; /* of another one's, being loaded beside it: numbers are that one's, the wheel stays empty */
    bool moved;                 /* now or W is to be stored: facts were handed over because of them */
    struct fc_chains_counters counters;
    struct fc_chains_of before, after; /* scratch */
};

/* Derives a record at the present W and now. */
void fc_chains_derive(const struct fc_chains *c, uint32_t number, struct fc_chains_of *of);
/* When time alone changes something in it. */
int64_t fc_chains_due(const struct fc_chains *c, const struct fc_chains_of *of);
/* Puts the record into the wheel for when time alone changes something in what was derived of it. */
void fc_chains_schedule(struct fc_chains *c, uint32_t number, const struct fc_chains_of *of);

/* When the customer of a visit that was lost came again; 0: it has not. */
int64_t fc_chain_returned_us(struct fc_chain_record *rec, const struct fc_chain_visit *lost);

#endif
