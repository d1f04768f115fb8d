#include "ndjson.h"

#include <stdio.h>

struct text {
    char *buf;
    size_t n, cap;
    bool overflow;
};

static void put(struct text *t, const char *p, size_t n) {
    if (t->overflow || n > t->cap - t->n) {
        t->overflow = true;
        return;
    }
    memcpy(t->buf + t->n, p, n);
    t->n += n;
}

static void put_string(struct text *t, struct fc_str s) {
    put(t, "\"", 1);
    for (uint32_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        char escaped[8];
        if (c >= 0x20 && c != '"' && c != '\\') put(t, s.p + i, 1);
        else put(t, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04x", c));
    }
    put(t, "\"", 1);
}

static void put_value(struct text *t, struct fc_mp *mp);

static void put_array(struct text *t, struct fc_mp *mp) {
    uint32_t n = 0;
    FC_ASSERT(fc_mp_array(mp, &n));
    put(t, "[", 1);
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0) put(t, ",", 1);
        put_value(t, mp);
    }
    put(t, "]", 1);
}

/* What fc_event_encode writes: strings, integers, booleans and arrays of integers. */
static void put_value(struct text *t, struct fc_mp *mp) {
    struct fc_str s;
    int64_t v;
    bool truth;
    char digits[24];
    if (fc_mp_str(mp, &s)) put_string(t, s);
    else if (fc_mp_i64(mp, &v)) put(t, digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)v));
    else if (fc_mp_bool(mp, &truth)) put(t, truth ? "true" : "false", truth ? 4 : 5);
    else put_array(t, mp);
}

size_t fc_ndjson_line(const struct fc_event *ev, char *buf, size_t cap) {
    uint8_t bytes[FC_EVENT_BYTES_MAX];
    struct fc_mpw w;
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_event_encode(&w, ev);
    if (w.overflow) return 0;
    struct fc_mp mp = fc_mp_open(bytes, w.len);
    struct text t = {.buf = buf, .cap = cap};
    uint32_t pairs = 0;
    FC_ASSERT(fc_mp_map(&mp, &pairs));
    for (uint32_t i = 0; i < pairs; i++) {
        struct fc_str key;
        FC_ASSERT(fc_mp_str(&mp, &key));
        put(&t, i == 0 ? "{" : ",", 1);
        put_string(&t, key);
        put(&t, ":", 1);
        put_value(&t, &mp);
    }
    put(&t, "}\n", 2);
    return t.overflow ? 0 : t.n;
}
