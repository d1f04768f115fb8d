/* config_wallboard -- the wallboard's YAML file. Names of hosts are not looked up: only numbers are taken. */
#include "fuzz.h"
#include "settings.h"

#include <dlfcn.h>
#include <netdb.h>

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    struct addrinfo numeric = *hints;
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    memcpy(&real, &symbol, sizeof real);
    numeric.ai_flags |= AI_NUMERICHOST;
    return real(host, service, &numeric, found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct fc_option_values got[FC_SET_COUNT];
    char path[64];
    int fd = fuzz_file(path, data, size);
    struct fc_settings s;
    struct fc_error err = {""};
    memset(got, 0, sizeof got);
    got[FC_SET_CONFIG] = (struct fc_option_values){.n = 1, .v = {path}};
    if (fc_settings_load(&s, got, &err) == FC_OK) fc_settings_free(&s);
    else fuzz_sentence(&err);
    (void)close(fd);
    return 0;
}
