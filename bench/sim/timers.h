/* timers -- what is going to happen on the simulated floor, soonest first; a binary heap.
 *
 * Timers are never taken back. Who sets one puts a stamp into it and looks, when it fires, whether the stamp still
 * holds; that is cheaper than finding it in the heap, and a forgotten cancel cannot exist.
 */
#ifndef FC_TIMERS_H
#define FC_TIMERS_H

#include <stddef.h>
#include <stdint.h>

struct fc_timer {
    int64_t at_us;
    uint64_t serial; /* set by push: of two at one moment the one set first fires first, so runs are repeatable */
    uint64_t stamp;
    uint32_t who;
    uint32_t what;
};

struct fc_timers {
    struct fc_timer *heap;
    size_t n, cap;
    uint64_t serial;
};

/* init: an empty set that owns nothing yet. fini frees it. push may allocate; out of memory stops the process. */
void fc_timers_init(struct fc_timers *timers);
void fc_timers_fini(struct fc_timers *timers);
void fc_timers_push(struct fc_timers *timers, struct fc_timer timer);

/* The soonest, still inside (NULL when empty); valid until the next call. pop takes it out; the set is not empty. */
const struct fc_timer *fc_timers_peek(const struct fc_timers *timers);
struct fc_timer fc_timers_pop(struct fc_timers *timers);

#endif
