#include "own.h"

#include "state.h"
#include "tree.h"

void fc_own_put(struct fc_hub *hub, const char *topic, uint64_t ver, int64_t at_us, const char *key, const json_t *value) {
    struct fc_topic *t = fc_cache_ensure(&hub->cache, fc_str(topic));
    struct fc_bytes bytes = {0};
    struct fc_mpw w;
    if (t == NULL) {
        hub->counters.feed_topics_full_total++;
        return;
    }
    fc_mpw_init(&w, fc_bytes_room(&bytes, FC_TOPIC_MAX + 100), FC_TOPIC_MAX + 100);
    fc_mpw_map(&w, 4);
    fc_mpw_key(&w, "topic");
    fc_mpw_str(&w, fc_str(topic));
    fc_mpw_key(&w, "ver");
    fc_mpw_int(&w, (int64_t)ver);
    fc_mpw_key(&w, "at_us");
    fc_mpw_int(&w, at_us);
    fc_mpw_key(&w, key);
    FC_ASSERT(!w.overflow);
    bytes.n = w.len;
    fc_tree_msgpack(&bytes, value);
    if (!fc_topic_live(t)) hub->own_topics++;
    struct fc_item item = {.topic = fc_str(topic), .ver = ver, .at_us = at_us};
    if (fc_cache_put(&hub->cache, t, FC_CELL_OWN, 0, &item, bytes.p, bytes.n)) fc_views_changed(&hub->views, t);
    fc_hub_count(hub);
    fc_bytes_free(&bytes);
}

void fc_own_bury(struct fc_hub *hub, const char *topic) {
    struct fc_topic *t = fc_cache_find(&hub->cache, fc_str(topic));
    if (t == NULL || !fc_topic_live(t)) return;
    hub->own_topics--;
    fc_cache_bury(&hub->cache, t);
    fc_views_changed(&hub->views, t);
    fc_cache_release(&hub->cache, t);
    fc_hub_count(hub);
}
