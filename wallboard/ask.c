#include "ask.h"

#include "answers.h"
#include "log.h"
#include "state.h"

#include <stdlib.h>
#include <zmq.h>

/* One of an ask's requests: answered once an aggregator gave items. */
struct request {
    bool answered;
    enum fc_status status; /* else what the refusals amount to */
    struct fc_error err;
    struct fc_answers answers;
};

struct fc_ask {
    struct fc_ask *next, **link;
    int64_t id; /* of the first request; the others follow */
    struct fc_mono asked;
    uint32_t waiting; /* answers still to come */
    uint32_t requests_n;
    struct request requests[FC_ASK_RANGES_MAX];
    fc_ask_done *done;
    void *ctx;
};

enum fc_status fc_asks_open(struct fc_asks *asks, void *zmq, uint32_t n, const char *const *endpoints,
                            struct fc_counters *counters, struct fc_error *err) {
    *asks = (struct fc_asks){.cell_count = n, .counters = counters, .most = FC_ASKS_MAX};
    for (uint32_t i = 0; i < n; i++) {
        enum fc_status status = fc_socket_connect(&asks->dealers[i], zmq, ZMQ_DEALER, endpoints[i], err);
        if (status == FC_OK) continue;
        fc_asks_close(asks);
        return fc_context(err, status, "--query");
    }
    return FC_OK;
}

static void forget(struct fc_asks *asks, struct fc_ask *ask) {
    *ask->link = ask->next;
    if (ask->next != NULL) ask->next->link = ask->link;
    asks->pending--;
    for (uint32_t i = 0; i < ask->requests_n; i++) fc_answers_free(&ask->requests[i].answers);
    free(ask);
}

void fc_ask_cancel(struct fc_asks *asks, struct fc_ask *ask) {
    forget(asks, ask);
}

void fc_asks_close(struct fc_asks *asks) {
    while (asks->all != NULL) forget(asks, asks->all);
    for (uint32_t i = 0; i < asks->cell_count; i++)
        if (asks->dealers[i] != NULL) (void)zmq_close(asks->dealers[i]);
    *asks = (struct fc_asks){0};
}

int fc_asks_fd(const struct fc_asks *asks, uint32_t i) {
    int fd = -1;
    size_t n = sizeof fd;
    FC_ASSERT(zmq_getsockopt(asks->dealers[i], ZMQ_FD, &fd, &n) == 0);
    return fd;
}

#define REQUEST_BYTES 1024

static void encode_text(struct fc_mpw *w, const char *key, struct fc_str text) {
    if (text.n == 0) return;
    fc_mpw_key(w, key);
    fc_mpw_str(w, text);
}

static void encode_int(struct fc_mpw *w, const char *key, int64_t v) {
    fc_mpw_key(w, key);
    fc_mpw_int(w, v);
}

static size_t encode_contacts(uint8_t *to, int64_t id, const void *what, uint32_t nth) {
    const struct fc_contacts_question *q = what;
    struct fc_mpw w;
    (void)nth;
    fc_mpw_init(&w, to, REQUEST_BYTES);
    fc_mpw_map(&w, 7u + (q->queue.n > 0) + (q->group.n > 0) + (q->agent.n > 0) + (q->channel.n > 0));
    encode_int(&w, "v", FC_STATE_VERSION);
    encode_int(&w, "id", id);
    encode_text(&w, "op", FC_STR_LIT("contacts"));
    encode_text(&w, "outcome", q->outcome);
    encode_text(&w, "queue", q->queue);
    encode_text(&w, "group", q->group);
    encode_text(&w, "agent", q->agent);
    encode_text(&w, "channel", q->channel);
    encode_int(&w, "from_us", q->from_us);
    encode_int(&w, "to_us", q->to_us);
    encode_int(&w, "limit", q->limit);
    FC_ASSERT(!w.overflow);
    return w.len;
}

static size_t encode_range(uint8_t *to, int64_t id, const void *what, uint32_t nth) {
    const struct fc_range *r = (const struct fc_range *)what + nth;
    struct fc_mpw w;
    fc_mpw_init(&w, to, REQUEST_BYTES);
    fc_mpw_map(&w, 6u + (r->name.n > 0) + (r->channel.n > 0) + (r->step_us > 0));
    encode_int(&w, "v", FC_STATE_VERSION);
    fc_mpw_key(&w, "id");
    fc_mpw_int(&w, id);
    fc_mpw_key(&w, "op");
    fc_mpw_str(&w, FC_STR_LIT("range"));
    fc_mpw_key(&w, "scope");
    fc_mpw_str(&w, fc_str(r->scope));
    fc_mpw_key(&w, "from_us");
    fc_mpw_int(&w, r->from_us);
    fc_mpw_key(&w, "to_us");
    fc_mpw_int(&w, r->to_us);
    if (r->name.n > 0) {
        fc_mpw_key(&w, "name");
        fc_mpw_str(&w, r->name);
    }
    if (r->channel.n > 0) {
        fc_mpw_key(&w, "channel");
        fc_mpw_str(&w, r->channel);
    }
    if (r->step_us > 0) {
        fc_mpw_key(&w, "step_us");
        fc_mpw_int(&w, r->step_us);
    }
    FC_ASSERT(!w.overflow);
    return w.len;
}

/* Writes the nth request of a question under that id into to[REQUEST_BYTES]. */
typedef size_t encode_fn(uint8_t *to, int64_t id, const void *what, uint32_t nth);

/* Puts one request to every cell that is connected; how many that were. */
static uint32_t put(struct fc_asks *asks, const uint8_t *bytes, size_t n) {
    uint32_t sent = 0;
    for (uint32_t i = 0; i < asks->cell_count; i++)
        if (zmq_send(asks->dealers[i], bytes, n, ZMQ_DONTWAIT) >= 0) sent++;
    asks->counters->queries_total += sent;
    return sent;
}

static struct fc_ask *start(struct fc_asks *asks, encode_fn *encode, const void *what, uint32_t n, fc_ask_done *done, void *ctx,
                            enum fc_status *status) {
    FC_ASSERT(n >= 1 && n <= FC_ASK_RANGES_MAX);
    *status = asks->pending < asks->most ? FC_IO : FC_FULL;
    if (*status == FC_FULL) {
        asks->counters->queries_refused_total++;
        return NULL;
    }
    int64_t id = (int64_t)asks->last_id + 1;
    uint32_t waiting = 0;
    asks->last_id += n;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t bytes[REQUEST_BYTES];
        uint32_t sent = put(asks, bytes, encode(bytes, id + i, what, i));
        if (sent == 0) return NULL; /* answers to those before find nobody */
        waiting += sent;
    }
    struct fc_ask *ask = calloc(1, sizeof *ask);
    FC_ASSERT(ask != NULL);
    *ask = (struct fc_ask){
        .id = id, .asked = fc_mono_now(), .waiting = waiting, .requests_n = n, .done = done, .ctx = ctx};
    ask->next = asks->all;
    ask->link = &asks->all;
    if (ask->next != NULL) ask->next->link = &ask->next;
    asks->all = ask;
    asks->pending++;
    *status = FC_OK;
    return ask;
}

struct fc_ask *fc_ask_range(struct fc_asks *asks, const struct fc_range *ranges, uint32_t n, fc_ask_done *done, void *ctx,
                            enum fc_status *status) {
    return start(asks, encode_range, ranges, n, done, ctx, status);
}

struct fc_ask *fc_ask_contacts(struct fc_asks *asks, const struct fc_contacts_question *question, fc_ask_done *done, void *ctx,
                               enum fc_status *status) {
    return start(asks, encode_contacts, question, 1, done, ctx, status);
}

static void finish(struct fc_asks *asks, struct fc_ask *ask, enum fc_status status, const struct fc_error *err) {
    struct fc_bytes items = {0};
    uint32_t count = 0;
    if (status != FC_OK) asks->counters->queries_failed_total++;
    for (uint32_t i = 0; status == FC_OK && i < ask->requests_n; i++)
        count += fc_answers_merge(&ask->requests[i].answers, asks->cell_count, &items);
    ask->done(ask->ctx, status, &items, count, err);
    fc_bytes_free(&items);
    forget(asks, ask);
}

/* "absent" is the truth only when every cell says so. */
static void doubt(const struct fc_asks *asks, struct request *r) {
    if (r->status != FC_ABSENT || r->answers.heard == asks->cell_count) return;
    r->status = FC_IO;
    (void)fc_fail(&r->err, FC_IO, "%u of %u aggregators answer, and they do not know it", r->answers.heard,
                  asks->cell_count);
}

/* All answers are in: good when each request has items from somebody, and the others do not know of it. */
static void conclude(struct fc_asks *asks, struct fc_ask *ask) {
    for (uint32_t i = 0; i < ask->requests_n; i++) {
        struct request *r = &ask->requests[i];
        if (r->answered && (r->status == FC_OK || r->status == FC_ABSENT)) continue;
        doubt(asks, r);
        finish(asks, ask, r->status, &r->err);
        return;
    }
    finish(asks, ask, FC_OK, &(struct fc_error){0});
}

/* Of several refusals that of a cell which does know the thing says more than "absent". */
static void refuse(struct request *r, enum fc_status status, struct fc_str text) {
    if (r->status != FC_OK && status == FC_ABSENT) return;
    r->status = status;
    (void)fc_fail(&r->err, status, "%.*s", FC_STR_ARG(text));
}

static enum fc_status status_of(const void *bytes, size_t n) {
    static const enum fc_status told[] = {FC_ABSENT, FC_FULL, FC_AGAIN, FC_IO};
    struct fc_mp at;
    struct fc_str code;
    if (!fc_item_find(bytes, n, "code", &at) || !fc_mp_str(&at, &code)) return FC_INVALID;
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (fc_str_is(code, fc_status_name(told[i]))) return told[i];
    return FC_INVALID;
}

/* Keeps the items of an answer, or its error. False: the answer is not of the agreed form. */
static bool take(struct request *r, uint32_t cell, const void *bytes, size_t n) {
    struct fc_mp at;
    struct fc_str text;
    bool ok;
    uint32_t count;
    if (!fc_item_find(bytes, n, "ok", &at) || !fc_mp_bool(&at, &ok)) return false;
    if (!ok) {
        if (!fc_item_find(bytes, n, "error", &at) || !fc_mp_str(&at, &text)) return false;
        enum fc_status status = status_of(bytes, n);
        if (status == FC_ABSENT) r->answers.heard++;
        refuse(r, status, text);
        return true;
    }
    if (!fc_item_find(bytes, n, "items", &at) || !fc_mp_array(&at, &count)) return false;
    struct fc_mp items = at;
    for (uint32_t i = 0; i < count; i++)
        if (fc_mp_peek(&at) != FC_MP_MAP || !fc_mp_skip(&at)) return false;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *item = items.p;
        FC_ASSERT(fc_mp_skip(&items)); /* just walked */
        fc_answers_add(&r->answers, cell, item, (size_t)(items.p - item));
    }
    r->answers.heard++;
    r->answered = true;
    return true;
}

static void answer(struct fc_asks *asks, uint32_t cell, const void *bytes, size_t n) {
    struct fc_mp at;
    int64_t id;
    if (!fc_item_find(bytes, n, "id", &at) || !fc_mp_i64(&at, &id)) {
        asks->counters->feed_bad_total++;
        return;
    }
    struct fc_ask *ask = asks->all;
    while (ask != NULL && (id < ask->id || id >= ask->id + ask->requests_n)) ask = ask->next;
    if (ask == NULL) return; /* too late, or its asker has gone */
    struct request *r = &ask->requests[id - ask->id];
    if (fc_mp_version(bytes, n) > FC_STATE_VERSION) {
        asks->counters->feed_newer_total++;
        refuse(r, FC_IO, FC_STR_LIT("the aggregator's answer is of a newer version than this wallboard reads: update it"));
    } else if (!take(r, cell, bytes, n)) {
        asks->counters->feed_bad_total++;
        refuse(r, FC_IO, FC_STR_LIT("the aggregator's answer is not of the agreed form"));
    }
    if (--ask->waiting == 0) conclude(asks, ask);
}

static bool receive(struct fc_asks *asks, uint32_t cell) {
    void *dealer = asks->dealers[cell];
    zmq_msg_t msg;
    (void)zmq_msg_init(&msg);
    bool got = zmq_msg_recv(&msg, dealer, ZMQ_DONTWAIT) >= 0;
    if (got && !zmq_msg_more(&msg))
        answer(asks, cell, zmq_msg_data(&msg), zmq_msg_size(&msg)); /* an envelope's frames are passed over */
    (void)zmq_msg_close(&msg);
    return got;
}

void fc_asks_work(struct fc_asks *asks, struct fc_mono now) {
    for (uint32_t i = 0; i < asks->cell_count; i++)
        while (receive(asks, i)) continue;
    for (struct fc_ask *ask = asks->all, *next; ask != NULL; ask = next) {
        next = ask->next;
        if (fc_mono_ms_since(ask->asked, now) >= FC_ASK_TIMEOUT_MS) finish(asks, ask, FC_AGAIN, &(struct fc_error){0});
    }
}
