#include "interval.h"

#define HEAD 3 /* scope, resolution, channel */
#define DAY_MINUTES 1440

static const char scopes[] = {[FC_SCOPE_QUEUE] = 'q', [FC_SCOPE_GROUP] = 'g', [FC_SCOPE_AGENT] = 'a'};

const int fc_interval_resolutions[FC_INTERVAL_RESOLUTIONS] = {1, 15, DAY_MINUTES};

int64_t fc_interval_start(int64_t ts_us, int minutes) {
    int64_t width = (int64_t)minutes * 60000000;
    return ts_us - ts_us % width;
}

size_t fc_interval_prefix(char *key, enum fc_scope scope, int minutes, uint8_t channel, const struct fc_str *name) {
    FC_ASSERT(minutes == 1 || minutes == 15 || minutes == DAY_MINUTES);
    key[0] = scopes[scope];
    key[1] = minutes == DAY_MINUTES ? 'd' : (char)minutes;
    key[2] = (char)channel;
    if (name == NULL) return HEAD;
    FC_ASSERT(name->n <= 128);
    if (name->n > 0) memcpy(key + HEAD, name->p, name->n);
    key[HEAD + name->n] = '\0';
    return HEAD + name->n + 1u;
}

size_t fc_interval_key(char *key, enum fc_scope scope, int minutes, uint8_t channel, struct fc_str name,
                       int64_t start_us) {
    size_t n = fc_interval_prefix(key, scope, minutes, channel, &name);
    for (int i = 0; i < 8; i++) key[n++] = (char)((uint64_t)start_us >> (56 - 8 * i));
    return n;
}

bool fc_interval_parse(struct fc_str key, struct fc_interval *out) {
    if (key.n < HEAD + 1 + 8 || key.n > FC_INTERVAL_KEY_MAX || key.p[key.n - 9] != '\0') return false;
    const char *scope = memchr(scopes, key.p[0], sizeof scopes);
    int minutes = key.p[1] == 'd' ? DAY_MINUTES : key.p[1];
    if (scope == NULL || (minutes != 1 && minutes != 15 && minutes != DAY_MINUTES)) return false;
    *out = (struct fc_interval){.scope = (enum fc_scope)(scope - scopes),
                                .minutes = minutes,
                                .channel = (uint8_t)key.p[2],
                                .name = fc_str_n(key.p + HEAD, key.n - HEAD - 9u)};
    uint64_t start = 0;
    for (uint32_t i = key.n - 8; i < key.n; i++) start = start << 8 | (uint8_t)key.p[i];
    out->start_us = (int64_t)start;
    return true;
}

size_t fc_interval_after(char *key, size_t n) {
    FC_ASSERT(n >= HEAD + 1 + 8);
    key[n - 9] = 1; /* the zero behind the name */
    return n - 8;
}
