/* answers -- what aggregators answer to a question about stored intervals, from two cells in turn, behind the endpoints
 * that ask: /api/v1/kpi with from and to (two requests, ids 1 and 2), /api/v1/history (id 1). */
#include "fuzz.h"
#include "job.h"

#include <jansson.h>
#include <zmq.h>

#define CELLS 2

static struct fc_hub hub;
static struct fc_asks asks;
static void *routers[CELLS];

static void nothing(struct fc_seat *seat) { (void)seat; }

static void open_once(void) {
    static const char *const endpoints[CELLS] = {"inproc://cell-0", "inproc://cell-1"};
    static void *zmq;
    struct fc_error err;
    if (zmq != NULL) return;
    zmq = zmq_ctx_new();
    FC_ASSERT(zmq_ctx_set(zmq, ZMQ_IO_THREADS, 0) == 0);
    for (int i = 0; i < CELLS; i++) {
        routers[i] = zmq_socket(zmq, ZMQ_ROUTER);
        FC_ASSERT(routers[i] != NULL && zmq_bind(routers[i], endpoints[i]) == 0);
    }
    fc_hub_init(&hub, CELLS, nothing);
    FC_ASSERT(fc_asks_open(&asks, zmq, CELLS, endpoints, &hub.counters, &err) == FC_OK);
}

/* Takes what was asked; `route` is then where answers go. */
static size_t take_questions(void *router, uint8_t route[256]) {
    uint8_t bytes[4096];
    size_t route_n = 0;
    for (int n; (n = zmq_recv(router, route, 256, ZMQ_DONTWAIT)) > 0;) {
        route_n = (size_t)n;
        FC_ASSERT(zmq_recv(router, bytes, sizeof bytes, 0) > 0);
    }
    FC_ASSERT(route_n > 0);
    return route_n;
}

static void answer_all(const uint8_t *data, size_t size) {
    uint8_t route[CELLS][256];
    size_t route_n[CELLS];
    for (int i = 0; i < CELLS; i++) route_n[i] = take_questions(routers[i], route[i]);
    struct fc_mp mp = fc_mp_open(data, size);
    for (int i = 0; i < 500 && (fc_mp_left(&mp) > 0 || i == 0); i++) {
        const uint8_t *start = mp.p;
        if (!fc_mp_skip(&mp)) mp.p = mp.end;
        FC_ASSERT(zmq_send(routers[i % CELLS], route[i % CELLS], route_n[i % CELLS], ZMQ_SNDMORE) > 0);
        FC_ASSERT(zmq_send(routers[i % CELLS], start, (size_t)(mp.p - start), 0) >= 0);
    }
}

static void finished(struct fc_job *job) { FC_ASSERT(job->ask == NULL && job->reply.status > 0); }

static void is_json(const uint8_t *p, size_t n) {
    json_error_t wrong;
    json_t *root = json_loadb((const char *)p, n, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &wrong);
    bool unchecked = root == NULL && strstr(wrong.text, "NUL byte in object key") != NULL; /* JSON, but not for jansson */
    if (root == NULL && !unchecked) fprintf(stderr, "no JSON: %s at %d\n%.*s\n", wrong.text, wrong.position, (int)n, (const char *)p);
    FC_ASSERT(root != NULL || unchecked);
    json_decref(root);
}

static void ask(const char *path, const char *const *pairs, bool csv, const uint8_t *data, size_t size) {
    struct fc_job job = {.hub = &hub, .asks = &asks, .csv = csv, .finished = finished};
    const struct fc_endpoint *endpoint = fc_endpoint_find(fc_str(path));
    asks.last_id = 0;
    for (; *pairs != NULL; pairs++) FC_ASSERT(fc_query_add(&job.query, endpoint->allowed, fc_str(*pairs), NULL) == FC_OK);
    endpoint->run(&job);
    FC_ASSERT(job.ask != NULL);
    answer_all(data, size);
    struct fc_mono now = fc_mono_now();
    fc_asks_work(&asks, now);
    now.ns += (FC_ASK_TIMEOUT_MS + 1000) * INT64_C(1000000);
    fc_asks_work(&asks, now);
    FC_ASSERT(job.ask == NULL && job.reply.status >= 200 && asks.pending == 0);
    if (strcmp(job.reply.type, FC_TYPE_JSON) == 0) is_json(job.reply.body.p, job.reply.body.n);
    fc_bytes_free(&job.reply.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const kpi[] = {"from=0", "to=60000000", NULL};
    static const char *const history[] = {"queue=sales", "kpi=left.abandoned", "from=0", "to=60000000", NULL};
    static const char *const ratio[] = {"queue=sales", "kpi=service_level", "from=0", "to=60000000", NULL};
    open_once();
    ask("/api/v1/kpi", kpi, false, data, size);
    ask("/api/v1/kpi", kpi, true, data, size);
    ask("/api/v1/history", history, false, data, size);
    ask("/api/v1/history", ratio, size % 2 == 0, data, size);
    return 0;
}
