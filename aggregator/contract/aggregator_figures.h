/* aggregator_figures -- what an aggregator tells of itself in its heartbeat ("metrics" of state.h): one row makes the key
 * on the wire, the Prometheus name and its help.
 *
 * FIGURE(key, name, label, type, per, help): whole numbers on the wire; the wallboard shows `key` / `per` as
 * floorcast_aggregator_<name>{<label>}. Rows of one name stand together and mean one metric. A reader passes over keys that
 * it does not know, so rows may be added.
 */
#ifndef FC_AGGREGATOR_FIGURES_H
#define FC_AGGREGATOR_FIGURES_H

#include <stdint.h>

/* What the engine counts. COUNTER(name, type, help) */
#define FC_ENGINE_COUNTERS(COUNTER)                                                                                                        \
    COUNTER(events, counter, "Events applied")                                                                                             \
    COUNTER(events_again, counter, "Events skipped because their number was applied before")                                               \
    COUNTER(events_unread, counter, "Events of a kind this version does not know or could not read")                                       \
    COUNTER(events_late, counter, "Events that came more than late_s after they happened")                                                 \
    COUNTER(events_ahead, counter, "Events of a time more than 2 s ahead of the clock")                                                    \
    COUNTER(offered_again, counter, "Offered events of a contact that is known already")                                                   \
    COUNTER(without_contact, counter, "Contacts forgotten that were never offered, and dispositions of nothing")                           \
    COUNTER(forgotten_early, counter, "Contacts forgotten before their time because there were too many")                                  \
    COUNTER(marks_left_out, counter, "Holds, alerts and misses beyond what is kept of one contact")                                        \
    COUNTER(ended_unknown, counter, "Contacts ended as unknown because their source no longer listed them")                                \
    COUNTER(beyond_rolling, counter, "Facts too old or too far ahead for the rolling windows")                                             \
    COUNTER(contacts, gauge, "Contacts held now, waiting, talking or just over")                                                           \
    COUNTER(waiting, gauge, "Contacts waiting now")                                                                                        \
    COUNTER(queues, gauge, "Queues known")                                                                                                 \
    COUNTER(agents, gauge, "Agents known")                                                                                                 \
    COUNTER(customers, gauge, "Customers whose contacts are held for first-contact resolution")                                            \
    COUNTER(visits, gauge, "Their contacts held")                                                                                          \
    COUNTER(visits_too_late, counter, "Contacts that came too late for their customer's chain, or were too many")                          \
    COUNTER(cases, gauge, "Complaints and disposed cases held now")                                                                        \
    COUNTER(cases_open, gauge, "Complaints open now")                                                                                      \
    COUNTER(cases_evicted, counter, "Complaints and cases forgotten early because there were too many")                                    \
    COUNTER(surveys_again, counter, "Surveys that had come before")                                                                        \
    COUNTER(topics_sent, counter, "Topic states handed to the publisher")                                                                  \
    COUNTER(topics_held, counter, "Times a changed topic found no free block and waited")                                                  \
    COUNTER(checkpoints, counter, "Checkpoints handed to the writer")                                                                      \
    COUNTER(gaps, counter, "Gaps that sources have told: they lost something")                                                             \
    COUNTER(sources, gauge, "Sources known")                                                                                               \
    COUNTER(sources_lost, gauge, "Of those: silent or down now")                                                                           \
    COUNTER(sources_skewed, gauge, "Of those: with a clock that is off by more than the limit")                                            \
    COUNTER(clock_set_back, counter, "Times the wall clock was found to be set back by more than 2 s")                                     \
    COUNTER(clock_set_forward, counter, "Times the wall clock was found to have leapt ahead by more than 2 s")

#define FC_THREAD_FIGURES(FIGURE)                                                                                                          \
    FIGURE(engine_stalls, "stalls_total", "thread=\"engine\"", counter, 1, "Turns of a thread that took longer than 100 ms")               \
    FIGURE(writer_stalls, "stalls_total", "thread=\"writer\"", counter, 1, "")                                                             \
    FIGURE(ingest_turns_long, "stalls_total", "thread=\"ingest\"", counter, 1, "")                                                         \
    FIGURE(publisher_stalls, "stalls_total", "thread=\"publisher\"", counter, 1, "")                                                       \
    FIGURE(engine_turn_us_max, "turn_seconds_max", "thread=\"engine\"", gauge, 1000000, "Longest turn of a thread")                        \
    FIGURE(writer_turn_us_max, "turn_seconds_max", "thread=\"writer\"", gauge, 1000000, "")                                                \
    FIGURE(ingest_turn_us_max, "turn_seconds_max", "thread=\"ingest\"", gauge, 1000000, "")                                                \
    FIGURE(publisher_turn_us_max, "turn_seconds_max", "thread=\"publisher\"", gauge, 1000000, "")                                          \
    FIGURE(engine_turn_ms_ago, "engine_turn_age_seconds", "", gauge, 1000, "Since the engine's latest turn")                               \
    FIGURE(engine_now_us, "engine_now_seconds", "", gauge, 1000000, "The engine's now, since the epoch")                                   \
    FIGURE(engine_held_ms, "engine_held_seconds", "", gauge, 1000, "How far the wall clock is behind the engine's now, which waits for it") \
    FIGURE(engine_apply_us_max, "engine_apply_seconds_max", "", gauge, 1000000, "Longest time that one batch of events took to apply")     \
    FIGURE(engine_checkpoint_us, "engine_checkpoint_seconds", "", gauge, 1000000, "Pause of the engine for its latest checkpoint")         \
    FIGURE(engine_checkpoint_us_max, "engine_checkpoint_seconds_max", "", gauge, 1000000, "Longest such pause")                            \
    FIGURE(engine_checkpoint_kept, "engine_checkpoint_kept_total", "", counter, 1, "Checkpoint blocks kept in memory as the disk was full or slow")  \
    FIGURE(checkpoint_age_ms, "checkpoint_age_seconds", "", gauge, 1000, "Since the store last had everything that the engine had")

#define FC_INGEST_FIGURES(FIGURE)                                                                                                          \
    FIGURE(ingest_batches, "ingest_batches_total", "", counter, 1, "Batches taken from collectors")                                        \
    FIGURE(ingest_events, "ingest_events_total", "", counter, 1, "Events in them")                                                         \
    FIGURE(ingest_bytes, "ingest_bytes_total", "", counter, 1, "Bytes of them")                                                            \
    FIGURE(ingest_hellos, "ingest_hellos_total", "", counter, 1, "Hellos of collectors")                                                   \
    FIGURE(ingest_strays, "ingest_strays_total", "", counter, 1, "Batches left because their number was not the expected one")             \
    FIGURE(ingest_refused, "ingest_batches_refused_total", "", counter, 1, "Messages of collectors answered with a refusal")               \
    FIGURE(ingest_events_invalid, "events_rejected_total", "reason=\"invalid\"", counter, 1, "Events in good batches that cannot be used")  \
    FIGURE(ingest_events_unknown, "events_rejected_total", "reason=\"unknown_kind\"", counter, 1, "")                                      \
    FIGURE(ingest_acks, "ingest_acks_total", "", counter, 1, "Acks sent")                                                                  \
    FIGURE(ingest_stalls, "ingest_waits_total", "", counter, 1, "Times reading stopped for lack of a free block or batch")                 \
    FIGURE(ingest_tells, "ingest_tells_total", "", counter, 1, "Times a collector told how it is")                                         \
    FIGURE(ingest_tells_dropped, "ingest_tells_dropped_total", "", counter, 1, "Of those: dropped, the publisher being behind")            \
    FIGURE(ingest_blocks_free, "ingest_blocks_free", "", gauge, 1, "Event blocks that wait to be filled")                                  \
    FIGURE(ingest_blocks, "ingest_blocks", "", gauge, 1, "Event blocks there are")

/* A ring's capacity is the number of things that may be in it at once. */
#define FC_RING_FIGURES(FIGURE)                                                                                                            \
    FIGURE(ring_events, "ring_used", "ring=\"events\"", gauge, 1, "Things in a hand-over between two threads (events: ingest to engine; batches, " \
           "acks: ingest to writer and back; records: engine to writer; states: engine to publisher; questions: publisher to query)")      \
    FIGURE(ring_batches, "ring_used", "ring=\"batches\"", gauge, 1, "")                                                                    \
    FIGURE(ring_acks, "ring_used", "ring=\"acks\"", gauge, 1, "")                                                                          \
    FIGURE(ring_records, "ring_used", "ring=\"records\"", gauge, 1, "")                                                                    \
    FIGURE(ring_states, "ring_used", "ring=\"states\"", gauge, 1, "")                                                                      \
    FIGURE(ring_questions, "ring_used", "ring=\"questions\"", gauge, 1, "")                                                                \
    FIGURE(ring_events_room, "ring_capacity", "ring=\"events\"", gauge, 1, "How many it can hold")                                         \
    FIGURE(ring_batches_room, "ring_capacity", "ring=\"batches\"", gauge, 1, "")                                                           \
    FIGURE(ring_acks_room, "ring_capacity", "ring=\"acks\"", gauge, 1, "")                                                                 \
    FIGURE(ring_records_room, "ring_capacity", "ring=\"records\"", gauge, 1, "")                                                           \
    FIGURE(ring_states_room, "ring_capacity", "ring=\"states\"", gauge, 1, "")                                                             \
    FIGURE(ring_questions_room, "ring_capacity", "ring=\"questions\"", gauge, 1, "")

#define FC_WRITER_FIGURES(FIGURE)                                                                                                          \
    FIGURE(writer_batches, "journal_batches_total", "", counter, 1, "Batches stored in the journal")                                       \
    FIGURE(writer_events, "journal_events_total", "", counter, 1, "Events in them")                                                        \
    FIGURE(writer_bytes, "journal_bytes_total", "", counter, 1, "Bytes of them")                                                           \
    FIGURE(writer_duplicates, "journal_duplicates_total", "", counter, 1, "Batches not stored because they were there")                    \
    FIGURE(writer_overlaps, "journal_overlaps_total", "", counter, 1, "Batches stored of which the first events were there")               \
    FIGURE(writer_holes, "journal_holes_total", "", counter, 1, "Batches not stored because others are missing before them")               \
    FIGURE(writer_trimmed, "journal_trimmed_total", "", counter, 1, "Journal entries deleted because a checkpoint covers them")            \
    FIGURE(journal_entries, "journal_entries", "", gauge, 1, "Batches in the journal now")                                                 \
    FIGURE(writer_commits, "store_commits_total", "", counter, 1, "Commits of the store")                                                  \
    FIGURE(writer_commits_failed, "store_commits_failed_total", "", counter, 1, "Commits that failed: disk or map full, or a fault")       \
    FIGURE(writer_commit_us_max, "store_commit_seconds_max", "", gauge, 1000000, "Longest commit")                                         \
    FIGURE(writer_blocked, "store_blocked", "", gauge, 1, "1 while commits fail: nothing is acked, collectors keep their spools")          \
    FIGURE(writer_checkpoints, "store_checkpoints_total", "", counter, 1, "Checkpoints received whole")                                    \
    FIGURE(writer_records, "store_records_total", "", counter, 1, "Records of them applied")                                               \
    FIGURE(writer_expired, "store_intervals_expired_total", "", counter, 1, "Stored intervals deleted because they had lived long enough") \
    FIGURE(checkpoint_stuck, "store_checkpoint_stuck", "", gauge, 1, "1 once a checkpoint cannot be applied, until a restart")             \
    FIGURE(checkpoint_waiting_bytes, "store_checkpoint_waiting_bytes", "", gauge, 1, "Bytes of whole checkpoints not applied yet")         \
    FIGURE(store_state_records, "store_state_records", "", gauge, 1, "Records of the engine's state in the store")                         \
    FIGURE(store_interval_records, "store_interval_records", "", gauge, 1, "Stored intervals")                                             \
    FIGURE(store_contact_records, "store_contact_records", "", gauge, 1, "Stored contacts that are over, and returns of their customers")   \
    FIGURE(store_used_bytes, "store_used_bytes", "", gauge, 1, "Bytes of the store's map that have been used, freed pages included")       \
    FIGURE(store_map_bytes, "store_map_bytes", "", gauge, 1, "Bytes that the store may grow to")

#define FC_PROCESS_FIGURES(FIGURE)                                                                                                         \
    FIGURE(subscriptions, "subscriptions_total", "", counter, 1, "Times somebody subscribed to topics")                                    \
    FIGURE(questions, "questions_total", "", counter, 1, "Questions about stored intervals and snapshots")                                 \
    FIGURE(questions_refused, "questions_refused_total", "", counter, 1, "Of those: too many at once, of a newer version, or too long")    \
    FIGURE(messages_sent, "messages_published_total", "", counter, 1, "Messages published")                                                \
    FIGURE(uptime_ms, "uptime_seconds", "", gauge, 1000, "Since the process started")                                                      \
    FIGURE(resident_bytes, "resident_memory_bytes", "", gauge, 1, "Resident memory of the process")                                        \
    FIGURE(descriptors, "open_fds", "", gauge, 1, "Descriptors that the process has open")                                                 \
    FIGURE(descriptors_max, "max_fds", "", gauge, 1, "Descriptors that it may have open")

/* All but the engine's own. */
#define FC_AGGREGATOR_FIGURES(FIGURE)                                                                                                      \
    FC_THREAD_FIGURES(FIGURE) FC_INGEST_FIGURES(FIGURE) FC_RING_FIGURES(FIGURE) FC_WRITER_FIGURES(FIGURE) FC_PROCESS_FIGURES(FIGURE)

struct fc_aggregator_figures {
#define COUNTER(name, type, help) uint64_t engine_##name;
    FC_ENGINE_COUNTERS(COUNTER)
#undef COUNTER
#define FIGURE(key, name, label, type, per, help) uint64_t key;
    FC_AGGREGATOR_FIGURES(FIGURE)
#undef FIGURE
};

#endif
