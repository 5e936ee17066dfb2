import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Port } from "../../../api/identity.ts";
import { HostSettingsSchema, ListenerSchema } from "../../../api/proto/weir/v1/resources_pb.ts";
import { reasonOf } from "../../../lib/error.ts";
import { parseSocketAddress } from "../../../lib/ip/address.ts";
import { LOG_LEVELS, type LogLevel } from "../../../lib/log.ts";
import { formatTarget, type Redirect } from "../redirect.ts";

/** Name of the one resource of kind HostSettings. */
export const SETTINGS_NAME = "host";

/** Extension → its key-values. */
export type ExtensionConfig = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What may change while a host runs. Times in milliseconds. */
export interface HostSettings {
  /** Of this host. */
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  /** How long connections may go on when the host is told to end. */
  readonly drainMs: number;
  readonly logLevel: LogLevel;
  readonly extensionConfig: ExtensionConfig;
}

export function encodeHostSettings(settings: HostSettings): Uint8Array {
  const { connectionsMax, connectTimeoutMs, drainMs, logLevel, extensionConfig } = settings;
  const extensionConfigJson = JSON.stringify(extensionConfig);
  return toBinary(
    HostSettingsSchema,
    create(HostSettingsSchema, { connectionsMax, connectTimeoutMs, drainMs, logLevel, extensionConfigJson }),
  );
}

export function decodeHostSettings(bytes: Uint8Array): { settings: HostSettings } | { error: string } {
  try {
    const { connectionsMax, connectTimeoutMs, drainMs, ...rest } = fromBinary(HostSettingsSchema, bytes);
    if (connectionsMax < 1 || connectTimeoutMs < 1) return { error: "the limits of connections must be at least 1" };
    const logLevel = LOG_LEVELS.find((level) => level === rest.logLevel);
    if (logLevel === undefined) return { error: `there is no log level "${rest.logLevel}"` };
    const extensionConfig: unknown = JSON.parse(rest.extensionConfigJson);
    if (!isExtensionConfig(extensionConfig)) return { error: "the configuration of extensions must be texts by name" };
    return { settings: { connectionsMax, connectTimeoutMs, drainMs, logLevel, extensionConfig } };
  } catch (error) {
    return { error: `they cannot be decoded: ${reasonOf(error)}` };
  }
}

/** @param listen `address:port` where hosts are to listen: the redirect may leave the port to the kernel. */
export function encodeListener(redirect: Redirect, listen: string): Uint8Array {
  const { upstream, endpoint, direction } = redirect;
  return toBinary(
    ListenerSchema,
    create(ListenerSchema, { listen, upstream: formatTarget(upstream), endpoint, direction }),
  );
}

export function decodeListener(bytes: Uint8Array): { redirect: Redirect } | { error: string } {
  try {
    const { endpoint, direction, ...texts } = fromBinary(ListenerSchema, bytes);
    const listen = parseSocketAddress(texts.listen);
    const upstream = parseSocketAddress(texts.upstream);
    if (listen === undefined) return { error: `"${texts.listen}" is no address with a port` };
    if (upstream === undefined || upstream.port === 0) return { error: `"${texts.upstream}" is no upstream` };
    if (direction !== "ingress" && direction !== "egress") return { error: `"${direction}" is no direction` };
    return {
      redirect: { listen, upstream: { address: upstream.address, port: upstream.port as Port }, endpoint, direction },
    };
  } catch (error) {
    return { error: `it cannot be decoded: ${reasonOf(error)}` };
  }
}

function isExtensionConfig(value: unknown): value is ExtensionConfig {
  return isObject(value) && Object.values(value).every((one) => isObject(one) && Object.values(one).every(isText));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
