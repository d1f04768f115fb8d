#include "ami_uri.h"

#include "str.h"

#define FORM "expected ami://user@host:port"

static bool take(char *to, size_t cap, struct fc_str s) {
    if (s.n == 0 || s.n >= cap) return false;
    for (uint32_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || s.p[i] == '/') return false;
    fc_str_copy(to, cap, s);
    return true;
}

static enum fc_status read_port(struct fc_ami_uri *out, struct fc_str port, struct fc_error *err) {
    int64_t n;
    if (!fc_str_int(port, &n) || n < 1 || n > 65535 || !take(out->port, sizeof out->port, port))
        return fc_fail(err, FC_CONFIG, "source ami: port \"%.*s\" is none; expected 1 to 65535", port.n < 20 ? (int)port.n : 20, port.p);
    return FC_OK;
}

/* What stands before the port: "host", or "[v6 address]". */
static enum fc_status read_host(struct fc_ami_uri *out, struct fc_str s, struct fc_error *err) {
    const char *close = s.n > 0 && s.p[0] == '[' ? memchr(s.p, ']', s.n) : NULL;
    struct fc_str host = s, rest = {0};
    if (close != NULL) {
        host = fc_str_n(s.p + 1, (size_t)(close - s.p) - 1);
        rest = fc_str_n(close + 1, s.n - host.n - 2);
    } else {
        const char *colon = memchr(s.p, ':', s.n);
        if (colon != NULL) {
            host.n = (uint32_t)(colon - s.p);
            rest = fc_str_n(colon, s.n - host.n);
        }
    }
    if (!take(out->host, sizeof out->host, host)) return fc_fail(err, FC_CONFIG, "source ami: the host is missing or malformed; " FORM);
    if (rest.n == 0) return read_port(out, FC_STR_LIT(FC_AMI_PORT), err);
    if (rest.p[0] != ':') return fc_fail(err, FC_CONFIG, "source ami: something follows the host's ]; " FORM);
    return read_port(out, fc_str_n(rest.p + 1, rest.n - 1), err);
}

enum fc_status fc_ami_uri_read(struct fc_ami_uri *out, const char *rest, struct fc_error *err) {
    struct fc_str s = fc_str(rest);
    if (!fc_str_starts(s, "//")) return fc_fail(err, FC_CONFIG, "source ami: " FORM);
    s = fc_str_n(s.p + 2, s.n - 2);
    while (s.n > 0 && s.p[s.n - 1] == '/') s.n--;
    const char *at = s.n == 0 ? NULL : memrchr(s.p, '@', s.n);
    if (at == NULL) return fc_fail(err, FC_CONFIG, "source ami: the user is missing; " FORM);
    struct fc_str user = fc_str_n(s.p, (size_t)(at - s.p));
    if (user.n > 0 && memchr(user.p, ':', user.n) != NULL)
        return fc_fail(err, FC_CONFIG, "source ami: a secret does not belong into the uri, where everybody can see it; " FORM " and the secret in a file or the environment");
    if (!take(out->user, sizeof out->user, user)) return fc_fail(err, FC_CONFIG, "source ami: the user is missing or malformed; " FORM);
    return read_host(out, fc_str_n(at + 1, s.n - user.n - 1), err);
}
