/* server -- the service thread: one libwebsockets context, and what its callbacks share.
 *
 * Everything happens on this one thread: aggregators' messages, clients, HTTP, signals. It sleeps in lws's poll loop,
 * which also holds ZeroMQ's descriptors (as duplicates, because lws closes what it adopts) and a signalfd. Nothing in
 * it may block. Refuses to know message contents (hub, views) and requests (job).
 */
#ifndef FC_SERVER_H
#define FC_SERVER_H

#include "alerts.h"
#include "ask.h"
#include "boards.h"
#include "door.h"
#include "feed.h"
#include "hub.h"
#include "leap.h"
#include "settings.h"
#include "turns.h"
#include "web.h"

#include <libwebsockets.h>

struct fc_client;
struct request; /* http.c */

struct fc_server {
    struct fc_settings settings;
    struct fc_hub hub;
    struct fc_door door;
    struct lws *door_wsi; /* while nobody is let in; else NULL */
    struct fc_asks asks;
    struct fc_feed feeds[FC_CELLS_MAX];
    struct fc_web *web;
    struct fc_boards boards;
    struct fc_alerts alerts;
    struct fc_webhook *hook;
    struct fc_shelf *shelf; /* NULL: without --data */
    void *zmq;
    struct lws_context *lws;
    struct lws_vhost *vhost;
    lws_sorted_usec_list_t drain_timer, flush_timer, beat_timer, turns_timer;
    struct fc_client *clients;             /* all of them */
    struct fc_turns turns;
    struct request *requests;              /* not answered whole yet */
    size_t body_bytes;                     /* what requests under way have sent or announced to send */
    struct fc_bytes tick[FC_PROTOCOL_COUNT]; /* the frame of this tenth of a second, with its headroom */
    struct fc_mono beat_due;               /* when the next beat should come; ns 0: the first */
    struct fc_leap leap;
    uint32_t tenth;                        /* counts the beats; a client gets a tick at every tenth one */
    uint32_t next_bucket;                  /* which tenth the next client belongs to */
    uint64_t wsi_count, wsi_own;           /* all lws objects; those that are no connections */
    bool stopping, reload;
    int signal_fd;
    lws_retry_bo_t validity; /* when who is silent is pinged, and given up */
    char full[200], busy[120]; /* why a subscription is refused */
};

/* fc_server_open -- binds, connects, loads the front end. Takes over `settings`.
 * Errors: FC_CONFIG, FC_IO. Nothing is left open then. */
FC_MUST_USE enum fc_status fc_server_open(struct fc_server *server, struct fc_settings *settings, struct fc_error *err);

/* fc_server_run -- serves until SIGTERM or SIGINT; on SIGHUP calls `reload` in between. Clients are told goodbye (1001). */
void fc_server_run(struct fc_server *server, void (*reload)(struct fc_server *server, void *ctx), void *ctx);

/* fc_server_reload -- takes over what can change while running: the front end and the largest number of clients. The
 * rest needs a new start and is said so. Takes over `settings`. */
void fc_server_reload(struct fc_server *server, struct fc_settings *settings);

void fc_server_close(struct fc_server *server);

static inline struct fc_server *fc_server_of(struct lws *wsi) { return lws_context_user(lws_get_context(wsi)); }

/* The callbacks of the protocols, by file. */
lws_callback_function fc_http_callback;   /* http.c */
lws_callback_function fc_client_callback; /* http.c: every 100 ms, hangs up on who sends the next request while its answer is still under way. */
void fc_http_beat(struct fc_server *server);

/* client.c */
size_t fc_http_state_size(void);
size_t fc_client_state_size(void);

/* client.c */
void fc_clients_wake(struct fc_seat *seat);
void fc_clients_beat(struct fc_server *server, struct fc_mono now); /* every 100 ms: ticks, and who is choked */
void fc_clients_goodbye(struct fc_server *server);

/* fc_server_take_turn -- does something for one client now or soon. */
void fc_server_take_turn(struct fc_server *server, struct fc_turn *turn, void (*run)(struct fc_turn *turn));

/* fc_server_drain -- takes in what aggregators have sent and flushes what is due. */
void fc_server_drain(struct fc_server *server);

#endif
