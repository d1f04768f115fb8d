/* state -- what the aggregator tells the world: topics, their items, the heartbeat, and the questions it answers.
 *
 * PUBLISH (ZeroMQ XPUB; subscribe with SUB or XSUB by prefix). Two frames: [topic][item].
 *   An item is a msgpack map, the topic's WHOLE latest state: "topic" str, "ver" uint (rises with every change of this
 *   topic within one instance), "at_us" int (engine's time of this state), then the state. Whoever missed some needs
 *   nothing but the next one. A new subscription is answered at once with the latest item of every topic it matches.
 *
 *   topic                      state
 *   queue/NAME/WINDOW          "scope":"queue" "name" "channel":"all" "channels":["voice",..] "window" + KPIs; WINDOW:
 *                              now m15 h1 day
 *   queue/NAME/CHANNEL/WINDOW  likewise of one channel ("channel":"voice"); only where "channels" has more than one
 *   group/NAME/WINDOW          likewise, "scope":"group", of a group of queues; group/all: "scope":"all", all queues
 *   group/NAME/CHANNEL/WINDOW
 *   agent/NAME/WINDOW          "scope":"agent" "name" .. likewise, what concerns one agent; never by channel
 *   agents/QUEUE, agents/all   "agents":[{"name","label","state","since_us","reason"?,"queues":[..],"contact_queue"?,
 *                              "answered","missed","talk_ms" (today; null when nothing)}] sorted by label
 *   queues                     "queues":["billing","sales",..] sorted: every queue known
 *   waiting/QUEUE, waiting/all "contacts":[CONTACT, .. the 100 that wait longest, longest first]
 *   abandoned/QUEUE, abandoned/all  "contacts":[CONTACT, .. the 50 that gave up last in the business day, newest first];
 *                              from the store, so a second late
 *                              These four are made only while somebody is subscribed to them by their whole name (a
 *                              subscription to everything gets them then, and asks for none), for queues that are
 *                              known, of at most 1024 names. When nobody is any more, they are "gone"
 *   sources                    "sources":[{"src","state":"up"|"down"|"silent","since_us","heard_us","gaps",
 *                              "gap_reason"?,"gap_us"?,"skew_ms"? (its clock's; above 0: ahead), "skewed" (beyond the
 *                              limit), "via"? (the collector it comes through: when that is lost, so is this)}]
 *   hb                         every 500 ms, also when nothing changes: "v", "instance" (hex, new at every start), "sent"
 *                              (messages published so far, this one included: a subscriber to everything that counted
 *                              fewer has lost some and subscribes anew), "clock":"wall"|"event", "version",
 *                              "turn_ms_ago" (since the engine's latest turn: it must be small for the state to be
 *                              fresh), "held_ms" (how far the wall clock is behind the engine's now, which waits for it:
 *                              0 but after it was set back), "metrics":{name: number, ..} (aggregator_figures.h),
 *                              "collectors":[{"id" (of its spool), "told_ms_ago", "tell": as link.h has it}]
 *                              Only while the store cannot be written also "stall":{"kind","since_us" (wall clock),"reason" a
 *                              sentence}; kind "full": no event is taken in, what the figures say is right up to since_us;
 *                              "checkpoint": events are, only history stands still
 *   lag                        after the states that events made: "event_us" (when the oldest of those events happened),
 *                              "received_us_ago" (since its batch came in): how long the way here was
 *   Any item may be {"topic","ver","at_us","gone":true}: the topic has no state any more (a group that the configuration
 *   has no longer), and is not in later snapshots.
 *   NAME is percent-encoded by fc_topic_name: '/' '%' and control bytes as %XX.
 *
 *   An item of a queue or a group whose sources are silent or down names them: "sources_lost":[{"src","state","since_us"}],
 *   for 24 hours; else it has no such key.
 *
 *   KPI keys, types and units are those of the KPI table (kpi.h, KPIS.md): an item of window `now` holds the rows of
 *   the moment, others those of the stretch too, with "from_us" (start) and "variants" (the formulas used). All hold
 *   what the page needs to explain service level: "threshold_ms" "short_abandon_ms" "fcr_window_h" ints, "goal" 0..1. Channel "all" is
 *   the merge of every channel and of what has none (agents' time, complaints, surveys of contacts nobody knows): the
 *   channels alone need not add up to it.
 *
 *   Of an aggregator that is one of several cells (--cell) every group's item also holds what it is worked out from, so
 *   that cells can be added up: "tally", the stored form of tally.h, agents' time up to now in it, where KPIs of the
 *   stretch are; and "handled":[n, us of the last hour, n, us of the day], contacts handled, for ewt_ms. A question's
 *   items, of every scope, hold "tally" likewise.
 *
 * CONTACT: one visit of a contact to a queue, null what is not known:
 *   "contact" "queue" "channel" "customer" (as the collector told it: a keyed hash, or a number) "priority" "topic" "lang"
 *   "root" "outcome":"waiting"|"talking"|"answered"|"abandoned"|"left" "reason" (why it left unanswered) "agent"
 *   "offered_us" "answered_us" "over_us" (when it left, or the conversation ended) "wait_ms" (null while it waits)
 *   "talk_ms" "hold_ms" "wrap_ms" (null while it goes on) "returned_us" (not answered, and the same customer's next
 *   contact in the same scope of chains, of another root, was offered then: nobody needs to call back. Known for certain
 *   within fcr.window_h; what comes later may be missed)
 *
 * QUERY (ZeroMQ ROUTER; ask with REQ or DEALER). One frame, a msgpack map, answered by one frame:
 *   {"v":1,"id":any int,"op":"snapshot","prefix":"queue/"}             latest items of the matching topics
 *   {"v":1,"id":..,"op":"range","scope":"queue"|"group"|"all"|"agent","name"?:..,"channel"?:"all"|"voice"|..,
 *    "from_us":..,"to_us":..,"step_us"?:..}
 *        stored intervals of [from, to) merged, an item a step (without "step_us": one). What is named has every step,
 *        also empty ones; without "name" every group of the configuration likewise, and every queue or agent that has
 *        something in the step. Steps count from "from_us" and are whole minutes, at most 10000.
 *        Items are as above, window "range", each with its own "from_us" "to_us": bounds are widened to whole minutes,
 *        and to whole quarters of an hour from before the time since when minutes are kept. "channels": those that
 *        brought something. Groups, formulas, thresholds and goals are those of the configuration now; what counts by a
 *        threshold was counted by the one then.
 *   {"v":1,"id":..,"op":"contacts","outcome":"waiting"|"talking"|"answered"|"abandoned"|"left"|"all"?,"queue"?:..,"group"?:..,
 *    "agent"?:..,"channel"?:..,"from_us"?:..,"to_us"?:..,"limit"?:1 to 1000 (100),"today"?:bool}
 *        CONTACTs as items. Those that are there: waiting, the longest first; talking, the newest answer first. Those that
 *        were over in [from, to) and are kept (retention.contacts_days): the newest first; "all" (the default) is these
 *        three outcomes together; "today": from the beginning of the queue's business day. About a second behind
 *   -> {"v":1,"id":..,"ok":true,"items":[..]}  or  {"v":1,"id":..,"ok":false,"code":..,"error":"what, where, expected"}
 *        code: "absent" no such queue, group, agent or channel; "full" too large an answer; "again" too many questions are
 *        waiting; "invalid" a wrong question; else the store's trouble.
 *
 * VERSIONS. Every message may hold "v", the version of the form described here; without it that is 1. Heartbeats, questions
 * and answers hold it; items of version 1 leave it out, since each byte of one goes to every screen. Whoever reads a
 * version it does not know takes nothing of that message, counts it and says so; a question is answered with "invalid".
 */
#ifndef FC_STATE_H
#define FC_STATE_H

#include "event.h"
#include "status.h"
#include "str.h"

#define FC_STATE_VERSION 1
#define FC_TOPIC_MAX 420 /* bytes of a topic: the longest name wholly percent-encoded, and its frame */

enum fc_window { FC_WINDOW_NOW, FC_WINDOW_M15, FC_WINDOW_H1, FC_WINDOW_DAY, FC_WINDOW_COUNT };
const char *fc_window_name(enum fc_window window);

enum fc_scope { FC_SCOPE_QUEUE, FC_SCOPE_GROUP, FC_SCOPE_AGENT };

/* fc_topic_name -- percent-encodes `name` into `to`; cut names do not occur: cap >= 3 * name.n + 1 is asserted. Returns its length. */
size_t fc_topic_name(char *to, size_t cap, struct fc_str name);

/* fc_topic_parse_name -- what fc_topic_name made of a name, back into to[coded.n]; returns its length, 0: it is no such
 * thing, or longer than a name. */
size_t fc_topic_parse_name(char *to, struct fc_str coded);

/* fc_topic_format -- "queue/sales/m15" and the like into to[FC_TOPIC_MAX]; returns its length.
 * fc_topic_format_channel -- "queue/sales/voice/m15" likewise. */
size_t fc_topic_format(char *to, enum fc_scope scope, struct fc_str name, enum fc_window window);
size_t fc_topic_format_channel(char *to, enum fc_scope scope, struct fc_str name, enum fc_channel channel,
                               enum fc_window window);

#endif
