/* customers -- what pages and scripts see of whom a contact is with: a keyed hash as it is, of a number the last three
 * digits, of anything else nothing; all of it where the configuration says show_customers.
 *
 * Knows of items only that contacts stand under "contacts", as maps that may have "customer".
 * Thread: service, alone.
 */
#ifndef FC_CUSTOMERS_H
#define FC_CUSTOMERS_H

#include "bytes.h"
#include "mp.h"

/* fc_customer_masked -- appends the text to be shown instead of a customer's: "••••• 123". */
void fc_customer_masked(struct fc_bytes *out, struct fc_str customer);

/* fc_contact_masked -- moves past one contact's map and appends it with its customer masked. False: it is no such map. */
bool fc_contact_masked(struct fc_bytes *out, struct fc_mp *contact);

/* fc_contacts_masked -- appends a whole item, the contacts in it masked. False: it is no item with contacts. */
bool fc_contacts_masked(struct fc_bytes *out, const void *item, size_t n);

#endif
