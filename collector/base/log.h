/* log -- one line an event on stderr, as text or as JSON. Refuses to buffer, rotate or filter by module.
 *
 * Text:  2026-03-01T08:00:00.123Z warn  ami 10.0.0.5:5038: connection refused, next try in 2 s
 * JSON:  {"ts":"..","level":"warn","msg":".."}
 * A message never holds a newline, a secret or a caller's number.
 */
#ifndef FC_LOG_H
#define FC_LOG_H

#include "status.h"

enum fc_log_level { FC_LOG_DEBUG, FC_LOG_INFO, FC_LOG_WARN, FC_LOG_ERROR };
enum fc_log_format { FC_LOG_TEXT, FC_LOG_JSON };

/* fc_log_setup -- before any thread is started. Lines below `least` are dropped. */
void fc_log_setup(enum fc_log_format format, enum fc_log_level least);

/* fc_log -- thread any; one write(2) per line, so lines of several threads do not mix. */
void fc_log(enum fc_log_level level, const char *format, ...) FC_PRINTF(2, 3);

#define fc_info(...) fc_log(FC_LOG_INFO, __VA_ARGS__)
#define fc_warn(...) fc_log(FC_LOG_WARN, __VA_ARGS__)
#define fc_err(...) fc_log(FC_LOG_ERROR, __VA_ARGS__)

#endif
