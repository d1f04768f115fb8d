/* fake -- an aggregator and its items for tests: what is in an item does not matter to the wallboard, only its head. */
#ifndef FC_TEST_FAKE_H
#define FC_TEST_FAKE_H

#include "mp.h"

/* "voice chat" as an array of words. */
static inline void fake_words(struct fc_mpw *w, const char *words) {
    size_t n = words[0] != '\0';
    for (const char *p = words; *p != '\0'; p++) n += *p == ' ';
    fc_mpw_array(w, n);
    for (const char *p = words; n > 0; n--) {
        size_t k = strcspn(p, " ");
        fc_mpw_str(w, fc_str_n(p, k));
        p += k + 1;
    }
}

/* A queue's item: topic, ver, at_us, scope, name, channel, channels (unless NULL), window, waiting, service_level.
 * Returns its length. */
static inline size_t fake_item_of(uint8_t *to, size_t cap, const char *topic, const char *name, const char *channel,
                                  const char *channels, const char *window, uint64_t ver, int64_t waiting) {
    struct fc_mpw w;
    fc_mpw_init(&w, to, cap);
    fc_mpw_map(&w, 9u + (channels != NULL));
    fc_mpw_key(&w, "topic");
    fc_mpw_str(&w, fc_str(topic));
    fc_mpw_key(&w, "ver");
    fc_mpw_int(&w, (int64_t)ver);
    fc_mpw_key(&w, "at_us");
    fc_mpw_int(&w, INT64_C(1760000000000000) + (int64_t)ver);
    fc_mpw_key(&w, "scope");
    fc_mpw_str(&w, fc_str(strncmp(topic, "queue/", 6) == 0   ? "queue"
                          : strncmp(topic, "agent/", 6) == 0 ? "agent"
                                                             : "all"));
    fc_mpw_key(&w, "name");
    fc_mpw_str(&w, fc_str(name));
    fc_mpw_key(&w, "channel");
    fc_mpw_str(&w, fc_str(channel));
    if (channels != NULL) {
        fc_mpw_key(&w, "channels");
        fake_words(&w, channels);
    }
    fc_mpw_key(&w, "window");
    fc_mpw_str(&w, fc_str(window));
    fc_mpw_key(&w, "waiting");
    fc_mpw_int(&w, waiting);
    fc_mpw_key(&w, "service_level");
    fc_mpw_map(&w, 2);
    fc_mpw_key(&w, "value");
    if (waiting == 0)
        fc_mpw_nil(&w);
    else
        fc_mpw_f64(&w, 0.8);
    fc_mpw_key(&w, "n");
    fc_mpw_int(&w, waiting);
    return w.overflow ? 0 : w.len;
}

static inline size_t fake_item(uint8_t *to, size_t cap, const char *topic, const char *name, const char *window,
                               uint64_t ver, int64_t waiting) {
    return fake_item_of(to, cap, topic, name, "all", NULL, window, ver, waiting);
}

static inline size_t fake_beat(uint8_t *to, size_t cap, const char *instance, uint64_t sent) {
    struct fc_mpw w;
    fc_mpw_init(&w, to, cap);
    fc_mpw_map(&w, 8);
    fc_mpw_key(&w, "topic");
    fc_mpw_str(&w, fc_str("hb"));
    fc_mpw_key(&w, "ver");
    fc_mpw_int(&w, (int64_t)sent);
    fc_mpw_key(&w, "at_us");
    fc_mpw_int(&w, INT64_C(1760000000000000) + (int64_t)sent);
    fc_mpw_key(&w, "instance");
    fc_mpw_str(&w, fc_str(instance));
    fc_mpw_key(&w, "sent");
    fc_mpw_int(&w, (int64_t)sent);
    fc_mpw_key(&w, "clock");
    fc_mpw_str(&w, fc_str("wall"));
    fc_mpw_key(&w, "version");
    fc_mpw_str(&w, fc_str("0.1.0"));
    fc_mpw_key(&w, "metrics");
    fc_mpw_map(&w, 2);
    fc_mpw_key(&w, "events_total");
    fc_mpw_int(&w, 12345);
    fc_mpw_key(&w, "ring fill");
    fc_mpw_f64(&w, 0.25);
    return w.overflow ? 0 : w.len;
}

#endif
