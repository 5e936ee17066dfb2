/** The other side broke the protocol. `message` says how; the frame's type and connection are added by whoever reads frames. */
export class ProtocolViolation extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProtocolViolation";
  }
}
