// The public entry point `weir/proxylib`: all that an extension author needs.
export type { ExtensionDeclaration, FieldDeclaration, LoggedField } from "../api/extension.ts";
export { loggedList, loggedValue } from "../api/logged-list.ts";
export type { Request } from "../api/request.ts";
export type { ByteView } from "../lib/bytes/byte-view.ts";
export type { Connection, ConnectionInfo, Decided, LogFields, Peer } from "./connection.ts";
export { KeptRequest } from "./kept-request.ts";
export { defineExtension, type Extension, type Parser } from "./parser.ts";
export { drop, error, inject, more, nop, ParseError, pass, type Verdict } from "./verdict.ts";
