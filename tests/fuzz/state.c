/* state -- what aggregators publish, as the wallboard takes it in: items one behind the other, from two cells in turn.
 * Whatever they hold, every frame that a client would get is whole, and as JSON it is JSON. */
#include "fuzz.h"
#include "hub.h"

#include <jansson.h>

static void nothing(struct fc_seat *seat) { (void)seat; }

static struct fc_mono at_ms(int64_t ms) { return (struct fc_mono){1000000000 + ms * 1000000}; }

/* An item tells its own topic, unless it is none: then it comes under a name that every cell shares. */
static void publish(struct fc_hub *hub, uint32_t cell, const uint8_t *p, size_t n, int64_t ms) {
    struct fc_item item;
    struct fc_str topic = fc_item_read(p, n, &item) ? item.topic : FC_STR_LIT("group/all/day");
    (void)fc_hub_message(hub, cell, topic, p, n, at_ms(ms));
}

static void sound_frame(const struct fc_frame *frame, enum fc_protocol protocol) {
    const uint8_t *p = frame->bytes.p + FC_FRAME_HEAD;
    size_t n = frame->bytes.n - FC_FRAME_HEAD;
    if (protocol == FC_PROTOCOL_JSON) {
        json_error_t wrong;
        json_t *root = json_loadb((const char *)p, n, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &wrong);
        bool unchecked = root == NULL && strstr(wrong.text, "NUL byte in object key") != NULL; /* JSON, but not for jansson */
    if (root == NULL && !unchecked) fprintf(stderr, "no JSON: %s at %d\n%.*s\n", wrong.text, wrong.position, (int)n, (const char *)p);
        FC_ASSERT(root != NULL || unchecked);
        json_decref(root);
        return;
    }
    msgpack_unpacked whole;
    msgpack_unpacked_init(&whole);
    size_t off = 0;
    FC_ASSERT(msgpack_unpack_next(&whole, (const char *)p, n, &off) == MSGPACK_UNPACK_SUCCESS && off == n);
    msgpack_unpacked_destroy(&whole);
}

static void look(struct fc_hub *hub, struct fc_seat *seat, int64_t ms) {
    const struct fc_frame *frame;
    (void)fc_views_flush(&hub->views, at_ms(ms));
    for (int i = 0; (frame = fc_views_frame(&hub->views, seat)) != NULL; i++) {
        FC_ASSERT(i < 100000);
        sound_frame(frame, seat->protocol);
    }
}

static void everything(struct fc_hub *hub, struct fc_seat *seat, enum fc_protocol protocol) {
    struct fc_topic_set set = {.n = 1};
    *seat = (struct fc_seat){.protocol = protocol};
    fc_bytes_add(&set.text, "*", 2);
    FC_ASSERT(fc_views_join(&hub->views, seat, &set) == FC_OK);
    fc_bytes_free(&set.text);
}

static void play(uint32_t cells, const uint8_t *data, size_t size) {
    struct fc_hub hub;
    struct fc_seat seats[FC_PROTOCOL_COUNT];
    int64_t ms = 0;
    fc_hub_init(&hub, cells, nothing);
    for (enum fc_protocol p = 0; p < FC_PROTOCOL_COUNT; p++) everything(&hub, &seats[p], p);
    struct fc_mp mp = fc_mp_open(data, size);
    for (uint32_t i = 0; fc_mp_left(&mp) > 0; i++, ms += 300) {
        const uint8_t *start = mp.p;
        if (!fc_mp_skip(&mp)) mp.p = mp.end; /* what is no value comes as it is, once */
        publish(&hub, i % cells, start, (size_t)(mp.p - start), ms);
        if (i % 4 != 3) continue;
        fc_hub_settle(&hub, at_ms(ms));
        for (enum fc_protocol p = 0; p < FC_PROTOCOL_COUNT; p++) look(&hub, &seats[p], ms);
    }
    ms += FC_FEED_DOWN_MS + 1; /* and all of them fall silent */
    fc_hub_settle(&hub, at_ms(ms));
    for (enum fc_protocol p = 0; p < FC_PROTOCOL_COUNT; p++) {
        look(&hub, &seats[p], ms);
        fc_views_leave(&hub.views, &seats[p]);
    }
    fc_hub_fini(&hub);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    play(1, data, size);
    play(2, data, size);
    return 0;
}
