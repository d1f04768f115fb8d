/* query_contacts -- contacts that are over, from the newest on. */
#include "contacts.h"
#include "query_private.h"
#include "retention.h"

#include <stdlib.h>

struct look {
    const struct fc_query_base *base;
    const struct fc_contacts_asked *q;
    const struct fc_group_rules *group; /* NULL: any */
    struct fc_store_reader reader;
    struct fc_card *cards; /* as found; then sorted */
    uint32_t n;
    struct fc_error *err;
};

static bool in_group(const struct look *l, struct fc_str queue) {
    for (uint32_t i = 0; l->group != NULL && i < l->group->queues_n; i++)
        if (fc_str_is(queue, l->group->queues[i])) return true;
    return l->group == NULL;
}

static bool matches(const struct look *l, const struct fc_card *c) {
    return fc_contacts_match(l->q, c) && (l->q->queue.n == 0 || fc_str_eq(l->q->queue, c->queue)) && in_group(l, c->queue);
}

static enum fc_status walk(struct look *l, enum fc_card_kind kind, int64_t from_us) {
    char below[FC_CARD_KEY], least[FC_CARD_KEY];
    struct fc_str key, value;
    size_t below_n = fc_card_bound(below, fc_card_prefix(kind), l->q->to_us), least_n = fc_card_bound(least, fc_card_prefix(kind), from_us);
    uint32_t taken = 0;
    enum fc_status st = fc_store_reader_before(&l->reader, fc_str_n(below, below_n), &key, &value, l->err);
    while (st == FC_OK && taken < l->q->limit && key.n == FC_CARD_KEY && memcmp(key.p, least, least_n) >= 0) {
        struct fc_card *c = &l->cards[l->n];
        st = fc_card_decode(key, value, c, l->err);
        if (st != FC_OK) return st;
        bool wanted = matches(l, c);
        l->n += wanted;
        taken += wanted;
        st = fc_store_reader_previous(&l->reader, &key, &value, l->err);
    }
    return st == FC_ABSENT ? FC_OK : st;
}

/* Whether its customer came again stands in the contact's other record. */
static enum fc_status add_return(struct look *l, struct fc_card *c) {
    struct fc_str key, value;
    char wanted[FC_CARD_KEY];
    if (c->kind == FC_CARD_ANSWERED) return FC_OK;
    memcpy(wanted, c->key, sizeof wanted);
    wanted[0] = FC_CARD_RETURNED;
    enum fc_status st = fc_store_reader_seek(&l->reader, fc_str_n(wanted, sizeof wanted), &key, &value, l->err);
    if (st == FC_ABSENT) return FC_OK;
    if (st != FC_OK || key.n != sizeof wanted || memcmp(key.p, wanted, sizeof wanted) != 0) return st;
    return fc_card_decode_returned(value, &c->returned_us, l->err);
}

static int newest_first(const void *a, const void *b) {
    const struct fc_card *x = a, *y = b;
    if (x->over_us != y->over_us) return x->over_us > y->over_us ? -1 : 1;
    return memcmp(x->key, y->key, sizeof x->key);
}

static int64_t from_us(const struct look *l) {
    const struct fc_queue_rules *of = l->q->queue.n > 0 ? fc_rules_queue(l->base->rules, l->q->queue) : &l->base->rules->defaults;
    int64_t start_us = l->q->from_us, end_us;
    if (l->q->today) fc_zone_day(of->zone, l->base->now_us, of->day_start_minute, &start_us, &end_us);
    int64_t kept_us = fc_retention_contacts_us(l->base->rules, l->base->now_us);
    return start_us > kept_us ? start_us : kept_us;
}

static enum fc_status look(struct look *l, struct fc_reply *r) {
    enum fc_status st = FC_OK;
    struct fc_mpw w;
    for (enum fc_card_kind k = FC_CARD_ANSWERED; st == FC_OK && k <= FC_CARD_LEFT; k++)
        if ((l->q->kinds >> k & 1) != 0) st = walk(l, k, from_us(l));
    if (l->n > 1) qsort(l->cards, l->n, sizeof *l->cards, newest_first);
    if (l->n > l->q->limit) l->n = l->q->limit;
    for (uint32_t i = 0; st == FC_OK && i < l->n; i++) st = add_return(l, &l->cards[i]);
    if (st != FC_OK) return st;
    fc_reply_ok(r, l->q->id, l->n);
    for (uint32_t i = 0; i < l->n; i++) {
        fc_reply_room(r, &w, FC_CARD_BYTES_MAX);
        fc_card_write(&w, &l->cards[i]);
        fc_reply_took(r, &w);
    }
    return FC_OK;
}

enum fc_status fc_query_contacts(const struct fc_query_base *base, const uint8_t *request, size_t n, struct fc_reply *r,
                                 int64_t *id, struct fc_error *err) {
    struct fc_contacts_asked q;
    struct look l = {.base = base, .q = &q, .err = err};
    enum fc_status st = fc_contacts_read(request, n, &q, err);
    *id = q.id;
    if (st != FC_OK) return st;
    if (fc_contacts_are_there(&q)) return fc_fail(err, FC_INVALID, "outcome: those that are there are not stored");
    l.group = q.group.n > 0 ? fc_query_group(base->rules, q.group) : NULL;
    if (q.group.n > 0 && l.group == NULL) return fc_fail(err, FC_ABSENT, "group \"%.*s\": no such group", FC_STR_ARG(q.group));
    st = fc_store_reader_open_contacts(base->store, &l.reader, err);
    if (st != FC_OK) return st;
    l.cards = malloc(3 * ((size_t)q.limit + 1) * sizeof *l.cards);
    FC_ASSERT(l.cards != NULL);
    st = look(&l, r);
    fc_store_reader_close(&l.reader);
    free(l.cards);
    return st;
}
