/* Files of JSON lines: read once and only once, followed through everything logrotate does, bad lines stepped over. */
#include "rig.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

struct bench {
    struct rig r;
    struct fc_source_args args;
    struct fc_source *source;
    char path[100], uri[120];
    struct fc_mono now;
};

static void bench_init(struct bench *b, const char *name) {
    memset(b, 0, sizeof *b);
    rig_init(&b->r);
    (void)snprintf(b->path, sizeof b->path, "%s/%s", b->r.dir, name);
    (void)snprintf(b->uri, sizeof b->uri, "ndjson:%s", b->path);
    b->args = (struct fc_source_args){.uri = b->uri, .rest = b->uri + 7, .sink = &b->r.sink};
    b->now = fc_mono_now();
}

static void bench_fini(struct bench *b) {
    if (b->source != NULL) fc_source_ndjson.close(b->source);
    rig_fini(&b->r);
}

static void append(struct bench *b, const char *text) {
    FILE *f = fopen(b->path, "a");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void append_events(struct bench *b, int from, int to) {
    char line[200];
    for (int i = from; i <= to; i++) {
        (void)snprintf(line, sizeof line, "{\"v\":1,\"ts\":%d,\"kind\":\"held\",\"contact\":\"c%d\"}\n", i, i);
        append(b, line);
    }
}

static void open_source(struct bench *b, bool once) {
    b->args.once = once;
    OK(fc_source_ndjson.open(&b->args, &b->source, &b->r.err));
}

/* Rounds until the source has nothing more to do; its clock jumps to what it waits for. */
static enum fc_status run(struct bench *b) {
    enum fc_status st = FC_OK;
    int idle = 0;
    for (int i = 0; i < 3000 && st == FC_OK && idle < 3; i++) {
        int64_t due = fc_source_ndjson.due_ms(b->source, b->now);
        if (due != 0) idle++;
        b->now.ns += (due > 0 ? due + 1 : 0) * 1000000;
        st = fc_source_ndjson.work(b->source, NULL, 0, fc_wall_now(), b->now, &b->r.err);
        rig_commit(&b->r);
    }
    return st;
}

static void stop(struct bench *b) {
    fc_source_ndjson.close(b->source);
    b->source = NULL;
}

static uint64_t counter_value;
static const char *counter_name;
static void pick(void *ctx, const char *name, uint64_t value) {
    (void)ctx;
    if (strcmp(name, counter_name) == 0) counter_value = value;
}

static uint64_t counter(struct bench *b, const char *name) {
    counter_name = name;
    counter_value = UINT64_MAX;
    fc_source_ndjson.counters(b->source, pick, NULL);
    return counter_value;
}

static void in_order(void *ctx, const struct fc_event *ev) {
    int64_t *last = ctx;
    if (ev->ts != *last + 1) fail_msg("event %lld follows %lld", (long long)ev->ts, (long long)*last);
    *last = ev->ts;
}

static void expect_events(struct bench *b, int64_t n) { /* 1..n, each once, in order */
    int64_t last = 0;
    assert_int_equal(rig_each(&b->r, 1, in_order, &last), n);
}

static void reads_a_file_to_its_end(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b, "x.ndjson");
    append_events(&b, 1, 9999);
    append(&b, "{\"v\":1,\"ts\":10000,\"kind\":\"held\",\"contact\":\"without a newline\"}");
    open_source(&b, true);
    assert_int_equal(run(&b), FC_EOF);
    expect_events(&b, 10000);
    bench_fini(&b);
}

static void follows_and_waits_for_whole_lines(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b, "x.ndjson");
    append_events(&b, 1, 10);
    open_source(&b, false);
    OK(run(&b));
    expect_events(&b, 10);
    append(&b, "{\"v\":1,\"ts\":11,\"kind\":\"held\",");
    OK(run(&b));
    expect_events(&b, 10);
    append(&b, "\"contact\":\"c\"}\n");
    OK(run(&b));
    expect_events(&b, 11);
    bench_fini(&b);
}

static void goes_on_where_it_stopped(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b, "x.ndjson");
    append_events(&b, 1, 3); /* shorter than what the file is known by */
    for (int to = 3; to < 100; to += 32) {
        open_source(&b, false);
        OK(run(&b));
        stop(&b);
        append_events(&b, to + 1, to + 32);
    }
    open_source(&b, true);
    assert_int_equal(run(&b), FC_EOF);
    expect_events(&b, 131);
    bench_fini(&b);
}

static void what_was_not_committed_is_read_again(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b, "x.ndjson");
    append_events(&b, 1, 5);
    open_source(&b, false);
    OK(fc_source_ndjson.work(b.source, NULL, 0, fc_wall_now(), b.now, &b.r.err));
    assert_true(fc_spool_held(b.r.sink.spool));
    stop(&b);
    rig_close(&b.r); /* the process is killed here */
    rig_open(&b.r, FC_SPOOL_LIMIT_DEFAULT);
    open_source(&b, true);
    assert_int_equal(run(&b), FC_EOF);
    expect_events(&b, 5);
    bench_fini(&b);
}

static void another_file_by_the_same_name_is_read_whole(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b, "x.ndjson");
    append_events(&b, 1, 5);
    open_source(&b, false);
    OK(run(&b));
    stop(&b);
    assert_int_equal(truncate(b.path, 0), 0); /* same inode, other content, longer */
    append_events(&b, 6, 300);
    open_source(&b, true);
    assert_int_equal(run(&b), FC_EOF);
    expect_events(&b, 300);
    bench_fini(&b);
}

static void follows_through_rotation(void **state) {
    (void)state;
    struct bench b;
    char old[120];
    bench_init(&b, "x.ndjson");
    (void)snprintf(old, sizeof old, "%s.1", b.path);
    append_events(&b, 1, 10);
    open_source(&b, false);
    OK(run(&b));
    append_events(&b, 11, 12); /* written after our last look, before the rename */
    assert_int_equal(rename(b.path, old), 0);
    OK(run(&b)); /* no file by that name for a while */
    append_events(&b, 13, 20);
    OK(run(&b));
    expect_events(&b, 20);
    assert_int_equal(truncate(b.path, 0), 0); /* copytruncate */
    OK(run(&b));
    append_events(&b, 21, 22);
    OK(run(&b));
    expect_events(&b, 22);
    assert_int_equal(counter(&b, "restarted"), 2);
    bench_fini(&b);
}

static void steps_over_bad_lines(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b, "x.ndjson");
    append_events(&b, 1, 1);
    append(&b, "not json\n[1]\n{\"v\":1,\"ts\":2,\"kind\":\"held\"}\n\n  \r\n{\"v\":2,\"ts\":2,\"kind\":\"held\",\"contact\":\"c\"}\n{\"v\":1,\"ts\":2,\"kind\":\"new\"}\n{\"a\":[[[[[[[[[[]]]]]]]]]]}\n");
    append_events(&b, 2, 2);
    open_source(&b, true);
    assert_int_equal(run(&b), FC_EOF);
    expect_events(&b, 2);
    assert_int_equal(counter(&b, "bad_lines"), 5);
    assert_int_equal(counter(&b, "unknown_kind"), 1);
    assert_int_equal(counter(&b, "events"), 2);
    bench_fini(&b);
}

static void skips_lines_that_are_too_long(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b, "x.ndjson");
    append_events(&b, 1, 1);
    FILE *f = fopen(b.path, "a");
    assert_non_null(f);
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 65537 * (1 + 2 * k); i++) (void)fputc('x', f);
        (void)fputc('\n', f);
    }
    assert_int_equal(fclose(f), 0);
    append_events(&b, 2, 3);
    open_source(&b, true);
    assert_int_equal(run(&b), FC_EOF);
    expect_events(&b, 3);
    assert_int_equal(counter(&b, "too_long"), 3);
    assert_int_equal(counter(&b, "lines"), 6);
    bench_fini(&b);
}

static void waits_while_the_spool_is_full(void **state) {
    (void)state;
    struct bench b;
    bench_init(&b, "x.ndjson");
    rig_close(&b.r);
    rig_open(&b.r, FC_SPOOL_LIMIT_MIN);
    append_events(&b, 1, 40000);
    open_source(&b, true);
    int64_t seen = 0, last = 0;
    enum fc_status st = FC_OK;
    for (int i = 0; i < 20 && st == FC_OK; i++) {
        st = run(&b);
        seen += rig_each(&b.r, fc_spool_first(b.r.sink.spool), in_order, &last);
        fc_spool_forget(b.r.sink.spool, UINT64_MAX);
        rig_commit(&b.r);
    }
    assert_int_equal(st, FC_EOF);
    assert_int_equal(seen, 40000);
    bench_fini(&b);
}

static void reads_gzip(void **state) {
    (void)state;
    struct bench b;
    char line[100];
    bench_init(&b, "x.ndjson.gz");
    gzFile gz = gzopen(b.path, "wb");
    assert_non_null(gz);
    for (int i = 1; i <= 9000; i++) {
        int n = snprintf(line, sizeof line, "{\"v\":1,\"ts\":%d,\"kind\":\"held\",\"contact\":\"c\"}\n", i);
        assert_int_equal(gzwrite(gz, line, (unsigned)n), n);
    }
    assert_int_equal(gzclose(gz), Z_OK);
    open_source(&b, false);
    OK(fc_source_ndjson.work(b.source, NULL, 0, fc_wall_now(), b.now, &b.r.err));
    rig_commit(&b.r);
    stop(&b); /* in the middle */
    open_source(&b, false);
    assert_int_equal(run(&b), FC_EOF); /* nobody appends to those */
    expect_events(&b, 9000);
    bench_fini(&b);
}

static void a_cut_gzip_is_an_error(void **state) {
    (void)state;
    struct bench b;
    struct stat st;
    bench_init(&b, "x.gz");
    gzFile gz = gzopen(b.path, "wb");
    for (int i = 0; i < 2000; i++) (void)gzprintf(gz, "{\"v\":1,\"ts\":%d,\"kind\":\"held\",\"contact\":\"c%d\"}\n", i + 1, i * i);
    assert_int_equal(gzclose(gz), Z_OK);
    assert_int_equal(stat(b.path, &st), 0);
    assert_int_equal(truncate(b.path, st.st_size / 2), 0);
    open_source(&b, true);
    assert_int_equal(run(&b), FC_IO);
    assert_non_null(strstr(b.r.err.text, "cannot be read behind line "));
    assert_non_null(strstr(b.r.err.text, "unexpected end of file"));
    bench_fini(&b);
}

static void bad_paths_are_named(void **state) {
    (void)state;
    struct bench b;
    char want[200];
    bench_init(&b, "none.ndjson");
    assert_int_equal(fc_source_ndjson.open(&b.args, &b.source, &b.r.err), FC_IO);
    (void)snprintf(want, sizeof want, "ndjson %s: cannot be read: No such file or directory", b.path);
    assert_string_equal(b.r.err.text, want);
    assert_int_equal(mkdir(b.path, 0700), 0);
    assert_int_equal(fc_source_ndjson.open(&b.args, &b.source, &b.r.err), FC_IO);
    (void)snprintf(want, sizeof want, "ndjson %s: is no regular file; a pipe is read as ndjson:-", b.path);
    assert_string_equal(b.r.err.text, want);
    b.args.uri = "ndjson:";
    b.args.rest = "";
    assert_int_equal(fc_source_ndjson.open(&b.args, &b.source, &b.r.err), FC_CONFIG);
    assert_string_equal(b.r.err.text, "ndjson:: expected ndjson:PATH, or ndjson:- for stdin");
    bench_fini(&b);
}

static void reads_stdin(void **state) {
    (void)state;
    struct bench b;
    int fds[2], saved = dup(STDIN_FILENO);
    bench_init(&b, "-");
    b.args.uri = "ndjson:-";
    b.args.rest = "-";
    assert_int_equal(pipe(fds), 0);
    assert_true(dup2(fds[0], STDIN_FILENO) == STDIN_FILENO);
    assert_int_equal(close(fds[0]), 0);
    open_source(&b, false);
    static const char text[] = "{\"v\":1,\"ts\":1,\"kind\":\"held\",\"contact\":\"c\"}\n{\"v\":1,\"ts\":2,\"kind\":\"held\",\"contact\":\"c\"}";
    assert_int_equal(write(fds[1], text, sizeof text - 1), sizeof text - 1);
    enum fc_status st = FC_OK;
    for (int i = 0; i < 10 && st == FC_OK; i++) {
        zmq_pollitem_t items[4];
        int n = fc_source_ndjson.wait(b.source, items, 4);
        assert_int_equal(n, 1);
        (void)zmq_poll(items, n, 100);
        st = fc_source_ndjson.work(b.source, items, n, fc_wall_now(), b.now, &b.r.err);
        rig_commit(&b.r);
        if (i == 1) {
            expect_events(&b, 1); /* the second line may still grow */
            assert_int_equal(close(fds[1]), 0);
        }
    }
    assert_int_equal(st, FC_EOF);
    expect_events(&b, 2);
    assert_true(dup2(saved, STDIN_FILENO) == STDIN_FILENO);
    bench_fini(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_file_to_its_end),
        cmocka_unit_test(follows_and_waits_for_whole_lines),
        cmocka_unit_test(goes_on_where_it_stopped),
        cmocka_unit_test(what_was_not_committed_is_read_again),
        cmocka_unit_test(another_file_by_the_same_name_is_read_whole),
        cmocka_unit_test(follows_through_rotation),
        cmocka_unit_test(steps_over_bad_lines),
        cmocka_unit_test(skips_lines_that_are_too_long),
        cmocka_unit_test(waits_while_the_spool_is_full),
        cmocka_unit_test(reads_gzip),
        cmocka_unit_test(a_cut_gzip_is_an_error),
        cmocka_unit_test(bad_paths_are_named),
        cmocka_unit_test(reads_stdin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
