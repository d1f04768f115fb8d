#include "manner.h"

#include <stdio.h>
#include <string.h>

#define TEXT_FRAME 0x81
#define TEXT_BEGIN 0x01
#define CONTINUED 0x00
#define PING 0x89

static void keep_still(struct fc_client_of *client) { (void)client; }

static void send_garbage(struct fc_client_of *client) {
    uint64_t bytes[32];
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) bytes[i] = fc_client_random(client);
    if (!fc_client_has_unsent(client)) fc_client_send(client, bytes, sizeof bytes);
}

/* Half a handshake: a header that never ends, a byte at a time. */
static void drip_headers(struct fc_client_of *client) {
    static const char head[] = "GET /ws HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    uint32_t *step = fc_client_step(client);
    fc_client_send(client, *step < sizeof head - 1 ? head + *step : "x", 1);
    ++*step;
}

/* A request without an end, as fast as it is taken. */
static void long_request(struct fc_client_of *client) {
    static const char head[] = "GET /";
    char more[1024];
    memset(more, 'a', sizeof more);
    if (fc_client_has_unsent(client)) return;
    if ((*fc_client_step(client))++ == 0) fc_client_send(client, head, sizeof head - 1);
    fc_client_send(client, more, sizeof more);
}

static void huge_frame(struct fc_client_of *client) {
    static const char bytes[64];
    if ((*fc_client_step(client))++ == 0) fc_client_frame(client, TEXT_FRAME, INT64_MAX, bytes, sizeof bytes);
    else if (!fc_client_has_unsent(client)) fc_client_send(client, bytes, sizeof bytes);
}

static void fragments(struct fc_client_of *client) {
    static const char bytes[512];
    bool first = (*fc_client_step(client))++ == 0;
    if (!fc_client_has_unsent(client)) fc_client_frame(client, first ? TEXT_BEGIN : CONTINUED, sizeof bytes, bytes, sizeof bytes);
}

static void pings(struct fc_client_of *client) {
    static const char bytes[64];
    for (int i = 0; i < 20 && !fc_client_has_unsent(client); i++) fc_client_frame(client, PING, sizeof bytes, bytes, sizeof bytes);
}

/* Ten thousand topics: more than one message may hold. */
static void subscribe_many(struct fc_client_of *client) {
    static char text[200000];
    if (text[0] == '\0') {
        int n = snprintf(text, sizeof text, "{\"op\":\"subscribe\",\"topics\":[\"t\"");
        for (int i = 0; i < 10000; i++) n += snprintf(text + n, sizeof text - (size_t)n, ",\"queue/%d\"", i);
        (void)snprintf(text + n, sizeof text - (size_t)n, "]}");
    }
    if (!fc_client_has_unsent(client)) fc_client_frame(client, TEXT_FRAME, strlen(text), text, strlen(text));
}

/* Another subscription each time, as many topics as are allowed. */
static void subscribe_anew(struct fc_client_of *client) {
    char text[16000];
    int n = snprintf(text, sizeof text, "{\"op\":\"subscribe\",\"topics\":[\"*\"");
    for (int i = 0; i < 700; i++) n += snprintf(text + n, sizeof text - (size_t)n, ",\"q/%llx\"", (unsigned long long)fc_client_random(client) & 0xffffffff);
    n += snprintf(text + n, sizeof text - (size_t)n, "]}");
    if (!fc_client_has_unsent(client)) fc_client_frame(client, TEXT_FRAME, (uint64_t)n, text, (size_t)n);
}

static void ask(struct fc_client_of *client) {
    static const char text[] = "GET /api/v1/kpi?scope=queue HTTP/1.1\r\nHost: localhost\r\n\r\n";
    if (!fc_client_has_unsent(client)) fc_client_send(client, text, sizeof text - 1);
}

const struct fc_manner fc_manners[] = {
    {"reader", "upgrades, subscribes, reads everything", true, FC_READS_ALL, 0, keep_still},
    {"mute", "subscribes and never reads", true, FC_READS_NOTHING, 0, keep_still},
    {"sipper", "subscribes and reads a byte a second", true, FC_READS_A_BYTE_A_SECOND, 0, keep_still},
    {"idler", "connects and says nothing", false, FC_READS_ALL, 0, keep_still},
    {"slowloris", "half a handshake, a byte ten times a second", false, FC_READS_ALL, 100000, drip_headers},
    {"endless", "a request line without an end", false, FC_READS_ALL, 10000, long_request},
    {"babbler", "random bytes instead of a request", false, FC_READS_ALL, 50000, send_garbage},
    {"scrambler", "random bytes after the upgrade", true, FC_READS_ALL, 50000, send_garbage},
    {"giant", "a frame of 2^63 - 1 bytes", true, FC_READS_ALL, 10000, huge_frame},
    {"fragmenter", "a message in fragments without an end", true, FC_READS_ALL, 10000, fragments},
    {"pinger", "floods of pings", true, FC_READS_ALL, 10000, pings},
    {"hoarder", "ten thousand topics in one message", true, FC_READS_ALL, 500000, subscribe_many},
    {"fickle", "another large subscription ten times a second", true, FC_READS_ALL, 100000, subscribe_anew},
    {"asker", "an expensive request twenty times a second, never read", false, FC_READS_NOTHING, 50000, ask},
    {"knocker", "connects and hangs up at once", false, FC_READS_NOTHING, 0, fc_client_hang_up},
};

const uint32_t fc_manners_count = sizeof fc_manners / sizeof *fc_manners;

const struct fc_manner *fc_manner_find(struct fc_str name) {
    for (uint32_t i = 0; i < fc_manners_count; i++)
        if (fc_str_is(name, fc_manners[i].name)) return &fc_manners[i];
    return NULL;
}
