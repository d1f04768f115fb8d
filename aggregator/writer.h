/* writer -- the one thread that writes the store: journals batches, acks what is durable, applies checkpoints.
 *
 * It never refuses a batch for lack of room: when the disk or the map is full it keeps what it has in hand, acks nothing,
 * says so once and tries again after a second; meanwhile its inboxes fill, the ingests stop reading, and the collectors
 * keep their spools. It is over, and said to be, once writing has worked for CALM seconds: a disk that is full to the
 * brim lets some commits pass and others not, which is one stall and not twenty.
 *
 * Any other failure (a sync that failed, a damaged page) is the end: nothing more is written or acked, `broken` is
 * called and is expected to end the process. What was not acked the collectors send again; what was is on the disk, and a
 * new start reads it from there. Trying again in this process would ask a kernel that may have dropped the very pages.
 *
 * A checkpoint that cannot be applied (the merge function refuses) stays staged, what was applied of it and what not is
 * on record, and it is said once. Batches go on being journaled and acked, the journal is trimmed no more: nothing is
 * lost, and a program that can merge goes on from there. This one refuses to open that directory again.
 *
 * Group commit: a batch that arrives after a quiet spell is committed at once; under load commits are linger_ms apart
 * (or commit_bytes full), so a batch waits at most for one linger and the commits before and of its own group.
 *
 * What happens to a batch [first, first+count), with `next` the spool's durable mark:
 *   nothing held of the spool     stored, whatever its first is (the collector may have forgotten what another directory had)
 *   first == next                 stored, next = first+count
 *   first+count <= next           duplicate: not stored
 *   first < next < first+count    overlap: stored whole, next = first+count; the engine skips what it has
 *   first > next                  hole: not stored
 * and every one is answered with the resulting `next`, like a hello. A spool that moved to another endpoint asks there by
 * a hello; batches of it that still wait in the old endpoint's ring are stored or found to be duplicates by the same table,
 * in whichever order the rings are read, since `next` only rises and the new endpoint starts from it.
 */
#ifndef FC_WRITER_H
#define FC_WRITER_H

#include "clock.h"
#include "counter.h"
#include "ring.h"
#include "store.h"
#include "wake.h"

#include <zmq.h>

enum fc_batch_kind { FC_BATCH_HELLO, FC_BATCH_DATA };
enum fc_batch_fate { FC_BATCH_ASKED, FC_BATCH_STORED, FC_BATCH_OVERLAP, FC_BATCH_DUPLICATE, FC_BATCH_HOLE };

/* One message on its way ingest -> writer -> ingest. It belongs to the ingest's pool; `msg` keeps the received bytes. */
struct fc_batch {
    enum fc_batch_kind kind; /* hello: only `spool` is meant */
    char spool[FC_SPOOL_ID_LEN];
    uint64_t first;
    uint32_t count;
    uint32_t session;        /* the ingest's own note: which of its spools this is */
    zmq_msg_t msg;           /* data: the link message; hello: empty. Initialised and closed by the ingest */
    enum fc_batch_fate fate; /* set by the writer */
    uint64_t next;           /* set by the writer: what to ack; 1 when nothing is held */
};

/* Why nothing, or no checkpoint, is written; for the heartbeat. Sent through a ring when it begins, changes and ends. */
enum fc_stall_kind { FC_STALL_NONE, FC_STALL_FULL, FC_STALL_CHECKPOINT };
struct fc_stall {
    enum fc_stall_kind kind;
    int64_t since_us;       /* wall clock; what the engine was told before then is on disk */
    struct fc_error reason; /* empty when it is over */
};

struct fc_writer_options {
    uint32_t record_blocks; /* circulating between engine and writer; 0: 16 (4 MiB) */
    uint32_t linger_ms;     /* 0: 10 */
    uint64_t commit_bytes;  /* 0: 256 KiB */
    bool no_linger;         /* commit whatever is there at every do_work */
};

struct fc_writer_counts { /* writer: the writer thread; readers: any */
    struct fc_counter batches, events, bytes;      /* stored; the events of an overlap count again */
    struct fc_counter duplicates, overlaps, holes; /* batches */
    struct fc_counter hellos;
    struct fc_counter commits, commit_us_max, commits_failed;
    struct fc_counter checkpoints, records;        /* complete ones staged; records applied */
    struct fc_counter trimmed, expired;            /* journal entries; intervals and contacts deleted */
    struct fc_counter blocked;                     /* 1 while commits fail for lack of room, else 0 */
    struct fc_counter stalls, turn_us_max;         /* turns above FC_STALL_US */
    struct fc_counter journal_entries, state_records, interval_records, contact_records, used_bytes, map_bytes; /* as after the latest commit */
    struct fc_counter waiting_bytes;               /* of complete checkpoints that are not applied yet */
    struct fc_counter checkpoint_stuck;            /* 1 once a checkpoint cannot be applied (merge refused), until restart */
};

struct fc_writer;

/* fc_writer_create -- with its rings and record blocks, not yet running. The store stays the caller's and must outlive it. */
FC_MUST_USE enum fc_status fc_writer_create(struct fc_store *store, const struct fc_writer_options *options, struct fc_writer **out,
                                            struct fc_error *err);
void fc_writer_destroy(struct fc_writer *writer); /* NULL is fine; stopped */

/* fc_writer_add_inbox -- one per ingest, before start; at most FC_WRITER_INBOXES. `batches` holds struct fc_batch *; every
 * one comes back through `back`, which must have room for the whole pool, and `owner` is woken. */
#define FC_WRITER_INBOXES 16
void fc_writer_add_inbox(struct fc_writer *writer, struct fc_ring *batches, struct fc_ring *back, struct fc_wake *owner);

/* The engine's side: pop a free block (struct fc_record_block *, used 0, last false) from free_blocks, fill it, push it to
 * records, signal wake. free_blocks is filled at creation; both have room for all blocks, so a push never fails. With no
 * free block the checkpoint waits; a block comes back as soon as it is staged, also in the middle of a checkpoint. */
struct fc_ring *fc_writer_free_blocks(struct fc_writer *writer); /* engine pops */
struct fc_ring *fc_writer_records(struct fc_writer *writer);     /* engine pushes */
struct fc_wake *fc_writer_wake(struct fc_writer *writer);        /* engine and ingests signal */
void fc_writer_set_engine_wake(struct fc_writer *writer, struct fc_wake *engine); /* before start; NULL: nobody to wake */

/* fc_writer_stalls -- struct fc_stall, the latest counts; popped by one thread, unread ones are no harm. */
struct fc_ring *fc_writer_stalls(struct fc_writer *writer);

/* fc_writer_set_broken -- before start. Called on the writer thread, which ends with it; `why` says what failed. */
void fc_writer_set_broken(struct fc_writer *writer, void (*broken)(void *ctx, const struct fc_error *why), void *ctx);

/* fc_writer_set_retention -- before start. `due` is asked about once a minute which keys of intervals or contacts have
 * lived long enough: it writes a range [from, to) and returns true, or false when there is nothing (more) to delete;
 * `turn` counts 0, 1, .. from the start of a round, so that several ranges can be given. Runs on the writer thread. */
struct fc_writer_range {
    bool contacts; /* else intervals */
    uint32_t from_n, to_n;
    uint8_t from[FC_RECORD_KEY_MAX], to[FC_RECORD_KEY_MAX];
};
typedef bool fc_writer_due(void *ctx, uint32_t turn, struct fc_writer_range *range);
void fc_writer_set_retention(struct fc_writer *writer, fc_writer_due *due, void *ctx);

/* fc_writer_do_work -- one turn: take, write, commit, answer. Returns how long it has nothing to do in ns: 0 call again at
 * once, negative until woken, always so once broken. Thread: writer (or the test's only one); waits for the disk */
int64_t fc_writer_do_work(struct fc_writer *writer, struct fc_mono now);

/* fc_writer_drain -- everything received is committed and every complete checkpoint applied, or it fails.
 * Errors: those of a commit; what was not written was never acked. Thread: as do_work */
FC_MUST_USE enum fc_status fc_writer_drain(struct fc_writer *writer, struct fc_error *err);

/* fc_writer_start / fc_writer_stop -- the thread that calls do_work and sleeps in between; stop drains, joins and tells
 * whether the drain worked. Stop after the ingests and the engine, so that nothing more arrives. Thread: main */
FC_MUST_USE enum fc_status fc_writer_start(struct fc_writer *writer, struct fc_error *err);
FC_MUST_USE enum fc_status fc_writer_stop(struct fc_writer *writer, struct fc_error *err);

const struct fc_writer_counts *fc_writer_counts(const struct fc_writer *writer);

#endif
