#include "ami_map.h"

#include "status.h"

#include <stdlib.h>

#define SLOTS_AT_START 256u

static uint32_t hash_of(struct fc_str s) {
    uint32_t h = 2166136261u; /* FNV-1a; the PBX is trusted, so no keyed hash */
    for (uint32_t i = 0; i < s.n; i++) h = (h ^ (uint8_t)s.p[i]) * 16777619u;
    return h ^ h >> 15;
}

void *fc_ami_alloc(size_t n) {
    void *p = calloc(1, n);
    FC_ASSERT(p != NULL);
    return p;
}

void fc_ami_map_init(struct fc_ami_map *map) {
    *map = (struct fc_ami_map){.mask = SLOTS_AT_START - 1};
    map->slots = fc_ami_alloc(SLOTS_AT_START * sizeof *map->slots);
}

void fc_ami_map_fini(struct fc_ami_map *map) {
    free(map->slots);
    *map = (struct fc_ami_map){0};
}

struct fc_ami_node *fc_ami_map_find(const struct fc_ami_map *map, struct fc_str key) {
    uint32_t h = hash_of(key);
    struct fc_ami_node *node = map->slots[h & map->mask];
    while (node != NULL && (node->hash != h || !fc_str_eq(node->key, key))) node = node->next;
    return node;
}

static void grow(struct fc_ami_map *map) {
    uint32_t mask = map->mask * 2 + 1;
    struct fc_ami_node **slots = fc_ami_alloc(((size_t)mask + 1) * sizeof *slots);
    for (uint32_t i = 0; i <= map->mask; i++)
        for (struct fc_ami_node *node = map->slots[i], *next; node != NULL; node = next) {
            next = node->next;
            node->next = slots[node->hash & mask];
            slots[node->hash & mask] = node;
        }
    free(map->slots);
    map->slots = slots;
    map->mask = mask;
}

void fc_ami_map_add(struct fc_ami_map *map, struct fc_ami_node *node, struct fc_str key) {
    if (map->n > map->mask) grow(map);
    node->key = key;
    node->hash = hash_of(key);
    node->next = map->slots[node->hash & map->mask];
    map->slots[node->hash & map->mask] = node;
    map->n++;
}

void fc_ami_map_remove(struct fc_ami_map *map, struct fc_ami_node *node) {
    struct fc_ami_node **at = &map->slots[node->hash & map->mask];
    while (*at != NULL && *at != node) at = &(*at)->next;
    FC_ASSERT(*at == node);
    *at = node->next;
    map->n--;
}

void fc_ami_map_walk(struct fc_ami_map *map, void (*each)(void *ctx, struct fc_ami_node *node), void *ctx) {
    for (uint32_t i = 0; i <= map->mask; i++)
        for (struct fc_ami_node *node = map->slots[i], *next; node != NULL; node = next) {
            next = node->next;
            each(ctx, node);
        }
}
