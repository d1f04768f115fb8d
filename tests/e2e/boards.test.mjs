// Boards and alerts as a supervisor's page uses them: saved, seen by others at once, kept over a restart; an alert that fires is shown, posted and acknowledged.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { websocket } from './lib/raw.mjs';
import { Producer } from './lib/producer.mjs';
import { System } from './lib/system.mjs';

const tile = (more = {}) => ({ kind: 'number', x: 0, y: 0, w: 2, h: 2, kpi: 'waiting', ...more });
const board = (title, tiles = [tile()]) => ({ title, tiles });

/** What is posted to it, in order; the first answers are those of `statuses`, then 204. */
async function receiver(statuses) {
  const got = [];
  const server = createServer((req, res) => {
    let text = '';
    req.on('data', (b) => { text += b; }).on('end', () => {
      got.push({ url: req.url, type: req.headers['content-type'], body: JSON.parse(text) });
      res.writeHead(statuses.shift() ?? 204, { Location: '/elsewhere' }).end();
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { got, url: `http://127.0.0.1:${server.address().port}/hook`, close: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }) };
}

test('boards and alerts', async (t) => {
  const s = await System.create();
  const hook = await receiver([503, 302]);
  const config = join(s.dir, 'wallboard.yaml');
  const rules = (limit) => `data: kept\nboards: own\nalerts:\n  - {id: crowd, title: {en: Crowd}, kpi: waiting, scope: queue, name: "*", op: above, limit: ${limit}}\nwebhook: {url: "${hook.url}"}\n`;
  const send = (method, path, body, headers = {}) => fetch(`http://127.0.0.1:${s.http}/api/v1/${path}`, {
    method, headers: { ...(body === undefined ? {} : { 'Content-Type': typeof body === 'string' ? 'application/yaml' : 'application/json' }), ...headers },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const answer = async (expected, ...request) => {
    const reply = await send(...request), text = await reply.text();
    assert.equal(reply.status, expected, `${request.slice(0, 2).join(' ')}: ${text}`);
    return JSON.parse(text);
  };
  const latest = (ws, topic) => ws.messages('state').flatMap(({ items }) => items).filter((i) => i.topic === topic).at(-1);
  const watch = async (...topics) => {
    const ws = await websocket(s.http);
    ws.say({ op: 'subscribe', topics });
    return ws;
  };
  let producer;
  try {
    mkdirSync(join(s.dir, 'own'));
    writeFileSync(join(s.dir, 'own', 'desk.yaml'), 'title: {en: Desk, zh-CN: 前台}\ntiles:\n  - {kind: clock, x: 0, y: 0, w: 2, h: 2, zone: Asia/Shanghai}\n');
    writeFileSync(config, rules(1));
    s.collector(`zmq://127.0.0.1:${s.ingest}`);
    await s.start(['--config', config]);
    const other = await watch('board/*', 'boards', 'alerts');

    await t.test('a saved board is on every display at once; who began from an older one is told', async () => {
      assert.deepEqual(await answer(200, 'PUT', 'boards/team', board('Team')), { id: 'team', rev: 1 });
      await other.until(() => latest(other, 'board/team')?.ver === 1);
      assert.deepEqual(await answer(200, 'PUT', 'boards/team', 'title: 团队\ntiles: [{kind: number, x: 1, y: 1, w: 1, h: 1, kpi: left.timeout, scope: queue, name: 4711}]\n', { 'If-Match': '"1"' }), { id: 'team', rev: 2 });
      await other.until(() => latest(other, 'board/team')?.board.tiles[0].name === '4711');
      assert.deepEqual(latest(other, 'boards').boards.filter((b) => b.origin !== 'built-in').map(({ id, rev, origin, editable }) => [id, rev, origin, editable]), [['desk', 0, 'file', true], ['team', 2, 'saved', true]]);
      assert.equal((await answer(409, 'PUT', 'boards/team', board('Late'), { 'If-Match': '"1"' })).rev, 2);
      assert.equal((await answer(200, 'GET', 'boards/team')).title, '团队');
      assert.equal((await answer(200, 'GET', 'boards/team?rev=1')).title, 'Team');
      const yaml = await (await send('GET', 'boards/team?format=yaml')).text();
      assert.match(yaml, /^title: 团队\n[^]*name: '4711'/);
      await answer(200, 'PUT', 'boards/copy', yaml.replace('id: team', 'id: copy'));
    });

    await t.test('what is wrong is named, and nothing of it is kept', async () => {
      const wrong = async (status, pattern, ...request) => assert.match((await answer(status, ...request)).error, pattern);
      await wrong(400, /`tiles\[2\]` lies over tiles\[1\]/, 'PUT', 'boards/bad', board('x', [tile(), tile({ x: 1 })]));
      await wrong(400, /bad:2:.*`tiles\[1\]\.kpi` is "wating"/, 'PUT', 'boards/bad', 'title: x\ntiles: [{kind: number, x: 0, y: 0, w: 1, h: 1, kpi: wating}]\n');
      await wrong(415, /Content-Type/, 'PUT', 'boards/bad', board('x'), { 'Content-Type': 'text/plain' });
      await wrong(413, /at most 262144/, 'PUT', 'boards/bad', board('x'.repeat(300_000)));
      await wrong(403, /origin/, 'PUT', 'boards/bad', board('x'), { Origin: 'http://evil.example' });
      await wrong(405, /method/, 'POST', 'boards/bad', board('x'));
      await wrong(404, /no such board/, 'GET', 'boards/bad');
      await wrong(404, /not saved here/, 'DELETE', 'boards/desk');
    });

    await t.test('a deleted one is gone, its history stays; a file comes back as it was', async () => {
      await answer(200, 'DELETE', 'boards/team');
      await other.until(() => latest(other, 'board/team')?.gone === true);
      assert.deepEqual((await answer(200, 'GET', 'boards/team/history')).revs.map(({ rev, deleted }) => [rev, deleted]), [[3, true], [2, false], [1, false]]);
      await answer(404, 'GET', 'boards/team');
      await answer(200, 'PUT', 'boards/desk', board('Ours'));
      await answer(200, 'DELETE', 'boards/desk');
      await other.until(() => latest(other, 'board/desk')?.ver === 2);
      assert.deepEqual([latest(other, 'board/desk').board.title.en, latest(other, 'board/desk').board.origin], ['Desk', 'file']);
    });

    await t.test('an alert fires, is shown and posted, until the receiver has it', async () => {
      producer = await Producer.connect(s.ingest);
      const offered = (contact) => producer.send([{ v: 1, kind: 'offered', ts: Date.now() * 1000, src: 'pbx', contact, queue: 'sales', channel: 'voice' }]);
      offered('c1');
      offered('c2');
      const shown = await s.until('the alert is shown', () => latest(other, 'alerts')?.alerts[0]);
      assert.deepEqual([shown.rule, shown.name, shown.value, shown.state, shown.title], ['crowd', 'sales', 2, 'firing', { en: 'Crowd' }]);
      await s.until('it is posted three times: refused, led elsewhere, taken', () => hook.got.length === 3);
      assert.deepEqual(hook.got.map(({ url, type, body }) => [url, type, body.event, body.alert.id]), Array(3).fill(['/hook', 'application/json', 'firing', shown.id]));
      assert.equal((await answer(404, 'POST', 'alerts/99/ack', { by: 'night shift' })).error, 'alert "99": no such alert');
      await answer(400, 'POST', `alerts/${shown.id}/ack`, { by: '' });
      assert.equal((await answer(200, 'POST', `alerts/${shown.id}/ack`, { by: 'night shift' })).acked_by, 'night shift');
      await other.until(() => latest(other, 'alerts').alerts[0].acked_by === 'night shift');
    });

    await t.test('a restart keeps boards and alerts, and fires nothing twice', async () => {
      const before = (await answer(200, 'GET', 'alerts')).alerts;
      assert.equal((await s.programs.get('wallboard').stop()).code, 0);
      s.wallboard(['--config', config]);
      await s.until('it is healthy again', async () => (await s.fetch('/healthz')).status === 200);
      assert.equal((await answer(200, 'GET', 'boards/copy')).rev, 1);
      await s.until('the alert is looked at again', async () => (await answer(200, 'GET', 'alerts')).alerts[0].stale === false);
      assert.deepEqual((await answer(200, 'GET', 'alerts')).alerts, before);
      const again = await watch('alerts');
      await again.until(() => latest(again, 'alerts')?.alerts.length === 1);
      writeFileSync(config, rules(5));
      s.programs.get('wallboard').child.kill('SIGHUP');
      await again.until(() => latest(again, 'alerts').alerts.length === 0);
      await s.until('its end is posted', () => hook.got.length === 4);
      assert.deepEqual([hook.got[3].body.event, hook.got[3].body.alert.id], ['ended', before[0].id]);
      const [ended] = (await answer(200, 'GET', 'alerts')).alerts;
      assert.deepEqual([ended.state, ended.acked_by], ['ended', 'night shift']);
      writeFileSync(config, rules('many'));
      s.programs.get('wallboard').child.kill('SIGHUP');
      await s.until('wrong rules are refused', () => /wallboard\.yaml:4:\d+: `alerts\[1\]\.limit` is "many", expected a number.*nothing is changed/.test(s.programs.get('wallboard').output()));
    });

    await t.test('without --data boards are read-only', async () => {
      assert.equal((await s.programs.get('wallboard').stop()).code, 0);
      s.wallboard();
      await s.until('it is healthy again', async () => (await s.fetch('/healthz')).status === 200);
      assert.match((await answer(403, 'PUT', 'boards/team', board('x'))).error, /read-only: started without --data/);
      assert.ok((await answer(200, 'GET', 'boards')).boards.every((b) => !b.editable));
    });
    producer.close();
    await s.stop();
  } finally {
    await hook.close();
    await s.kill();
  }
});
