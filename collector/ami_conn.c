/* ami://user@host:port -- a live connection to Asterisk's manager interface.
 *
 *   IDLE --retry time--> DIALING --connected--> GREETING --"Asterisk Call Manager/"--> LOGIN --Success--> LIVE
 *    ^------------------------- anything that goes wrong: one line in the log, back-off -----------------'
 *
 * Nothing here blocks: not the look-up, not connect, not send. When the sink is full the socket is not read; Asterisk
 * then waits, and after its writetimeout cuts the connection: that is a gap like any other, and is told as one.
 */
#include "ami_dial.h"
#include "ami_map.h"
#include "ami_record.h"
#include "ami_track.h"
#include "ami_uri.h"
#include "log.h"
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKOFF_MS_MIN 1000
#define BACKOFF_MS_MAX 30000
#define ANSWER_MS 10000  /* connect, greeting and login may each take that long */
#define SILENCE_MS 15000 /* then a Ping is sent; as long again without a byte and the connection is dead */
#define LOOKUP_MS 50
#define FULL_MS 20
#define TICK_MS 1000
#define READS_A_ROUND 8
#define GREETING "Asterisk Call Manager/"
#define EVENT_CLASSES "system,call,agent,dialplan" /* what the tracker needs; fewer are fewer reasons told */

enum step { IDLE, DIALING, GREETING_DUE, LOGIN, LIVE };

struct ami {
    struct fc_source_base base;
    struct fc_source_args args;
    struct fc_ami_uri uri;
    enum step step;
    struct fc_ami_dial dial;
    int fd;
    struct fc_mono retry, deadline, heard, ticked, marked, beaten, now;
    struct fc_wall wall;
    int64_t steady_us; /* the tracker's time: the wall's, but never back */
    int64_t backoff_ms;
    bool pinged;
    struct fc_ami_out out;
    struct fc_ami_track *track;
    struct fc_ami_record record;
    char sending[1024]; /* not yet taken by the socket */
    size_t sending_n;
    uint64_t dials, dials_failed, logins, logins_refused, not_asterisk, actions_refused, pings, bytes_cut;
    char src[FC_ID_MAX + 1], mark[FC_ID_MAX + 8];
    struct fc_ami_msg msg;
    struct fc_ami_parse parse;
};

static struct ami *self(struct fc_source *s) { return (struct ami *)(void *)s; }

static struct fc_mono after_ms(struct fc_mono now, int64_t ms) { return (struct fc_mono){now.ns + ms * 1000000}; }
static bool passed(struct fc_mono when, struct fc_mono now) { return now.ns >= when.ns; }

/* ---- opening --------------------------------------------------------------------------------------------------- */

static enum fc_status check_secret(const struct fc_source_args *args, struct fc_error *err) {
    if (args->secret == NULL || args->secret[0] == '\0')
        return fc_fail(err, FC_CONFIG, "source %s: no secret is configured; expected the one of this user in Asterisk's manager.conf", args->uri);
    if (strlen(args->secret) > 256 || strpbrk(args->secret, "\r\n") != NULL)
        return fc_fail(err, FC_CONFIG, "source %s: the secret is longer than 256 bytes or has a line break in it", args->uri);
    return FC_OK;
}

static enum fc_status ami_open(const struct fc_source_args *args, struct fc_source **out, struct fc_error *err) {
    struct fc_ami_uri uri;
    struct fc_ami_record record;
    enum fc_status st = fc_ami_uri_read(&uri, args->rest == NULL ? "" : args->rest, err);
    if (st == FC_OK) st = check_secret(args, err);
    if (st == FC_OK) st = fc_ami_record_open(&record, args->record_dir, err);
    if (st != FC_OK) return st;
    struct ami *a = fc_ami_alloc(sizeof *a);
    a->base.ops = &fc_source_ami;
    a->args = *args;
    a->uri = uri;
    a->record = record;
    a->fd = -1;
    a->backoff_ms = BACKOFF_MS_MIN;
    (void)snprintf(a->src, sizeof a->src, "ami:%s@%.*s:%s", uri.user, 50, uri.host, uri.port);
    (void)snprintf(a->mark, sizeof a->mark, "%s seen", a->src);
    fc_ami_dial_init(&a->dial);
    fc_ami_parse_init(&a->parse);
    fc_ami_out_init(&a->out, args->sink, fc_str(a->src));
    a->track = fc_ami_track_create(&a->out);
    *out = (struct fc_source *)(void *)a;
    return FC_OK;
}

/* ---- losing it ------------------------------------------------------------------------------------------------- */

/* A fifth more or less, so that many collectors do not come back in the same moment. */
static int64_t jittered(int64_t ms) {
    uint16_t r = 0;
    if (getrandom(&r, sizeof r, GRND_NONBLOCK) != (ssize_t)sizeof r) r = 0x8000;
    return ms * (80 + r * 40 / 0xffff) / 100;
}

static void drop_socket(struct ami *a, const char *why) {
    fc_ami_dial_stop(&a->dial);
    if (a->fd >= 0) {
        (void)close(a->fd);
        fc_ami_record_disconnected(&a->record, why, a->wall);
    }
    a->fd = -1;
    a->bytes_cut += fc_ami_parse_restart(&a->parse);
    explicit_bzero(a->sending, sizeof a->sending);
    a->sending_n = 0;
}

static void retry_in(struct ami *a, int64_t ms) {
    a->step = IDLE;
    a->retry = after_ms(a->now, ms);
}

/* The connection, or the try at one, is over; `why` is for people. */
static void lose(struct ami *a, const char *why) {
    bool live = a->step == LIVE;
    drop_socket(a, "closed by asterisk");
    fc_ami_track_disconnected(a->track, a->steady_us, "connection lost");
    if (live) a->backoff_ms = BACKOFF_MS_MIN;
    int64_t ms = jittered(a->backoff_ms);
    fc_warn("ami %s@%s:%s: %s, next try in %lld.%lld s", a->uri.user, a->uri.host, a->uri.port, why, (long long)(ms / 1000), (long long)(ms / 100 % 10));
    a->backoff_ms = a->backoff_ms * 2 < BACKOFF_MS_MAX ? a->backoff_ms * 2 : BACKOFF_MS_MAX;
    retry_in(a, ms);
}

/* Trying again at once will not help: seldom, or not at all with --once. */
static enum fc_status refuse(struct ami *a, struct fc_error *err, const char *what) {
    drop_socket(a, "closed by asterisk");
    retry_in(a, jittered(BACKOFF_MS_MAX));
    enum fc_status st = fc_fail(err, FC_IO, "ami %s@%s:%s: %s", a->uri.user, a->uri.host, a->uri.port, what);
    if (a->args.once) return st;
    fc_err("%s, next try in about 30 s", err->text);
    return FC_OK;
}

/* ---- sending --------------------------------------------------------------------------------------------------- */

static void flush_sending(struct ami *a) {
    if (a->fd < 0 || a->sending_n == 0) return;
    ssize_t n = send(a->fd, a->sending, a->sending_n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n <= 0) return; /* not now; an error shows when reading */
    memmove(a->sending, a->sending + n, a->sending_n - (size_t)n);
    a->sending_n -= (size_t)n;
    explicit_bzero(a->sending + a->sending_n, (size_t)n);
}

/* `more`: further lines, each with its CR LF. What does not fit is a peer that takes nothing: it will be found dead. */
static void send_action(struct ami *a, const char *action, const char *more) {
    int n = snprintf(a->sending + a->sending_n, sizeof a->sending - a->sending_n, "Action: %s\r\nActionID: floorcast-%s\r\n%s\r\n", action, action, more);
    if (n < 0 || (size_t)n >= sizeof a->sending - a->sending_n) return;
    a->sending_n += (size_t)n;
    fc_ami_record_sent(&a->record, action, a->wall);
    flush_sending(a);
}

static void send_login(struct ami *a) {
    char lines[512];
    (void)snprintf(lines, sizeof lines, "Username: %s\r\nSecret: %s\r\nEvents: " EVENT_CLASSES "\r\n", a->uri.user, a->args.secret);
    send_action(a, "Login", lines);
    explicit_bzero(lines, sizeof lines);
}

/* ---- messages -------------------------------------------------------------------------------------------------- */

static enum fc_status on_greeting(struct ami *a, struct fc_error *err) {
    if (!fc_str_starts(a->msg.fields[0].value, GREETING)) {
        a->not_asterisk++;
        return refuse(a, err, "expected the greeting \"" GREETING "..\", got something else: the peer is no Asterisk manager interface");
    }
    a->step = LOGIN;
    a->deadline = after_ms(a->now, ANSWER_MS);
    send_login(a);
    return FC_OK;
}

/* This program was down, or another source had this name, since it last heard something. */
static void tell_downtime(struct ami *a) {
    int64_t us;
    size_t n;
    if (a->logins > 1 || !fc_sink_marked(a->args.sink, fc_str(a->mark), &us, sizeof us, &n) || n != sizeof us || us <= 0) return;
    fc_ami_track_gap(a->track, us, "the collector was not running");
}

static enum fc_status on_login(struct ami *a, struct fc_error *err) {
    if (!fc_str_is(fc_ami_get(&a->msg, "Response"), "Success")) {
        char what[200];
        struct fc_str said = fc_ami_get(&a->msg, "Message");
        a->logins_refused++;
        (void)snprintf(what, sizeof what, "login refused by Asterisk: %.*s (check the user and its secret in manager.conf)", said.n < 80 ? (int)said.n : 80, said.n > 0 ? said.p : "");
        return refuse(a, err, what);
    }
    a->logins++;
    a->step = LIVE;
    a->backoff_ms = BACKOFF_MS_MIN;
    fc_info("ami %s@%s:%s: logged in", a->uri.user, a->uri.host, a->uri.port);
    tell_downtime(a);
    fc_ami_track_connected(a->track, a->steady_us);
    send_action(a, "CoreStatus", "");
    send_action(a, "QueueStatus", "");
    send_action(a, "CoreShowChannels", "");
    return FC_OK;
}

/* Our list was refused: without it the picture is not whole, and the user can change that. */
static void check_refusal(struct ami *a) {
    struct fc_str id = fc_ami_get(&a->msg, "ActionID"), said = fc_ami_get(&a->msg, "Message");
    if (!fc_str_is(fc_ami_get(&a->msg, "Response"), "Error") || !fc_str_starts(id, "floorcast-")) return;
    a->actions_refused++;
    fc_warn("ami %s@%s:%s: %.*s refused by Asterisk: %.*s (the user needs write = reporting in manager.conf)", a->uri.user, a->uri.host, a->uri.port,
            id.n < 60 ? (int)id.n - 10 : 50, id.p + 10, said.n < 80 ? (int)said.n : 80, said.n > 0 ? said.p : "");
}

static enum fc_status on_message(struct ami *a, struct fc_error *err) {
    if (a->msg.greeting) return on_greeting(a, err);
    bool response = a->msg.n > 0 && fc_str_is(a->msg.fields[0].key, "Response");
    if (a->step == LOGIN) return response ? on_login(a, err) : FC_OK; /* nothing else has been asked yet */
    if (response) check_refusal(a);
    fc_ami_track_message(a->track, &a->msg, a->steady_us);
    return FC_OK;
}

/* Every whole message at hand. FC_AGAIN: no more of them, or no room for what they make. */
static enum fc_status handle_messages(struct ami *a, struct fc_error *err) {
    while (a->fd >= 0) {
        if (fc_ami_out_flush(&a->out) != FC_OK || !fc_sink_room(a->args.sink)) return FC_AGAIN;
        enum fc_status st = fc_ami_parse_next(&a->parse, &a->msg, err);
        if (st == FC_INVALID) {
            a->not_asterisk++;
            return refuse(a, err, "expected the greeting \"" GREETING "..\", got something else: the peer is no Asterisk manager interface");
        }
        if (st == FC_OK) st = on_message(a, err);
        if (st != FC_OK) return st;
    }
    return FC_AGAIN;
}

/* True when bytes came. */
static bool read_socket(struct ami *a) {
    size_t cap;
    char *buf = fc_ami_parse_space(&a->parse, &cap);
    if (cap == 0) return false; /* whole messages wait for room in the sink */
    ssize_t n = recv(a->fd, buf, cap, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (n <= 0) {
        lose(a, n == 0 ? "closed by the other side" : strerror(errno));
        return false;
    }
    fc_ami_record_received(&a->record, buf, (size_t)n, a->wall);
    fc_ami_parse_added(&a->parse, (size_t)n);
    a->heard = a->now;
    a->pinged = false;
    return true;
}

/* ---- the source ------------------------------------------------------------------------------------------------ */

static int ami_wait(struct fc_source *s, zmq_pollitem_t *items, int cap) {
    struct ami *a = self(s);
    FC_ASSERT(cap >= 1);
    if (a->dial.fd >= 0) {
        items[0] = (zmq_pollitem_t){.fd = a->dial.fd, .events = ZMQ_POLLOUT};
        return 1;
    }
    if (a->fd < 0) return 0;
    bool room = a->out.kept == 0 && fc_sink_room(a->args.sink);
    short events = (short)((room ? ZMQ_POLLIN : 0) | (a->sending_n > 0 ? ZMQ_POLLOUT : 0));
    items[0] = (zmq_pollitem_t){.fd = a->fd, .events = events};
    return events != 0 ? 1 : 0;
}

static int64_t ms_until(struct fc_mono when, struct fc_mono now) {
    return when.ns <= now.ns ? 0 : (when.ns - now.ns) / 1000000 + 1;
}

static int64_t ami_due_ms(struct fc_source *s, struct fc_mono now) {
    struct ami *a = self(s);
    if (a->out.kept > 0 || !fc_sink_room(a->args.sink)) return FULL_MS;
    switch (a->step) {
    case IDLE: return ms_until(a->retry, now);
    case DIALING: return a->dial.fd < 0 ? LOOKUP_MS : ms_until(a->deadline, now);
    case GREETING_DUE:
    case LOGIN: return ms_until(a->deadline, now);
    case LIVE: return ms_until(after_ms(a->ticked, TICK_MS), now);
    }
    return TICK_MS;
}

static void dial(struct ami *a) {
    struct fc_error err = {{0}};
    if (a->step == IDLE) {
        a->dials++;
        a->step = DIALING;
        a->deadline = after_ms(a->now, ANSWER_MS);
        fc_ami_dial_start(&a->dial, a->uri.host, a->uri.port);
    }
    enum fc_status st = fc_ami_dial_step(&a->dial, &a->fd, &err);
    if (st == FC_AGAIN) return;
    if (st != FC_OK) {
        a->dials_failed++;
        lose(a, err.text);
        return;
    }
    a->step = GREETING_DUE;
    a->deadline = after_ms(a->now, ANSWER_MS);
    a->heard = a->now;
    (void)fc_ami_parse_restart(&a->parse);
    fc_ami_record_connected(&a->record, a->wall);
}

static void watch_time(struct ami *a) {
    static const char *const late[] = {[DIALING] = "no answer to the connection within 10 s", [GREETING_DUE] = "no greeting within 10 s", [LOGIN] = "no answer to the login within 10 s"};
    if (a->step == IDLE) return;
    if (a->step != LIVE) {
        if (passed(a->deadline, a->now)) lose(a, late[a->step]);
        return;
    }
    int64_t silent_ms = fc_mono_ms_since(a->heard, a->now);
    if (silent_ms >= 2 * SILENCE_MS) {
        lose(a, "nothing heard for 30 s, not even the answer to a ping");
        return;
    }
    if (silent_ms >= SILENCE_MS && !a->pinged) {
        a->pinged = true;
        a->pings++;
        send_action(a, "Ping", "");
    }
    if (!passed(after_ms(a->ticked, TICK_MS), a->now)) return;
    a->ticked = a->now;
    fc_ami_track_tick(a->track, a->steady_us);
}

/* Once a second at most: when something was last heard, for the gap that is told after a restart. */
static void set_mark(struct ami *a) {
    if (a->step != LIVE || !passed(after_ms(a->marked, 1000), a->now)) return;
    a->marked = a->now;
    fc_sink_mark(a->args.sink, fc_str(a->mark), &a->wall.us, sizeof a->wall.us);
}

/* While it is connected the tracker says so; that it is not must be said as often, or it would seem to be silent. The collector
 * calls every source when its own heartbeat is due, so this needs no timer. */
static void say_down(struct ami *a) {
    if (a->step == LIVE || a->beaten.ns == 0) a->beaten = a->now;
    if (a->step == LIVE || !passed(after_ms(a->beaten, FC_AMI_HEARTBEAT_US / 1000), a->now)) return;
    struct fc_event ev = fc_event_make(FC_HEARTBEAT, a->steady_us);
    fc_event_set_source(&ev, FC_SOURCE_DOWN);
    fc_ami_out_put(&a->out, &ev);
    a->beaten = a->now;
}

/* A wall clock that is set back must not stop what the tracker waits for; what it tells has the wall's time all the same. */
static void set_time(struct ami *a, struct fc_wall wall, struct fc_mono now) {
    int64_t went_on_us = a->steady_us == 0 ? 0 : a->steady_us + (now.ns - a->now.ns) / 1000;
    a->steady_us = wall.us > went_on_us ? wall.us : went_on_us;
    a->out.shift_us = wall.us - a->steady_us;
    a->now = now;
    a->wall = wall;
}

static enum fc_status ami_work(struct fc_source *s, const zmq_pollitem_t *items, int n, struct fc_wall wall, struct fc_mono now,
                               struct fc_error *err) {
    (void)items, (void)n; /* asked for again without waiting: who is ready says so */
    struct ami *a = self(s);
    set_time(a, wall, now);
    if (fc_ami_out_flush(&a->out) != FC_OK) return FC_OK;
    if ((a->step == IDLE && passed(a->retry, now)) || a->step == DIALING) dial(a);
    flush_sending(a);
    enum fc_status st = handle_messages(a, err);
    for (int i = 0; i < READS_A_ROUND && st == FC_AGAIN && a->fd >= 0 && fc_sink_room(a->args.sink) && read_socket(a); i++)
        st = handle_messages(a, err);
    if (st != FC_OK && st != FC_AGAIN) return st;
    if (!fc_sink_room(a->args.sink)) a->heard = now; /* nobody listens: the silence is ours */
    watch_time(a);
    say_down(a);
    set_mark(a);
    return FC_OK;
}

static void ami_counters(const struct fc_source *s, void (*each)(void *ctx, const char *name, uint64_t value), void *ctx) {
    const struct ami *a = (const struct ami *)(const void *)s;
    each(ctx, "connected_now", a->step == LIVE);
    each(ctx, "dials", a->dials);
    each(ctx, "dials_failed", a->dials_failed);
    each(ctx, "logins", a->logins);
    each(ctx, "logins_refused", a->logins_refused);
    each(ctx, "not_asterisk", a->not_asterisk);
    each(ctx, "reconnects", a->logins > 0 ? a->logins - 1 : 0);
    each(ctx, "actions_refused", a->actions_refused);
    each(ctx, "pings", a->pings);
    each(ctx, "bytes_cut", a->bytes_cut);
    fc_ami_counters(a->track, &a->parse, &a->out, each, ctx);
}

static void ami_close(struct fc_source *s) {
    struct ami *a = self(s);
    if (a->step == LIVE) send_action(a, "Logoff", "");
    if (a->fd >= 0) (void)shutdown(a->fd, SHUT_WR);
    drop_socket(a, "logoff");
    fc_ami_record_close(&a->record);
    fc_ami_track_destroy(a->track);
    fc_ami_out_fini(&a->out);
    free(a);
}

const struct fc_source_ops fc_source_ami = {
    .scheme = "ami",
    .form = "ami://user@host:port",
    .open = ami_open,
    .wait = ami_wait,
    .due_ms = ami_due_ms,
    .work = ami_work,
    .counters = ami_counters,
    .close = ami_close,
};
