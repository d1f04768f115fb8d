/* ledger -- where facts and agents' time are entered: tallies, rolling windows, stored minutes, days and their ends. Knows owners as things
 * with cells; what happens to contacts is not its business. */
#include "engine_internal.h"

#include "zone.h"

#include <stddef.h>

#define SETTLE_SLICES 60 /* every owner's time is entered once a minute, a sixtieth of them each second */
#define BEHIND_US (10 * FC_MINUTE_US) /* as far back, at least, a step is one of many that waited */

/* ---- facts ----------------------------------------------------------------------------------------------------- */

static struct fc_cell *cell_of(struct fc_entity *x, uint8_t channel) {
    return fc_entity_cell(x, x->scope == FC_SCOPE_AGENT ? (uint8_t)FC_CHANNEL_PLAIN : channel);
}

static bool is_wait(const struct fc_fact *f) { return f->count == FC_TALLY_answered && f->sign > 0; }

struct entry {
    const struct fc_logged *logged;
    unsigned rolling; /* bits of enum fc_stretch: the windows that hold it */
};

static unsigned keep_second(struct fc_engine *e, const struct fc_logged *l) {
    bool in_m15;
    if (!fc_rolling_add(&e->rolling, l, &in_m15)) {
        e->counters.beyond_rolling++;
        return 0;
    }
    return FC_STRETCH_BIT(FC_STRETCH_H1) | (in_m15 ? FC_STRETCH_BIT(FC_STRETCH_M15) : 0);
}

static void add_peak(struct fc_series *s, const struct entry *r) {
    const struct fc_fact *f = &r->logged->fact;
    if (r->rolling != 0 && is_wait(f)) fc_peaks_add(&s->peaks, f->ts_us / FC_SECOND_US, f->value);
}

static void add_rolling(struct fc_engine *e, struct fc_entity *x, void *ctx) {
    const struct entry *r = ctx;
    struct fc_series *s = &cell_of(x, r->logged->place.channel)->series;
    (void)e;
    fc_series_apply(s, &r->logged->fact, r->rolling, 1);
    add_peak(s, r);
}

void fc_engine_add_logged(struct fc_engine *e, const struct fc_logged *l) {
    struct entry r = {l, keep_second(e, l)};
    if (r.rolling != 0) fc_engine_each_owner(e, l->place.queue, l->place.agent, add_rolling, &r);
}

/* What contacts did in a group is its queues' merged: it keeps minutes of agents' time alone. */
static bool keeps_minutes(const struct fc_engine *e, const struct fc_entity *x) { return x->scope != FC_SCOPE_GROUP || x == &e->all.e; }

static int64_t running_us(const struct fc_engine *e) { return e->now_us - e->now_us % FC_MINUTE_US; }

static bool in_day(const struct fc_entity *x, int64_t ts_us) { return ts_us >= x->day_start_us && ts_us < x->day_end_us; }

static void add_fact(struct fc_engine *e, struct fc_entity *x, void *ctx) {
    const struct entry *r = ctx;
    const struct fc_fact *f = &r->logged->fact;
    struct fc_series *s = &cell_of(x, r->logged->place.channel)->series;
    unsigned stretches = r->rolling | (in_day(x, f->ts_us) ? FC_STRETCH_BIT(FC_STRETCH_DAY) : 0);
    if (keeps_minutes(e, x)) fc_series_lasting(s, f, stretches, running_us(e));
    else fc_series_apply(s, f, stretches, 1);
    add_peak(s, r);
    fc_engine_touch(e, x);
}

void fc_engine_fact(struct fc_engine *e, const struct fc_place *place, const struct fc_fact *fact) {
    struct fc_logged l = {.fact = *fact, .place = *place};
    struct entry r = {&l, keep_second(e, &l)};
    fc_engine_each_owner(e, place->queue, place->agent, add_fact, &r);
    if (place->agent != NULL) fc_engine_touch_agent(e, place->agent);
}

struct leaving {
    const struct fc_logged *logged;
    bool h1;
};

static void take_out(struct fc_engine *e, struct fc_entity *x, void *ctx) {
    const struct leaving *out = ctx;
    const struct fc_fact *f = &out->logged->fact;
    struct fc_series *s = &cell_of(x, out->logged->place.channel)->series;
    fc_series_apply(s, f, FC_STRETCH_BIT(out->h1 ? FC_STRETCH_H1 : FC_STRETCH_M15), -1);
    if (out->h1 && is_wait(f)) fc_peaks_expire(&s->peaks, f->ts_us / FC_SECOND_US + 1);
    fc_engine_touch_gauges(e, x);
}

static void grown_old(void *ctx, const struct fc_second *s, bool h1) {
    for (uint32_t i = 0; i < s->n; i++) {
        struct fc_logged l = fc_rolling_at(s, i);
        fc_ahead_leaving(s, i);
        fc_engine_each_owner(ctx, l.place.queue, l.place.agent, take_out, &(struct leaving){&l, h1});
    }
}

/* ---- agents' time ------------------------------------------------------------------------------------------------ */

struct time_entry {
    struct fc_engine *e;
    struct fc_entity *x;
};

/* Being offline is no time at work: nobody asks how long, and most agents are for most of the day. */
static void add_time(void *ctx, int64_t minute_us, enum fc_agent_state state, int64_t us) {
    const struct time_entry *t = ctx;
    if (state == FC_AGENT_OFFLINE) return;
    struct fc_series *s = &fc_entity_cell(t->x, FC_CHANNEL_PLAIN)->series;
    fc_series_time(s, minute_us, (uint8_t)(FC_TALLY_TIME + state), us, in_day(t->x, minute_us), running_us(t->e));
    fc_engine_touch(t->e, t->x);
}

static void settle(struct fc_engine *e, struct fc_entity *x, int64_t to_us) {
    struct time_entry t = {e, x};
    fc_levels_settle(&x->levels, to_us, &(struct fc_time_sink){add_time, &t});
}

void fc_engine_settle(struct fc_engine *e, struct fc_entity *x) {
    settle(e, x, x->behind ? x->levels.settled_us : e->now_us);
}

/* What was stored holds the time of all steps told at a restart; a group that the rules have since then was not stored. */
static bool holds_time(const struct fc_engine *e, const struct fc_entity *x) {
    bool of_rules = x->scope == FC_SCOPE_GROUP && x != &e->all.e;
    return e->restoring && !(of_rules && !((const struct fc_group *)x)->day_known);
}

/* Hours of events that waited in a spool come one after the other. Were time entered up to now, each of them would have to
 * correct every minute of those hours; so it is entered up to where they are, and up to now by the first checkpoint that
 * none of them came before. What is late within limits is corrected. */
static void follow_from(struct fc_engine *e, struct fc_entity *x, int64_t ts_us, const struct fc_time_sink *sink) {
    int64_t limit_us = e->rules->late_us > BEHIND_US ? e->rules->late_us : BEHIND_US;
    if (e->now_us - ts_us <= limit_us) return;
    x->behind = true;
    if (x->levels.settled_us - ts_us > limit_us) fc_levels_unsettle(&x->levels, ts_us - ts_us % FC_MINUTE_US, sink);
}

/* Once a minute settling comes before the owner's first step, so that all further ones of that minute are but gathered. */
static void settle_minute(struct fc_engine *e, struct fc_entity *x, int64_t to_us) {
    int64_t minute_us = to_us - to_us % FC_MINUTE_US;
    if (x->levels.settled_us < minute_us) settle(e, x, minute_us);
}

static void enter_step(void *ctx, struct fc_levels *of, const struct fc_step *s) {
    struct fc_engine *e = ctx;
    struct fc_entity *x = (struct fc_entity *)(void *)((char *)of - offsetof(struct fc_entity, levels));
    struct time_entry t = {e, x};
    struct fc_time_sink sink = {add_time, &t};
    if (!e->restoring) {
        follow_from(e, x, s->ts_us, &sink);
        settle_minute(e, x, s->ts_us < e->now_us ? s->ts_us : e->now_us);
    }
    fc_levels_step(of, s, fc_steps_m15_from_us(e->steps), fc_steps_h1_from_us(e->steps), holds_time(e, x) ? NULL : &sink);
    fc_steps_add(e->steps, of, s);
    fc_engine_touch(e, x);
}

struct fc_step_sink fc_engine_step_sink(struct fc_engine *e) {
    int64_t kept_us = e->rules->late_us > FC_H1_SECONDS * FC_SECOND_US ? e->rules->late_us : FC_H1_SECONDS * FC_SECOND_US;
    return (struct fc_step_sink){enter_step, e, e->now_us - kept_us - FC_MINUTE_US};
}

static bool at_work(const struct fc_levels *l) {
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++)
        if (s != FC_AGENT_OFFLINE && l->of[s].n != 0) return true;
    return false;
}

/* Whose time a crash left behind is entered by the next checkpoint. */
void fc_engine_touch_behind(struct fc_engine *e) {
    for (uint32_t i = 0; i < e->owners.n; i++) {
        struct fc_entity *x = e->owners.at[i];
        if (at_work(&x->levels) && x->levels.settled_us < e->now_us - 2 * FC_MINUTE_US) fc_engine_touch(e, x);
    }
}

/* Time is entered in every minute, so that stored minutes miss none of a quiet floor. */
static void settle_slices(struct fc_engine *e, int64_t from_s, int64_t to_s) {
    if (to_s - from_s > SETTLE_SLICES) from_s = to_s - SETTLE_SLICES;
    for (int64_t s = from_s + 1; s <= to_s; s++) {
        for (uint32_t i = (uint32_t)(s % SETTLE_SLICES); i < e->owners.n; i += SETTLE_SLICES) {
            struct fc_entity *x = e->owners.at[i];
            for (uint32_t k = 1; k <= 2; k++)
                if (i + 4 * k * SETTLE_SLICES < e->owners.n) fc_ahead_owner(e->owners.at[i + 4 * k * SETTLE_SLICES], k == 1);
            if (x->levels.settled_us < running_us(e) && at_work(&x->levels)) fc_engine_settle(e, x);
        }
    }
}

/* ---- windows ------------------------------------------------------------------------------------------------------ */

static enum fc_stretch stretch_of(enum fc_window window) {
    return window == FC_WINDOW_M15 ? FC_STRETCH_M15 : window == FC_WINDOW_H1 ? FC_STRETCH_H1 : FC_STRETCH_DAY;
}

static void add_window_time(struct fc_engine *e, const struct fc_entity *x, enum fc_window window, struct fc_tally *out) {
    int64_t us[FC_AGENT_STATE_COUNT];
    if (window != FC_WINDOW_DAY) {
        int64_t from_s = window == FC_WINDOW_M15 ? e->rolling.m15_from_s : e->rolling.h1_from_s;
        fc_levels_window_us(&x->levels, window, from_s * FC_SECOND_US, e->now_us, us);
    } else {
        fc_levels_unsettled_us(&x->levels, x->day_start_us, e->now_us, us);
    }
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++)
        if (s != FC_AGENT_OFFLINE) out->v[FC_TALLY_TIME + s] += us[s];
}

void fc_engine_merge_window(struct fc_engine *e, struct fc_entity *x, int channel, enum fc_window window, struct fc_tally *out) {
    int64_t wait_us_max = 0, from_s = window == FC_WINDOW_M15 ? e->rolling.m15_from_s : e->rolling.h1_from_s;
    fc_tally_clear(out);
    for (int ch = 0; ch < FC_CELLS; ch++) {
        const struct fc_cell *cell = x->cells[ch];
        if (cell == NULL || (channel >= 0 && ch != channel)) continue;
        fc_series_add_to(&cell->series, stretch_of(window), out);
        int64_t longest_us = window == FC_WINDOW_DAY ? cell->series.day_wait_us_max : fc_peaks_max(&cell->series.peaks, from_s);
        if (longest_us > wait_us_max) wait_us_max = longest_us;
    }
    out->wait_us_max = wait_us_max;
    if (channel < 0 || channel == FC_CHANNEL_PLAIN) add_window_time(e, x, window, out);
}

static void sum_cell(struct fc_cell *into, const struct fc_cell *from) {
    fc_series_add_rolling(&into->series, &from->series);
    into->waiting += from->waiting;
}

static void sum_day(struct fc_engine *e, struct fc_cell *into, const struct fc_cell *from) {
    fc_tally_clear(&e->merged);
    fc_series_add_to(&from->series, FC_STRETCH_DAY, &e->merged);
    fc_series_add_day(&into->series, &e->merged);
}

void fc_engine_sum_group_day(struct fc_engine *e, struct fc_group *g) {
    for (uint32_t i = 0; i < g->queues.n; i++) {
        const struct fc_entity *q = g->queues.at[i];
        for (uint8_t ch = 0; ch < FC_CELLS; ch++)
            if (q->cells[ch] != NULL) sum_day(e, fc_entity_cell(&g->e, ch), q->cells[ch]);
    }
    /* An agent of several of the queues stands in each of them: its time is not their sum, and counts from its timeline. */
    fc_series_clear_day_time(&fc_entity_cell(&g->e, FC_CHANNEL_PLAIN)->series);
    fc_engine_touch(e, &g->e);
}

void fc_engine_sum_group(struct fc_engine *e, struct fc_group *g) {
    for (uint32_t i = 0; i < g->queues.n; i++) {
        const struct fc_entity *q = g->queues.at[i];
        g->e.complaints_open += q->complaints_open;
        for (uint8_t ch = 0; ch < FC_CELLS; ch++)
            if (q->cells[ch] != NULL) sum_cell(fc_entity_cell(&g->e, ch), q->cells[ch]);
    }
    fc_engine_sum_group_day(e, g);
}

/* ---- days --------------------------------------------------------------------------------------------------------- */

void fc_engine_start_day(struct fc_engine *e, struct fc_entity *x) {
    const struct fc_queue_rules *r = x->scope == FC_SCOPE_QUEUE ? ((const struct fc_queue *)x)->rules : NULL;
    struct fc_zone *zone = r != NULL ? r->zone : e->rules->defaults.zone;
    fc_zone_day(zone, e->now_us, r != NULL ? r->day_start_minute : e->rules->defaults.day_start_minute, &x->day_start_us, &x->day_end_us);
    if (e->next_turn_us == 0 || x->day_end_us < e->next_turn_us) e->next_turn_us = x->day_end_us;
}

/* A reload may have moved the start of days: the new one never reaches back into a day that is over. */
static void turn_day(struct fc_engine *e, struct fc_entity *x, void *ctx) {
    (void)ctx;
    x->day_turned = e->now_us >= x->day_end_us;
    if (!x->day_turned) {
        if (e->next_turn_us == 0 || x->day_end_us < e->next_turn_us) e->next_turn_us = x->day_end_us;
        return;
    }
    int64_t over_us = x->day_end_us;
    fc_engine_start_day(e, x);
    if (x->day_start_us < over_us) x->day_start_us = over_us;
    for (int ch = 0; ch < FC_CELLS; ch++)
        if (x->cells[ch] != NULL) fc_series_clear_day(&x->cells[ch]->series);
    fc_engine_touch(e, x);
    if (x->scope == FC_SCOPE_AGENT) fc_engine_touch_agent(e, (struct fc_agent *)x);
}

static void add_early(struct fc_engine *e, struct fc_entity *x, void *ctx) {
    const struct fc_logged *l = ctx;
    (void)e;
    if (x->day_turned && in_day(x, l->fact.ts_us)) fc_series_apply(&cell_of(x, l->place.channel)->series, &l->fact, FC_STRETCH_BIT(FC_STRETCH_DAY), 1);
}

/* A fact that came before its day began (a source's clock is ahead) still stands among the seconds: it is counted now. */
static void count_early_facts(struct fc_engine *e) {
    int64_t from_s = e->rolling.h1_from_s, to_s = from_s + FC_ROLLING_SECONDS;
    for (int64_t s = from_s; s < to_s; s++) {
        struct fc_second *sec = fc_rolling_second(&e->rolling, s);
        for (uint32_t i = 0; sec != NULL && i < sec->n; i++) {
            struct fc_logged l = fc_rolling_at(sec, i);
            fc_engine_each_owner(e, l.place.queue, l.place.agent, add_early, &l);
        }
    }
}

static void turn_days(struct fc_engine *e) {
    e->next_turn_us = 0;
    fc_engine_every_owner(e, turn_day, NULL);
    count_early_facts(e);
    e->meta_to_store = true;
}

void fc_engine_move_now(struct fc_engine *e, int64_t now_us) {
    if (now_us <= e->now_us) return;
    int64_t before_s = e->now_us / FC_SECOND_US, now_s = now_us / FC_SECOND_US;
    e->now_us = now_us;
    if (now_us >= e->next_turn_us) turn_days(e);
    if (now_s == before_s) return;
    fc_rolling_advance(&e->rolling, now_s, grown_old, e);
    fc_steps_advance(e->steps, now_s);
    settle_slices(e, before_s, now_s);
}
