#include "near.h"

#include "disk.h"

#include "collector.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGS_MAX 12

struct near {
    struct near_options options;
    struct fc_settings settings;
    struct fc_collector *collector; /* NULL: it does not run */
    char limit[24], source[64];
    char *argv[ARGS_MAX];
    int argc;
};

static struct near nears[COLLECTORS_MAX];
static uint64_t rounds_failed;

static enum side side_of(int number) { return (enum side)(COLLECTOR_0 + number); }

const char *near_endpoint(int number) { return number == 0 ? "tcp://127.0.0.1:5560" : "tcp://127.0.0.1:5561"; }
bool near_runs(int number) { return nears[number].collector != NULL; }
uint64_t near_rounds_failed(void) { return rounds_failed; }

static void add(struct near *c, const char *word) {
    FC_ASSERT(c->argc < ARGS_MAX - 1);
    memcpy(&c->argv[c->argc++], &word, sizeof word);
}

static void make_command_line(struct near *c, int number) {
    c->argc = 0;
    (void)snprintf(c->source, sizeof c->source, "zmq%s", near_endpoint(number) + 3);
    (void)snprintf(c->limit, sizeof c->limit, "%llu", (unsigned long long)c->options.limit_bytes);
    const char *const words[] = {"floorcast-collector", "--source", c->source, "--spool", c->options.dir, "--spool-limit", c->limit, "--aggregator", c->options.aggregator};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) add(c, words[i]);
    if (c->options.plain) add(c, "--plain-customers");
    c->argv[c->argc] = NULL;
}

/* The signals that the collector takes by its own means; the others are as the person at the terminal expects. */
static void leave_signals_alone(const sigset_t *before) {
    sigset_t set = *before;
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_SETMASK, &set, NULL);
}

/* What a dead process has left: nothing but its file. */
static void bury(int number) {
    world.fuse[side_of(number)] = 0;
    disk_thaw(side_of(number));
    world.dead[side_of(number)] = false;
}

bool near_start(int number, const struct near_options *options) {
    struct near *c = &nears[number];
    struct fc_error err = {.text = ""};
    sigset_t before;
    world.running = side_of(number);
    c->options = *options;
    make_command_line(c, number);
    if (fc_settings_load(c->argc, c->argv, &c->settings, &err) != FC_OK) failed("%s", err.text);
    (void)sigprocmask(SIG_SETMASK, NULL, &before);
    enum fc_status st = fc_collector_open(c->argc, c->argv, &c->settings, &c->collector, &err);
    leave_signals_alone(&before);
    happened("starts: %s", st == FC_OK ? "runs" : err.text);
    if (st == FC_OK && !is_zombie()) return true;
    if (st == FC_OK) (void)fc_collector_close(c->collector, &err);
    c->collector = NULL;
    fc_settings_fini(&c->settings);
    bury(number);
    return false;
}

static void end(int number) {
    struct near *c = &nears[number];
    struct fc_error last = {.text = ""};
    world.running = side_of(number);
    enum fc_status st = fc_collector_close(c->collector, &last);
    if (!is_zombie()) happened("ends: %s", st == FC_OK ? "fine" : last.text);
    c->collector = NULL;
    fc_settings_fini(&c->settings);
    bury(number);
}

void near_round(int number) {
    struct near *c = &nears[number];
    struct fc_error err = {.text = ""};
    world.running = side_of(number);
    enum fc_status st = fc_collector_round(c->collector, &err);
    if (is_zombie()) {
        end(number);
    } else if (st != FC_OK) {
        rounds_failed++;
        happened("cannot go on: %s", err.text);
        end(number);
    }
}

void near_stop(int number) { end(number); }

void near_kill(int number, enum death how) {
    world_kill(side_of(number), how);
    end(number);
}

void near_reload(int number) {
    world.running = side_of(number);
    happened("reload");
    (void)kill(getpid(), SIGHUP); /* waits in the signalfd until the next round */
}
