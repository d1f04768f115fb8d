/* kpi_rows -- the table itself: included, with KPI defined, by whoever makes something of its rows (kpi.h the enum,
 * kpi.c the functions). One KPI, one row; kpi.c holds one function of the same name.
 *
 * KPI(key, where, form, unit, variants,
 *     name en, name zh-CN,
 *     formula, source of the definition,
 *     help en, help zh-CN)
 *   where      MOMENT: the value of this instant, worked out from struct fc_kpi_now, in every live item
 *              STRETCH: what happened within a stretch of time, from struct fc_kpi_view, in every item but `now`'s
 *   variants   the kind of variant that decides the formula (its texts are in FC_VARIANTS of kpi.h), or NONE
 *   formula    in the symbols of FC_KPI_SYMBOLS, so that it reads the same in every language
 *   help       one or two sentences for a supervisor; {threshold} {short} {goal} {window_h} stand for the settings of
 *              the item shown
 */
KPI(waiting, MOMENT, COUNT, "contacts", NONE,
    "Waiting", "等待中",
    "W", "Amazon Connect: contacts in queue",
    "Contacts in the queue at this moment, not yet connected to an agent.",
    "此刻在队列中、尚未接通坐席的联络数。")
KPI(longest_wait_since_us, MOMENT, INSTANT, "us", NONE,
    "Longest wait", "最长等待",
    "now − min(offered), W", "Amazon Connect: oldest contact in queue; Cisco Finesse hands out the start",
    "How long the contact that has waited longest has been in the queue. Watch from {threshold} on, act at three "
    "times that.",
    "队列中等待最久的联络已等待的时间。超过 {threshold}提示留意，超过其三倍提示立即处理。")
KPI(agents, MOMENT, STATES, "agents", NONE,
    "Agents by state", "坐席状态",
    "N, by state", "Twilio Flex: an agent in several queues counts once in every total",
    "How many agents are in each state now. An agent who serves several queues counts once in the total.",
    "此刻各状态的坐席人数。服务多个队列的坐席在合计中只计一次。")
KPI(ewt_ms, MOMENT, MS, "ms", NONE,
    "Estimated wait", "预计等待时间",
    "(W + 1) × AHT / N; 0: W = 0, available ≥ 1",
    "Mitel MiContact Center: handling time × position / agents; Genesys Stat Server: AHT × calls in queue / agents",
    "How long a contact that arrives now will probably wait: everyone before it and itself, at the average handling "
    "time of the last hour (or of today), shared among the agents neither offline nor paused.",
    "此刻进线的联络预计要等待的时间：排在前面的联络连同它自己，按近一小时（若无，则按今日）的平均处理时长，由未离线、"
    "未小休的坐席分担。")

KPI(offered, STRETCH, COUNT, "contacts", NONE,
    "Offered", "进线量",
    "O", "Amazon Connect: contacts queued; Genesys Cloud: offered",
    "Contacts that entered the queue in this window.",
    "此窗口内进入队列的联络数。")
KPI(answered, STRETCH, COUNT, "contacts", NONE,
    "Answered", "接听量",
    "A", "Genesys Cloud: answered",
    "Contacts connected to an agent in this window. Some of them may have entered the queue before it began.",
    "此窗口内接通坐席的联络数。其中可能有在窗口开始前就已进入队列的联络。")
KPI(abandoned, STRETCH, COUNT, "contacts", NONE,
    "Abandoned", "放弃量",
    "B", "Genesys Cloud: abandon, short ones included",
    "Customers who gave up while waiting, those who did so within {short} included.",
    "在等待中放弃的联络数，包括 {short}以内放弃的。")
KPI(short_abandoned, STRETCH, COUNT, "contacts", NONE,
    "Short abandons", "短时放弃量",
    "Bs = B≤S", "Talkdesk and RingCentral: short abandons",
    "Customers who gave up within {short}. They count neither in the service level nor in the abandon rate.",
    "在 {short}以内放弃的联络数。它们既不计入服务水平，也不计入放弃率。")
KPI(flow_out, STRETCH, COUNT, "contacts", NONE,
    "Flow-outs", "流出量",
    "F = left − B − unknown", "Genesys Cloud: flow-outs",
    "Contacts that left the queue unanswered without having given up: by time-out, key, overflow, callback, transfer "
    "and the like.",
    "未经接听、也非客户放弃而离开队列的联络数：如等待超时、按键退出、溢出、转为回呼、转走等。")
KPI(left, STRETCH, REASONS, "contacts", NONE,
    "Left by reason", "离队原因",
    "left = B + F + unknown", "Asterisk queue_log: how a caller leaves a queue",
    "How contacts left the queue unanswered. Unknown are those whose end no source has told.",
    "联络未经接听离开队列的原因分布。“未知”指数据源未能告知去向的联络。")
KPI(service_level, STRETCH, RATIO, "share", SERVICE_LEVEL,
    "Service level", "服务水平",
    NULL, "Cisco UCCE: the call counts at its service level event; short abandons left out as Talkdesk does",
    "Share of contacts answered within {threshold}; the goal is {goal}. A contact counts against it as soon as it has "
    "waited for longer, not only when it ends.",
    "在 {threshold}内接听的联络所占的比例，目标为 {goal}。等待一旦超过该时限即计为未达标，不必等到联络结束。")
KPI(abandon_rate, STRETCH, RATIO, "share", ABANDON_RATE,
    "Abandon rate", "放弃率",
    NULL, "Talkdesk: short abandons left out; Genesys Cloud: flow-outs are no abandons",
    "Share of contacts that gave up while waiting. Unless another formula was chosen, those that gave up within "
    "{short} and those that left by another way are left out.",
    "在等待中放弃的联络所占的比例。除非选用了其他公式，{short}以内放弃的以及以其他方式离开队列的联络不计在内。")
KPI(asa_ms, STRETCH, MS, "ms", NONE,
    "Average speed of answer", "平均应答速度",
    "Σ wait(A) / A", "Amazon Connect: average queue answer time; Talkdesk: queue and ringing",
    "How long answered contacts had waited on average, from entering the queue to the connection, ringing included.",
    "已接听联络从进入队列到接通坐席的平均等待时间，含振铃时间。")
KPI(wait_p50_ms, STRETCH, MS, "ms", NONE,
    "Wait, median", "等待时间中位数",
    "P50(wait(A))", "nearest rank",
    "Half of the answered contacts waited no longer than this.",
    "半数已接听联络的等待时间不超过此值。")
KPI(wait_p90_ms, STRETCH, MS, "ms", NONE,
    "Wait, 90th percentile", "等待时间 P90",
    "P90(wait(A))", "nearest rank",
    "Nine in ten of the answered contacts waited no longer than this.",
    "90% 的已接听联络等待时间不超过此值。")
KPI(wait_p95_ms, STRETCH, MS, "ms", NONE,
    "Wait, 95th percentile", "等待时间 P95",
    "P95(wait(A))", "nearest rank",
    "19 in 20 of the answered contacts waited no longer than this.",
    "95% 的已接听联络等待时间不超过此值。")
KPI(wait_p99_ms, STRETCH, MS, "ms", NONE,
    "Wait, 99th percentile", "等待时间 P99",
    "P99(wait(A))", "nearest rank",
    "99 in 100 of the answered contacts waited no longer than this.",
    "99% 的已接听联络等待时间不超过此值。")
KPI(wait_max_ms, STRETCH, MS, "ms", NONE,
    "Longest wait of the answered", "已接听联络的最长等待",
    "max(wait(A))", "Amazon Connect: maximum queued time, of answered contacts only",
    "The longest that an answered contact had waited.",
    "已接听联络中等待最久的一个所等待的时间。")
KPI(talk_ms, STRETCH, MS, "ms", NONE,
    "Average talk time", "平均通话时长",
    "Σ talk / E", "Genesys Cloud: average talk",
    "How long agent and customer spoke, or wrote, on average. Hold is not included.",
    "坐席与客户通话（或文字会话）的平均时长，不含保持时间。")
KPI(hold_ms, STRETCH, MS, "ms", NONE,
    "Average hold time", "平均保持时长",
    "Σ hold / E", "Amazon Connect: customer hold time, spread over all conversations",
    "How long customers were put on hold during a conversation on average. A conversation without hold counts as 0.",
    "会话中客户被保持的平均时长。未被保持过的会话按 0 计。")
KPI(wrap_ms, STRETCH, MS, "ms", NONE,
    "Average wrap-up time", "平均话后处理时长",
    "Σ wrap / H", "Genesys Cloud: average after-call work",
    "How long agents worked on a contact after it was over on average. A dash where no source tells it.",
    "联络结束后坐席处理后续工作的平均时长。数据源不提供时显示为短横。")
KPI(aht_ms, STRETCH, MS, "ms", NONE,
    "Average handle time", "平均处理时长",
    "Σ (talk + hold + wrap) / H", "Genesys Cloud: average handle time, stamped when after-call work ends",
    "What one contact costs in agents' time on average: talk, hold and wrap-up together.",
    "坐席处理一个联络平均花费的时间：通话、保持与话后处理之和。")
KPI(occupancy, STRETCH, TIME_SHARE, "share", NONE,
    "Occupancy", "坐席占用率",
    "(busy + hold + wrap) / (busy + hold + wrap + available)", "Amazon Connect: occupancy by wall-clock",
    "Share of agents' time ready for work in which they handled contacts. An agent with several contacts at once "
    "counts once; ringing and pauses do not count.",
    "坐席在可服务时间内用于处理联络的时间占比。同时处理多个联络时只计一份时间；振铃与小休不计。")
KPI(utilization, STRETCH, TIME_SHARE, "share", NONE,
    "Utilization", "工时利用率",
    "(busy + hold + wrap + available) / (all − offline)", "Assembled WFM glossary: utilization rate",
    "Share of agents' signed-in time in which they handled contacts or were free for the next one.",
    "坐席签入时间中用于处理联络或处于空闲待接状态的时间占比。")
KPI(state_ms, STRETCH, STATE_TIMES, "ms", NONE,
    "Time by state", "坐席状态时长",
    "Σ time, by state", "Amazon Connect: agent activity by wall-clock",
    "How long agents were in each state in this window, summed over agents. Time counts up to now; time offline is not counted.",
    "此窗口内坐席处于各状态的时长，按坐席累加，计至此刻；离线时间不计。")
KPI(missed, STRETCH, COUNT, "alerts", NONE,
    "Missed alerts", "振铃未接次数",
    "M", "Amazon Connect: agent non-response; one contact can be missed several times",
    "How often an agent was rung and did not take the contact. Whoever only lost the race among several that rang "
    "missed nothing.",
    "坐席被振铃却未接起的次数。多名坐席同振时，被他人抢先接起的不算未接。")
KPI(transferred, STRETCH, COUNT, "contacts", NONE,
    "Transferred", "转接量",
    "X", "Genesys Cloud: transferred",
    "Conversations that the agent ended by transferring the customer.",
    "坐席以转接方式结束的会话数。")
KPI(transfer_rate, STRETCH, RATIO, "share", NONE,
    "Transfer rate", "转接率",
    "X / E", "Genesys Cloud: transferred / handled",
    "Share of conversations that ended in a transfer.",
    "以转接结束的会话占已结束会话的比例。")
KPI(fcr_provisional, STRETCH, RATIO, "share", FCR,
    "First-contact resolution, provisional", "首次解决率（暂估）",
    NULL, "QueueMetrics: repeat calls by number in 168 h; charged to the first answer",
    "Share of customers' cases settled with the first answered contact, as known now. It may still fall: a case stays "
    "open for {window_h} after its last contact.",
    "首个接通的联络即解决问题的客户事件占比，按目前所知计算。最后一次联络后 {window_h}内若再次来访，该值仍会下降。")
KPI(fcr_matured, STRETCH, RATIO, "share", FCR,
    "First-contact resolution, matured", "首次解决率（已确认）",
    NULL, "QueueMetrics: repeat calls by number in 168 h; charged to the first answer",
    "The same share, but only of cases whose {window_h} without another contact have passed: it can no longer change.",
    "同样的占比，但只计最后一次联络后已满 {window_h}且未再来访的客户事件，结果不再变化。")
KPI(journey_ms, STRETCH, MS, "ms", NONE,
    "Customer's journey", "客户历程时长",
    "Σ (end − first offered) / C", "the customer's clock over all contacts and channels of one case",
    "How long it took on average from the customer's first attempt to the end of the last answered contact of the "
    "case.",
    "从客户首次进线到该事件最后一个接通的联络结束，平均所用的时间。")
KPI(journey_p90_ms, STRETCH, MS, "ms", NONE,
    "Customer's journey, 90th percentile", "客户历程时长 P90",
    "P90(end − first offered)", "nearest rank",
    "Nine in ten cases took the customer no longer than this.",
    "90% 的客户事件历程时长不超过此值。")
KPI(csat, STRETCH, MEAN, "points", NONE,
    "Satisfaction", "客户满意度",
    "Σ points / n", "mean of ratings 1 to 5, as Zykrr does",
    "Mean of customers' answers on satisfaction, from 1 (worst) to 5 (best).",
    "客户满意度评分的平均值，1 分最低，5 分最高。")
KPI(csat_top, STRETCH, RATIO, "share", NONE,
    "Satisfied customers", "满意率",
    "n(4 … 5) / n", "top two boxes of five, as SoGoSurvey does",
    "Share of answers on satisfaction that gave 4 or 5 of 5.",
    "满意度评分为 4 分或 5 分的占比。")
KPI(nps, STRETCH, SCORE, "points", NONE,
    "Net promoter score", "净推荐值",
    "100 × (n(9 … 10) − n(0 … 6)) / n", "Reichheld 2003; Dynamics 365 Customer Voice",
    "Share of customers who would recommend (9 or 10 of 10) less the share of those who would not (0 to 6), from −100 "
    "to 100.",
    "推荐者（9–10 分）占比减去贬损者（0–6 分）占比，取值 −100 至 100。")
KPI(rater, STRETCH, DIMENSIONS, "points", NONE,
    "Service quality in five dimensions", "服务质量五维度",
    "Σ points / n, by dimension", "SERVQUAL: Parasuraman, Zeithaml and Berry 1988",
    "Mean answers from 1 to 5 on reliability, assurance, tangibles, empathy and responsiveness.",
    "客户对可靠性、保证性、有形性、移情性、响应性五个维度评分（1–5 分）的平均值。")
KPI(assess, STRETCH, TIER, "points", NONE,
    "Self-assessment", "自评得分",
    "Σ points / n; ≤ 12 bronze, ≤ 22 silver, ≤ 30 gold", "ten questions of 0 to 3 points each",
    "Mean of self-assessments of ten questions, 0 to 30 points. The tier is that of the mean, rounded to whole points.",
    "十题自评得分（0–30 分）的平均值。等级按平均分四舍五入后评定：0–12 铜，13–22 银，23–30 金。")
KPI(resolved, STRETCH, ANSWERS, "contacts", NONE,
    "Resolved", "处理结果",
    "yes, no", "disposition set by the agent or the case system",
    "Contacts and cases whose disposition says that they were resolved, or were not.",
    "处理结果登记为已解决和未解决的联络与工单数。")
KPI(complaints, STRETCH, CASES, "cases", NONE,
    "Complaints", "投诉",
    "opened, open, reopened", "ISO 10002: receipt and closing of complaints",
    "Complaints opened and reopened in this window, and how many are open now.",
    "此窗口内新立案和重新立案的投诉数，以及此刻尚未办结的投诉数。")
KPI(complaint_rate, STRETCH, RATIO, "share", NONE,
    "Complaint rate", "投诉率",
    "opened / H", "complaints per 100 handled contacts",
    "Complaints opened in this window per 100 contacts handled in it.",
    "此窗口内每处理 100 个联络所对应的新立案投诉数。")
KPI(complaint_ack_ms, STRETCH, MS, "ms", NONE,
    "Time to acknowledge a complaint", "投诉响应时长",
    "Σ (acknowledged − opened) / n", "ISO 10002: acknowledgement of the complaint",
    "How long it took on average until a complaint was first acknowledged.",
    "从投诉立案到首次响应客户的平均时长。")
KPI(complaint_resolve_ms, STRETCH, MS, "ms", NONE,
    "Time to resolve a complaint", "投诉办结时长",
    "Σ (resolved − opened) / n", "ISO 10002: closing the complaint",
    "How long it took on average until a complaint was resolved for good. One that was opened again counts with its "
    "last resolution.",
    "从投诉首次立案到最终办结的平均时长。重新立案的投诉以最后一次办结为准。")
KPI(causes, STRETCH, CAUSES, "cases", NONE,
    "Causes", "问题成因",
    "frontline, process, support", "rule of thumb: 10 % front line, 30 % process, 60 % support",
    "Where complaints and unresolved contacts came from: the front line, the process, or the units behind it. A rule "
    "of thumb expects 10, 30 and 60 in 100.",
    "投诉和未解决联络的成因：一线服务、流程制度、后台支撑。经验参考比例为 10 : 30 : 60。")
