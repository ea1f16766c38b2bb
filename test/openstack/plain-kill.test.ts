/** Kill -9 during a first `up` with the OpenStack plugin that users get where downloads are open. Runs with --full. */
import { test } from "node:test";
import { withoutFull } from "../support/full.ts";
import { usePlainPlugin } from "./plain.ts";

if (withoutFull) test("kill -9 during a first up with the plain plugin", { skip: withoutFull }, () => {});
else {
  await usePlainPlugin();
  await import("./kill.test.ts");
}
