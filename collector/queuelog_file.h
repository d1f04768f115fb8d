/* queuelog_file -- the lines of a log that grows, is renamed away, or is copied and cut while it is read.
 *
 * A place in it is the file (device, inode, and a hash of its first bytes, since an inode is used again), and an offset.
 * After a restart the file of a place is looked for under its own name and then among the files beside it whose name
 * begins with it (queue_log.1, queue_log-20260301): so what was written before a rotation and not yet read is not lost.
 * Compressed files are not looked into. It refuses to know what a line means.
 */
#ifndef FC_QUEUELOG_FILE_H
#define FC_QUEUELOG_FILE_H

#include "status.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define FC_QFILE_HEAD 1024   /* first bytes that are hashed */
#define FC_QFILE_LINE_MAX 8192
#define FC_QFILE_BUF 65536

struct fc_qfile_place {
    uint64_t dev, ino, head_hash;
    int64_t offset; /* of the next line */
    uint32_t head_n;
};

struct fc_qfile {
    char path[PATH_MAX];
    int fd; /* -1: not open */
    struct fc_qfile_place place;
    uint64_t number; /* of the next line, from 1 */
    bool moved;      /* what is open does not bear `path` any more */
    bool skipping;   /* inside a line that is too long */
    bool end;        /* nothing was read yet, or the last read found nothing more: look before reading on */
    uint32_t at, len; /* unread bytes in buf: at..len */
    uint32_t torn;    /* bytes of a line without an end that the last rotation left behind */
    char buf[FC_QFILE_BUF];
};

struct fc_qfile_line {
    char *text; /* without its newline; lives until the next call */
    uint32_t n;
    int64_t offset;
    uint64_t number;
};

enum fc_qfile_found {
    FC_QFILE_SAME,    /* nothing has changed, or: the place was found */
    FC_QFILE_NEXT,    /* another file is open now, from its start; the one before was read to its end */
    FC_QFILE_CUT,     /* likewise, but what stood between is gone */
    FC_QFILE_SHRUNK,  /* the same file is shorter than it was: reading goes on at its end */
    FC_QFILE_MISSING, /* there is no file of that name (what is open stays open) */
};

/* All: thread collector, block on the disk only. Errors: FC_IO, with the path and the system's words. */

void fc_qfile_init(struct fc_qfile *f, const char *path);
void fc_qfile_close(struct fc_qfile *f);

/* fc_qfile_start -- opens what `place` (NULL: none) says, or the file itself, at its first line. The caller reads up to
 * place->offset, which is made smaller when the file has shrunk, to be where it was. */
FC_MUST_USE enum fc_status fc_qfile_start(struct fc_qfile *f, struct fc_qfile_place *place, enum fc_qfile_found *found, struct fc_error *err);

/* fc_qfile_line -- the next whole line. FC_AGAIN: there is none yet. FC_FULL: one longer than FC_QFILE_LINE_MAX is passed
 * over; *out is its beginning. */
FC_MUST_USE enum fc_status fc_qfile_line(struct fc_qfile *f, struct fc_qfile_line *out, struct fc_error *err);

/* fc_qfile_rest -- at the end: what stands behind the last newline, as a line. FC_AGAIN when nothing does. */
FC_MUST_USE enum fc_status fc_qfile_rest(struct fc_qfile *f, struct fc_qfile_line *out);

/* fc_qfile_look -- at the end: what has become of the file. last_s: the time of the last line read, in seconds. */
FC_MUST_USE enum fc_status fc_qfile_look(struct fc_qfile *f, int64_t last_s, enum fc_qfile_found *found, struct fc_error *err);

#endif
