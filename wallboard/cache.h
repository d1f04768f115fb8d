/* cache -- the latest item of every topic, as bytes that nobody interprets.
 *
 * An item is kept in the form it came in and, once somebody wants it so, as JSON: each at most once per change. Several
 * cells may feed one cache; where two send the same topic, the newer at_us wins. Refuses to merge numbers: that would
 * need to know what they mean. Where they are merged (cells.h), what comes of it is put here like any other item.
 * Thread: service, alone.
 */
#ifndef FC_CACHE_H
#define FC_CACHE_H

#include "bytes.h"
#include "item.h"

#define FC_CACHE_TOPICS_MAX (1u << 20)

struct fc_member; /* of views.h */
struct fc_parts;  /* of cells.h */

struct fc_topic {
    struct fc_topic *chain;         /* same bucket */
    struct fc_topic *next, **link;  /* all topics of the cache */
    struct fc_member *members;      /* the views that show it; owned by views.c */
    struct fc_parts *parts;         /* what each cell says, where they share the topic; owned by cells.c */
    uint64_t hash, stamp;           /* stamp: scratch of views.c, to meet a topic once */
    struct fc_bytes item, json;     /* item.n == 0: wanted by somebody, not published yet */
    uint64_t ver;
    int64_t at_us;
    uint32_t cell, epoch;           /* who sent it, in the cell's how-manieth life */
    bool known;                     /* had an item: all wildcards have been asked */
    bool gone;                      /* the item is a tombstone */
    uint32_t name_n;
    char name[];                    /* terminated as well */
};

struct fc_cache {
    struct fc_topic **buckets, *all;
    uint32_t bucket_count, count, live; /* live: with an item that is no tombstone */
    uint64_t seed;
};

static inline struct fc_str fc_topic_str(const struct fc_topic *topic) { return fc_str_n(topic->name, topic->name_n); }
static inline bool fc_topic_live(const struct fc_topic *topic) { return topic->item.n > 0 && !topic->gone; }

void fc_cache_init(struct fc_cache *cache);
void fc_cache_fini(struct fc_cache *cache);

/* fc_cache_find -- the topic of that name, or NULL. It may have no item yet, or be gone. */
struct fc_topic *fc_cache_find(const struct fc_cache *cache, struct fc_str name);

/* fc_cache_ensure -- the same, made when there is none; NULL when FC_CACHE_TOPICS_MAX are there already. */
struct fc_topic *fc_cache_ensure(struct fc_cache *cache, struct fc_str name);

/* fc_cache_put -- takes a copy of an item. False, nothing changed: another cell's item for this topic is newer. */
bool fc_cache_put(struct fc_cache *cache, struct fc_topic *topic, uint32_t cell, uint32_t epoch, const struct fc_item *item,
                  const void *bytes, size_t n);

/* fc_cache_bury -- replaces the item by a tombstone: {"topic","ver","at_us","gone":true}. */
void fc_cache_bury(struct fc_cache *cache, struct fc_topic *topic);

/* fc_cache_release -- frees the topic when nobody shows it, it has no live item and no cell's part. */
void fc_cache_release(struct fc_cache *cache, struct fc_topic *topic);

/* fc_topic_json -- the item as JSON, encoded on first use. Empty when it has no JSON form (bin, ext, odd keys). */
struct fc_str fc_topic_json(struct fc_topic *topic);

#endif
