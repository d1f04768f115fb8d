/* queuelog_track -- turns the lines of a queue_log into events: which visit a line is about, who serves which queue.
 *
 * A visit is one ENTERQUEUE. Its contact id is the call id, for the second visit of the same call "CALLID/2", and so on.
 * Times come from the line's whole seconds; where the event itself holds how long the wait or the talk was, that field
 * decides, so that means are Asterisk's own. Nothing of one visit ever happens before what came before it.
 * The same lines give the same events, always: after a restart the log is read again in silence up to the marked place.
 *
 * What the log leaves open leaves as `unknown` or ends as `lost`, never as abandoned: visits that a new start of Asterisk
 * cut off, and those that stay open for half a day because their end was never written.
 * It refuses to count what does not fit a visit (a second end, an answer without a caller): that is only counted here.
 */
#ifndef FC_QUEUELOG_TRACK_H
#define FC_QUEUELOG_TRACK_H

#include "event.h"
#include "queuelog_line.h"

struct fc_qtrack;
struct fc_qconf;

/* COUNT(field, "help") */
#define FC_QTRACK_COUNTS(COUNT)                                                                                        \
    COUNT(visits, "ENTERQUEUE lines")                                                                                  \
    COUNT(starts, "starts of Asterisk")                                                                                \
    COUNT(exits_unmatched, "ways out of a queue that fit no waiting visit")                                            \
    COUNT(connects_unmatched, "answers that fit no waiting visit")                                                     \
    COUNT(ends_unmatched, "ends that fit no talk: the second end of one talk, or a talk begun before the log")         \
    COUNT(ended_unknown, "visits whose end is not known")                                                                    \
    COUNT(changed_callid, "answers whose call id another call took over (consultation into a queue)")                  \
    COUNT(members_unlinked, "ADDMEMBER and REMOVEMEMBER lines whose interface belongs to no known agent")

struct fc_qtrack_counts {
#define COUNT(field, help) uint64_t field;
    FC_QTRACK_COUNTS(COUNT)
#undef COUNT
};

/* fc_qtrack_create -- `emit` is called for every event, its strings live for that call only. `conf` may be NULL.
 * Thread: collector; allocates. */
struct fc_qtrack *fc_qtrack_create(const struct fc_qconf *conf, void (*emit)(void *ctx, struct fc_event *ev), void *ctx);
void fc_qtrack_destroy(struct fc_qtrack *t);

void fc_qtrack_line(struct fc_qtrack *t, const struct fc_qline *line);

/* fc_qtrack_forget -- every open visit is dropped without an event: the caller tells the aggregator by a snapshot. */
void fc_qtrack_forget(struct fc_qtrack *t);

const struct fc_qtrack_counts *fc_qtrack_counts(const struct fc_qtrack *t);
uint32_t fc_qtrack_open(const struct fc_qtrack *t); /* visits waiting or talking */

/* fc_qtrack_save -- all it knows as bytes, for the next file of the log: *out is malloc'd, the caller frees it.
 * fc_qtrack_load puts it back into a fresh tracker. Errors: FC_INVALID the bytes are not of this form; then it is empty. */
void fc_qtrack_save(const struct fc_qtrack *t, uint8_t **out, size_t *n);
FC_MUST_USE enum fc_status fc_qtrack_load(struct fc_qtrack *t, const uint8_t *bytes, size_t n, struct fc_error *err);

#endif
