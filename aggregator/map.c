#include "map.h"

#include "status.h"

#include <stdlib.h>

static uint64_t mix(uint64_t h, uint64_t word) {
    h = (h ^ word) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}

/* Eight bytes at a time: names are short, and come from the site's own systems. */
static uint64_t hash_of(struct fc_str s) {
    uint64_t h = mix(0xcbf29ce484222325u, s.n), word;
    uint32_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        memcpy(&word, s.p + i, 8);
        h = mix(h, word);
    }
    word = 0;
    if (i < s.n) memcpy(&word, s.p + i, s.n - i);
    return mix(h, word) * 0x9e3779b97f4a7c15u;
}

uint64_t fc_map_hash(struct fc_str name) { return hash_of(name); }

static struct fc_str name_of(const void *item) {
    struct fc_str s;
    memcpy(&s, item, sizeof s);
    return s;
}

static uint32_t home(const struct fc_map *m, uint64_t hash) { return (uint32_t)(hash >> 32) & (m->cap - 1); }

void fc_map_fini(struct fc_map *m) {
    free(m->slots);
    *m = (struct fc_map){0};
}

void *fc_map_find(const struct fc_map *m, struct fc_str name) {
    if (m->cap == 0) return NULL;
    uint64_t hash = hash_of(name);
    for (uint32_t i = home(m, hash); m->slots[i].item != NULL; i = (i + 1) & (m->cap - 1))
        if (m->slots[i].hash == hash && fc_str_eq(name_of(m->slots[i].item), name)) return m->slots[i].item;
    return NULL;
}

void fc_map_fetch(const struct fc_map *m, uint64_t hash) {
    if (m->cap > 0) __builtin_prefetch(&m->slots[home(m, hash)]);
}

void *fc_map_probable(const struct fc_map *m, uint64_t hash) {
    if (m->cap == 0) return NULL;
    for (uint32_t i = home(m, hash); m->slots[i].item != NULL; i = (i + 1) & (m->cap - 1))
        if (m->slots[i].hash == hash) return m->slots[i].item;
    return NULL;
}

static void place(struct fc_map *m, uint64_t hash, void *item) {
    uint32_t i = home(m, hash);
    while (m->slots[i].item != NULL) i = (i + 1) & (m->cap - 1);
    m->slots[i] = (struct fc_map_slot){hash, item};
}

static void grow(struct fc_map *m) {
    struct fc_map old = *m;
    m->cap = old.cap == 0 ? 16 : 2 * old.cap;
    m->slots = calloc(m->cap, sizeof *m->slots);
    FC_ASSERT(m->slots != NULL);
    for (uint32_t i = 0; i < old.cap; i++)
        if (old.slots[i].item != NULL) place(m, old.slots[i].hash, old.slots[i].item);
    free(old.slots);
}

void fc_map_add(struct fc_map *m, void *item) {
    if (4 * (m->n + 1) > 3 * m->cap) grow(m);
    place(m, hash_of(name_of(item)), item);
    m->n++;
}

/* Backward shift: what follows in the same run moves up, so that no tombstones are needed. */
void fc_map_remove(struct fc_map *m, const void *item) {
    uint32_t mask = m->cap - 1, i = home(m, hash_of(name_of(item)));
    while (m->slots[i].item != item) {
        FC_ASSERT(m->slots[i].item != NULL);
        i = (i + 1) & mask;
    }
    for (uint32_t j = (i + 1) & mask; m->slots[j].item != NULL; j = (j + 1) & mask) {
        if (((j - home(m, m->slots[j].hash)) & mask) < ((j - i) & mask)) continue;
        m->slots[i] = m->slots[j];
        i = j;
    }
    m->slots[i].item = NULL;
    m->n--;
}

void *fc_map_each(const struct fc_map *m, uint32_t *at) {
    while (*at < m->cap) {
        void *item = m->slots[(*at)++].item;
        if (item != NULL) return item;
    }
    return NULL;
}
