/* chains -- customers' chains of contacts: what first-contact resolution and the customer's journey are worked out
 * from.
 *
 * A record per (scope, customer) keeps the visits it was told of. A pure function (chain_derive.h) makes a record's
 * chains and their facts from the set of its visits, the window W and now, so neither the order nor the number of times
 * in which visits come matters: every change derives before and after and hands over the difference, what no longer
 * holds with sign -1. Knows neither events nor the engine. It refuses to keep what can change nothing any more: a chain
 * goes when W and the late window have passed after its end.
 *
 * A chain is a maximal run of contacts, by offer, whose offer is less than W after the largest end so far; nothing is
 * further than W from a contact that is open. Visits of one root are one contact, as long as they are less than W
 * apart. All facts of a chain stand at its first answer.
 */
#ifndef FC_CHAINS_H
#define FC_CHAINS_H

#include "place.h"

struct fc_chains;

/* FC_CHAINS_COUNTERS(X) -- X(name, "help"). The first two go up and down. */
#define FC_CHAINS_COUNTERS(X)                                                                                          \
    X(customers, "customers whose contacts are held")                                                                  \
    X(visits, "visits held for them")                                                                                  \
    X(forgotten, "visits forgotten because nothing in their chain can change any more")                                \
    X(too_late, "visits refused: over for longer than the window and the late window, they may be counted already")    \
    X(folded, "contacts put into another of their chain because the customer had very many")                           \
    X(crowded, "visits refused: the customer has as many as are held, and too few of them are over")

struct fc_chains_counters {
#define X(name, help) int64_t name;
    FC_CHAINS_COUNTERS(X)
#undef X
};

/* fc_chain_key_of -- BLAKE2b-128 over both parts, each after its length: no two pairs make the same text. Customer not
 * empty. fc_chain_hash -- of a contact's id or root, for struct fc_visit. Stored: neither may change. Thread: any */
struct fc_chain_key {
    uint8_t b[16];
};
struct fc_chain_key fc_chain_key_of(struct fc_str scope, struct fc_str customer);
uint64_t fc_chain_hash(struct fc_str id);

enum fc_verdict { FC_VERDICT_NONE, FC_VERDICT_YES, FC_VERDICT_NO }; /* was it resolved? */

/* One contact's visit to one queue. */
struct fc_visit {
    uint64_t contact, root; /* hashes; root is the contact's own when its events named none */
    int64_t offered_us;     /* > 0: known */
    int64_t answered_us;    /* 0: not answered */
    int64_t over_us;        /* the leaving or the end; 0: open */
    struct fc_place place;  /* channel: one of the contact's, not FC_CHANNEL_PLAIN; agent NULL unless answered */
    uint8_t disposed, told; /* enum fc_verdict: by the agent; by the customer in a survey */
};

#define FC_CHAIN_WINDOW_US_MIN (INT64_C(3600) * 1000000)
#define FC_CHAIN_WINDOW_US_MAX (720 * FC_CHAIN_WINDOW_US_MIN)

/* The visits held of one customer are bounded. Past FOLD, old contacts of a chain that are over and not its first
 * answered become one, where they count alike (the chain's facts stay; what is heard later of a contact that was put
 * into another counts as one more of its chain). Past MAX, when too many are open for that, further visits are refused.
 * Both are counted. */
#define FC_CHAIN_VISITS_FOLD 128
#define FC_CHAIN_VISITS_MAX 512

/* The sink's function is called during put, advance and configure; it must not call back. */
struct fc_chains *fc_chains_create(struct fc_fact_sink sink);
void fc_chains_destroy(struct fc_chains *c); /* NULL: nothing */

/* fc_chains_configure -- W and how late events may come. Before the first put; also at any time later.
 * Units:   FC_CHAIN_WINDOW_US_MIN <= window_us <= .._MAX, late_us >= 0
 * A changed W derives all that is held anew (time proportional to it) and hands over the differences. What was
 * forgotten under a shorter window stays as it was counted. */
void fc_chains_configure(struct fc_chains *c, int64_t window_us, int64_t late_us);

/* fc_chains_put -- what is known of a visit now, in place of what was (same contact). The first visit of a customer
 * allocates nothing but when the tables grow. Shape:   false when it is refused: see too_late and crowded; then nothing
 * is changed Law:     the sum of all facts handed over is that of the set of visits held or forgotten, in whatever
 * order they came, as long as no chain's visit is news later than the late window (tests/unit/aggregator/chains.c)
 * fc_chains_remove -- a visit that turned out to be another customer's, or in another scope; nothing when it is not held.
 * fc_chains_get -- a held visit, for those who learn more of it later (a survey days after): get, change, put. False:
 * not held. Thread: engine, all of this header that takes a struct fc_chains */
bool fc_chains_put(struct fc_chains *c, struct fc_chain_key key, const struct fc_visit *v);
void fc_chains_remove(struct fc_chains *c, struct fc_chain_key key, uint64_t contact);
bool fc_chains_get(struct fc_chains *c, struct fc_chain_key key, uint64_t contact, struct fc_visit *out);

/* fc_chains_advance -- moves now on (never back): final facts where now >= end + W, and forgets. Exact to the
 * microsecond; work proportional to what is due and to the minutes passed. */
void fc_chains_advance(struct fc_chains *c, int64_t now_us);

/* fc_chains_save -- what changed since the last save, for the store: `gone` for records to delete, then `put`. The
 * bytes are valid during the call. fc_chains_dirty -- whether there is anything.
 *
 * Stored form: msgpack. A customer's record says queues and agents by number, since millions name the same few; each
 * number has a record that says its name, written once, before the first that uses it.
 *   key                                      value
 *   16 zeros                                 [2, now_us, window_us], with every save
 *   11 zeros, 1 | 2, number u32 big endian   [2, name] of a queue | an agent; numbers from 1 on without a gap
 *   a customer's                             [2, then for each visit: contact, root | nil when it is the contact,
 *                                            offered_us, answered - offered | nil, over - offered | nil, queue's number
 *                                            | 0, agent's | 0, channel + 8 disposed + 32 told] */
struct fc_chains_store {
    void (*put)(void *ctx, struct fc_chain_key key, struct fc_str bytes);
    void (*gone)(void *ctx, struct fc_chain_key key);
    /* Of customers that changed, each visit that was not answered and is over: when the same customer first came again
     * after it, with another root; 0: not yet. */
    void (*lost)(void *ctx, uint64_t contact, int64_t over_us, int64_t returned_us);
    void *ctx;
};
void fc_chains_save(struct fc_chains *c, const struct fc_chains_store *to);
bool fc_chains_dirty(const struct fc_chains *c);

/* fc_chains_load -- puts a stored record back: in the order of keys (as bytes), all before the first put, get or
 * advance; then fc_chains_loaded once, which makes what comes next faster. No facts: they are counted already.
 * Should W have been configured otherwise since, the next put, advance or configure hands over the differences.
 * fc_chain_key_least -- keys of customers are not less, all others are. From there on no name is told any more, the
 * resolver may be NULL, and another thread than the engine's may load: nothing but `c` is touched.
 * Errors: FC_INVALID with the offset, or out of order; the record is then not held. */
struct fc_chains_resolver { /* names to things; never NULL; two names are two things */
    struct fc_queue *(*queue)(void *ctx, struct fc_str name);
    struct fc_agent *(*agent)(void *ctx, struct fc_str name);
    void *ctx;
};
FC_MUST_USE enum fc_status fc_chains_load(struct fc_chains *c, struct fc_chain_key key, struct fc_str bytes,
                                          const struct fc_chains_resolver *resolver, struct fc_error *err);
void fc_chains_loaded(struct fc_chains *c, struct fc_chains *part);

/* fc_chains_part -- a place to load customers into beside `c`, by another thread at the same time: made when all lesser
 * keys are loaded. Its customers are others than c's; those whose keys begin with the same byte come together and in
 * order. It can do nothing else, and ends in fc_chains_loaded, which moves them over to c (NULL: there is no part). */
struct fc_chains *fc_chains_part(const struct fc_chains *c);
struct fc_chain_key fc_chain_key_least(void);

const struct fc_chains_counters *fc_chains_counters(const struct fc_chains *c);

#endif
