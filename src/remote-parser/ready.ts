import type { ExtensionDeclaration } from "../api/extension.ts";
import type { BodyReader } from "./body-reader.ts";
import { PROTOCOL_VERSION } from "./protocol.ts";
import { ProtocolViolation } from "./violation.ts";

const READY_BYTES_MAX = 1_048_576;
/** A host says what it likes; the record of every connection that is refused tells it. */
const VERSION_LENGTH_MAX = 64;

/** The declaration alone, without what makes parsers. */
export function declarationOf({ name, version, fields, logged, hints }: ExtensionDeclaration): ExtensionDeclaration {
  return {
    name,
    version,
    fields,
    ...(logged !== undefined && { logged }),
    ...(hints !== undefined && { hints }),
  };
}

/** READY: what the host says it has loaded, by name. */
export function readReady(body: BodyReader): ReadonlyMap<string, ExtensionDeclaration> {
  const version = body.u16();
  if (version !== PROTOCOL_VERSION) {
    throw new ProtocolViolation(`the extension host speaks version ${version}, this owner ${PROTOCOL_VERSION}`);
  }
  const list = body.json(READY_BYTES_MAX);
  body.done();
  if (!Array.isArray(list) || !list.every(isDeclaration)) {
    throw new ProtocolViolation("READY has no list of declarations");
  }
  return new Map(list.map((declaration) => [declaration.name, declaration]));
}

function isDeclaration(value: unknown): value is ExtensionDeclaration {
  if (typeof value !== "object" || value === null) return false;
  const { name, version, fields } = value as Partial<Record<keyof ExtensionDeclaration, unknown>>;
  return typeof name === "string" && typeof version === "string" && typeof fields === "object" && fields !== null;
}

/** Why connections of an extension cannot be given to a host that declares it so; undefined: they can. */
export function differenceOf(
  expected: ExtensionDeclaration,
  declared: ExtensionDeclaration | undefined,
): string | undefined {
  const { name } = expected;
  if (declared === undefined) return `the extension host has no extension "${name}"`;
  if (canonical(expected.fields) === canonical(declared.fields)) return undefined;
  return `the extension host runs another "${name}" (version ${declared.version.slice(0, VERSION_LENGTH_MAX)}): its fields are not those that policy was checked with`;
}

/** The same text for the same value, in whatever order its members come. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
