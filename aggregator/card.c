#include "card.h"

#define CARD_VERSION 1
#define ELEMENTS 15
#define US_MAX (INT64_C(1) << 58) /* beyond what any event may name; sums of a few still fit */

static const char *const words[FC_CARD_KINDS] = {"waiting", "talking", "answered", "abandoned", "left"};
static const char prefixes[FC_CARD_KINDS] = {
    [FC_CARD_ANSWERED] = 'A', [FC_CARD_ABANDONED] = 'B', [FC_CARD_LEFT] = 'L'};

const char *fc_card_word(enum fc_card_kind kind) {
    FC_ASSERT((unsigned)kind < FC_CARD_KINDS);
    return words[kind];
}

/* ---- for those who read it --------------------------------------------------------------------------------------- */

static void write_text(struct fc_mpw *w, const char *key, struct fc_str text) {
    fc_mpw_key(w, key);
    if (text.n > 0) fc_mpw_str(w, text);
    else fc_mpw_nil(w);
}

static void write_us(struct fc_mpw *w, const char *key, int64_t us) {
    fc_mpw_key(w, key);
    if (us > 0) fc_mpw_int(w, us);
    else fc_mpw_nil(w);
}

static void write_ms(struct fc_mpw *w, const char *key, int64_t us) {
    fc_mpw_key(w, key);
    if (us >= 0) fc_mpw_int(w, us / 1000);
    else fc_mpw_nil(w);
}

static bool was_lost(const struct fc_card *c) {
    return c->kind == FC_CARD_ABANDONED || c->kind == FC_CARD_LEFT;
}

static bool was_answered(const struct fc_card *c) {
    return c->kind == FC_CARD_ANSWERED || c->kind == FC_CARD_TALKING;
}

static void write_times(struct fc_mpw *w, const struct fc_card *c) {
    write_us(w, "offered_us", c->offered_us);
    write_us(w, "answered_us", was_answered(c) ? c->offered_us + c->wait_us : 0);
    write_us(w, "over_us", c->over_us);
    write_ms(w, "wait_ms", c->wait_us);
    write_ms(w, "talk_ms", c->talk_us);
    write_ms(w, "hold_ms", c->hold_us);
    write_ms(w, "wrap_ms", c->wrap_us);
    write_us(w, "returned_us", c->returned_us);
}

void fc_card_write(struct fc_mpw *w, const struct fc_card *c) {
    fc_mpw_map(w, FC_CARD_KEYS);
    write_text(w, "contact", c->contact);
    write_text(w, "queue", c->queue);
    write_text(w, "channel", fc_str(fc_word(FC_VOCAB_CHANNEL, c->channel)));
    write_text(w, "customer", c->customer);
    fc_mpw_key(w, "priority");
    if (c->priority >= 0) fc_mpw_int(w, c->priority);
    else fc_mpw_nil(w);
    write_text(w, "topic", c->topic);
    write_text(w, "lang", c->lang);
    write_text(w, "root", c->root);
    write_text(w, "outcome", fc_str(words[c->kind]));
    write_text(w, "reason", was_lost(c) ? fc_str(fc_word(FC_VOCAB_LEFT, c->left)) : (struct fc_str){0});
    write_text(w, "agent", c->agent);
    write_times(w, c);
}

/* ---- stored ------------------------------------------------------------------------------------------------------ */

static void put_text(struct fc_mpw *w, struct fc_str text) {
    if (text.n > 0) fc_mpw_str(w, text);
    else fc_mpw_nil(w);
}

static void put_opt(struct fc_mpw *w, int64_t v) {
    if (v >= 0) fc_mpw_int(w, v);
    else fc_mpw_nil(w);
}

void fc_card_encode(struct fc_mpw *w, const struct fc_card *c) {
    fc_mpw_array(w, 1 + ELEMENTS);
    fc_mpw_int(w, CARD_VERSION);
    fc_mpw_str(w, c->contact);
    fc_mpw_str(w, c->queue);
    put_text(w, c->agent);
    put_text(w, c->customer);
    put_text(w, c->topic);
    put_text(w, c->lang);
    put_text(w, c->root);
    put_opt(w, c->priority);
    fc_mpw_int(w, c->channel);
    fc_mpw_int(w, c->left);
    fc_mpw_int(w, c->offered_us);
    fc_mpw_int(w, c->wait_us);
    put_opt(w, c->talk_us);
    put_opt(w, c->hold_us);
    put_opt(w, c->wrap_us);
}

void fc_card_encode_returned(struct fc_mpw *w, int64_t returned_us) {
    fc_mpw_array(w, 2);
    fc_mpw_int(w, CARD_VERSION);
    fc_mpw_int(w, returned_us);
}

/* Reads on as long as everything is as expected; `ok` says so at the end. */
struct in {
    struct fc_mp mp;
    bool ok;
};

static struct fc_str get_text(struct in *in, uint32_t max, bool may_lack) {
    struct fc_str s = {0};
    if (in->ok && may_lack && fc_mp_nil(&in->mp)) return s;
    in->ok = in->ok && fc_mp_str(&in->mp, &s) && s.n <= max && (s.n == 0 || memchr(s.p, '\0', s.n) == NULL);
    return in->ok ? s : (struct fc_str){0};
}

static int64_t get_int(struct in *in, int64_t max, bool may_lack) {
    int64_t v = -1;
    if (in->ok && may_lack && fc_mp_nil(&in->mp)) return v;
    in->ok = in->ok && fc_mp_i64(&in->mp, &v) && v >= 0 && v <= max;
    return in->ok ? v : 0;
}

static bool begins(struct in *in, struct fc_str value, uint32_t elements) {
    uint32_t n = 0;
    int64_t version = 0;
    in->mp = fc_mp_open(value.p, value.n);
    in->ok = fc_mp_array(&in->mp, &n) && n == 1 + elements && fc_mp_i64(&in->mp, &version) && version == CARD_VERSION;
    return in->ok;
}

static bool get_all(struct in *in, struct fc_card *c) {
    c->contact = get_text(in, FC_ID_MAX, false);
    c->queue = get_text(in, FC_ID_MAX, false);
    c->agent = get_text(in, FC_ID_MAX, true);
    c->customer = get_text(in, FC_ID_MAX, true);
    c->topic = get_text(in, FC_TEXT_MAX, true);
    c->lang = get_text(in, FC_TEXT_MAX, true);
    c->root = get_text(in, FC_ID_MAX, true);
    c->priority = get_int(in, INT64_MAX, true);
    c->channel = (uint8_t)get_int(in, FC_CHANNEL_COUNT - 1, false);
    c->left = (uint8_t)get_int(in, FC_LEFT_COUNT - 1, false);
    c->offered_us = get_int(in, US_MAX, false);
    c->wait_us = get_int(in, US_MAX, false);
    c->talk_us = get_int(in, US_MAX, true);
    c->hold_us = get_int(in, US_MAX, true);
    c->wrap_us = get_int(in, US_MAX, true);
    bool answered = c->kind == FC_CARD_ANSWERED;
    return in->ok && fc_mp_left(&in->mp) == 0 && (c->agent.n > 0 || !answered) &&
           (answered || (c->left == FC_LEFT_ABANDONED) == (c->kind == FC_CARD_ABANDONED));
}

static bool read_key(struct fc_str key, struct fc_card *c) {
    const char *at = key.n == FC_CARD_KEY ? memchr(prefixes, key.p[0], sizeof prefixes) : NULL;
    uint64_t over = 0;
    if (at == NULL || key.p[0] == '\0') return false;
    for (int i = 1; i <= 8; i++) over = over << 8 | (uint8_t)key.p[i];
    c->kind = (enum fc_card_kind)(at - prefixes);
    c->over_us = (int64_t)over;
    return over > 0 && over <= US_MAX;
}

enum fc_status fc_card_decode(struct fc_str key, struct fc_str value, struct fc_card *c, struct fc_error *err) {
    struct in in = {.ok = false};
    *c = (struct fc_card){0};
    if (key.n == sizeof c->key) memcpy(c->key, key.p, sizeof c->key);
    if (!read_key(key, c)) return fc_fail(err, FC_INVALID, "a stored contact's key is of another form");
    if (begins(&in, value, ELEMENTS) && get_all(&in, c)) return FC_OK;
    return fc_fail(err, FC_INVALID, "a stored contact: byte %zu is not as version %d writes it", fc_mp_offset(&in.mp),
                   CARD_VERSION);
}

enum fc_status fc_card_decode_returned(struct fc_str value, int64_t *returned_us, struct fc_error *err) {
    struct in in = {.ok = false};
    *returned_us = begins(&in, value, 1) ? get_int(&in, US_MAX, false) : 0;
    if (in.ok && *returned_us > 0 && fc_mp_left(&in.mp) == 0) return FC_OK;
    return fc_fail(err, FC_INVALID, "a stored contact's return: byte %zu is not as version %d writes it",
                   fc_mp_offset(&in.mp), CARD_VERSION);
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static void put_u64(char *to, uint64_t v) {
    for (int i = 7; i >= 0; i--, v >>= 8) to[i] = (char)v;
}

size_t fc_card_bound(char key[FC_CARD_KEY], char prefix, int64_t over_us) {
    key[0] = prefix;
    put_u64(key + 1, over_us > 0 ? (uint64_t)over_us : 0);
    return 9;
}

char fc_card_prefix(enum fc_card_kind kind) {
    FC_ASSERT(kind >= FC_CARD_ANSWERED && kind <= FC_CARD_LEFT);
    return prefixes[kind];
}

void fc_card_key(char key[FC_CARD_KEY], enum fc_card_kind kind, int64_t over_us, uint64_t contact) {
    put_u64(key + fc_card_bound(key, fc_card_prefix(kind), over_us), contact);
}

void fc_card_key_returned(char key[FC_CARD_KEY], int64_t over_us, uint64_t contact) {
    put_u64(key + fc_card_bound(key, FC_CARD_RETURNED, over_us), contact);
}
