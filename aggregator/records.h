/* records -- what checkpoint.c and restore.c must agree on beside the page at the head of checkpoint.c. */
#ifndef FC_RECORDS_H
#define FC_RECORDS_H

#include "agent.h"
#include "contact.h"

#define FC_RECORD_VERSION 2

/* Instants that a record may hold: from two days before 1970, where a day may have begun, to beyond the year 9999, the
 * last that an event may name. Any two of them can be subtracted, or added to a span that is configured. */
#define FC_RECORD_US_MIN (-2 * 1440 * FC_MINUTE_US)
#define FC_RECORD_US_MAX (INT64_C(1) << 58)

/* A contact's instants and words in stored order. */
#define FC_CONTACT_TIMES 10
#define FC_CONTACT_WORDS 6
#define FC_CONTACT_ELEMENTS (4 + FC_CONTACT_TIMES + FC_CONTACT_WORDS + 1 + 2 + 1 + 2) /* of its record, as older programs wrote it */

static inline int64_t *fc_contact_time(const struct fc_contact *contact, int i) {
    struct fc_contact *c = (struct fc_contact *)(uintptr_t)contact;
    int64_t *const times[FC_CONTACT_TIMES] = {&c->offered_us, &c->answered_us, &c->left_us, &c->ended_us, &c->wrapped_us,
                                              &c->disposed_us, &c->told_us, &c->threshold_us, &c->short_us, &c->over_us};
    return times[i];
}

static inline uint8_t *fc_contact_word(const struct fc_contact *contact, int i) {
    struct fc_contact *c = (struct fc_contact *)(uintptr_t)contact;
    uint8_t *const words[FC_CONTACT_WORDS] = {&c->channel, &c->left, &c->by, &c->outcome, &c->cause, &c->told};
    return words[i];
}

/* What a word may be at most, in the same order. */
static inline int fc_contact_word_max(int i) {
    static const int max[FC_CONTACT_WORDS] = {FC_CHANNEL_COUNT - 1, FC_LEFT_COUNT - 1, FC_BY_LOST, FC_OUTCOME_NO, FC_CAUSE_COUNT, 2};
    return max[i];
}

#endif
