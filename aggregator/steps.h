/* steps -- the steps of the last hour, second by second, so that they leave the rolling windows when they grow old. Kept in
 * memory alone: after a restart agents' timelines tell them again.
 */
#ifndef FC_STEPS_H
#define FC_STEPS_H

#include "levels.h"

struct fc_steps;

struct fc_steps *fc_steps_create(void);
void fc_steps_destroy(struct fc_steps *s); /* NULL is fine */

/* Remembers a step of an owner; nothing when it is older than the hour. One further ahead than the ring reaches
 * leaves the windows early by as much as it is beyond; a source's clock would have to be eight minutes ahead. */
void fc_steps_add(struct fc_steps *s, struct fc_levels *of, const struct fc_step *step);

/* Moves now on; steps that leave a window are taken out of their owners' levels. */
void fc_steps_advance(struct fc_steps *s, int64_t now_s);

/* Forgets the steps of an owner that is about to be freed. */
void fc_steps_drop(struct fc_steps *s, const struct fc_levels *of);

/* Where the windows begin, us. */
int64_t fc_steps_m15_from_us(const struct fc_steps *s);
int64_t fc_steps_h1_from_us(const struct fc_steps *s);

#endif
