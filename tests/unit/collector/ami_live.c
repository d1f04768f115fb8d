/* The live source against a server in this process, over real TCP, with a clock of its own: the server sends a
 * recording byte for byte in odd-sized pieces, cuts, and is looked at from all the ways in which a peer can be wrong. */
#include "ami_fake.h"
#include "amilog_files.h"
#include "log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECRET "open sesame"

static struct {
    int listener, peer; /* the server's side */
    uint16_t port;
    int64_t now_us;     /* wall time; monotonic time is this, too */
    struct fc_sink *sink;
    struct fc_source *source;
    struct fc_error err;
    char heard[8192];   /* what the source has sent */
    size_t heard_n;
    int log, stderr_kept;
    char record[64];
    unsigned seed;
} t;

/* ---- the stage --------------------------------------------------------------------------------------------------- */

static void listen_somewhere(void) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    t.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(t.listener, (struct sockaddr *)(void *)&a, n), 0);
    assert_int_equal(listen(t.listener, 4), 0);
    assert_int_equal(getsockname(t.listener, (struct sockaddr *)(void *)&a, &n), 0);
    t.port = ntohs(a.sin_port);
}

static void open_source(bool once, const char *record_dir) {
    static char uri[64];
    (void)snprintf(uri, sizeof uri, "ami://wallboard@127.0.0.1:%u", t.port);
    struct fc_source_args args = {.uri = uri, .rest = uri + 4, .sink = t.sink, .once = once, .secret = SECRET, .record_dir = record_dir};
    if (fc_source_ami.open(&args, &t.source, &t.err) != FC_OK) fail_msg("%s", t.err.text);
}

static int start(void **state) {
    (void)state;
    memset(&t, 0, sizeof t);
    t.peer = t.listener = -1;
    t.seed = getenv("FC_SEED") != NULL ? (unsigned)strtoul(getenv("FC_SEED"), NULL, 10) : 20260306u;
    printf("seed %u (set FC_SEED to repeat)\n", t.seed);
    t.now_us = INT64_C(1795347000000000);
    t.sink = fake_create();
    char name[] = "/tmp/fc_ami_log_XXXXXX";
    t.log = mkstemp(name);
    (void)unlink(name);
    t.stderr_kept = dup(STDERR_FILENO);
    (void)dup2(t.log, STDERR_FILENO);
    listen_somewhere();
    return 0;
}

static int stop(void **state) {
    (void)state;
    if (t.source != NULL) fc_source_ami.close(t.source);
    if (t.peer >= 0) (void)close(t.peer);
    if (t.listener >= 0) (void)close(t.listener);
    (void)dup2(t.stderr_kept, STDERR_FILENO);
    (void)close(t.stderr_kept);
    (void)close(t.log);
    fake_free(t.sink);
    return 0;
}

static void hear(void) {
    if (t.peer < 0) return;
    ssize_t n = recv(t.peer, t.heard + t.heard_n, sizeof t.heard - 1 - t.heard_n, MSG_DONTWAIT);
    if (n > 0) t.heard_n += (size_t)n;
    t.heard[t.heard_n] = '\0';
}

static enum fc_status work(void) {
    enum fc_status st = fc_source_ami.work(t.source, NULL, 0, (struct fc_wall){t.now_us}, (struct fc_mono){t.now_us * 1000}, &t.err);
    hear();
    return st;
}

/* Rounds until `done` says so; the kernel's part of a connection takes real time, though little. */
static void until(bool (*done)(void)) {
    for (int i = 0; i < 20000; i++) {
        if (done()) return;
        assert_int_equal(work(), FC_OK);
        if (i > 100) (void)poll(NULL, 0, 1);
    }
    fail_msg("it never happened; heard: %s", t.heard);
}

static bool accepted(void) {
    if (t.peer < 0) t.peer = accept4(t.listener, NULL, NULL, SOCK_NONBLOCK);
    return t.peer >= 0;
}

static void say(const char *bytes, size_t n) {
    for (size_t at = 0; at < n;) {
        ssize_t k = send(t.peer, bytes + at, n - at, MSG_NOSIGNAL);
        if (k > 0) at += (size_t)k;
        else assert_int_equal(work(), FC_OK);
    }
}

static void say_text(const char *text) { say(text, strlen(text)); }

static void hang_up(void) {
    (void)close(t.peer);
    t.peer = -1;
    t.heard_n = 0;
    t.heard[0] = '\0';
}

static uint64_t counter_value;
static const char *counter_name;

static void look(void *ctx, const char *name, uint64_t value) {
    (void)ctx;
    if (strcmp(name, counter_name) == 0) counter_value = value;
}

static uint64_t counter(const char *name) {
    counter_value = UINT64_MAX;
    counter_name = name;
    fc_source_ami.counters(t.source, look, NULL);
    if (counter_value == UINT64_MAX) fail_msg("no counter %s", name);
    return counter_value;
}

static const char *logged(void) {
    static char text[1 << 16];
    ssize_t n = pread(t.log, text, sizeof text - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static void expect_logged(const char *words) {
    if (strstr(logged(), words) == NULL) fail_msg("the log lacks \"%s\": %s", words, logged());
    assert_null(strstr(logged(), SECRET));
}

static bool heard_login(void) { return strstr(t.heard, "Action: Login\r\n") != NULL && strstr(t.heard, "\r\n\r\n") != NULL; }
static bool heard_lists(void) { return strstr(t.heard, "Action: CoreShowChannels\r\n") != NULL; }
static bool heard_ping(void) { return strstr(t.heard, "Action: Ping\r\n") != NULL; }

/* No socket, and some time until the next try. */
static bool is_idle(void) {
    zmq_pollitem_t items[4];
    return counter("dials") > 0 && fc_source_ami.wait(t.source, items, 4) == 0 && fc_source_ami.due_ms(t.source, (struct fc_mono){t.now_us * 1000}) > 400;
}

static void log_in(void) {
    until(accepted);
    say_text("Asterisk Call Manager/11.0.0\r\n");
    until(heard_login);
    say_text("Response: Success\r\nActionID: floorcast-Login\r\nMessage: Authentication accepted\r\n\r\n");
    until(heard_lists);
}

/* ---- a recording over TCP ---------------------------------------------------------------------------------------- */

static uint64_t sent_bytes;

static bool all_received(void) { return counter("bytes") >= sent_bytes; }

/* Sends it in pieces of 1 to 900 bytes, and lets the source read each piece at the time at which the recorder read it. */
static void send_at(const char *bytes, size_t n, int64_t us) {
    if (us > t.now_us) t.now_us = us;
    while (n > 0) {
        size_t k = 1 + (size_t)rand_r(&t.seed) % 900;
        if (k > n) k = n;
        say(bytes, k);
        sent_bytes += k;
        until(all_received);
        bytes += k;
        n -= k;
    }
}

/* How many of the first bytes are the answers to the login and to the lists. */
static size_t prelude_of(const char *bytes, size_t n) {
    const char *mark = memmem(bytes, n, "Event: CoreShowChannelsComplete", 31);
    assert_non_null(mark);
    const char *end = memmem(mark, n - (size_t)(mark - bytes), "\r\n\r\n", 4);
    return (size_t)(end + 4 - bytes);
}

static char *load(size_t *n) {
    char *bytes = malloc(4u << 20);
    gzFile gz = gzopen(FC_TEST_DATA "/asterisk/short/ami.txt.gz", "rb");
    assert_non_null(bytes);
    int got = gzread(gz, bytes, 4u << 20);
    (void)gzclose(gz);
    assert_true(got > 0);
    *n = (size_t)got;
    return bytes;
}

/* Plays `short`. With cut > 0 the server hangs up after so many bytes, takes the next connection, answers it as Asterisk
 * answered the first, and goes on. */
static void play_short(uint64_t cut) {
    struct fc_amilog_files f;
    static char piece[70000];
    size_t n, all_n;
    char *all = load(&all_n);
    assert_int_equal(fc_amilog_open(&f, FC_TEST_DATA "/asterisk/short", &t.err), FC_OK);
    assert_int_equal(fc_amilog_next(&f, &t.err), FC_OK);
    sent_bytes = 0;
    t.now_us = fc_amilog_connection(&f).opened_us;
    until(accepted);
    while (fc_amilog_read(&f, piece, sizeof piece, &n, &t.err) == FC_OK) {
        size_t k = cut > 0 && f.offset > cut ? n - (size_t)(f.offset - cut) : n;
        send_at(piece, k, f.read_us);
        if (k == n) continue;
        hang_up();
        until(is_idle);
        t.now_us += 1500000;
        until(accepted);
        send_at(all, prelude_of(all, all_n), t.now_us);
        send_at(piece + k, n - k, f.read_us);
        cut = 0;
    }
    fc_amilog_close(&f);
    free(all);
}

static struct fc_sink *replay(const char *dir) {
    struct fc_sink *sink = fake_create();
    struct fc_source *s;
    struct fc_source_args args = {.uri = dir, .rest = dir, .sink = sink, .once = true};
    if (fc_source_amilog.open(&args, &s, &t.err) != FC_OK) fail_msg("%s", t.err.text);
    while (fc_source_amilog.work(s, NULL, 0, (struct fc_wall){1}, (struct fc_mono){1}, &t.err) == FC_OK) {}
    fc_source_amilog.close(s);
    return sink;
}

/* The same visits with the same times, reasons and agents. */
static void expect_same_visits(const struct fc_sink *a, const struct fc_sink *b) {
    struct visits va = visits_of(a), vb = visits_of(b);
    assert_int_equal(va.n, vb.n);
    for (size_t i = 0; i < va.n; i++) {
        struct visit *x = &va.v[i], *y = &vb.v[i];
        bool same = strcmp(x->contact, y->contact) == 0 && strcmp(x->queue, y->queue) == 0 && strcmp(x->agent, y->agent) == 0 && x->offered == y->offered &&
                    x->answered == y->answered && x->left == y->left && x->ended == y->ended && x->reason == y->reason && x->by == y->by;
        if (!same) fail_msg("%s and %s differ", x->contact, y->contact);
    }
    free(va.v);
    free(vb.v);
}

static void short_over_tcp_is_short_replayed(void **state) {
    (void)state;
    open_source(false, NULL);
    play_short(0);
    struct fc_sink *replayed = replay(FC_TEST_DATA "/asterisk/short");
    expect_same_visits(t.sink, replayed);
    assert_int_equal(fake_count(t.sink, FC_OFFERED), 31);
    assert_int_equal(fake_count(t.sink, FC_ANSWERED), 20);
    assert_int_equal(counter("messages"), 4405);
    assert_string_equal(fake_nth(t.sink, FC_HELLO, 0)->epoch, "2026-11-22T11:37:58");
    assert_int_equal(strncmp(fake_nth(t.sink, FC_HELLO, 0)->src, "ami:wallboard@127.0.0.1:", 24), 0);
    fake_free(replayed);
}

static void short_over_tcp_with_a_cut(void **state) {
    (void)state;
    open_source(false, NULL);
    play_short(900001);
    struct visits all = visits_of(t.sink);
    unsigned unknown = 0;
    for (size_t i = 0; i < all.n; i++) {
        const struct visit *v = &all.v[i];
        assert_int_equal(v->lefts + (v->answers > 0), 1);
        assert_int_equal(v->ends, v->answers > 0);
        unknown += (v->lefts > 0 && v->reason == FC_LEFT_UNKNOWN) || (v->ends > 0 && v->by == FC_BY_LOST);
    }
    printf("  %zu of 31 visits, %u of them ended unknown, %lu ends of them came later\n", all.n, unknown, (unsigned long)counter("ends_without_visit"));
    assert_true(all.n >= 25 && all.n <= 31);
    assert_int_equal(all.stray, 0);
    assert_int_equal(fake_count(t.sink, FC_GAP), 1);
    assert_int_equal(fake_count(t.sink, FC_HELLO), 2);
    assert_int_equal(fake_count(t.sink, FC_SNAPSHOT), 4);
    assert_int_equal(counter("reconnects"), 1);
    assert_true(counter("bytes_cut") > 0);
    assert_int_equal(counter("waiting_now") + counter("talking_now"), 0);
    expect_logged("closed by the other side, next try in ");
    free(all.v);
}

/* ---- the recorder -------------------------------------------------------------------------------------------------- */

static const char *const recorded[] = {"ami.1.txt", "ami_times.1.tsv", "ami.2.txt", "ami_times.2.tsv", "sent.tsv", "connections.tsv"};

static void file_at(char *path, size_t cap, const char *name) { (void)snprintf(path, cap, "%s/%s", t.record, name); }

static void expect_no_secret(void) {
    static char text[4 << 20];
    char path[200];
    for (size_t i = 0; i < 6; i++) {
        file_at(path, sizeof path, recorded[i]);
        FILE *f = fopen(path, "rb");
        if (f == NULL) fail_msg("%s is missing", path);
        size_t n = fread(text, 1, sizeof text, f);
        (void)fclose(f);
        assert_true(n > 0);
        assert_null(memmem(text, n, SECRET, strlen(SECRET)));
    }
}

static void what_is_recorded_can_be_replayed(void **state) {
    (void)state;
    (void)snprintf(t.record, sizeof t.record, "/tmp/fc_ami_record_XXXXXX");
    assert_non_null(mkdtemp(t.record));
    open_source(false, t.record);
    play_short(700003);
    fc_source_ami.close(t.source);
    t.source = NULL;
    expect_no_secret();
    struct fc_sink *replayed = replay(t.record);
    expect_same_visits(t.sink, replayed);
    assert_int_equal(fake_count(replayed, FC_GAP), 1);
    fake_free(replayed);
    char path[200];
    for (size_t i = 0; i < 6; i++) {
        file_at(path, sizeof path, recorded[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(t.record), 0);
}

/* ---- peers that are wrong ------------------------------------------------------------------------------------------ */

static void pitfall_21_login_refused(void **state) {
    (void)state;
    open_source(false, NULL);
    until(accepted);
    say_text("Asterisk Call Manager/11.0.0\r\n");
    until(heard_login);
    assert_non_null(strstr(t.heard, "Username: wallboard\r\nSecret: " SECRET "\r\nEvents: system,call,agent,dialplan\r\n"));
    say_text("Response: Error\r\nActionID: floorcast-Login\r\nMessage: Authentication failed\r\n\r\n");
    until(is_idle);
    expect_logged(": login refused by Asterisk: Authentication failed (check the user and its secret in manager.conf)");
    expect_logged("ami wallboard@127.0.0.1:");
    assert_int_equal(counter("logins_refused"), 1);
    int64_t due = fc_source_ami.due_ms(t.source, (struct fc_mono){t.now_us * 1000});
    assert_true(due > 23000 && due < 37000);
    assert_int_equal(t.sink->n, 0);
    hang_up();
    t.now_us += due * 1000;
    log_in();
    assert_int_equal(counter("connected_now"), 1);
}

static void pitfall_21_login_refused_ends_a_run_once(void **state) {
    (void)state;
    open_source(true, NULL);
    until(accepted);
    say_text("Asterisk Call Manager/11.0.0\r\n");
    until(heard_login);
    say_text("Response: Error\r\nMessage: Authentication failed\r\n\r\n");
    enum fc_status st = FC_OK;
    for (int i = 0; i < 20000 && st == FC_OK; i++) st = work();
    assert_int_equal(st, FC_IO);
    assert_non_null(strstr(t.err.text, "login refused by Asterisk: Authentication failed"));
}

static void a_peer_that_is_no_asterisk(void **state) {
    (void)state;
    open_source(false, NULL);
    until(accepted);
    say_text("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
    until(is_idle);
    expect_logged("expected the greeting \"Asterisk Call Manager/..\", got something else");
    assert_int_equal(counter("not_asterisk"), 1);
    assert_null(strstr(t.heard, SECRET));
}

static void a_connection_that_is_refused(void **state) {
    (void)state;
    (void)close(t.listener);
    t.listener = -1;
    open_source(false, NULL);
    until(is_idle);
    expect_logged("Connection refused, next try in ");
    int64_t before = 0;
    for (int i = 0; i < 9; i++) {
        int64_t due = fc_source_ami.due_ms(t.source, (struct fc_mono){t.now_us * 1000});
        assert_true(due >= 800 && due <= 36001 && due > before / 2);
        before = due;
        t.now_us += due * 1000;
        assert_int_equal(work(), FC_OK);
        until(is_idle);
    }
    assert_true(before > 23000);
    assert_int_equal(counter("dials_failed"), 10);
}

static void a_peer_that_falls_silent(void **state) {
    (void)state;
    open_source(false, NULL);
    log_in();
    t.now_us += 16000000;
    until(heard_ping);
    say_text("Response: Success\r\nActionID: floorcast-Ping\r\nPing: Pong\r\n\r\n");
    sent_bytes = counter("bytes") + 1;
    until(all_received);
    t.now_us += 16000000;
    assert_int_equal(work(), FC_OK);
    assert_int_equal(counter("connected_now"), 1);
    t.now_us += 15000000;
    until(is_idle);
    expect_logged("nothing heard for 30 s");
    assert_int_equal(fake_count(t.sink, FC_GAP), 1);
    assert_true(fake_count(t.sink, FC_HEARTBEAT) >= 2);
}

/* An hour back while it is connected: what it waits for goes on, and what it tells has the new time. */
static void a_wall_clock_that_is_set_back(void **state) {
    (void)state;
    open_source(false, NULL);
    log_in();
    size_t before = fake_count(t.sink, FC_HEARTBEAT);
    int64_t mono_us = t.now_us, wall_us = t.now_us - INT64_C(3600000000);
    for (int s = 0; s < 14; s++) {
        mono_us += 1000000;
        wall_us += 1000000;
        assert_int_equal(fc_source_ami.work(t.source, NULL, 0, (struct fc_wall){wall_us}, (struct fc_mono){mono_us * 1000}, &t.err), FC_OK);
    }
    assert_int_equal(fake_count(t.sink, FC_HEARTBEAT), before + 2);
    const struct rec *last = &t.sink->recs[t.sink->n - 1];
    assert_true(last->kind == FC_HEARTBEAT && last->ts > wall_us - 6000000 && last->ts <= wall_us);
}

static void a_peer_that_is_away_is_said_to_be_down(void **state) {
    (void)state;
    (void)close(t.listener);
    t.listener = -1;
    open_source(false, NULL);
    for (int s = 0; s < 31; s++) {
        t.now_us += 1000000;
        assert_int_equal(work(), FC_OK);
    }
    assert_true(fake_count(t.sink, FC_HEARTBEAT) >= 5);
    for (size_t i = 0; i < t.sink->n; i++) assert_true(t.sink->recs[i].kind != FC_HEARTBEAT || t.sink->recs[i].word == FC_SOURCE_DOWN);
}

static void a_peer_that_says_nothing_at_all(void **state) {
    (void)state;
    open_source(false, NULL);
    until(accepted);
    assert_int_equal(work(), FC_OK);
    t.now_us += 10500000;
    until(is_idle);
    expect_logged("no greeting within 10 s");
}

static void a_list_that_is_refused_is_said(void **state) {
    (void)state;
    open_source(false, NULL);
    log_in();
    say_text("Response: Error\r\nActionID: floorcast-CoreShowChannels\r\nMessage: Permission denied\r\n\r\n");
    sent_bytes = counter("bytes") + 1;
    until(all_received);
    expect_logged("CoreShowChannels refused by Asterisk: Permission denied");
}

/* ---- our own ways --------------------------------------------------------------------------------------------------- */

static void it_logs_off_when_closed(void **state) {
    (void)state;
    open_source(false, NULL);
    log_in();
    fc_source_ami.close(t.source);
    t.source = NULL;
    (void)poll(&(struct pollfd){.fd = t.peer, .events = POLLIN}, 1, 1000);
    hear();
    assert_non_null(strstr(t.heard, "Action: Logoff\r\n"));
}

static void what_was_missed_while_it_was_down_is_a_gap(void **state) {
    (void)state;
    open_source(false, NULL);
    log_in();
    assert_int_equal(work(), FC_OK);
    int64_t last = t.now_us;
    fc_source_ami.close(t.source);
    assert_int_equal(fake_count(t.sink, FC_GAP), 0);
    hang_up();
    t.now_us += 60000000;
    open_source(false, NULL);
    log_in();
    assert_int_equal(fake_count(t.sink, FC_GAP), 1);
    assert_int_equal(fake_nth(t.sink, FC_GAP, 0)->ts, last);
}

static void a_full_sink_stops_the_reading(void **state) {
    (void)state;
    open_source(false, NULL);
    log_in();
    t.sink->room = 0;
    say_text("Event: QueueCallerJoin\r\nUniqueid: 1.0\r\nQueue: sales\r\n\r\n");
    (void)poll(NULL, 0, 20);
    t.now_us += 40000000; /* longer than the silence that a peer is allowed */
    for (int i = 0; i < 10; i++) assert_int_equal(work(), FC_OK);
    zmq_pollitem_t items[4];
    int n = fc_source_ami.wait(t.source, items, 4);
    assert_true(n == 0 || (items[0].events & ZMQ_POLLIN) == 0);
    assert_true(fc_source_ami.due_ms(t.source, (struct fc_mono){t.now_us * 1000}) > 0);
    assert_int_equal(counter("connected_now"), 1);
    t.sink->room = SIZE_MAX;
    for (int i = 0; i < 10; i++) assert_int_equal(work(), FC_OK);
    assert_int_equal(fake_count(t.sink, FC_OFFERED), 1);
}

static void a_name_is_looked_up(void **state) {
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* the C library makes the thread that looks names up, unseen by ThreadSanitizer, which crashes on it */
#endif
    static char rest[64];
    (void)snprintf(rest, sizeof rest, "//wallboard@localhost:%u", t.port);
    struct fc_source_args args = {.uri = "ami:?", .rest = rest, .sink = t.sink, .secret = SECRET};
    assert_int_equal(fc_source_ami.open(&args, &t.source, &t.err), FC_OK);
    log_in();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(short_over_tcp_is_short_replayed),
        TEST(short_over_tcp_with_a_cut),
        TEST(what_is_recorded_can_be_replayed),
        TEST(pitfall_21_login_refused),
        TEST(pitfall_21_login_refused_ends_a_run_once),
        TEST(a_peer_that_is_no_asterisk),
        TEST(a_connection_that_is_refused),
        TEST(a_peer_that_falls_silent),
        TEST(a_wall_clock_that_is_set_back),
        TEST(a_peer_that_is_away_is_said_to_be_down),
        TEST(a_peer_that_says_nothing_at_all),
        TEST(a_list_that_is_refused_is_said),
        TEST(it_logs_off_when_closed),
        TEST(what_was_missed_while_it_was_down_is_a_gap),
        TEST(a_full_sink_stops_the_reading),
        TEST(a_name_is_looked_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
