#include "timeline.h"

#include "clock.h"

#include <stdlib.h>

#define SAID_BASE FC_SPAN_COUNT /* `what` of a base state; spans stand as their kind */
#define FOLD_AT 48              /* entries, before old ones are folded */
#define SEAT_KEPT_US (48 * 60 * FC_MINUTE_US) /* a membership that is over is kept so much longer than states are */
#define SAID_MAX 4000           /* entries at all: then the older half is folded, however young it is */

struct fc_said {
    int64_t ts_us;
    uint8_t what; /* enum fc_span or SAID_BASE */
    int8_t value; /* +1, -1 of a span; base: the state */
};

struct fc_seat {
    struct fc_levels *target;
    int64_t from_us, to_us;
};

struct change { /* from ts_us on another state */
    int64_t ts_us;
    enum fc_agent_state state;
};

struct course { /* states from one instant on; the first entry says which holds just before it */
    struct change *at;
    uint32_t n, cap;
    struct change few[8]; /* nearly always enough: no allocation */
};

void fc_timeline_init(struct fc_timeline *t, int64_t since_us) {
    *t = (struct fc_timeline){.start = {.base = FC_AGENT_AVAILABLE}, .start_us = since_us};
}

void fc_timeline_fini(struct fc_timeline *t) {
    free(t->said);
    free(t->seats);
    *t = (struct fc_timeline){0};
}

static void *grown(void *at, uint32_t *cap, size_t size) {
    *cap = *cap == 0 ? 8 : 2 * *cap;
    at = realloc(at, *cap * size);
    FC_ASSERT(at != NULL);
    return at;
}

/* ---- states ------------------------------------------------------------------------------------------------------- */

static enum fc_agent_state state_of(const struct fc_posture *p) {
    if (p->spans[FC_SPAN_TALK] > 0) return p->spans[FC_SPAN_HOLD] >= p->spans[FC_SPAN_TALK] ? FC_AGENT_HOLD : FC_AGENT_BUSY;
    if (p->base == FC_AGENT_OFFLINE || p->spans[FC_SPAN_AWAY] > 0) return FC_AGENT_OFFLINE;
    if (p->spans[FC_SPAN_ALERT] > 0) return FC_AGENT_ALERTING;
    return p->spans[FC_SPAN_WRAP] > 0 ? FC_AGENT_WRAP : p->base;
}

static void hear(struct fc_posture *p, const struct fc_said *s) {
    if (s->what == SAID_BASE) p->base = (enum fc_agent_state)s->value;
    else p->spans[s->what] += s->value;
}

static void free_course(struct course *c) {
    if (c->at != c->few) free(c->at);
}

static void push_change(struct course *c, int64_t ts_us, enum fc_agent_state state) {
    if (c->n == c->cap && c->at == c->few) {
        c->at = NULL;
        c->at = grown(c->at, &c->cap, sizeof *c->at);
        memcpy(c->at, c->few, sizeof c->few);
    } else if (c->n == c->cap) {
        c->at = grown(c->at, &c->cap, sizeof *c->at);
    }
    c->at[c->n++] = (struct change){ts_us, state};
}

/* The state before from_us, then every change at or after it. All that is said at one instant counts together. */
static void follow(const struct fc_timeline *t, int64_t from_us, struct course *out) {
    struct fc_posture p = t->start;
    uint32_t i = 0;
    out->n = 0;
    out->at = out->few;
    out->cap = sizeof out->few / sizeof *out->few;
    while (i < t->said_n && t->said[i].ts_us < from_us) hear(&p, &t->said[i++]);
    enum fc_agent_state state = state_of(&p);
    push_change(out, INT64_MIN, state);
    while (i < t->said_n) {
        int64_t ts_us = t->said[i].ts_us;
        while (i < t->said_n && t->said[i].ts_us == ts_us) hear(&p, &t->said[i++]);
        if (state_of(&p) == state) continue;
        state = state_of(&p);
        push_change(out, ts_us, state);
    }
}

enum fc_agent_state fc_timeline_state(const struct fc_timeline *t, int64_t *since_us) {
    struct fc_posture p = t->start;
    enum fc_agent_state state = state_of(&p);
    *since_us = t->start_us;
    for (uint32_t i = 0; i < t->said_n; i++) {
        hear(&p, &t->said[i]);
        bool last_of_instant = i + 1 == t->said_n || t->said[i + 1].ts_us != t->said[i].ts_us;
        if (!last_of_instant || state_of(&p) == state) continue;
        state = state_of(&p);
        *since_us = t->said[i].ts_us;
    }
    return state;
}

/* ---- steps -------------------------------------------------------------------------------------------------------- */

static void step(const struct fc_step_sink *sink, struct fc_levels *target, int64_t ts_us, uint8_t from, uint8_t to) {
    if (from == to || ts_us == FC_OPEN) return;
    sink->step(sink->ctx, target, &(struct fc_step){ts_us, from, to});
}

static bool first_of_target(const struct fc_timeline *t, uint32_t seat) {
    for (uint32_t i = 0; i < seat; i++)
        if (t->seats[i].target == t->seats[seat].target) return false;
    return true;
}

/* The part of [from, to) from *from on in which some span of the target holds: moves *from to its beginning, returns its end;
 * *from == to when there is none. */
static int64_t next_seated(const struct fc_timeline *t, const struct fc_levels *target, int64_t *from_us, int64_t to_us) {
    int64_t begin_us = to_us;
    for (uint32_t i = 0; i < t->seats_n; i++) {
        const struct fc_seat *s = &t->seats[i];
        if (s->target != target || s->to_us <= *from_us) continue;
        int64_t us = s->from_us > *from_us ? s->from_us : *from_us;
        if (us < begin_us) begin_us = us;
    }
    int64_t end_us = begin_us;
    for (bool further = true; further && end_us < to_us;) {
        further = false;
        for (uint32_t i = 0; i < t->seats_n; i++) {
            const struct fc_seat *s = &t->seats[i];
            if (s->target != target || s->from_us > end_us || s->to_us <= end_us) continue;
            end_us = s->to_us;
            further = true;
        }
    }
    *from_us = begin_us;
    return end_us < to_us ? end_us : to_us;
}

/* Within [from, to) it is `now` instead of `was`, for every target while it is seated there. */
static void replace_state(const struct fc_timeline *t, int64_t from_us, int64_t to_us, enum fc_agent_state was, enum fc_agent_state now, const struct fc_step_sink *sink) {
    for (uint32_t i = 0; i < t->seats_n; i++) {
        if (!first_of_target(t, i)) continue;
        struct fc_levels *target = t->seats[i].target;
        for (int64_t at = from_us; at < to_us;) {
            int64_t end_us = next_seated(t, target, &at, to_us);
            if (at >= to_us) break;
            step(sink, target, at, (uint8_t)was, (uint8_t)now);
            step(sink, target, end_us, (uint8_t)now, (uint8_t)was);
            at = end_us;
        }
    }
}

/* Hands out the difference between two courses that begin at the same instant. */
static void hand_out(const struct fc_timeline *t, const struct course *was, const struct course *now, int64_t from_us, const struct fc_step_sink *sink) {
    uint32_t a = 0, b = 0;
    while (from_us != FC_OPEN) {
        int64_t next_a = a + 1 < was->n ? was->at[a + 1].ts_us : FC_OPEN, next_b = b + 1 < now->n ? now->at[b + 1].ts_us : FC_OPEN;
        int64_t to_us = next_a < next_b ? next_a : next_b;
        if (was->at[a].state != now->at[b].state) replace_state(t, from_us, to_us, was->at[a].state, now->at[b].state, sink);
        if (next_a == to_us && to_us != FC_OPEN) a++;
        if (next_b == to_us && to_us != FC_OPEN) b++;
        from_us = to_us;
    }
}

/* ---- what is said ------------------------------------------------------------------------------------------------- */

/* Nobody takes back or says anew a membership that ended so long ago. */
static bool is_bygone(int64_t to_us, int64_t keep_from_us) { return to_us < keep_from_us - SEAT_KEPT_US; }

static void fold(struct fc_timeline *t, int64_t keep_from_us) {
    uint32_t seats = 0;
    for (uint32_t i = 0; i < t->seats_n; i++)
        if (!is_bygone(t->seats[i].to_us, keep_from_us)) t->seats[seats++] = t->seats[i];
    t->seats_n = seats;
    uint32_t old = 0;
    enum fc_agent_state state = state_of(&t->start);
    while (old < t->said_n && t->said[old].ts_us < keep_from_us) {
        hear(&t->start, &t->said[old]);
        bool last_of_instant = old + 1 == t->said_n || t->said[old + 1].ts_us != t->said[old].ts_us;
        if (last_of_instant && state_of(&t->start) != state) {
            state = state_of(&t->start);
            t->start_us = t->said[old].ts_us;
        }
        old++;
    }
    t->said_n -= old;
    memmove(t->said, t->said + old, t->said_n * sizeof *t->said);
}

/* Entries of an instant that may be folded already change the beginning itself. */
static void say(struct fc_timeline *t, struct fc_said s, const struct fc_step_sink *sink) {
    if (s.ts_us == FC_OPEN) return;
    if (s.ts_us < sink->keep_from_us && (t->said_n == 0 || s.ts_us <= t->said[0].ts_us)) {
        if (s.what != SAID_BASE || s.ts_us >= t->start_us) hear(&t->start, &s);
        return;
    }
    if (t->said_n >= FOLD_AT) fold(t, sink->keep_from_us);
    if (t->said_n >= SAID_MAX) fold(t, t->said[SAID_MAX / 2].ts_us + 1);
    if (t->said_n == t->said_cap) t->said = grown(t->said, &t->said_cap, sizeof *t->said);
    uint32_t i = t->said_n;
    while (i > 0 && t->said[i - 1].ts_us > s.ts_us) i--;
    memmove(t->said + i + 1, t->said + i, (t->said_n - i) * sizeof *t->said);
    t->said[i] = s;
    t->said_n++;
}

static void unsay(struct fc_timeline *t, struct fc_said s) {
    if (s.ts_us == FC_OPEN) return;
    for (uint32_t i = t->said_n; i-- > 0;) {
        if (t->said[i].ts_us < s.ts_us) break;
        if (t->said[i].ts_us != s.ts_us || t->said[i].what != s.what || t->said[i].value != s.value) continue;
        t->said_n--;
        memmove(t->said + i, t->said + i + 1, (t->said_n - i) * sizeof *t->said);
        return;
    }
    s.value = (int8_t)-s.value; /* it was folded */
    hear(&t->start, &s);
}

struct courses { /* before and after something is said */
    struct course was, now;
};

static void begin(const struct fc_timeline *t, struct courses *c, int64_t from_us) {
    follow(t, from_us, &c->was);
}

static void finish(const struct fc_timeline *t, struct courses *c, int64_t from_us, const struct fc_step_sink *sink) {
    follow(t, from_us, &c->now);
    hand_out(t, &c->was, &c->now, from_us, sink);
    free_course(&c->was);
    free_course(&c->now);
}

static bool said_already(const struct fc_timeline *t, int64_t ts_us, enum fc_agent_state state) {
    for (uint32_t i = t->said_n; i-- > 0 && t->said[i].ts_us >= ts_us;)
        if (t->said[i].ts_us == ts_us && t->said[i].what == SAID_BASE && t->said[i].value == (int8_t)state) return true;
    return false;
}

void fc_timeline_base(struct fc_timeline *t, int64_t ts_us, enum fc_agent_state state, const struct fc_step_sink *sink) {
    struct courses c;
    if (said_already(t, ts_us, state)) return;
    begin(t, &c, ts_us);
    say(t, (struct fc_said){ts_us, SAID_BASE, (int8_t)state}, sink);
    finish(t, &c, ts_us, sink);
}

void fc_timeline_span(struct fc_timeline *t, enum fc_span kind, int64_t from_us, int64_t to_us, int sign, const struct fc_step_sink *sink) {
    struct courses c;
    struct fc_said open = {from_us, (uint8_t)kind, 1}, close = {to_us, (uint8_t)kind, -1};
    FC_ASSERT(from_us < to_us);
    begin(t, &c, from_us);
    if (sign > 0) {
        say(t, open, sink);
        say(t, close, sink);
    } else {
        unsay(t, open);
        unsay(t, close);
    }
    finish(t, &c, from_us, sink);
}

void fc_timeline_end(struct fc_timeline *t, enum fc_span kind, int64_t old_to_us, int64_t to_us, const struct fc_step_sink *sink) {
    struct courses c;
    int64_t from_us = old_to_us < to_us ? old_to_us : to_us;
    begin(t, &c, from_us);
    unsay(t, (struct fc_said){old_to_us, (uint8_t)kind, -1});
    say(t, (struct fc_said){to_us, (uint8_t)kind, -1}, sink);
    finish(t, &c, from_us, sink);
}

/* ---- memberships -------------------------------------------------------------------------------------------------- */

/* The target begins to see, or sees no more, the agent in [from, to): its state there, and every change within. */
static void show(const struct course *c, struct fc_levels *target, int64_t from_us, int64_t to_us, bool seen, const struct fc_step_sink *sink) {
    uint8_t state = FC_STATE_NONE;
    for (uint32_t i = 0; i < c->n; i++) {
        int64_t begin_us = c->at[i].ts_us > from_us ? c->at[i].ts_us : from_us;
        int64_t end_us = i + 1 < c->n ? c->at[i + 1].ts_us : FC_OPEN;
        if (begin_us >= to_us || end_us <= from_us) continue;
        uint8_t next = (uint8_t)c->at[i].state;
        step(sink, target, begin_us, seen ? state : next, seen ? next : state);
        state = next;
    }
    step(sink, target, to_us, seen ? state : FC_STATE_NONE, seen ? FC_STATE_NONE : state);
}

/* What of [from, to) no other span of the target covers. */
static void each_uncovered(const struct fc_timeline *t, const struct course *c, struct fc_levels *target, int64_t from_us, int64_t to_us, bool seen,
                           const struct fc_step_sink *sink) {
    for (int64_t at = from_us; at < to_us;) {
        int64_t covered_us = at, end_us = next_seated(t, target, &covered_us, to_us);
        if (covered_us > at) show(c, target, at, covered_us, seen, sink);
        at = covered_us < to_us ? end_us : to_us;
    }
}

void fc_timeline_member(struct fc_timeline *t, struct fc_levels *target, int64_t from_us, int64_t to_us, int sign, const struct fc_step_sink *sink) {
    struct course c;
    uint32_t i = 0;
    FC_ASSERT(from_us < to_us);
    if (is_bygone(to_us, sink->keep_from_us)) return;
    follow(t, INT64_MIN, &c);
    if (sign < 0) {
        while (i < t->seats_n && (t->seats[i].target != target || t->seats[i].from_us != from_us || t->seats[i].to_us != to_us)) i++;
        FC_ASSERT(i < t->seats_n);
        t->seats[i] = t->seats[--t->seats_n];
    }
    each_uncovered(t, &c, target, from_us, to_us, sign > 0, sink);
    free_course(&c);
    if (sign < 0) return;
    if (t->seats_n == t->seats_cap) t->seats = grown(t->seats, &t->seats_cap, sizeof *t->seats);
    t->seats[t->seats_n++] = (struct fc_seat){target, from_us, to_us};
}

/* ---- ahead -------------------------------------------------------------------------------------------------------- */

#define LINE 64

void fc_timeline_fetch(const struct fc_timeline *t) {
    for (size_t at = 0; at < t->said_n * sizeof *t->said; at += LINE) __builtin_prefetch((const char *)t->said + at, 1);
    for (size_t at = 0; at < t->seats_n * sizeof *t->seats; at += LINE) __builtin_prefetch((const char *)t->seats + at);
}

void fc_timeline_fetch_targets(const struct fc_timeline *t, uint8_t from, uint8_t to) {
    for (uint32_t i = 0; i < t->seats_n; i++) {
        const struct fc_levels *l = t->seats[i].target;
        __builtin_prefetch(&l->of[from], 1);
        __builtin_prefetch(&l->of[to], 1);
        __builtin_prefetch(&l->settled_us, 1);
    }
}

/* ---- stored form -------------------------------------------------------------------------------------------------- */

void fc_timeline_encode(const struct fc_timeline *t, struct fc_mpw *w) {
    fc_mpw_array(w, 3 + FC_SPAN_COUNT);
    fc_mpw_int(w, t->start.base);
    for (int k = 0; k < FC_SPAN_COUNT; k++) fc_mpw_int(w, t->start.spans[k]);
    fc_mpw_int(w, t->start_us);
    fc_mpw_array(w, 3 * (size_t)t->said_n);
    for (uint32_t i = 0; i < t->said_n; i++) {
        fc_mpw_int(w, t->said[i].ts_us);
        fc_mpw_int(w, t->said[i].what);
        fc_mpw_int(w, t->said[i].value);
    }
}

static bool decode_said(struct fc_mp *mp, struct fc_said *out) {
    int64_t what, value;
    if (!fc_mp_i64(mp, &out->ts_us) || !fc_mp_i64(mp, &what) || !fc_mp_i64(mp, &value)) return false;
    bool base = what == SAID_BASE && value >= 0 && value < FC_AGENT_STATE_COUNT, span = what >= 0 && what < FC_SPAN_COUNT && (value == 1 || value == -1);
    out->what = (uint8_t)what;
    out->value = (int8_t)value;
    return base || span;
}

bool fc_timeline_decode(struct fc_timeline *t, struct fc_mp *mp) {
    uint32_t n;
    int64_t base, count;
    if (!fc_mp_array(mp, &n) || n != 3 + FC_SPAN_COUNT || !fc_mp_i64(mp, &base) || base < 0 || base >= FC_AGENT_STATE_COUNT) return false;
    t->start.base = (enum fc_agent_state)base;
    for (int k = 0; k < FC_SPAN_COUNT; k++) {
        if (!fc_mp_i64(mp, &count) || count < -1000000 || count > 1000000) return false;
        t->start.spans[k] = (int32_t)count;
    }
    if (!fc_mp_i64(mp, &t->start_us) || !fc_mp_array(mp, &n) || n % 3 != 0) return false;
    for (t->said_n = 0; n > 0; n -= 3) {
        if (t->said_n == t->said_cap) t->said = grown(t->said, &t->said_cap, sizeof *t->said);
        if (!decode_said(mp, &t->said[t->said_n])) return false;
        t->said_n++;
    }
    return true;
}
