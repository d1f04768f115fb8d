#include "server.h"

#include "client.h"
#include "process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#define DRAIN_MOST 2000      /* messages taken in before clients get their turn */
#define DRAIN_EVERY_US 20000 /* looks again in case ZeroMQ's descriptor did not wake us */
#define BEAT_US 100000
#define GOODBYE_MS 2000
#define SEND_MOST (1 << 20)   /* bytes given to the kernel in one call */
#define ACCEPTS_PER_TURN 8    /* connections looked at before others get their turn */
#define OWN_DESCRIPTORS 48    /* standard streams, listening, signals, lws's and ZeroMQ's own, reserves */
#define CELL_DESCRIPTORS 8    /* ZeroMQ's for one aggregator, and duplicates of them */
#define LEAST_CONNECTIONS 8   /* with fewer no start makes sense */

/* --- descriptors that lws polls for us --- */

static int feed_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    (void)user, (void)in, (void)len;
    if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION) return -1;
    if (reason == LWS_CALLBACK_RAW_RX_FILE) fc_server_drain(fc_server_of(wsi));
    return 0;
}

static int signal_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    (void)user, (void)in, (void)len;
    struct fc_server *server = fc_server_of(wsi);
    struct signalfd_siginfo info;
    if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION) return -1;
    if (reason != LWS_CALLBACK_RAW_RX_FILE) return 0;
    while (read(server->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) server->reload = true;
        else server->stopping = true;
    }
    return 0;
}

static int shelf_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    (void)user, (void)in, (void)len;
    struct fc_server *server = fc_server_of(wsi);
    if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION) return -1;
    if (reason != LWS_CALLBACK_RAW_RX_FILE) return 0;
    fc_shelf_work(server->shelf);
    fc_server_drain(server); /* what was saved goes out now */
    return 0;
}

static int door_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    (void)user, (void)in, (void)len;
    struct fc_server *server = fc_server_of(wsi);
    struct fc_address *from = NULL;
    struct fc_mono now = fc_mono_now();
    uint32_t turns = ACCEPTS_PER_TURN;
    if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION) return -1;
    if (reason != LWS_CALLBACK_RAW_RX_FILE) return 0;
    for (int fd; (fd = fc_door_accept(&server->door, &turns, &from, now)) >= 0;) {
        struct lws *child = lws_adopt_socket_vhost(server->vhost, fd);
        if (child == NULL) continue; /* closed by lws */
        lws_set_opaque_user_data(child, from);
        from->connections++;
    }
    if (fc_door_open_now(&server->door, now)) return 0;
    server->door_wsi = wsi; /* until the next beat */
    (void)lws_rx_flow_control(wsi, 0);
    return 0;
}

enum { PROTOCOL_HTTP, PROTOCOL_MSGPACK, PROTOCOL_JSON, PROTOCOL_FEED, PROTOCOL_SIGNAL, PROTOCOL_DOOR, PROTOCOL_SHELF, PROTOCOL_END };

/* The first one must be HTTP's. The small receive buffer is most of what a client costs; longer messages come in parts.
 * Without a tx_packet_size lws hands the kernel no more than that buffer's size at a time, and copies the rest of a frame for
 * each client: a hundred system calls for a snapshot instead of one. */
static struct lws_protocols protocols[] = {
    [PROTOCOL_HTTP] = {.name = "http", .callback = fc_http_callback, .tx_packet_size = SEND_MOST},
    [PROTOCOL_MSGPACK] = {.name = "floorcast.msgpack", .callback = fc_client_callback, .rx_buffer_size = 512, .tx_packet_size = SEND_MOST, .id = FC_PROTOCOL_MSGPACK},
    [PROTOCOL_JSON] = {.name = "floorcast.json", .callback = fc_client_callback, .rx_buffer_size = 512, .tx_packet_size = SEND_MOST, .id = FC_PROTOCOL_JSON},
    [PROTOCOL_FEED] = {.name = "feed", .callback = feed_callback},
    [PROTOCOL_SIGNAL] = {.name = "signal", .callback = signal_callback},
    [PROTOCOL_DOOR] = {.name = "door", .callback = door_callback},
    [PROTOCOL_SHELF] = {.name = "shelf", .callback = shelf_callback},
    [PROTOCOL_END] = {.name = NULL},
};

static const struct lws_protocol_vhost_options security_headers[] = {
    {&security_headers[1], NULL, "content-security-policy:",
     "default-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"},
    {&security_headers[2], NULL, "x-content-type-options:", "nosniff"},
    {&security_headers[3], NULL, "referrer-policy:", "no-referrer"},
    {NULL, NULL, "cross-origin-resource-policy:", "same-origin"},
};

static enum fc_status adopt(struct fc_server *server, int fd, const char *protocol, struct fc_error *err) {
    lws_sock_file_fd_type desc = {.filefd = dup(fd)};
    if (desc.filefd >= 0 && lws_adopt_descriptor_vhost(server->vhost, LWS_ADOPT_RAW_FILE_DESC, desc, protocol, NULL) != NULL) return FC_OK;
    return fc_fail(err, FC_IO, "%s: descriptor %d cannot be polled: %s", protocol, fd, strerror(errno));
}

/* --- timers --- */

static void flush(struct fc_server *server) {
    struct fc_mono now = fc_mono_now();
    int64_t ns = fc_views_flush(&server->hub.views, now);
    fc_lag_flushed(&server->hub.lag, ns < 0, fc_wall_now(), now);
    if (ns >= 0) lws_sul_schedule(server->lws, 0, &server->flush_timer, server->flush_timer.cb, ns / 1000 + 1);
}

static void on_flush(lws_sorted_usec_list_t *sul) { flush(lws_container_of(sul, struct fc_server, flush_timer)); }

void fc_server_drain(struct fc_server *server) {
    bool more = false;
    struct fc_mono now = fc_mono_now();
    for (uint32_t i = 0; i < server->settings.cell_count; i++)
        if (fc_feed_drain(&server->feeds[i], &server->hub, DRAIN_MOST, now)) more = true;
    fc_asks_work(&server->asks, now);
    fc_hub_settle(&server->hub, now);
    flush(server);
    lws_sul_schedule(server->lws, 0, &server->drain_timer, server->drain_timer.cb, more ? 1 : DRAIN_EVERY_US);
}

static void on_drain(lws_sorted_usec_list_t *sul) { fc_server_drain(lws_container_of(sul, struct fc_server, drain_timer)); }

/* A timer that comes late says how long the loop was kept by something else. */
static void watch_loop(struct fc_server *server, struct fc_mono now) {
    struct fc_hub *hub = &server->hub;
    uint64_t late_us = server->beat_due.ns == 0 ? 0 : fc_mono_us_since(server->beat_due, now);
    int64_t leap_us = fc_leap_us(&server->leap, fc_wall_now(), now);
    hub->counters.loop_stalls_total += late_us > FC_STALL_US;
    if (late_us > hub->loop_late_us_max) hub->loop_late_us_max = late_us;
    server->beat_due.ns = now.ns + BEAT_US * INT64_C(1000);
    if (leap_us == 0) return;
    hub->counters.clock_steps_total++;
    fc_warn("the wall clock was set by %lld s: displays follow it", (long long)(leap_us / FC_SECOND_US));
}

static void on_turns(lws_sorted_usec_list_t *sul) {
    struct fc_server *server = lws_container_of(sul, struct fc_server, turns_timer);
    if (fc_turns_work(&server->turns)) lws_sul_schedule(server->lws, 0, sul, on_turns, FC_TURNS_EVERY_MS * 1000);
}

void fc_server_take_turn(struct fc_server *server, struct fc_turn *turn, void (*run)(struct fc_turn *turn)) {
    bool nobody = server->turns.first == NULL;
    fc_turns_take(&server->turns, turn, run);
    if (nobody && server->turns.first != NULL)
        lws_sul_schedule(server->lws, 0, &server->turns_timer, on_turns, FC_TURNS_EVERY_MS * 1000);
}

static void count_webhook(struct fc_server *server) {
    struct fc_counters *count = &server->hub.counters;
    struct fc_webhook_counts hook = fc_webhook_counts(server->hook);
    count->webhook_waiting = hook.waiting;
    count->webhook_sent_total = hook.sent;
    count->webhook_failed_total = hook.failed;
    count->webhook_dropped_total = hook.dropped;
}

static void on_beat(lws_sorted_usec_list_t *sul) {
    struct fc_server *server = lws_container_of(sul, struct fc_server, beat_timer);
    struct fc_mono now = fc_mono_now();
    watch_loop(server, now);
    fc_clients_beat(server, now);
    fc_http_beat(server);
    fc_alerts_work(&server->alerts, now);
    count_webhook(server);
    if (server->door_wsi != NULL && fc_door_open_now(&server->door, now)) {
        (void)lws_rx_flow_control(server->door_wsi, 1);
        server->door_wsi = NULL;
    }
    fc_addresses_sweep(&server->door.addresses, now);
    lws_sul_schedule(server->lws, 0, sul, on_beat, BEAT_US);
}

/* --- opening --- */

/* lws needs a place for every descriptor from the start. What the process may open beside its own is shared out. */
static enum fc_status raise_limit(struct fc_settings *s, unsigned *descriptors, struct fc_error *err) {
    struct rlimit limit;
    rlim_t own = OWN_DESCRIPTORS + (rlim_t)s->cell_count * CELL_DESCRIPTORS, want = own + s->clients_max + s->limits.http_connections;
    FC_ASSERT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < want) {
        limit.rlim_cur = limit.rlim_max < want ? limit.rlim_max : want;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    *descriptors = (unsigned)(limit.rlim_cur < want ? limit.rlim_cur : want);
    if (limit.rlim_cur >= want) return FC_OK;
    if (limit.rlim_cur < own + LEAST_CONNECTIONS)
        return fc_fail(err, FC_IO, "this process may open %llu files only (ulimit -n), expected at least %llu", (unsigned long long)limit.rlim_cur,
                       (unsigned long long)(own + LEAST_CONNECTIONS));
    uint32_t left = (uint32_t)(limit.rlim_cur - own);
    if (s->limits.http_connections > left / 4) s->limits.http_connections = left / 4;
    s->clients_max = left - s->limits.http_connections;
    fc_warn("this process may open %llu files only (ulimit -n): at most %u clients and %u other connections are let in",
            (unsigned long long)limit.rlim_cur, s->clients_max, s->limits.http_connections);
    return FC_OK;
}

/* What strangers make lws say must not fill the log. */
static void on_lws_log(int level, const char *line) {
    static struct fc_mono said;
    size_t n = strcspn(line, "\n");
    struct fc_mono now = fc_mono_now();
    if (said.ns != 0 && fc_mono_ms_since(said, now) < 1000) return;
    said = now;
    fc_log(level == LLL_ERR ? FC_LOG_ERROR : FC_LOG_WARN, "libwebsockets: %.*s", (int)n, line);
}

/* A display that was unplugged says no goodbye: when it has given no sign for three quarters of the time it is pinged. */
static void prepare_words(struct fc_server *server) {
    const struct fc_bounds *l = &server->settings.limits;
    server->validity = (lws_retry_bo_t){.secs_since_valid_ping = (uint16_t)(l->silent_s - l->silent_s / 4),
                                        .secs_since_valid_hangup = (uint16_t)l->silent_s};
    server->hub.views.sets_max = l->subscription_sets;
    (void)snprintf(server->full, sizeof server->full,
                   "topics: all clients together have %u different subscriptions (limits.subscription_sets) or %u topics in them, expected fewer",
                   l->subscription_sets, FC_VIEW_MEMBERS_MAX);
    (void)snprintf(server->busy, sizeof server->busy, "this address has used up limits.work_ms_per_s, %u ms in a second; try again later",
                   l->work_ms_per_s);
}

static enum fc_status open_lws(struct fc_server *server, struct fc_error *err) {
    struct fc_settings *s = &server->settings;
    unsigned descriptors;
    protocols[PROTOCOL_HTTP].per_session_data_size = fc_http_state_size();
    protocols[PROTOCOL_MSGPACK].per_session_data_size = protocols[PROTOCOL_JSON].per_session_data_size = fc_client_state_size();
    enum fc_status status = raise_limit(s, &descriptors, err);
    if (status != FC_OK) return status;
    prepare_words(server);
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .headers = security_headers,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .fd_limit_per_thread = descriptors,
        .max_http_header_data = (unsigned short)s->limits.header_bytes,
        .retry_and_idle_policy = &server->validity,
        .keepalive_timeout = (int)s->limits.idle_s,
        .timeout_secs = s->limits.handshake_s,
        .timeout_secs_ah_idle = s->limits.handshake_s,
        .server_string = "floorcast",
        .user = server,
    };
    lws_set_log_level(LLL_ERR, on_lws_log);
    server->lws = lws_create_context(&info);
    if (server->lws == NULL) return fc_fail(err, FC_IO, "libwebsockets gives no context");
    server->vhost = lws_create_vhost(server->lws, &info);
    return server->vhost != NULL ? FC_OK : fc_fail(err, FC_IO, "libwebsockets gives no virtual host");
}

static enum fc_status open_zmq(struct fc_server *server, struct fc_error *err) {
    const struct fc_settings *s = &server->settings;
    const char *queries[FC_CELLS_MAX];
    enum fc_status status = FC_OK;
    server->zmq = zmq_ctx_new();
    if (server->zmq == NULL) return fc_fail(err, FC_IO, "no ZeroMQ context: %s", zmq_strerror(errno));
    for (uint32_t i = 0; i < s->cell_count && status == FC_OK; i++) {
        status = fc_feed_open(&server->feeds[i], server->zmq, i, s->publish[i], err);
        queries[i] = s->query[i];
    }
    if (status == FC_OK) status = fc_asks_open(&server->asks, server->zmq, s->cell_count, queries, &server->hub.counters, err);
    server->asks.most = s->limits.questions;
    return status;
}

/* Before any thread is made, so that none of them takes a signal away. */
static enum fc_status open_signals(struct fc_server *server, struct fc_error *err) {
    sigset_t set;
    fc_process_hold_signals(&set);
    server->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return server->signal_fd >= 0 ? FC_OK : fc_fail(err, FC_IO, "no signal descriptor: %s", strerror(errno));
}

static enum fc_status adopt_all(struct fc_server *server, struct fc_error *err) {
    enum fc_status status = adopt(server, server->signal_fd, "signal", err);
    if (status == FC_OK) status = adopt(server, server->door.fd, "door", err);
    if (status == FC_OK && server->shelf != NULL) status = adopt(server, fc_shelf_fd(server->shelf), "shelf", err);
    for (uint32_t i = 0; i < server->settings.cell_count; i++) {
        if (status == FC_OK) status = adopt(server, fc_feed_fd(&server->feeds[i]), "feed", err);
        if (status == FC_OK) status = adopt(server, fc_asks_fd(&server->asks, i), "feed", err);
    }
    return status;
}

static bool found(void *ctx, const struct fc_shelf_record *record) {
    struct fc_server *server = ctx;
    return record->what == FC_SHELF_PUT_ALERT ? fc_alerts_found(&server->alerts, record) : fc_boards_found(&server->boards, record);
}

static void take_rules(struct fc_server *server, struct fc_rules *rules) {
    fc_webhook_aim(server->hook, rules->url, rules->timeout_s, rules->queue);
    fc_alerts_rule(&server->alerts, rules);
}

static enum fc_status open_boards(struct fc_server *server, struct fc_error *err) {
    struct fc_settings *s = &server->settings;
    fc_alerts_init(&server->alerts, &server->hub);
    fc_boards_init(&server->boards, &server->hub);
    enum fc_status status = fc_boards_ship(&server->boards, s->boards_built_in, s->boards, err);
    if (status == FC_OK && s->data != NULL) status = fc_shelf_open(s->data, found, server, &server->shelf, err);
    server->boards.shelf = server->shelf;
    if (status == FC_OK) status = fc_webhook_open(&server->hook, err);
    if (status != FC_OK) return status;
    server->alerts.shelf = server->shelf;
    server->alerts.hook = server->hook;
    fc_boards_tell_all(&server->boards);
    take_rules(server, &s->rules);
    return FC_OK;
}

static void want(void *ctx, struct fc_str topic, bool wanted) {
    struct fc_server *server = ctx;
    for (uint32_t i = 0; i < server->settings.cell_count; i++)
        if (server->feeds[i].sub != NULL) fc_feed_want(&server->feeds[i], topic, wanted);
}

enum fc_status fc_server_open(struct fc_server *server, struct fc_settings *settings, struct fc_error *err) {
    *server = (struct fc_server){.settings = *settings, .signal_fd = -1, .door = {.fd = -1, .reserve = -1}};
    *settings = (struct fc_settings){0};
    fc_turns_init(&server->turns);
    fc_hub_init(&server->hub, server->settings.cell_count, fc_clients_wake);
    server->hub.shows_customers = server->settings.show_customers;
    server->hub.views.want = want;
    server->hub.views.want_ctx = server;
    enum fc_status status = fc_web_load(&server->web, server->settings.web, err);
    if (status == FC_OK) status = open_signals(server, err);
    if (status == FC_OK) status = open_boards(server, err);
    if (status == FC_OK) status = fc_door_open(&server->door, &server->settings, &server->hub.counters, err);
    if (status == FC_OK) status = open_lws(server, err);
    if (status == FC_OK) status = open_zmq(server, err);
    if (status == FC_OK) status = adopt_all(server, err);
    if (status != FC_OK) {
        fc_server_close(server);
        return status;
    }
    server->wsi_own = server->wsi_count;
    server->hub.counters.connections = 0;
    server->drain_timer.cb = on_drain;
    server->flush_timer.cb = on_flush;
    return FC_OK;
}

/* --- running --- */

static void say_goodbye(struct fc_server *server) {
    struct fc_mono start = fc_mono_now();
    fc_info("stopping, %llu clients are told", (unsigned long long)server->hub.counters.clients);
    fc_clients_goodbye(server);
    while (server->clients != NULL && fc_mono_ms_since(start, fc_mono_now()) < GOODBYE_MS)
        if (lws_service(server->lws, 0) < 0) break;
}

void fc_server_run(struct fc_server *server, void (*reload)(struct fc_server *server, void *ctx), void *ctx) {
    fc_info("serving http://%s:%d%s", server->settings.host, server->door.port,
            server->web->count > 0 ? "" : ", without a front end");
    fc_server_drain(server);
    on_beat(&server->beat_timer);
    while (!server->stopping && lws_service(server->lws, 0) >= 0) {
        if (!server->reload) continue;
        server->reload = false;
        reload(server, ctx);
    }
    say_goodbye(server);
}

static bool same(const struct fc_settings *a, const struct fc_settings *b) {
    if (strcmp(a->address, b->address) != 0 || a->port != b->port || a->cell_count != b->cell_count) return false;
    for (uint32_t i = 0; i < a->cell_count; i++)
        if (strcmp(a->publish[i], b->publish[i]) != 0 || strcmp(a->query[i], b->query[i]) != 0) return false;
    return true;
}

/* What lws and the kernel were told at the start stays; the places for connections can only become fewer. */
static void reload_limits(struct fc_server *server, struct fc_settings *settings) {
    struct fc_settings *s = &server->settings;
    struct fc_bounds now = settings->limits;
    bool more = settings->clients_max > s->clients_max || now.http_connections > s->limits.http_connections;
    bool fixed = now.handshake_s != s->limits.handshake_s || now.idle_s != s->limits.idle_s || now.header_bytes != s->limits.header_bytes;
    if (more || fixed) fc_warn("max_clients and http_connections can grow, handshake_s, idle_s and header_bytes change, only by a restart");
    if (settings->clients_max < s->clients_max) s->clients_max = settings->clients_max;
    if (now.http_connections > s->limits.http_connections) now.http_connections = s->limits.http_connections;
    now.handshake_s = s->limits.handshake_s;
    now.idle_s = s->limits.idle_s;
    now.header_bytes = s->limits.header_bytes;
    s->limits = now;
    server->asks.most = now.questions;
    prepare_words(server);
}

void fc_server_reload(struct fc_server *server, struct fc_settings *settings) {
    struct fc_web *web;
    struct fc_error err;
    if (!same(&server->settings, settings)) fc_warn("listen and cells are only read at the start; restart to change them");
    if (fc_web_load(&web, settings->web, &err) == FC_OK) {
        fc_web_release(server->web);
        server->web = web;
    } else {
        fc_err("%s; the front end stays as it was", err.text);
    }
    if (fc_boards_ship(&server->boards, settings->boards_built_in, settings->boards, &err) != FC_OK) fc_err("%s; boards stay as they were", err.text);
    take_rules(server, &settings->rules);
    server->hub.shows_customers = settings->show_customers;
    reload_limits(server, settings);
    fc_settings_free(settings);
    fc_info("reloaded");
}

void fc_server_close(struct fc_server *server) {
    if (server->lws != NULL) lws_context_destroy(server->lws); /* closes what clients are left */
    fc_door_close(&server->door);
    for (uint32_t i = 0; i < server->settings.cell_count; i++) fc_feed_close(&server->feeds[i]);
    fc_asks_close(&server->asks);
    if (server->zmq != NULL) (void)zmq_ctx_term(server->zmq);
    if (server->signal_fd >= 0) (void)close(server->signal_fd);
    fc_webhook_close(server->hook);
    fc_shelf_close(server->shelf);
    fc_alerts_fini(&server->alerts);
    fc_boards_fini(&server->boards);
    fc_hub_fini(&server->hub);
    fc_web_release(server->web);
    for (int p = 0; p < FC_PROTOCOL_COUNT; p++) fc_bytes_free(&server->tick[p]);
    fc_settings_free(&server->settings);
    *server = (struct fc_server){0};
}
