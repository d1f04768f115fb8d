#include "queuelog_map.h"

#include "status.h"

#include <stdlib.h>

void *fc_qalloc(size_t n) {
    void *p = calloc(1, n);
    FC_ASSERT(p != NULL);
    return p;
}

char *fc_qdup(struct fc_str s) {
    char *p = fc_qalloc((size_t)s.n + 1);
    return fc_str_copy(p, (size_t)s.n + 1, s);
}

static uint32_t hash_of(struct fc_str key) {
    uint32_t h = 2166136261u;
    for (uint32_t i = 0; i < key.n; i++) h = (h ^ (uint8_t)key.p[i]) * 16777619u;
    return h;
}

void fc_qmap_init(struct fc_qmap *map) {
    *map = (struct fc_qmap){.mask = 63};
    map->slots = fc_qalloc(64 * sizeof(struct fc_qnode *));
}

void fc_qmap_fini(struct fc_qmap *map) {
    FC_ASSERT(map->n == 0);
    free(map->slots);
}

struct fc_qnode *fc_qmap_find(const struct fc_qmap *map, struct fc_str key) {
    uint32_t h = hash_of(key);
    struct fc_qnode *node = map->slots[h & map->mask];
    while (node != NULL && !(node->hash == h && fc_str_eq(node->key, key))) node = node->chain;
    return node;
}

static void grow(struct fc_qmap *map) {
    free(map->slots);
    map->mask = map->mask * 2 + 1;
    map->slots = fc_qalloc(((size_t)map->mask + 1) * sizeof(struct fc_qnode *));
    for (struct fc_qnode *node = map->head; node != NULL; node = node->next) {
        node->chain = map->slots[node->hash & map->mask];
        map->slots[node->hash & map->mask] = node;
    }
}

void fc_qmap_add(struct fc_qmap *map, struct fc_qnode *node, struct fc_str key) {
    if (map->n > map->mask) grow(map);
    node->key = fc_str_n(fc_qdup(key), key.n);
    node->hash = hash_of(key);
    node->chain = map->slots[node->hash & map->mask];
    map->slots[node->hash & map->mask] = node;
    node->prev = map->tail;
    node->next = NULL;
    *(map->tail != NULL ? &map->tail->next : &map->head) = node;
    map->tail = node;
    map->n++;
}

void fc_qmap_remove(struct fc_qmap *map, struct fc_qnode *node) {
    struct fc_qnode **at = &map->slots[node->hash & map->mask];
    while (*at != node) at = &(*at)->chain;
    *at = node->chain;
    *(node->prev != NULL ? &node->prev->next : &map->head) = node->next;
    *(node->next != NULL ? &node->next->prev : &map->tail) = node->prev;
    map->n--;
    /* The key was made by fc_qmap_add; the view is const for everyone else. */
    free((void *)(uintptr_t)node->key.p);
    node->key = (struct fc_str){0};
}
