/* options -- a program's command line from one table: what it accepts, what --help prints, what an error names.
 *
 * Every option is long (`--name VALUE` or `--name=VALUE`), there are no positional arguments and no abbreviations, so
 * that a unit file of today means the same in next year's version. --help and --version are added by themselves.
 * This module stores strings; it refuses to know what a value means.
 *
 *   enum { OPT_DATA, OPT_LISTEN, OPT_CHECK, OPT_COUNT };
 *   static const struct fc_option table[OPT_COUNT] = {
 *       [OPT_DATA] = {.name = "data", .arg = "DIR", .help = "where the journal lives"},
 *       [OPT_LISTEN] = {.name = "listen", .arg = "tcp://HOST:PORT", .repeatable = true, .help = "take batches there"},
 *       [OPT_CHECK] = {.name = "check", .help = "check options and configuration, then exit"},
 *   };
 *   static const struct fc_program program = {"floorcast-x", "what it is in one sentence", table, OPT_COUNT};
 *   struct fc_option_values got[OPT_COUNT];
 *   int exit_code = fc_options_run(&program, argc, argv, got);
 *   if (exit_code >= 0) return exit_code;
 */
#ifndef FC_OPTIONS_H
#define FC_OPTIONS_H

#include "status.h"

#include <stdint.h>

#include <stdbool.h>

#define FC_OPTION_REPEAT_MAX 64 /* how often a repeatable option may be given */

struct fc_option {
    const char *name; /* without the dashes */
    const char *arg;  /* the value's name in --help; NULL: a switch without a value */
    const char *help; /* one line or several, separated by '\n' */
    bool repeatable;
    bool optional;    /* the value may be left out (v is then NULL); if given, then as --name=VALUE */
};

struct fc_program {
    const char *name;    /* "floorcast-collector" */
    const char *summary; /* one sentence for --help */
    const struct fc_option *options;
    unsigned count;
};

/* What one option was given. n is 0 when it is absent; a switch has n = 1 and no value. */
struct fc_option_values {
    unsigned n;
    const char *v[FC_OPTION_REPEAT_MAX]; /* point into argv */
};

/* fc_options_parse -- fills `got` (program->count of them, in the table's order) from argv.
 * Errors: FC_EOF --help or --version was given and is printed on stdout: exit 0. FC_CONFIG wrong usage, said in err.
 * Thread: start of main; no allocation */
FC_MUST_USE enum fc_status fc_options_parse(const struct fc_program *program, int argc, char *const *argv,
                                            struct fc_option_values *got, struct fc_error *err);

/* fc_options_run -- the same for main(): -1 go on, else the exit code, with the error printed on stderr. */
int fc_options_run(const struct fc_program *program, int argc, char *const *argv, struct fc_option_values *got);

/* fc_options_fail -- how all three programs report what main() cannot go on with: "floorcast-x: TEXT" on stderr;
 * hands back the exit code (2 for FC_CONFIG, 1 for the rest). */
int fc_options_fail(const struct fc_program *program, enum fc_status status, const struct fc_error *err);

/* fc_options_last -- the value of an option that is not repeatable, or `otherwise` when it was not given. */
static inline const char *fc_options_last(const struct fc_option_values *got, const char *otherwise) {
    return got->n > 0 ? got->v[got->n - 1] : otherwise;
}

/* fc_options_bytes -- "4G" and the like (K, M, G or none): false when it is no such thing, below `least` or above 16384G. */
bool fc_options_bytes(const char *text, uint64_t least, uint64_t *out);

#endif
