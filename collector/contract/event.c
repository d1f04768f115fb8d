#include "event.h"

#include <stdio.h>

enum key_type { STR, WORD, INT, TIME, BOOL, SCORES };

struct key_row {
    const char *wire;
    enum key_type type;
    int64_t limit;
    size_t at; /* offset in struct fc_event */
    const char *help;
};

static const struct key_row keys[FC_KEY_COUNT] = {
#define KEY(id, wire, type, limit, help) {wire, type, limit, offsetof(struct fc_event, id), help},
    FC_EVENT_KEYS(KEY)
#undef KEY
};

struct kind_row {
    const char *wire;
    uint64_t required, optional;
    enum fc_vocab vocab;
    const char *help;
};

static const struct kind_row kinds[FC_KIND_COUNT] = {
#define K(id) FC_KEY_BIT(id)
#define KIND(id, wire, required, optional, vocab, help) {wire, required, optional, FC_VOCAB_##vocab, help},
    FC_EVENT_KINDS(KIND)
#undef KIND
#undef K
};

#define WORDS_MAX 11
static const char *const vocabs[FC_VOCAB_COUNT][WORDS_MAX] = {
    [FC_VOCAB_CHANNEL] = {"voice", "chat", "email", "sms", "ticket", "internal"},
    [FC_VOCAB_BY] = {"agent", "customer", "transfer", "unknown", "lost"},
    [FC_VOCAB_OUTCOME] = {"yes", "no"},
    [FC_VOCAB_CAUSE] = {"frontline", "process", "support"},
    [FC_VOCAB_STAGE] = {"opened", "acknowledged", "resolved", "reopened"},
    [FC_VOCAB_LEFT] = {"abandoned", "timeout", "key", "empty", "full", "overflow", "callback", "transferred", "withdrawn", "unknown"},
    [FC_VOCAB_AGENT] = {"offline", "available", "alerting", "busy", "hold", "wrap", "paused"},
    [FC_VOCAB_SNAPSHOT] = {"begin", "end"},
    [FC_VOCAB_SOURCE] = {"up", "down"},
};

const char *fc_word(enum fc_vocab vocab, unsigned index) {
    return vocab < FC_VOCAB_COUNT && index < WORDS_MAX ? vocabs[vocab][index] : NULL;
}

int fc_word_find(enum fc_vocab vocab, struct fc_str word) {
    for (unsigned i = 0; fc_word(vocab, i) != NULL; i++)
        if (fc_str_is(word, fc_word(vocab, i))) return (int)i;
    return -1;
}

const char *fc_kind_name(enum fc_kind kind) {
    FC_ASSERT(kind < FC_KIND_COUNT);
    return kinds[kind].wire;
}

/* ---- making ---------------------------------------------------------------------------------------------------- */

struct fc_event fc_event_make(enum fc_kind kind, int64_t ts_us) {
    FC_ASSERT(kind < FC_KIND_COUNT && ts_us > 0);
    return (struct fc_event){.kind = kind, .ts = ts_us, .present = FC_KEY_BIT(ts)};
}

void fc_event_set_left(struct fc_event *ev, enum fc_left reason) {
    ev->word = (uint8_t)reason;
    FC_EVENT_STR(ev, reason, fc_str(fc_word(FC_VOCAB_LEFT, reason)));
}

static void set_state(struct fc_event *ev, enum fc_vocab vocab, unsigned word) {
    ev->word = (uint8_t)word;
    FC_EVENT_STR(ev, state, fc_str(fc_word(vocab, word)));
}

void fc_event_set_agent(struct fc_event *ev, enum fc_agent_state state) { set_state(ev, FC_VOCAB_AGENT, state); }
void fc_event_set_snapshot(struct fc_event *ev, enum fc_snapshot state) { set_state(ev, FC_VOCAB_SNAPSHOT, state); }
void fc_event_set_source(struct fc_event *ev, enum fc_source_state state) { set_state(ev, FC_VOCAB_SOURCE, state); }

/* ---- decoding -------------------------------------------------------------------------------------------------- */

/* The words of a vocabulary as "a, b or c", for errors. */
static const char *list_words(enum fc_vocab vocab, char *buf, size_t cap) {
    size_t n = 0;
    buf[0] = '\0';
    for (unsigned i = 0; fc_word(vocab, i) != NULL; i++) {
        int k = snprintf(buf + n, cap - n, "%s%s", i > 0 ? ", " : "", fc_word(vocab, i));
        if (k < 0 || (size_t)k >= cap - n) break;
        n += (size_t)k;
    }
    return buf;
}

static enum fc_status bad_word(const char *key, struct fc_str got, enum fc_vocab vocab, size_t offset, struct fc_error *err) {
    char words[160];
    return fc_fail(err, FC_INVALID, "key \"%s\" at byte %zu: \"%.*s\" is none of: %s", key, offset,
                   (int)(got.n < 40 ? got.n : 40), got.n > 0 ? got.p : "", list_words(vocab, words, sizeof words));
}

static enum fc_status bad_type(const struct key_row *row, size_t offset, struct fc_error *err) {
    static const char *const want[] = {
        [STR] = "a string",   [WORD] = "a word",  [INT] = "a whole number", [TIME] = "microseconds since 1970 as a whole number",
        [BOOL] = "true or false", [SCORES] = "an array of small numbers"};
    return fc_fail(err, FC_INVALID, "key \"%s\" at byte %zu: expected %s", row->wire, offset, want[row->type]);
}

static bool valid_utf8(struct fc_str s) {
    const uint8_t *p = (const uint8_t *)s.p, *end = p + s.n;
    while (p < end) {
        unsigned more = *p < 0x80 ? 0 : (*p & 0xe0) == 0xc0 && *p >= 0xc2 ? 1 : (*p & 0xf0) == 0xe0 ? 2 : (*p & 0xf8) == 0xf0 && *p < 0xf5 ? 3 : 9;
        if (more == 9 || (size_t)(end - p) <= more) return false;
        if (*p == 0xe0 && p[1] < 0xa0) return false;                   /* overlong */
        if (*p == 0xed && p[1] > 0x9f) return false;                   /* surrogate */
        if (*p == 0xf0 && p[1] < 0x90) return false;                   /* overlong */
        if (*p == 0xf4 && p[1] > 0x8f) return false;                   /* past U+10FFFF */
        for (unsigned i = 1; i <= more; i++)
            if ((p[i] & 0xc0) != 0x80) return false;
        p += more + 1;
    }
    return true;
}

static enum fc_status read_str(struct fc_mp *mp, const struct key_row *row, struct fc_event *ev, struct fc_error *err) {
    size_t offset = fc_mp_offset(mp);
    struct fc_str s;
    if (!fc_mp_str(mp, &s)) return bad_type(row, offset, err);
    if (row->type == WORD) {
        int word = fc_word_find((enum fc_vocab)row->limit, s);
        if (word < 0) return bad_word(row->wire, s, (enum fc_vocab)row->limit, offset, err);
        *((uint8_t *)ev + row->at) = (uint8_t)word;
        return FC_OK;
    }
    if (s.n > (uint64_t)row->limit)
        return fc_fail(err, FC_INVALID, "key \"%s\" at byte %zu: %u bytes, at most %d are allowed", row->wire, offset, s.n, (int)row->limit);
    if (s.n > 0 && memchr(s.p, '\0', s.n) != NULL) return fc_fail(err, FC_INVALID, "key \"%s\" at byte %zu: holds a zero byte", row->wire, offset);
    if (!valid_utf8(s)) return fc_fail(err, FC_INVALID, "key \"%s\" at byte %zu: not UTF-8", row->wire, offset);
    memcpy((char *)ev + row->at, &s, sizeof s);
    return FC_OK;
}

static enum fc_status read_number(struct fc_mp *mp, const struct key_row *row, struct fc_event *ev, struct fc_error *err) {
    size_t offset = fc_mp_offset(mp);
    int64_t v;
    if (!fc_mp_i64(mp, &v)) return bad_type(row, offset, err);
    int64_t least = row->type == TIME || row == &keys[FC_KEY_csat] ? 1 : 0;
    int64_t most = row->type == TIME ? INT64_C(253402300799999999) : row->limit; /* the end of the year 9999 */
    if (v < least || v > most)
        return fc_fail(err, FC_INVALID, "key \"%s\" at byte %zu: %lld is not in %lld..%lld", row->wire, offset, (long long)v,
                       (long long)least, (long long)most);
    memcpy((char *)ev + row->at, &v, sizeof v);
    return FC_OK;
}

static enum fc_status read_scores(struct fc_mp *mp, const struct key_row *row, struct fc_event *ev, struct fc_error *err) {
    size_t offset = fc_mp_offset(mp);
    bool rater = row == &keys[FC_KEY_rater];
    int64_t least = rater ? 1 : 0, most = rater ? 5 : 3;
    uint32_t n;
    if (!fc_mp_array(mp, &n) || n != (uint64_t)row->limit)
        return fc_fail(err, FC_INVALID, "key \"%s\" at byte %zu: expected an array of %d numbers", row->wire, offset, (int)row->limit);
    for (uint32_t i = 0; i < n; i++) {
        int64_t v;
        if (!fc_mp_i64(mp, &v) || v < least || v > most)
            return fc_fail(err, FC_INVALID, "key \"%s\" at byte %zu: element %u is not in %d..%d", row->wire, offset, i, (int)least, (int)most);
        *((uint8_t *)ev + row->at + i) = (uint8_t)v;
    }
    return FC_OK;
}

static enum fc_status read_value(struct fc_mp *mp, enum fc_key key, struct fc_event *ev, struct fc_error *err) {
    const struct key_row *row = &keys[key];
    switch (row->type) {
    case STR:
    case WORD: return read_str(mp, row, ev, err);
    case INT:
    case TIME: return read_number(mp, row, ev, err);
    case SCORES: return read_scores(mp, row, ev, err);
    case BOOL: break;
    }
    size_t offset = fc_mp_offset(mp);
    return fc_mp_bool(mp, (bool *)ev + row->at) ? FC_OK : bad_type(row, offset, err);
}

/* Most producers send keys in table order, so the search starts behind the last hit. */
static int find_key(struct fc_str name, int hint) {
    for (int i = 0; i < FC_KEY_COUNT; i++) {
        int k = (hint + i) % FC_KEY_COUNT;
        if (fc_str_is(name, keys[k].wire)) return k;
    }
    return -1;
}

static int find_kind(struct fc_str name) {
    for (int i = 0; i < FC_KIND_COUNT; i++)
        if (fc_str_is(name, kinds[i].wire)) return i;
    return -1;
}

/* Rules that hold between the keys of one event, once its kind is known. */
static enum fc_status check_whole(struct fc_event *ev, size_t start, struct fc_error *err) {
    const struct kind_row *row = &kinds[ev->kind];
    uint64_t lacking = (row->required | FC_KEY_BIT(ts)) & ~ev->present;
    if (lacking != 0)
        return fc_fail(err, FC_INVALID, "%s event at byte %zu: key \"%s\" is missing", row->wire, start,
                       keys[__builtin_ctzll(lacking)].wire);
    if (ev->kind == FC_RESOLVED && (ev->present & (FC_KEY_BIT(contact) | FC_KEY_BIT(case_id))) == 0)
        return fc_fail(err, FC_INVALID, "resolved event at byte %zu: needs \"contact\" or \"case\"", start);
    if (ev->kind == FC_SURVEYED && (ev->present & (FC_KEY_BIT(contact) | FC_KEY_BIT(customer))) == 0)
        return fc_fail(err, FC_INVALID, "surveyed event at byte %zu: needs \"contact\" or \"customer\"", start);
    if (row->vocab == FC_VOCAB_NONE) return FC_OK;
    bool left = row->vocab == FC_VOCAB_LEFT;
    if ((ev->present & (left ? FC_KEY_BIT(reason) : FC_KEY_BIT(state))) == 0) return FC_OK; /* optional, and 0 is its default */
    struct fc_str word = left ? ev->reason : ev->state;
    int index = fc_word_find(row->vocab, word);
    if (index < 0) return bad_word(left ? "reason" : "state", word, row->vocab, start, err);
    ev->word = (uint8_t)index;
    return FC_OK;
}

/* What was read of an event so far, beside the event. */
struct progress {
    struct fc_str kind_name; /* p NULL: no "kind" yet */
    int kind, hint;          /* -1: none that is known; the key to try first */
    bool has_version;
};

static enum fc_status twice(const char *key, size_t offset, struct fc_error *err) {
    return fc_fail(err, FC_INVALID, "key \"%s\" at byte %zu is given twice", key, offset);
}

static enum fc_status read_kind(struct fc_mp *mp, struct progress *got, size_t offset, struct fc_error *err) {
    if (got->kind_name.p != NULL) return twice("kind", offset, err);
    if (!fc_mp_str(mp, &got->kind_name)) return fc_fail(err, FC_INVALID, "key \"kind\" at byte %zu: expected a string", offset);
    got->kind = find_kind(got->kind_name);
    return FC_OK;
}

static enum fc_status read_version(struct fc_mp *mp, struct progress *got, size_t offset, struct fc_error *err) {
    int64_t v;
    if (got->has_version) return twice("v", offset, err);
    got->has_version = true;
    if (!fc_mp_i64(mp, &v)) return fc_fail(err, FC_INVALID, "key \"v\" at byte %zu: expected a version, %d", offset, FC_EVENT_VERSION);
    if (v == FC_EVENT_VERSION) return FC_OK;
    return fc_fail(err, FC_INVALID, "key \"v\" at byte %zu: an event of version %lld; this program reads version %d only", offset,
                   (long long)v, FC_EVENT_VERSION);
}

static enum fc_status read_pair(struct fc_mp *mp, struct fc_event *ev, struct progress *got, struct fc_error *err) {
    size_t offset = fc_mp_offset(mp);
    struct fc_str name;
    if (!fc_mp_str(mp, &name)) return fc_fail(err, FC_INVALID, "byte %zu: expected a key (a string)", offset);
    if (fc_str_is(name, "kind")) return read_kind(mp, got, offset, err);
    if (fc_str_is(name, "v")) return read_version(mp, got, offset, err);
    int key = find_key(name, got->hint);
    if (key < 0) {
        if (fc_mp_skip(mp)) return FC_OK;
        return fc_fail(err, FC_INVALID, "value at byte %zu is cut off or nested deeper than %d", fc_mp_offset(mp), FC_MP_DEPTH);
    }
    if ((ev->present >> key & 1) != 0) return twice(keys[key].wire, offset, err);
    got->hint = key + 1;
    ev->present |= UINT64_C(1) << key;
    return read_value(mp, (enum fc_key)key, ev, err);
}

enum fc_status fc_event_decode(struct fc_mp *mp, struct fc_event *out, struct fc_error *err) {
    struct fc_mp at = *mp;
    size_t start = fc_mp_offset(mp);
    uint32_t pairs;
    if (!fc_mp_map(&at, &pairs)) return fc_fail(err, FC_INVALID, "byte %zu: expected an event (a map), whole", start);
    struct progress got = {.kind = -1};
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < pairs; i++) {
        enum fc_status st = read_pair(&at, out, &got, err);
        if (st != FC_OK) return st;
    }
    if (fc_mp_offset(&at) - start > FC_EVENT_BYTES_MAX)
        return fc_fail(err, FC_INVALID, "event at byte %zu: %zu bytes, at most %d are allowed", start, fc_mp_offset(&at) - start, FC_EVENT_BYTES_MAX);
    if (got.kind_name.n == 0) return fc_fail(err, FC_INVALID, "event at byte %zu: key \"kind\" is missing", start);
    if (got.kind < 0) {
        *mp = at;
        return fc_fail(err, FC_ABSENT, "event at byte %zu: unknown kind \"%.*s\"", start, (int)(got.kind_name.n < 40 ? got.kind_name.n : 40), got.kind_name.p);
    }
    out->kind = (enum fc_kind)got.kind;
    enum fc_status st = check_whole(out, start, err);
    if (st == FC_OK) *mp = at;
    return st;
}

/* ---- encoding -------------------------------------------------------------------------------------------------- */

static void write_value(struct fc_mpw *w, const struct key_row *row, const struct fc_event *ev) {
    const char *field = (const char *)ev + row->at;
    struct fc_str s;
    int64_t v;
    switch (row->type) {
    case STR:
        memcpy(&s, field, sizeof s);
        fc_mpw_str(w, s);
        break;
    case WORD: fc_mpw_str(w, fc_str(fc_word((enum fc_vocab)row->limit, *(const uint8_t *)field))); break;
    case INT:
    case TIME:
        memcpy(&v, field, sizeof v);
        fc_mpw_int(w, v);
        break;
    case BOOL: fc_mpw_bool(w, *(const bool *)field); break;
    case SCORES:
        fc_mpw_array(w, (size_t)row->limit);
        for (int64_t i = 0; i < row->limit; i++) fc_mpw_int(w, ((const uint8_t *)field)[i]);
        break;
    }
}

void fc_event_encode(struct fc_mpw *w, const struct fc_event *ev) {
    fc_mpw_map(w, 2 + (size_t)__builtin_popcountll(ev->present));
    fc_mpw_key(w, "v");
    fc_mpw_int(w, FC_EVENT_VERSION);
    fc_mpw_key(w, "kind");
    fc_mpw_key(w, fc_kind_name(ev->kind));
    for (int i = 0; i < FC_KEY_COUNT; i++) {
        if ((ev->present >> i & 1) == 0) continue;
        fc_mpw_key(w, keys[i].wire);
        write_value(w, &keys[i], ev);
    }
}

/* ---- the page -------------------------------------------------------------------------------------------------- */

static void print_keys(FILE *f, uint64_t set) {
    const char *sep = "";
    for (int i = 0; i < FC_KEY_COUNT; i++) {
        if ((set >> i & 1) == 0) continue;
        (void)fprintf(f, "%s`%s`", sep, keys[i].wire);
        sep = " ";
    }
}

void fc_event_print_table(void *out) {
    static const char *const types[] = {"string", "word", "integer", "time", "boolean", "scores"};
    FILE *f = out;
    char words[200];
    (void)fprintf(f, "# Events\n\nMade by `floorcast-collector --events` from the table in `contract/event.h`; do not edit.\n\n");
    (void)fprintf(f, "Every event has `v` (%d), `kind` and `ts`; any may have `src`, `seq`, `tenant`, `site`. Unknown keys are skipped.\n\n", FC_EVENT_VERSION);
    (void)fprintf(f, "| kind | required | optional | words | meaning |\n|---|---|---|---|---|\n");
    for (int i = 0; i < FC_KIND_COUNT; i++) {
        (void)fprintf(f, "| `%s` | ", kinds[i].wire);
        print_keys(f, kinds[i].required);
        (void)fprintf(f, " | ");
        print_keys(f, kinds[i].optional);
        (void)fprintf(f, " | %s | %s |\n", list_words(kinds[i].vocab, words, sizeof words), kinds[i].help);
    }
    (void)fprintf(f, "\n| key | type | limit | meaning |\n|---|---|---|---|\n");
    for (int i = 0; i < FC_KEY_COUNT; i++) {
        const struct key_row *k = &keys[i];
        (void)fprintf(f, "| `%s` | %s | ", k->wire, types[k->type]);
        if (k->type == STR) (void)fprintf(f, "%d bytes", (int)k->limit);
        else if (k->type == WORD) (void)fprintf(f, "%s", list_words((enum fc_vocab)k->limit, words, sizeof words));
        else if (k->type == INT && k->limit < INT64_MAX) (void)fprintf(f, "%d..%d", k->at == offsetof(struct fc_event, csat) ? 1 : 0, (int)k->limit);
        else if (k->type == SCORES) (void)fprintf(f, "%d numbers", (int)k->limit);
        (void)fprintf(f, " | %s |\n", k->help);
    }
}
