#include "log.h"

#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static enum fc_log_format format_now = FC_LOG_TEXT;
static enum fc_log_level least_now = FC_LOG_INFO;

void fc_log_setup(enum fc_log_format format, enum fc_log_level least) {
    format_now = format;
    least_now = least;
}

/* Escapes what JSON cannot hold raw; a newline becomes a space in both formats. */
static size_t escape(char *to, size_t cap, const char *from) {
    size_t n = 0;
    for (; *from != '\0' && n + 7 < cap; from++) {
        unsigned char c = (unsigned char)*from;
        if (c == '"' || c == '\\') to[n++] = '\\';
        if (c < 0x20 || c == 0x7f) n += (size_t)snprintf(to + n, cap - n, "\\u%04x", c);
        else to[n++] = (char)c;
    }
    to[n] = '\0';
    return n;
}

void fc_log(enum fc_log_level level, const char *format, ...) {
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if (level < least_now) return;
    char msg[1500], line[3200], stamp[40];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(msg, sizeof msg, format, args);
    va_end(args);
    struct fc_wall now = fc_wall_now();
    time_t s = (time_t)(now.us / FC_SECOND_US);
    struct tm tm;
    (void)gmtime_r(&s, &tm);
    size_t k = strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(stamp + k, sizeof stamp - k, ".%03dZ", (int)(now.us / 1000 % 1000));
    int n;
    if (format_now == FC_LOG_JSON) {
        char safe[3000];
        (void)escape(safe, sizeof safe, msg);
        n = snprintf(line, sizeof line, "{\"ts\":\"%s\",\"level\":\"%s\",\"msg\":\"%s\"}\n", stamp, names[level], safe);
    } else {
        for (char *c = msg; *c != '\0'; c++)
            if (*c == '\n' || *c == '\r') *c = ' ';
        n = snprintf(line, sizeof line, "%s %-5s %s\n", stamp, names[level], msg);
    }
    if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0) return; /* nowhere left to say it */
}
