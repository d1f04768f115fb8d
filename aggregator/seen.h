/* seen -- remembers fingerprints of events for a while, to know one that comes twice.
 *
 * Fingerprints stand in a hash set and, by the minute of their time, in lists: forgetting and storing go by these
 * lists, a look-up goes by the set. A minute's list only grows at its end, so that a checkpoint writes the parts at
 * the end alone. What lies more than keep_us before or after now is not remembered: it is said to be new, and
 * counted. One thread.
 */
#ifndef FC_SEEN_H
#define FC_SEEN_H

#include "status.h"
#include "str.h"

#define FC_SEEN_MAX 1000000     /* fingerprints held; beyond them those of the oldest minute go, one for one */
#define FC_SEEN_PART 1000       /* fingerprints in one stored record */
#define FC_SEEN_KEY_BYTES 10    /* of a record's key: minute u64, part u16, big endian */
#define FC_SEEN_BYTES_MAX (FC_SEEN_PART * 8 + 16)
#define FC_SEEN_FORGET_MAX 4096 /* fingerprints forgotten by one advance at most; the rest goes with the next */

/* COUNTER(name, "one line of help") */
#define FC_SEEN_COUNTERS(COUNTER)                                                                                      \
    COUNTER(seen, "fingerprints held now")                                                                             \
    COUNTER(seen_again, "events that had come before")                                                                 \
    COUNTER(seen_beyond, "events too old or too far ahead to be remembered")                                           \
    COUNTER(seen_evicted, "fingerprints forgotten early because there were too many")

struct fc_seen_counters {
#define COUNTER(name, help) uint64_t name;
    FC_SEEN_COUNTERS(COUNTER)
#undef COUNTER
};

struct fc_seen;

struct fc_seen *fc_seen_create(int64_t keep_us, uint32_t max); /* max: FC_SEEN_MAX, fewer in tests */
void fc_seen_destroy(struct fc_seen *s);
const struct fc_seen_counters *fc_seen_counters(const struct fc_seen *s);

/* fc_seen_add -- true: new, and remembered from now on; false: it came before.
 * Law:    for ts within keep_us of now, the second call with the same hash says false, also after save and load
 *         (tests/unit/aggregator/survey.c). Thread: engine; allocates when it grows */
FC_MUST_USE bool fc_seen_add(struct fc_seen *s, uint64_t hash, int64_t ts_us);

/* fc_seen_advance -- now rises (never falls); whole minutes that are older than keep_us behind it are forgotten, at
 * most FC_SEEN_FORGET_MAX fingerprints a call. Call it before the first add. */
void fc_seen_advance(struct fc_seen *s, int64_t now_us);

bool fc_seen_dirty(const struct fc_seen *s);

/* fc_seen_save -- what changed since the last one: records to delete first, then those to put. Nothing is dirty
 * afterwards.
 * Stored form: msgpack [1, bin of fingerprints, 8 bytes each, little endian] */
void fc_seen_save(struct fc_seen *s, void (*put)(void *ctx, struct fc_str key, struct fc_str bytes),
                  void (*gone)(void *ctx, struct fc_str key), void *ctx);

/* fc_seen_load -- one stored record, in the order of their keys, before any add or advance.
 * Errors: FC_INVALID with the offset; nothing was taken from that record */
FC_MUST_USE enum fc_status fc_seen_load(struct fc_seen *s, struct fc_str key, struct fc_str bytes,
                                        struct fc_error *err);

#endif
