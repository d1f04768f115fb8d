/* ami_track -- what Asterisk's manager says, as Floorcast's events. A pure state machine: messages and times in, events
 * out. It opens nothing, reads no clock, and the same messages at the same times always make the same events.
 *
 * Why it is not a table from AMI event to event: Asterisk says that a caller left before it says why (or never says),
 * ends a conversation from a stale copy of it, may announce a caller's next visit before the end of the one before, and
 * after a lost connection says nothing of what happened meanwhile. So every visit of a caller to a queue is kept until
 * its end is known, and an exit is told only when what followed has told it, at most FC_AMI_DECIDE_US later.
 */
#ifndef FC_AMI_TRACK_H
#define FC_AMI_TRACK_H

#include "ami_out.h"
#include "ami_parse.h"

#define FC_AMI_DECIDE_US FC_SECOND_US             /* what an exit was, at the latest then */
#define FC_AMI_END_LOST_US (5 * FC_SECOND_US)     /* a talking caller's channel is gone: how long its AgentComplete may take */
#define FC_AMI_HEARTBEAT_US (5 * FC_SECOND_US)    /* between two heartbeats while connected */
#define FC_AMI_LISTS_US (10 * FC_SECOND_US)       /* a resynchronisation goes on without the lists that did not come */
#define FC_AMI_FORGET_US (12 * 3600 * FC_SECOND_US) /* a call of which nothing is heard, when Hangup events are not sent */
#define FC_AMI_CALLS_MAX 200000                   /* calls and members remembered; more are counted and ignored */
#define FC_AMI_MEMBERS_MAX 200000

/* COUNT(name, "help"): what the tracker counts. */
#define FC_AMI_COUNTERS(COUNT)                                                                            \
    COUNT(visits, "visits to a queue that were seen")                                                     \
    COUNT(answered, "visits that an agent took")                                                          \
    COUNT(left, "visits that ended unanswered")                                                           \
    COUNT(ended, "conversations that ended")                                                              \
    COUNT(missed, "rings that no agent took")                                                             \
    COUNT(exits_unknown, "unanswered visits whose reason nothing told")                                   \
    COUNT(ends_unknown, "conversations whose end was not seen")                                           \
    COUNT(ends_without_visit, "AgentComplete for no conversation that is known: not counted as an end")   \
    COUNT(ends_matched, "AgentComplete without Uniqueid, matched by member and times")                    \
    COUNT(seen_late, "visits whose begin was not seen but whose end of waiting was")                      \
    COUNT(came_back, "visits given up after a lost connection that went on after all; not counted again") \
    COUNT(leaves_without_visit, "QueueCallerLeave for no visit that is known")                            \
    COUNT(joins_twice, "QueueCallerJoin for a visit that a list had told already")                        \
    COUNT(refused, "callers that a queue did not let in (FULL, JOINEMPTY); they make no event")           \
    COUNT(orders_odd, "messages that contradict what was known; the later one was believed")              \
    COUNT(connects, "logins that were followed by a resynchronisation")                                   \
    COUNT(gaps, "connections that were lost")                                                             \
    COUNT(lives, "different lives of Asterisk")                                                           \
    COUNT(lists_missing, "resynchronisations that Asterisk did not answer whole")                         \
    COUNT(over_limit, "calls or members beyond the limit, ignored")

enum fc_ami_counter {
#define COUNT(name, help) FC_AMI_COUNT_##name,
    FC_AMI_COUNTERS(COUNT)
#undef COUNT
        FC_AMI_COUNT_COUNT,
};

struct fc_ami_track;

/* `out` outlives the tracker. */
struct fc_ami_track *fc_ami_track_create(struct fc_ami_out *out);
void fc_ami_track_destroy(struct fc_ami_track *t);

/* fc_ami_track_connected -- logged in at `ts_us`; the answers to CoreStatus, QueueStatus and CoreShowChannels are to come. */
void fc_ami_track_connected(struct fc_ami_track *t, int64_t ts_us);

/* fc_ami_track_message -- one message, received at `ts_us` (which never goes back; an earlier one counts as the last). */
void fc_ami_track_message(struct fc_ami_track *t, const struct fc_ami_msg *msg, int64_t ts_us);

/* fc_ami_track_tick -- it is `ts_us` and nothing came: decides what was waited for, sends the heartbeat. */
void fc_ami_track_tick(struct fc_ami_track *t, int64_t ts_us);

/* fc_ami_track_gap -- something was lost until now although no connection was open (this program was down since ts_us). */
void fc_ami_track_gap(struct fc_ami_track *t, int64_t ts_us, const char *why);

/* fc_ami_track_disconnected -- the connection was lost at `ts_us`; undecided exits become unknown, open visits stay open
 * until the next connection tells about them. No effect when not connected. */
void fc_ami_track_disconnected(struct fc_ami_track *t, int64_t ts_us, const char *why);

/* fc_ami_track_finish -- nothing will ever follow: what is open ends as unknown. */
void fc_ami_track_finish(struct fc_ami_track *t, int64_t ts_us);

uint64_t fc_ami_track_count(const struct fc_ami_track *t, enum fc_ami_counter counter);

/* fc_ami_counters -- everything that the three modules count, by name: what a source's `counters` hands on. */
void fc_ami_counters(const struct fc_ami_track *t, const struct fc_ami_parse *p, const struct fc_ami_out *out,
                     void (*each)(void *ctx, const char *name, uint64_t value), void *ctx);

/* Callers waiting and talking now, for tests and the log. */
unsigned fc_ami_track_waiting(const struct fc_ami_track *t);
unsigned fc_ami_track_talking(const struct fc_ami_track *t);

#endif
