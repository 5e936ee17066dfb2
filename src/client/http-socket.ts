import { statSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { ProblemsError } from "../api/problems-error.ts";
import { type ApiError, BODY_BYTES_MAX, BODY_TOO_LONG, SOCKET_PATH_BYTES_MAX } from "../api/rest.ts";
import { type ErrorCode, WeirError } from "../lib/error.ts";

/** Longest answer that is kept in memory; the monitor's stream is not. */
const ANSWER_BYTES_MAX = 64 * 1_048_576;
const TIMEOUT_MS = 30_000;

export interface SocketRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: { readonly text: string; readonly type: string };
  /** Types of the answer's body that are understood, best first. */
  readonly accept?: string;
  /** Ends the request, and a stream that it began. */
  readonly signal?: AbortSignal | undefined;
  /** Longest silence before the answer begins. Default: 30 s. */
  readonly timeoutMs?: number | undefined;
}

/** Sends one request over a Unix socket; the answer's body is not read yet. Throws WEIR_AGENT_UNREACHABLE, WEIR_TIMEOUT, WEIR_LIMIT_EXCEEDED. */
export function requestOverSocket(socketPath: string, options: SocketRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    const bodyBytes = Buffer.byteLength(options.body?.text ?? "");
    // The agent would hang up in the middle of it, and its answer might never be seen.
    if (bodyBytes > BODY_BYTES_MAX) throw new WeirError("WEIR_LIMIT_EXCEEDED", BODY_TOO_LONG);
    const outgoing = request({
      socketPath,
      method: options.method,
      path: options.path,
      agent: false,
      timeout: timeoutMs,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      headers: {
        ...(options.accept === undefined ? {} : { accept: options.accept }),
        ...(options.body === undefined ? {} : { "content-type": options.body.type, "content-length": bodyBytes }),
      },
    });
    outgoing.on("timeout", () => {
      outgoing.destroy(new WeirError("WEIR_TIMEOUT", `the agent on ${socketPath} did not answer for ${timeoutMs} ms`));
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => reject(unreachable(socketPath, error)));
    outgoing.on("response", (response) => {
      outgoing.setTimeout(0);
      resolve(response);
    });
    outgoing.end(options.body?.text);
  });
}

/** The body of an answer as JSON; a failure becomes the WeirError that the agent meant. */
export async function readJson<T>(response: IncomingMessage): Promise<T> {
  const text = await readText(response);
  const status = response.statusCode ?? 0;
  if (status < 200 || status >= 300) throw apiFailure(status, text);
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    const message = "what listens there answers without JSON: it is no weir agent, or one of another version";
    throw new WeirError("WEIR_API_FAILED", message, { cause: error });
  }
}

export async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > ANSWER_BYTES_MAX) {
        throw new WeirError("WEIR_LIMIT_EXCEEDED", `the agent's answer is longer than ${ANSWER_BYTES_MAX} bytes`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof WeirError ? error : answerLost(error);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The connection broke within an answer. */
export function answerLost(cause: unknown): WeirError {
  const message = "the agent has gone before its answer was complete; its log may say why";
  return new WeirError("WEIR_AGENT_UNREACHABLE", message, { cause });
}

export function apiFailure(status: number, text: string): WeirError {
  let body: Partial<ApiError>;
  try {
    body = JSON.parse(text) as Partial<ApiError>;
  } catch {
    body = {};
  }
  const code = (body.code ?? "WEIR_API_FAILED") as ErrorCode;
  const message = body.message ?? `the agent answered with HTTP status ${status}`;
  return body.problems === undefined ? new WeirError(code, message) : new ProblemsError(code, message, body.problems);
}

function unreachable(socketPath: string, error: NodeJS.ErrnoException): Error {
  if (error instanceof WeirError || error.name === "AbortError") return error;
  const why: Record<string, string> = {
    ENOENT: "there is no such socket",
    ENOTDIR: "a part of its path is no directory",
    ECONNREFUSED: isNoSocket(socketPath) ? "that is no socket" : "nobody listens on it: its agent has ended",
    EACCES: "you may not use it: only the user that runs the agent may",
    ECONNRESET: "the agent closed the connection",
  };
  if (Buffer.byteLength(socketPath) > SOCKET_PATH_BYTES_MAX) {
    why[error.code ?? ""] = `a socket's path has at most ${SOCKET_PATH_BYTES_MAX} bytes on Linux`;
  }
  return new WeirError(
    "WEIR_AGENT_UNREACHABLE",
    `cannot reach the agent on ${socketPath}: ${why[error.code ?? ""] ?? error.message}. ` +
      "Start one with `weir agent --config weir.yaml`, or say where it is with --socket or --config.",
    { cause: error },
  );
}

function isNoSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === false;
}
