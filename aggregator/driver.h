/* driver -- the engine's thread: moves blocks between the rings and the engine, and keeps its hours.
 *
 * In:  event blocks from every ingest (given back when applied), records' free blocks from the writer, empty state blocks
 *      from the publisher, new rules from main.   Out: records to the writer, state blocks to the publisher.
 * It owns the engine alone. It waits for nobody but, during a checkpoint larger than the writer's pool, for the writer, and
 * for a tenth of a second at most: what then remains of the checkpoint it keeps until the writer has room. So a full or
 * slow disk never stops the figures, and costs at most the memory of one checkpoint.
 *
 * A batch whose first number is above the engine's mark of its spool is left in its ring while others are read: the spool
 * moved from one endpoint to another and its earlier events are still in the other ring (handover.h says why they must be).
 * Of a spool that the engine does not know it is left until the rings hold nothing else: then that is where the spool begins.
 */
#ifndef FC_DRIVER_H
#define FC_DRIVER_H

#include "counter.h"
#include "engine.h"
#include "ring.h"
#include "wake.h"

#define FC_DRIVER_INBOXES 64
#define FC_CHECKPOINT_MS 1000

struct fc_driver_counts { /* writer: the engine thread; readers: any */
#define COUNTER(name, type, help) struct fc_counter name;
    FC_ENGINE_COUNTERS(COUNTER)
#undef COUNTER
    struct fc_counter turn_wall_us;     /* wall clock of the latest turn: how the publisher knows that the engine lives */
    struct fc_counter now_us;           /* the engine's now */
    struct fc_counter apply_us_max;     /* longest block applied */
    struct fc_counter checkpoint_us, checkpoint_us_max; /* latest and longest pause for a checkpoint */
    struct fc_counter covered_ns;       /* monotonic: when the writer last had everything that the engine had */
    struct fc_counter turn_ns;          /* monotonic: the latest turn */
    struct fc_counter held_us;          /* how far the wall clock is behind the engine's now */
    struct fc_counter stalls, turn_us_max; /* turns above FC_STALL_US */
    struct fc_counter checkpoint_kept;  /* blocks of checkpoints for which the writer had no room at once */
};

struct fc_driver;

/* fc_driver_create -- not yet running. The engine stays the caller's and must not be touched while the driver runs. */
FC_MUST_USE enum fc_status fc_driver_create(struct fc_engine *engine, struct fc_driver **out, struct fc_error *err);
void fc_driver_destroy(struct fc_driver *d); /* NULL is fine; stopped */

/* Before start. Rings as in ingest.h and writer.h; `owner` is woken when a block goes back. */
void fc_driver_add_inbox(struct fc_driver *d, struct fc_ring *events, struct fc_ring *back, struct fc_wake *owner);
void fc_driver_set_writer(struct fc_driver *d, struct fc_ring *free_blocks, struct fc_ring *records, struct fc_wake *writer);

/* State blocks (struct fc_state_block *): the publisher pops `states` and pushes what it sent to `states_back`. */
struct fc_ring *fc_driver_states(struct fc_driver *d);
struct fc_ring *fc_driver_states_back(struct fc_driver *d);
void fc_driver_set_publisher(struct fc_driver *d, struct fc_wake *publisher);
struct fc_wake *fc_driver_wake(struct fc_driver *d);
const struct fc_ring *fc_driver_records(const struct fc_driver *d); /* for whoever watches; NULL: no writer */

/* What the publisher asks of the engine: who waits or talks (answered by a state block with that `job`), or whether a
 * topic is wanted. `asked` has views into the job's request. */
struct fc_driver_ask {
    void *job; /* NULL: about the topic */
    struct fc_contacts_asked asked;
    bool wanted;
    uint32_t topic_n;
    char topic[FC_TOPIC_MAX];
};
struct fc_ring *fc_driver_asks(struct fc_driver *d); /* struct fc_driver_ask; the publisher pushes and wakes the driver */

/* fc_driver_configure -- new rules from main; false when an earlier change is not taken yet. `rules` must live on. Thread: main */
bool fc_driver_configure(struct fc_driver *d, const struct fc_rules *rules);

/* fc_driver_do_work -- one turn. Says in how many ms there is something to do without a wake-up: 0 at once.
 * Thread: engine (or the test's only one) */
int64_t fc_driver_do_work(struct fc_driver *d, struct fc_wall wall, struct fc_mono now);

FC_MUST_USE enum fc_status fc_driver_start(struct fc_driver *d, struct fc_error *err);

/* fc_driver_stop -- applies what is in the rings, hands the last checkpoint to the writer, joins. Thread: main */
void fc_driver_stop(struct fc_driver *d);

const struct fc_driver_counts *fc_driver_counts(const struct fc_driver *d);

#endif
