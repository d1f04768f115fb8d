/* An agent's timeline and the levels of its targets against a recount, second by second, of all that was said. */
#include "steps.h"
#include "timeline.h"

#include "clock.h"
#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define T0 INT64_C(1767258000000000) /* a whole hour */
#define SECONDS 5400
#define MINUTES (SECONDS / 60)
#define TARGETS 3
#define SAID_MAX 400
#define NEVER INT64_MAX

static int64_t between(int64_t lo, int64_t hi) { return lo + (int64_t)(rng() % (uint64_t)(hi - lo + 1)); }
static int64_t at(int64_t s) { return s == NEVER ? FC_OPEN : T0 + s * FC_SECOND_US; }

/* ---- what was said ----------------------------------------------------------------------------------------------- */

enum what { SPAN, BASE, MEMBER };

struct said {
    enum what what;
    int kind; /* of a span; state of a base; target of a membership */
    int64_t from_s, to_s;
};

static struct {
    struct said said[SAID_MAX];
    int said_n;
    int64_t now_s;
    struct fc_timeline line;
    struct fc_levels levels[TARGETS];
    struct fc_steps *steps;
    int64_t minute_us[TARGETS][MINUTES + 2][FC_AGENT_STATE_COUNT];
} w;

static void enter_time(void *ctx, int64_t minute_us, enum fc_agent_state state, int64_t us) {
    int64_t minute = (minute_us - T0) / FC_MINUTE_US;
    assert_true(minute_us >= T0 && minute <= MINUTES + 1);
    w.minute_us[*(const int *)ctx][minute][state] += us;
}

static void enter_step(void *ctx, struct fc_levels *target, const struct fc_step *step) {
    int number = (int)(target - w.levels);
    struct fc_time_sink sink = {enter_time, &number};
    (void)ctx;
    fc_levels_step(target, step, fc_steps_m15_from_us(w.steps), fc_steps_h1_from_us(w.steps), &sink);
    fc_steps_add(w.steps, target, step);
}

static const struct fc_step_sink *sink(void) {
    static struct fc_step_sink s = {.step = enter_step};
    s.keep_from_us = at(w.now_s) - 3660 * FC_SECOND_US;
    return &s;
}

/* ---- the recount -------------------------------------------------------------------------------------------------- */

static bool holds(const struct said *x, int64_t s) { return x->from_s <= s && s < x->to_s; }

static int state_at(int64_t s) {
    int n[FC_SPAN_COUNT] = {0}, base = FC_AGENT_AVAILABLE;
    int64_t base_s = -1;
    for (int i = 0; i < w.said_n; i++) {
        const struct said *x = &w.said[i];
        if (x->what == SPAN && holds(x, s)) n[x->kind]++;
        if (x->what != BASE || x->from_s > s || x->from_s < base_s) continue;
        base = x->kind;
        base_s = x->from_s;
    }
    if (n[FC_SPAN_TALK] > 0) return n[FC_SPAN_HOLD] >= n[FC_SPAN_TALK] ? FC_AGENT_HOLD : FC_AGENT_BUSY;
    if (base == FC_AGENT_OFFLINE || n[FC_SPAN_AWAY] > 0) return FC_AGENT_OFFLINE;
    if (n[FC_SPAN_ALERT] > 0) return FC_AGENT_ALERTING;
    return n[FC_SPAN_WRAP] > 0 ? FC_AGENT_WRAP : base;
}

static bool seen_at(int target, int64_t s) {
    for (int i = 0; i < w.said_n; i++)
        if (w.said[i].what == MEMBER && w.said[i].kind == target && holds(&w.said[i], s)) return true;
    return false;
}

static void expect_minutes(int target) {
    int64_t want[MINUTES + 2][FC_AGENT_STATE_COUNT] = {{0}};
    for (int64_t s = 0; s < w.now_s; s++)
        if (seen_at(target, s)) want[s / 60][state_at(s)] += FC_SECOND_US;
    for (int m = 0; m < MINUTES + 2; m++)
        for (int state = 0; state < FC_AGENT_STATE_COUNT; state++)
            if (w.minute_us[target][m][state] != want[m][state])
                fail_msg("target %d, minute %d, state %d: expected %lld us, got %lld", target, m, state, (long long)want[m][state],
                         (long long)w.minute_us[target][m][state]);
}

static void expect_window(int target, enum fc_window window, int64_t seconds) {
    int64_t want[FC_AGENT_STATE_COUNT] = {0}, got[FC_AGENT_STATE_COUNT], from_s = w.now_s - seconds + 1;
    for (int64_t s = from_s < 0 ? 0 : from_s; s < w.now_s; s++)
        if (seen_at(target, s)) want[state_at(s)] += FC_SECOND_US;
    fc_levels_window_us(&w.levels[target], window, at(from_s), at(w.now_s), got);
    for (int state = 0; state < FC_AGENT_STATE_COUNT; state++)
        if (got[state] != want[state])
            fail_msg("target %d, window %d, state %d: expected %lld us, got %lld", target, (int)window, state, (long long)want[state], (long long)got[state]);
}

/* Everything told lies at or before now, so the end of the timeline is now. */
static void expect_all(void) {
    int64_t since_us;
    assert_int_equal(fc_timeline_state(&w.line, &since_us), state_at(w.now_s));
    for (int t = 0; t < TARGETS; t++) {
        struct fc_time_sink times = {enter_time, &t};
        fc_levels_settle(&w.levels[t], at(w.now_s), &times);
        for (int state = 0; state < FC_AGENT_STATE_COUNT; state++)
            assert_int_equal(w.levels[t].of[state].n, seen_at(t, w.now_s) && state == state_at(w.now_s));
        expect_minutes(t);
        expect_window(t, FC_WINDOW_M15, 900);
        expect_window(t, FC_WINDOW_H1, 3600);
    }
}

/* ---- saying at random ---------------------------------------------------------------------------------------------- */

static int64_t late(void) { return w.now_s - between(0, rng() % 2 == 0 ? 5 : w.now_s < 3500 ? w.now_s : 3500); }

static struct said *remember(struct said x) {
    assert_true(w.said_n < SAID_MAX);
    w.said[w.said_n] = x;
    return &w.said[w.said_n++];
}

static void say_span(void) {
    int64_t from_s = late(), to_s = rng() % 3 == 0 ? NEVER : between(from_s + 1, w.now_s + 1);
    if (to_s != NEVER && to_s > w.now_s) to_s = NEVER;
    const struct said *x = remember((struct said){SPAN, (int)between(0, FC_SPAN_COUNT - 1), from_s, to_s});
    fc_timeline_span(&w.line, (enum fc_span)x->kind, at(from_s), at(to_s), 1, sink());
}

static void say_member(void) {
    int64_t from_s = late(), to_s = rng() % 2 == 0 ? NEVER : between(from_s + 1, w.now_s + 1);
    if (to_s != NEVER && to_s > w.now_s) to_s = NEVER;
    const struct said *x = remember((struct said){MEMBER, (int)between(0, TARGETS - 1), from_s, to_s});
    fc_timeline_member(&w.line, &w.levels[x->kind], at(from_s), at(to_s), 1, sink());
}

static bool base_said_at(int64_t s) {
    for (int i = 0; i < w.said_n; i++)
        if (w.said[i].what == BASE && w.said[i].from_s == s) return true;
    return false;
}

static void say_base(void) {
    int64_t from_s = late();
    if (base_said_at(from_s)) return; /* of two at one instant the later counts: a matter of arrival */
    const struct said *x = remember((struct said){BASE, (int)between(0, FC_AGENT_STATE_COUNT - 1), from_s, NEVER});
    fc_timeline_base(&w.line, at(from_s), (enum fc_agent_state)x->kind, sink());
}

/* Takes something back, or lets a span end elsewhere; only what is young enough to be kept apart. */
static void change(void) {
    if (w.said_n == 0) return;
    int i = (int)between(0, w.said_n - 1);
    struct said *x = &w.said[i];
    if (x->what == BASE || x->from_s < w.now_s - 3500) return;
    if (x->what == SPAN && rng() % 2 == 0) {
        int64_t to_s = between(x->from_s + 1, w.now_s + 1);
        if (to_s > w.now_s) to_s = NEVER;
        fc_timeline_end(&w.line, (enum fc_span)x->kind, at(x->to_s), at(to_s), sink());
        x->to_s = to_s;
        return;
    }
    if (x->what == SPAN) fc_timeline_span(&w.line, (enum fc_span)x->kind, at(x->from_s), at(x->to_s), -1, sink());
    else fc_timeline_member(&w.line, &w.levels[x->kind], at(x->from_s), at(x->to_s), -1, sink());
    w.said[i] = w.said[--w.said_n];
}

/* Stored and read again: memberships are said anew by who knows them, and minutes hold what they held. */
static void restart(void) {
    static uint8_t bytes[65536];
    struct fc_mpw writer;
    fc_mpw_init(&writer, bytes, sizeof bytes);
    fc_timeline_encode(&w.line, &writer);
    assert_false(writer.overflow);
    struct fc_timeline read;
    fc_timeline_init(&read, 0);
    struct fc_mp mp = fc_mp_open(bytes, writer.len);
    assert_true(fc_timeline_decode(&read, &mp));
    assert_int_equal(fc_mp_left(&mp), 0);
    for (size_t n = 0; n < writer.len; n += 7) { /* cut off anywhere it is refused */
        struct fc_timeline cut;
        fc_timeline_init(&cut, 0);
        mp = fc_mp_open(bytes, n);
        assert_false(fc_timeline_decode(&cut, &mp));
        fc_timeline_fini(&cut);
    }
    read.seats = w.line.seats;
    read.seats_n = w.line.seats_n;
    read.seats_cap = w.line.seats_cap;
    w.line.seats = NULL;
    fc_timeline_fini(&w.line);
    w.line = read;
}

static void turn(void) {
    uint64_t dice = rng() % 100;
    if (dice < 45) say_span();
    else if (dice < 60) say_base();
    else if (dice < 72) say_member();
    else if (dice < 98) change();
    else restart();
}

static void states_and_times_equal_a_recount(void **state) {
    (void)state;
    for (int round = 0; round < 60; round++) {
        memset(&w, 0, sizeof w);
        w.steps = fc_steps_create();
        w.now_s = 60;
        fc_steps_advance(w.steps, at(w.now_s) / FC_SECOND_US);
        for (int t = 0; t < TARGETS; t++) fc_levels_init(&w.levels[t], T0);
        fc_timeline_init(&w.line, T0);
        while (w.said_n < SAID_MAX - 8 && w.now_s < SECONDS - 60) {
            for (int64_t n = between(0, 4); n > 0; n--) turn();
            w.now_s += between(1, 60);
            fc_steps_advance(w.steps, at(w.now_s) / FC_SECOND_US);
            if (rng() % 16 == 0) expect_all();
        }
        expect_all();
        fc_timeline_fini(&w.line);
        fc_steps_destroy(w.steps);
    }
}

/* An event in order costs its own step at each target, whatever was said before. */
static int steps_told;

static void count_step(void *ctx, struct fc_levels *target, const struct fc_step *step) {
    (void)ctx;
    (void)target;
    (void)step;
    steps_told++;
}

static void an_event_in_order_is_one_step_a_target(void **state) {
    (void)state;
    struct fc_timeline line;
    struct fc_levels targets[TARGETS];
    const struct fc_step_sink counting = {count_step, NULL, 0};
    fc_timeline_init(&line, T0);
    for (int t = 0; t < TARGETS; t++) fc_timeline_member(&line, &targets[t], T0, FC_OPEN, 1, &counting);
    for (int i = 1; i < 500; i++) {
        steps_told = 0;
        fc_timeline_span(&line, FC_SPAN_TALK, at(20 * i), FC_OPEN, 1, &counting);
        assert_int_equal(steps_told, TARGETS);
        fc_timeline_end(&line, FC_SPAN_TALK, FC_OPEN, at(20 * i + 9), &counting);
        assert_int_equal(steps_told, 2 * TARGETS);
    }
    fc_timeline_fini(&line);
}

int main(void) {
    rng_seed(20260308);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_and_times_equal_a_recount),
        cmocka_unit_test(an_event_in_order_is_one_step_a_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
