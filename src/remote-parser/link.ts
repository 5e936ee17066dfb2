/**
 * What joins an owner of connections to an extension host: one ordered stream of bytes each way, which may break at any
 * moment. Whoever has the socket implements it; each side gets what arrived through its own `receive`.
 */
export interface RemoteLink {
  /**
   * Sends whole frames, behind all that was sent before. The link may keep the bytes. Ignored once the stream has broken.
   *
   * @returns false: the stream is congested, and what was given waits in memory. Nothing but answers that cannot wait is
   * sent then until `drained` is called.
   */
  send(frames: Uint8Array): boolean;
  /**
   * Calls `flush` once, soon, when what arrived together has been worked off: so that all frames of one turn leave in one
   * write. Never during this call. May be left out when the stream has broken.
   */
  atTurnEnd(flush: () => void): void;
  /**
   * The other side broke the protocol, so that nothing more from it can be believed. The link closes the stream and, on
   * the owner's side, ends the process behind it; afterwards `RemoteOwner.down` is called as for any other end.
   *
   * @param reason For logs and the record of the end. Safe to print after escaping.
   */
  broken(reason: string): void;
}
