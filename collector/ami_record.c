#include "ami_record.h"

#include "amilog_files.h"
#include "log.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define TIME "%lld.%06lld"
#define TIME_ARG(w) (long long)((w).us / FC_SECOND_US), (long long)((w).us % FC_SECOND_US)

static void path_of(const struct fc_ami_record *r, char *path, size_t cap, const char *name) {
    (void)snprintf(path, cap, "%s/%s", r->dir, name);
}

static FILE *open_in(const struct fc_ami_record *r, const char *name, const char *mode) {
    char path[PATH_MAX];
    path_of(r, path, sizeof path, name);
    return fopen(path, mode);
}

/* A table that goes on in an earlier file gets no second heading. */
static FILE *open_table(const struct fc_ami_record *r, const char *name, const char *heading) {
    FILE *f = open_in(r, name, "ae");
    if (f != NULL && fseek(f, 0, SEEK_END) == 0 && ftell(f) == 0) (void)fputs(heading, f);
    return f;
}

static bool taken(const struct fc_ami_record *r, unsigned number) {
    static const char *const forms[] = {"ami.%u.txt", "ami.%u.txt.gz", "ami.txt", "ami.txt.gz"};
    char name[64], path[PATH_MAX];
    struct stat sb;
    for (size_t i = 0; i < (number == 1 ? 4 : 2); i++) {
        if (i < 2) (void)snprintf(name, sizeof name, i == 0 ? "ami.%u.txt" : "ami.%u.txt.gz", number);
        else (void)snprintf(name, sizeof name, "%s", forms[i]);
        path_of(r, path, sizeof path, name);
        if (stat(path, &sb) == 0) return true;
    }
    return false;
}

enum fc_status fc_ami_record_open(struct fc_ami_record *r, const char *dir, struct fc_error *err) {
    *r = (struct fc_ami_record){.dir = dir};
    if (dir == NULL) return FC_OK;
    if (mkdir(dir, 0750) != 0 && errno != EEXIST) return fc_fail(err, FC_IO, "record directory %s: %s", dir, strerror(errno));
    while (taken(r, r->number + 1) && r->number < FC_AMILOG_CONNECTIONS_MAX) r->number++;
    r->sent = open_table(r, "sent.tsv", "connection\toffset\ttime\taction\n");
    r->connections = open_table(r, "connections.tsv", "connection\topened\tclosed\twhy\tbytes\n");
    if (r->sent != NULL && r->connections != NULL) return FC_OK;
    enum fc_status st = fc_fail(err, FC_IO, "record directory %s: %s", dir, strerror(errno));
    fc_ami_record_close(r);
    return st;
}

static void close_file(FILE **f) {
    if (*f != NULL) (void)fclose(*f);
    *f = NULL;
}

static void give_up(struct fc_ami_record *r) {
    fc_err("record directory %s: %s; recording ends here", r->dir, strerror(errno));
    fc_ami_record_close(r);
}

void fc_ami_record_connected(struct fc_ami_record *r, struct fc_wall now) {
    char name[64];
    if (r->dir == NULL) return;
    r->number++;
    r->offset = 0;
    r->opened = now;
    (void)snprintf(name, sizeof name, "ami.%u.txt", r->number);
    r->bytes = open_in(r, name, "wbe");
    (void)snprintf(name, sizeof name, "ami_times.%u.tsv", r->number);
    r->times = open_in(r, name, "we");
    if (r->bytes == NULL || r->times == NULL) give_up(r);
}

/* Bytes first, then their time: a recording that was cut by a crash has a last read that goes to its end. */
void fc_ami_record_received(struct fc_ami_record *r, const void *bytes, size_t n, struct fc_wall now) {
    if (r->bytes == NULL || n == 0) return;
    bool fine = fwrite(bytes, 1, n, r->bytes) == n && fprintf(r->times, "%llu\t" TIME "\n", (unsigned long long)r->offset, TIME_ARG(now)) > 0;
    fine = fine && fflush(r->bytes) == 0 && fflush(r->times) == 0;
    r->offset += n;
    if (!fine) give_up(r);
}

void fc_ami_record_sent(struct fc_ami_record *r, const char *action, struct fc_wall now) {
    if (r->bytes == NULL) return;
    bool fine = fprintf(r->sent, "%u\t%llu\t" TIME "\t%s\n", r->number, (unsigned long long)r->offset, TIME_ARG(now), action) > 0;
    if (!fine || fflush(r->sent) != 0) give_up(r);
}

void fc_ami_record_disconnected(struct fc_ami_record *r, const char *why, struct fc_wall now) {
    if (r->bytes == NULL) return;
    bool fine = fprintf(r->connections, "%u\t" TIME "\t" TIME "\t%s\t%llu\n", r->number, TIME_ARG(r->opened), TIME_ARG(now), why, (unsigned long long)r->offset) > 0;
    close_file(&r->bytes);
    close_file(&r->times);
    if (!fine || fflush(r->connections) != 0) give_up(r);
}

void fc_ami_record_close(struct fc_ami_record *r) {
    close_file(&r->bytes);
    close_file(&r->times);
    close_file(&r->sent);
    close_file(&r->connections);
    r->dir = NULL;
}
