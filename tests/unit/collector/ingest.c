/* The ingest socket, spoken to by real REQ and DEALER sockets: what comes back is what is on disk. */
#include "ingest.h"
#include "rig.h"

#include "../fault.h"

#include <zmq.h>

struct bench {
    struct rig r;
    void *zmq, *client;
    struct fc_source_args args;
    struct fc_source *source;
    char uri[64], endpoint[64];
};

static void bench_init(struct bench *b, int client_type, uint64_t limit) {
    int linger = 0, timeout = 5000;
    memset(b, 0, sizeof *b);
    rig_make_dir(&b->r);
    rig_open(&b->r, limit);
    b->zmq = zmq_ctx_new();
    for (int port = 20000 + (int)(getpid() % 20000); b->source == NULL; port++) { /* the first that is free */
        (void)snprintf(b->uri, sizeof b->uri, "zmq://127.0.0.1:%d", port);
        (void)snprintf(b->endpoint, sizeof b->endpoint, "tcp://127.0.0.1:%d", port);
        b->args = (struct fc_source_args){.uri = b->uri, .rest = b->uri + 4, .sink = &b->r.sink, .zmq = b->zmq};
        if (fc_source_zmq.open(&b->args, &b->source, &b->r.err) != FC_OK) assert_non_null(strstr(b->r.err.text, "is in use"));
    }
    b->client = zmq_socket(b->zmq, client_type);
    (void)zmq_setsockopt(b->client, ZMQ_LINGER, &linger, sizeof linger);
    (void)zmq_setsockopt(b->client, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    assert_int_equal(zmq_connect(b->client, b->endpoint), 0);
}

static void bench_fini(struct bench *b) {
    (void)zmq_close(b->client);
    fc_source_zmq.close(b->source);
    (void)zmq_ctx_term(b->zmq);
    rig_fini(&b->r);
}

/* One round of the collector; with `commit` false the disk is still busy. */
static void go_round(struct bench *b, bool commit) {
    zmq_pollitem_t items[4];
    int n = fc_source_zmq.wait(b->source, items, 4);
    (void)zmq_poll(items, n, 20);
    OK(fc_source_zmq.work(b->source, items, n, fc_wall_now(), fc_mono_now(), &b->r.err));
    if (!commit) return;
    rig_commit(&b->r);
    fc_source_zmq.committed(b->source);
}

struct answer {
    int64_t ok, index; /* -1: not in the reply */
    char error[400];
};

static struct answer receive(struct bench *b) {
    uint8_t buf[1000];
    struct answer a = {.ok = -1, .index = -1, .error = ""};
    int n = -1;
    for (int i = 0; i < 250 && n < 0; i++) {
        go_round(b, true);
        n = zmq_recv(b->client, buf, sizeof buf, ZMQ_DONTWAIT);
    }
    assert_in_range(n, 1, sizeof buf);
    struct fc_mp mp = fc_mp_open(buf, (size_t)n);
    uint32_t pairs;
    struct fc_str key, text;
    assert_true(fc_mp_map(&mp, &pairs));
    for (uint32_t i = 0; i < pairs; i++) {
        assert_true(fc_mp_str(&mp, &key));
        if (fc_str_is(key, "ok")) assert_true(fc_mp_i64(&mp, &a.ok));
        else if (fc_str_is(key, "index")) assert_true(fc_mp_i64(&mp, &a.index));
        else {
            assert_true(fc_str_is(key, "error") && fc_mp_str(&mp, &text));
            (void)fc_str_copy(a.error, sizeof a.error, text);
        }
    }
    return a;
}

static void expect_ok(struct bench *b, int64_t n) {
    struct answer a = receive(b);
    assert_string_equal(a.error, "");
    assert_int_equal(a.ok, n);
    assert_int_equal(a.index, -1);
}

static void expect_error(struct bench *b, int64_t index, const char *text) {
    struct answer a = receive(b);
    if (strncmp(text, "spool is full", 13) == 0) a.error[strlen(text)] = '\0';
    assert_string_equal(a.error, text);
    assert_int_equal(a.index, index);
    assert_int_equal(a.ok, -1);
}

static void write_event(struct fc_mpw *w, int i) {
    char contact[20];
    (void)snprintf(contact, sizeof contact, "c%d", i);
    struct fc_event ev = rig_offered(contact);
    fc_event_encode(w, &ev);
}

static uint8_t buf[3 << 20];

static void send_array(struct bench *b, int n) {
    struct fc_mpw w;
    fc_mpw_init(&w, buf, sizeof buf);
    fc_mpw_array(&w, (size_t)n);
    for (int i = 0; i < n; i++) write_event(&w, i);
    assert_int_equal(zmq_send(b->client, buf, w.len, 0), w.len);
}

static void req_gets_its_reply_after_the_commit(void **state) {
    (void)state;
    struct bench b;
    struct fc_mpw w;
    uint8_t reply[100];
    bench_init(&b, ZMQ_REQ, FC_SPOOL_LIMIT_DEFAULT);
    fc_mpw_init(&w, buf, sizeof buf);
    write_event(&w, 1);
    assert_true(zmq_send(b.client, buf, w.len, 0) > 0);
    while (!fc_spool_held(b.r.sink.spool)) go_round(&b, false);
    (void)usleep(20000);
    assert_true(zmq_recv(b.client, reply, sizeof reply, ZMQ_DONTWAIT) < 0); /* not a word before it is on disk */
    expect_ok(&b, 1);
    assert_int_equal(rig_each(&b.r, 1, NULL, NULL), 1);
    send_array(&b, 4096);
    expect_ok(&b, 4096);
    send_array(&b, 0);
    expect_ok(&b, 0);
    assert_int_equal(rig_each(&b.r, 1, NULL, NULL), 4097);
    bench_fini(&b);
}

static void dealer_may_send_ahead(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b, ZMQ_DEALER, FC_SPOOL_LIMIT_DEFAULT);
    for (int i = 1; i <= 50; i++) send_array(&b, i);
    for (int i = 1; i <= 50; i++) expect_ok(&b, i); /* one reply each, in order */
    assert_int_equal(rig_each(&b.r, 1, NULL, NULL), 50 * 51 / 2);
    bench_fini(&b);
}

static void dealer_with_a_delimiter_gets_one_back(void **state) {
    (void)state;
    struct bench b;
    struct fc_mpw w;
    char frame[10];
    bench_init(&b, ZMQ_DEALER, FC_SPOOL_LIMIT_DEFAULT);
    fc_mpw_init(&w, buf, sizeof buf);
    write_event(&w, 1);
    assert_int_equal(zmq_send(b.client, "", 0, ZMQ_SNDMORE), 0);
    assert_true(zmq_send(b.client, buf, w.len, 0) > 0);
    int n = -1;
    for (int i = 0; i < 250 && n < 0; i++) {
        go_round(&b, true);
        n = zmq_recv(b.client, frame, sizeof frame, ZMQ_DONTWAIT);
    }
    assert_int_equal(n, 0);
    expect_ok(&b, 1);
    bench_fini(&b);
}

static void what_stands_before_a_bad_event_is_taken(void **state) {
    (void)state;
    struct bench b;
    struct fc_mpw w;
    bench_init(&b, ZMQ_REQ, FC_SPOOL_LIMIT_DEFAULT);
    fc_mpw_init(&w, buf, sizeof buf);
    fc_mpw_array(&w, 4);
    write_event(&w, 1);
    write_event(&w, 2);
    fc_mpw_map(&w, 2);
    fc_mpw_key(&w, "kind");
    fc_mpw_key(&w, "offered");
    fc_mpw_key(&w, "ts");
    fc_mpw_int(&w, 5);
    write_event(&w, 3);
    assert_true(zmq_send(b.client, buf, w.len, 0) > 0);
    struct answer a = receive(&b);
    assert_int_equal(a.index, 2);
    assert_non_null(strstr(a.error, "offered event at byte"));
    assert_non_null(strstr(a.error, "key \"contact\" is missing"));
    assert_int_equal(rig_each(&b.r, 1, NULL, NULL), 2);
    bench_fini(&b);
}

static void unknown_kinds_count_as_taken(void **state) {
    (void)state;
    struct bench b;
    struct fc_mpw w;
    bench_init(&b, ZMQ_REQ, FC_SPOOL_LIMIT_DEFAULT);
    fc_mpw_init(&w, buf, sizeof buf);
    fc_mpw_array(&w, 3);
    write_event(&w, 1);
    fc_mpw_map(&w, 2);
    fc_mpw_key(&w, "ts");
    fc_mpw_int(&w, 5);
    fc_mpw_key(&w, "kind");
    fc_mpw_key(&w, "of the future");
    write_event(&w, 2);
    assert_true(zmq_send(b.client, buf, w.len, 0) > 0);
    expect_ok(&b, 3);
    assert_int_equal(rig_each(&b.r, 1, NULL, NULL), 2);
    bench_fini(&b);
}

static void send_text(struct bench *b, const char *bytes, size_t n) { assert_int_equal(zmq_send(b->client, bytes, n, 0), n); }

static void every_bad_message_gets_its_reason(void **state) {
    (void)state;
    struct bench b;
    struct fc_mpw w;
    bench_init(&b, ZMQ_REQ, FC_SPOOL_LIMIT_DEFAULT);
    send_text(&b, "", 0);
    expect_error(&b, 0, "byte 0: expected one event (a map) or an array of events");
    send_text(&b, "hello", 5);
    expect_error(&b, 0, "byte 0: expected one event (a map) or an array of events");
    send_text(&b, "{\"kind\":\"offered\"}", 18);
    expect_error(&b, 0, "byte 0: this is JSON, expected msgpack: one event (a map) or an array of events");
    send_text(&b, "\xdd\xff\xff\xff\xff", 5);
    expect_error(&b, 0, "byte 0: the array of events is cut off");
    send_text(&b, "\x91\x85\x01", 3);
    expect_error(&b, 0, "byte 1: expected an event (a map), whole");
    memset(buf, 0xc0, sizeof buf);
    fc_mpw_init(&w, buf, sizeof buf);
    fc_mpw_array(&w, 4097);
    send_text(&b, (const char *)buf, 10000);
    expect_error(&b, 0, "an array of 4097 events, at most 4096 are allowed");
    send_text(&b, (const char *)buf, (1 << 20) + 1);
    expect_error(&b, 0, "message of 1048577 bytes, at most 1048576 are allowed");
    fc_mpw_init(&w, buf, sizeof buf);
    write_event(&w, 1);
    buf[w.len] = 0xc0;
    send_text(&b, (const char *)buf, w.len + 1);
    struct answer a = receive(&b);
    assert_int_equal(a.index, 1); /* the event itself is taken */
    assert_non_null(strstr(a.error, "the message goes on behind its events"));
    assert_int_equal(zmq_send(b.client, "a", 1, ZMQ_SNDMORE), 1);
    send_text(&b, "b", 1);
    expect_error(&b, 0, "message of 2 frames, expected one (behind a REQ's empty one)");
    send_array(&b, 1); /* and it still works */
    expect_ok(&b, 1);
    bench_fini(&b);
}

static void a_full_spool_is_told_with_the_index(void **state) {
    (void)state;
    struct bench b;
    int64_t taken = 0;
    struct answer a;
    bench_init(&b, ZMQ_REQ, FC_SPOOL_LIMIT_MIN);
    for (int i = 0; i < 100; i++) {
        send_array(&b, 1000);
        a = receive(&b);
        if (a.ok < 0) break;
        taken += a.ok;
    }
    assert_non_null(strstr(a.error, "spool is full: send again from index after a while; spool "));
    assert_non_null(strstr(a.error, "is at its limit of 1048576 bytes"));
    assert_in_range(a.index, 0, 999);
    assert_int_equal(rig_each(&b.r, 1, NULL, NULL), taken + a.index);
    fc_spool_forget(b.r.sink.spool, UINT64_MAX);
    rig_commit(&b.r);
    send_array(&b, 1000);
    expect_ok(&b, 1000);
    bench_fini(&b);
}

/* A round whose commit finds no room. */
static void go_full_round(struct bench *b) {
    go_round(b, false);
    assert_int_equal(fc_spool_flush(b->r.sink.spool, &b->r.err), FC_FULL);
    fc_source_zmq.held(b->source);
}

static void *another_client(struct bench *b) {
    int linger = 0;
    void *client = zmq_socket(b->zmq, ZMQ_DEALER);
    (void)zmq_setsockopt(client, ZMQ_LINGER, &linger, sizeof linger);
    assert_int_equal(zmq_connect(client, b->endpoint), 0);
    return client;
}

/* Who sent when the disk became full waits for its ok; who sends while it is full hears so at once. */
static void a_full_disk_is_told_to_who_comes_then(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b, ZMQ_DEALER, FC_SPOOL_LIMIT_DEFAULT);
    void *first = b.client, *second = another_client(&b);
    fault.write_errno = ENOSPC;
    send_array(&b, 3);
    while (!fc_spool_held(b.r.sink.spool)) go_round(&b, false);
    go_full_round(&b);
    send_array(&b, 2); /* behind a message that waits: it waits too, in order */
    b.client = second;
    send_array(&b, 5);
    uint8_t bytes[600];
    int n = -1;
    for (int i = 0; i < 250 && n < 0; i++) {
        go_full_round(&b);
        n = zmq_recv(second, bytes, sizeof bytes - 1, ZMQ_DONTWAIT);
    }
    assert_in_range(n, 1, sizeof bytes - 1);
    bytes[n] = 0;
    assert_non_null(memmem(bytes, (size_t)n, "no room on its disk", 19));
    assert_true(zmq_recv(first, bytes, sizeof bytes, ZMQ_DONTWAIT) < 0);
    fault_none();
    b.client = first;
    expect_ok(&b, 3);
    expect_error(&b, 0, "spool is full: send again from index after a while; spool ");
    send_array(&b, 2);
    expect_ok(&b, 2);
    assert_int_equal(rig_each(&b.r, 1, NULL, NULL), 5);
    (void)zmq_close(second);
    bench_fini(&b);
}

static void producers_that_go_leave_no_harm(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b, ZMQ_DEALER, FC_SPOOL_LIMIT_DEFAULT);
    send_array(&b, 3);
    while (!fc_spool_held(b.r.sink.spool)) go_round(&b, false);
    assert_int_equal(zmq_close(b.client), 0);
    (void)usleep(50000);
    go_round(&b, true);
    b.client = zmq_socket(b.zmq, ZMQ_REQ);
    assert_int_equal(zmq_connect(b.client, b.endpoint), 0);
    int linger = 0;
    (void)zmq_setsockopt(b.client, ZMQ_LINGER, &linger, sizeof linger);
    send_array(&b, 2);
    expect_ok(&b, 2);
    assert_int_equal(rig_each(&b.r, 1, NULL, NULL), 5);
    bench_fini(&b);
}

static void open_fails(struct bench *b, const char *uri, enum fc_status want, const char *text) {
    struct fc_source_args args = b->args;
    struct fc_source *s;
    args.uri = uri;
    args.rest = uri + 4;
    assert_int_equal(fc_source_zmq.open(&args, &s, &b->r.err), want);
    assert_string_equal(b->r.err.text, text);
}

static void bad_addresses_are_named(void **state) {
    (void)state;
    struct bench b;
    char want[200];
    bench_init(&b, ZMQ_REQ, FC_SPOOL_LIMIT_DEFAULT);
    (void)snprintf(want, sizeof want, "%s: endpoint %s is in use by another program", b.uri, b.endpoint);
    open_fails(&b, b.uri, FC_IO, want);
    open_fails(&b, "zmq:127.0.0.1", FC_CONFIG, "zmq:127.0.0.1: expected zmq://ADDRESS:PORT, as in zmq://127.0.0.1:5560");
    open_fails(&b, "zmq://127.0.0.1:99999", FC_CONFIG, "zmq://127.0.0.1:99999: expected zmq://ADDRESS:PORT, as in zmq://127.0.0.1:5560");
    open_fails(&b, "zmq://203.0.113.9:5560", FC_IO, "zmq://203.0.113.9:5560: endpoint tcp://203.0.113.9:5560: this machine has no such address");
    bench_fini(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(req_gets_its_reply_after_the_commit),
        cmocka_unit_test(dealer_may_send_ahead),
        cmocka_unit_test(dealer_with_a_delimiter_gets_one_back),
        cmocka_unit_test(what_stands_before_a_bad_event_is_taken),
        cmocka_unit_test(unknown_kinds_count_as_taken),
        cmocka_unit_test(every_bad_message_gets_its_reason),
        cmocka_unit_test(a_full_spool_is_told_with_the_index),
        cmocka_unit_test(a_full_disk_is_told_to_who_comes_then),
        cmocka_unit_test(producers_that_go_leave_no_harm),
        cmocka_unit_test(bad_addresses_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
