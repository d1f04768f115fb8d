/* chain_derive -- from the set of a customer's visits to contacts, chains and what they count as: a function of its
 * arguments alone.
 *
 * See chains.h for what a chain is. Only chains.c and its parts use this.
 */
#ifndef FC_CHAIN_DERIVE_H
#define FC_CHAIN_DERIVE_H

#include "chains.h"

/* A visit as it is held: queue and agent by number (chain_numbers.h). 48 bytes, there are millions. */
struct fc_chain_visit {
    uint64_t contact, root;
    int64_t offered_us, answered_us, over_us;
    uint32_t queue : 28, channel : 4;
    uint32_t agent : 28, disposed : 2, told : 2;
};
_Static_assert(sizeof(struct fc_chain_visit) == 48, "millions of them are held");

struct fc_chain_contact { /* the legs of one root */
    uint64_t root;
    int64_t offered_us;     /* earliest */
    int64_t answered_us;    /* earliest; 0: no leg is answered */
    int64_t over_us;        /* latest; 0: a leg is open */
    uint32_t leg, legs_n;   /* among the legs, by offer */
    uint32_t answer;        /* the leg of the earliest answer */
    uint8_t disposed, told; /* of the latest leg that has one */
};

struct fc_chain {
    uint32_t contact, contacts_n; /* among the contacts, by offer */
    uint32_t first;               /* the contact that was answered first; UINT32_MAX: none was */
    int64_t end_us;               /* latest end of those that are over */
    bool open;                    /* a contact is */
    bool matched;
    /* What it counts as: bit i of `facts` is one in FC_TALLY_chain_n + i. */
    uint16_t facts;
    int64_t answered_us; /* where all facts stand */
    int64_t journey_us;  /* -1: none yet */
};

struct fc_chains_of { /* one customer */
    uint32_t legs_n, contacts_n, chains_n;
    struct fc_chain_visit legs[FC_CHAIN_VISITS_MAX];
    struct fc_chain_contact contacts[FC_CHAIN_VISITS_MAX];
    struct fc_chain chains[FC_CHAIN_VISITS_MAX];
};

/* fc_chain_derive -- `of` has legs_n legs in any order; sorts them and fills the rest. */
void fc_chain_derive(struct fc_chains_of *of, int64_t window_us, int64_t now_us);

/* fc_chain_diff -- calls `change` with what no longer holds (sign -1) and what now does (+1). `stand` is the leg of the
 * first answer. */
typedef void (*fc_chain_change)(void *ctx, const struct fc_chain_visit *stand, const struct fc_fact *fact);
void fc_chain_diff(struct fc_chains_of *before, struct fc_chains_of *after, fc_chain_change change, void *ctx);

/* fc_chain_fold -- makes one contact of those of a chain that cannot make a difference apart: over, not the first
 * answered, alike in whether they are answered and offered after that one. The newest FC_CHAIN_VISITS_FOLD / 4 contacts
 * are left alone. `of` is derived; only its legs are left. Returns how many were put into another. Law: the facts
 * derived from what is left are the same. */
uint32_t fc_chain_fold(struct fc_chains_of *of);

#endif
