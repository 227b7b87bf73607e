// What `npm test` shows while it runs: what has failed, at once, and how far it is.
import { stripVTControlCharacters } from 'node:util';

const EVERY_MS = 30_000;
// On a terminal one line is overwritten.
const EVERY_MS_LIVE = 500;

/** Reads what `bun test` says, line by line. `files`: how many there are; null: nobody knows. `label`: which of two runs it is. */
export class Progress {
  constructor(
    files,
    { write = (text) => process.stderr.write(text), isLive = process.stderr.isTTY === true, label = '' } = {},
  ) {
    this.files = files;
    this.label = label;
    this.write = write;
    this.isLive = isLive;
    this.began = Date.now();
    this.done = 0;
    this.passed = 0;
    this.unread = '';
    this.header = null;
    // Of the whole run; of single files nobody knows.
    if (files !== null && label !== '') write(`${label}${files} files; five to fifteen minutes, by the machine\n`);
    this.timer = setInterval(() => this.show(), isLive ? EVERY_MS_LIVE : EVERY_MS);
  }

  read(text) {
    const lines = (this.unread + text).split('\n');
    this.unread = lines.pop() ?? '';
    for (const line of lines) this.readLine(line);
  }

  readLine(line) {
    const plain = stripVTControlCharacters(line);
    if (plain.startsWith('(pass) ')) this.passed++;
    else if (/^\S+\.test\.\w+:$/.test(plain)) {
      this.done++;
      this.header = line;
    } else if (/^ *\d+ (?:pass|fail|skip|todo|expect\(\) calls)|^Ran \d+ tests/.test(plain)) {
      this.header = null;
      this.tell(line);
    } else if (plain !== '' && !/^\((skip|todo)\) /.test(plain)) this.tell(line);
  }

  // What is no success, below the name of its file.
  tell(line) {
    this.clear();
    if (this.header !== null) this.write(`\n${this.header}\n`);
    this.header = null;
    this.write(`${line}\n`);
  }

  show() {
    const file = this.files === null ? `file ${this.done}` : `file ${this.done} of ${this.files}`;
    const text = `${this.label}${file}, ${this.passed} tests passed, ${time(Date.now() - this.began)}`;
    this.write(this.isLive ? `\r${text}\u001b[K` : `${text}\n`);
  }

  clear() {
    if (this.isLive) this.write('\r\u001b[K');
  }

  /** Says how long it has taken. */
  end() {
    clearInterval(this.timer);
    if (this.unread !== '') this.readLine(this.unread);
    this.clear();
    this.write(`${this.label}it took ${time(Date.now() - this.began)}\n`);
  }
}

function time(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
}
