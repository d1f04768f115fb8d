/* bytes -- a buffer that grows. For replies, frames and texts whose size is not known before they are written.
 *
 * Memory that cannot be had is treated as a bug and stops the process: a service that answers half is worse.
 */
#ifndef FC_BYTES_H
#define FC_BYTES_H

#include "status.h"
#include "str.h"

struct fc_bytes { /* all zeroes: empty, nothing allocated */
    uint8_t *p;
    size_t n, cap;
};

/* fc_bytes_room -- makes room for `n` more bytes and returns where they go; the caller adds to b->n what it wrote. */
uint8_t *fc_bytes_room(struct fc_bytes *b, size_t n);

void fc_bytes_add(struct fc_bytes *b, const void *p, size_t n);
void fc_bytes_char(struct fc_bytes *b, char c);
void fc_bytes_printf(struct fc_bytes *b, const char *format, ...) FC_PRINTF(2, 3);
void fc_bytes_free(struct fc_bytes *b); /* back to empty */

static inline void fc_bytes_text(struct fc_bytes *b, const char *z) { fc_bytes_add(b, z, strlen(z)); }
static inline void fc_bytes_str(struct fc_bytes *b, struct fc_str s) { fc_bytes_add(b, s.p, s.n); }
static inline void fc_bytes_clear(struct fc_bytes *b) { b->n = 0; }

#endif
