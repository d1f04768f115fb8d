/* csv -- a JSON array of objects as a table that a spreadsheet opens rightly.
 *
 * UTF-8 with a byte order mark, CRLF, RFC 4180 quoting. Columns are the keys in the order in which they first occur;
 * nested objects are flattened to "service_level.value". Instants ("..._us") become ISO 8601 in UTC under the name without
 * its unit, null an empty cell, an array of plain values its values with spaces between. A text that a spreadsheet
 * would take for a formula (= + - @ tab, return at its start) gets an apostrophe in front.
 */
#ifndef FC_CSV_H
#define FC_CSV_H

#include "bytes.h"

#include <jansson.h>

/* fc_csv_write -- appends the table; elements of `rows` that are no objects are left out. */
void fc_csv_write(struct fc_bytes *out, json_t *rows);

#endif
