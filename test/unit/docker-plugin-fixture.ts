/** A container's inputs and record, for the tests of what is compared. */

import { check } from "../../toolchain/docker-plugin/check.ts";
import { containerSchema } from "../../toolchain/docker-plugin/container/schema.ts";
import { created } from "../../toolchain/docker-plugin/state.ts";
import { type Props, withoutDefaults } from "../../toolchain/docker-plugin/values.ts";

const naming = { logicalName: "box", seed: Uint8Array.of(1), mode: "propose", proposed: "" } as const;
/** What Check makes of a container's inputs. */
export const checked = (inputs: Props) =>
  check(containerSchema, { image: "i", name: "n", ...inputs }, {}, naming).inputs;

/** What a fresh container of these inputs has on record; Docker's part is what it answers to nothing special. */
export function fresh(inputs: Props, observed: Props = {}): Props {
  const plain = withoutDefaults(checked(inputs)) as Props;
  const answer = {
    command: ["sh"],
    entrypoints: [],
    hostname: "0123456789ab",
    user: "",
    shmSize: 64,
    networkDatas: [],
  };
  const given = Object.fromEntries(
    Object.keys(answer).flatMap((key) => (plain[key] === undefined ? [] : [[key, plain[key]]])),
  );
  return created(containerSchema, plain, { ...answer, ...given, ...observed }, "c0ffee") as Props;
}
