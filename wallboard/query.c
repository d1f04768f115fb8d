#include "query.h"

#include "clock.h"

#include <stdio.h>

enum kind { NAME, WORD, TIME, NUMBER };

static const struct {
    const char *key;
    enum kind kind;
    const char *words;
} keys[FC_QUERY_KEY_COUNT] = {
#define FC_QUERY_ROW(name, kind, words) {#name, kind, words},
    FC_QUERY_KEYS(FC_QUERY_ROW)
#undef FC_QUERY_ROW
};

static const char *allowed_keys(char *to, size_t cap, uint32_t allowed) {
    size_t n = 0;
    to[0] = '\0';
    for (int k = 0; k < FC_QUERY_KEY_COUNT; k++)
        if ((allowed >> k & 1) != 0 && n < cap) n += (size_t)snprintf(to + n, cap - n, "%s%s", n > 0 ? ", " : "", keys[k].key);
    return n == 0 ? "no parameters" : to;
}

static bool is_word(const char *words, struct fc_str value) {
    while (*words != '\0') {
        size_t n = strcspn(words, " ");
        if (fc_str_eq(fc_str_n(words, n), value)) return true;
        words += n + (words[n] == ' ');
    }
    return false;
}

static enum fc_status check(enum fc_query_key key, struct fc_str value, struct fc_query_value *out, struct fc_error *err) {
    const char *name = keys[key].key;
    switch (keys[key].kind) {
    case WORD:
        if (is_word(keys[key].words, value)) break;
        return fc_fail(err, FC_INVALID, "%s=%.*s: expected one of: %s", name, FC_STR_ARG(value), keys[key].words);
    case TIME:
        if (fc_str_int(value, &out->us) && out->us >= 0) break;
        return fc_fail(err, FC_INVALID, "%s=%.*s: expected a whole number of microseconds", name, FC_STR_ARG(value));
    case NUMBER:
        if (fc_str_int(value, &out->us) && out->us >= 0) break;
        return fc_fail(err, FC_INVALID, "%s=%.*s: expected a whole number", name, FC_STR_ARG(value));
    case NAME:
        if (value.n > 0 && value.n <= FC_QUERY_NAME_MAX && memchr(value.p, '\0', value.n) == NULL) break;
        return fc_fail(err, FC_INVALID, "%s: %u bytes, expected a name of 1 to %d", name, value.n, FC_QUERY_NAME_MAX);
    }
    (void)fc_str_copy(out->text, sizeof out->text, value);
    return FC_OK;
}

enum fc_status fc_query_add(struct fc_query *q, uint32_t allowed, struct fc_str pair, struct fc_error *err) {
    const char *equals = pair.n > 0 ? memchr(pair.p, '=', pair.n) : NULL;
    struct fc_str name = equals == NULL ? pair : fc_str_n(pair.p, (size_t)(equals - pair.p));
    struct fc_str value = equals == NULL ? (struct fc_str){0} : fc_str_n(equals + 1, pair.n - name.n - 1);
    char list[200];
    if (pair.n == 0) return FC_OK;
    for (enum fc_query_key k = 0; k < FC_QUERY_KEY_COUNT; k++) {
        if ((allowed >> k & 1) == 0 || !fc_str_is(name, keys[k].key)) continue;
        if (fc_query_has(q, k)) return fc_fail(err, FC_INVALID, "%s: given twice, expected once", keys[k].key);
        q->given |= 1u << k;
        return check(k, value, &q->v[k], err);
    }
    return fc_fail(err, FC_INVALID, "unknown parameter %.*s, expected %s", (int)(name.n < 60 ? name.n : 60), name.p,
                   allowed_keys(list, sizeof list, allowed));
}

enum fc_status fc_query_range(const struct fc_query *q, enum fc_query_key step, struct fc_error *err) {
    if (!fc_query_has(q, FC_QUERY_from)) return fc_fail(err, FC_INVALID, "from: missing, expected microseconds since 1970 UTC");
    if (!fc_query_has(q, FC_QUERY_to)) return fc_fail(err, FC_INVALID, "to: missing, expected microseconds since 1970 UTC");
    int64_t from = q->v[FC_QUERY_from].us, to = q->v[FC_QUERY_to].us;
    if (from >= to) return fc_fail(err, FC_INVALID, "from=%lld: not before to=%lld", (long long)from, (long long)to);
    if (!fc_query_has(q, step)) return FC_OK;
    int64_t step_us = q->v[step].us;
    if (step_us < FC_MINUTE_US)
        return fc_fail(err, FC_INVALID, "%s=%lld: expected at least a minute, %lld", keys[step].key, (long long)step_us, (long long)FC_MINUTE_US);
    if ((to - from) / step_us >= FC_QUERY_STEPS_MAX)
        return fc_fail(err, FC_INVALID, "%s=%lld: %lld steps, expected at most %d", keys[step].key, (long long)step_us,
                       (long long)((to - from) / step_us), FC_QUERY_STEPS_MAX);
    return FC_OK;
}
