#include "item.h"

#include "state.h"

bool fc_item_read(const void *bytes, size_t n, struct fc_item *out) {
    struct fc_mp mp = fc_mp_open(bytes, n);
    uint32_t pairs;
    bool topic = false, ver = false, at = false;
    if (!fc_mp_map(&mp, &pairs)) return false;
    out->v = 1;
    for (uint32_t i = 0; i < pairs; i++) {
        struct fc_str key;
        if (!fc_mp_str(&mp, &key)) return false;
        if (fc_str_is(key, "topic")) {
            if (!(topic = fc_mp_str(&mp, &out->topic))) return false;
        } else if (fc_str_is(key, "ver")) {
            if (!(ver = fc_mp_u64(&mp, &out->ver))) return false;
        } else if (fc_str_is(key, "at_us")) {
            if (!(at = fc_mp_i64(&mp, &out->at_us))) return false;
        } else if (fc_str_is(key, "v")) {
            if (!fc_mp_i64(&mp, &out->v)) return false;
        } else if (!fc_mp_skip(&mp)) {
            return false;
        }
    }
    return topic && ver && at && fc_mp_left(&mp) == 0 && out->topic.n > 0 && out->topic.n <= FC_TOPIC_MAX;
}

bool fc_item_find(const void *bytes, size_t n, const char *key, struct fc_mp *value) { return fc_mp_find(bytes, n, key, value); }
