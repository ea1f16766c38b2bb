/**
 * coffer:index:Identity: what an instance is for life: its uuid and its published ports. Nothing real stands behind it
 * but the state; everything else of the instance is named after it.
 * Inputs: name, target, cloud (of several), datastore (with its version), active (may new instances be made of it), alternatives (those of
 * that datastore that are active), portRoles, bind, fixedPorts (by role), adopt (a retained volume's name).
 * Outputs: the inputs, `uuid`, `ports` (by role), `adopted` (the volume taken over when it was made, or "").
 */
import { randomInt, randomUUID } from "node:crypto";
import { createServer } from "node:net";
import { openInventory } from "../../access/index.ts";
import { inputChanges } from "../changes.ts";
import type { Kind } from "../kind.ts";
import { hasUnknown, UNKNOWN, type Values } from "../values.ts";

/** Published ports lie below Linux's ephemeral range (32768), where outgoing connections would take them. */
const portRange = { first: 20_000, last: 29_999 };
const portTries = 50;

export const identity: Kind = {
  token: "coffer:index:Identity",
  secrets: [],
  live: false,

  check(inputs, old) {
    if (!old && inputs.active === false) {
      const others = (inputs.alternatives ?? []) as readonly string[];
      const choice = others.length ? `choose one that is active: ${others.join(", ")}` : "no version of it is active";
      const reason = `${String(inputs.datastore)} is inactive: instances that exist live on, new ones are refused; ${choice}, or make it active in the spec`;
      return [{ property: "active", reason }];
    }
    if (!old || hasUnknown(inputs.adopt) || !inputs.adopt || inputs.adopt === old.adopt) return [];
    return [
      {
        property: "adopt",
        reason:
          "an instance that exists cannot adopt another volume; delete it first (its own volume is kept), or give the new one another name",
      },
    ];
  },

  diff: (old, inputs) => inputChanges(lasting(old.inputs), lasting(inputs)),

  preview: (_context, inputs) => ({ ...inputs, uuid: UNKNOWN, ports: UNKNOWN, adopted: inputs.adopt ?? "" }),

  async create(_context, inputs) {
    const uuid = inputs.adopt ? await adoptedUuid(inputs) : randomUUID();
    return {
      id: uuid,
      outputs: { ...inputs, uuid, ports: await choosePorts(inputs, {}), adopted: inputs.adopt ?? "" },
    };
  },

  read: async (_context, _id, inputs, outputs) => ({ ...outputs, ...inputs }),

  async previewUpdate(_context, old, inputs) {
    const settled = { ...portsIn(old.outputs.ports), ...portsIn(inputs.fixedPorts) };
    const roles = hasUnknown(inputs.portRoles) ? undefined : rolesIn(inputs);
    const ports = roles?.every((role) => settled[role]) ? settled : UNKNOWN;
    return { ...inputs, ...settledIn(old.outputs), ports };
  },

  async update(_context, _id, old, inputs) {
    return { ...inputs, ...settledIn(old.outputs), ports: await choosePorts(inputs, portsIn(old.outputs.ports)) };
  },

  async delete() {},
};

/** What matters after the instance was made; the volume was taken over then, and the version was active then. */
const lasting = ({ adopt: _1, active: _2, alternatives: _3, datastore: _4, ...rest }: Values): Values => rest;

/** What stays for life. */
const settledIn = (outputs: Values): Values => ({ uuid: outputs.uuid, adopted: outputs.adopted });
const rolesIn = (inputs: Values): readonly string[] => (inputs.portRoles ?? []) as readonly string[];
const portsIn = (value: Values[string]) => (value ?? {}) as Readonly<Record<string, number>>;

/** The uuid of the instance whose data lies on the volume: the data keeps its identity in its new server. */
async function adoptedUuid(inputs: Values): Promise<string> {
  const name = String(inputs.adopt);
  const inventory = openInventory(String(inputs.target), inputs.cloud ? { cloud: String(inputs.cloud) } : {});
  const volume = await inventory.volume(name);
  if (!volume)
    throw new Error(`there is no volume "${name}" to adopt; list those that are kept with: coffer volume-list`);
  if (!volume.instance)
    throw new Error(`the volume "${name}" was not made by Coffer (it has no instance label), so it cannot be adopted`);
  if (volume.attachedTo.length) {
    throw new Error(
      `the volume "${name}" is in use by ${volume.attachedTo.join(", ")}; remove that server first: two servers on one volume would destroy its data`,
    );
  }
  return volume.instance;
}

async function choosePorts(inputs: Values, known: Readonly<Record<string, number>>): Promise<Values> {
  const bind = (inputs.bind ?? []) as readonly string[];
  const fixed = portsIn(inputs.fixedPorts);
  const ports: Record<string, number> = {};
  for (const role of rolesIn(inputs)) {
    const port = fixed[role] ?? known[role] ?? (await freePort(bind, Object.values(ports)));
    if (fixed[role] && fixed[role] !== known[role]) await mustBeFree(port, bind, String(inputs.name), role);
    ports[role] = port;
  }
  return ports;
}

async function freePort(bind: readonly string[], taken: readonly number[]): Promise<number> {
  for (let i = 0; i < portTries; i++) {
    const port = randomInt(portRange.first, portRange.last + 1);
    if (!taken.includes(port) && (await firstTaken(port, bind)) === undefined) return port;
  }
  throw new Error(
    `no free port found on ${bind.join(", ")} in ${portTries} tries between ${portRange.first} and ${portRange.last}; give one in the spec: ports: { ROLE: NUMBER }`,
  );
}

async function mustBeFree(port: number, bind: readonly string[], name: string, role: string): Promise<void> {
  const taken = await firstTaken(port, bind);
  if (taken !== undefined) {
    throw new Error(
      `port ${port} on ${taken}, wanted for ${role} of instance "${name}", is taken by another program; choose another one in the spec, or leave ports out`,
    );
  }
}

/** The first of the addresses on which something listens on the port already. */
async function firstTaken(port: number, bind: readonly string[]): Promise<string | undefined> {
  for (const address of bind) {
    const free = await new Promise<boolean>((resolve, reject) => {
      const probe = createServer();
      probe.once("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "EADDRINUSE") resolve(false);
        else
          reject(
            new Error(`cannot listen on ${address}:${port} (${error.code}); docker.bind takes addresses of this host`),
          );
      });
      probe.listen({ port, host: address, exclusive: true }, () => probe.close(() => resolve(true)));
    });
    if (!free) return address;
  }
  return undefined;
}
