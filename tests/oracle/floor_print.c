#include "floor.h"

#include <stdio.h>

static double seconds(const struct fc_floor *f, int64_t at_us) { return (double)(at_us - f->start_us) / 1e6; }

static void print_str(const struct fc_event *ev, uint64_t key_bit, const char *key, struct fc_str value) {
    if ((ev->present & key_bit) != 0) printf(" %s=%.*s", key, FC_STR_ARG(value));
}

static void print_word(const struct fc_event *ev, uint64_t key_bit, const char *key, enum fc_vocab vocab, uint8_t word) {
    if ((ev->present & key_bit) != 0) printf(" %s=%s", key, fc_word(vocab, word));
}

#define PRINT_STR(ev, key) print_str((ev), FC_KEY_BIT(key), #key, (ev)->key)
#define PRINT_WORD(ev, key, vocab) print_word((ev), FC_KEY_BIT(key), #key, (vocab), (ev)->key)

static void print_event(const struct fc_event *ev) {
    PRINT_STR(ev, contact);
    PRINT_STR(ev, case_id);
    PRINT_STR(ev, queue);
    PRINT_STR(ev, agent);
    PRINT_STR(ev, customer);
    PRINT_STR(ev, root);
    PRINT_STR(ev, reason);
    PRINT_STR(ev, state);
    PRINT_WORD(ev, channel, FC_VOCAB_CHANNEL);
    PRINT_WORD(ev, by, FC_VOCAB_BY);
    PRINT_WORD(ev, outcome, FC_VOCAB_OUTCOME);
    PRINT_WORD(ev, cause, FC_VOCAB_CAUSE);
    PRINT_WORD(ev, stage, FC_VOCAB_STAGE);
    if ((ev->present & FC_KEY_BIT(csat)) != 0) printf(" csat=%lld", (long long)ev->csat);
    if ((ev->present & FC_KEY_BIT(nps)) != 0) printf(" nps=%lld", (long long)ev->nps);
    if ((ev->present & FC_KEY_BIT(resolved)) != 0) printf(" resolved=%d", ev->resolved);
}

static void print_rules(const struct fc_floor *f) {
    printf("start %lld us, chains within %.0f h\n", (long long)f->start_us, (double)f->rules.chain_window_us / 3.6e9);
    for (size_t q = 0; q < f->rules.queues_n; q++)
        for (int c = 0; c < FC_CHANNEL_COUNT; c++)
            printf("%s %s T %.0f S %.0f\n", f->rules.queues[q].name, fc_word(FC_VOCAB_CHANNEL, (unsigned)c), (double)f->rules.queues[q].of[c].threshold_us / 1e6,
                   (double)f->rules.queues[q].of[c].short_us / 1e6);
    printf("others T %.0f S %.0f\n", (double)f->rules.defaults.threshold_us / 1e6, (double)f->rules.defaults.short_us / 1e6);
    for (size_t g = 0; g < f->rules.groups_n; g++) {
        printf("group %s:", f->rules.groups[g].name);
        for (size_t q = 0; q < f->rules.groups[g].queues_n; q++) printf(" %s", f->rules.groups[g].queues[q]);
        printf("\n");
    }
}

void fc_floor_print(const struct fc_floor *f, size_t n) {
    print_rules(f);
    for (size_t i = 0; i < n; i++) {
        const struct fc_event *ev = &f->events[i];
        printf("%14.6f", seconds(f, ev->ts));
        if (f->arrives_us[i] != ev->ts) printf(" (at %.6f)", seconds(f, f->arrives_us[i]));
        printf(" %s", fc_kind_name(ev->kind));
        print_event(ev);
        printf("\n");
    }
}
