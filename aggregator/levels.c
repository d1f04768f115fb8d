#include "levels.h"

#include "clock.h"

void fc_levels_init(struct fc_levels *l, int64_t now_us) { *l = (struct fc_levels){.settled_us = now_us}; }

static int64_t minute_of(int64_t us) { return us - us % FC_MINUTE_US; }

static void enter(const struct fc_time_sink *sink, int64_t from_us, int64_t to_us, uint8_t state, int64_t n) {
    for (int64_t at = from_us; at < to_us;) {
        int64_t end_us = minute_of(at) + FC_MINUTE_US;
        if (end_us > to_us) end_us = to_us;
        sink->time(sink->ctx, minute_of(at), (enum fc_agent_state)state, n * (end_us - at));
        at = end_us;
    }
}

/* What minutes hold was, or will be, entered as if the step had come at settled_us. */
static void correct(struct fc_levels *l, int64_t ts_us, uint8_t state, int w, const struct fc_time_sink *sink) {
    int64_t minute_us = minute_of(l->settled_us);
    if (ts_us >= minute_us && ts_us <= minute_us + FC_MINUTE_US) l->of[state].owed_us += w * (l->settled_us - ts_us);
    else if (ts_us > l->settled_us) enter(sink, l->settled_us, ts_us, state, -w);
    else enter(sink, ts_us, l->settled_us, state, w);
}

static void add_to_window(struct fc_level_sums *s, int64_t from_us, int64_t ts_us, int w) {
    if (ts_us < from_us) {
        s->edge += w;
        return;
    }
    s->in_n += (uint64_t)(int64_t)w;
    s->in_at += (uint64_t)(w * ts_us);
}

void fc_levels_step(struct fc_levels *l, const struct fc_step *s, int64_t m15_from_us, int64_t h1_from_us, const struct fc_time_sink *sink) {
    const uint8_t states[] = {s->from, s->to};
    for (int i = 0; i < 2; i++) {
        int w = i == 0 ? -1 : 1;
        if (states[i] == FC_STATE_NONE) continue;
        struct fc_level *of = &l->of[states[i]];
        if (sink != NULL) correct(l, s->ts_us, states[i], w, sink);
        of->n += w;
        add_to_window(&of->m15, m15_from_us, s->ts_us, w);
        add_to_window(&of->h1, h1_from_us, s->ts_us, w);
    }
}

void fc_levels_leave(struct fc_levels *l, const struct fc_step *s, bool h1) {
    const uint8_t states[] = {s->from, s->to};
    for (int i = 0; i < 2; i++) {
        int w = i == 0 ? -1 : 1;
        if (states[i] == FC_STATE_NONE) continue;
        struct fc_level_sums *sums = h1 ? &l->of[states[i]].h1 : &l->of[states[i]].m15;
        sums->in_n -= (uint64_t)(int64_t)w;
        sums->in_at -= (uint64_t)(w * s->ts_us);
        sums->edge += w;
    }
}

void fc_levels_settle(struct fc_levels *l, int64_t to_us, const struct fc_time_sink *sink) {
    int64_t from_us = l->settled_us, minute_us = minute_of(from_us), first_us = minute_us + FC_MINUTE_US;
    if (to_us < from_us) to_us = from_us;
    if (first_us > to_us) first_us = to_us; /* end of what belongs to the same minute as what is owed */
    for (uint8_t s = 0; s < FC_AGENT_STATE_COUNT; s++) {
        struct fc_level *of = &l->of[s];
        int64_t us = of->owed_us + of->n * (first_us - from_us);
        of->owed_us = 0;
        if (us != 0) sink->time(sink->ctx, minute_us, (enum fc_agent_state)s, us);
        if (of->n != 0) enter(sink, first_us, to_us, s, of->n);
    }
    l->settled_us = to_us;
}

void fc_levels_window_us(const struct fc_levels *l, enum fc_window window, int64_t from_us, int64_t now_us, int64_t out[FC_AGENT_STATE_COUNT]) {
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) {
        const struct fc_level_sums *sums = window == FC_WINDOW_M15 ? &l->of[s].m15 : &l->of[s].h1;
        uint64_t inside = sums->in_n * (uint64_t)now_us - sums->in_at;
        out[s] = (int64_t)inside + sums->edge * (now_us - from_us);
    }
}

void fc_levels_unsettled_us(const struct fc_levels *l, int64_t since_us, int64_t now_us, int64_t out[FC_AGENT_STATE_COUNT]) {
    bool owed = minute_of(l->settled_us) >= since_us;
    int64_t from_us = l->settled_us > since_us ? l->settled_us : since_us;
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) out[s] = l->of[s].n * (now_us - from_us) + (owed ? l->of[s].owed_us : 0);
}
