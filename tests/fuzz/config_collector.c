/* config_collector -- the collector's YAML file. An error names the file. */
#include "fuzz.h"
#include "settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64], program[] = "floorcast-collector", option[] = "--config";
    int fd = fuzz_file(path, data, size);
    char *argv[] = {program, option, path, NULL};
    struct fc_settings s;
    struct fc_error err = {""};
    if (fc_settings_load(3, argv, &s, &err) == FC_OK) fc_settings_fini(&s);
    else fuzz_sentence(&err);
    (void)close(fd);
    return 0;
}
