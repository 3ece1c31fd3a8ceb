// Loaded into a server's process before it (`node --import`): answers messages of its parent with how late the event loop
// was since the last one.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

if (isMainThread && process.channel) {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  process.on("message", () => {
    const ms = (nanoseconds) => nanoseconds / 1e6;
    process.send?.({
      count: delays.count,
      p50: ms(delays.percentile(50)),
      p99: ms(delays.percentile(99)),
      max: ms(delays.max),
    });
    delays.reset();
  });
  // To be asked keeps nobody alive.
  process.channel.unref();
}
