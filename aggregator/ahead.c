/* ahead -- memory that will be needed soon is fetched into the processor's caches while something else is done.
 *
 * Of ten thousand queues and fifty thousand agents the one that an event concerns was last touched long ago. What it takes
 * lies behind one another: a map's slot, the contact, its queue and agent, their cells, a row there. Each event is met
 * several times before its turn, each time one of these steps nearer. Nothing here changes anything or may be wrong in a
 * way that matters: a contact that was forgotten meanwhile stays readable memory, and owners live as long as the engine.
 */
#include "agent.h"

#include <stddef.h>

enum { FAR = 10, NEAR = 7, INSIDE = 5, BEHIND = 3, LAST = 1 }; /* events before its turn */

#define LINE 64

static void fetch(const void *p, size_t bytes) {
    for (size_t at = 0; at < bytes; at += LINE) __builtin_prefetch((const char *)p + at, 1);
}

/* ---- owners ------------------------------------------------------------------------------------------------------ */

static void fetch_owner(const struct fc_entity *x) { fetch(x, 2 * LINE); }

static struct fc_cell *cell_of(const struct fc_entity *x, uint8_t channel) {
    return x->cells[x->scope == FC_SCOPE_AGENT ? (uint8_t)FC_CHANNEL_PLAIN : channel];
}

static void fetch_cell(const struct fc_entity *x, uint8_t channel) {
    const struct fc_cell *c = cell_of(x, channel);
    if (c != NULL) fetch(c, 3 * LINE);
}

static void fetch_row(const struct fc_entity *x, uint8_t channel, uint8_t count) {
    const struct fc_cell *c = cell_of(x, channel);
    if (c == NULL || count == FC_TALLY_NONE || c->series.row[count] == 0) return;
    __builtin_prefetch(&c->series.rows[c->series.row[count] - 1], 1);
    if (count == FC_TALLY_answered && c->series.waits.n > 0) __builtin_prefetch(&c->series.waits.at[c->series.waits.n / 2], 1);
}

/* ---- facts that leave a window ------------------------------------------------------------------------------------ */

static void each(const struct fc_second *s, uint32_t i, void (*f)(const struct fc_entity *x, const struct fc_packed *p)) {
    if (i >= s->n) return;
    const struct fc_packed *p = &s->facts[i];
    if (p->queue != NULL) f(&p->queue->e, p);
    if (p->agent != NULL) f(&p->agent->e, p);
}

static void leaving_owner(const struct fc_entity *x, const struct fc_packed *p) {
    (void)p;
    fetch_owner(x);
}
static void leaving_cell(const struct fc_entity *x, const struct fc_packed *p) { fetch_cell(x, p->channel); }
static void leaving_row(const struct fc_entity *x, const struct fc_packed *p) {
    fetch_row(x, p->channel, p->count);
    fetch_row(x, p->channel, p->sum);
}

void fc_ahead_leaving(const struct fc_second *s, uint32_t at) {
    each(s, at + 12, leaving_owner);
    each(s, at + 8, leaving_cell);
    each(s, at + 4, leaving_row);
}

/* ---- events that come -------------------------------------------------------------------------------------------- */

struct habit { /* what an event of a kind usually enters */
    uint8_t from, to;  /* states of the agent's step; the same: none */
    uint8_t counts[3]; /* rows; the sums stand beside them */
};

static const struct habit habits[FC_KIND_COUNT] = {
    [FC_OFFERED] = {.counts = {FC_TALLY_offered}},
    [FC_ALERTED] = {FC_AGENT_AVAILABLE, FC_AGENT_ALERTING, {FC_TALLY_missed}},
    [FC_MISSED] = {FC_AGENT_ALERTING, FC_AGENT_AVAILABLE, {FC_TALLY_missed}},
    [FC_ANSWERED] = {FC_AGENT_ALERTING, FC_AGENT_BUSY, {FC_TALLY_answered, FC_TALLY_sl_met, FC_TALLY_chain_n}},
    [FC_HELD] = {FC_AGENT_BUSY, FC_AGENT_HOLD, {FC_TALLY_hold_n}},
    [FC_RESUMED] = {FC_AGENT_HOLD, FC_AGENT_BUSY, {FC_TALLY_hold_n}},
    [FC_ENDED] = {FC_AGENT_BUSY, FC_AGENT_AVAILABLE, {FC_TALLY_talk_n, FC_TALLY_handle_n, FC_TALLY_journey_n}},
    [FC_WRAPPED] = {FC_AGENT_AVAILABLE, FC_AGENT_WRAP, {FC_TALLY_wrap_n, FC_TALLY_handle_n}},
    [FC_AGENT] = {FC_AGENT_AVAILABLE, FC_AGENT_PAUSED, {0}},
    [FC_RESOLVED] = {.counts = {FC_TALLY_resolved_yes, FC_TALLY_disposed_n}},
};

static void meet(const struct fc_engine *e, struct fc_expected *x, const struct fc_event *ev) {
    *x = (struct fc_expected){0};
    if ((ev->present & FC_KEY_BIT(contact)) != 0) fc_map_fetch(&e->contacts, x->contact_hash = fc_map_hash(ev->contact));
    if ((ev->present & FC_KEY_BIT(queue)) != 0) fc_map_fetch(&e->queues, x->queue_hash = fc_map_hash(ev->queue));
    if ((ev->present & FC_KEY_BIT(agent)) != 0) fc_map_fetch(&e->agents, x->agent_hash = fc_map_hash(ev->agent));
}

static void fetch_queue(const struct fc_queue *q) { fetch(q, 2 * LINE); }

static void fetch_agent(const struct fc_agent *a) {
    fetch_owner(&a->e);
    fetch((const char *)a + offsetof(struct fc_agent, label), sizeof *a - offsetof(struct fc_agent, label));
}

static void look_up(const struct fc_engine *e, struct fc_expected *x) {
    if (x->contact_hash != 0 && (x->contact = fc_map_probable(&e->contacts, x->contact_hash)) != NULL) fetch(x->contact, sizeof *x->contact);
    if (x->queue_hash != 0 && (x->queue = fc_map_probable(&e->queues, x->queue_hash)) != NULL) fetch_queue(x->queue);
    if (x->agent_hash != 0 && (x->agent = fc_map_probable(&e->agents, x->agent_hash)) != NULL) fetch_agent(x->agent);
}

/* What the event does not name its contact knows. */
static void complete(struct fc_expected *x) {
    if (x->contact == NULL) return;
    __builtin_prefetch(x->contact->marks);
    if (x->queue == NULL && (x->queue = x->contact->queue) != NULL) fetch_queue(x->queue);
    if (x->agent == NULL && (x->agent = x->contact->agent) != NULL) fetch_agent(x->agent);
}

static uint8_t channel_of(const struct fc_expected *x) { return x->contact != NULL ? x->contact->channel : (uint8_t)FC_CHANNEL_VOICE; }

static void look_inside(const struct fc_expected *x) {
    if (x->queue != NULL) fetch_cell(&x->queue->e, channel_of(x));
    if (x->agent == NULL) return;
    fetch_cell(&x->agent->e, FC_CHANNEL_PLAIN);
    fc_timeline_fetch(&x->agent->line);
    fetch(x->agent->queues, x->agent->queues_n * sizeof *x->agent->queues);
}

static void look_behind(const struct fc_expected *x, const struct fc_event *ev) {
    const struct habit *h = &habits[(unsigned)ev->kind < FC_KIND_COUNT ? ev->kind : FC_GAP];
    for (size_t i = 0; i < sizeof h->counts && h->counts[i] != 0; i++) {
        if (x->queue != NULL) fetch_row(&x->queue->e, channel_of(x), h->counts[i]);
        if (x->agent != NULL) fetch_row(&x->agent->e, FC_CHANNEL_PLAIN, h->counts[i]);
    }
    if (x->agent != NULL && h->from != h->to) fc_timeline_fetch_targets(&x->agent->line, h->from, h->to);
}

void fc_ahead_events(struct fc_engine *e, const struct fc_event *events, uint32_t at, uint32_t n) {
    struct fc_expected *x = e->expected;
    for (uint32_t i = at == 0 ? 0 : at + FAR; i <= at + FAR && i < n; i++) meet(e, &x[i % FC_EXPECTED], &events[i]);
    if (at + NEAR < n) look_up(e, &x[(at + NEAR) % FC_EXPECTED]);
    if (at + INSIDE < n) complete(&x[(at + INSIDE) % FC_EXPECTED]);
    if (at + BEHIND < n) look_inside(&x[(at + BEHIND) % FC_EXPECTED]);
    if (at + LAST < n) look_behind(&x[(at + LAST) % FC_EXPECTED], &events[at + LAST]);
}
