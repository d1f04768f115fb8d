/* A spool as an earlier collector left it is opened with all its events; one of another version is refused, and left as it was. */
#include "rig.h"

#include "../fixture.h"
#include "spool_env.h"

#include <sys/stat.h>

#define EVENTS 405 /* lines of events-1.ndjson */

static void copy_spool(struct rig *r) {
    char path[160];
    rig_make_dir(r);
    assert_int_equal(mkdir(r->spool_dir, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/data.mdb", r->spool_dir);
    fixture_copy("spool-1/data.mdb", path);
    (void)snprintf(path, sizeof path, "%s/customer.key", r->spool_dir);
    fixture_copy("spool-1/customer.key", path);
    assert_int_equal(chmod(path, 0600), 0);
}

static void count_kind(void *ctx, const struct fc_event *ev) { ((unsigned *)ctx)[ev->kind]++; }

static void spool_1(void **state) {
    (void)state;
    struct rig r;
    unsigned kinds[FC_KIND_COUNT] = {0};
    copy_spool(&r);
    rig_open(&r, FC_SPOOL_LIMIT_DEFAULT);
    assert_int_equal(fc_spool_first(r.sink.spool), 1);
    assert_int_equal(fc_spool_next(r.sink.spool), EVENTS + 1);
    assert_int_equal(rig_each(&r, 1, count_kind, kinds), EVENTS);
    for (int kind = 0; kind < FC_KIND_COUNT; kind++)
        if (kinds[kind] == 0) fail_msg("no event of kind %s", fc_kind_name((enum fc_kind)kind));
    OK(rig_put(&r, "other", 1)); /* it is written on, and knows which numbers it has seen */
    rig_commit(&r);
    assert_int_equal(fc_spool_next(r.sink.spool), EVENTS + 2);
    rig_fini(&r);
}

static void write_format(const struct rig *r, const char *format) {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_val key = fc_val("format", 6), value = fc_val(format, strlen(format));
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
    assert_int_equal(mdb_env_open(env, r->spool_dir, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, "state", 0, &dbi), 0);
    assert_int_equal(mdb_put(txn, dbi, &key, &value, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static void another_version_is_refused_and_left_alone(void **state) {
    (void)state;
    struct rig r;
    struct fc_spool *none;
    copy_spool(&r);
    write_format(&r, "floorcast-spool 2");
    assert_int_equal(fc_spool_open(r.spool_dir, FC_SPOOL_LIMIT_DEFAULT, &none, &r.err), FC_IO);
    if (strstr(r.err.text, "written by another version of this program (format 2; this one reads 1); README, \"A spool of another version\"") == NULL)
        fail_msg("%s", r.err.text);
    write_format(&r, "floorcast-spool 1");
    rig_open(&r, FC_SPOOL_LIMIT_DEFAULT);
    assert_int_equal(rig_each(&r, 1, NULL, NULL), EVENTS);
    rig_fini(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(spool_1), cmocka_unit_test(another_version_is_refused_and_left_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
