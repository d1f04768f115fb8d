/* replay -- runs a target on named files and on all files of named directories, without libFuzzer: so that every
 * compiler and sanitizer reads the corpus again. Says how many there were; none is a failure. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

static unsigned count;

static void play_file(const char *path) {
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (f == NULL || fstat(fileno(f), &st) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    size_t n = (size_t)st.st_size;
    uint8_t *bytes = malloc(n > 0 ? n : 1); /* exactly as long, so that a read past the end is seen */
    FC_ASSERT(bytes != NULL && fread(bytes, 1, n, f) == n);
    (void)fclose(f);
    (void)printf("%s\n", path);
    (void)fflush(stdout); /* the name of what stops the process is the last line */
    (void)LLVMFuzzerTestOneInput(bytes, n);
    free(bytes);
    count++;
}

static void play(const char *path) {
    struct stat st;
    struct dirent **names;
    int n = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? scandir(path, &names, NULL, alphasort) : -1;
    if (n < 0) {
        play_file(path);
        return;
    }
    for (int i = 0; i < n; i++) {
        char inner[4096];
        (void)snprintf(inner, sizeof inner, "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.') play_file(inner);
        free(names[i]);
    }
    free(names);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) play(argv[i]);
    (void)printf("%u inputs\n", count);
    return count > 0 ? 0 : 1;
}
