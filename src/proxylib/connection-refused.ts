/** Thrown by `Extension.create` where a connection is refused for a reason that is to go on record. */
export class ConnectionRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "ConnectionRefused";
  }
}
