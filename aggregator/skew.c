#include "skew.h"

static int64_t smaller(uint32_t n, int64_t a, int64_t b) { return n == 0 || b < a ? b : a; }

static void add_live(struct fc_skew *skew, int64_t lag_us, struct fc_mono now) {
    struct fc_skew_window *w = &skew->now;
    if (w->live_n == 0) w->live_first = now;
    w->live_lag_us = smaller(w->live_n++, w->live_lag_us, lag_us);
    skew->live_last = now;
}

void fc_skew_add(struct fc_skew *skew, int64_t lag_us, bool live, struct fc_mono now) {
    if (skew->began.ns == 0) skew->began = now;
    if (fc_mono_ms_since(skew->began, now) >= FC_SKEW_WINDOW_MS) {
        skew->before = skew->now;
        skew->now = (struct fc_skew_window){0};
        skew->began = now;
    }
    skew->now.lag_us = smaller(skew->now.n++, skew->now.lag_us, lag_us);
    if (live) add_live(skew, lag_us, now);
}

bool fc_skew_us(const struct fc_skew *skew, int64_t *us) {
    const struct fc_skew_window *a = &skew->before, *b = &skew->now;
    if (a->n + b->n == 0) return false;
    int64_t lag_us = a->n == 0 ? b->lag_us : b->n == 0 ? a->lag_us : smaller(1, a->lag_us, b->lag_us);
    if (lag_us >= 0) {
        if (a->live_n < FC_SKEW_FEW || fc_mono_ms_since(a->live_first, skew->live_last) < FC_SKEW_WINDOW_MS) return false;
        lag_us = b->live_n == 0 ? a->live_lag_us : smaller(1, a->live_lag_us, b->live_lag_us);
    }
    *us = -lag_us;
    return true;
}
