#include "hub.h"

#include "customers.h"
#include "log.h"
#include "state.h"

#define FC_HELD_MS 2000 /* smaller waits for the clock nobody sees */

void fc_hub_init(struct fc_hub *hub, uint32_t cell_count, void (*wake)(struct fc_seat *seat)) {
    FC_ASSERT(cell_count <= FC_CELLS_MAX);
    *hub = (struct fc_hub){.cell_count = cell_count, .started = fc_mono_now()};
    fc_cache_init(&hub->cache);
    fc_views_init(&hub->views, &hub->cache, &hub->counters, wake);
}

void fc_hub_fini(struct fc_hub *hub) {
    fc_views_fini(&hub->views);
    fc_cache_fini(&hub->cache);
    fc_bytes_free(&hub->masked);
    for (uint32_t i = 0; i < hub->cell_count; i++) fc_bytes_free(&hub->cells[i].beat);
}

static bool beat_text(const void *bytes, size_t n, const char *key, char *to, size_t cap) {
    struct fc_mp at;
    struct fc_str s;
    if (!fc_item_find(bytes, n, key, &at) || !fc_mp_str(&at, &s)) return false;
    (void)fc_str_copy(to, cap, s);
    return true;
}

/* 0 also when an older aggregator does not tell it. */
static int64_t beat_int(const void *bytes, size_t n, const char *key) {
    struct fc_mp at;
    int64_t v = 0;
    return fc_item_find(bytes, n, key, &at) && fc_mp_i64(&at, &v) && v > 0 ? v : 0;
}

static void take_lag(struct fc_hub *hub, const void *bytes, size_t n, struct fc_mono now) {
    int64_t event_us = beat_int(bytes, n, "event_us"), received_us_ago = beat_int(bytes, n, "received_us_ago");
    if (event_us > 0) fc_lag_came(&hub->lag, event_us, received_us_ago, now);
    else hub->counters.feed_bad_total++;
}

static void bury_old(struct fc_hub *hub, uint32_t cell) {
    struct fc_cell *c = &hub->cells[cell];
    uint32_t gone = 0;
    for (struct fc_topic *t = hub->cache.all, *next; t != NULL; t = next) {
        next = t->next;
        if (fc_cells_drop(t, cell, c->epoch)) fc_cells_mark(&hub->unsettled, t);
        if (t->cell != cell || t->epoch == c->epoch || t->item.n == 0) continue;
        if (fc_topic_live(t)) {
            fc_cache_bury(&hub->cache, t);
            fc_views_changed(&hub->views, t);
            gone++;
        }
        fc_cache_release(&hub->cache, t);
    }
    c->burying = false;
    hub->counters.topics_gone_total += gone;
    if (gone > 0) fc_info("cell %u: the new aggregator instance does not know %u topics of the old one; removed", cell + 1, gone);
}

static enum fc_hub_advice new_instance(struct fc_cell *c, const char *instance) {
    bool first = c->epoch == 0;
    (void)fc_str_copy(c->instance, sizeof c->instance, fc_str(instance));
    c->epoch++;
    c->revived = 0;
    c->burying = !first;
    c->skip = first ? 1 : 2;
    return first ? FC_HUB_GO_ON : FC_HUB_SUBSCRIBE_ANEW;
}

/* Compares what was counted since the last heartbeat with what this one says was sent. */
static enum fc_hub_advice check_loss(struct fc_hub *hub, struct fc_cell *c, uint64_t sent) {
    uint64_t expected = sent > c->base ? sent - c->base : 0, counted = c->counted;
    c->base = sent;
    c->counted = 0;
    if (c->skip > 0) {
        c->skip--;
        return FC_HUB_GO_ON;
    }
    if (counted >= expected) return FC_HUB_GO_ON;
    hub->counters.feed_lost_total += expected - counted;
    c->skip = 2;
    return FC_HUB_SUBSCRIBE_ANEW;
}

static enum fc_hub_advice heartbeat(struct fc_hub *hub, uint32_t cell, const void *bytes, size_t n, const struct fc_item *item,
                                    struct fc_mono now) {
    struct fc_cell *c = &hub->cells[cell];
    char instance[sizeof c->instance];
    struct fc_mp at;
    uint64_t sent;
    if (!beat_text(bytes, n, "instance", instance, sizeof instance) || !fc_item_find(bytes, n, "sent", &at) || !fc_mp_u64(&at, &sent)) {
        hub->counters.feed_bad_total++;
        return FC_HUB_GO_ON;
    }
    (void)beat_text(bytes, n, "version", c->version, sizeof c->version);
    (void)beat_text(bytes, n, "clock", c->clock, sizeof c->clock);
    fc_bytes_clear(&c->beat);
    fc_bytes_add(&c->beat, bytes, n);
    c->heard = now;
    c->at_us = item->at_us;
    c->turn_ms_ago = beat_int(bytes, n, "turn_ms_ago");
    c->held_ms = beat_int(bytes, n, "held_ms");
    if (c->held_ms <= FC_HELD_MS) c->held_since.ns = 0;
    else if (c->held_since.ns == 0) c->held_since = now;
    hub->counters.feed_heartbeats_total++;
    enum fc_hub_advice advice = FC_HUB_GO_ON;
    if (strcmp(instance, c->instance) != 0) advice = new_instance(c, instance);
    else if (c->burying && c->skip == 0 && c->revived == 0) bury_old(hub, cell);
    c->revived = 0;
    enum fc_hub_advice loss = check_loss(hub, c, sent);
    if (loss == FC_HUB_SUBSCRIBE_ANEW) advice = loss;
    if (advice == FC_HUB_SUBSCRIBE_ANEW) hub->counters.feed_resubscribed_total++;
    return advice;
}

/* A topic that cells share: to be merged later. False: it is passed on as it is. */
static bool share(struct fc_hub *hub, uint32_t cell, struct fc_topic *t, const struct fc_item *item, const void *bytes,
                  size_t n) {
    struct fc_cell *c = &hub->cells[cell];
    if (!fc_cells_wanted(item->topic) || (hub->cell_count == 1 && !fc_str_starts(item->topic, "group/"))) return false;
    bool old = fc_cells_old(t, cell, c->epoch);
    if (!fc_cells_take(t, cell, c->epoch, item, bytes, n)) {
        if (hub->cell_count > 1 && !c->told)
            fc_warn("cell %u: its aggregator runs without --cell, so its groups cannot be merged: of each the newest "
                    "cell's is shown",
                    cell + 1);
        c->told = hub->cell_count > 1;
        return false;
    }
    c->revived += old;
    fc_cells_mark(&hub->unsettled, t);
    return true;
}

static bool is_gone(const void *bytes, size_t n) {
    struct fc_mp at;
    bool gone = false;
    return fc_item_find(bytes, n, "gone", &at) && fc_mp_bool(&at, &gone) && gone;
}

/* The aggregator says itself that a topic has no state any more. Another cell may still have a part in it. */
static void bury(struct fc_hub *hub, uint32_t cell, struct fc_topic *t) {
    if (fc_cells_drop(t, cell, UINT32_MAX)) {
        fc_cells_mark(&hub->unsettled, t);
        return;
    }
    if (fc_topic_live(t) && t->cell == cell) {
        fc_cache_bury(&hub->cache, t);
        fc_views_changed(&hub->views, t);
        hub->counters.topics_gone_total++;
    }
    fc_cache_release(&hub->cache, t);
    fc_hub_count(hub);
}

/* Of those that the wallboard makes itself (own.h). */
static bool is_own(struct fc_str topic) {
    return fc_str_starts(topic, "board/") || fc_str_is(topic, "boards") || fc_str_is(topic, "alerts");
}

/* What is shown of it stays, and gets old. True: it cannot be read. */
static bool is_newer(struct fc_hub *hub, uint32_t cell, int64_t version) {
    struct fc_cell *c = &hub->cells[cell];
    bool newer = version != FC_STATE_VERSION;
    hub->counters.feed_newer_total += newer;
    if (newer && c->newer != version)
        fc_err("cell %u: its aggregator sends messages of version %lld, this program reads version %d: update this wallboard", cell + 1,
               (long long)version, FC_STATE_VERSION);
    c->newer = newer ? version : 0;
    return newer;
}

enum fc_hub_advice fc_hub_message(struct fc_hub *hub, uint32_t cell, struct fc_str topic, const void *bytes, size_t n, struct fc_mono now) {
    struct fc_cell *c = &hub->cells[cell];
    struct fc_item item;
    c->counted++;
    hub->counters.feed_messages_total++;
    bool read = fc_item_read(bytes, n, &item);
    int64_t version = read ? item.v : fc_mp_version(bytes, n);
    if (version > 0 && is_newer(hub, cell, version)) return FC_HUB_GO_ON;
    if (!read || version < 0 || !fc_str_eq(item.topic, topic) || is_own(topic)) {
        hub->counters.feed_bad_total++;
        return FC_HUB_GO_ON;
    }
    if (item.at_us > hub->views.at_us) hub->views.at_us = item.at_us;
    if (fc_str_is(topic, "hb")) return heartbeat(hub, cell, bytes, n, &item, now);
    if (fc_str_is(topic, "lag")) {
        take_lag(hub, bytes, n, now);
        return FC_HUB_GO_ON;
    }
    struct fc_topic *t = fc_cache_ensure(&hub->cache, topic);
    if (t == NULL) {
        hub->counters.feed_topics_full_total++;
        return FC_HUB_GO_ON;
    }
    if (is_gone(bytes, n)) {
        bury(hub, cell, t);
        return FC_HUB_GO_ON;
    }
    if (!hub->shows_customers && fc_views_on_demand(topic)) {
        fc_bytes_clear(&hub->masked);
        if (!fc_contacts_masked(&hub->masked, bytes, n)) {
            hub->counters.feed_bad_total++;
            return FC_HUB_GO_ON;
        }
        bytes = hub->masked.p;
        n = hub->masked.n;
    }
    if (share(hub, cell, t, &item, bytes, n)) return FC_HUB_GO_ON;
    if (fc_topic_live(t) && t->cell == cell && t->epoch != c->epoch) c->revived++;
    if (fc_cache_put(&hub->cache, t, cell, c->epoch, &item, bytes, n)) fc_views_changed(&hub->views, t);
    fc_hub_count(hub);
    return FC_HUB_GO_ON;
}

enum fc_trouble fc_cell_trouble(const struct fc_cell *c, struct fc_mono now) {
    if (c->heard.ns == 0) return FC_TROUBLE_NEVER;
    int64_t silent_ms = fc_mono_ms_since(c->heard, now);
    if (silent_ms > FC_FEED_DOWN_MS) return FC_TROUBLE_SILENT;
    if (c->turn_ms_ago > FC_FEED_DOWN_MS / 2 && c->turn_ms_ago + silent_ms > FC_FEED_DOWN_MS) return FC_TROUBLE_STUCK;
    return c->held_since.ns != 0 ? FC_TROUBLE_CLOCK : FC_TROUBLE_NONE;
}

enum fc_trouble fc_hub_trouble(const struct fc_hub *hub, struct fc_mono now) {
    enum fc_trouble worst = FC_TROUBLE_NONE;
    for (uint32_t i = 0; i < hub->cell_count; i++) {
        enum fc_trouble trouble = fc_cell_trouble(&hub->cells[i], now);
        if (trouble > worst) worst = trouble;
    }
    return worst;
}

const char *fc_trouble_word(enum fc_trouble trouble) {
    static const char *const words[] = {[FC_TROUBLE_NEVER] = "silent", [FC_TROUBLE_CLOCK] = "clock", [FC_TROUBLE_STUCK] = "stuck", [FC_TROUBLE_SILENT] = "silent"};
    return trouble == FC_TROUBLE_NONE ? NULL : words[trouble];
}

static bool cell_is_up(const struct fc_cell *c, struct fc_mono now) {
    enum fc_trouble trouble = fc_cell_trouble(c, now);
    return trouble == FC_TROUBLE_NONE || trouble == FC_TROUBLE_CLOCK;
}

/* Every merged item says how many cells are up. */
static void look_who_is_up(struct fc_hub *hub, struct fc_mono now) {
    uint32_t up = 0;
    for (uint32_t i = 0; i < hub->cell_count; i++) up |= cell_is_up(&hub->cells[i], now) ? 1u << i : 0;
    if (up == hub->up) return;
    hub->up = up;
    for (struct fc_topic *t = hub->cell_count > 1 ? hub->cache.all : NULL; t != NULL; t = t->next)
        if (t->parts != NULL) fc_cells_mark(&hub->unsettled, t);
}

/* The last cell that had a part in it has none any more. */
static void forget(struct fc_hub *hub, struct fc_topic *t) {
    fc_cells_free(t);
    if (fc_topic_live(t) && t->cell == FC_CELL_MERGED) {
        fc_cache_bury(&hub->cache, t);
        fc_views_changed(&hub->views, t);
        hub->counters.topics_gone_total++;
    }
    fc_cache_release(&hub->cache, t);
}

void fc_hub_settle(struct fc_hub *hub, struct fc_mono now) {
    struct fc_bytes bytes = {0};
    struct fc_item item;
    struct fc_topic *t;
    look_who_is_up(hub, now);
    while ((t = fc_cells_next(&hub->unsettled)) != NULL) {
        fc_bytes_clear(&bytes);
        if (!fc_cells_merge(t, hub->up, hub->cell_count, &bytes, &item)) forget(hub, t);
        else if (fc_cache_put(&hub->cache, t, FC_CELL_MERGED, 0, &item, bytes.p, bytes.n))
            fc_views_changed(&hub->views, t);
    }
    fc_bytes_free(&bytes);
    fc_hub_count(hub);
}

int64_t fc_hub_age_ms(const struct fc_hub *hub, struct fc_mono now) {
    int64_t worst = 0;
    for (uint32_t i = 0; i < hub->cell_count; i++) {
        if (hub->cells[i].heard.ns == 0) return -1;
        const struct fc_cell *c = &hub->cells[i];
        int64_t age = fc_mono_ms_since(c->heard, now) + c->turn_ms_ago;
        if (c->held_since.ns != 0) age = fc_mono_ms_since(c->held_since, now);
        if (age > worst) worst = age;
    }
    return worst;
}

bool fc_hub_up(const struct fc_hub *hub, struct fc_mono now) {
    return fc_hub_trouble(hub, now) == FC_TROUBLE_NONE;
}

bool fc_hub_at_us(const struct fc_hub *hub, int64_t *at_us) {
    *at_us = INT64_MAX;
    for (uint32_t i = 0; i < hub->cell_count; i++) {
        if (hub->cells[i].heard.ns == 0) return false;
        if (hub->cells[i].at_us < *at_us) *at_us = hub->cells[i].at_us;
    }
    return true;
}

bool fc_cell_stall(const struct fc_cell *cell, struct fc_hub_stall *out) {
    struct fc_mp stall, at;
    if (!fc_item_find(cell->beat.p, cell->beat.n, "stall", &stall)) return false;
    size_t n = fc_mp_left(&stall);
    return fc_item_find(stall.p, n, "kind", &at) && fc_mp_str(&at, &out->kind) && fc_item_find(stall.p, n, "reason", &at) &&
           fc_mp_str(&at, &out->reason) && fc_item_find(stall.p, n, "since_us", &at) && fc_mp_i64(&at, &out->since_us);
}

bool fc_hub_stall(const struct fc_hub *hub, struct fc_hub_stall *out) {
    struct fc_hub_stall one;
    bool any = false;
    for (uint32_t i = 0; i < hub->cell_count; i++) {
        if (!fc_cell_stall(&hub->cells[i], &one)) continue;
        bool worse = !any || (fc_str_is(one.kind, "full") && (!fc_str_is(out->kind, "full") || one.since_us < out->since_us));
        if (worse) *out = one;
        any = true;
    }
    return any;
}
