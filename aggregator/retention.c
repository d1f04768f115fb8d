#include "retention.h"

#include "card.h"
#include "interval.h"
#include "log.h"

#include <stdlib.h>

#define RULES_MAX 1024
#define ROUND_LOOKS 2000 /* names a round: some milliseconds */
#define ROUND_RANGES 500 /* deletions a round, a transaction each */

struct fc_retention {
    struct fc_store *store;
    const struct fc_counter *now_us;
    const struct fc_rules *rules;
    struct fc_ring news;          /* const struct fc_rules *: main -> writer */
    char at[FC_INTERVAL_KEY_MAX]; /* where to look next */
    size_t at_n;
    uint32_t looks, ranges; /* left of this round */
};

enum fc_status fc_retention_create(struct fc_store *store, const struct fc_rules *rules,
                                   const struct fc_counter *now_us, struct fc_retention **out, struct fc_error *err) {
    size_t bytes = (sizeof(struct fc_retention) + FC_RING_LINE - 1) / FC_RING_LINE * FC_RING_LINE;
    struct fc_retention *r = aligned_alloc(FC_RING_LINE, bytes);
    FC_ASSERT(r != NULL);
    memset(r, 0, sizeof *r);
    r->store = store;
    r->rules = rules;
    r->now_us = now_us;
    r->looks = ROUND_LOOKS;
    r->ranges = ROUND_RANGES;
    enum fc_status st = fc_ring_init(&r->news, RULES_MAX, sizeof(const struct fc_rules *), err);
    if (st == FC_OK)
        *out = r;
    else
        free(r);
    return st;
}

void fc_retention_destroy(struct fc_retention *r) {
    if (r == NULL) return;
    fc_ring_fini(&r->news);
    free(r);
}

bool fc_retention_configure(struct fc_retention *r, const struct fc_rules *rules) {
    return FC_RING_PUSH(&r->news, &rules);
}

int64_t fc_retention_cutoff_us(const struct fc_rules *rules, int64_t now_us, int minutes) {
    int64_t days = minutes == 1 ? rules->minutes_days : rules->quarters_days;
    int64_t at_us = now_us - days * 1440 * FC_MINUTE_US;
    return now_us <= 0 || at_us <= 0 ? 0 : fc_interval_start(at_us, 1440);
}

int64_t fc_retention_contacts_us(const struct fc_rules *rules, int64_t now_us) {
    int64_t at_us = now_us - rules->contacts_days * 1440 * FC_MINUTE_US;
    if (rules->contacts_days == 0) return INT64_MAX;
    return now_us <= 0 || at_us <= 0 ? 0 : at_us;
}

static bool end_round(struct fc_retention *r) {
    r->looks = ROUND_LOOKS;
    r->ranges = ROUND_RANGES;
    return false;
}

/* Whether the first interval of a name is too old; then [from, to) are those of the name that are. */
static bool is_old(const struct fc_retention *r, struct fc_str key, const struct fc_interval *i,
                   struct fc_writer_range *range) {
    int64_t cutoff_us = fc_retention_cutoff_us(r->rules, (int64_t)fc_count_get(r->now_us), i->minutes);
    if (i->start_us >= cutoff_us) return false;
    memcpy(range->from, key.p, key.n);
    range->from_n = key.n;
    range->to_n = (uint32_t)fc_interval_key((char *)range->to, i->scope, i->minutes, i->channel, i->name, cutoff_us);
    return true;
}

static void leap(struct fc_retention *r, struct fc_str key) {
    memcpy(r->at, key.p, key.n);
    r->at_n = fc_interval_after(r->at, key.n);
}

static bool begins_old(struct fc_store_reader *reader, char prefix, int64_t cutoff_us, struct fc_writer_range *range,
                       struct fc_error *err) {
    struct fc_str key, value;
    range->from_n = (uint32_t)fc_card_bound((char *)range->from, prefix, 0);
    if (fc_store_reader_seek(reader, fc_str_n((char *)range->from, range->from_n), &key, &value, err) != FC_OK) return false;
    range->to_n = (uint32_t)fc_card_bound((char *)range->to, prefix, cutoff_us);
    return key.n == FC_CARD_KEY && memcmp(key.p, range->to, range->to_n) < 0;
}

/* Records of a kind stand in the order of their time: the first one says it. */
static bool contacts_due(struct fc_retention *r, struct fc_writer_range *range) {
    struct fc_store_reader reader;
    struct fc_error err = {""};
    int64_t cutoff_us = fc_retention_contacts_us(r->rules, (int64_t)fc_count_get(r->now_us));
    bool due = false;
    range->contacts = true;
    if (fc_store_reader_open_contacts_within(r->store, &reader, &err) == FC_OK)
        for (const char *prefix = FC_CARD_PREFIXES; !due && *prefix != '\0'; prefix++)
            due = begins_old(&reader, *prefix, cutoff_us, range, &err);
    fc_store_reader_close(&reader);
    if (err.text[0] != '\0') fc_err("retention: %s", err.text);
    r->ranges -= due;
    return due;
}

bool fc_retention_due(void *ctx, uint32_t turn, struct fc_writer_range *range) {
    struct fc_retention *r = ctx;
    struct fc_store_reader reader;
    struct fc_error err;
    struct fc_str key, value;
    struct fc_interval i;
    bool due = false;
    (void)turn; /* a name is asked about again until nothing of it is old: so a deletion that came to nothing is no loss
                 */
    while (FC_RING_POP(&r->news, &r->rules)) continue;
    if (fc_count_get(r->now_us) == 0 || r->ranges == 0) return end_round(r);
    if (contacts_due(r, range)) return true;
    range->contacts = false;
    enum fc_status st = fc_store_reader_open_within(r->store, &reader, &err);
    while (st == FC_OK && !due && r->looks > 0) {
        r->looks--;
        st = fc_store_reader_seek(&reader, fc_str_n(r->at, r->at_n), &key, &value, &err);
        if (st == FC_OK && !fc_interval_parse(key, &i))
            st = fc_fail(&err, FC_INVALID, "a stored interval's key is of another form");
        if (st == FC_OK) due = is_old(r, key, &i, range);
        if (st == FC_OK && !due) leap(r, key);
    }
    if (st == FC_ABSENT)
        r->at_n = 0; /* round the table once: from the beginning next time */
    else if (st != FC_OK)
        fc_err("retention: %s", err.text);
    fc_store_reader_close(&reader);
    r->ranges -= due;
    return due || end_round(r);
}
