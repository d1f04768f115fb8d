/* What single lines mean: every pitfall of a real queue_log, in the fewest lines that show it. */
#include "queuelog_sink.h"

#include "queuelog_track.h"

#include <unistd.h>

/* Reads `log` whole and holds the events against `want`, one a line as sink_text writes them. */
static void expect_with(const char *options, const char *log, const char *want) {
    struct fc_sink sink;
    char *uri;
    write_file("queuelog-track.txt", "w", log, strlen(log));
    assert_true(asprintf(&uri, "queuelog:queuelog-track.txt%s", options) > 0);
    sink_init(&sink);
    source_run(&sink, uri);
    char *got = sink_text(&sink, true);
    if (strcmp(got, want) != 0) fail_msg("expected:\n%sgot:\n%s", want, got);
    (void)unlink("queuelog-track.txt");
    sink_fini(&sink);
    free(uri);
    free(got);
}

static void expect(const char *log, const char *want) { expect_with("", log, want); }

#define START "100|NONE|NONE|NONE|QUEUESTART|\n"
#define HELLO "hello 100 epoch 100\n"
#define KIM_IN_SALES "joined 106 in sales with Kim\nagent 106 with Kim is available\n"

/* ---- ways through a queue -------------------------------------------------------------------------------------- */

static void every_way_out(void **state) {
    (void)state;
    expect(START "101|a|sales|NONE|ENTERQUEUE||+49 30 1|1\n103|a|sales|NONE|ABANDON|1|1|2\n"
                 "101|b|sales|NONE|ENTERQUEUE|||1\n109|b|sales|NONE|EXITWITHTIMEOUT|1|1|8\n"
                 "101|c|sales|NONE|ENTERQUEUE||<unknown>|1\n104|c|sales|NONE|EXITEMPTY|1|1|3\n"
                 "101|d|sales|NONE|ENTERQUEUE||4|1\n105|d|sales|NONE|EXITWITHKEY|2|1|1|4\n"
                 "101|e|sales|NONE|ENTERQUEUE||5|1\n106|e|sales|NONE|WITHDRAW|1|1|5|supervisor\n"
                 "101|f|sales|NONE|ENTERQUEUE||6|1\n107|f|sales|Kim|SYSCOMPAT|\n",
           HELLO "offered 101 a in sales from +49 30 1\nleft 103 a in sales because abandoned\n"
                 "offered 101 b in sales\nleft 109 b in sales because timeout\n"
                 "offered 101 c in sales\nleft 104 c in sales because empty\n"
                 "offered 101 d in sales from 4\nleft 105 d in sales because key\n"
                 "offered 101 e in sales from 5\nleft 106 e in sales because withdrawn\n"
                 "offered 101 f in sales from 6\nleft 107 f in sales because unknown\n");
}

/* Asterisk's own fields decide how long a wait or a talk was; a clock that was set back does not turn time round. */
static void times_are_the_logs_own(void **state) {
    (void)state;
    expect(START "101|a|sales|NONE|ENTERQUEUE||1|1\n106|a|sales|Kim|CONNECT|4|a.1|2\n111|a|sales|Kim|COMPLETECALLER|4|6|1\n",
           HELLO "offered 101 a in sales from 1\n" KIM_IN_SALES "answered 105 a in sales with Kim\nended 111 a by customer\n");
    expect(START "101|a|sales|NONE|ENTERQUEUE||1|1\n106|a|sales|Kim|CONNECT|x\n90|a|sales|Kim|COMPLETEAGENT|\n",
           HELLO "offered 101 a in sales from 1\n" KIM_IN_SALES "answered 106 a in sales with Kim\nended 106 a by agent\n");
    expect(START "101|a|sales|NONE|ENTERQUEUE||1|1\n90|a|sales|NONE|ABANDON|1|1|-11\n",
           HELLO "offered 101 a in sales from 1\nleft 101 a in sales because abandoned\n");
}

static void attended_transfer_has_varying_fields(void **state) {
    (void)state;
    expect(START "101|a|sales|NONE|ENTERQUEUE||1|1\n106|a|sales|Kim|CONNECT|5|a.1|2\n113|a|sales|Kim|ATTENDEDTRANSFER|LINK|SIP/1|SIP/2|5|7|1\n",
           HELLO "offered 101 a in sales from 1\n" KIM_IN_SALES "answered 106 a in sales with Kim\nended 113 a by transfer\n");
    expect(START "101|a|sales|NONE|ENTERQUEUE||1|1\n106|a|sales|Kim|CONNECT|5|a.1|2\n113|a|sales|Kim|ATTENDEDTRANSFER|APP|queue|5|7|1\n",
           HELLO "offered 101 a in sales from 1\n" KIM_IN_SALES "answered 106 a in sales with Kim\nended 113 a by transfer\n");
    expect(START "101|a|sales|NONE|ENTERQUEUE||1|1\n106|a|sales|Kim|CONNECT|5|a.1|2\n113|a|sales|Kim|TRANSFER|701|ext|5|7\n",
           HELLO "offered 101 a in sales from 1\n" KIM_IN_SALES "answered 106 a in sales with Kim\nended 113 a by transfer\n");
}

/* Pitfall 3: the second ENTERQUEUE of a call stands before the end of its first visit. */
static void pitfall_3_a_transfer_back_into_a_queue(void **state) {
    (void)state;
    expect(START "101|a|sales|NONE|ENTERQUEUE||1|1\n106|a|sales|Kim|CONNECT|5|a.1|2\n"
                 "110|a|billing|NONE|ENTERQUEUE||1|1\n110|a|sales|Kim|BLINDTRANSFER|billing|xfer|5|4|1\n"
                 "112|a|billing|Kim|CONNECT|2|a.2|1\n115|a|billing|Kim|COMPLETEAGENT|2|3|1\n",
           HELLO "offered 101 a in sales from 1\n" KIM_IN_SALES "answered 106 a in sales with Kim\n"
                 "offered 110 a/2 in billing from 1\nended 110 a by transfer\n"
                 "joined 112 in billing with Kim\nanswered 112 a/2 in billing with Kim\nended 115 a/2 by agent\n");
    /* Into the same queue, and the same agent takes it again before the first end is written. */
    expect(START "101|a|sales|NONE|ENTERQUEUE||1|1\n106|a|sales|Kim|CONNECT|5|a.1|2\n110|a|sales|NONE|ENTERQUEUE||1|1\n"
                 "110|a|sales|Kim|BLINDTRANSFER|sales|xfer|5|4|1\n110|a|sales|Kim|CONNECT|0|a.2|0\n115|a|sales|Kim|COMPLETEAGENT|0|5|1\n",
           HELLO "offered 101 a in sales from 1\n" KIM_IN_SALES "answered 106 a in sales with Kim\noffered 110 a/2 in sales from 1\n"
                 "ended 110 a by transfer\nanswered 110 a/2 in sales with Kim\nended 115 a/2 by agent\n");
}

static void a_call_visits_several_queues(void **state) {
    (void)state;
    expect(START "101|a|sales|NONE|ENTERQUEUE||1|1\n109|a|sales|NONE|EXITWITHTIMEOUT|1|1|8\n109|a|support|NONE|ENTERQUEUE||1|1\n"
                 "111|a|support|NONE|EXITWITHKEY|9|1|1|2\n111|a|sales|NONE|ENTERQUEUE||1|1\n112|a|sales|NONE|ABANDON|1|1|1\n",
           HELLO "offered 101 a in sales from 1\nleft 109 a in sales because timeout\noffered 109 a/2 in support from 1\n"
                 "left 111 a/2 in support because key\noffered 111 a/3 in sales from 1\nleft 112 a/3 in sales because abandoned\n");
}

/* Pitfall 12: an end can be written twice; the second one counts nothing. */
static void pitfall_12_an_end_logged_twice(void **state) {
    (void)state;
    size_t n;
    char *log = read_file(FC_TEST_DATA "/asterisk/excerpts/double_end.queue_log.txt", &n);
    expect(log, "hello 1795347196 epoch 1795347196\n"
                "offered 1795347196 pbx-east-1795347196.2432 in billing from +442099000563\n"
                "joined 1795347201 in billing with Elsa Frost\nagent 1795347201 with Elsa Frost is available\n"
                "answered 1795347201 pbx-east-1795347196.2432 in billing with Elsa Frost\n"
                "ended 1795347205 pbx-east-1795347196.2432 by agent\n");
    free(log);
}

/* A consultation transferred into a queue: the answer and the end bear the first caller's call id. */
static void a_consultation_changes_the_call_id(void **state) {
    (void)state;
    expect(START "101|leg|sales|NONE|ENTERQUEUE||1|1\n106|caller|sales|Kim|CONNECT|5|x|2\n109|caller|sales|Kim|COMPLETEAGENT|5|3|1\n",
           HELLO "offered 101 leg in sales from 1\n" KIM_IN_SALES "answered 106 leg in sales with Kim\nended 109 leg by agent\n");
    expect(START "101|leg|sales|NONE|ENTERQUEUE||1|1\n106|caller|sales|Kim|CONNECT|5|x|2\n109|leg|sales|Kim|ATTENDEDTRANSFER|BRIDGE|b|5|3|1\n",
           HELLO "offered 101 leg in sales from 1\n" KIM_IN_SALES "answered 106 leg in sales with Kim\nended 109 leg by transfer\n");
    /* Two that have waited as long: it would be a guess. */
    expect(START "101|p|sales|NONE|ENTERQUEUE||1|1\n101|q|sales|NONE|ENTERQUEUE||1|1\n106|caller|sales|Kim|CONNECT|5|x|2\n",
           HELLO "offered 101 p in sales from 1\noffered 101 q in sales from 1\n" KIM_IN_SALES);
}

static void what_fits_no_visit_is_not_told(void **state) {
    (void)state;
    expect(START "101|a|sales|NONE|ABANDON|1|1|2\n102|a|sales|Kim|COMPLETEAGENT|1|1|1\n103|b|sales|NONE|ENTERQUEUE||1|1\n"
                 "104|b|other|NONE|ABANDON|1|1|1\n105|NONE|sales|NONE|ENTERQUEUE||1|1\n",
           HELLO "offered 103 b in sales from 1\n");
}

/* A caller who enters again without having left is not waiting twice. */
static void entered_while_waiting(void **state) {
    (void)state;
    expect(START "101|a|sales|NONE|ENTERQUEUE||1|1\n105|a|sales|NONE|ENTERQUEUE||1|1\n",
           HELLO "offered 101 a in sales from 1\nleft 105 a in sales because unknown\noffered 105 a/2 in sales from 1\n");
}

static void ring_no_answer_and_ring_canceled(void **state) {
    (void)state;
    expect(START "101|a|sales|NONE|ENTERQUEUE||1|1\n106|a|sales|Kim|RINGNOANSWER|4000\n106|a|sales|Ana|RINGCANCELED|4000\n107|a|sales|Kim|AGENTDUMP|\n",
           HELLO "offered 101 a in sales from 1\n" KIM_IN_SALES "missed 106 a in sales with Kim\nmissed 107 a in sales with Kim\n");
}

/* Pitfall 17: kill -9 leaves no line; QUEUESTART is the only sign. */
static void pitfall_17_a_new_start_ends_what_was_open(void **state) {
    (void)state;
    expect(START "101|a|sales|NONE|ENTERQUEUE||1|1\n102|b|sales|NONE|ENTERQUEUE||2|1\n106|a|sales|Kim|CONNECT|5|a.1|2\n"
                 "107|NONE|sales|Kim|PAUSE|lunch\n200|NONE|NONE|NONE|QUEUESTART|\n201|c|sales|NONE|ENTERQUEUE||3|1\n",
           HELLO "offered 101 a in sales from 1\noffered 102 b in sales from 2\n" KIM_IN_SALES
                 "answered 106 a in sales with Kim\nagent 107 with Kim is paused because lunch\n"
                 "ended 200 a by lost\nleft 200 b in sales because unknown\n"
                 "gap 0 because Asterisk started anew: 2 open visits ended without a line\nhello 200 epoch 200\n"
                 "agent 200 with Kim is available\noffered 201 c in sales from 3\n"); /* a static member's pause is forgotten */
}

static void an_end_that_is_never_written_is_unknown_after_half_a_day(void **state) {
    (void)state;
    expect(START "101|a|sales|NONE|ENTERQUEUE||1|1\n43000|b|sales|NONE|ENTERQUEUE||2|1\n44000|c|sales|NONE|ENTERQUEUE||3|1\n",
           HELLO "offered 101 a in sales from 1\noffered 43000 b in sales from 2\noffered 44000 c in sales from 3\nleft 44000 a in sales because unknown\n");
}

/* ---- agents ---------------------------------------------------------------------------------------------------- */

/* Pitfall 10: PAUSEALL and then PAUSE per queue are one pause; one queue alone does not make her paused. */
static void pitfall_10_paused_only_in_all_queues(void **state) {
    (void)state;
    expect(START "101|NONE|sales|Kim|UNPAUSE|\n101|NONE|billing|Kim|UNPAUSE|\n102|NONE|sales|Kim|PAUSE|lunch\n103|NONE|billing|Kim|PAUSE|lunch\n"
                 "104|NONE|billing|Kim|PAUSE|meeting\n105|NONE|sales|Kim|UNPAUSE|\n"
                 "110|NONE|NONE|Kim|PAUSEALL|break\n110|NONE|sales|Kim|PAUSE|break\n110|NONE|billing|Kim|PAUSE|break\n"
                 "112|NONE|NONE|Kim|UNPAUSEALL|\n112|NONE|sales|Kim|UNPAUSE|\n112|NONE|billing|Kim|UNPAUSE|\n",
           HELLO "joined 101 in sales with Kim\nagent 101 with Kim is available\njoined 101 in billing with Kim\n"
                 "agent 103 with Kim is paused because lunch\nagent 104 with Kim is paused because meeting\nagent 105 with Kim is available\n"
                 "agent 110 with Kim is paused because break\nagent 112 with Kim is available\n");
}

#define ADDED "105|MANAGER|sales|Local/1@a/n|ADDMEMBER|\n"
#define REMOVED "109|MANAGER|sales|Local/1@a/n|REMOVEMEMBER|\n"

/* Pitfall 11: these lines name the interface, all others the member. Without a link nothing is guessed. */
static void pitfall_11_an_interface_is_no_name(void **state) {
    (void)state;
    expect(START "101|NONE|sales|Ana|PAUSE|\n" ADDED "106|NONE|sales|Temp 1|PAUSE|\n" REMOVED,
           HELLO "joined 101 in sales with Ana\nagent 101 with Ana is paused\njoined 106 in sales with Temp 1\nagent 106 with Temp 1 is paused\n");
}

static void pitfall_11_a_file_gives_the_names(void **state) {
    (void)state;
    static const char conf[] = "[general]\nx = y\n[sales](template)\nmember = Local/1@a/n,0,Temp 1 ; added by the dialplan\n";
    write_file("queuelog-names.conf", "w", conf, sizeof conf - 1);
    expect_with("?names=queuelog-names.conf", START "101|NONE|sales|Ana|UNPAUSE|\n" ADDED "106|NONE|sales|Temp 1|PAUSE|\n" REMOVED,
                HELLO "joined 101 in sales with Ana\nagent 101 with Ana is available\njoined 105 in sales with Temp 1\nagent 105 with Temp 1 is available\n"
                      "agent 106 with Temp 1 is paused\nparted 109 in sales with Temp 1\nagent 109 with Temp 1 is offline\n");
    expect_with("?queues=queuelog-names.conf", START REMOVED "110|NONE|NONE|NONE|QUEUESTART|\n",
                HELLO "joined 100 in sales with Temp 1\nagent 100 with Temp 1 is available\nparted 109 in sales with Temp 1\nagent 109 with Temp 1 is offline\n"
                      "gap 0 because Asterisk started anew: 0 open visits ended without a line\nhello 110 epoch 110\n"
                      "joined 110 in sales with Temp 1\nagent 110 with Temp 1 is available\n");
    (void)unlink("queuelog-names.conf");
}

/* Members without a name bear their interface's, and with log_membername_as_agent=yes all lines name the member. */
static void pitfall_11_where_both_are_the_same(void **state) {
    (void)state;
    expect(START ADDED "106|NONE|sales|Local/1@a/n|PAUSE|\n" REMOVED,
           HELLO "joined 105 in sales with Local/1@a/n\nagent 105 with Local/1@a/n is available\nagent 106 with Local/1@a/n is paused\n"
                 "parted 109 in sales with Local/1@a/n\nagent 109 with Local/1@a/n is offline\n");
    expect(START "101|NONE|sales|Ana|UNPAUSE|\n105|MANAGER|sales|Kim|ADDMEMBER|PAUSED\n109|MANAGER|sales|Kim|REMOVEMEMBER|\n",
           HELLO "joined 101 in sales with Ana\nagent 101 with Ana is available\njoined 105 in sales with Kim\nagent 105 with Kim is paused\n"
                 "parted 109 in sales with Kim\nagent 109 with Kim is offline\n");
    /* Taken for a name until a line shows that names are no interfaces. */
    expect(START ADDED "106|NONE|sales|Kim|UNPAUSE|\n",
           HELLO "joined 105 in sales with Local/1@a/n\nagent 105 with Local/1@a/n is available\n"
                 "parted 106 in sales with Local/1@a/n\nagent 106 with Local/1@a/n is offline\njoined 106 in sales with Kim\nagent 106 with Kim is available\n");
}

/* An answer may come after the removal: the phone rang already. She does not come back by that. */
static void removed_while_it_rang(void **state) {
    (void)state;
    expect(START "101|MANAGER|sales|Kim|ADDMEMBER|\n102|a|sales|NONE|ENTERQUEUE||1|1\n105|MANAGER|sales|Kim|REMOVEMEMBER|\n106|a|sales|Kim|CONNECT|4|x|2\n"
                 "109|a|sales|Kim|COMPLETEAGENT|4|3|1\n120|b|sales|NONE|ENTERQUEUE||1|1\n124|b|sales|Kim|CONNECT|4|x|2\n",
           HELLO "joined 101 in sales with Kim\nagent 101 with Kim is available\noffered 102 a in sales from 1\nparted 105 in sales with Kim\n"
                 "agent 105 with Kim is offline\nanswered 106 a in sales with Kim\nended 109 a by agent\noffered 120 b in sales from 1\n"
                 "joined 124 in sales with Kim\nagent 124 with Kim is available\nanswered 124 b in sales with Kim\n");
}

static void logins(void **state) {
    (void)state;
    expect(START "101|x|NONE|1001|AGENTLOGIN|SIP/1\n105|x|NONE|1001|AGENTLOGOFF|SIP/1|4\n",
           HELLO "agent 101 with 1001 is available\nagent 105 with 1001 is offline\n");
}

/* ---- forms ----------------------------------------------------------------------------------------------------- */

static void names_of_any_kind(void **state) {
    (void)state;
    expect(START "101|a|sales|NONE|ENTERQUEUE||1|1\n106|a|sales|Bob O'Brien|CONNECT|5|x|2\n107|NONE|sales|\xc3\x87" "elik Deniz|UNPAUSE|\n"
                 "108|NONE|sales|M\xfcller|UNPAUSE|\n109|NONE|sales|Ana|NOTE|shift lead | on floor\n",
           HELLO "offered 101 a in sales from 1\njoined 106 in sales with Bob O'Brien\nagent 106 with Bob O'Brien is available\nanswered 106 a in sales with Bob O'Brien\n"
                 "joined 107 in sales with \xc3\x87" "elik Deniz\nagent 107 with \xc3\x87" "elik Deniz is available\n"
                 "joined 108 in sales with M?ller\nagent 108 with M?ller is available\n");
}

static void a_log_that_does_not_begin_with_a_start(void **state) {
    (void)state;
    expect("101|a|sales|NONE|ENTERQUEUE||1|1\n110|NONE|NONE|NONE|QUEUESTART|\n",
           "hello 101 epoch 101\noffered 101 a in sales from 1\nleft 110 a in sales because unknown\n"
           "gap 0 because Asterisk started anew: 1 open visit ended without a line\nhello 110 epoch 110\n");
}

static void ignore(void *ctx, struct fc_event *ev) {
    (void)ctx;
    (void)ev;
}

/* What is saved is what is loaded, byte for byte, and damage is seen. */
static void saved_and_loaded(void **state) {
    (void)state;
    static const char *const lines[] = {"101|a|sales|NONE|ENTERQUEUE||1|1", "106|a|sales|Kim|CONNECT|5|a.1|2", "107|a|sales|NONE|ENTERQUEUE||1|1",
                                        "107|b|sales|NONE|ENTERQUEUE||1|1", "109|c|sales|Ana|CONNECT|2|x|1", "110|NONE|NONE|Kim|PAUSEALL|lunch"};
    struct fc_qtrack *t = fc_qtrack_create(NULL, ignore, NULL), *again = fc_qtrack_create(NULL, ignore, NULL), *bad = fc_qtrack_create(NULL, ignore, NULL);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char text[200];
        struct fc_qline line;
        (void)snprintf(text, sizeof text, "%s", lines[i]);
        assert_int_equal(fc_qline_parse(text, strlen(text), &line, NULL), FC_OK);
        fc_qtrack_line(t, &line);
    }
    uint8_t *one, *two;
    size_t n, m;
    struct fc_error err = {{0}};
    fc_qtrack_save(t, &one, &n);
    assert_int_equal(fc_qtrack_load(again, one, n, &err), FC_OK);
    assert_int_equal(fc_qtrack_open(again), fc_qtrack_open(t));
    fc_qtrack_save(again, &two, &m);
    assert_int_equal(n, m);
    assert_memory_equal(one, two, n);
    for (size_t cut = 0; cut < n; cut++) assert_int_equal(fc_qtrack_load(bad, one, cut, &err), FC_INVALID);
    assert_int_equal(fc_qtrack_open(bad), 0);
    free(one);
    free(two);
    fc_qtrack_destroy(t);
    fc_qtrack_destroy(again);
    fc_qtrack_destroy(bad);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_out),
        cmocka_unit_test(times_are_the_logs_own),
        cmocka_unit_test(attended_transfer_has_varying_fields),
        cmocka_unit_test(pitfall_3_a_transfer_back_into_a_queue),
        cmocka_unit_test(a_call_visits_several_queues),
        cmocka_unit_test(pitfall_12_an_end_logged_twice),
        cmocka_unit_test(a_consultation_changes_the_call_id),
        cmocka_unit_test(what_fits_no_visit_is_not_told),
        cmocka_unit_test(entered_while_waiting),
        cmocka_unit_test(ring_no_answer_and_ring_canceled),
        cmocka_unit_test(pitfall_17_a_new_start_ends_what_was_open),
        cmocka_unit_test(an_end_that_is_never_written_is_unknown_after_half_a_day),
        cmocka_unit_test(pitfall_10_paused_only_in_all_queues),
        cmocka_unit_test(pitfall_11_an_interface_is_no_name),
        cmocka_unit_test(pitfall_11_a_file_gives_the_names),
        cmocka_unit_test(pitfall_11_where_both_are_the_same),
        cmocka_unit_test(removed_while_it_rang),
        cmocka_unit_test(logins),
        cmocka_unit_test(names_of_any_kind),
        cmocka_unit_test(a_log_that_does_not_begin_with_a_start),
        cmocka_unit_test(saved_and_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
