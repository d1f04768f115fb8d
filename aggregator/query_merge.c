/* query_merge -- puts stretches together from stored intervals: the largest that fit, and no key looked at that is not
 * wanted but one a name and gap. */
#include "query_private.h"

#include "clock.h"

#include <stdlib.h>

struct piece { /* to be read in one resolution */
    int64_t from_us, to_us;
};

struct merge {
    const struct fc_query_base *base;
    const struct fc_question *q;
    struct fc_store_reader reader;
    struct pieces { /* rising, apart */
        struct piece *at;
        uint32_t n, cap;
    } pieces[FC_INTERVAL_RESOLUTIONS];
    struct fc_map *parts;
    struct fc_tally one; /* scratch */
    bool without_time;   /* agents' time is left out */
    struct fc_error *err;
};

/* ---- parts ------------------------------------------------------------------------------------------------------ */

uint32_t fc_part_step(const struct fc_part *p) {
    uint32_t step = 0;
    for (int i = 0; i < 4; i++) step = step << 8 | (uint8_t)p->key.p[i];
    return step;
}

/* NULL when there are too many. */
static struct fc_part *part_of(struct merge *m, struct fc_str name, uint32_t step) {
    char key[4 + FC_ID_MAX];
    for (int i = 0; i < 4; i++) key[i] = (char)(step >> (24 - 8 * i));
    if (name.n > 0) memcpy(key + 4, name.p, name.n);
    struct fc_part *p = fc_map_find(m->parts, fc_str_n(key, 4u + name.n));
    if (p != NULL || m->parts->n == FC_QUERY_ITEMS_MAX) return p;
    p = calloc(1, sizeof *p + 4 + name.n);
    FC_ASSERT(p != NULL);
    memcpy(p + 1, key, 4 + name.n);
    p->key = fc_str_n((const char *)(p + 1), 4u + name.n);
    fc_map_add(m->parts, p);
    return p;
}

static enum fc_status too_many(struct merge *m) {
    return fc_fail(m->err, FC_FULL, "more than %d items: ask for one name, or for larger steps", FC_QUERY_ITEMS_MAX);
}

static enum fc_status take(struct merge *m, struct fc_str name, const struct fc_interval *i, struct fc_str value) {
    struct fc_mp mp = fc_mp_open(value.p, value.n);
    enum fc_status st = fc_tally_decode(&mp, &m->one, m->err);
    if (st != FC_OK) return st;
    if (fc_tally_empty(&m->one)) return FC_OK;
    struct fc_part *p = part_of(m, name, (uint32_t)((i->start_us - m->q->from_us) / m->q->step_us));
    if (p == NULL) return too_many(m);
    if (i->channel < FC_CHANNEL_COUNT) p->channels |= 1u << i->channel;
    if (m->without_time) memset(m->one.v + FC_TALLY_TIME, 0, FC_AGENT_STATE_COUNT * sizeof *m->one.v);
    fc_tally_merge(&p->tally, &m->one);
    return FC_OK;
}

void fc_query_free(struct fc_map *parts) {
    struct fc_part *p;
    for (uint32_t at = 0; (p = fc_map_each(parts, &at)) != NULL;) {
        fc_tally_fini(&p->tally);
        free(p);
    }
    fc_map_fini(parts);
}

/* ---- pieces ----------------------------------------------------------------------------------------------------- */

static void add_piece(struct pieces *p, int64_t from_us, int64_t to_us) {
    if (p->n > 0 && p->at[p->n - 1].to_us == from_us) {
        p->at[p->n - 1].to_us = to_us;
        return;
    }
    if (p->n == p->cap) {
        p->cap = p->cap == 0 ? 16 : 2 * p->cap;
        p->at = realloc(p->at, p->cap * sizeof *p->at);
        FC_ASSERT(p->at != NULL);
    }
    p->at[p->n++] = (struct piece){from_us, to_us};
}

/* The middle in intervals of resolution r, what is left at both ends in finer ones. */
static void cover(struct merge *m, int64_t from_us, int64_t to_us, int r) {
    int64_t width_us = fc_interval_resolutions[r] * FC_MINUTE_US;
    int64_t first_us = (from_us + width_us - 1) / width_us * width_us, last_us = to_us / width_us * width_us;
    if (from_us >= to_us) return;
    if (first_us >= last_us) {
        cover(m, from_us, to_us, r - 1);
        return;
    }
    if (r > 0) cover(m, from_us, first_us, r - 1);
    add_piece(&m->pieces[r], first_us, last_us);
    if (r > 0) cover(m, last_us, to_us, r - 1);
}

static void cover_steps(struct merge *m) {
    const struct fc_question *q = m->q;
    for (int64_t from_us = q->from_us; from_us < q->to_us; from_us += q->step_us) {
        int64_t to_us = q->to_us - from_us < q->step_us ? q->to_us : from_us + q->step_us;
        cover(m, from_us, to_us, FC_INTERVAL_RESOLUTIONS - 1);
    }
}

/* The first piece that ends after `us`, or NULL. */
static const struct piece *piece_at(const struct pieces *p, int64_t us) {
    uint32_t lo = 0;
    for (uint32_t hi = p->n; lo < hi;) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (p->at[mid].to_us <= us)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < p->n ? &p->at[lo] : NULL;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static bool has_prefix(struct fc_str key, const char *prefix, size_t n) {
    return key.n >= n && memcmp(key.p, prefix, n) == 0;
}

/* Every wanted interval of one resolution and channel, of `name` or (NULL) of every name, into the parts of `into` or
 * (NULL) of its own name. Keys and pieces both rise: one pass, which leaps to the next piece, and behind the last to
 * the next name. */
static enum fc_status scan(struct merge *m, enum fc_scope scope, int r, uint8_t channel, const struct fc_str *name,
                           const struct fc_str *into) {
    char prefix[FC_INTERVAL_KEY_MAX], at[FC_INTERVAL_KEY_MAX];
    const struct pieces *pieces = &m->pieces[r];
    struct fc_str key, value;
    struct fc_interval i;
    if (pieces->n == 0) return FC_OK;
    size_t n = fc_interval_prefix(prefix, scope, fc_interval_resolutions[r], channel, name), at_n = n;
    memcpy(at, prefix, n);
    if (name != NULL)
        at_n = fc_interval_key(at, scope, fc_interval_resolutions[r], channel, *name, pieces->at[0].from_us);
    enum fc_status st = fc_store_reader_seek(&m->reader, fc_str_n(at, at_n), &key, &value, m->err);
    while (st == FC_OK && has_prefix(key, prefix, n)) {
        if (!fc_interval_parse(key, &i))
            return fc_fail(m->err, FC_INVALID, "a stored interval's key is of another form");
        const struct piece *piece = piece_at(pieces, i.start_us);
        if (piece == NULL && name != NULL) return FC_OK;
        if (piece != NULL && i.start_us >= piece->from_us) {
            st = take(m, into != NULL ? *into : i.name, &i, value);
            if (st == FC_OK) st = fc_store_reader_next(&m->reader, &key, &value, m->err);
            continue;
        }
        at_n = fc_interval_key(at, scope, i.minutes, channel, i.name, piece == NULL ? 0 : piece->from_us);
        if (piece == NULL) at_n = fc_interval_after(at, at_n);
        st = fc_store_reader_seek(&m->reader, fc_str_n(at, at_n), &key, &value, m->err);
    }
    return st == FC_ABSENT ? FC_OK : st;
}

static const uint8_t all_channels[] = {FC_CHANNEL_VOICE,  FC_CHANNEL_CHAT,     FC_CHANNEL_EMAIL, FC_CHANNEL_SMS,
                                       FC_CHANNEL_TICKET, FC_CHANNEL_INTERNAL, FC_INTERVAL_PLAIN};
#define CHANNELS (int)(sizeof all_channels / sizeof *all_channels)

static enum fc_status scan_channels(struct merge *m, enum fc_scope scope, const struct fc_str *name,
                                    const struct fc_str *into) {
    enum fc_status st = FC_OK;
    for (int c = 0; c < CHANNELS; c++) {
        bool wanted = m->q->channel < 0 ? scope != FC_SCOPE_AGENT || all_channels[c] == FC_INTERVAL_PLAIN
                                        : all_channels[c] == m->q->channel;
        for (int r = 0; wanted && st == FC_OK && r < FC_INTERVAL_RESOLUTIONS; r++)
            st = scan(m, scope, r, all_channels[c], name, into);
    }
    return st;
}

/* Nothing happened is an answer too. */
static enum fc_status fill_steps(struct merge *m, struct fc_str name) {
    const struct fc_question *q = m->q;
    for (int64_t step = 0; step * q->step_us < q->to_us - q->from_us; step++)
        if (part_of(m, name, (uint32_t)step) == NULL) return too_many(m);
    return FC_OK;
}

const struct fc_group_rules *fc_query_group(const struct fc_rules *rules, struct fc_str name) {
    for (uint32_t i = 0; i < rules->groups_n; i++)
        if (fc_str_is(name, rules->groups[i].name)) return &rules->groups[i];
    return NULL;
}

/* ---- what there is ---------------------------------------------------------------------------------------------- */

/* Whether anything was ever stored under the name; channel -1: under any. */
static bool has_any(struct merge *m, enum fc_scope scope, struct fc_str name, int channel) {
    char prefix[FC_INTERVAL_KEY_MAX];
    struct fc_str key, value;
    for (int r = 0; r < FC_INTERVAL_RESOLUTIONS; r++) {
        for (int c = 0; c < CHANNELS; c++) {
            if (channel >= 0 && all_channels[c] != channel) continue;
            size_t n = fc_interval_prefix(prefix, scope, fc_interval_resolutions[r], all_channels[c], &name);
            enum fc_status st = fc_store_reader_seek(&m->reader, fc_str_n(prefix, n), &key, &value, NULL);
            if (st == FC_OK && has_prefix(key, prefix, n)) return true;
        }
    }
    return false;
}

static bool group_has_any(struct merge *m, const struct fc_group_rules *g, int channel) {
    for (uint32_t i = 0; i < g->queues_n; i++)
        if (has_any(m, FC_SCOPE_QUEUE, fc_str(g->queues[i]), channel)) return true;
    return false;
}

static bool ruled(const struct fc_rules *rules, struct fc_str queue) {
    const struct fc_member *first;
    return fc_rules_queue(rules, queue) != &rules->defaults || fc_rules_groups(rules, queue, &first) > 0;
}

static bool stored(struct merge *m, int channel) {
    static const enum fc_scope scopes[] = {
        [FC_ASKED_QUEUE] = FC_SCOPE_QUEUE, [FC_ASKED_ALL] = FC_SCOPE_GROUP, [FC_ASKED_AGENT] = FC_SCOPE_AGENT};
    if (m->q->scope == FC_ASKED_GROUP) return group_has_any(m, fc_query_group(m->base->rules, m->q->name), channel);
    return has_any(m, scopes[m->q->scope], m->q->name, channel);
}

/* Asked when a named range holds nothing: is it quiet, or is there no such thing? */
static enum fc_status check_known(struct merge *m) {
    const struct fc_question *q = m->q;
    bool any = stored(m, -1);
    bool known = any || q->scope == FC_ASKED_GROUP || q->scope == FC_ASKED_ALL ||
                 (q->scope == FC_ASKED_QUEUE && ruled(m->base->rules, q->name));
    if (!known)
        return fc_fail(m->err, FC_ABSENT, "%s \"%.*s\": no such %s", fc_asked_word(q->scope), FC_STR_ARG(q->name),
                       fc_asked_word(q->scope));
    if (q->channel < 0 || !any || stored(m, q->channel)) return FC_OK;
    return fc_fail(m->err, FC_ABSENT, "channel \"%.*s\" of %s \"%.*s\": no such channel here",
                   FC_STR_ARG(q->channel_word), fc_asked_word(q->scope), FC_STR_ARG(q->name));
}

/* ---- a question ------------------------------------------------------------------------------------------------- */

/* What happened to contacts is its queues', by the rules of today. An agent of several of them counts once, so agents'
 * time is not their sum: the engine keeps it for each group as it was then. */
static enum fc_status merge_group(struct merge *m, const struct fc_group_rules *g) {
    struct fc_str into = fc_str(g->name);
    enum fc_status st = FC_OK;
    m->without_time = true;
    for (uint32_t i = 0; st == FC_OK && i < g->queues_n; i++) {
        struct fc_str queue = fc_str(g->queues[i]);
        st = scan_channels(m, FC_SCOPE_QUEUE, &queue, &into);
    }
    m->without_time = false;
    return st == FC_OK ? scan_channels(m, FC_SCOPE_GROUP, &into, NULL) : st;
}

static enum fc_status merge_groups(struct merge *m) {
    const struct fc_rules *rules = m->base->rules;
    enum fc_status st = FC_OK;
    for (uint32_t i = 0; st == FC_OK && i < rules->groups_n; i++) {
        st = merge_group(m, &rules->groups[i]);
        if (st == FC_OK) st = fill_steps(m, fc_str(rules->groups[i].name));
    }
    return st;
}

static enum fc_status merge_named(struct merge *m) {
    const struct fc_question *q = m->q;
    enum fc_status st;
    if (q->scope == FC_ASKED_GROUP) {
        const struct fc_group_rules *g = fc_query_group(m->base->rules, q->name);
        if (g == NULL) return fc_fail(m->err, FC_ABSENT, "group \"%.*s\": no such group", FC_STR_ARG(q->name));
        st = merge_group(m, g);
    } else {
        enum fc_scope scope = q->scope == FC_ASKED_QUEUE ? FC_SCOPE_QUEUE
                              : q->scope == FC_ASKED_ALL ? FC_SCOPE_GROUP
                                                         : FC_SCOPE_AGENT;
        st = scan_channels(m, scope, &q->name, &q->name);
    }
    if (st == FC_OK && m->parts->n == 0) st = check_known(m);
    return st == FC_OK ? fill_steps(m, q->name) : st;
}

enum fc_status fc_query_merge(const struct fc_query_base *base, const struct fc_question *q, struct fc_map *parts,
                              struct fc_error *err) {
    struct merge m = {.base = base, .q = q, .parts = parts, .err = err};
    enum fc_status st = fc_store_reader_open(base->store, &m.reader, err);
    if (st != FC_OK) return st;
    cover_steps(&m);
    if (q->has_name)
        st = merge_named(&m);
    else if (q->scope == FC_ASKED_GROUP)
        st = merge_groups(&m);
    else
        st = scan_channels(&m, q->scope == FC_ASKED_QUEUE ? FC_SCOPE_QUEUE : FC_SCOPE_AGENT, NULL, NULL);
    fc_store_reader_close(&m.reader);
    for (int r = 0; r < FC_INTERVAL_RESOLUTIONS; r++) free(m.pieces[r].at);
    fc_tally_fini(&m.one);
    return st;
}
