/* wire -- HTTP and WebSocket spoken by hand over plain sockets: what is on the wire is what is tested. */
#ifndef FC_TEST_WIRE_H
#define FC_TEST_WIRE_H

#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 10000 /* for what must come; a test that waits so long has failed */

static int port; /* of the service on loopback */
static int receive_buffer; /* of the next connections; 0: the system's */

static int dial(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer), 0);
    struct timeval wait = {.tv_sec = WAIT_MS / 1000};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void say(int fd, const void *bytes, size_t n) { assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n); }

/* One reply: its head, byte by byte up to the empty line, then as much as content-length says. */
struct reply {
    int status;
    char head[4096], body[65536];
    size_t n;
};

static void read_reply(int fd, struct reply *r) {
    size_t n = 0;
    *r = (struct reply){0};
    while (n < 4 || memcmp(r->head + n - 4, "\r\n\r\n", 4) != 0) {
        assert_true(n + 1 < sizeof r->head);
        assert_int_equal(recv(fd, r->head + n, 1, 0), 1);
        n++;
    }
    assert_int_equal(sscanf(r->head, "HTTP/%*d.%*d %d", &r->status), 1);
    const char *length = strcasestr(r->head, "content-length:");
    size_t want = length == NULL ? 0 : strtoul(length + 15, NULL, 10);
    assert_true(want < sizeof r->body);
    while (r->n < want) {
        ssize_t k = recv(fd, r->body + r->n, want - r->n, 0);
        assert_true(k > 0);
        r->n += (size_t)k;
    }
}

static void ask(int fd, const char *method, const char *path, const char *more, struct reply *r) {
    char text[2048];
    int n = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n", method, path, port, more);
    say(fd, text, (size_t)n);
    read_reply(fd, r);
}

static int get(const char *path, const char *more, struct reply *r) {
    int fd = dial();
    ask(fd, "GET", path, more, r);
    assert_int_equal(close(fd), 0);
    assert_non_null(strcasestr(r->head, "content-security-policy: default-src 'self'"));
    assert_non_null(strcasestr(r->head, "x-content-type-options: nosniff"));
    assert_non_null(strcasestr(r->head, "referrer-policy:"));
    return r->status;
}

static int upgrade(const char *protocol, const char *more, struct reply *r) {
    char text[512];
    int fd = dial();
    (void)snprintf(text, sizeof text,
                   "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   "Sec-WebSocket-Version: 13\r\n%s%s%s%s",
                   protocol == NULL ? "" : "Sec-WebSocket-Protocol: ", protocol == NULL ? "" : protocol, protocol == NULL ? "" : "\r\n", more);
    ask(fd, "GET", "/ws", text, r);
    return fd;
}

static void ws_say(int fd, uint8_t opcode, const void *bytes, size_t n) {
    uint8_t head[8] = {(uint8_t)(0x80 | opcode), 0x80 | 126, (uint8_t)(n >> 8), (uint8_t)n}; /* mask 0: the bytes as they are */
    say(fd, head, sizeof head);
    say(fd, bytes, n);
}

static void ws_subscribe(int fd, const char *topics) {
    char text[1024];
    int n = snprintf(text, sizeof text, "{\"op\":\"subscribe\",\"topics\":[%s]}", topics);
    ws_say(fd, 1, text, (size_t)n);
}

static void take(int fd, void *to, size_t n) {
    for (size_t at = 0; at < n;) {
        ssize_t k = recv(fd, (char *)to + at, n - at, 0);
        assert_true(k > 0);
        at += (size_t)k;
    }
}

static uint8_t ws_frame(int fd, uint8_t *to, size_t cap, size_t *n) {
    uint8_t head[2], more[8];
    take(fd, head, 2);
    *n = head[1] & 0x7f;
    if (*n >= 126) {
        size_t bytes = *n == 126 ? 2 : 8;
        take(fd, more, bytes);
        *n = 0;
        for (size_t i = 0; i < bytes; i++) *n = *n << 8 | more[i];
    }
    assert_true(*n <= cap);
    take(fd, to, *n);
    return head[0];
}

/* The next JSON message of a type; others (ticks) are passed over. */
static json_t *ws_next(int fd, const char *type) {
    static uint8_t bytes[1 << 20];
    size_t n;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(ws_frame(fd, bytes, sizeof bytes, &n), 0x81);
        json_t *root = json_loadb((char *)bytes, n, 0, NULL);
        assert_non_null(root);
        if (strcmp(json_string_value(json_object_get(root, "type")), type) == 0) return root;
        json_decref(root);
    }
    fail_msg("no %s in 1000 messages", type);
    return NULL;
}

static int ws_open(const char *topics) {
    static struct reply r;
    int fd = upgrade("floorcast.json", "", &r);
    assert_int_equal(r.status, 101);
    json_decref(ws_next(fd, "hello"));
    ws_subscribe(fd, topics);
    return fd;
}

/* The value of waiting that the next state gives for a topic; -1: the state does not hold it. */
static json_int_t waiting_in(json_t *state, const char *topic) {
    size_t i;
    json_t *item;
    json_int_t got = -1;
    json_array_foreach(json_object_get(state, "items"), i, item)
        if (strcmp(json_string_value(json_object_get(item, "topic")), topic) == 0) got = json_integer_value(json_object_get(item, "waiting"));
    return got;
}

#endif
