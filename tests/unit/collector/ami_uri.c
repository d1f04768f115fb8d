/* ami://user@host:port, a secret and a directory to record into: what is refused, and that it is said. */
#include "ami_fake.h"

#define SECRET "open sesame"

static void uris_that_are_wrong(void **state) {
    (void)state;
    struct fc_sink *sink = fake_create();
    struct fc_source *s = NULL;
    struct fc_error err = {{0}};
    static const struct {
        const char *rest, *words;
    } wrong[] = {
        {"", "expected ami://user@host:port"},
        {"wallboard@host", "expected ami://user@host:port"},
        {"//host:5038", "the user is missing"},
        {"//wallboard@", "the host is missing"},
        {"//wallboard@host:0", "port \"0\""},
        {"//wallboard@host:99999", "expected 1 to 65535"},
        {"//wallboard@[::1]x", "follows the host's ]"},
        {"//wallboard:hush@host", "a secret does not belong into the uri"},
        {"//wall board@host", "malformed"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct fc_source_args args = {.uri = "ami:?", .rest = wrong[i].rest, .sink = sink, .secret = SECRET};
        assert_int_equal(fc_source_ami.open(&args, &s, &err), FC_CONFIG);
        if (strstr(err.text, wrong[i].words) == NULL) fail_msg("\"%s\" lacks \"%s\"", err.text, wrong[i].words);
        assert_null(strstr(err.text, "hush"));
    }
    struct fc_source_args args = {.uri = "ami://a@b", .rest = "//a@b", .sink = sink};
    assert_int_equal(fc_source_ami.open(&args, &s, &err), FC_CONFIG);
    assert_non_null(strstr(err.text, "no secret is configured"));
    args.secret = "two\r\nlines";
    assert_int_equal(fc_source_ami.open(&args, &s, &err), FC_CONFIG);
    args.secret = SECRET;
    args.record_dir = "/dev/null/x";
    assert_int_equal(fc_source_ami.open(&args, &s, &err), FC_IO);
    fake_free(sink);
}

static void uris_that_are_right(void **state) {
    (void)state;
    struct fc_sink *sink = fake_create();
    struct fc_source *s = NULL;
    struct fc_error err = {{0}};
    static const char *const right[] = {"//a@b", "//a@b:1", "//a@[::1]", "//a@[fe80::1]:5039", "//a.b-c@pbx.example.org:5038/"};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        struct fc_source_args args = {.uri = "ami:?", .rest = right[i], .sink = sink, .secret = SECRET};
        assert_int_equal(fc_source_ami.open(&args, &s, &err), FC_OK);
        fc_source_ami.close(s);
    }
    fake_free(sink);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uris_that_are_wrong),
        cmocka_unit_test(uris_that_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
