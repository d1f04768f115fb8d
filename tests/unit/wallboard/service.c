/* The whole service in a child process, between a played aggregator (XPUB and ROUTER) and raw sockets that speak HTTP
 * and WebSocket by hand. */
#include "kpi.h"
#include "play.h"
#include "server.h"
#include "wire.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

static char web_dir[] = "/tmp/fc-web-XXXXXX";
static pid_t child;

/* --- the service --- */

static void write_file(const char *name, const char *text) {
    char path[200];
    (void)snprintf(path, sizeof path, "%s/%s", web_dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void no_reload(struct fc_server *server, void *ctx) {
    struct fc_settings settings;
    struct fc_error err;
    if (fc_settings_load(&settings, ctx, &err) == FC_OK) fc_server_reload(server, &settings);
}

static _Noreturn void serve(int report) {
    static struct fc_option_values got[FC_SET_COUNT];
    static struct fc_server server;
    struct fc_settings settings;
    struct fc_error err = {0};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* does not outlive a test that is stopped */
    got[FC_SET_LISTEN] = (struct fc_option_values){1, {"127.0.0.1:0"}};
    got[FC_SET_PUBLISH] = (struct fc_option_values){1, {publish_at}};
    got[FC_SET_QUERY] = (struct fc_option_values){1, {query_at}};
    got[FC_SET_WEB] = (struct fc_option_values){1, {web_dir}};
    got[FC_SET_MAX_CLIENTS] = (struct fc_option_values){1, {"6"}};
    enum fc_status st = fc_settings_load(&settings, got, &err);
    if (st == FC_OK) st = fc_server_open(&server, &settings, &err);
    if (st != FC_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        _exit(1);
    }
    int bound = server.door.port;
    if (write(report, &bound, sizeof bound) != sizeof bound) _exit(1);
    fc_server_run(&server, no_reload, got);
    fc_server_close(&server);
    exit(0);
}

static int start(void **state) {
    (void)state;
    int report[2];
    (void)snprintf(publish_at, sizeof publish_at, "ipc://@fc-wall-%d-p", (int)getpid());
    (void)snprintf(query_at, sizeof query_at, "ipc://@fc-wall-%d-q", (int)getpid());
    assert_non_null(mkdtemp(web_dir));
    write_file("index.html", "<!doctype html><title>Floorcast</title><link rel=stylesheet href=/main.css>");
    write_file("editor.html", "<title>Editor</title>");
    write_file("main.css", "body{color:red}");
    write_file("main-ABCDEFG2.js", "0;");
    assert_int_equal(pipe(report), 0);
    assert_true((child = fork()) >= 0);
    if (child == 0) serve(report[1]);
    assert_int_equal(read(report[0], &port, sizeof port), sizeof port);
    zmq = zmq_ctx_new();
    open_aggregator();
    expect_subscription(1);
    floor_snapshot(1);
    beat("aaaa");
    return 0;
}

static int stop(void **state) {
    (void)state;
    int status = 0;
    assert_int_equal(kill(child, SIGTERM), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close_aggregator();
    assert_int_equal(zmq_ctx_term(zmq), 0);
    char command[100];
    (void)snprintf(command, sizeof command, "rm -r %s", web_dir);
    return system(command);
}

/* --- tests --- */

/* The snapshot came before the first heartbeat did, over one ordered connection. */
static void until_up(void) {
    static struct reply r;
    for (int i = 0; i < WAIT_MS / 20; i++) {
        beat("aaaa");
        if (get("/healthz", "", &r) == 200) return;
        (void)usleep(20000);
    }
    fail_msg("never up: %s", r.body);
}

static void health_and_metrics(void **state) {
    (void)state;
    static struct reply r;
    until_up();
    assert_int_equal(get("/healthz", "", &r), 200);
    assert_non_null(strstr(r.body, "\"status\":\"ok\""));
    assert_non_null(strstr(r.body, "\"instance\":\"aaaa\""));
    assert_int_equal(get("/metrics", "", &r), 200);
    assert_non_null(strstr(r.body, "# TYPE floorcast_wallboard_clients gauge\n"));
    assert_non_null(strstr(r.body, "floorcast_aggregator_events_total{cell=\"1\"} 12345\n"));
    assert_non_null(strstr(r.body, "floorcast_aggregator_ring_fill{cell=\"1\"} 0.25\n"));
    assert_non_null(strstr(r.body, "floorcast_wallboard_topics 4\n"));
}

static void static_files_on_one_connection(void **state) {
    (void)state;
    static struct reply r;
    char tag[64], same[100];
    int fd = dial();
    ask(fd, "GET", "/", "", &r);
    assert_non_null(strstr(r.head, "text/html"));
    ask(fd, "GET", "/main.css", "", &r);
    assert_non_null(strstr(r.head, "text/css"));
    assert_memory_equal(r.body, "body{color:red}", 15);
    assert_non_null(strstr(r.head, "cache-control: no-cache"));
    assert_int_equal(sscanf(strstr(r.head, "etag: "), "etag: %40s", tag), 1);
    (void)snprintf(same, sizeof same, "If-None-Match: %s\r\n", tag);
    ask(fd, "GET", "/main.css", same, &r);
    assert_int_equal(r.status, 304);
    ask(fd, "GET", "/main-ABCDEFG2.js", "", &r);
    assert_non_null(strstr(r.head, "immutable"));
    ask(fd, "GET", "/d/front", "", &r);
    assert_non_null(strstr(r.body, "<title>Floorcast")); /* no display.html: the one page that there is */
    ask(fd, "GET", "/edit/front", "", &r);
    assert_non_null(strstr(r.body, "<title>Editor"));
    ask(fd, "GET", "/edit", "", &r);
    assert_non_null(strstr(r.body, "<title>Editor"));
    ask(fd, "GET", "/edit/front/back", "", &r);
    assert_int_equal(r.status, 404);
    ask(fd, "GET", "/nothing", "", &r);
    assert_int_equal(r.status, 404);
    ask(fd, "GET", "/api/v1/kpi?group=all", "", &r);
    assert_int_equal(r.status, 200);
    static const char two[] = "HEAD /main.css HTTP/1.1\r\nHost: localhost\r\n\r\nGET /main.css HTTP/1.1\r\nHost: localhost\r\n\r\n";
    say(fd, two, sizeof two - 1);
    char both[1500] = {0};
    for (size_t n = 0; strstr(both, "body{color:red}") == NULL;) {
        ssize_t k = recv(fd, both + n, sizeof both - 1 - n, 0);
        assert_true(k > 0);
        n += (size_t)k;
    }
    assert_int_equal(close(fd), 0);
    fd = dial();
    ask(fd, "POST", "/api/v1/kpi", "Content-Length: 3\r\n\r\nabc", &r);
    assert_int_equal(r.status, 405);
    assert_non_null(strstr(r.head, "allow: GET, HEAD"));
    assert_int_equal(close(fd), 0);
    assert_int_equal(get("/../../etc/passwd", "", &r), 404);
}

static void kpi_answers(void **state) {
    (void)state;
    static struct reply r;
    assert_int_equal(get("/api/v1/kpi?queue=a%2Fb&window=day", "", &r), 200);
    assert_non_null(strstr(r.body, "\"name\":\"a/b\""));
    assert_non_null(strstr(r.body, "\"service_level\":{\"value\":null,\"n\":0}"));
    assert_int_equal(get("/api/v1/kpi", "", &r), 200);
    assert_non_null(strstr(r.body, "\"scope\":\"all\""));
    assert_null(strstr(r.body, "\"scope\":\"agent\""));
    assert_int_equal(get("/api/v1/kpi?scope=agent", "Accept: text/csv\r\n", &r), 200);
    assert_memory_equal(r.body,
                        "\xef\xbb\xbf"
                        "at,scope,",
                        12);
    assert_non_null(strstr(r.body, "2025-10-09T08:53:20.000001Z,agent,\"'=cmd\",all,day,1,0.8,1\r\n"));
    assert_int_equal(get("/api/v1/kpi?queue=nobody", "", &r), 404);
    assert_int_equal(get("/api/v1/kpi?window=year", "", &r), 400);
    assert_string_equal(r.body, "{\"error\":\"window=year: expected one of: now m15 h1 day\"}\n");
    assert_int_equal(get("/api/v1/kpi?quue=x", "", &r), 400);
    assert_int_equal(get("/api/v1/kpi?channel=fax", "", &r), 400);
    assert_string_equal(r.body,
                        "{\"error\":\"channel=fax: expected one of: all voice chat email sms ticket internal\"}\n");
    assert_int_equal(get("/api/v1/nothing", "", &r), 404);
}

/* Two queues, one of them with two channels, a group of both; until the next instance buries them. */
static void publish_mixed(void) {
    publish_channels("queue/phones/day", "phones", "all", "voice", 41);
    publish_channels("queue/mixed/day", "mixed", "all", "voice chat", 42);
    publish_channels("queue/mixed/voice/day", "mixed", "voice", "voice", 43);
    publish_channels("queue/mixed/chat/day", "mixed", "chat", "chat", 44);
    publish_channels("group/front/day", "front", "all", "voice chat", 45);
    publish_channels("group/front/chat/day", "front", "chat", "chat", 46);
}

static void until_seen(const char *path, const char *what) {
    static struct reply r;
    for (int i = 0; i < WAIT_MS / 10; i++) {
        if (get(path, "", &r) == 200 && strstr(r.body, what) != NULL) return;
        (void)usleep(10000);
    }
    fail_msg("%s: no %s in %s", path, what, r.body);
}

static void channels_and_groups(void **state) {
    (void)state;
    static struct reply r;
    publish_mixed();
    until_seen("/api/v1/kpi?group=front&channel=chat", "\"waiting\":46");
    assert_int_equal(get("/api/v1/kpi?queue=mixed", "", &r), 200);
    assert_non_null(strstr(r.body, "\"waiting\":42"));
    assert_int_equal(get("/api/v1/kpi?queue=mixed&channel=chat", "", &r), 200);
    assert_non_null(strstr(r.body, "\"waiting\":44"));
    assert_int_equal(get("/api/v1/kpi?queue=phones&channel=voice", "", &r),
                     200); /* its only one: the queue's item by that name */
    assert_non_null(
        strstr(r.body, "\"channel\":\"voice\",\"channels\":[\"voice\"],\"window\":\"day\",\"waiting\":41,"));
    assert_int_equal(get("/api/v1/kpi?queue=phones&channel=chat", "", &r), 404);
    assert_string_equal(r.body, "{\"error\":\"channel=chat: no such channel here, at queue=phones\"}\n");
    assert_int_equal(get("/api/v1/kpi?scope=queue&channel=voice", "", &r), 200);
    const char *first = strstr(r.body, "\"waiting\":43"), *second = strstr(r.body, "\"waiting\":41");
    assert_true(first != NULL && second != NULL && first < second); /* by name */
    assert_null(strstr(r.body, "\"waiting\":42"));
    assert_null(strstr(r.body, "sales")); /* it has no channels yet */
    assert_int_equal(get("/api/v1/kpi?scope=queue", "", &r), 200);
    assert_non_null(strstr(r.body, "\"waiting\":42"));
    assert_null(strstr(r.body, "\"waiting\":43"));
    assert_int_equal(get("/api/v1/kpi?scope=group", "", &r), 200);
    assert_non_null(strstr(r.body, "\"waiting\":45"));
    assert_null(strstr(r.body, "\"name\":\"all\""));
    assert_int_equal(get("/api/v1/kpi?group=back", "", &r), 404);
    assert_int_equal(get("/api/v1/kpi?agent=%3Dcmd&channel=voice", "", &r), 400);
    assert_int_equal(get("/api/v1/kpi?queue=mixed&channel=chat", "Accept: text/csv\r\n", &r), 200);
    assert_non_null(strstr(r.body, "mixed,chat,chat,day,44,"));
    assert_int_equal(get("/api/v1/kpis", "Accept: text/csv\r\n", &r), 200);
    assert_memory_equal(r.body,
                        "\xef\xbb\xbf"
                        "key,",
                        7);
}

static void ask_later(int fd, const char *path) {
    char text[500];
    int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    say(fd, text, (size_t)n);
}

static void catalogue_is_told(void **state) {
    (void)state;
    static struct reply r;
    assert_int_equal(get("/api/v1/kpis", "", &r), 200);
    assert_non_null(strstr(r.head, "application/json"));
    json_t *root = json_loads(r.body, 0, NULL), *row;
    size_t i, rows = 0;
    json_array_foreach(json_object_get(root, "kpis"), i, row) rows +=
        json_string_value(json_object_get(row, "key")) != NULL;
    assert_int_equal(rows, FC_KPI_ALL);
    json_decref(root);
    assert_int_equal(get("/api/v1/kpis?queue=a", "", &r), 400);
}

static void history_answers(void **state) {
    (void)state;
    static struct reply r;
    int fd = dial();
    ask_later(fd, "/api/v1/history?queue=sales&kpi=service_level&from=60000000&to=120000000&step=60000000");
    answer(true);
    read_reply(fd, &r);
    assert_string_equal(
        r.body,
        "{\"kpi\":\"service_level\",\"points\":[{\"from_us\":60000000,\"to_us\":120000000,\"value\":0.5,\"n\":4}]}\n");
    ask_later(fd, "/api/v1/history?queue=sales&kpi=nonsense&from=60000000&to=120000000");
    answer(true);
    read_reply(fd, &r);
    assert_int_equal(r.status, 400);
    ask_later(fd, "/api/v1/kpi?queue=zz&from=60000000&to=120000000");
    answer(false);
    read_reply(fd, &r);
    assert_int_equal(r.status, 400);
    assert_string_equal(r.body, "{\"error\":\"queue=zz: unknown\"}\n");
    ask_later(fd, "/api/v1/kpi?from=60000000&to=120000000");
    answer(true);
    answer(true);
    read_reply(fd, &r);
    assert_non_null(strstr(r.body, "\"from_us\":60000000,\"to_us\":120000000,\"items\":[{"));
    ask_later(fd, "/api/v1/history?group=front&channel=chat&kpi=service_level&from=60000000&to=120000000");
    answer(true);
    read_reply(fd, &r);
    assert_int_equal(r.status, 200);
    assert_string_equal(asked("scope"), "group");
    assert_string_equal(asked("name"), "front");
    assert_string_equal(asked("channel"), "chat");
    ask_later(fd, "/api/v1/kpi?queue=zz&agent=ann&from=60000000&to=120000000");
    answer_with("absent", "queue \"zz\": no such queue");
    assert_string_equal(asked("channel"), "");
    answer(true); /* of the agent: the queue is missing all the same */
    read_reply(fd, &r);
    assert_int_equal(r.status, 404);
    assert_string_equal(r.body, "{\"error\":\"queue \\\"zz\\\": no such queue\"}\n");
    ask_later(fd, "/api/v1/kpi?scope=agent&from=60000000&to=120000000");
    answer_with("full", "more than 100000 items");
    read_reply(fd, &r);
    assert_int_equal(r.status, 400);
    ask_later(fd, "/api/v1/kpi?scope=group&from=60000000&to=120000000");
    answer_with("io", "store: gone");
    read_reply(fd, &r);
    assert_int_equal(r.status, 502);
    ask_later(fd, "/api/v1/kpi?queue=sales&from=60000000&to=120000000"); /* nobody waits for this answer */
    assert_int_equal(close(fd), 0);
    answer(true);
    assert_int_equal(get("/api/v1/kpi?from=5&to=4", "", &r), 400);
    assert_int_equal(get("/healthz", "", &r), 200);
}

static void snapshot_then_changes(void **state) {
    (void)state;
    int fd = ws_open("\"queue/sales/day\",\"agent/*\",\"queue/new/day\"");
    json_t *first = ws_next(fd, "state");
    assert_int_equal(json_array_size(json_object_get(first, "items")), 2);
    assert_int_equal(waiting_in(first, "queue/sales/day"), 3);
    json_decref(first);
    publish("queue/sales/day", "sales", "day", 2, 4);
    publish("queue/other/day", "other", "day", 2, 9);
    json_t *next = ws_next(fd, "state");
    assert_int_equal(json_array_size(json_object_get(next, "items")), 1);
    assert_int_equal(waiting_in(next, "queue/sales/day"), 4);
    json_decref(next);
    publish("queue/new/day", "new", "day", 1, 7);
    next = ws_next(fd, "state");
    assert_int_equal(waiting_in(next, "queue/new/day"), 7);
    json_decref(next);
    publish("agent/late/day", "late", "day", 1, 8);
    next = ws_next(fd, "state");
    assert_int_equal(waiting_in(next, "agent/late/day"), 8);
    json_decref(next);
    bool up = false; /* a slow machine may have let more than two seconds pass since the last beat */
    for (int i = 0; i < 5 && !up; i++) {
        beat("aaaa");
        next = ws_next(fd, "tick");
        up = strcmp(json_string_value(json_object_get(next, "feed")), "up") == 0;
        json_decref(next);
    }
    assert_true(up);
    ws_subscribe(fd, "\"no/such\""); /* the former set is replaced; even nothing is answered */
    next = ws_next(fd, "state");
    assert_int_equal(json_array_size(json_object_get(next, "items")), 0);
    json_decref(next);
    ws_say(fd, 1, "{\"op\":\"dance\"}", 14);
    next = ws_next(fd, "error");
    assert_string_equal(json_string_value(json_object_get(next, "error")), "op: expected \"subscribe\"");
    json_decref(next);
    assert_int_equal(close(fd), 0);
}

static void msgpack_passes_bytes_through(void **state) {
    (void)state;
    static struct reply r;
    static uint8_t bytes[65536];
    size_t n = 0;
    uint8_t item[512];
    size_t item_n = fake_item(item, sizeof item, "queue/sales/day", "sales", "day", 5, 11);
    publish_bytes("queue/sales/day", item, item_n);
    beat("aaaa");
    int fd = upgrade("floorcast.msgpack", "", &r);
    assert_int_equal(r.status, 101);
    assert_non_null(strstr(r.head, "floorcast.msgpack"));
    assert_int_equal(ws_frame(fd, bytes, sizeof bytes, &n), 0x82);
    static const char wish[] = "\x82\xa2op\xa9subscribe\xa6topics\x91\xafqueue/sales/day";
    ws_say(fd, 2, wish, sizeof wish - 1);
    do {
        assert_int_equal(ws_frame(fd, bytes, sizeof bytes, &n), 0x82);
    } while (memmem(bytes, n, item, item_n) == NULL && memmem(bytes, n, "\xa4tick", 5) != NULL);
    assert_non_null(memmem(bytes, n, item, item_n));
    assert_int_equal(close(fd), 0);
}

static void strangers_are_refused(void **state) {
    (void)state;
    static struct reply r;
    char own[80];
    assert_int_equal(close(upgrade("floorcast.json", "Origin: http://evil.example\r\n", &r)), 0);
    assert_int_equal(r.status, 403);
    assert_int_equal(close(upgrade("floorcast.json", "Origin: null\r\n", &r)), 0);
    assert_int_equal(r.status, 403);
    assert_int_equal(close(upgrade("floorcast.json", "Origin: http://127.0.0.1:1\r\n", &r)), 0);
    assert_int_equal(r.status, 403);
    (void)snprintf(own, sizeof own, "Origin: http://127.0.0.1:%d\r\n", port);
    assert_int_equal(close(upgrade("floorcast.json", own, &r)), 0);
    assert_int_equal(r.status, 101);
    assert_int_equal(close(upgrade("feed", "", &r)), 0);
    assert_int_equal(r.status, 400);
    assert_int_equal(close(upgrade(NULL, "", &r)), 0);
    assert_int_equal(r.status, 400);
    int fds[6];
    for (int i = 0; i < 6; i++) fds[i] = ws_open("\"queue/sales/day\"");
    assert_int_equal(close(upgrade("floorcast.json", "", &r)), 0);
    assert_int_equal(r.status, 503);
    for (int i = 0; i < 6; i++) assert_int_equal(close(fds[i]), 0);
    for (int i = 0; i < 500 && get("/healthz", "", &r) > 0 && strstr(r.body, "\"clients\":0") == NULL; i++)
        (void)usleep(10000);
    int fd = ws_open("\"queue/sales/day\"");
    static char large[20000];
    memset(large, ' ', sizeof large);
    ws_say(fd, 1, large, sizeof large);
    static uint8_t bytes[65536];
    size_t n;
    while (ws_frame(fd, bytes, sizeof bytes, &n) != 0x88) continue;
    assert_int_equal(bytes[0] << 8 | bytes[1], 1009);
    assert_int_equal(close(fd), 0);
}

/* While the client reads nothing, far more is published than any socket buffer holds. */
static void slow_reader_gets_the_latest(void **state) {
    (void)state;
    enum { ROUNDS = 60, TOPICS = 1000 };
    char name[40], topic[60];
    receive_buffer = 4096;
    int fd = ws_open("\"queue/slow*\"");
    receive_buffer = 0;
    json_decref(ws_next(fd, "state"));
    for (int round = 1; round <= ROUNDS; round++) {
        for (int i = 0; i < TOPICS; i++) {
            static uint8_t bytes[4096];
            (void)snprintf(name, sizeof name, "slow%04d", i);
            (void)snprintf(topic, sizeof topic, "queue/%s/day", name);
            size_t n = fake_item(bytes, sizeof bytes, topic, name, "day", (uint64_t)round, round);
            publish_bytes(topic, bytes, n);
        }
        beat("aaaa");
        (void)usleep(25000);
    }
    int seen[TOPICS] = {0}, frames = 0, done = 0;
    while (done < TOPICS) {
        json_t *next = ws_next(fd, "state"), *item;
        size_t i;
        frames++;
        json_array_foreach(json_object_get(next, "items"), i, item) {
            int k = atoi(json_string_value(json_object_get(item, "name")) + 4), was = seen[k];
            seen[k] = (int)json_integer_value(json_object_get(item, "waiting"));
            assert_true(seen[k] >= was);
            if (seen[k] == ROUNDS && was != ROUNDS) done++;
        }
        json_decref(next);
    }
    print_message("slow reader: %d frames for %d rounds\n", frames, ROUNDS);
    assert_true(frames < ROUNDS); /* how many the kernel took is its affair; the rest were never made */
    assert_int_equal(close(fd), 0);
}

static void loss_is_noticed(void **state) {
    (void)state;
    beat("aaaa");
    sent += 3; /* as if three messages had gone astray */
    beat("aaaa");
    expect_subscription(0);
    expect_subscription(1);
    floor_snapshot(20);
    for (int i = 0; i < 4; i++) beat("aaaa");
    int fd = ws_open("\"queue/sales/day\"");
    json_t *first = ws_next(fd, "state");
    assert_int_equal(waiting_in(first, "queue/sales/day"), 3);
    json_decref(first);
    assert_int_equal(close(fd), 0);
}

static void new_instance_buries_the_old(void **state) {
    (void)state;
    static struct reply r;
    int fd = ws_open("\"queue/other/day\",\"queue/sales/day\"");
    json_decref(ws_next(fd, "state"));
    close_aggregator();
    open_aggregator();
    expect_subscription(1);
    beat("bbbb");
    expect_subscription(0);
    expect_subscription(1);
    floor_snapshot(1);
    for (int i = 0; i < 5; i++) beat("bbbb");
    bool gone = false;
    while (!gone) {
        json_t *next = ws_next(fd, "state"), *item;
        size_t i;
        json_array_foreach(json_object_get(next, "items"), i,
                           item) if (strcmp(json_string_value(json_object_get(item, "topic")), "queue/other/day") == 0)
            gone = json_is_true(json_object_get(item, "gone"));
        json_decref(next);
    }
    assert_int_equal(get("/api/v1/kpi?queue=other", "", &r), 404);
    assert_int_equal(get("/api/v1/kpi?queue=sales", "", &r), 200);
    assert_int_equal(close(fd), 0);
}

static void silence_is_said(void **state) {
    (void)state;
    static struct reply r;
    int fd = ws_open("\"queue/sales/day\"");
    for (;;) {
        json_t *next = ws_next(fd, "tick");
        bool down = strcmp(json_string_value(json_object_get(next, "feed")), "down") == 0;
        json_decref(next);
        if (down) break;
    }
    assert_int_equal(get("/healthz", "", &r), 503);
    assert_non_null(strstr(r.body, "\"status\":\"stale\""));
    assert_int_equal(get("/api/v1/kpi?queue=sales", "", &r), 200);
    until_up();
    assert_int_equal(close(fd), 0);
}

static void reload_takes_a_new_page(void **state) {
    (void)state;
    static struct reply r;
    write_file("index.html", "<title>Second</title>");
    assert_int_equal(kill(child, SIGHUP), 0);
    for (int i = 0; i < 500 && get("/", "", &r) == 200 && strstr(r.body, "Second") == NULL; i++) (void)usleep(10000);
    assert_non_null(strstr(r.body, "Second"));
}

static void goodbye_is_1001(void **state) {
    (void)state;
    static uint8_t bytes[65536];
    size_t n;
    int fd = ws_open("\"queue/sales/day\"");
    assert_int_equal(kill(child, SIGTERM), 0);
    while (ws_frame(fd, bytes, sizeof bytes, &n) != 0x88) continue;
    assert_int_equal(bytes[0] << 8 | bytes[1], 1001);
    assert_int_equal(close(fd), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(health_and_metrics),    cmocka_unit_test(static_files_on_one_connection),
        cmocka_unit_test(kpi_answers),           cmocka_unit_test(channels_and_groups),
        cmocka_unit_test(catalogue_is_told),     cmocka_unit_test(history_answers),
        cmocka_unit_test(snapshot_then_changes), cmocka_unit_test(msgpack_passes_bytes_through),
        cmocka_unit_test(strangers_are_refused), cmocka_unit_test(slow_reader_gets_the_latest),
        cmocka_unit_test(loss_is_noticed),       cmocka_unit_test(new_instance_buries_the_old),
        cmocka_unit_test(silence_is_said),       cmocka_unit_test(reload_takes_a_new_page),
        cmocka_unit_test(goodbye_is_1001),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
