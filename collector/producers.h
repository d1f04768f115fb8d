/* producers -- who has sent how far: the last `seq` and the epoch of every named `src`, to drop what is sent twice.
 *
 * A producer that got no reply sends again; what it numbered (`seq`) is then taken once. A `hello` with another epoch
 * says that the producer starts counting anew. The table lives in memory and is written with the spool's commit.
 * Refuses to track more than FC_PRODUCERS_MAX names: the rest is taken without de-duplication, and counted.
 */
#ifndef FC_PRODUCERS_H
#define FC_PRODUCERS_H

#include "event.h"

#define FC_PRODUCERS_MAX 65536

struct fc_producer {
    char src[FC_ID_MAX];
    uint8_t src_len;
    uint8_t epoch_len;
    bool dirty; /* changed since it was last written */
    char epoch[FC_ID_MAX];
    int64_t seq; /* the highest taken; -1 none */
};

struct fc_producers {
    struct fc_producer *rows;
    uint32_t *slots; /* open addressing: row + 1, or 0 */
    uint32_t *dirty; /* rows changed since the last commit */
    uint32_t n, n_dirty, slot_mask;
    uint64_t untracked; /* events taken without de-duplication because the table is full */
};

/* All: thread collector. init allocates nothing; fini frees. */
void fc_producers_init(struct fc_producers *p);
void fc_producers_fini(struct fc_producers *p);

/* fc_producers_find -- the row of `src` or NULL; valid until the next add. */
struct fc_producer *fc_producers_find(struct fc_producers *p, struct fc_str src);

/* fc_producers_restore -- a row read back from disk (not dirty). False when the table is full. */
bool fc_producers_restore(struct fc_producers *p, struct fc_str src, int64_t seq, struct fc_str epoch);

/* fc_producers_seen -- whether this event was taken before. Changes nothing. */
bool fc_producers_seen(struct fc_producers *p, const struct fc_event *ev);

/* fc_producers_take -- remembers that it is taken now. Law: seen() after take() is true for every ev with src and seq. */
void fc_producers_take(struct fc_producers *p, const struct fc_event *ev);

/* fc_producers_written -- the dirty rows are on disk. */
void fc_producers_written(struct fc_producers *p);

#endif
