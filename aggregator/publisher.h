/* publisher -- the thread with the ZeroMQ sockets that face the wallboards: XPUB of topic states, ROUTER for questions.
 *
 * It keeps the latest item of every topic, so that a new subscription and a snapshot are answered at once without the engine.
 * A subscriber that does not read costs at most the high-water mark of messages; what it then misses it finds out by the
 * count in the heartbeat. The forms are in contract/state.h.
 */
#ifndef FC_PUBLISHER_H
#define FC_PUBLISHER_H

#include "driver.h"
#include "query.h"
#include "writer.h"

#define FC_PUBLISHER_INBOXES 16
#define FC_PUBLISHER_COLLECTORS 64 /* whose latest word is kept; of more the longest silent is forgotten */

struct fc_publisher_counts { /* the publisher thread's own */
    uint64_t sent, subscriptions, questions, questions_refused, stalls, turn_us_max;
};

struct fc_publisher_options {
    void *zmq;                    /* context, the caller's */
    const char *publish, *query;  /* endpoints; port * picks a free one */
    struct fc_driver *driver;
    struct fc_query *answers;
    bool event_clock;

    /* Writes "metrics" pairs: calls `each` for every one. Thread: publisher. */
    void (*metrics)(void *ctx, const struct fc_publisher_counts *own, void (*each)(void *to, const char *name, uint64_t value), void *to);
    void *metrics_ctx;
    const struct fc_counter *records; /* the writer's: those applied so far, by which lists from the store grow old */
    struct fc_ring *stalls; /* struct fc_stall, the writer's; the latest goes along with every heartbeat. NULL: there are none */
    struct fc_ring *tells[FC_PUBLISHER_INBOXES]; /* struct fc_tell *: what collectors tell of themselves, a ring an ingest */
    uint32_t tells_n;
};

struct fc_publisher;

/* fc_publisher_create -- binds; not yet running. Errors: FC_CONFIG an endpoint is not valid or in use; FC_IO. */
FC_MUST_USE enum fc_status fc_publisher_create(const struct fc_publisher_options *options, struct fc_publisher **out, struct fc_error *err);
void fc_publisher_destroy(struct fc_publisher *p); /* NULL is fine; stopped */
struct fc_wake *fc_publisher_wake(struct fc_publisher *p);
const struct fc_publisher_counts *fc_publisher_counted(const struct fc_publisher *p); /* Thread: publisher */

/* fc_publisher_do_work -- one turn: sends what the engine handed over, answers, beats. Does not block. Thread: publisher */
void fc_publisher_do_work(struct fc_publisher *p, struct fc_mono now);

FC_MUST_USE enum fc_status fc_publisher_start(struct fc_publisher *p, struct fc_error *err);
void fc_publisher_stop(struct fc_publisher *p); /* joins; Thread: main */

#endif
