/* checkpoint -- what changed since the last one, as records; restore.c is the way back. Every value is a msgpack array that
 * begins with its format version; every record stands alone.
 *
 *   key             value after the version
 *   'm'             now_us
 *   'g' | 'q' NAME  day_start_us, day_end_us, settled_us, [channel, tally of the day, ..], names of a group's queues (`all`, a queue: none)
 *   'a' NAME        label, reason, first_us, said, said_us, day_start_us, day_end_us, settled_us, [channel, tally of the day, ..],
 *                   timeline, [queue, [ts_us, joined, ..], ..]
 *   'c' ID          queue|nil, agent|nil, source|nil, listed, offered_us, answered_us, left_us, ended_us, wrapped_us, disposed_us, told_us,
 *                   threshold_us, short_us, over_us, channel, left, by, outcome, cause, told, root, breached, presumed, customer|nil,
 *                   [ts_us, kind, agent|nil, ..], [ts_us, queue|nil, agent|nil, present, csat, nps, resolved, rater, assess, ..],
 *                   [customer|nil, topic|nil, lang|nil, root|nil, priority]|nil as its offer said (absent in older records)
 *   's' NAME        epoch, down, beats, since_us, heard_us, gaps, gap_us, gap_reason, snapshot, snapshot_us, silent, via|nil (absent in older records)
 *   'o' SECOND PART [ts_us, value, sign, count, sum, queue|nil, agent|nil, channel] for each fact; SECOND u64, PART u16, big endian
 *   'k' KEY         a customer's chains (chains.h);  'x' CASE  a complaint (cases.h);  'w' KEY  surveys seen (seen.h)
 * Intervals (merged, not replaced): SCOPE RES CHANNEL NAME 0 START, see interval.h.
 * Contacts that are over, in a table of their own: card.h.
 * Everything else (gauges, agents' states, rolling windows) follows from these and is worked out again.
 */
#include "records.h"

#include "interval.h"

#include <stdlib.h>

#define FACTS_PER_PART 800

struct out {
    struct fc_engine *e;
    struct fc_record_block *block;
    struct fc_record_block *(*take)(void *ctx);
    void (*give)(void *ctx, struct fc_record_block *b);
    void *ctx;
};

static void record(struct out *o, enum fc_record_op op, struct fc_str key, struct fc_str value) {
    if (fc_record_append(o->block, op, key, value)) return;
    o->give(o->ctx, o->block);
    o->block = o->take(o->ctx);
    FC_ASSERT(fc_record_append(o->block, op, key, value));
}

static struct fc_str key_of(char *buf, char kind, struct fc_str name) {
    buf[0] = kind;
    if (name.n > 0) memcpy(buf + 1, name.p, name.n);
    return fc_str_n(buf, name.n + 1u);
}

static void begin(struct fc_engine *e, struct fc_mpw *w, size_t elements) {
    fc_mpw_init(w, e->scratch, FC_RECORD_BLOCK_BYTES - FC_RECORD_KEY_MAX - 16);
    fc_mpw_array(w, 1 + elements);
    fc_mpw_int(w, FC_RECORD_VERSION);
}

static void put(struct out *o, char kind, struct fc_str name, const struct fc_mpw *w) {
    char key[FC_RECORD_KEY_MAX];
    FC_ASSERT(!w->overflow);
    record(o, FC_RECORD_PUT, key_of(key, kind, name), fc_str_n((const char *)w->buf, w->len));
}

static void write_opt(struct fc_mpw *w, const struct fc_str *name) {
    if (name != NULL) fc_mpw_str(w, *name);
    else fc_mpw_nil(w);
}

/* ---- out ------------------------------------------------------------------------------------------------------- */

static void save_meta(struct out *o) {
    struct fc_mpw w;
    begin(o->e, &w, 1);
    fc_mpw_int(&w, o->e->now_us);
    put(o, 'm', (struct fc_str){0}, &w);
}

static bool is_kept(const struct fc_engine *e, int64_t minute_us, int minutes) {
    int64_t days = minutes == 1 ? e->rules->minutes_days : e->rules->quarters_days;
    return minute_us >= e->now_us - days * 1440 * FC_MINUTE_US;
}

struct minute_of { /* whose pending minutes are written */
    struct out *out;
    const struct fc_entity *x;
    uint8_t channel; /* as stored */
};

static void save_minute(void *ctx, int64_t minute_us, const struct fc_delta *delta) {
    const struct minute_of *m = ctx;
    struct out *o = m->out;
    char key[FC_RECORD_KEY_MAX];
    struct fc_mpw w;
    if (fc_delta_empty(delta)) return;
    fc_mpw_init(&w, o->e->scratch, FC_TALLY_BYTES_MAX);
    fc_delta_encode(&w, delta);
    FC_ASSERT(!w.overflow);
    for (int r = 0; r < FC_INTERVAL_RESOLUTIONS; r++) {
        int minutes = fc_interval_resolutions[r];
        if (!is_kept(o->e, minute_us, minutes)) continue; /* what it would correct is deleted already */
        size_t n = fc_interval_key(key, m->x->scope, minutes, m->channel, m->x->name, fc_interval_start(minute_us, minutes));
        record(o, FC_RECORD_MERGE, fc_str_n(key, n), fc_str_n((const char *)w.buf, w.len));
    }
}

static void save_intervals(struct out *o, struct fc_entity *x) {
    for (uint8_t ch = 0; ch < FC_CELLS; ch++) {
        struct minute_of m = {o, x, ch == FC_CHANNEL_PLAIN ? FC_INTERVAL_PLAIN : ch};
        if (x->cells[ch] != NULL) fc_series_take_pending(&x->cells[ch]->series, &o->e->minute, save_minute, &m);
    }
}

static void write_day(struct fc_engine *e, struct fc_mpw *w, const struct fc_entity *x) {
    size_t cells = 0;
    for (int ch = 0; ch < FC_CELLS; ch++) cells += x->cells[ch] != NULL;
    fc_mpw_int(w, x->day_start_us);
    fc_mpw_int(w, x->day_end_us);
    fc_mpw_int(w, x->levels.settled_us);
    fc_mpw_array(w, 2 * cells);
    for (int ch = 0; ch < FC_CELLS; ch++) {
        if (x->cells[ch] == NULL) continue;
        fc_mpw_int(w, ch);
        fc_tally_clear(&e->merged);
        fc_series_add_to(&x->cells[ch]->series, FC_STRETCH_DAY, &e->merged);
        fc_tally_encode(w, &e->merged);
    }
}

static void write_memberships(struct fc_mpw *w, const struct fc_agent *a) {
    fc_mpw_array(w, 2 * (size_t)a->queues_n);
    for (uint32_t i = 0; i < a->queues_n; i++) {
        const struct fc_membership *m = &a->queues[i];
        fc_mpw_str(w, m->queue->e.name);
        fc_mpw_array(w, 2 * (size_t)m->marks_n);
        for (uint32_t k = 0; k < m->marks_n; k++) {
            fc_mpw_int(w, m->marks[k].ts_us);
            fc_mpw_bool(w, m->marks[k].joined);
        }
    }
}

static void save_agent(struct out *o, const struct fc_agent *a) {
    struct fc_mpw w;
    begin(o->e, &w, 11);
    fc_mpw_str(&w, a->label);
    fc_mpw_str(&w, a->reason);
    fc_mpw_int(&w, a->first_us);
    fc_mpw_int(&w, a->said);
    fc_mpw_int(&w, a->said_us);
    write_day(o->e, &w, &a->e);
    fc_timeline_encode(&a->line, &w);
    write_memberships(&w, a);
    put(o, 'a', a->e.name, &w);
}

static void save_entity(struct out *o, struct fc_entity *x) {
    const struct fc_group *g = x->scope == FC_SCOPE_GROUP ? (const struct fc_group *)x : NULL;
    fc_engine_settle(o->e, x);
    save_intervals(o, x);
    if (x->scope == FC_SCOPE_AGENT) {
        save_agent(o, (const struct fc_agent *)x);
        return;
    }
    struct fc_mpw w;
    uint32_t queues = g == NULL || g->rules == NULL ? 0 : g->rules->queues_n;
    begin(o->e, &w, 5);
    write_day(o->e, &w, x);
    fc_mpw_array(&w, queues);
    for (uint32_t i = 0; i < queues; i++) fc_mpw_key(&w, g->rules->queues[i]);
    put(o, g == NULL ? 'q' : 'g', x->name, &w);
}

static void write_marks(struct fc_mpw *w, const struct fc_contact *c) {
    fc_mpw_array(w, 3 * (size_t)c->marks_n);
    for (uint32_t i = 0; i < c->marks_n; i++) {
        fc_mpw_int(w, c->marks[i].ts_us);
        fc_mpw_int(w, c->marks[i].kind);
        write_opt(w, c->marks[i].agent == NULL ? NULL : &c->marks[i].agent->e.name);
    }
}

static void write_scores(struct fc_mpw *w, const uint8_t *scores, size_t n) {
    fc_mpw_array(w, n);
    for (size_t i = 0; i < n; i++) fc_mpw_int(w, scores[i]);
}

static void write_surveys(struct fc_mpw *w, const struct fc_contact *c) {
    fc_mpw_array(w, 9 * (size_t)c->surveys_n);
    for (uint32_t i = 0; i < c->surveys_n; i++) {
        const struct fc_contact_survey *s = &c->surveys[i];
        fc_mpw_int(w, s->ts_us);
        write_opt(w, s->queue == NULL ? NULL : &s->queue->e.name);
        write_opt(w, s->agent == NULL ? NULL : &s->agent->e.name);
        fc_mpw_int(w, (int64_t)s->present);
        fc_mpw_int(w, s->csat);
        fc_mpw_int(w, s->nps);
        fc_mpw_bool(w, s->resolved);
        write_scores(w, s->rater, sizeof s->rater);
        write_scores(w, s->assess, sizeof s->assess);
    }
}

static void write_text(struct fc_mpw *w, struct fc_str text) { write_opt(w, text.n > 0 ? &text : NULL); }

static void write_said(struct fc_mpw *w, const struct fc_contact *c) {
    struct fc_card card;
    if (c->said.text == NULL && c->said.priority < 0) {
        fc_mpw_nil(w);
        return;
    }
    fc_contact_said_of(c, &card);
    fc_mpw_array(w, 5);
    write_text(w, card.customer);
    write_text(w, card.topic);
    write_text(w, card.lang);
    write_text(w, card.root);
    fc_mpw_int(w, card.priority);
}

/* Among those that are over, and away from where it was as long as other things were known of it. */
static void file_contact(struct out *o, struct fc_contact *c) {
    struct fc_filed was = c->filed, is = fc_contact_filing(o->e, c);
    char key[FC_CARD_KEY];
    struct fc_mpw w;
    struct fc_card card;
    if (was.over_us != 0 && (was.over_us != is.over_us || was.kind != is.kind)) {
        fc_card_key(key, (enum fc_card_kind)was.kind, was.over_us, fc_contact_hash(c));
        record(o, FC_RECORD_UNFILE, fc_str_n(key, sizeof key), (struct fc_str){0});
    }
    c->filed = is;
    if (is.over_us == 0) return;
    fc_contact_card(c, &card);
    fc_mpw_init(&w, o->e->scratch, FC_CARD_BYTES_MAX);
    fc_card_encode(&w, &card);
    FC_ASSERT(!w.overflow);
    fc_card_key(key, card.kind, card.over_us, fc_contact_hash(c));
    record(o, FC_RECORD_FILE, fc_str_n(key, sizeof key), fc_str_n((const char *)w.buf, w.len));
}

static void save_contact(struct out *o, struct fc_contact *c) {
    struct fc_mpw w;
    begin(o->e, &w, FC_CONTACT_ELEMENTS + 1);
    write_opt(&w, c->queue == NULL ? NULL : &c->queue->e.name);
    write_opt(&w, c->agent == NULL ? NULL : &c->agent->e.name);
    write_opt(&w, c->source == NULL ? NULL : &c->source->name);
    fc_mpw_int(&w, (int64_t)c->listed);
    for (int i = 0; i < FC_CONTACT_TIMES; i++) fc_mpw_int(&w, *fc_contact_time(c, i));
    for (int i = 0; i < FC_CONTACT_WORDS; i++) fc_mpw_int(&w, *fc_contact_word(c, i));
    fc_mpw_int(&w, (int64_t)c->root);
    fc_mpw_bool(&w, c->breached);
    fc_mpw_bool(&w, c->presumed);
    struct fc_str customer = fc_str_n((const char *)c->customer.b, sizeof c->customer.b);
    write_opt(&w, c->has_customer ? &customer : NULL);
    write_marks(&w, c);
    write_surveys(&w, c);
    write_said(&w, c);
    put(o, 'c', c->id, &w);
    file_contact(o, c);
    c->to_store = false;
    c->stored = true;
}

static void save_source(struct out *o, struct fc_source_state_of *s) {
    struct fc_mpw w;
    begin(o->e, &w, 12);
    fc_mpw_key(&w, s->epoch);
    fc_mpw_bool(&w, s->down);
    fc_mpw_bool(&w, s->beats);
    fc_mpw_int(&w, s->since_us);
    fc_mpw_int(&w, s->heard_us);
    fc_mpw_int(&w, s->gaps);
    fc_mpw_int(&w, s->gap_us);
    fc_mpw_key(&w, s->gap_reason);
    fc_mpw_int(&w, (int64_t)s->snapshot);
    fc_mpw_int(&w, s->snapshot_us);
    fc_mpw_bool(&w, s->silent);
    write_opt(&w, s->via == NULL ? NULL : &s->via->name);
    put(o, 's', s->name, &w);
    s->to_store = false;
}

static size_t second_key(char *key, int64_t second, uint32_t part) {
    key[0] = 'o';
    for (int i = 0; i < 8; i++) key[1 + i] = (char)(second >> (56 - 8 * i));
    key[9] = (char)(part >> 8);
    key[10] = (char)part;
    return 11;
}

static void delete_parts(struct out *o, int64_t second, uint32_t from, uint32_t to) {
    char key[16];
    for (uint32_t part = from; part < to; part++)
        record(o, FC_RECORD_DELETE, fc_str_n(key, second_key(key, second, part)), (struct fc_str){0});
}

static void save_part(struct out *o, const struct fc_second *s, uint32_t part) {
    uint32_t from = part * FACTS_PER_PART, n = s->n - from < FACTS_PER_PART ? s->n - from : FACTS_PER_PART;
    struct fc_mpw w;
    char key[16];
    begin(o->e, &w, n);
    for (uint32_t i = from; i < from + n; i++) {
        const struct fc_logged l = fc_rolling_at(s, i);
        const int64_t v[] = {l.fact.ts_us, l.fact.value, l.fact.sign, l.fact.count, l.fact.sum};
        fc_mpw_array(&w, 8);
        for (size_t k = 0; k < sizeof v / sizeof *v; k++) fc_mpw_int(&w, v[k]);
        write_opt(&w, l.place.queue == NULL ? NULL : &l.place.queue->e.name);
        write_opt(&w, l.place.agent == NULL ? NULL : &l.place.agent->e.name);
        fc_mpw_int(&w, l.place.channel);
    }
    FC_ASSERT(!w.overflow); /* 800 facts of the longest names are 300 bytes each: fits the block */
    record(o, FC_RECORD_PUT, fc_str_n(key, second_key(key, s->second, part)), fc_str_n((const char *)w.buf, w.len));
}

static void save_seconds(struct out *o) {
    struct fc_rolling *r = &o->e->rolling;
    for (uint32_t i = 0; i < r->stale_n; i++) delete_parts(o, r->stale[i].second, 0, r->stale[i].parts);
    r->stale_n = 0;
    for (uint32_t i = 0; i < r->dirty_n; i++) {
        struct fc_second *s = &r->ring[r->dirty[i]];
        if (!s->dirty) continue;
        uint32_t parts = (s->n + FACTS_PER_PART - 1) / FACTS_PER_PART;
        for (uint32_t part = 0; part < parts; part++) save_part(o, s, part);
        delete_parts(o, s->second, parts, s->parts);
        s->parts = parts;
        s->dirty = false;
    }
    r->dirty_n = 0;
}

static void save_lists(struct out *o) {
    struct fc_engine *e = o->e;
    uint32_t again = 0; /* those whose time is to be entered next time */
    for (uint32_t i = 0; i < e->store.n; i++) {
        struct fc_entity *x = e->store.at[i];
        save_entity(o, x); /* settling it may touch it again */
        x->in_store_list = x->behind;
        if (x->behind) e->store.at[again++] = x;
        x->behind = false;
    }
    for (uint32_t i = 0; i < e->contacts_store.n; i++) save_contact(o, e->contacts_store.at[i]);
    for (uint32_t i = 0; i < e->forgotten.n; i++) {
        char key[FC_RECORD_KEY_MAX];
        struct fc_str *id = e->forgotten.at[i];
        if (fc_map_find(&e->contacts, *id) == NULL) record(o, FC_RECORD_DELETE, key_of(key, 'c', *id), (struct fc_str){0});
        free(id);
    }
    for (uint32_t i = 0; i < e->groups_gone.n; i++) {
        char key[FC_RECORD_KEY_MAX];
        struct fc_str *name = e->groups_gone.at[i];
        if (fc_engine_group(e, *name) == NULL) record(o, FC_RECORD_DELETE, key_of(key, 'g', *name), (struct fc_str){0});
        free(name);
    }
    e->store.n = again;
    e->contacts_store.n = e->forgotten.n = e->groups_gone.n = 0;
}

static void save_marks(struct out *o) {
    struct fc_applied *m;
    for (uint32_t at = 0; (m = fc_map_each(&o->e->marks, &at)) != NULL;) {
        if (!m->to_store) continue;
        uint8_t next[8];
        for (int i = 0; i < 8; i++) next[i] = (uint8_t)(m->next >> (8 * i));
        record(o, FC_RECORD_MARK, m->spool, fc_str_n((const char *)next, sizeof next));
        m->to_store = false;
    }
}

/* ---- records of the modules ---------------------------------------------------------------------------------------- */

struct module_out {
    struct out *o;
    char kind;
};

static void module_put(void *ctx, struct fc_str key, struct fc_str value) {
    const struct module_out *m = ctx;
    char buf[FC_RECORD_KEY_MAX];
    record(m->o, FC_RECORD_PUT, key_of(buf, m->kind, key), value);
}

static void module_gone(void *ctx, struct fc_str key) {
    const struct module_out *m = ctx;
    char buf[FC_RECORD_KEY_MAX];
    record(m->o, FC_RECORD_DELETE, key_of(buf, m->kind, key), (struct fc_str){0});
}

static struct fc_str chain_str(const struct fc_chain_key *key) { return fc_str_n((const char *)key->b, sizeof key->b); }

static void chain_put(void *ctx, struct fc_chain_key key, struct fc_str value) { module_put(ctx, chain_str(&key), value); }

static void chain_gone(void *ctx, struct fc_chain_key key) { module_gone(ctx, chain_str(&key)); }

/* What came of a contact that was lost, for whoever would call back; deleted where it turned out otherwise. */
static void chain_lost(void *ctx, uint64_t contact, int64_t over_us, int64_t returned_us) {
    const struct module_out *m = ctx;
    char key[FC_CARD_KEY];
    uint8_t bytes[32];
    struct fc_mpw w;
    if (!fc_contact_is_filed_at(m->o->e, over_us)) return;
    fc_card_key_returned(key, over_us, contact);
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_card_encode_returned(&w, returned_us);
    if (returned_us == 0) record(m->o, FC_RECORD_UNFILE, fc_str_n(key, sizeof key), (struct fc_str){0});
    else record(m->o, FC_RECORD_FILE, fc_str_n(key, sizeof key), fc_str_n((const char *)bytes, w.len));
}

static void save_modules(struct out *o) {
    struct fc_engine *e = o->e;
    struct module_out chains = {o, 'k'};
    fc_chains_save(e->chains, &(struct fc_chains_store){chain_put, chain_gone, chain_lost, &chains});
    fc_cases_save(e->cases, module_put, module_gone, &(struct module_out){o, 'x'});
    fc_seen_save(e->surveys, module_put, module_gone, &(struct module_out){o, 'w'});
}

bool fc_engine_dirty(const struct fc_engine *e) {
    return e->store.n > 0 || e->contacts_store.n > 0 || e->forgotten.n > 0 || e->groups_gone.n > 0 || e->sources_to_store || e->marks_to_store || e->meta_to_store ||
           fc_chains_dirty(e->chains) || fc_cases_dirty(e->cases) || fc_seen_dirty(e->surveys);
}

void fc_engine_checkpoint(struct fc_engine *e, struct fc_record_block *(*take)(void *ctx), void (*give)(void *ctx, struct fc_record_block *b), void *ctx) {
    struct out o = {.e = e, .take = take, .give = give, .ctx = ctx, .block = take(ctx)};
    struct fc_source_state_of *s;
    save_meta(&o);
    save_lists(&o);
    for (uint32_t at = 0; (s = fc_map_each(&e->sources, &at)) != NULL;)
        if (s->to_store) save_source(&o, s);
    save_modules(&o);
    save_seconds(&o);
    save_marks(&o);
    e->sources_to_store = e->marks_to_store = e->meta_to_store = false;
    o.block->last = true;
    give(ctx, o.block);
    e->counters.checkpoints++;
}

