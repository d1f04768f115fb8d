/* query_private -- from a question (query_ask.c) through what is merged for it (query_merge.c) to the answer (query.c);
 * about contacts one by one: query_contacts.c.
 */
#ifndef FC_QUERY_PRIVATE_H
#define FC_QUERY_PRIVATE_H

#include "interval.h"
#include "map.h"
#include "mp.h"
#include "query.h"
#include "tally.h"

enum fc_asked { FC_ASKED_QUEUE, FC_ASKED_GROUP, FC_ASKED_ALL, FC_ASKED_AGENT, FC_ASKED_COUNT };
const char *fc_asked_word(enum fc_asked scope); /* "queue" .. */

struct fc_question { /* views into the request */
    int64_t id, from_us, to_us, step_us;
    struct fc_str op, scope_word, name, channel_word;
    bool has_name, has_from, has_to;
    enum fc_asked scope;
    int channel; /* enum fc_channel; -1: all of them */
};

/* fc_question_read -- reads and checks; widens the bounds to what is stored. The id is set whenever it can be read.
 * Errors: FC_INVALID what, where, expected. */
FC_MUST_USE enum fc_status fc_question_read(const struct fc_query_base *base, const uint8_t *request, size_t n,
                                            struct fc_question *q, struct fc_error *err);

struct fc_part {       /* one name in one step */
    struct fc_str key; /* step u32 big endian, name; owned; first, for the map */
    uint32_t channels; /* bits of enum fc_channel: those that brought something */
    struct fc_tally tally;
};

static inline struct fc_str fc_part_name(const struct fc_part *p) {
    return fc_str_n(p->key.p + 4, p->key.n - 4);
}
uint32_t fc_part_step(const struct fc_part *p);

/* fc_query_merge -- the parts of a question, into an empty map; a named thing and a group have every step, others those
 * with something in them. Errors: FC_ABSENT no such queue, group, agent or channel; FC_FULL more than
 * FC_QUERY_ITEMS_MAX; the store's. Owns: the map and its parts are the caller's to free with fc_query_free, after an
 * error too. */
FC_MUST_USE enum fc_status fc_query_merge(const struct fc_query_base *base, const struct fc_question *q,
                                          struct fc_map *parts, struct fc_error *err);
void fc_query_free(struct fc_map *parts);

/* An answer that grows. fc_reply_room: for `bytes` more, behind what there is; fc_reply_took: what was written counts. */
struct fc_reply {
    uint8_t *bytes;
    size_t n, cap;
};
void fc_reply_room(struct fc_reply *r, struct fc_mpw *w, size_t bytes);
void fc_reply_took(struct fc_reply *r, const struct fc_mpw *w);
void fc_reply_ok(struct fc_reply *r, int64_t id, uint32_t items); /* a map whose next key is "items": the array follows */

/* fc_query_contacts -- answers a question about contacts that are over (contacts.h), newest first. Errors: FC_INVALID,
 * FC_ABSENT no such group, the store's; nothing is in the reply then. The id is set whenever it can be read. */
FC_MUST_USE enum fc_status fc_query_contacts(const struct fc_query_base *base, const uint8_t *request, size_t n,
                                             struct fc_reply *r, int64_t *id, struct fc_error *err);

/* The group of that name as the rules have it, or NULL. */
const struct fc_group_rules *fc_query_group(const struct fc_rules *rules, struct fc_str name);

#endif
