/* wake -- lets a consumer thread sleep until one of its producers has pushed something. No spinning, no mutex.
 *
 *   consumer                                       producer
 *     fc_wake_prepare(w)     "I am going to sleep"   push to the ring
 *     re-check every ring                            fc_wake_signal(w)
 *     nothing there: fc_wake_wait, or poll fc_wake_fd
 *     fc_wake_done(w)
 *
 * No wake-up is lost. prepare, done and signal each are one atomic exchange (acq_rel) on `asleep`, and all exchanges
 * on one variable stand in one order. Take the producer's exchange S after its push and the consumer's exchange P in
 * prepare. Either S comes before P: then P reads S's value or that of a later exchange that did, so P acquires what S
 * released, and the re-check sees the push. Or P comes before S: then S finds `asleep` set and writes the eventfd, which
 * ends the poll at once, also when it has not begun yet; or somebody cleared it in between: another signal, which
 * writes, or done, after which the consumer is awake and will prepare again, behind S.
 * Were either side a plain store followed by a load of the other's variable, both loads might run before both stores
 * (x86 and ARM do that): the consumer would see an empty ring, the producer an awake consumer, and both would wait.
 * A wake-up too many is possible and harmless: the consumer looks and sleeps again.
 */
#ifndef FC_WAKE_H
#define FC_WAKE_H

#include "status.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct fc_wake {
    _Atomic bool asleep; /* set by the consumer, taken back by the consumer or by the one producer that writes `fd` */
    int fd;              /* eventfd, non-blocking; constant */
};

/* Errors: FC_IO when the system has no eventfd to give. Thread: any, before the threads start / after they ended */
FC_MUST_USE enum fc_status fc_wake_init(struct fc_wake *wake, struct fc_error *err);
void fc_wake_fini(struct fc_wake *wake);

/* fc_wake_prepare -- from now on signals write the eventfd. Every ring must be re-checked between this and sleeping.
 * Thread: consumer, wait-free */
void fc_wake_prepare(struct fc_wake *wake);

/* fc_wake_wait -- sleeps until signalled or until timeout_ns has passed (negative: no limit). Thread: consumer, blocks */
void fc_wake_wait(struct fc_wake *wake, int64_t timeout_ns);

/* fc_wake_done -- awake again, slept or not; empties the eventfd. Thread: consumer, does not block */
void fc_wake_done(struct fc_wake *wake);

/* fc_wake_signal -- after a push (once behind several is enough). One system call if the consumer sleeps, none if not.
 * Thread: any number of producers, does not block */
void fc_wake_signal(struct fc_wake *wake);

/* For poll(2) or zmq_poll together with other descriptors: readable means signalled. Thread: consumer */
static inline int fc_wake_fd(const struct fc_wake *wake) { return wake->fd; }

#endif
