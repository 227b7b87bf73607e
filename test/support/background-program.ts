// Prints the priority of a process before and after it lets others go first.
import { getPriority } from 'node:os';
import { letOthersGoFirst } from '../../src/world/background.ts';

const before = getPriority();
letOthersGoFirst();
console.log(before, getPriority());
