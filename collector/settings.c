#include "settings.h"

#include "endpoint.h"
#include "link.h"
#include "sources.h"
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what may be said, on the command line and in the file ---------------------------------------------------------- */

enum {
    OPT_SOURCE,
    OPT_AGGREGATOR,
    OPT_SPOOL,
    OPT_SPOOL_LIMIT,
    OPT_ONCE,
    OPT_SPEED,
    OPT_RECORD,
    OPT_SECRET_FILE,
    OPT_PLAIN,
    OPT_COUNTRY,
    OPT_INSECURE,
    OPT_CONFIG,
    OPT_CHECK,
    OPT_EVENTS,
    OPT_LOG_FORMAT,
    OPT_COUNT
};

static const struct fc_option options[OPT_COUNT] = {
    [OPT_SOURCE] = {.name = "source", .arg = "URI", .repeatable = true, .help = "take events from there:\n"
        "zmq://ADDRESS:PORT   ZeroMQ producers (REQ or DEALER), msgpack\n"
        "ami://USER@HOST:PORT Asterisk's manager interface (secret: see below)\n"
        "queuelog:PATH        Asterisk's queue_log, followed through rotation\n"
        "ndjson:PATH          a JSON object a line, followed; ndjson:- is stdin\n"
        "amilog:DIR           replay of a connection recorded with --record"},
    [OPT_AGGREGATOR] = {.name = "aggregator", .arg = "tcp://HOST:PORT", .help = "send them there; without it they are only spooled"},
    [OPT_SPOOL] = {.name = "spool", .arg = "DIR", .help = "keep what is not acked there (made if missing)"},
    [OPT_SPOOL_LIMIT] = {.name = "spool-limit", .arg = "BYTES", .help = "its largest size, with K, M or G (1G); at the limit sources wait"},
    [OPT_ONCE] = {.name = "once", .help = "end when every source is read to its end and acked"},
    [OPT_SPEED] = {.name = "speed", .arg = "FACTOR", .help = "amilog: 1 in real time, 2 twice as fast, 0 as fast as it goes (0)"},
    [OPT_RECORD] = {.name = "record", .arg = "DIR", .help = "ami: keep the connection's bytes there, for amilog"},
    [OPT_SECRET_FILE] = {.name = "secret-file", .arg = "FILE", .help = "ami: holds the manager secret (else FLOORCAST_AMI_SECRET is used)"},
    [OPT_PLAIN] = {.name = "plain-customers", .help = "keep callers' numbers readable instead of a keyed hash"},
    [OPT_COUNTRY] = {.name = "country-code", .arg = "DIGITS", .help = "put before numbers that begin with a single 0, as in 49"},
    [OPT_INSECURE] = {.name = "insecure", .help = "allow a zmq source on an address that other machines reach"},
    [OPT_CONFIG] = {.name = "config", .arg = "FILE", .help = "the same settings as YAML; the command line wins"},
    [OPT_CHECK] = {.name = "check", .help = "check options and configuration, then exit"},
    [OPT_EVENTS] = {.name = "events", .help = "print the table of events (EVENTS.md), then exit"},
    [OPT_LOG_FORMAT] = {.name = "log-format", .arg = "text|json", .help = "form of the lines on stderr (text)"},
};

const struct fc_program fc_collector_program = {"floorcast-collector", "takes call-center events in, keeps them safe, sends them on", options, OPT_COUNT};

struct document {
    char **sources;
    unsigned sources_count;
    char *aggregator, *spool, *spool_limit, *record, *secret_file, *country_code;
    double speed;
    enum fc_config_bool plain_customers, insecure;
    enum fc_log_format log_format;
};

static const cyaml_strval_t log_formats[] = {{.str = "text", .val = FC_LOG_TEXT}, {.str = "json", .val = FC_LOG_JSON}};
static const cyaml_schema_value_t source_schema = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, FC_SOURCE_URI_MAX)};

#define TEXT(key, member, most) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct document, member, 1, most)
static const cyaml_schema_field_t document_fields[] = {
    CYAML_FIELD_SEQUENCE("sources", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct document, sources, &source_schema, 0, FC_SOURCES_MAX),
    TEXT("aggregator", aggregator, 250),
    TEXT("spool", spool, 1000),
    TEXT("spool_limit", spool_limit, 24),
    CYAML_FIELD_FLOAT("speed", CYAML_FLAG_OPTIONAL, struct document, speed),
    TEXT("record", record, 1000),
    TEXT("secret_file", secret_file, 1000),
    FC_CONFIG_BOOL("plain_customers", struct document, plain_customers),
    TEXT("country_code", country_code, 7),
    FC_CONFIG_BOOL("insecure", struct document, insecure),
    CYAML_FIELD_ENUM("log_format", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct document, log_format, log_formats, 2),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct document, document_fields)};

/* ---- values --------------------------------------------------------------------------------------------------------- */

static enum fc_status read_bytes(const char *text, uint64_t *out, struct fc_error *err) {
    if (fc_options_bytes(text, FC_SPOOL_LIMIT_MIN, out)) return FC_OK;
    return fc_fail(err, FC_CONFIG, "spool limit \"%s\": expected bytes with K, M or G, from 1M to 16384G", text);
}

static enum fc_status read_speed(const char *text, double *out, struct fc_error *err) {
    char *end;
    errno = 0;
    *out = strtod(text, &end);
    if (errno != 0 || *end != '\0' || end == text) return fc_fail(err, FC_CONFIG, "speed \"%s\": expected a number, 0 or more", text);
    return FC_OK;
}

static enum fc_status read_secret(struct fc_settings *s, struct fc_error *err) {
    const char *env = getenv("FLOORCAST_AMI_SECRET");
    if (s->secret_file == NULL) {
        if (env != NULL && strlen(env) >= sizeof s->secret)
            return fc_fail(err, FC_CONFIG, "FLOORCAST_AMI_SECRET: longer than %zu bytes", sizeof s->secret - 1);
        (void)fc_str_copy(s->secret, sizeof s->secret, fc_str(env));
        return FC_OK;
    }
    struct stat st;
    int fd = open(s->secret_file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fc_fail(err, FC_CONFIG, "secret file %s: cannot be read: %s", s->secret_file, strerror(errno));
    ssize_t n = -1;
    bool open_to_all = fstat(fd, &st) == 0 && (st.st_mode & 07) != 0;
    if (!open_to_all) n = read(fd, s->secret, sizeof s->secret);
    (void)close(fd);
    if (open_to_all)
        return fc_fail(err, FC_CONFIG, "secret file %s: everybody may read it (mode %04o), expected 0600 or 0640", s->secret_file, (unsigned)st.st_mode & 07777);
    while (n > 0 && n < (ssize_t)sizeof s->secret && strchr("\r\n", s->secret[n - 1]) != NULL) n--;
    if (n <= 0 || n >= (ssize_t)sizeof s->secret)
        return fc_fail(err, FC_CONFIG, "secret file %s: expected one line of 1 to %zu bytes", s->secret_file, sizeof s->secret - 1);
    s->secret[n] = '\0';
    if (strlen(s->secret) != (size_t)n || strpbrk(s->secret, "\r\n") != NULL)
        return fc_fail(err, FC_CONFIG, "secret file %s: expected one line", s->secret_file);
    return FC_OK;
}

static enum fc_status check_source(const struct fc_settings *s, unsigned i, struct fc_error *err) {
    const char *uri = s->sources[i], *rest;
    if (strlen(uri) > FC_SOURCE_URI_MAX) return fc_fail(err, FC_CONFIG, "source \"%.40s..\": longer than %d bytes", uri, FC_SOURCE_URI_MAX);
    const struct fc_source_ops *ops = fc_sources_find(uri, &rest, err);
    if (ops == NULL) return FC_CONFIG;
    if (*rest == '\0') return fc_fail(err, FC_CONFIG, "source \"%s\": expected %s", uri, ops->form);
    for (unsigned k = 0; k < i; k++)
        if (strcmp(s->sources[k], uri) == 0) return fc_fail(err, FC_CONFIG, "source \"%s\" is given twice", uri);
    if (ops == &fc_source_zmq && !fc_endpoint_is_local(uri) && !s->insecure)
        return fc_fail(err, FC_CONFIG,
                       "source \"%s\": other machines can reach this address, and without keys whoever does can add calls that never were, and who is on the "
                       "way reads all; expected a loopback address, or --insecure",
                       uri);
    return FC_OK;
}

static enum fc_status check_aggregator(const char *endpoint, struct fc_error *err) {
    const char *port = strrchr(endpoint, ':');
    int64_t n = 0;
    if (strncmp(endpoint, "ipc://", 6) == 0 && endpoint[6] != '\0') return FC_OK;
    if (strncmp(endpoint, "tcp://", 6) != 0 || port < endpoint + 7 || !fc_str_int(fc_str(port + 1), &n) || n < 1 || n > 65535 || strlen(endpoint) > 250)
        return fc_fail(err, FC_CONFIG, "aggregator \"%.100s\": expected tcp://HOST:PORT", endpoint);
    return FC_OK;
}

static enum fc_status check(const struct fc_settings *s, struct fc_error *err) {
    if (s->n_sources == 0) return fc_fail(err, FC_CONFIG, "no source is given: --source URI, as in --source zmq://127.0.0.1:5560");
    if (s->spool == NULL) return fc_fail(err, FC_CONFIG, "no spool is given: --spool DIR, where events are kept until they are acked");
    if (!(s->speed >= 0 && s->speed <= 1e6)) return fc_fail(err, FC_CONFIG, "speed %g: expected a number from 0 to 1000000", s->speed);
    for (const char *c = s->country_code; *c != '\0'; c++)
        if (*c < '0' || *c > '9' || s->country_code[0] == '0' || strlen(s->country_code) > 7)
            return fc_fail(err, FC_CONFIG, "country code \"%.20s\": expected 1 to 7 digits without a leading 0, as in 49", s->country_code);
    enum fc_status st = FC_OK;
    for (unsigned i = 0; i < s->n_sources && st == FC_OK; i++) st = check_source(s, i, err);
    return st == FC_OK && s->aggregator != NULL ? check_aggregator(s->aggregator, err) : st;
}

/* ---- putting it together ---------------------------------------------------------------------------------------------- */

static enum fc_status apply_document(struct fc_settings *s, const struct document *d, struct fc_error *err) {
    for (unsigned i = 0; i < d->sources_count; i++) s->sources[s->n_sources++] = d->sources[i];
    s->aggregator = d->aggregator;
    s->spool = d->spool;
    s->record_dir = d->record;
    s->secret_file = d->secret_file;
    if (d->country_code != NULL) s->country_code = d->country_code;
    s->speed = d->speed;
    s->plain_customers = d->plain_customers == FC_CONFIG_YES;
    s->insecure = d->insecure == FC_CONFIG_YES;
    s->log_format = d->log_format;
    enum fc_status st = d->spool_limit != NULL ? read_bytes(d->spool_limit, &s->spool_limit_bytes, err) : FC_OK;
    return st == FC_OK ? st : fc_context(err, st, "%s", s->config);
}

static enum fc_status apply_options(struct fc_settings *s, const struct fc_option_values *got, struct fc_error *err) {
    const char *format = fc_options_last(&got[OPT_LOG_FORMAT], NULL);
    if (got[OPT_SOURCE].n > FC_SOURCES_MAX) return fc_fail(err, FC_CONFIG, "%u sources, at most %d are allowed", got[OPT_SOURCE].n, FC_SOURCES_MAX);
    if (got[OPT_SOURCE].n > 0) s->n_sources = got[OPT_SOURCE].n;
    for (unsigned i = 0; i < got[OPT_SOURCE].n; i++) s->sources[i] = got[OPT_SOURCE].v[i];
    s->aggregator = fc_options_last(&got[OPT_AGGREGATOR], s->aggregator);
    s->spool = fc_options_last(&got[OPT_SPOOL], s->spool);
    s->record_dir = fc_options_last(&got[OPT_RECORD], s->record_dir);
    s->secret_file = fc_options_last(&got[OPT_SECRET_FILE], s->secret_file);
    s->country_code = fc_options_last(&got[OPT_COUNTRY], s->country_code);
    s->once = got[OPT_ONCE].n > 0;
    s->check = got[OPT_CHECK].n > 0;
    s->events = got[OPT_EVENTS].n > 0;
    s->plain_customers = s->plain_customers || got[OPT_PLAIN].n > 0;
    s->insecure = s->insecure || got[OPT_INSECURE].n > 0;
    if (format != NULL && strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return fc_fail(err, FC_CONFIG, "log format \"%s\": expected text or json", format);
    if (format != NULL) s->log_format = strcmp(format, "json") == 0 ? FC_LOG_JSON : FC_LOG_TEXT;
    enum fc_status st = FC_OK;
    if (got[OPT_SPEED].n > 0) st = read_speed(got[OPT_SPEED].v[0], &s->speed, err);
    if (st == FC_OK && got[OPT_SPOOL_LIMIT].n > 0) st = read_bytes(got[OPT_SPOOL_LIMIT].v[0], &s->spool_limit_bytes, err);
    return st;
}

enum fc_status fc_settings_load(int argc, char *const *argv, struct fc_settings *out, struct fc_error *err) {
    static struct fc_option_values got[OPT_COUNT];
    *out = (struct fc_settings){.country_code = "", .spool_limit_bytes = FC_SPOOL_LIMIT_DEFAULT};
    enum fc_status st = fc_options_parse(&fc_collector_program, argc, argv, got, err);
    if (st != FC_OK) return st;
    out->config = fc_options_last(&got[OPT_CONFIG], NULL);
    if (out->config != NULL) st = fc_config_load(out->config, &schema, &out->document, err);
    if (st == FC_OK && out->document != NULL) st = apply_document(out, out->document, err);
    if (st == FC_OK) st = apply_options(out, got, err);
    if (st == FC_OK && out->events) return FC_OK;
    if (st == FC_OK) st = check(out, err);
    if (st == FC_OK) st = read_secret(out, err);
    if (st != FC_OK) fc_settings_fini(out);
    return st;
}

void fc_settings_fini(struct fc_settings *s) {
    fc_config_free(&schema, s->document);
    s->document = NULL;
    memset(s->secret, 0, sizeof s->secret);
}

static bool same(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0); }

bool fc_settings_differ(const struct fc_settings *a, const struct fc_settings *b, char *text, size_t cap) {
    bool sources = a->n_sources != b->n_sources;
    for (unsigned i = 0; i < a->n_sources && !sources; i++) sources = !same(a->sources[i], b->sources[i]);
    const struct {
        bool differs;
        const char *name;
    } rows[] = {
        {sources, "sources"},
        {!same(a->aggregator, b->aggregator), "aggregator"},
        {!same(a->spool, b->spool), "spool"},
        {a->spool_limit_bytes != b->spool_limit_bytes, "spool_limit"},
        {a->speed < b->speed || a->speed > b->speed, "speed"},
        {!same(a->record_dir, b->record_dir), "record"},
        {a->plain_customers != b->plain_customers, "plain_customers"},
        {a->insecure != b->insecure, "insecure"},
    };
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!rows[i].differs) continue;
        int k = snprintf(text + n, cap - n, "%s%s", n > 0 ? ", " : "", rows[i].name);
        n += k > 0 && (size_t)k < cap - n ? (size_t)k : 0;
    }
    return n > 0;
}
