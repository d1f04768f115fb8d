// The whole floor in one strip: what is happening now, how the day is going, what the agents are doing.
import type { AllView } from '../model/store';
import type { KpiItem } from '../model/items';
import { OK, serviceLevelOf } from '../model/status';
import { AgentStates, StatesBar, statesOf } from './AgentStates';
import { usePage } from './context';
import { Figure } from './explain';
import { Counted, Digits, GoalBar, Percent } from './numbers';
import { LevelShape } from './shapes';
import { Since } from './Since';

export function Summary({ all }: { all: AllView }) {
  const { text, format } = usePage().locale;
  const { main, other } = all;
  const [day, short] = main?.window === 'day' ? [main, other] : [other, main];
  return (
    <section class="summary" aria-label={text.allQueues}>
      <h2 class="hidden-label">{text.allQueues}</h2>
      <Figure kpi="waiting" item={main} class="big">
        <Digits text={main ? format.count(main.waiting) : text.dash} />
        <small>{text.summary.waiting}</small>
      </Figure>
      <Figure kpi="longest_wait_since_us" item={main} class="big">
        <b class="digits">
          <Since us={main && main.waiting > 0 ? main.longest_wait_since_us : null} />
        </b>
        <small>{text.summary.longestWait}</small>
      </Figure>
      <ServiceLevel item={day} />
      <ServiceLevel item={short} />
      <Abandoned item={day} />
      <Answered item={day} />
      <FloorAgents item={main} />
    </section>
  );
}

function ServiceLevel({ item }: { item: KpiItem | null }) {
  const { text, format } = usePage().locale;
  const level = item ? serviceLevelOf(item) : OK;
  const window = item ? text.window[item.window] : '';
  const note = item && item.goal > 0 ? text.summary.serviceLevelGoal(window, format.percent(item.goal)) : text.summary.inWindow(text.summary.serviceLevel, window);
  return (
    <Figure kpi="service_level" item={item} class="big service">
      <span class="value">
        <Percent ratio={item?.service_level} level={level} digits={1} />
        {level !== OK && (
          <span class={`mark at-${level}`}>
            <LevelShape level={level} />
          </span>
        )}
        <Counted ratio={item?.service_level} />
      </span>
      {item && <GoalBar item={item} level={level} />}
      <small>{note}</small>
    </Figure>
  );
}

function Abandoned({ item }: { item: KpiItem | null }) {
  const { text } = usePage().locale;
  return (
    <Figure kpi="abandon_rate" item={item} class="big">
      <span class="value">
        <Percent ratio={item?.abandon_rate} digits={1} />
        <Counted ratio={item?.abandon_rate} />
      </span>
      <small>{text.summary.inWindow(text.summary.abandonRate, item ? text.window[item.window] : '')}</small>
    </Figure>
  );
}

function Answered({ item }: { item: KpiItem | null }) {
  const { text, format } = usePage().locale;
  const count = (value: number | undefined) => (value === undefined ? text.dash : format.count(value));
  return (
    <Figure kpi="answered" item={item} class="big">
      <span class="value">
        <Digits text={count(item?.answered)} />
        <small class="n">{text.summary.of(count(item?.offered))}</small>
      </span>
      <small>{text.summary.inWindow(text.summary.answered, item ? text.window[item.window] : '')}</small>
    </Figure>
  );
}

function FloorAgents({ item }: { item: KpiItem | null }) {
  const { text, format } = usePage().locale;
  if (!item) return null;
  const total = statesOf(item).reduce((sum, { count }) => sum + count, 0);
  return (
    <Figure kpi="agents" item={item} class="floor-agents">
      <small>{text.summary.agents(format.count(total))}</small>
      {total > 0 && <StatesBar item={item} />}
      {total > 0 && <AgentStates item={item} words offline />}
    </Figure>
  );
}
