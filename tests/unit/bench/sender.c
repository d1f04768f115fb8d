/* The sender against an ingest that answers, goes away, refuses and runs full: every event that can be taken is taken
 * once. The ingest stands on the same thread and does what a collector's does: de-duplicates by rising `seq`, takes the
 * events before a bad one, answers in order. */
#include "sender.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include <cmocka.h>

#define EVENTS 12000u
#define BAD 777u /* the customer number that a refusing ingest does not like */

struct ingest {
    void *zmq, *socket;
    char endpoint[64];
    int64_t seq;               /* highest taken */
    unsigned taken[EVENTS];    /* how often, by contact */
    uint32_t last;             /* contact taken last, to see the order */
    uint64_t messages, events, out_of_order;
    uint64_t full_from, full_to; /* messages answered "spool is full" */
    bool refuses_bad, mute;
};

static volatile sig_atomic_t stop;

static void bind_ingest(struct ingest *in) {
    int linger = 0;
    in->socket = zmq_socket(in->zmq, ZMQ_ROUTER);
    assert_int_equal(zmq_setsockopt(in->socket, ZMQ_LINGER, &linger, sizeof linger), 0);
    for (int tries = 0; zmq_bind(in->socket, in->endpoint) != 0; tries++) {
        assert_true(tries < 1000); /* the port of the last socket is given back in the background */
        (void)zmq_poll(NULL, 0, 10);
    }
    size_t n = sizeof in->endpoint;
    assert_int_equal(zmq_getsockopt(in->socket, ZMQ_LAST_ENDPOINT, in->endpoint, &n), 0);
}

static struct ingest *open_ingest(void) {
    struct ingest *in = calloc(1, sizeof *in);
    assert_non_null(in);
    in->zmq = zmq_ctx_new();
    (void)snprintf(in->endpoint, sizeof in->endpoint, "tcp://127.0.0.1:*");
    bind_ingest(in);
    return in;
}

static void close_ingest(struct ingest *in) {
    if (in->socket != NULL) (void)zmq_close(in->socket);
    (void)zmq_ctx_term(in->zmq);
    free(in);
}

/* False: it is the bad one. */
static bool take_event(struct ingest *in, const struct fc_event *ev) {
    int64_t contact = 0;
    assert_true(fc_str_int(ev->contact, &contact) && contact < EVENTS);
    if (ev->seq <= in->seq) return true;
    if (in->refuses_bad && contact == BAD) return false;
    in->seq = ev->seq;
    in->taken[contact]++;
    in->events++;
    if (contact != 0 && contact != in->last + 1) in->out_of_order++;
    in->last = (uint32_t)contact;
    return true;
}

static void answer(struct ingest *in, zmq_msg_t *to, const char *error, int64_t n) {
    uint8_t buf[200];
    struct fc_mpw w;
    fc_mpw_init(&w, buf, sizeof buf);
    fc_mpw_map(&w, error == NULL ? 1 : 2);
    fc_mpw_key(&w, error == NULL ? "ok" : "index");
    fc_mpw_int(&w, n);
    if (error != NULL) fc_mpw_key(&w, "error");
    if (error != NULL) fc_mpw_str(&w, fc_str(error));
    assert_true(zmq_msg_send(to, in->socket, ZMQ_SNDMORE) >= 0);
    assert_int_equal(zmq_send(in->socket, buf, w.len, 0), (int)w.len);
}

static void take_message(struct ingest *in, zmq_msg_t *to, zmq_msg_t *body) {
    struct fc_mp mp = fc_mp_open(zmq_msg_data(body), zmq_msg_size(body));
    struct fc_error err;
    uint32_t n = 0, i = 0;
    const char *error = NULL;
    bool full = in->messages >= in->full_from && in->messages < in->full_to;
    in->messages++;
    assert_true(fc_mp_array(&mp, &n) && n <= FC_SENDER_EVENTS_MAX);
    for (; i < n && error == NULL; i++) {
        struct fc_event ev;
        if (fc_event_decode(&mp, &ev, &err) != FC_OK) fail_msg("event %u: %s", i, err.text);
        if (full && i == n / 2) error = "spool is full: 1 MiB of 1 MiB";
        else if (!take_event(in, &ev)) error = "I do not like this one";
        if (error != NULL) break;
    }
    if (error == NULL) assert_int_equal(fc_mp_left(&mp), 0);
    answer(in, to, error, i);
}

static void serve(struct ingest *in) {
    zmq_msg_t to, body;
    for (;;) {
        (void)zmq_msg_init(&to);
        if (in->socket == NULL || in->mute || zmq_msg_recv(&to, in->socket, ZMQ_DONTWAIT) < 0) break;
        (void)zmq_msg_init(&body);
        assert_true(zmq_msg_more(&to) && zmq_msg_recv(&body, in->socket, 0) >= 0);
        assert_false(zmq_msg_more(&body));
        take_message(in, &to, &body);
        (void)zmq_msg_close(&body);
    }
    (void)zmq_msg_close(&to);
}

static void push(struct fc_sender *s, uint32_t contact) {
    char id[16];
    struct fc_event ev = fc_event_make(FC_HELD, 1700000000000000 + contact);
    (void)snprintf(id, sizeof id, "%u", contact);
    FC_EVENT_STR(&ev, contact, fc_str(id));
    FC_EVENT_STR(&ev, src, FC_STR_LIT("test"));
    FC_EVENT_NUM(&ev, seq, contact + 1);
    fc_sender_push(s, &ev);
}

/* Pushes contacts from..to and serves until all is answered; `burst` of them between two looks at the ingest. */
static void exchange(struct fc_sender *s, struct ingest *in, uint32_t from, uint32_t to, uint32_t burst) {
    for (uint32_t i = from; i < to; i++) {
        push(s, i);
        if (i % burst != 0) continue;
        fc_sender_flush(s);
        fc_sender_poll(s, 1);
        serve(in);
    }
    for (int tries = 0; !fc_sender_drain(s, 10); tries++) {
        assert_true(tries < 3000);
        serve(in);
    }
}

static struct fc_sender *open_sender(const struct ingest *in) {
    struct fc_sender *s = NULL;
    struct fc_error err;
    if (fc_sender_open(in->endpoint, &stop, &s, &err) != FC_OK) fail_msg("%s", err.text);
    return s;
}

static void check_once(const struct ingest *in, uint32_t but) {
    for (uint32_t i = 0; i < EVENTS; i++)
        if (in->taken[i] != (i == but ? 0 : 1)) fail_msg("event %u was taken %u times", i, in->taken[i]);
}

static void all_arrive_in_order(void **state) {
    (void)state;
    struct ingest *in = open_ingest();
    struct fc_sender *s = open_sender(in);
    exchange(s, in, 0, EVENTS, 100);
    check_once(in, EVENTS);
    struct fc_sender_count c = fc_sender_count(s);
    assert_true(c.events == EVENTS && c.confirmed == EVENTS && c.refused == 0 && c.reopens == 0 && in->out_of_order == 0);
    fc_sender_close(s);
    close_ingest(in);
}

static void an_ingest_that_goes_away_gets_everything_once(void **state) {
    (void)state;
    struct ingest *in = open_ingest();
    struct fc_sender *s = open_sender(in);
    uint32_t at = 0;
    for (int round = 0; round < 4; round++) {
        exchange(s, in, at, at + 2000, 300);
        for (uint32_t i = at + 2000; i < at + 3000; i++) push(s, i);
        at += 3000;
        fc_sender_flush(s);
        for (int i = 0; i < 5; i++) fc_sender_poll(s, 10); /* under way, unanswered */
        in->mute = round % 2 == 1; /* odd: never read; even: taken, and the answers go down with the socket */
        serve(in);
        (void)zmq_close(in->socket);
        in->socket = NULL;
        for (int i = 0; i < 5; i++) fc_sender_poll(s, 10);
        in->mute = false;
        bind_ingest(in);
    }
    exchange(s, in, at, EVENTS, 300);
    check_once(in, EVENTS);
    struct fc_sender_count c = fc_sender_count(s);
    printf("reopened %llu times, %llu messages for %u events\n", (unsigned long long)c.reopens, (unsigned long long)c.messages, EVENTS);
    assert_true(c.confirmed == EVENTS && c.reopens >= 4 && in->out_of_order == 0);
    fc_sender_close(s);
    close_ingest(in);
}

static void a_refused_event_is_left_out_and_counted(void **state) {
    (void)state;
    struct ingest *in = open_ingest();
    struct fc_sender *s = open_sender(in);
    in->refuses_bad = true;
    exchange(s, in, 0, EVENTS, 2500);
    check_once(in, BAD);
    struct fc_sender_count c = fc_sender_count(s);
    assert_true(c.refused == 1 && c.confirmed == EVENTS - 1 && c.repaired > 0);
    fc_sender_close(s);
    close_ingest(in);
}

/* Messages behind the ones that did not fit are taken, with higher numbers: the nasty case for de-duplication. */
static void a_full_spool_loses_nothing(void **state) {
    (void)state;
    struct ingest *in = open_ingest();
    struct fc_sender *s = open_sender(in);
    in->full_from = 5;
    in->full_to = 8;
    exchange(s, in, 0, EVENTS, 4000);
    check_once(in, EVENTS);
    struct fc_sender_count c = fc_sender_count(s);
    assert_true(c.refused == 0 && c.confirmed == EVENTS && c.repaired > 0 && in->out_of_order > 0);
    fc_sender_close(s);
    close_ingest(in);
}

static void a_collector_that_comes_later_is_waited_for(void **state) {
    (void)state;
    struct ingest *in = open_ingest();
    (void)zmq_close(in->socket);
    in->socket = NULL;
    struct fc_sender *s = open_sender(in);
    for (uint32_t i = 0; i < EVENTS / 2; i++) push(s, i);
    assert_false(fc_sender_drain(s, 50));
    bind_ingest(in);
    exchange(s, in, EVENTS / 2, EVENTS, 100);
    check_once(in, EVENTS);
    fc_sender_close(s);
    close_ingest(in);
}

static void stop_ends_a_push_that_waits(void **state) {
    (void)state;
    struct ingest *in = open_ingest();
    in->mute = true;
    struct fc_sender *s = open_sender(in);
    stop = 1; /* as from a signal */
    for (uint32_t i = 0; i < 4 * FC_SENDER_SLOTS * FC_SENDER_EVENTS_MAX; i++) push(s, i);
    stop = 0;
    struct fc_sender_count c = fc_sender_count(s);
    assert_true(c.events < 2 * FC_SENDER_SLOTS * FC_SENDER_EVENTS_MAX && c.confirmed == 0);
    fc_sender_close(s);
    close_ingest(in);
}

static void a_wrong_endpoint_is_said(void **state) {
    (void)state;
    struct fc_sender *s = NULL;
    struct fc_error err;
    assert_int_equal(fc_sender_open("tcp://nowhere", &stop, &s, &err), FC_CONFIG);
    assert_string_equal(err.text, "tcp://nowhere: Invalid argument, expected tcp://HOST:PORT of a collector's zmq source");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_arrive_in_order),
        cmocka_unit_test(an_ingest_that_goes_away_gets_everything_once),
        cmocka_unit_test(a_refused_event_is_left_out_and_counted),
        cmocka_unit_test(a_full_spool_loses_nothing),
        cmocka_unit_test(a_collector_that_comes_later_is_waited_for),
        cmocka_unit_test(stop_ends_a_push_that_waits),
        cmocka_unit_test(a_wrong_endpoint_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
