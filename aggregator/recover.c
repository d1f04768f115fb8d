#include "recover.h"

#include "heap.h"
#include "ingest.h"

#include <pthread.h>
#include <stdlib.h>

#define APPLY_STEP 10000 /* records a transaction */

struct recovery {
    struct fc_engine *engine;
    struct fc_event_block *block;
    struct fc_recovered *counts;
    struct fc_error *err;
};

static enum fc_status record(void *ctx, struct fc_str key, struct fc_str value) {
    struct recovery *r = ctx;
    r->counts->records++;
    return fc_engine_restore(r->engine, key, value, r->err);
}

static enum fc_status mark(void *ctx, struct fc_str spool, struct fc_mark m) {
    struct recovery *r = ctx;
    if (m.checkpointed > 0) fc_engine_set_mark(r->engine, spool, m.checkpointed);
    return FC_OK;
}

static enum fc_status batch(void *ctx, const struct fc_link_msg *msg) {
    struct recovery *r = ctx;
    struct fc_batch_rejects rejects = {0};
    enum fc_status st = fc_batch_decode(msg, r->block, &rejects, r->err);
    if (st != FC_OK) return st;
    uint64_t next = fc_engine_mark(r->engine, msg->spool);
    r->counts->batches++;
    fc_engine_via(r->engine, msg->spool);
    for (uint32_t i = 0; i < r->block->count; i++) {
        if (r->block->first + i < next) continue;
        fc_engine_apply(r->engine, &r->block->events[i]);
        r->counts->events++;
    }
    if (msg->first + msg->count > next) fc_engine_set_mark(r->engine, msg->spool, msg->first + msg->count);
    return FC_OK;
}

/* ---- the state, on two threads ----------------------------------------------------------------------------------- */

#define SLICES 256 /* of customers, by the first byte of their keys */

/* One thread takes slices from the bottom, the other, when it is done with all else, from the top, until they meet. */
struct slices {
    pthread_mutex_t lock; /* of the two numbers */
    int low, high;        /* the next from either end; none are left when low > high */
};

struct customers { /* belongs to the thread that restores them */
    struct slices *slices;
    bool from_top;
    struct fc_store *store;
    struct fc_engine *engine;
    struct fc_chains *part; /* NULL: into the engine's own */
    char least[FC_CUSTOMERS_KEY];
    uint64_t records;
    enum fc_status st;
    struct fc_error err;
};

static int take_slice(struct slices *s, bool from_top) {
    (void)pthread_mutex_lock(&s->lock);
    int slice = s->low > s->high ? -1 : from_top ? s->high-- : s->low++;
    (void)pthread_mutex_unlock(&s->lock);
    return slice;
}

static enum fc_status customer(void *ctx, struct fc_str key, struct fc_str value) {
    struct customers *c = ctx;
    c->records++;
    return fc_engine_restore_customer(c->engine, c->part, key, value, &c->err);
}

static void *restore_customers(void *ctx) {
    struct customers *c = ctx;
    int slice;
    while (c->st == FC_OK && (slice = take_slice(c->slices, c->from_top)) >= 0) {
        char kind = c->least[0];
        const char from[2] = {kind, (char)slice}, to[2] = {kind, (char)(slice + 1)}, end = (char)(kind + 1);
        c->st = fc_store_each_state_of(c->store, slice == 0 ? fc_str_n(c->least, sizeof c->least) : fc_str_n(from, sizeof from),
                                       slice == SLICES - 1 ? fc_str_n(&end, 1) : fc_str_n(to, sizeof to), customer, c, &c->err);
    }
    return NULL;
}

static enum fc_status restore_others(struct fc_store *store, const char *kind, struct recovery *r) {
    const char after = (char)(*kind + 1);
    enum fc_status st = fc_store_each_state_of(store, (struct fc_str){0}, fc_str_n(kind, 1), record, r, r->err);
    if (st == FC_OK) st = fc_store_each_state_of(store, fc_str_n(&after, 1), (struct fc_str){0}, record, r, r->err);
    if (st == FC_OK) fc_engine_restored_others(r->engine);
    return st;
}

/* Customers' names first, since what they name is the engine's; then customers there, and everything else, and more customers, here. */
static enum fc_status restore(struct fc_store *store, struct recovery *r) {
    struct slices slices = {.lock = PTHREAD_MUTEX_INITIALIZER, .high = SLICES - 1};
    struct customers there = {.slices = &slices, .store = store, .engine = r->engine}, here;
    pthread_t thread;
    FC_ASSERT(fc_engine_customers_from(there.least) == sizeof there.least);
    enum fc_status st = fc_store_each_state_of(store, fc_str_n(there.least, 1), fc_str_n(there.least, sizeof there.least), record, r, r->err);
    if (st != FC_OK) return st;
    here = there;
    here.from_top = true;
    here.part = fc_engine_customers_part(r->engine);
    bool alone = pthread_create(&thread, NULL, restore_customers, &there) != 0;
    if (alone) (void)restore_customers(&there);
    st = restore_others(store, there.least, r);
    if (st == FC_OK) (void)restore_customers(&here);
    if (!alone) (void)pthread_join(thread, NULL);
    fc_engine_restored_customers(r->engine, here.part);
    r->counts->records += there.records + here.records;
    if (st != FC_OK) return st;
    const struct customers *failed = there.st != FC_OK ? &there : &here;
    if (failed->st != FC_OK && r->err != NULL) *r->err = failed->err;
    return failed->st;
}

/* ---- what the journal brought back, stored ------------------------------------------------------------------------ */

struct keeper {
    struct fc_store *store;
    struct fc_record_block block;
    enum fc_status st;
    struct fc_error *err;
};

static struct fc_record_block *take_block(void *ctx) {
    struct keeper *k = ctx;
    k->block.used = 0;
    k->block.last = false;
    return &k->block;
}

static enum fc_status apply_all(struct fc_store *store, struct fc_error *err) {
    uint32_t done;
    uint64_t left = 1;
    enum fc_status st = FC_OK;
    while (st == FC_OK && left > 0) {
        st = fc_store_begin(store, err);
        if (st != FC_OK) return st;
        st = fc_store_apply(store, APPLY_STEP, &done, &left, err);
        if (st == FC_OK) st = fc_store_commit(store, err);
        else fc_store_abort(store);
    }
    return st;
}

/* A checkpoint that is not whole counts for nothing, so after an error the store is as it was. */
static void give_block(void *ctx, struct fc_record_block *block) {
    struct keeper *k = ctx;
    if (k->st == FC_OK) k->st = fc_store_begin(k->store, k->err);
    if (k->st != FC_OK) return;
    k->st = fc_store_stage(k->store, block, k->err);
    if (k->st == FC_OK) k->st = fc_store_commit(k->store, k->err);
    else fc_store_abort(k->store);
    if (k->st == FC_OK && block->last) k->st = apply_all(k->store, k->err);
}

enum fc_status fc_recover_store(struct fc_store *store, struct fc_engine *engine, struct fc_error *err) {
    struct keeper *k = malloc(sizeof *k);
    FC_ASSERT(k != NULL);
    *k = (struct keeper){.store = store, .st = FC_OK, .err = err};
    fc_engine_checkpoint(engine, take_block, give_block, k);
    enum fc_status st = k->st;
    free(k);
    return st;
}

enum fc_status fc_recover(struct fc_store *store, struct fc_engine *engine, struct fc_wall wall, struct fc_recovered *out, struct fc_error *err) {
    struct recovery r = {.engine = engine, .block = malloc(sizeof *r.block), .counts = out, .err = err};
    FC_ASSERT(r.block != NULL);
    *out = (struct fc_recovered){0};
    struct fc_store_size size;
    enum fc_status st = fc_store_measure(store, &size, err);
    if (st == FC_OK) fc_heap_expect(size.state_bytes);
    if (st == FC_OK) st = fc_store_each_mark(store, mark, &r, err);
    if (st == FC_OK) st = restore(store, &r);
    if (st == FC_OK) fc_engine_advance(engine, wall);
    if (st == FC_OK) st = fc_store_each_journal(store, batch, &r, err);
    free(r.block);
    return st;
}
