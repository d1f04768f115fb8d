#include "levels.h"

#include "clock.h"

void fc_levels_init(struct fc_levels *l, int64_t now_us) { *l = (struct fc_levels){.settled_us = now_us}; }

static void enter(const struct fc_time_sink *sink, int64_t from_us, int64_t to_us, uint8_t state, int64_t n) {
    for (int64_t at = from_us; at < to_us;) {
        int64_t minute_us = at - at % FC_MINUTE_US, end_us = minute_us + FC_MINUTE_US;
        if (end_us > to_us) end_us = to_us;
        sink->time(sink->ctx, minute_us, (enum fc_agent_state)state, n * (end_us - at));
        at = end_us;
    }
}

/* What minutes hold was, or will be, entered as if the step had come at settled_us. */
static void correct(const struct fc_levels *l, int64_t ts_us, uint8_t state, int w, const struct fc_time_sink *sink) {
    if (ts_us > l->settled_us) enter(sink, l->settled_us, ts_us, state, -w);
    else enter(sink, ts_us, l->settled_us, state, w);
}

static void add_to_window(struct fc_level_sums *s, int64_t from_us, int64_t ts_us, uint8_t state, int w) {
    if (ts_us < from_us) {
        s->edge[state] += w;
        return;
    }
    s->in_n[state] += (uint64_t)(int64_t)w;
    s->in_at[state] += (uint64_t)(w * ts_us);
}

void fc_levels_step(struct fc_levels *l, const struct fc_step *s, int64_t m15_from_us, int64_t h1_from_us, const struct fc_time_sink *sink) {
    const uint8_t states[] = {s->from, s->to};
    for (int i = 0; i < 2; i++) {
        int w = i == 0 ? -1 : 1;
        if (states[i] == FC_STATE_NONE) continue;
        if (sink != NULL) correct(l, s->ts_us, states[i], w, sink);
        l->n[states[i]] += w;
        add_to_window(&l->m15, m15_from_us, s->ts_us, states[i], w);
        add_to_window(&l->h1, h1_from_us, s->ts_us, states[i], w);
    }
}

void fc_levels_leave(struct fc_levels *l, const struct fc_step *s, bool h1) {
    struct fc_level_sums *sums = h1 ? &l->h1 : &l->m15;
    const uint8_t states[] = {s->from, s->to};
    for (int i = 0; i < 2; i++) {
        int w = i == 0 ? -1 : 1;
        if (states[i] == FC_STATE_NONE) continue;
        sums->in_n[states[i]] -= (uint64_t)(int64_t)w;
        sums->in_at[states[i]] -= (uint64_t)(w * s->ts_us);
        sums->edge[states[i]] += w;
    }
}

void fc_levels_settle(struct fc_levels *l, int64_t to_us, const struct fc_time_sink *sink) {
    if (to_us <= l->settled_us) return;
    for (uint8_t s = 0; s < FC_AGENT_STATE_COUNT; s++)
        if (l->n[s] != 0) enter(sink, l->settled_us, to_us, s, l->n[s]);
    l->settled_us = to_us;
}

void fc_levels_window_us(const struct fc_levels *l, enum fc_window window, int64_t from_us, int64_t now_us, int64_t out[FC_AGENT_STATE_COUNT]) {
    const struct fc_level_sums *sums = window == FC_WINDOW_M15 ? &l->m15 : &l->h1;
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) {
        uint64_t inside = sums->in_n[s] * (uint64_t)now_us - sums->in_at[s];
        out[s] = (int64_t)inside + sums->edge[s] * (now_us - from_us);
    }
}
