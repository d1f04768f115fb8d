/* The whole loop in this process, against an aggregator on a thread that acks, and the signals an operator sends. */
#include "collector.h"

#include "rig.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <zmq.h>

struct aggregator {
    void *zmq, *router;
    pthread_t thread;
    char endpoint[100];
    atomic_bool stop;
    _Atomic uint64_t next; /* written by the thread; by the test only to lose the data */
    _Atomic unsigned gaps, events;
};

static void count_events(struct aggregator *a, struct fc_str events, uint32_t count) {
    struct fc_mp mp = fc_mp_open(events.p, events.n);
    struct fc_error err;
    for (uint32_t i = 0; i < count; i++) {
        struct fc_event ev;
        if (fc_event_decode(&mp, &ev, &err) != FC_OK) abort();
        atomic_fetch_add(ev.kind == FC_GAP ? &a->gaps : &a->events, 1);
    }
}

static void answer(struct aggregator *a, zmq_msg_t *id, zmq_msg_t *frame) {
    struct fc_link_msg m;
    struct fc_error err;
    struct fc_mpw w;
    uint8_t buf[200];
    if (fc_link_decode(zmq_msg_data(frame), zmq_msg_size(frame), &m, &err) != FC_OK) abort();
    uint64_t next = atomic_load(&a->next);
    if (m.type == FC_LINK_BATCH && (m.first == next || next == 1)) {
        count_events(a, fc_str_n(m.events.p, m.events.n), m.count);
        atomic_store(&a->next, next = m.first + m.count);
    }
    fc_mpw_init(&w, buf, sizeof buf);
    fc_link_encode(&w, &(struct fc_link_msg){.type = FC_LINK_ACK, .spool = m.spool, .first = next});
    (void)zmq_msg_send(id, a->router, ZMQ_SNDMORE);
    (void)zmq_send(a->router, buf, w.len, 0);
}

static void *serve(void *ctx) {
    struct aggregator *a = ctx;
    while (!atomic_load(&a->stop)) {
        zmq_msg_t id, frame;
        zmq_pollitem_t item = {.socket = a->router, .events = ZMQ_POLLIN};
        if (zmq_poll(&item, 1, 5) <= 0) continue;
        (void)zmq_msg_init(&id);
        (void)zmq_msg_init(&frame);
        (void)zmq_msg_recv(&id, a->router, 0);
        (void)zmq_msg_recv(&frame, a->router, 0);
        answer(a, &id, &frame);
        (void)zmq_msg_close(&frame);
        (void)zmq_msg_close(&id);
    }
    return NULL;
}

static void aggregator_start(struct aggregator *a) {
    size_t n = sizeof a->endpoint;
    int linger = 0;
    memset(a, 0, sizeof *a);
    atomic_store(&a->next, 1);
    a->zmq = zmq_ctx_new();
    a->router = zmq_socket(a->zmq, ZMQ_ROUTER);
    (void)zmq_setsockopt(a->router, ZMQ_LINGER, &linger, sizeof linger);
    assert_int_equal(zmq_bind(a->router, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(a->router, ZMQ_LAST_ENDPOINT, a->endpoint, &n), 0);
    assert_int_equal(pthread_create(&a->thread, NULL, serve, a), 0);
}

static void aggregator_stop(struct aggregator *a) {
    atomic_store(&a->stop, true);
    assert_int_equal(pthread_join(a->thread, NULL), 0);
    (void)zmq_close(a->router);
    (void)zmq_ctx_term(a->zmq);
}

/* ---- the collector --------------------------------------------------------------------------------------------------- */

struct bench {
    struct rig r;
    struct fc_settings settings;
    struct fc_collector *c;
    char file[100], uri[120], config[100];
    char *argv[20];
    int argc;
};

static void bench_init(struct bench *b) {
    memset(b, 0, sizeof *b);
    rig_make_dir(&b->r);
    (void)snprintf(b->file, sizeof b->file, "%s/x.ndjson", b->r.dir);
    (void)snprintf(b->uri, sizeof b->uri, "ndjson:%s", b->file);
    (void)snprintf(b->config, sizeof b->config, "%s/c.yaml", b->r.dir);
    FILE *f = fopen(b->file, "w");
    for (int i = 1; i <= 3000; i++) (void)fprintf(f, "{\"v\":1,\"ts\":%d,\"kind\":\"held\",\"contact\":\"c\",\"src\":\"p\",\"seq\":%d}\n", i, i);
    assert_int_equal(fclose(f), 0);
}

static enum fc_status open_collector(struct bench *b, char *const *args) {
    b->argv[0] = b->uri;
    for (b->argc = 1; args[b->argc - 1] != NULL; b->argc++) b->argv[b->argc] = args[b->argc - 1];
    OK(fc_settings_load(b->argc, b->argv, &b->settings, &b->r.err));
    enum fc_status st = fc_collector_open(b->argc, b->argv, &b->settings, &b->c, &b->r.err);
    if (st != FC_OK) fc_settings_fini(&b->settings);
    return st;
}

static enum fc_status run(struct bench *b) {
    enum fc_status st = FC_OK;
    while (st == FC_OK) st = fc_collector_round(b->c, &b->r.err);
    return st;
}

static void close_collector(struct bench *b) {
    OK(fc_collector_close(b->c, &b->r.err));
    fc_settings_fini(&b->settings);
}

static char o_source[] = "--source", o_spool[] = "--spool", o_once[] = "--once", o_aggregator[] = "--aggregator", o_config[] = "--config";

static void once_ends_when_all_is_acked(void **state) {
    (void)state;
    struct bench b;
    struct aggregator a;
    bench_init(&b);
    aggregator_start(&a);
    for (int i = 0; i < 2; i++) { /* the second time there is nothing left to do */
        OK(open_collector(&b, (char *[]){o_source, b.uri, o_spool, b.r.spool_dir, o_once, o_aggregator, a.endpoint, NULL}));
        assert_int_equal(run(&b), FC_EOF);
        close_collector(&b);
        assert_int_equal(atomic_load(&a.events), 3000);
        assert_int_equal(atomic_load(&a.next), 3001);
    }
    aggregator_stop(&a);
    rig_open(&b.r, FC_SPOOL_LIMIT_DEFAULT);
    assert_int_equal(fc_spool_first(b.r.sink.spool), 3001);
    assert_int_equal(fc_spool_bytes(b.r.sink.spool), 0);
    rig_fini(&b.r);
}

static void spooled_now_is_sent_later(void **state) {
    (void)state;
    struct bench b;
    struct aggregator a;
    bench_init(&b);
    OK(open_collector(&b, (char *[]){o_source, b.uri, o_spool, b.r.spool_dir, o_once, NULL}));
    assert_int_equal(run(&b), FC_EOF);
    close_collector(&b);
    aggregator_start(&a);
    OK(open_collector(&b, (char *[]){o_source, b.uri, o_spool, b.r.spool_dir, o_once, o_aggregator, a.endpoint, NULL}));
    assert_int_equal(run(&b), FC_EOF);
    close_collector(&b);
    assert_int_equal(atomic_load(&a.events), 3000);
    aggregator_stop(&a);
    rig_fini(&b.r);
}

static void a_loss_becomes_a_gap_event(void **state) {
    (void)state;
    struct bench b;
    struct aggregator a;
    bench_init(&b);
    aggregator_start(&a);
    OK(open_collector(&b, (char *[]){o_source, b.uri, o_spool, b.r.spool_dir, o_once, o_aggregator, a.endpoint, NULL}));
    assert_int_equal(run(&b), FC_EOF);
    close_collector(&b);
    atomic_store(&a.next, 1); /* its disk was replaced */
    OK(open_collector(&b, (char *[]){o_source, b.uri, o_spool, b.r.spool_dir, o_aggregator, a.endpoint, NULL}));
    for (int i = 0; i < 1000 && atomic_load(&a.gaps) == 0; i++) OK(fc_collector_round(b.c, &b.r.err));
    close_collector(&b);
    assert_int_equal(atomic_load(&a.gaps), 1);
    assert_int_equal(atomic_load(&a.next), 3003); /* 3001 is the collector's heartbeat, 3002 the gap */
    aggregator_stop(&a);
    rig_fini(&b.r);
}

static void write_config(struct bench *b, const char *text) {
    FILE *f = fopen(b->config, "w");
    (void)fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* What is said on stderr while one signal is handled. */
static const char *said(struct bench *b, int signal_number, enum fc_status want) {
    static char text[4000];
    int fds[2], saved = dup(STDERR_FILENO);
    enum fc_status st = FC_OK;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    assert_true(dup2(fds[1], STDERR_FILENO) >= 0);
    assert_int_equal(raise(signal_number), 0);
    ssize_t n = -1;
    for (int i = 0; i < 20 && n <= 0 && st == FC_OK; i++) {
        st = fc_collector_round(b->c, &b->r.err);
        n = read(fds[0], text, sizeof text - 1);
    }
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(saved), (void)close(fds[0]), (void)close(fds[1]);
    assert_int_equal(st, want);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void signals_reload_and_stop(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    write_config(&b, "country_code: '49'\n");
    OK(open_collector(&b, (char *[]){o_source, b.uri, o_spool, b.r.spool_dir, o_config, b.config, NULL}));
    for (int i = 0; i < 5; i++) OK(fc_collector_round(b.c, &b.r.err));
    write_config(&b, "country_cod: '49'\n");
    assert_non_null(strstr(said(&b, SIGHUP, FC_OK), "c.yaml:1:1: unexpected key `country_cod`; allowed: sources"));
    write_config(&b, "country_code: '86'\naggregator: tcp://127.0.0.1:1\n");
    assert_non_null(strstr(said(&b, SIGHUP, FC_OK), "is fine; new country code; changed, but in effect only after a restart: aggregator"));
    assert_non_null(strstr(said(&b, SIGTERM, FC_EOF), "signal SIGTERM: stopping"));
    close_collector(&b);
    rig_open(&b.r, FC_SPOOL_LIMIT_DEFAULT);
    assert_int_equal(rig_each(&b.r, 1, NULL, NULL), 3000); /* a stop loses nothing */
    rig_fini(&b.r);
}

static void a_start_that_fails_names_what(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b);
    char nowhere[] = "/proc/nonexistent/spool", missing[] = "ndjson:/nonexistent/x.ndjson";
    assert_int_equal(open_collector(&b, (char *[]){o_source, b.uri, o_spool, nowhere, NULL}), FC_IO);
    assert_non_null(strstr(b.r.err.text, "spool /proc/nonexistent/spool: cannot be made: "));
    assert_int_equal(open_collector(&b, (char *[]){o_source, missing, o_spool, b.r.spool_dir, NULL}), FC_IO);
    assert_string_equal(b.r.err.text, "ndjson /nonexistent/x.ndjson: cannot be read: No such file or directory");
    rig_fini(&b.r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(once_ends_when_all_is_acked), cmocka_unit_test(spooled_now_is_sent_later), cmocka_unit_test(a_loss_becomes_a_gap_event),
        cmocka_unit_test(signals_reload_and_stop),     cmocka_unit_test(a_start_that_fails_names_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
