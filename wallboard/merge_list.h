/* merge_list -- one list from those of several cells: all agents, all queues, all sources.
 *
 * Refuses to know what stands in a list but what it is sorted by.
 * Thread: service, alone.
 */
#ifndef FC_MERGE_LIST_H
#define FC_MERGE_LIST_H

#include "merge.h"

/* A topic that every cell sends of itself. key: of the array in its item; by: what maps are sorted by, NULL: texts,
 * each once. */
struct fc_list_kind {
    const char *topic, *key, *by;
    int order;     /* of `by`: 0 it is a text; 1 a number, least first; -1 greatest first */
    uint32_t most; /* of the whole; 0: all */
};

/* fc_list_kind -- NULL: no such list. */
const struct fc_list_kind *fc_list_kind(struct fc_str topic);

/* fc_merge_list -- appends {"topic","ver","at_us","cells",KEY: everything in the n items}, sorted; equals in the order
 * of the items. What is not of the agreed form is left out. */
void fc_merge_list(struct fc_bytes *out, const struct fc_list_kind *kind, const struct fc_str *items, uint32_t n,
                   const struct fc_merged *about);

#endif
