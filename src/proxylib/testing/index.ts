// The public entry point `weir/proxylib/testing`: what an extension author tests with.
export { type Cut, cuts } from "./cuts.ts";
export {
  ScriptedConnection,
  type ScriptedMode,
  type ScriptedOptions,
  type ScriptedRecord,
  type ScriptedRules,
  verdictText,
} from "./scripted-connection.ts";
