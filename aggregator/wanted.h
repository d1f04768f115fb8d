/* wanted -- topics that are made only while somebody is subscribed to them by their name: waiting/.. by the engine,
 * abandoned/.. from the store by the query thread, about a second after what made them.
 *
 * A subscription to more than one topic (to everything) gets them while somebody wants them, and asks for none.
 * Of the publisher's thread. It refuses to know sockets: it is told of subscriptions and hands out questions.
 */
#ifndef FC_WANTED_H
#define FC_WANTED_H

#include "driver.h"
#include "query.h"

#define FC_WANTED_MAX FC_WANTS_MAX

struct fc_wanted {
    struct fc_wanted_topic {
        char topic[FC_TOPIC_MAX];
        uint32_t topic_n;
        bool on, told;      /* told: the engine knows whether it is on; of those that it makes */
        bool asked;         /* the query thread has it in hand */
        uint64_t records;   /* that the store had taken when it was last asked for */
        struct fc_mono at;  /* when that was */
        uint8_t *list;      /* as last published; owned; NULL: never */
        size_t list_n;
    } **topics;
    uint32_t n, cap;
    uint64_t ver; /* of the last item */
};

/* fc_wanted_hear -- a subscription began (true) or the last one to that prefix ended. Prefixes that are no such topic
 * are passed over, and of more than FC_WANTED_MAX the further ones. */
void fc_wanted_hear(struct fc_wanted *w, struct fc_str prefix, bool on);
void fc_wanted_fini(struct fc_wanted *w);

/* fc_wanted_tell -- hands the engine what it does not know yet, as far as its ring has room. True: something. */
bool fc_wanted_tell(struct fc_wanted *w, struct fc_ring *asks);

/* fc_wanted_next -- a question for the query thread that is due, as a new job; NULL: none. `records`: that the store has
 * taken up to now. */
struct fc_job *fc_wanted_next(struct fc_wanted *w, uint64_t records, struct fc_mono now);

/* fc_wanted_answered -- what the job's reply makes of its topic: true, the item is in *item (malloc'd, the caller's); or
 * there is nothing new. fc_wanted_ended -- a topic that nobody wants any more and that was published: its last item,
 * which says so, and its name in job form; NULL: none. */
bool fc_wanted_answered(struct fc_wanted *w, const struct fc_job *job, int64_t at_us, uint8_t **item, size_t *n);
struct fc_job *fc_wanted_ended(struct fc_wanted *w, int64_t at_us);

#endif
