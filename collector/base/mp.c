#include "mp.h"

/* Head of one value: its type, and for containers and strings the count or length. `need` is the size of the head. */
struct head {
    enum fc_mp_type type;
    uint32_t need;
    uint64_t n;  /* length, count, or the raw bits of a number */
    bool negative; /* for integers: n is a two's complement negative number */
};

static uint64_t be(const uint8_t *p, uint32_t bytes) {
    uint64_t v = 0;
    for (uint32_t i = 0; i < bytes; i++) v = v << 8 | p[i];
    return v;
}

static int64_t sign_extend(uint64_t v, uint32_t bytes) {
    uint32_t shift = 64 - 8 * bytes;
    return (int64_t)(v << shift) >> shift;
}

/* Types and operand widths of 0xc0 .. 0xdf; width 0 with FC_MP_BAD marks the reserved byte. */
static const struct {
    uint8_t type, width;
} wide[32] = {
    {FC_MP_NIL, 0},  {FC_MP_BAD, 0},  {FC_MP_BOOL, 0}, {FC_MP_BOOL, 0}, {FC_MP_BIN, 1},   {FC_MP_BIN, 2},   {FC_MP_BIN, 4}, {FC_MP_EXT, 1},
    {FC_MP_EXT, 2},  {FC_MP_EXT, 4},  {FC_MP_FLOAT, 4}, {FC_MP_FLOAT, 8}, {FC_MP_INT, 1},  {FC_MP_INT, 2},   {FC_MP_INT, 4}, {FC_MP_INT, 8},
    {FC_MP_INT, 1},  {FC_MP_INT, 2},  {FC_MP_INT, 4},  {FC_MP_INT, 8},  {FC_MP_EXT, 0},   {FC_MP_EXT, 0},   {FC_MP_EXT, 0}, {FC_MP_EXT, 0},
    {FC_MP_EXT, 0},  {FC_MP_STR, 1},  {FC_MP_STR, 2},  {FC_MP_STR, 4},  {FC_MP_ARRAY, 2}, {FC_MP_ARRAY, 4}, {FC_MP_MAP, 2}, {FC_MP_MAP, 4},
};

static bool read_head(const struct fc_mp *mp, struct head *h) {
    if (mp->p >= mp->end) return false;
    uint8_t b = *mp->p;
    *h = (struct head){.type = FC_MP_INT, .need = 1, .n = b};
    if (b < 0x80) return true;
    if (b >= 0xe0) {
        h->n = (uint64_t)(int64_t)(int8_t)b;
        h->negative = true;
        return true;
    }
    if (b < 0x90) return h->type = FC_MP_MAP, h->n = b & 0x0f, true;
    if (b < 0xa0) return h->type = FC_MP_ARRAY, h->n = b & 0x0f, true;
    if (b < 0xc0) return h->type = FC_MP_STR, h->n = b & 0x1f, true;
    uint32_t i = b - 0xc0u;
    h->type = (enum fc_mp_type)wide[i].type;
    if (h->type == FC_MP_BAD || fc_mp_left(mp) < 1u + wide[i].width) return false;
    h->need = 1u + wide[i].width;
    h->n = be(mp->p + 1, wide[i].width);
    if (b >= 0xd0 && b <= 0xd3) {
        int64_t v = sign_extend(h->n, wide[i].width);
        h->n = (uint64_t)v;
        h->negative = v < 0;
    } else if (b >= 0xd4 && b <= 0xd8) {
        h->n = (uint64_t)1 << (b - 0xd4); /* fixext: 1, 2, 4, 8, 16 data bytes */
    } else if (h->type == FC_MP_BOOL) {
        h->n = b & 1;
    }
    return true;
}

enum fc_mp_type fc_mp_peek(const struct fc_mp *mp) {
    struct head h;
    return read_head(mp, &h) ? h.type : FC_MP_BAD;
}

bool fc_mp_nil(struct fc_mp *mp) {
    if (fc_mp_peek(mp) != FC_MP_NIL) return false;
    mp->p++;
    return true;
}

bool fc_mp_bool(struct fc_mp *mp, bool *out) {
    struct head h;
    if (!read_head(mp, &h) || h.type != FC_MP_BOOL) return false;
    *out = h.n == 1;
    mp->p += h.need;
    return true;
}

bool fc_mp_i64(struct fc_mp *mp, int64_t *out) {
    struct head h;
    if (!read_head(mp, &h) || h.type != FC_MP_INT || (!h.negative && h.n > INT64_MAX)) return false;
    *out = (int64_t)h.n;
    mp->p += h.need;
    return true;
}

bool fc_mp_u64(struct fc_mp *mp, uint64_t *out) {
    struct head h;
    if (!read_head(mp, &h) || h.type != FC_MP_INT || h.negative) return false;
    *out = h.n;
    mp->p += h.need;
    return true;
}

bool fc_mp_f64(struct fc_mp *mp, double *out) {
    struct head h;
    if (!read_head(mp, &h)) return false;
    if (h.type == FC_MP_INT) {
        *out = h.negative ? (double)(int64_t)h.n : (double)h.n;
    } else if (h.type == FC_MP_FLOAT && h.need == 5) {
        uint32_t bits = (uint32_t)h.n;
        float f;
        memcpy(&f, &bits, sizeof f);
        *out = (double)f;
    } else if (h.type == FC_MP_FLOAT) {
        memcpy(out, &h.n, sizeof *out);
    } else {
        return false;
    }
    mp->p += h.need;
    return true;
}

static bool read_bytes(struct fc_mp *mp, struct head h, struct fc_str *out) {
    if (h.n > fc_mp_left(mp) - h.need) return false;
    *out = fc_str_n((const char *)mp->p + h.need, (size_t)h.n);
    mp->p += h.need + h.n;
    return true;
}

bool fc_mp_str(struct fc_mp *mp, struct fc_str *out) {
    struct head h;
    return read_head(mp, &h) && h.type == FC_MP_STR && read_bytes(mp, h, out);
}

bool fc_mp_bin(struct fc_mp *mp, struct fc_str *out) {
    struct head h;
    return read_head(mp, &h) && (h.type == FC_MP_BIN || h.type == FC_MP_STR) && read_bytes(mp, h, out);
}

bool fc_mp_array(struct fc_mp *mp, uint32_t *n) {
    struct head h;
    if (!read_head(mp, &h) || h.type != FC_MP_ARRAY || h.n > fc_mp_left(mp) - h.need) return false;
    *n = (uint32_t)h.n;
    mp->p += h.need;
    return true;
}

bool fc_mp_map(struct fc_mp *mp, uint32_t *n) {
    struct head h;
    if (!read_head(mp, &h) || h.type != FC_MP_MAP || 2 * h.n > fc_mp_left(mp) - h.need) return false;
    *n = (uint32_t)h.n;
    mp->p += h.need;
    return true;
}

/* Iterative: counts the values still owed on each level, so that hostile nesting cannot exhaust the stack. */
bool fc_mp_skip(struct fc_mp *mp) {
    struct fc_mp at = *mp;
    uint64_t owed[FC_MP_DEPTH + 1] = {1};
    int depth = 0;
    while (depth >= 0) {
        if (owed[depth] == 0) {
            depth--;
            continue;
        }
        owed[depth]--;
        struct head h;
        if (!read_head(&at, &h)) return false;
        uint64_t body = h.type == FC_MP_STR || h.type == FC_MP_BIN ? h.n : h.type == FC_MP_EXT ? h.n + 1 : 0;
        if (body > fc_mp_left(&at) - h.need) return false;
        at.p += h.need + body;
        if (h.type == FC_MP_ARRAY || h.type == FC_MP_MAP) {
            uint64_t count = h.type == FC_MP_MAP ? 2 * h.n : h.n;
            if (count > fc_mp_left(&at)) return false;
            if (count > 0 && depth == FC_MP_DEPTH) return false;
            if (count > 0) owed[++depth] = count;
        }
    }
    *mp = at;
    return true;
}

static int put(void *data, const char *buf, size_t n) {
    struct fc_mpw *w = data;
    if (w->overflow || n > w->cap - w->len) {
        w->overflow = true;
        return -1;
    }
    memcpy(w->buf + w->len, buf, n);
    w->len += n;
    return 0;
}

bool fc_mp_find(const void *bytes, size_t n, const char *key, struct fc_mp *value) {
    struct fc_mp mp = fc_mp_open(bytes, n);
    uint32_t pairs;
    struct fc_str k;
    if (!fc_mp_map(&mp, &pairs)) return false;
    for (uint32_t i = 0; i < pairs; i++) {
        if (!fc_mp_str(&mp, &k)) return false;
        if (fc_str_is(k, key)) return *value = mp, true;
        if (!fc_mp_skip(&mp)) return false;
    }
    return false;
}

int64_t fc_mp_version(const void *bytes, size_t n) {
    struct fc_mp at;
    int64_t v;
    if (!fc_mp_find(bytes, n, "v", &at)) return 1;
    return fc_mp_i64(&at, &v) && v > 0 ? v : -1;
}

void fc_mpw_init(struct fc_mpw *w, void *buf, size_t cap) {
    *w = (struct fc_mpw){.buf = buf, .cap = cap};
    msgpack_packer_init(&w->pk, w, put);
}

/* The packer's results are not looked at: `overflow` keeps the only failure there is. */
void fc_mpw_map(struct fc_mpw *w, size_t n) { (void)msgpack_pack_map(&w->pk, n); }
void fc_mpw_array(struct fc_mpw *w, size_t n) { (void)msgpack_pack_array(&w->pk, n); }
void fc_mpw_int(struct fc_mpw *w, int64_t v) { (void)msgpack_pack_int64(&w->pk, v); }
void fc_mpw_f64(struct fc_mpw *w, double v) { (void)msgpack_pack_double(&w->pk, v); }
void fc_mpw_nil(struct fc_mpw *w) { (void)msgpack_pack_nil(&w->pk); }

void fc_mpw_bool(struct fc_mpw *w, bool v) {
    if (v) (void)msgpack_pack_true(&w->pk);
    else (void)msgpack_pack_false(&w->pk);
}

void fc_mpw_str(struct fc_mpw *w, struct fc_str s) {
    (void)msgpack_pack_str(&w->pk, s.n);
    fc_mpw_raw(w, s.p, s.n);
}

void fc_mpw_bin(struct fc_mpw *w, const void *p, size_t n) {
    (void)msgpack_pack_bin(&w->pk, n);
    fc_mpw_raw(w, p, n);
}

void fc_mpw_raw(struct fc_mpw *w, const void *p, size_t n) {
    if (n > 0) (void)put(w, p, n);
}
