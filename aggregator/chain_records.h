/* chain_records -- where customers' records stand and how they are found: numbered from 0, in blocks that never move,
 * with an open- addressing index of 8 bytes a slot. Keys are a good hash already, so the beginning of a key is its
 * hash.
 *
 * Numbers instead of pointers, and one visit inside the record: five million customers are to fit into some hundred
 * megabytes. The index stands in the order of keys, as the store does: growing and filling it from there run through
 * memory instead of jumping.
 */
#ifndef FC_CHAIN_RECORDS_H
#define FC_CHAIN_RECORDS_H

#include "chain_derive.h"

#define FC_CHAIN_NONE UINT32_MAX

enum fc_chain_flag {
    FC_CHAIN_LIVE = 1,
    FC_CHAIN_DIRTY = 2, /* changed since the last save */
    FC_CHAIN_LISTED =
        4, /* its number is in the list of changed ones; stays when the record goes and its number is used again */
    FC_CHAIN_STORED = 8, /* the store has a record of this key */
};

struct fc_chain_record {
    struct fc_chain_key key;
    struct fc_chain_visit visit; /* the first of n */
    struct fc_chain_visit *more; /* the others, owned: from the singles when there is room for one */
    int64_t due_us;              /* when time alone changes something; INT64_MAX: never. Of a free one: the next free */
    uint32_t slot;               /* of the wheel, or FC_CHAIN_NONE */
    uint16_t n;
    uint8_t more_bits; /* room for 1 << more_bits, when more is not NULL */
    uint8_t flags;
};
_Static_assert(sizeof(struct fc_chain_record) == 88, "millions of them are held");

union fc_chain_single { /* room for one visit: what a customer's second one needs */
    struct fc_chain_visit visit;
    union fc_chain_single *next_free;
};

struct fc_chain_singles { /* malloc would spread them over small pages, whose faults take longer than all else when a
                             store is loaded */
    union fc_chain_single **blocks, *free;
    uint32_t used;
};

struct fc_chain_records {
    struct fc_chain_record **blocks;
    uint32_t used, free, live; /* used: numbers ever given; free: first of those given back */
    uint32_t entered;          /* numbers from here on are not in the index yet */
    struct fc_chain_slot {
        uint32_t hash, number; /* number FC_CHAIN_NONE: free */
    } * slots;
    struct fc_chain_singles singles;
    uint32_t bits; /* there are 1 << bits slots; 0: none */
};

#define FC_CHAIN_BLOCK_BYTES (1u << 21) /* a huge page where the system has them */
#define FC_CHAIN_BLOCK (FC_CHAIN_BLOCK_BYTES / (uint32_t)sizeof(struct fc_chain_record))

void *fc_chain_large(size_t bytes); /* a multiple of FC_CHAIN_BLOCK_BYTES; for free */

static inline struct fc_chain_record *fc_chain_record_at(const struct fc_chain_records *r, uint32_t number) {
    return &r->blocks[number / FC_CHAIN_BLOCK][number % FC_CHAIN_BLOCK];
}

void fc_chain_records_init(struct fc_chain_records *r);
void fc_chain_records_fini(struct fc_chain_records *r);
uint32_t fc_chain_records_find(struct fc_chain_records *r, struct fc_chain_key key); /* FC_CHAIN_NONE: not held */
uint32_t fc_chain_records_add(struct fc_chain_records *r, struct fc_chain_key key);  /* must not be held; n is 0 */
void fc_chain_records_remove(struct fc_chain_records *r, uint32_t number);           /* frees its visits */

/* Likewise, for many one after the other: entered into the index all at once, at fc_chain_records_enter or the first of
 * the calls above. Filled one by one in the order of keys, an index that still grows would be one long run of full
 * slots. */
uint32_t fc_chain_records_append(struct fc_chain_records *r, struct fc_chain_key key);
void fc_chain_records_enter(struct fc_chain_records *r);

/* fc_chain_records_absorb -- all that was appended to `from` goes over to r, block by block; nothing of either may have
 * been entered, found or removed. `from` is empty then. Returns the new number of what was its number 0. */
uint32_t fc_chain_records_absorb(struct fc_chain_records *r, struct fc_chain_records *from);

static inline struct fc_chain_visit *fc_chain_record_visit(struct fc_chain_record *rec, uint32_t i) {
    return i == 0 ? &rec->visit : &rec->more[i - 1];
}
void fc_chain_record_push(struct fc_chain_records *r, struct fc_chain_record *rec, const struct fc_chain_visit *v);
/* n visits in place of all; 0: none are left */
void fc_chain_record_set(struct fc_chain_records *r, struct fc_chain_record *rec, const struct fc_chain_visit *v,
                         uint32_t n);

#endif
