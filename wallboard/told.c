#include "told.h"

static bool text(const uint8_t *map, size_t n, const char *key, struct fc_str *out) {
    struct fc_mp at;
    return fc_item_find(map, n, key, &at) && fc_mp_str(&at, out);
}

static bool number(const uint8_t *map, size_t n, const char *key, int64_t *out) {
    struct fc_mp at;
    return fc_item_find(map, n, key, &at) && fc_mp_i64(&at, out);
}

static bool read_told(struct fc_mp *at, int64_t beat_age_ms, struct fc_told *out) {
    const uint8_t *start = at->p;
    struct fc_str id;
    if (!fc_mp_skip(at)) return false;
    size_t n = (size_t)(at->p - start);
    if (!text(start, n, "id", &id) || !number(start, n, "told_ms_ago", &out->age_ms)) return false;
    (void)fc_str_copy(out->id, sizeof out->id, fc_str_n(id.p, id.n < FC_COLLECTOR_SRC_DIGITS ? id.n : FC_COLLECTOR_SRC_DIGITS));
    out->age_ms += beat_age_ms;
    return fc_item_find(start, n, "tell", &out->tell);
}

void fc_told_each(const struct fc_hub *hub, struct fc_mono now, void (*each)(void *ctx, const struct fc_told *told), void *ctx) {
    struct fc_mp at;
    struct fc_told told;
    uint32_t n;
    for (uint32_t i = 0; i < hub->cell_count; i++) {
        const struct fc_cell *c = &hub->cells[i];
        if (!fc_item_find(c->beat.p, c->beat.n, "collectors", &at) || !fc_mp_array(&at, &n)) continue;
        for (uint32_t k = 0; k < n && read_told(&at, fc_mono_ms_since(c->heard, now), &told); k++) each(ctx, &told);
    }
}

bool fc_told_figure(const struct fc_told *told, const char *key, int64_t *value) {
    struct fc_mp figures;
    return fc_item_find(told->tell.p, fc_mp_left(&told->tell), "figures", &figures) && number(figures.p, fc_mp_left(&figures), key, value);
}

static bool read_source(struct fc_mp *at, struct fc_source_told *out) {
    const uint8_t *start = at->p;
    struct fc_mp value;
    *out = (struct fc_source_told){0};
    if (!fc_mp_skip(at)) return false;
    size_t n = (size_t)(at->p - start);
    if (!text(start, n, "src", &out->src) || !text(start, n, "state", &out->state)) return false;
    (void)text(start, n, "via", &out->via);
    (void)number(start, n, "gaps", &out->gaps);
    (void)number(start, n, "since_us", &out->since_us);
    if (fc_item_find(start, n, "skewed", &value)) (void)fc_mp_bool(&value, &out->skewed);
    out->skew_known = number(start, n, "skew_ms", &out->skew_ms);
    out->up = fc_str_is(out->state, "up");
    return true;
}

void fc_sources_each(const struct fc_hub *hub, void (*each)(void *ctx, const struct fc_source_told *source), void *ctx) {
    const struct fc_topic *t = fc_cache_find(&hub->cache, FC_STR_LIT("sources"));
    struct fc_source_told source;
    struct fc_str last = {0};
    struct fc_mp at;
    uint32_t n;
    if (t == NULL || !fc_topic_live(t) || !fc_item_find(t->item.p, t->item.n, "sources", &at) || !fc_mp_array(&at, &n)) return;
    for (uint32_t i = 0; i < n && read_source(&at, &source); i++) {
        if (i == 0 || !fc_str_eq(source.src, last)) each(ctx, &source);
        last = source.src;
    }
}
