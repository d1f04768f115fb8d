/* Following a log: in pieces, through rotation of every kind, through power cuts, and what is said when it cannot be. */
#include "queuelog_sink.h"

#include "queuelog_file.h"
#include "../seed.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a PBX that writes, and a logrotate ------------------------------------------------------------------------ */

struct pbx {
    char *dir, path[300];
    int fd;           /* where it writes: stays with a renamed file until it opens the log anew */
    int64_t clock_s;  /* of files: rises with every write, as it does over a day */
    const char *text;
    size_t at, n;
    int rotations;
    bool fresh; /* the file is empty: a writer's first write is a whole line */
};

static void stamp(struct pbx *p, int fd) {
    struct timespec t[2] = {{.tv_sec = ++p->clock_s}, {.tv_sec = p->clock_s}};
    assert_int_equal(futimens(fd, t), 0);
}

static void reopen(struct pbx *p) {
    if (p->fd >= 0) close(p->fd);
    p->fd = open(p->path, O_WRONLY | O_APPEND | O_CREAT, 0644);
    assert_true(p->fd >= 0);
    p->fresh = true;
    stamp(p, p->fd);
}

static void pbx_init(struct pbx *p, const char *text, size_t n) {
    *p = (struct pbx){.dir = temp_dir(), .fd = -1, .clock_s = 1700000000, .text = text, .n = n};
    (void)snprintf(p->path, sizeof p->path, "%s/queue_log", p->dir);
    reopen(p);
}

static void name_rotated(const struct pbx *p, char to[320], int k) { (void)snprintf(to, 320, "%s.%d", p->path, k); }

static void pbx_fini(struct pbx *p) {
    char name[320];
    close(p->fd);
    for (int k = 1; k <= p->rotations; k++) {
        name_rotated(p, name, k);
        (void)unlink(name);
    }
    (void)unlink(p->path);
    assert_int_equal(rmdir(p->dir), 0);
    free(p->dir);
}

static void pbx_write(struct pbx *p, size_t n) {
    const char *nl = memchr(p->text + p->at, '\n', p->n - p->at);
    if (p->fresh && nl != NULL && n < (size_t)(nl - p->text) + 1 - p->at) n = (size_t)(nl - p->text) + 1 - p->at;
    if (n > p->n - p->at) n = p->n - p->at;
    p->fresh = false;
    assert_int_equal(write(p->fd, p->text + p->at, n), n);
    stamp(p, p->fd);
    p->at += n;
}

/* Up to the end of the line it is in: a real writer does not stop inside one when the file is taken away. */
static void pbx_end_line(struct pbx *p) {
    const char *nl = p->at == p->n || p->at == 0 || p->text[p->at - 1] == '\n' ? NULL : memchr(p->text + p->at, '\n', p->n - p->at);
    if (nl != NULL) pbx_write(p, (size_t)(nl - (p->text + p->at)) + 1);
}

static void shift_rotated(struct pbx *p) {
    char from[320], to[320];
    for (int k = p->rotations++; k > 0; k--) {
        name_rotated(p, from, k);
        name_rotated(p, to, k + 1);
        assert_int_equal(rename(from, to), 0);
    }
}

static void rotate_by_rename(struct pbx *p) {
    char to[320];
    pbx_end_line(p);
    shift_rotated(p);
    name_rotated(p, to, 1);
    assert_int_equal(rename(p->path, to), 0);
    if (rng() % 2 == 0) { /* "create": the new file is there before the PBX is told */
        int fd = open(p->path, O_WRONLY | O_CREAT, 0644);
        stamp(p, fd);
        close(fd);
    }
    if (rng() % 2 == 0) { /* lines that still go into the old one */
        pbx_write(p, rng() % 300);
        pbx_end_line(p);
    }
    reopen(p);
}

static void rotate_by_copy(struct pbx *p) {
    char to[320];
    size_t n;
    pbx_end_line(p);
    shift_rotated(p);
    name_rotated(p, to, 1);
    char *bytes = read_file(p->path, &n);
    write_file(to, "wb", bytes, n);
    free(bytes);
    int fd = open(to, O_WRONLY);
    stamp(p, fd);
    close(fd);
    assert_int_equal(truncate(p->path, 0), 0);
    p->fresh = true;
    stamp(p, p->fd);
}

/* ---- in pieces, rotated, killed -------------------------------------------------------------------------------- */

static char *straight_text(const char *path) {
    struct fc_sink sink;
    char *uri;
    assert_true(asprintf(&uri, "queuelog:%s", path) > 0);
    sink_init(&sink);
    source_run(&sink, uri);
    char *text = sink_text(&sink, false);
    sink_fini(&sink);
    free(uri);
    return text;
}

static void settle(struct fc_sink *sink, struct fc_source *s) {
    for (int i = 0; i < 200; i++) { /* two a rotation, at most */
        (void)source_work(s);
        sink_commit(sink);
    }
}

struct ways {
    bool rename, copy, kill;
    unsigned sleep_max; /* steps that the collector stays dead */
};

static void step(struct pbx *p, const struct ways *ways) {
    if (rng() % 12 == 0 && (ways->rename || ways->copy) && p->rotations < 40) {
        if (ways->rename && (!ways->copy || rng() % 2 == 0)) rotate_by_rename(p);
        else rotate_by_copy(p);
    } else {
        pbx_write(p, 1 + rng() % 700);
    }
}

/* Whatever happens to the file, the events are those of the whole log read at once. */
static void follow(const char *corpus, struct ways ways) {
    struct pbx p;
    struct fc_sink sink;
    size_t n;
    char *path, *uri;
    assert_true(asprintf(&path, "%s/asterisk/%s/queue_log.txt", FC_TEST_DATA, corpus) > 0);
    char *want = straight_text(path), *text = read_file(path, &n);
    pbx_init(&p, text, n);
    sink_init(&sink);
    assert_true(asprintf(&uri, "queuelog:%s", p.path) > 0);
    pbx_write(&p, 30);
    struct fc_source *s = source_open(&sink, uri, false);
    (void)source_work(s);
    sink_commit(&sink); /* from here on it knows which file it was given */
    while (p.at < p.n) {
        step(&p, &ways);
        if (rng() % 3 == 0) (void)source_work(s);
        if (!ways.kill || rng() % 15 != 0) {
            sink_commit(&sink);
            continue;
        }
        sink_power_off(&sink);
        fc_source_queuelog.close(s);
        for (uint64_t k = ways.sleep_max == 0 ? 0 : rng() % ways.sleep_max; k > 0; k--) step(&p, &ways);
        s = source_open(&sink, uri, false);
    }
    settle(&sink, s);
    char *got = sink_text(&sink, false);
    if (strcmp(got, want) != 0) {
        write_file("queuelog-got.txt", "w", got, strlen(got));
        write_file("queuelog-want.txt", "w", want, strlen(want));
        fail_msg("%s: other events than of the whole log (%zu bytes of text, expected %zu): see queuelog-got.txt, queuelog-want.txt", corpus, strlen(got), strlen(want));
    }
    fc_source_queuelog.close(s);
    pbx_fini(&p);
    sink_fini(&sink);
    free(uri);
    free(path);
    free(text);
    free(want);
    free(got);
}

static void in_pieces_of_any_size(void **state) {
    (void)state;
    follow("short", (struct ways){0});
    follow("restart", (struct ways){0});
}

static void renamed_away_nothing_is_lost(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) follow("restart", (struct ways){.rename = true});
}

static void copied_and_cut_nothing_is_lost(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) follow("crash", (struct ways){.copy = true});
}

static void rotated_while_away_nothing_is_lost(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) follow("crash", (struct ways){.rename = true, .kill = true, .sleep_max = 30});
    for (int i = 0; i < 4; i++) follow("restart", (struct ways){.copy = true, .kill = true, .sleep_max = 30});
}

static void rotated_in_all_ways_and_killed(void **state) {
    (void)state;
    for (int i = 0; i < 6; i++) follow(i % 2 == 0 ? "restart" : "v16", (struct ways){.rename = true, .copy = true, .kill = true, .sleep_max = 20});
}

/* ---- what cannot be had ---------------------------------------------------------------------------------------- */

#define WAITING "1795347481|a.1|sales|NONE|ENTERQUEUE||100|1\n"
#define TALKING "1795347482|b.1|sales|NONE|ENTERQUEUE||101|1\n1795347484|b.1|sales|Kim|CONNECT|2|b.2|1\n"
#define LATER "1795347490|c.1|sales|NONE|ENTERQUEUE||102|1\n"

static char *uri_of(const struct pbx *p) {
    char *uri;
    assert_true(asprintf(&uri, "queuelog:%s", p->path) > 0);
    return uri;
}

static void cut_without_a_copy_is_a_gap(void **state) {
    (void)state;
    struct pbx p;
    struct fc_sink sink;
    pbx_init(&p, WAITING LATER, sizeof(WAITING LATER) - 1);
    char *uri = uri_of(&p);
    sink_init(&sink);
    struct fc_source *s = source_open(&sink, uri, false);
    pbx_write(&p, sizeof WAITING - 1);
    settle(&sink, s);
    assert_int_equal(truncate(p.path, 0), 0);
    pbx_write(&p, sizeof LATER - 1);
    settle(&sink, s);
    assert_int_equal(sink_count(&sink, FC_GAP), 1);
    assert_int_equal(sink_count(&sink, FC_OFFERED), 2);
    fc_source_queuelog.close(s);
    pbx_fini(&p);
    sink_fini(&sink);
    free(uri);
}

/* The old file is gone: what was open is ended by a snapshot that relists nothing, and the gap is told. */
static void rotated_and_deleted_while_away_is_a_gap(void **state) {
    (void)state;
    struct pbx p;
    struct fc_sink sink;
    pbx_init(&p, WAITING TALKING LATER, sizeof(WAITING TALKING LATER) - 1);
    char *uri = uri_of(&p);
    sink_init(&sink);
    struct fc_source *s = source_open(&sink, uri, false);
    pbx_write(&p, sizeof(WAITING TALKING) - 1);
    settle(&sink, s);
    fc_source_queuelog.close(s);
    assert_int_equal(unlink(p.path), 0);
    reopen(&p);
    pbx_write(&p, sizeof LATER - 1);
    s = source_open(&sink, uri, false);
    settle(&sink, s);
    assert_int_equal(sink_count(&sink, FC_GAP), 1);
    assert_int_equal(sink_count(&sink, FC_SNAPSHOT), 2);
    assert_int_equal(sink_count(&sink, FC_OFFERED), 3);
    fc_source_queuelog.close(s);
    s = source_open(&sink, uri, false); /* and only once */
    settle(&sink, s);
    assert_int_equal(sink_count(&sink, FC_GAP), 1);
    assert_int_equal(sink_count(&sink, FC_OFFERED), 3);
    fc_source_queuelog.close(s);
    pbx_fini(&p);
    sink_fini(&sink);
    free(uri);
}

static void somebodys_copy_is_not_read(void **state) {
    (void)state;
    struct pbx p;
    struct fc_sink sink;
    char copy[320];
    pbx_init(&p, WAITING TALKING LATER, sizeof(WAITING TALKING LATER) - 1);
    char *uri = uri_of(&p);
    sink_init(&sink);
    struct fc_source *s = source_open(&sink, uri, false);
    pbx_write(&p, sizeof(WAITING TALKING) - 1);
    settle(&sink, s);
    (void)snprintf(copy, sizeof copy, "%s.before-upgrade", p.path);
    write_file(copy, "wb", "1795347400|old.1|sales|NONE|ENTERQUEUE||100|1\n", 46);
    rotate_by_rename(&p);
    pbx_write(&p, sizeof LATER - 1);
    settle(&sink, s);
    assert_int_equal(sink_count(&sink, FC_OFFERED), 3);
    fc_source_queuelog.close(s);
    assert_int_equal(unlink(copy), 0);
    pbx_fini(&p);
    sink_fini(&sink);
    free(uri);
}

static void missing_file_is_waited_for(void **state) {
    (void)state;
    struct pbx p;
    struct fc_sink sink;
    struct fc_event ev;
    size_t at = 0;
    pbx_init(&p, WAITING, sizeof WAITING - 1);
    assert_int_equal(unlink(p.path), 0);
    char *uri = uri_of(&p);
    sink_init(&sink);
    struct fc_source *s = source_open(&sink, uri, false);
    settle(&sink, s);
    assert_true(sink_next(&sink, &at, &ev));
    assert_int_equal(ev.kind, FC_HEARTBEAT);
    assert_int_equal(ev.word, FC_SOURCE_DOWN);
    reopen(&p);
    pbx_write(&p, sizeof WAITING - 1);
    settle(&sink, s);
    assert_int_equal(sink_count(&sink, FC_OFFERED), 1);
    assert_int_equal(sink_count(&sink, FC_HEARTBEAT), 2);
    fc_source_queuelog.close(s);
    pbx_fini(&p);
    sink_fini(&sink);
    free(uri);
}

static void expect_open_error(const char *uri, bool once, enum fc_status want, const char *part) {
    struct fc_sink sink;
    struct fc_error err = {{0}};
    struct fc_source *s = NULL;
    sink_init(&sink);
    struct fc_source_args args = {.uri = uri, .rest = strchr(uri, ':') + 1, .sink = &sink, .once = once};
    assert_int_equal(fc_source_queuelog.open(&args, &s, &err), want);
    if (strstr(err.text, part) == NULL) fail_msg("expected \"%s\" in: %s", part, err.text);
    sink_fini(&sink);
}

static void what_cannot_be_opened_is_said(void **state) {
    (void)state;
    expect_open_error("queuelog:no-such-dir/queue_log", true, FC_IO, "queuelog no-such-dir/queue_log: No such file or directory");
    expect_open_error("queuelog:", false, FC_CONFIG, "expected queuelog:PATH");
    expect_open_error("queuelog:.", true, FC_IO, "expected a regular file");
    expect_open_error("queuelog:x?queue=y", true, FC_CONFIG, "unknown option \"queue=y\", expected queues=FILE or names=FILE");
    expect_open_error("queuelog:x?queues=no-such.conf", true, FC_IO, "queues: no-such.conf: No such file or directory");
    write_file("queuelog-test.conf", "w", "member => Local/1@a,0,Kim\n", 26);
    expect_open_error("queuelog:x?names=queuelog-test.conf", true, FC_CONFIG, "queuelog-test.conf:1: expected member => interface,penalty,name below the [queue]");
    (void)unlink("queuelog-test.conf");
}

/* ---- lines that are none --------------------------------------------------------------------------------------- */

static char *stderr_of(struct fc_sink *sink, const char *uri) {
    size_t n;
    int saved = dup(STDERR_FILENO), fd = open("queuelog-test.stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(saved >= 0 && fd >= 0);
    (void)dup2(fd, STDERR_FILENO);
    source_run(sink, uri);
    (void)dup2(saved, STDERR_FILENO);
    close(saved);
    close(fd);
    char *text = read_file("queuelog-test.stderr", &n);
    (void)unlink("queuelog-test.stderr");
    return text;
}

static void a_line_that_is_no_line_is_named_and_passed_over(void **state) {
    (void)state;
    static const char log[] = WAITING "what is this\n" TALKING "17953474xx|c.1|sales|NONE|ENTERQUEUE||102|1\r\n\n"
                              "1795347485|c.2|sales|NONE\n1795347486|d.1|sales|NONE|ENTERQUEUE||+442011000001|1\r\n"
                              "no newline at the end +442011000001";
    static const char *const wanted[] = {
        "queue_log:2 (byte 44): expected seconds|call id|queue|agent|event|.., got: what is this\n",
        "queue_log:5 (byte 142): expected seconds since 1970 at its start, got: 17953474xx|c.1|sales|NONE|ENTERQUEUE||###|#\n",
        "queue_log:6 (byte 187): expected seconds|call id|queue|agent|event|.., got an empty line\n",
        "queue_log:7 (byte 188): expected seconds|call id|queue|agent|event|.., got: 1795347485|c.2|sales|NONE\n",
        "queue_log:9 (byte 269): expected seconds|call id|queue|agent|event|.., got: no newline at the end +############\n",
        "9 lines read, 5 of them no lines; 3 visits, 3 of them open at the end"};
    struct pbx p;
    struct fc_sink sink;
    pbx_init(&p, log, sizeof log - 1);
    pbx_write(&p, sizeof log - 1);
    char *uri = uri_of(&p);
    sink_init(&sink);
    char *said = stderr_of(&sink, uri);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (strstr(said, wanted[i]) == NULL) fail_msg("expected \"%s\" in:\n%s", wanted[i], said);
    assert_int_equal(sink_count(&sink, FC_OFFERED), 3);
    pbx_fini(&p);
    sink_fini(&sink);
    free(said);
    free(uri);
}

static void a_huge_line_is_bounded(void **state) {
    (void)state;
    static char log[400000];
    static const char tail[] = "\n" WAITING;
    struct pbx p;
    struct fc_sink sink;
    memset(log, 'x', sizeof log);
    memcpy(log, "1795347480|", 11);
    memcpy(log + sizeof log - (sizeof tail - 1), tail, sizeof tail - 1);
    pbx_init(&p, log, sizeof log);
    pbx_write(&p, sizeof log);
    char *uri = uri_of(&p);
    sink_init(&sink);
    char *said = stderr_of(&sink, uri);
    assert_non_null(strstr(said, "queue_log:1 (byte 0): expected a line of at most 8192 bytes, got: 1795347480|xxx"));
    assert_non_null(strstr(said, "1 of them no lines; 1 visits"));
    assert_int_equal(sink_count(&sink, FC_OFFERED), 1);
    pbx_fini(&p);
    sink_fini(&sink);
    free(said);
    free(uri);
}

int main(void) {
    rng_seed(20260301);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_pieces_of_any_size),
        cmocka_unit_test(renamed_away_nothing_is_lost),
        cmocka_unit_test(copied_and_cut_nothing_is_lost),
        cmocka_unit_test(rotated_while_away_nothing_is_lost),
        cmocka_unit_test(rotated_in_all_ways_and_killed),
        cmocka_unit_test(cut_without_a_copy_is_a_gap),
        cmocka_unit_test(rotated_and_deleted_while_away_is_a_gap),
        cmocka_unit_test(somebodys_copy_is_not_read),
        cmocka_unit_test(missing_file_is_waited_for),
        cmocka_unit_test(what_cannot_be_opened_is_said),
        cmocka_unit_test(a_line_that_is_no_line_is_named_and_passed_over),
        cmocka_unit_test(a_huge_line_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
