#include "wake.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum fc_status fc_wake_init(struct fc_wake *wake, struct fc_error *err) {
    atomic_init(&wake->asleep, false);
    wake->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return wake->fd >= 0 ? FC_OK : fc_fail(err, FC_IO, "eventfd: %s", strerror(errno));
}

void fc_wake_fini(struct fc_wake *wake) {
    if (wake->fd >= 0) (void)close(wake->fd);
    wake->fd = -1;
}

void fc_wake_prepare(struct fc_wake *wake) {
    /* acq_rel exchange; partner: the exchange in fc_wake_signal (argument in the header) */
    (void)atomic_exchange_explicit(&wake->asleep, true, memory_order_acq_rel);
}

void fc_wake_wait(struct fc_wake *wake, int64_t timeout_ns) {
    struct pollfd p = {.fd = wake->fd, .events = POLLIN};
    struct timespec t = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
    (void)ppoll(&p, 1, timeout_ns < 0 ? NULL : &t, NULL); /* EINTR is a wake-up too many */
}

void fc_wake_done(struct fc_wake *wake) {
    /* acq_rel exchange, not a plain store: a store would cut the chain by which the next prepare acquires what an
     * earlier signal released. Partner: the exchange in fc_wake_signal */
    if (atomic_exchange_explicit(&wake->asleep, false, memory_order_acq_rel)) return;
    uint64_t n;
    while (read(wake->fd, &n, sizeof n) < 0 && errno == EINTR) {
    }
}

void fc_wake_signal(struct fc_wake *wake) {
    /* acq_rel exchange; partner: the exchanges in fc_wake_prepare and fc_wake_done */
    if (!atomic_exchange_explicit(&wake->asleep, false, memory_order_acq_rel)) return;
    const uint64_t one = 1;
    while (write(wake->fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}
