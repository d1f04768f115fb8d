/* The spool: what is committed survives, what is not is not there, and a bad directory is refused in words. */
#include "rig.h"

#include "../fault.h"

#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void numbers_from_one_without_holes(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    struct fc_spool *s = r.sink.spool;
    assert_int_equal(fc_spool_first(s), 1);
    assert_int_equal(fc_spool_next(s), 1);
    for (int i = 0; i < 1000; i++) OK(rig_put(&r, NULL, i));
    assert_int_equal(fc_spool_next(s), 1); /* nothing is there before the commit */
    rig_commit(&r);
    assert_int_equal(fc_spool_next(s), 1001);
    assert_int_equal(rig_each(&r, 1, NULL, NULL), 1000);
    assert_int_equal(rig_each(&r, 700, NULL, NULL), 301); /* from within a chunk */
    rig_fini(&r);
}

static void batches_keep_their_limits(void **state) {
    (void)state;
    struct rig r;
    static uint8_t bytes[FC_BATCH_BYTES_MAX];
    char topic[FC_TEXT_MAX + 1];
    rig_init(&r);
    memset(topic, 'x', sizeof topic);
    for (int i = 0; i < 3000; i++) {
        struct fc_event ev = rig_offered("c");
        FC_EVENT_STR(&ev, topic, fc_str_n(topic, (size_t)(i * 7 % FC_TEXT_MAX)));
        OK(fc_sink_put(&r.sink, &ev, &r.err));
        if (i % 17 == 0) rig_commit(&r); /* many small chunks */
    }
    rig_commit(&r);
    uint64_t at = 1;
    unsigned batches = 0;
    while (at < fc_spool_next(r.sink.spool)) {
        struct fc_spool_batch b;
        OK(fc_spool_read(r.sink.spool, at, bytes, &b, &r.err));
        assert_in_range(b.count, 1, FC_BATCH_EVENTS_MAX);
        assert_in_range(b.bytes, 1, FC_BATCH_BYTES_MAX);
        at += b.count;
        batches++;
    }
    assert_in_range(batches, 6, 20); /* small chunks were joined */
    assert_int_equal(rig_each(&r, 1, NULL, NULL), 3000);
    rig_fini(&r);
}

static void forgets_what_is_acked(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    for (int i = 0; i < 2000; i++) OK(rig_put(&r, NULL, i));
    rig_commit(&r);
    uint64_t used = fc_spool_bytes(r.sink.spool);
    fc_spool_forget(r.sink.spool, 1500);
    rig_commit(&r);
    assert_true(fc_spool_bytes(r.sink.spool) < used);
    assert_int_equal(fc_spool_first(r.sink.spool), 1500);
    assert_int_equal(rig_each(&r, 1500, NULL, NULL), 501);
    fc_spool_forget(r.sink.spool, 1000); /* never back */
    assert_int_equal(fc_spool_first(r.sink.spool), 1500);
    fc_spool_forget(r.sink.spool, UINT64_MAX); /* never past what is there */
    rig_commit(&r);
    assert_int_equal(fc_spool_first(r.sink.spool), 2001);
    assert_int_equal(fc_spool_bytes(r.sink.spool), 0);
    rig_close(&r);
    rig_open(&r, FC_SPOOL_LIMIT_DEFAULT);
    assert_int_equal(fc_spool_first(r.sink.spool), 2001); /* numbers go on */
    OK(rig_put(&r, NULL, 1));
    rig_commit(&r);
    assert_int_equal(fc_spool_next(r.sink.spool), 2002);
    rig_fini(&r);
}

/* The child tells through a pipe what was committed, then is killed at an arbitrary moment. */
static void child_works(struct rig *r, int out) {
    rig_open(r, FC_SPOOL_LIMIT_DEFAULT);
    for (int64_t i = 1;; i++) {
        if (rig_put(r, "p", i) != FC_OK) _exit(1);
        fc_sink_mark(&r->sink, fc_str("file:x"), &i, sizeof i);
        if (i % 7 != 0) continue;
        if (fc_spool_flush(r->sink.spool, &r->err) != FC_OK || write(out, &i, sizeof i) != sizeof i) _exit(1);
    }
}

static void last_seq(void *ctx, const struct fc_event *ev) { *(int64_t *)ctx = ev->seq; }

static void survives_kill_9(void **state) {
    (void)state;
    struct rig r;
    rig_make_dir(&r);
    for (int round = 0; round < 5; round++) {
        int fds[2];
        assert_int_equal(pipe(fds), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) child_works(&r, fds[1]);
        (void)close(fds[1]);
        int64_t told = 0, v;
        for (int i = 0; i < 20 + round * 13; i++) {
            if (read(fds[0], &v, sizeof v) == sizeof v) told = v;
        }
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        while (read(fds[0], &v, sizeof v) == sizeof v) told = v;
        (void)close(fds[0]);
        rig_open(&r, FC_SPOOL_LIMIT_DEFAULT);
        int64_t last = 0, marked = 0;
        size_t n = 0;
        assert_true(rig_each(&r, 1, last_seq, &last) >= told);
        assert_true(fc_sink_marked(&r.sink, fc_str("file:x"), &marked, sizeof marked, &n));
        assert_true(last >= told);      /* what was told is there */
        assert_true(marked == last);    /* the mark says exactly what is there */
        OK(rig_put(&r, "p", last));     /* and so do the producer's numbers */
        assert_int_equal(r.sink.duplicates, 1);
        rig_fini(&r);
        rig_make_dir(&r);
    }
    rig_fini(&r);
}

static void marks_are_read_back_at_once(void **state) {
    (void)state;
    struct rig r;
    char got[8];
    size_t n = 0;
    rig_init(&r);
    assert_false(fc_sink_marked(&r.sink, fc_str("a"), got, sizeof got, &n));
    fc_sink_mark(&r.sink, fc_str("a"), "first", 5);
    fc_sink_mark(&r.sink, fc_str("b"), "other", 5);
    fc_sink_mark(&r.sink, fc_str("a"), "the second", 10);
    assert_true(fc_sink_marked(&r.sink, fc_str("a"), got, sizeof got, &n));
    assert_int_equal(n, 10);
    assert_memory_equal(got, "the seco", 8);
    rig_commit(&r);
    assert_true(fc_sink_marked(&r.sink, fc_str("a"), got, sizeof got, &n));
    assert_int_equal(n, 10);
    fc_sink_mark(&r.sink, fc_str("a"), "lost", 4); /* not committed */
    rig_close(&r);
    rig_open(&r, FC_SPOOL_LIMIT_DEFAULT);
    assert_true(fc_sink_marked(&r.sink, fc_str("a"), got, sizeof got, &n));
    assert_memory_equal(got, "the seco", 8);
    rig_fini(&r);
}

static void stops_at_its_limit_and_goes_on(void **state) {
    (void)state;
    struct rig r;
    char want[300];
    rig_make_dir(&r);
    rig_open(&r, FC_SPOOL_LIMIT_MIN);
    fc_spool_away(r.sink.spool, "aggregator tcp://x:1 away since then");
    int64_t n = 0;
    enum fc_status st = FC_OK;
    while ((st = rig_put(&r, "p", n + 1)) == FC_OK) {
        if (++n % 100 == 0) rig_commit(&r);
        assert_true(n < 100000);
    }
    assert_int_equal(st, FC_FULL);
    (void)snprintf(want, sizeof want, "spool %s is at its limit of 1048576 bytes, aggregator tcp://x:1 away since then", r.spool_dir);
    assert_string_equal(r.err.text, want);
    assert_false(fc_sink_room(&r.sink));
    assert_true(fc_sink_full(&r.sink));
    rig_commit(&r); /* what was taken before fits */
    assert_int_equal(rig_each(&r, 1, NULL, NULL), (unsigned)n);
    fc_spool_forget(r.sink.spool, (uint64_t)n / 2);
    rig_commit(&r);
    assert_true(fc_sink_room(&r.sink));
    OK(rig_put(&r, "p", n + 1)); /* a refused number was not taken for sent */
    assert_int_equal(r.sink.duplicates, 0);
    rig_fini(&r);
}

static void expect_to_wait_out(struct rig *r, int write_errno, bool cut_short) {
    unsigned before = rig_each(r, 1, NULL, NULL);
    for (int64_t i = 0; i < 200; i++) OK(rig_put(r, NULL, i));
    fault.write_errno = write_errno;
    fault.cut_short = cut_short;
    fault.hit = 0;
    assert_int_equal(fc_spool_flush(r->sink.spool, &r->err), FC_FULL);
    assert_non_null(strstr(r->err.text, "no room on its disk"));
    assert_int_equal(rig_put(r, NULL, 1), FC_FULL);
    assert_int_equal(rig_each(r, 1, NULL, NULL), before);
    assert_true(fault.hit > 0);
    fault_none();
    rig_commit(r);
    assert_int_equal(rig_each(r, 1, NULL, NULL), before + 200);
    OK(rig_put(r, NULL, 1));
    rig_commit(r);
}

/* However a full disk shows itself: what is held is kept, and written when there is room. */
static void a_full_disk_is_waited_out(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_commit(&r);
    expect_to_wait_out(&r, ENOSPC, false);
    expect_to_wait_out(&r, EDQUOT, false);
    expect_to_wait_out(&r, EFBIG, false);
    expect_to_wait_out(&r, 0, true); /* of which LMDB makes an input/output error */
    rig_fini(&r);
}

/* What the sync was for is not confirmed, neither by a second try nor at the end; the next start finds what is on disk. */
static void a_failed_sync_is_the_end(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    OK(rig_put(&r, "p", 1));
    rig_commit(&r);
    OK(rig_put(&r, "p", 2));
    fault.sync_errno = EIO;
    assert_int_equal(fc_spool_flush(r.sink.spool, &r.err), FC_IO);
    assert_non_null(strstr(r.err.text, "the disk lost a write"));
    fault_none();
    assert_int_equal(fc_spool_flush(r.sink.spool, &r.err), FC_IO);
    assert_int_equal(fc_spool_rename(r.sink.spool, &r.err), FC_IO);
    rig_close(&r);
    rig_open(&r, FC_SPOOL_LIMIT_DEFAULT);
    assert_int_equal(rig_each(&r, 1, NULL, NULL), 1);
    OK(rig_put(&r, "p", 2)); /* the producer got no answer, sends again, and is not taken for a repeat */
    assert_int_equal(r.sink.duplicates, 0);
    rig_commit(&r);
    assert_int_equal(rig_each(&r, 1, NULL, NULL), 2);
    rig_fini(&r);
}

/* After the machine went down under it, a page in use that was never written is found at the start. */
static void an_emptied_page_is_found(void **state) {
    (void)state;
    struct rig r;
    char path[200], why[sizeof r.err.text] = "";
    static const uint8_t zeros[4096];
    unsigned refused = 0;
    rig_init(&r);
    for (int64_t i = 0; i < 300; i++) OK(rig_put(&r, "p", i + 1));
    rig_commit(&r);
    rig_close(&r);
    (void)snprintf(path, sizeof path, "%s/data.mdb", r.spool_dir);
    int fd = open(path, O_RDWR);
    long pages = (long)lseek(fd, 0, SEEK_END) / 4096;
    for (long page = 0; page < pages; page++) {
        uint8_t kept[4096];
        int end;
        assert_int_equal(pread(fd, kept, sizeof kept, page * 4096), sizeof kept);
        assert_int_equal(pwrite(fd, zeros, sizeof zeros, page * 4096), sizeof zeros);
        (void)snprintf(why, sizeof why, "%s/lock", r.spool_dir);
        FILE *lock = fopen(why, "w");
        assert_true(fputs("4711 thathost 00000000-dead\n", lock) >= 0 && fclose(lock) == 0);
        pid_t child = fork();
        if (child == 0) {
            enum fc_status st = fc_spool_open(r.spool_dir, FC_SPOOL_LIMIT_DEFAULT, &r.sink.spool, &r.err);
            _exit(st == FC_OK ? (rig_each(&r, 1, NULL, NULL) == 300 ? 0 : 3) : strstr(r.err.text, "spool") != NULL ? 1 : 2);
        }
        assert_int_equal(waitpid(child, &end, 0), child);
        if (!WIFEXITED(end) || WEXITSTATUS(end) > 1) fail_msg("page %ld: ended with %x", page, (unsigned)end);
        refused += WEXITSTATUS(end) == 1;
        assert_int_equal(pwrite(fd, kept, sizeof kept, page * 4096), sizeof kept);
    }
    (void)close(fd);
    assert_true(refused >= 5);
    rig_open(&r, FC_SPOOL_LIMIT_DEFAULT);
    assert_int_equal(rig_each(&r, 1, NULL, NULL), 300);
    rig_fini(&r);
}

static void one_round_is_bounded(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    int64_t n = 0;
    while (fc_sink_room(&r.sink)) OK(rig_put(&r, NULL, n++));
    assert_false(fc_sink_full(&r.sink)); /* not full: only the round is */
    while (rig_put(&r, NULL, n) == FC_OK) n++;
    assert_non_null(strstr(r.err.text, "a round may hold 8388608 bytes"));
    rig_commit(&r);
    assert_true(fc_sink_room(&r.sink));
    assert_int_equal(rig_each(&r, 1, NULL, NULL), (unsigned)n);
    rig_fini(&r);
}

static void open_fails(struct rig *r, const char *part) {
    struct fc_spool *s;
    assert_int_equal(fc_spool_open(r->spool_dir, FC_SPOOL_LIMIT_DEFAULT, &s, &r->err), FC_IO);
    assert_null(s);
    if (strstr(r->err.text, part) == NULL) fail_msg("\"%s\" does not say \"%s\"", r->err.text, part);
}

static void refuses_a_directory_in_use(void **state) {
    (void)state;
    struct rig r;
    char want[100];
    rig_init(&r);
    (void)snprintf(want, sizeof want, "in use by another floorcast-collector (process %ld)", (long)getpid());
    open_fails(&r, want);
    rig_fini(&r);
}

static void write_file(struct rig *r, const void *bytes, size_t n) {
    char path[100];
    (void)mkdir(r->spool_dir, 0700);
    (void)snprintf(path, sizeof path, "%s/data.mdb", r->spool_dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void refuses_what_is_no_spool(void **state) {
    (void)state;
    static char junk[65536];
    struct rig r;
    rig_make_dir(&r);
    memset(junk, 'j', sizeof junk);
    write_file(&r, junk, sizeof junk);
    open_fails(&r, "data.mdb is not a spool's file, or was cut");
    write_file(&r, junk, 100);
    open_fails(&r, "data.mdb is not a spool's file, or was cut");
    (void)snprintf(r.spool_dir, sizeof r.spool_dir, "/proc/nonexistent/spool");
    open_fails(&r, "spool /proc/nonexistent/spool: cannot be made: ");
    rig_fini(&r);
}

static void refuses_another_programs_environment(void **state) {
    (void)state;
    struct rig r;
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    rig_make_dir(&r);
    assert_int_equal(mkdir(r.spool_dir, 0700), 0);
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
    assert_int_equal(mdb_env_open(env, r.spool_dir, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, "journal", MDB_CREATE, &dbi), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
    open_fails(&r, "holds an LMDB environment that is not a spool of this version");
    rig_fini(&r);
}

static void refuses_a_cut_spool(void **state) {
    (void)state;
    struct rig r;
    struct stat st;
    char path[100];
    rig_init(&r);
    for (int i = 0; i < 5000; i++) OK(rig_put(&r, NULL, i));
    rig_commit(&r);
    rig_close(&r);
    (void)snprintf(path, sizeof path, "%s/data.mdb", r.spool_dir);
    assert_int_equal(stat(path, &st), 0);
    off_t cut = st.st_size / 2 & ~(off_t)4095;
    assert_int_equal(truncate(path, cut), 0);
    open_fails(&r, "data.mdb was cut");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, cut); /* left as it was found */
    rig_fini(&r);
}

static void takes_a_new_id(void **state) {
    (void)state;
    struct rig r;
    char id[FC_SPOOL_ID_LEN + 1];
    rig_init(&r);
    (void)fc_str_copy(id, sizeof id, fc_spool_id(r.sink.spool));
    assert_int_equal(strspn(id, "0123456789abcdef"), FC_SPOOL_ID_LEN);
    rig_close(&r);
    rig_open(&r, FC_SPOOL_LIMIT_DEFAULT);
    assert_true(fc_str_is(fc_spool_id(r.sink.spool), id));
    OK(fc_spool_rename(r.sink.spool, &r.err));
    assert_false(fc_str_is(fc_spool_id(r.sink.spool), id));
    rig_fini(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_from_one_without_holes),  cmocka_unit_test(batches_keep_their_limits),
        cmocka_unit_test(forgets_what_is_acked),           cmocka_unit_test(survives_kill_9),
        cmocka_unit_test(marks_are_read_back_at_once),     cmocka_unit_test(stops_at_its_limit_and_goes_on),
        cmocka_unit_test(a_full_disk_is_waited_out),       cmocka_unit_test(a_failed_sync_is_the_end),
        cmocka_unit_test(an_emptied_page_is_found),
        cmocka_unit_test(one_round_is_bounded),            cmocka_unit_test(refuses_a_directory_in_use),
        cmocka_unit_test(refuses_what_is_no_spool),        cmocka_unit_test(refuses_another_programs_environment),
        cmocka_unit_test(refuses_a_cut_spool),             cmocka_unit_test(takes_a_new_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
