#include "views.h"

#include <stdlib.h>

/* One topic in one view. */
struct fc_member {
    struct fc_topic *topic;
    struct fc_view *view;
    struct fc_member *next, **link;  /* members of the same topic */
    struct fc_member *older, *newer; /* members of the same view by seq; those without an item (seq 0) are the oldest */
    uint64_t seq;
};

struct fc_view {
    struct fc_view *next, **link; /* all views */
    struct fc_view *dirty_next;
    struct fc_member *oldest, *newest;
    struct fc_topic_set set;
    struct fc_seat *seats[FC_PROTOCOL_COUNT];
    uint32_t seat_count[FC_PROTOCOL_COUNT];
    struct fc_frame common[FC_PROTOCOL_COUNT]; /* from `prev` to `sealed`, encoded by the flush */
    uint64_t seq;                              /* of the last change */
    uint64_t sealed, prev;                     /* seq at the last flush, and at the one before */
    struct fc_mono flushed;
    uint64_t stamp;
    bool dirty, wild;
};

void fc_views_init(struct fc_views *views, struct fc_cache *cache, struct fc_counters *counters, void (*wake)(struct fc_seat *)) {
    *views = (struct fc_views){.cache = cache, .counters = counters, .wake = wake, .sets_max = UINT32_MAX};
}

void fc_views_fini(struct fc_views *views) {
    FC_ASSERT(views->all == NULL);
    for (uint32_t i = 0; i < FC_SPARE_FRAMES; i++) fc_bytes_free(&views->spare[i].bytes);
}

/* --- members and their order --- */

static void unlink_order(struct fc_member *m) {
    struct fc_view *v = m->view;
    if (m->older != NULL) m->older->newer = m->newer;
    else v->oldest = m->newer;
    if (m->newer != NULL) m->newer->older = m->older;
    else v->newest = m->older;
}

static void append_order(struct fc_member *m) {
    struct fc_view *v = m->view;
    m->older = v->newest;
    m->newer = NULL;
    if (v->newest != NULL) v->newest->newer = m;
    else v->oldest = m;
    v->newest = m;
}

static void prepend_order(struct fc_member *m) {
    struct fc_view *v = m->view;
    m->newer = v->oldest;
    m->older = NULL;
    if (v->oldest != NULL) v->oldest->older = m;
    else v->newest = m;
    v->oldest = m;
}

bool fc_views_on_demand(struct fc_str topic) {
    return fc_str_starts(topic, "waiting/") || fc_str_starts(topic, "abandoned/");
}

static void want(const struct fc_views *views, const struct fc_topic *topic, bool wanted) {
    if (views->want != NULL && fc_views_on_demand(fc_topic_str(topic))) views->want(views->want_ctx, fc_topic_str(topic), wanted);
}

static void add_member(struct fc_views *views, struct fc_view *view, struct fc_topic *topic) {
    struct fc_member *m = calloc(1, sizeof *m);
    FC_ASSERT(m != NULL);
    m->topic = topic;
    m->view = view;
    m->next = topic->members;
    m->link = &topic->members;
    if (m->next != NULL) m->next->link = &m->next;
    else want(views, topic, true);
    topic->members = m;
    views->members++;
    if (topic->item.n > 0) {
        m->seq = ++view->seq;
        append_order(m);
    } else {
        prepend_order(m);
    }
}

static void remove_member(struct fc_views *views, struct fc_member *m) {
    unlink_order(m);
    *m->link = m->next;
    if (m->next != NULL) m->next->link = m->link;
    if (m->topic->members == NULL) want(views, m->topic, false);
    fc_cache_release(views->cache, m->topic);
    views->members--;
    free(m);
}

static bool pattern_matches(const char *pattern, size_t n, struct fc_str name) {
    return pattern[n - 1] == '*' && name.n >= n - 1 && memcmp(pattern, name.p, n - 1) == 0;
}

static bool wild_matches(const struct fc_view *view, struct fc_str name) {
    const char *at = (const char *)view->set.text.p;
    for (uint32_t i = 0; i < view->set.n; i++) {
        size_t n = strlen(at);
        if (pattern_matches(at, n, name)) return true;
        at += n + 1;
    }
    return false;
}

static void add_once(struct fc_views *views, struct fc_view *view, struct fc_topic *topic) {
    if (topic->stamp == view->stamp) return;
    topic->stamp = view->stamp;
    add_member(views, view, topic);
}

static bool add_pattern(struct fc_views *views, struct fc_view *view, const char *pattern, size_t n) {
    if (pattern[n - 1] == '*') {
        for (struct fc_topic *t = views->cache->all; t != NULL && views->members < FC_VIEW_MEMBERS_MAX; t = t->next)
            if (t->item.n > 0 && pattern_matches(pattern, n, fc_topic_str(t))) add_once(views, view, t);
        view->wild = true;
    } else {
        struct fc_topic *t = fc_cache_ensure(views->cache, fc_str_n(pattern, n));
        if (t == NULL) return false;
        add_once(views, view, t);
    }
    return views->members < FC_VIEW_MEMBERS_MAX;
}

/* --- views --- */

static void destroy_view(struct fc_views *views, struct fc_view *view) {
    while (view->oldest != NULL) remove_member(views, view->oldest);
    for (struct fc_view **at = &views->dirty; view->dirty && *at != NULL; at = &(*at)->dirty_next) {
        if (*at != view) continue;
        *at = view->dirty_next;
        break;
    }
    for (uint32_t i = 0; i < FC_SPARE_FRAMES; i++)
        if (views->spare[i].view == view) views->spare[i].view = NULL;
    for (int p = 0; p < FC_PROTOCOL_COUNT; p++) fc_bytes_free(&view->common[p].bytes);
    *view->link = view->next;
    if (view->next != NULL) view->next->link = view->link;
    fc_bytes_free(&view->set.text);
    views->counters->views--;
    free(view);
}

static struct fc_view *create_view(struct fc_views *views, const struct fc_topic_set *set) {
    struct fc_view *view = calloc(1, sizeof *view);
    FC_ASSERT(view != NULL);
    fc_bytes_add(&view->set.text, set->text.p, set->text.n);
    view->set.n = set->n;
    view->stamp = ++views->stamp;
    view->next = views->all;
    view->link = &views->all;
    if (view->next != NULL) view->next->link = &view->next;
    views->all = view;
    views->counters->views++;
    const char *at = (const char *)view->set.text.p;
    for (uint32_t i = 0; i < set->n; i++) {
        size_t n = strlen(at);
        if (!add_pattern(views, view, at, n)) return destroy_view(views, view), NULL;
        at += n + 1;
    }
    view->prev = view->sealed = view->seq;
    return view;
}

/* Few distinct sets exist (one a board), and a join is rare: a walk will do. */
static struct fc_view *find_view(const struct fc_views *views, const struct fc_topic_set *set) {
    for (struct fc_view *v = views->all; v != NULL; v = v->next)
        if (v->set.text.n == set->text.n && (set->text.n == 0 || memcmp(v->set.text.p, set->text.p, set->text.n) == 0)) return v;
    return NULL;
}

enum fc_status fc_views_join(struct fc_views *views, struct fc_seat *seat, const struct fc_topic_set *set) {
    struct fc_view *view = find_view(views, set);
    if (view == NULL && views->counters->views < views->sets_max) view = create_view(views, set);
    if (view == NULL) {
        views->counters->views_refused_total++;
        return FC_FULL;
    }
    if (seat->view != view) {
        fc_views_leave(views, seat);
        seat->view = view;
        seat->next = view->seats[seat->protocol];
        seat->link = &view->seats[seat->protocol];
        if (seat->next != NULL) seat->next->link = &seat->next;
        view->seats[seat->protocol] = seat;
        view->seat_count[seat->protocol]++;
    }
    seat->cursor = 0;
    seat->fresh = true;
    views->wake(seat);
    return FC_OK;
}

void fc_views_leave(struct fc_views *views, struct fc_seat *seat) {
    struct fc_view *view = seat->view;
    if (view == NULL) return;
    *seat->link = seat->next;
    if (seat->next != NULL) seat->next->link = seat->link;
    seat->view = NULL;
    view->seat_count[seat->protocol]--;
    if (view->seats[FC_PROTOCOL_MSGPACK] == NULL && view->seats[FC_PROTOCOL_JSON] == NULL) destroy_view(views, view);
}

static void touch(struct fc_views *views, struct fc_member *m) {
    struct fc_view *v = m->view;
    unlink_order(m);
    append_order(m);
    m->seq = ++v->seq;
    if (v->dirty) return;
    v->dirty = true;
    v->dirty_next = views->dirty;
    views->dirty = v;
}

/* A topic's first item: the wildcards that match it take it in. */
static void introduce(struct fc_views *views, struct fc_topic *topic) {
    uint64_t stamp = ++views->stamp;
    topic->known = true;
    for (struct fc_member *m = topic->members; m != NULL; m = m->next) m->view->stamp = stamp;
    for (struct fc_view *v = views->all; v != NULL; v = v->next)
        if (v->wild && v->stamp != stamp && wild_matches(v, fc_topic_str(topic))) add_member(views, v, topic);
}

void fc_views_changed(struct fc_views *views, struct fc_topic *topic) {
    if (!topic->known) introduce(views, topic);
    for (struct fc_member *m = topic->members; m != NULL; m = m->next) touch(views, m);
}

/* --- frames --- */

/* Returns where the count of items is to be filled in (msgpack only). */
static size_t begin(const struct fc_views *views, struct fc_frame *frame, enum fc_protocol protocol) {
    struct fc_bytes *b = &frame->bytes;
    fc_bytes_clear(b);
    memset(fc_bytes_room(b, FC_FRAME_HEAD), 0, FC_FRAME_HEAD);
    b->n = FC_FRAME_HEAD;
    frame->items = 0;
    if (protocol == FC_PROTOCOL_JSON) {
        fc_bytes_printf(b, "{\"type\":\"state\",\"at_us\":%lld,\"items\":[", (long long)views->at_us);
        return 0;
    }
    struct fc_mpw w;
    fc_mpw_init(&w, fc_bytes_room(b, 64), 64);
    fc_mpw_map(&w, 3);
    fc_mpw_key(&w, "type");
    fc_mpw_str(&w, FC_STR_LIT("state"));
    fc_mpw_key(&w, "at_us");
    fc_mpw_int(&w, views->at_us);
    fc_mpw_key(&w, "items");
    FC_ASSERT(!w.overflow);
    b->n += w.len;
    fc_bytes_add(b, "\xdd\0\0\0\0", 5); /* array 32 */
    return b->n - 4;
}

static void end(struct fc_frame *frame, enum fc_protocol protocol, size_t count_at) {
    if (protocol == FC_PROTOCOL_JSON) {
        fc_bytes_text(&frame->bytes, "]}");
        return;
    }
    uint8_t *count = frame->bytes.p + count_at;
    for (int i = 0; i < 4; i++) count[i] = (uint8_t)(frame->items >> (24 - 8 * i));
}

static void append(struct fc_views *views, struct fc_frame *frame, struct fc_topic *topic, enum fc_protocol protocol) {
    if (protocol == FC_PROTOCOL_MSGPACK) {
        fc_bytes_add(&frame->bytes, topic->item.p, topic->item.n);
    } else {
        struct fc_str json = fc_topic_json(topic);
        if (json.n == 0) {
            views->counters->feed_bad_total++;
            return;
        }
        if (frame->items > 0) fc_bytes_char(&frame->bytes, ',');
        fc_bytes_str(&frame->bytes, json);
    }
    frame->items++;
}

/* What changed after `from`, oldest first, until the frame is full. */
static void encode(struct fc_views *views, struct fc_view *view, enum fc_protocol protocol, uint64_t from, struct fc_frame *frame) {
    struct fc_member *m = view->newest;
    while (m != NULL && m->seq > from && m->older != NULL && m->older->seq > from) m = m->older;
    size_t count_at = begin(views, frame, protocol);
    uint64_t to = view->seq;
    for (; m != NULL && m->seq > from; m = m->newer) {
        append(views, frame, m->topic, protocol);
        if (frame->bytes.n < FC_FRAME_BYTES_MAX || m->newer == NULL) continue;
        to = m->seq;
        break;
    }
    end(frame, protocol, count_at);
    frame->from = from;
    frame->to = to;
    views->counters->frames_encoded_total++;
}

static struct fc_frame *spare_frame(struct fc_views *views, struct fc_view *view, enum fc_protocol protocol, uint64_t from) {
    for (uint32_t i = 0; i < FC_SPARE_FRAMES; i++) {
        struct fc_frame *f = &views->spare[i];
        if (f->view == view && f->protocol == protocol && f->from == from) return f;
    }
    struct fc_frame *f = &views->spare[views->spare_next++ % FC_SPARE_FRAMES];
    encode(views, view, protocol, from, f);
    f->view = view;
    f->protocol = protocol;
    return f;
}

static void seal(struct fc_views *views, struct fc_view *view) {
    view->prev = view->sealed;
    view->sealed = view->seq;
    for (uint32_t i = 0; i < FC_SPARE_FRAMES; i++)
        if (views->spare[i].view == view) views->spare[i].view = NULL;
    for (enum fc_protocol p = 0; p < FC_PROTOCOL_COUNT; p++) {
        view->common[p].from = view->common[p].to = 0;
        if (view->seat_count[p] >= 2) encode(views, view, p, view->prev, &view->common[p]);
        for (struct fc_seat *s = view->seats[p]; s != NULL; s = s->next) views->wake(s);
    }
}

int64_t fc_views_flush(struct fc_views *views, struct fc_mono now) {
    int64_t next = -1;
    struct fc_view **at = &views->dirty;
    while (*at != NULL) {
        struct fc_view *v = *at;
        int64_t due = v->flushed.ns + FC_TICK_MS * INT64_C(1000000) - now.ns;
        if (v->flushed.ns != 0 && due > 0) {
            if (next < 0 || due < next) next = due;
            at = &v->dirty_next;
            continue;
        }
        *at = v->dirty_next;
        v->dirty = false;
        v->flushed = now;
        seal(views, v);
    }
    return next;
}

bool fc_views_pending(const struct fc_seat *seat) {
    return seat->view != NULL && (seat->fresh || seat->cursor < seat->view->sealed);
}

bool fc_views_shared(const struct fc_seat *seat) {
    if (seat->view == NULL || seat->fresh) return false;
    const struct fc_frame *f = &seat->view->common[seat->protocol];
    return seat->cursor >= f->from && seat->cursor < f->to;
}

const struct fc_frame *fc_views_frame(struct fc_views *views, struct fc_seat *seat) {
    if (!fc_views_pending(seat)) return NULL;
    struct fc_view *v = seat->view;
    const struct fc_frame *f = &v->common[seat->protocol];
    bool current = fc_views_shared(seat);
    if (!current) f = spare_frame(views, v, seat->protocol, seat->cursor);
    bool wanted = f->items > 0 || seat->fresh;
    if (!current && wanted) views->counters->frames_catch_up_total++;
    seat->cursor = f->to;
    seat->fresh = false;
    return wanted ? f : NULL;
}
