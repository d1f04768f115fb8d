/* card -- one contact as lists show it: what the engine shows of those that are there, and what is stored of those that
 * are over.
 *
 * Stored in the database `contacts`, one of the two records of a contact:
 *   KIND u8 'A' answered, 'B' abandoned, 'L' left otherwise   OVER u64 big endian, us   CONTACT u64 big endian, its hash
 *      -> [1, contact, queue, agent|nil, customer|nil, topic|nil, lang|nil, root|nil, priority|nil, channel, left,
 *          offered_us, wait us, talk us|nil, hold us, wrap us|nil]
 *   KIND u8 'R', OVER and CONTACT as above, of one that was not answered
 *      -> [1, returned_us]: the same customer came again, see fc_chains_lost
 * So what was over within a stretch of time is one walk for each kind, and neither knows of the other.
 * Knows neither the engine nor the store. Thread: any.
 */
#ifndef FC_CARD_H
#define FC_CARD_H

#include "event.h"
#include "mp.h"
#include "status.h"

#define FC_CARD_KEY 17 /* bytes */
#define FC_CARD_RETURNED 'R'

enum fc_card_kind { FC_CARD_WAITING, FC_CARD_TALKING, FC_CARD_ANSWERED, FC_CARD_ABANDONED, FC_CARD_LEFT, FC_CARD_KINDS };

/* fc_card_word -- "waiting" "talking" "answered" "abandoned" "left". */
const char *fc_card_word(enum fc_card_kind kind);

struct fc_card { /* texts are views; n 0: not known. Durations: -1 not known. Instants: 0 not yet, or not known */
    enum fc_card_kind kind;
    struct fc_str contact, queue, agent, customer, topic, lang, root;
    int64_t priority; /* -1: none */
    uint8_t channel, left; /* left: enum fc_left, of those that were not answered */
    int64_t offered_us, over_us, returned_us;
    int64_t wait_us, talk_us, hold_us, wrap_us;
    char key[FC_CARD_KEY]; /* of one read from the store */
};

#define FC_CARD_KEYS 19
#define FC_CARD_BYTES_MAX 1600 /* in either form */

/* fc_card_write -- the map of contract/state.h. */
void fc_card_write(struct fc_mpw *w, const struct fc_card *card);

/* fc_card_encode -- the stored form, into FC_CARD_BYTES_MAX. fc_card_decode -- the way back; texts are views into
 * `value`. Errors: FC_INVALID a key or value of another form, or what no contact can be. */
void fc_card_encode(struct fc_mpw *w, const struct fc_card *card);
FC_MUST_USE enum fc_status fc_card_decode(struct fc_str key, struct fc_str value, struct fc_card *out, struct fc_error *err);
FC_MUST_USE enum fc_status fc_card_decode_returned(struct fc_str value, int64_t *returned_us, struct fc_error *err);

/* fc_card_key -- of a contact that is over; fc_card_key_returned -- of its other record; fc_card_bound -- where those of
 * a kind that were over at over_us begin. */
void fc_card_key(char key[FC_CARD_KEY], enum fc_card_kind kind, int64_t over_us, uint64_t contact);
void fc_card_key_returned(char key[FC_CARD_KEY], int64_t over_us, uint64_t contact);
void fc_card_encode_returned(struct fc_mpw *w, int64_t returned_us);

/* The kinds of stored records: those a contact may have, and the other one. */
#define FC_CARD_PREFIXES "ABLR"
size_t fc_card_bound(char key[FC_CARD_KEY], char prefix, int64_t over_us);
char fc_card_prefix(enum fc_card_kind kind);

#endif
