#include "status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is told may quote bytes from outside: none of them may end a line or speak to a terminal. */
static void make_printable(char *text) {
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
}

enum fc_status fc_fail(struct fc_error *err, enum fc_status status, const char *format, ...) {
    if (err == NULL) return status;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    make_printable(err->text);
    return status;
}

enum fc_status fc_context(struct fc_error *err, enum fc_status status, const char *format, ...) {
    if (err == NULL) return status;
    struct fc_error inner = *err;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    make_printable(err->text);
    if (n < 0 || (size_t)n + 3 > sizeof err->text) return status;
    size_t used = (size_t)n, room = sizeof err->text - used - 3, k = strnlen(inner.text, room);
    memcpy(err->text + used, ": ", 2);
    memcpy(err->text + used + 2, inner.text, k);
    err->text[used + 2 + k] = '\0';
    return status;
}

const char *fc_status_name(enum fc_status status) {
    static const char *const names[] = {"ok", "again", "eof", "full", "invalid", "io", "config", "absent"};
    return (size_t)status < sizeof names / sizeof *names ? names[status] : "?";
}

_Noreturn void fc_assert_failed(const char *cond, const char *file, int line) {
    (void)fprintf(stderr, "floorcast: bug: %s does not hold (%s:%d)\n", cond, file, line);
    abort();
}
