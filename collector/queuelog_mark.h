/* queuelog_mark -- what a queuelog source remembers in the sink: where it is, and what it knew when the file began.
 *
 *   "queuelog:PATH at"      [1, dev, ino, hash of the first bytes, their number, offset, events of that line taken, bytes of base]
 *   "queuelog:PATH base N"  the tracker at the file's first line, in pieces; written once a rotation
 * What was known at `at` is what was known at the file's first line and all lines up to there: they are read again.
 */
#ifndef FC_QUEUELOG_MARK_H
#define FC_QUEUELOG_MARK_H

#include "queuelog_file.h"
#include "source.h"

#define FC_QMARK_PATH_MAX 400 /* a mark's name has a limit, too */

struct fc_qmark {
    struct fc_qfile_place place;
    uint32_t taken;  /* events of the line at place.offset that the sink has */
    uint32_t base_n; /* bytes */
};

/* All: thread collector. `key` is "queuelog:PATH". */
bool fc_qmark_get(struct fc_sink *sink, const char *key, struct fc_qmark *out); /* false: none, or none that can be read */
void fc_qmark_put(struct fc_sink *sink, const char *key, const struct fc_qmark *mark);

/* fc_qmark_get_base -- malloc'd, mark->base_n bytes; NULL when a piece is missing. */
uint8_t *fc_qmark_get_base(struct fc_sink *sink, const char *key, const struct fc_qmark *mark);
void fc_qmark_put_base(struct fc_sink *sink, const char *key, const uint8_t *bytes, size_t n);

#endif
