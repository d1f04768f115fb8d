/* contact_card -- contacts as lists show them: what their offers said of them beside what is counted, and the records of
 * those that are over. */
#include "contact.h"

#include "card.h"

#include <stdlib.h>

/* ---- what the offer said ----------------------------------------------------------------------------------------- */

static bool is_owned(const struct fc_contact *c) {
    return c->said.text != NULL && c->said.text != c->id_bytes + c->id.n;
}

void fc_contact_forget_said(struct fc_contact *c) {
    if (is_owned(c)) free(c->said.text);
    c->said = (struct fc_contact_said){.priority = -1};
}

static void put(struct fc_contact_said *s, uint32_t *at, struct fc_str text, uint8_t *n) {
    if (text.n > 0) memcpy(s->text + *at, text.p, text.n);
    *n = (uint8_t)text.n;
    *at += text.n;
}

/* Nearly always there is room for it behind the id. */
void fc_contact_say(struct fc_contact *c, const struct fc_card *card) {
    struct fc_contact_said *s = &c->said;
    uint32_t at = 0, n = card->customer.n + card->topic.n + card->lang.n + card->root.n;
    fc_contact_forget_said(c);
    s->priority = (int32_t)card->priority;
    if (n == 0) return;
    s->text = n <= FC_ID_MAX - c->id.n ? c->id_bytes + c->id.n : malloc(n);
    FC_ASSERT(s->text != NULL);
    put(s, &at, card->customer, &s->customer_n);
    put(s, &at, card->topic, &s->topic_n);
    put(s, &at, card->lang, &s->lang_n);
    put(s, &at, card->root, &s->root_n);
}

void fc_contact_note_offer(struct fc_contact *c, const struct fc_event *ev) {
    struct fc_card card = {.priority = (ev->present & FC_KEY_BIT(priority)) != 0 ? ev->priority : -1};
    if ((ev->present & FC_KEY_BIT(customer)) != 0) card.customer = ev->customer;
    if ((ev->present & FC_KEY_BIT(topic)) != 0) card.topic = ev->topic;
    if ((ev->present & FC_KEY_BIT(lang)) != 0) card.lang = ev->lang;
    if ((ev->present & FC_KEY_BIT(root)) != 0) card.root = ev->root;
    fc_contact_say(c, &card);
}

static struct fc_str take(const char **at, uint8_t n) {
    struct fc_str s = n > 0 ? fc_str_n(*at, n) : (struct fc_str){0};
    *at += n;
    return s;
}

void fc_contact_said_of(const struct fc_contact *c, struct fc_card *card) {
    const struct fc_contact_said *s = &c->said;
    const char *at = s->text;
    card->priority = s->priority;
    card->customer = take(&at, s->customer_n);
    card->topic = take(&at, s->topic_n);
    card->lang = take(&at, s->lang_n);
    card->root = take(&at, s->root_n);
}

/* ---- the card ---------------------------------------------------------------------------------------------------- */

static int64_t span(int64_t from_us, int64_t to_us) { return to_us > from_us ? to_us - from_us : 0; }

static void card_of_answered(const struct fc_contact *c, struct fc_card *card) {
    bool over = c->state == CONTACT_OVER;
    card->kind = over ? FC_CARD_ANSWERED : FC_CARD_TALKING;
    card->agent = c->agent->e.name;
    card->wait_us = span(c->offered_us, c->answered_us);
    if (!over) return;
    card->over_us = c->ended_us;
    if (c->by == FC_BY_LOST) return; /* how long it went on nobody knows */
    card->hold_us = fc_contact_hold_us(c, c->answered_us, c->ended_us);
    card->talk_us = span(c->answered_us, c->ended_us) - card->hold_us;
    if (c->wrapped_us != 0) card->wrap_us = span(c->ended_us, c->wrapped_us);
}

void fc_contact_card(const struct fc_contact *c, struct fc_card *card) {
    *card = (struct fc_card){.kind = FC_CARD_WAITING, .contact = c->id, .queue = c->queue->e.name, .channel = c->channel,
                             .offered_us = c->offered_us, .wait_us = -1, .talk_us = -1, .hold_us = -1, .wrap_us = -1};
    fc_contact_said_of(c, card);
    if (c->state == CONTACT_WAITING) return;
    bool answered = c->answered_us != 0 && (c->left_us == 0 || c->answered_us <= c->left_us);
    if (answered) {
        card_of_answered(c, card);
        return;
    }
    card->kind = c->left == FC_LEFT_ABANDONED ? FC_CARD_ABANDONED : FC_CARD_LEFT;
    card->left = c->left;
    card->over_us = c->left_us;
    card->wait_us = span(c->offered_us, c->left_us);
}

/* ---- filed ------------------------------------------------------------------------------------------------------- */

uint64_t fc_contact_hash(struct fc_contact *c) {
    if (c->hash == 0) c->hash = fc_chain_hash(c->id);
    return c->hash;
}

bool fc_contact_is_filed_at(const struct fc_engine *e, int64_t over_us) {
    return e->rules->contacts_days > 0 && over_us >= e->now_us - (int64_t)e->rules->contacts_days * 1440 * FC_MINUTE_US;
}

/* As it was filed last, so that a record whose place a late word changes can be taken away. */
struct fc_filed fc_contact_filing(const struct fc_engine *e, const struct fc_contact *c) {
    struct fc_card card;
    if (c->state != CONTACT_OVER) return (struct fc_filed){0};
    fc_contact_card(c, &card);
    if (card.over_us <= 0 || !fc_contact_is_filed_at(e, card.over_us)) return (struct fc_filed){0};
    return (struct fc_filed){card.over_us, (uint8_t)card.kind};
}
