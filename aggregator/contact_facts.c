/* contact_facts -- what follows from what was said of a contact: facts for the tallies, spans for agents' timelines. Pure: the
 * same record gives the same, whatever order it was told in. Changes nothing, knows no tally and no window. */
#include "engine_internal.h"

#include <stdlib.h>

static bool was_answered(const struct fc_contact *c) { return c->answered_us != 0 && (c->left_us == 0 || c->answered_us <= c->left_us); }

static bool has_left(const struct fc_contact *c) { return c->left_us != 0 && !was_answered(c); }

enum fc_contact_state fc_contact_state_of(const struct fc_contact *c) {
    if (c->offered_us == 0) return CONTACT_UNPLACED;
    if (was_answered(c)) return c->ended_us == 0 ? CONTACT_TALKING : CONTACT_OVER;
    return has_left(c) ? CONTACT_OVER : CONTACT_WAITING;
}

static int64_t span(int64_t from_us, int64_t to_us) { return to_us > from_us ? to_us - from_us : 0; }

static void put(struct fc_contact_facts *f, enum fc_contact_slot slot, bool of_agent, struct fc_fact fact) {
    fact.sign = 1;
    f->at[slot] = fact;
    f->used |= 1u << slot;
    if (of_agent) f->of_agent |= 1u << slot;
}

#define FACT(ts, name) ((struct fc_fact){.ts_us = (ts), .count = (uint8_t)(name), .sum = FC_TALLY_NONE})
#define FACT_SUM(ts, name, total, us) ((struct fc_fact){.ts_us = (ts), .count = (uint8_t)(name), .sum = (uint8_t)(total), .value = (us)})

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

static int64_t breach_us(const struct fc_contact *c) { return c->offered_us + c->threshold_us; }

static void derive_answer(const struct fc_contact *c, struct fc_contact_facts *f) {
    int64_t wait_us = span(c->offered_us, c->answered_us);
    put(f, SLOT_EXIT, true, FACT_SUM(c->answered_us, FC_TALLY_answered, FC_TALLY_wait_us, wait_us));
    if (wait_us <= c->threshold_us) put(f, SLOT_SERVICE, false, FACT(c->answered_us, FC_TALLY_sl_met));
    else put(f, SLOT_SERVICE, false, FACT(breach_us(c), FC_TALLY_sl_missed));
}

/* Only who hung up counts against the service level: leaving alive, or nobody knows how, does not. */
static void derive_left(const struct fc_contact *c, struct fc_contact_facts *f) {
    int64_t wait_us = span(c->offered_us, c->left_us);
    put(f, SLOT_EXIT, false, FACT(c->left_us, FC_TALLY_LEFT + c->left));
    if (c->left != FC_LEFT_ABANDONED) return;
    bool within = wait_us <= c->threshold_us;
    if (within) put(f, SLOT_WITHIN, false, FACT(c->left_us, FC_TALLY_abandoned_within));
    if (wait_us <= c->short_us) put(f, SLOT_SHORT, false, FACT(c->left_us, FC_TALLY_short_abandoned));
    else put(f, SLOT_SERVICE, false, FACT(within ? c->left_us : breach_us(c), FC_TALLY_sl_missed));
}

/* ---- talking ----------------------------------------------------------------------------------------------------- */

int64_t fc_contact_hold_us(const struct fc_contact *c, int64_t from_us, int64_t to_us) {
    int64_t total_us = 0, held_us = 0;
    bool on = false;
    for (uint32_t i = 0; i < c->marks_n; i++) {
        const struct fc_contact_mark *m = &c->marks[i];
        if (m->kind == FC_HELD && !on) {
            on = true;
            held_us = m->ts_us;
        } else if (m->kind == FC_RESUMED && on) {
            on = false;
            total_us += span(held_us > from_us ? held_us : from_us, m->ts_us < to_us ? m->ts_us : to_us);
        }
    }
    if (on) total_us += span(held_us > from_us ? held_us : from_us, to_us);
    return total_us;
}

static void derive_end(const struct fc_contact *c, struct fc_contact_facts *f) {
    if (c->by == FC_BY_LOST) return; /* how long it really went on is not known: it adds to no mean */
    int64_t whole_us = span(c->answered_us, c->ended_us), hold_us = fc_contact_hold_us(c, c->answered_us, c->ended_us);
    put(f, SLOT_TALK, true, FACT_SUM(c->ended_us, FC_TALLY_talk_n, FC_TALLY_talk_us, whole_us - hold_us));
    if (hold_us > 0) put(f, SLOT_HOLD, true, FACT_SUM(c->ended_us, FC_TALLY_hold_n, FC_TALLY_hold_us, hold_us));
    if (c->by == FC_BY_TRANSFER) put(f, SLOT_TRANSFER, true, FACT(c->ended_us, FC_TALLY_transferred));
    if (c->wrapped_us == 0) {
        put(f, SLOT_HANDLE, true, FACT_SUM(c->ended_us, FC_TALLY_handle_n, FC_TALLY_handle_us, whole_us));
        return;
    }
    int64_t wrap_us = span(c->ended_us, c->wrapped_us);
    put(f, SLOT_WRAP, true, FACT_SUM(c->wrapped_us, FC_TALLY_wrap_n, FC_TALLY_wrap_us, wrap_us));
    put(f, SLOT_HANDLE, true, FACT_SUM(c->wrapped_us, FC_TALLY_handle_n, FC_TALLY_handle_us, whole_us + wrap_us));
}

static void derive_disposition(const struct fc_contact *c, struct fc_contact_facts *f) {
    bool yes = c->outcome == FC_OUTCOME_YES;
    put(f, SLOT_DISPOSED, true, FACT(c->disposed_us, yes ? FC_TALLY_resolved_yes : FC_TALLY_resolved_no));
    if (!yes && c->cause < FC_CAUSE_COUNT) put(f, SLOT_CAUSE, true, FACT(c->disposed_us, FC_TALLY_cause_frontline + c->cause));
}

void fc_contact_derive(const struct fc_contact *c, struct fc_contact_facts *f) {
    f->used = f->of_agent = 0;
    f->place = (struct fc_place){.queue = c->queue, .agent = was_answered(c) ? c->agent : NULL, .channel = c->channel};
    if (c->offered_us == 0) f->place = (struct fc_place){.channel = FC_CHANNEL_PLAIN};
    if (c->disposed_us != 0) derive_disposition(c, f);
    if (c->offered_us == 0) return;
    put(f, SLOT_OFFERED, false, FACT(c->offered_us, FC_TALLY_offered));
    if (was_answered(c)) derive_answer(c, f);
    else if (has_left(c)) derive_left(c, f);
    else if (c->breached) put(f, SLOT_SERVICE, false, FACT(breach_us(c), FC_TALLY_sl_missed));
    if (was_answered(c) && c->ended_us != 0) derive_end(c, f);
}

/* ---- spans ------------------------------------------------------------------------------------------------------- */

static void add_span(struct fc_contact_spans *out, const struct fc_contact *c, struct fc_agent *a, enum fc_span kind, int64_t from_us, int64_t to_us) {
    if (to_us <= from_us) return;
    if (out->n == out->cap) {
        out->cap = out->cap == 0 ? 16 : 2 * out->cap;
        out->at = realloc(out->at, out->cap * sizeof *out->at);
        FC_ASSERT(out->at != NULL);
    }
    out->at[out->n++] = (struct fc_contact_span){a, kind, from_us, to_us, c->queue};
}

/* An agent is rung until the contact is answered or gone, or the agent has missed it. */
static void alert_spans(const struct fc_contact *c, struct fc_contact_spans *out) {
    int64_t gone_us = was_answered(c) ? c->answered_us : c->left_us != 0 ? c->left_us : FC_OPEN;
    for (uint32_t i = 0; i < c->marks_n; i++) {
        const struct fc_contact_mark *m = &c->marks[i];
        if (m->kind != FC_ALERTED) continue;
        int64_t to_us = gone_us;
        for (uint32_t k = i + 1; k < c->marks_n; k++) {
            bool ends = c->marks[k].agent == m->agent && (c->marks[k].kind == FC_MISSED || c->marks[k].kind == FC_ALERTED);
            if (!ends) continue;
            if (c->marks[k].ts_us < to_us) to_us = c->marks[k].ts_us;
            break;
        }
        add_span(out, c, m->agent, FC_SPAN_ALERT, m->ts_us, to_us);
    }
}

static void hold_spans(const struct fc_contact *c, int64_t end_us, struct fc_contact_spans *out) {
    int64_t held_us = 0;
    bool on = false;
    for (uint32_t i = 0; i < c->marks_n; i++) {
        const struct fc_contact_mark *m = &c->marks[i];
        if (m->kind != FC_HELD && m->kind != FC_RESUMED) continue;
        if ((m->kind == FC_HELD) == on) continue;
        on = !on;
        if (on) held_us = m->ts_us > c->answered_us ? m->ts_us : c->answered_us;
        else add_span(out, c, c->agent, FC_SPAN_HOLD, held_us, m->ts_us < end_us ? m->ts_us : end_us);
    }
    if (on) add_span(out, c, c->agent, FC_SPAN_HOLD, held_us, end_us);
}

void fc_contact_spans_of(const struct fc_contact *c, struct fc_contact_spans *out) {
    out->n = 0;
    if (c->offered_us == 0) return;
    alert_spans(c, out);
    if (!was_answered(c)) return;
    int64_t end_us = c->ended_us != 0 ? c->ended_us : FC_OPEN;
    add_span(out, c, c->agent, FC_SPAN_TALK, c->answered_us, end_us);
    hold_spans(c, end_us, out);
    if (c->ended_us != 0 && c->wrapped_us != 0) add_span(out, c, c->agent, FC_SPAN_WRAP, c->ended_us, c->wrapped_us);
}
