#include "chain_numbers.h"

#include <stdlib.h>

void fc_chain_numbers_fini(struct fc_chain_numbers *t) {
    free(t->things);
    free(t->slots);
    *t = (struct fc_chain_numbers){0};
}

/* The slot of the thing, or the free one where it belongs. */
static uint32_t *slot_of(const struct fc_chain_numbers *t, const void *thing) {
    uint32_t i = (uint32_t)(((uint64_t)(uintptr_t)thing * 0x9e3779b97f4a7c15u) >> 32) & (t->slots_n - 1);
    while (t->slots[i] != 0 && t->things[t->slots[i] - 1] != thing) i = (i + 1) & (t->slots_n - 1);
    return &t->slots[i];
}

static void grow(struct fc_chain_numbers *t) {
    t->slots_n = t->slots_n == 0 ? 64 : 2 * t->slots_n;
    FC_ASSERT(t->slots_n < 1u << 29);
    free(t->slots);
    t->slots = calloc(t->slots_n, sizeof *t->slots);
    t->things = realloc(t->things, t->slots_n / 2 * sizeof(void *));
    FC_ASSERT(t->slots != NULL && t->things != NULL);
    for (uint32_t i = 0; i < t->n; i++) *slot_of(t, t->things[i]) = i + 1;
}

uint32_t fc_chain_number(struct fc_chain_numbers *t, void *thing) {
    if (thing == NULL) return 0;
    if (t->n == t->slots_n / 2) grow(t);
    uint32_t *slot = slot_of(t, thing);
    if (*slot == 0) {
        t->things[t->n++] = thing;
        *slot = t->n;
    }
    return *slot;
}
