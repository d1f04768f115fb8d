/* webhook -- alerts posted to one address of the operator's, one after the other, from a thread of its own.
 *
 * A post is done when the answer is 2xx. Any other outcome but 4xx (408 and 429 excepted, they are no verdict) is tried again,
 * later each time, FC_WEBHOOK_TRIES times in all; the next one waits meanwhile, so that they arrive in their order. A bounded
 * queue: beyond it the oldest is dropped, counted and said. Refuses to follow redirects, and to read more of an answer than its
 * status. Nothing is kept over a restart.
 */
#ifndef FC_WEBHOOK_H
#define FC_WEBHOOK_H

#include "status.h"

#include <stdbool.h>
#include <stdint.h>

#define FC_WEBHOOK_TRIES 8
#define FC_WEBHOOK_WAIT_MS_MAX 60000

struct fc_webhook;

struct fc_webhook_counts {
    uint64_t sent, failed, dropped, waiting; /* posts done; attempts that failed; posts given up; posts not done yet */
};

/* fc_webhook_open -- starts the thread. Errors: FC_IO. fc_webhook_close -- stops at once, within a second. NULL is fine. */
FC_MUST_USE enum fc_status fc_webhook_open(struct fc_webhook **out, struct fc_error *err);
void fc_webhook_close(struct fc_webhook *hook);

/* fc_webhook_aim -- where to from now on; url NULL: nowhere, and what waits is forgotten. Thread: service, no blocking */
void fc_webhook_aim(struct fc_webhook *hook, const char *url, uint32_t timeout_s, uint32_t queue);

/* fc_webhook_post -- takes a copy of a JSON text. Thread: service, no blocking */
void fc_webhook_post(struct fc_webhook *hook, const void *text, size_t n);

struct fc_webhook_counts fc_webhook_counts(struct fc_webhook *hook);

/* fc_webhook_wait_ms -- how long after the failed attempt no. `tries` (from 1); random: any number. Between half and the whole of 1 s,
 * 2 s, 4 s .. FC_WEBHOOK_WAIT_MS_MAX, so that many that failed together do not come back together. */
uint32_t fc_webhook_wait_ms(uint32_t tries, uint32_t random);

/* fc_webhook_final -- whether an answer's status (0: there was none) says that no other attempt makes sense; true also of 2xx. */
bool fc_webhook_final(long status);

#endif
