/* store -- the aggregator's LMDB environment under --data DIR: what must survive a restart, and nothing else.
 *
 *   database   key                         value
 *   meta       "floorcast-aggregator"      FC_STORE_FORMAT, u64 little endian: whose this is and in which form
 *              "checkpoint"                {complete u64, block u64, at u64}: staged blocks below `complete` count, and
 *                                          are applied up to byte `at` of `block`
 *   marks      spool id, 32 bytes          {next u64, checkpointed u64} little endian, see struct fc_mark
 *   journal    index u64 big endian        a received link batch, byte for byte
 *   staged     number u64 big endian       a checkpoint's record block on its way to state and intervals
 *   state      the engine's                the engine's
 *   intervals  the engine's                the engine's; combined by the merge function
 *   contacts   card.h                      card.h: contacts that are over, one by one
 *
 * A checkpoint may be large, a commit must be short (acks wait for it). So its blocks are first staged, appended in
 * ordinary transactions; the transaction that stages the last one declares the checkpoint complete, and from then on it
 * counts. Applying it to state, intervals and marks goes on in bounded steps, each of which moves the place reached in
 * the same transaction, so that no merge happens twice. fc_store_open finishes a complete checkpoint and forgets an
 * incomplete one: who reads after opening sees whole checkpoints only.
 *
 * The map is large from the beginning (64 GiB of address space, no memory and no disk): growing it would need every
 * reader of the process stopped, which with a query thread means a lock. The file grows as it is filled; it never
 * shrinks, but what is deleted is used again.
 * One process at a time: DIR/floorcast.lock is held with flock. Not on network file systems (LMDB's own caveat).
 *
 * What is in the file is believed, for LMDB keeps no checksums, but for this: a file shorter than it says is refused
 * (reading there would kill the process), and when the machine went down under the last process, or the directory comes
 * from another one, every record is looked for once. Should LMDB stumble over a page that is none later on, the process
 * says so and ends with exit code 1.
 */
#ifndef FC_STORE_H
#define FC_STORE_H

#include "handover.h"

#define FC_STORE_FORMAT 4 /* 3 had no contacts: such a store is taken over */
#define FC_STORE_MAP_BYTES (UINT64_C(64) << 30)
#define FC_STORE_MAP_BYTES_MIN (UINT64_C(1) << 20)

struct fc_store;

/* Combines a stored interval with a delta: out = old + delta, at most cap bytes; old.n == 0: there was none.
 * An error stops the checkpoint (FC_INVALID: bytes of another version, FC_FULL: does not fit). Must be associative. */
typedef enum fc_status fc_store_merge(struct fc_str old, struct fc_str delta, uint8_t *out, size_t cap, size_t *n);

struct fc_store_options {
    const char *dir;       /* created (one level) when missing */
    uint64_t map_bytes;    /* most the store may ever hold; 0: FC_STORE_MAP_BYTES */
    fc_store_merge *merge; /* NULL: FC_RECORD_MERGE is refused as FC_INVALID */
};

struct fc_mark {
    uint64_t next;         /* number of the next event of this spool that is not durable; 0: nothing held */
    uint64_t checkpointed; /* number of the next event that is not part of the state stored; 0: none is. May be above `next`: the
                              engine can be ahead of the journal. Then the collector sends once more, and the engine skips it */
};

/* fc_store_open -- opens or creates. Finishes a complete checkpoint, see above.
 * Errors:  FC_CONFIG another process has it open; it is no directory, is another program's environment, or of a newer format.
 *          FC_INVALID damaged or cut off. FC_FULL map_bytes or disk full. FC_IO the system's words. Nothing stays open.
 * Owns:    *out until fc_store_close.   Thread: any; one store per process and directory */
FC_MUST_USE enum fc_status fc_store_open(const struct fc_store_options *options, struct fc_store **out, struct fc_error *err);
void fc_store_close(struct fc_store *store); /* NULL is fine; no transaction may be open */

/* ---- reading at start-up: any thread, before the writer starts ------------------------------------------------- */

/* Called per record; anything but FC_OK ends the reading and is handed back. Views live until it returns. */
typedef enum fc_status fc_store_each(void *ctx, struct fc_str key, struct fc_str value);

FC_MUST_USE enum fc_status fc_store_each_state(struct fc_store *store, fc_store_each *each, void *ctx, struct fc_error *err);

/* Likewise, keys with from <= key < to (bytes compared as unsigned; an empty `to` is no bound). */
FC_MUST_USE enum fc_status fc_store_each_state_of(struct fc_store *store, struct fc_str from, struct fc_str to, fc_store_each *each,
                                                  void *ctx, struct fc_error *err);
FC_MUST_USE enum fc_status fc_store_each_mark(struct fc_store *store,
                                              enum fc_status (*each)(void *ctx, struct fc_str spool, struct fc_mark mark),
                                              void *ctx, struct fc_error *err);

/* fc_store_each_journal -- the batches that hold events at or above their spool's checkpointed mark, in the order they were
 * received; `batch` as decoded from the journal. The first of a spool may begin below the mark: skip what is applied.
 * fc_batch_decode (ingest.h) makes an event block of it. Errors: FC_INVALID a journal entry is no link batch */
FC_MUST_USE enum fc_status fc_store_each_journal(struct fc_store *store,
                                                 enum fc_status (*each)(void *ctx, const struct fc_link_msg *batch),
                                                 void *ctx, struct fc_error *err);

/* ---- reading at any time: any thread, in a transaction of its own; does not block the writer nor wait for it --- */

/* fc_store_each_interval -- keys k that start with prefix and from <= k < to (bytes compared as unsigned; an empty `to` is no
 * bound), ascending, as of the latest commit. Space freed meanwhile is not reused until it returns: do not dawdle. */
FC_MUST_USE enum fc_status fc_store_each_interval(struct fc_store *store, struct fc_str prefix, struct fc_str from, struct fc_str to,
                                                  fc_store_each *each, void *ctx, struct fc_error *err);

/* A place among the intervals, all in one snapshot: for those who leap about. Views live until it is closed.
 * fc_store_reader_open: a transaction of its own, any thread. fc_store_reader_open_within: in the write transaction that is open,
 * its own changes included; the writer thread, closed before commit or abort. */
struct fc_store_reader {
    struct fc_store *store;
    struct MDB_txn *txn; /* NULL: the writer's */
    struct MDB_cursor *cursor;
};
FC_MUST_USE enum fc_status fc_store_reader_open(struct fc_store *store, struct fc_store_reader *out, struct fc_error *err);
FC_MUST_USE enum fc_status fc_store_reader_open_within(struct fc_store *store, struct fc_store_reader *out, struct fc_error *err);
void fc_store_reader_close(struct fc_store_reader *reader); /* a zeroed one is fine */

/* Likewise among the contacts, where fc_store_reader_before is the last one below `key`: they are read from the newest on. */
FC_MUST_USE enum fc_status fc_store_reader_open_contacts(struct fc_store *store, struct fc_store_reader *out, struct fc_error *err);
FC_MUST_USE enum fc_status fc_store_reader_open_contacts_within(struct fc_store *store, struct fc_store_reader *out, struct fc_error *err);
FC_MUST_USE enum fc_status fc_store_reader_before(struct fc_store_reader *reader, struct fc_str below, struct fc_str *key,
                                                  struct fc_str *value, struct fc_error *err);
FC_MUST_USE enum fc_status fc_store_reader_previous(struct fc_store_reader *reader, struct fc_str *key, struct fc_str *value,
                                                    struct fc_error *err);

/* The first interval at or after `from`, and the one behind the last handed out. FC_ABSENT: there is none; err is left alone. */
FC_MUST_USE enum fc_status fc_store_reader_seek(struct fc_store_reader *reader, struct fc_str from, struct fc_str *key,
                                                struct fc_str *value, struct fc_error *err);
FC_MUST_USE enum fc_status fc_store_reader_next(struct fc_store_reader *reader, struct fc_str *key, struct fc_str *value,
                                                struct fc_error *err);

/* ---- writing: the writer thread only (LMDB ties a write transaction to its thread) ---------------------------- */

/* begin, any of the below, then commit or abort. After an error from one of them only abort is allowed; then nothing of the
 * transaction has happened. commit is durable when it returns FC_OK; on an error it has aborted.
 * Errors of all: FC_FULL map or disk full: it passes, begin again when there may be room. FC_IO otherwise: after a sync
 * that failed the store takes nothing more (base/disk.h says why), only a new start tells what it holds. FC_INVALID
 * damaged. All may wait for the disk. */
FC_MUST_USE enum fc_status fc_store_begin(struct fc_store *store, struct fc_error *err);
FC_MUST_USE enum fc_status fc_store_commit(struct fc_store *store, struct fc_error *err);
void fc_store_abort(struct fc_store *store);

/* A spool never seen has a mark of zeros. */
FC_MUST_USE enum fc_status fc_store_get_mark(struct fc_store *store, struct fc_str spool, struct fc_mark *out, struct fc_error *err);

/* Appends a batch to the journal and sets its spool's durable `next`. Errors also: FC_FULL when seven eighths of the map are
 * in use: the last eighth is for the checkpoints, by which the journal becomes shorter. */
FC_MUST_USE enum fc_status fc_store_append(struct fc_store *store, struct fc_str spool, uint64_t next, struct fc_str bytes,
                                           struct fc_error *err);

/* Takes a copy of a block of the checkpoint being received; with `last` the checkpoint is complete once this commits. */
FC_MUST_USE enum fc_status fc_store_stage(struct fc_store *store, const struct fc_record_block *block, struct fc_error *err);

/* Applies up to `records` of the complete checkpoints' records, oldest first. *done: how many; *left: bytes of complete
 * checkpoints that still wait (0: all applied). Errors also: FC_INVALID from the merge function. */
FC_MUST_USE enum fc_status fc_store_apply(struct fc_store *store, uint32_t records, uint32_t *done, uint64_t *left,
                                          struct fc_error *err);

/* Deletes up to `entries` of the oldest journal entries, as far as they lie below the checkpointed marks; *done: how many. */
FC_MUST_USE enum fc_status fc_store_trim(struct fc_store *store, uint32_t entries, uint32_t *done, struct fc_error *err);

/* Deletes up to `entries` intervals with from <= key < to, oldest key first; *done: how many. For retention. */
FC_MUST_USE enum fc_status fc_store_delete_intervals(struct fc_store *store, struct fc_str from, struct fc_str to, uint32_t entries,
                                                     uint32_t *done, struct fc_error *err);

FC_MUST_USE enum fc_status fc_store_delete_contacts(struct fc_store *store, struct fc_str from, struct fc_str to, uint32_t entries,
                                                    uint32_t *done, struct fc_error *err);

/* What is there, for the metrics. Writer thread, or start-up; own transaction when none is open. */
struct fc_store_size {
    uint64_t journal_entries, staged_blocks, state_records, interval_records, contact_records, used_bytes, map_bytes;
    uint64_t state_bytes; /* of used_bytes, pages with state records */
};
FC_MUST_USE enum fc_status fc_store_measure(struct fc_store *store, struct fc_store_size *out, struct fc_error *err);

#endif
