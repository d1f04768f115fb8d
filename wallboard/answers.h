/* answers -- what several cells answer to one question about stored intervals, as one answer.
 *
 * Items of the same step and name are one: merged where they hold tallies (--cell), else side by side. All are sorted
 * by step and name, as one aggregator would.
 * Thread: service, alone.
 */
#ifndef FC_ANSWERS_H
#define FC_ANSWERS_H

#include "bytes.h"

#include <stdint.h>

/* Items of one question, in the order in which cells answered. All zeroes: none. */
struct fc_answers {
    struct fc_bytes bytes; /* one behind the other */
    struct fc_answer {
        uint32_t cell;
        size_t at, n;
    } * items;
    uint32_t count, cap;
    uint32_t heard; /* cells that answered, those included that know of no such thing */
};

void fc_answers_add(struct fc_answers *answers, uint32_t cell, const void *item, size_t n);
void fc_answers_free(struct fc_answers *answers); /* back to empty */

/* fc_answers_merge -- appends what they amount to, of `cells` cells asked; returns how many items that is. One cell's,
 * without tallies, are appended byte for byte. */
uint32_t fc_answers_merge(const struct fc_answers *answers, uint32_t cells, struct fc_bytes *out);

#endif
