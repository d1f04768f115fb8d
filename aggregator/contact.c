/* contact -- one visit of a contact to a queue, from offered to forgotten: what events say of it is written down here, in
 * any order; contact_facts.c says what follows, and contact_follow.c enters the difference. */
#include "contact.h"

#include "survey.h"

#include <stdlib.h>

/* What is kept of one contact fits one stored record, whatever the names. Beyond it alerts are left out, misses count but are not
 * kept (one that comes twice counts twice), and the last places are for holds: they make a duration. */
#define MARKS_MAX 1000
#define MARKS_FOR_HOLDS 200
#define SURVEYS_MAX 100

/* ---- what was said ---------------------------------------------------------------------------------------------- */

static int mark_order(const struct fc_contact_mark *a, const struct fc_contact_mark *b) {
    if (a->ts_us != b->ts_us) return a->ts_us < b->ts_us ? -1 : 1;
    return a->kind != b->kind ? (a->kind > b->kind) - (a->kind < b->kind) : (a->agent > b->agent) - (a->agent < b->agent);
}

/* False: it is there already. */
static bool add_mark(struct fc_contact *c, struct fc_contact_mark mark) {
    uint32_t i = c->marks_n;
    while (i > 0 && mark_order(&c->marks[i - 1], &mark) > 0) i--;
    if (i > 0 && mark_order(&c->marks[i - 1], &mark) == 0) return false;
    if (c->marks_n == c->marks_cap) {
        c->marks_cap = c->marks_cap == 0 ? 2 : (uint16_t)(2 * c->marks_cap);
        c->marks = realloc(c->marks, c->marks_cap * sizeof *c->marks);
        FC_ASSERT(c->marks != NULL);
    }
    memmove(c->marks + i + 1, c->marks + i, (c->marks_n - i) * sizeof *c->marks);
    c->marks[i] = mark;
    c->marks_n++;
    return true;
}

void fc_contact_add_mark(struct fc_contact *c, struct fc_contact_mark mark) { (void)add_mark(c, mark); }

/* The earliest word counts, whichever came first. */
static bool earlier(int64_t *at_us, int64_t ts_us) {
    if (*at_us != 0 && *at_us <= ts_us) return false;
    *at_us = ts_us;
    return true;
}

static void record_offered(struct fc_engine *e, struct fc_contact *c, const struct fc_event *ev) {
    if (!earlier(&c->offered_us, ev->ts)) {
        e->counters.offered_again++;
        return;
    }
    if (c->has_customer) fc_chains_remove(e->chains, c->customer, fc_contact_hash(c)); /* its scope or customer may be another */
    bool has_channel = (ev->present & FC_KEY_BIT(channel)) != 0;
    c->queue = fc_engine_queue(e, ev->queue);
    c->channel = has_channel ? ev->channel : (uint8_t)FC_CHANNEL_VOICE;
    const struct fc_settings *s = &c->queue->rules->channels[c->channel];
    c->threshold_us = s->threshold_us;
    c->short_us = s->short_us;
    c->root = fc_chain_hash((ev->present & FC_KEY_BIT(root)) != 0 ? ev->root : ev->contact);
    c->has_customer = (ev->present & FC_KEY_BIT(customer)) != 0 && ev->customer.n > 0;
    if (c->has_customer) c->customer = fc_chain_key_of(fc_str(fc_rules_scope(e->rules, ev->queue)), ev->customer);
    fc_contact_note_offer(c, ev);
}

static void record_ended(struct fc_contact *c, const struct fc_event *ev) {
    if (earlier(&c->ended_us, ev->ts)) c->by = (ev->present & FC_KEY_BIT(by)) != 0 ? ev->by : (uint8_t)FC_BY_UNKNOWN;
}

/* A guess of ours about how it went on gives way to what a source says. */
static void drop_presumption(struct fc_contact *c) {
    if (!c->presumed) return;
    c->presumed = false;
    c->left_us = c->ended_us = 0;
}

static bool is_mark(enum fc_kind kind) { return kind == FC_ALERTED || kind == FC_MISSED || kind == FC_HELD || kind == FC_RESUMED; }

static struct fc_agent *agent_of(struct fc_engine *e, const struct fc_event *ev) {
    return (ev->present & FC_KEY_BIT(agent)) != 0 ? fc_engine_agent(e, ev->agent, ev->ts) : NULL;
}

/* True: a miss that was not known. */
static bool record_mark(struct fc_engine *e, struct fc_contact *c, const struct fc_event *ev) {
    bool of_agent = ev->kind == FC_ALERTED || ev->kind == FC_MISSED;
    struct fc_agent *a = of_agent ? agent_of(e, ev) : NULL;
    if (ev->kind == FC_ALERTED) fc_agent_serves(e, a, fc_engine_queue(e, ev->queue), ev->ts);
    if (c->marks_n >= (of_agent ? MARKS_MAX - MARKS_FOR_HOLDS : MARKS_MAX)) {
        e->counters.marks_left_out++;
        if (ev->kind == FC_MISSED) fc_contact_enter_miss(e, &(struct fc_place){c->queue, a, c->channel}, ev->ts, 1);
        return false;
    }
    return add_mark(c, (struct fc_contact_mark){ev->ts, a, (uint8_t)ev->kind}) && ev->kind == FC_MISSED;
}

static bool record(struct fc_engine *e, struct fc_contact *c, const struct fc_event *ev) {
    if (c->queue == NULL && (ev->present & FC_KEY_BIT(queue)) != 0) c->queue = fc_engine_queue(e, ev->queue);
    if (ev->kind == FC_LEFT || ev->kind == FC_ANSWERED || ev->kind == FC_ENDED) drop_presumption(c);
    if (is_mark(ev->kind)) return record_mark(e, c, ev);
    switch (ev->kind) {
    case FC_OFFERED: record_offered(e, c, ev); break;
    case FC_LEFT:
        if (earlier(&c->left_us, ev->ts)) c->left = ev->word;
        break;
    case FC_ANSWERED:
        fc_agent_serves(e, agent_of(e, ev), fc_engine_queue(e, ev->queue), ev->ts);
        if (earlier(&c->answered_us, ev->ts)) c->agent = agent_of(e, ev);
        break;
    case FC_ENDED: record_ended(c, ev); break;
    case FC_WRAPPED: (void)earlier(&c->wrapped_us, ev->ts); break;
    default: break;
    }
    return false;
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static bool same_place(const struct fc_place *a, const struct fc_place *b) { return a->queue == b->queue && a->channel == b->channel; }

static void write_down(struct fc_engine *e, struct fc_contact *c, const struct fc_event *ev) {
    struct fc_moment before = {0};
    fc_contact_observe(e, c, &before);
    struct fc_place at = {.queue = c->queue, .channel = c->channel};
    bool missed = record(e, c, ev);
    struct fc_place now_at = {.queue = c->queue, .channel = c->channel};
    if (!same_place(&at, &now_at) && at.queue != NULL && !missed) {
        fc_contact_enter_misses(e, c, &at, NULL, -1);
        fc_contact_enter_misses(e, c, &now_at, NULL, 1);
    }
    if (missed) fc_contact_enter_misses(e, c, &now_at, ev, 1);
    fc_contact_follow(e, c, &before);
}

/* A source that lists again what is live repeats offered and answered, with times as good as it knows: nothing new. */
static bool relisted(struct fc_engine *e, struct fc_contact *c, const struct fc_event *ev, struct fc_source_state_of *src) {
    if (src == NULL || c->source != src || c->presumed || src->snapshot_us == 0) return false;
    bool known = (ev->kind == FC_OFFERED && c->offered_us != 0) || (ev->kind == FC_ANSWERED && c->answered_us != 0);
    if (!known) return false;
    if (c->listed != src->snapshot) fc_contact_changed(e, c);
    c->listed = src->snapshot;
    if (ev->kind == FC_OFFERED) e->counters.offered_again++;
    return true;
}

void fc_contact_apply(struct fc_engine *e, const struct fc_event *ev, struct fc_source_state_of *src) {
    struct fc_contact *c = fc_map_find(&e->contacts, ev->contact);
    if (c == NULL) c = fc_contact_new(e, ev->contact);
    else if (relisted(e, c, ev, src)) return;
    if (ev->kind == FC_OFFERED && src != NULL) {
        c->source = src;
        c->listed = src->snapshot;
    }
    write_down(e, c, ev);
}

void fc_contact_presume_over(struct fc_engine *e, struct fc_contact *c, int64_t ts_us) {
    struct fc_moment before = {0};
    fc_contact_observe(e, c, &before);
    e->counters.ended_unknown++;
    c->presumed = true;
    if (c->state == CONTACT_WAITING) {
        c->left_us = ts_us;
        c->left = FC_LEFT_UNKNOWN;
    } else {
        c->ended_us = ts_us; /* how long the conversation really went on is not known: it adds to no mean */
        c->by = FC_BY_LOST;
    }
    fc_contact_follow(e, c, &before);
}

void fc_contact_breaches(struct fc_engine *e) {
    struct fc_due_entry due;
    while (fc_due_pop(&e->breaches, e->now_us, &due)) {
        struct fc_contact *c = due.what;
        if (c->life != due.life || c->state != CONTACT_WAITING || c->breached) continue;
        struct fc_moment before = {0};
        fc_contact_observe(e, c, &before);
        fc_contact_follow(e, c, &before); /* finds the threshold elapsed */
    }
}

/* The latest disposition holds. */
void fc_contact_disposed(struct fc_engine *e, const struct fc_event *ev) {
    struct fc_contact *c = fc_map_find(&e->contacts, ev->contact);
    if (c == NULL) c = fc_contact_new(e, ev->contact);
    if (ev->ts <= c->disposed_us) return;
    struct fc_moment before = {0};
    fc_contact_observe(e, c, &before);
    c->disposed_us = ev->ts;
    c->outcome = ev->outcome;
    c->cause = (ev->present & FC_KEY_BIT(cause)) != 0 ? ev->cause : (uint8_t)FC_CAUSE_COUNT;
    fc_contact_follow(e, c, &before);
}

/* ---- surveys ----------------------------------------------------------------------------------------------------- */

void fc_contact_add_survey(struct fc_contact *c, const struct fc_contact_survey *s) {
    c->surveys = realloc(c->surveys, (c->surveys_n + 1u) * sizeof *c->surveys);
    FC_ASSERT(c->surveys != NULL);
    c->surveys[c->surveys_n++] = *s;
}

static struct fc_contact_survey survey_of(struct fc_engine *e, const struct fc_event *ev) {
    struct fc_contact_survey s = {.ts_us = ev->ts, .present = ev->present, .csat = (uint8_t)ev->csat, .nps = (uint8_t)ev->nps, .resolved = ev->resolved};
    memcpy(s.rater, ev->rater, sizeof s.rater);
    memcpy(s.assess, ev->assess, sizeof s.assess);
    if ((ev->present & FC_KEY_BIT(queue)) != 0) s.queue = fc_engine_queue(e, ev->queue);
    if ((ev->present & FC_KEY_BIT(agent)) != 0) s.agent = fc_engine_agent_named(e, ev->agent);
    return s;
}

static void told(struct fc_contact *c, const struct fc_contact_survey *s) {
    if ((s->present & FC_KEY_BIT(resolved)) == 0 || s->ts_us <= c->told_us) return;
    c->told_us = s->ts_us;
    c->told = s->resolved ? FC_VERDICT_YES : FC_VERDICT_NO;
}

void fc_contact_surveyed(struct fc_engine *e, const struct fc_event *ev) {
    if (!fc_seen_add(e->surveys, fc_survey_fingerprint(ev), ev->ts)) return;
    struct fc_contact_survey s = survey_of(e, ev);
    if ((ev->present & FC_KEY_BIT(contact)) == 0) {
        fc_contact_enter_survey(e, &(struct fc_place){.channel = FC_CHANNEL_PLAIN}, &s, 1);
        return;
    }
    struct fc_contact *c = fc_map_find(&e->contacts, ev->contact);
    if (c == NULL) c = fc_contact_new(e, ev->contact);
    struct fc_moment before = {0};
    fc_contact_observe(e, c, &before);
    fc_contact_enter_survey(e, &before.facts.place, &s, 1);
    if (c->surveys_n < SURVEYS_MAX) fc_contact_add_survey(c, &s); /* further ones stay where they count now */
    told(c, &s);
    fc_contact_follow(e, c, &before);
}
