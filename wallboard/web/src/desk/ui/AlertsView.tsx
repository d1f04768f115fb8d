// What fired, when, and who has taken care of it.
import { useState } from 'preact/hooks';
import { usePage } from '../../ui/context';
import { Since } from '../../ui/Since';
import { ask, type Problem } from '../model/ask';
import { keep, recall } from '../model/memory';
import { readOrder, type Order } from '../model/table';
import type { Alert } from '../model/wire';
import { textOf } from '../model/words';
import { useAsk, useDesk } from './context';
import { Answered, Download, Empty, Link, Panel, Trouble, useKpiText } from './parts';
import { LevelShape } from '../../ui/shapes';
import { csvRows, Table, useSorted, type Column } from './Table';

const ASKED_EVERY_MS = 10_000;

export function AlertsView() {
  const { words, live } = useDesk();
  const news = live.find<{ ver?: number }>('alerts')?.ver ?? null;
  const asked = useAsk<{ alerts: Alert[] }>(['/api/v1/alerts'], ASKED_EVERY_MS, news);
  const [name, setName] = useState(recall('name') ?? '');
  const [problem, setProblem] = useState<Problem | null>(null);
  const acknowledge = async (alert: Alert) => {
    const by = name.trim();
    if (by === '') {
      document.querySelector<HTMLInputElement>('.name-field input')?.focus();
      return;
    }
    keep('name', by);
    const answer = await ask<Alert>(`/api/v1/alerts/${encodeURIComponent(alert.id)}/ack`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ by }) });
    setProblem(answer.problem);
    asked.again();
  };
  return (
    <>
      <div class="toolbar">
        <label class="field name-field">
          <span>{words.alerts.yourName}</span>
          <input type="text" autocomplete="name" maxLength={60} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <span class="hint">{words.alerts.nameHint}</span>
      </div>
      {problem && <Trouble problem={problem} />}
      <Answered asked={asked}>
        {([told]) => {
          const alerts = told?.alerts ?? [];
          return (
            <>
              <List title={words.alerts.firing} alerts={alerts.filter(({ state }) => state === 'firing')} empty={words.alerts.quiet} hint={words.alerts.quietHint} acknowledge={(alert) => void acknowledge(alert)} />
              <List title={words.alerts.ended} alerts={alerts.filter(({ state }) => state !== 'firing')} empty={words.alerts.noneEnded} />
            </>
          );
        }}
      </Answered>
    </>
  );
}

interface ListProps {
  title: string;
  alerts: Alert[];
  empty: string;
  hint?: string;
  acknowledge?: (alert: Alert) => void;
}

function List({ title, alerts, empty, hint, acknowledge }: ListProps) {
  const [order, setOrder] = useState<Order>(readOrder(undefined, '-since'));
  const columns = useAlertColumns(acknowledge);
  const rows = useSorted(alerts, columns, order, (alert) => alert.id);
  return (
    <Panel title={title} tools={rows.length > 0 && <Download name={[title]} rows={() => csvRows(rows, columns)} />}>
      {rows.length === 0 ? <Empty title={empty} {...(hint ? { hint } : {})} /> : <Table label={title} rows={rows} columns={columns} order={order} onOrder={setOrder} id={(alert) => alert.id} rowClass={(alert) => (alert.state === 'firing' ? `at-level-${alert.level === 'alert' ? 2 : 1}` : '')} />}
    </Panel>
  );
}

function useAlertColumns(acknowledge?: (alert: Alert) => void): Column<Alert>[] {
  const { words, show, calendar } = useDesk();
  const { text, format, language } = usePage().locale;
  const kpi = useKpiText();
  const { alerts: w } = words;
  const title = (alert: Alert) => textOf(alert.title, language, kpi.name(alert.kpi));
  const where = (alert: Alert) => (alert.scope === 'all' ? words.kind.all : (alert.name ?? ''));
  const lasted = (alert: Alert) => (alert.ended_us === null ? null : (alert.ended_us - alert.since_us) / 1000);
  const limit = (alert: Alert) => w[alert.op === 'below' ? 'below' : 'above'](show.value(kpi.kind(alert.kpi), alert.limit));
  const acked = (alert: Alert) => (alert.acked_by ? w.by(alert.acked_by, alert.acked_us === null ? '' : show.moment(alert.acked_us / 1000)) : null);
  const owner = (alert: Alert) => (alert.scope === 'all' ? { view: 'now' as const, at: {} } : { view: alert.scope, at: { name: alert.name ?? '' } });
  return [
    { key: 'title', title: w.what, wide: true, value: title, cell: (alert) => <span class={`level at-${alert.level === 'alert' ? 2 : 1}`}><LevelShape level={alert.level === 'alert' ? 2 : 1} /><span>{w.level[alert.level]}: {title(alert)}</span></span> },
    { key: 'where', title: w.where, value: where, cell: (alert) => <Link to={owner(alert)} class="name" tab={-1}>{where(alert)}</Link> },
    { key: 'value', title: w.value, numbers: true, value: (alert) => alert.value, cell: (alert) => <b class="digits">{show.value(kpi.kind(alert.kpi), alert.value)}</b> },
    { key: 'limit', title: w.limit, numbers: true, value: (alert) => alert.limit, csv: (alert) => limit(alert), cell: (alert) => limit(alert) },
    { key: 'since', title: w.since, numbers: true, value: (alert) => alert.since_us, csv: (alert) => calendar.iso(alert.since_us / 1000), cell: (alert) => <span class="digits">{show.moment(alert.since_us / 1000)}</span> },
    { key: 'lasted', title: w.lasted, numbers: true, value: (alert) => lasted(alert) ?? -alert.since_us, csv: lasted, cell: (alert) => (alert.ended_us === null ? <b class="digits"><Since us={alert.since_us} /></b> : <span class="digits">{format.clock(lasted(alert)!)}</span>) },
    {
      key: 'acked', title: w.acknowledged, value: (alert) => alert.acked_by, csv: acked,
      cell: (alert) => acked(alert) ?? (acknowledge ? <button type="button" class="button" tabIndex={-1} onClick={() => acknowledge(alert)}>{w.acknowledge}</button> : <span class="none">{text.dash}</span>),
    },
  ];
}
