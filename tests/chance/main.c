/* chance -- runs seeds, each in a process of its own, and says of one that fails how to see it again. */
#include "run.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const canaries[CANARIES] = {"none", "ack-early", "drop-resent", "disk-lies", "one-too-many"};

struct options {
    uint64_t seed;
    int runs;
    enum canary canary;
    bool telling, twice, all_canaries;
};

static struct outcome *shared; /* with the process of the run */

static int usage(void) {
    (void)fprintf(stderr, "usage: chance [--seed S] [--runs N] [--twice] [--canary NAME | --canaries] [--tell]\n"
                          "  --seed S       of the first run; the others count on from there (1)\n"
                          "  --runs N       (100)\n"
                          "  --twice        each seed two times: the same must happen\n"
                          "  --canary NAME  with a fault built into the harness: ack-early, drop-resent, disk-lies, one-too-many\n"
                          "  --canaries     with each of them, until it is found; fails if one is not\n"
                          "  --tell         prints what happens, and what the product logs\n");
    return 2;
}

static bool read_options(int argc, char **argv, struct options *o) {
    static const struct option known[] = {{"seed", 1, NULL, 's'}, {"runs", 1, NULL, 'n'}, {"twice", 0, NULL, '2'}, {"canary", 1, NULL, 'c'},
                                          {"canaries", 0, NULL, 'C'}, {"tell", 0, NULL, 't'}, {NULL, 0, NULL, 0}};
    const char *given = getenv("FC_SEED");
    *o = (struct options){.seed = given != NULL ? strtoull(given, NULL, 10) : 1, .runs = 100};
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case 's': o->seed = strtoull(optarg, NULL, 10); break;
        case 'n': o->runs = atoi(optarg); break;
        case '2': o->twice = true; break;
        case 'C': o->all_canaries = true; break;
        case 't': o->telling = true; break;
        case 'c':
            for (int i = 0; i < CANARIES; i++)
                if (strcmp(optarg, canaries[i]) == 0) o->canary = (enum canary)i;
            if (o->canary == NO_CANARY) return false;
            break;
        default: return false;
        }
    }
    return optind == argc && o->runs > 0;
}

/* True: it ended well, and *out tells of it. What it says goes to stderr unless `quiet`. */
static bool run_apart(uint64_t seed, enum canary canary, bool telling, bool quiet, struct outcome *out) {
    int status = 0;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (quiet && freopen("/dev/null", "w", stderr) == NULL) _exit(3);
        *shared = run_once(seed, canary, telling);
        exit(0);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    *out = *shared;
    if (WIFSIGNALED(status) && !quiet) (void)fprintf(stderr, "ended by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void add(struct outcome *sum, const struct outcome *o) {
    sum->steps += o->steps;
    sum->events += o->events;
    sum->deaths += o->deaths;
    sum->faults += o->faults;
    sum->refused += o->refused;
    sum->silent += o->silent;
    sum->again += o->again;
    sum->blocked += o->blocked;
    sum->recovered += o->recovered;
    sum->stalls += o->stalls;
}

static bool same_again(uint64_t seed, const struct outcome *first) {
    struct outcome again;
    if (run_apart(seed, NO_CANARY, false, false, &again) && again.hash == first->hash) return true;
    (void)fprintf(stderr, "seed %llu: two runs differ\n", (unsigned long long)seed);
    return false;
}

static int run_all(const struct options *o) {
    struct outcome sum = {0}, one;
    int bad = 0;
    for (int i = 0; i < o->runs; i++) {
        uint64_t seed = o->seed + (uint64_t)i;
        bool good = run_apart(seed, o->canary, o->telling, false, &one);
        if (good && o->twice) good = same_again(seed, &one);
        if (good) add(&sum, &one);
        else bad++;
        if (!good) (void)fprintf(stderr, "seed %llu fails; to see it: chance --seed %llu --runs 1 --tell%s%s\n", (unsigned long long)seed, (unsigned long long)seed,
                                 o->canary != NO_CANARY ? " --canary " : "", o->canary != NO_CANARY ? canaries[o->canary] : "");
    }
    printf("%d runs, %d failed: %llu steps, %llu events, %llu deaths, %llu faults of disks, %llu messages of producers refused and %llu without reply, "
           "%llu batches sent again, %llu journalled batches recovered, %llu turns of a blocked writer, "
           "%llu times out of blocks\n",
           o->runs, bad, (unsigned long long)sum.steps, (unsigned long long)sum.events, (unsigned long long)sum.deaths, (unsigned long long)sum.faults,
           (unsigned long long)sum.refused, (unsigned long long)sum.silent, (unsigned long long)sum.again, (unsigned long long)sum.recovered, (unsigned long long)sum.blocked,
           (unsigned long long)sum.stalls);
    return bad == 0 ? 0 : 1;
}

/* A harness that finds nothing when something is wrong would be worth nothing. */
static int find_canaries(const struct options *o) {
    int unseen = 0;
    for (int c = NO_CANARY + 1; c < CANARIES; c++) {
        struct outcome one;
        int i = 0;
        while (i < o->runs && run_apart(o->seed + (uint64_t)i, (enum canary)c, false, true, &one)) i++;
        if (i < o->runs) printf("%s: found at seed %llu\n", canaries[c], (unsigned long long)o->seed + (unsigned)i);
        else printf("%s: NOT found in %d runs\n", canaries[c], o->runs);
        unseen += i == o->runs;
    }
    return unseen == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    struct options o;
    if (!read_options(argc, argv, &o)) return usage();
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)setenv("TZ", "UTC", 1);
    printf("seed: FC_SEED=%llu\n", (unsigned long long)o.seed);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return 3;
    return o.all_canaries ? find_canaries(&o) : run_all(&o);
}
