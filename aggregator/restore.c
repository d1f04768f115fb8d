/* restore -- the engine's state from the records of its last checkpoint; their form stands at the head of checkpoint.c. */
#include "records.h"

#include <stdlib.h>

/* Reads on as long as everything is as expected; `ok` says so at the end. */
struct in {
    struct fc_engine *e;
    struct fc_mp mp;
    uint32_t left; /* elements of the record's array */
    bool ok;
};

static int64_t get_int(struct in *in) {
    int64_t v = 0;
    in->ok = in->ok && fc_mp_i64(&in->mp, &v);
    return v;
}

static int64_t get_us(struct in *in) {
    int64_t v = get_int(in);
    in->ok = in->ok && v >= FC_RECORD_US_MIN && v <= FC_RECORD_US_MAX;
    return in->ok ? v : 0;
}

static bool get_bool(struct in *in) {
    bool v = false;
    in->ok = in->ok && fc_mp_bool(&in->mp, &v);
    return v;
}

static struct fc_str get_str(struct in *in) {
    struct fc_str v = {0};
    in->ok = in->ok && fc_mp_str(&in->mp, &v) && v.n <= FC_TEXT_MAX;
    return in->ok ? v : (struct fc_str){0};
}

/* What no event could have named, nothing here may be called: topics and interval keys rely on it. */
static bool is_name(struct fc_str name) { return name.n <= FC_ID_MAX && (name.n == 0 || memchr(name.p, '\0', name.n) == NULL); }

static struct fc_str get_name(struct in *in) {
    struct fc_str v = get_str(in);
    in->ok = in->ok && is_name(v);
    return in->ok ? v : (struct fc_str){0};
}

static struct fc_str get_opt(struct in *in) {
    if (in->ok && fc_mp_nil(&in->mp)) return (struct fc_str){0};
    return get_name(in);
}

/* A customer's hash is no name: any byte may be in it. */
static bool get_customer(struct in *in, struct fc_contact *c) {
    if (in->ok && fc_mp_nil(&in->mp)) return false;
    struct fc_str hash = get_str(in);
    in->ok = in->ok && hash.n == sizeof c->customer.b;
    if (in->ok) memcpy(c->customer.b, hash.p, sizeof c->customer.b);
    return in->ok;
}

static void load_meta(struct in *in) {
    struct fc_engine *e = in->e;
    e->now_us = get_us(in);
    fc_rolling_advance(&e->rolling, e->now_us / FC_SECOND_US, NULL, NULL);
    fc_steps_advance(e->steps, e->now_us / FC_SECOND_US);
}

static void load_day(struct in *in, struct fc_entity *x) {
    uint32_t n = 0;
    x->day_start_us = get_us(in);
    x->day_end_us = get_us(in);
    x->levels.settled_us = get_us(in);
    in->ok = in->ok && fc_mp_array(&in->mp, &n) && n % 2 == 0;
    for (uint32_t i = 0; in->ok && i < n; i += 2) {
        int64_t channel = get_int(in);
        in->ok = in->ok && channel >= 0 && channel < FC_CELLS;
        in->ok = in->ok && fc_tally_decode(&in->mp, &in->e->merged, NULL) == FC_OK;
        if (!in->ok) return;
        struct fc_series *s = &fc_entity_cell(x, (uint8_t)channel)->series;
        fc_series_clear_day(s);
        fc_series_add_day(s, &in->e->merged);
    }
}

/* Whether the names of a group's queues are those of today's rules; only then is its day still its own. */
static bool same_queues(struct in *in, const struct fc_group *g) {
    uint32_t n = 0;
    bool same;
    in->ok = in->ok && fc_mp_array(&in->mp, &n);
    same = g != NULL && g->rules != NULL && n == g->rules->queues_n;
    for (uint32_t i = 0; in->ok && i < n; i++) {
        struct fc_str name = get_str(in);
        same = same && fc_str_is(name, g->rules->queues[i]);
    }
    return same;
}

static void load_group(struct in *in, struct fc_str name) {
    struct fc_engine *e = in->e;
    struct fc_group *g = fc_str_eq(name, e->all.e.name) ? &e->all : fc_engine_group(e, name);
    struct fc_group none = {0};
    struct in ahead = *in;
    if (g == NULL) fc_engine_group_gone(e, name);
    load_day(in, &none.e);
    if (same_queues(in, g) || (in->ok && g == &e->all)) {
        load_day(&ahead, &g->e);
        g->day_known = true;
    }
    fc_entity_fini(&none.e);
}

static void load_queue(struct in *in, struct fc_str name) {
    load_day(in, &fc_engine_queue(in->e, name)->e);
    (void)same_queues(in, NULL);
}

static void load_memberships(struct in *in, struct fc_agent *a) {
    uint32_t n = 0, marks = 0;
    in->ok = in->ok && fc_mp_array(&in->mp, &n) && n % 2 == 0;
    for (uint32_t i = 0; in->ok && i < n; i += 2) {
        struct fc_queue *q = fc_engine_queue(in->e, get_name(in));
        in->ok = in->ok && fc_mp_array(&in->mp, &marks) && marks % 2 == 0;
        for (uint32_t k = 0; in->ok && k < marks; k += 2) {
            int64_t ts_us = get_us(in);
            bool joined = get_bool(in);
            if (in->ok) fc_agent_load_mark(in->e, a, q, (struct fc_membership_mark){ts_us, joined});
        }
    }
}

static void load_agent(struct in *in, struct fc_str name) {
    struct fc_agent *a = fc_engine_agent_named(in->e, name);
    fc_agent_label(in->e, a, get_str(in));
    fc_str_replace(&a->reason, get_str(in));
    int64_t first_us = get_int(in);
    in->ok = in->ok && (first_us == FC_NEVER_SEEN || (first_us >= FC_RECORD_US_MIN && first_us <= FC_RECORD_US_MAX));
    if (in->ok && first_us != FC_NEVER_SEEN) fc_agent_appears(in->e, a, first_us);
    int64_t said = get_int(in);
    a->said_us = get_us(in);
    in->ok = in->ok && said >= 0 && said < FC_AGENT_STATE_COUNT;
    if (!in->ok) return;
    a->said = (enum fc_agent_state)said;
    load_day(in, &a->e);
    in->ok = in->ok && fc_timeline_decode(&a->line, &in->mp);
    load_memberships(in, a);
}

static struct fc_queue *get_queue(struct in *in) {
    struct fc_str name = get_opt(in);
    return name.p == NULL ? NULL : fc_engine_queue(in->e, name);
}

static struct fc_agent *get_agent(struct in *in) {
    struct fc_str name = get_opt(in);
    return name.p == NULL ? NULL : fc_engine_agent_named(in->e, name);
}

static void load_marks(struct in *in, struct fc_contact *c) {
    uint32_t n = 0;
    in->ok = in->ok && fc_mp_array(&in->mp, &n) && n % 3 == 0;
    for (uint32_t i = 0; in->ok && i < n; i += 3) {
        struct fc_contact_mark m = {.ts_us = get_us(in)};
        int64_t kind = get_int(in);
        m.agent = get_agent(in);
        m.kind = (uint8_t)kind;
        bool of_agent = kind == FC_ALERTED || kind == FC_MISSED;
        in->ok = in->ok && (of_agent ? m.agent != NULL : kind == FC_HELD || kind == FC_RESUMED);
        if (in->ok) fc_contact_add_mark(c, m);
    }
}

static void get_scores(struct in *in, uint8_t *scores, uint32_t count) {
    uint32_t n = 0;
    in->ok = in->ok && fc_mp_array(&in->mp, &n) && n == count;
    for (uint32_t i = 0; in->ok && i < n; i++) scores[i] = (uint8_t)get_int(in);
}

static void load_surveys(struct in *in, struct fc_contact *c) {
    uint32_t n = 0;
    in->ok = in->ok && fc_mp_array(&in->mp, &n) && n % 9 == 0;
    for (uint32_t i = 0; in->ok && i < n; i += 9) {
        struct fc_contact_survey s = {.ts_us = get_us(in)};
        s.queue = get_queue(in);
        s.agent = get_agent(in);
        s.present = (uint64_t)get_int(in);
        s.csat = (uint8_t)get_int(in);
        s.nps = (uint8_t)get_int(in);
        s.resolved = get_bool(in);
        get_scores(in, s.rater, sizeof s.rater);
        get_scores(in, s.assess, sizeof s.assess);
        if (in->ok) fc_contact_add_survey(c, &s);
    }
}

static void load_words(struct in *in, struct fc_contact *c) {
    for (int i = 0; i < FC_CONTACT_TIMES; i++) *fc_contact_time(c, i) = get_us(in);
    for (int i = 0; i < FC_CONTACT_WORDS; i++) {
        int64_t word = get_int(in);
        in->ok = in->ok && word >= 0 && word <= fc_contact_word_max(i);
        *fc_contact_word(c, i) = (uint8_t)word;
    }
    c->root = (uint64_t)get_int(in);
    c->breached = get_bool(in);
    c->presumed = get_bool(in);
}

static struct fc_str get_text(struct in *in, uint32_t max) {
    if (in->ok && fc_mp_nil(&in->mp)) return (struct fc_str){0};
    struct fc_str v = get_str(in);
    in->ok = in->ok && v.n <= max;
    return in->ok ? v : (struct fc_str){0};
}

static void load_said(struct in *in, struct fc_contact *c) {
    struct fc_card card = {0};
    uint32_t n = 0;
    if (in->left <= FC_CONTACT_ELEMENTS || (in->ok && fc_mp_nil(&in->mp))) return;
    in->ok = in->ok && fc_mp_array(&in->mp, &n) && n == 5;
    card.customer = get_text(in, FC_ID_MAX);
    card.topic = get_text(in, FC_TEXT_MAX);
    card.lang = get_text(in, FC_TEXT_MAX);
    card.root = get_text(in, FC_ID_MAX);
    card.priority = get_int(in);
    in->ok = in->ok && card.priority >= -1 && card.priority <= INT32_MAX;
    if (in->ok) fc_contact_say(c, &card);
}

static void load_contact(struct in *in, struct fc_str id) {
    struct fc_engine *e = in->e;
    if (fc_map_find(&e->contacts, id) != NULL) {
        in->ok = false;
        return;
    }
    struct fc_contact *c = fc_contact_new(e, id);
    c->queue = get_queue(in);
    c->agent = get_agent(in);
    struct fc_str source = get_opt(in);
    if (source.p != NULL) c->source = fc_feed_source(e, source);
    if (c->source != NULL && c->queue != NULL) fc_feed_link(c->queue, c->source);
    c->listed = (uint64_t)get_int(in);
    load_words(in, c);
    c->has_customer = get_customer(in, c);
    load_marks(in, c);
    load_surveys(in, c);
    load_said(in, c);
    in->ok = in->ok && (c->offered_us == 0 || c->queue != NULL) && (c->answered_us == 0 || c->agent != NULL);
    c->stored = true;
    if (in->ok) fc_contact_restored(e, c);
}

static void load_source(struct in *in, struct fc_str name) {
    struct fc_source_state_of *s = fc_feed_source(in->e, name);
    (void)fc_str_copy(s->epoch, sizeof s->epoch, get_str(in));
    s->down = get_bool(in);
    s->beats = get_bool(in);
    s->since_us = get_us(in);
    s->heard_us = get_us(in);
    s->gaps = get_int(in);
    in->ok = in->ok && s->gaps >= 0 && s->gaps < FC_RECORD_US_MAX; /* it is counted on */
    s->gap_us = get_us(in);
    (void)fc_str_copy(s->gap_reason, sizeof s->gap_reason, get_str(in));
    s->snapshot = (uint64_t)get_int(in);
    s->snapshot_us = get_us(in);
    s->silent = get_bool(in);
    struct fc_str via = in->left > 11 ? get_opt(in) : (struct fc_str){0};
    if (via.p != NULL) s->via = fc_feed_source(in->e, via);
}

static bool is_count(int64_t v) { return (v >= 0 && v < FC_TALLY_COUNT_ALL) || v == FC_TALLY_NONE; }

static void load_fact(struct in *in) {
    uint32_t n = 0;
    in->ok = in->ok && fc_mp_array(&in->mp, &n) && n == 8;
    struct fc_logged l = {0};
    l.fact.ts_us = get_us(in);
    l.fact.value = get_int(in);
    int64_t sign = get_int(in), count = get_int(in), sum = get_int(in);
    l.place.queue = get_queue(in);
    l.place.agent = get_agent(in);
    int64_t channel = get_int(in);
    in->ok = in->ok && (sign == 1 || sign == -1) && is_count(count) && is_count(sum) && channel >= 0 && channel < FC_CELLS;
    if (!in->ok) return;
    l.fact.sign = (int8_t)sign;
    l.fact.count = (uint8_t)count;
    l.fact.sum = (uint8_t)sum;
    l.place.channel = (uint8_t)channel;
    fc_engine_add_logged(in->e, &l);
}

static void load_second(struct in *in, struct fc_str name) {
    in->ok = in->ok && name.n == 10;
    for (uint32_t i = 0; in->ok && i < in->left; i++) load_fact(in);
    if (!in->ok) return;
    int64_t second = 0;
    for (int i = 0; i < 8; i++) second = second << 8 | (uint8_t)name.p[i];
    struct fc_second *s = fc_rolling_second(&in->e->rolling, second);
    if (s == NULL) return;
    s->parts = ((uint32_t)(uint8_t)name.p[8] << 8 | (uint8_t)name.p[9]) + 1;
    s->dirty = false;
}

static struct fc_queue *resolve_queue(void *ctx, struct fc_str name) { return fc_engine_queue(ctx, name); }
static struct fc_agent *resolve_agent(void *ctx, struct fc_str name, int64_t ts_us) {
    (void)ts_us;
    return fc_engine_agent_named(ctx, name);
}

static struct fc_agent *chain_agent(void *ctx, struct fc_str name) { return fc_engine_agent_named(ctx, name); }

static enum fc_status load_chain(struct fc_chains *into, struct fc_str name, struct fc_str value, const struct fc_chains_resolver *names, struct fc_error *err) {
    struct fc_chain_key key;
    if (name.n != sizeof key.b) return fc_fail(err, FC_INVALID, "stored chain: a key of %u bytes, expected %zu", name.n, sizeof key.b);
    memcpy(key.b, name.p, sizeof key.b);
    return fc_chains_load(into, key, value, names, err);
}

/* The modules' records carry versions of their own. */
static enum fc_status load_module(struct fc_engine *e, struct fc_str key, struct fc_str value, struct fc_error *err) {
    struct fc_resolver names = {resolve_queue, resolve_agent, e};
    struct fc_chains_resolver chain_names = {resolve_queue, chain_agent, e};
    struct fc_str rest = fc_str_n(key.p + 1, key.n - 1);
    if (key.p[0] == 'k') return load_chain(e->chains, rest, value, &chain_names, err);
    if (key.p[0] == 'x') return fc_cases_load(e->cases, rest, value, &names, err);
    return fc_seen_load(e->surveys, rest, value, err);
}

static void load(struct in *in, char kind, struct fc_str name) {
    in->ok = in->ok && (kind == 'o' || is_name(name));
    switch (in->ok ? kind : '\0') {
    case 'm': load_meta(in); break;
    case 'g': load_group(in, name); break;
    case 'q': load_queue(in, name); break;
    case 'a': load_agent(in, name); break;
    case 'c': load_contact(in, name); break;
    case 's': load_source(in, name); break;
    case 'o': load_second(in, name); break;
    default: in->ok = false; break;
    }
}

enum fc_status fc_engine_restore(struct fc_engine *e, struct fc_str key, struct fc_str value, struct fc_error *err) {
    struct in in = {.e = e, .mp = fc_mp_open(value.p, value.n)};
    int64_t version = 0;
    e->restoring = true;
    if (key.n > 1 && (key.p[0] == 'k' || key.p[0] == 'x' || key.p[0] == 'w')) return load_module(e, key, value, err);
    in.ok = key.n > 0 && fc_mp_array(&in.mp, &in.left) && in.left > 0 && fc_mp_i64(&in.mp, &version) && version == FC_RECORD_VERSION;
    in.left--;
    if (in.ok) load(&in, key.p[0], fc_str_n(key.p + 1, key.n - 1));
    if (in.ok) return FC_OK;
    if (version > FC_RECORD_VERSION)
        return fc_fail(err, FC_INVALID, "stored record '%c' is of version %lld, written by a newer program; this one reads version %d",
                       key.n > 0 && key.p[0] > ' ' ? key.p[0] : '?', (long long)version, FC_RECORD_VERSION);
    return fc_fail(err, FC_INVALID, "stored record '%c' %.*s: byte %zu is not as version %d writes it", key.n > 0 && key.p[0] > ' ' ? key.p[0] : '?',
                   key.n > 0 && key.p[0] != 'o' ? (int)key.n - 1 : 0, key.p + 1, fc_mp_offset(&in.mp), FC_RECORD_VERSION);
}

size_t fc_engine_customers_from(char key[FC_CUSTOMERS_KEY]) {
    struct fc_chain_key least = fc_chain_key_least();
    key[0] = 'k';
    memcpy(key + 1, least.b, sizeof least.b);
    return 1 + sizeof least.b;
}

struct fc_chains *fc_engine_customers_part(const struct fc_engine *e) { return fc_chains_part(e->chains); }

enum fc_status fc_engine_restore_customer(struct fc_engine *e, struct fc_chains *part, struct fc_str key, struct fc_str value, struct fc_error *err) {
    FC_ASSERT(key.n > 0 && key.p[0] == 'k');
    return load_chain(part != NULL ? part : e->chains, fc_str_n(key.p + 1, key.n - 1), value, NULL, err);
}

/* A group that the rules have since the last start, or with other queues, has no record: its day is what its queues have. */
static void begin_if_new(struct fc_engine *e, struct fc_entity *x, void *ctx) {
    (void)ctx;
    if (x->day_end_us == 0 && e->now_us > 0) fc_engine_start_day(e, x);
    if (e->next_turn_us == 0 || x->day_end_us < e->next_turn_us) e->next_turn_us = x->day_end_us;
    if (x->levels.settled_us == 0) x->levels.settled_us = e->now_us;
    struct fc_group *g = x->scope == FC_SCOPE_GROUP && x != &e->all.e ? (struct fc_group *)x : NULL;
    if (g != NULL && !g->day_known) fc_engine_sum_group_day(e, g);
}

void fc_engine_restored_others(struct fc_engine *e) {
    struct fc_agent *a;
    fc_engine_every_owner(e, begin_if_new, NULL);
    for (uint32_t at = 0; (a = fc_map_each(&e->agents, &at)) != NULL;) fc_agent_restored(e, a);
    e->restoring = false;
    /* Nothing of this is new to the store. */
    for (uint32_t i = 0; i < e->store.n; i++) ((struct fc_entity *)e->store.at[i])->in_store_list = false;
    e->store.n = 0;
    e->sources_to_store = e->marks_to_store = e->meta_to_store = false;
    for (uint32_t i = 0; i < e->groups.n; i++) {
        struct fc_group *g = e->groups.at[i];
        if (!g->day_known) fc_engine_touch(e, &g->e);
    }
    fc_engine_touch_behind(e);
    struct fc_engine_counters *k = &e->counters;
    *k = (struct fc_engine_counters){.contacts = k->contacts, .waiting = k->waiting, .queues = k->queues, .agents = k->agents};
    fc_seen_advance(e->surveys, e->now_us); /* what it hears before the next second is not from beyond its time */
    fc_engine_publish_all(e);
}

/* The stored counts may be those of another window. */
void fc_engine_restored_customers(struct fc_engine *e, struct fc_chains *part) {
    fc_chains_loaded(e->chains, part);
    fc_chains_configure(e->chains, e->rules->fcr_window_us, e->rules->late_us);
}

void fc_engine_restored(struct fc_engine *e) {
    fc_engine_restored_others(e);
    fc_engine_restored_customers(e, NULL);
}
