/* What customers and agents say afterwards: surveys, dispositions, complaints. */
#include "oracle_inner.h"

static int own_or(int own, int other) { return own != NOBODY ? own : other; }

static void add(struct fc_oracle *o, struct fact where, int count, int sum, int64_t value) {
    where.count = count;
    where.sum = sum;
    where.value = value;
    oracle_fact(o, where);
}

static const struct visit *known_visit(const struct fc_oracle *o, int contact) {
    return contact != NOBODY && o->visits[contact].offered_us != NEVER ? &o->visits[contact] : NULL;
}

/* ---- surveys ---------------------------------------------------------------------------------------------------- */

static struct fact survey_place(const struct fc_oracle *o, const struct told *t) {
    const struct visit *v = known_visit(o, t->contact);
    struct fact place = {.ts_us = t->ts, .queue = t->queue, .agent = t->agent, .channel = FC_ORACLE_PLAIN};
    if (v == NULL) return place;
    place.queue = own_or(t->queue, v->queue);
    place.agent = own_or(t->agent, v->agent);
    place.channel = v->channel;
    return place;
}

static void survey(struct fc_oracle *o, const struct told *t) {
    static const int rater[5] = {FC_TALLY_rater_reliability, FC_TALLY_rater_assurance, FC_TALLY_rater_tangibles, FC_TALLY_rater_empathy,
                                 FC_TALLY_rater_responsiveness};
    const struct fc_event *ev = t->ev;
    struct fact place = survey_place(o, t);
    if (tells(t, FC_KEY_BIT(csat))) {
        add(o, place, FC_TALLY_csat_n, FC_TALLY_csat_sum, ev->csat);
        if (ev->csat >= 4) add(o, place, FC_TALLY_csat_top, FC_TALLY_NONE, 0);
    }
    if (tells(t, FC_KEY_BIT(nps))) {
        add(o, place, FC_TALLY_nps_n, FC_TALLY_NONE, 0);
        if (ev->nps >= 9) add(o, place, FC_TALLY_nps_promoters, FC_TALLY_NONE, 0);
        if (ev->nps <= 6) add(o, place, FC_TALLY_nps_detractors, FC_TALLY_NONE, 0);
    }
    if (tells(t, FC_KEY_BIT(rater))) {
        add(o, place, FC_TALLY_rater_n, FC_TALLY_NONE, 0);
        for (int i = 0; i < 5; i++) add(o, place, FC_TALLY_NONE, rater[i], ev->rater[i]);
    }
    if (tells(t, FC_KEY_BIT(assess))) {
        int points = 0;
        for (int i = 0; i < 10; i++) points += ev->assess[i];
        add(o, place, FC_TALLY_assess_n, FC_TALLY_assess_sum, points);
    }
}

void oracle_surveys(struct fc_oracle *o) {
    for (size_t i = 0; i < o->told_n; i++)
        if (o->told[i].ev->kind == FC_SURVEYED) survey(o, &o->told[i]);
}

/* ---- dispositions ----------------------------------------------------------------------------------------------- */

static void disposition(struct fc_oracle *o, struct fact place, int outcome, int cause) {
    add(o, place, outcome == FC_OUTCOME_YES ? FC_TALLY_resolved_yes : FC_TALLY_resolved_no, FC_TALLY_NONE, 0);
    if (outcome == FC_OUTCOME_NO && cause != NOBODY) add(o, place, FC_TALLY_cause_frontline + cause, FC_TALLY_NONE, 0);
}

/* Queue and agent of a complaint: the latest that was told of each. */
static struct fact case_place(const struct fc_oracle *o, int case_id) {
    struct fact place = {.queue = NOBODY, .agent = NOBODY, .channel = FC_ORACLE_PLAIN};
    for (size_t i = 0; i < o->told_n; i++) {
        const struct told *t = &o->told[i];
        if (t->ev->kind != FC_COMPLAINT || t->case_id != case_id) continue;
        place.queue = own_or(t->queue, place.queue);
        place.agent = own_or(t->agent, place.agent);
    }
    return place;
}

static void case_disposition(struct fc_oracle *o, int case_id) {
    const struct told *latest = NULL;
    for (size_t i = 0; i < o->told_n; i++) {
        const struct told *t = &o->told[i];
        if (t->ev->kind == FC_RESOLVED && t->contact == NOBODY && t->case_id == case_id) latest = t;
    }
    if (latest == NULL) return;
    struct fact place = case_place(o, case_id);
    place.ts_us = latest->ts;
    disposition(o, place, latest->ev->outcome, tells(latest, FC_KEY_BIT(cause)) ? latest->ev->cause : NOBODY);
}

void oracle_dispositions(struct fc_oracle *o) {
    for (int c = 0; c < o->contacts.n; c++) {
        const struct visit *v = &o->visits[c];
        struct fact place = {.ts_us = v->disposed_us, .queue = v->queue, .agent = v->agent, .channel = v->channel};
        if (v->disposed_us == NEVER) continue;
        if (v->offered_us == NEVER) place = (struct fact){.ts_us = v->disposed_us, .queue = NOBODY, .agent = NOBODY, .channel = FC_ORACLE_PLAIN};
        disposition(o, place, v->outcome, v->cause);
    }
    for (int i = 0; i < o->cases.n; i++) case_disposition(o, i);
}

/* ---- complaints ------------------------------------------------------------------------------------------------- */

struct complaint {
    bool any;
    int64_t opened_us;      /* the earliest `opened`, or the earliest event */
    int64_t open_again_us;  /* the last `opened` or `reopened`; INT64_MIN: neither was told */
    int64_t acknowledged_us, resolved_us; /* NEVER; resolved: for good */
    int cause;
};

static void read_stages(const struct fc_oracle *o, int case_id, struct complaint *c) {
    *c = (struct complaint){.opened_us = NEVER, .open_again_us = INT64_MIN, .acknowledged_us = NEVER, .resolved_us = NEVER, .cause = NOBODY};
    int64_t earliest_us = NEVER;
    for (size_t i = 0; i < o->told_n; i++) {
        const struct told *t = &o->told[i];
        if (t->ev->kind != FC_COMPLAINT || t->case_id != case_id) continue;
        enum fc_stage stage = (enum fc_stage)t->ev->stage;
        c->any = true;
        if (t->ts < earliest_us) earliest_us = t->ts;
        if (stage == FC_STAGE_OPENED && t->ts < c->opened_us) c->opened_us = t->ts;
        if (stage == FC_STAGE_ACKNOWLEDGED && t->ts < c->acknowledged_us) c->acknowledged_us = t->ts;
        if (stage == FC_STAGE_OPENED || stage == FC_STAGE_REOPENED) {
            c->open_again_us = t->ts;
            c->resolved_us = NEVER;
        }
        if (stage == FC_STAGE_RESOLVED && c->resolved_us == NEVER) c->resolved_us = t->ts;
        if (tells(t, FC_KEY_BIT(cause))) c->cause = t->ev->cause;
    }
    if (c->opened_us == NEVER) c->opened_us = earliest_us;
}

static void count_reopened(struct fc_oracle *o, int case_id, struct fact place) {
    int64_t before_us = INT64_MIN;
    for (size_t i = 0; i < o->told_n; i++) {
        const struct told *t = &o->told[i];
        if (t->ev->kind != FC_COMPLAINT || t->case_id != case_id || t->ev->stage != FC_STAGE_REOPENED || t->ts == before_us) continue;
        place.ts_us = before_us = t->ts;
        add(o, place, FC_TALLY_complaints_reopened, FC_TALLY_NONE, 0);
    }
}

static int64_t after(int64_t opened_us, int64_t ts_us) { return ts_us > opened_us ? ts_us - opened_us : 0; }

static void complaint(struct fc_oracle *o, int case_id) {
    struct complaint c;
    read_stages(o, case_id, &c);
    if (!c.any) return;
    struct fact place = case_place(o, case_id);
    place.ts_us = c.opened_us;
    add(o, place, FC_TALLY_complaints_opened, FC_TALLY_NONE, 0);
    if (c.cause != NOBODY) add(o, place, FC_TALLY_cause_frontline + c.cause, FC_TALLY_NONE, 0);
    count_reopened(o, case_id, place);
    if (c.acknowledged_us != NEVER) {
        place.ts_us = c.acknowledged_us;
        add(o, place, FC_TALLY_complaint_ack_n, FC_TALLY_complaint_ack_us, after(c.opened_us, c.acknowledged_us));
    }
    if (c.resolved_us != NEVER) {
        place.ts_us = c.resolved_us;
        add(o, place, FC_TALLY_complaint_resolve_n, FC_TALLY_complaint_resolve_us, after(c.opened_us, c.resolved_us));
        return;
    }
    GROW(o->open, o->open_n, o->open_cap);
    o->open[o->open_n++] = (struct open_case){place.queue, place.agent};
}

void oracle_complaints(struct fc_oracle *o) {
    for (int i = 0; i < o->cases.n; i++) complaint(o, i);
}
