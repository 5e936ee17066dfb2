import type { ByteView } from "../lib/bytes/byte-view.ts";
import type { OwnerServices, Served } from "./owner-services.ts";
import { DataFlag, Frame, WINDOW_BYTES, WINDOW_FIRST_BYTES, WINDOW_FRAMES } from "./protocol.ts";
import type { RemoteHalf } from "./remote-half.ts";
import { ProtocolViolation } from "./violation.ts";

/** Decided bytes of frames that wait for a slow receiver: nothing more is sent to the host meanwhile. */
export const QUEUE_BYTES_PAUSE = 65_536;

/** Shows the host of one connection what is not decided, as far as the windows allow. */
export class DataSender {
  /** Something is to be sent when less waits for slow receivers. */
  stuffed = false;
  private readonly connection: Served;
  private readonly services: OwnerServices;

  constructor(connection: Served, services: OwnerServices) {
    this.connection = connection;
    this.services = services;
  }

  /**
   * Sends what the host has not been shown.
   *
   * @param data Everything that the engine has.
   * @param queued Bytes of decisions that wait.
   */
  send(number: number, half: RemoteHalf, data: ByteView, queued: number): void {
    const to = half.carried + data.length;
    for (;;) {
      const from = Math.max(half.sent, half.decided);
      if (from > to) return;
      const wanted = to - from;
      const wantsEnd = half.ended && !half.endSent;
      if (wanted === 0 && !half.due && !wantsEnd) return;
      if (half.inFlight.length >= WINDOW_FRAMES) return;
      if (queued > QUEUE_BYTES_PAUSE) {
        this.stuffed = true;
        return;
      }
      if (!this.services.maySend(this.connection)) return;
      const window = Math.max(half.window - half.inFlightBytes, 0);
      if (wanted > window) half.cramped = true;
      const room = Math.min(window, this.services.room(this.connection, wanted));
      const length = Math.min(wanted, room);
      if (length === 0 && wanted > 0) return;
      this.write(number, half, data, length, wantsEnd && length === wanted);
    }
  }

  /** The host has worked off the oldest DATA of the direction. */
  taken(half: RemoteHalf): void {
    const length = half.inFlight.shift();
    if (length === undefined) throw new ProtocolViolation("more was taken than was sent");
    half.sequences.shift();
    half.inFlightBytes -= length;
    // A large body is decided by its first bytes: to show more of it would cost, and tell nothing.
    if (half.decided > half.sent) half.window = WINDOW_FIRST_BYTES;
    else if (half.cramped && length > 0) half.window = Math.min(2 * half.window, WINDOW_BYTES);
    if (length > 0) half.cramped = false;
    this.services.giveBack(length, 1);
  }

  private write(number: number, half: RemoteHalf, data: ByteView, length: number, end: boolean): void {
    const from = Math.max(half.sent, half.decided);
    const writer = this.services
      .frame(Frame.Data, number)
      .u8(half.direction)
      .u8(end ? DataFlag.End : 0)
      .u64(from);
    const start = from - half.carried;
    const here = Math.min(Math.max(data.contiguousLength - start, 0), length);
    if (here > 0) writer.bytes(data.buffer.subarray(data.start + start, data.start + start + here));
    if (here < length) writer.bytes(data.copy(start + here, start + length));
    this.services.end();
    half.sent = from + length;
    half.due = false;
    if (end) half.endSent = true;
    half.inFlight.push(length);
    half.sequences.push(this.services.take(length));
    half.inFlightBytes += length;
  }
}
