#include "oracle_inner.h"

#include <math.h>
#include <stdio.h>

/* ---- names ------------------------------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b) {
    const struct fc_str *x = a, *y = b;
    int c = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
    return c != 0 ? c : (x->n > y->n) - (x->n < y->n);
}

static int number_of(const struct names *names, struct fc_str name) {
    if (name.n == 0) return NOBODY;
    const struct fc_str *at = bsearch(&name, names->at, (size_t)names->n, sizeof *names->at, by_name);
    return at == NULL ? NOBODY : (int)(at - names->at);
}

static struct fc_str given(const struct fc_event *ev, uint64_t key_bit, struct fc_str value) {
    return (ev->present & key_bit) != 0 ? value : fc_str("");
}

#define GIVEN(ev, key) given((ev), FC_KEY_BIT(key), (ev)->key)

static void sort_names(struct names *names) {
    int kept = 0;
    if (names->n > 0) qsort(names->at, (size_t)names->n, sizeof *names->at, by_name);
    for (int i = 0; i < names->n; i++)
        if (names->at[i].n > 0 && (kept == 0 || !fc_str_eq(names->at[kept - 1], names->at[i]))) names->at[kept++] = names->at[i];
    names->n = kept;
}

static struct names names_of(size_t most) {
    struct names names = {.at = calloc(most + 1, sizeof *names.at)};
    FC_ASSERT(names.at != NULL);
    return names;
}

static void collect_names(struct fc_oracle *o, const struct fc_event *events, size_t n) {
    struct names *all[] = {&o->contacts, &o->queues, &o->agents, &o->roots, &o->customers, &o->cases};
    for (int k = 0; k < 6; k++) *all[k] = names_of(n);
    for (size_t i = 0; i < n; i++) {
        const struct fc_event *ev = &events[i];
        o->contacts.at[o->contacts.n++] = GIVEN(ev, contact);
        o->queues.at[o->queues.n++] = GIVEN(ev, queue);
        o->agents.at[o->agents.n++] = GIVEN(ev, agent);
        o->roots.at[o->roots.n++] = GIVEN(ev, root);
        o->customers.at[o->customers.n++] = GIVEN(ev, customer);
        o->cases.at[o->cases.n++] = GIVEN(ev, case_id);
    }
    for (int k = 0; k < 6; k++) sort_names(all[k]);
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

static int compare_told(const struct told *x, const struct told *y) {
    if (x->ts != y->ts) return x->ts < y->ts ? -1 : 1;
    if (x->ev->kind != y->ev->kind) return x->ev->kind < y->ev->kind ? -1 : 1;
    if (x->contact != y->contact) return x->contact < y->contact ? -1 : 1;
    if (x->customer != y->customer) return x->customer < y->customer ? -1 : 1;
    if (x->case_id != y->case_id) return x->case_id < y->case_id ? -1 : 1;
    if (x->queue != y->queue) return x->queue < y->queue ? -1 : 1;
    if (x->agent != y->agent) return x->agent < y->agent ? -1 : 1;
    return (x->ev->stage > y->ev->stage) - (x->ev->stage < y->ev->stage);
}

static int by_time(const void *a, const void *b) { return compare_told(a, b); }

/* In the order of time, so that nothing below depends on how they came; what is there twice is there once. */
static void sort_events(struct fc_oracle *o, const struct fc_event *events, size_t n) {
    size_t kept = 0;
    o->told = calloc(n + 1, sizeof *o->told);
    FC_ASSERT(o->told != NULL);
    for (size_t i = 0; i < n; i++) {
        const struct fc_event *ev = &events[i];
        FC_ASSERT(ev->ts <= o->now_us);
        o->told[i] = (struct told){.ev = ev,
                                   .ts = ev->ts,
                                   .contact = number_of(&o->contacts, GIVEN(ev, contact)),
                                   .queue = number_of(&o->queues, GIVEN(ev, queue)),
                                   .agent = number_of(&o->agents, GIVEN(ev, agent)),
                                   .root = number_of(&o->roots, GIVEN(ev, root)),
                                   .customer = number_of(&o->customers, GIVEN(ev, customer)),
                                   .case_id = number_of(&o->cases, GIVEN(ev, case_id))};
    }
    qsort(o->told, n, sizeof *o->told, by_time);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || compare_told(&o->told[kept - 1], &o->told[i]) != 0) o->told[kept++] = o->told[i];
    o->told_n = kept;
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

struct fc_oracle *fc_oracle_create(const struct fc_oracle_rules *rules, const struct fc_event *events, size_t n, int64_t now_us) {
    struct fc_oracle *o = calloc(1, sizeof *o);
    FC_ASSERT(o != NULL);
    o->rules = rules;
    o->now_us = now_us;
    collect_names(o, events, n);
    sort_events(o, events, n);
    oracle_visits(o);
    oracle_visit_facts(o);
    oracle_chains(o);
    oracle_surveys(o);
    oracle_dispositions(o);
    oracle_complaints(o);
    oracle_timelines(o);
    return o;
}

void fc_oracle_destroy(struct fc_oracle *o) {
    if (o == NULL) return;
    for (int c = 0; c < o->contacts.n; c++) free(o->visits[c].holds.at);
    for (int a = 0; a < o->agents.n; a++) {
        for (int q = 0; q < o->queues.n; q++) free(o->timelines[a].serves[q].at);
        free(o->timelines[a].serves);
        free(o->timelines[a].at);
    }
    struct names *all[] = {&o->contacts, &o->queues, &o->agents, &o->roots, &o->customers, &o->cases};
    for (int k = 0; k < 6; k++) free(all[k]->at);
    free(o->told);
    free(o->visits);
    free(o->facts);
    free(o->open);
    free(o->timelines);
    free(o);
}

void oracle_fact(struct fc_oracle *o, struct fact f) {
    GROW(o->facts, o->facts_n, o->facts_cap);
    o->facts[o->facts_n++] = f;
}

void oracle_span(struct spans *s, int64_t from_us, int64_t to_us) {
    if (from_us >= to_us) return;
    GROW(s->at, s->n, s->cap);
    s->at[s->n++] = (struct span){from_us, to_us};
}

bool oracle_within(const struct spans *s, int64_t at_us) {
    for (size_t i = 0; i < s->n; i++)
        if (s->at[i].from_us <= at_us && at_us < s->at[i].to_us) return true;
    return false;
}

bool oracle_in_group(const struct fc_oracle *o, const struct fc_oracle_group *g, int queue) {
    if (queue == NOBODY) return false;
    for (size_t i = 0; i < g->queues_n; i++)
        if (fc_str_is(o->queues.at[queue], g->queues[i])) return true;
    return false;
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

/* Whom a question is about: one queue, several, every one, or an agent. */
struct asked {
    bool everything, of_agent;
    int agent;
    bool *queues; /* by queue */
};

static struct asked whom(const struct fc_oracle *o, const struct fc_oracle_question *q) {
    struct asked a = {.agent = NOBODY, .queues = calloc((size_t)o->queues.n + 1, sizeof *a.queues)};
    FC_ASSERT(a.queues != NULL);
    int queue = number_of(&o->queues, q->name);
    a.of_agent = q->scope == FC_SCOPE_AGENT;
    a.everything = q->scope == FC_SCOPE_GROUP && fc_str_is(q->name, "all");
    if (a.of_agent) a.agent = number_of(&o->agents, q->name);
    if (q->scope == FC_SCOPE_QUEUE && queue != NOBODY) a.queues[queue] = true;
    if (q->scope != FC_SCOPE_GROUP) return a;
    for (size_t g = 0; g < o->rules->groups_n; g++)
        if (fc_str_is(q->name, o->rules->groups[g].name))
            for (int i = 0; i < o->queues.n; i++) a.queues[i] = oracle_in_group(o, &o->rules->groups[g], i);
    return a;
}

static bool concerns(const struct asked *a, int queue, int agent) {
    if (a->of_agent) return agent != NOBODY && agent == a->agent;
    return a->everything || (queue != NOBODY && a->queues[queue]);
}

static bool on_channel(const struct fc_oracle_question *q, int channel) { return q->channel == FC_ORACLE_ALL || q->channel == channel; }

static void list_add(struct fc_oracle_list *list, int64_t value) {
    GROW(list->at, list->n, list->cap);
    list->at[list->n++] = value;
}

static void add_facts(const struct fc_oracle *o, const struct fc_oracle_question *q, const struct asked *a, struct fc_oracle_answer *out) {
    for (size_t i = 0; i < o->facts_n; i++) {
        const struct fact *f = &o->facts[i];
        if (f->ts_us < q->from_us || f->ts_us >= q->to_us || !concerns(a, f->queue, f->agent)) continue;
        if (!on_channel(q, a->of_agent ? FC_ORACLE_PLAIN : f->channel)) continue;
        if (f->count != FC_TALLY_NONE) out->v[f->count]++;
        if (f->sum != FC_TALLY_NONE) out->v[f->sum] += f->value;
        if (f->count == FC_TALLY_answered) list_add(&out->waits_us, f->value);
        if (f->count == FC_TALLY_journey_n) list_add(&out->journeys_us, f->value);
    }
}

/* Whether the agent's time at this moment is the asked one's: its own, or that of a queue it serves then. */
static bool counts_for(const struct fc_oracle *o, const struct asked *a, int agent, int64_t at_us) {
    if (a->everything) return true;
    if (a->of_agent) return agent == a->agent;
    for (int q = 0; q < o->queues.n; q++)
        if (a->queues[q] && oracle_within(&o->timelines[agent].serves[q], at_us)) return true;
    return false;
}

/* A stretch never crosses a join or a part, so what holds at its start holds in all of it. */
static void add_time(const struct fc_oracle *o, const struct fc_oracle_question *q, const struct asked *a, struct fc_oracle_answer *out) {
    for (int agent = 0; agent < o->agents.n; agent++) {
        const struct timeline *line = &o->timelines[agent];
        for (size_t i = 0; i < line->n; i++) {
            const struct stretch *s = &line->at[i];
            if (!counts_for(o, a, agent, s->from_us)) continue;
            int64_t from = s->from_us > q->from_us ? s->from_us : q->from_us, to = s->to_us < q->to_us ? s->to_us : q->to_us;
            if (to > o->now_us) to = o->now_us;
            if (to > from && on_channel(q, FC_ORACLE_PLAIN)) out->v[FC_TALLY_TIME + (int)s->state] += to - from;
            if (s->from_us <= o->now_us && o->now_us < s->to_us) out->agents[s->state]++;
        }
    }
}

static void add_gauges(const struct fc_oracle *o, const struct fc_oracle_question *q, const struct asked *a, struct fc_oracle_answer *out) {
    for (int c = 0; c < o->contacts.n; c++) {
        const struct visit *v = &o->visits[c];
        bool waits = v->offered_us != NEVER && v->answered_us == NEVER && v->left_us == NEVER;
        if (!waits || !concerns(a, v->queue, NOBODY) || !on_channel(q, v->channel)) continue;
        out->waiting++;
        if (out->longest_wait_since_us == 0 || v->offered_us < out->longest_wait_since_us) out->longest_wait_since_us = v->offered_us;
    }
    for (size_t i = 0; i < o->open_n; i++)
        if (concerns(a, o->open[i].queue, o->open[i].agent) && on_channel(q, FC_ORACLE_PLAIN)) out->complaints_open++;
}

static int rising(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void sort_list(struct fc_oracle_list *list) {
    if (list->n > 0) qsort(list->at, list->n, sizeof *list->at, rising);
}

void fc_oracle_ask(const struct fc_oracle *o, const struct fc_oracle_question *q, struct fc_oracle_answer *out) {
    struct fc_oracle_list waits = out->waits_us, journeys = out->journeys_us;
    waits.n = journeys.n = 0;
    *out = (struct fc_oracle_answer){.waits_us = waits, .journeys_us = journeys};
    struct asked a = whom(o, q);
    add_facts(o, q, &a, out);
    add_time(o, q, &a, out);
    add_gauges(o, q, &a, out);
    sort_list(&out->waits_us);
    sort_list(&out->journeys_us);
    if (out->waits_us.n > 0) out->wait_us_max = out->waits_us.at[out->waits_us.n - 1];
    free(a.queues);
}

void fc_oracle_answer_fini(struct fc_oracle_answer *a) {
    free(a->waits_us.at);
    free(a->journeys_us.at);
    *a = (struct fc_oracle_answer){0};
}

int64_t fc_oracle_quantile(const struct fc_oracle_list *list, double q) {
    FC_ASSERT(list->n > 0);
    size_t rank = (size_t)ceil(q * (double)list->n);
    return list->at[rank < 1 ? 0 : rank - 1];
}
