#include "feed.h"

#include "log.h"

#include <errno.h>
#include <zmq.h>

static void set_int(void *socket, int option, int value) {
    FC_ASSERT(zmq_setsockopt(socket, option, &value, sizeof value) == 0);
}

enum fc_status fc_socket_connect(void **socket, void *zmq, int type, const char *endpoint, struct fc_error *err) {
    void *s = zmq_socket(zmq, type);
    if (s == NULL) return fc_fail(err, FC_IO, "%s: no ZeroMQ socket: %s", endpoint, zmq_strerror(errno));
    int64_t largest = FC_FEED_ITEM_BYTES_MAX;
    FC_ASSERT(zmq_setsockopt(s, ZMQ_MAXMSGSIZE, &largest, sizeof largest) == 0);
    set_int(s, ZMQ_LINGER, 0);
    set_int(s, ZMQ_RCVHWM, 200000); /* a whole floor's topics come at once after subscribing */
    set_int(s, ZMQ_RECONNECT_IVL, 100);
    set_int(s, ZMQ_RECONNECT_IVL_MAX, 1000);
    set_int(s, ZMQ_HEARTBEAT_IVL, 1000); /* a peer whose machine vanished is noticed, and looked for again */
    set_int(s, ZMQ_HEARTBEAT_TIMEOUT, 5000);
    set_int(s, ZMQ_IMMEDIATE, 1); /* nothing is queued for a peer that is away */
    if (zmq_connect(s, endpoint) != 0) {
        int why = errno;
        (void)zmq_close(s);
        return fc_fail(err, FC_CONFIG, "%s: %s; expected an endpoint such as tcp://127.0.0.1:5601", endpoint, zmq_strerror(why));
    }
    *socket = s;
    return FC_OK;
}

enum fc_status fc_feed_open(struct fc_feed *feed, void *zmq, uint32_t cell, const char *endpoint, struct fc_error *err) {
    *feed = (struct fc_feed){.cell = cell, .endpoint = endpoint};
    enum fc_status status = fc_socket_connect(&feed->sub, zmq, ZMQ_SUB, endpoint, err);
    if (status != FC_OK) return fc_context(err, status, "--publish");
    FC_ASSERT(zmq_setsockopt(feed->sub, ZMQ_SUBSCRIBE, "", 0) == 0);
    return FC_OK;
}

void fc_feed_close(struct fc_feed *feed) {
    if (feed->sub != NULL) (void)zmq_close(feed->sub);
    feed->sub = NULL;
}

void fc_feed_want(struct fc_feed *feed, struct fc_str topic, bool wanted) {
    FC_ASSERT(zmq_setsockopt(feed->sub, wanted ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, topic.p, topic.n) == 0);
}

int fc_feed_fd(const struct fc_feed *feed) {
    int fd = -1;
    size_t n = sizeof fd;
    FC_ASSERT(zmq_getsockopt(feed->sub, ZMQ_FD, &fd, &n) == 0);
    return fd;
}

static void subscribe_anew(struct fc_feed *feed) {
    FC_ASSERT(zmq_setsockopt(feed->sub, ZMQ_UNSUBSCRIBE, "", 0) == 0);
    FC_ASSERT(zmq_setsockopt(feed->sub, ZMQ_SUBSCRIBE, "", 0) == 0);
    fc_info("%s: everything is subscribed anew", feed->endpoint);
}

/* Frames of one message beyond the two that there should be are read and dropped. True: there were more. */
static bool drop_rest(void *socket, bool more) {
    bool any = more;
    while (more) {
        zmq_msg_t rest;
        (void)zmq_msg_init(&rest);
        more = zmq_msg_recv(&rest, socket, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(&rest);
        (void)zmq_msg_close(&rest);
    }
    return any;
}

static bool receive(struct fc_feed *feed, struct fc_hub *hub, struct fc_mono now) {
    zmq_msg_t topic, item;
    (void)zmq_msg_init(&topic);
    (void)zmq_msg_init(&item);
    bool got = zmq_msg_recv(&topic, feed->sub, ZMQ_DONTWAIT) >= 0;
    if (got) {
        bool two = zmq_msg_more(&topic) && zmq_msg_recv(&item, feed->sub, ZMQ_DONTWAIT) >= 0;
        if (drop_rest(feed->sub, two && zmq_msg_more(&item))) two = false;
        struct fc_str name = two ? fc_str_n(zmq_msg_data(&topic), zmq_msg_size(&topic)) : (struct fc_str){0};
        enum fc_hub_advice advice = fc_hub_message(hub, feed->cell, name, zmq_msg_data(&item), zmq_msg_size(&item), now);
        if (advice == FC_HUB_SUBSCRIBE_ANEW) subscribe_anew(feed);
    }
    (void)zmq_msg_close(&topic);
    (void)zmq_msg_close(&item);
    return got;
}

bool fc_feed_drain(struct fc_feed *feed, struct fc_hub *hub, uint32_t most, struct fc_mono now) {
    for (uint32_t i = 0; i < most; i++)
        if (!receive(feed, hub, now)) return false;
    return true;
}
