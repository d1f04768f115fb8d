#include "queuelog_mark.h"

#include "queuelog_map.h"

#include <stdio.h>
#include <stdlib.h>

#define MARK_VERSION 1
#define PIECE 4096

static struct fc_str name_of(char *to, size_t cap, const char *key, const char *what, long number) {
    int n = number < 0 ? snprintf(to, cap, "%s %s", key, what) : snprintf(to, cap, "%s %s %ld", key, what, number);
    FC_ASSERT(n > 0 && (size_t)n < cap);
    return fc_str_n(to, (size_t)n);
}

static bool get_u32(struct fc_mp *mp, uint32_t *out) {
    uint64_t v;
    if (!fc_mp_u64(mp, &v) || v > UINT32_MAX) return false;
    *out = (uint32_t)v;
    return true;
}

bool fc_qmark_get(struct fc_sink *sink, const char *key, struct fc_qmark *out) {
    char name[FC_QMARK_PATH_MAX + 32];
    uint8_t buf[128];
    size_t n = 0;
    uint32_t len;
    int64_t version;
    struct fc_qfile_place *p = &out->place;
    if (!fc_sink_marked(sink, name_of(name, sizeof name, key, "at", -1), buf, sizeof buf, &n) || n > sizeof buf) return false;
    struct fc_mp mp = fc_mp_open(buf, n);
    if (!fc_mp_array(&mp, &len) || len != 8 || !fc_mp_i64(&mp, &version) || version != MARK_VERSION) return false;
    return fc_mp_u64(&mp, &p->dev) && fc_mp_u64(&mp, &p->ino) && fc_mp_u64(&mp, &p->head_hash) && get_u32(&mp, &p->head_n) &&
           p->head_n <= FC_QFILE_HEAD && fc_mp_i64(&mp, &p->offset) && p->offset >= 0 && get_u32(&mp, &out->taken) && get_u32(&mp, &out->base_n);
}

static void put_u64(struct fc_mpw *w, uint64_t v) {
    uint8_t raw[9] = {0xcf};
    for (int i = 0; i < 8; i++) raw[1 + i] = (uint8_t)(v >> (56 - 8 * i));
    fc_mpw_raw(w, raw, sizeof raw);
}

void fc_qmark_put(struct fc_sink *sink, const char *key, const struct fc_qmark *mark) {
    char name[FC_QMARK_PATH_MAX + 32];
    uint8_t buf[128];
    struct fc_mpw w;
    fc_mpw_init(&w, buf, sizeof buf);
    fc_mpw_array(&w, 8);
    fc_mpw_int(&w, MARK_VERSION);
    put_u64(&w, mark->place.dev);
    put_u64(&w, mark->place.ino);
    put_u64(&w, mark->place.head_hash);
    fc_mpw_int(&w, mark->place.head_n);
    fc_mpw_int(&w, mark->place.offset);
    fc_mpw_int(&w, mark->taken);
    fc_mpw_int(&w, mark->base_n);
    FC_ASSERT(!w.overflow);
    fc_sink_mark(sink, name_of(name, sizeof name, key, "at", -1), buf, w.len);
}

uint8_t *fc_qmark_get_base(struct fc_sink *sink, const char *key, const struct fc_qmark *mark) {
    char name[FC_QMARK_PATH_MAX + 32];
    uint8_t *bytes = fc_qalloc((size_t)mark->base_n + 1);
    for (uint32_t at = 0; at < mark->base_n; at += PIECE) {
        size_t want = mark->base_n - at < PIECE ? mark->base_n - at : PIECE, n = 0;
        if (fc_sink_marked(sink, name_of(name, sizeof name, key, "base", at / PIECE), bytes + at, want, &n) && n >= want) continue;
        free(bytes);
        return NULL;
    }
    return bytes;
}

void fc_qmark_put_base(struct fc_sink *sink, const char *key, const uint8_t *bytes, size_t n) {
    char name[FC_QMARK_PATH_MAX + 32];
    for (size_t at = 0; at < n; at += PIECE)
        fc_sink_mark(sink, name_of(name, sizeof name, key, "base", (long)(at / PIECE)), bytes + at, n - at < PIECE ? n - at : PIECE);
}
