#include "contacts.h"

#include "clock.h"

#define TIME_MAX_US INT64_C(253402300799999999) /* the end of the year 9999 */

struct words { /* as asked, before they are checked */
    struct fc_str op, outcome, channel;
    int64_t limit;
};

static bool read_pair(struct fc_mp *mp, struct fc_contacts_asked *q, struct words *w) {
    struct fc_str key;
    if (!fc_mp_str(mp, &key)) return false;
    if (fc_str_is(key, "id")) return fc_mp_i64(mp, &q->id);
    if (fc_str_is(key, "op")) return fc_mp_str(mp, &w->op);
    if (fc_str_is(key, "outcome")) return fc_mp_str(mp, &w->outcome);
    if (fc_str_is(key, "queue")) return fc_mp_str(mp, &q->queue);
    if (fc_str_is(key, "group")) return fc_mp_str(mp, &q->group);
    if (fc_str_is(key, "agent")) return fc_mp_str(mp, &q->agent);
    if (fc_str_is(key, "channel")) return fc_mp_str(mp, &w->channel);
    if (fc_str_is(key, "from_us")) return fc_mp_i64(mp, &q->from_us);
    if (fc_str_is(key, "to_us")) return fc_mp_i64(mp, &q->to_us);
    if (fc_str_is(key, "limit")) return fc_mp_i64(mp, &w->limit);
    if (fc_str_is(key, "today")) return fc_mp_bool(mp, &q->today);
    return fc_mp_skip(mp);
}

static enum fc_status read_map(const uint8_t *request, size_t n, struct fc_contacts_asked *q, struct words *w, struct fc_error *err) {
    struct fc_mp mp = fc_mp_open(request, n);
    uint32_t pairs;
    if (!fc_mp_map(&mp, &pairs)) return fc_fail(err, FC_INVALID, "expected a map with id, op, outcome");
    for (uint32_t i = 0; i < pairs; i++)
        if (!read_pair(&mp, q, w)) return fc_fail(err, FC_INVALID, "byte %zu: a value of the wrong type", fc_mp_offset(&mp));
    return FC_OK;
}

bool fc_contacts_is_asked(const uint8_t *request, size_t n) {
    struct fc_contacts_asked q = {0};
    struct words w = {0};
    return read_map(request, n, &q, &w, NULL) == FC_OK && fc_str_is(w.op, "contacts");
}

static struct fc_str shortened(struct fc_str s) {
    return fc_str_n(s.p, s.n < 40 ? s.n : 40);
}

#define OVER (1u << FC_CARD_ANSWERED | 1u << FC_CARD_ABANDONED | 1u << FC_CARD_LEFT)

static enum fc_status check_outcome(struct fc_contacts_asked *q, struct fc_str word, struct fc_error *err) {
    if (word.n == 0 || fc_str_is(word, "all")) q->kinds = OVER;
    for (enum fc_card_kind k = 0; k < FC_CARD_KINDS; k++)
        if (fc_str_is(word, fc_card_word(k))) q->kinds = 1u << k;
    if (q->kinds != 0) return FC_OK;
    return fc_fail(err, FC_INVALID, "outcome \"%.*s\": expected waiting, talking, answered, abandoned, left or all",
                   FC_STR_ARG(shortened(word)));
}

static enum fc_status check_channel(struct fc_contacts_asked *q, struct fc_str word, struct fc_error *err) {
    bool any = word.n == 0 || fc_str_is(word, "all");
    q->channel = any ? -1 : fc_word_find(FC_VOCAB_CHANNEL, word);
    if (any || q->channel >= 0) return FC_OK;
    return fc_fail(err, FC_INVALID, "channel \"%.*s\": expected all, voice, chat, email, sms, ticket or internal",
                   FC_STR_ARG(shortened(word)));
}

static enum fc_status check_name(const char *key, struct fc_str name, struct fc_error *err) {
    if (name.n > FC_ID_MAX) return fc_fail(err, FC_INVALID, "%s: %u bytes, at most 128 are allowed", key, name.n);
    if (name.n == 0 || memchr(name.p, '\0', name.n) == NULL) return FC_OK;
    return fc_fail(err, FC_INVALID, "%s: holds a zero byte", key);
}

static enum fc_status check_bounds(struct fc_contacts_asked *q, struct fc_error *err) {
    if (q->to_us == 0) q->to_us = TIME_MAX_US;
    if (q->from_us >= 0 && q->to_us > q->from_us && q->to_us <= TIME_MAX_US) return FC_OK;
    return fc_fail(err, FC_INVALID, "from_us, to_us: expected microseconds since 1970 with from_us < to_us");
}

enum fc_status fc_contacts_read(const uint8_t *request, size_t n, struct fc_contacts_asked *q, struct fc_error *err) {
    struct words w = {.limit = FC_CONTACTS_DEFAULT};
    *q = (struct fc_contacts_asked){.channel = -1};
    enum fc_status st = read_map(request, n, q, &w, err);
    if (st == FC_OK) st = check_outcome(q, w.outcome, err);
    if (st == FC_OK) st = check_channel(q, w.channel, err);
    if (st == FC_OK) st = check_name("queue", q->queue, err);
    if (st == FC_OK) st = check_name("group", q->group, err);
    if (st == FC_OK) st = check_name("agent", q->agent, err);
    if (st == FC_OK) st = check_bounds(q, err);
    if (st != FC_OK) return st;
    if (w.limit < 1 || w.limit > FC_CONTACTS_MAX)
        return fc_fail(err, FC_INVALID, "limit %lld: expected a number from 1 to %d", (long long)w.limit, FC_CONTACTS_MAX);
    q->limit = (uint32_t)w.limit;
    if (fc_str_is(q->group, "all")) q->group = (struct fc_str){0};
    return FC_OK;
}

static void write_text(struct fc_mpw *w, const char *key, struct fc_str text) {
    if (text.n == 0) return;
    fc_mpw_key(w, key);
    fc_mpw_str(w, text);
}

static const char *outcome_word(uint32_t kinds) {
    for (enum fc_card_kind k = 0; k < FC_CARD_KINDS; k++)
        if (kinds == 1u << k) return fc_card_word(k);
    return "all";
}

size_t fc_contacts_write(uint8_t *to, const struct fc_contacts_asked *q) {
    struct fc_mpw w;
    fc_mpw_init(&w, to, FC_CONTACTS_BYTES);
    fc_mpw_map(&w, 7u + (q->queue.n > 0) + (q->group.n > 0) + (q->agent.n > 0) + (q->channel >= 0));
    fc_mpw_key(&w, "id");
    fc_mpw_int(&w, q->id);
    write_text(&w, "op", FC_STR_LIT("contacts"));
    write_text(&w, "outcome", fc_str(outcome_word(q->kinds)));
    write_text(&w, "queue", q->queue);
    write_text(&w, "group", q->group);
    write_text(&w, "agent", q->agent);
    if (q->channel >= 0) write_text(&w, "channel", fc_str(fc_word(FC_VOCAB_CHANNEL, (unsigned)q->channel)));
    fc_mpw_key(&w, "from_us");
    fc_mpw_int(&w, q->from_us);
    fc_mpw_key(&w, "to_us");
    fc_mpw_int(&w, q->to_us);
    fc_mpw_key(&w, "limit");
    fc_mpw_int(&w, q->limit);
    fc_mpw_key(&w, "today");
    fc_mpw_bool(&w, q->today);
    FC_ASSERT(!w.overflow);
    return w.len;
}

bool fc_contacts_match(const struct fc_contacts_asked *q, const struct fc_card *c) {
    return (q->kinds >> c->kind & 1) != 0 && (q->channel < 0 || c->channel == q->channel) &&
           (q->agent.n == 0 || fc_str_eq(q->agent, c->agent));
}
