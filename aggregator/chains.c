#include "chains_internal.h"

#include <sodium.h>
#include <stdlib.h>

#define WINDOW_US_DEFAULT (168 * FC_CHAIN_WINDOW_US_MIN)
#define LATE_US_DEFAULT (INT64_C(3600) * 1000000)

/* ---- keys ------------------------------------------------------------------------------------------------------ */

static void hash_part(crypto_generichash_state *s, struct fc_str part) {
    const uint8_t n[4] = {(uint8_t)part.n, (uint8_t)(part.n >> 8), (uint8_t)(part.n >> 16), (uint8_t)(part.n >> 24)};
    (void)crypto_generichash_update(s, n, sizeof n);
    if (part.n > 0) (void)crypto_generichash_update(s, (const unsigned char *)part.p, part.n);
}

struct fc_chain_key fc_chain_key_of(struct fc_str scope, struct fc_str customer) {
    struct fc_chain_key key;
    crypto_generichash_state s;
    FC_ASSERT(crypto_generichash_init(&s, NULL, 0, sizeof key.b) == 0);
    hash_part(&s, scope);
    hash_part(&s, customer);
    FC_ASSERT(crypto_generichash_final(&s, key.b, sizeof key.b) == 0);
    return key;
}

uint64_t fc_chain_hash(struct fc_str id) {
    static const unsigned char key[crypto_shorthash_KEYBYTES] =
        "floorcast chain"; /* nothing secret: only to be the same always */
    unsigned char h[crypto_shorthash_BYTES];
    (void)crypto_shorthash(h, (const unsigned char *)(id.n > 0 ? id.p : ""), id.n, key);
    uint64_t v = 0;
    for (int i = 0; i < 8; i++) v |= (uint64_t)h[i] << (8 * i);
    return v;
}

/* ---- made and unmade ------------------------------------------------------------------------------------------- */

struct fc_chains *fc_chains_create(struct fc_fact_sink sink) {
    FC_ASSERT(sodium_init() >= 0);
    struct fc_chains *c = calloc(1, sizeof *c);
    FC_ASSERT(c != NULL);
    c->sink = sink;
    c->window_us = c->wanted_us = WINDOW_US_DEFAULT;
    c->late_us = LATE_US_DEFAULT;
    fc_chain_records_init(&c->records);
    fc_chain_wheel_init(&c->wheel);
    return c;
}

void fc_chains_destroy(struct fc_chains *c) {
    if (c == NULL) return;
    fc_chain_records_fini(&c->records);
    fc_chain_wheel_fini(&c->wheel);
    fc_chain_numbers_fini(&c->queues);
    fc_chain_numbers_fini(&c->agents);
    free(c->changed);
    free(c->returns);
    free(c->gone);
    free(c);
}

const struct fc_chains_counters *fc_chains_counters(const struct fc_chains *c) { return &c->counters; }

/* ---- what changed ---------------------------------------------------------------------------------------------- */

static void touch(struct fc_chains *c, uint32_t number) {
    struct fc_chain_record *rec = fc_chain_record_at(&c->records, number);
    rec->flags |= FC_CHAIN_DIRTY;
    if ((rec->flags & FC_CHAIN_LISTED) != 0) return;
    rec->flags |= FC_CHAIN_LISTED;
    if (c->changed_n == c->changed_cap) {
        c->changed_cap = c->changed_cap == 0 ? 256 : 2 * c->changed_cap;
        c->changed = realloc(c->changed, c->changed_cap * sizeof *c->changed);
        FC_ASSERT(c->changed != NULL);
    }
    c->changed[c->changed_n++] = number;
}

static void forget_record(struct fc_chains *c, uint32_t number) {
    const struct fc_chain_record *rec = fc_chain_record_at(&c->records, number);
    if ((rec->flags & FC_CHAIN_STORED) != 0) {
        if (c->gone_n == c->gone_cap) {
            c->gone_cap = c->gone_cap == 0 ? 256 : 2 * c->gone_cap;
            c->gone = realloc(c->gone, c->gone_cap * sizeof *c->gone);
            FC_ASSERT(c->gone != NULL);
        }
        c->gone[c->gone_n++] = rec->key;
    }
    fc_chain_wheel_set(&c->wheel, &c->records, number, INT64_MAX);
    fc_chain_records_remove(&c->records, number);
    c->counters.customers--;
}

/* ---- deriving -------------------------------------------------------------------------------------------------- */

static void derive_at(const struct fc_chains *c, uint32_t number, int64_t window_us, int64_t now_us,
                      struct fc_chains_of *of) {
    struct fc_chain_record *rec = fc_chain_record_at(&c->records, number);
    of->legs_n = rec->n;
    if (rec->n > 0) of->legs[0] = rec->visit;
    if (rec->n > 1) memcpy(&of->legs[1], rec->more, (rec->n - 1u) * sizeof *rec->more);
    fc_chain_derive(of, window_us, now_us);
}

void fc_chains_derive(const struct fc_chains *c, uint32_t number, struct fc_chains_of *of) {
    derive_at(c, number, c->window_us, c->now_us, of);
}

static void to_sink(void *ctx, const struct fc_chain_visit *stand, const struct fc_fact *fact) {
    const struct fc_chains *c = ctx;
    const struct fc_place place = {.queue = fc_chain_thing(&c->queues, stand->queue),
                                   .agent = fc_chain_thing(&c->agents, stand->agent),
                                   .channel = (uint8_t)stand->channel};
    c->sink.fact(c->sink.ctx, &place, fact);
}

/* From c->before, derived earlier, to what the record is now. */
static void hand_over(struct fc_chains *c, uint32_t number) {
    fc_chains_derive(c, number, &c->after);
    fc_chain_diff(&c->before, &c->after, to_sink, c);
}

static bool is_done(const struct fc_chains *c, const struct fc_chain *ch) {
    return !ch->open && c->now_us >= ch->end_us + c->window_us + c->late_us;
}

static int64_t due_of(const struct fc_chains *c, const struct fc_chain *ch) {
    if (ch->open) return INT64_MAX;
    int64_t final_us = ch->end_us + c->window_us;
    return ch->facts != 0 && c->now_us < final_us ? final_us : final_us + c->late_us;
}

int64_t fc_chains_due(const struct fc_chains *c, const struct fc_chains_of *of) {
    int64_t due_us = INT64_MAX;
    for (uint32_t k = 0; k < of->chains_n; k++) {
        int64_t at_us = due_of(c, &of->chains[k]);
        if (at_us < due_us) due_us = at_us;
    }
    return due_us;
}

void fc_chains_schedule(struct fc_chains *c, uint32_t number, const struct fc_chains_of *of) {
    fc_chain_wheel_set(&c->wheel, &c->records, number, fc_chains_due(c, of));
}

/* What a record would have told at the next save, if it were still there. */
static void keep_returns(struct fc_chains *c, struct fc_chain_record *rec) {
    for (uint32_t i = 0; (rec->flags & FC_CHAIN_DIRTY) != 0 && i < rec->n; i++) {
        const struct fc_chain_visit *v = fc_chain_record_visit(rec, i);
        int64_t returned_us = v->answered_us == 0 && v->over_us != 0 ? fc_chain_returned_us(rec, v) : 0;
        if (returned_us == 0) continue;
        if (c->returns_n == c->returns_cap) {
            c->returns_cap = c->returns_cap == 0 ? 64 : 2 * c->returns_cap;
            c->returns = realloc(c->returns, c->returns_cap * sizeof *c->returns);
            FC_ASSERT(c->returns != NULL);
        }
        c->returns[c->returns_n++] = (struct fc_chain_return){v->contact, v->over_us, returned_us};
    }
}

static void drop_done(struct fc_chains *c, uint32_t number, const struct fc_chains_of *of) {
    struct fc_chain_visit left[FC_CHAIN_VISITS_MAX];
    uint32_t n = 0;
    for (uint32_t k = 0; k < of->chains_n; k++) {
        const struct fc_chain *ch = &of->chains[k];
        if (is_done(c, ch)) continue;
        for (uint32_t i = ch->contact; i < ch->contact + ch->contacts_n; i++)
            for (uint32_t leg = 0; leg < of->contacts[i].legs_n; leg++) left[n++] = of->legs[of->contacts[i].leg + leg];
    }
    keep_returns(c, fc_chain_record_at(&c->records, number));
    c->counters.forgotten += of->legs_n - n;
    c->counters.visits -= of->legs_n - n;
    touch(c, number);
    fc_chain_record_set(&c->records, fc_chain_record_at(&c->records, number), left, n);
    if (n == 0) forget_record(c, number);
}

/* Forgets chains that are done and puts the record into the wheel; `of` is what was derived of it. The record may be
 * gone then. */
static void settle(struct fc_chains *c, uint32_t number, struct fc_chains_of *of) {
    uint32_t kept = 0, done = 0;
    for (uint32_t k = 0; k < of->chains_n; k++) done += is_done(c, &of->chains[k]);
    if (done > 0) drop_done(c, number, of);
    if (done > 0 && done == of->chains_n) return;
    for (uint32_t k = 0; k < of->chains_n; k++)
        if (!is_done(c, &of->chains[k])) of->chains[kept++] = of->chains[k];
    of->chains_n = kept;
    fc_chains_schedule(c, number, of);
}

static bool is_live(const struct fc_chains *c, uint32_t number) {
    return (fc_chain_record_at(&c->records, number)->flags & FC_CHAIN_LIVE) != 0;
}

/* When what decides about forgetting or being due has changed. */
static void settle_all(struct fc_chains *c) {
    for (uint32_t i = 0; i < c->records.used; i++) {
        if (!is_live(c, i)) continue;
        fc_chains_derive(c, i, &c->after);
        settle(c, i, &c->after);
    }
}

/* ---- the window ------------------------------------------------------------------------------------------------ */

static void renew(struct fc_chains *c) {
    int64_t before_us = c->window_us;
    if (before_us == c->wanted_us) return;
    c->window_us = c->wanted_us;
    c->moved |= c->records.live > 0; /* else nobody was counted under it */
    for (uint32_t i = 0; i < c->records.used; i++) {
        if (!is_live(c, i)) continue;
        derive_at(c, i, before_us, c->now_us, &c->before);
        hand_over(c, i);
        settle(c, i, &c->after);
    }
}

void fc_chains_configure(struct fc_chains *c, int64_t window_us, int64_t late_us) {
    FC_ASSERT(window_us >= FC_CHAIN_WINDOW_US_MIN && window_us <= FC_CHAIN_WINDOW_US_MAX && late_us >= 0);
    bool other_late = late_us != c->late_us;
    c->late_us = late_us;
    c->wanted_us = window_us;
    renew(c);
    if (other_late) settle_all(c);
}

/* ---- visits ---------------------------------------------------------------------------------------------------- */

static struct fc_chain_visit pack(struct fc_chains *c, const struct fc_visit *v) {
    FC_ASSERT(v->offered_us > 0 && v->place.channel < FC_CHANNEL_COUNT && v->disposed <= FC_VERDICT_NO &&
              v->told <= FC_VERDICT_NO);
    return (struct fc_chain_visit){.contact = v->contact,
                                   .root = v->root,
                                   .offered_us = v->offered_us,
                                   .answered_us = v->answered_us,
                                   .over_us = v->over_us,
                                   .queue = fc_chain_number(&c->queues, v->place.queue) & 0xfffffffu,
                                   .agent = fc_chain_number(&c->agents, v->place.agent) & 0xfffffffu,
                                   .channel = v->place.channel & 0xfu,
                                   .disposed = v->disposed & 3u,
                                   .told = v->told & 3u};
}

static struct fc_visit unpack(const struct fc_chains *c, const struct fc_chain_visit *v) {
    return (struct fc_visit){.contact = v->contact,
                             .root = v->root,
                             .offered_us = v->offered_us,
                             .answered_us = v->answered_us,
                             .over_us = v->over_us,
                             .place = {.queue = fc_chain_thing(&c->queues, v->queue),
                                       .agent = fc_chain_thing(&c->agents, v->agent),
                                       .channel = (uint8_t)v->channel},
                             .disposed = (uint8_t)v->disposed,
                             .told = (uint8_t)v->told};
}

static struct fc_chain_visit *held(struct fc_chains *c, uint32_t number, uint64_t contact) {
    if (number == FC_CHAIN_NONE) return NULL;
    struct fc_chain_record *rec = fc_chain_record_at(&c->records, number);
    for (uint32_t i = 0; i < rec->n; i++)
        if (fc_chain_record_visit(rec, i)->contact == contact) return fc_chain_record_visit(rec, i);
    return NULL;
}

void fc_chains_remove(struct fc_chains *c, struct fc_chain_key key, uint64_t contact) {
    renew(c);
    uint32_t number = fc_chain_records_find(&c->records, key);
    struct fc_chain_visit *gone = held(c, number, contact);
    if (gone == NULL) return;
    struct fc_chain_record *rec = fc_chain_record_at(&c->records, number);
    fc_chains_derive(c, number, &c->before);
    *gone = *fc_chain_record_visit(rec, rec->n - 1u);
    rec->n--;
    c->counters.visits--;
    hand_over(c, number);
    touch(c, number);
    if (rec->n == 0) forget_record(c, number);
    else settle(c, number, &c->after);
}

bool fc_chains_get(struct fc_chains *c, struct fc_chain_key key, uint64_t contact, struct fc_visit *out) {
    const struct fc_chain_visit *v = held(c, fc_chain_records_find(&c->records, key), contact);
    if (v != NULL) *out = unpack(c, v);
    return v != NULL;
}

static void make_room(struct fc_chains *c, uint32_t number) {
    fc_chains_derive(c, number, &c->before);
    uint32_t folded = fc_chain_fold(&c->before);
    if (folded == 0) return;
    c->counters.folded += folded;
    struct fc_chain_record *rec = fc_chain_record_at(&c->records, number);
    c->counters.visits -= rec->n - c->before.legs_n;
    fc_chain_record_set(&c->records, rec, c->before.legs, c->before.legs_n);
    touch(c, number);
}

/* May a visit that is not held come in? Makes room for it. */
static bool admit(struct fc_chains *c, uint32_t number, const struct fc_visit *v) {
    if (v->over_us != 0 && v->over_us + c->window_us + c->late_us <= c->now_us) {
        c->counters.too_late++;
        return false;
    }
    if (number == FC_CHAIN_NONE) return true;
    const struct fc_chain_record *rec = fc_chain_record_at(&c->records, number);
    if (rec->n >= FC_CHAIN_VISITS_FOLD) make_room(c, number);
    if (rec->n < FC_CHAIN_VISITS_MAX) return true;
    c->counters.crowded++;
    return false;
}

bool fc_chains_put(struct fc_chains *c, struct fc_chain_key key, const struct fc_visit *v) {
    renew(c);
    const struct fc_chain_visit now = pack(c, v);
    uint32_t number = fc_chain_records_find(&c->records, key);
    struct fc_chain_visit *old = held(c, number, v->contact);
    if (old != NULL && memcmp(old, &now, sizeof now) == 0) return true;
    if (old == NULL && !admit(c, number, v)) return false;
    if (number == FC_CHAIN_NONE) {
        number = fc_chain_records_add(&c->records, key);
        c->counters.customers++;
    }
    fc_chains_derive(c, number, &c->before);
    if (old != NULL) *old = now;
    else {
        fc_chain_record_push(&c->records, fc_chain_record_at(&c->records, number), &now);
        c->counters.visits++;
    }
    hand_over(c, number);
    touch(c, number);
    settle(c, number, &c->after);
    return true;
}

void fc_chains_advance(struct fc_chains *c, int64_t now_us) {
    renew(c);
    if (now_us <= c->now_us) return;
    int64_t before_us = c->now_us;
    c->now_us = now_us;
    fc_chain_wheel_take(&c->wheel, &c->records, now_us);
    for (uint32_t i = 0; i < c->wheel.due_n; i++) {
        uint32_t number = c->wheel.due[i];
        const struct fc_chain_record *rec = fc_chain_record_at(&c->records, number);
        if (rec->due_us > now_us) {
            fc_chain_wheel_set(&c->wheel, &c->records, number, rec->due_us);
            continue;
        }
        c->moved = true;
        derive_at(c, number, c->window_us, before_us, &c->before);
        hand_over(c, number);
        settle(c, number, &c->after);
    }
}
