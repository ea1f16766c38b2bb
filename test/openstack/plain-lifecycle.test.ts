/** The demo's life on a cloud with the OpenStack plugin that users get where downloads are open. Runs with --full: it waits as that does. */
import { withoutFull } from "../support/full.ts";
import { usePlainPlugin } from "./plain.ts";

if (!withoutFull) {
  await usePlainPlugin();
  await import("./lifecycle.test.ts");
}
