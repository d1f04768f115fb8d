/* http -- requests and replies over libwebsockets: routes to the API or to the front end's files, and decides who may
 * upgrade to a websocket. The security headers are the vhost's (server.c), so that they stand on every reply.
 */
#include "boards.h"
#include "job.h"
#include "json.h"
#include "origin.h"
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define CHUNK_BYTES (64 << 10)
#define HEADER_BYTES 2048
#define PROGRESS_S 30 /* a reply of which nothing could be sent for so long is given up */
#define BODY_BYTES_MAX FC_BOARD_BYTES_MAX
#define BODIES_BYTES_MAX (16 << 20) /* of all that come in at once */

/* One transaction. */
struct request {
    struct fc_job job;
    struct request *next, **link; /* of all that are under way */
    const struct fc_endpoint *endpoint;
    struct fc_turn turn;
    struct lws *wsi;
    bool head_only, begun, not_modified;
    struct fc_mono progress; /* when something of the reply went out last */
    size_t sent, held; /* of the body; what of it is counted as memory held */
    size_t body_left;  /* of what the client sends, beyond what has come */
    struct fc_mono since; /* its body is awaited since; ns 0: it is whole */
};

struct http_state {
    struct request *request;
};

size_t fc_http_state_size(void) { return sizeof(struct http_state); }

static struct fc_str body_of(const struct request *r) {
    const struct fc_bytes *b = r->job.reply.file != NULL ? &r->job.reply.file->bytes : &r->job.reply.body;
    return fc_str_n((const char *)b->p, b->n);
}

static void forget(struct http_state *state) {
    struct request *r = state->request;
    if (r == NULL) return;
    state->request = NULL;
    fc_turn_leave(&fc_server_of(r->wsi)->turns, &r->turn);
    *r->link = r->next;
    if (r->next != NULL) r->next->link = r->link;
    fc_job_cancel(&r->job);
    if (r->job.reply.file != NULL) fc_web_release(r->job.reply.file->web);
    r->job.hub->counters.http_reply_bytes -= r->held;
    fc_bytes_free(&r->job.reply.body);
    fc_server_of(r->wsi)->body_bytes -= r->job.given.body.n + r->body_left;
    fc_bytes_free(&r->job.given.body);
    free(r);
}

/* --- the reply --- */

struct header {
    unsigned char bytes[LWS_PRE + HEADER_BYTES], *p;
    bool bad;
};

static unsigned char *header_end(struct header *h) { return h->bytes + sizeof h->bytes - 1; }

static void header_status(struct header *h, struct lws *wsi, unsigned status) {
    h->p = h->bytes + LWS_PRE;
    h->bad = lws_add_http_header_status(wsi, status, &h->p, header_end(h)) != 0;
}

static void header_add(struct header *h, struct lws *wsi, const char *name_colon, const char *value) {
    const unsigned char *name = (const unsigned char *)name_colon, *v = (const unsigned char *)value;
    h->bad = h->bad || lws_add_http_header_by_name(wsi, name, v, (int)strlen(value), &h->p, header_end(h)) != 0;
}

static bool header_send(struct header *h, struct lws *wsi) {
    if (h->bad || lws_finalize_http_header(wsi, &h->p, header_end(h)) != 0) return false;
    size_t n = (size_t)(h->p - h->bytes - LWS_PRE);
    return lws_write(wsi, h->bytes + LWS_PRE, n, LWS_WRITE_HTTP_HEADERS) == (int)n;
}

static bool send_head(struct request *r) {
    const struct fc_reply *reply = &r->job.reply;
    struct header h;
    if (reply->status >= 400) r->job.hub->counters.http_errors_total++;
    header_status(&h, r->wsi, r->not_modified ? 304 : reply->status);
    if (!r->not_modified) {
        header_add(&h, r->wsi, "content-type:", reply->type);
        h.bad = h.bad || lws_add_http_header_content_length(r->wsi, body_of(r).n, &h.p, header_end(&h)) != 0;
    }
    if (reply->file != NULL) header_add(&h, r->wsi, "etag:", reply->file->etag);
    bool keep = reply->file != NULL && reply->file->immutable;
    header_add(&h, r->wsi, "cache-control:", keep ? "public, max-age=31536000, immutable" : reply->file != NULL ? "no-cache" : "no-store");
    if (reply->file == NULL) header_add(&h, r->wsi, "vary:", "accept");
    if (reply->status == 429 || reply->status == 503) header_add(&h, r->wsi, "retry-after:", "5");
    r->begun = true;
    return header_send(&h, r->wsi);
}

static int complete(struct http_state *state, struct lws *wsi) {
    forget(state);
    return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

/* Sends what the socket takes now: the head with the first piece of the body, then a piece each time it can take more.
 * What fits one piece is thus complete at once, which lws 4.3 needs: it hangs up on a client whose next request comes
 * while this one is unfinished. */
static int send_some(struct http_state *state) {
    struct request *r = state->request;
    struct lws *wsi = r->wsi;
    const struct fc_bytes *from = r->job.reply.file != NULL ? &r->job.reply.file->bytes : &r->job.reply.body;
    size_t left = from->n - r->sent, n = left < CHUNK_BYTES ? left : CHUNK_BYTES;
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, 2 * PROGRESS_S); /* fc_http_beat is sooner, and counts */
    r->progress = fc_mono_now();
    if (!r->begun && !send_head(r)) return -1;
    if (r->head_only || r->not_modified || n == 0) return complete(state, wsi);
    if (lws_write(wsi, from->p + r->sent, n, n == left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)n) return -1;
    r->sent += n;
    if (n == left) return complete(state, wsi);
    (void)lws_callback_on_writable(wsi);
    return 0;
}

/* A large reply to a reader that takes its time is memory held; what is sent at once is none. */
static void hold(struct fc_server *server, struct request *r) {
    struct fc_counters *count = &server->hub.counters;
    uint64_t most = (uint64_t)server->settings.limits.reply_mb << 20;
    if (r->held > 0 || r->job.reply.body.n <= CHUNK_BYTES) return;
    if (count->http_reply_bytes + r->job.reply.body.n > most) {
        count->http_refused_memory_total++;
        fc_bytes_free(&r->job.reply.body);
        fc_job_error(&r->job, 503, "replies that are being sent hold %llu bytes, this one would exceed limits.reply_mb: %u",
                     (unsigned long long)count->http_reply_bytes, server->settings.limits.reply_mb);
        return;
    }
    r->held = r->job.reply.body.n;
    count->http_reply_bytes += r->held;
}

static int writable(struct http_state *state) {
    return state->request == NULL || state->request->job.reply.status == 0 ? 0 : send_some(state);
}

/* An answer came later: sent when the socket can take it. */
static void finished(struct fc_job *job) {
    struct request *r = job->ctx;
    hold(fc_server_of(r->wsi), r);
    (void)lws_callback_on_writable(r->wsi);
}

/* Answers at once, without a job. 1 when it is sent; -1: hang up. The connection is to be closed after it. */
static int refuse(struct lws *wsi, unsigned status, const char *wrong) {
    struct header h;
    struct fc_bytes body = {0};
    memset(fc_bytes_room(&body, LWS_PRE), 0, LWS_PRE);
    body.n = LWS_PRE;
    fc_bytes_text(&body, "{\"error\":");
    fc_json_string(&body, fc_str(wrong));
    fc_bytes_text(&body, "}\n");
    size_t n = body.n - LWS_PRE;
    header_status(&h, wsi, status);
    header_add(&h, wsi, "content-type:", FC_TYPE_JSON);
    header_add(&h, wsi, "cache-control:", "no-store");
    header_add(&h, wsi, "connection:", "close");
    if (status == 405) header_add(&h, wsi, "allow:", "GET, HEAD");
    h.bad = h.bad || lws_add_http_header_content_length(wsi, n, &h.p, header_end(&h)) != 0;
    bool sent = header_send(&h, wsi) && lws_write(wsi, body.p + LWS_PRE, n, LWS_WRITE_HTTP_FINAL) == (int)n;
    fc_bytes_free(&body);
    return sent ? 1 : -1;
}

/* --- the request --- */

/* A copy of a request header; empty when it is absent or longer than that. */
static struct fc_str header(struct lws *wsi, enum lws_token_indexes token, char *to, int cap) {
    int n = lws_hdr_copy(wsi, to, cap, token);
    return n > 0 ? fc_str_n(to, (size_t)n) : (struct fc_str){0};
}

static bool read_query(struct fc_job *job, struct lws *wsi, uint32_t allowed) {
    char pair[512];
    struct fc_error err;
    for (int i = 0;; i++) {
        int n = lws_hdr_copy_fragment(wsi, pair, sizeof pair, WSI_TOKEN_HTTP_URI_ARGS, i); /* -1: there is none, or it is too long */
        if (n < 0 && lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i) < (int)sizeof pair) break;
        if (n < 0) {
            fc_job_error(job, 400, "a parameter is longer than %zu bytes", sizeof pair - 1);
            return false;
        }
        if (fc_query_add(&job->query, allowed, fc_str_n(pair, (size_t)n), &err) == FC_OK) continue;
        fc_job_error(job, 400, "%s", err.text);
        return false;
    }
    return true;
}

static void serve_file(struct request *r, const struct fc_web *web, struct fc_str path) {
    const struct fc_web_file *file = fc_web_find(web, path);
    char match[64];
    if (file == NULL && web->count == 0 && fc_str_is(path, "/")) {
        fc_job_error(&r->job, 404, "no front end is installed, expected --web DIR; the API is at /api/v1/kpi");
    } else if (file == NULL) {
        fc_job_error(&r->job, 404, "%.*s: no such page", FC_STR_ARG(path));
    } else {
        fc_web_hold(file->web);
        r->job.reply.file = file;
        r->job.reply.status = 200;
        r->job.reply.type = file->type;
        r->not_modified = fc_str_is(header(r->wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, match, sizeof match), file->etag);
    }
}

/* What an address costs is the time its requests take here; who has used up its share waits, the others do not. */
static void work(struct fc_turn *turn) {
    struct request *r = lws_container_of(turn, struct request, turn);
    struct fc_server *server = fc_server_of(r->wsi);
    struct fc_mono now = fc_mono_now();
    struct fc_address *from = lws_get_opaque_user_data(r->wsi);
    if (!fc_door_may_work(&server->door, from, now)) {
        server->hub.counters.http_refused_work_total++;
        fc_door_complain(&server->door, from, server->busy, now);
        fc_job_error(&r->job, 429, "%s", server->busy);
    } else {
        r->endpoint->run(&r->job);
        hold(server, r);
        fc_door_worked(from, now, fc_mono_now());
    }
    if (r->job.reply.status != 0) (void)lws_callback_on_writable(r->wsi);
}

static enum fc_media media_of(struct fc_str type) {
    char text[100];
    (void)fc_str_copy(text, sizeof text, fc_str_n(type.p, type.n > 0 ? strcspn(type.p, ";, ") : 0));
    if (text[0] == '\0') return FC_MEDIA_NONE;
    if (strcasecmp(text, "application/json") == 0) return FC_MEDIA_JSON;
    bool yaml = strcasecmp(text, "application/yaml") == 0 || strcasecmp(text, "application/x-yaml") == 0 || strcasecmp(text, "text/yaml") == 0;
    return yaml ? FC_MEDIA_YAML : FC_MEDIA_OTHER;
}

static void read_given(struct request *r, struct fc_str path, struct fc_str accept, enum fc_method method) {
    struct fc_given *g = &r->job.given;
    char type[100];
    size_t skip = strlen(r->endpoint->path);
    g->method = method;
    g->accept = media_of(accept);
    g->media = media_of(header(r->wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, type, sizeof type));
    (void)header(r->wsi, WSI_TOKEN_HTTP_IF_MATCH, g->if_match, sizeof g->if_match);
    if (path.n - skip < sizeof g->below) (void)fc_str_copy(g->below, sizeof g->below, fc_str_n(path.p + skip, path.n - skip));
}

static void route(struct fc_server *server, struct request *r, struct fc_str path, enum fc_method method) {
    const struct fc_endpoint *endpoint = fc_endpoint_find(path);
    char accept[256];
    if (fc_str_is(path, "/ws")) {
        fc_job_error(&r->job, 426, "/ws: expected a websocket upgrade");
    } else if (endpoint == NULL) {
        serve_file(r, server->web, path);
    } else if (read_query(&r->job, r->wsi, endpoint->allowed)) {
        struct fc_str a = header(r->wsi, WSI_TOKEN_HTTP_ACCEPT, accept, sizeof accept);
        r->job.csv = a.n > 0 && memmem(a.p, a.n, "text/csv", 8) != NULL;
        r->endpoint = endpoint;
        read_given(r, path, a, method);
        if (r->body_left == 0) fc_server_take_turn(server, &r->turn, work);
    }
}

/* Who asks under a name that is not this server's, or is a page that it did not send. 0: neither; else the status. */
static unsigned check_stranger(struct fc_server *server, struct lws *wsi, char *text, size_t cap) {
    const struct fc_settings *s = &server->settings;
    char origin_text[300], host_text[300];
    struct fc_str host = header(wsi, WSI_TOKEN_HOST, host_text, sizeof host_text);
    struct fc_str origin = header(wsi, WSI_TOKEN_ORIGIN, origin_text, sizeof origin_text);
    unsigned status = 0;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HOST) > 0 && !fc_host_allowed(host, s->names, s->names_count)) {
        (void)snprintf(text, cap, "host: \"%.*s\" is no name of this server, expected an address, localhost, or one given as --name",
                       (int)(host.n < 80 ? host.n : 80), host.n > 0 ? host.p : "");
        server->hub.counters.http_refused_host_total++;
        status = 421;
    } else if (lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) > 0 && !fc_origin_allowed(origin, host)) {
        (void)snprintf(text, cap, "origin: expected a page of this server");
        server->hub.counters.http_refused_origin_total++;
        status = 403;
    }
    if (status != 0) server->hub.counters.http_errors_total++;
    if (status == 421) fc_door_complain(&server->door, lws_get_opaque_user_data(wsi), text, fc_mono_now());
    return status;
}

/* What a request announces to send, and whether that is welcome. 0; else the status, and `text` says why it is not. */
static unsigned check_body(struct fc_server *server, struct lws *wsi, enum fc_method method, size_t *bytes, char *text, size_t cap) {
    char digits[24];
    int64_t n = 0;
    struct fc_str length = header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, digits, sizeof digits);
    bool given = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0, sends = method == FC_METHOD_PUT || method == FC_METHOD_POST;
    if (given ? !fc_str_int(length, &n) || n < 0 : sends) {
        (void)snprintf(text, cap, "content-length: expected the length of the body");
        return 411;
    }
    if (n > (sends ? BODY_BYTES_MAX : 0)) {
        (void)snprintf(text, cap, "body: %lld bytes, expected at most %d", (long long)n, sends ? BODY_BYTES_MAX : 0);
        return 413;
    }
    if (server->body_bytes + (size_t)n > BODIES_BYTES_MAX) {
        (void)snprintf(text, cap, "bodies of other requests hold %zu bytes; try again later", server->body_bytes);
        server->hub.counters.http_refused_memory_total++;
        return 503;
    }
    *bytes = (size_t)n;
    return 0;
}

/* False: no method that anything here takes. */
static bool known_method(int lws, enum fc_method *out) {
    *out = lws == LWSHUMETH_PUT ? FC_METHOD_PUT : lws == LWSHUMETH_POST ? FC_METHOD_POST : lws == LWSHUMETH_DELETE ? FC_METHOD_DELETE : FC_METHOD_GET;
    return *out != FC_METHOD_GET || lws == LWSHUMETH_GET || lws == LWSHUMETH_HEAD;
}

static int begin(struct fc_server *server, struct http_state *state, struct lws *wsi, const char *path, size_t n) {
    char *uri, text[200];
    size_t bytes = 0;
    enum fc_method method;
    int uri_n, token = lws_http_get_uri_and_method(wsi, &uri, &uri_n);
    const struct fc_endpoint *endpoint = fc_endpoint_find(fc_str_n(path, n));
    bool known = known_method(token, &method);
    forget(state);
    server->hub.counters.http_requests_total++;
    unsigned stranger = check_stranger(server, wsi, text, sizeof text);
    if (stranger != 0) {
        (void)refuse(wsi, stranger, text);
        return -1;
    }
    if (!known || (method != FC_METHOD_GET && (endpoint == NULL || !fc_endpoint_below(endpoint)))) { /* answered and closed before its body is looked at */
        bool there = endpoint != NULL || fc_web_find(server->web, fc_str_n(path, n)) != NULL;
        server->hub.counters.http_errors_total++;
        (void)refuse(wsi, there ? 405 : 404, there ? "method: expected GET or HEAD" : "no such page");
        return -1;
    }
    unsigned unwelcome = method == FC_METHOD_GET ? 0 : check_body(server, wsi, method, &bytes, text, sizeof text);
    if (unwelcome != 0) {
        server->hub.counters.http_errors_total++;
        (void)refuse(wsi, unwelcome, text);
        return -1;
    }
    struct request *r = calloc(1, sizeof *r);
    FC_ASSERT(r != NULL);
    state->request = r;
    r->wsi = wsi;
    r->next = server->requests;
    r->link = &server->requests;
    if (r->next != NULL) r->next->link = &r->next;
    server->requests = r;
    r->job = (struct fc_job){.hub = &server->hub, .asks = &server->asks, .boards = &server->boards, .alerts = &server->alerts, .finished = finished, .ctx = r};
    r->head_only = token == LWSHUMETH_HEAD;
    r->body_left = bytes;
    server->body_bytes += bytes;
    if (bytes > 0) r->since = fc_mono_now();
    route(server, r, fc_str_n(path, n), method);
    if (r->job.reply.status != 0 && bytes > 0) return send_some(state), -1; /* its body is not looked at */
    return r->job.reply.status != 0 ? send_some(state) : 0;
}

/* lws gives no more than was announced. */
static int take_body(struct http_state *state, const void *bytes, size_t n) {
    struct request *r = state->request;
    if (r == NULL || n > r->body_left) return -1;
    fc_bytes_add(&r->job.given.body, bytes, n);
    r->body_left -= n;
    return 0;
}

static int body_is_whole(struct fc_server *server, struct http_state *state) {
    struct request *r = state->request;
    if (r == NULL || r->body_left > 0) return -1;
    r->since.ns = 0;
    fc_server_take_turn(server, &r->turn, work);
    return 0;
}

/* libwebsockets leaves the next request unread until this one is answered, and polls without a pause meanwhile.
 * A body that comes in drops is given up after the time a whole request has: lws looks only whether there are drops. */
void fc_http_beat(struct fc_server *server) {
    struct fc_mono now = fc_mono_now();
    for (struct request *r = server->requests; r != NULL; r = r->next) {
        int waiting = 0;
        if (r->begun && fc_mono_ms_since(r->progress, now) >= PROGRESS_S * 1000) {
            r->progress = now; /* once */
            server->hub.counters.http_untaken_total++;
            lws_set_timeout(r->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
            continue;
        }
        if (r->since.ns != 0) {
            bool late = fc_mono_ms_since(r->since, now) > (int64_t)server->settings.limits.handshake_s * 1000;
            if (late) lws_set_timeout(r->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
            continue;
        }
        if (ioctl(lws_get_socket_fd(r->wsi), FIONREAD, &waiting) != 0 || waiting == 0) continue;
        server->hub.counters.http_impatient_total++;
        lws_set_timeout(r->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
    }
}

/* --- upgrades --- */

static bool offers_ours(struct fc_str offered) {
    while (offered.n > 0) {
        const char *comma = memchr(offered.p, ',', offered.n);
        struct fc_str one = comma == NULL ? offered : fc_str_n(offered.p, (size_t)(comma - offered.p));
        offered = comma == NULL ? (struct fc_str){0} : fc_str_n(comma + 1, offered.n - one.n - 1);
        while (one.n > 0 && one.p[0] == ' ') one.p++, one.n--;
        while (one.n > 0 && one.p[one.n - 1] == ' ') one.n--;
        if (fc_str_is(one, "floorcast.msgpack") || fc_str_is(one, "floorcast.json")) return true;
    }
    return false;
}

static int confirm_upgrade(struct fc_server *server, struct lws *wsi, const char *to) {
    struct fc_counters *count = &server->hub.counters;
    char text[200], offered[128], *uri = NULL;
    int uri_n = 0, method = lws_http_get_uri_and_method(wsi, &uri, &uri_n);
    struct fc_str path = method == LWSHUMETH_GET ? fc_str_n(uri, (size_t)uri_n) : (struct fc_str){0};
    if (strcasecmp(to, "websocket") != 0) return refuse(wsi, 400, "upgrade: expected websocket");
    if (!fc_str_is(path, "/ws")) return refuse(wsi, 404, "upgrade: expected GET /ws");
    unsigned stranger = check_stranger(server, wsi, text, sizeof text);
    if (stranger != 0) return refuse(wsi, stranger, text);
    if (!offers_ours(header(wsi, WSI_TOKEN_PROTOCOL, offered, sizeof offered))) {
        count->clients_refused_protocol_total++;
        return refuse(wsi, 400, "sec-websocket-protocol: expected floorcast.msgpack or floorcast.json");
    }
    if (count->clients >= server->settings.clients_max || server->stopping) {
        count->clients_refused_full_total++;
        (void)snprintf(text, sizeof text, "%llu clients are connected, as many as max_clients allows; try again later", (unsigned long long)count->clients);
        return refuse(wsi, 503, text);
    }
    return 0;
}

static void count_wsi(struct fc_server *server, struct lws *wsi, int change) {
    struct fc_address *from = lws_get_opaque_user_data(wsi); /* not known yet when it is created */
    if (change < 0 && from != NULL) from->connections--;
    server->wsi_count += (uint64_t)(int64_t)change;
    server->hub.counters.connections = server->wsi_count > server->wsi_own ? server->wsi_count - server->wsi_own : 0;
}

/* What was not read of an unfinished reply is not to stay in the kernel. */
static void give_up(struct http_state *state) {
    static const struct linger at_once = {.l_onoff = 1};
    if (state->request != NULL && state->request->begun)
        (void)setsockopt(lws_get_socket_fd(state->request->wsi), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    forget(state);
}

int fc_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    struct fc_server *server = fc_server_of(wsi);
    switch (reason) {
    case LWS_CALLBACK_WSI_CREATE: count_wsi(server, wsi, 1); return 0;
    case LWS_CALLBACK_WSI_DESTROY: count_wsi(server, wsi, -1); return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return confirm_upgrade(server, wsi, in);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return -1; /* no websocket speaks this protocol */
    case LWS_CALLBACK_HTTP: return begin(server, user, wsi, in, len);
    case LWS_CALLBACK_HTTP_BODY: return take_body(user, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return body_is_whole(server, user);
    case LWS_CALLBACK_HTTP_WRITEABLE: return writable(user);
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED_HTTP:
        if (user != NULL) give_up(user);
        return 0;
    default: return lws_callback_http_dummy(wsi, reason, user, in, len); /* without it keep-alive replies get mixed up */
    }
}
