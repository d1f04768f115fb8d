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

/* Belongs to the thread that restores customers until it is joined. */
struct customers {
    struct fc_store *store;
    struct fc_engine *engine;
    struct fc_str from, to;
    uint64_t records;
    enum fc_status st;
    struct fc_error err;
};

static enum fc_status customer(void *ctx, struct fc_str key, struct fc_str value) {
    struct customers *c = ctx;
    c->records++;
    return fc_engine_restore_customer(c->engine, key, value, &c->err);
}

static void *restore_customers(void *ctx) {
    struct customers *c = ctx;
    c->st = fc_store_each_state_of(c->store, c->from, c->to, customer, c, &c->err);
    fc_engine_index_customers(c->engine);
    return NULL;
}

static enum fc_status restore_others(struct fc_store *store, struct fc_str kind, struct fc_str after, struct recovery *r) {
    enum fc_status st = fc_store_each_state_of(store, (struct fc_str){0}, kind, record, r, r->err);
    return st == FC_OK ? fc_store_each_state_of(store, after, (struct fc_str){0}, record, r, r->err) : st;
}

/* Customers' names first, since what they name is the engine's; then all customers there, and everything else here. */
static enum fc_status restore(struct fc_store *store, struct recovery *r) {
    char from[FC_CUSTOMERS_KEY], after = 0;
    struct customers c = {.store = store, .engine = r->engine};
    c.from = fc_str_n(from, fc_engine_customers_from(from));
    after = (char)(from[0] + 1);
    c.to = fc_str_n(&after, 1);
    struct fc_str kind = fc_str_n(from, 1);
    pthread_t thread;
    enum fc_status st = fc_store_each_state_of(store, kind, c.from, record, r, r->err);
    if (st != FC_OK) return st;
    bool alone = pthread_create(&thread, NULL, restore_customers, &c) != 0;
    if (alone) (void)restore_customers(&c);
    st = restore_others(store, kind, c.to, r);
    if (st == FC_OK) fc_engine_restored_others(r->engine);
    if (!alone) (void)pthread_join(thread, NULL);
    r->counts->records += c.records;
    if (st == FC_OK && c.st == FC_OK) fc_engine_restored_customers(r->engine);
    if (st != FC_OK || c.st == FC_OK) return st;
    if (r->err != NULL) *r->err = c.err;
    return c.st;
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
