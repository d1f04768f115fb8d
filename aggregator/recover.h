/* recover -- from the store back to a living engine: the last checkpoint, then the journal's tail. */
#ifndef FC_RECOVER_H
#define FC_RECOVER_H

#include "engine.h"
#include "store.h"

struct fc_recovered {
    uint64_t records, batches, events; /* read from the checkpoint; replayed from the journal */
};

/* fc_recover -- before any thread runs; has one of its own meanwhile, which restores customers beside the rest. `wall` moves a wall-clock engine to now before the tail is applied, so that what happened
 * before the stop lands in the windows and the day it belongs to. Errors: of the store; FC_INVALID a record or batch of another version. */
FC_MUST_USE enum fc_status fc_recover(struct fc_store *store, struct fc_engine *engine, struct fc_wall wall, struct fc_recovered *out, struct fc_error *err);

/* fc_recover_store -- what the journal brought back becomes part of the stored intervals, by a checkpoint: else a question about the
 * last second before a crash, asked before the first one, would be answered without it.
 * Errors: those of a commit; the engine has then given away what nobody has: destroy it and recover again, the store is as it was.
 * Thread: main, before the writer starts; waits for the disk */
FC_MUST_USE enum fc_status fc_recover_store(struct fc_store *store, struct fc_engine *engine, struct fc_error *err);

#endif
