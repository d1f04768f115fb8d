#include "origin.h"

#include <arpa/inet.h>
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

static bool is_number(struct fc_str host, int family) {
    char text[64];
    uint8_t number[16];
    return host.n < sizeof text && inet_pton(family, fc_str_copy(text, sizeof text, host), number) == 1;
}

static bool is_named(struct fc_str host, const char *name) {
    return strcmp(name, "*") == 0 || (host.n == strlen(name) && strncasecmp(host.p, name, host.n) == 0);
}

/* "wall.example.:8080" is wall.example. False: what stands there is no host with or without a port. */
static bool without_port(struct fc_str *host) {
    const char *colon = host->n > 0 ? memchr(host->p, ':', host->n) : NULL;
    int64_t port;
    if (colon != NULL) {
        struct fc_str digits = fc_str_n(colon + 1, host->n - (size_t)(colon + 1 - host->p));
        if (!fc_str_int(digits, &port) || port < 0 || port > 65535) return false;
        host->n = (uint32_t)(colon - host->p);
    }
    if (host->n > 0 && host->p[host->n - 1] == '.') host->n--;
    return host->n > 0;
}

bool fc_host_allowed(struct fc_str host, char *const *names, uint32_t n) {
    const char *end = host.n > 0 && host.p[0] == '[' ? memchr(host.p, ']', host.n) : NULL;
    if (end != NULL) return is_number(fc_str_n(host.p + 1, (size_t)(end - host.p - 1)), AF_INET6);
    if (!without_port(&host)) return false;
    if (is_number(host, AF_INET) || is_named(host, "localhost")) return true;
    for (uint32_t i = 0; i < n; i++)
        if (is_named(host, names[i])) return true;
    return false;
}
