#include "customer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH_BYTES 16

/* ---- the key file ---------------------------------------------------------------------------------------------- */

/* Written beside and renamed, so that a crash leaves a whole key or none. */
static enum fc_status make_key(struct fc_customer *c, const char *dir, const char *path, struct fc_error *err) {
    char beside[PATH_MAX];
    (void)snprintf(beside, sizeof beside, "%s/customer.key.new", dir);
    randombytes_buf(c->key, sizeof c->key);
    (void)unlink(beside);
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, c->key, sizeof c->key) == (ssize_t)sizeof c->key && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0) (void)close(fd);
    if (ok && rename(beside, path) == 0) {
        int d = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (d >= 0) (void)(fsync(d), close(d));
        return FC_OK;
    }
    if (ok) why = errno;
    return fc_fail(err, FC_IO, "%s: cannot be made: %s", path, strerror(why));
}

static enum fc_status read_key(struct fc_customer *c, int fd, const char *path, struct fc_error *err) {
    struct stat st;
    if (fstat(fd, &st) != 0) return fc_fail(err, FC_IO, "%s: %s", path, strerror(errno));
    if ((st.st_mode & 077) != 0)
        return fc_fail(err, FC_CONFIG, "%s: others may read it (mode %04o), expected 0600: chmod 600 it, or make a new key if it leaked", path,
                       (unsigned)st.st_mode & 07777);
    if (st.st_size != FC_CUSTOMER_KEY_BYTES || read(fd, c->key, sizeof c->key) != FC_CUSTOMER_KEY_BYTES)
        return fc_fail(err, FC_CONFIG, "%s: %lld bytes, expected a key of %d", path, (long long)st.st_size, FC_CUSTOMER_KEY_BYTES);
    return FC_OK;
}

enum fc_status fc_customer_open(struct fc_customer *c, const char *dir, bool plain, const char *country_code, struct fc_error *err) {
    char path[PATH_MAX];
    memset(c, 0, sizeof *c);
    c->plain = plain;
    (void)fc_str_copy(c->country_code, sizeof c->country_code, fc_str(country_code));
    if (plain) return FC_OK;
    if (sodium_init() < 0) return fc_fail(err, FC_IO, "libsodium cannot be started");
    (void)snprintf(path, sizeof path, "%s/customer.key", dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return make_key(c, dir, path, err);
    if (fd < 0) return fc_fail(err, FC_IO, "%s: cannot be read: %s", path, strerror(errno));
    enum fc_status st = read_key(c, fd, path, err);
    (void)close(fd);
    return st;
}

/* ---- normal form ------------------------------------------------------------------------------------------------ */

static bool is_digit(char ch) { return ch >= '0' && ch <= '9'; }

/* Digits and the marks people put between them; a + only in front. */
static bool looks_like_number(struct fc_str s) {
    bool digit = false;
    for (uint32_t i = 0; i < s.n; i++) {
        if (is_digit(s.p[i])) digit = true;
        else if (s.p[i] == '+' ? digit : strchr(" -()./", s.p[i]) == NULL || s.p[i] == '\0') return false;
    }
    return digit;
}

static bool is_nobody(struct fc_str s) {
    static const char *const words[] = {"anonymous", "unknown", "<unknown>", "private", "restricted", "unavailable", "withheld"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == s.n && strncasecmp(words[i], s.p, s.n) == 0) return true;
    return false;
}

static struct fc_str trim(struct fc_str s) {
    while (s.n > 0 && s.p[0] == ' ') s = fc_str_n(s.p + 1, s.n - 1);
    while (s.n > 0 && s.p[s.n - 1] == ' ') s.n--;
    return s;
}

struct fc_str fc_customer_normalise(const char *country_code, struct fc_str given, char *to) {
    struct fc_str s = trim(given);
    if (s.n > FC_CUSTOMER_TEXT_MAX) s.n = FC_CUSTOMER_TEXT_MAX;
    if (s.n == 0 || is_nobody(s)) return fc_str_n(to, 0);
    if (!looks_like_number(s)) {
        memcpy(to, s.p, s.n);
        return fc_str_n(to, s.n);
    }
    char digits[FC_CUSTOMER_TEXT_MAX];
    size_t n = 0, used = 0;
    bool plus = false;
    for (uint32_t i = 0; i < s.n; i++) {
        if (is_digit(s.p[i])) digits[n++] = s.p[i];
        else if (s.p[i] == '+') plus = true;
    }
    size_t skip = plus ? 0 : n > 2 && digits[0] == '0' && digits[1] == '0' ? 2 : 0;
    bool national = !plus && skip == 0 && n > 1 && digits[0] == '0' && country_code[0] != '\0';
    if (national) {
        skip = 1;
        used = strlen(country_code);
        memcpy(to, country_code, used);
    }
    if (n - skip > FC_CUSTOMER_TEXT_MAX - used) n = FC_CUSTOMER_TEXT_MAX - used + skip;
    memcpy(to + used, digits + skip, n - skip);
    return fc_str_n(to, used + n - skip);
}

struct fc_str fc_customer_map(const struct fc_customer *c, struct fc_str given, char *to) {
    char text[FC_CUSTOMER_TEXT_MAX];
    struct fc_str normal = fc_customer_normalise(c->country_code, given, text);
    if (normal.n == 0 || c->plain) {
        memcpy(to, normal.p, normal.n);
        return fc_str_n(to, normal.n);
    }
    unsigned char hash[HASH_BYTES];
    char hex[2 * HASH_BYTES + 1];
    int rc = crypto_generichash(hash, sizeof hash, (const unsigned char *)normal.p, normal.n, c->key, sizeof c->key);
    FC_ASSERT(rc == 0);
    (void)sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    memcpy(to, hex, 2 * HASH_BYTES);
    return fc_str_n(to, 2 * HASH_BYTES);
}
