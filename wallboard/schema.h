/* schema -- what a document may hold, as tables, and the check of a tree against them: for boards and for the rules of alerts.
 *
 * One table an object, one row a key. Whatever is not in a table is refused, so that a slip of the pen is told and not
 * passed over. The check names the place as a path, "tiles[3].window", entries from 1 as in every configuration's errors.
 * It mends what YAML cannot say otherwise: a queue called 4711 is a text though it looks like a number, yes is true; and a
 * number with no fraction becomes a whole one, so that it reads the same in every form.
 * Thread: any; a zone is looked for on the disk
 */
#ifndef FC_SCHEMA_H
#define FC_SCHEMA_H

#include "status.h"
#include "str.h"

#include <jansson.h>

enum fc_field_kind {
    FC_FIELD_TEXT,   /* a text for people: a string, or {language: string}; max bytes each */
    FC_FIELD_NAME,   /* a string of 1 to max bytes */
    FC_FIELD_ID,     /* [a-z0-9][a-z0-9-]{0,63} */
    FC_FIELD_WORD,   /* one of `words` */
    FC_FIELD_WHOLE,  /* min to max */
    FC_FIELD_NUMBER, /* likewise */
    FC_FIELD_BOOL,
    FC_FIELD_CLOCK,  /* "22:00" */
    FC_FIELD_ZONE,   /* an IANA zone that this machine knows */
    FC_FIELD_KPI,    /* one number of the catalogue */
    FC_FIELD_SIGHT,  /* likewise, or "agents", which are shown by state */
    FC_FIELD_MAP,    /* of `fields` */
    FC_FIELD_LIST,   /* of up to max values, each as fields[0] says, whose key is not looked at */
};

struct fc_field { /* a table ends with a row without a key */
    const char *key;
    enum fc_field_kind kind;
    bool must;
    double min, max;
    const char *words;
    const struct fc_field *fields;
};

#define FC_DOC_ID_MAX 63

struct fc_check { /* where the check is, and what it has found */
    bool yaml;
    char where[200];
    size_t where_n;
    struct fc_error *err; /* without the place */
};

/* fc_check_map -- false: `where` and err say what is wrong. */
bool fc_check_map(struct fc_check *c, json_t *value, const struct fc_field *fields);

/* fc_check_enter, fc_check_enter_at -- one key, one entry (from 0) deeper; hand back what fc_check_leave wants.
 * fc_check_fail -- says what is wrong at this place; always false. */
size_t fc_check_enter(struct fc_check *c, const char *key);
size_t fc_check_enter_at(struct fc_check *c, size_t entry);
void fc_check_leave(struct fc_check *c, size_t back);
bool fc_check_fail(struct fc_check *c, const char *format, ...) FC_PRINTF(2, 3);

/* fc_check_place -- puts the place before what is wrong: NAME:LINE:COLUMN where text is the YAML it stands in, else the path
 * alone. Hands back FC_INVALID. */
enum fc_status fc_check_place(const struct fc_check *c, const char *name, struct fc_str text);

/* fc_id_valid -- of a board or a rule. */
bool fc_id_valid(struct fc_str id);

/* fc_clock_minute -- "22:00" is 1320; -1: none. "24:00" is none. */
int fc_clock_minute(struct fc_str text);

#endif
