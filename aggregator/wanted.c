#include "wanted.h"

#include "contacts.h"

#include <stdlib.h>

#define WAITING "waiting/"
#define ABANDONED "abandoned/"
#define ABANDONED_MOST 50
#define ASK_EVERY_MS 250       /* of a topic, while the store takes records */
#define ASK_ANYWAY_MS 10000    /* a day may have begun */

static bool begins(struct fc_str s, const char *with) {
    size_t n = strlen(with);
    return s.n > n && memcmp(s.p, with, n) == 0;
}

static struct fc_str topic_of(const struct fc_wanted_topic *t) { return fc_str_n(t->topic, t->topic_n); }
static bool is_engines(const struct fc_wanted_topic *t) { return begins(topic_of(t), WAITING); }

static struct fc_wanted_topic *find(const struct fc_wanted *w, struct fc_str topic) {
    for (uint32_t i = 0; i < w->n; i++)
        if (fc_str_eq(topic, topic_of(w->topics[i]))) return w->topics[i];
    return NULL;
}

void fc_wanted_hear(struct fc_wanted *w, struct fc_str prefix, bool on) {
    if ((!begins(prefix, WAITING) && !begins(prefix, ABANDONED)) || prefix.n >= FC_TOPIC_MAX) return;
    struct fc_wanted_topic *t = find(w, prefix);
    if (t == NULL && (!on || w->n == FC_WANTED_MAX)) return;
    if (t == NULL) {
        if (w->n == w->cap) {
            w->cap = w->cap == 0 ? 16 : 2 * w->cap;
            w->topics = realloc(w->topics, w->cap * sizeof(struct fc_wanted_topic *));
            FC_ASSERT(w->topics != NULL);
        }
        t = calloc(1, sizeof *t);
        FC_ASSERT(t != NULL);
        t->topic_n = prefix.n;
        memcpy(t->topic, prefix.p, prefix.n);
        w->topics[w->n++] = t;
    }
    if (t->on != on) t->told = false;
    t->on = on;
}

static void drop(struct fc_wanted *w, uint32_t i) {
    free(w->topics[i]->list);
    free(w->topics[i]);
    w->topics[i] = w->topics[--w->n];
}

void fc_wanted_fini(struct fc_wanted *w) {
    while (w->n > 0) drop(w, 0);
    free(w->topics);
}

bool fc_wanted_tell(struct fc_wanted *w, struct fc_ring *asks) {
    bool any = false;
    for (uint32_t i = 0; i < w->n;) {
        struct fc_wanted_topic *t = w->topics[i++];
        if (!is_engines(t) || t->told) continue;
        struct fc_driver_ask ask = {.wanted = t->on, .topic_n = t->topic_n};
        memcpy(ask.topic, t->topic, t->topic_n);
        if (!FC_RING_PUSH(asks, &ask)) return any;
        t->told = any = true;
        if (!t->on) drop(w, --i);
    }
    return any;
}

/* ---- from the store ---------------------------------------------------------------------------------------------- */

/* The name in a topic, as a queue's is told; n 0: of all queues. */
static struct fc_str name_in(const struct fc_wanted_topic *t, char to[FC_TOPIC_MAX]) {
    struct fc_str coded = fc_str_n(t->topic + sizeof ABANDONED - 1, t->topic_n - (sizeof ABANDONED - 1));
    return fc_str_is(coded, "all") ? (struct fc_str){0} : fc_str_n(to, fc_topic_parse_name(to, coded));
}

static struct fc_job *job_for(const struct fc_wanted_topic *t) {
    struct fc_job *job = calloc(1, sizeof *job);
    FC_ASSERT(job != NULL);
    (void)zmq_msg_init(&job->route);
    job->topic_n = t->topic_n;
    memcpy(job->topic, t->topic, t->topic_n);
    return job;
}

static bool is_due(const struct fc_wanted_topic *t, uint64_t records, struct fc_mono now) {
    if (!t->on || t->asked || is_engines(t)) return false;
    int64_t ms = t->at.ns == 0 ? INT64_MAX : fc_mono_ms_since(t->at, now);
    return ms >= ASK_ANYWAY_MS || (ms >= ASK_EVERY_MS && records != t->records);
}

struct fc_job *fc_wanted_next(struct fc_wanted *w, uint64_t records, struct fc_mono now) {
    for (uint32_t i = 0; i < w->n; i++) {
        struct fc_wanted_topic *t = w->topics[i];
        char name[FC_TOPIC_MAX];
        if (!is_due(t, records, now)) continue;
        struct fc_contacts_asked q = {.queue = name_in(t, name), .channel = -1, .kinds = 1u << FC_CARD_ABANDONED,
                                      .limit = ABANDONED_MOST, .today = true};
        struct fc_job *job = job_for(t);
            job->request_n = (uint32_t)fc_contacts_write(job->request, &q);
        t->asked = true;
        t->records = records;
        t->at = now;
        return job;
    }
    return NULL;
}

/* The array of an answer; n 0: it is none. */
static struct fc_str list_in(const struct fc_job *job) {
    struct fc_mp mp = fc_mp_open(job->reply, job->reply_n);
    struct fc_str key;
    uint32_t pairs;
    if (!fc_mp_map(&mp, &pairs)) return (struct fc_str){0};
    for (uint32_t i = 0; i < pairs && fc_mp_str(&mp, &key); i++) {
        const char *from = (const char *)mp.p;
        if (!fc_mp_skip(&mp)) break;
        if (fc_str_is(key, "items")) return fc_str_n(from, (size_t)((const char *)mp.p - from));
    }
    return (struct fc_str){0};
}

static void write_head(struct fc_mpw *w, const struct fc_wanted_topic *t, uint64_t ver, int64_t at_us) {
    fc_mpw_map(w, 4);
    fc_mpw_key(w, "topic");
    fc_mpw_str(w, topic_of(t));
    fc_mpw_key(w, "ver");
    fc_mpw_int(w, (int64_t)ver);
    fc_mpw_key(w, "at_us");
    fc_mpw_int(w, at_us);
}

static void keep(struct fc_wanted_topic *t, struct fc_str list) {
    free(t->list);
    t->list = malloc(list.n);
    FC_ASSERT(t->list != NULL);
    memcpy(t->list, list.p, list.n);
    t->list_n = list.n;
}

bool fc_wanted_answered(struct fc_wanted *w, const struct fc_job *job, int64_t at_us, uint8_t **item, size_t *n) {
    struct fc_wanted_topic *t = find(w, fc_str_n(job->topic, job->topic_n));
    struct fc_str list = list_in(job);
    struct fc_mpw out;
    if (t == NULL) return false;
    t->asked = false;
    if (!t->on || list.n == 0 || (t->list_n == list.n && memcmp(t->list, list.p, list.n) == 0)) return false;
    keep(t, list);
    size_t cap = FC_TOPIC_MAX + 100 + list.n;
    *item = malloc(cap);
    FC_ASSERT(*item != NULL);
    fc_mpw_init(&out, *item, cap);
    write_head(&out, t, ++w->ver, at_us);
    fc_mpw_key(&out, "contacts");
    fc_mpw_raw(&out, list.p, list.n);
    FC_ASSERT(!out.overflow);
    *n = out.len;
    return true;
}

struct fc_job *fc_wanted_ended(struct fc_wanted *w, int64_t at_us) {
    for (uint32_t i = 0; i < w->n; i++) {
        struct fc_wanted_topic *t = w->topics[i];
        struct fc_mpw out;
        if (t->on || t->asked || is_engines(t)) continue;
        struct fc_job *job = job_for(t);
        job->reply = malloc(job->reply_n = FC_TOPIC_MAX + 100);
        FC_ASSERT(job->reply != NULL);
        fc_mpw_init(&out, job->reply, job->reply_n);
        write_head(&out, t, ++w->ver, at_us);
        fc_mpw_key(&out, "gone");
        fc_mpw_bool(&out, true);
        FC_ASSERT(!out.overflow);
        job->reply_n = out.len;
        drop(w, i);
        return job;
    }
    return NULL;
}
