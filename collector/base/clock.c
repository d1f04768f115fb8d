#include "clock.h"

#include <time.h>

struct fc_wall fc_wall_now(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (struct fc_wall){.us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000};
}

struct fc_mono fc_mono_now(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (struct fc_mono){.ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec};
}
