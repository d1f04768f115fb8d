#include "options.h"

#include "str.h"

#include <stdio.h>
#include <string.h>

#define HELP_COLUMN 30

static const struct fc_option own[] = {
    {.name = "help", .help = "print this and exit"},
    {.name = "version", .help = "print the version and exit"},
};

static void print_option(const struct fc_option *o) {
    char head[120];
    int n = snprintf(head, sizeof head, "  --%s%s%s%s", o->name, o->arg == NULL ? "" : o->optional ? "[=" : " ",
                     o->arg != NULL ? o->arg : "", o->optional ? "]" : o->repeatable ? " .." : "");
    (void)printf(n < HELP_COLUMN ? "%-*s" : "%-*s\n%*s", HELP_COLUMN, head, HELP_COLUMN, "");
    for (const char *line = o->help; line != NULL; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        (void)printf("%*s%.*s\n", line == o->help ? 0 : HELP_COLUMN, "", (int)strcspn(line, "\n"), line);
    }
}

static void print_help(const struct fc_program *program) {
    (void)printf("%s -- %s\n\nusage: %s [OPTION..]\n\n", program->name, program->summary, program->name);
    for (unsigned i = 0; i < program->count; i++) print_option(&program->options[i]);
    for (unsigned i = 0; i < sizeof own / sizeof *own; i++) print_option(&own[i]);
    (void)printf("\nOptions marked \"..\" may be given several times. Exit code: 0 fine, 1 failed, 2 wrong usage or configuration.\n");
}

static bool is_name(const char *given, size_t n, const char *name) {
    return strlen(name) == n && memcmp(given, name, n) == 0;
}

static int find_option(const struct fc_program *program, const char *given, size_t n) {
    for (unsigned i = 0; i < program->count; i++)
        if (is_name(given, n, program->options[i].name)) return (int)i;
    return -1;
}

static enum fc_status unknown(const struct fc_program *program, const char *given, size_t n, struct fc_error *err) {
    for (unsigned i = 0; i < program->count; i++) /* a typo in the tail, or an abbreviation */
        if (n > 0 && strncmp(program->options[i].name, given, n < 3 ? n : 3) == 0)
            return fc_fail(err, FC_CONFIG, "unknown option --%.*s, did you mean --%s?", (int)n, given, program->options[i].name);
    return fc_fail(err, FC_CONFIG, "unknown option --%.*s", (int)n, given);
}

/* One option of the table; *i moves on when its value is the next argument. */
static enum fc_status take(const struct fc_option *o, const char *value, int argc, char *const *argv, int *i,
                           struct fc_option_values *got, struct fc_error *err) {
    if (o->arg == NULL && value != NULL) return fc_fail(err, FC_CONFIG, "option --%s takes no value, got \"%s\"", o->name, value);
    if (o->arg != NULL && value == NULL && !o->optional) {
        if (*i + 1 >= argc) return fc_fail(err, FC_CONFIG, "option --%s needs a value: --%s %s", o->name, o->name, o->arg);
        value = argv[++*i];
    }
    if (o->arg != NULL && value != NULL && *value == '\0') return fc_fail(err, FC_CONFIG, "option --%s has an empty value, expected %s", o->name, o->arg);
    if (got->n > 0 && !o->repeatable) return fc_fail(err, FC_CONFIG, "option --%s is given twice", o->name);
    if (got->n == FC_OPTION_REPEAT_MAX)
        return fc_fail(err, FC_CONFIG, "option --%s is given more than %d times", o->name, FC_OPTION_REPEAT_MAX);
    got->v[got->n++] = value;
    return FC_OK;
}

enum fc_status fc_options_parse(const struct fc_program *program, int argc, char *const *argv, struct fc_option_values *got,
                                struct fc_error *err) {
    memset(got, 0, program->count * sizeof *got);
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        if (strncmp(a, "--", 2) != 0 || a[2] == '\0')
            return fc_fail(err, FC_CONFIG, "unexpected argument \"%s\", every option is of the form --name", a);
        size_t n = strcspn(a + 2, "=");
        const char *value = a[2 + n] == '=' ? a + 3 + n : NULL;
        if (is_name(a + 2, n, "help")) {
            print_help(program);
            return FC_EOF;
        }
        if (is_name(a + 2, n, "version")) {
            (void)printf("%s %s\n", program->name, FC_VERSION);
            return FC_EOF;
        }
        int k = find_option(program, a + 2, n);
        if (k < 0) return unknown(program, a + 2, n, err);
        enum fc_status st = take(&program->options[k], value, argc, argv, &i, &got[k], err);
        if (st != FC_OK) return st;
    }
    return FC_OK;
}

int fc_options_run(const struct fc_program *program, int argc, char *const *argv, struct fc_option_values *got) {
    struct fc_error err = {.text = ""};
    enum fc_status st = fc_options_parse(program, argc, argv, got, &err);
    if (st == FC_OK) return -1;
    if (st == FC_EOF) return 0;
    (void)fprintf(stderr, "%s: %s (see %s --help)\n", program->name, err.text, program->name);
    return 2;
}

int fc_options_fail(const struct fc_program *program, enum fc_status status, const struct fc_error *err) {
    (void)fprintf(stderr, "%s: %s\n", program->name, err->text);
    return status == FC_CONFIG ? 2 : 1;
}

bool fc_options_bytes(const char *text, uint64_t least, uint64_t *out) {
    size_t n = strlen(text);
    unsigned shift = 0;
    int64_t v = 0;
    if (n > 0 && strchr("KMG", text[n - 1]) != NULL) shift = text[--n] == 'K' ? 10 : text[n] == 'M' ? 20 : 30;
    if (!fc_str_int(fc_str_n(text, n), &v) || v <= 0 || v > (INT64_C(1) << 44) >> shift || (uint64_t)v << shift < least) return false;
    *out = (uint64_t)v << shift;
    return true;
}
