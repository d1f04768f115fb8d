#include "settings.h"

#include "config.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct fc_option options[FC_SET_COUNT] = {
    [FC_SET_LISTEN] = {.name = "listen", .arg = "HOST:PORT", .help = "serve HTTP and websockets there (127.0.0.1:8080); port 0: any free one"},
    [FC_SET_PUBLISH] = {.name = "publish", .arg = "tcp://HOST:PORT", .repeatable = true, .help = "an aggregator's publish endpoint (tcp://127.0.0.1:5601); once for each cell"},
    [FC_SET_QUERY] = {.name = "query", .arg = "tcp://HOST:PORT", .repeatable = true, .help = "that aggregator's query endpoint (tcp://127.0.0.1:5602), in the same order"},
    [FC_SET_WEB] = {.name = "web", .arg = "DIR", .help = "the built front end (the installed one)"},
    [FC_SET_BOARDS] = {.name = "boards", .arg = "DIR", .help = "boards of your own, ID.yaml each, over the built-in ones"},
    [FC_SET_DATA] = {.name = "data", .arg = "DIR", .help = "keep boards that are edited, and alerts, there; made when missing.\nWithout it boards are read-only"},
    [FC_SET_MAX_CLIENTS] = {.name = "max-clients", .arg = "N", .help = "websocket clients at once (10000); more are refused with 503"},
    [FC_SET_NAME] = {.name = "name", .arg = "NAME", .repeatable = true, .help = "browsers may ask for this server by that name (its addresses, localhost\nand the machine's own name need none)"},
    [FC_SET_INSECURE] = {.name = "insecure", .help = "allow --listen on an address that others can reach: there is no\npassword and no encryption, who reaches it sees everything"},
    [FC_SET_CONFIG] = {.name = "config", .arg = "FILE", .help = "YAML; options given here win over it"},
    [FC_SET_CHECK] = {.name = "check", .help = "check options and configuration, then exit"},
    [FC_SET_LOG_FORMAT] = {.name = "log-format", .arg = "text|json", .help = "lines on stderr (text)"},
};

const struct fc_program fc_wallboard_program = {"floorcast-wallboard", "Shows what aggregators publish: web pages, websocket and HTTP API.",
                                                options, FC_SET_COUNT};

struct file_cell {
    char *publish, *query;
};

struct file {
    char *listen, *web, *boards, *data, *log_format;
    uint32_t max_clients;
    enum fc_config_bool insecure, show_customers;
    struct file_cell *cells;
    unsigned cells_count;
    char **names, **trusted;
    unsigned names_count, trusted_count;
    struct fc_bounds_file *limits;
};

static const cyaml_schema_field_t cell_fields[] = {
    CYAML_FIELD_STRING_PTR("publish", CYAML_FLAG_POINTER, struct file_cell, publish, 1, 300),
    CYAML_FIELD_STRING_PTR("query", CYAML_FLAG_POINTER, struct file_cell, query, 1, 300),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t cell_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_cell, cell_fields)};
static const cyaml_schema_value_t name_schema = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 253)};
static const cyaml_schema_field_t file_fields[] = {
    CYAML_FIELD_STRING_PTR("listen", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file, listen, 1, 300),
    CYAML_FIELD_STRING_PTR("web", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file, web, 1, 1000),
    CYAML_FIELD_IGNORE("alerts", CYAML_FLAG_OPTIONAL), /* rules.c reads both */
    CYAML_FIELD_IGNORE("webhook", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_STRING_PTR("boards", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file, boards, 1, 1000),
    CYAML_FIELD_STRING_PTR("data", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file, data, 1, 500),
    CYAML_FIELD_STRING_PTR("log_format", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file, log_format, 1, 10),
    CYAML_FIELD_UINT("max_clients", CYAML_FLAG_OPTIONAL, struct file, max_clients),
    FC_CONFIG_BOOL("insecure", struct file, insecure),
    FC_CONFIG_BOOL("show_customers", struct file, show_customers),
    CYAML_FIELD_SEQUENCE("names", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file, names, &name_schema, 0, FC_NAMES_MAX),
    CYAML_FIELD_SEQUENCE("trusted", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file, trusted, &name_schema, 0, FC_TRUSTED_MAX),
    CYAML_FIELD_MAPPING_PTR("limits", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file, limits, fc_bounds_schema),
    CYAML_FIELD_SEQUENCE("cells", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file, cells, &cell_schema, 0, FC_CELLS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t file_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields)};

static char *copy(const char *z) {
    char *to = strdup(z);
    FC_ASSERT(to != NULL);
    return to;
}

/* Turns a name into the number that is bound; an IPv6 address stands in brackets. */
static enum fc_status resolve(struct fc_settings *s, const char *given, struct fc_error *err) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    int rc = getaddrinfo(s->host, NULL, &hints, &found);
    if (rc != 0) return fc_fail(err, FC_CONFIG, "listen: \"%s\": %s, expected HOST:PORT", given, gai_strerror(rc));
    s->ipv6 = found->ai_family == AF_INET6;
    rc = getnameinfo(found->ai_addr, found->ai_addrlen, s->address, sizeof s->address, NULL, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
    if (rc != 0) return fc_fail(err, FC_CONFIG, "listen: \"%s\": %s, expected HOST:PORT", given, gai_strerror(rc));
    s->loopback = s->ipv6 ? strcmp(s->address, "::1") == 0 : strncmp(s->address, "127.", 4) == 0;
    return FC_OK;
}

static enum fc_status parse_listen(struct fc_settings *s, const char *given, struct fc_error *err) {
    const char *colon = strrchr(given, ':');
    struct fc_str host = colon == NULL ? (struct fc_str){0} : fc_str_n(given, (size_t)(colon - given));
    int64_t port;
    bool bracket = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    if (bracket) host = fc_str_n(host.p + 1, host.n - 2);
    bool bare_ipv6 = !bracket && host.n > 0 && memchr(host.p, ':', host.n) != NULL;
    if (host.n == 0 || host.n >= sizeof s->host || bare_ipv6 || !fc_str_int(fc_str(colon + 1), &port) || port < 0 || port > 65535)
        return fc_fail(err, FC_CONFIG, "listen: \"%s\": expected HOST:PORT with a port from 0 to 65535", given);
    (void)fc_str_copy(s->host, sizeof s->host, host);
    s->port = (int)port;
    enum fc_status status = resolve(s, given, err);
    if (status != FC_OK || s->loopback || s->insecure) return status;
    return fc_fail(err, FC_CONFIG,
                   "listen: \"%s\" can be reached from other machines: without keys whoever reaches it sees every queue and agent, and "
                   "whoever is on the way can read and change it; expected a loopback address (and a reverse proxy before it), or --insecure",
                   given);
}

static enum fc_status take_cells(struct fc_settings *s, const struct file *file, const struct fc_option_values *got, struct fc_error *err) {
    unsigned p = got[FC_SET_PUBLISH].n, q = got[FC_SET_QUERY].n;
    if (p != q) return fc_fail(err, FC_CONFIG, "%u times --publish and %u times --query: expected one of each for every aggregator", p, q);
    bool from_file = p == 0 && file != NULL;
    uint32_t n = from_file ? file->cells_count : p;
    if (n == 0) { /* where an aggregator on this machine is unless told otherwise */
        s->publish[0] = copy("tcp://127.0.0.1:5601");
        s->query[0] = copy("tcp://127.0.0.1:5602");
        s->cell_count = 1;
    }
    if (n > FC_CELLS_MAX) return fc_fail(err, FC_CONFIG, "%u aggregators, expected at most %d", n, FC_CELLS_MAX);
    for (uint32_t i = 0; i < n; i++) {
        s->publish[i] = copy(from_file ? file->cells[i].publish : got[FC_SET_PUBLISH].v[i]);
        s->query[i] = copy(from_file ? file->cells[i].query : got[FC_SET_QUERY].v[i]);
        s->cell_count = i + 1;
    }
    return FC_OK;
}

/* The machine's own name, plain and as it is known in the local network, and what --listen says. */
static void add_own_names(struct fc_settings *s) {
    char own[256] = "", local[270];
    if (gethostname(own, sizeof own - 1) == 0 && own[0] != '\0') {
        (void)snprintf(local, sizeof local, "%s.local", own);
        s->names[s->names_count++] = copy(own);
        s->names[s->names_count++] = copy(local);
    }
    s->names[s->names_count++] = copy(s->host);
}

static enum fc_status take_names(struct fc_settings *s, const struct file *file, const struct fc_option_values *got, struct fc_error *err) {
    static const char *const loopback[] = {"127.0.0.1", "::1"};
    for (uint32_t i = 0; file != NULL && i < file->names_count; i++) s->names[s->names_count++] = copy(file->names[i]);
    if (got[FC_SET_NAME].n > FC_NAMES_MAX - s->names_count)
        return fc_fail(err, FC_CONFIG, "name: more than %d names", FC_NAMES_MAX);
    for (uint32_t i = 0; i < got[FC_SET_NAME].n; i++) s->names[s->names_count++] = copy(got[FC_SET_NAME].v[i]);
    bool from_file = file != NULL && file->trusted != NULL;
    uint32_t n = from_file ? file->trusted_count : 2;
    if (from_file && n == 1 && strcmp(file->trusted[0], "none") == 0) n = 0; /* an empty list cannot be told from an absent one */
    for (uint32_t i = 0; i < n; i++) s->trusted[s->trusted_count++] = copy(from_file ? file->trusted[i] : loopback[i]);
    return FC_OK;
}

/* Without --web: the installed front end, else the one in the build tree. Their places are compiled in. */
static void take_web(struct fc_settings *s, const char *given) {
    static const char *const places[] = {FC_WEB_INSTALLED, FC_WEB_BUILT};
    if (given != NULL) s->web = copy(given);
    for (size_t i = 0; s->web == NULL && i < sizeof places / sizeof *places; i++) {
        char index[1200];
        (void)snprintf(index, sizeof index, "%s/index.html", places[i]);
        if (access(index, R_OK) == 0) s->web = copy(places[i]);
    }
}

static void take_boards(struct fc_settings *s, const struct file *file, const struct fc_option_values *got) {
    static const char *const places[] = {FC_BOARDS_INSTALLED, FC_BOARDS_BUILT};
    const char *own = fc_options_last(&got[FC_SET_BOARDS], file != NULL ? file->boards : NULL);
    const char *data = fc_options_last(&got[FC_SET_DATA], file != NULL ? file->data : NULL);
    if (own != NULL) s->boards = copy(own);
    if (data != NULL) s->data = copy(data);
    for (size_t i = 0; s->boards_built_in == NULL && i < sizeof places / sizeof *places; i++)
        if (access(places[i], R_OK | X_OK) == 0) s->boards_built_in = copy(places[i]);
}

static enum fc_status take_limits(struct fc_settings *s, const struct file *file, const struct fc_option_values *got, struct fc_error *err) {
    const char *clients = fc_options_last(&got[FC_SET_MAX_CLIENTS], NULL);
    int64_t max = file != NULL && file->max_clients > 0 ? file->max_clients : FC_CLIENTS_DEFAULT;
    if ((clients != NULL && !fc_str_int(fc_str(clients), &max)) || max < 1 || max > FC_CLIENTS_MAX)
        return fc_fail(err, FC_CONFIG, "max-clients: not a number from 1 to %d", FC_CLIENTS_MAX);
    s->clients_max = (uint32_t)max;
    return fc_bounds_take(&s->limits, file != NULL ? file->limits : NULL, fc_options_last(&got[FC_SET_CONFIG], NULL), err);
}

static enum fc_status take(struct fc_settings *s, const struct file *file, const struct fc_option_values *got, struct fc_error *err) {
    const char *listen = fc_options_last(&got[FC_SET_LISTEN], file != NULL && file->listen != NULL ? file->listen : "127.0.0.1:8080");
    const char *format = fc_options_last(&got[FC_SET_LOG_FORMAT], file != NULL && file->log_format != NULL ? file->log_format : "text");
    if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        return fc_fail(err, FC_CONFIG, "log-format: \"%s\", expected text or json", format);
    s->log_format = strcmp(format, "json") == 0 ? FC_LOG_JSON : FC_LOG_TEXT;
    s->insecure = got[FC_SET_INSECURE].n > 0 || (file != NULL && file->insecure == FC_CONFIG_YES);
    s->show_customers = file != NULL && file->show_customers == FC_CONFIG_YES;
    take_web(s, fc_options_last(&got[FC_SET_WEB], file != NULL ? file->web : NULL));
    take_boards(s, file, got);
    enum fc_status status = take_limits(s, file, got, err);
    if (status == FC_OK) status = take_names(s, file, got, err);
    if (status == FC_OK) status = take_cells(s, file, got, err);
    if (status == FC_OK) status = parse_listen(s, listen, err);
    if (status == FC_OK) add_own_names(s);
    return status;
}

enum fc_status fc_settings_load(struct fc_settings *out, const struct fc_option_values *got, struct fc_error *err) {
    const char *path = fc_options_last(&got[FC_SET_CONFIG], NULL);
    void *file = NULL;
    *out = (struct fc_settings){0};
    enum fc_status status = path == NULL ? FC_OK : fc_config_load(path, &file_schema, &file, err);
    if (status == FC_OK) status = take(out, file, got, err);
    fc_config_free(&file_schema, file);
    if (status == FC_OK) status = fc_rules_load(path, &out->rules, err);
    if (status != FC_OK) fc_settings_free(out);
    return status;
}

void fc_settings_free(struct fc_settings *s) {
    for (uint32_t i = 0; i < FC_CELLS_MAX; i++) {
        free(s->publish[i]);
        free(s->query[i]);
    }
    for (uint32_t i = 0; i < s->names_count; i++) free(s->names[i]);
    for (uint32_t i = 0; i < s->trusted_count; i++) free(s->trusted[i]);
    fc_rules_free(&s->rules);
    free(s->web);
    free(s->boards_built_in);
    free(s->boards);
    free(s->data);
    *s = (struct fc_settings){0};
}
