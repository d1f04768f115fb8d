#include "client.h"

#include "json.h"
#include "log.h"
#include "subscribe.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

_Static_assert(FC_FRAME_HEAD >= LWS_PRE, "a frame's headroom must hold what libwebsockets writes before it");

size_t fc_client_state_size(void) { return sizeof(struct fc_client); }

/* --- messages other than state: a few keys, in both forms --- */

struct note {
    struct fc_bytes *out;
    enum fc_protocol protocol;
    uint32_t n;
};

static void note_begin(struct note *note, struct fc_bytes *out, enum fc_protocol protocol, uint32_t pairs) {
    *note = (struct note){.out = out, .protocol = protocol};
    fc_bytes_clear(out);
    memset(fc_bytes_room(out, FC_FRAME_HEAD), 0, FC_FRAME_HEAD);
    out->n = FC_FRAME_HEAD;
    fc_bytes_char(out, protocol == FC_PROTOCOL_JSON ? '{' : (char)(0x80 | pairs));
}

static void note_key(struct note *note, const char *key) {
    if (note->protocol == FC_PROTOCOL_JSON) {
        fc_bytes_printf(note->out, "%s\"%s\":", note->n++ > 0 ? "," : "", key);
        return;
    }
    fc_bytes_char(note->out, (char)(0xa0 | strlen(key)));
    fc_bytes_text(note->out, key);
}

static void note_text(struct note *note, const char *key, const char *value) {
    struct fc_mpw w;
    note_key(note, key);
    if (note->protocol == FC_PROTOCOL_JSON) {
        fc_json_string(note->out, fc_str(value));
        return;
    }
    fc_mpw_init(&w, fc_bytes_room(note->out, strlen(value) + 5), strlen(value) + 5);
    fc_mpw_str(&w, fc_str(value));
    note->out->n += w.len;
}

static void note_int(struct note *note, const char *key, int64_t value) {
    struct fc_mpw w;
    note_key(note, key);
    if (note->protocol == FC_PROTOCOL_JSON) {
        fc_bytes_printf(note->out, "%lld", (long long)value);
        return;
    }
    fc_mpw_init(&w, fc_bytes_room(note->out, 9), 9);
    fc_mpw_int(&w, value);
    note->out->n += w.len;
}

static void note_end(struct note *note) {
    if (note->protocol == FC_PROTOCOL_JSON) fc_bytes_char(note->out, '}');
}

/* at_us is 0 until the aggregator has been heard. */
static int64_t data_at_us(const struct fc_server *server) {
    int64_t at_us;
    return fc_hub_at_us(&server->hub, &at_us) ? at_us : 0;
}

static void write_hello(struct fc_server *server, enum fc_protocol protocol, struct fc_bytes *out) {
    struct note note;
    char build[20];
    (void)lws_snprintf(build, sizeof build, "%016llx", (unsigned long long)server->web->hash);
    note_begin(&note, out, protocol, 5);
    note_text(&note, "type", "hello");
    note_text(&note, "version", FC_VERSION);
    note_text(&note, "build", build);
    note_int(&note, "at_us", data_at_us(server));
    note_int(&note, "now_us", fc_wall_now().us);
    note_end(&note);
}

static void write_error(const char *wrong, enum fc_protocol protocol, struct fc_bytes *out) {
    struct note note;
    note_begin(&note, out, protocol, 2);
    note_text(&note, "type", "error");
    note_text(&note, "error", wrong);
    note_end(&note);
}

static void write_ticks(struct fc_server *server, struct fc_mono now) {
    struct fc_hub_stall stall;
    bool stalled = fc_hub_stall(&server->hub, &stall), full = stalled && fc_str_is(stall.kind, "full");
    for (enum fc_protocol p = 0; p < FC_PROTOCOL_COUNT; p++) {
        struct note note;
        const char *why = fc_trouble_word(fc_hub_trouble(&server->hub, now));
        note_begin(&note, &server->tick[p], p, (why == NULL ? 5u : 6u) + (stalled ? 2u : 0u));
        note_text(&note, "type", "tick");
        note_int(&note, "at_us", data_at_us(server));
        note_int(&note, "now_us", fc_wall_now().us);
        note_text(&note, "feed", why == NULL ? "up" : "down");
        if (why != NULL) note_text(&note, "why", why);
        if (stalled) note_text(&note, "stall", full ? "full" : "checkpoint");
        if (stalled) note_int(&note, "stall_us", stall.since_us);
        note_int(&note, "age_ms", fc_hub_age_ms(&server->hub, now));
        note_end(&note);
    }
}

/* --- sending: one frame for each time the socket takes one --- */

static void want(struct fc_client *client) {
    if (client->asked.ns == 0) client->asked = fc_mono_now();
    (void)lws_callback_on_writable(client->wsi);
}

void fc_clients_wake(struct fc_seat *seat) { want(lws_container_of(seat, struct fc_client, seat)); }

static int put(struct fc_client *client, const struct fc_bytes *frame) {
    size_t n = frame->n - FC_FRAME_HEAD;
    enum lws_write_protocol kind = client->seat.protocol == FC_PROTOCOL_JSON ? LWS_WRITE_TEXT : LWS_WRITE_BINARY;
    return lws_write(client->wsi, frame->p + FC_FRAME_HEAD, n, kind) < (int)n ? -1 : 0;
}

static int put_note(struct fc_server *server, struct fc_client *client) {
    struct fc_bytes out = {0};
    if (client->hello) write_hello(server, client->seat.protocol, &out);
    else write_error(client->wrong, client->seat.protocol, &out);
    if (client->hello) client->hello = false;
    else client->wrong = NULL;
    int rc = put(client, &out);
    fc_bytes_free(&out);
    return rc;
}

static int put_next(struct fc_server *server, struct fc_client *client) {
    const struct fc_frame *frame = fc_views_frame(&server->hub.views, &client->seat);
    if (frame == NULL) return 0;
    server->hub.counters.frames_sent_total++;
    server->hub.counters.frame_bytes_sent_total += frame->bytes.n - FC_FRAME_HEAD;
    return put(client, &frame->bytes);
}

/* A frame for this client alone is paid for by its address. */
static int put_state(struct fc_server *server, struct fc_client *client) {
    if (fc_views_shared(&client->seat)) return put_next(server, client);
    struct fc_mono since = fc_mono_now();
    int rc = put_next(server, client);
    fc_door_worked(lws_get_opaque_user_data(client->wsi), since, fc_mono_now());
    return rc;
}

/* Who has used up its share gets shared frames only; what it is owed waits, conflated, for the next flush or tick. */
static bool has_state(struct fc_server *server, struct fc_client *client) {
    if (!fc_views_pending(&client->seat)) return false;
    if (fc_views_shared(&client->seat) || fc_door_may_work(&server->door, lws_get_opaque_user_data(client->wsi), fc_mono_now())) return true;
    server->hub.counters.frames_postponed_total++;
    return false;
}

static int writable(struct fc_server *server, struct fc_client *client) {
    int rc = 0;
    client->asked.ns = 0;
    if (server->stopping) {
        lws_close_reason(client->wsi, LWS_CLOSE_STATUS_GOINGAWAY, NULL, 0);
        return -1;
    }
    if (client->hello || client->wrong != NULL) {
        rc = put_note(server, client);
    } else if (has_state(server, client)) {
        rc = put_state(server, client);
    } else if (client->tick) {
        client->tick = false;
        rc = put(client, &server->tick[client->seat.protocol]);
    }
    bool more = client->hello || client->wrong != NULL || client->tick;
    if (rc == 0 && (more || has_state(server, client))) want(client);
    return rc;
}

/* --- receiving --- */

static const char *try_subscribe(struct fc_server *server, struct fc_client *client) {
    struct fc_topic_set set;
    const char *wrong = fc_subscribe_parse(client->seat.protocol, client->said.p, client->said.n, &set);
    if (wrong == NULL && fc_views_join(&server->hub.views, &client->seat, &set) != FC_OK) wrong = server->full;
    fc_bytes_free(&set.text);
    return wrong;
}

static void subscribe(struct fc_turn *turn) {
    struct fc_client *client = lws_container_of(turn, struct fc_client, turn);
    struct fc_server *server = fc_server_of(client->wsi);
    struct fc_mono now = fc_mono_now();
    struct fc_address *from = lws_get_opaque_user_data(client->wsi);
    const char *wrong = server->busy;
    if (fc_door_may_work(&server->door, from, now)) {
        wrong = try_subscribe(server, client);
        fc_door_worked(from, now, fc_mono_now());
    } else {
        server->hub.counters.http_refused_work_total++;
        fc_door_complain(&server->door, from, server->busy, now);
    }
    fc_bytes_free(&client->said); /* clients rarely speak: nothing is kept for the next time */
    server->hub.counters.client_messages_total++;
    if (wrong == NULL) return;
    server->hub.counters.client_messages_bad_total++;
    client->wrong = wrong;
    want(client);
}

static int hang_up(struct fc_client *client, enum lws_close_status code, const char *why) {
    char text[124]; /* what fits a close frame */
    size_t n = (size_t)lws_snprintf(text, sizeof text, "%s", why);
    lws_close_reason(client->wsi, code, (unsigned char *)text, n);
    return -1;
}

static bool may_speak(struct fc_server *server, struct fc_client *client) {
    struct fc_mono now = fc_mono_now();
    double per_s = server->settings.limits.client_messages_per_s;
    bool may = fc_budget_has(&client->messages, per_s, 10 * per_s, now);
    fc_budget_spend(&client->messages, 1);
    if (may) return true;
    server->hub.counters.clients_flooding_total++;
    fc_door_complain(&server->door, lws_get_opaque_user_data(client->wsi), "a client sends more than limits.client_messages_per_s, closed", now);
    return false;
}

/* A frame tells its length before it comes, a message only by its last frame. */
static int receive(struct fc_server *server, struct fc_client *client, const void *bytes, size_t n) {
    if (lws_is_first_fragment(client->wsi)) fc_bytes_clear(&client->message);
    size_t so_far = client->message.n + n;
    if (so_far > FC_SUBSCRIBE_BYTES_MAX || lws_remaining_packet_payload(client->wsi) > FC_SUBSCRIBE_BYTES_MAX - so_far) {
        server->hub.counters.client_messages_total++;
        server->hub.counters.client_messages_bad_total++;
        return hang_up(client, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "message: expected at most 16384 bytes");
    }
    fc_bytes_add(&client->message, bytes, n);
    if (!lws_is_final_fragment(client->wsi)) return 0;
    if (!may_speak(server, client)) return hang_up(client, LWS_CLOSE_STATUS_POLICY_VIOLATION, "more messages than limits.client_messages_per_s");
    fc_bytes_free(&client->said); /* each replaces the one before, also one whose turn has not come yet */
    client->said = client->message;
    client->message = (struct fc_bytes){0};
    fc_server_take_turn(server, &client->turn, subscribe);
    return 0;
}

/* --- coming and going --- */

static void welcome(struct fc_server *server, struct fc_client *client, struct lws *wsi) {
    *client = (struct fc_client){.wsi = wsi, .hello = true, .bucket = (uint8_t)(server->next_bucket++ % 10)};
    client->seat.protocol = (enum fc_protocol)lws_get_protocol(wsi)->id;
    client->next = server->clients;
    client->link = &server->clients;
    if (client->next != NULL) client->next->link = &client->next;
    server->clients = client;
    server->hub.counters.clients++;
    server->hub.counters.clients_accepted_total++;
    want(client);
}

static void farewell(struct fc_server *server, struct fc_client *client) {
    if (client->link == NULL) return; /* never welcomed */
    fc_views_leave(&server->hub.views, &client->seat);
    fc_turn_leave(&server->turns, &client->turn);
    fc_bytes_free(&client->message);
    fc_bytes_free(&client->said);
    *client->link = client->next;
    if (client->next != NULL) client->next->link = client->link;
    client->link = NULL;
    server->hub.counters.clients--;
}

int fc_client_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    struct fc_server *server = fc_server_of(wsi);
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED: welcome(server, user, wsi); return 0;
    case LWS_CALLBACK_RECEIVE: return receive(server, user, in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE: return writable(server, user);
    case LWS_CALLBACK_CLOSED: farewell(server, user); return 0;
    default: return 0;
    }
}

/* The kernel counts all that comes, also what lws answers or throws away without a word, such as pings. */
static bool floods(const struct fc_server *server, struct fc_client *client) {
    struct tcp_info info = {0};
    socklen_t n = sizeof info;
    if (getsockopt(lws_get_socket_fd(client->wsi), IPPROTO_TCP, TCP_INFO, &info, &n) != 0) return false;
    uint64_t before = client->received;
    client->received = info.tcpi_bytes_received;
    return client->received > before + server->settings.limits.client_bytes_per_s;
}

/* Ended on the next turn of the loop, by a reset: else the kernel keeps what was never read, and tries for minutes. */
static void end(struct fc_client *client) {
    static const struct linger at_once = {.l_onoff = 1};
    (void)setsockopt(lws_get_socket_fd(client->wsi), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    lws_set_timeout(client->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
}

/* Once a second for each client. */
static void look_after(struct fc_server *server, struct fc_client *client, struct fc_mono now) {
    client->tick = true;
    want(client);
    if (!floods(server, client)) return;
    server->hub.counters.clients_flooding_total++;
    fc_door_complain(&server->door, lws_get_opaque_user_data(client->wsi), "a client sends more than limits.client_bytes_per_s, closed", now);
    end(client);
}

void fc_clients_beat(struct fc_server *server, struct fc_mono now) {
    int64_t choked_ms = server->settings.limits.choked_s * INT64_C(1000);
    server->tenth = (server->tenth + 1) % 10;
    write_ticks(server, now);
    for (struct fc_client *c = server->clients; c != NULL; c = c->next) {
        if (c->bucket == server->tenth) look_after(server, c, now);
        if (c->asked.ns == 0 || fc_mono_ms_since(c->asked, now) < choked_ms) continue;
        /* It has taken nothing for long: a frame of it is stuck in the kernel or in lws. Closing frees that memory, and a
         * display that comes back gets everything anew. */
        c->asked = now;
        server->hub.counters.clients_choked_total++;
        end(c);
    }
}

void fc_clients_goodbye(struct fc_server *server) {
    for (struct fc_client *c = server->clients; c != NULL; c = c->next) want(c);
}
