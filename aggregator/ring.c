#include "ring.h"

#include <stdlib.h>

enum fc_status fc_ring_init(struct fc_ring *ring, uint32_t capacity, uint32_t elem_bytes, struct fc_error *err) {
    FC_ASSERT(capacity > 0 && capacity <= UINT32_C(1) << 31 && elem_bytes > 0 && elem_bytes <= 65536);
    uint64_t slots = 1;
    while (slots < capacity) slots <<= 1;
    size_t bytes = (size_t)slots * elem_bytes, whole = (bytes + FC_RING_LINE - 1) / FC_RING_LINE * FC_RING_LINE;
    memset(ring, 0, sizeof *ring);
    ring->slots = aligned_alloc(FC_RING_LINE, whole);
    if (ring->slots == NULL) return fc_fail(err, FC_IO, "out of memory: a ring of %u elements needs %zu bytes", capacity, whole);
    ring->mask = slots - 1;
    ring->elem_bytes = elem_bytes;
    return FC_OK;
}

void fc_ring_fini(struct fc_ring *ring) {
    free(ring->slots);
    ring->slots = NULL;
}
