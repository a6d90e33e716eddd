// What was measured: printed as it comes, kept for results/latest.json.

export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The figure of the same run, or the goal, that it is read against. */
  baseline: number;
  ratio: number;
}

export class Figures {
  readonly all: Figure[] = [];
  readonly #print: (line: string) => void;
  #part = '';

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** What follows belongs to this part. */
  begin(part: string, about: string): void {
    this.#part = part;
    this.#print(`\n${part}: ${about}`);
  }

  add(name: string, value: number, unit: string, baseline: number): void {
    const ratio = baseline === 0 ? 0 : value / baseline;
    this.all.push({ name: `${this.#part}, ${name}`, value, unit, baseline, ratio });
    this.#print(`  ${name.padEnd(44)} ${value.toFixed(2).padStart(12)} ${unit.padEnd(11)} ratio ${ratio.toFixed(3)}`);
  }
}
