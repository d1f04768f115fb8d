/* client -- what a browser or a script sends: a websocket message in both forms, the query of an HTTP request, Origin
 * and Host. Every endpoint is run with every query that it takes; no aggregator is connected. */
#include "../unit/wallboard/fake.h"
#include "fuzz.h"
#include "job.h"
#include "origin.h"
#include "subscribe.h"

#include <jansson.h>

static void nothing(struct fc_seat *seat) { (void)seat; }

static void publish(struct fc_hub *hub, const char *topic, const char *name, const char *channels) {
    uint8_t bytes[1024];
    size_t n = fake_item_of(bytes, sizeof bytes, topic, name, "all", channels, "day", 7, 3);
    FC_ASSERT(n > 0 && fc_hub_message(hub, 0, fc_str(topic), bytes, n, (struct fc_mono){1}) == FC_HUB_GO_ON);
}

static void open_hub(struct fc_hub *hub) {
    fc_hub_init(hub, 1, nothing);
    publish(hub, "queue/sales/day", "sales", "voice chat");
    publish(hub, "queue/sales/voice/day", "sales", NULL);
    publish(hub, "queue/s%2F2/now", "s/2", "chat");
    publish(hub, "group/all/day", "all", "voice");
    publish(hub, "agent/kim/day", "kim", "voice");
    publish(hub, "agents/all", "all", NULL);
}

/* ---- websocket ---------------------------------------------------------------------------------------------------- */

static void message(struct fc_hub *hub, enum fc_protocol protocol, const uint8_t *data, size_t size) {
    struct fc_topic_set set;
    struct fc_seat seat = {.protocol = protocol};
    const char *wrong = fc_subscribe_parse(protocol, data, size, &set);
    if (wrong == NULL && fc_views_join(&hub->views, &seat, &set) == FC_OK) {
        FC_ASSERT(set.n <= FC_SUBSCRIBE_TOPICS_MAX);
        for (int i = 0; i < 100 && fc_views_frame(&hub->views, &seat) != NULL; i++) continue;
        FC_ASSERT(!fc_views_pending(&seat));
        fc_views_leave(&hub->views, &seat);
    }
    fc_bytes_free(&set.text);
}

/* ---- HTTP ----------------------------------------------------------------------------------------------------------- */

static void finished(struct fc_job *job) { (void)job; }

static void reply_is_sound(const struct fc_job *job) {
    FC_ASSERT(job->reply.status >= 200 && job->reply.status < 600 && job->reply.type != NULL && job->ask == NULL);
    if (strcmp(job->reply.type, FC_TYPE_JSON) != 0) return;
    json_t *root = json_loadb((const char *)job->reply.body.p, job->reply.body.n, 0, NULL);
    FC_ASSERT(root != NULL);
    json_decref(root);
}

static void request(struct fc_hub *hub, const char *path, const uint8_t *data, size_t size, bool csv) {
    const struct fc_endpoint *endpoint = fc_endpoint_find(fc_str(path));
    struct fc_asks asks = {.counters = &hub->counters};
    struct fc_job job = {.hub = hub, .asks = &asks, .csv = csv, .finished = finished};
    struct fc_error err = {""};
    enum fc_status st = FC_OK;
    FC_ASSERT(endpoint != NULL);
    for (size_t at = 0, n; st == FC_OK && at < size; at += n + 1) {
        const uint8_t *end = memchr(data + at, '&', size - at);
        n = end != NULL ? (size_t)(end - data) - at : size - at;
        st = fc_query_add(&job.query, endpoint->allowed, fc_str_n((const char *)data + at, n < 511 ? n : 511), &err);
    }
    if (st != FC_OK) {
        fuzz_sentence(&err);
        fc_job_error(&job, 400, "%s", err.text);
    } else {
        endpoint->run(&job);
    }
    reply_is_sound(&job);
    fc_bytes_free(&job.reply.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const paths[] = {"/api/v1/kpi", "/api/v1/agents", "/api/v1/sources", "/api/v1/history", "/healthz", "/metrics"};
    struct fc_hub hub;
    open_hub(&hub);
    message(&hub, FC_PROTOCOL_JSON, data, size);
    message(&hub, FC_PROTOCOL_MSGPACK, data, size);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        request(&hub, paths[i], data, size, false);
        request(&hub, paths[i], data, size, true);
    }
    struct fc_str all = fc_str_n((const char *)data, size);
    (void)fc_endpoint_find(all);
    (void)fc_origin_allowed(fc_str_n(all.p, size / 2), fc_str_n(all.p + size / 2, size - size / 2));
    (void)fc_origin_allowed(all, FC_STR_LIT("board.example:8080"));
    fc_hub_fini(&hub);
    return 0;
}
