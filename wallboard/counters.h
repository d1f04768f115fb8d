/* counters -- what the service counts, one row each: the row makes the field, the Prometheus name and its help.
 *
 * Thread: service, alone.
 */
#ifndef FC_COUNTERS_H
#define FC_COUNTERS_H

#include <stdint.h>

/* field, Prometheus type, help */
#define FC_COUNTERS(row)                                                                                                       \
    row(clients, gauge, "Websocket clients connected now")                                                                     \
    row(clients_accepted_total, counter, "Websocket clients accepted")                                                         \
    row(clients_refused_full_total, counter, "Upgrades refused with 503 because max_clients were connected")                   \
    row(clients_refused_protocol_total, counter, "Upgrades refused because no known subprotocol was offered")                  \
    row(clients_flooding_total, counter, "Clients closed because they sent more than client_bytes_per_s or client_messages_per_s") \
    row(clients_choked_total, counter, "Clients closed because they took nothing for 10 s")                                    \
    row(client_messages_total, counter, "Messages received from clients")                                                      \
    row(client_messages_bad_total, counter, "Messages from clients answered with an error")                                    \
    row(connections, gauge, "TCP connections open now, websocket and HTTP")                                                    \
    row(connections_refused_total, counter, "Connections refused with 503 because max_clients and http_connections were open") \
    row(connections_refused_address_total, counter, "Connections refused because connections_per_address were open")           \
    row(connections_refused_rate_total, counter, "Connections refused because connects_per_s was exceeded")                    \
    row(connections_refused_files_total, counter, "Connections refused because the process had no file descriptor left")       \
    row(frames_encoded_total, counter, "State frames encoded; each is shared by all clients with the same topics")             \
    row(frames_sent_total, counter, "State frames handed to a client's socket")                                                \
    row(frame_bytes_sent_total, counter, "Bytes of those frames")                                                              \
    row(frames_catch_up_total, counter, "Of those frames: not the one shared by all who kept up (new, behind, or alone)")              \
    row(frames_postponed_total, counter, "Times a frame for one client alone waited because its address used up work_ms_per_s")  \
    row(views, gauge, "Distinct subscription sets now")                                                                        \
    row(views_refused_total, counter, "Subscriptions refused because subscription_sets or all topics together were exceeded")  \
    row(topics, gauge, "Topics of aggregators with a state now")                                                                              \
    row(topics_gone_total, counter, "Topics of a former aggregator instance that the new one did not bring back")              \
    row(http_requests_total, counter, "HTTP requests answered or begun")                                                       \
    row(http_errors_total, counter, "HTTP requests answered with 4xx or 5xx")                                                  \
    row(http_refused_host_total, counter, "HTTP requests refused because they asked for a host of another name")               \
    row(http_refused_origin_total, counter, "HTTP requests refused because a page of another origin asked")                    \
    row(http_refused_work_total, counter, "Requests and subscriptions refused because their address used up work_ms_per_s")    \
    row(http_refused_memory_total, counter, "HTTP requests refused because replies being sent held reply_mb")                  \
    row(http_impatient_total, counter, "Connections closed because the next request came while an answer was under way")       \
    row(http_untaken_total, counter, "Connections closed because nothing of a reply could be sent for 30 s")                   \
    row(http_reply_bytes, gauge, "Bytes of replies held until they are sent")                                                  \
    row(queries_refused_total, counter, "Questions refused because as many as limits.questions were open")                     \
    row(feed_messages_total, counter, "Messages received from aggregators")                                                    \
    row(feed_bad_total, counter, "Messages from aggregators that are not of the agreed form, dropped")                         \
    row(feed_newer_total, counter, "Messages and answers from aggregators that are of a newer version than this program reads, dropped")   \
    row(feed_topics_full_total, counter, "Messages dropped because the limit of topics was reached")                           \
    row(feed_lost_total, counter, "Messages that a heartbeat says were published and that did not arrive")                     \
    row(feed_resubscribed_total, counter, "Times everything was subscribed anew, after loss or a new instance")                \
    row(feed_heartbeats_total, counter, "Heartbeats received from aggregators")                                                \
    row(loop_stalls_total, counter, "Times the service loop was more than 100 ms late for its timer: something kept it")              \
    row(clock_steps_total, counter, "Steps of this machine's wall clock that were noticed")                                   \
    row(boards_saved_total, counter, "Revisions of boards saved, deletions included")                                           \
    row(boards_failed_total, counter, "Revisions of boards that could not be written to --data")                              \
    row(alerts_firing, gauge, "Alerts that fire now")                                                                         \
    row(alerts_fired_total, counter, "Alerts that have fired")                                                                \
    row(alerts_refused_total, counter, "Times an alert did not fire because as many fired as can be kept")                    \
    row(alerts_unsaved_total, counter, "Changes of alerts not written to --data, whose disk is too slow")                     \
    row(webhook_waiting, gauge, "Posts to the webhook not done yet")                                                          \
    row(webhook_sent_total, counter, "Posts to the webhook that were answered with 2xx")                                      \
    row(webhook_failed_total, counter, "Attempts to post to the webhook that failed")                                         \
    row(webhook_dropped_total, counter, "Posts given up: refused, tried too often, or the oldest of a full queue")            \
    row(queries_total, counter, "Questions sent to aggregators")                                                               \
    row(queries_failed_total, counter, "Questions answered with an error, too late or not at all")

struct fc_counters {
#define FC_COUNTER_FIELD(name, type, help) uint64_t name;
    FC_COUNTERS(FC_COUNTER_FIELD)
#undef FC_COUNTER_FIELD
};

#endif
