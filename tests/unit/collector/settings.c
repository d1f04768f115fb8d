/* Options, YAML file and environment together: who wins, and the words for what is wrong. */
#include "settings.h"

#include "rig.h"

#include <sys/stat.h>

static struct rig r;
static char file[100], secret[100];

static void write_file(const char *path, const char *text, mode_t mode) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

#define LOAD(s, ...) load((s), (const char *[]){__VA_ARGS__}, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)))

static enum fc_status load(struct fc_settings *s, const char *const *args, int n) {
    static char copies[40][300];
    static char *argv[41];
    argv[0] = strcpy(copies[0], "floorcast-collector");
    for (int i = 0; i < n; i++) argv[i + 1] = strcpy(copies[i + 1], args[i]);
    return fc_settings_load(n + 1, argv, s, &r.err);
}

#define FAILS(words, ...)                                                                                                               \
    do {                                                                                                                               \
        struct fc_settings bad;                                                                                                        \
        assert_int_equal(LOAD(&bad, __VA_ARGS__), FC_CONFIG);                                                                          \
        assert_string_equal(r.err.text, words);                                                                                        \
    } while (0)

#define ZMQ "--source", "zmq://127.0.0.1:5560"
#define SPOOL "--spool", "s"

static void the_command_line_wins_over_the_file(void **state) {
    (void)state;
    struct fc_settings s;
    write_file(file,
               "sources:\n  - queuelog:/var/log/asterisk/queue_log\n  - ndjson:-\naggregator: tcp://10.0.0.1:5570\nspool: /var/spool/x\n"
               "spool_limit: 2G\nspeed: 1.5\nplain_customers: no\ncountry_code: '49'\nlog_format: json\n",
               0644);
    OK(LOAD(&s, "--config", file));
    assert_int_equal(s.n_sources, 2);
    assert_string_equal(s.sources[1], "ndjson:-");
    assert_string_equal(s.aggregator, "tcp://10.0.0.1:5570");
    assert_int_equal(s.spool_limit_bytes, UINT64_C(2) << 30);
    assert_true(s.speed > 1.4 && s.speed < 1.6);
    assert_string_equal(s.country_code, "49");
    assert_int_equal(s.log_format, FC_LOG_JSON);
    assert_false(s.plain_customers || s.once || s.insecure);
    fc_settings_fini(&s);
    OK(LOAD(&s, "--config", file, ZMQ, SPOOL, "--once", "--plain-customers", "--spool-limit=64M", "--log-format", "text", "--speed", "0"));
    assert_int_equal(s.n_sources, 1);
    assert_string_equal(s.sources[0], "zmq://127.0.0.1:5560");
    assert_string_equal(s.spool, "s");
    assert_int_equal(s.spool_limit_bytes, 64 << 20);
    assert_int_equal(s.log_format, FC_LOG_TEXT);
    assert_true(s.plain_customers && s.once);
    fc_settings_fini(&s);
}

static void wrong_options_are_named(void **state) {
    (void)state;
    FAILS("no source is given: --source URI, as in --source zmq://127.0.0.1:5560", SPOOL);
    FAILS("no spool is given: --spool DIR, where events are kept until they are acked", ZMQ);
    FAILS("unknown option --agregator", ZMQ, SPOOL, "--agregator", "x");
    FAILS("source \"http://x\": unknown kind, expected zmq://ADDRESS:PORT, ami://user@host:port, queuelog:PATH[?queues=FILE][&names=FILE], ndjson:PATH or ndjson:-, amilog:DIR",
          SPOOL, "--source", "http://x");
    FAILS("source \"queuelog:\": expected queuelog:PATH[?queues=FILE][&names=FILE]", SPOOL, "--source", "queuelog:");
    FAILS("source \"ndjson:a\" is given twice", SPOOL, "--source", "ndjson:a", "--source", "ndjson:a");
    FAILS("source \"zmq://0.0.0.0:1\": other machines can reach this address, and without keys whoever does can add calls that never were, and who is on the "
          "way reads all; expected a loopback address, or --insecure",
          SPOOL, "--source", "zmq://0.0.0.0:1");
    FAILS("aggregator \"localhost:5570\": expected tcp://HOST:PORT", ZMQ, SPOOL, "--aggregator", "localhost:5570");
    FAILS("aggregator \"tcp://localhost\": expected tcp://HOST:PORT", ZMQ, SPOOL, "--aggregator", "tcp://localhost");
    FAILS("spool limit \"1T\": expected bytes with K, M or G, from 1M to 16384G", ZMQ, SPOOL, "--spool-limit", "1T");
    FAILS("spool limit \"4096\": expected bytes with K, M or G, from 1M to 16384G", ZMQ, SPOOL, "--spool-limit", "4096");
    FAILS("speed \"fast\": expected a number, 0 or more", ZMQ, SPOOL, "--speed", "fast");
    FAILS("speed -1: expected a number from 0 to 1000000", ZMQ, SPOOL, "--speed", "-1");
    FAILS("country code \"+49\": expected 1 to 7 digits without a leading 0, as in 49", ZMQ, SPOOL, "--country-code", "+49");
    FAILS("log format \"xml\": expected text or json", ZMQ, SPOOL, "--log-format", "xml");
}

static void wrong_files_are_named(void **state) {
    (void)state;
    char want[300];
    write_file(file, "spool: s\nsource: [ndjson:-]\n", 0644);
    (void)snprintf(want, sizeof want,
                   "%s:2:1: unexpected key `source`; allowed: sources, aggregator, spool, spool_limit, speed, record, secret_file, plain_customers, "
                   "country_code, insecure, log_format", file);
    FAILS(want, "--config", file);
    write_file(file, "spool: s\nspool_limit: much\n", 0644);
    (void)snprintf(want, sizeof want, "%s: spool limit \"much\": expected bytes with K, M or G, from 1M to 16384G", file);
    FAILS(want, "--config", file);
    write_file(file, "insecure: perhaps\n", 0644);
    (void)snprintf(want, sizeof want, "%s:1:11: `insecure` is perhaps, expected one of: yes, no, true, false, on, off", file);
    FAILS(want, "--config", file);
}

static void secrets_are_read_and_guarded(void **state) {
    (void)state;
    struct fc_settings s;
    char want[300];
    assert_int_equal(setenv("FLOORCAST_AMI_SECRET", "from the environment", 1), 0);
    OK(LOAD(&s, ZMQ, SPOOL));
    assert_string_equal(s.secret, "from the environment");
    write_file(secret, "hush\r\n", 0600);
    OK(LOAD(&s, ZMQ, SPOOL, "--secret-file", secret));
    assert_string_equal(s.secret, "hush");
    write_file(secret, "hush\n", 0644);
    (void)snprintf(want, sizeof want, "secret file %s: everybody may read it (mode 0644), expected 0600 or 0640", secret);
    FAILS(want, ZMQ, SPOOL, "--secret-file", secret);
    write_file(secret, "two\nlines\n", 0600);
    (void)snprintf(want, sizeof want, "secret file %s: expected one line", secret);
    FAILS(want, ZMQ, SPOOL, "--secret-file", secret);
    write_file(secret, "\n", 0600);
    (void)snprintf(want, sizeof want, "secret file %s: expected one line of 1 to 255 bytes", secret);
    FAILS(want, ZMQ, SPOOL, "--secret-file", secret);
    FAILS("secret file /nonexistent: cannot be read: No such file or directory", ZMQ, SPOOL, "--secret-file", "/nonexistent");
    assert_int_equal(unsetenv("FLOORCAST_AMI_SECRET"), 0);
}

static void a_reload_knows_what_changed(void **state) {
    (void)state;
    struct fc_settings a, b;
    char text[200];
    write_file(file, "sources: [ndjson:-]\nspool: s\naggregator: tcp://a:1\n", 0644);
    OK(LOAD(&a, "--config", file));
    OK(LOAD(&b, "--config", file));
    assert_false(fc_settings_differ(&a, &b, text, sizeof text));
    fc_settings_fini(&b);
    write_file(file, "sources: [ndjson:a]\nspool: s\nspool_limit: 5M\n", 0644);
    OK(LOAD(&b, "--config", file));
    assert_true(fc_settings_differ(&a, &b, text, sizeof text));
    assert_string_equal(text, "sources, aggregator, spool_limit");
    fc_settings_fini(&a);
    fc_settings_fini(&b);
}

int main(void) {
    rig_make_dir(&r);
    (void)snprintf(file, sizeof file, "%s/collector.yaml", r.dir);
    (void)snprintf(secret, sizeof secret, "%s/secret", r.dir);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_command_line_wins_over_the_file), cmocka_unit_test(wrong_options_are_named), cmocka_unit_test(wrong_files_are_named),
        cmocka_unit_test(secrets_are_read_and_guarded),        cmocka_unit_test(a_reload_knows_what_changed),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_fini(&r);
    return failed;
}
