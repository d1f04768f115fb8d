#include "server.h"

#include "client.h"

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

enum { PROTOCOL_HTTP, PROTOCOL_MSGPACK, PROTOCOL_JSON, PROTOCOL_FEED, PROTOCOL_SIGNAL, PROTOCOL_END };

/* The first one must be HTTP's. The small receive buffer is most of what a client costs; longer messages come in parts. */
static struct lws_protocols protocols[] = {
    [PROTOCOL_HTTP] = {.name = "http", .callback = fc_http_callback},
    [PROTOCOL_MSGPACK] = {.name = "floorcast.msgpack", .callback = fc_client_callback, .rx_buffer_size = 512, .id = FC_PROTOCOL_MSGPACK},
    [PROTOCOL_JSON] = {.name = "floorcast.json", .callback = fc_client_callback, .rx_buffer_size = 512, .id = FC_PROTOCOL_JSON},
    [PROTOCOL_FEED] = {.name = "feed", .callback = feed_callback},
    [PROTOCOL_SIGNAL] = {.name = "signal", .callback = signal_callback},
    [PROTOCOL_END] = {.name = NULL},
};

static const struct lws_protocol_vhost_options security_headers[] = {
    {&security_headers[1], NULL, "content-security-policy:",
     "default-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"},
    {&security_headers[2], NULL, "x-content-type-options:", "nosniff"},
    {&security_headers[3], NULL, "referrer-policy:", "no-referrer"},
    {NULL, NULL, "cross-origin-resource-policy:", "same-origin"},
};

/* A display that was unplugged says no goodbye: after 30 s without a sign it is pinged, after 40 s closed. */
static const lws_retry_bo_t validity = {.secs_since_valid_ping = 30, .secs_since_valid_hangup = 40};

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

static void on_beat(lws_sorted_usec_list_t *sul) {
    struct fc_server *server = lws_container_of(sul, struct fc_server, beat_timer);
    watch_loop(server, fc_mono_now());
    fc_clients_beat(server, fc_mono_now());
    lws_sul_schedule(server->lws, 0, sul, on_beat, BEAT_US);
}

/* --- opening --- */

/* lws needs a place for every descriptor from the start, and lets connections hang when they run out. */
static unsigned raise_limit(struct fc_settings *s) {
    struct rlimit limit;
    rlim_t want = (rlim_t)s->clients_max + FC_HTTP_CONNECTIONS + FC_OWN_DESCRIPTORS;
    FC_ASSERT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < want) {
        limit.rlim_cur = limit.rlim_max < want ? limit.rlim_max : want;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= want) return (unsigned)want;
    rlim_t spare = FC_HTTP_CONNECTIONS + FC_OWN_DESCRIPTORS;
    s->clients_max = limit.rlim_cur > spare ? (uint32_t)(limit.rlim_cur - spare) : 1;
    fc_warn("this process may open %llu files only: at most %u clients are let in", (unsigned long long)limit.rlim_cur, s->clients_max);
    return (unsigned)limit.rlim_cur;
}

static void on_lws_log(int level, const char *line) {
    size_t n = strcspn(line, "\n");
    fc_log(level == LLL_ERR ? FC_LOG_ERROR : FC_LOG_WARN, "libwebsockets: %.*s", (int)n, line);
}

/* Binds once by hand: lws tells only that it could not, not why. */
static enum fc_status try_bind(const struct fc_settings *s, struct fc_error *err) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at = {0};
    int one = 1, fd = socket(s->ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.any.sa_family = s->ipv6 ? AF_INET6 : AF_INET;
    at.v4.sin_port = htons((uint16_t)s->port); /* at the same place in both */
    (void)inet_pton(at.any.sa_family, s->address, s->ipv6 ? (void *)&at.v6.sin6_addr : (void *)&at.v4.sin_addr);
    if (fd >= 0) (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    bool good = fd >= 0 && bind(fd, &at.any, s->ipv6 ? sizeof at.v6 : sizeof at.v4) == 0;
    int why = errno;
    if (fd >= 0) (void)close(fd);
    return good ? FC_OK : fc_fail(err, FC_IO, "--listen %s:%d: %s", s->host, s->port, strerror(why));
}

static enum fc_status open_lws(struct fc_server *server, struct fc_error *err) {
    struct fc_settings *s = &server->settings;
    protocols[PROTOCOL_HTTP].per_session_data_size = fc_http_state_size();
    protocols[PROTOCOL_MSGPACK].per_session_data_size = protocols[PROTOCOL_JSON].per_session_data_size = fc_client_state_size();
    struct lws_context_creation_info info = {
        .port = s->port,
        .iface = s->address,
        .protocols = protocols,
        .headers = security_headers,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                   (s->ipv6 ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6),
        .fd_limit_per_thread = raise_limit(s),
        .retry_and_idle_policy = &validity,
        .keepalive_timeout = 60,
        .timeout_secs = 10,
        .server_string = "floorcast",
        .user = server,
    };
    lws_set_log_level(LLL_ERR, on_lws_log);
    enum fc_status status = try_bind(s, err);
    if (status != FC_OK) return status;
    server->lws = lws_create_context(&info);
    if (server->lws == NULL) return fc_fail(err, FC_IO, "libwebsockets gives no context");
    server->vhost = lws_create_vhost(server->lws, &info);
    if (server->vhost == NULL) return fc_fail(err, FC_IO, "--listen %s:%d: cannot be bound", s->host, s->port);
    return FC_OK;
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
    return status;
}

/* Before any thread is made, so that none of them takes a signal away. */
static enum fc_status open_signals(struct fc_server *server, struct fc_error *err) {
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    server->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return server->signal_fd >= 0 ? FC_OK : fc_fail(err, FC_IO, "no signal descriptor: %s", strerror(errno));
}

static enum fc_status adopt_all(struct fc_server *server, struct fc_error *err) {
    enum fc_status status = adopt(server, server->signal_fd, "signal", err);
    for (uint32_t i = 0; i < server->settings.cell_count; i++) {
        if (status == FC_OK) status = adopt(server, fc_feed_fd(&server->feeds[i]), "feed", err);
        if (status == FC_OK) status = adopt(server, fc_asks_fd(&server->asks, i), "feed", err);
    }
    return status;
}

enum fc_status fc_server_open(struct fc_server *server, struct fc_settings *settings, struct fc_error *err) {
    *server = (struct fc_server){.settings = *settings, .signal_fd = -1};
    *settings = (struct fc_settings){0};
    fc_hub_init(&server->hub, server->settings.cell_count, fc_clients_wake);
    enum fc_status status = fc_web_load(&server->web, server->settings.web, err);
    if (status == FC_OK) status = open_signals(server, err);
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
    fc_info("serving http://%s:%d%s", server->settings.host, lws_get_vhost_listen_port(server->vhost),
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
    if (settings->clients_max < server->settings.clients_max) server->settings.clients_max = settings->clients_max;
    else if (settings->clients_max > server->settings.clients_max) fc_warn("max_clients can grow only by a restart");
    fc_settings_free(settings);
    fc_info("reloaded");
}

void fc_server_close(struct fc_server *server) {
    if (server->lws != NULL) lws_context_destroy(server->lws); /* closes what clients are left */
    for (uint32_t i = 0; i < server->settings.cell_count; i++) fc_feed_close(&server->feeds[i]);
    fc_asks_close(&server->asks);
    if (server->zmq != NULL) (void)zmq_ctx_term(server->zmq);
    if (server->signal_fd >= 0) (void)close(server->signal_fd);
    fc_hub_fini(&server->hub);
    fc_web_release(server->web);
    for (int p = 0; p < FC_PROTOCOL_COUNT; p++) fc_bytes_free(&server->tick[p]);
    fc_settings_free(&server->settings);
    *server = (struct fc_server){0};
}
