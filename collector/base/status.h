/* status -- how a call into the outside world went, and the words for it.
 *
 * A bug is an FC_ASSERT and stops the process, also in release builds. Anything that sockets, disks, configs or
 * bytes from elsewhere can cause is a status that the caller must use; the layer that saw it writes one sentence
 * into struct fc_error (what, where, what was expected), callers may put context before it, the edge logs it once.
 */
#ifndef FC_STATUS_H
#define FC_STATUS_H

#include <stdarg.h>
#include <stddef.h>

enum fc_status {
    FC_OK = 0,
    FC_AGAIN,   /* nothing to do now, or no room now: try later; nothing was changed */
    FC_EOF,     /* the other side or the file ended */
    FC_FULL,    /* a documented limit is reached; the message names it */
    FC_INVALID, /* bytes from outside are not of the agreed form */
    FC_IO,      /* the operating system or a library refused; the message carries its words */
    FC_CONFIG,  /* options or configuration are wrong: exit code 2 */
    FC_ABSENT,  /* what was asked for does not exist */
};

struct fc_error {
    char text[320]; /* one sentence, no control bytes, always terminated; empty when nothing was reported */
};

#define FC_MUST_USE __attribute__((warn_unused_result))
#define FC_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* fc_fail -- writes the sentence and hands `status` back, so that a failing branch is one line.
 * Shape:   err may be NULL. A text that does not fit is cut at the end, a control byte in it becomes '?'. Thread: any */
enum fc_status fc_fail(struct fc_error *err, enum fc_status status, const char *format, ...) FC_PRINTF(3, 4);

/* fc_context -- puts "prefix: " before what a callee wrote; hands `status` back. Thread: any */
enum fc_status fc_context(struct fc_error *err, enum fc_status status, const char *format, ...) FC_PRINTF(3, 4);

/* fc_status_name -- the word for a status, for logs: "ok", "again", "eof" .. */
const char *fc_status_name(enum fc_status status);

/* FC_ASSERT -- a condition that only a bug can break. On in every build. */
#define FC_ASSERT(cond) ((cond) ? (void)0 : fc_assert_failed(#cond, __FILE__, __LINE__))
_Noreturn void fc_assert_failed(const char *cond, const char *file, int line);

#endif
