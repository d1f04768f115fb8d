/* query -- the parameters of an API request, each checked: an unknown or doubled one is an error, never passed over.
 *
 * Refuses to know endpoints: which parameters one takes, its caller says as a mask.
 */
#ifndef FC_QUERY_H
#define FC_QUERY_H

#include "state.h"
#include "status.h"
#include "str.h"

#define FC_QUERY_NAME_MAX 128 /* bytes of a queue's, group's or agent's name, as in the event contract */

/* key, kind: NAME any text, WORD one of a list, TIME a whole number of microseconds, NUMBER a whole number */
#define FC_QUERY_KEYS(KEY)                                                                                                     \
    KEY(queue, NAME, NULL)                                                                                                     \
    KEY(agent, NAME, NULL)                                                                                                     \
    KEY(kpi, NAME, NULL)                                                                                                       \
    KEY(group, NAME, NULL)                                                                                                     \
    KEY(channel, WORD, "all voice chat email sms ticket internal")                                                             \
    KEY(window, WORD, "now m15 h1 day")                                                                                        \
    KEY(scope, WORD, "queue group agent all")                                                                                  \
    KEY(from, TIME, NULL)                                                                                                      \
    KEY(to, TIME, NULL)                                                                                                        \
    KEY(step, TIME, NULL)                                                                                                      \
    KEY(step_us, TIME, NULL)                                                                                                   \
    KEY(rev, NAME, NULL)                                                                                                       \
    KEY(format, WORD, "json yaml")                                                                                             \
    KEY(outcome, WORD, "waiting talking answered abandoned left all")                                                          \
    KEY(limit, NUMBER, NULL)

enum fc_query_key {
#define FC_QUERY_KEY(name, kind, words) FC_QUERY_##name,
    FC_QUERY_KEYS(FC_QUERY_KEY)
#undef FC_QUERY_KEY
    FC_QUERY_KEY_COUNT
};

struct fc_query_value {
    char text[FC_QUERY_NAME_MAX + 1];
    int64_t us; /* of TIME; of NUMBER the number */
};

struct fc_query {
    uint32_t given; /* bit 1 << key */
    struct fc_query_value v[FC_QUERY_KEY_COUNT];
};

#define FC_QUERY_BIT(name) (1u << FC_QUERY_##name)

static inline bool fc_query_has(const struct fc_query *q, enum fc_query_key key) { return (q->given >> key & 1) != 0; }
static inline struct fc_str fc_query_str(const struct fc_query *q, enum fc_query_key key) { return fc_str(q->v[key].text); }

/* fc_query_add -- takes one decoded "key=value". `allowed`: bits of what this endpoint knows.
 * Errors: FC_INVALID what, where, expected. */
FC_MUST_USE enum fc_status fc_query_add(struct fc_query *q, uint32_t allowed, struct fc_str pair, struct fc_error *err);

/* fc_query_channel -- enum fc_channel, or -1: all of them. */
static inline int fc_query_channel(const struct fc_query *q) { return fc_word_find(FC_VOCAB_CHANNEL, fc_query_str(q, FC_QUERY_channel)); }

#define FC_QUERY_STEPS_MAX 10000

/* fc_query_range -- checks from, to and a step (its key as the endpoint calls it) against each other. */
FC_MUST_USE enum fc_status fc_query_range(const struct fc_query *q, enum fc_query_key step, struct fc_error *err);

#endif
