/* play -- an aggregator's sockets in a test's own hands: it publishes, beats and answers when the test says so. */
#ifndef FC_TEST_PLAY_H
#define FC_TEST_PLAY_H

#include "fake.h"
#include "item.h"
#include "wire.h"

#include <errno.h>
#include <zmq.h>

static char publish_at[80], query_at[80];
static void *zmq, *xpub, *router;
static uint64_t sent; /* messages published, as a heartbeat tells it */

/* ZeroMQ closes in the background: the address of the one before may be taken for a while yet. */
static void bind_soon(void *socket, const char *endpoint) {
    for (int i = 0; i < 500 && zmq_bind(socket, endpoint) != 0; i++) {
        assert_int_equal(zmq_errno(), EADDRINUSE);
        (void)usleep(10000);
    }
    char bound[100];
    size_t n = sizeof bound;
    assert_int_equal(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, bound, &n), 0);
    assert_string_equal(bound, endpoint);
}

static void open_aggregator(void) {
    int on = 1;
    xpub = zmq_socket(zmq, ZMQ_XPUB);
    router = zmq_socket(zmq, ZMQ_ROUTER);
    assert_int_equal(zmq_setsockopt(xpub, ZMQ_XPUB_VERBOSER, &on, sizeof on), 0);
    on = 0;
    assert_int_equal(zmq_setsockopt(xpub, ZMQ_SNDHWM, &on, sizeof on), 0); /* unlimited: losses are played, not real */
    assert_int_equal(zmq_setsockopt(xpub, ZMQ_LINGER, &on, sizeof on), 0);
    assert_int_equal(zmq_setsockopt(router, ZMQ_LINGER, &on, sizeof on), 0);
    bind_soon(xpub, publish_at);
    bind_soon(router, query_at);
    sent = 0;
}

static void close_aggregator(void) {
    assert_int_equal(zmq_close(xpub), 0);
    assert_int_equal(zmq_close(router), 0);
}

/* Waits for a subscription to everything: '\1', or its end: '\0'. */
static void expect_subscription(char what) {
    for (;;) {
        char got[8] = {0};
        zmq_pollitem_t item = {.socket = xpub, .events = ZMQ_POLLIN};
        assert_int_equal(zmq_poll(&item, 1, WAIT_MS), 1);
        int n = zmq_recv(xpub, got, sizeof got, 0);
        assert_int_equal(n, 1);
        if (got[0] == what) return;
    }
}

static void publish_bytes(const char *topic, const uint8_t *bytes, size_t n) {
    assert_true(zmq_send(xpub, topic, strlen(topic), ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(xpub, bytes, n, 0) >= 0);
    sent++;
}

static void publish(const char *topic, const char *name, const char *window, uint64_t ver, int64_t waiting) {
    uint8_t bytes[1024];
    publish_bytes(topic, bytes, fake_item(bytes, sizeof bytes, topic, name, window, ver, waiting));
}

static void beat(const char *instance) {
    uint8_t bytes[512];
    publish_bytes("hb", bytes, fake_beat(bytes, sizeof bytes, instance, sent + 1));
}

static void floor_snapshot(uint64_t ver) {
    publish("queue/sales/day", "sales", "day", ver, 3);
    publish("queue/a%2Fb/day", "a/b", "day", ver, 0);
    publish("group/all/day", "all", "day", ver, 3);
    publish("agent/=cmd/day", "=cmd", "day", ver, 1);
}

static void publish_channels(const char *topic, const char *name, const char *channel, const char *channels,
                             int64_t waiting) {
    uint8_t bytes[1024];
    publish_bytes(topic, bytes, fake_item_of(bytes, sizeof bytes, topic, name, channel, channels, "day", 1, waiting));
}

static void begin_answer(struct fc_mpw *w, uint8_t *bytes, size_t cap, int64_t number, bool ok) {
    fc_mpw_init(w, bytes, cap);
    fc_mpw_map(w, ok ? 3 : 4);
    fc_mpw_key(w, "id");
    fc_mpw_int(w, number);
    fc_mpw_key(w, "ok");
    fc_mpw_bool(w, ok);
}

static void add_refusal(struct fc_mpw *w, const char *code, const char *error) {
    fc_mpw_key(w, "code");
    fc_mpw_str(w, fc_str(code));
    fc_mpw_key(w, "error");
    fc_mpw_str(w, fc_str(error));
}

static void add_items(struct fc_mpw *w) {
    fc_mpw_key(w, "items");
    fc_mpw_array(w, 1);
    fc_mpw_map(w, 3);
    fc_mpw_key(w, "from_us");
    fc_mpw_int(w, 60000000);
    fc_mpw_key(w, "to_us");
    fc_mpw_int(w, 120000000);
    fc_mpw_key(w, "service_level");
    fc_mpw_map(w, 2);
    fc_mpw_key(w, "value");
    fc_mpw_f64(w, 0.5);
    fc_mpw_key(w, "n");
    fc_mpw_int(w, 4);
}

static uint8_t question[512];
static int question_n;

/* Answers one question as the aggregator would; code NULL: with an item, else with a refusal. */
static void answer_with(const char *code, const char *error) {
    uint8_t id[64], bytes[2048];
    struct fc_mp at = {0};
    int64_t number = -1;
    zmq_pollitem_t wait = {.socket = router, .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&wait, 1, WAIT_MS), 1);
    int id_n = zmq_recv(router, id, sizeof id, 0);
    question_n = zmq_recv(router, question, sizeof question, 0);
    assert_true(fc_item_find(question, (size_t)question_n, "id", &at) && fc_mp_i64(&at, &number));
    assert_true(fc_item_find(question, (size_t)question_n, "scope", &at));
    struct fc_mpw w;
    begin_answer(&w, bytes, sizeof bytes, number, code == NULL);
    if (code == NULL)
        add_items(&w);
    else
        add_refusal(&w, code, error);
    assert_true(zmq_send(router, id, (size_t)id_n, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(router, bytes, w.len, 0) >= 0);
}

/* What the last question said under a key; "" when it did not. */
static const char *asked(const char *key) {
    static char text[200];
    struct fc_mp at;
    struct fc_str s;
    bool found = fc_item_find(question, (size_t)question_n, key, &at) && fc_mp_str(&at, &s);
    return found ? fc_str_copy(text, sizeof text, s) : "";
}

static void answer(bool ok) {
    answer_with(ok ? NULL : "invalid", "queue=zz: unknown");
}

#endif
