/* cases -- complaints by their case id, and dispositions of cases: what was said of each, and the facts that follow
 * from it.
 *
 * A case's record is the set of the steps that were told, the latest queue, agent and cause, and the latest
 * disposition. Facts are a pure function of the record: each event changes the record, the facts before and after
 * are compared, what no longer holds is taken back and what now holds is added. So order does not matter and an
 * event that comes twice changes nothing. Steps of one time stand in the order of enum fc_stage (opened and
 * resolved within one second is resolved); of two queues, agents or causes told at the same time the greater
 * counts, of two dispositions `no`. A case is kept while its complaint is open and FC_CASE_KEPT_US after the latest
 * thing told of it. One thread.
 */
#ifndef FC_CASES_H
#define FC_CASES_H

#include "event.h"
#include "place.h"
#include "status.h"

#define FC_CASES_MAX 1000000 /* held; beyond them the closed case longest unheard of goes, then the open one */
#define FC_CASE_STEPS_MAX 200 /* kept of one case: the first and the latest 199 */
#define FC_CASE_KEPT_US (INT64_C(400) * 24 * 3600 * 1000000)
#define FC_CASE_BYTES_MAX 4096 /* of one stored record */

/* COUNTER(name, "one line of help") */
#define FC_CASES_COUNTERS(COUNTER)                                                                                     \
    COUNTER(cases, "complaints and disposed cases held now")                                                           \
    COUNTER(cases_open, "complaints open now")                                                                         \
    COUNTER(cases_forgotten, "cases forgotten because nothing was heard of them for long")                             \
    COUNTER(cases_evicted, "closed cases forgotten early because there were too many")                                 \
    COUNTER(cases_evicted_open, "open complaints forgotten because there were too many")                               \
    COUNTER(case_steps_dropped, "steps that one case had too many of")                                                 \
    COUNTER(case_acks_early, "complaints acknowledged before they were opened: counts as 0")                           \
    COUNTER(case_unnamed, "complaints and dispositions whose case id is empty")

struct fc_cases_counters {
#define COUNTER(name, help) uint64_t name;
    FC_CASES_COUNTERS(COUNTER)
#undef COUNTER
};

/* Turns names (never empty) into things, made when absent; never NULL. ts_us: when the agent was named. */
struct fc_resolver {
    struct fc_queue *(*queue)(void *ctx, struct fc_str name);
    struct fc_agent *(*agent)(void *ctx, struct fc_str name, int64_t ts_us);
    void *ctx;
};

/* One more (+1) or less (-1) complaint open now at a place. Complaints' places are in the plain cell. */
struct fc_open_sink {
    void (*open)(void *ctx, const struct fc_place *place, int by);
    void *ctx;
};

struct fc_cases;

/* max: FC_CASES_MAX, fewer in tests. */
struct fc_cases *fc_cases_create(struct fc_fact_sink facts, struct fc_open_sink open, uint32_t max);
void fc_cases_destroy(struct fc_cases *c); /* sends nothing to the sinks */
const struct fc_cases_counters *fc_cases_counters(const struct fc_cases *c);

/* fc_cases_complaint -- one `complaint` event.
 * fc_cases_resolved -- one `resolved` event that names a case and no contact.
 * Shape:   facts and open changes go to the sinks during the call; queue NULL: `all` alone
 * Units:   complaint_ack_us, complaint_resolve_us in us
 * Thread:  engine; allocates. Work: steps of the case x log of the cases held
 * Law:     facts are a function of the set of events (tests/unit/aggregator/cases_recount.c) */
void fc_cases_complaint(struct fc_cases *c, const struct fc_event *ev, const struct fc_resolver *resolver);
void fc_cases_resolved(struct fc_cases *c, const struct fc_event *ev, const struct fc_resolver *resolver);

/* fc_cases_advance -- forgets what is due; their facts stand. Work: what is due. */
void fc_cases_advance(struct fc_cases *c, int64_t now_us);

bool fc_cases_dirty(const struct fc_cases *c);

/* fc_cases_save -- what changed since the last one: keys (case ids) to delete first, then those to put. Nothing is
 * dirty afterwards. Stored form, each name with the time it was told, which is 0 when it never was:
 * msgpack [1, queue, ts, agent, ts, cause, ts, outcome, its cause or -1, ts, [stage, ts, ..]] */
void fc_cases_save(struct fc_cases *c, void (*put)(void *ctx, struct fc_str key, struct fc_str bytes),
                   void (*gone)(void *ctx, struct fc_str key), void *ctx);

/* fc_cases_load -- one stored record back: no facts (they were counted), but the complaint's open +1.
 * Errors: FC_INVALID with the offset, or a case that is there already; nothing was taken from it */
FC_MUST_USE enum fc_status fc_cases_load(struct fc_cases *c, struct fc_str key, struct fc_str bytes,
                                         const struct fc_resolver *resolver, struct fc_error *err);

#endif
