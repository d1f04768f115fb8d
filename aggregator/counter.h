/* counter -- a number that one thread counts up and any thread may read.
 *
 * Single writer, so counting up is a plain load and store and costs no locked instruction. All orders are relaxed: a
 * reader may see a number some nanoseconds old, and two counters read one after the other need not fit together. Nobody
 * draws a conclusion about other memory from a counter; whoever needs that uses a ring.
 */
#ifndef FC_COUNTER_H
#define FC_COUNTER_H

#include "clock.h"

#include <stdatomic.h>
#include <stdint.h>

struct fc_counter {
    _Atomic uint64_t n; /* writer: the thread that owns the struct it stands in; readers: any */
};

/* Thread: the owner only, wait-free. Relaxed, no partner (see above). */
static inline void fc_count_add(struct fc_counter *c, uint64_t by) {
    atomic_store_explicit(&c->n, atomic_load_explicit(&c->n, memory_order_relaxed) + by, memory_order_relaxed);
}

static inline void fc_count_max(struct fc_counter *c, uint64_t seen) {
    if (seen > atomic_load_explicit(&c->n, memory_order_relaxed)) atomic_store_explicit(&c->n, seen, memory_order_relaxed);
}

static inline void fc_count_set(struct fc_counter *c, uint64_t to) { atomic_store_explicit(&c->n, to, memory_order_relaxed); }

/* One turn of a thread's loop: how long the longest was, and how many were long enough to be a stall. */
static inline void fc_count_turn(struct fc_counter *stalls, struct fc_counter *us_max, uint64_t us) {
    if (us > FC_STALL_US) fc_count_add(stalls, 1);
    fc_count_max(us_max, us);
}

/* Thread: any, wait-free. */
static inline uint64_t fc_count_get(const struct fc_counter *c) {
    return atomic_load_explicit((_Atomic uint64_t *)(uintptr_t)&c->n, memory_order_relaxed);
}

#endif
