#include "amilog_files.h"

#include "ami_map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- names ----------------------------------------------------------------------------------------------------- */

static bool exists(const struct fc_amilog_files *f, const char *name, char *path, size_t cap) {
    int n = snprintf(path, cap, "%s/%s", f->dir, name);
    return n > 0 && (size_t)n < cap && access(path, F_OK) == 0;
}

/* The name under which connection `number` is kept: "ami.2.txt", "ami.2.txt.gz", and without the number for the first. */
static bool find(const struct fc_amilog_files *f, const char *stem, const char *suffix, unsigned number, char *name, char *path, size_t cap) {
    static const char *const packed[] = {"", ".gz"};
    for (int numbered = 1; numbered >= (number == 1 ? 0 : 1); numbered--)
        for (int gz = 0; gz < 2; gz++) {
            if (numbered) (void)snprintf(name, NAME_MAX + 1, "%s.%u.%s%s", stem, number, suffix, packed[gz]);
            else (void)snprintf(name, NAME_MAX + 1, "%s.%s%s", stem, suffix, packed[gz]);
            if (exists(f, name, path, cap)) return true;
        }
    return false;
}

static enum fc_status open_gz(const char *path, gzFile *out, struct fc_error *err) {
    *out = gzopen(path, "rb");
    if (*out == NULL) return fc_fail(err, FC_IO, "%s: %s", path, strerror(errno));
    (void)gzbuffer(*out, 128 * 1024);
    return FC_OK;
}

static enum fc_status read_failed(const struct fc_amilog_files *f, gzFile gz, const char *name, struct fc_error *err) {
    int code;
    const char *text = gzerror(gz, &code);
    return fc_fail(err, FC_IO, "%s/%s: %s", f->dir, name, code == Z_ERRNO ? strerror(errno) : text);
}

/* ---- numbers --------------------------------------------------------------------------------------------------- */

/* "1795347478.852876" as microseconds; moves *at past it. At most six decimals count. */
static bool read_time(const char **at, int64_t *us) {
    char *end;
    errno = 0;
    long long s = strtoll(*at, &end, 10);
    if (end == *at || errno != 0 || s < 0 || s > INT64_C(253402300799)) return false;
    int64_t fraction = 0, unit = 100000;
    if (*end == '.')
        for (end++; *end >= '0' && *end <= '9'; end++, unit /= 10) fraction += (*end - '0') * unit;
    *us = s * INT64_C(1000000) + fraction;
    *at = end;
    return true;
}

static bool skip_tab(const char **at) {
    if (**at != '\t') return false;
    (*at)++;
    return true;
}

/* ---- connections.tsv ------------------------------------------------------------------------------------------- */

static bool read_connection(struct fc_amilog_files *f, const char *line) {
    char *end;
    struct fc_amilog_connection c;
    unsigned long number = strtoul(line, &end, 10);
    const char *at = end;
    if (end == line || number < 1 || number > FC_AMILOG_CONNECTIONS_MAX) return false;
    if (!skip_tab(&at) || !read_time(&at, &c.opened_us) || !skip_tab(&at) || !read_time(&at, &c.closed_us) || !skip_tab(&at)) return false;
    c.logoff = strncmp(at, "logoff", 6) == 0;
    if (number > f->connections_n) {
        struct fc_amilog_connection *more = fc_ami_alloc(number * sizeof *more);
        if (f->connections_n > 0) memcpy(more, f->connections, f->connections_n * sizeof *more);
        free(f->connections);
        f->connections = more;
        f->connections_n = (unsigned)number;
    }
    f->connections[number - 1] = c;
    return true;
}

static enum fc_status read_connections(struct fc_amilog_files *f, struct fc_error *err) {
    char path[PATH_MAX + NAME_MAX], line[256];
    if (!exists(f, "connections.tsv", path, sizeof path) && !exists(f, "connections.tsv.gz", path, sizeof path)) return FC_OK;
    gzFile gz;
    enum fc_status st = open_gz(path, &gz, err);
    if (st != FC_OK) return st;
    for (unsigned n = 1; gzgets(gz, line, sizeof line) != NULL; n++) {
        if (n == 1 && strncmp(line, "connection\t", 11) == 0) continue;
        if (read_connection(f, line)) continue;
        st = fc_fail(err, FC_INVALID, "%s line %u: expected number, opened, closed, why, bytes with tabs between them", path, n);
        break;
    }
    (void)gzclose(gz);
    return st;
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

enum fc_status fc_amilog_open(struct fc_amilog_files *f, const char *dir, struct fc_error *err) {
    struct stat sb;
    char name[NAME_MAX + 1], path[PATH_MAX + NAME_MAX];
    memset(f, 0, sizeof *f);
    if (realpath(dir, f->dir) == NULL) return fc_fail(err, FC_IO, "%s: %s; expected a directory with a recorded AMI connection", dir, strerror(errno));
    if (stat(f->dir, &sb) != 0 || !S_ISDIR(sb.st_mode)) return fc_fail(err, FC_IO, "%s is no directory; expected one with a recorded AMI connection", dir);
    if (!find(f, "ami", "txt", 1, name, path, sizeof path))
        return fc_fail(err, FC_IO, "%s: no recorded AMI connection there; expected ami.1.txt or ami.txt, plain or with .gz", dir);
    enum fc_status st = read_connections(f, err);
    if (st != FC_OK) fc_amilog_close(f);
    return st;
}

static void close_connection(struct fc_amilog_files *f) {
    if (f->data != NULL) (void)gzclose(f->data);
    if (f->times != NULL) (void)gzclose(f->times);
    f->data = f->times = NULL;
}

void fc_amilog_close(struct fc_amilog_files *f) {
    close_connection(f);
    free(f->connections);
    f->connections = NULL;
    f->connections_n = 0;
}

/* The next line of ami_times: when it has ended, the last read goes on to the end of the bytes. */
static enum fc_status next_time(struct fc_amilog_files *f, struct fc_error *err) {
    char line[128];
    if (gzgets(f->times, line, sizeof line) == NULL) {
        int code;
        (void)gzerror(f->times, &code);
        if (code != Z_OK && code != Z_STREAM_END) return read_failed(f, f->times, f->times_name, err);
        f->next_offset = UINT64_MAX;
        return FC_OK;
    }
    f->times_line++;
    char *end;
    errno = 0;
    uint64_t offset = strtoull(line, &end, 10);
    const char *at = end;
    if (end == line || errno != 0 || offset < f->next_offset || !skip_tab(&at) || !read_time(&at, &f->next_us))
        return fc_fail(err, FC_INVALID, "%s/%s line %u: expected a rising offset, a tab and a unix time", f->dir, f->times_name, f->times_line);
    f->next_offset = offset;
    return FC_OK;
}

enum fc_status fc_amilog_next(struct fc_amilog_files *f, struct fc_error *err) {
    char path[PATH_MAX + NAME_MAX];
    close_connection(f);
    unsigned number = f->number + 1;
    if (!find(f, "ami", "txt", number, f->data_name, path, sizeof path)) return FC_EOF;
    enum fc_status st = open_gz(path, &f->data, err);
    if (st != FC_OK) return st;
    if (!find(f, "ami_times", "tsv", number, f->times_name, path, sizeof path))
        return fc_fail(err, FC_IO, "%s: %s has no times beside it; expected ami_times.%u.tsv, plain or with .gz", f->dir, f->data_name, number);
    st = open_gz(path, &f->times, err);
    if (st != FC_OK) return st;
    f->number = number;
    f->offset = f->next_offset = 0;
    f->times_line = 0;
    st = next_time(f, err);
    if (st == FC_OK && f->next_offset != 0)
        return fc_fail(err, FC_INVALID, "%s/%s: expected the time of a read at offset 0", f->dir, f->times_name);
    return st;
}

struct fc_amilog_connection fc_amilog_connection(const struct fc_amilog_files *f) {
    if (f->number >= 1 && f->number <= f->connections_n) return f->connections[f->number - 1];
    return (struct fc_amilog_connection){0};
}

int64_t fc_amilog_due_us(const struct fc_amilog_files *f) {
    return f->offset >= f->next_offset ? f->next_us : f->read_us;
}

enum fc_status fc_amilog_read(struct fc_amilog_files *f, char *buf, size_t cap, size_t *n, struct fc_error *err) {
    while (f->offset >= f->next_offset) { /* a read that brought nothing has the offset of the next */
        f->read_us = f->next_us;
        enum fc_status st = next_time(f, err);
        if (st != FC_OK) return st;
    }
    uint64_t left = f->next_offset - f->offset;
    unsigned want = (unsigned)(left < cap ? left : cap);
    int got = gzread(f->data, buf, want);
    if (got < 0) return read_failed(f, f->data, f->data_name, err);
    if (got == 0) {
        int code;
        (void)gzerror(f->data, &code);
        if (code != Z_OK && code != Z_STREAM_END) return read_failed(f, f->data, f->data_name, err);
        return FC_EOF;
    }
    f->offset += (unsigned)got;
    *n = (size_t)got;
    return FC_OK;
}
