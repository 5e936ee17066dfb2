import { setTimeout as delay } from "node:timers/promises";
import { LineClient } from "./line-client.ts";

/** Between two requests: neighbours are there to be served, not to load the machine. */
const PAUSE_MS = 2;

/** What a neighbour asks, and what it must be answered. */
export interface Talk {
  readonly allowed: (number: number) => readonly [request: string, answer: string];
  readonly denied: (number: number) => readonly [request: string, answer: string];
}

export const LINES: Talk = {
  allowed: (number) => [`ok ${number}`, `re ok ${number}`],
  denied: (number) => [`no ${number}`, "denied"],
};

/** The built-in parser that needs no server of its own. */
export const R2D2: Talk = {
  allowed: (number) => [`READ f${number}\r`, `re READ f${number}\r`],
  denied: (number) => [`WRITE f${number}\r`, "ERROR\r"],
};

/** Of a server that has no items. */
export const MEMCACHED: Talk = {
  allowed: (number) => [`get f${number}\r`, "END\r"],
  denied: (number) => [`get g${number}\r`, "CLIENT_ERROR access denied\r"],
};

/** Somebody who asks one thing after the other, all the time, and looks at every answer. */
export class Neighbour {
  readonly name: string;
  /** Right answers. */
  answers = 0;
  /** What else came. */
  readonly problems: string[] = [];
  private readonly client: LineClient;
  private readonly talk: Talk;
  private going = true;
  private readonly done: Promise<void>;

  private constructor(name: string, client: LineClient, talk: Talk) {
    this.name = name;
    this.client = client;
    this.talk = talk;
    this.done = this.run();
  }

  static async start(name: string, listen: string, talk: Talk): Promise<Neighbour> {
    return new Neighbour(name, await LineClient.connect(listen), talk);
  }

  async stop(): Promise<void> {
    this.going = false;
    await this.done;
    this.client.close();
  }

  private async run(): Promise<void> {
    try {
      for (let number = 0; this.going; number++) {
        const [request, expected] = number % 5 === 4 ? this.talk.denied(number) : this.talk.allowed(number);
        const answer = await this.client.ask(request);
        if (answer === expected) this.answers++;
        else this.problems.push(`${this.name}: ${request} was answered with ${answer}`);
        await delay(PAUSE_MS);
      }
    } catch (error) {
      this.problems.push(`${this.name}: ${(error as Error).message}`);
    }
  }
}
