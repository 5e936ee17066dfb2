import { agentLine, jsonLine } from "../accesslog/agent-line.ts";
import { LineBuffer } from "../accesslog/line-buffer.ts";
import { LineRenderer } from "../accesslog/line-renderer.ts";
import { TimeText } from "../accesslog/time-text.ts";
import { EVENT_BYTES_MAX } from "../api/monitor-protocol.ts";
import type { MonitorLost } from "../api/rest.ts";
import type { EventEncoder } from "./event-encoder.ts";
import type { RingEvent } from "./event-ring.ts";

/** JSON lines, in ASCII: records as the access log has them. */
export class JsonEncoder implements EventEncoder {
  private readonly renderer = new LineRenderer();
  private readonly time = new TimeText();
  private readonly lines = new LineBuffer();

  get byteCount(): number {
    return this.lines.byteCount;
  }

  add(event: RingEvent): boolean {
    const { lines } = this;
    try {
      if (event.agent === undefined) this.renderer.render(event, lines);
      else lines.addBytes(agentLine(this.time.of(event.timeMs), event.agent));
    } catch {
      // An extension in plain JavaScript may give anything as fields: also what cannot be made text.
      lines.dropLine();
      return false;
    }
    if (lines.byteCountWithLine - lines.byteCount > EVENT_BYTES_MAX) {
      lines.dropLine();
      return false;
    }
    lines.endLine();
    return true;
  }

  addLost(count: number): void {
    this.lines.addBytes(jsonLine({ lost: count } satisfies MonitorLost));
    this.lines.endLine();
  }

  take(): Buffer {
    const parts: Buffer[] = [];
    for (let batch = this.lines.take(); batch !== undefined; batch = this.lines.take()) {
      parts.push(Buffer.from(batch.bytes));
      this.lines.giveBack(batch);
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }
}
