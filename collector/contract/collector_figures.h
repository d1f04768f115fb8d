/* collector_figures -- what a collector tells of itself ("tell" of link.h): one row makes the key on the wire, the
 * Prometheus name and its help.
 *
 * FIGURE(key, name, label, type, per, help): whole numbers on the wire; the wallboard shows `key` / `per` as
 * floorcast_collector_<name>{<label>}. Rows of one name stand together and mean one metric. A reader passes over keys
 * that it does not know, so rows may be added.
 */
#ifndef FC_COLLECTOR_FIGURES_H
#define FC_COLLECTOR_FIGURES_H

#include <stdint.h>

#define FC_COLLECTOR_FIGURES(FIGURE)                                                                                                       \
    FIGURE(taken, "events_taken_total", "", counter, 1, "Events taken into the spool")                                                     \
    FIGURE(duplicates, "events_duplicate_total", "", counter, 1, "Events dropped because their src had sent that seq before")              \
    FIGURE(refused, "events_rejected_total", "", counter, 1, "Events that a source made and the sink found to be of no valid form")        \
    FIGURE(anonymous, "events_anonymous_total", "", counter, 1, "Events taken whose customer is nobody")                                   \
    FIGURE(untracked, "events_untracked_total", "", counter, 1, "Events taken without de-duplication: too many names of producers")        \
    FIGURE(commits, "spool_commits_total", "", counter, 1, "Commits of the spool that wrote something")                                    \
    FIGURE(spool_events, "spool_events", "", gauge, 1, "Events in the spool, not yet acked")                                               \
    FIGURE(spool_bytes, "spool_bytes", "", gauge, 1, "Bytes of disk that they use")                                                        \
    FIGURE(spool_limit_bytes, "spool_limit_bytes", "", gauge, 1, "Bytes at which the spool is full")                                       \
    FIGURE(spool_oldest_ms, "spool_oldest_seconds", "", gauge, 1000, "Age of the oldest event in the spool, by the event's own time")      \
    FIGURE(spool_full, "spool_full", "", gauge, 1, "1 while sources wait because the spool is at its limit or the disk is full")           \
    FIGURE(batches, "batches_sent_total", "", counter, 1, "Batches sent to the aggregator")                                                \
    FIGURE(resent, "batches_resent_total", "", counter, 1, "Of those: sent before")                                                        \
    FIGURE(batches_refused, "batches_refused_total", "", counter, 1, "Batches that the aggregator answered with a refusal")                \
    FIGURE(batches_flying, "batches_unacked", "", gauge, 1, "Batches under way")                                                           \
    FIGURE(acks, "acks_total", "", counter, 1, "Acks received")                                                                            \
    FIGURE(rewinds, "rewinds_total", "", counter, 1, "Times the uplink went back to send again")                                           \
    FIGURE(connections, "aggregator_connections_total", "", counter, 1, "Connections to the aggregator, the first included")               \
    FIGURE(foreign, "answers_foreign_total", "", counter, 1, "Messages from the aggregator that are no answer to this spool")              \
    FIGURE(heartbeats_missed, "heartbeats_unsaid_total", "", counter, 1, "Heartbeats left out because the spool had no room")              \
    FIGURE(clock_steps, "clock_steps_total", "", counter, 1, "Steps of the wall clock that were noticed")                                  \
    FIGURE(stalls, "stalls_total", "", counter, 1, "Rounds of the loop that took longer than 100 ms")                                      \
    FIGURE(round_us_max, "round_seconds_max", "", gauge, 1000000, "Longest round of the loop")                                             \
    FIGURE(uptime_ms, "uptime_seconds", "", gauge, 1000, "Since the process started")                                                      \
    FIGURE(resident_bytes, "resident_memory_bytes", "", gauge, 1, "Resident memory of the process")                                        \
    FIGURE(descriptors, "open_fds", "", gauge, 1, "Descriptors that the process has open")                                                 \
    FIGURE(descriptors_max, "max_fds", "", gauge, 1, "Descriptors that it may have open")

struct fc_collector_figures {
#define FIGURE(key, name, label, type, per, help) uint64_t key;
    FC_COLLECTOR_FIGURES(FIGURE)
#undef FIGURE
};

#endif
