/* contact -- how the engine's files for contacts hang together; nobody else's business.
 *
 * An event of a contact is handled in three steps: observe what follows from its record, write the event down, follow: enter
 * the difference. fc_contact_observe and fc_contact_follow must come in pairs, since they share the engine's scratch.
 */
#ifndef FC_CONTACT_H
#define FC_CONTACT_H

#include "card.h"
#include "engine_internal.h"

/* Everything that follows from a contact's record at one time. */
struct fc_moment {
    bool after; /* the second of a pair */
    enum fc_contact_state state;
    struct fc_contact_facts facts;
    struct fc_contact_spans *spans; /* the engine's */
};

/* ---- contact_follow.c */
void fc_contact_observe(struct fc_engine *e, const struct fc_contact *c, struct fc_moment *m);
void fc_contact_follow(struct fc_engine *e, struct fc_contact *c, const struct fc_moment *before);

void fc_contact_enter_miss(struct fc_engine *e, const struct fc_place *place, int64_t ts_us, int8_t sign);

/* Misses of a contact, all of them or the one of an event, entered (+1) or taken back (-1) at a place. */
void fc_contact_enter_misses(struct fc_engine *e, const struct fc_contact *c, const struct fc_place *at, const struct fc_event *only, int8_t sign);

/* The facts of an answer of a customer, entered (+1) or taken back (-1) where the contact counts. */
void fc_contact_enter_survey(struct fc_engine *e, const struct fc_place *contact_at, const struct fc_contact_survey *s, int8_t sign);

/* ---- contact_card.c */
void fc_contact_note_offer(struct fc_contact *c, const struct fc_event *ev);
void fc_contact_say(struct fc_contact *c, const struct fc_card *card); /* its texts and priority are kept */
void fc_contact_said_of(const struct fc_contact *c, struct fc_card *card); /* into these members alone */
void fc_contact_forget_said(struct fc_contact *c);
void fc_contact_card(const struct fc_contact *c, struct fc_card *card); /* of one that was offered; texts live as long as it */
uint64_t fc_contact_hash(struct fc_contact *c);
bool fc_contact_is_filed_at(const struct fc_engine *e, int64_t over_us); /* what was over then is kept */
struct fc_filed fc_contact_filing(const struct fc_engine *e, const struct fc_contact *c); /* where its record belongs */

/* ---- contact_keep.c */
void fc_contact_changed(struct fc_engine *e, struct fc_contact *c);
void fc_contact_start_waiting(struct fc_engine *e, struct fc_contact *c);
void fc_contact_stop_waiting(struct fc_engine *e, struct fc_contact *c, struct fc_queue *queue, uint8_t channel);
void fc_contact_start_talking(struct fc_contact *c);
void fc_contact_stop_talking(struct fc_contact *c, struct fc_queue *queue, uint8_t channel);
void fc_contact_link_over(struct fc_engine *e, struct fc_contact *c);
void fc_contact_unlink_over(struct fc_engine *e, struct fc_contact *c);

#endif
