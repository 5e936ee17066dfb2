import type { IncomingMessage } from "node:http";
import type { MonitorItem } from "../api/monitor-event.ts";
import {
  MONITOR_ENCODINGS,
  MONITOR_VERSION_HEADER,
  type MonitorQuery,
  NDJSON,
  PROTOBUF_V1,
} from "../api/monitor-protocol.ts";
import { API_BASE } from "../api/rest.ts";
import { WeirError } from "../lib/error.ts";
import { answerLost, apiFailure, readText, requestOverSocket } from "./http-socket.ts";
import { JsonStream, type MonitorStream, ProtobufStream } from "./monitor-stream.ts";

/**
 * Subscribes to an agent's events. The newest encoding is offered first; older agents answer in JSON lines. Settles when
 * the subscription stands. Rejects with WEIR_API_FAILED where the agent is too old for what the query asks.
 */
export async function openMonitor(
  socketPath: string,
  query: MonitorQuery,
  signal: AbortSignal,
): Promise<AsyncIterable<MonitorItem>> {
  const parameters = parametersOf(query);
  const response = await requestOverSocket(socketPath, {
    method: "GET",
    path: `${API_BASE}/monitor${parameters === "" ? "" : `?${parameters}`}`,
    accept: MONITOR_ENCODINGS.join(", "),
    signal,
  });
  if (response.statusCode !== 200) throw apiFailure(response.statusCode ?? 0, await readText(response));
  const stream = streamFor(response);
  if (stream === undefined || (parameters !== "" && response.headers[MONITOR_VERSION_HEADER] === undefined)) {
    response.destroy();
    throw stream === undefined ? unknownEncoding(response) : tooOld();
  }
  return items(response, stream, signal);
}

function parametersOf({ filters = [], since, last, follow }: MonitorQuery): string {
  const parameters = new URLSearchParams(filters.map(nameAndValue));
  if (since !== undefined) parameters.set("since", since);
  if (last !== undefined) parameters.set("last", String(last));
  if (follow !== undefined) parameters.set("follow", String(follow));
  return parameters.toString();
}

function nameAndValue({ name, not, value }: NonNullable<MonitorQuery["filters"]>[number]): [string, string] {
  return [not ? `not-${name}` : name, value];
}

function streamFor(response: IncomingMessage): MonitorStream | undefined {
  const type = response.headers["content-type"]?.split(";")[0]?.trim();
  if (type === PROTOBUF_V1) return new ProtobufStream();
  return type === NDJSON ? new JsonStream() : undefined;
}

async function* items(
  response: IncomingMessage,
  stream: MonitorStream,
  signal: AbortSignal,
): AsyncGenerator<MonitorItem> {
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) yield* stream.push(chunk);
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof WeirError ? error : answerLost(error);
  }
  if (stream.pendingBytes > 0 && !signal.aborted) throw answerLost(new Error("an event is cut off"));
}

function unknownEncoding(response: IncomingMessage): WeirError {
  const type = JSON.stringify(response.headers["content-type"] ?? "");
  return new WeirError("WEIR_API_FAILED", `what listens there sends events as ${type}, which this program cannot read`);
}

function tooOld(): WeirError {
  return new WeirError(
    "WEIR_API_FAILED",
    "this agent is of an older version, which neither filters events nor keeps them: ask without filters, --since, " +
      "--last and --follow, or use an agent of this version",
  );
}
