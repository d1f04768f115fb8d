#include "seen.h"

#include "clock.h"
#include "mp.h"

#include <stdlib.h>

#define STORED_VERSION 1
#define SPAN_MINUTES_MAX (1 << 24) /* far more than 400 days: no keep_us is longer */

/* The fingerprints of one minute. */
struct minute {
    int64_t number; /* of the minute since the epoch */
    uint64_t *hashes;
    uint32_t n, cap;
    uint32_t stored_n; /* of hashes, from the first on, that stand in the store as they are here */
    uint32_t parts;    /* records of it in the store */
};

struct stale {
    int64_t number;
    uint32_t parts;
};

struct fc_seen {
    int64_t keep_us, now_us;
    uint32_t max;
    uint64_t *set; /* open addressing; 0: free */
    uint32_t set_n, set_cap;
    struct minute *minutes; /* by number */
    uint32_t minutes_n, minutes_cap;
    struct stale *stale; /* gone since the last save */
    uint32_t stale_n, stale_cap;
    struct fc_seen_counters counters;
};

struct fc_seen *fc_seen_create(int64_t keep_us, uint32_t max) {
    FC_ASSERT(keep_us >= 0 && keep_us / FC_MINUTE_US < SPAN_MINUTES_MAX && max > 0);
    struct fc_seen *s = calloc(1, sizeof *s);
    FC_ASSERT(s != NULL);
    s->keep_us = keep_us;
    s->max = max;
    return s;
}

void fc_seen_destroy(struct fc_seen *s) {
    if (s == NULL) return;
    for (uint32_t i = 0; i < s->minutes_n; i++) free(s->minutes[i].hashes);
    free(s->minutes);
    free(s->stale);
    free(s->set);
    free(s);
}

const struct fc_seen_counters *fc_seen_counters(const struct fc_seen *s) { return &s->counters; }

/* Room for one more of `size` bytes behind the n that are there. */
static void *grown(void *at, uint32_t n, uint32_t *cap, size_t size) {
    if (n < *cap) return at;
    *cap = *cap == 0 ? 16 : 2 * *cap;
    at = realloc(at, *cap * size);
    FC_ASSERT(at != NULL);
    return at;
}

/* ---- the set ---------------------------------------------------------------------------------------------------- */

static uint32_t home(const struct fc_seen *s, uint64_t hash) {
    return (uint32_t)(hash * 0x9e3779b97f4a7c15u >> 32) & (s->set_cap - 1);
}

/* Where it is, or the free place where it belongs. */
static uint32_t find(const struct fc_seen *s, uint64_t hash) {
    uint32_t i = home(s, hash);
    while (s->set[i] != 0 && s->set[i] != hash) i = (i + 1) & (s->set_cap - 1);
    return i;
}

static void set_grow(struct fc_seen *s) {
    uint64_t *old = s->set;
    uint32_t old_cap = s->set_cap;
    s->set_cap = old_cap == 0 ? 64 : 2 * old_cap;
    s->set = calloc(s->set_cap, sizeof *s->set);
    FC_ASSERT(s->set != NULL);
    for (uint32_t i = 0; i < old_cap; i++)
        if (old[i] != 0) s->set[find(s, old[i])] = old[i];
    free(old);
}

static bool set_has(const struct fc_seen *s, uint64_t hash) { return s->set_cap > 0 && s->set[find(s, hash)] != 0; }

static void set_add(struct fc_seen *s, uint64_t hash) {
    if (2 * (s->set_n + 1) > s->set_cap) set_grow(s);
    s->set[find(s, hash)] = hash;
    s->counters.seen = ++s->set_n;
}

/* Backward shift, as in map.c. */
static void set_remove(struct fc_seen *s, uint64_t hash) {
    uint32_t mask = s->set_cap - 1, i = find(s, hash);
    FC_ASSERT(s->set[i] == hash);
    for (uint32_t j = (i + 1) & mask; s->set[j] != 0; j = (j + 1) & mask) {
        if (((j - home(s, s->set[j])) & mask) < ((j - i) & mask)) continue;
        s->set[i] = s->set[j];
        i = j;
    }
    s->set[i] = 0;
    s->counters.seen = --s->set_n;
}

/* ---- minutes ---------------------------------------------------------------------------------------------------- */

static struct minute *minute_of(struct fc_seen *s, int64_t number) {
    uint32_t i = s->minutes_n;
    while (i > 0 && s->minutes[i - 1].number > number) i--;
    if (i > 0 && s->minutes[i - 1].number == number) return &s->minutes[i - 1];
    s->minutes = grown(s->minutes, s->minutes_n, &s->minutes_cap, sizeof *s->minutes);
    memmove(s->minutes + i + 1, s->minutes + i, (s->minutes_n++ - i) * sizeof *s->minutes);
    s->minutes[i] = (struct minute){.number = number};
    return &s->minutes[i];
}

static void minute_add(struct fc_seen *s, int64_t number, uint64_t hash) {
    struct minute *m = minute_of(s, number);
    m->hashes = grown(m->hashes, m->n, &m->cap, sizeof *m->hashes);
    m->hashes[m->n++] = hash;
    set_add(s, hash);
}

static void drop_first_minute(struct fc_seen *s) {
    const struct minute *m = &s->minutes[0];
    if (m->parts > 0) {
        s->stale = grown(s->stale, s->stale_n, &s->stale_cap, sizeof *s->stale);
        s->stale[s->stale_n++] = (struct stale){m->number, m->parts};
    }
    free(m->hashes);
    memmove(s->minutes, s->minutes + 1, --s->minutes_n * sizeof *s->minutes);
}

static void forget_one(struct fc_seen *s) {
    struct minute *m = &s->minutes[0];
    set_remove(s, m->hashes[--m->n]);
    if (m->stored_n > m->n) m->stored_n = m->n - m->n % FC_SEEN_PART; /* the part it stood in is to be written anew */
    if (m->n == 0) drop_first_minute(s);
}

/* ---- in and out -------------------------------------------------------------------------------------------------- */

static bool beyond(const struct fc_seen *s, int64_t ts_us) {
    return ts_us < s->now_us ? s->now_us - ts_us > s->keep_us : ts_us - s->now_us > s->keep_us;
}

bool fc_seen_add(struct fc_seen *s, uint64_t hash, int64_t ts_us) {
    FC_ASSERT(ts_us > 0);
    if (hash == 0) hash = 1; /* 0 marks a free place */
    if (set_has(s, hash)) {
        s->counters.seen_again++;
        return false;
    }
    if (beyond(s, ts_us)) {
        s->counters.seen_beyond++;
        return true;
    }
    if (s->set_n >= s->max) {
        forget_one(s);
        s->counters.seen_evicted++;
    }
    minute_add(s, ts_us / FC_MINUTE_US, hash);
    return true;
}

void fc_seen_advance(struct fc_seen *s, int64_t now_us) {
    if (now_us > s->now_us) s->now_us = now_us;
    int64_t from = (s->now_us - s->keep_us) / FC_MINUTE_US;
    for (int i = 0; i < FC_SEEN_FORGET_MAX && s->minutes_n > 0 && s->minutes[0].number < from; i++) forget_one(s);
}

/* ---- store ------------------------------------------------------------------------------------------------------- */

struct out {
    void (*put)(void *ctx, struct fc_str key, struct fc_str bytes);
    void (*gone)(void *ctx, struct fc_str key);
    void *ctx;
};

static uint32_t parts_of(uint32_t n) { return (n + FC_SEEN_PART - 1) / FC_SEEN_PART; }

static bool minute_dirty(const struct minute *m) { return m->stored_n < m->n || m->parts > parts_of(m->n); }

static struct fc_str key_of(char key[FC_SEEN_KEY_BYTES], int64_t number, uint32_t part) {
    for (int i = 0; i < 8; i++) key[i] = (char)(number >> (56 - 8 * i));
    key[8] = (char)(part >> 8);
    key[9] = (char)part;
    return fc_str_n(key, FC_SEEN_KEY_BYTES);
}

static void save_part(const struct out *o, const struct minute *m, uint32_t part) {
    uint8_t buf[FC_SEEN_BYTES_MAX], bytes[FC_SEEN_PART * 8];
    uint32_t from = part * FC_SEEN_PART, n = m->n - from < FC_SEEN_PART ? m->n - from : FC_SEEN_PART;
    for (uint32_t i = 0; i < 8 * n; i++) bytes[i] = (uint8_t)(m->hashes[from + i / 8] >> 8 * (i % 8));
    struct fc_mpw w;
    char key[FC_SEEN_KEY_BYTES];
    fc_mpw_init(&w, buf, sizeof buf);
    fc_mpw_array(&w, 2);
    fc_mpw_int(&w, STORED_VERSION);
    fc_mpw_bin(&w, bytes, 8 * n);
    FC_ASSERT(!w.overflow);
    o->put(o->ctx, key_of(key, m->number, part), fc_str_n((const char *)w.buf, w.len));
}

static void delete_parts(const struct out *o, int64_t number, uint32_t from, uint32_t to) {
    char key[FC_SEEN_KEY_BYTES];
    for (uint32_t part = from; part < to; part++) o->gone(o->ctx, key_of(key, number, part));
}

static void save_minute(const struct out *o, struct minute *m) {
    uint32_t parts = parts_of(m->n);
    delete_parts(o, m->number, parts, m->parts);
    if (m->stored_n < m->n)
        for (uint32_t part = m->stored_n / FC_SEEN_PART; part < parts; part++) save_part(o, m, part);
    m->stored_n = m->n;
    m->parts = parts;
}

bool fc_seen_dirty(const struct fc_seen *s) {
    if (s->stale_n > 0) return true;
    for (uint32_t i = 0; i < s->minutes_n; i++)
        if (minute_dirty(&s->minutes[i])) return true;
    return false;
}

void fc_seen_save(struct fc_seen *s, void (*put)(void *ctx, struct fc_str key, struct fc_str bytes),
                  void (*gone)(void *ctx, struct fc_str key), void *ctx) {
    const struct out o = {put, gone, ctx};
    for (uint32_t i = 0; i < s->stale_n; i++) delete_parts(&o, s->stale[i].number, 0, s->stale[i].parts);
    s->stale_n = 0;
    for (uint32_t i = 0; i < s->minutes_n; i++)
        if (minute_dirty(&s->minutes[i])) save_minute(&o, &s->minutes[i]);
}

static bool read_key(struct fc_str key, int64_t *number, uint32_t *part) {
    if (key.n != FC_SEEN_KEY_BYTES) return false;
    uint64_t v = 0;
    for (int i = 0; i < 8; i++) v = v << 8 | (uint8_t)key.p[i];
    *number = (int64_t)v;
    *part = (uint32_t)(uint8_t)key.p[8] << 8 | (uint8_t)key.p[9];
    return *number >= 0;
}

static uint64_t read_hash(const char *p) {
    uint64_t hash = 0;
    for (int i = 7; i >= 0; i--) hash = hash << 8 | (uint8_t)p[i];
    return hash;
}

static void take_back(struct fc_seen *s, struct minute *m, uint32_t n) {
    while (m->n > n) set_remove(s, m->hashes[--m->n]);
    if (m->n > 0) return;
    free(m->hashes);
    memmove(m, m + 1, (size_t)(s->minutes + --s->minutes_n - m) * sizeof *m);
}

/* All or none. A fingerprint of 0, or one that is there already, was never written: the record is none of ours. */
static bool take_in(struct fc_seen *s, int64_t number, uint32_t part, struct fc_str hashes) {
    struct minute *m = minute_of(s, number);
    uint32_t before = m->n;
    bool ok = part == m->parts && before == part * FC_SEEN_PART;
    for (uint32_t at = 0; ok && at < hashes.n; at += 8) {
        uint64_t hash = read_hash(hashes.p + at);
        ok = hash != 0 && !set_has(s, hash);
        if (ok) minute_add(s, number, hash);
    }
    if (!ok) {
        take_back(s, m, before);
        return false;
    }
    m->stored_n = m->n;
    m->parts = part + 1;
    return true;
}

enum fc_status fc_seen_load(struct fc_seen *s, struct fc_str key, struct fc_str bytes, struct fc_error *err) {
    struct fc_mp mp = fc_mp_open(bytes.p, bytes.n);
    struct fc_str hashes = {0};
    uint32_t elements, part;
    int64_t version, number;
    if (!read_key(key, &number, &part)) return fc_fail(err, FC_INVALID, "fingerprints: the key is no minute and part");
    bool ok = fc_mp_array(&mp, &elements) && elements == 2 && fc_mp_i64(&mp, &version) && version == STORED_VERSION &&
              fc_mp_bin(&mp, &hashes) && fc_mp_left(&mp) == 0 && hashes.n > 0 && hashes.n % 8 == 0 &&
              hashes.n <= 8 * FC_SEEN_PART;
    size_t at = fc_mp_offset(&mp);
    if (!ok) return fc_fail(err, FC_INVALID, "fingerprints: byte %zu is not as version %d has it", at, STORED_VERSION);
    if (take_in(s, number, part, hashes)) return FC_OK;
    return fc_fail(err, FC_INVALID, "fingerprints: part %u of a minute is out of turn or told before", part);
}
