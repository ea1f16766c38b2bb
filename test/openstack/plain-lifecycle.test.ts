/** The demo's life on a cloud with the OpenStack plugin that users get where downloads are open. Runs with --full: it waits as that does. */
import { test } from "node:test";
import { withoutFull } from "../support/full.ts";
import { usePlainPlugin } from "./plain.ts";

if (withoutFull) test("the demo's life with the plain plugin", { skip: withoutFull }, () => {});
else {
  await usePlainPlugin();
  await import("./lifecycle.test.ts");
}
