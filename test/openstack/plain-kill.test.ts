/** Kill -9 during a first `up` with the OpenStack plugin that users get where downloads are open. Runs with --full. */
import { withoutFull } from "../support/full.ts";
import { usePlainPlugin } from "./plain.ts";

if (!withoutFull) {
  await usePlainPlugin();
  await import("./kill.test.ts");
}
