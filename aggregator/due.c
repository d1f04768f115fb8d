#include "due.h"

#include "status.h"

#include <stdlib.h>

void fc_due_fini(struct fc_due *d) {
    free(d->at);
    *d = (struct fc_due){0};
}

void fc_due_push(struct fc_due *d, int64_t at_us, void *what, uint32_t life) {
    if (d->n == d->cap) {
        d->cap = d->cap == 0 ? 64 : 2 * d->cap;
        d->at = realloc(d->at, d->cap * sizeof *d->at);
        FC_ASSERT(d->at != NULL);
    }
    uint32_t i = d->n++;
    while (i > 0 && d->at[(i - 1) / 2].at_us > at_us) {
        d->at[i] = d->at[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    d->at[i] = (struct fc_due_entry){at_us, what, life};
}

bool fc_due_pop(struct fc_due *d, int64_t now_us, struct fc_due_entry *out) {
    if (d->n == 0 || d->at[0].at_us >= now_us) return false;
    *out = d->at[0];
    struct fc_due_entry last = d->at[--d->n];
    uint32_t i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= d->n) break;
        if (child + 1 < d->n && d->at[child + 1].at_us < d->at[child].at_us) child++;
        if (d->at[child].at_us >= last.at_us) break;
        d->at[i] = d->at[child];
        i = child;
    }
    if (d->n > 0) d->at[i] = last;
    return true;
}
