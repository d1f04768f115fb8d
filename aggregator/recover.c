#include "recover.h"

#include "heap.h"
#include "ingest.h"

#include <pthread.h>
#include <stdlib.h>

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
    fc_engine_restored_customers(c->engine);
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
    if (!alone) (void)pthread_join(thread, NULL);
    r->counts->records += c.records;
    if (st != FC_OK || c.st == FC_OK) return st;
    if (r->err != NULL) *r->err = c.err;
    return c.st;
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
    fc_engine_restored(engine);
    fc_engine_advance(engine, wall);
    if (st == FC_OK) st = fc_store_each_journal(store, batch, &r, err);
    free(r.block);
    return st;
}
