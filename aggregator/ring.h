/* ring -- a queue of fixed capacity between exactly one producer thread and one consumer thread.
 *
 * Both sides are wait-free: every call ends after a bounded number of its own steps, whatever the other side does. A full
 * ring refuses (it never drops or overwrites), an empty one has nothing. There is no blocking here: who wants to sleep
 * uses a wake. The only memory both sides write to are the two published indices, each on its own cache lines; every
 * side keeps a private copy of the other's index and reads the shared one only when the copy says full or empty.
 *
 * Why it is right. `tail` counts elements ever pushed, `head` elements ever popped; slot i & mask holds element i while
 * head <= i < tail. The producer alone writes slots in [tail, head + capacity), the consumer alone reads [head, tail).
 *   publish: the producer writes the slot, then stores tail (release); the consumer loads tail (acquire), then reads the
 *            slot. Without the pair the consumer could read the slot's previous content.
 *   give back: the consumer reads the slot, then stores head (release); the producer loads head (acquire), then writes the
 *            slot. Without the pair the producer's new bytes could overtake the consumer's read of the old ones.
 */
#ifndef FC_RING_H
#define FC_RING_H

#include "status.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define FC_RING_LINE 128 /* two cache lines: processors fetch them in pairs */

struct fc_ring {
    alignas(FC_RING_LINE) _Atomic uint64_t tail; /* writer: producer; reader: consumer */
    alignas(FC_RING_LINE) _Atomic uint64_t head; /* writer: consumer; reader: producer */
    alignas(FC_RING_LINE) struct {
        uint64_t tail, head_seen;
    } producer; /* private to the producer; head_seen <= head */
    alignas(FC_RING_LINE) struct {
        uint64_t head, tail_seen;
    } consumer; /* private to the consumer; tail_seen <= tail */
    alignas(FC_RING_LINE) uint8_t *slots; /* constant from here on after init */
    uint64_t mask;
    uint32_t elem_bytes;
};

/* fc_ring_init -- an empty ring. Allocates once, aligned to FC_RING_LINE.
 * Shape:   capacity 1..2^31, rounded up to a power of two; elem_bytes 1..65536
 * Errors:  FC_IO out of memory, nothing to fini then.   Thread: any, before both sides start */
FC_MUST_USE enum fc_status fc_ring_init(struct fc_ring *ring, uint32_t capacity, uint32_t elem_bytes, struct fc_error *err);

/* fc_ring_fini -- frees the slots; what is still inside is forgotten. A zeroed ring is fine. Thread: any, after both sides ended */
void fc_ring_fini(struct fc_ring *ring);

/* fc_ring_push_n -- copies as many of elems[0..n) as there is room for, in order; returns how many (0: full).
 * Thread: producer, wait-free */
static inline uint32_t fc_ring_push_n(struct fc_ring *ring, const void *elems, uint32_t n, size_t elem_bytes) {
    FC_ASSERT(elem_bytes == ring->elem_bytes);
    uint64_t tail = ring->producer.tail, capacity = ring->mask + 1;
    if (tail - ring->producer.head_seen + n > capacity) {
        /* acquire; partner: the release of head in fc_ring_pop_n */
        ring->producer.head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
        uint64_t room = capacity - (tail - ring->producer.head_seen);
        if (n > room) n = (uint32_t)room;
        if (n == 0) return 0;
    }
    uint64_t at = tail & ring->mask, unwrapped = capacity - at < n ? capacity - at : n;
    memcpy(ring->slots + at * elem_bytes, elems, unwrapped * elem_bytes);
    if (unwrapped < n) memcpy(ring->slots, (const uint8_t *)elems + unwrapped * elem_bytes, (n - unwrapped) * elem_bytes);
    ring->producer.tail = tail + n;
    /* release; partner: the acquire of tail in fc_ring_pop_n and fc_ring_is_empty */
    atomic_store_explicit(&ring->tail, tail + n, memory_order_release);
    return n;
}

/* fc_ring_pop_n -- moves at most n of the oldest elements to elems, in order; returns how many (0: empty).
 * Thread: consumer, wait-free */
static inline uint32_t fc_ring_pop_n(struct fc_ring *ring, void *elems, uint32_t n, size_t elem_bytes) {
    FC_ASSERT(elem_bytes == ring->elem_bytes);
    uint64_t head = ring->consumer.head, capacity = ring->mask + 1;
    if (ring->consumer.tail_seen - head < n) {
        /* acquire; partner: the release of tail in fc_ring_push_n */
        ring->consumer.tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
        uint64_t held = ring->consumer.tail_seen - head;
        if (n > held) n = (uint32_t)held;
        if (n == 0) return 0;
    }
    uint64_t at = head & ring->mask, unwrapped = capacity - at < n ? capacity - at : n;
    memcpy(elems, ring->slots + at * elem_bytes, unwrapped * elem_bytes);
    if (unwrapped < n) memcpy((uint8_t *)elems + unwrapped * elem_bytes, ring->slots, (n - unwrapped) * elem_bytes);
    ring->consumer.head = head + n;
    /* release; partner: the acquire of head in fc_ring_push_n */
    atomic_store_explicit(&ring->head, head + n, memory_order_release);
    return n;
}

static inline bool fc_ring_try_push(struct fc_ring *ring, const void *elem, size_t elem_bytes) {
    FC_ASSERT(elem_bytes == ring->elem_bytes);
    uint64_t tail = ring->producer.tail;
    if (tail - ring->producer.head_seen > ring->mask) {
        /* acquire; partner: the release of head in fc_ring_try_pop and fc_ring_pop_n */
        ring->producer.head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (tail - ring->producer.head_seen > ring->mask) return false;
    }
    memcpy(ring->slots + (tail & ring->mask) * elem_bytes, elem, elem_bytes);
    ring->producer.tail = tail + 1;
    /* release; partner: the acquire of tail in fc_ring_try_pop, fc_ring_pop_n and fc_ring_is_empty */
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

static inline bool fc_ring_try_pop(struct fc_ring *ring, void *elem, size_t elem_bytes) {
    FC_ASSERT(elem_bytes == ring->elem_bytes);
    uint64_t head = ring->consumer.head;
    if (head == ring->consumer.tail_seen) {
        /* acquire; partner: the release of tail in fc_ring_try_push and fc_ring_push_n */
        ring->consumer.tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head == ring->consumer.tail_seen) return false;
    }
    memcpy(elem, ring->slots + (head & ring->mask) * elem_bytes, elem_bytes);
    ring->consumer.head = head + 1;
    /* release; partner: the acquire of head in fc_ring_try_push and fc_ring_push_n */
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return true;
}

/* fc_ring_is_empty -- nothing to pop at this moment. Thread: consumer, wait-free */
static inline bool fc_ring_is_empty(const struct fc_ring *ring) {
    /* acquire; partner: the release of tail in fc_ring_try_push and fc_ring_push_n. */
    return atomic_load_explicit((_Atomic uint64_t *)(uintptr_t)&ring->tail, memory_order_acquire) == ring->consumer.head;
}

/* fc_ring_fill -- about how many elements it holds, for whoever watches; fc_ring_room: how many it can. Thread: any, wait-free */
static inline uint64_t fc_ring_fill(const struct fc_ring *ring) {
    /* head first and acquire, so that the tail read after it is not older: never negative. No slot is touched because of it. */
    uint64_t head = atomic_load_explicit((_Atomic uint64_t *)(uintptr_t)&ring->head, memory_order_acquire);
    return atomic_load_explicit((_Atomic uint64_t *)(uintptr_t)&ring->tail, memory_order_relaxed) - head;
}
static inline uint64_t fc_ring_room(const struct fc_ring *ring) { return ring->mask + 1; }

/* The size is the element's own, so that the copy is compiled for it and a wrong type is caught.
 * FC_RING_PUSH(ring, &elem)   true: copied in; false: full, nothing changed.    Thread: producer, wait-free
 * FC_RING_POP(ring, &elem)    true: the oldest moved out; false: empty.         Thread: consumer, wait-free */
#define FC_RING_PUSH(ring, p) fc_ring_try_push((ring), (p), sizeof *(p))
#define FC_RING_POP(ring, p) fc_ring_try_pop((ring), (p), sizeof *(p))

#endif
