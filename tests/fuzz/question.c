/* question -- questions to an aggregator's query endpoint, and the stored intervals that they are answered from.
 * Parts of kind 0: a question (its value); other odd kinds: an interval's record, even ones: a contact's. A question may be refused, never left without an
 * answer of the agreed form. */
#include "contacts.h"
#include "query_private.h"
#include "scratch.h"

#define STEPS_MAX 100 /* of a question that is answered here: ten thousand are right, and slow */

static struct fc_rules *rules;

static void is_answer(uint8_t *reply, size_t n) {
    struct fc_mp mp = fc_mp_open(reply, n);
    FC_ASSERT(fc_mp_peek(&mp) == FC_MP_MAP && fc_mp_skip(&mp) && fc_mp_left(&mp) == 0);
    free(reply);
}

static void ask(struct fc_store *store, struct fc_str request) {
    const uint8_t *p = (const uint8_t *)request.p;
    for (int tallies = 0; tallies < 2; tallies++) {
        struct fc_query_base base = {.store = store, .rules = rules, .now_us = INT64_C(1767258000000000), .shows_tallies = tallies == 1};
        struct fc_question q;
        struct fc_error err = {""};
        uint8_t *reply;
        size_t n;
        if (fc_contacts_is_asked(p, request.n)) {
            struct fc_contacts_asked c;
            if (fc_contacts_read(p, request.n, &c, &err) != FC_OK) fuzz_sentence(&err);
        } else if (fc_question_read(&base, p, request.n, &q, &err) != FC_OK) fuzz_sentence(&err);
        else if ((q.to_us - q.from_us) / q.step_us > STEPS_MAX) continue;
        fc_query_answer(&base, p, request.n, &reply, &n);
        is_answer(reply, n);
        fc_query_refuse(p, request.n, FC_INVALID, "no", &reply, &n);
        is_answer(reply, n);
    }
}

static void create(void) {
    const struct fc_store_options options = {.dir = scratch, .map_bytes = 8 << 20};
    struct fc_store *store;
    struct fc_error err;
    FC_ASSERT(fc_store_open(&options, &store, &err) == FC_OK);
    fc_store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"contacts", "intervals"};
    struct fc_str in = fc_str_n((const char *)data, size), at = in;
    struct fc_store *store;
    struct fc_error err = {""};
    struct fuzz_part part;
    if (scratch_open(create)) rules = fc_rules_default();
    const struct fc_store_options options = {.dir = scratch, .map_bytes = 8 << 20};
    scratch_put(names, 2, in);
    FC_ASSERT(fc_store_open(&options, &store, &err) == FC_OK);
    for (int i = 0; i < 20 && fuzz_next(&at, &part); i++)
        if (part.kind == 0) ask(store, part.value);
    fc_store_close(store);
    return 0;
}
