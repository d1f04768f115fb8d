#include "process.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static uint64_t resident_bytes(void) {
    unsigned long long all = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f == NULL) return 0;
    int got = fscanf(f, "%llu %llu", &all, &resident);
    (void)fclose(f);
    return got == 2 ? resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static uint64_t count_descriptors(void) {
    uint64_t n = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL) return 0;
    for (const struct dirent *d; (d = readdir(dir)) != NULL;) n += d->d_name[0] != '.';
    (void)closedir(dir);
    return n > 0 ? n - 1 : 0; /* the directory's own */
}

void fc_process_hold_signals(sigset_t *set) {
    sigset_t own;
    if (set == NULL) set = &own;
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
}

void fc_process_read(struct fc_process *out) {
    struct rlimit limit;
    *out = (struct fc_process){.resident_bytes = resident_bytes(), .descriptors = count_descriptors()};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) out->descriptors_max = limit.rlim_cur;
}
