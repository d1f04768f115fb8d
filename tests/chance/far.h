/* far -- the aggregator as its main wires it, thread by thread, each one's turns called by hand. */
#ifndef CHANCE_FAR_H
#define CHANCE_FAR_H

#include "world.h"

#include "engine.h"
#include "store.h"

#define ENDPOINTS_MAX 2

struct far_options {
    const char *dir;
    const struct fc_rules *rules;
    bool event_clock;
    int endpoints;
    uint64_t map_bytes;
    uint32_t event_blocks, batches, record_blocks; /* sizes of the pools */
};

enum far_part { FAR_INGEST_0, FAR_INGEST_1, FAR_DRIVER, FAR_WRITER, FAR_PUBLISHER, FAR_PARTS };

const char *far_endpoint(int i);

bool far_start(const struct far_options *options); /* false: it ended at once; try again later */
bool far_runs(void);
void far_turn(enum far_part part); /* it may die in it */
void far_stop(void);               /* SIGTERM */
void far_reload(const struct fc_rules *rules);
void far_kill(enum death how);

/* The engine has applied all that was acked, and what it checkpointed stands in the store. */
bool far_settled(void);
struct fc_engine *far_engine(void);
struct fc_store *far_store(void);

struct far_counts {
    uint64_t recovered_batches, blocked, stalls, nested;
};
struct far_counts far_counts(void);

#endif
