#include "origin.h"

#include <strings.h>

/* Cuts ":80" or ":443" where it is the default. */
static struct fc_str without_default(struct fc_str authority, const char *port) {
    size_t n = strlen(port);
    if (authority.n > n && memcmp(authority.p + authority.n - n, port, n) == 0) authority.n -= (uint32_t)n;
    return authority;
}

bool fc_origin_allowed(struct fc_str origin, struct fc_str host) {
    const char *scheme = fc_str_starts(origin, "http://") ? "http://" : fc_str_starts(origin, "https://") ? "https://" : NULL;
    if (scheme == NULL || host.n == 0) return false; /* "null" too: a sandboxed or local page */
    size_t skip = strlen(scheme);
    const char *port = skip == 7 ? ":80" : ":443";
    struct fc_str a = without_default(fc_str_n(origin.p + skip, origin.n - skip), port), b = without_default(host, port);
    return a.n > 0 && a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}
