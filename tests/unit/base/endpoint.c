/* What other machines can reach. */
#include "endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void this_machine_alone(void **state) {
    (void)state;
    static const char *const local[] = {"tcp://127.0.0.1:5600", "tcp://127.9.8.7:*", "zmq://localhost:5560", "tcp://[::1]:5600", "ipc:///run/fc.sock", "ipc://@name", "zmq://127.0.0.1"};
    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        if (!fc_endpoint_is_local(local[i])) fail_msg("not local: %s", local[i]);
}

static void everybody(void **state) {
    (void)state;
    static const char *const open[] = {"tcp://*:5600",         "tcp://0.0.0.0:5600",      "tcp://[::]:5600", "tcp://10.0.0.1:5600", "tcp://eth0:5600", "tcp://127.evil.example:5600",
                                       "tcp://127.0.0.1.evil:1", "tcp://localhost.evil:1", "tcp://[::2]:1",   "tcp://[::ffff:127.0.0.1]:1", "tcp://",   "127.0.0.1:5600", ""};
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (fc_endpoint_is_local(open[i])) fail_msg("local: %s", open[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(this_machine_alone), cmocka_unit_test(everybody)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
