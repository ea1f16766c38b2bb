/** The development cloud: OpenStack on this machine, for tests and first steps. */
import * as devcloud from "../devcloud/index.ts";
import { OperationError } from "./errors.ts";
import type { Report } from "./events.ts";

export type { DevcloudStatus, ServiceStatus } from "../devcloud/index.ts";

export interface DevcloudRequest {
  report: Report;
  signal?: AbortSignal;
}

export interface DevcloudUpRequest extends DevcloudRequest {
  /** Real hypervisors in all; default what the cloud has already, at first 1. */
  hypervisors?: number;
  /** Pretended hypervisors in all; default what the cloud has already, at first 0. */
  fake?: number;
  heat?: boolean;
}

/** Brings the cloud up, or what of it is down. */
export async function devcloudUp(request: DevcloudUpRequest): Promise<devcloud.UpResult> {
  const { hypervisors, fake, heat } = request;
  refuseAbove("hypervisors", hypervisors, devcloud.largest.hypervisors);
  refuseAbove("fake", fake, devcloud.largest.fake);
  const shape = {
    ...(hypervisors === undefined ? {} : { hypervisors }),
    ...(fake === undefined ? {} : { fake }),
    ...(heat === undefined ? {} : { heat }),
  };
  return devcloud.up({ ...told(request), shape });
}

function refuseAbove(option: string, value: number | undefined, most: number): void {
  if (value === undefined || value <= most) return;
  throw new OperationError("input", `--${option} ${value} is too many for the development cloud`, {
    remedy: `name at most ${most}`,
  });
}

/** Stops the cloud and keeps everything in it. */
export const devcloudDown = (request: DevcloudRequest): Promise<devcloud.DownResult> => devcloud.down(told(request));

export const devcloudStatus = (signal?: AbortSignal): Promise<devcloud.DevcloudStatus> => devcloud.status(signal);

export interface DevcloudWipeRequest extends DevcloudRequest {
  /** Asked with the folder that will be removed. */
  approve(folder: string): Promise<boolean>;
}

/** Stops the cloud and removes it with everything in it. */
export async function devcloudWipe(request: DevcloudWipeRequest): Promise<devcloud.DownResult> {
  if (!(await request.approve(devcloud.layout().state)))
    throw new OperationError("failed", "not confirmed", { remedy: "nothing was changed" });
  return devcloud.wipe(told(request));
}

function told({ report, signal }: DevcloudRequest): devcloud.DownRequest {
  return { tell: (event) => report(eventOf(event)), ...(signal ? { signal } : {}) };
}

function eventOf(event: devcloud.DevcloudEvent): Parameters<Report>[0] {
  switch (event.kind) {
    case "started":
      return { kind: "step-started", id: event.id, title: event.title };
    case "ended":
      return { ...event, kind: "step-ended" };
    case "progress":
      return event;
    case "note":
      return { kind: "note", severity: "info", text: event.text };
  }
}
