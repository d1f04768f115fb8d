/* The store on a disk that fails: what may be tried again, what may not, and what a damaged file is told by. */
#include "scratch.h"
#include "store.h"

#include "../fault.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

static char dir[128];
static struct fc_store *store;

static void open_store(void) {
    struct fc_error err = {""};
    struct fc_store_options o = {.dir = dir, .map_bytes = 64 << 20, .merge = scratch_sum};
    if (fc_store_open(&o, &store, &err) != FC_OK) fail_msg("open: %s", err.text);
}

static int prepare(void **state) {
    (void)state;
    scratch_make(dir);
    open_store();
    fault.hit = 0;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    fault_none();
    fc_store_close(store);
    scratch_remove(dir);
    return 0;
}

/* A transaction of some ten pages. */
static enum fc_status append(uint64_t first, struct fc_error *err) {
    static uint8_t buf[SCRATCH_BATCH_MAX];
    size_t n = scratch_batch(buf, SPOOL_A, first, 500);
    err->text[0] = '\0';
    enum fc_status s = fc_store_begin(store, err);
    if (s != FC_OK) return s;
    assert_int_equal(fc_store_append(store, fc_str(SPOOL_A), first + 500, fc_str_n((const char *)buf, n), err), FC_OK);
    return fc_store_commit(store, err);
}

static enum fc_status add_up(void *ctx, const struct fc_link_msg *m) {
    *(uint64_t *)ctx += m->count;
    return FC_OK;
}

static uint64_t events(void) {
    uint64_t n = 0;
    assert_int_equal(fc_store_each_journal(store, add_up, &n, NULL), FC_OK);
    return n;
}

static void reopen(void) {
    fc_store_close(store);
    open_store();
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

static void expect_passing(const char *words) {
    struct fc_error err;
    assert_int_equal(append(1, &err), FC_OK);
    fault.hit = 0;
    fault.cut_short = words[0] == 'a';
    fault.write_errno = strcmp(words, "No space left on device") == 0 ? ENOSPC : strcmp(words, "File too large") == 0 ? EFBIG : 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(append(501, &err), FC_FULL);
        assert_non_null(strstr(err.text, "no room on its disk"));
        assert_non_null(strstr(err.text, words));
        assert_int_equal(events(), 500);
    }
    assert_true(fault.hit >= 3);
    fault_none();
    assert_int_equal(append(501, &err), FC_OK);
    reopen();
    assert_int_equal(events(), 1000);
}

static void a_full_disk_passes(void **state) {
    (void)state;
    expect_passing("No space left on device");
}

static void a_limit_on_the_file_passes(void **state) {
    (void)state;
    expect_passing("File too large");
}

/* LMDB makes an input/output error of it, which a failed sync is too. */
static void a_write_cut_short_is_a_full_disk(void **state) {
    (void)state;
    expect_passing("a write was cut short");
}

static void expect_broken(void) {
    struct fc_error err;
    assert_int_equal(append(501, &err), FC_IO);
    assert_non_null(strstr(err.text, "lost a write"));
    fault_none();
    assert_int_equal(append(501, &err), FC_IO); /* the disk works again, and is not believed */
    assert_non_null(strstr(err.text, "until a new start"));
    reopen();
    assert_int_equal(events(), 500);
    assert_int_equal(append(501, &err), FC_OK);
    assert_int_equal(events(), 1000);
}

static void a_failed_sync_is_the_end(void **state) {
    (void)state;
    struct fc_error err;
    assert_int_equal(append(1, &err), FC_OK);
    fault.sync_errno = EIO;
    expect_broken();
}

/* Space promised and not there, as on a thin volume: the pages are as lost as with any other number. */
static void a_sync_without_space_is_the_end_too(void **state) {
    (void)state;
    struct fc_error err;
    assert_int_equal(append(1, &err), FC_OK);
    fault.sync_errno = ENOSPC;
    expect_broken();
}

/* LMDB takes no further transaction after that. */
static void a_failed_head_page_is_the_end_at_the_next_try(void **state) {
    (void)state;
    struct fc_error err;
    assert_int_equal(append(1, &err), FC_OK);
    fault.meta_errno = ENOSPC;
    assert_int_not_equal(append(501, &err), FC_OK);
    fault_none();
    assert_int_equal(append(501, &err), FC_IO);
    reopen();
    assert_int_equal(events(), 500);
}

static void a_full_disk_at_the_start_is_told(void **state) {
    (void)state;
    struct fc_error err = {""};
    fc_store_close(store);
    scratch_remove(dir);
    scratch_make(dir);
    fault.write_errno = ENOSPC;
    struct fc_store_options o = {.dir = dir, .map_bytes = 64 << 20};
    assert_int_equal(fc_store_open(&o, &store, &err), FC_FULL);
    assert_non_null(strstr(err.text, dir));
    fault_none();
    open_store();
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

static void put_file(const char *name, off_t at, const void *bytes, size_t n, int flags) {
    char path[200];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, n, at), n);
    (void)close(fd);
}

static void holder_was(const char *text) { put_file("floorcast.lock", 0, text, strlen(text), O_TRUNC); }

/* What opening it in another process comes to: its status, or 100 when it ended by itself with exit code 1. */
static int opened_elsewhere(char *words, size_t cap) {
    int pipes[2], end;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        struct fc_error err = {""};
        struct fc_store_options o = {.dir = dir, .map_bytes = 64 << 20, .merge = scratch_sum};
        (void)dup2(pipes[1], STDERR_FILENO);
        (void)close(pipes[0]);
        enum fc_status s = fc_store_open(&o, &store, &err);
        uint64_t n = 0;
        if (s == FC_OK) s = fc_store_each_journal(store, add_up, &n, &err);
        (void)dprintf(STDERR_FILENO, "%s", err.text);
        _exit(s == FC_OK ? 0 : 10 + (int)s);
    }
    (void)close(pipes[1]);
    size_t n = 0;
    for (ssize_t k; n + 1 < cap && (k = read(pipes[0], words + n, cap - n - 1)) > 0;) n += (size_t)k;
    words[n] = '\0';
    (void)close(pipes[0]);
    assert_int_equal(waitpid(child, &end, 0), child);
    if (!WIFEXITED(end)) fail_msg("ended by signal %d: %s", WTERMSIG(end), words);
    int code = WEXITSTATUS(end);
    return code == 0 ? FC_OK : code == 1 ? 100 : code - 10;
}

static long fill(void) {
    struct fc_error err;
    char path[200];
    struct fc_record_block *b = calloc(1, sizeof *b);
    assert_non_null(b);
    for (uint64_t i = 0; i < 2; i++) assert_int_equal(append(1 + 500 * i, &err), FC_OK);
    for (uint64_t i = 0; i < 900; i++) {
        char key[24];
        (void)snprintf(key, sizeof key, "m/%06llu", (unsigned long long)i);
        assert_true(fc_record_append(b, FC_RECORD_MERGE, fc_str(key), fc_str_n((const char *)&i, sizeof i)));
    }
    b->last = true;
    uint64_t left;
    uint32_t done;
    assert_int_equal(fc_store_begin(store, NULL), FC_OK);
    assert_int_equal(fc_store_stage(store, b, NULL), FC_OK);
    assert_int_equal(fc_store_apply(store, 2000, &done, &left, NULL), FC_OK);
    assert_int_equal(fc_store_commit(store, NULL), FC_OK);
    free(b);
    fc_store_close(store);
    store = NULL;
    (void)snprintf(path, sizeof path, "%s/data.mdb", dir);
    int fd = open(path, O_RDONLY);
    off_t bytes = lseek(fd, 0, SEEK_END);
    (void)close(fd);
    return (long)(bytes / 4096);
}

/* Every page of the file in turn is emptied, as by a disk that never wrote it, and put back. After the machine went down
 * it is found out at once; otherwise by whoever needs the page, and never by a signal. */
static void an_emptied_page_is_found(void **state) {
    (void)state;
    static const uint8_t zeros[4096];
    uint8_t kept[4096];
    char words[900];
    unsigned refused = 0;
    long pages = fill();
    for (long page = 0; page < pages; page++) {
        char path[200];
        (void)snprintf(path, sizeof path, "%s/data.mdb", dir);
        int fd = open(path, O_RDONLY);
        assert_int_equal(pread(fd, kept, sizeof kept, page * 4096), sizeof kept);
        (void)close(fd);
        put_file("data.mdb", page * 4096, zeros, sizeof zeros, 0);
        holder_was("4711 thathost 00000000-dead\n");
        int looked = opened_elsewhere(words, sizeof words);
        if (looked != FC_OK) {
            assert_int_equal(looked, FC_INVALID);
            assert_true(strstr(words, "damaged") != NULL || strstr(words, "not an LMDB file") != NULL || strstr(words, "journal") != NULL);
            refused++;
            assert_int_equal(opened_elsewhere(words, sizeof words), FC_INVALID); /* the next one looks as well */
        }
        holder_was("");
        int plain = opened_elsewhere(words, sizeof words);
        assert_true(plain == FC_OK || plain == FC_INVALID || plain == 100);
        if (plain == 100) assert_non_null(strstr(words, "is damaged"));
        put_file("data.mdb", page * 4096, kept, sizeof kept, 0);
    }
    assert_true(refused >= 8); /* two heads, the roots, leaves of the intervals at least */
    holder_was("4711 thathost 00000000-dead\n");
    open_store(); /* as it was */
    assert_int_equal(events(), 1000);
}

static void a_lock_says_who_has_it(void **state) {
    (void)state;
    char path[200];
    struct fc_store *second;
    struct fc_error err = {""};
    struct fc_store_options o = {.dir = dir, .map_bytes = 64 << 20};
    fc_store_close(store);
    store = NULL;
    holder_was("4711 otherhost 00000000-dead\n");
    (void)snprintf(path, sizeof path, "%s/floorcast.lock", dir);
    int fd = open(path, O_RDWR);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(fc_store_open(&o, &second, &err), FC_CONFIG);
    assert_non_null(strstr(err.text, "process 4711 on host otherhost"));
    (void)close(fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, prepare, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_full_disk_passes),
        TEST(a_limit_on_the_file_passes),
        TEST(a_write_cut_short_is_a_full_disk),
        TEST(a_failed_sync_is_the_end),
        TEST(a_sync_without_space_is_the_end_too),
        TEST(a_failed_head_page_is_the_end_at_the_next_try),
        TEST(a_full_disk_at_the_start_is_told),
        TEST(an_emptied_page_is_found),
        TEST(a_lock_says_who_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
