/** `resize-volume` and `resize-instance`: the size of an instance's data volume, and its flavor, changed in the spec and applied. */
import { setFlavor, setVolumeSize } from "../spec/edit.ts";
import type { InstanceSpec } from "../spec/model.ts";
import { OperationError } from "./errors.ts";
import { gibibyte } from "./rows.ts";
import { type EditRequest, type EditResult, editInstance } from "./spec-edits.ts";

/** `size` in GiB, as the user wrote it. A volume only grows: everything else is refused before anything is read or changed. */
export async function resizeVolume(request: EditRequest & { name: string; size: string }): Promise<EditResult> {
  const size = wholeGiB(request.size);
  return editInstance(request, (text, instance) => {
    mustGrow(instance, size);
    return setVolumeSize(text, request.name, size);
  });
}

export async function resizeInstance(request: EditRequest & { name: string; flavor: string }): Promise<EditResult> {
  const { name, flavor } = request;
  return editInstance(request, (text, instance) => {
    if (instance.flavor.name === flavor) {
      throw new OperationError("input", `instance "${name}" has flavor "${flavor}" in the spec already`, {
        remedy: "name another flavor; if that one was never applied: coffer up",
      });
    }
    return setFlavor(text, name, flavor);
  });
}

function wholeGiB(text: string): number {
  const size = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(size) && size >= 1) return size;
  throw new OperationError("input", `a volume's size is a whole number of GiB from 1 on, not "${text}"`, {
    remedy: "for example: coffer resize-volume orders 20",
  });
}

function mustGrow({ name, volume }: InstanceSpec, size: number): void {
  const now = volume.bytes / gibibyte;
  if (size > now) return;
  if (size === now) {
    throw new OperationError("input", `the volume of instance "${name}" has ${size} GiB in the spec already`, {
      remedy: "name a larger size; if that one was never applied: coffer up",
    });
  }
  throw new OperationError("input", `a volume cannot shrink: that of instance "${name}" has ${now} GiB, not ${size}`, {
    remedy: `create an instance with a volume of ${size} GiB, and move the data with the engine's own tools`,
  });
}
