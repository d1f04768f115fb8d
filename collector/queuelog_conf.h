/* queuelog_conf -- which member name belongs to which interface, read from Asterisk's queues.conf.
 *
 * Asterisk writes ADDMEMBER and REMOVEMEMBER with the interface and everything else with the member's name, unless
 * log_membername_as_agent=yes; the link stands in no line of the log. Lines of this form, in the section of their queue,
 * give it:   member => Local/a101@agents/n,0,Ana Müller
 * In queues.conf itself they are static members, who serve their queue from every start on. A file of one's own, of the same
 * form, gives the names of those that a dialplan or the manager adds. Other keys are passed over, #include is not followed.
 */
#ifndef FC_QUEUELOG_CONF_H
#define FC_QUEUELOG_CONF_H

#include "queuelog_map.h"
#include "status.h"

struct fc_qconf_member {
    struct fc_qnode node; /* key: "queue|interface"; first member */
    char *queue, *name;
    bool fixed; /* serves the queue from every start on */
};

struct fc_qconf {
    struct fc_qmap members;
};

void fc_qconf_init(struct fc_qconf *conf);
void fc_qconf_fini(struct fc_qconf *conf);

/* fc_qconf_read -- adds a file's members; one that is known already is left as it is.
 * Errors: FC_IO it cannot be read; FC_CONFIG a member line without an interface or outside a queue, with its number.
 * Thread: collector, blocks on the disk, allocates. */
FC_MUST_USE enum fc_status fc_qconf_read(struct fc_qconf *conf, const char *path, bool fixed, struct fc_error *err);

/* The member's name, or an empty view. */
struct fc_str fc_qconf_name(const struct fc_qconf *conf, struct fc_str queue, struct fc_str interface);

#endif
