#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Length of the valid UTF-8 sequence at p, 0 when there is none (overlong, surrogate, beyond U+10FFFF, cut off). */
static size_t utf8_length(const uint8_t *p, size_t n) {
    if (p[0] < 0x80) return 1;
    size_t need = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || n < need) return 0;
    for (size_t i = 1; i < need; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (p[0] == 0xe0 && p[1] < 0xa0) return 0;
    if (p[0] == 0xed && p[1] > 0x9f) return 0;
    if (p[0] == 0xf0 && p[1] < 0x90) return 0;
    if (p[0] == 0xf4 && p[1] > 0x8f) return 0;
    return need;
}

static void escape(struct fc_bytes *out, uint8_t c) {
    static const char shorts[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'};
    if (c < sizeof shorts && shorts[c] != 0) {
        fc_bytes_char(out, '\\');
        fc_bytes_char(out, shorts[c]);
    } else {
        fc_bytes_printf(out, "\\u%04x", c);
    }
}

void fc_json_string(struct fc_bytes *out, struct fc_str s) {
    const uint8_t *p = (const uint8_t *)s.p, *end = s.n > 0 ? p + s.n : p;
    fc_bytes_char(out, '"');
    while (p < end) {
        const uint8_t *run = p;
        size_t k = 1;
        while (p < end && *p >= 0x20 && *p != '"' && *p != '\\' && (k = utf8_length(p, (size_t)(end - p))) > 0) p += k;
        fc_bytes_add(out, run, (size_t)(p - run));
        if (p == end) break;
        if (k == 0) fc_bytes_text(out, "\xef\xbf\xbd");
        else escape(out, *p);
        p++;
    }
    fc_bytes_char(out, '"');
}

static void number(struct fc_bytes *out, double v) {
    char text[40];
    if (!isfinite(v)) {
        fc_bytes_text(out, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) >= v && strtod(text, NULL) <= v) break;
    }
    fc_bytes_text(out, text);
}

static bool integer(struct fc_bytes *out, struct fc_mp *mp) {
    int64_t i;
    uint64_t u;
    if (fc_mp_i64(mp, &i)) fc_bytes_printf(out, "%" PRId64, i);
    else if (fc_mp_u64(mp, &u)) fc_bytes_printf(out, "%" PRIu64, u);
    else return false;
    return true;
}

static bool value(struct fc_bytes *out, struct fc_mp *mp, int depth);

static bool array(struct fc_bytes *out, struct fc_mp *mp, int depth) {
    uint32_t n;
    if (!fc_mp_array(mp, &n)) return false;
    fc_bytes_char(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0) fc_bytes_char(out, ',');
        if (!value(out, mp, depth + 1)) return false;
    }
    fc_bytes_char(out, ']');
    return true;
}

static bool map(struct fc_bytes *out, struct fc_mp *mp, int depth) {
    uint32_t n;
    struct fc_str key;
    if (!fc_mp_map(mp, &n)) return false;
    fc_bytes_char(out, '{');
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0) fc_bytes_char(out, ',');
        if (!fc_mp_str(mp, &key)) return false;
        fc_json_string(out, key);
        fc_bytes_char(out, ':');
        if (!value(out, mp, depth + 1)) return false;
    }
    fc_bytes_char(out, '}');
    return true;
}

static bool value(struct fc_bytes *out, struct fc_mp *mp, int depth) {
    bool b;
    double d;
    struct fc_str s;
    if (depth > FC_MP_DEPTH + 1) return false; /* fc_mp_skip lets the same depth pass */
    switch (fc_mp_peek(mp)) {
    case FC_MP_NIL: fc_bytes_text(out, "null"); return fc_mp_nil(mp);
    case FC_MP_BOOL: return fc_mp_bool(mp, &b) && (fc_bytes_text(out, b ? "true" : "false"), true);
    case FC_MP_INT: return integer(out, mp);
    case FC_MP_FLOAT: return fc_mp_f64(mp, &d) && (number(out, d), true);
    case FC_MP_STR: return fc_mp_str(mp, &s) && (fc_json_string(out, s), true);
    case FC_MP_ARRAY: return array(out, mp, depth);
    case FC_MP_MAP: return map(out, mp, depth);
    case FC_MP_BIN:
    case FC_MP_EXT:
    case FC_MP_BAD: break;
    }
    return false;
}

bool fc_json_value(struct fc_bytes *out, struct fc_mp *mp) { return value(out, mp, 0); }
