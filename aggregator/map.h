/* map -- finds a thing by its name: open addressing over pointers, the things stay where they are.
 *
 * What is kept begins with its name (struct fc_str whose bytes it owns). Names are unique. One thread. Grows by doubling;
 * nothing is allocated by a look-up.
 */
#ifndef FC_MAP_H
#define FC_MAP_H

#include "str.h"

struct fc_map {
    struct fc_map_slot {
        uint64_t hash;
        void *item; /* begins with struct fc_str; NULL: free */
    } *slots;
    uint32_t n, cap; /* cap is 0 or a power of two */
};

void fc_map_fini(struct fc_map *m); /* the items are the caller's */
void *fc_map_find(const struct fc_map *m, struct fc_str name);
/* For who looks names up that are needed soon: their hash; memory of the slot is fetched; who is probably found there (its own memory is
 * not touched), or NULL. */
uint64_t fc_map_hash(struct fc_str name);
void fc_map_fetch(const struct fc_map *m, uint64_t hash);
void *fc_map_probable(const struct fc_map *m, uint64_t hash);

void fc_map_add(struct fc_map *m, void *item); /* its name must not be in the map yet */
void fc_map_remove(struct fc_map *m, const void *item);

/* for (uint32_t at = 0; (x = fc_map_each(m, &at)) != NULL;) -- in no order; the map must not change meanwhile. */
void *fc_map_each(const struct fc_map *m, uint32_t *at);

#endif
