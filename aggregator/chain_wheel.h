/* chain_wheel -- which records are due: a slot for each second of the running minute and for each of the coming 65,535
 * minutes (45 days: more than the longest window and any late one). What is due later waits in the last slot and is put
 * in again from there.
 *
 * A slot lists numbers of records; a record says in which slot it stands, and a number that is left over in another one
 * counts no more. So a record enters or leaves a slot without touching any other record: five million enter when the
 * store is loaded, in an order that has nothing to do with when they are due.
 */
#ifndef FC_CHAIN_WHEEL_H
#define FC_CHAIN_WHEEL_H

#include "chain_records.h"

#define FC_CHAIN_CHUNK 15

struct fc_chain_chunk { /* of a list; a cache line */
    uint32_t at[FC_CHAIN_CHUNK];
    uint32_t next; /* chunk's number, or FC_CHAIN_NONE; a free one's: the next free */
};

struct fc_chain_list {
    uint32_t first; /* chunk; all behind it are full */
    uint32_t n;
    uint32_t left_over; /* how many of n count no more */
};

struct fc_chain_wheel {
    struct fc_chain_list *slots; /* owned */
    struct fc_chain_chunk **blocks;
    uint32_t used, free; /* chunks */
    uint32_t *due;       /* what was taken out last */
    uint32_t due_n, due_cap;
    int64_t second; /* of now */
};

void fc_chain_wheel_init(struct fc_chain_wheel *w);
void fc_chain_wheel_fini(struct fc_chain_wheel *w);

/* fc_chain_wheel_set -- the record's due_us is (now) this; INT64_MAX: in no slot. */
void fc_chain_wheel_set(struct fc_chain_wheel *w, struct fc_chain_records *r, uint32_t number, int64_t due_us);

/* fc_chain_wheel_take -- moves now on and takes out, into `due`, every record that may be due by then. Those that are
 * not are the caller's to set again. `due` stays until the next call. */
void fc_chain_wheel_take(struct fc_chain_wheel *w, struct fc_chain_records *r, int64_t now_us);

#endif
