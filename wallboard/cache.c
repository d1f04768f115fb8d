#include "cache.h"

#include "cells.h"
#include "json.h"
#include "state.h"

#include <stdlib.h>
#include <sys/random.h>

#define BUCKETS_LEAST 1024u

/* FNV-1a from a random start, so that names cannot be chosen to fall into one bucket without knowing it. */
static uint64_t hash_of(const struct fc_cache *cache, struct fc_str name) {
    uint64_t h = cache->seed;
    for (uint32_t i = 0; i < name.n; i++) h = (h ^ (uint8_t)name.p[i]) * UINT64_C(0x100000001b3);
    return h ^ h >> 29;
}

void fc_cache_init(struct fc_cache *cache) {
    *cache = (struct fc_cache){.bucket_count = BUCKETS_LEAST, .seed = UINT64_C(0xcbf29ce484222325)};
    if (getrandom(&cache->seed, sizeof cache->seed, 0) < 0) cache->seed ^= (uint64_t)(uintptr_t)cache;
    cache->buckets = calloc(cache->bucket_count, sizeof *cache->buckets);
    FC_ASSERT(cache->buckets != NULL);
}

static void destroy(struct fc_topic *topic) {
    fc_bytes_free(&topic->item);
    fc_bytes_free(&topic->json);
    fc_cells_free(topic);
    free(topic);
}

void fc_cache_fini(struct fc_cache *cache) {
    for (struct fc_topic *t = cache->all, *next; t != NULL; t = next) {
        next = t->next;
        destroy(t);
    }
    free(cache->buckets);
    *cache = (struct fc_cache){0};
}

static void grow(struct fc_cache *cache) {
    free(cache->buckets);
    cache->bucket_count *= 2;
    cache->buckets = calloc(cache->bucket_count, sizeof *cache->buckets);
    FC_ASSERT(cache->buckets != NULL);
    for (struct fc_topic *t = cache->all; t != NULL; t = t->next) {
        struct fc_topic **bucket = &cache->buckets[t->hash & (cache->bucket_count - 1)];
        t->chain = *bucket;
        *bucket = t;
    }
}

static struct fc_topic *find(const struct fc_cache *cache, struct fc_str name, uint64_t hash) {
    struct fc_topic *t = cache->buckets[hash & (cache->bucket_count - 1)];
    while (t != NULL && !(t->hash == hash && fc_str_eq(fc_topic_str(t), name))) t = t->chain;
    return t;
}

struct fc_topic *fc_cache_find(const struct fc_cache *cache, struct fc_str name) {
    return find(cache, name, hash_of(cache, name));
}

struct fc_topic *fc_cache_ensure(struct fc_cache *cache, struct fc_str name) {
    uint64_t hash = hash_of(cache, name);
    struct fc_topic *t = find(cache, name, hash);
    if (t != NULL) return t;
    if (cache->count == FC_CACHE_TOPICS_MAX) return NULL;
    if (cache->count == cache->bucket_count) grow(cache);
    t = calloc(1, sizeof *t + name.n + 1);
    FC_ASSERT(t != NULL);
    t->hash = hash;
    t->name_n = name.n;
    memcpy(t->name, name.p, name.n);
    struct fc_topic **bucket = &cache->buckets[hash & (cache->bucket_count - 1)];
    t->chain = *bucket;
    *bucket = t;
    t->next = cache->all;
    t->link = &cache->all;
    if (t->next != NULL) t->next->link = &t->next;
    cache->all = t;
    cache->count++;
    return t;
}

static void replace(struct fc_cache *cache, struct fc_topic *topic, const void *bytes, size_t n, bool gone) {
    bool was = fc_topic_live(topic);
    fc_bytes_clear(&topic->item);
    fc_bytes_add(&topic->item, bytes, n);
    fc_bytes_clear(&topic->json);
    topic->gone = gone;
    bool is = fc_topic_live(topic);
    if (is && !was) cache->live++;
    if (was && !is) cache->live--;
}

bool fc_cache_put(struct fc_cache *cache, struct fc_topic *topic, uint32_t cell, uint32_t epoch, const struct fc_item *item,
                  const void *bytes, size_t n) {
    if (fc_topic_live(topic) && topic->cell != cell && topic->at_us > item->at_us) return false;
    topic->cell = cell;
    topic->epoch = epoch;
    topic->ver = item->ver;
    topic->at_us = item->at_us;
    replace(cache, topic, bytes, n, false);
    return true;
}

void fc_cache_bury(struct fc_cache *cache, struct fc_topic *topic) {
    uint8_t bytes[FC_TOPIC_MAX + 64];
    struct fc_mpw w;
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_mpw_map(&w, 4);
    fc_mpw_key(&w, "topic");
    fc_mpw_str(&w, fc_topic_str(topic));
    fc_mpw_key(&w, "ver");
    fc_mpw_int(&w, (int64_t)++topic->ver);
    fc_mpw_key(&w, "at_us");
    fc_mpw_int(&w, topic->at_us);
    fc_mpw_key(&w, "gone");
    fc_mpw_bool(&w, true);
    FC_ASSERT(!w.overflow);
    replace(cache, topic, bytes, w.len, true);
}

void fc_cache_release(struct fc_cache *cache, struct fc_topic *topic) {
    if (topic->members != NULL || topic->parts != NULL || fc_topic_live(topic)) return;
    struct fc_topic **at = &cache->buckets[topic->hash & (cache->bucket_count - 1)];
    while (*at != topic) at = &(*at)->chain;
    *at = topic->chain;
    *topic->link = topic->next;
    if (topic->next != NULL) topic->next->link = topic->link;
    cache->count--;
    destroy(topic);
}

struct fc_str fc_topic_json(struct fc_topic *topic) {
    if (topic->json.n == 0 && topic->item.n > 0) {
        struct fc_mp mp = fc_mp_open(topic->item.p, topic->item.n);
        if (!fc_json_value(&topic->json, &mp)) fc_bytes_clear(&topic->json);
    }
    return fc_str_n((const char *)topic->json.p, topic->json.n);
}
