/* ami_parse -- bytes of an AMI connection, cut anywhere, become messages.
 *
 * A connection is one greeting line and then blocks of "Key: Value" lines, each block closed by an empty line; further
 * empty lines may precede one. Lines end in CR LF. The parser owns one fixed buffer, allocates nothing, and a message
 * longer than it is skipped and counted, never stored in part. It knows no event by name.
 */
#ifndef FC_AMI_PARSE_H
#define FC_AMI_PARSE_H

#include "status.h"
#include "str.h"

#define FC_AMI_BUFFER_BYTES 65536  /* also what one read may bring */
#define FC_AMI_MESSAGE_BYTES 32768 /* of one message, its closing empty line included */
#define FC_AMI_GREETING_BYTES 200
#define FC_AMI_FIELDS_MAX 128 /* lines of a message; further ones are counted and left out */

struct fc_ami_field {
    struct fc_str key, value;
};

/* Views into the parser's buffer: good until the next fc_ami_parse_space. A greeting is one field with an empty key. */
struct fc_ami_msg {
    struct fc_ami_field fields[FC_AMI_FIELDS_MAX];
    unsigned n;
    bool greeting;
};

struct fc_ami_parse {
    size_t begin, end, scan; /* the unread bytes are buf[begin..end); up to `scan` no end of a message was found */
    bool greeted, skipping;
    uint64_t bytes, messages, skipped, fields_dropped, lines_bad; /* counters, over all connections */
    char buf[FC_AMI_BUFFER_BYTES];
};

void fc_ami_parse_init(struct fc_ami_parse *p); /* also zeroes the counters */

/* fc_ami_parse_restart -- a new connection: drops an unfinished message, expects a greeting. Says how many bytes were
 * dropped. */
size_t fc_ami_parse_restart(struct fc_ami_parse *p);

/* fc_ami_parse_space -- where the next bytes go, and how many fit (>= 1 once every whole message was taken out).
 * Invalidates the views of earlier messages. fc_ami_parse_added says how many bytes were put there. */
char *fc_ami_parse_space(struct fc_ami_parse *p, size_t *cap);
void fc_ami_parse_added(struct fc_ami_parse *p, size_t n);

/* fc_ami_parse_next -- the next whole message.
 * Errors: FC_AGAIN more bytes are needed; FC_INVALID the first line is longer than FC_AMI_GREETING_BYTES or holds bytes
 *         that no greeting has: whoever speaks there is no manager interface */
FC_MUST_USE enum fc_status fc_ami_parse_next(struct fc_ami_parse *p, struct fc_ami_msg *msg, struct fc_error *err);

/* fc_ami_get -- the value of the first line with that key, {NULL, 0} when there is none. Where Asterisk repeats a key
 * (UserEvent, TestEvent), the first is its own and the later ones the dialplan's. */
struct fc_str fc_ami_get(const struct fc_ami_msg *msg, const char *key);
bool fc_ami_has(const struct fc_ami_msg *msg, const char *key);

/* fc_ami_int -- the same as a whole number; `absent` when there is none or it is no number. */
int64_t fc_ami_int(const struct fc_ami_msg *msg, const char *key, int64_t absent);

#endif
