#include "timers.h"

#include "status.h"

#include <stdbool.h>
#include <stdlib.h>

void fc_timers_init(struct fc_timers *timers) { *timers = (struct fc_timers){0}; }

void fc_timers_fini(struct fc_timers *timers) {
    free(timers->heap);
    fc_timers_init(timers);
}

static bool sooner(const struct fc_timer *a, const struct fc_timer *b) {
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->serial < b->serial;
}

static void grow(struct fc_timers *timers) {
    timers->cap = timers->cap == 0 ? 256 : timers->cap * 2;
    timers->heap = realloc(timers->heap, timers->cap * sizeof *timers->heap);
    FC_ASSERT(timers->heap != NULL);
}

void fc_timers_push(struct fc_timers *timers, struct fc_timer timer) {
    if (timers->n == timers->cap) grow(timers);
    timer.serial = timers->serial++;
    size_t i = timers->n++;
    for (size_t up; i > 0 && sooner(&timer, &timers->heap[up = (i - 1) / 2]); i = up) timers->heap[i] = timers->heap[up];
    timers->heap[i] = timer;
}

const struct fc_timer *fc_timers_peek(const struct fc_timers *timers) { return timers->n > 0 ? &timers->heap[0] : NULL; }

struct fc_timer fc_timers_pop(struct fc_timers *timers) {
    FC_ASSERT(timers->n > 0);
    struct fc_timer first = timers->heap[0], last = timers->heap[--timers->n];
    size_t i = 0;
    for (size_t kid; (kid = 2 * i + 1) < timers->n; i = kid) {
        if (kid + 1 < timers->n && sooner(&timers->heap[kid + 1], &timers->heap[kid])) kid++;
        if (!sooner(&timers->heap[kid], &last)) break;
        timers->heap[i] = timers->heap[kid];
    }
    timers->heap[i] = last;
    return first;
}
