/* chain_numbers -- numbers for queues and agents, so that a visit holds 28 bits rather than a pointer of 64. 0 stands
 * for NULL. */
#ifndef FC_CHAIN_NUMBERS_H
#define FC_CHAIN_NUMBERS_H

#include "status.h"
#include "str.h"

#define FC_CHAIN_NUMBER_MAX 0xfffffffu

struct fc_chain_numbers {
    void **things;   /* by number - 1; owned is the array alone */
    uint32_t *slots; /* numbers, by the pointer's hash; 0: free */
    uint32_t n, slots_n;
    uint32_t stored; /* numbers up to this one are in the store */
};

void fc_chain_numbers_fini(struct fc_chain_numbers *t);
uint32_t fc_chain_number(struct fc_chain_numbers *t, void *thing); /* given at first sight */
static inline void *fc_chain_thing(const struct fc_chain_numbers *t, uint32_t number) {
    return number == 0 ? NULL : t->things[number - 1];
}

#endif
