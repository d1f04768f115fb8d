/* ask -- questions to the aggregators' query endpoints, answered later.
 *
 * One ask is one or several requests, each put to every cell; it is done when all have answered or its time is up.
 * With several cells an answer from one is enough for each request: a queue belongs to one of them, the others do not
 * know it. What several know (a group, all) is merged. Never blocks. Thread: service, alone.
 */
#ifndef FC_ASK_H
#define FC_ASK_H

#include "feed.h"

#define FC_ASK_TIMEOUT_MS 5000
#define FC_ASKS_MAX 1000
#define FC_ASK_RANGES_MAX 4 /* requests of one ask */

struct fc_ask;

/* What became of an ask. FC_OK: `items` holds `count` msgpack items one behind the other. FC_ABSENT: no aggregator
 * knows what was asked for; FC_INVALID, FC_FULL: they refuse, err says why. FC_IO: an answer was unreadable, the
 * aggregator failed, or those that answered do not know it while others are away. FC_AGAIN: no answer in
 * time, or, with words in err, one has no room for it now.
 * The ask is freed after the call; bytes and err may be taken over. */
typedef void fc_ask_done(void *ctx, enum fc_status status, struct fc_bytes *items, uint32_t count,
                         const struct fc_error *err);

struct fc_asks {
    void *dealers[FC_CELLS_MAX];
    uint32_t cell_count, pending;
    uint32_t most; /* open at once: FC_ASKS_MAX, or fewer */
    struct fc_ask *all;
    uint64_t last_id;
    struct fc_counters *counters;
};

/* What to ask: stored intervals of [from, to), in steps when step_us > 0; see state.h. */
struct fc_range {
    const char *scope;     /* "queue" "group" "all" "agent" */
    struct fc_str name;    /* n 0: every one of the scope */
    struct fc_str channel; /* n 0: all */
    int64_t from_us, to_us, step_us;
};

/* Contacts one by one, see state.h; texts n 0: any; to_us 0: up to now. */
struct fc_contacts_question {
    struct fc_str outcome, queue, group, agent, channel;
    int64_t from_us, to_us, limit;
};

FC_MUST_USE enum fc_status fc_asks_open(struct fc_asks *asks, void *zmq, uint32_t n, const char *const *endpoints,
                                        struct fc_counters *counters, struct fc_error *err);
void fc_asks_close(struct fc_asks *asks); /* open asks are freed without a word */

/* fc_asks_fd -- readable when cell i may have answered; see feed.h about it. */
int fc_asks_fd(const struct fc_asks *asks, uint32_t i);

/* fc_ask_range -- puts `n` (1..FC_ASK_RANGES_MAX) questions as one ask; `done` is called once, later, unless it is
 * cancelled. Errors: FC_FULL too many are open; FC_IO no aggregator is connected. NULL then. */
struct fc_ask *fc_ask_range(struct fc_asks *asks, const struct fc_range *ranges, uint32_t n, fc_ask_done *done,
                            void *ctx, enum fc_status *status);
struct fc_ask *fc_ask_contacts(struct fc_asks *asks, const struct fc_contacts_question *question, fc_ask_done *done, void *ctx,
                               enum fc_status *status);
void fc_ask_cancel(struct fc_asks *asks, struct fc_ask *ask); /* `done` will not be called */

/* fc_asks_work -- takes in all answers that are there, ends what is out of time. */
void fc_asks_work(struct fc_asks *asks, struct fc_mono now);

#endif
