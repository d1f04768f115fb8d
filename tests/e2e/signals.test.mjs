// Signals at the wrong moment: a reload during the start ends no program. 2 s.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sleep, System } from './lib/system.mjs';

/** Until it waits for something: of its configuration alone, as that is a pipe which nobody has opened yet. */
async function sleeping(pid) {
  for (let seen = 0; seen < 5; await sleep(20)) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    seen = stat.slice(stat.lastIndexOf(')')).startsWith(') S') ? seen + 1 : 0;
  }
}

for (const name of ['collector', 'aggregator', 'wallboard']) {
  test(`SIGHUP while the ${name} reads its configuration`, async () => {
    const s = await System.create();
    try {
      const pipe = join(s.dir, 'config');
      execFileSync('mkfifo', [pipe]);
      const p = s.run(name, ['--config', pipe]);
      await sleeping(p.child.pid);
      p.child.kill('SIGHUP');
      await sleep(50);
      assert.ok(p.alive(), 'it must still be there');
      closeSync(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK));
      assert.deepEqual(await p.ended, { code: 2, signal: null }, s.logs()); // a pipe is no configuration
      assert.match(p.output(), /expected a file/);
    } finally {
      await s.kill();
    }
  });
}
