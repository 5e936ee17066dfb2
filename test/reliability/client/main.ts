// A process that holds all connections of one protocol open, each making requests until it ends, and then a new one in
// its place. It is told what to do by its parent, and ends with it.
import { Bodies } from "../load/bodies.ts";
import { ClientConnection } from "./client-connection.ts";
import type { ClientAnswer, ClientBegin, ClientEnded, ClientOrder } from "./messages.ts";

const AGAIN_MS = 25;

class Clients {
  private readonly begin: ClientBegin;
  private readonly bodies: Bodies;
  private readonly slots: (ClientConnection | undefined)[] = [];
  private readonly generations: number[] = [];
  /** Answers by slot, over all its connections. */
  private readonly answers: number[] = [];
  private readonly answeredAt: number[] = [];
  private readonly waiting = new Set<{ due: () => boolean; id: number }>();
  private port: number;
  private answered = 0;
  private stallMs = 0;
  private stopping = false;

  constructor(begin: ClientBegin) {
    this.begin = begin;
    this.bodies = new Bodies(begin.load.shape.seed);
    this.port = begin.to.port;
    for (let slot = 0; slot < begin.connections; slot++) {
      this.answers[slot] = 0;
      this.answeredAt[slot] = performance.now();
      this.generations[slot] = 0;
      this.open(slot);
    }
  }

  obey(order: ClientOrder): void {
    switch (order.kind) {
      case "to":
        this.port = order.port;
        this.answer(order.id);
        break;
      case "mark":
        this.answer(order.id);
        this.stallMs = 0;
        break;
      case "describe":
        this.answer(
          order.id,
          this.slots.map((one, slot) => one?.describe() ?? `slot ${slot}: no connection`),
        );
        break;
      case "answers": {
        const wanted = this.answered + order.count;
        this.wait(order.id, () => this.answered >= wanted);
        break;
      }
      case "progress": {
        const wanted = this.answers.map((count) => count + order.count);
        this.wait(order.id, () => wanted.every((count, slot) => (this.answers[slot] as number) >= count));
        break;
      }
      case "finish":
        this.stopping = true;
        for (const connection of this.slots) connection?.stop();
        this.wait(order.id, () => this.slots.every((connection) => connection === undefined));
        break;
    }
  }

  private open(slot: number): void {
    const { load, from, to, connections } = this.begin;
    const generation = this.generations[slot] as number;
    this.generations[slot] = generation + 1;
    this.slots[slot] = new ClientConnection({
      load,
      bodies: this.bodies,
      connection: generation * connections + slot,
      to: { host: to.host, port: this.port },
      from,
      onAnswer: (latencyMs) => {
        this.answered++;
        this.answers[slot] = (this.answers[slot] as number) + 1;
        const now = performance.now();
        this.stallMs = Math.max(this.stallMs, latencyMs, now - (this.answeredAt[slot] as number));
        this.answeredAt[slot] = now;
        this.look();
      },
      onEnd: (row) => {
        this.slots[slot] = undefined;
        send({ kind: "ended", row });
        if (this.stopping) return this.look();
        // A wrong byte ends the run; a refused connection is tried again after a pause, the others at once.
        if (row.end === "refused") setTimeout(() => this.stopping || this.open(slot), AGAIN_MS);
        else if (row.end !== "wrong") this.open(slot);
      },
    });
  }

  private wait(id: number, due: () => boolean): void {
    this.waiting.add({ id, due });
    this.look();
  }

  private look(): void {
    for (const one of this.waiting) {
      if (!one.due()) continue;
      this.waiting.delete(one);
      this.answer(one.id);
    }
  }

  private answer(id: number, lines: readonly string[] = []): void {
    send({ kind: "answer", id, stallMs: this.stallMs, answered: this.answered, lines });
  }
}

function send(message: ClientAnswer | ClientEnded): void {
  if (process.connected) process.send?.(message);
}

let clients: Clients | undefined;
process.on("message", (message: ClientBegin | ClientOrder) => {
  if (message.kind === "begin") clients = new Clients(message);
  else clients?.obey(message);
});
process.once("disconnect", () => process.exit());
