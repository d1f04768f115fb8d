/* The publisher by hand: what a new subscription gets, that many at once are answered together, and what it says to wrong questions. */
#include "publisher.h"
#include "scratch.h"
#include "tally.h"

#include <zmq.h>

#define QUEUES 20

static char dir[128];
static void *zmq;
static struct fc_rules *rules;
static struct fc_engine *engine;
static struct fc_driver *driver;
static struct fc_store *store;
static struct fc_query *query;
static struct fc_counter now_us;
static struct fc_publisher *publisher;
static struct fc_publisher_counts counts;
static struct fc_mono now;
static char publish_at[160], query_at[160];
static void *opened[4]; /* closed at the end, so that a test that fails does not hang */
static unsigned opened_n;

static void metrics(void *ctx, const struct fc_publisher_counts *own, void (*each)(void *to, const char *name, uint64_t value), void *to) {
    (void)ctx, (void)each, (void)to;
    counts = *own;
}

static void offer(int i) {
    char contact[16], queue[16];
    struct fc_event ev = fc_event_make(FC_OFFERED, INT64_C(1767258000000000) + i);
    (void)snprintf(contact, sizeof contact, "c%d", i);
    (void)snprintf(queue, sizeof queue, "q%d", i % QUEUES);
    FC_EVENT_STR(&ev, contact, fc_str(contact));
    FC_EVENT_STR(&ev, queue, fc_str(queue));
    fc_engine_apply(engine, &ev);
}

static int set_up(void **state) {
    (void)state;
    struct fc_error err = {.text = ""};
    scratch_make(dir);
    (void)snprintf(publish_at, sizeof publish_at, "ipc://%s/publish", dir);
    (void)snprintf(query_at, sizeof query_at, "ipc://%s/query", dir);
    const struct fc_store_options so = {.dir = dir, .map_bytes = 64 << 20, .merge = fc_tally_merge_bytes};
    zmq = zmq_ctx_new();
    rules = fc_rules_default();
    engine = fc_engine_create(rules, true);
    assert_int_equal(fc_driver_create(engine, &driver, &err), FC_OK);
    assert_int_equal(fc_store_open(&so, &store, &err), FC_OK);
    assert_int_equal(fc_query_start(store, rules, &now_us, &query, &err), FC_OK);
    const struct fc_publisher_options po = {.zmq = zmq, .publish = publish_at, .query = query_at, .driver = driver, .answers = query,
                                            .event_clock = true, .metrics = metrics};
    if (fc_publisher_create(&po, &publisher, &err) != FC_OK) fail_msg("%s", err.text);
    fc_driver_set_publisher(driver, fc_publisher_wake(publisher));
    fc_query_set_publisher(query, fc_publisher_wake(publisher));
    now = (struct fc_mono){.ns = INT64_C(1000000000000)};
    for (int i = 0; i < QUEUES; i++) offer(i);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    while (opened_n > 0) (void)zmq_close(opened[--opened_n]);
    fc_query_stop(query);
    fc_publisher_destroy(publisher);
    fc_driver_destroy(driver);
    fc_engine_destroy(engine);
    fc_store_close(store);
    fc_rules_free(rules);
    (void)zmq_ctx_term(zmq);
    (void)unlink(publish_at + strlen("ipc://"));
    (void)unlink(query_at + strlen("ipc://"));
    scratch_remove(dir);
    return 0;
}

/* All the engine has goes to the publisher, and `ms` pass. */
static void turn(int64_t ms) {
    now.ns += ms * 1000000;
    (void)fc_driver_do_work(driver, (struct fc_wall){INT64_C(1767258001000000)}, now);
    fc_publisher_do_work(publisher, now);
}

static void settle(void) {
    for (int i = 0; i < 50; i++) turn(20);
}

static void *open_socket(int type, const char *endpoint) {
    const int none = 0, wait_ms = 2000;
    void *s = zmq_socket(zmq, type);
    assert_int_equal(zmq_setsockopt(s, ZMQ_LINGER, &none, sizeof none), 0);
    assert_int_equal(zmq_setsockopt(s, ZMQ_RCVTIMEO, &wait_ms, sizeof wait_ms), 0);
    assert_int_equal(zmq_connect(s, endpoint), 0);
    opened[opened_n++] = s;
    return s;
}

static void subscribe(void *sub, const char *prefix) { assert_int_equal(zmq_setsockopt(sub, ZMQ_SUBSCRIBE, prefix, strlen(prefix)), 0); }

/* Until the publisher has heard of so many subscriptions; time stands still for it, so none but the first is answered. */
static void until_heard(uint64_t n) {
    for (int i = 0; i < 2000 && counts.subscriptions < n; i++) {
        (void)usleep(1000);
        fc_publisher_do_work(publisher, now);
        now.ns += 1; /* a heartbeat tells the counts: not yet */
        metrics(NULL, fc_publisher_counted(publisher), NULL, NULL);
    }
    assert_int_equal(counts.subscriptions, n);
}

static unsigned count_messages(void *sub, const char *prefix) {
    char topic[FC_TOPIC_MAX + 1];
    unsigned n = 0;
    int len, none = 300;
    assert_int_equal(zmq_setsockopt(sub, ZMQ_RCVTIMEO, &none, sizeof none), 0);
    while ((len = zmq_recv(sub, topic, sizeof topic, 0)) >= 0) {
        assert_true(len < (int)sizeof topic);
        n += (size_t)len >= strlen(prefix) && memcmp(topic, prefix, strlen(prefix)) == 0;
        assert_true(zmq_recv(sub, topic, sizeof topic, 0) >= 0);
    }
    return n;
}

static void a_new_subscription_gets_the_latest(void **state) {
    (void)state;
    settle();
    void *sub = open_socket(ZMQ_SUB, publish_at);
    subscribe(sub, "queue/q7/");
    until_heard(1);
    turn(150);
    assert_int_equal(count_messages(sub, "queue/q7/"), FC_WINDOW_COUNT);
}

/* A first one is answered at once; of what comes within the next 100 ms each topic goes out once, however many asked for it. */
static void those_that_come_together_are_answered_together(void **state) {
    (void)state;
    settle();
    void *first = open_socket(ZMQ_SUB, publish_at), *sub = open_socket(ZMQ_SUB, publish_at);
    subscribe(first, "queue/q1/");
    until_heard(1);
    subscribe(sub, "queue/q2/");
    subscribe(sub, "queue/q2/day"); /* lies within it */
    subscribe(sub, "queue/q3/");
    until_heard(4);
    uint64_t before = fc_publisher_counted(publisher)->sent;
    fc_publisher_do_work(publisher, now);
    assert_int_equal(fc_publisher_counted(publisher)->sent, before);
    now.ns += INT64_C(100000000);
    fc_publisher_do_work(publisher, now);
    assert_in_range(fc_publisher_counted(publisher)->sent - before, 2 * FC_WINDOW_COUNT, 2 * FC_WINDOW_COUNT + 1); /* perhaps a heartbeat */
    assert_int_equal(count_messages(sub, "queue/q2/"), FC_WINDOW_COUNT);
}

/* More than 16 get everything, once: as much as somebody who asks for everything. */
static void very_many_get_everything_once(void **state) {
    (void)state;
    char prefix[32];
    settle();
    void *first = open_socket(ZMQ_SUB, publish_at), *sub = open_socket(ZMQ_SUB, publish_at);
    uint64_t before = fc_publisher_counted(publisher)->sent;
    subscribe(first, "");
    until_heard(1);
    uint64_t everything = fc_publisher_counted(publisher)->sent - before;
    assert_true(everything > QUEUES * FC_WINDOW_COUNT);
    for (int i = 0; i < QUEUES; i++) {
        (void)snprintf(prefix, sizeof prefix, "queue/q%d/now", i);
        subscribe(sub, prefix);
    }
    until_heard(1 + QUEUES);
    before = fc_publisher_counted(publisher)->sent;
    now.ns += INT64_C(100000000);
    fc_publisher_do_work(publisher, now);
    assert_in_range(fc_publisher_counted(publisher)->sent - before, everything - 1, everything + 1); /* a heartbeat with either */
}

static void ask(const void *question, size_t n, char error[200]) {
    uint8_t answer[2000];
    struct fc_mp at;
    struct fc_str text = {0};
    void *s = open_socket(ZMQ_DEALER, query_at);
    uint64_t refused = fc_publisher_counted(publisher)->questions_refused;
    int none = 1, len = -1;
    assert_int_equal(zmq_setsockopt(s, ZMQ_RCVTIMEO, &none, sizeof none), 0);
    assert_true(zmq_send(s, question, n, 0) >= 0);
    for (int i = 0; i < 2000 && len < 0; i++) {
        fc_publisher_do_work(publisher, now);
        len = zmq_recv(s, answer, sizeof answer, 0);
    }
    assert_in_range(len, 1, sizeof answer);
    assert_true(fc_mp_find(answer, (size_t)len, "error", &at) && fc_mp_str(&at, &text));
    (void)fc_str_copy(error, 200, text);
    assert_int_equal(fc_publisher_counted(publisher)->questions_refused, refused + 1);
}

static void wrong_questions_are_told_why_and_counted(void **state) {
    (void)state;
    static const char newer[] = "\x83\xa1v\x02\xa2id\x07\xa2op\xa8snapshot", large[FC_QUERY_REQUEST_MAX + 1] = "\x81";
    char error[200];
    ask(newer, sizeof newer - 1, error);
    assert_string_equal(error, "a question of version 2: this program reads version 1");
    ask(large, sizeof large, error);
    assert_string_equal(error, "expected one frame of at most 4096 bytes");
    assert_int_equal(fc_publisher_counted(publisher)->questions, 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(a_new_subscription_gets_the_latest), TEST(those_that_come_together_are_answered_together),
                                       TEST(very_many_get_everything_once), TEST(wrong_questions_are_told_why_and_counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
