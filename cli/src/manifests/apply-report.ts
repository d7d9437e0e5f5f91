import type { ManifestProblem } from '@mayfly/local';
import { isDecorated, printable, red } from '../output/terminal.ts';
import type { ProgramIo } from '../program-io.ts';
import { formatProblem } from './read-manifests.ts';

interface ReportedObject {
  outcome: 'created' | 'configured' | 'unchanged';
  isReady?: boolean;
  reason?: string;
  note?: string;
}

/** What `apply` has to tell: each thing when it happens, or everything at the end as JSON. */
export class ApplyReport {
  private readonly objects = new Map<string, ReportedObject>();
  private readonly problems: ManifestProblem[] = [];
  private readonly io: ProgramIo;
  private readonly output: 'text' | 'json';

  constructor(io: ProgramIo, output: 'text' | 'json') {
    this.io = io;
    this.output = output;
  }

  get applied(): readonly string[] {
    return [...this.objects.keys()];
  }

  addProblem(problem: ManifestProblem): void {
    this.problems.push(problem);
    this.sayWrong(formatProblem(problem));
  }

  addApplied(reference: string, outcome: ReportedObject['outcome']): void {
    this.objects.set(reference, { outcome });
    if (this.output === 'text') this.io.stdout.write(`${reference} ${outcome}\n`);
  }

  /** Something to know about an object that is no failure. */
  addNote(reference: string, note: string): void {
    const object = this.objects.get(reference);
    if (object !== undefined) object.note = note;
    if (this.output === 'text') this.io.stderr.write(`${reference}: ${note}\n`);
  }

  addReady(reference: string): void {
    const object = this.objects.get(reference);
    if (object !== undefined) object.isReady = true;
    if (this.output === 'text') this.io.stdout.write(`${reference} ready\n`);
  }

  addFailure(reference: string, reason: string): void {
    const object = this.objects.get(reference);
    if (object !== undefined) Object.assign(object, { isReady: false, reason });
    this.sayWrong(printable(`${reference} ${reason}`));
  }

  /** True when nothing was wrong. */
  end(): boolean {
    if (this.output === 'json') {
      const objects = [...this.objects].map(([reference, object]) => ({ reference, ...object }));
      const report = { objects, problems: this.problems };
      this.io.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    }
    const hasFailed = [...this.objects.values()].some((object) => object.isReady === false);
    return this.problems.length === 0 && !hasFailed;
  }

  private sayWrong(text: string): void {
    if (this.output === 'text') {
      this.io.stderr.write(`${red(text, isDecorated(this.io, 'stderr'))}\n`);
    }
  }
}
