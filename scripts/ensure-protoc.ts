import { ensureProgram, findProgram } from "./installed-program.ts";

/** Path of the installed compiler of protobuf schemas, or undefined. Installs nothing. */
export function findProtoc(): string | undefined {
  return findProgram("protoc");
}

/** Path of a real protoc, installed now where that can be; else undefined. The tests alone need it. */
export function ensureProtoc(say: (line: string) => void): string | undefined {
  return ensureProgram("protoc", say, "protobuf-compiler");
}
