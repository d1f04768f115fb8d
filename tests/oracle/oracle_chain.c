/* First-contact resolution: visits tied by a root are one contact, contacts of a customer close to each other are one chain. */
#include "oracle_inner.h"

#define WHOLE_FLOOR (-1) /* the scope of queues in no group */

struct contact {
    int scope, customer, root;
    int64_t offered_us, over_us; /* over: the latest end of its visits; NEVER while one is open */
    const struct visit *first;   /* the visit that was answered first, or NULL */
    int64_t disposed_leg_us, told_leg_us; /* offer of the latest leg that has a disposition, a survey */
    bool disposed_yes, told_yes;
};

struct chain {
    const struct contact *at;
    size_t n;
    int64_t end_us; /* NEVER while a contact of it is open */
};

static int scope_of(const struct fc_oracle *o, int queue) {
    for (size_t g = 0; g < o->rules->groups_n; g++)
        if (oracle_in_group(o, &o->rules->groups[g], queue)) return (int)g;
    return WHOLE_FLOOR;
}

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

/* Nothing is over before it began, whatever a source's clock says. */
static int64_t over(const struct visit *v) {
    if (v->answered_us == NEVER) return later(v->left_us, v->offered_us);
    return later(v->ended_us, later(v->answered_us, v->offered_us));
}

/* Legs further apart than the window are two contacts. */
static bool near(const struct contact *c, const struct visit *v, int64_t window_us) { return c->over_us == NEVER || v->offered_us - c->over_us < window_us; }

static struct contact *contact_of(struct contact *all, size_t n, int scope, const struct visit *v, int64_t window_us) {
    if (v->root == NOBODY) return NULL;
    for (size_t i = 0; i < n; i++)
        if (all[i].scope == scope && all[i].customer == v->customer && all[i].root == v->root && near(&all[i], v, window_us)) return &all[i];
    return NULL;
}

static void add_visit(struct contact *c, const struct visit *v) {
    if (v->offered_us < c->offered_us) c->offered_us = v->offered_us;
    if (over(v) > c->over_us) c->over_us = over(v); /* NEVER is later than all */
    if (v->answered_us != NEVER && (c->first == NULL || v->answered_us < c->first->answered_us)) c->first = v;
    if (v->disposed_us != NEVER && v->offered_us > c->disposed_leg_us) {
        c->disposed_leg_us = v->offered_us;
        c->disposed_yes = v->outcome == FC_OUTCOME_YES;
    }
    if (v->told_us != NEVER && v->offered_us > c->told_leg_us) {
        c->told_leg_us = v->offered_us;
        c->told_yes = v->told_resolved;
    }
}

static int by_offer(const void *a, const void *b) {
    const struct visit *const *x = a, *const *y = b;
    return ((*x)->offered_us > (*y)->offered_us) - ((*x)->offered_us < (*y)->offered_us);
}

static size_t collect_contacts(const struct fc_oracle *o, struct contact *all) {
    size_t n = 0, visits_n = 0;
    const struct visit **visits = calloc((size_t)o->contacts.n + 1, sizeof *visits);
    FC_ASSERT(visits != NULL);
    for (int i = 0; i < o->contacts.n; i++)
        if (o->visits[i].offered_us != NEVER && o->visits[i].customer != NOBODY) visits[visits_n++] = &o->visits[i];
    qsort(visits, visits_n, sizeof *visits, by_offer);
    for (size_t i = 0; i < visits_n; i++) {
        const struct visit *v = visits[i];
        int scope = scope_of(o, v->queue);
        struct contact *c = contact_of(all, n, scope, v, o->rules->chain_window_us);
        if (c == NULL) {
            c = &all[n++];
            *c = (struct contact){.scope = scope, .customer = v->customer, .root = v->root, .offered_us = NEVER, .over_us = INT64_MIN,
                                  .disposed_leg_us = INT64_MIN, .told_leg_us = INT64_MIN};
        }
        add_visit(c, v);
    }
    free(visits);
    return n;
}

static int by_customer(const void *a, const void *b) {
    const struct contact *x = a, *y = b;
    if (x->scope != y->scope) return x->scope < y->scope ? -1 : 1;
    if (x->customer != y->customer) return x->customer < y->customer ? -1 : 1;
    return (x->offered_us > y->offered_us) - (x->offered_us < y->offered_us);
}

/* ---- what a chain says ------------------------------------------------------------------------------------------ */

static const struct contact *first_answered(const struct chain *c) {
    const struct contact *first = NULL;
    for (size_t i = 0; i < c->n; i++)
        if (c->at[i].first != NULL && (first == NULL || c->at[i].first->answered_us < first->first->answered_us)) first = &c->at[i];
    return first;
}

static bool once(const struct chain *c, const struct contact *first) {
    for (size_t i = 0; i < c->n; i++)
        if (&c->at[i] != first && (c->at[i].first != NULL || c->at[i].offered_us > first->offered_us)) return false;
    return true;
}

static int64_t answered_end(const struct chain *c) {
    int64_t end_us = NEVER;
    for (size_t i = 0; i < c->n; i++)
        if (c->at[i].first != NULL && c->at[i].over_us != NEVER && (end_us == NEVER || c->at[i].over_us > end_us)) end_us = c->at[i].over_us;
    return end_us;
}

static void at_first_answer(struct fc_oracle *o, const struct visit *v, int count, int sum, int64_t value) {
    oracle_fact(o, (struct fact){v->answered_us, value, count, sum, v->queue, v->channel, v->agent});
}

static void share(struct fc_oracle *o, const struct visit *v, bool counts, int n, int k) {
    at_first_answer(o, v, n, FC_TALLY_NONE, 0);
    if (counts) at_first_answer(o, v, k, FC_TALLY_NONE, 0);
}

static void chain_facts(struct fc_oracle *o, const struct chain *c) {
    const struct contact *first = first_answered(c);
    if (first == NULL) return;
    const struct visit *v = first->first;
    bool final = c->end_us != NEVER && o->now_us >= c->end_us + o->rules->chain_window_us;
    bool disposed = first->disposed_leg_us != INT64_MIN, told = first->told_leg_us != INT64_MIN;
    share(o, v, once(c, first), FC_TALLY_chain_n, FC_TALLY_chain_once);
    if (disposed) share(o, v, first->disposed_yes, FC_TALLY_disposed_n, FC_TALLY_disposed_once);
    if (told) share(o, v, first->told_yes, FC_TALLY_told_n, FC_TALLY_told_once);
    if (final) share(o, v, once(c, first), FC_TALLY_chain_final_n, FC_TALLY_chain_final_once);
    if (final && disposed) share(o, v, first->disposed_yes, FC_TALLY_disposed_final_n, FC_TALLY_disposed_final_once);
    if (final && told) share(o, v, first->told_yes, FC_TALLY_told_final_n, FC_TALLY_told_final_once);
    int64_t end_us = answered_end(c);
    if (end_us != NEVER) at_first_answer(o, v, FC_TALLY_journey_n, FC_TALLY_journey_us, end_us - c->at[0].offered_us);
}

static bool goes_on(const struct fc_oracle *o, const struct chain *c, const struct contact *next) {
    if (next->scope != c->at[0].scope || next->customer != c->at[0].customer) return false;
    return c->end_us == NEVER || next->offered_us - c->end_us < o->rules->chain_window_us;
}

void oracle_chains(struct fc_oracle *o) {
    struct contact *all = calloc((size_t)o->contacts.n + 1, sizeof *all);
    FC_ASSERT(all != NULL);
    size_t n = collect_contacts(o, all);
    qsort(all, n, sizeof *all, by_customer);
    for (size_t from = 0; from < n;) {
        struct chain c = {.at = &all[from], .n = 1, .end_us = all[from].over_us};
        for (; from + c.n < n && goes_on(o, &c, &all[from + c.n]); c.n++)
            if (all[from + c.n].over_us > c.end_us) c.end_us = all[from + c.n].over_us;
        chain_facts(o, &c);
        from += c.n;
    }
    free(all);
}
