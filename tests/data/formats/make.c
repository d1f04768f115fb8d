/* formats-make: the parts of make.sh that a shell cannot do. It writes with the product's own codecs, and records what running
 * programs say; nothing here knows a format. */
#include "event.h"
#include "link.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zmq.h>

#define SPOOL FC_STR_LIT("0123456789abcdef0123456789abcdef")
#define TOPICS_MAX 1000
#define QUIET_MS 1500 /* three heartbeats */

static _Noreturn void die(const char *what, const char *why) {
    (void)fprintf(stderr, "formats-make: %s: %s\n", what, why);
    exit(1);
}

static FILE *create(const char *path) {
    FILE *out = fopen(path, "wb");
    if (out == NULL) die(path, strerror(errno));
    return out;
}

static void put(FILE *out, const void *bytes, size_t n) {
    if (fwrite(bytes, 1, n, out) != n) die("cannot write", strerror(errno));
}

static void finish(FILE *out) {
    if (fclose(out) != 0) die("cannot write", strerror(errno));
}

/* compact FROM TO: an LMDB directory without its free pages, as mdb_copy -c makes it. */
static void compact(char **args) {
    MDB_env *env;
    int rc = mdb_env_create(&env);
    if (rc == 0) rc = mdb_env_open(env, args[0], MDB_RDONLY, 0600);
    if (rc == 0 && mkdir(args[1], 0700) != 0) die(args[1], strerror(errno));
    if (rc == 0) rc = mdb_env_copy2(env, args[1], MDB_CP_COMPACT);
    if (rc != 0) die(args[0], mdb_strerror(rc));
    mdb_env_close(env);
}

/* events NDJSON OUT: each line as the codec writes it, end to end. */
static void events(char **args) {
    static char line[70000];
    static uint8_t read[FC_EVENT_BYTES_MAX], written[FC_EVENT_BYTES_MAX];
    FILE *in = fopen(args[0], "r"), *out = create(args[1]);
    struct fc_error err;
    struct fc_event ev;
    struct fc_mpw w;
    size_t n;
    if (in == NULL) die(args[0], strerror(errno));
    while (fgets(line, sizeof line, in) != NULL) {
        if (fc_event_json_to_mp(line, strlen(line), read, sizeof read, &n, &err) != FC_OK) die(line, err.text);
        struct fc_mp mp = fc_mp_open(read, n);
        if (fc_event_decode(&mp, &ev, &err) != FC_OK) die(line, err.text);
        fc_mpw_init(&w, written, sizeof written);
        fc_event_encode(&w, &ev);
        put(out, written, w.len);
    }
    (void)fclose(in);
    finish(out);
}

/* link EVENTS OUT: a message of each kind, end to end; the batch holds the first event. */
static void link_messages(char **args) {
    static uint8_t bytes[FC_EVENT_BYTES_MAX], message[FC_EVENT_BYTES_MAX + 128];
    FILE *in = fopen(args[0], "rb"), *out = create(args[1]);
    if (in == NULL) die(args[0], strerror(errno));
    struct fc_mp mp = fc_mp_open(bytes, fread(bytes, 1, sizeof bytes, in));
    (void)fclose(in);
    if (!fc_mp_skip(&mp)) die(args[0], "holds no event");
    const struct fc_link_msg all[] = {
        {.type = FC_LINK_HELLO, .spool = SPOOL},
        {.type = FC_LINK_BATCH, .spool = SPOOL, .first = 7, .count = 1, .events = fc_str_n((const char *)bytes, fc_mp_offset(&mp))},
        {.type = FC_LINK_ACK, .spool = SPOOL, .first = 8},
        {.type = FC_LINK_REFUSE, .spool = SPOOL, .reason = FC_STR_LIT("batch of 1 events: 3 bytes follow the last one")},
        {.type = FC_LINK_TELL, .spool = SPOOL, .figures = FC_STR_LIT("\x81\xa7" "figures" "\x81\xa5" "taken" "\x07")},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct fc_mpw w;
        fc_mpw_init(&w, message, sizeof message);
        fc_link_encode(&w, &all[i]);
        put(out, message, w.len);
    }
    finish(out);
}

/* ---- what a running aggregator says ------------------------------------------------------------------------------ */

struct topic {
    char *name;
    uint8_t *item;
    size_t name_n, n;
};

static struct topic topics[TOPICS_MAX];
static unsigned topics_n;

static void *copy(zmq_msg_t *msg) {
    void *bytes = malloc(zmq_msg_size(msg) + 1);
    if (bytes == NULL) die("topics", "out of memory");
    memcpy(bytes, zmq_msg_data(msg), zmq_msg_size(msg));
    return bytes;
}

static void keep(zmq_msg_t *name, zmq_msg_t *item) {
    unsigned i = 0;
    while (i < topics_n && (topics[i].name_n != zmq_msg_size(name) || memcmp(topics[i].name, zmq_msg_data(name), topics[i].name_n) != 0)) i++;
    if (i == TOPICS_MAX) die("topics", "too many");
    if (i == topics_n) topics[topics_n++] = (struct topic){.name = copy(name), .name_n = zmq_msg_size(name)};
    free(topics[i].item);
    topics[i].item = copy(item);
    topics[i].n = zmq_msg_size(item);
}

static void *open_socket(void *zmq, int type, const char *endpoint) {
    void *s = zmq_socket(zmq, type);
    int wait_ms = QUIET_MS, none = 0;
    if (s == NULL || zmq_setsockopt(s, ZMQ_RCVTIMEO, &wait_ms, sizeof wait_ms) != 0 || zmq_setsockopt(s, ZMQ_LINGER, &none, sizeof none) != 0 ||
        (type == ZMQ_SUB && zmq_setsockopt(s, ZMQ_SUBSCRIBE, "", 0) != 0) || zmq_connect(s, endpoint) != 0)
        die(endpoint, zmq_strerror(errno));
    return s;
}

/* state PUBLISH OUT: the latest item of every topic, end to end, when a while has passed. */
static void state(char **args) {
    void *zmq = zmq_ctx_new(), *sub = open_socket(zmq, ZMQ_SUB, args[0]);
    FILE *out = create(args[1]);
    for (int beats = 0; beats < 4;) {
        zmq_msg_t name, item;
        (void)zmq_msg_init(&name);
        (void)zmq_msg_init(&item);
        if (zmq_msg_recv(&name, sub, 0) < 0 || zmq_msg_recv(&item, sub, 0) < 0) die(args[0], "nothing is published there");
        beats += zmq_msg_size(&name) == 2 && memcmp(zmq_msg_data(&name), "hb", 2) == 0;
        keep(&name, &item);
        (void)zmq_msg_close(&name);
        (void)zmq_msg_close(&item);
    }
    for (unsigned i = 0; i < topics_n; i++) put(out, topics[i].item, topics[i].n);
    finish(out);
    (void)zmq_close(sub);
    (void)zmq_ctx_term(zmq);
}

static size_t write_question(uint8_t *to, size_t cap, int64_t id, const char *op, int64_t from_us, int64_t to_us) {
    struct fc_mpw w;
    fc_mpw_init(&w, to, cap);
    fc_mpw_map(&w, op[0] == 's' ? 4 : 6);
    fc_mpw_key(&w, "v");
    fc_mpw_int(&w, 1);
    fc_mpw_key(&w, "id");
    fc_mpw_int(&w, id);
    fc_mpw_key(&w, "op");
    fc_mpw_key(&w, op);
    fc_mpw_key(&w, op[0] == 's' ? "prefix" : "scope");
    fc_mpw_key(&w, "queue");
    if (op[0] != 's') {
        fc_mpw_key(&w, "from_us");
        fc_mpw_int(&w, from_us);
        fc_mpw_key(&w, "to_us");
        fc_mpw_int(&w, to_us);
    }
    return w.len;
}

/* answers QUERY FROM_US TO_US QUESTIONS ANSWERS: a range and a snapshot, as asked and as answered. */
static void answers(char **args) {
    void *zmq = zmq_ctx_new(), *dealer = open_socket(zmq, ZMQ_DEALER, args[0]);
    FILE *questions = create(args[3]), *out = create(args[4]);
    for (int i = 0; i < 2; i++) {
        uint8_t question[256];
        size_t n = write_question(question, sizeof question, 1 + i, i == 0 ? "range" : "snapshot", strtoll(args[1], NULL, 10), strtoll(args[2], NULL, 10));
        zmq_msg_t answer;
        (void)zmq_msg_init(&answer);
        put(questions, question, n);
        if (zmq_send(dealer, question, n, 0) < 0 || zmq_msg_recv(&answer, dealer, 0) < 0) die(args[0], "no answer");
        put(out, zmq_msg_data(&answer), zmq_msg_size(&answer));
        (void)zmq_msg_close(&answer);
    }
    finish(questions);
    finish(out);
    (void)zmq_close(dealer);
    (void)zmq_ctx_term(zmq);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int args;
        void (*run)(char **args);
    } ways[] = {{"compact", 2, compact}, {"events", 2, events}, {"link", 2, link_messages}, {"state", 2, state}, {"answers", 5, answers}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (argc < 2 || strcmp(argv[1], ways[i].name) != 0 || argc != 2 + ways[i].args) continue;
        ways[i].run(argv + 2);
        return 0;
    }
    (void)fprintf(stderr, "usage: formats-make compact FROM TO | events NDJSON OUT | link EVENTS OUT | state ENDPOINT OUT | "
                          "answers ENDPOINT FROM_US TO_US QUESTIONS ANSWERS\n");
    return 2;
}
