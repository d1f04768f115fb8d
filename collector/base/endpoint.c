#include "endpoint.h"

#include "str.h"

#include <arpa/inet.h>

bool fc_endpoint_is_local(const char *endpoint) {
    const char *scheme_end = strstr(endpoint, "://"), *port = strrchr(endpoint, ':');
    char host[64];
    uint8_t number[16];
    if (scheme_end == NULL) return false;
    if (fc_str_starts(fc_str(endpoint), "ipc://")) return true;
    const char *from = scheme_end + 3;
    size_t n = port > scheme_end ? (size_t)(port - from) : strlen(from);
    if (n >= 2 && from[0] == '[' && from[n - 1] == ']') from++, n -= 2;
    if (n >= sizeof host) return false;
    (void)fc_str_copy(host, sizeof host, fc_str_n(from, n));
    if (strcmp(host, "localhost") == 0) return true;
    if (inet_pton(AF_INET, host, number) == 1) return number[0] == 127;
    return inet_pton(AF_INET6, host, number) == 1 && IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)(const void *)number);
}
