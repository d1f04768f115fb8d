/* merge -- one item from what several cells say of one thing, worked out again from the sum of what each has counted.
 *
 * The sum is the aggregator's own (tally.h), and so are the numbers (kpi.h): what stands in a merged item is what one
 * aggregator that had seen everything would have said. Settings (threshold, goal, formulas) are those of the first cell
 * that speaks of it. Refuses to know topics, cells and time: cells.h keeps what is merged here, answers.h brings stored intervals.
 * Thread: service, alone.
 */
#ifndef FC_MERGE_H
#define FC_MERGE_H

#include "bytes.h"
#include "kpi.h"

/* One cell's item, read. All zeroes: empty. */
struct fc_share {
    struct fc_bytes head;          /* pairs that are passed on as they are */
    struct fc_bytes lost;          /* elements of "sources_lost", one behind the other */
    uint32_t lost_n;
    uint32_t head_pairs, channels; /* channels: bits of enum fc_channel */
    bool is_now, is_stretch;       /* holds rows of the moment; of a stretch of time */
    int64_t from_us;         /* of a stretch; a quiet cell's may be from long ago: the latest is the merged item's */
    int64_t handled[4];      /* contacts, us; of the last hour and of the day */
    int64_t complaints_open; /* -1: not known */
    struct fc_variants variants;
    struct fc_kpi_now now; /* but for ewt_ms */
    struct fc_tally tally;
};

/* fc_share_read -- reads an item of an aggregator that runs with --cell. False: it holds nothing to merge by, or is not
 * of the agreed form; *share is then empty. */
bool fc_share_read(struct fc_share *share, const void *item, size_t n);
void fc_share_fini(struct fc_share *share); /* back to empty */

/* What a merged item says of itself. */
struct fc_merged {
    uint64_t ver; /* 0: neither ver nor at_us is written */
    int64_t at_us;
    uint32_t up, of; /* cells whose word is in it and fresh, cells there are; of 0: not written */
};

/* fc_merge_write -- appends the item that `n` >= 1 shares amount to.
 * Law: the numbers are those of one aggregator that counted it all, in whatever order the shares stand
 * (tests/unit/wallboard/merge.c) */
void fc_merge_write(struct fc_bytes *out, const struct fc_share *const *shares, uint32_t n,
                    const struct fc_merged *about);

/* fc_merge_write_cells -- "cells":{"up","of"} into an open map: one pair. */
void fc_merge_write_cells(struct fc_mpw *w, const struct fc_merged *about);

#endif
