/* retention -- which stored intervals have lived long enough: minutes some days, quarters and days of UTC some hundred;
 * and which contacts that are over.
 *
 * It goes round the table name by name, looking at the first key of each and leaping to the next, so that what is young
 * costs one look. A round (a minute of the writer's) is bounded; the next goes on where it ended. Old means old by the
 * engine's now: a replay of another year keeps its history. The writer deletes; this only says what.
 */
#ifndef FC_RETENTION_H
#define FC_RETENTION_H

#include "counter.h"
#include "rules.h"
#include "writer.h"

struct fc_retention;

/* fc_retention_create -- `store` must outlive it, `rules` live on for ever; `now_us`: the engine's now, 0 while not
 * known. */
FC_MUST_USE enum fc_status fc_retention_create(struct fc_store *store, const struct fc_rules *rules,
                                               const struct fc_counter *now_us, struct fc_retention **out,
                                               struct fc_error *err);
void fc_retention_destroy(struct fc_retention *r); /* NULL is fine; after the writer has stopped */

/* New rules hold from the next round. False: too many are waiting. Thread: main */
bool fc_retention_configure(struct fc_retention *r, const struct fc_rules *rules);

/* fc_retention_due -- for fc_writer_set_retention; ctx is the struct fc_retention *. Thread: writer, in its transaction
 */
bool fc_retention_due(void *ctx, uint32_t turn, struct fc_writer_range *range);

/* fc_retention_cutoff_us -- intervals of that resolution which began before it are not kept; always where a day of UTC
 * begins, so that it divides no quarter and no day. 0 while now is not known. Thread: any */
int64_t fc_retention_cutoff_us(const struct fc_rules *rules, int64_t now_us, int minutes);

/* Likewise of contacts that were over before it, to the microsecond; of what is not kept at all, and late returns. */
int64_t fc_retention_contacts_us(const struct fc_rules *rules, int64_t now_us);

#endif
