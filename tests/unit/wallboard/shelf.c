/* The shelf: what is ordered is there after a kill, history ends at a hundred, a record that is none is left out, strange directories are refused. */
#include "boards.h"
#include "shelf.h"

#include <fcntl.h>
#include <lmdb.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/fc-shelf-XXXXXX";
static struct fc_hub hub;
static struct fc_boards boards;
static struct fc_error err;
static uint32_t done_count;
static struct fc_bytes answer;
static enum fc_status answer_status;

static bool found(void *ctx, const struct fc_shelf_record *record) {
    (void)ctx;
    return record->what == FC_SHELF_PUT_BOARD && fc_boards_found(&boards, record);
}

static void open_shelf(void) {
    fc_hub_init(&hub, 1, NULL);
    fc_boards_init(&boards, &hub);
    assert_int_equal(fc_shelf_open(dir, found, NULL, &boards.shelf, &err), FC_OK);
}

static void close_shelf(void) {
    fc_shelf_close(boards.shelf);
    fc_boards_fini(&boards);
    fc_hub_fini(&hub);
}

static void saved(struct fc_shelf_order *order) {
    fc_boards_saved(&boards, order);
    fc_shelf_order_free(order);
    done_count++;
}

static void answered(struct fc_shelf_order *order) {
    fc_bytes_clear(&answer);
    fc_bytes_add(&answer, order->value.p, order->value.n);
    fc_bytes_char(&answer, '\0');
    answer_status = order->status;
    fc_shelf_order_free(order);
    done_count++;
}

static void wait_for(uint32_t n) {
    while (done_count < n) {
        struct pollfd bell = {.fd = fc_shelf_fd(boards.shelf), .events = POLLIN};
        assert_int_equal(poll(&bell, 1, 20000), 1);
        fc_shelf_work(boards.shelf);
    }
    done_count = 0;
}

static enum fc_status save(const char *id, int title, int64_t rev) {
    struct fc_shelf_order *order;
    json_t *document = NULL;
    char text[100];
    (void)snprintf(text, sizeof text, "{\"title\":\"%d\",\"tiles\":[]}", title);
    if (title >= 0) assert_int_equal(fc_board_read(FC_BOARD_JSON, fc_str(text), id, id, &document, &err), FC_OK);
    return fc_boards_save(&boards, fc_str(id), document, rev, saved, NULL, &order, &err);
}

static const char *ask(enum fc_shelf_what what, const char *id, uint64_t rev) {
    struct fc_shelf_order *order = fc_shelf_order_new(what, fc_str(id), rev);
    order->done = answered;
    assert_int_equal(fc_shelf_send(boards.shelf, order, &err), FC_OK);
    wait_for(1);
    return (const char *)answer.p;
}

static void a_kill_takes_nothing(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        open_shelf();
        if (save("a", 1, 0) != FC_OK || save("a", 2, 1) != FC_OK || save("a-b", 7, -1) != FC_OK) _exit(1);
        wait_for(3);
        (void)kill(getpid(), SIGKILL);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    open_shelf();
    const struct fc_board *a = fc_boards_find(&boards, fc_str("a")), *ab = fc_boards_find(&boards, fc_str("a-b"));
    assert_true(a != NULL && a->rev == 2 && ab != NULL && ab->rev == 1);
    assert_string_equal(json_string_value(json_object_get(fc_board_shown(a), "title")), "2");
    assert_int_equal(save("a", 3, 1), FC_AGAIN);
    assert_int_equal(save("a", 3, 2), FC_OK);
    assert_int_equal(save("a", 4, 2), FC_AGAIN); /* the one under way counts */
    wait_for(1);
    close_shelf();
}

static void history_ends_at_a_hundred(void **state) {
    (void)state;
    open_shelf();
    for (int i = 0; i < 120; i++) assert_int_equal(save("long", i, i), FC_OK);
    assert_int_equal(save("long", -1, 120), FC_OK);
    wait_for(121);
    assert_null(fc_board_shown(fc_boards_find(&boards, fc_str("long"))));
    const char *text = ask(FC_SHELF_HISTORY, "long", 0);
    assert_non_null(strstr(text, "{\"rev\":121,"));
    assert_true(strncmp(text, "{\"rev\":121,", 11) == 0 && strstr(text, "\"deleted\":true}") < strstr(text, "{\"rev\":120,"));
    assert_non_null(strstr(text, "{\"rev\":22,"));
    assert_null(strstr(text, "{\"rev\":21,"));
    assert_non_null(strstr(ask(FC_SHELF_GET_BOARD, "long", 22), "\"title\":\"21\""));
    (void)ask(FC_SHELF_GET_BOARD, "long", 21);
    assert_int_equal(answer_status, FC_ABSENT);
    assert_string_equal(ask(FC_SHELF_HISTORY, "lon", 0), "");
    close_shelf();
}

static void put_raw(const char *db_name, const void *key, size_t n, const char *text) {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi db;
    MDB_val k = {n, (void *)(uintptr_t)key}, v = {strlen(text), (void *)(uintptr_t)text};
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
    assert_int_equal(mdb_env_open(env, dir, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, db_name, MDB_CREATE, &db), 0);
    assert_int_equal(mdb_put(txn, db, &k, &v, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static void what_is_none_is_left_out(void **state) {
    (void)state;
    put_raw("boards", "a\0\0\0\0\0\0\0\0\x09", 10, "{\"saved_us\":1,\"board\":{\"id\":\"a\",\"title\":5}}");
    put_raw("boards", "x", 1, "no json");
    put_raw("alerts", "12345678", 8, "[]");
    open_shelf();
    assert_null(fc_board_shown(fc_boards_find(&boards, fc_str("a"))));
    assert_string_equal(json_string_value(json_object_get(fc_board_shown(fc_boards_find(&boards, fc_str("a-b"))), "title")), "7");
    assert_int_equal(save("a", 8, 9), FC_OK); /* its number is not given twice */
    wait_for(1);
    assert_int_equal(fc_boards_find(&boards, fc_str("a"))->rev, 10);
    struct fc_shelf *second;
    assert_int_equal(fc_shelf_open(dir, found, NULL, &second, &err), FC_CONFIG);
    assert_non_null(strstr(err.text, "is in use by another process"));
    close_shelf();
}

static void strange_directories_are_refused(void **state) {
    struct fc_shelf *shelf;
    char file[60];
    (void)state;
    put_raw("meta", "floorcast-wallboard", 19, "\0\0\0\0\0\0\0\x63");
    assert_int_equal(fc_shelf_open(dir, found, NULL, &shelf, &err), FC_CONFIG);
    assert_non_null(strstr(err.text, "another program's store"));
    (void)snprintf(file, sizeof file, "%s/data.mdb", dir);
    assert_int_equal(truncate(file, 100), 0);
    assert_int_equal(fc_shelf_open(dir, found, NULL, &shelf, &err), FC_CONFIG);
    assert_non_null(strstr(err.text, "data.mdb is not a file of this LMDB"));
    assert_int_equal(fc_shelf_open("/dev/null", found, NULL, &shelf, &err), FC_CONFIG);
    assert_non_null(strstr(err.text, "it is not a directory"));
}

static int make(void **state) {
    (void)state;
    return mkdtemp(dir) == NULL;
}

static int clear(void **state) {
    static const char *const files[] = {"data.mdb", "lock.mdb", "floorcast.lock"};
    char path[80];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        (void)unlink(path);
    }
    fc_bytes_free(&answer);
    return rmdir(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_kill_takes_nothing), cmocka_unit_test(history_ends_at_a_hundred),
                                       cmocka_unit_test(what_is_none_is_left_out), cmocka_unit_test(strange_directories_are_refused)};
    return cmocka_run_group_tests(tests, make, clear);
}
