/* start -- runs the real aggregator as a user would and watches it from outside. */
#include "clock.h"
#include "state.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE 512

static pid_t spawn(const char *aggregator, const char *dir, int *errors) {
    int ends[2];
    if (pipe(ends) != 0) return -1;
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        char listen[300], publish[300], query[300];
        (void)snprintf(listen, sizeof listen, "ipc://%.200s/size-listen", dir);
        (void)snprintf(publish, sizeof publish, "ipc://%.200s/size-publish", dir);
        (void)snprintf(query, sizeof query, "ipc://%.200s/size-query", dir);
        (void)execl(aggregator, aggregator, "--data", dir, "--clock", "event", "--listen", listen, "--publish", publish, "--query", query, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    *errors = ends[0];
    return pid;
}

static unsigned long long memory_kb(pid_t pid, const char *what) {
    char path[64], line[LINE];
    unsigned long long kb = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, what, strlen(what)) == 0) (void)sscanf(line + strlen(what), ": %llu", &kb);
    if (f != NULL) (void)fclose(f);
    return kb;
}

/* User's and system's of all its threads, from the fields behind the command's name. */
static double processor_s(pid_t pid) {
    char path[64], text[LINE] = "";
    unsigned long long user = 0, system = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (f == NULL) return 0;
    size_t n = fread(text, 1, sizeof text - 1, f);
    (void)fclose(f);
    text[n] = '\0';
    const char *rest = strrchr(text, ')');
    if (rest != NULL) (void)sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static void print_memory(const struct state_plan *plan, pid_t pid, const char *when) {
    unsigned long long rss = memory_kb(pid, "VmRSS"), file = memory_kb(pid, "RssFile"), anon = memory_kb(pid, "RssAnon");
    printf("%s: VmRSS %llu MiB, of it RssAnon %llu MiB (%.0f bytes a customer if all were theirs), RssFile %llu MiB\n", when, rss >> 10, anon >> 10,
           (double)anon * 1024 / plan->customers, file >> 10);
    fflush(stdout);
}

enum fc_status state_start(const struct state_plan *plan, const char *aggregator, struct fc_error *err) {
    char line[LINE];
    int errors = -1, status = 0;
    struct fc_mono before = fc_mono_now();
    pid_t pid = spawn(aggregator, plan->dir, &errors);
    FILE *f = pid > 0 ? fdopen(errors, "r") : NULL;
    if (f == NULL) return fc_fail(err, FC_IO, "cannot start %s: %s", aggregator, strerror(errno));
    bool listens = false;
    while (!listens && fgets(line, sizeof line, f) != NULL) {
        printf("  %s", line);
        listens = strstr(line, "taking batches") != NULL;
    }
    if (listens) {
        printf("start: %.2f s until it takes batches, %.2f s of processors' time\n", (double)(fc_mono_now().ns - before.ns) / 1e9, processor_s(pid));
        print_memory(plan, pid, "just started");
        (void)sleep(5); /* every topic is published once, which makes nothing larger that stays small */
        print_memory(plan, pid, "5 s later");
    }
    (void)kill(pid, SIGTERM);
    (void)waitpid(pid, &status, 0);
    (void)fclose(f);
    return listens ? FC_OK : fc_fail(err, FC_IO, "%s did not start (status %d)", aggregator, status);
}
