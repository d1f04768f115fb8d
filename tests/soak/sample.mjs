// What a program holds at this moment, from /proc and its directory.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAMS = ['collector', 'aggregator', 'wallboard'];

function statusKib(pid, key) {
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

/** Anonymous memory (a store's mapped pages are the kernel's to take back, and are counted as files), descriptors, threads. */
function sampleProgram(pid) {
  return { anon_kib: statusKib(pid, 'RssAnon'), rss_kib: statusKib(pid, 'VmRSS'), fds: readdirSync(`/proc/${pid}/fd`).length, threads: readdirSync(`/proc/${pid}/task`).length };
}

const fileKib = (path) => statSync(path).blocks / 2;

export async function sampleSystem(s) {
  const sample = {};
  for (const name of PROGRAMS) {
    const program = s.programs.get(name);
    if (!program.alive()) throw new Error(`${name} ended by itself`);
    sample[name] = sampleProgram(program.child.pid);
  }
  sample.collector.disk_kib = fileKib(join(s.dir, 'spool', 'data.mdb'));
  sample.aggregator.disk_kib = fileKib(join(s.dir, 'aggregator', 'data.mdb'));
  return sample;
}
