/* ami_map -- an intrusive hash table by string, for what a PBX names: calls, channels, members, agents.
 *
 * The owner embeds the node and the key's bytes, so that adding allocates nothing but the table itself, which doubles
 * when it is full. Order of walking is not defined; who needs an order keeps a list beside it.
 */
#ifndef FC_AMI_MAP_H
#define FC_AMI_MAP_H

#include "str.h"

struct fc_ami_node {
    struct fc_ami_node *next;
    struct fc_str key; /* bytes belong to the owner and do not change while the node is in a map */
    uint32_t hash;
};

struct fc_ami_map {
    struct fc_ami_node **slots;
    uint32_t mask, n; /* mask + 1 slots, a power of two; n nodes */
};

void fc_ami_map_init(struct fc_ami_map *map);
void fc_ami_map_fini(struct fc_ami_map *map); /* frees the table, not the nodes */
struct fc_ami_node *fc_ami_map_find(const struct fc_ami_map *map, struct fc_str key);
void fc_ami_map_add(struct fc_ami_map *map, struct fc_ami_node *node, struct fc_str key); /* the key must not be in it */
void fc_ami_map_remove(struct fc_ami_map *map, struct fc_ami_node *node);

/* Hands every node to `each`, which may remove and free that node, but no other. */
void fc_ami_map_walk(struct fc_ami_map *map, void (*each)(void *ctx, struct fc_ami_node *node), void *ctx);

/* Memory that cannot be had is a bug of sizing: it stops the process. */
void *fc_ami_alloc(size_t n);

#define FC_AMI_OWNER(node, type, member) ((type *)(void *)((char *)(node) - offsetof(type, member)))

#endif
