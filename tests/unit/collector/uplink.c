/* The uplink against an aggregator in the same process: a ROUTER that answers, forgets, lies or loses its data. The
 * uplink's clock is turned by hand, so that no test waits for a timeout. */
#include "rig.h"
#include "uplink.h"

struct peer {
    struct rig r;
    void *zmq, *router;
    struct fc_uplink *u;
    struct fc_mono now;
    struct fc_wall wall;
    char endpoint[100];
    zmq_msg_t id; /* of the uplink's connection */
    bool known;
    uint64_t next;                   /* what this aggregator holds, + 1 */
    char spool[FC_SPOOL_ID_LEN + 1]; /* of whom */
    unsigned hellos, batches, repeated;
    uint64_t events;
};

static void bind_router(struct peer *p, const char *endpoint) {
    size_t n = sizeof p->endpoint;
    int linger = 0;
    p->router = zmq_socket(p->zmq, ZMQ_ROUTER);
    (void)zmq_setsockopt(p->router, ZMQ_LINGER, &linger, sizeof linger);
    for (int i = 0; zmq_bind(p->router, endpoint) != 0; i++) { /* the port of one just closed is free a little later */
        assert_true(i < 200);
        (void)usleep(10000);
    }
    assert_int_equal(zmq_getsockopt(p->router, ZMQ_LAST_ENDPOINT, p->endpoint, &n), 0);
}

static void peer_init(struct peer *p) {
    memset(p, 0, sizeof *p);
    rig_init(&p->r);
    p->zmq = zmq_ctx_new();
    p->now = fc_mono_now();
    p->wall = fc_wall_now();
    p->next = 1;
    bind_router(p, "tcp://127.0.0.1:*");
    (void)zmq_msg_init(&p->id);
    OK(fc_uplink_open(p->zmq, p->endpoint, p->r.sink.spool, p->wall, &p->u, &p->r.err));
}

static void peer_fini(struct peer *p) {
    fc_uplink_close(p->u);
    (void)zmq_msg_close(&p->id);
    if (p->router != NULL) (void)zmq_close(p->router);
    (void)zmq_ctx_term(p->zmq);
    rig_fini(&p->r);
}

static void put(struct peer *p, int n) {
    for (int i = 0; i < n; i++) OK(rig_put(&p->r, NULL, i));
    rig_commit(&p->r);
}

static void work(struct peer *p) { OK(fc_uplink_work(p->u, p->wall, p->now, &p->r.err)); }

static void turn(struct peer *p, int64_t ms) {
    p->now.ns += ms * 1000000;
    p->wall.us += ms * 1000;
}

/* The next message from the uplink, which is let work meanwhile; false when none comes. */
static bool hear(struct peer *p, struct fc_link_msg *m, zmq_msg_t *frame, int patience_ms) {
    for (int i = 0; i < patience_ms; i++) {
        zmq_pollitem_t item = {.socket = p->router, .events = ZMQ_POLLIN};
        work(p);
        if (zmq_poll(&item, 1, 1) <= 0) continue;
        assert_true(zmq_msg_recv(&p->id, p->router, 0) >= 0);
        (void)zmq_msg_init(frame);
        assert_true(zmq_msg_recv(frame, p->router, 0) >= 0);
        OK(fc_link_decode(zmq_msg_data(frame), zmq_msg_size(frame), m, &p->r.err));
        return true;
    }
    return false;
}

static void say(struct peer *p, const struct fc_link_msg *m) {
    uint8_t buf[300];
    struct fc_mpw w;
    zmq_msg_t id;
    fc_mpw_init(&w, buf, sizeof buf);
    fc_link_encode(&w, m);
    (void)zmq_msg_init(&id);
    assert_int_equal(zmq_msg_copy(&id, &p->id), 0);
    assert_true(zmq_msg_send(&id, p->router, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(p->router, buf, w.len, 0) >= 0);
}

static void ack(struct peer *p, uint64_t next) {
    struct fc_link_msg m = {.type = FC_LINK_ACK, .spool = fc_str_n(p->spool, FC_SPOOL_ID_LEN), .first = next};
    say(p, &m);
}

/* What a right aggregator does with one message; with `deaf` it takes the message and answers nothing. */
static enum fc_link_type answer(struct peer *p, bool deaf, int patience_ms) {
    struct fc_link_msg m;
    zmq_msg_t frame;
    assert_true(hear(p, &m, &frame, patience_ms));
    char spool[FC_SPOOL_ID_LEN + 1];
    (void)fc_str_copy(spool, sizeof spool, m.spool);
    if (strcmp(spool, p->spool) != 0) p->next = 1; /* holds nothing of this one */
    memcpy(p->spool, spool, sizeof spool);
    if (m.type == FC_LINK_HELLO) p->hellos++;
    else {
        p->batches++;
        if (m.first < p->next) p->repeated++;
        if (m.first == p->next || p->next == 1) {
            p->next = m.first + m.count;
            p->events += m.count;
        }
    }
    enum fc_link_type type = m.type;
    (void)zmq_msg_close(&frame);
    if (!deaf) ack(p, p->next);
    return type;
}

/* The uplink reads what it is told until `done` or for a second. */
static void until_acked(struct peer *p, uint64_t first) {
    for (int i = 0; i < 1000 && fc_spool_first(p->r.sink.spool) < first; i++) {
        (void)usleep(1000);
        work(p);
    }
    assert_int_equal(fc_spool_first(p->r.sink.spool), first);
}

static void sends_and_forgets(void **state) {
    (void)state;
    struct peer p;
    peer_init(&p);
    put(&p, 2000);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO); /* asks before it sends */
    while (p.next < 2001) assert_int_equal(answer(&p, false, 2000), FC_LINK_BATCH);
    until_acked(&p, 2001);
    assert_true(fc_uplink_done(p.u));
    rig_commit(&p.r);
    assert_int_equal(p.events, 2000);
    assert_int_equal(p.repeated, 0);
    assert_int_equal(p.hellos, 1);
    put(&p, 1);
    assert_false(fc_uplink_done(p.u));
    assert_int_equal(answer(&p, false, 2000), FC_LINK_BATCH);
    until_acked(&p, 2002);
    peer_fini(&p);
}

static void keeps_its_window(void **state) {
    (void)state;
    struct peer p;
    struct fc_link_msg m;
    zmq_msg_t frame;
    peer_init(&p);
    put(&p, 80 * FC_BATCH_EVENTS_MAX);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    unsigned n = 0;
    for (; hear(&p, &m, &frame, 300); n++) (void)zmq_msg_close(&frame); /* not one is acked */
    assert_in_range(n, 2, FC_UPLINK_WINDOW);
    peer_fini(&p);
}

static void lost_acks_cost_a_repetition(void **state) {
    (void)state;
    struct peer p;
    peer_init(&p);
    put(&p, 600);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    assert_int_equal(answer(&p, true, 2000), FC_LINK_BATCH); /* taken, the acks get lost */
    assert_int_equal(answer(&p, true, 2000), FC_LINK_BATCH);
    turn(&p, FC_UPLINK_RETRY_MS + 1);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO); /* it doubts, asks, */
    until_acked(&p, 601);                                     /* and learns that all is there */
    assert_int_equal(p.batches, 2);
    assert_int_equal(fc_uplink_counters(p.u)->resent, 0);
    peer_fini(&p);
}

/* It asks, and then the acks of what flies come one by one: of nothing a second copy is sent, and no second question. */
static void a_slow_aggregator_gets_nothing_twice(void **state) {
    (void)state;
    struct peer p;
    struct fc_link_msg m;
    zmq_msg_t frame;
    peer_init(&p);
    put(&p, 3 * FC_BATCH_EVENTS_MAX);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    for (int i = 0; i < 3; i++) assert_int_equal(answer(&p, true, 2000), FC_LINK_BATCH);
    turn(&p, FC_UPLINK_RETRY_MS + 1);
    assert_int_equal(answer(&p, true, 2000), FC_LINK_HELLO);
    for (uint64_t batch = 1; batch <= 2; batch++) {
        ack(&p, 1 + batch * FC_BATCH_EVENTS_MAX);
        until_acked(&p, 1 + batch * FC_BATCH_EVENTS_MAX);
        turn(&p, FC_UPLINK_RETRY_MS - 100);
        assert_false(hear(&p, &m, &frame, 50));
    }
    ack(&p, p.next);
    until_acked(&p, 3 * FC_BATCH_EVENTS_MAX + 1);
    put(&p, 1);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_BATCH);
    until_acked(&p, 3 * FC_BATCH_EVENTS_MAX + 2);
    assert_int_equal(p.repeated, 0);
    assert_int_equal(fc_uplink_counters(p.u)->resent, 0);
    assert_int_equal(p.hellos, 2);
    peer_fini(&p);
}

/* One that did lose some says so by an ack that goes no further when it is asked again. */
static void what_a_slow_aggregator_lost_is_sent_again(void **state) {
    (void)state;
    struct peer p;
    peer_init(&p);
    put(&p, 3 * FC_BATCH_EVENTS_MAX);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    assert_int_equal(answer(&p, true, 2000), FC_LINK_BATCH);
    uint64_t taken = p.next;
    for (int i = 0; i < 2; i++) assert_int_equal(answer(&p, true, 2000), FC_LINK_BATCH);
    p.next = taken;
    turn(&p, FC_UPLINK_RETRY_MS + 1);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO); /* that answer may be the ack of the first */
    until_acked(&p, taken);
    turn(&p, FC_UPLINK_RETRY_MS + 1);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    while (p.next < 3 * FC_BATCH_EVENTS_MAX + 1) assert_int_equal(answer(&p, false, 2000), FC_LINK_BATCH);
    until_acked(&p, 3 * FC_BATCH_EVENTS_MAX + 1);
    assert_int_equal(fc_uplink_counters(p.u)->resent, 2);
    peer_fini(&p);
}

static void lost_batches_are_sent_again(void **state) {
    (void)state;
    struct peer p;
    struct fc_link_msg m;
    zmq_msg_t frame;
    peer_init(&p);
    put(&p, 600);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    for (int i = 0; i < 2; i++) {
        assert_true(hear(&p, &m, &frame, 2000)); /* as if the connection broke */
        (void)zmq_msg_close(&frame);
    }
    turn(&p, FC_UPLINK_RETRY_MS + 1);
    while (p.next < 601) (void)answer(&p, false, 2000);
    until_acked(&p, 601);
    assert_int_equal(p.events, 600);
    assert_int_equal(fc_uplink_counters(p.u)->resent, 2);
    peer_fini(&p);
}

/* A hole is answered at once with the number wanted: no timeout is needed, and the flood of equal answers does no harm. */
static void a_hole_is_filled_at_once(void **state) {
    (void)state;
    struct peer p;
    struct fc_link_msg m;
    zmq_msg_t frame;
    peer_init(&p);
    put(&p, 5 * FC_BATCH_EVENTS_MAX);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_BATCH);
    assert_true(hear(&p, &m, &frame, 2000));
    (void)zmq_msg_close(&frame);
    while (p.next < 5 * FC_BATCH_EVENTS_MAX + 1) (void)answer(&p, false, 2000);
    until_acked(&p, 5 * FC_BATCH_EVENTS_MAX + 1);
    assert_int_equal(p.events, 5 * FC_BATCH_EVENTS_MAX);
    assert_int_equal(p.hellos, 1);
    peer_fini(&p);
}

static void duplicate_and_foreign_acks_do_nothing(void **state) {
    (void)state;
    struct peer p;
    peer_init(&p);
    put(&p, 600);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_BATCH);
    ack(&p, p.next);
    ack(&p, p.next);
    struct fc_link_msg other = {.type = FC_LINK_ACK, .spool = FC_STR_LIT("00000000000000000000000000000000"), .first = 999999};
    say(&p, &other);
    struct fc_link_msg odd = {.type = FC_LINK_HELLO, .spool = fc_str_n(p.spool, FC_SPOOL_ID_LEN)};
    say(&p, &odd);
    while (p.next < 601) (void)answer(&p, false, 2000);
    until_acked(&p, 601);
    assert_int_equal(p.events, 600);
    assert_null(fc_uplink_gap(p.u));
    assert_int_equal(fc_uplink_counters(p.u)->foreign, 2);
    peer_fini(&p);
}

static void a_tell_waits_for_nobody(void **state) {
    (void)state;
    struct peer p;
    peer_init(&p);
    fc_uplink_close(p.u);
    (void)zmq_close(p.router);
    OK(fc_uplink_open(p.zmq, p.endpoint, p.r.sink.spool, p.wall, &p.u, &p.r.err));
    fc_uplink_tell(p.u, "\x80", 1); /* nobody is connected: forgotten */
    bind_router(&p, p.endpoint);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    peer_fini(&p);
}

static void tells_until_it_is_not_understood(void **state) {
    (void)state;
    struct peer p;
    struct fc_link_msg m;
    zmq_msg_t frame;
    static const char zeros[] = "00000000000000000000000000000000";
    peer_init(&p);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    fc_uplink_tell(p.u, "\x81\xa1x\x07", 4);
    assert_true(hear(&p, &m, &frame, 2000));
    assert_true(m.type == FC_LINK_TELL && fc_str_eq(m.spool, fc_spool_id(p.r.sink.spool)) && m.figures.n == 4);
    (void)zmq_msg_close(&frame);
    say(&p, &(struct fc_link_msg){.type = FC_LINK_REFUSE, .spool = fc_str_n(zeros, FC_SPOOL_ID_LEN), .reason = FC_STR_LIT("unknown type")});
    for (int i = 0; i < 1000 && fc_uplink_counters(p.u)->foreign == 0; i++) {
        work(&p);
        (void)usleep(1000);
    }
    fc_uplink_tell(p.u, "\x80", 1); /* an aggregator of an older version is spared */
    put(&p, 1);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_BATCH);
    assert_int_equal(fc_uplink_counters(p.u)->refused, 0);
    peer_fini(&p);
}

static void a_refusal_backs_off_and_keeps_everything(void **state) {
    (void)state;
    struct peer p;
    struct fc_link_msg m;
    zmq_msg_t frame;
    peer_init(&p);
    put(&p, 600);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    for (int i = 0; i < 2; i++) {
        assert_true(hear(&p, &m, &frame, 2000));
        (void)zmq_msg_close(&frame);
        struct fc_link_msg no = {.type = FC_LINK_REFUSE, .spool = fc_str_n(p.spool, FC_SPOOL_ID_LEN), .reason = FC_STR_LIT("event at byte 0: too new")};
        say(&p, &no);
    }
    ack(&p, 1); /* of a hole behind it: no reason to hurry */
    assert_false(hear(&p, &m, &frame, 200));
    assert_int_equal(fc_spool_first(p.r.sink.spool), 1);
    assert_int_equal(fc_uplink_counters(p.u)->refused, 2);
    turn(&p, FC_UPLINK_RETRY_MS + 1);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    while (p.next < 601) (void)answer(&p, false, 2000); /* updated meanwhile */
    until_acked(&p, 601);
    peer_fini(&p);
}

static void connects_again_by_itself(void **state) {
    (void)state;
    struct peer p;
    char endpoint[100];
    peer_init(&p);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    (void)snprintf(endpoint, sizeof endpoint, "%s", p.endpoint);
    assert_int_equal(zmq_close(p.router), 0);
    put(&p, 100);
    for (int i = 0; i < 50; i++, (void)usleep(1000)) work(&p);
    turn(&p, 3 * FC_UPLINK_IDLE_MS);
    work(&p);
    OK(rig_put(&p.r, NULL, 1)); /* goes on taking events */
    rig_commit(&p.r);
    bind_router(&p, endpoint);
    while (p.next < 102) (void)answer(&p, false, 8000);
    until_acked(&p, 102);
    assert_true(p.hellos >= 2); /* asked again on the new connection */
    peer_fini(&p);
}

static void an_aggregator_that_lost_its_data(void **state) {
    (void)state;
    struct peer p;
    char id[FC_SPOOL_ID_LEN + 1];
    peer_init(&p);
    put(&p, 100);
    while (p.next < 101) (void)answer(&p, false, 2000);
    until_acked(&p, 101);
    (void)fc_str_copy(id, sizeof id, fc_spool_id(p.r.sink.spool));
    p.next = 1; /* everything gone */
    turn(&p, FC_UPLINK_IDLE_MS + 1);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    for (int i = 0; i < 1000 && fc_uplink_gap(p.u) == NULL; i++, (void)usleep(1000)) work(&p);
    assert_string_equal(fc_uplink_gap(p.u), "the aggregator lost its data: it wants event 1, but everything below 101 was acked and deleted");
    assert_true(fc_str_is(fc_spool_id(p.r.sink.spool), id)); /* it knows nothing of this id: no need for another */
    fc_uplink_gap_told(p.u);
    put(&p, 10);
    while (p.next < 111) (void)answer(&p, false, 2000);
    until_acked(&p, 111);
    assert_null(fc_uplink_gap(p.u));
    peer_fini(&p);
}

static void an_aggregator_with_an_old_copy(void **state) {
    (void)state;
    struct peer p;
    char id[FC_SPOOL_ID_LEN + 1];
    peer_init(&p);
    put(&p, 1000);
    while (p.next < 1001) (void)answer(&p, false, 2000);
    until_acked(&p, 1001);
    rig_commit(&p.r);
    (void)fc_str_copy(id, sizeof id, fc_spool_id(p.r.sink.spool));
    p.next = 301; /* restored from a backup */
    turn(&p, FC_UPLINK_IDLE_MS + 1);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    put(&p, 50);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO); /* what do you hold of the new id? */
    assert_false(fc_str_is(fc_spool_id(p.r.sink.spool), id));
    assert_string_equal(fc_uplink_gap(p.u), "the aggregator lost its data: it wants event 301, but everything below 1001 was acked and deleted");
    while (p.next < 1051) (void)answer(&p, false, 2000); /* takes any first number of it */
    until_acked(&p, 1051);
    peer_fini(&p);
}

static void a_spool_that_is_an_old_copy(void **state) {
    (void)state;
    struct peer p;
    char id[FC_SPOOL_ID_LEN + 1];
    peer_init(&p);
    put(&p, 10);
    (void)fc_str_copy(id, sizeof id, fc_spool_id(p.r.sink.spool));
    memcpy(p.spool, id, sizeof id);
    p.next = 5000; /* the aggregator has seen this spool go further */
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    assert_int_equal(answer(&p, false, 2000), FC_LINK_HELLO);
    assert_false(fc_str_is(fc_spool_id(p.r.sink.spool), id));
    assert_string_equal(fc_uplink_gap(p.u), "the spool is an old copy: the aggregator holds events up to 4999 of it, here they end at 10");
    while (p.next < 11) (void)answer(&p, false, 2000); /* nothing that is here is thrown away */
    until_acked(&p, 11);
    peer_fini(&p);
}

static void bad_endpoints_are_named(void **state) {
    (void)state;
    struct rig r;
    struct fc_uplink *u;
    void *zmq = zmq_ctx_new();
    rig_init(&r);
    assert_int_equal(fc_uplink_open(zmq, "nonsense", r.sink.spool, fc_wall_now(), &u, &r.err), FC_CONFIG);
    assert_string_equal(r.err.text, "aggregator nonsense: Invalid argument, expected tcp://HOST:PORT");
    (void)zmq_ctx_term(zmq);
    rig_fini(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_and_forgets),
        cmocka_unit_test(keeps_its_window),
        cmocka_unit_test(lost_acks_cost_a_repetition),
        cmocka_unit_test(a_slow_aggregator_gets_nothing_twice),
        cmocka_unit_test(what_a_slow_aggregator_lost_is_sent_again), cmocka_unit_test(lost_batches_are_sent_again),
        cmocka_unit_test(a_hole_is_filled_at_once),
        cmocka_unit_test(duplicate_and_foreign_acks_do_nothing),
        cmocka_unit_test(a_tell_waits_for_nobody),
        cmocka_unit_test(tells_until_it_is_not_understood),
        cmocka_unit_test(a_refusal_backs_off_and_keeps_everything),
        cmocka_unit_test(connects_again_by_itself),
        cmocka_unit_test(an_aggregator_that_lost_its_data),
        cmocka_unit_test(an_aggregator_with_an_old_copy),
        cmocka_unit_test(a_spool_that_is_an_old_copy),
        cmocka_unit_test(bad_endpoints_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
