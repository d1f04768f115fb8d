/* queuelog_map -- a hash table by string that keeps the order in which things came.
 *
 * The order matters: what is told to the aggregator must come out the same whenever the same log is read again, because
 * a restart finds its place by reading anew (queuelog.h). The owner puts the node first in its own struct.
 */
#ifndef FC_QUEUELOG_MAP_H
#define FC_QUEUELOG_MAP_H

#include "str.h"

struct fc_qnode {
    struct fc_qnode *chain, *prev, *next;
    struct fc_str key; /* a copy, terminated, the node's own */
    uint32_t hash;
};

struct fc_qmap {
    struct fc_qnode **slots;
    struct fc_qnode *head, *tail; /* in the order of adding */
    uint32_t mask, n;             /* mask + 1 slots, a power of two */
};

/* All: thread collector. Memory that cannot be had stops the process. */
void fc_qmap_init(struct fc_qmap *map);
void fc_qmap_fini(struct fc_qmap *map); /* the table only: it must be empty */
struct fc_qnode *fc_qmap_find(const struct fc_qmap *map, struct fc_str key);
void fc_qmap_add(struct fc_qmap *map, struct fc_qnode *node, struct fc_str key); /* the key must not be in it */
void fc_qmap_remove(struct fc_qmap *map, struct fc_qnode *node);                 /* frees the key, not the node */

void *fc_qalloc(size_t n);                 /* zeroed */
char *fc_qdup(struct fc_str s);            /* a terminated copy */

#endif
