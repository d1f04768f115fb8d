// The numbers of one owner that matter first, as a strip.
import { usePage } from '../../ui/context';
import { Bar, Digits } from '../../ui/numbers';
import { LevelShape } from '../../ui/shapes';
import { Since } from '../../ui/Since';
import { StatesBar, statesOf } from '../../ui/AgentStates';
import { StateShape } from '../../ui/shapes';
import type { KpiItem, KpiKey } from '../../model/items';
import { OK, serviceLevelOf, waitOf, type Level } from '../../model/status';
import { useDesk } from './context';
import { read } from '../model/figure';
import { Explained, useKpiText } from './parts';

const SECOND: KpiKey[] = ['abandon_rate', 'answered', 'offered', 'asa_ms', 'aht_ms', 'occupancy'];

export function Totals({ item, label }: { item: KpiItem | null; label: string }) {
  const { live } = useDesk();
  const { text, format } = usePage().locale;
  const now = live.pulse.nowMs();
  const wait = item && now !== null ? waitOf(item, now) : OK;
  return (
    <section class="totals" aria-label={label}>
      <h2 class="hidden-label">{label}</h2>
      <Total kpi="waiting" item={item}>
        <Digits text={item ? format.count(item.waiting) : text.dash} />
      </Total>
      <Total kpi="longest_wait_since_us" item={item} level={wait}>
        <b class={`digits at-${wait}`}>
          <Since us={item && item.waiting > 0 ? item.longest_wait_since_us : null} />
        </b>
      </Total>
      <ServiceLevel item={item} />
      {SECOND.map((key) => (
        <Plain key={key} kpi={key} item={item} />
      ))}
      <Agents item={item} />
    </section>
  );
}

function Total({ kpi, item, level = OK, children }: { kpi: KpiKey; item: KpiItem | null; level?: 0 | 1 | 2; children: preact.ComponentChildren }) {
  const { name } = useKpiText();
  return (
    <Explained kpi={kpi} topic={item?.topic ?? null} class="total">
      <span class="value">
        {children}
        {level !== OK && (
          <span class={`at-${level}`}>
            <LevelShape level={level} />
          </span>
        )}
      </span>
      <small>{name(kpi)}</small>
    </Explained>
  );
}

function Plain({ kpi, item }: { kpi: KpiKey; item: KpiItem | null }) {
  const { value } = useKpiText();
  return (
    <Total kpi={kpi} item={item}>
      <Digits text={value(kpi, item)} />
      <Count kpi={kpi} item={item} />
    </Total>
  );
}

function Count({ kpi, item }: { kpi: KpiKey; item: KpiItem | null }) {
  const { text, format } = usePage().locale;
  const { n } = read(item, kpi);
  return n === undefined || kpi === 'occupancy' ? null : <small class="n">{text.tile.n(format.count(n))}</small>;
}

function ServiceLevel({ item }: { item: KpiItem | null }) {
  const { value, name } = useKpiText();
  const { text, format } = usePage().locale;
  const level = item ? serviceLevelOf(item) : OK;
  return (
    <Explained kpi="service_level" topic={item?.topic ?? null} class="total service">
      <span class="value">
        <Digits class={`at-${level}`} text={value('service_level', item)} />
        {level !== OK && (
          <span class={`at-${level}`}>
            <LevelShape level={level} />
          </span>
        )}
        <Count kpi="service_level" item={item} />
      </span>
      {item && <GoalBar item={item} level={level} />}
      <small>
        {name('service_level')}
        {item && item.goal > 0 && ` · ${text.tile.goal(format.percent(item.goal))}`}
      </small>
    </Explained>
  );
}

function GoalBar({ item, level }: { item: KpiItem; level: Level }) {
  const ratio = item.service_level;
  return <Bar value={ratio?.value ?? null} lo={ratio?.lo ?? null} hi={ratio?.hi ?? null} goal={item.goal} level={level} />;
}

function Agents({ item }: { item: KpiItem | null }) {
  const { text, format } = usePage().locale;
  const { words } = useDesk();
  if (!item?.agents) return null;
  const states = statesOf(item);
  const count = states.reduce((sum, one) => sum + one.count, 0);
  return (
    <Explained kpi="agents" topic={item.topic} class="total staff">
      <span class="states">
        {states.map((one) => (
          <span key={one.state} class={`is-${one.state}`}>
            <StateShape state={one.state} />
            <b class="digits">{format.count(one.count)}</b> {text.agent[one.state]}
          </span>
        ))}
      </span>
      {count > 0 && <StatesBar item={item} />}
      <small>{words.agentsCount(format.count(count))}</small>
    </Explained>
  );
}
