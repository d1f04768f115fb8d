/* fixture -- files of tests/data/formats, as an earlier program wrote them. */
#ifndef FC_TEST_FIXTURE_H
#define FC_TEST_FIXTURE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Whole, into memory that is the caller's to free. */
__attribute__((unused)) static uint8_t *fixture_read(const char *name, size_t *n) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/formats/%s", FC_TEST_DATA, name);
    FILE *f = fopen(path, "rb");
    if (f == NULL) fail_msg("%s cannot be read", path);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *n = (size_t)ftell(f);
    rewind(f);
    uint8_t *bytes = malloc(*n + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *n, f), *n);
    (void)fclose(f);
    return bytes;
}

/* Programs write into what they open: a copy is opened. */
__attribute__((unused)) static void fixture_copy(const char *name, const char *to) {
    size_t n;
    uint8_t *bytes = fixture_read(name, &n);
    FILE *f = fopen(to, "wb");
    if (f == NULL) fail_msg("%s cannot be written", to);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    free(bytes);
}

#endif
