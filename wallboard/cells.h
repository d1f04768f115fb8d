/* cells -- what each of several cells has last said of a topic that they share, beside the topic in the cache, where
 * stands what it all amounts to.
 *
 * Refuses to know which cells are up: it is told.
 * Thread: service, alone.
 */
#ifndef FC_CELLS_H
#define FC_CELLS_H

#include "cache.h"

#define FC_CELLS_MAX 16

/* fc_cells_wanted -- whether the topic is one that cells share: a group's, or a list of everything. */
bool fc_cells_wanted(struct fc_str topic);

/* fc_cells_take -- keeps a cell's item of a wanted topic. False: it cannot be merged (an aggregator without --cell). */
bool fc_cells_take(struct fc_topic *topic, uint32_t cell, uint32_t epoch, const struct fc_item *item, const void *bytes,
                   size_t n);

/* fc_cells_drop -- forgets what the cell said in another life than `epoch`. True: there was something. */
bool fc_cells_drop(struct fc_topic *topic, uint32_t cell, uint32_t epoch);

/* fc_cells_old -- whether what is kept of the cell is of another life than `epoch`. */
bool fc_cells_old(const struct fc_topic *topic, uint32_t cell, uint32_t epoch);

/* fc_cells_merge -- appends the merged item and describes it. `up`: bits of the cells that are; `of`: how many there
 * are. Its at_us is the newest part's, so long as all are up; else the oldest of those that are not. False: no part is
 * left. */
bool fc_cells_merge(struct fc_topic *topic, uint32_t up, uint32_t of, struct fc_bytes *out, struct fc_item *item);

/* fc_cells_mark -- puts the topic first in a list of those to be merged, unless it is in it.  fc_cells_next -- takes
 * the first one out; NULL: none. */
void fc_cells_mark(struct fc_topic **list, struct fc_topic *topic);
struct fc_topic *fc_cells_next(struct fc_topic **list);

void fc_cells_free(struct fc_topic *topic);

#endif
