/* handover -- what passes between the aggregator's threads. Memory changes owner with the message and is given back
 * through a second ring when used up; nothing here is ever seen by two threads at once.
 *
 *   ingest i -> engine      fc_event_block   decoded events          back: engine -> ingest i
 *   ingest i -> writer      fc_batch         the received bytes      back: writer -> ingest i, as the ack to send
 *   ingest i -> publisher    fc_tell          how a collector is  (freed by the publisher)
 *   engine   -> writer      fc_record_block  checkpoint records      back: writer -> engine, when committed
 * An ingest thread pushes a batch to the engine before it pushes it to the writer: so when the writer answers a hello
 * with `next`, every event below it is at least in some engine ring already.
 */
#ifndef FC_HANDOVER_H
#define FC_HANDOVER_H

#include "clock.h"
#include "event.h"
#include "link.h"

/* Decoded events of one batch. The views in `events` point into `bytes`. */
struct fc_event_block {
    char spool[FC_SPOOL_ID_LEN];
    uint64_t first; /* number of events[0] in its spool; the others follow without holes */
    struct fc_mono received; /* when its message came; 0: read back from the journal */
    uint32_t count; /* events that could be decoded stand at their place; a rejected or unknown one has kind FC_KIND_COUNT */
    struct fc_event events[FC_BATCH_EVENTS_MAX];
    uint8_t bytes[FC_BATCH_BYTES_MAX];
};

/* What a collector told of itself: the map of link.h, allocated with its bytes. */
struct fc_tell {
    char spool[FC_SPOOL_ID_LEN];
    struct fc_mono at; /* when it came */
    uint32_t n;
    uint8_t bytes[];
};

/* Records of a checkpoint, packed one behind the other: fc_record_append / fc_record_next. */
enum fc_record_op {
    FC_RECORD_PUT,    /* state[key] = value */
    FC_RECORD_DELETE, /* remove state[key]; absent is fine */
    FC_RECORD_MERGE,  /* intervals[key] = fc_tally_merge_bytes(intervals[key], value) */
    FC_RECORD_MARK,   /* key: spool id; value: u64 little endian, number of the next event the engine has not applied */
    FC_RECORD_FILE,   /* contacts[key] = value */
    FC_RECORD_UNFILE, /* remove contacts[key]; absent is fine */
};

#define FC_RECORD_KEY_MAX 500           /* LMDB's limit is 511 */
#define FC_RECORD_BLOCK_BYTES (1 << 18) /* a single record may be as large as this, less its head */

struct fc_record_block {
    bool last;     /* the checkpoint ends with this block: all blocks since the previous `last` are one transaction */
    uint32_t used; /* of bytes */
    uint8_t bytes[FC_RECORD_BLOCK_BYTES];
};

struct fc_record {
    enum fc_record_op op;
    struct fc_str key, value; /* views into the block */
};

/* fc_record_append -- false when it does not fit any more; then nothing was written. Thread: owner of the block */
bool fc_record_append(struct fc_record_block *block, enum fc_record_op op, struct fc_str key, struct fc_str value);

/* fc_record_next -- *at starts at 0 and is moved on; false behind the last one. */
bool fc_record_next(const struct fc_record_block *block, uint32_t *at, struct fc_record *out);

#endif
