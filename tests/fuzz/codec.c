/* codec -- the bytes of the link and of producers: mp.h against msgpack-c, the event codec against a slow second
 * reading of msgpack-c's objects, link messages there and back.
 *
 * On every input both readers must say the same: whether there is a whole value, how long it is and what it is. Where
 * they may differ: values nested deeper than FC_MP_DEPTH, which msgpack-c reads and mp.h refuses.
 */
#include "event.h"
#include "fuzz.h"
#include "ingest.h"

#include <msgpack.h>

/* msgpack-c asks for memory as counts in the input tell it to; a sanitizer's allocator refuses the absurd. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1:max_allocation_size_mb=256"; }
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "allocator_may_return_null=1:max_allocation_size_mb=256"; }

/* ---- mp.h ---------------------------------------------------------------------------------------------------------- */

static int nesting(const msgpack_object *o) {
    int deepest = 0;
    bool map = o->type == MSGPACK_OBJECT_MAP;
    if (!map && o->type != MSGPACK_OBJECT_ARRAY) return 0;
    uint32_t n = map ? o->via.map.size : o->via.array.size;
    for (uint32_t i = 0; i < n; i++) {
        int a = nesting(map ? &o->via.map.ptr[i].key : &o->via.array.ptr[i]);
        int b = map ? nesting(&o->via.map.ptr[i].val) : 0;
        if (a > deepest) deepest = a;
        if (b > deepest) deepest = b;
    }
    return n == 0 ? 0 : 1 + deepest;
}

static void same_number(struct fc_mp *mp, const msgpack_object *o) {
    struct fc_mp a = *mp, b = *mp, c = *mp;
    int64_t i = 0;
    uint64_t u = 0;
    double d = 0, expected = o->via.f64;
    bool is_int = o->type == MSGPACK_OBJECT_POSITIVE_INTEGER || o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER;
    bool negative = o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER;
    FC_ASSERT(fc_mp_i64(&a, &i) == (is_int && (negative || o->via.u64 <= INT64_MAX)));
    FC_ASSERT(fc_mp_u64(&b, &u) == (is_int && !negative));
    FC_ASSERT(fc_mp_f64(&c, &d));
    if (negative) FC_ASSERT(i == o->via.i64);
    if (is_int && !negative) FC_ASSERT(u == o->via.u64 && (u > INT64_MAX || (uint64_t)i == u));
    if (is_int) expected = negative ? (double)o->via.i64 : (double)o->via.u64;
    FC_ASSERT(memcmp(&d, &expected, sizeof d) == 0);
    *mp = c;
}

static void same_bytes(struct fc_mp *mp, const msgpack_object *o) {
    struct fc_mp a = *mp;
    struct fc_str s = {0}, t = {0};
    bool str = o->type == MSGPACK_OBJECT_STR;
    FC_ASSERT(fc_mp_str(&a, &s) == str && fc_mp_bin(mp, &t));
    struct fc_str expected = str ? fc_str_n(o->via.str.ptr, o->via.str.size) : fc_str_n(o->via.bin.ptr, o->via.bin.size);
    FC_ASSERT(fc_str_eq(t, expected) && (!str || fc_str_eq(s, expected)));
}

static void same_value(struct fc_mp *mp, const msgpack_object *o);

static void same_inside(struct fc_mp *mp, const msgpack_object *o) {
    uint32_t n = 0;
    if (o->type == MSGPACK_OBJECT_ARRAY) {
        FC_ASSERT(fc_mp_array(mp, &n) && n == o->via.array.size);
        for (uint32_t i = 0; i < n; i++) same_value(mp, &o->via.array.ptr[i]);
        return;
    }
    FC_ASSERT(fc_mp_map(mp, &n) && n == o->via.map.size);
    for (uint32_t i = 0; i < n; i++) {
        same_value(mp, &o->via.map.ptr[i].key);
        same_value(mp, &o->via.map.ptr[i].val);
    }
}

static void same_value(struct fc_mp *mp, const msgpack_object *o) {
    static const enum fc_mp_type types[] = {
        [MSGPACK_OBJECT_NIL] = FC_MP_NIL,       [MSGPACK_OBJECT_BOOLEAN] = FC_MP_BOOL,  [MSGPACK_OBJECT_POSITIVE_INTEGER] = FC_MP_INT,
        [MSGPACK_OBJECT_NEGATIVE_INTEGER] = FC_MP_INT, [MSGPACK_OBJECT_FLOAT32] = FC_MP_FLOAT, [MSGPACK_OBJECT_FLOAT64] = FC_MP_FLOAT,
        [MSGPACK_OBJECT_STR] = FC_MP_STR,       [MSGPACK_OBJECT_ARRAY] = FC_MP_ARRAY,   [MSGPACK_OBJECT_MAP] = FC_MP_MAP,
        [MSGPACK_OBJECT_BIN] = FC_MP_BIN,       [MSGPACK_OBJECT_EXT] = FC_MP_EXT,
    };
    bool b = false;
    FC_ASSERT((size_t)o->type < sizeof types / sizeof *types && fc_mp_peek(mp) == types[o->type]);
    switch (types[o->type]) {
    case FC_MP_NIL: FC_ASSERT(fc_mp_nil(mp)); break;
    case FC_MP_BOOL: FC_ASSERT(fc_mp_bool(mp, &b) && b == o->via.boolean); break;
    case FC_MP_INT:
    case FC_MP_FLOAT: same_number(mp, o); break;
    case FC_MP_STR:
    case FC_MP_BIN: same_bytes(mp, o); break;
    case FC_MP_ARRAY:
    case FC_MP_MAP: same_inside(mp, o); break;
    case FC_MP_EXT: /* has no reader; its bytes end the value */
        FC_ASSERT(fc_mp_skip(mp) && (const char *)mp->p == o->via.ext.ptr + o->via.ext.size);
        break;
    case FC_MP_BAD: FC_ASSERT(false); break;
    }
}

/* ---- events, read a second time --------------------------------------------------------------------------------------- */

enum key_type { STR, WORD, INT, TIME, BOOL, SCORES };

static const struct key_row {
    const char *wire;
    enum key_type type;
    int64_t limit;
    size_t at;
} rows[FC_KEY_COUNT] = {
#define KEY(id, wire, type, limit, help) {wire, type, limit, offsetof(struct fc_event, id)},
    FC_EVENT_KEYS(KEY)
#undef KEY
};

static const struct kind {
    const char *wire;
    uint64_t required;
    enum fc_vocab vocab;
} kinds[FC_KIND_COUNT] = {
#define K(id) FC_KEY_BIT(id)
#define KIND(id, wire, required, optional, vocab, help) {wire, required, FC_VOCAB_##vocab},
    FC_EVENT_KINDS(KIND)
#undef KIND
#undef K
};

static struct fc_str text_of(const msgpack_object *o) { return fc_str_n(o->via.str.ptr, o->via.str.size); }

static bool is_int(const msgpack_object *o, int64_t least, int64_t most, int64_t *v) {
    if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 > INT64_MAX) return false;
    if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER && o->type != MSGPACK_OBJECT_NEGATIVE_INTEGER) return false;
    *v = o->via.i64;
    return *v >= least && *v <= most;
}

/* By code points: as many bytes as the shortest form needs, and no more than Unicode has. */
static bool is_text(struct fc_str s) {
    for (uint32_t i = 0, more; i < s.n; i += more + 1) {
        uint8_t lead = (uint8_t)s.p[i];
        more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : 99;
        if (lead == 0 || more > 3 || more >= s.n - i) return false;
        uint32_t point = more == 0 ? lead : lead & (0x3fu >> more);
        for (uint32_t k = 1; k <= more; k++) {
            if ((uint8_t)s.p[i + k] >> 6 != 2) return false;
            point = point << 6 | ((uint8_t)s.p[i + k] & 0x3f);
        }
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
    }
    return true;
}

static bool reads_scores(const msgpack_object *o, const struct key_row *row, uint8_t *to) {
    bool rater = strcmp(row->wire, "rater") == 0;
    if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size != row->limit) return false;
    for (uint32_t i = 0; i < o->via.array.size; i++) {
        int64_t v;
        if (!is_int(&o->via.array.ptr[i], rater ? 1 : 0, rater ? 5 : 3, &v)) return false;
        to[i] = (uint8_t)v;
    }
    return true;
}

static bool reads(const msgpack_object *o, const struct key_row *row, struct fc_event *ev) {
    char *to = (char *)ev + row->at;
    struct fc_str s = o->type == MSGPACK_OBJECT_STR ? text_of(o) : (struct fc_str){0};
    int64_t v = 0;
    switch (row->type) {
    case STR: memcpy(to, &s, sizeof s); return o->type == MSGPACK_OBJECT_STR && s.n <= row->limit && is_text(s);
    case WORD: *to = (char)fc_word_find((enum fc_vocab)row->limit, s); return o->type == MSGPACK_OBJECT_STR && *to >= 0;
    case INT:
        if (!is_int(o, strcmp(row->wire, "csat") == 0 ? 1 : 0, row->limit, &v)) return false;
        break;
    case TIME:
        if (!is_int(o, 1, INT64_C(253402300799999999), &v)) return false;
        break;
    case BOOL: *to = o->type == MSGPACK_OBJECT_BOOLEAN && o->via.boolean; return o->type == MSGPACK_OBJECT_BOOLEAN;
    case SCORES: return reads_scores(o, row, (uint8_t *)to);
    }
    memcpy(to, &v, sizeof v);
    return true;
}

static bool reads_pair(const msgpack_object_kv *kv, struct fc_event *ev, struct fc_str *kind, unsigned seen[2]) {
    int64_t version;
    if (kv->key.type != MSGPACK_OBJECT_STR) return false;
    struct fc_str key = text_of(&kv->key);
    if (fc_str_is(key, "v")) return seen[0]++ == 0 && is_int(&kv->val, FC_EVENT_VERSION, FC_EVENT_VERSION, &version);
    if (fc_str_is(key, "kind")) {
        *kind = kv->val.type == MSGPACK_OBJECT_STR ? text_of(&kv->val) : (struct fc_str){0};
        return seen[1]++ == 0 && kv->val.type == MSGPACK_OBJECT_STR;
    }
    for (int k = 0; k < FC_KEY_COUNT; k++) {
        if (!fc_str_is(key, rows[k].wire)) continue;
        if ((ev->present >> k & 1) != 0) return false;
        ev->present |= UINT64_C(1) << k;
        return reads(&kv->val, &rows[k], ev);
    }
    return nesting(&kv->val) <= FC_MP_DEPTH;
}

static bool is_whole(struct fc_event *ev) {
    const struct kind *row = &kinds[ev->kind];
    uint64_t either = ev->kind == FC_RESOLVED   ? FC_KEY_BIT(contact) | FC_KEY_BIT(case_id)
                      : ev->kind == FC_SURVEYED ? FC_KEY_BIT(contact) | FC_KEY_BIT(customer)
                                                : UINT64_MAX;
    if ((~ev->present & (row->required | FC_KEY_BIT(ts))) != 0 || (ev->present & either) == 0) return false;
    if (row->vocab == FC_VOCAB_NONE) return true;
    uint64_t bit = row->vocab == FC_VOCAB_LEFT ? FC_KEY_BIT(reason) : FC_KEY_BIT(state);
    int word = (ev->present & bit) == 0 ? 0 : fc_word_find(row->vocab, row->vocab == FC_VOCAB_LEFT ? ev->reason : ev->state);
    ev->word = (uint8_t)word;
    return word >= 0;
}

static enum fc_status read_again(const msgpack_object *o, size_t bytes, struct fc_event *ev) {
    struct fc_str kind = {0};
    unsigned seen[2] = {0};
    memset(ev, 0, sizeof *ev);
    if (o->type != MSGPACK_OBJECT_MAP || bytes > FC_EVENT_BYTES_MAX) return FC_INVALID;
    for (uint32_t i = 0; i < o->via.map.size; i++)
        if (!reads_pair(&o->via.map.ptr[i], ev, &kind, seen)) return FC_INVALID;
    if (kind.n == 0) return FC_INVALID;
    int k = 0;
    while (k < FC_KIND_COUNT && !fc_str_is(kind, kinds[k].wire)) k++;
    if (k == FC_KIND_COUNT) return FC_ABSENT;
    ev->kind = (enum fc_kind)k;
    return is_whole(ev) ? FC_OK : FC_INVALID;
}

static void same_event(const struct fc_event *a, const struct fc_event *b) {
    FC_ASSERT(a->present == b->present && a->kind == b->kind && a->word == b->word);
    for (int k = 0; k < FC_KEY_COUNT; k++) {
        const char *x = (const char *)a + rows[k].at, *y = (const char *)b + rows[k].at;
        static const size_t sizes[] = {[WORD] = 1, [INT] = 8, [TIME] = 8, [BOOL] = 1};
        struct fc_str s, t;
        if ((a->present >> k & 1) == 0) continue;
        if (rows[k].type == STR) {
            memcpy(&s, x, sizeof s);
            memcpy(&t, y, sizeof t);
            FC_ASSERT(fc_str_eq(s, t));
        } else {
            FC_ASSERT(memcmp(x, y, rows[k].type == SCORES ? (size_t)rows[k].limit : sizes[rows[k].type]) == 0);
        }
    }
}

static void there_and_back(const struct fc_event *ev) {
    uint8_t bytes[2 * FC_EVENT_BYTES_MAX];
    struct fc_event again;
    struct fc_mpw w;
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_event_encode(&w, ev);
    struct fc_mp mp = fc_mp_open(bytes, w.len);
    FC_ASSERT(!w.overflow && fc_event_decode(&mp, &again, NULL) == FC_OK && fc_mp_left(&mp) == 0);
    same_event(ev, &again);
}

/* ---- one value, read by both -------------------------------------------------------------------------------------------- */

/* How many bytes both took; 0: neither did. */
static size_t both(const uint8_t *data, size_t size) {
    msgpack_unpacked theirs;
    msgpack_unpacked_init(&theirs);
    struct fc_mp ours = fc_mp_open(data, size), mp = fc_mp_open(data, size);
    struct fc_event event, again;
    struct fc_error err;
    size_t n = 0;
    bool accepted = msgpack_unpack_next(&theirs, (const char *)data, size, &n) == MSGPACK_UNPACK_SUCCESS;
    bool deep = accepted && nesting(&theirs.data) > FC_MP_DEPTH;
    FC_ASSERT(fc_mp_skip(&ours) == (accepted && !deep));
    FC_ASSERT(fc_mp_offset(&ours) == (accepted && !deep ? n : 0));
    if (accepted) same_value(&mp, &theirs.data);
    mp = fc_mp_open(data, size);
    enum fc_status expected = accepted ? read_again(&theirs.data, n, &again) : FC_INVALID;
    FC_ASSERT(fc_event_decode(&mp, &event, &err) == expected);
    FC_ASSERT(fc_mp_offset(&mp) == (expected == FC_INVALID ? 0 : n));
    if (expected == FC_OK) {
        same_event(&event, &again);
        there_and_back(&event);
    }
    msgpack_unpacked_destroy(&theirs);
    return accepted ? n : 0;
}

/* ---- link ----------------------------------------------------------------------------------------------------------------- */

static void link_message(const uint8_t *data, size_t size) {
    static struct fc_event_block block;
    static uint8_t bytes[FC_BATCH_BYTES_MAX + (1 << 20)];
    struct fc_link_msg m, again;
    struct fc_error err;
    struct fc_mpw w;
    if (fc_link_decode(data, size, &m, &err) != FC_OK) return;
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_link_encode(&w, &m);
    FC_ASSERT(!w.overflow && fc_link_decode(bytes, w.len, &again, &err) == FC_OK);
    FC_ASSERT(m.type == again.type && m.first == again.first && m.count == again.count && fc_str_eq(m.spool, again.spool));
    FC_ASSERT(fc_str_eq(m.events, again.events) && fc_str_eq(m.reason, again.reason));
    if (m.type != FC_LINK_BATCH) return;
    struct fc_batch_rejects rejects;
    if (fc_batch_decode(&m, &block, &rejects, &err) != FC_OK) return;
    uint32_t left_out = 0;
    for (uint32_t i = 0; i < block.count; i++) left_out += block.events[i].kind == FC_KIND_COUNT;
    FC_ASSERT(block.count == m.count && left_out == rejects.invalid + rejects.unknown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    link_message(data, size);
    for (size_t at = 0, n; at < size && (n = both(data + at, size - at)) > 0;) at += n;
    return 0;
}
