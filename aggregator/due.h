/* due -- things by the time they are due: a binary heap that is never searched. What is no longer wanted stays until its
 * time comes and is then recognised by its owner (`life` no longer fits). One thread.
 */
#ifndef FC_DUE_H
#define FC_DUE_H

#include <stdbool.h>
#include <stdint.h>

struct fc_due {
    struct fc_due_entry {
        int64_t at_us;
        void *what;
        uint32_t life;
    } *at;
    uint32_t n, cap;
};

void fc_due_fini(struct fc_due *d);
void fc_due_push(struct fc_due *d, int64_t at_us, void *what, uint32_t life);

/* The earliest entry before `now_us`, taken out; false: none is due. */
bool fc_due_pop(struct fc_due *d, int64_t now_us, struct fc_due_entry *out);

#endif
