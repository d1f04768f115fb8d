/* The store: what it refuses to open, what survives a kill, checkpoints as a whole or not at all, trimming, a full disk. */
#include "scratch.h"
#include "store.h"

#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static uint64_t seed;
static char dir[128];

static int fresh_dir(void **state) {
    (void)state;
    scratch_make(dir);
    return 0;
}

static int remove_dir(void **state) {
    (void)state;
    scratch_remove(dir);
    return 0;
}

static struct fc_store *open_sized(uint64_t map_bytes) {
    struct fc_store *store;
    struct fc_error err = {""};
    struct fc_store_options o = {.dir = dir, .map_bytes = map_bytes, .merge = scratch_sum};
    if (fc_store_open(&o, &store, &err) != FC_OK) fail_msg("open: %s", err.text);
    return store;
}

static struct fc_store *open_store(void) { return open_sized(64 << 20); }

static void expect_refused(enum fc_status want, const char *words) {
    struct fc_store *store;
    struct fc_error err = {""};
    struct fc_store_options o = {.dir = dir, .map_bytes = 64 << 20, .merge = scratch_sum};
    enum fc_status s = fc_store_open(&o, &store, &err);
    assert_null(store);
    if (s != want || strstr(err.text, words) == NULL) fail_msg("expected %s with \"%s\", got %s: %s", fc_status_name(want), words, fc_status_name(s), err.text);
}

static void append(struct fc_store *store, const char *spool, uint64_t first, uint32_t count) {
    static uint8_t buf[SCRATCH_BATCH_MAX];
    size_t n = scratch_batch(buf, spool, first, count);
    assert_int_equal(fc_store_append(store, fc_str(spool), first + count, fc_str_n((const char *)buf, n), NULL), FC_OK);
}

static void begin(struct fc_store *store) { assert_int_equal(fc_store_begin(store, NULL), FC_OK); }

static void commit(struct fc_store *store) {
    struct fc_error err = {""};
    if (fc_store_commit(store, &err) != FC_OK) fail_msg("commit: %s", err.text);
}

struct seen {
    uint32_t n;
    uint64_t first[4096];
};

/* Also that not one byte of its events has changed. */
static enum fc_status see_batch(void *ctx, const struct fc_link_msg *m) {
    struct seen *seen = ctx;
    static uint8_t want[FC_BATCH_BYTES_MAX];
    assert_int_equal(m->events.n, scratch_events(want, sizeof want, m->first, m->count));
    assert_memory_equal(m->events.p, want, m->events.n);
    assert_true(seen->n < 4096);
    seen->first[seen->n++] = m->first;
    return FC_OK;
}

static struct seen journal(struct fc_store *store) {
    struct seen seen = {0};
    assert_int_equal(fc_store_each_journal(store, see_batch, &seen, NULL), FC_OK);
    return seen;
}

static void put_mark(struct fc_record_block *b, const char *spool, uint64_t next) {
    assert_true(fc_record_append(b, FC_RECORD_MARK, fc_str(spool), fc_str_n((const char *)&next, sizeof next)));
}

static void put_sum(struct fc_record_block *b, const char *key, uint64_t by) {
    assert_true(fc_record_append(b, FC_RECORD_MERGE, fc_str(key), fc_str_n((const char *)&by, sizeof by)));
}

static void put_state(struct fc_record_block *b, const char *key, const char *value) {
    assert_true(fc_record_append(b, FC_RECORD_PUT, fc_str(key), fc_str(value)));
}

static struct fc_record_block *new_block(void) {
    struct fc_record_block *b = calloc(1, sizeof *b);
    assert_non_null(b);
    return b;
}

static void apply_all(struct fc_store *store) {
    uint64_t left = 1;
    uint32_t done;
    while (left > 0) assert_int_equal(fc_store_apply(store, 10, &done, &left, NULL), FC_OK);
}

struct dump {
    char text[4096];
};

static enum fc_status dump_state(void *ctx, struct fc_str key, struct fc_str value) {
    struct dump *d = ctx;
    size_t n = strlen(d->text);
    (void)snprintf(d->text + n, sizeof d->text - n, "%.*s=%.*s ", FC_STR_ARG(key), FC_STR_ARG(value));
    return FC_OK;
}

static enum fc_status dump_sum(void *ctx, struct fc_str key, struct fc_str value) {
    struct dump *d = ctx;
    size_t n = strlen(d->text);
    uint64_t v;
    memcpy(&v, value.p, sizeof v);
    (void)snprintf(d->text + n, sizeof d->text - n, "%.*s=%llu ", FC_STR_ARG(key), (unsigned long long)v);
    return FC_OK;
}

static void expect_state(struct fc_store *store, const char *want) {
    struct dump d = {""};
    assert_int_equal(fc_store_each_state(store, dump_state, &d, NULL), FC_OK);
    assert_string_equal(d.text, want);
}

static void expect_sums(struct fc_store *store, const char *prefix, const char *from, const char *to, const char *want) {
    struct dump d = {""};
    assert_int_equal(fc_store_each_interval(store, fc_str(prefix), fc_str(from), fc_str(to), dump_sum, &d, NULL), FC_OK);
    assert_string_equal(d.text, want);
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static void keeps_what_it_was_given(void **state) {
    (void)state;
    struct fc_store *store = open_store();
    begin(store);
    append(store, SPOOL_A, 1, 10);
    append(store, SPOOL_B, 7, 1);
    append(store, SPOOL_A, 11, 5);
    commit(store);
    begin(store);
    append(store, SPOOL_A, 16, 5);
    fc_store_abort(store);
    fc_store_close(store);
    store = open_store();
    struct seen seen = journal(store);
    assert_int_equal(seen.n, 3);
    assert_int_equal(seen.first[0], 1);
    assert_int_equal(seen.first[1], 7);
    assert_int_equal(seen.first[2], 11);
    begin(store);
    struct fc_mark mark;
    assert_int_equal(fc_store_get_mark(store, fc_str(SPOOL_A), &mark, NULL), FC_OK);
    assert_int_equal(mark.next, 16);
    assert_int_equal(mark.checkpointed, 0);
    append(store, SPOOL_A, 16, 1); /* the journal goes on behind its end */
    commit(store);
    assert_int_equal(journal(store).n, 4);
    fc_store_close(store);
}

static void one_process_at_a_time(void **state) {
    (void)state;
    struct fc_store *store = open_store();
    expect_refused(FC_CONFIG, "in use by another process (process ");
    fc_store_close(store);
    fc_store_close(open_store());
}

static void write_file(const char *name, const void *bytes, size_t n) {
    char path[200];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    (void)close(fd);
}

static void refuses_what_is_not_its_own(void **state) {
    (void)state;
    char rubbish[20000];
    memset(rubbish, 'x', sizeof rubbish);
    write_file("data.mdb", rubbish, sizeof rubbish);
    expect_refused(FC_INVALID, "not an LMDB file");
    write_file("data.mdb", rubbish, 100);
    expect_refused(FC_INVALID, "not an LMDB file");
    write_file("data.mdb", rubbish, 0); /* created, but never written: new */
    fc_store_close(open_store());
}

/* Another program's environment, opened and closed by itself: one process must not have the same one open twice. */
static void make_database(const char *name) {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
    assert_int_equal(mdb_env_open(env, dir, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, name, MDB_CREATE, &dbi), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static void refuses_another_programs_environment(void **state) {
    (void)state;
    make_database("recipes");
    expect_refused(FC_CONFIG, "another program's");
    make_database("meta");
    expect_refused(FC_CONFIG, "not an aggregator's");
}

static void write_format(uint8_t number) {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    uint8_t format[8] = {number};
    MDB_val key = {.mv_data = (void *)(uintptr_t) "floorcast-aggregator", .mv_size = 20}, value = {.mv_data = format, .mv_size = 8};
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
    assert_int_equal(mdb_env_open(env, dir, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, "meta", 0, &dbi), 0);
    assert_int_equal(mdb_put(txn, dbi, &key, &value, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static void refuses_other_formats(void **state) {
    (void)state;
    fc_store_close(open_store());
    write_format(FC_STORE_FORMAT + 1);
    expect_refused(FC_CONFIG, "a newer version of this program (format 5; this one reads 4); README, \"A store of another version\"");
    for (uint8_t older = 1; older < 3; older++) {
        write_format(older);
        expect_refused(FC_CONFIG, "an older version of this program (format ");
    }
    write_format(FC_STORE_FORMAT); /* nothing was changed by that */
    fc_store_close(open_store());
}

static off_t data_bytes(void) {
    char path[200];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/data.mdb", dir);
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

/* Cut at many places: always refused in words, never a crash, and the file keeps its length. */
static void refuses_a_cut_file(void **state) {
    (void)state;
    struct fc_store *store = open_store();
    for (int i = 0; i < 20; i++) {
        begin(store);
        append(store, SPOOL_A, 1 + 100 * (uint64_t)i, 100);
        commit(store);
    }
    fc_store_close(store);
    char path[200];
    (void)snprintf(path, sizeof path, "%s/data.mdb", dir);
    off_t whole = data_bytes();
    uint8_t *copy = malloc((size_t)whole);
    assert_non_null(copy);
    int fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, copy, (size_t)whole), whole);
    (void)close(fd);
    for (off_t cut = whole - 4096; cut > 8192; cut -= 7 * 4096) {
        write_file("data.mdb", copy, (size_t)whole);
        assert_int_equal(truncate(path, cut), 0);
        struct fc_store_options o = {.dir = dir, .map_bytes = 64 << 20, .merge = scratch_sum};
        struct fc_error err = {""};
        enum fc_status s = fc_store_open(&o, &store, &err);
        if (s == FC_OK) { /* only when nothing but free pages is gone */
            assert_int_equal(journal(store).n, 20);
            fc_store_close(store);
            continue;
        }
        assert_int_equal(s, FC_INVALID);
        assert_non_null(strstr(err.text, "cut off"));
        assert_int_equal(data_bytes(), cut);
    }
    free(copy);
}

static void refuses_a_path_that_is_no_directory(void **state) {
    (void)state;
    char path[200];
    write_file("lock.mdb", "x", 1);
    (void)snprintf(path, sizeof path, "%s/lock.mdb", dir);
    struct fc_store *store;
    struct fc_error err;
    struct fc_store_options o = {.dir = path};
    assert_int_equal(fc_store_open(&o, &store, &err), FC_CONFIG);
    assert_non_null(strstr(err.text, "not a directory"));
    o.dir = "/nowhere/at/all";
    assert_int_equal(fc_store_open(&o, &store, &err), FC_CONFIG);
    o.dir = "";
    assert_int_equal(fc_store_open(&o, &store, &err), FC_CONFIG);
}

/* ---- checkpoints ----------------------------------------------------------------------------------------------- */

static void a_checkpoint_counts_when_it_is_complete(void **state) {
    (void)state;
    struct fc_store *store = open_store();
    struct fc_record_block *b = new_block();
    begin(store);
    append(store, SPOOL_A, 1, 10);
    put_state(b, "agent/7", "busy");
    put_state(b, "agent/8", "paused");
    put_sum(b, "m/1", 3);
    put_mark(b, SPOOL_A, 6);
    assert_int_equal(fc_store_stage(store, b, NULL), FC_OK);
    apply_all(store);
    commit(store);
    expect_state(store, ""); /* the block was not the last */
    fc_store_close(store);
    store = open_store(); /* so it is forgotten */
    expect_state(store, "");
    b->last = true;
    begin(store);
    assert_int_equal(fc_store_stage(store, b, NULL), FC_OK);
    apply_all(store);
    commit(store);
    expect_state(store, "agent/7=busy agent/8=paused ");
    expect_sums(store, "", "", "", "m/1=3 ");
    assert_int_equal(journal(store).n, 1); /* 6..10 are not part of the state */
    b->used = 0;
    assert_true(fc_record_append(b, FC_RECORD_DELETE, fc_str("agent/7"), (struct fc_str){0}));
    assert_true(fc_record_append(b, FC_RECORD_DELETE, fc_str("agent/9"), (struct fc_str){0}));
    put_state(b, "agent/8", "available");
    put_sum(b, "m/1", 4);
    put_mark(b, SPOOL_A, 11);
    begin(store);
    assert_int_equal(fc_store_stage(store, b, NULL), FC_OK);
    apply_all(store);
    fc_store_abort(store);
    expect_state(store, "agent/7=busy agent/8=paused ");
    begin(store);
    assert_int_equal(fc_store_stage(store, b, NULL), FC_OK);
    apply_all(store);
    commit(store);
    expect_state(store, "agent/8=available ");
    expect_sums(store, "", "", "", "m/1=7 ");
    assert_int_equal(journal(store).n, 0);
    struct fc_store_size size;
    assert_int_equal(fc_store_measure(store, &size, NULL), FC_OK);
    assert_int_equal(size.staged_blocks, 0);
    assert_int_equal(size.journal_entries, 1);
    fc_store_close(store);
    free(b);
}

/* Child: stages three blocks of sums, applies some records in committed steps, and is killed. */
static void stage_and_die(bool complete, uint32_t steps) {
    struct fc_store *store = open_store();
    struct fc_record_block *b = new_block();
    for (int k = 0; k < 3; k++) {
        b->used = 0;
        b->last = complete && k == 2;
        for (int i = 0; i < 20; i++) {
            char key[16];
            (void)snprintf(key, sizeof key, "k%02d", i);
            put_sum(b, key, 1);
        }
        begin(store);
        assert_int_equal(fc_store_stage(store, b, NULL), FC_OK);
        commit(store);
    }
    for (uint32_t i = 0; i < steps; i++) {
        uint64_t left;
        uint32_t done;
        begin(store);
        assert_int_equal(fc_store_apply(store, 7, &done, &left, NULL), FC_OK);
        commit(store);
    }
    begin(store);
    uint64_t left;
    uint32_t done;
    assert_int_equal(fc_store_apply(store, 5, &done, &left, NULL), FC_OK); /* never committed */
    (void)raise(SIGKILL);
}

static void in_child_killed(void (*body)(bool, uint32_t), bool complete, uint32_t steps) {
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        body(complete, steps);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void expect_all_sums(uint64_t want) {
    struct fc_store *store = open_store();
    char text[1024] = "";
    for (int i = 0; want > 0 && i < 20; i++) {
        size_t n = strlen(text);
        (void)snprintf(text + n, sizeof text - n, "k%02d=%llu ", i, (unsigned long long)want);
    }
    expect_sums(store, "k", "", "", text);
    fc_store_close(store);
}

static void a_kill_leaves_a_checkpoint_whole_or_absent(void **state) {
    (void)state;
    in_child_killed(stage_and_die, false, 0);
    expect_all_sums(0);
    in_child_killed(stage_and_die, true, 0);
    expect_all_sums(3);
    for (uint32_t steps = 1; steps <= 9; steps++) { /* 60 records, seven a step */
        in_child_killed(stage_and_die, true, steps);
        expect_all_sums(3 * (uint64_t)(steps + 1));
    }
    in_child_killed(stage_and_die, false, 3);
    expect_all_sums(30);
}

static void a_merge_that_refuses_stops_the_checkpoint(void **state) {
    (void)state;
    struct fc_store *store = open_store();
    struct fc_record_block *b = new_block();
    assert_true(fc_record_append(b, FC_RECORD_MERGE, fc_str("m/1"), fc_str("not a number")));
    b->last = true;
    begin(store);
    assert_int_equal(fc_store_stage(store, b, NULL), FC_OK);
    commit(store);
    uint64_t left;
    uint32_t done;
    struct fc_error err;
    begin(store);
    assert_int_equal(fc_store_apply(store, 5, &done, &left, &err), FC_INVALID);
    fc_store_abort(store);
    fc_store_close(store);
    expect_refused(FC_INVALID, "merging an interval");
    free(b);
}

/* ---- journal --------------------------------------------------------------------------------------------------- */

static void trims_what_is_checkpointed_and_no_more(void **state) {
    (void)state;
    struct fc_store *store = open_store();
    struct fc_record_block *b = new_block();
    begin(store);
    for (uint64_t i = 0; i < 10; i++) append(store, SPOOL_A, 1 + 10 * i, 10);
    append(store, SPOOL_B, 1, 10);
    append(store, SPOOL_A, 101, 10);
    put_mark(b, SPOOL_A, 1000);
    b->last = true;
    assert_int_equal(fc_store_stage(store, b, NULL), FC_OK);
    apply_all(store);
    commit(store);
    uint32_t done;
    begin(store);
    assert_int_equal(fc_store_trim(store, 4, &done, NULL), FC_OK);
    assert_int_equal(done, 4);
    assert_int_equal(fc_store_trim(store, 100, &done, NULL), FC_OK);
    assert_int_equal(done, 6); /* up to B's batch, which is not checkpointed */
    commit(store);
    struct seen seen = journal(store);
    assert_int_equal(seen.n, 1);
    b->used = 0;
    put_mark(b, SPOOL_B, 11);
    begin(store);
    assert_int_equal(fc_store_stage(store, b, NULL), FC_OK);
    apply_all(store);
    assert_int_equal(fc_store_trim(store, 100, &done, NULL), FC_OK);
    assert_int_equal(done, 2);
    append(store, SPOOL_A, 111, 10);
    commit(store);
    fc_store_close(store);
    free(b);
}

static void append_and_tell(int to) {
    struct fc_store *store = open_store();
    uint64_t next = 1, s = seed;
    for (;;) {
        begin(store);
        for (int i = 0; i < 3; i++) {
            uint32_t count = 1 + (uint32_t)(scratch_rng(&s) % 50);
            append(store, SPOOL_A, next, count);
            next += count;
        }
        commit(store);
        if (write(to, &next, sizeof next) != sizeof next) _exit(1);
    }
}

static void what_was_acked_survives_a_kill(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) append_and_tell(ends[1]);
    (void)close(ends[1]);
    uint64_t acked = 0, v, s = seed * 7;
    int64_t rounds = 20 + (int64_t)(scratch_rng(&s) % 60);
    while (rounds-- > 0 && read(ends[0], &v, sizeof v) == sizeof v) acked = v;
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(ends[0], &v, sizeof v) == sizeof v) acked = v;
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    struct fc_store *store = open_store();
    begin(store);
    struct fc_mark mark;
    assert_int_equal(fc_store_get_mark(store, fc_str(SPOOL_A), &mark, NULL), FC_OK);
    fc_store_abort(store);
    assert_true(mark.next >= acked);
    struct seen seen = journal(store);
    assert_true(seen.n > 0);
    assert_int_equal(seen.first[0], 1);
    assert_true(seen.first[seen.n - 1] < mark.next && mark.next - seen.first[seen.n - 1] <= 50);
    fc_store_close(store);
}

/* ---- limits and readers ---------------------------------------------------------------------------------------- */

static void a_full_map_is_a_status_and_passes(void **state) {
    (void)state;
    struct fc_store *store = open_sized(1 << 20);
    struct fc_record_block *b = new_block();
    static uint8_t buf[SCRATCH_BATCH_MAX];
    enum fc_status s = FC_OK;
    uint64_t next = 1;
    struct fc_error err = {""};
    while (s == FC_OK) {
        size_t n = scratch_batch(buf, SPOOL_A, next, 500);
        begin(store);
        s = fc_store_append(store, fc_str(SPOOL_A), next + 500, fc_str_n((const char *)buf, n), &err);
        if (s != FC_OK) fc_store_abort(store);
        else s = fc_store_commit(store, &err);
        if (s == FC_OK) next += 500;
        assert_true(next < 1000000);
    }
    assert_int_equal(s, FC_FULL);
    assert_true(next > 500);
    put_mark(b, SPOOL_A, next);
    b->last = true;
    begin(store);
    assert_int_equal(fc_store_stage(store, b, NULL), FC_OK);
    apply_all(store);
    commit(store);
    uint32_t done;
    for (int i = 0; i < 3; i++) { /* freed pages serve again once no older reader can see them */
        begin(store);
        assert_int_equal(fc_store_trim(store, 5, &done, NULL), FC_OK);
        commit(store);
    }
    begin(store);
    append(store, SPOOL_A, next, 500);
    commit(store);
    fc_store_close(store);
    free(b);
}

static void intervals_are_read_by_prefix_and_bounds(void **state) {
    (void)state;
    struct fc_store *store = open_store();
    struct fc_record_block *b = new_block();
    const char *const keys[] = {"a/1", "a/2", "a/3", "ab/1", "b/1", "b/2"};
    for (unsigned i = 0; i < 6; i++) put_sum(b, keys[i], i);
    b->last = true;
    begin(store);
    assert_int_equal(fc_store_stage(store, b, NULL), FC_OK);
    apply_all(store);
    commit(store);
    expect_sums(store, "a/", "", "", "a/1=0 a/2=1 a/3=2 ");
    expect_sums(store, "a/", "a/2", "a/3", "a/2=1 ");
    expect_sums(store, "a", "", "", "a/1=0 a/2=1 a/3=2 ab/1=3 ");
    expect_sums(store, "", "ab", "", "ab/1=3 b/1=4 b/2=5 ");
    expect_sums(store, "", "", "a/2", "a/1=0 ");
    expect_sums(store, "c", "", "", "");
    expect_sums(store, "b/", "a", "z", "b/1=4 b/2=5 ");
    uint32_t done;
    begin(store);
    assert_int_equal(fc_store_delete_intervals(store, fc_str("a/"), fc_str("a0"), 2, &done, NULL), FC_OK);
    assert_int_equal(done, 2);
    assert_int_equal(fc_store_delete_intervals(store, fc_str("a/"), fc_str("a0"), 2, &done, NULL), FC_OK);
    assert_int_equal(done, 1);
    commit(store);
    expect_sums(store, "", "", "", "ab/1=3 b/1=4 b/2=5 ");
    fc_store_close(store);
    free(b);
}

struct query {
    struct fc_store *store;
    _Atomic bool stop; /* writer: the test; reader: the query thread */
    uint64_t rounds;
};

struct equal {
    uint64_t value;
    uint32_t n;
};

static enum fc_status all_equal(void *ctx, struct fc_str key, struct fc_str value) {
    (void)key;
    struct equal *e = ctx;
    uint64_t v;
    memcpy(&v, value.p, sizeof v);
    if (e->n++ > 0 && v != e->value) return FC_INVALID;
    e->value = v;
    return FC_OK;
}

static void *query_all(void *arg) {
    struct query *q = arg;
    do {
        struct equal e = {0};
        if (fc_store_each_interval(q->store, fc_str("k"), fc_str(""), fc_str(""), all_equal, &e, NULL) != FC_OK) return arg;
        q->rounds++;
    } while (!atomic_load_explicit(&q->stop, memory_order_relaxed)); /* ends the test, orders nothing */
    return NULL;
}

/* A query sees one commit: fifty sums that always rise together are always equal. */
static void a_query_thread_sees_one_commit(void **state) {
    (void)state;
    struct query q = {.store = open_store()};
    struct fc_record_block *b = new_block();
    for (int i = 0; i < 50; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "k%02d", i);
        put_sum(b, key, 1);
    }
    b->last = true;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, query_all, &q), 0);
    for (int i = 0; i < 100; i++) {
        begin(q.store);
        assert_int_equal(fc_store_stage(q.store, b, NULL), FC_OK);
        apply_all(q.store);
        commit(q.store);
    }
    atomic_store_explicit(&q.stop, true, memory_order_relaxed); /* as above */
    void *failed;
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    assert_true(q.rounds > 0);
    fc_store_close(q.store);
    free(b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh_dir, remove_dir)

int main(void) {
    seed = scratch_seed();
    const struct CMUnitTest tests[] = {
        TEST(keeps_what_it_was_given),
        TEST(one_process_at_a_time),
        TEST(refuses_what_is_not_its_own),
        TEST(refuses_another_programs_environment),
        TEST(refuses_other_formats),
        TEST(refuses_a_cut_file),
        TEST(refuses_a_path_that_is_no_directory),
        TEST(a_checkpoint_counts_when_it_is_complete),
        TEST(a_kill_leaves_a_checkpoint_whole_or_absent),
        TEST(a_merge_that_refuses_stops_the_checkpoint),
        TEST(trims_what_is_checkpointed_and_no_more),
        TEST(what_was_acked_survives_a_kill),
        TEST(a_full_map_is_a_status_and_passes),
        TEST(intervals_are_read_by_prefix_and_bounds),
        TEST(a_query_thread_sees_one_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
