/* amilog_files -- a recorded AMI connection on disk: its bytes, and when each read of them was made.
 *
 *   ami.N.txt         what was received on connection N, nothing else
 *   ami_times.N.tsv   offset TAB unix time: where each read began and when it returned
 *   connections.tsv   connection opened closed why bytes; optional
 *
 * Each may be gzipped with ".gz" behind its name; for the first connection ".1" may be missing. Refuses to know what the
 * bytes mean.
 */
#ifndef FC_AMILOG_FILES_H
#define FC_AMILOG_FILES_H

#include "status.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>

#define FC_AMILOG_CONNECTIONS_MAX 100000

/* Times in microseconds; 0: not known. */
struct fc_amilog_connection {
    int64_t opened_us, closed_us;
    bool logoff; /* the recorder ended it, rather than losing it */
};

struct fc_amilog_files {
    char dir[PATH_MAX];
    struct fc_amilog_connection *connections; /* [n - 1] */
    unsigned connections_n;

    unsigned number; /* of the connection that is open, from 1; 0 before the first */
    gzFile data, times;
    char data_name[NAME_MAX + 1], times_name[NAME_MAX + 1];
    uint64_t offset, next_offset; /* read so far; where the next read began (UINT64_MAX: there is none) */
    int64_t read_us, next_us;     /* when the current and the next read were made */
    unsigned times_line;
};

/* Errors: FC_IO no such directory, no first connection in it, or a file that cannot be read; FC_INVALID a line of
 * connections.tsv is no line. On an error nothing is left open. */
FC_MUST_USE enum fc_status fc_amilog_open(struct fc_amilog_files *f, const char *dir, struct fc_error *err);
void fc_amilog_close(struct fc_amilog_files *f);

/* fc_amilog_next -- opens the next connection. FC_EOF when there is none. */
FC_MUST_USE enum fc_status fc_amilog_next(struct fc_amilog_files *f, struct fc_error *err);
struct fc_amilog_connection fc_amilog_connection(const struct fc_amilog_files *f);

/* fc_amilog_due_us -- when the read was made that brought the next bytes. */
int64_t fc_amilog_due_us(const struct fc_amilog_files *f);

/* fc_amilog_read -- at most `cap` (> 0) bytes of one read; *n tells how many, f->read_us when it was.
 * Errors: FC_EOF the connection ended here; FC_IO, FC_INVALID with file and line. */
FC_MUST_USE enum fc_status fc_amilog_read(struct fc_amilog_files *f, char *buf, size_t cap, size_t *n, struct fc_error *err);

#endif
