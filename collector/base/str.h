/* str -- a view of bytes that somebody else owns. Never terminated, may hold any byte, never freed through the view. */
#ifndef FC_STR_H
#define FC_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct fc_str {
    const char *p; /* may be NULL when n is 0 */
    uint32_t n;    /* bytes */
};

/* For printf's "%.*s". */
#define FC_STR_ARG(s) (int)(s).n, ((s).n > 0 ? (s).p : "")
#define FC_STR_LIT(lit) ((struct fc_str){.p = (lit), .n = (uint32_t)(sizeof(lit) - 1)})

static inline struct fc_str fc_str(const char *z) {
    return (struct fc_str){.p = z, .n = z == NULL ? 0 : (uint32_t)strlen(z)};
}

static inline struct fc_str fc_str_n(const char *p, size_t n) {
    return (struct fc_str){.p = p, .n = (uint32_t)n};
}

static inline bool fc_str_eq(struct fc_str a, struct fc_str b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool fc_str_is(struct fc_str a, const char *z) {
    return fc_str_eq(a, fc_str(z));
}

static inline bool fc_str_starts(struct fc_str a, const char *prefix) {
    size_t n = strlen(prefix);
    return a.n >= n && memcmp(a.p, prefix, n) == 0;
}

/* fc_str_copy -- a terminated copy in the caller's buffer, cut to fit; hands back `to`. cap > 0. */
static inline char *fc_str_copy(char *to, size_t cap, struct fc_str s) {
    size_t n = s.n < cap - 1 ? s.n : cap - 1;
    if (n > 0) memcpy(to, s.p, n);
    to[n] = '\0';
    return to;
}

/* fc_str_int -- a whole decimal number (optional leading '-') filling all of s. False when it is none or too large. */
static inline bool fc_str_int(struct fc_str s, int64_t *out) {
    uint32_t i = s.n > 0 && s.p[0] == '-' ? 1 : 0;
    if (s.n - i < 1 || s.n - i > 18) return false;
    int64_t v = 0;
    for (uint32_t k = i; k < s.n; k++) {
        if (s.p[k] < '0' || s.p[k] > '9') return false;
        v = v * 10 + (s.p[k] - '0');
    }
    *out = i == 1 ? -v : v;
    return true;
}

#endif
