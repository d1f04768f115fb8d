/* ndjson -- a file of JSON lines, read as the source ndjson:PATH reads it; each line by itself too. The same bytes
 * stand in for the mark of an earlier run. */
#include "sink.h"
#include "sources.h"

static void lines(const uint8_t *data, size_t size) {
    static uint8_t bytes[65536];
    for (size_t at = 0, n; at < size; at += n + 1) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        struct fc_error err = {""};
        struct fc_event ev;
        size_t len = 0;
        n = end != NULL ? (size_t)(end - data) - at : size - at;
        if (fc_event_json_to_mp((const char *)data + at, n, bytes, sizeof bytes, &len, &err) != FC_OK) {
            fuzz_sentence(&err);
            continue;
        }
        struct fc_mp mp = fc_mp_open(bytes, len), walk = mp;
        FC_ASSERT(fc_mp_peek(&walk) == FC_MP_MAP); /* and whole, but for what may nest too deep at the edge */
        if (fc_event_decode(&mp, &ev, &err) != FC_OK) fuzz_sentence(&err);
    }
}

static void source(const uint8_t *data, size_t size, struct fc_str mark) {
    char path[64], uri[80];
    int fd = fuzz_file(path, data, size);
    struct fc_sink sink = {.mark = mark, .room = size % 5 == 0 ? 3 : 0};
    (void)snprintf(uri, sizeof uri, "ndjson:%s", path);
    struct fc_source_args args = {.uri = uri, .rest = path + 0, .sink = &sink, .once = true};
    struct fc_source *s = NULL;
    struct fc_error err = {""};
    FC_ASSERT(fc_source_ndjson.open(&args, &s, &err) == FC_OK);
    enum fc_status st = FC_OK;
    for (size_t round = 0; st == FC_OK || st == FC_AGAIN; round++) {
        st = fc_source_ndjson.work(s, NULL, 0, (struct fc_wall){1}, (struct fc_mono){(int64_t)round * 1000000000}, &err);
        FC_ASSERT(round <= 2 * size + 2); /* it comes to an end */
    }
    FC_ASSERT(st == FC_EOF);
    fc_source_ndjson.close(s);
    sink_fini(&sink);
    (void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    lines(data, size);
    source(data, size, (struct fc_str){0});
    source(data, size, fc_str_n((const char *)data, size < 40 ? size : 40));
    return 0;
}
