/* crash-make: writes what a crash run sends: DIR/feed-K.ndjson, a file for each source, and DIR/floor.yaml. */
#include "load.h"
#include "ndjson.h"
#include "options.h"

#include <errno.h>
#include <stdlib.h>

#define FEEDS_MAX 3
#define LATE_S_ALONE 3600 /* one source tells in the order of arrival, never later than floors do */
#define LATE_S_MANY 86400 /* several are as far apart as crashes leave them */

enum { OPT_SEED, OPT_EVENTS, OPT_FEEDS, OPT_DIR, OPT_COUNT };

static const struct fc_option table[OPT_COUNT] = {
    [OPT_SEED] = {.name = "seed", .arg = "N", .help = "the same seed gives the same events"},
    [OPT_EVENTS] = {.name = "events", .arg = "N", .help = "at least so many"},
    [OPT_FEEDS] = {.name = "feeds", .arg = "1|3", .help = "over how many files each floor is dealt out; the last of three has no `src` and `seq`"},
    [OPT_DIR] = {.name = "dir", .arg = "DIR", .help = "where the files go"},
};
static const struct fc_program program = {"crash-make", "writes the events and the configuration of a crash run", table, OPT_COUNT};

struct arrival {
    int64_t at_us;
    struct fc_event *ev;
    size_t serial;
};

static int by_arrival(const void *a, const void *b) {
    const struct arrival *x = a, *y = b;
    if (x->at_us != y->at_us) return x->at_us < y->at_us ? -1 : 1;
    return (x->serial > y->serial) - (x->serial < y->serial);
}

static struct arrival *in_order(const struct crash_load *l) {
    struct arrival *all = calloc(l->events_n, sizeof *all);
    size_t n = 0;
    FC_ASSERT(all != NULL);
    for (uint32_t i = 0; i < l->parts_n; i++) {
        const struct fc_floor *f = &l->parts[i].floor;
        for (size_t k = 0; k < f->n; k++, n++) all[n] = (struct arrival){f->arrives_us[k], &f->events[k], n};
    }
    qsort(all, n, sizeof *all, by_arrival);
    return all;
}

static FILE *create(const char *dir, const char *name) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *out = fopen(path, "w");
    if (out != NULL) return out;
    (void)fprintf(stderr, "crash-make: %s: %s\n", path, strerror(errno));
    exit(1);
}

static void finish(FILE *out) {
    if (fclose(out) == 0) return;
    (void)fprintf(stderr, "crash-make: cannot write: %s\n", strerror(errno));
    exit(1);
}

/* A producer has a name and numbers what it sends; a file has neither: its collector knows how far it has read. */
static void write_event(FILE *out, struct fc_event ev, const char *src, int64_t seq) {
    char line[FC_NDJSON_BYTES_MAX];
    if (src != NULL) {
        FC_EVENT_STR(&ev, src, fc_str(src));
        FC_EVENT_NUM(&ev, seq, seq);
    }
    size_t n = fc_ndjson_line(&ev, line, sizeof line);
    FC_ASSERT(n > 0);
    (void)fwrite(line, 1, n, out); /* an error shows at the end */
}

static void write_feeds(const struct crash_load *l, uint64_t seed, int feeds, const char *dir) {
    static const char *const sources[FEEDS_MAX] = {"feed-0", "feed-1", NULL};
    struct arrival *all = in_order(l);
    FILE *out[FEEDS_MAX];
    int64_t lines[FEEDS_MAX] = {0}, last_us = 0;
    char name[32];
    for (int i = 0; i < feeds; i++) {
        (void)snprintf(name, sizeof name, "feed-%d.ndjson", i);
        out[i] = create(dir, name);
    }
    for (size_t i = 0; i < l->events_n; i++) {
        int64_t to = fc_floor_between(&seed, 0, feeds - 1);
        write_event(out[to], *all[i].ev, sources[to], ++lines[to]);
        if (all[i].ev->ts > last_us) last_us = all[i].ev->ts;
    }
    /* What falls due by itself does so with the first word of a new second: the last word of each feed begins one. */
    struct fc_event end = {.kind = FC_HEARTBEAT};
    FC_EVENT_NUM(&end, ts, last_us - last_us % CRASH_SECOND_US + CRASH_SECOND_US);
    FC_EVENT_STR(&end, site, fc_str(CRASH_NOWHERE));
    for (int i = 0; i < feeds; i++) {
        FC_EVENT_STR(&end, src, fc_str(sources[i] != NULL ? sources[i] : "file"));
        write_event(out[i], end, sources[i], ++lines[i]);
        finish(out[i]);
    }
    free(all);
}

int main(int argc, char **argv) {
    static struct fc_option_values got[OPT_COUNT];
    struct crash_load load;
    int code = fc_options_run(&program, argc, argv, got);
    if (code >= 0) return code;
    const char *dir = fc_options_last(&got[OPT_DIR], ".");
    uint64_t seed = strtoull(fc_options_last(&got[OPT_SEED], "1"), NULL, 10);
    int feeds = strcmp(fc_options_last(&got[OPT_FEEDS], "1"), "3") == 0 ? 3 : 1;
    crash_load_make(&load, seed, strtoull(fc_options_last(&got[OPT_EVENTS], "1000"), NULL, 10));
    write_feeds(&load, seed, feeds, dir);
    FILE *config = create(dir, "floor.yaml");
    crash_load_config(&load, feeds == 1 ? LATE_S_ALONE : LATE_S_MANY, config);
    finish(config);
    crash_load_free(&load);
    return 0;
}
