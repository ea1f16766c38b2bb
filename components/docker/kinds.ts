/** The parts that Docker's resources play in an instance. Plain data: read without loading Pulumi. */
import type { ResourceRole } from "../kinds.ts";

export const roles: Readonly<Record<string, ResourceRole>> = {
  "docker:index/container:Container": "server",
  "docker:index/volume:Volume": "data",
  "docker:index/network:Network": "network",
};

/** Resources whose replacement or removal concerns data: no apply does that unasked. */
export const statefulTypes: readonly string[] = ["docker:index/container:Container", "docker:index/volume:Volume"];

/** Resources that only say which image is current. */
export const imageTypes: readonly string[] = ["docker:index/remoteImage:RemoteImage"];
