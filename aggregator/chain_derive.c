#include "chain_derive.h"

#include <stdlib.h>

_Static_assert((int)FC_TALLY_disposed_n == (int)FC_TALLY_chain_n + 4 &&
                   (int)FC_TALLY_told_n == (int)FC_TALLY_chain_n + 8 &&
                   (int)FC_TALLY_told_final_once == (int)FC_TALLY_chain_n + 11,
               "three groups of n, once, final_n, final_once follow one another");

static int order(int64_t a, int64_t b) { return (a > b) - (a < b); }
static int order_u(uint64_t a, uint64_t b) { return (a > b) - (a < b); }
static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

/* ---- contacts -------------------------------------------------------------------------------------------------- */

static int by_root(const void *a, const void *b) {
    const struct fc_chain_visit *x = a, *y = b;
    int o = order_u(x->root, y->root);
    if (o == 0) o = order(x->offered_us, y->offered_us);
    return o != 0 ? o : order_u(x->contact, y->contact);
}

static int by_offer(const void *a, const void *b) {
    const struct fc_chain_contact *x = a, *y = b;
    int o = order(x->offered_us, y->offered_us);
    return o != 0 ? o : order_u(x->root, y->root);
}

/* An end before its own offer is a clock's doing; nothing takes less than no time. */
static int64_t end_of(const struct fc_chain_visit *v) {
    return v->over_us == 0 ? 0 : later(v->over_us, later(v->offered_us, v->answered_us));
}

static void take_leg(struct fc_chain_contact *c, const struct fc_chains_of *of, uint32_t i) {
    const struct fc_chain_visit *v = &of->legs[i];
    if (v->answered_us != 0 && (c->answered_us == 0 || v->answered_us < c->answered_us)) {
        c->answered_us = v->answered_us;
        c->answer = i;
    }
    c->over_us = c->over_us == 0 || v->over_us == 0 ? 0 : later(c->over_us, end_of(v));
    if (v->disposed != FC_VERDICT_NONE) c->disposed = v->disposed;
    if (v->told != FC_VERDICT_NONE) c->told = v->told;
    c->legs_n++;
}

/* Legs of one root are one contact, unless they are so far apart that they would be two chains. */
static bool goes_on(const struct fc_chain_contact *c, const struct fc_chain_visit *v, int64_t window_us) {
    return c->root == v->root && (c->over_us == 0 || v->offered_us - c->over_us < window_us);
}

static void make_contacts(struct fc_chains_of *of, int64_t window_us) {
    if (of->legs_n > 1) qsort(of->legs, of->legs_n, sizeof *of->legs, by_root);
    of->contacts_n = 0;
    for (uint32_t i = 0; i < of->legs_n; i++) {
        const struct fc_chain_visit *v = &of->legs[i];
        struct fc_chain_contact *c = &of->contacts[of->contacts_n];
        if (of->contacts_n > 0 && goes_on(c - 1, v, window_us)) {
            take_leg(c - 1, of, i);
            continue;
        }
        *c = (struct fc_chain_contact){.root = v->root, .offered_us = v->offered_us, .over_us = end_of(v), .leg = i};
        take_leg(c, of, i);
        of->contacts_n++;
    }
    if (of->contacts_n > 1) qsort(of->contacts, of->contacts_n, sizeof *of->contacts, by_offer);
}

/* ---- chains ---------------------------------------------------------------------------------------------------- */

static uint16_t share(uint8_t group, bool once, bool final) {
    unsigned bits = 1u | (once ? 2u : 0u) | (final ? 4u : 0u) | (final && once ? 8u : 0u);
    return (uint16_t)(bits << (4 * group));
}

static void find_first(struct fc_chain *ch, const struct fc_chains_of *of) {
    ch->first = UINT32_MAX;
    for (uint32_t i = ch->contact; i < ch->contact + ch->contacts_n; i++) {
        int64_t answered_us = of->contacts[i].answered_us;
        if (answered_us == 0 || (ch->first != UINT32_MAX && answered_us >= ch->answered_us)) continue;
        ch->first = i;
        ch->answered_us = answered_us;
    }
}

static bool is_once(const struct fc_chain *ch, const struct fc_chains_of *of) {
    for (uint32_t i = ch->contact; i < ch->contact + ch->contacts_n; i++) {
        const struct fc_chain_contact *c = &of->contacts[i];
        if (i != ch->first && (c->answered_us != 0 || c->offered_us > of->contacts[ch->first].offered_us)) return false;
    }
    return true;
}

static int64_t journey(const struct fc_chain *ch, const struct fc_chains_of *of) {
    int64_t end_us = 0;
    for (uint32_t i = ch->contact; i < ch->contact + ch->contacts_n; i++)
        if (of->contacts[i].answered_us != 0) end_us = later(end_us, of->contacts[i].over_us);
    return end_us == 0 ? -1 : end_us - of->contacts[ch->contact].offered_us;
}

static void count(struct fc_chain *ch, const struct fc_chains_of *of, int64_t window_us, int64_t now_us) {
    find_first(ch, of);
    ch->journey_us = -1;
    if (ch->first == UINT32_MAX) return;
    const struct fc_chain_contact *first = &of->contacts[ch->first];
    bool final = !ch->open && now_us >= ch->end_us + window_us;
    ch->facts = share(0, is_once(ch, of), final);
    if (first->disposed != FC_VERDICT_NONE) ch->facts |= share(1, first->disposed == FC_VERDICT_YES, final);
    if (first->told != FC_VERDICT_NONE) ch->facts |= share(2, first->told == FC_VERDICT_YES, final);
    ch->journey_us = journey(ch, of);
}

void fc_chain_derive(struct fc_chains_of *of, int64_t window_us, int64_t now_us) {
    make_contacts(of, window_us);
    of->chains_n = 0;
    struct fc_chain *ch = NULL;
    for (uint32_t i = 0; i < of->contacts_n; i++) {
        const struct fc_chain_contact *c = &of->contacts[i];
        if (ch == NULL || (!ch->open && c->offered_us - ch->end_us >= window_us)) {
            ch = &of->chains[of->chains_n++];
            *ch = (struct fc_chain){.contact = i};
        }
        ch->contacts_n++;
        ch->open |= c->over_us == 0;
        ch->end_us = later(ch->end_us, c->over_us);
    }
    for (uint32_t i = 0; i < of->chains_n; i++) count(&of->chains[i], of, window_us, now_us);
}

/* ---- differences ----------------------------------------------------------------------------------------------- */

struct diff {
    fc_chain_change change;
    void *ctx;
};

static const struct fc_chain_visit *stand_of(const struct fc_chains_of *of, const struct fc_chain *ch) {
    return &of->legs[of->contacts[ch->first].answer];
}

static void hand_over(const struct diff *d, const struct fc_chains_of *of, const struct fc_chain *ch, unsigned facts,
                      bool journey_too, int8_t sign) {
    struct fc_fact f = {.ts_us = ch->answered_us, .sign = sign, .sum = FC_TALLY_NONE};
    for (uint8_t i = 0; facts >> i != 0; i++) {
        if ((facts >> i & 1u) == 0) continue;
        f.count = (uint8_t)(FC_TALLY_chain_n + i);
        d->change(d->ctx, stand_of(of, ch), &f);
    }
    if (!journey_too || ch->journey_us < 0) return;
    f.count = (uint8_t)FC_TALLY_journey_n;
    f.sum = (uint8_t)FC_TALLY_journey_us;
    f.value = ch->journey_us;
    d->change(d->ctx, stand_of(of, ch), &f);
}

static struct fc_chain *find_same_stand(const struct fc_chains_of *before, const struct fc_chain *a,
                                        struct fc_chains_of *after) {
    const struct fc_chain_visit *x = stand_of(before, a);
    for (uint32_t i = 0; i < after->chains_n; i++) {
        struct fc_chain *b = &after->chains[i];
        if (b->facts == 0 || b->matched || b->answered_us != a->answered_us) continue;
        const struct fc_chain_visit *y = stand_of(after, b);
        if (x->queue == y->queue && x->agent == y->agent && x->channel == y->channel) return b;
    }
    return NULL;
}

void fc_chain_diff(struct fc_chains_of *before, struct fc_chains_of *after, fc_chain_change change, void *ctx) {
    const struct diff d = {change, ctx};
    for (uint32_t i = 0; i < before->chains_n; i++) {
        struct fc_chain *a = &before->chains[i];
        if (a->facts == 0) continue;
        struct fc_chain *b = find_same_stand(before, a, after);
        if (b == NULL) {
            hand_over(&d, before, a, a->facts, true, -1);
            continue;
        }
        b->matched = true;
        bool journey_too = a->journey_us != b->journey_us;
        hand_over(&d, before, a, a->facts & ~(unsigned)b->facts, journey_too, -1);
        hand_over(&d, after, b, b->facts & ~(unsigned)a->facts, journey_too, 1);
    }
    for (uint32_t i = 0; i < after->chains_n; i++) {
        struct fc_chain *b = &after->chains[i];
        if (b->facts != 0 && !b->matched) hand_over(&d, after, b, b->facts, true, 1);
    }
}

/* ---- folding --------------------------------------------------------------------------------------------------- */

/* What makes a difference to its chain, of a contact that is not the first answered: is it answered, is it offered
 * after that one? */
static unsigned kind_of(const struct fc_chains_of *of, const struct fc_chain *ch, const struct fc_chain_contact *c) {
    bool after = ch->first != UINT32_MAX && c->offered_us > of->contacts[ch->first].offered_us;
    return (c->answered_us != 0 ? 1u : 0u) | (after ? 2u : 0u);
}

static struct fc_chain_visit as_one_leg(const struct fc_chains_of *of, const struct fc_chain_contact *c) {
    struct fc_chain_visit v = of->legs[c->answered_us != 0 ? c->answer : c->leg];
    v.offered_us = c->offered_us;
    v.over_us = c->over_us;
    return v;
}

static void put_into(struct fc_chain_visit *v, const struct fc_chain_contact *c) {
    if (c->answered_us != 0 && c->answered_us < v->answered_us) v->answered_us = c->answered_us;
    v->over_us = later(v->over_us, c->over_us);
}

static uint32_t fold_chain(const struct fc_chains_of *of, const struct fc_chain *ch, uint32_t newest,
                           struct fc_chain_visit *left, uint32_t *n) {
    struct fc_chain_visit *one[4] = {NULL};
    uint32_t folded = 0;
    for (uint32_t i = ch->contact; i < ch->contact + ch->contacts_n; i++) {
        const struct fc_chain_contact *c = &of->contacts[i];
        unsigned kind = kind_of(of, ch, c);
        if (i >= newest || i == ch->first || c->over_us == 0) {
            memcpy(&left[*n], &of->legs[c->leg], c->legs_n * sizeof *left);
            *n += c->legs_n;
        } else if (one[kind] == NULL) {
            one[kind] = &left[(*n)++];
            *one[kind] = as_one_leg(of, c);
        } else {
            put_into(one[kind], c);
            folded++;
        }
    }
    return folded;
}

uint32_t fc_chain_fold(struct fc_chains_of *of) {
    struct fc_chain_visit left[FC_CHAIN_VISITS_MAX];
    uint32_t n = 0, folded = 0, spared = FC_CHAIN_VISITS_FOLD / 4;
    uint32_t newest = of->contacts_n > spared ? of->contacts_n - spared : 0;
    for (uint32_t k = 0; k < of->chains_n; k++) folded += fold_chain(of, &of->chains[k], newest, left, &n);
    memcpy(of->legs, left, n * sizeof *left);
    of->legs_n = n;
    return folded;
}
