import type { DocumentSource } from "../rule.ts";
import type { DocumentLimits } from "./limits.ts";
import type { PolicyProblem } from "./problem.ts";
import type { Position } from "./source-node.ts";

/** Collects everything that is wrong with one text, so that all of it is told at once. */
export class Findings {
  readonly #source: string;
  readonly #max: number;
  readonly #errors: PolicyProblem[] = [];
  readonly #warnings: PolicyProblem[] = [];
  #errorsUntold = 0;
  #warningsUntold = 0;

  constructor(source: DocumentSource, limits: DocumentLimits) {
    this.#source = source.name;
    this.#max = limits.problemsMax;
  }

  /** Errors so far, told or not. */
  get errorCount(): number {
    return this.#errors.length + this.#errorsUntold;
  }

  error(at: Position, path: string, message: string, hint?: string): void {
    if (this.#errors.length < this.#max) this.#errors.push(this.#problem(at, path, message, hint));
    else this.#errorsUntold++;
  }

  warn(at: Position, path: string, message: string, hint?: string): void {
    if (this.#warnings.length < this.#max) this.#warnings.push(this.#problem(at, path, message, hint));
    else this.#warningsUntold++;
  }

  errors(): PolicyProblem[] {
    return this.#told(this.#errors, this.#errorsUntold, "errors");
  }

  warnings(): PolicyProblem[] {
    return this.#told(this.#warnings, this.#warningsUntold, "warnings");
  }

  #problem(at: Position, path: string, message: string, hint: string | undefined): PolicyProblem {
    const problem = { source: this.#source, line: at.line, column: at.column, path, message };
    return hint === undefined ? problem : { ...problem, hint };
  }

  /** In the order of the text. */
  #told(problems: readonly PolicyProblem[], untold: number, what: string): PolicyProblem[] {
    const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const last = sorted.at(-1);
    if (untold > 0 && last !== undefined) {
      sorted.push({ ...last, path: "", message: `${untold} more ${what} are not listed` });
    }
    return sorted;
  }
}
