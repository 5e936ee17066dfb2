import { z } from "zod";
import { endpointName } from "./config/config-schema.ts";
import { StateFile } from "./state-file.ts";

/** An endpoint that came through the API, as texts. */
export interface StoredEndpoint {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly labels: readonly string[];
  readonly audit: boolean;
  /** Port → extension, of each direction. */
  readonly observe: Readonly<Record<string, string>>;
  readonly observeEgress: Readonly<Record<string, string>>;
}

export type EndpointStore = StateFile<StoredEndpoint>;

const texts = z.array(z.string());
const ports = z.record(z.string(), z.string());

export function endpointStore(path: string): EndpointStore {
  return new StateFile<StoredEndpoint>(path, {
    member: "endpoints",
    entry: z.strictObject({
      name: endpointName,
      addresses: texts,
      labels: texts,
      audit: z.boolean(),
      observe: ports,
      observeEgress: ports,
    }),
    what: "the endpoints added through the API",
    instead: "list some in the configuration",
  });
}
