/* live -- lists of contacts that are there: waiting/QUEUE while somebody wants it, and answers about those that wait or
 * talk. Nothing is kept for it but the lists that contacts stand in anyway. */
#include "live.h"

#include "contact.h"

#include <stdlib.h>

#define TOPIC_CONTACTS 100
#define PREFIX "waiting/"

/* ---- who is there ------------------------------------------------------------------------------------------------ */

/* Waiting ones stand in the order of their offers, so of each cell the first few are enough. */
static void gather_cell(struct fc_list_of *out, const struct fc_cell *cell, const struct fc_contacts_asked *q) {
    struct fc_contact *c = (q->kinds & 1u << FC_CARD_WAITING) != 0 ? cell->wait_first : cell->talk_first;
    bool sorted = (q->kinds & 1u << FC_CARD_WAITING) != 0;
    for (uint32_t n = 0; c != NULL && (!sorted || n < q->limit); c = c->in_queue.next) {
        bool wanted = q->agent.n == 0 || (c->agent != NULL && fc_str_eq(c->agent->e.name, q->agent));
        if (!wanted) continue;
        fc_list_push(out, c);
        n++;
    }
}

static void gather(struct fc_list_of *out, const struct fc_queue *queue, const struct fc_contacts_asked *q) {
    for (int ch = 0; ch < FC_CHANNEL_COUNT; ch++)
        if (queue->e.cells[ch] != NULL && (q->channel < 0 || q->channel == ch)) gather_cell(out, queue->e.cells[ch], q);
}

static int by_id(const struct fc_contact *x, const struct fc_contact *y) {
    int c = memcmp(x->id.p, y->id.p, x->id.n < y->id.n ? x->id.n : y->id.n);
    return c != 0 ? c : (x->id.n > y->id.n) - (x->id.n < y->id.n);
}

static int longest_first(const void *a, const void *b) {
    const struct fc_contact *x = *(struct fc_contact *const *)a, *y = *(struct fc_contact *const *)b;
    if (x->offered_us != y->offered_us) return x->offered_us < y->offered_us ? -1 : 1;
    return by_id(x, y);
}

static int newest_first(const void *a, const void *b) {
    const struct fc_contact *x = *(struct fc_contact *const *)a, *y = *(struct fc_contact *const *)b;
    if (x->answered_us != y->answered_us) return x->answered_us > y->answered_us ? -1 : 1;
    return by_id(x, y);
}

/* Those asked for, in their order, at most as many as asked for. False: no such group. */
static bool list(struct fc_engine *e, const struct fc_contacts_asked *q) {
    struct fc_list_of *out = &e->live.found;
    struct fc_group *g = q->group.n > 0 ? fc_engine_group(e, q->group) : NULL;
    struct fc_queue *queue = q->queue.n > 0 ? fc_map_find(&e->queues, q->queue) : NULL;
    out->n = 0;
    if (q->group.n > 0 && g == NULL) return false;
    if (queue != NULL) {
        bool in = g == NULL;
        for (uint32_t i = 0; g != NULL && i < g->queues.n; i++) in = in || g->queues.at[i] == queue;
        if (in) gather(out, queue, q);
    } else if (q->queue.n == 0 && g != NULL) {
        for (uint32_t i = 0; i < g->queues.n; i++) gather(out, g->queues.at[i], q);
    } else if (q->queue.n == 0) {
        for (uint32_t at = 0; (queue = fc_map_each(&e->queues, &at)) != NULL;) gather(out, queue, q);
    }
    bool waiting = (q->kinds & 1u << FC_CARD_WAITING) != 0;
    if (out->n > 1) qsort(out->at, out->n, sizeof *out->at, waiting ? longest_first : newest_first);
    if (out->n > q->limit) out->n = q->limit;
    return true;
}

static void write_found(struct fc_mpw *w, const struct fc_engine *e) {
    struct fc_card card;
    fc_mpw_array(w, e->live.found.n);
    for (uint32_t i = 0; i < e->live.found.n; i++) {
        fc_contact_card(e->live.found.at[i], &card);
        fc_card_write(w, &card);
    }
}

static void room(struct fc_state_block *b, size_t bytes) {
    if (b->body_cap >= bytes) return;
    free(b->body);
    b->body = malloc(b->body_cap = bytes);
    FC_ASSERT(b->body != NULL);
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

static void write_answer(struct fc_mpw *w, const struct fc_engine *e, const struct fc_contacts_asked *q, bool known) {
    fc_mpw_map(w, known ? 3 : 4);
    fc_mpw_key(w, "id");
    fc_mpw_int(w, q->id);
    fc_mpw_key(w, "ok");
    fc_mpw_bool(w, known);
    if (known) {
        fc_mpw_key(w, "items");
        write_found(w, e);
        return;
    }
    fc_mpw_key(w, "code");
    fc_mpw_key(w, fc_status_name(FC_ABSENT));
    fc_mpw_key(w, "error");
    fc_mpw_key(w, "group: no such group");
}

void fc_engine_contacts(struct fc_engine *e, const struct fc_contacts_asked *q, struct fc_state_block *b) {
    struct fc_mpw w;
    bool known = list(e, q);
    room(b, 256 + e->live.found.n * (size_t)FC_CARD_BYTES_MAX);
    fc_mpw_init(&w, b->body, b->body_cap);
    write_answer(&w, e, q, known);
    FC_ASSERT(!w.overflow);
    b->body_n = w.len;
    b->gone = false;
    b->lag.received.ns = 0;
}

/* ---- topics ------------------------------------------------------------------------------------------------------ */

static bool is_all(const struct fc_want *want) { return fc_str_is(fc_str_n(want->name, want->name_n), "all"); }

/* The queue that a want is about, as soon as there is one. */
static void link_want(struct fc_engine *e, struct fc_want *want) {
    struct fc_queue *q = is_all(want) ? NULL : fc_map_find(&e->queues, fc_str_n(want->name, want->name_n));
    want->known = is_all(want) || q != NULL;
    want->changed = want->known;
    if (is_all(want)) e->live.all = want;
    else if (q != NULL) q->want = want;
}

void fc_live_queue_is_new(struct fc_engine *e, struct fc_queue *q) {
    for (uint32_t i = 0; i < e->live.wants.n; i++) {
        struct fc_want *want = e->live.wants.at[i];
        if (fc_str_eq(fc_str_n(want->name, want->name_n), q->e.name)) link_want(e, want);
    }
}

void fc_live_changed(struct fc_engine *e, struct fc_queue *q) {
    if (q->want != NULL) q->want->changed = true;
    if (e->live.all != NULL) e->live.all->changed = true;
}

static struct fc_want *find_want(const struct fc_engine *e, struct fc_str topic, uint32_t *at) {
    for (*at = 0; *at < e->live.wants.n; ++*at) {
        struct fc_want *want = e->live.wants.at[*at];
        if (fc_str_eq(topic, fc_str_n(want->topic, want->topic_n))) return want;
    }
    return NULL;
}

static void begin_want(struct fc_engine *e, struct fc_str topic) {
    struct fc_str coded = fc_str_n(topic.p + sizeof PREFIX - 1, topic.n - (sizeof PREFIX - 1));
    struct fc_want *want = calloc(1, sizeof *want);
    FC_ASSERT(want != NULL);
    want->name_n = (uint32_t)fc_topic_parse_name(want->name, coded);
    want->topic_n = topic.n;
    memcpy(want->topic, topic.p, topic.n);
    fc_list_push(&e->live.wants, want);
    link_want(e, want);
}

static void end_want(struct fc_engine *e, struct fc_want *want, uint32_t at) {
    struct fc_queue *q = fc_map_find(&e->queues, fc_str_n(want->name, want->name_n));
    if (q != NULL && q->want == want) q->want = NULL;
    if (e->live.all == want) e->live.all = NULL;
    if (want->published.ns != 0) fc_list_push(&e->topics_gone, fc_str_copy_own(fc_str_n(want->topic, want->topic_n)));
    e->live.wants.at[at] = e->live.wants.at[--e->live.wants.n];
    free(want);
}

void fc_engine_want(struct fc_engine *e, struct fc_str topic, bool wanted) {
    uint32_t at;
    if (topic.n <= sizeof PREFIX - 1 || topic.n > FC_TOPIC_MAX || memcmp(topic.p, PREFIX, sizeof PREFIX - 1) != 0) return;
    struct fc_want *want = find_want(e, topic, &at);
    if (wanted && want == NULL && e->live.wants.n < FC_WANTS_MAX) begin_want(e, topic);
    if (!wanted && want != NULL) end_want(e, want, at);
}

static void write_topic(struct fc_mpw *w, const struct fc_engine *e, const struct fc_want *want) {
    fc_mpw_map(w, 4);
    fc_mpw_key(w, "topic");
    fc_mpw_str(w, fc_str_n(want->topic, want->topic_n));
    fc_mpw_key(w, "ver");
    fc_mpw_int(w, (int64_t)e->version);
    fc_mpw_key(w, "at_us");
    fc_mpw_int(w, e->now_us);
    fc_mpw_key(w, "contacts");
    write_found(w, e);
}

static void publish_want(struct fc_engine *e, struct fc_want *want, struct fc_state_block *b) {
    struct fc_contacts_asked q = {.kinds = 1u << FC_CARD_WAITING, .channel = -1, .limit = TOPIC_CONTACTS};
    struct fc_mpw w;
    if (!is_all(want)) q.queue = fc_str_n(want->name, want->name_n);
    (void)list(e, &q);
    room(b, 256 + FC_TOPIC_MAX + e->live.found.n * (size_t)FC_CARD_BYTES_MAX);
    fc_mpw_init(&w, b->body, b->body_cap);
    e->version++;
    write_topic(&w, e, want);
    FC_ASSERT(!w.overflow);
    memcpy(b->topic, want->topic, want->topic_n);
    b->topic_n = want->topic_n;
    b->body_n = w.len;
    b->gone = false;
    b->lag.received.ns = 0;
    b->job = NULL;
    e->counters.topics_sent++;
}

void fc_live_publish(struct fc_engine *e, struct fc_outlet *out, struct fc_mono now, int64_t *due) {
    for (uint32_t i = 0; i < e->live.wants.n; i++) {
        struct fc_want *want = e->live.wants.at[i];
        if (!want->changed) continue;
        int64_t ms = want->published.ns == 0 ? 0 : FC_TOPIC_SPACING_MS - fc_mono_ms_since(want->published, now);
        struct fc_state_block *b = ms <= 0 ? out->take(out->ctx) : NULL;
        if (b == NULL) {
            int64_t wait_ms = ms > 0 ? ms : 1;
            if (*due < 0 || wait_ms < *due) *due = wait_ms;
            continue;
        }
        publish_want(e, want, b);
        out->give(out->ctx, b);
        want->changed = false;
        want->published = now;
    }
}

void fc_live_fini(struct fc_engine *e) {
    for (uint32_t i = 0; i < e->live.wants.n; i++) free(e->live.wants.at[i]);
    free(e->live.wants.at);
    free(e->live.found.at);
}
