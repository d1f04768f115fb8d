#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>

uint8_t *fc_bytes_room(struct fc_bytes *b, size_t n) {
    if (n > b->cap - b->n) {
        size_t cap = b->cap > 0 ? b->cap : 256;
        while (cap - b->n < n) cap *= 2;
        uint8_t *p = realloc(b->p, cap);
        FC_ASSERT(p != NULL);
        b->p = p;
        b->cap = cap;
    }
    return b->p + b->n;
}

void fc_bytes_add(struct fc_bytes *b, const void *p, size_t n) {
    if (n == 0) return;
    memcpy(fc_bytes_room(b, n), p, n);
    b->n += n;
}

void fc_bytes_char(struct fc_bytes *b, char c) { fc_bytes_add(b, &c, 1); }

void fc_bytes_printf(struct fc_bytes *b, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    FC_ASSERT(n >= 0);
    (void)vsnprintf((char *)fc_bytes_room(b, (size_t)n + 1), (size_t)n + 1, format, again);
    va_end(again);
    b->n += (size_t)n;
}

void fc_bytes_free(struct fc_bytes *b) {
    free(b->p);
    *b = (struct fc_bytes){0};
}
