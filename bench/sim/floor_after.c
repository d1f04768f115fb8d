/* What follows a contact: disposition, survey, complaint, and the customer calling again. */
#include "floor_inner.h"

#include <stdlib.h>

static uint32_t take_after(struct fc_floor *f) {
    uint32_t i = f->afters_free;
    if (i != NOBODY) {
        f->afters_free = f->afters[i].next_free;
        return i;
    }
    if (f->afters_n == f->afters_cap) {
        f->afters_cap = f->afters_cap == 0 ? 256 : f->afters_cap * 2;
        f->afters = realloc(f->afters, f->afters_cap * sizeof *f->afters);
        FC_ASSERT(f->afters != NULL);
    }
    return f->afters_n++;
}

static void set_after(struct fc_floor *f, struct after what, const struct fc_span *delay) {
    uint32_t i = take_after(f);
    int64_t delay_us = fc_rng_span_us(&f->outcomes, delay);
    f->afters[i] = what;
    floor_set(f, ON_AFTER, delay_us > 0 ? delay_us : 0, i, 0);
}

static struct after about(const struct fc_floor *f, enum after_what what, const struct contact *c, bool resolved) {
    return (struct after){.what = what, .number = c->number, .queue = c->queue, .agent = c->agent, .customer = c->customer,
                          .resolved = resolved, .silent = f->silent};
}

/* Anonymous callers come back too, but nobody can tell: they are among the new ones. */
static void maybe_repeat(struct fc_floor *f, const struct contact *c, double share) {
    if (!chance(&f->outcomes, share) || c->customer == 0 || f->plan.repeat_after.law == FC_LAW_NONE) return;
    set_after(f, about(f, AFTER_REPEAT, c, false), &f->plan.repeat_after);
}

void after_left(struct fc_floor *f, const struct contact *c) { maybe_repeat(f, c, f->plan.repeat_unresolved_share); }

/* Where unresolved trouble comes from: 10 % the frontline, 30 % process, 60 % support from behind. */
static enum fc_cause draw_cause(struct fc_floor *f) {
    double u = fc_rng_unit(&f->outcomes);
    return u <= 0.1 ? FC_CAUSE_FRONTLINE : u <= 0.4 ? FC_CAUSE_PROCESS : FC_CAUSE_SUPPORT;
}

static void emit_resolved(struct fc_floor *f, const struct contact *c, bool resolved) {
    char id[EMIT_ID];
    struct fc_event ev = emit_make(f, FC_RESOLVED);
    FC_EVENT_STR(&ev, contact, emit_id(f, id, c->number));
    FC_EVENT_NUM(&ev, outcome, resolved ? FC_OUTCOME_YES : FC_OUTCOME_NO);
    if (!resolved) FC_EVENT_NUM(&ev, cause, (uint8_t)draw_cause(f));
    emit_send(f, &ev);
}

void after_wrapped(struct fc_floor *f, const struct contact *c) {
    const struct fc_plan *plan = &f->plan;
    bool resolved = chance(&f->outcomes, plan->resolved_share);
    if (chance(&f->outcomes, plan->disposition_share)) emit_resolved(f, c, resolved);
    if (chance(&f->outcomes, plan->survey_share)) set_after(f, about(f, AFTER_SURVEY, c, resolved), &plan->survey_after);
    if (chance(&f->outcomes, resolved ? plan->complaint_share / 2 : plan->complaint_share * 3))
        set_after(f, about(f, AFTER_COMPLAINT, c, false), &plan->survey_after);
    maybe_repeat(f, c, resolved ? plan->repeat_share : plan->repeat_unresolved_share);
}

/* ---- what the timers bring -------------------------------------------------------------------------------------- */

static uint8_t score(struct fc_floor *f, bool happy, uint32_t least, uint32_t most) {
    uint32_t third = (most - least + 1) / 3, span = most - least + 1 - third;
    return (uint8_t)(least + (happy ? third : 0) + fc_rng_below(&f->outcomes, span));
}

static void survey(struct fc_floor *f, const struct after *a) {
    char id[EMIT_ID], customer[EMIT_ID];
    struct fc_event ev = emit_make(f, FC_SURVEYED);
    bool happy = a->resolved ? chance(&f->outcomes, 0.9) : chance(&f->outcomes, 0.25);
    FC_EVENT_STR(&ev, contact, emit_id(f, id, a->number));
    if (a->customer != 0) FC_EVENT_STR(&ev, customer, emit_customer(customer, a->customer));
    FC_EVENT_STR(&ev, queue, fc_str(f->plan.queues[a->queue].name));
    FC_EVENT_STR(&ev, agent, fc_str(f->plan.agents[a->agent].id));
    FC_EVENT_NUM(&ev, csat, happy ? 4 + fc_rng_below(&f->outcomes, 2) : 1 + fc_rng_below(&f->outcomes, 3));
    FC_EVENT_NUM(&ev, nps, score(f, happy, happy ? 6 : 0, happy ? 10 : 8));
    FC_EVENT_NUM(&ev, resolved, a->resolved);
    bool rates = chance(&f->outcomes, 0.5), assesses = chance(&f->outcomes, 0.2);
    for (int i = 0; i < 5; i++) ev.rater[i] = score(f, happy, 1, 5);
    for (int i = 0; i < 10; i++) ev.assess[i] = score(f, happy, 0, 3);
    if (rates) ev.present |= FC_KEY_BIT(rater);
    if (assesses) ev.present |= FC_KEY_BIT(assess);
    emit_send(f, &ev);
}

static void emit_complaint(struct fc_floor *f, const struct after *a, enum fc_cause cause) {
    char id[EMIT_ID], customer[EMIT_ID];
    struct fc_event ev = emit_make(f, FC_COMPLAINT);
    struct fc_str number = emit_id(f, id, a->case_no);
    memcpy(id + number.n, "-case", 5);
    FC_EVENT_STR(&ev, case_id, fc_str_n(id, number.n + 5));
    FC_EVENT_NUM(&ev, stage, (uint8_t)a->stage);
    if (a->customer != 0) FC_EVENT_STR(&ev, customer, emit_customer(customer, a->customer));
    FC_EVENT_STR(&ev, queue, fc_str(f->plan.queues[a->queue].name));
    FC_EVENT_STR(&ev, agent, fc_str(f->plan.agents[a->agent].id));
    if (a->stage == FC_STAGE_RESOLVED) FC_EVENT_NUM(&ev, cause, (uint8_t)cause);
    emit_send(f, &ev);
}

/* opened -> acknowledged -> resolved -> maybe reopened -> resolved .. */
static void complaint(struct fc_floor *f, struct after a) {
    const struct fc_plan *plan = &f->plan;
    if (a.stage == FC_STAGE_OPENED && a.case_no == 0) a.case_no = ++f->case_no;
    enum fc_cause cause = draw_cause(f);
    emit_complaint(f, &a, cause);
    bool reopens = chance(&f->outcomes, plan->reopen_share);
    const struct fc_span *delay = a.stage == FC_STAGE_OPENED ? &plan->acknowledge_after : &plan->resolve_after;
    if (a.stage == FC_STAGE_RESOLVED && !reopens) return;
    a.stage = a.stage == FC_STAGE_OPENED ? FC_STAGE_ACKNOWLEDGED : a.stage == FC_STAGE_RESOLVED ? FC_STAGE_REOPENED : FC_STAGE_RESOLVED;
    set_after(f, a, delay);
}

void after_timer(struct fc_floor *f, uint32_t which) {
    struct after a = f->afters[which];
    f->afters[which].next_free = f->afters_free;
    f->afters_free = which;
    if (a.what == AFTER_REPEAT) contact_offer(f, a.queue, a.customer, 0, 1);
    else if (a.silent) return;
    else if (a.what == AFTER_SURVEY) survey(f, &a);
    else complaint(f, a);
}
