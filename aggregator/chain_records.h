/* chain_records -- where customers' records stand and how they are found: numbered from 0, in blocks that never move, with an open-
 * addressing index of 8 bytes a slot. Keys are a good hash already, so part of a key is its hash.
 *
 * Numbers instead of pointers, and one visit inside the record: five million customers are to fit into some hundred megabytes.
 */
#ifndef FC_CHAIN_RECORDS_H
#define FC_CHAIN_RECORDS_H

#include "chain_derive.h"

#define FC_CHAIN_NONE UINT32_MAX

enum fc_chain_flag {
    FC_CHAIN_LIVE = 1,
    FC_CHAIN_DIRTY = 2,  /* changed since the last save */
    FC_CHAIN_LISTED = 4, /* its number is in the list of changed ones; stays when the record goes and its number is used again */
    FC_CHAIN_STORED = 8, /* the store has a record of this key */
};

struct fc_chain_record {
    struct fc_chain_key key;
    struct fc_chain_visit visit;   /* the first of n */
    struct fc_chain_visit *more;   /* the others: room for more_max, owned */
    int64_t due_us;                /* when time alone changes something; INT64_MAX: never */
    uint32_t next, prev;           /* in its slot of the wheel; next: among the free ones */
    uint32_t slot;                 /* of the wheel, or FC_CHAIN_NONE */
    uint16_t n;
    uint8_t more_bits;             /* more_max is 1 << more_bits, when more is not NULL */
    uint8_t flags;
};
_Static_assert(sizeof(struct fc_chain_record) == 96, "millions of them are held");

struct fc_chain_records {
    struct fc_chain_record **blocks;
    uint32_t used, free, live;     /* used: numbers ever given; free: first of those given back */
    struct fc_chain_slot {
        uint32_t hash, number;     /* number FC_CHAIN_NONE: free */
    } *slots;
    uint32_t slots_n;              /* 0 or a power of two */
};

#define FC_CHAIN_BLOCK 4096

static inline struct fc_chain_record *fc_chain_record_at(const struct fc_chain_records *r, uint32_t number) {
    return &r->blocks[number / FC_CHAIN_BLOCK][number % FC_CHAIN_BLOCK];
}

void fc_chain_records_init(struct fc_chain_records *r);
void fc_chain_records_fini(struct fc_chain_records *r);
uint32_t fc_chain_records_find(const struct fc_chain_records *r, struct fc_chain_key key); /* FC_CHAIN_NONE: not held */
uint32_t fc_chain_records_add(struct fc_chain_records *r, struct fc_chain_key key);        /* must not be held; n is 0 */
void fc_chain_records_remove(struct fc_chain_records *r, uint32_t number);                 /* frees its visits */

static inline struct fc_chain_visit *fc_chain_record_visit(struct fc_chain_record *rec, uint32_t i) {
    return i == 0 ? &rec->visit : &rec->more[i - 1];
}
void fc_chain_record_push(struct fc_chain_record *rec, const struct fc_chain_visit *v);
void fc_chain_record_set(struct fc_chain_record *rec, const struct fc_chain_visit *v, uint32_t n); /* n visits in place of all; n > 0 */

#endif
