/* ingest -- one --listen endpoint: takes link messages from collectors, hands decoded events to the engine and the bytes to
 * the writer, and sends the acks. One thread per endpoint; decoding is the work that needs more than one core first.
 *
 * Nothing is ever dropped that an ack was given for or that the collector would not send again. Everything taken needs a free
 * event block and a free batch; without them the socket is not read: ZeroMQ's queue fills, then TCP's, then the collector
 * waits. Blocks and batches are pools made at creation, the rings have room for all of them, so no push ever fails.
 *
 * Per spool it knows the number it expects next. That number it learns from the writer only: by the answer to a hello, and
 * then by what it took itself. Whatever does not fit (unknown spool, hole, old batch) is left, and the writer is asked,
 * one question a spool at a time; its answer goes to the collector, which goes on from there. Never is the number expected
 * acked by the ingest itself: it says what was taken, not what is durable. A spool of which nothing is held begins where its
 * collector does, with the first batch behind a hello on the same connection; if that was left, what follows it is too.
 *
 * Stopping in order, nothing taken is lost: 1. fc_ingest_stop each (no more input); 2. the engine empties its rings and sends
 * its last checkpoint; 3. fc_writer_stop (drains, commits); 4. fc_ingest_destroy each (sends the last acks, closes);
 * 5. fc_writer_destroy; 6. fc_store_close. Killed at any moment instead: what was acked is in the store, the rest is sent again.
 */
#ifndef FC_INGEST_H
#define FC_INGEST_H

#include "writer.h"

struct fc_ingest_options {
    void *zmq;             /* context, the caller's */
    const char *endpoint;  /* "tcp://127.0.0.1:5600"; port * or 0 picks a free one */
    struct fc_wake *engine, *writer; /* woken after a push; engine may be NULL in tests */
    uint32_t event_blocks; /* pool size, about 220 KB each; 0: 64 */
    uint32_t batches;      /* pool size, up to 64 KiB each while in use; 0: 512 */
};

struct fc_ingest_counts { /* writer: the ingest thread; readers: any */
    struct fc_counter batches, events, bytes; /* handed over; bytes of messages */
    struct fc_counter hellos;
    struct fc_counter strays;           /* batches left because their number was not the expected one (or no room for their spool) */
    struct fc_counter events_invalid;   /* events inside good batches that could not be decoded */
    struct fc_counter events_unknown;   /* .. of a kind this version does not know */
    struct fc_counter refused;          /* messages answered with refuse */
    struct fc_counter acks;             /* sent */
    struct fc_counter stalls;           /* times it stopped reading for lack of a block or batch */
    struct fc_counter tells, tells_dropped; /* collectors' words on themselves; dropped: the publisher takes none */
    struct fc_counter turns_long, turn_us_max; /* turns above FC_STALL_US */
};

struct fc_ingest;

/* fc_ingest_create -- binds; not yet running. Errors: FC_CONFIG endpoint not valid or in use; FC_IO. */
FC_MUST_USE enum fc_status fc_ingest_create(const struct fc_ingest_options *options, struct fc_ingest **out, struct fc_error *err);

/* fc_ingest_destroy -- sends the acks that came back since it stopped, closes the socket. NULL is fine; stopped.
 * Call it after the writer and the engine ended: it frees the rings and the blocks in them. */
void fc_ingest_destroy(struct fc_ingest *ingest);

const char *fc_ingest_endpoint(const struct fc_ingest *ingest); /* as bound, with the port chosen */

/* The engine's side: pop struct fc_event_block * from events, push it to events_back when done with it (never fails), signal
 * fc_ingest_blocks_wake; that one costs a system call only while the ingest has stopped reading for lack of a block.
 * The writer's side is joined by fc_writer_add_inbox(writer, fc_ingest_batches(i), fc_ingest_batches_back(i), fc_ingest_wake(i)). */
struct fc_ring *fc_ingest_events(struct fc_ingest *ingest);
struct fc_ring *fc_ingest_events_back(struct fc_ingest *ingest);
struct fc_ring *fc_ingest_batches(struct fc_ingest *ingest);
struct fc_ring *fc_ingest_batches_back(struct fc_ingest *ingest);
struct fc_ring *fc_ingest_tells(struct fc_ingest *ingest); /* struct fc_tell *; the publisher pops and frees */
struct fc_wake *fc_ingest_wake(struct fc_ingest *ingest);
struct fc_wake *fc_ingest_blocks_wake(struct fc_ingest *ingest);

/* fc_ingest_do_work -- one turn: send the acks that came back, take a bounded number of messages. True: there may be more at
 * once. Thread: ingest (or the test's only one), does not block */
bool fc_ingest_do_work(struct fc_ingest *ingest);

FC_MUST_USE enum fc_status fc_ingest_start(struct fc_ingest *ingest, struct fc_error *err); /* Thread: main */
void fc_ingest_stop(struct fc_ingest *ingest);                                              /* joins; Thread: main */

const struct fc_ingest_counts *fc_ingest_counts(const struct fc_ingest *ingest);

/* How many events of a batch could not be used, by reason. */
struct fc_batch_rejects {
    uint32_t invalid, unknown;
    struct fc_error first; /* what was wrong with the first invalid one */
    int64_t newer;         /* version of the first one that is of a newer version than this program reads; 0: none is */
};

/* fc_batch_decode -- copies a batch's events into the block and decodes them in place. An event that is malformed or of an unknown
 * kind stays at its place with kind FC_KIND_COUNT and is counted. Used for what arrives and for the journal at start-up.
 * Errors: FC_INVALID events.bytes is not `count` msgpack values end to end; the block is then garbage. Thread: any, no allocation */
FC_MUST_USE enum fc_status fc_batch_decode(const struct fc_link_msg *batch, struct fc_event_block *block, struct fc_batch_rejects *rejects,
                                           struct fc_error *err);

#endif
