#include "rules_file.h"

#include "kpi.h"

#define IF_GIVEN (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define A_WORD (IF_GIVEN | CYAML_FLAG_STRICT)
#define TEXT_MAX 200 /* of what is looked at more closely later */

/* The words of all kinds of variants in one row; those of a kind stand together. */
static const cyaml_strval_t variants[] = {
#define VARIANT(kind, NAME, word, formula) {.str = word, .val = FC_##kind##_##NAME},
    FC_VARIANTS(VARIANT)
#undef VARIANT
};
#define WORDS_SERVICE_LEVEL variants, FC_AT_ABANDON_RATE
#define WORDS_ABANDON_RATE variants + FC_AT_ABANDON_RATE, FC_AT_FCR - FC_AT_ABANDON_RATE
#define WORDS_FCR variants + FC_AT_FCR, sizeof variants / sizeof *variants - FC_AT_FCR

static const cyaml_strval_t channels[FC_CHANNEL_COUNT] = {
    {.str = "voice", .val = FC_CHANNEL_VOICE},   {.str = "chat", .val = FC_CHANNEL_CHAT},
    {.str = "email", .val = FC_CHANNEL_EMAIL},   {.str = "sms", .val = FC_CHANNEL_SMS},
    {.str = "ticket", .val = FC_CHANNEL_TICKET}, {.str = "internal", .val = FC_CHANNEL_INTERNAL},
};

/* ---- what stands in several places ------------------------------------------------------------------------------- */

#define GOAL(of) CYAML_FIELD_FLOAT_PTR("goal", IF_GIVEN, struct of, s.goal)
#define SETTINGS(of)                                                                                                   \
    CYAML_FIELD_FLOAT_PTR("threshold_s", IF_GIVEN, struct of, s.threshold_s),                                          \
        CYAML_FIELD_FLOAT_PTR("short_abandon_s", IF_GIVEN, struct of, s.short_abandon_s), GOAL(of)
#define DAY(of)                                                                                                        \
    CYAML_FIELD_STRING_PTR("zone", IF_GIVEN, struct of, day.zone, 0, TEXT_MAX),                                        \
        CYAML_FIELD_STRING_PTR("day_start", IF_GIVEN, struct of, day.start, 0, TEXT_MAX)
#define WORD(key, of, member, words) WORD_OF(key, of, member, words)
#define WORD_OF(key, of, member, words, n) CYAML_FIELD_ENUM_PTR(key, A_WORD, struct of, member, words, n)
#define RATES(of)                                                                                                      \
    WORD("service_level", of, v.service_level, WORDS_SERVICE_LEVEL),                                                   \
        WORD("abandon_rate", of, v.abandon_rate, WORDS_ABANDON_RATE)
#define FCR(key, of, member) WORD(key, of, member, WORDS_FCR)
#define NUMBER(key, of, member) CYAML_FIELD_UINT_PTR(key, IF_GIVEN, struct of, member)
#define NAME(of) CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct of, name, 1, FC_ID_MAX)
#define LIST(flags, of, member, entry, max) \
    CYAML_FIELD_SEQUENCE(#member, flags, struct of, member, entry, 0, max)

/* ---- the schema -------------------------------------------------------------------------------------------------- */

static const cyaml_schema_field_t channel_fields[] = {
    CYAML_FIELD_ENUM("channel", CYAML_FLAG_STRICT, struct file_channel, channel, channels, FC_CHANNEL_COUNT),
    SETTINGS(file_channel),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t channel_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_channel, channel_fields),
};

static const cyaml_schema_field_t queue_fields[] = {
    NAME(file_queue), DAY(file_queue), SETTINGS(file_queue), RATES(file_queue), FCR("fcr_by", file_queue, v.fcr),
    LIST(IF_GIVEN, file_queue, channels, &channel_schema, FC_CHANNEL_COUNT),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t queue_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_queue, queue_fields),
};

static const cyaml_schema_value_t name_schema = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, FC_ID_MAX)};
static const cyaml_schema_field_t group_fields[] = {
    NAME(file_group), LIST(CYAML_FLAG_POINTER, file_group, queues, &name_schema, CYAML_UNLIMITED),
    GOAL(file_group), RATES(file_group), FCR("fcr_by", file_group, v.fcr),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t group_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_group, group_fields),
};

static const cyaml_schema_field_t fcr_fields[] = {
    NUMBER("window_h", file_fcr, window_h),
    FCR("by", file_fcr, by),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t retention_fields[] = {
    NUMBER("minutes_days", file_retention, minutes_days),
    NUMBER("quarters_days", file_retention, quarters_days),
    NUMBER("contacts_days", file_retention, contacts_days),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t file_fields[] = {
    DAY(file), SETTINGS(file), RATES(file),
    CYAML_FIELD_MAPPING("fcr", CYAML_FLAG_OPTIONAL, struct file, fcr, fcr_fields),
    NUMBER("late_s", file, late_s), NUMBER("skew_limit_s", file, skew_limit_s),
    NUMBER("contacts_max", file, contacts_max),
    CYAML_FIELD_MAPPING("retention", CYAML_FLAG_OPTIONAL, struct file, retention, retention_fields),
    LIST(IF_GIVEN, file, queues, &queue_schema, CYAML_UNLIMITED),
    LIST(IF_GIVEN, file, groups, &group_schema, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t fc_rules_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields)};
