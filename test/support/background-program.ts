// Prints the priority of this process before and after it has lowered it.
import { getPriority } from 'node:os';
import { letOthersGoFirst } from '../../src/world/background.ts';

const before = getPriority();
letOthersGoFirst();
console.log(before, getPriority());
