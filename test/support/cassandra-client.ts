// npm cassandra-driver as a program: reads one command a line (JSON), answers with one line. See cassandra-driver.ts.
import { createInterface } from "node:readline";
import cassandra from "cassandra-driver";

interface Command {
  readonly op: string;
  readonly session: string;
  readonly cql: string;
  readonly values?: readonly unknown[];
  readonly children: readonly { readonly cql: string; readonly values?: readonly unknown[] }[];
  readonly prepared: boolean;
  readonly target: string;
  readonly version?: number;
  readonly connections?: number;
  readonly translate?: Readonly<Record<string, string>>;
}

interface DriverFailure extends Error {
  /** Of the protocol. */
  readonly code?: number;
  /** One for each server that was tried. */
  readonly innerErrors?: object;
}

const RECONNECT_MS = 50;
/** Codes of the protocol, section 9 of its specification, by the names that drivers give them. */
const ERRORS: Readonly<Record<number, string>> = {
  8192: "SyntaxException",
  8448: "Unauthorized",
  8704: "InvalidRequest",
};

function translator(
  addresses: Readonly<Record<string, string>>,
): cassandra.policies.addressResolution.AddressTranslator {
  // The driver wants an instance of its own class, which its types call an interface.
  return Object.assign(cassandra.policies.defaultAddressTranslator(), {
    translate(address: string, port: number, callback: (endpoint: string) => void): void {
      callback(`${addresses[address] ?? address}:${port}`);
    },
  });
}

const sessions = new Map<string, cassandra.Client>();

function client(command: Command): cassandra.Client {
  const found = sessions.get(command.session);
  if (found === undefined) throw new Error(`there is no session ${command.session}`);
  return found;
}

async function connect(command: Command): Promise<object> {
  const created = new cassandra.Client({
    contactPoints: [command.target],
    localDataCenter: "datacenter1",
    protocolOptions: {
      port: Number(command.target.split(":")[1]),
      ...(command.version === undefined ? {} : { maxVersion: command.version }),
    },
    // Whether it needs to prepare again is for the server to say.
    rePrepareOnUp: false,
    pooling: { coreConnectionsPerHost: { [cassandra.types.distance.local]: command.connections ?? 1 } },
    policies: {
      reconnection: new cassandra.policies.reconnection.ConstantReconnectionPolicy(RECONNECT_MS),
      // Repeated calls would make records that the tests do not expect.
      retry: new cassandra.policies.retry.FallthroughRetryPolicy(),
      ...(command.translate === undefined ? {} : { addressResolution: translator(command.translate) }),
    },
  });
  try {
    await created.connect();
  } catch (error) {
    await created.shutdown();
    throw error;
  }
  sessions.set(command.session, created);
  const { controlConnection } = created as unknown as { controlConnection: { protocolVersion: number } };
  return { version: controlConnection.protocolVersion };
}

/** What the server, or weir, said to one call. */
async function outcome(call: Promise<cassandra.types.ResultSet>): Promise<object> {
  try {
    const { rows } = await call;
    return { rows: (rows ?? []).map((row) => row.values().map(String)) };
  } catch (error) {
    const { name, message, code, innerErrors } = error as DriverFailure;
    const inner = Object.values(innerErrors ?? {}).map(String);
    return { error: (code === undefined ? undefined : ERRORS[code]) ?? name, message: [message, ...inner].join("; ") };
  }
}

async function answer(command: Command): Promise<object> {
  switch (command.op) {
    case "connect":
      return await connect(command);
    case "execute":
      return await outcome(client(command).execute(command.cql));
    case "prepared":
      return await outcome(client(command).execute(command.cql, [...(command.values ?? [])], { prepare: true }));
    case "batch": {
      const children = command.children.map(({ cql, values }) => ({ query: cql, params: [...(values ?? [])] }));
      return await outcome(client(command).batch(children, { prepare: command.prepared }));
    }
    case "servers":
      return {
        servers: client(command)
          .hosts.values()
          .map(({ address }) => address)
          .sort(),
      };
    case "close":
      await client(command).shutdown();
      sessions.delete(command.session);
      return {};
    default:
      throw new Error(`unknown command ${command.op}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const told = await answer(JSON.parse(line) as Command).catch((error: DriverFailure) => ({
    failed: [error.message, ...Object.values(error.innerErrors ?? {}).map(String)].join("; "),
  }));
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
