#include "recover.h"

#include "ingest.h"

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

enum fc_status fc_recover(struct fc_store *store, struct fc_engine *engine, struct fc_wall wall, struct fc_recovered *out, struct fc_error *err) {
    struct recovery r = {.engine = engine, .block = malloc(sizeof *r.block), .counts = out, .err = err};
    FC_ASSERT(r.block != NULL);
    *out = (struct fc_recovered){0};
    enum fc_status st = fc_store_each_mark(store, mark, &r, err);
    if (st == FC_OK) st = fc_store_each_state(store, record, &r, err);
    fc_engine_restored(engine);
    fc_engine_advance(engine, wall);
    if (st == FC_OK) st = fc_store_each_journal(store, batch, &r, err);
    free(r.block);
    return st;
}
