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

size_t fc_topic_format(char *to, enum fc_scope scope, struct fc_str name, const char *channel, enum fc_window window) {
    static const char *const scopes[] = {"queue/", "group/", "agent/"};
    size_t n = strlen(scopes[scope]);
    memcpy(to, scopes[scope], n);
    n += fc_topic_name(to + n, FC_TOPIC_MAX - n, name);
    int k = snprintf(to + n, FC_TOPIC_MAX - n, "%s%s/%s", channel == NULL ? "" : "/", channel == NULL ? "" : channel, fc_window_name(window));
    return n + (size_t)k;
}
