/* spool -- the collector's memory on disk: events that the aggregator has not acked, and how far every source has read.
 *
 * An LMDB environment in a directory of its own. Events are kept as chunks, each exactly the payload of a batch, under
 * the number of its first event; so appending is cheap (sequential keys), sending copies bytes and deleting is by range.
 * What a round puts is held in memory until one transaction writes it all: events, sources' marks, producers' numbers.
 * When the disk or the limit is reached nothing held is lost: the commit is tried again when there is room.
 *
 *   database "events":  key [first u64 big endian]  value [count u32 big endian][count msgpack maps end to end]
 *   database "state":   "format" "id" "next"; "m:NAME" a source's mark; "p:SRC" [seq i64 big endian][epoch]
 *   files beside:       lock (flock, pid of the owner), customer.key
 *
 * Refuses a directory in use, an environment that is not a spool, and one that was cut. When the machine went down under
 * the last collector every event is looked for at the start.
 * Thread: all functions collector; those that commit block on the disk.
 */
#ifndef FC_SPOOL_H
#define FC_SPOOL_H

#include "clock.h"
#include "link.h"
#include "producers.h"

#define FC_SPOOL_LIMIT_DEFAULT (UINT64_C(1) << 30)
#define FC_SPOOL_LIMIT_MIN (UINT64_C(1) << 20)
#define FC_SPOOL_ROUND_BYTES (4u << 20)     /* held for one commit: above this there is no room until it is done */
#define FC_SPOOL_ROUND_BYTES_MAX (8u << 20) /* and above this put refuses */
#define FC_MARK_BYTES_MAX 4096
#define FC_MARK_NAME_MAX 440

struct fc_spool;

/* fc_spool_open -- makes the directory (0700) and the environment when there is none.
 * Errors: FC_IO in use by another process (its pid is named), cannot be made, foreign, damaged. */
FC_MUST_USE enum fc_status fc_spool_open(const char *dir, uint64_t limit_bytes, struct fc_spool **out, struct fc_error *err);
void fc_spool_close(struct fc_spool *s); /* what is not committed is forgotten */

const char *fc_spool_dir(const struct fc_spool *s);
struct fc_str fc_spool_id(const struct fc_spool *s); /* FC_SPOOL_ID_LEN hex digits, one spool's whole life */

/* fc_spool_put -- one encoded event (<= FC_EVENT_BYTES_MAX) into the round. Errors: FC_FULL with the reason; nothing taken. */
FC_MUST_USE enum fc_status fc_spool_put(struct fc_spool *s, const void *event, size_t n, struct fc_error *err);
bool fc_spool_room(const struct fc_spool *s); /* a source should go on reading */
bool fc_spool_full(const struct fc_spool *s); /* the limit or the disk, not just the round: it lasts */
enum fc_status fc_spool_why_full(const struct fc_spool *s, struct fc_error *err); /* FC_FULL with the sentence */
struct fc_producers *fc_spool_producers(struct fc_spool *s);

/* fc_spool_away -- what to say about the aggregator in the error of a full spool ("" nothing); copied. */
void fc_spool_away(struct fc_spool *s, const char *text);

void fc_spool_mark(struct fc_spool *s, struct fc_str name, const void *bytes, size_t n);
bool fc_spool_marked(struct fc_spool *s, struct fc_str name, void *bytes, size_t cap, size_t *n);

/* fc_spool_commit -- writes the round and deletes what was forgotten: one durable transaction, none when there is nothing.
 * Errors: FC_FULL no room on the disk or in the map: everything is still held, call again (it waits a second by itself).
 *         FC_IO a sync failed or the environment is damaged: nothing is written any more, so that nothing is confirmed
 *         that may be lost (base/disk.h); only a new start tells what the disk holds. */
FC_MUST_USE enum fc_status fc_spool_commit(struct fc_spool *s, struct fc_mono now, struct fc_error *err);
enum fc_status fc_spool_flush(struct fc_spool *s, struct fc_error *err); /* at a stop: the same, with every delete that waits */
int64_t fc_spool_due_ms(const struct fc_spool *s, struct fc_mono now); /* when commit wants to be called again; -1 never */
bool fc_spool_held(const struct fc_spool *s);                          /* something is put or marked and not yet on disk */

/* Numbers: events first..next-1 are on disk and not forgotten. first == next: none. */
uint64_t fc_spool_first(const struct fc_spool *s);
uint64_t fc_spool_next(const struct fc_spool *s);
uint64_t fc_spool_bytes(const struct fc_spool *s); /* of disk used by events */

/* fc_spool_read -- as many committed events from number `from` on as a batch may hold, copied to `to` (FC_BATCH_BYTES_MAX).
 * Errors: FC_AGAIN there are none; FC_IO damaged. */
struct fc_spool_batch {
    uint64_t first;
    uint32_t count;
    size_t bytes;
};
FC_MUST_USE enum fc_status fc_spool_read(struct fc_spool *s, uint64_t from, uint8_t *to, struct fc_spool_batch *out, struct fc_error *err);

/* fc_spool_forget -- numbers below `below` are the aggregator's now; deleted with a later commit. */
void fc_spool_forget(struct fc_spool *s, uint64_t below);

/* fc_spool_rename -- a new id, on disk at once: for an aggregator that holds numbers of this id which do not fit ours.
 * Errors: as commit; the id is unchanged then. */
FC_MUST_USE enum fc_status fc_spool_rename(struct fc_spool *s, struct fc_error *err);

#endif
