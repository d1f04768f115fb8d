/* queuelog_line -- one line of Asterisk's queue_log, taken apart.
 *
 *   1795347484|1795347481.0|support|Kim Lee|CONNECT|3|1795347481.2|2
 *   seconds   |call id     |queue  |agent  |event  |fields of the event
 *
 * "NONE" stands for nothing, a call id may also be REALTIME, MANAGER or CLI. The number of fields varies with the event
 * and, of ATTENDEDTRANSFER, with the way of the transfer: what it holds of times is counted from its end.
 * This module knows one line; it refuses to know what came before.
 */
#ifndef FC_QUEUELOG_LINE_H
#define FC_QUEUELOG_LINE_H

#include "status.h"
#include "str.h"

#define FC_QLINE_FIELDS_MAX 12 /* further ones are not looked at */

/* WORD(id, "event", which field holds the wait, which the talk): from 0; -1 the last, -2 the one before; NO none */
#define FC_QLINE_NO 99
#define FC_QLINE_EVENTS(WORD)                                                                                          \
    WORD(ENTERQUEUE, "ENTERQUEUE", NO, NO)                                                                             \
    WORD(CONNECT, "CONNECT", 0, NO)                                                                                    \
    WORD(ABANDON, "ABANDON", 2, NO)                                                                                    \
    WORD(EXITWITHTIMEOUT, "EXITWITHTIMEOUT", 2, NO)                                                                    \
    WORD(EXITEMPTY, "EXITEMPTY", 2, NO)                                                                                \
    WORD(EXITWITHKEY, "EXITWITHKEY", 3, NO)                                                                            \
    WORD(WITHDRAW, "WITHDRAW", 2, NO)                                                                                  \
    WORD(SYSCOMPAT, "SYSCOMPAT", NO, NO)                                                                               \
    WORD(AGENTDUMP, "AGENTDUMP", NO, NO)                                                                               \
    WORD(COMPLETEAGENT, "COMPLETEAGENT", 0, 1)                                                                         \
    WORD(COMPLETECALLER, "COMPLETECALLER", 0, 1)                                                                       \
    WORD(BLINDTRANSFER, "BLINDTRANSFER", 2, 3)                                                                         \
    WORD(TRANSFER, "TRANSFER", 2, 3)                                                                                   \
    WORD(ATTENDEDTRANSFER, "ATTENDEDTRANSFER", -3, -2)                                                                 \
    WORD(RINGNOANSWER, "RINGNOANSWER", NO, NO)                                                                         \
    WORD(RINGCANCELED, "RINGCANCELED", NO, NO)                                                                         \
    WORD(ADDMEMBER, "ADDMEMBER", NO, NO)                                                                               \
    WORD(REMOVEMEMBER, "REMOVEMEMBER", NO, NO)                                                                         \
    WORD(PAUSE, "PAUSE", NO, NO)                                                                                       \
    WORD(UNPAUSE, "UNPAUSE", NO, NO)                                                                                   \
    WORD(PAUSEALL, "PAUSEALL", NO, NO)                                                                                 \
    WORD(UNPAUSEALL, "UNPAUSEALL", NO, NO)                                                                             \
    WORD(AGENTLOGIN, "AGENTLOGIN", NO, NO)                                                                             \
    WORD(AGENTLOGOFF, "AGENTLOGOFF", NO, NO)                                                                           \
    WORD(AGENTCALLBACKLOGIN, "AGENTCALLBACKLOGIN", NO, NO)                                                             \
    WORD(AGENTCALLBACKLOGOFF, "AGENTCALLBACKLOGOFF", NO, NO)                                                           \
    WORD(QUEUESTART, "QUEUESTART", NO, NO)

enum fc_qline_event {
#define WORD(id, word, wait, talk) FC_Q_##id,
    FC_QLINE_EVENTS(WORD)
#undef WORD
        FC_Q_OTHER, /* PENALTY, RINGINUSE, CONFIGRELOAD, a dialplan's own: nothing for us */
};

struct fc_qline {
    int64_t ts_us; /* of its whole second */
    enum fc_qline_event event;
    struct fc_str callid, queue, agent; /* empty where the log says NONE */
    struct fc_str field[FC_QLINE_FIELDS_MAX];
    uint32_t fields;
};

/* fc_qline_parse -- takes `text` (without its newline) apart. Bytes that are no UTF-8, and zero bytes, are replaced by '?' in place.
 * Errors: FC_INVALID, err says what was expected and begins what was found, digits of numbers hidden. Owns: views
 * into text. Thread: any, no allocation */
FC_MUST_USE enum fc_status fc_qline_parse(char *text, size_t n, struct fc_qline *out, struct fc_error *err);

/* Whole seconds that the event itself holds, as microseconds; -1 when there is no such field, or no sane number in it. */
int64_t fc_qline_wait_us(const struct fc_qline *line);
int64_t fc_qline_talk_us(const struct fc_qline *line);

/* fc_qline_show -- the first 60 bytes fit to be logged: control bytes as '?', digits of a caller's number as '#'. */
#define FC_QLINE_SHOWN 60
const char *fc_qline_show(char to[FC_QLINE_SHOWN + 1], const char *text, size_t n);

#endif
