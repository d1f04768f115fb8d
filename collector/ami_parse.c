#include "ami_parse.h"

void fc_ami_parse_init(struct fc_ami_parse *p) {
    p->begin = p->end = p->scan = 0;
    p->greeted = p->skipping = false;
    p->bytes = p->messages = p->skipped = p->fields_dropped = p->lines_bad = 0;
}

size_t fc_ami_parse_restart(struct fc_ami_parse *p) {
    size_t dropped = p->end - p->begin;
    p->begin = p->end = p->scan = 0;
    p->greeted = p->skipping = false;
    return dropped;
}

char *fc_ami_parse_space(struct fc_ami_parse *p, size_t *cap) {
    if (p->begin > 0) {
        memmove(p->buf, p->buf + p->begin, p->end - p->begin);
        p->end -= p->begin;
        p->scan -= p->begin;
        p->begin = 0;
    }
    *cap = sizeof p->buf - p->end;
    return p->buf + p->end;
}

void fc_ami_parse_added(struct fc_ami_parse *p, size_t n) {
    FC_ASSERT(n <= sizeof p->buf - p->end);
    p->end += n;
    p->bytes += n;
}

static enum fc_status bad_greeting(struct fc_error *err) {
    return fc_fail(err, FC_INVALID, "expected the greeting \"Asterisk Call Manager/..\", got something else");
}

static enum fc_status greeting(struct fc_ami_parse *p, struct fc_ami_msg *msg, struct fc_error *err) {
    const char *at = p->buf + p->begin;
    size_t have = p->end - p->begin;
    const char *nl = memchr(at, '\n', have);
    if (nl == NULL) return have > FC_AMI_GREETING_BYTES ? bad_greeting(err) : FC_AGAIN;
    size_t n = (size_t)(nl - at);
    p->begin += n + 1;
    p->scan = p->begin;
    p->greeted = true;
    if (n > 0 && at[n - 1] == '\r') n--;
    if (n > FC_AMI_GREETING_BYTES) return bad_greeting(err);
    msg->greeting = true;
    msg->n = 1;
    msg->fields[0] = (struct fc_ami_field){.value = fc_str_n(at, n)};
    return FC_OK;
}

/* One line: everything before the first ": " is the key. An empty value may come without its space. */
static void add_field(struct fc_ami_parse *p, struct fc_ami_msg *msg, const char *line, size_t n) {
    const char *colon = memchr(line, ':', n);
    if (colon == NULL) {
        p->lines_bad++;
        return;
    }
    if (msg->n == FC_AMI_FIELDS_MAX) {
        p->fields_dropped++;
        return;
    }
    const char *value = colon + 1, *end = line + n;
    if (value < end && *value == ' ') value++;
    msg->fields[msg->n++] = (struct fc_ami_field){.key = fc_str_n(line, (size_t)(colon - line)), .value = fc_str_n(value, (size_t)(end - value))};
}

static void split(struct fc_ami_parse *p, struct fc_ami_msg *msg, const char *at, const char *end) {
    msg->greeting = false;
    msg->n = 0;
    while (at < end) {
        const char *nl = memmem(at, (size_t)(end - at), "\r\n", 2);
        if (nl == NULL) nl = end;
        add_field(p, msg, at, (size_t)(nl - at));
        at = nl + 2;
    }
}

static void skip_empty_lines(struct fc_ami_parse *p) {
    while (p->end - p->begin >= 2 && memcmp(p->buf + p->begin, "\r\n", 2) == 0) p->begin += 2;
    if (p->scan < p->begin) p->scan = p->begin;
}

/* The tail is kept while skipping, because the closing empty line may be cut anywhere. */
static void start_skipping(struct fc_ami_parse *p) {
    if (!p->skipping) p->skipped++;
    p->skipping = true;
    p->begin = p->scan = p->end - 3;
}

enum fc_status fc_ami_parse_next(struct fc_ami_parse *p, struct fc_ami_msg *msg, struct fc_error *err) {
    if (!p->greeted) return greeting(p, msg, err);
    for (;;) {
        if (!p->skipping) skip_empty_lines(p);
        const char *from = p->buf + p->scan, *found = memmem(from, p->end - p->scan, "\r\n\r\n", 4);
        if (found == NULL) {
            if (p->end - p->begin >= FC_AMI_MESSAGE_BYTES) start_skipping(p);
            else if (p->end - p->scan > 3) p->scan = p->end - 3;
            return FC_AGAIN;
        }
        const char *at = p->buf + p->begin;
        bool whole = !p->skipping && (size_t)(found - at) + 4 <= FC_AMI_MESSAGE_BYTES;
        p->begin = p->scan = (size_t)(found - p->buf) + 4;
        if (!whole && !p->skipping) p->skipped++;
        p->skipping = false;
        if (!whole) continue;
        split(p, msg, at, found);
        p->messages++;
        return FC_OK;
    }
}

bool fc_ami_has(const struct fc_ami_msg *msg, const char *key) {
    return fc_ami_get(msg, key).p != NULL;
}

struct fc_str fc_ami_get(const struct fc_ami_msg *msg, const char *key) {
    size_t n = strlen(key);
    for (unsigned i = 0; i < msg->n; i++)
        if (msg->fields[i].key.n == n && (n == 0 || memcmp(msg->fields[i].key.p, key, n) == 0)) return msg->fields[i].value;
    return (struct fc_str){0};
}

int64_t fc_ami_int(const struct fc_ami_msg *msg, const char *key, int64_t absent) {
    int64_t v;
    return fc_str_int(fc_ami_get(msg, key), &v) ? v : absent;
}
