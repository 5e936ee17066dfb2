import { defineExtension } from "weir/proxylib";
import { fields, LinesParser } from "./lines.ts";

/** Does nothing but its work, in another process than the one that is attacked. */
export default defineExtension({
  name: "healthy",
  version: "1.0.0",
  fields,
  create: (connection) => new LinesParser(connection),
});
