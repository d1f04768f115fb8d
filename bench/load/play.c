#include "play.h"

#include "mp.h"

#include <errno.h>
#include <stdio.h>
#include <zmq.h>

#define BEAT_MS 500
#define PAD_KEYS 30 /* what an item of the real aggregator holds beside its head: some thirty numbers */

static enum fc_status bind_to(struct fc_play *p, int type, const char *endpoint, void **out, struct fc_error *err) {
    int none = 0;
    *out = zmq_socket(p->zmq, type);
    if (*out == NULL) return fc_fail(err, FC_IO, "%s: %s", endpoint, zmq_strerror(errno));
    (void)zmq_setsockopt(*out, ZMQ_LINGER, &none, sizeof none);
    (void)zmq_setsockopt(*out, ZMQ_SNDHWM, &none, sizeof none);
    if (zmq_bind(*out, endpoint) == 0) return FC_OK;
    return fc_fail(err, FC_CONFIG, "%s: %s", endpoint, zmq_strerror(errno));
}

enum fc_status fc_play_open(struct fc_play *p, const char *publish, const char *query, uint32_t queues, struct fc_error *err) {
    *p = (struct fc_play){.zmq = zmq_ctx_new(), .queues = queues};
    FC_ASSERT(p->zmq != NULL);
    enum fc_status st = bind_to(p, ZMQ_XPUB, publish, &p->xpub, err);
    if (st == FC_OK) st = bind_to(p, ZMQ_ROUTER, query, &p->router, err);
    if (st != FC_OK) fc_play_close(p);
    return st;
}

void fc_play_close(struct fc_play *p) {
    if (p->xpub != NULL) (void)zmq_close(p->xpub);
    if (p->router != NULL) (void)zmq_close(p->router);
    if (p->zmq != NULL) (void)zmq_ctx_term(p->zmq);
    *p = (struct fc_play){0};
}

static void send_item(struct fc_play *p, const char *topic, const struct fc_mpw *w, const void *bytes) {
    FC_ASSERT(!w->overflow);
    p->sent++;
    (void)zmq_send(p->xpub, topic, strlen(topic), ZMQ_SNDMORE | ZMQ_DONTWAIT);
    (void)zmq_send(p->xpub, bytes, w->len, ZMQ_DONTWAIT);
}

static void head(struct fc_mpw *w, size_t pairs, const char *topic, uint64_t ver) {
    fc_mpw_map(w, pairs);
    fc_mpw_key(w, "topic");
    fc_mpw_str(w, fc_str(topic));
    fc_mpw_key(w, "ver");
    fc_mpw_int(w, (int64_t)ver);
    fc_mpw_key(w, "at_us");
    fc_mpw_int(w, fc_wall_now().us);
}

static void publish_queue(struct fc_play *p, uint32_t queue) {
    uint8_t bytes[2048];
    char topic[40], name[20], key[20];
    struct fc_mpw w;
    (void)snprintf(name, sizeof name, "q%u", queue);
    (void)snprintf(topic, sizeof topic, "queue/%s/day", name);
    fc_mpw_init(&w, bytes, sizeof bytes);
    head(&w, 7 + PAD_KEYS, topic, ++p->ver);
    fc_mpw_key(&w, "scope");
    fc_mpw_key(&w, "queue");
    fc_mpw_key(&w, "name");
    fc_mpw_key(&w, name);
    fc_mpw_key(&w, "channel");
    fc_mpw_key(&w, "all");
    fc_mpw_key(&w, "window");
    fc_mpw_key(&w, "day");
    for (uint32_t i = 0; i < PAD_KEYS; i++) {
        (void)snprintf(key, sizeof key, "number_%u_ms", i);
        fc_mpw_key(&w, key);
        fc_mpw_int(&w, (int64_t)(p->ver * (i + 1)));
    }
    send_item(p, topic, &w, bytes);
}

void fc_play_change(struct fc_play *p, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) publish_queue(p, p->next++ % p->queues);
}

static void beat(struct fc_play *p) {
    uint8_t bytes[512];
    struct fc_mpw w;
    fc_mpw_init(&w, bytes, sizeof bytes);
    head(&w, 8, "hb", p->sent + 1);
    fc_mpw_key(&w, "instance");
    fc_mpw_key(&w, "played");
    fc_mpw_key(&w, "sent");
    fc_mpw_int(&w, (int64_t)p->sent + 1);
    fc_mpw_key(&w, "clock");
    fc_mpw_key(&w, "wall");
    fc_mpw_key(&w, "version");
    fc_mpw_key(&w, FC_VERSION);
    fc_mpw_key(&w, "metrics");
    fc_mpw_map(&w, 0);
    send_item(p, "hb", &w, bytes);
}

void fc_play_work(struct fc_play *p, struct fc_mono now) {
    char wish[64];
    while (zmq_recv(p->router, wish, sizeof wish, ZMQ_DONTWAIT) >= 0) continue;
    while (zmq_recv(p->xpub, wish, sizeof wish, ZMQ_DONTWAIT) > 0)
        if (wish[0] == 1) fc_play_change(p, p->queues);
    if (p->beaten.ns != 0 && fc_mono_ms_since(p->beaten, now) < BEAT_MS) return;
    p->beaten = now;
    beat(p);
}

int64_t fc_play_at_us(const uint8_t *frame, size_t n) {
    static const char items[] = "\xa5items", at[] = "\xa5""at_us";
    const uint8_t *from = memmem(frame, n, items, sizeof items - 1);
    if (from == NULL) return 0;
    from = memmem(from, n - (size_t)(from - frame), at, sizeof at - 1);
    if (from == NULL) return 0;
    struct fc_mp mp = fc_mp_open(from + sizeof at - 1, n - (size_t)(from + sizeof at - 1 - frame));
    int64_t us = 0;
    return fc_mp_i64(&mp, &us) ? us : 0;
}
