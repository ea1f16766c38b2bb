/** What is left to do until a machine of a stock image is a guest. Pure: from what the machine is to a list of steps. */
import type { Plan } from "../engines/engine.ts";
import type { GuestFile, Software } from "../images/stock.ts";

export interface SeenMachine {
  root: boolean;
  /** ID, VERSION_CODENAME and PRETTY_NAME of /etc/os-release; empty when it does not say. */
  os: string;
  suite: string;
  system: string;
  systemd: boolean;
  apt: boolean;
  /** Of the root file system. */
  freeBytes: number;
  /** The id of the user that the server runs as, and the name of the user with that id; empty: there is none. */
  userId: string;
  idUser: string;
  /** The line of the ed25519 host key. */
  hostKey: string;
  /** What the installation noted; undefined: it never began. */
  note: { state: "begun" | "done"; recipe: string } | undefined;
  /** Coffer's own files are there. */
  ours: boolean;
}

export type SoftwareStep =
  | { kind: "wait-for-boot" }
  | { kind: "begin"; recipe: string }
  | { kind: "script"; content: string }
  | { kind: "user"; name: string; id: number }
  | { kind: "mask"; units: readonly string[] }
  | { kind: "packages"; server: string; version: string; packages: readonly string[] }
  | { kind: "files"; files: readonly GuestFile[] }
  | { kind: "settle"; units: readonly string[] }
  | { kind: "done"; recipe: string };

/** What stands for a recipe where the image had everything. */
export const byImage = "of its image";

/** Packages, their downloads, and a sample database of the packages' own making. */
export const freeBytesNeeded = 700 * 2 ** 20;

/** The recipe that the machine was made a guest from; undefined: it is none yet. */
export function installedOn({ note, ours }: SeenMachine): string | undefined {
  if (note) return note.state === "done" ? note.recipe : undefined;
  return ours ? byImage : undefined;
}

/** `pinned`: the host key that every later connection expects. All refusals at once, and nothing was changed before them. */
export function planSoftware(software: Software, seen: SeenMachine, pinned: string): Plan<SoftwareStep> {
  // Whatever recipe that was: only a new system disk takes another one.
  if (installedOn(seen) !== undefined) return { steps: [], refusals: [] };
  const refusals = refusalsFor(software, seen, pinned);
  if (refusals.length > 0) return { steps: [], refusals };
  const { hash, packages, version, user, masked, files, enabled, script } = software;
  return {
    refusals,
    steps: [
      { kind: "wait-for-boot" },
      { kind: "begin", recipe: hash },
      { kind: "script", content: script },
      { kind: "user", ...user },
      { kind: "mask", units: masked },
      { kind: "packages", server: packages[0], version, packages },
      { kind: "files", files },
      { kind: "settle", units: enabled },
      { kind: "done", recipe: hash },
    ],
  };
}

function refusalsFor(software: Software, seen: SeenMachine, pinned: string): string[] {
  const { engine, version, suite, user } = software;
  const rules: [wrong: boolean, words: string][] = [
    [!seen.root, `the login user does not become root by sudo: take an image whose cloud-init may give it that right`],
    [
      seen.os !== "debian" || seen.suite !== suite,
      `the image's operating system is ${shownSystem(seen)}, allowed is Debian ${suite}: ${engine} ${version} is installed from that release's packages`,
    ],
    [!seen.systemd, "the image does not run systemd, which starts and supervises the database: take one that does"],
    [!seen.apt, "the image has no apt-get, which installs the database: take one that has"],
    [
      seen.note === undefined && seen.freeBytes < freeBytesNeeded,
      `its root disk has ${mebibytes(seen.freeBytes)} MiB free, ${mebibytes(freeBytesNeeded)} are needed: take a flavor with a larger disk`,
    ],
    [
      seen.userId !== "" && seen.userId !== String(user.id),
      `the image has a user ${user.name} with the id ${seen.userId}; on data volumes that user's id is ${user.id}: take an image without it`,
    ],
    [
      seen.idUser !== "" && seen.idUser !== user.name,
      `in the image the user id ${user.id} is ${seen.idUser}'s; on data volumes it is ${user.name}'s: take an image where it is free`,
    ],
    [
      keyOf(seen.hostKey) !== keyOf(pinned),
      "the SSH host key that its console named is not its ed25519 key, which is the only one that a guest keeps: take an image whose sshd has one",
    ],
  ];
  return rules.filter(([wrong]) => wrong).map(([, words]) => words);
}

const mebibytes = (bytes: number): number => Math.floor(bytes / 2 ** 20);

/** Without the comment. */
const keyOf = (line: string): string => line.trim().split(/\s+/).slice(0, 2).join(" ");

function shownSystem({ system, os, suite }: SeenMachine): string {
  return JSON.stringify(system || "unknown") + (os ? ` (ID=${os}${suite ? `, VERSION_CODENAME=${suite}` : ""})` : "");
}

/** The lines `NAME<tab>VALUE` of the script, and what comes after them. */
export function parseFacts(text: string): { facts: ReadonlyMap<string, string>; rest: string } {
  const lines = text.split("\n");
  const end = lines.findIndex((line) => !/^[a-zA-Z]+\t/.test(line));
  const facts = lines.slice(0, end < 0 ? lines.length : end).map((line): [string, string] => {
    const tab = line.indexOf("\t");
    return [line.slice(0, tab), line.slice(tab + 1)];
  });
  return { facts: new Map(facts), rest: end < 0 ? "" : lines.slice(end).join("\n").trim() };
}

export function seenMachine(text: string): SeenMachine {
  const { facts } = parseFacts(text);
  const fact = (name: string): string => facts.get(name)?.trim() ?? "";
  const [state, recipe] = fact("note").split(" ");
  const noted = (state === "begun" || state === "done") && recipe ? { state, recipe } : undefined;
  return {
    root: fact("root") === "yes",
    os: fact("os"),
    suite: fact("suite"),
    system: fact("system"),
    systemd: fact("systemd") === "yes",
    apt: fact("apt") === "yes",
    freeBytes: Number(fact("free")),
    userId: fact("userId"),
    idUser: fact("idUser"),
    hostKey: fact("hostKey"),
    note: noted as SeenMachine["note"],
    ours: fact("ours") === "yes",
  };
}

/** Causes by the words of apt, dpkg and our script; the first one that fits is the one behind the others. */
const causes: readonly [words: RegExp, cause: string][] = [
  [
    /No space left on device|don't have enough free space/,
    "its root disk is full: take a flavor with a larger disk, and make the instance anew",
  ],
  [
    /E: coffer: /,
    "a package source beside Debian's own is in the image: take an image with Debian's packages only, and make the instance anew",
  ],
  [
    /NO_PUBKEY|is not signed|GPG error|Release file .* (is not valid yet|expired)/,
    "what its package mirror says cannot be trusted: look at the mirror's keys, and at the guest's clock",
  ],
  [
    /Could not resolve|Could not connect|Temporary failure resolving|Connection timed out|Connection refused|Network is unreachable|No route to host|Unable to connect|Failed to fetch/,
    "it does not reach its package mirror: let the guests' network reach it (a router, name servers), or take an image whose apt settings name a mirror or proxy that they reach",
  ],
  [
    /Unable to locate package|has no installation candidate/,
    "its package sources do not have what is needed: take an image whose apt knows the main component of its own Debian release, and make the instance anew",
  ],
  [
    /Could not get lock|Unable to acquire the dpkg frontend lock/,
    "another program of the image installs packages and does not end: look at what it is",
  ],
  [
    /Packages need to be removed but remove is disabled/,
    "packages of the image conflict with those of the database: take a plainer image, and make the instance anew",
  ],
];

/** Why packages could not be installed, with the last words of the log. */
export function whyNotInstalled(log: string): string {
  const cause = causes.find(([words]) => words.test(log))?.[1];
  const errors = log.split("\n").filter((line) => /^(E|Err|dpkg: error|W):? /.test(line));
  const shown = (errors.length > 0 ? errors.slice(0, 4) : log.split("\n").slice(-4)).join("\n");
  const words = `packages could not be installed${cause === undefined ? "" : `: ${cause}`}`;
  return `${words}. The guest's /var/log/coffer-install.log says:\n${shown.slice(0, 1500)}`;
}
