/* fuzz -- what the fuzz targets share. A target is one program: LLVMFuzzerTestOneInput reads what a stranger, or a
 * damaged disk, might hand to a parser, and asserts what must hold whatever it is.
 *
 * Built twice: with clang's libFuzzer (FC_FUZZ) to search, and with replay.c by any compiler to read the named inputs
 * of corpus/NAME again. Nothing of a run may live on into the next, so that an input alone shows what it showed.
 */
#ifndef FC_FUZZ_H
#define FC_FUZZ_H

#include "log.h"
#include "mp.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Warnings about every bad line would be all that a run does. */
__attribute__((constructor, unused)) static void fuzz_quiet(void) {
    fc_log_setup(FC_LOG_TEXT, (enum fc_log_level)(FC_LOG_ERROR + 1));
}

/* An input made of parts: kind u8, key length u8, value length u16 big endian, key, value. The last part ends with the
 * input, whatever its lengths say. */
struct fuzz_part {
    uint8_t kind;
    struct fc_str key, value;
};

__attribute__((unused)) static bool fuzz_next(struct fc_str *in, struct fuzz_part *out) {
    if (in->n < 4) return false;
    const uint8_t *p = (const uint8_t *)in->p;
    uint32_t left = in->n - 4, key_n = p[1], value_n = (uint32_t)p[2] << 8 | p[3];
    if (key_n > left) key_n = left;
    if (value_n > left - key_n) value_n = left - key_n;
    *out = (struct fuzz_part){p[0], fc_str_n(in->p + 4, key_n), fc_str_n(in->p + 4 + key_n, value_n)};
    *in = fc_str_n(in->p + 4 + key_n + value_n, left - key_n - value_n);
    return true;
}

/* What an error must be, whoever's bytes it speaks of: one sentence, fit for a log and a terminal. */
__attribute__((unused)) static void fuzz_sentence(const struct fc_error *err) {
    FC_ASSERT(err->text[0] != '\0' && memchr(err->text, '\0', sizeof err->text) != NULL);
    for (const char *c = err->text; *c != '\0'; c++) FC_ASSERT((uint8_t)*c >= ' ' && *c != 0x7f);
}

/* A file in memory with these bytes, for parsers that open files: its name in `path`. Close the descriptor. */
__attribute__((unused)) static int fuzz_file(char path[64], const uint8_t *data, size_t size) {
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    FC_ASSERT(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    (void)snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

#endif
