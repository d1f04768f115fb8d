/* crash-send: a producer that never gives up: sends a file's events over ZeroMQ, repeats with the same `src` and `seq` whatever got no
 * answer. On stdin numbers, how many lines it may send so far; on stdout numbers, how many are acknowledged. Ends when stdin does and
 * all it may send is acknowledged. */
#include "log.h"
#include "options.h"
#include "sender.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_MAX_BYTES 8192
#define POLL_MS 5
#define MESSAGE_EVENTS 64 /* small messages, so that many are under way */

enum { OPT_FILE, OPT_TO, OPT_COUNT };

static const struct fc_option table[OPT_COUNT] = {
    [OPT_FILE] = {.name = "file", .arg = "PATH", .help = "events, one JSON object a line"},
    [OPT_TO] = {.name = "to", .arg = "tcp://HOST:PORT", .help = "a collector's zmq source"},
};
static const struct fc_program program = {"crash-send", "sends a file's events to a collector, whatever happens to it", table, OPT_COUNT};

struct feed {
    FILE *in;
    struct fc_sender *sender;
    char command[32];
    size_t command_n;
    uint64_t allowed, sent, told;
    bool last; /* stdin has ended */
};

static void give_up(const char *what) {
    (void)fprintf(stderr, "crash-send: %s\n", what);
    exit(1);
}

static void push_line(struct feed *f) {
    char line[LINE_MAX_BYTES];
    uint8_t bytes[FC_EVENT_BYTES_MAX];
    size_t n = 0;
    struct fc_event ev;
    struct fc_error err = {0};
    if (fgets(line, sizeof line, f->in) == NULL) give_up("the file ends before what may be sent of it");
    if (fc_event_json_to_mp(line, strcspn(line, "\n"), bytes, sizeof bytes, &n, &err) != FC_OK) give_up(err.text);
    struct fc_mp mp = fc_mp_open(bytes, n);
    if (fc_event_decode(&mp, &ev, &err) != FC_OK) give_up(err.text);
    fc_sender_push(f->sender, &ev);
    if (++f->sent % MESSAGE_EVENTS == 0) fc_sender_flush(f->sender);
}

static void read_allowed(struct feed *f) {
    char c;
    ssize_t n;
    while ((n = read(STDIN_FILENO, &c, 1)) == 1) {
        if (c == '\n') {
            f->command[f->command_n] = '\0';
            f->allowed = strtoull(f->command, NULL, 10);
            f->command_n = 0;
        } else if (f->command_n + 1 < sizeof f->command) f->command[f->command_n++] = c;
    }
    f->last = f->last || n == 0;
}

/* Events are confirmed in their order, so their number says which. */
static void tell(struct feed *f) {
    struct fc_sender_count c = fc_sender_count(f->sender);
    if (c.refused > 0) give_up("the collector refused an event");
    if (c.confirmed == f->told) return;
    f->told = c.confirmed;
    (void)printf("%llu\n", (unsigned long long)f->told);
    (void)fflush(stdout);
}

static void feed(struct feed *f) {
    while (!f->last || f->told < f->allowed) {
        read_allowed(f);
        for (int i = 0; f->sent < f->allowed && i < MESSAGE_EVENTS; i++) push_line(f);
        if (f->sent == f->allowed) fc_sender_flush(f->sender);
        fc_sender_poll(f->sender, f->sent < f->allowed ? 0 : POLL_MS);
        tell(f);
    }
}

int main(int argc, char **argv) {
    static struct fc_option_values got[OPT_COUNT];
    static const volatile sig_atomic_t stop;
    struct fc_error err = {0};
    struct feed f = {0};
    int code = fc_options_run(&program, argc, argv, got);
    if (code >= 0) return code;
    fc_log_setup(FC_LOG_TEXT, FC_LOG_ERROR); /* lost connections are what it is for */
    f.in = fopen(fc_options_last(&got[OPT_FILE], ""), "r");
    if (f.in == NULL) give_up(strerror(errno));
    if (fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK) != 0) give_up(strerror(errno));
    if (fc_sender_open(fc_options_last(&got[OPT_TO], ""), &stop, &f.sender, &err) != FC_OK) give_up(err.text);
    feed(&f);
    fc_sender_close(f.sender);
    (void)fclose(f.in);
    return 0;
}
