#include "state.h"

#include <stdio.h>

const char *fc_window_name(enum fc_window window) {
    static const char *const names[FC_WINDOW_COUNT] = {"now", "m15", "h1", "day"};
    FC_ASSERT(window < FC_WINDOW_COUNT);
    return names[window];
}

size_t fc_topic_name(char *to, size_t cap, struct fc_str name) {
    static const char hex[] = "0123456789ABCDEF";
    FC_ASSERT(cap > 3 * (size_t)name.n);
    size_t n = 0;
    for (uint32_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c >= 0x20 && c != '/' && c != '%' && c != 0x7f) {
            to[n++] = (char)c;
            continue;
        }
        to[n++] = '%';
        to[n++] = hex[c >> 4];
        to[n++] = hex[c & 15];
    }
    to[n] = '\0';
    return n;
}

static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t fc_topic_parse_name(char *to, struct fc_str coded) {
    size_t n = 0;
    for (uint32_t i = 0; i < coded.n; i++) {
        if (coded.p[i] == '/') return 0;
        to[n++] = coded.p[i];
        if (coded.p[i] != '%') continue;
        int high = i + 2 < coded.n ? digit(coded.p[i + 1]) : -1, low = i + 2 < coded.n ? digit(coded.p[i + 2]) : -1;
        if (high < 0 || low < 0) return 0;
        to[n - 1] = (char)(high << 4 | low);
        i += 2;
    }
    return n <= FC_ID_MAX ? n : 0;
}

/* "queue/NAME/" */
static size_t begin(char *to, enum fc_scope scope, struct fc_str name) {
    static const char *const scopes[] = {
        [FC_SCOPE_QUEUE] = "queue/", [FC_SCOPE_GROUP] = "group/", [FC_SCOPE_AGENT] = "agent/"};
    size_t n = strlen(scopes[scope]);
    memcpy(to, scopes[scope], n);
    n += fc_topic_name(to + n, FC_TOPIC_MAX - n, name);
    to[n++] = '/';
    return n;
}

size_t fc_topic_format(char *to, enum fc_scope scope, struct fc_str name, enum fc_window window) {
    size_t n = begin(to, scope, name);
    return n + (size_t)snprintf(to + n, FC_TOPIC_MAX - n, "%s", fc_window_name(window));
}

size_t fc_topic_format_channel(char *to, enum fc_scope scope, struct fc_str name, enum fc_channel channel,
                               enum fc_window window) {
    size_t n = begin(to, scope, name);
    return n + (size_t)snprintf(to + n, FC_TOPIC_MAX - n, "%s/%s", fc_word(FC_VOCAB_CHANNEL, channel),
                                fc_window_name(window));
}
