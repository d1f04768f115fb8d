/* checkpoint -- what changed since the last one, as records; and the way back. Every value is a msgpack array that begins
 * with its format version; every record stands alone.
 *
 *   key             value after the version
 *   'm'             now_us, day_start_us, day_end_us
 *   'g' | 'q' NAME  tally of the day                                                (the floor; a queue)
 *   'a' NAME        label, base, parted_all, reason, since_us, alert id|nil, [queues], tally of the day
 *   'c' ID          state, queue, agent|nil, source|nil, listed, breached_us, offered_us, answered_us, over_us, held_us, hold_us, talk_us,
 *                   on_hold, wrapped
 *   's' NAME        epoch, down, beats, since_us, heard_us, gaps, gap_us, gap_reason, snapshot, snapshot_us, silent
 *   'o' SECOND PART [ts_us, value, sign, count, sum, queue, agent|nil] for each fact; SECOND u64, PART u16, big endian
 * Intervals (merged, not replaced): SCOPE RES CHANNEL NAME 0 START, see interval.h.
 * Everything else (gauges, agent counts, rolling windows) follows from these and is worked out again.
 */
#include "engine_internal.h"

#include "interval.h"

#include <stdlib.h>

#define STORED_VERSION 2
#define FACTS_PER_PART 1000

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
    fc_mpw_int(w, STORED_VERSION);
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
    begin(o->e, &w, 3);
    fc_mpw_int(&w, o->e->now_us);
    fc_mpw_int(&w, o->e->day_start_us);
    fc_mpw_int(&w, o->e->day_end_us);
    put(o, 'm', (struct fc_str){0}, &w);
}

static void save_intervals(struct out *o, struct fc_entity *x) {
    char key[FC_RECORD_KEY_MAX];
    for (uint32_t i = 0; i < x->series.pending_n; i++) {
        const struct fc_pending *p = &x->series.pending[i];
        if (fc_tally_empty(&p->tally)) continue;
        struct fc_mpw w;
        fc_mpw_init(&w, o->e->scratch, FC_TALLY_BYTES_MAX);
        fc_tally_encode(&w, &p->tally);
        FC_ASSERT(!w.overflow);
        for (int r = 0; r < FC_INTERVAL_RESOLUTIONS; r++) {
            int minutes = fc_interval_resolutions[r];
            size_t n = fc_interval_key(key, x->scope, minutes, FC_INTERVAL_PLAIN, x->name, fc_interval_start(p->minute_us, minutes));
            record(o, FC_RECORD_MERGE, fc_str_n(key, n), fc_str_n((const char *)w.buf, w.len));
        }
    }
    fc_series_pending_clear(&x->series);
}

static void save_agent(struct out *o, const struct fc_agent *a) {
    struct fc_mpw w;
    begin(o->e, &w, 8);
    fc_mpw_str(&w, a->label);
    fc_mpw_int(&w, a->base);
    fc_mpw_bool(&w, a->parted_all);
    fc_mpw_str(&w, a->reason);
    fc_mpw_int(&w, a->since_us);
    write_opt(&w, a->alert == NULL ? NULL : &a->alert->id);
    fc_mpw_array(&w, a->queues_n);
    for (uint32_t i = 0; i < a->queues_n; i++) fc_mpw_str(&w, a->queues[i]->e.name);
    fc_tally_encode(&w, &a->e.series.day);
    put(o, 'a', a->e.name, &w);
}

static void save_entity(struct out *o, struct fc_entity *x) {
    save_intervals(o, x);
    if (x->scope == FC_SCOPE_AGENT) {
        save_agent(o, (const struct fc_agent *)x);
        return;
    }
    struct fc_mpw w;
    begin(o->e, &w, 1);
    fc_tally_encode(&w, &x->series.day);
    if (x->scope == FC_SCOPE_GROUP) put(o, 'g', (struct fc_str){0}, &w);
    else put(o, 'q', x->name, &w);
}

static void save_contact(struct out *o, struct fc_contact *c) {
    struct fc_mpw w;
    begin(o->e, &w, 14);
    fc_mpw_int(&w, c->state);
    fc_mpw_str(&w, c->queue->e.name);
    write_opt(&w, c->agent == NULL ? NULL : &c->agent->e.name);
    write_opt(&w, c->source == NULL ? NULL : &c->source->name);
    fc_mpw_int(&w, (int64_t)c->listed);
    const int64_t times[] = {c->breached_us, c->offered_us, c->answered_us, c->over_us, c->held_us, c->hold_us, c->talk_us};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) fc_mpw_int(&w, times[i]);
    fc_mpw_bool(&w, c->on_hold);
    fc_mpw_bool(&w, c->wrapped);
    put(o, 'c', c->id, &w);
    c->to_store = false;
    c->stored = true;
}

static void save_source(struct out *o, struct fc_source_state_of *s) {
    struct fc_mpw w;
    begin(o->e, &w, 11);
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
        const struct fc_logged *l = &s->facts[i];
        const int64_t v[] = {l->fact.ts_us, l->fact.value, l->fact.sign, l->fact.count, l->fact.sum};
        fc_mpw_array(&w, 7);
        for (size_t k = 0; k < sizeof v / sizeof *v; k++) fc_mpw_int(&w, v[k]);
        fc_mpw_str(&w, l->queue->name);
        write_opt(&w, l->agent == NULL ? NULL : &l->agent->name);
    }
    FC_ASSERT(!w.overflow); /* 1000 facts of the longest names are 256 bytes each: fits the block */
    record(o, FC_RECORD_PUT, fc_str_n(key, second_key(key, s->second, part)), fc_str_n((const char *)w.buf, w.len));
}

static void save_seconds(struct out *o) {
    struct fc_rolling *r = &o->e->rolling;
    for (uint32_t i = 0; i < r->stale_n; i++) delete_parts(o, r->stale[i].second, 0, r->stale[i].parts);
    r->stale_n = 0;
    for (int i = 0; i < FC_ROLLING_SECONDS; i++) {
        struct fc_second *s = &r->ring[i];
        if (!s->dirty) continue;
        uint32_t parts = (s->n + FACTS_PER_PART - 1) / FACTS_PER_PART;
        for (uint32_t part = 0; part < parts; part++) save_part(o, s, part);
        delete_parts(o, s->second, parts, s->parts);
        s->parts = parts;
        s->dirty = false;
    }
}

static void save_lists(struct out *o) {
    struct fc_engine *e = o->e;
    for (uint32_t i = 0; i < e->store.n; i++) {
        struct fc_entity *x = e->store.at[i];
        x->to_store = x->in_store_list = false;
        save_entity(o, x);
    }
    for (uint32_t i = 0; i < e->contacts_store.n; i++) save_contact(o, e->contacts_store.at[i]);
    for (uint32_t i = 0; i < e->forgotten.n; i++) {
        char key[FC_RECORD_KEY_MAX];
        struct fc_str *id = e->forgotten.at[i];
        if (fc_map_find(&e->contacts, *id) == NULL) record(o, FC_RECORD_DELETE, key_of(key, 'c', *id), (struct fc_str){0});
        free(id);
    }
    e->store.n = e->contacts_store.n = e->forgotten.n = 0;
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

bool fc_engine_dirty(const struct fc_engine *e) {
    return e->store.n > 0 || e->contacts_store.n > 0 || e->forgotten.n > 0 || e->sources_to_store || e->marks_to_store || e->meta_to_store;
}

void fc_engine_checkpoint(struct fc_engine *e, struct fc_record_block *(*take)(void *ctx), void (*give)(void *ctx, struct fc_record_block *b), void *ctx) {
    struct out o = {.e = e, .take = take, .give = give, .ctx = ctx, .block = take(ctx)};
    struct fc_source_state_of *s;
    save_meta(&o);
    save_lists(&o);
    for (uint32_t at = 0; (s = fc_map_each(&e->sources, &at)) != NULL;)
        if (s->to_store) save_source(&o, s);
    save_seconds(&o);
    save_marks(&o);
    e->sources_to_store = e->marks_to_store = e->meta_to_store = false;
    o.block->last = true;
    give(ctx, o.block);
    e->counters.checkpoints++;
}

/* ---- back ------------------------------------------------------------------------------------------------------ */

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

static struct fc_str get_opt(struct in *in) {
    if (in->ok && fc_mp_nil(&in->mp)) return (struct fc_str){0};
    return get_str(in);
}

static void get_tally(struct in *in, struct fc_tally *t) { in->ok = in->ok && fc_tally_decode(&in->mp, t, NULL) == FC_OK; }

static void load_meta(struct in *in) {
    struct fc_engine *e = in->e;
    e->now_us = get_int(in);
    e->day_start_us = get_int(in);
    e->day_end_us = get_int(in);
    fc_rolling_advance(&e->rolling, e->now_us / FC_SECOND_US, NULL, NULL);
}

static void load_agent(struct in *in, struct fc_str name) {
    struct fc_agent *a = fc_engine_agent(in->e, name, 1);
    fc_agent_label(in->e, a, get_str(in));
    int64_t base = get_int(in);
    in->ok = in->ok && base >= 0 && base < FC_AGENT_STATE_COUNT;
    if (!in->ok) return;
    a->base = (enum fc_agent_state)base;
    a->parted_all = get_bool(in);
    fc_str_replace(&a->reason, get_str(in));
    a->since_us = get_int(in);
    struct fc_str alert = get_opt(in);
    uint32_t n = 0;
    in->ok = in->ok && fc_mp_array(&in->mp, &n);
    for (uint32_t i = 0; in->ok && i < n; i++) fc_agent_join(in->e, a, fc_engine_queue(in->e, get_str(in)));
    get_tally(in, &a->e.series.day);
    if (!in->ok || alert.n == 0) return;
    struct fc_str *id = malloc(sizeof *id);
    FC_ASSERT(id != NULL);
    *id = fc_str_own(alert);
    fc_list_push(&in->e->to_alert, a);
    fc_list_push(&in->e->to_alert, id);
}

static void load_contact(struct in *in, struct fc_str id) {
    struct fc_engine *e = in->e;
    if (id.n > FC_ID_MAX || fc_map_find(&e->contacts, id) != NULL) {
        in->ok = false;
        return;
    }
    struct fc_contact *c = fc_contact_new(e, id);
    int64_t state = get_int(in);
    struct fc_str queue = get_str(in), agent = get_opt(in), source = get_opt(in);
    c->listed = (uint64_t)get_int(in);
    int64_t *const times[] = {&c->breached_us, &c->offered_us, &c->answered_us, &c->over_us, &c->held_us, &c->hold_us, &c->talk_us};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) *times[i] = get_int(in);
    c->on_hold = get_bool(in);
    c->wrapped = get_bool(in);
    c->stored = true;
    in->ok = in->ok && state >= CONTACT_WAITING && state <= CONTACT_OVER && queue.n > 0 && (state != CONTACT_TALKING || agent.n > 0);
    if (!in->ok) return;
    c->state = (enum fc_contact_state)state;
    c->queue = fc_engine_queue(e, queue);
    if (agent.n > 0) c->agent = fc_engine_agent(e, agent, 1);
    if (source.n > 0) c->source = fc_feed_source(e, source);
    if (c->state == CONTACT_WAITING) fc_contact_link_waiting(e, c);
    if (c->state == CONTACT_OVER) fc_contact_link_over(e, c);
    if (c->state != CONTACT_TALKING) return;
    c->agent->talking++;
    c->agent->held += c->on_hold;
    c->agent->talk = c;
}

static void load_source(struct in *in, struct fc_str name) {
    struct fc_source_state_of *s = fc_feed_source(in->e, name);
    (void)fc_str_copy(s->epoch, sizeof s->epoch, get_str(in));
    s->down = get_bool(in);
    s->beats = get_bool(in);
    s->since_us = get_int(in);
    s->heard_us = get_int(in);
    s->gaps = get_int(in);
    s->gap_us = get_int(in);
    (void)fc_str_copy(s->gap_reason, sizeof s->gap_reason, get_str(in));
    s->snapshot = (uint64_t)get_int(in);
    s->snapshot_us = get_int(in);
    s->silent = get_bool(in);
    if (!s->silent) s->heard_us = 0; /* it could not be heard while this program was down */
}

static bool is_count(int64_t v) { return (v >= 0 && v < FC_TALLY_COUNT_ALL) || v == FC_TALLY_NONE; }

static void load_fact(struct in *in) {
    uint32_t n = 0;
    in->ok = in->ok && fc_mp_array(&in->mp, &n) && n == 7;
    struct fc_logged l = {0};
    l.fact.ts_us = get_int(in);
    l.fact.value = get_int(in);
    int64_t sign = get_int(in), count = get_int(in), sum = get_int(in);
    struct fc_str queue = get_str(in), agent = get_opt(in);
    in->ok = in->ok && (sign == 1 || sign == -1) && is_count(count) && is_count(sum) && queue.n > 0;
    if (!in->ok) return;
    l.fact.sign = (int8_t)sign;
    l.fact.count = (uint8_t)count;
    l.fact.sum = (uint8_t)sum;
    l.queue = &fc_engine_queue(in->e, queue)->e;
    if (agent.n > 0) l.agent = &fc_engine_agent(in->e, agent, 1)->e;
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

static void load(struct in *in, char kind, struct fc_str name) {
    switch (kind) {
    case 'm': load_meta(in); break;
    case 'g': get_tally(in, &in->e->all.e.series.day); break;
    case 'q': get_tally(in, &fc_engine_queue(in->e, name)->e.series.day); break;
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
    in.ok = key.n > 0 && fc_mp_array(&in.mp, &in.left) && in.left > 0 && fc_mp_i64(&in.mp, &version) && version == STORED_VERSION;
    in.left--;
    if (in.ok) load(&in, key.p[0], fc_str_n(key.p + 1, key.n - 1));
    if (in.ok) return FC_OK;
    return fc_fail(err, FC_INVALID, "stored record '%c' %.*s: byte %zu is not as version %d writes it", key.n > 0 && key.p[0] > ' ' ? key.p[0] : '?',
                   key.n > 0 && key.p[0] != 'o' ? (int)key.n - 1 : 0, key.p + 1, fc_mp_offset(&in.mp), STORED_VERSION);
}

void fc_engine_restored(struct fc_engine *e) {
    for (uint32_t i = 0; i < e->to_alert.n; i += 2) {
        struct fc_agent *a = e->to_alert.at[i];
        struct fc_str *id = e->to_alert.at[i + 1];
        struct fc_contact *c = fc_map_find(&e->contacts, *id);
        int64_t since_us = a->since_us;
        if (c != NULL && c->state == CONTACT_WAITING) fc_agent_alert(e, a, c, since_us);
        a->since_us = since_us;
        free((void *)(uintptr_t)id->p);
        free(id);
    }
    e->to_alert.n = 0;
    struct fc_agent *a;
    for (uint32_t at = 0; (a = fc_map_each(&e->agents, &at)) != NULL;) {
        int64_t since_us = a->since_us;
        fc_agent_settle(e, a, since_us);
        a->since_us = since_us;
    }
    /* Nothing of this is new to the store. */
    for (uint32_t i = 0; i < e->store.n; i++) {
        struct fc_entity *x = e->store.at[i];
        x->to_store = x->in_store_list = false;
    }
    e->store.n = 0;
    e->sources_to_store = e->marks_to_store = e->meta_to_store = false;
    struct fc_engine_counters *k = &e->counters;
    *k = (struct fc_engine_counters){.contacts = k->contacts, .waiting = k->waiting, .queues = k->queues, .agents = k->agents};
    fc_engine_publish_all(e);
}
