/* survey -- what one survey or self-assessment adds to the tallies. Pure: whom it concerns and whether it came
 * twice is the caller's affair, means and scores are worked out by kpi.h.
 */
#ifndef FC_SURVEY_H
#define FC_SURVEY_H

#include "event.h"
#include "place.h"

/* fc_survey_facts -- the facts of a `surveyed` event, all at its ts and at `place`, each with sign +1.
 * Shape:   only what was answered: a survey without scores gives none (its `resolved` is the chain's). csat: 1, and
 *          2 when it is at the top; nps: 1 or 2; rater: 5, of which the first counts the answer; assess: 1
 * Thread:  engine; no allocation */
void fc_survey_facts(const struct fc_event *ev, const struct fc_place *place, const struct fc_fact_sink *sink);

/* fc_survey_fingerprint -- the same for the same survey told twice: contact (else customer), ts, queue and agent.
 * For seen.h. Two surveys that differ in one of them share a fingerprint with a chance of 2^-64. Thread: any */
uint64_t fc_survey_fingerprint(const struct fc_event *ev);

#endif
