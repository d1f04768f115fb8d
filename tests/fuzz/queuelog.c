/* queuelog -- lines of a queue_log, taken apart and followed. A tracker that is saved in the middle and loaded again
 * goes on as if nothing had been. The same bytes are read as a saved tracker, as a place marked in the spool, and as a
 * queues.conf. */
#include "queuelog_conf.h"
#include "queuelog_mark.h"
#include "queuelog_track.h"
#include "sink.h"

static void emit(void *ctx, struct fc_event *ev) {
    FC_EVENT_STR(ev, src, FC_STR_LIT("queuelog")); /* as queuelog_out.h does */
    FC_ASSERT(fc_sink_put(ctx, ev, NULL) == FC_OK);
}

/* Feeds the lines that begin in [from, to). */
static void feed(struct fc_qtrack *t, const uint8_t *data, size_t size, size_t from, size_t to) {
    for (size_t at = 0, n; at < size && at < to; at += n + 1) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        struct fc_qline line;
        struct fc_error err = {""};
        char text[9000]; /* as long as the source reads */
        n = end != NULL ? (size_t)(end - data) - at : size - at;
        if (at < from) continue;
        size_t length = n < sizeof text ? n : sizeof text;
        memcpy(text, data + at, length);
        if (fc_qline_parse(text, length, &line, &err) == FC_OK) fc_qtrack_line(t, &line);
        else fuzz_sentence(&err);
    }
}

static void saved_and_loaded(const struct fc_qconf *conf, const uint8_t *data, size_t size) {
    struct fc_sink whole = {0}, halves = {0};
    uint8_t *bytes;
    size_t n;
    struct fc_qtrack *t = fc_qtrack_create(conf, emit, &whole);
    feed(t, data, size, 0, size);
    fc_qtrack_destroy(t);

    t = fc_qtrack_create(conf, emit, &halves);
    feed(t, data, size, 0, size / 2);
    fc_qtrack_save(t, &bytes, &n);
    fc_qtrack_destroy(t);
    t = fc_qtrack_create(conf, emit, &halves);
    FC_ASSERT(fc_qtrack_load(t, bytes, n, NULL) == FC_OK);
    free(bytes);
    feed(t, data, size, size / 2, size);
    fc_qtrack_destroy(t);

    FC_ASSERT(whole.n == halves.n && (whole.n == 0 || memcmp(whole.bytes, halves.bytes, whole.n) == 0));
    sink_fini(&whole);
    sink_fini(&halves);
}

/* What was not saved by this program at all. */
static void loaded(const uint8_t *data, size_t size) {
    static const char lines[] = "1000|a|sales|NONE|ENTERQUEUE||1|1\n1003|a|sales|Kim|CONNECT|3|a.1|2\n"
                                "2000|NONE|NONE|NONE|QUEUESTART|\n999999|b|sales|Kim|PAUSE|\n";
    struct fc_sink sink = {0};
    struct fc_error err = {""};
    struct fc_qtrack *t = fc_qtrack_create(NULL, emit, &sink);
    if (fc_qtrack_load(t, data, size, &err) != FC_OK) {
        fuzz_sentence(&err);
        FC_ASSERT(fc_qtrack_open(t) == 0);
    }
    feed(t, (const uint8_t *)lines, sizeof lines - 1, 0, sizeof lines);
    fc_qtrack_destroy(t);
    sink_fini(&sink);
}

static void marked(const uint8_t *data, size_t size) {
    struct fc_sink sink = {.mark = fc_str_n((const char *)data, size < 4096 ? size : 4096)};
    struct fc_qmark mark;
    if (fc_qmark_get(&sink, "queuelog:x", &mark)) free(fc_qmark_get_base(&sink, "queuelog:x", &mark));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    int fd = fuzz_file(path, data, size);
    struct fc_qconf conf;
    struct fc_error err = {""};
    fc_qconf_init(&conf);
    if (fc_qconf_read(&conf, path, size % 2 == 0, &err) != FC_OK) fuzz_sentence(&err);
    saved_and_loaded(&conf, data, size);
    loaded(data, size);
    marked(data, size);
    fc_qconf_fini(&conf);
    (void)close(fd);
    return 0;
}
