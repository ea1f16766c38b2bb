/** A real OpenStack on this one machine, for tests and first steps. */
export { type DownRequest, type DownResult, down, wipe } from "./down.ts";
export type { DevcloudEvent } from "./execute.ts";
export { devcloudEnvironment, layout } from "./layout.ts";
export { largest, type Shape } from "./shape.ts";
export { type DevcloudStatus, type ServiceStatus, status } from "./status.ts";
export { type UpRequest, type UpResult, up } from "./up.ts";
