/* chain_wheel -- which records are due: a slot for each second of the running minute and for each of the coming 65,535
 * minutes (45 days: more than the longest window and any late one). What is due later waits in the last slot and is put
 * in again from there.
 */
#ifndef FC_CHAIN_WHEEL_H
#define FC_CHAIN_WHEEL_H

#include "chain_records.h"

struct fc_chain_wheel {
    uint32_t *heads; /* first record's number of each slot, owned */
    int64_t second;  /* of now */
};

void fc_chain_wheel_init(struct fc_chain_wheel *w);
void fc_chain_wheel_fini(struct fc_chain_wheel *w);

/* fc_chain_wheel_set -- the record's due_us is (now) this; INT64_MAX: in no slot. */
void fc_chain_wheel_set(struct fc_chain_wheel *w, struct fc_chain_records *r, uint32_t number, int64_t due_us);

/* fc_chain_wheel_take -- moves now on and takes out, as a list by `next`, every record that may be due by then. Those
 * that are not are the caller's to set again. Returns the first number, or FC_CHAIN_NONE. */
uint32_t fc_chain_wheel_take(struct fc_chain_wheel *w, struct fc_chain_records *r, int64_t now_us);

#endif
