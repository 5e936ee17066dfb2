// The owner's side of weir with the streams of hosts from file descriptor 3 on: what `npm test` puts to the conformance test.
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import { type ComposedOwner, composeOwner } from "./compose-owner.ts";
import type { OwnerChange, OwnerConfiguration } from "./owner-process.ts";

const STREAM_FD = 3;

let owner: ComposedOwner | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  if (owner !== undefined) {
    await owner.change(JSON.parse(line) as OwnerChange);
    continue;
  }
  const configuration = JSON.parse(line) as OwnerConfiguration;
  const streams = Array.from({ length: configuration.hosts }, (_, at) => new Socket({ fd: STREAM_FD + at }));
  owner = await composeOwner(configuration, streams);
  process.stdout.write(`${JSON.stringify({ port: owner.port })}\n`);
}
await owner?.stop();
