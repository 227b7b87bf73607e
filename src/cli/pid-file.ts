// A file with the number of the process that serves, for service managers and `keystone reload --pid-file`.
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { type Result, err, ok } from '../core/result.ts';
import type { ExitCode, Terminal } from './contract.ts';

/** Writes it; it is removed when the process ends. The error is a sentence for people. */
export function writePidFile(path: string): Result<void, string> {
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (error) {
    return err(`cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  process.on('exit', () => removeOwn(path));
  return ok(undefined);
}

/** False: there is no such process, or it is another user's. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

// A gateway that has taken the place of this one may have written its own number.
function removeOwn(path: string): void {
  const read = readPidFile(path);
  if (!read.ok || read.value !== process.pid) return;
  try {
    unlinkSync(path);
  } catch {
    // A gateway that has become another user may not remove what root has made. The next one writes its own number.
  }
}

function readPidFile(path: string): Result<number, string> {
  try {
    const text = readFileSync(path, 'latin1').trim();
    return /^[1-9]\d{0,9}$/.test(text) ? ok(Number(text)) : err(`${path} does not hold the number of a process`);
  } catch {
    return err(`${path} cannot be read; is the gateway running, with --pid-file?`);
  }
}

/** Sends a signal to the process in it. `what`: what the process does then. */
export function signalTo(path: string, signal: NodeJS.Signals, what: string, terminal: Terminal): ExitCode {
  const pid = readPidFile(path);
  if (!pid.ok) {
    terminal.error(`keystone: ${pid.error}\n`);
    return 1;
  }
  if (!sendSignal(pid.value, signal)) {
    terminal.error(`keystone: there is no process ${pid.value}, which ${path} names, or it is another user's\n`);
    return 1;
  }
  terminal.out(`process ${pid.value} ${what}; its log says how it went\n`);
  return 0;
}
