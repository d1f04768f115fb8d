/* settings -- everything that --options, the YAML file and the environment say about a collector, checked and in one struct.
 *
 * The command line wins over the file. A list given on the command line replaces the file's. Nothing here opens a
 * socket or a spool, so --check and a reload go the same way as a start.
 */
#ifndef FC_SETTINGS_H
#define FC_SETTINGS_H

#include "config.h"
#include "log.h"
#include "options.h"

#include <stdbool.h>
#include <stdint.h>

#define FC_SOURCES_MAX 32
#define FC_SOURCE_URI_MAX 400
#define FC_SECRET_MAX 256

struct fc_settings {
    const char *sources[FC_SOURCES_MAX];
    unsigned n_sources;
    const char *aggregator; /* NULL: only spool */
    const char *spool;
    const char *record_dir; /* or NULL */
    const char *secret_file;
    const char *country_code; /* "" when there is none */
    const char *config;       /* path, or NULL */
    uint64_t spool_limit_bytes;
    double speed;
    bool once, plain_customers, insecure, check, events;
    enum fc_log_format log_format;
    char secret[FC_SECRET_MAX]; /* empty: none */
    void *document;             /* of the config file; the strings above may point into it */
};

extern const struct fc_program fc_collector_program;

/* fc_settings_load -- reads argv, then the file it names.
 * Errors: FC_EOF --help or --version, printed; FC_CONFIG said in err: usage, or "FILE:LINE:COLUMN: ..".
 * Owns: strings point into argv and `document`: give back with fc_settings_fini. Blocks on the disk. */
FC_MUST_USE enum fc_status fc_settings_load(int argc, char *const *argv, struct fc_settings *out, struct fc_error *err);
void fc_settings_fini(struct fc_settings *s);

/* fc_settings_differ -- names of settings that differ and need a restart, comma-separated in `text`; false when there are none. */
bool fc_settings_differ(const struct fc_settings *a, const struct fc_settings *b, char *text, size_t cap);

#endif
