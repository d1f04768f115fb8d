/* chain_store -- chains to the store and back; the form is told in chains.h. */
#include "chains_internal.h"

#include <pthread.h>
#include <stdlib.h>

#define STORED_VERSION 2
#define ELEMENTS 8 /* of a visit */
#define VISIT_BYTES_MAX (5 * 9 + 2 * 5 + 2)
#define TIME_US_MAX (INT64_C(1) << 60) /* far beyond any event's; sums of two still fit */

/* Keys that begin with eleven zeros are no customers': of a hash that is one chance in 2^88. Then come what the record
 * is, and a number in big endian. */
enum kind { NOW, QUEUE, AGENT, CUSTOMER };
#define ZEROS 11

static enum kind kind_of(const struct fc_chain_key *key) {
    static const uint8_t zeros[ZEROS] = {0};
    return memcmp(key->b, zeros, ZEROS) == 0 && key->b[ZEROS] < CUSTOMER ? (enum kind)key->b[ZEROS] : CUSTOMER;
}

static uint32_t number_of(const struct fc_chain_key *key) {
    const uint8_t *p = key->b + ZEROS + 1;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static struct fc_chain_key key_for(enum kind kind, uint32_t number) {
    struct fc_chain_key key = {{0}};
    key.b[ZEROS] = (uint8_t)kind;
    for (uint32_t i = 0; i < 4; i++) key.b[ZEROS + 1 + i] = (uint8_t)(number >> (24 - 8 * i));
    return key;
}

struct fc_chain_key fc_chain_key_least(void) { return key_for(CUSTOMER, 0); }

/* ---- out ------------------------------------------------------------------------------------------------------- */

static void write_since(struct fc_mpw *w, int64_t us, int64_t offered_us) {
    if (us == 0) fc_mpw_nil(w);
    else fc_mpw_int(w, us - offered_us);
}

static void write_visit(struct fc_mpw *w, const struct fc_chain_visit *v) {
    fc_mpw_int(w, (int64_t)v->contact);
    if (v->root == v->contact) fc_mpw_nil(w);
    else fc_mpw_int(w, (int64_t)v->root);
    fc_mpw_int(w, v->offered_us);
    write_since(w, v->answered_us, v->offered_us);
    write_since(w, v->over_us, v->offered_us);
    fc_mpw_int(w, v->queue);
    fc_mpw_int(w, v->agent);
    fc_mpw_int(w, (int64_t)(v->channel | v->disposed << 3 | v->told << 5));
}

struct out {
    const struct fc_chains_store *to;
    uint8_t bytes[FC_CHAIN_VISITS_MAX * VISIT_BYTES_MAX + 16];
};

static void give(struct out *o, struct fc_chain_key key, const struct fc_mpw *w) {
    FC_ASSERT(!w->overflow);
    o->to->put(o->to->ctx, key, fc_str_n((const char *)w->buf, w->len));
}

static void save_names(struct out *o, enum kind kind, struct fc_chain_numbers *t) {
    for (; t->stored < t->n; t->stored++) {
        struct fc_mpw w;
        struct fc_str name;
        memcpy(&name, t->things[t->stored], sizeof name); /* queue and agent begin with it */
        fc_mpw_init(&w, o->bytes, sizeof o->bytes);
        fc_mpw_array(&w, 2);
        fc_mpw_int(&w, STORED_VERSION);
        fc_mpw_str(&w, name);
        give(o, key_for(kind, t->stored + 1), &w);
    }
}

static void save_record(struct out *o, struct fc_chain_record *rec) {
    struct fc_mpw w;
    fc_mpw_init(&w, o->bytes, sizeof o->bytes);
    fc_mpw_array(&w, 1u + ELEMENTS * (size_t)rec->n);
    fc_mpw_int(&w, STORED_VERSION);
    for (uint32_t i = 0; i < rec->n; i++) write_visit(&w, fc_chain_record_visit(rec, i));
    give(o, rec->key, &w);
    rec->flags |= FC_CHAIN_STORED;
}

static void save_now(struct out *o, const struct fc_chains *c) {
    struct fc_mpw w;
    fc_mpw_init(&w, o->bytes, sizeof o->bytes);
    fc_mpw_array(&w, 3);
    fc_mpw_int(&w, STORED_VERSION);
    fc_mpw_int(&w, c->now_us);
    fc_mpw_int(&w, c->window_us);
    give(o, key_for(NOW, 0), &w);
}

bool fc_chains_dirty(const struct fc_chains *c) { return c->changed_n > 0 || c->gone_n > 0 || c->moved; }

/* A customer has few visits, nearly always: each is held against all. */
int64_t fc_chain_returned_us(struct fc_chain_record *rec, const struct fc_chain_visit *lost) {
    int64_t first_us = 0;
    for (uint32_t i = 0; i < rec->n; i++) {
        const struct fc_chain_visit *v = fc_chain_record_visit(rec, i);
        bool later = v->offered_us > lost->over_us && v->root != lost->root;
        if (later && (first_us == 0 || v->offered_us < first_us)) first_us = v->offered_us;
    }
    return first_us;
}

static void tell_lost(const struct fc_chains_store *to, struct fc_chain_record *rec) {
    for (uint32_t i = 0; i < rec->n; i++) {
        const struct fc_chain_visit *v = fc_chain_record_visit(rec, i);
        if (v->answered_us == 0 && v->over_us != 0) to->lost(to->ctx, v->contact, v->over_us, fc_chain_returned_us(rec, v));
    }
}

void fc_chains_save(struct fc_chains *c, const struct fc_chains_store *to) {
    if (!fc_chains_dirty(c)) return;
    struct out *o = malloc(sizeof *o);
    FC_ASSERT(o != NULL);
    o->to = to;
    for (uint32_t i = 0; to->lost != NULL && i < c->returns_n; i++)
        to->lost(to->ctx, c->returns[i].contact, c->returns[i].over_us, c->returns[i].returned_us);
    c->returns_n = 0;
    for (uint32_t i = 0; i < c->gone_n; i++) to->gone(to->ctx, c->gone[i]);
    save_names(o, QUEUE, &c->queues);
    save_names(o, AGENT, &c->agents);
    for (uint32_t i = 0; i < c->changed_n; i++) {
        struct fc_chain_record *rec = fc_chain_record_at(&c->records, c->changed[i]);
        if ((rec->flags & FC_CHAIN_DIRTY) != 0) {
            save_record(o, rec);
            if (to->lost != NULL) tell_lost(to, rec);
        }
        rec->flags &= (uint8_t) ~(FC_CHAIN_DIRTY | FC_CHAIN_LISTED);
    }
    save_now(o, c);
    c->gone_n = c->changed_n = 0;
    c->moved = false;
    free(o);
}

/* ---- back ------------------------------------------------------------------------------------------------------ */

struct in {
    struct fc_chains *c;
    const struct fc_chains_resolver *resolver;
    struct fc_mp mp;
    uint32_t elements;
};

static bool read_time(struct fc_mp *mp, int64_t *us) { return fc_mp_i64(mp, us) && *us > 0 && *us < TIME_US_MAX; }

static bool read_since(struct fc_mp *mp, int64_t offered_us, int64_t *us) {
    int64_t since = 0;
    *us = 0;
    if (fc_mp_nil(mp)) return true;
    if (!fc_mp_i64(mp, &since) || since <= -TIME_US_MAX || since >= TIME_US_MAX) return false;
    *us = offered_us + since;
    return *us > 0 && *us < TIME_US_MAX;
}

static bool read_number(struct fc_mp *mp, const struct fc_chain_numbers *t, uint32_t *number) {
    int64_t v = 0;
    if (!fc_mp_i64(mp, &v) || v < 0 || v > t->n) return false;
    *number = (uint32_t)v;
    return true;
}

static bool read_visit(struct in *in, struct fc_chain_visit *v) {
    int64_t contact = 0, root = 0, bits = 0;
    uint32_t queue = 0, agent = 0;
    *v = (struct fc_chain_visit){0};
    if (!fc_mp_i64(&in->mp, &contact)) return false;
    if (fc_mp_nil(&in->mp)) root = contact;
    else if (!fc_mp_i64(&in->mp, &root)) return false;
    v->contact = (uint64_t)contact;
    v->root = (uint64_t)root;
    if (!read_time(&in->mp, &v->offered_us) || !read_since(&in->mp, v->offered_us, &v->answered_us) ||
        !read_since(&in->mp, v->offered_us, &v->over_us))
        return false;
    if (!read_number(&in->mp, &in->c->queues, &queue) || !read_number(&in->mp, &in->c->agents, &agent) ||
        !fc_mp_i64(&in->mp, &bits) || bits < 0 || bits > 127)
        return false;
    v->queue = queue & 0xfffffffu;
    v->agent = agent & 0xfffffffu;
    v->channel = (uint32_t)bits & 7u;
    v->disposed = (uint32_t)bits >> 3 & 3u;
    v->told = (uint32_t)bits >> 5 & 3u;
    return v->channel < FC_CHANNEL_COUNT && v->disposed <= FC_VERDICT_NO && v->told <= FC_VERDICT_NO;
}

/* Numbers come without a gap, and each with a name of its own. */
static bool load_name(struct in *in, enum kind kind, uint32_t number) {
    struct fc_chain_numbers *t = kind == QUEUE ? &in->c->queues : &in->c->agents;
    const struct fc_chains_resolver *to = in->resolver;
    struct fc_str name = {0};
    if (to == NULL || in->elements != 1 || !fc_mp_str(&in->mp, &name)) return false;
    if (name.n == 0 || name.n > FC_ID_MAX) return false;
    if (fc_mp_left(&in->mp) != 0 || number != t->n + 1 || number > FC_CHAIN_NUMBER_MAX) return false;
    void *thing = kind == QUEUE ? (void *)to->queue(to->ctx, name) : (void *)to->agent(to->ctx, name);
    if (fc_chain_number(t, thing) != number) return false;
    t->stored = number;
    return true;
}

static bool load_record(struct in *in, struct fc_chain_key key) {
    struct fc_chains *c = in->c;
    uint32_t n = in->elements / ELEMENTS;
    if (in->elements % ELEMENTS != 0 || n == 0 || n > FC_CHAIN_VISITS_MAX) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!read_visit(in, &c->before.legs[i])) return false;
    if (fc_mp_left(&in->mp) != 0) return false;
    uint32_t number = fc_chain_records_append(&c->records, key);
    struct fc_chain_record *rec = fc_chain_record_at(&c->records, number);
    fc_chain_record_set(&c->records, rec, c->before.legs, n);
    rec->flags |= FC_CHAIN_STORED;
    c->counters.customers++;
    c->counters.visits += n;
    fc_chains_derive(c, number, &c->after);
    if (c->is_part) rec->due_us = fc_chains_due(c, &c->after);
    else fc_chains_schedule(c, number, &c->after);
    return true;
}

static bool load_now(struct in *in) {
    struct fc_chains *c = in->c;
    int64_t now_us = 0, window_us = 0;
    if (in->elements != 2 || !fc_mp_i64(&in->mp, &now_us) || !fc_mp_i64(&in->mp, &window_us)) return false;
    if (fc_mp_left(&in->mp) != 0 || now_us < c->now_us || now_us >= TIME_US_MAX || window_us < FC_CHAIN_WINDOW_US_MIN ||
        window_us > FC_CHAIN_WINDOW_US_MAX)
        return false;
    c->now_us = now_us;
    c->window_us = window_us;
    fc_chain_wheel_take(&c->wheel, &c->records, now_us); /* nothing is in it: only moves its now */
    return true;
}

static bool load_kind(struct in *in, struct fc_chain_key key) {
    enum kind kind = kind_of(&key);
    if (kind == CUSTOMER) return load_record(in, key);
    return kind == NOW ? number_of(&key) == 0 && load_now(in) : load_name(in, kind, number_of(&key));
}

enum fc_status fc_chains_load(struct fc_chains *c, struct fc_chain_key key, struct fc_str bytes,
                              const struct fc_chains_resolver *resolver, struct fc_error *err) {
    struct in in = {.c = c, .resolver = resolver, .mp = fc_mp_open(bytes.p, bytes.n)};
    int64_t version = 0;
    bool other_slice = c->is_part && key.b[0] != c->loaded.b[0];
    if (c->any_loaded && !other_slice && memcmp(&key, &c->loaded, sizeof key) <= 0)
        return fc_fail(err, FC_INVALID,
                       "stored chains of a customer: byte 0 of a record that does not come in the order of keys");
    bool ok = fc_mp_array(&in.mp, &in.elements) && in.elements > 0 && fc_mp_i64(&in.mp, &version) &&
              version == STORED_VERSION;
    in.elements--;
    if (!ok || !load_kind(&in, key))
        return fc_fail(err, FC_INVALID, "stored chains of a customer: byte %zu is not as version %d writes it",
                       fc_mp_offset(&in.mp), STORED_VERSION);
    c->loaded = key;
    c->any_loaded = true;
    return FC_OK;
}

struct fc_chains *fc_chains_part(const struct fc_chains *c) {
    struct fc_chains *part = calloc(1, sizeof *part);
    FC_ASSERT(part != NULL);
    part->is_part = true;
    part->window_us = c->window_us;
    part->late_us = c->late_us;
    part->now_us = c->now_us;
    part->queues = c->queues;
    part->agents = c->agents;
    fc_chain_records_init(&part->records);
    return part;
}

static void *enter(void *records) {
    fc_chain_records_enter(records);
    return NULL;
}

/* The index reads keys and flags, the wheel writes due_us and slot: so each goes through all records on a thread of its own. */
static void absorb(struct fc_chains *c, struct fc_chains *part) {
    pthread_t thread;
    uint32_t number = fc_chain_records_absorb(&c->records, &part->records);
    bool alone = pthread_create(&thread, NULL, enter, &c->records) != 0;
    for (; number < c->records.used; number++) {
        struct fc_chain_record *rec = fc_chain_record_at(&c->records, number);
        int64_t due_us = rec->due_us;
        rec->due_us = INT64_MAX;
        fc_chain_wheel_set(&c->wheel, &c->records, number, due_us);
    }
    c->counters.customers += part->counters.customers;
    c->counters.visits += part->counters.visits;
    if (!alone) (void)pthread_join(thread, NULL);
    free(part);
}

void fc_chains_loaded(struct fc_chains *c, struct fc_chains *part) {
    if (part != NULL) absorb(c, part);
    fc_chain_records_enter(&c->records);
}
