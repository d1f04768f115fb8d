/* contact_follow -- enters the difference between what followed from a contact's record before an event and what follows
 * after it: facts, agents' spans, its customer's chain, the lists it stands in. */
#include "agent.h"
#include "contact.h"
#include "live.h"
#include "survey.h"

void fc_contact_observe(struct fc_engine *e, const struct fc_contact *c, struct fc_moment *m) {
    m->state = fc_contact_state_of(c);
    m->spans = &e->spans[m->after];
    fc_contact_derive(c, &m->facts);
    fc_contact_spans_of(c, m->spans);
}

static void enter(struct fc_engine *e, const struct fc_contact_facts *f, int slot, int8_t sign) {
    struct fc_place place = f->place;
    if ((f->of_agent >> slot & 1) == 0) place.agent = NULL;
    struct fc_fact fact = f->at[slot];
    fact.sign = sign;
    fc_engine_fact(e, &place, &fact);
}

static bool same_fact(const struct fc_contact_facts *a, const struct fc_contact_facts *b, int slot) {
    const struct fc_fact *x = &a->at[slot], *y = &b->at[slot];
    bool agent = (a->of_agent >> slot & 1) == 0 || a->place.agent == b->place.agent;
    return agent && a->place.queue == b->place.queue && a->place.channel == b->place.channel && x->ts_us == y->ts_us && x->value == y->value &&
           x->count == y->count && x->sum == y->sum;
}

static void enter_facts(struct fc_engine *e, const struct fc_contact_facts *before, const struct fc_contact_facts *after) {
    for (int s = 0; s < SLOT_COUNT; s++) {
        bool was = before->used >> s & 1, is = after->used >> s & 1;
        if (was && is && same_fact(before, after, s)) continue;
        if (was) enter(e, before, s, -1);
        if (is) enter(e, after, s, 1);
    }
}

static bool same_span(const struct fc_contact_span *a, const struct fc_contact_span *b) {
    return a->agent == b->agent && a->kind == b->kind && a->from_us == b->from_us && a->to_us == b->to_us;
}

static bool holds_span(const struct fc_contact_spans *in, const struct fc_contact_span *s) {
    for (uint32_t i = 0; i < in->n; i++)
        if (same_span(&in->at[i], s)) return true;
    return false;
}

/* The span of `in` that `s` becomes by ending elsewhere: nearly every change is one of these. */
static struct fc_contact_span *moved_end(struct fc_contact_spans *in, const struct fc_contact_spans *before, const struct fc_contact_span *s) {
    for (uint32_t i = 0; i < in->n; i++) {
        struct fc_contact_span *x = &in->at[i];
        if (x->agent == s->agent && x->kind == s->kind && x->from_us == s->from_us && !holds_span(before, x)) return x;
    }
    return NULL;
}

static void enter_spans(struct fc_engine *e, struct fc_contact_spans *before, struct fc_contact_spans *after) {
    for (uint32_t i = 0; i < before->n; i++) {
        struct fc_contact_span *s = &before->at[i];
        if (holds_span(after, s)) continue;
        struct fc_contact_span *ends = moved_end(after, before, s);
        if (ends == NULL) {
            fc_agent_span(e, s, -1);
            continue;
        }
        fc_agent_span_ends(e, s, ends->to_us);
        *s = *ends; /* it is said now, and found again below */
    }
    for (uint32_t i = 0; i < after->n; i++)
        if (!holds_span(before, &after->at[i])) fc_agent_span(e, &after->at[i], 1);
}

static void enter_visit(struct fc_engine *e, struct fc_contact *c, const struct fc_contact_facts *f) {
    if (!c->has_customer || c->offered_us == 0) return;
    bool answered = (f->used >> SLOT_EXIT & 1) != 0 && f->at[SLOT_EXIT].count == FC_TALLY_answered;
    struct fc_visit v = {
        .contact = fc_contact_hash(c),
        .root = c->root,
        .offered_us = c->offered_us,
        .answered_us = answered ? c->answered_us : 0,
        .over_us = c->state != CONTACT_OVER ? 0 : answered ? c->ended_us : c->left_us,
        .place = f->place,
        .disposed = c->disposed_us == 0 ? FC_VERDICT_NONE : c->outcome == FC_OUTCOME_YES ? FC_VERDICT_YES : FC_VERDICT_NO,
        .told = c->told,
    };
    (void)fc_chains_put(e->chains, c->customer, &v); /* what it refuses it counts */
}

void fc_contact_enter_miss(struct fc_engine *e, const struct fc_place *place, int64_t ts_us, int8_t sign) {
    fc_engine_fact(e, place, &(struct fc_fact){.ts_us = ts_us, .sign = sign, .count = FC_TALLY_missed, .sum = FC_TALLY_NONE});
}

void fc_contact_enter_misses(struct fc_engine *e, const struct fc_contact *c, const struct fc_place *at, const struct fc_event *only, int8_t sign) {
    for (uint32_t i = 0; i < c->marks_n; i++) {
        const struct fc_contact_mark *m = &c->marks[i];
        if (m->kind != FC_MISSED || (only != NULL && (m->ts_us != only->ts || !fc_str_eq(m->agent->e.name, only->agent)))) continue;
        fc_contact_enter_miss(e, &(struct fc_place){at->queue, m->agent, at->channel}, m->ts_us, sign);
    }
}

struct survey_entry {
    struct fc_engine *e;
    int8_t sign;
};

static void enter_answer(void *ctx, const struct fc_place *place, const struct fc_fact *fact) {
    const struct survey_entry *s = ctx;
    struct fc_fact signed_fact = *fact;
    signed_fact.sign = s->sign;
    fc_engine_fact(s->e, place, &signed_fact);
}

/* What the survey itself says of queue and agent goes before what is known of the contact. */
void fc_contact_enter_survey(struct fc_engine *e, const struct fc_place *contact_at, const struct fc_contact_survey *s, int8_t sign) {
    struct fc_event ev = fc_event_make(FC_SURVEYED, s->ts_us);
    struct fc_place place = *contact_at;
    struct survey_entry entry = {e, sign};
    ev.present = s->present;
    ev.csat = s->csat;
    ev.nps = s->nps;
    ev.resolved = s->resolved;
    memcpy(ev.rater, s->rater, sizeof ev.rater);
    memcpy(ev.assess, s->assess, sizeof ev.assess);
    if (s->queue != NULL) place.queue = s->queue;
    if (s->agent != NULL) place.agent = s->agent;
    fc_survey_facts(&ev, &place, &(struct fc_fact_sink){enter_answer, &entry});
}

static void enter_surveys(struct fc_engine *e, const struct fc_contact *c, const struct fc_place *before, const struct fc_place *after) {
    if (before->queue == after->queue && before->agent == after->agent && before->channel == after->channel) return;
    for (uint32_t i = 0; i < c->surveys_n; i++) {
        fc_contact_enter_survey(e, before, &c->surveys[i], -1);
        fc_contact_enter_survey(e, after, &c->surveys[i], 1);
    }
}

static int64_t latest_word_us(const struct fc_contact *c) {
    const int64_t said[] = {c->answered_us, c->left_us, c->ended_us, c->wrapped_us, c->offered_us, c->disposed_us, c->told_us};
    int64_t last_us = 0;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (said[i] > last_us) last_us = said[i];
    for (uint32_t i = 0; i < c->surveys_n; i++)
        if (c->surveys[i].ts_us > last_us) last_us = c->surveys[i].ts_us;
    if (c->marks_n > 0 && c->marks[c->marks_n - 1].ts_us > last_us) last_us = c->marks[c->marks_n - 1].ts_us;
    return last_us;
}

/* The lists a contact stands in follow its state. */
static void move_lists(struct fc_engine *e, struct fc_contact *c, const struct fc_moment *before, const struct fc_moment *after) {
    bool waited = before->state == CONTACT_WAITING, waits = after->state == CONTACT_WAITING;
    const struct fc_place *a = &before->facts.place, *b = &after->facts.place;
    bool moved = waited && waits && (a->queue != b->queue || a->channel != b->channel || before->facts.at[SLOT_OFFERED].ts_us != c->offered_us);
    bool talked = before->state == CONTACT_TALKING, talks = after->state == CONTACT_TALKING;
    bool other = a->queue != b->queue || a->channel != b->channel;
    if (waited && (!waits || moved)) fc_contact_stop_waiting(e, c, a->queue, a->channel);
    if (talked && (!talks || other)) fc_contact_stop_talking(c, a->queue, a->channel);
    if (waits && (!waited || moved)) fc_contact_start_waiting(e, c);
    if (talks && (!talked || other)) fc_contact_start_talking(c);
    if (waited) fc_live_changed(e, a->queue);
    if (waits && (!waited || a->queue != b->queue)) fc_live_changed(e, b->queue);
    bool idle = after->state == CONTACT_OVER || after->state == CONTACT_UNPLACED;
    bool stays = idle && c->linked_over && latest_word_us(c) <= c->over_us;
    if (c->linked_over && !stays) fc_contact_unlink_over(e, c);
    if (idle && !c->linked_over) {
        c->over_us = latest_word_us(c);
        fc_contact_link_over(e, c);
    }
    struct fc_agent *was = before->state == CONTACT_TALKING ? a->agent : NULL, *is = after->state == CONTACT_TALKING ? b->agent : NULL;
    if (was == is) return;
    if (was != NULL) fc_agent_busy_with(e, was, c, CONTACT_OVER); /* another one had answered it before, a late word says */
    if (is != NULL) fc_agent_busy_with(e, is, c, CONTACT_TALKING);
}

void fc_contact_follow(struct fc_engine *e, struct fc_contact *c, const struct fc_moment *before) {
    struct fc_moment after = {.after = true};
    c->state = fc_contact_state_of(c);
    if (c->state != CONTACT_WAITING) c->breached = false;
    else if (c->offered_us + c->threshold_us < e->now_us) c->breached = true;
    fc_contact_observe(e, c, &after);
    move_lists(e, c, before, &after);
    enter_facts(e, &before->facts, &after.facts);
    enter_spans(e, before->spans, after.spans);
    enter_surveys(e, c, &before->facts.place, &after.facts.place);
    enter_visit(e, c, &after.facts);
    fc_contact_changed(e, c);
}

/* Its record is read: the lists follow; its facts and spans are stored by those they went to. */
void fc_contact_restored(struct fc_engine *e, struct fc_contact *c) {
    struct fc_contact_spans *spans = &e->spans[0];
    c->state = fc_contact_state_of(c);
    if (c->state == CONTACT_WAITING) fc_contact_start_waiting(e, c);
    else if (c->state != CONTACT_TALKING) fc_contact_link_over(e, c);
    else {
        fc_contact_start_talking(c);
        fc_agent_busy_with(e, c->agent, c, CONTACT_TALKING);
    }
    fc_contact_spans_of(c, spans);
    for (uint32_t i = 0; i < spans->n; i++) fc_agent_rung(&spans->at[i], 1);
    c->filed = fc_contact_filing(e, c);
}
