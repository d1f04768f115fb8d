/* The replay as a source: its place is kept over restarts and full disks, its pace is the recording's, and a directory
 * that is no recording is refused in one sentence. */
#include "ami_fake.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char dir[64];

static struct fc_source *open_dir(const char *path, struct fc_sink *sink, double speed, struct fc_error *err) {
    struct fc_source *s = NULL;
    struct fc_source_args args = {.uri = path, .rest = path, .sink = sink, .once = true, .speed = speed};
    return fc_source_amilog.open(&args, &s, err) == FC_OK ? s : NULL;
}

static struct fc_source *open_corpus(const char *name, struct fc_sink *sink, double speed) {
    static char path[500];
    struct fc_error err = {{0}};
    (void)snprintf(path, sizeof path, "%s/asterisk/%s", FC_TEST_DATA, name);
    struct fc_source *s = open_dir(path, sink, speed, &err);
    if (s == NULL) fail_msg("%s", err.text);
    return s;
}

static enum fc_status work(struct fc_source *s, int64_t mono_ms) {
    struct fc_error err = {{0}};
    enum fc_status st = fc_source_amilog.work(s, NULL, 0, (struct fc_wall){1}, (struct fc_mono){mono_ms * 1000000 + 1}, &err);
    if (st != FC_OK && st != FC_EOF) fail_msg("%s", err.text);
    return st;
}

static void expect_same(const struct fc_sink *a, const struct fc_sink *b) {
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++)
        if (memcmp(&a->recs[i], &b->recs[i], sizeof a->recs[i]) != 0) fail_msg("event %zu differs: %s and %s", i, fc_kind_name(a->recs[i].kind), fc_kind_name(b->recs[i].kind));
}

static struct fc_sink *uninterrupted(const char *name) {
    struct fc_sink *sink = fake_create();
    struct fc_source *s = open_corpus(name, sink, 0);
    while (work(s, 0) == FC_OK) {}
    fc_source_amilog.close(s);
    return sink;
}

static unsigned seed_of_run(void) {
    unsigned seed = getenv("FC_SEED") != NULL ? (unsigned)strtoul(getenv("FC_SEED"), NULL, 10) : 20260306u;
    printf("seed %u (set FC_SEED to repeat)\n", seed);
    return seed;
}

/* What is committed are the marks and the events of the same rounds: so a kill is a close after any round. */
static void goes_on_after_a_restart(void **state) {
    (void)state;
    unsigned seed = seed_of_run();
    struct fc_sink *whole = uninterrupted("crash"), *sink = fake_create();
    for (bool ended = false; !ended;) {
        struct fc_source *s = open_corpus("crash", sink, 0);
        int rounds = 1 + rand_r(&seed) % 25;
        size_t before = sink->n;
        while (rounds > 0 && !ended) {
            ended = work(s, 0) == FC_EOF;
            rounds -= sink->n > before || ended; /* the rounds that only catch up do not count */
        }
        fc_source_amilog.close(s);
    }
    expect_same(whole, sink);
    struct fc_source *s = open_corpus("crash", sink, 0); /* and once more when all is done */
    while (work(s, 0) == FC_OK) {}
    fc_source_amilog.close(s);
    expect_same(whole, sink);
    fake_free(whole);
    fake_free(sink);
}

static void a_full_sink_and_restarts_lose_nothing(void **state) {
    (void)state;
    unsigned seed = seed_of_run();
    struct fc_sink *whole = uninterrupted("restart"), *sink = fake_create();
    for (bool ended = false; !ended;) {
        struct fc_source *s = open_corpus("restart", sink, 0);
        for (int rounds = 400; rounds > 0 && !ended; rounds--) {
            sink->room = (size_t)(rand_r(&seed) % 12);
            ended = work(s, 0) == FC_EOF;
            if (sink->room == 0) assert_true(fc_source_amilog.due_ms(s, (struct fc_mono){1}) > 0);
        }
        fc_source_amilog.close(s);
    }
    expect_same(whole, sink);
    fake_free(whole);
    fake_free(sink);
}

static void real_time(void **state) {
    (void)state;
    struct fc_sink *whole = uninterrupted("short"), *sink = fake_create();
    struct fc_source *s = open_corpus("short", sink, 1);
    int64_t ms = 0, first = 0;
    while (work(s, ms) == FC_OK) {
        int64_t due = fc_source_amilog.due_ms(s, (struct fc_mono){ms * 1000000 + 1});
        assert_true(due >= 0 && due < 10000);
        if (sink->n > 0 && first == 0) first = sink->recs[0].ts;
        for (size_t i = 0; i < sink->n; i++) assert_true(sink->recs[i].ts <= first + (ms + 2) * 1000);
        ms += due;
    }
    assert_true(ms > 80000 && ms < 82000); /* 81 s were recorded */
    expect_same(whole, sink);
    fc_source_amilog.close(s);
    fake_free(sink);

    sink = fake_create(); /* ten times as fast */
    s = open_corpus("short", sink, 10);
    for (ms = 0; work(s, ms) == FC_OK;) ms += fc_source_amilog.due_ms(s, (struct fc_mono){ms * 1000000 + 1});
    assert_true(ms > 8000 && ms < 8300);
    expect_same(whole, sink);
    fc_source_amilog.close(s);
    fake_free(sink);
    fake_free(whole);
}

static void names_and_snapshot(void **state) {
    (void)state;
    struct fc_sink *sink = uninterrupted("short");
    assert_string_equal(sink->recs[0].src, "amilog:short");
    const struct rec *hello = fake_nth(sink, FC_HELLO, 0);
    assert_string_equal(hello->epoch, "2026-11-22T11:37:58");
    assert_string_equal(fake_nth(sink, FC_JOINED, 0)->src, "amilog:short");
    assert_int_equal(fake_count(sink, FC_SNAPSHOT), 2);
    fake_free(sink);
}

/* ---- what is no recording ---------------------------------------------------------------------------------------- */

static int make_dir(void **state) {
    (void)state;
    (void)snprintf(dir, sizeof dir, "/tmp/fc_amilog_XXXXXX");
    return mkdtemp(dir) == NULL ? -1 : 0;
}

static int remove_dir(void **state) {
    (void)state;
    static const char *const names[] = {"ami.1.txt", "ami_times.1.tsv", "connections.tsv", "ami.txt.gz", "ami_times.tsv"};
    char path[200];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    return rmdir(dir);
}

static void put(const char *name, const char *text) {
    char path[200];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* Opens and reads on until something is wrong; what is said must hold all of `words`. */
static void expect_error(const char *path, const char *a, const char *b) {
    struct fc_error err = {{0}};
    struct fc_sink *sink = fake_create();
    struct fc_source *s = open_dir(path, sink, 0, &err);
    if (s != NULL) {
        enum fc_status st;
        do st = fc_source_amilog.work(s, NULL, 0, (struct fc_wall){1}, (struct fc_mono){1}, &err);
        while (st == FC_OK);
        assert_int_not_equal(st, FC_EOF);
        fc_source_amilog.close(s);
    }
    if (strstr(err.text, a) == NULL || strstr(err.text, b) == NULL || strchr(err.text, '\n') != NULL) fail_msg("\"%s\" lacks \"%s\" or \"%s\"", err.text, a, b);
    fake_free(sink);
}

#define GREETING "Asterisk Call Manager/11.0.0\r\n"

static void what_is_no_recording(void **state) {
    (void)state;
    expect_error("", "amilog:DIR", "expected");
    expect_error("/nonexistent/place", "/nonexistent/place", "expected a directory");
    expect_error("/dev/null", "/dev/null", "no directory");
    expect_error(dir, dir, "expected ami.1.txt");
    put("ami.1.txt", GREETING);
    expect_error(dir, "ami.1.txt", "expected ami_times.1.tsv");
    put("ami_times.1.tsv", "");
    expect_error(dir, "ami_times.1.tsv", "offset 0");
    put("ami_times.1.tsv", "0\t1000.5\nx\t1001\n");
    expect_error(dir, "ami_times.1.tsv line 2", "expected a rising offset");
    put("ami_times.1.tsv", "0\t1000.5\n");
    put("connections.tsv", "connection\topened\tclosed\twhy\tbytes\n1\t2\n");
    expect_error(dir, "connections.tsv line 2", "expected number");
    put("connections.tsv", "connection\topened\tclosed\twhy\tbytes\n1\t1000.25\t1002.5\tclosed by asterisk\t30\n");
    put("ami.1.txt", "SSH-2.0-OpenSSH_9.2p1 Debian-2 and more of that, which is longer than any greeting of a manager interface could be, "
                     "so that it is certain that there is none in this file, however far one reads on in it, until its very end, or beyond");
    expect_error(dir, "ami.1.txt", "Asterisk Call Manager/");
}

static void a_damaged_gz_is_no_end(void **state) {
    (void)state;
    char from[500], to[200];
    static char bytes[1 << 20];
    (void)snprintf(from, sizeof from, "%s/asterisk/short/ami.txt.gz", FC_TEST_DATA);
    (void)snprintf(to, sizeof to, "%s/ami.txt.gz", dir);
    FILE *in = fopen(from, "rb"), *cut = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(cut);
    size_t n = fread(bytes, 1, sizeof bytes, in);
    assert_int_equal(fwrite(bytes, 1, n / 2, cut), n / 2);
    (void)fclose(in);
    assert_int_equal(fclose(cut), 0);
    put("ami_times.tsv", "0\t1795347478.8\n");
    expect_error(dir, "ami.txt.gz", "unexpected end of file");
}

static void a_recording_that_was_cut_off_ends_in_a_gap(void **state) {
    (void)state;
    struct fc_error err = {{0}};
    put("ami.1.txt", GREETING "Event: QueueCallerJoin\r\nUniqueid: 1.0\r\nQueue: sales\r\n\r\nEvent: QueueCallerLea");
    put("ami_times.1.tsv", "0\t1000.5\n40\t1001.25\n");
    struct fc_sink *sink = fake_create();
    struct fc_source *s = open_dir(dir, sink, 0, &err);
    if (s == NULL) fail_msg("%s", err.text);
    while (work(s, 0) == FC_OK) {}
    fc_source_amilog.close(s);
    assert_int_equal(fake_nth(sink, FC_OFFERED, 0)->ts, 1001250000); /* of the read with its last byte */
    assert_int_equal(fake_nth(sink, FC_GAP, 0)->ts, 1001250000);
    assert_int_equal(fake_nth(sink, FC_LEFT, 0)->word, FC_LEFT_UNKNOWN);
    fake_free(sink);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_after_a_restart),
        cmocka_unit_test(a_full_sink_and_restarts_lose_nothing),
        cmocka_unit_test(real_time),
        cmocka_unit_test(names_and_snapshot),
        cmocka_unit_test_setup_teardown(what_is_no_recording, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_damaged_gz_is_no_end, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_recording_that_was_cut_off_ends_in_a_gap, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
