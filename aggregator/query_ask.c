/* query_ask -- questions: read, checked, and their bounds widened to what is stored. */
#include "query_private.h"

#include "clock.h"
#include "retention.h"

#define QUARTER_US (15 * FC_MINUTE_US)
#define TIME_MAX_US INT64_C(253402300799999999) /* the end of the year 9999 */

static const char *const asked_words[FC_ASKED_COUNT] = {"queue", "group", "all", "agent"};

const char *fc_asked_word(enum fc_asked scope) {
    return asked_words[scope];
}

static bool read_pair(struct fc_mp *mp, struct fc_question *q) {
    struct fc_str key;
    if (!fc_mp_str(mp, &key)) return false;
    if (fc_str_is(key, "id")) return fc_mp_i64(mp, &q->id);
    if (fc_str_is(key, "op")) return fc_mp_str(mp, &q->op);
    if (fc_str_is(key, "scope")) return fc_mp_str(mp, &q->scope_word);
    if (fc_str_is(key, "name")) return q->has_name = true, fc_mp_str(mp, &q->name);
    if (fc_str_is(key, "channel")) return fc_mp_str(mp, &q->channel_word);
    if (fc_str_is(key, "from_us")) return q->has_from = true, fc_mp_i64(mp, &q->from_us);
    if (fc_str_is(key, "to_us")) return q->has_to = true, fc_mp_i64(mp, &q->to_us);
    if (fc_str_is(key, "step_us")) return fc_mp_i64(mp, &q->step_us);
    return fc_mp_skip(mp);
}

static struct fc_str shortened(struct fc_str s) {
    return fc_str_n(s.p, s.n < 40 ? s.n : 40);
}

static enum fc_status check_scope(struct fc_question *q, struct fc_error *err) {
    unsigned i = 0;
    while (i < FC_ASKED_COUNT && !fc_str_is(q->scope_word, asked_words[i])) i++;
    if (i == FC_ASKED_COUNT)
        return fc_fail(err, FC_INVALID, "scope \"%.*s\": expected queue, group, all or agent",
                       FC_STR_ARG(shortened(q->scope_word)));
    q->scope = (enum fc_asked)i;
    if (q->scope == FC_ASKED_GROUP && q->has_name && fc_str_is(q->name, "all")) q->scope = FC_ASKED_ALL;
    if (q->scope == FC_ASKED_ALL) {
        q->has_name = true;
        q->name = FC_STR_LIT("all");
    }
    if (q->has_name && q->name.n > FC_ID_MAX)
        return fc_fail(err, FC_INVALID, "name: %u bytes, at most 128 are allowed", q->name.n);
    if (q->has_name && q->name.n > 0 && memchr(q->name.p, '\0', q->name.n) != NULL)
        return fc_fail(err, FC_INVALID, "name: holds a zero byte");
    return FC_OK;
}

static enum fc_status check_channel(struct fc_question *q, struct fc_error *err) {
    q->channel = -1;
    if (q->channel_word.n == 0 || fc_str_is(q->channel_word, "all")) return FC_OK;
    q->channel = fc_word_find(FC_VOCAB_CHANNEL, q->channel_word);
    if (q->channel < 0)
        return fc_fail(err, FC_INVALID, "channel \"%.*s\": expected all, voice, chat, email, sms, ticket or internal",
                       FC_STR_ARG(shortened(q->channel_word)));
    if (q->scope == FC_ASKED_AGENT)
        return fc_fail(err, FC_INVALID, "channel: an agent's numbers are kept for all channels together");
    return FC_OK;
}

static int64_t down(int64_t us, int64_t width) {
    return us - us % width;
}
static int64_t up(int64_t us, int64_t width) {
    return down(us + width - 1, width);
}

static enum fc_status check_bounds(const struct fc_query_base *base, struct fc_question *q, struct fc_error *err) {
    if (!q->has_from || !q->has_to || q->from_us < 0 || q->to_us <= q->from_us || q->to_us > TIME_MAX_US)
        return fc_fail(err, FC_INVALID, "from_us, to_us: expected microseconds since 1970 with from_us < to_us");
    int64_t minutes_from_us = fc_retention_cutoff_us(base->rules, base->now_us, 1);
    q->from_us = down(q->from_us, q->from_us < minutes_from_us ? QUARTER_US : FC_MINUTE_US);
    q->to_us = up(q->to_us, q->to_us < minutes_from_us ? QUARTER_US : FC_MINUTE_US);
    if (q->step_us == 0) q->step_us = q->to_us - q->from_us;
    if (q->step_us < FC_MINUTE_US || q->step_us % FC_MINUTE_US != 0)
        return fc_fail(err, FC_INVALID, "step_us: expected whole minutes");
    bool one_step = q->step_us >= q->to_us - q->from_us;
    if (!one_step && q->from_us < minutes_from_us && q->step_us % QUARTER_US != 0)
        return fc_fail(err, FC_INVALID,
                       "step_us: minutes are kept for %u days, expected whole quarters of an hour from before that",
                       base->rules->minutes_days);
    int64_t steps = (q->to_us - q->from_us + q->step_us - 1) / q->step_us;
    if (steps > FC_QUERY_STEPS_MAX)
        return fc_fail(err, FC_INVALID, "step_us: %lld steps, at most %d are allowed", (long long)steps,
                       FC_QUERY_STEPS_MAX);
    return FC_OK;
}

enum fc_status fc_question_read(const struct fc_query_base *base, const uint8_t *request, size_t n,
                                struct fc_question *q, struct fc_error *err) {
    struct fc_mp mp = fc_mp_open(request, n);
    uint32_t pairs;
    *q = (struct fc_question){0};
    if (!fc_mp_map(&mp, &pairs)) return fc_fail(err, FC_INVALID, "expected a map with id, op, scope, from_us, to_us");
    for (uint32_t i = 0; i < pairs; i++)
        if (!read_pair(&mp, q))
            return fc_fail(err, FC_INVALID, "byte %zu: a value of the wrong type", fc_mp_offset(&mp));
    if (!fc_str_is(q->op, "range"))
        return fc_fail(err, FC_INVALID, "op \"%.*s\": expected snapshot, range or contacts", FC_STR_ARG(shortened(q->op)));
    enum fc_status st = check_scope(q, err);
    if (st == FC_OK) st = check_channel(q, err);
    if (st == FC_OK) st = check_bounds(base, q, err);
    return st;
}
