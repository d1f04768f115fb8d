/* query -- answers about stored intervals: range merges, on a thread of its own so that a long one delays no display.
 *
 * The form of questions and answers is said in contract/state.h. One question is answered from one snapshot of the
 * store. A stretch is put together from the largest stored intervals that fit: days of UTC, quarters of an hour,
 * minutes at its edges; percentiles included, since it is histograms that are merged. Groups are put together from
 * their queues, formulas taken from the rules, both as they are today. What the engine has not checkpointed yet (about
 * a second) is not in it; what a crash left in the journal alone is, from the start on (recover.h).
 */
#ifndef FC_QUERY_H
#define FC_QUERY_H

#include "counter.h"
#include "ring.h"
#include "rules.h"
#include "state.h"
#include "store.h"
#include "wake.h"

#include <zmq.h>

#define FC_QUERY_STEPS_MAX 10000  /* steps of one range */
#define FC_QUERY_ITEMS_MAX 100000 /* items of one answer: some 300 MB */
#define FC_QUERY_REQUEST_MAX 4096

struct fc_job {      /* one question on its way publisher -> query -> publisher; allocated by the publisher */
    zmq_msg_t route; /* ROUTER identity */
    bool delimiter;  /* REQ style: an empty frame goes before the answer */
    uint32_t topic_n; /* not 0: the answer is that topic's next item, and nobody's */
    char topic[FC_TOPIC_MAX];
    uint32_t request_n;
    uint8_t request[FC_QUERY_REQUEST_MAX];
    uint8_t *reply; /* malloc'd by the query thread; freed by the publisher */
    size_t reply_n;
};

/* What answers are made from. now_us: the engine's, 0 when not known: then nothing is taken as too old to be kept. */
struct fc_query_base {
    struct fc_store *store;
    const struct fc_rules *rules;
    int64_t now_us;
    bool shows_tallies; /* items also hold what they are worked out from */
};

/* fc_query_answer -- the answer to one request of op "range": always something to send, an error included.
 * Owns: *reply is the caller's to free. Thread: query (or any, with the store) */
void fc_query_answer(const struct fc_query_base *base, const uint8_t *request, size_t n, uint8_t **reply,
                     size_t *reply_n);

/* fc_query_check_version -- of any request. Errors: FC_INVALID it is of a version that is not read here. */
FC_MUST_USE enum fc_status fc_query_check_version(const uint8_t *request, size_t n, struct fc_error *err);

/* A refusal: "ok" false, "code" `why`, "error" text, with the id the request carried, if it can be read. */
void fc_query_refuse(const uint8_t *request, size_t n, enum fc_status why, const char *text, uint8_t **reply, size_t *reply_n);

struct fc_query;

/* fc_query_start -- `rules` and those handed in later live on for ever; `now_us`: the engine's now. */
FC_MUST_USE enum fc_status fc_query_start(struct fc_store *store, const struct fc_rules *rules,
                                          const struct fc_counter *now_us, struct fc_query **out, struct fc_error *err);
void fc_query_stop(struct fc_query *q); /* joins and frees; NULL is fine */

/* fc_query_configure -- new rules hold from the next question on. False: too many are waiting. Thread: main */
bool fc_query_configure(struct fc_query *q, const struct fc_rules *rules);

/* struct fc_job *: the publisher pushes to jobs and pops from done; `done` has room for all that jobs can hold. */
struct fc_ring *fc_query_jobs(struct fc_query *q);
struct fc_ring *fc_query_done(struct fc_query *q);
struct fc_wake *fc_query_wake(struct fc_query *q);
void fc_query_set_publisher(struct fc_query *q, struct fc_wake *publisher); /* before the first job */
void fc_query_show_tallies(struct fc_query *q);                             /* likewise */

#endif
