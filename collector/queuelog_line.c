#include "queuelog_line.h"

#include "clock.h"
#include "event.h"

#define SPAN_S_MAX (10 * 86400) /* a wait or talk longer than this is a damaged field */
#define EPOCH_S_MAX INT64_C(99999999999)

static const struct {
    const char *word;
    int wait, talk;
} events[FC_Q_OTHER] = {
#define NO FC_QLINE_NO
#define WORD(id, word, wait, talk) {word, wait, talk},
    FC_QLINE_EVENTS(WORD)
#undef WORD
#undef NO
};

const char *fc_qline_show(char to[FC_QLINE_SHOWN + 1], const char *text, size_t n) {
    size_t len = n < FC_QLINE_SHOWN ? n : FC_QLINE_SHOWN, bars = 0;
    bool number = false; /* inside +44.. */
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool digit = c >= '0' && c <= '9';
        bars += c == '|';
        number = c == '+' || (number && digit);
        to[i] = c < 0x20 || c == 0x7f ? '?' : digit && (number || bars >= 5) ? '#' : (char)c;
    }
    while (len > 0 && n > len && ((unsigned char)text[len] & 0xc0) == 0x80) len--; /* no half character at the end */
    to[len] = '\0';
    return to;
}

/* How many bytes the UTF-8 character at p has; 0 when it is none. */
static size_t utf8_len(const unsigned char *p, size_t left) {
    size_t n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : (*p & 0xf0) == 0xe0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;
    if (n == 0 || n > left) return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f)) return 0;
    return (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f) ? 0 : n;
}

static void mend_utf8(char *text, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t k = utf8_len((const unsigned char *)text + i, n - i);
        if (k == 0 || text[i] == '\0') text[i] = '?';
        i += k == 0 ? 1 : k;
    }
}

/* Splits off what stands before the next bar; false when there is no bar: then it is all that was left. */
static bool next_field(struct fc_str *rest, struct fc_str *out) {
    const char *bar = rest->n > 0 ? memchr(rest->p, '|', rest->n) : NULL;
    out->p = rest->p;
    out->n = bar == NULL ? rest->n : (uint32_t)(bar - rest->p);
    uint32_t used = out->n + (bar == NULL ? 0 : 1);
    *rest = fc_str_n(rest->p + used, rest->n - used);
    return bar != NULL;
}

static enum fc_qline_event event_find(struct fc_str word) {
    for (int i = 0; i < FC_Q_OTHER; i++)
        if (fc_str_is(word, events[i].word)) return (enum fc_qline_event)i;
    return FC_Q_OTHER;
}

static struct fc_str or_none(struct fc_str s) { return fc_str_is(s, "NONE") ? (struct fc_str){0} : s; }

enum fc_status fc_qline_parse(char *text, size_t n, struct fc_qline *out, struct fc_error *err) {
    char shown[FC_QLINE_SHOWN + 1];
    struct fc_str rest = fc_str_n(text, n), head[5];
    int64_t seconds = 0;
    unsigned have = 0;
    while (have < 5) {
        bool more = next_field(&rest, &head[have++]);
        if (!more) break;
    }
    if (have < 5 || head[4].n == 0)
        return fc_fail(err, FC_INVALID, "expected seconds|call id|queue|agent|event|.., got: %s", fc_qline_show(shown, text, n));
    if (!fc_str_int(head[0], &seconds) || seconds <= 0 || seconds > EPOCH_S_MAX)
        return fc_fail(err, FC_INVALID, "expected seconds since 1970 at its start, got: %s", fc_qline_show(shown, text, n));
    for (int i = 1; i < 4; i++)
        if (head[i].n > FC_ID_MAX - 12) /* a visit's number is put behind a call id */
            return fc_fail(err, FC_INVALID, "expected call id, queue and agent of at most %d bytes, got: %s", FC_ID_MAX - 12, fc_qline_show(shown, text, n));
    mend_utf8(text, n);
    *out = (struct fc_qline){.ts_us = seconds * FC_SECOND_US, .event = event_find(head[4]), .callid = or_none(head[1]),
                             .queue = or_none(head[2]), .agent = or_none(head[3])};
    while (rest.n > 0 && out->fields < FC_QLINE_FIELDS_MAX) (void)next_field(&rest, &out->field[out->fields++]);
    return FC_OK;
}

static int64_t span_us(const struct fc_qline *line, int index) {
    int64_t s = 0;
    if (index == FC_QLINE_NO) return -1;
    if (index < 0) index += (int)line->fields;
    if (index < 0 || index >= (int)line->fields) return -1;
    return fc_str_int(line->field[index], &s) && s >= 0 && s <= SPAN_S_MAX ? s * FC_SECOND_US : -1;
}

int64_t fc_qline_wait_us(const struct fc_qline *line) { return line->event == FC_Q_OTHER ? -1 : span_us(line, events[line->event].wait); }
int64_t fc_qline_talk_us(const struct fc_qline *line) { return line->event == FC_Q_OTHER ? -1 : span_us(line, events[line->event].talk); }
