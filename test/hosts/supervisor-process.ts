// A supervisor in a process of its own, which a test can kill. Options come as one JSON argument, events go to the parent.
// SIGTERM is the end in good order, as it is an agent's.
import { type RealSupervisorOptions, startSupervisor } from "./real-supervisor.ts";

const options = JSON.parse(process.argv[2] ?? "{}") as Omit<RealSupervisorOptions, "onEvent">;
const { supervisor, server } = await startSupervisor({
  ...options,
  onEvent: (event) => void (process.connected && process.send?.(event)),
});
process.on("SIGTERM", async () => {
  await supervisor.stop(5_000);
  server.close();
  process.disconnect();
});
