/* contacts -- a question about contacts one by one, as contract/state.h has it: read and checked for whoever answers it,
 * the engine for those that are there, the query thread for those that are over.
 */
#ifndef FC_CONTACTS_H
#define FC_CONTACTS_H

#include "card.h"

#define FC_CONTACTS_DEFAULT 100
#define FC_CONTACTS_MAX 1000 /* of one answer */

struct fc_contacts_asked { /* texts are views into the request; n 0: any */
    int64_t id, from_us, to_us; /* bounds of when they were over */
    struct fc_str queue, group, agent;
    int channel;    /* enum fc_channel; -1: any */
    uint32_t kinds; /* bits of enum fc_card_kind; those that are there alone, or those that are over */
    uint32_t limit;
    bool today; /* from the beginning of the queue's business day on, in place of from_us */
};

/* fc_contacts_are_there -- who is asked for waits or talks: the engine's to answer. */
static inline bool fc_contacts_are_there(const struct fc_contacts_asked *q) {
    return (q->kinds & (1u << FC_CARD_WAITING | 1u << FC_CARD_TALKING)) != 0;
}

/* fc_contacts_is_asked -- whether a request is such a question at all ("op":"contacts").
 * fc_contacts_read -- reads and checks it; the id is set whenever it can be read. Errors: FC_INVALID what, where,
 * expected. */
bool fc_contacts_is_asked(const uint8_t *request, size_t n);
FC_MUST_USE enum fc_status fc_contacts_read(const uint8_t *request, size_t n, struct fc_contacts_asked *out, struct fc_error *err);

/* fc_contacts_write -- the question itself. Returns its length; `to` has room for FC_CONTACTS_BYTES. */
#define FC_CONTACTS_BYTES 1024
size_t fc_contacts_write(uint8_t *to, const struct fc_contacts_asked *q);

/* What is asked for beside queue and group: kind, agent, channel. */
bool fc_contacts_match(const struct fc_contacts_asked *q, const struct fc_card *card);

#endif
