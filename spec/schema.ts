/**
 * The shape of a spec file. The JSON Schema for editors is generated from it. Each `error` says what is allowed there,
 * in words; `shape.ts` makes problems of them. Rules that look at more than one value stand in `rules.ts`.
 */
import { z } from "zod";
import { privilegeLevels, restartRules, tlsModes } from "../engines/engine.ts";
import { cloudName, object, record, tag, text } from "./schema-parts.ts";
import { access, target } from "./schema-target.ts";
import { memoryPattern, parseMemory, parseTime, timePattern } from "./units.ts";

/** The version of the language. */
export const languageVersion = 1;

const leastMemory = parseMemory("128M") ?? 0;
const mostMemory = parseMemory("65536G") ?? 0;
/** In GiB. */
const largestVolume = 65536;

/** Names that become names of containers, hosts and directories. */
export const instanceName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
export const instanceNameWords = "1 to 63 of a-z, 0-9 and -, not at an end";
/** Names that only the spec itself uses. */
export const plainName = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
export const plainNameWords = "1 to 63 letters, digits, and . _ - between them";

/** In the place of a configuration's name: not even the one of the datastore's version. */
export const noConfiguration = "none";

const parameterWords = "text, a number, true or false";
const parameters = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()], parameterWords), "a mapping of parameter: value")
  .meta({ description: "Server parameters by the engine's own names." });

const memoryWords = "a whole number and K, M or G (binary), at least 128M, for example 512M";
const flavor = object(
  {
    vcpus: z
      .number("a number of CPUs, such as 1 or 0.5")
      .min(0.01, "a number of CPUs, at least 0.01")
      .max(1024, "a number of CPUs, at most 1024")
      .meta({ description: "CPUs; may be a fraction." }),
    memory: z
      .string(memoryWords)
      .regex(memoryPattern, memoryWords)
      .refine((memory) => (parseMemory(memory) ?? leastMemory) >= leastMemory, memoryWords)
      .refine((memory) => (parseMemory(memory) ?? 0) <= mostMemory, "at most 65536G")
      .meta({ description: "Memory with a unit: K, M or G (binary); at least 128M." }),
  },
  "a mapping with vcpus and memory",
);

const imageWords = "the name of an image; or one of { name }, { id } and { tags }, each with stock: true or without";
const stock = z
  .boolean("true or false")
  .optional()
  .meta({ description: "A stock cloud image: the server is installed at the first boot. Default: false." });
const imageTagsWords = "a list of 1 to 5 tags";
const imageTags = z.array(tag(20), imageTagsWords).min(1, imageTagsWords).max(5, imageTagsWords);
const image = z.union(
  [
    cloudName("the name of an image"),
    object({ name: cloudName("the name of an image"), stock }, imageWords),
    object({ id: cloudName("the id of an image"), stock }, imageWords),
    object(
      { tags: imageTags.meta({ description: "All of these; the newest image that has them is taken." }), stock },
      imageWords,
    ),
  ],
  imageWords,
);

const version = object(
  {
    image: image
      .optional()
      .meta({ description: "An image by name; on OpenStack also by id or tags. Default: built from Coffer's recipe." }),
    active: z
      .boolean("true or false")
      .optional()
      .meta({ description: "False: existing instances live on, new ones are refused. Default: true." }),
    configuration: text("the name of a configuration")
      .optional()
      .meta({ description: "The configuration of instances of this version that name none." }),
  },
  "a mapping with image, active and configuration; {} for the defaults",
);

const versionWords = 'a version in quotes, such as "10.11"';
const datastore = object(
  {
    engine: text("the name of an engine")
      .optional()
      .meta({ description: "The database engine. Default: the datastore's name." }),
    default: text(versionWords)
      .optional()
      .meta({ description: "The version of instances that name none. Needed when there are several." }),
    versions: record(plainName, version, "a mapping of version: { ... }"),
  },
  "a mapping with default and versions",
);

const referenceWords = "the name of a datastore, or name@version";
const reference = text(referenceWords).meta({
  description: "A datastore's name (its default version), or name@version.",
});

const configuration = object(
  { datastore: reference, description: z.string("text").max(1000, "at most 1000 characters").optional(), parameters },
  "a mapping with datastore and parameters",
);

const zone = cloudName("the name of an availability zone");

const sizeWords = "a whole number of GiB, at least 1";
const gibibytes = z.int(sizeWords).min(1, sizeWords).max(largestVolume, `at most ${largestVolume} GiB`);
const volumeWords = `${sizeWords}, or { size, adopt, type, zone }`;
const volumeNameWords = "the name or id of a retained volume";
const volume = z
  .union(
    [
      gibibytes,
      object(
        {
          size: gibibytes.meta({ description: "In GiB." }),
          adopt: cloudName(volumeNameWords)
            .optional()
            .meta({ description: "A retained volume whose data this instance takes over." }),
          type: cloudName("the name of a volume type")
            .optional()
            .meta({ description: "Cinder's volume type. Default: the target's." }),
          zone: zone.optional().meta({ description: "Cinder's availability zone. Default: the target's." }),
        },
        volumeWords,
      ),
    ],
    volumeWords,
  )
  .meta({ description: "The data volume, in GiB." });

const databaseName = text("the name of a database");
const databaseWords = "a database's name, or { name, charset, collation, owner, extensions }";
const database = z.union(
  [
    databaseName,
    object(
      {
        name: databaseName,
        charset: text("a character set").optional(),
        collation: text("a collation").optional(),
        owner: text("the name of a user of the instance").optional().meta({
          description: "A user of the instance, with engines whose databases have owners. Default: the administrator.",
        }),
        extensions: z
          .array(text("the name of an extension"), "a list of extensions")
          .optional()
          .meta({ description: "Extensions to have, of those that the server trusts." }),
      },
      databaseWords,
    ),
  ],
  databaseWords,
);

const privilegeWords = privilegeLevels.join(", ");
const grantWords = "a database's name, or { name, privileges }";
const grant = z.union(
  [
    databaseName,
    object({ name: databaseName, privileges: z.enum(privilegeLevels, privilegeWords).optional() }, grantWords),
  ],
  grantWords,
);

const passwordWords =
  "{ env: VARIABLE }, { file: PATH }, { generate: NUMBER } or { keep: true }; never the password itself; leave it out and one is generated";
const generationWords = "a whole number from 1 on";
const generation = z
  .int(generationWords)
  .min(1, generationWords)
  .meta({ description: "Another number, another generated password." });
const variable = z.string(passwordWords).regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of an environment variable");
const password = z
  .union(
    [
      object({ env: variable }, passwordWords),
      object({ file: text("the path of a file") }, passwordWords),
      object({ generate: generation }, passwordWords),
      object(
        { keep: z.literal(true, "true").meta({ description: "As the server has it: never read, never set." }) },
        passwordWords,
      ),
    ],
    passwordWords,
  )
  .meta({ description: "Where the password comes from. Default: generated." });

const wasWords = "the name that the user had, or { name, host }";
const was = z
  .union(
    [text(wasWords), object({ name: text(wasWords).optional(), host: text("the host it had").optional() }, wasWords)],
    wasWords,
  )
  .meta({ description: "The name or host before: that user is renamed and keeps its password." });

const userWords = "a mapping such as { name: app, databases: [shop] }";
const user = object(
  {
    name: text("the user's name"),
    host: text('a host pattern, such as "10.%"')
      .optional()
      .meta({ description: "Where the user may connect from (MySQL family). Default: %, anywhere." }),
    databases: z
      .array(grant, "a list of databases")
      .optional()
      .meta({ description: "Databases the user may use; a name alone grants all privileges in it." }),
    password: password.optional(),
    was: was.optional(),
  },
  userWords,
);

const rootWords = "true, false, or { generate: NUMBER }";
const root = z
  .union([z.boolean(), object({ generate: generation }, rootWords)], rootWords)
  .meta({ description: "An administrator called root, with a generated password. Default: false." });

const mostAfter = parseTime("1h") ?? 0;
const afterWords = "a time with ms, s or min, in whole milliseconds, at most 1h, such as 500ms";
const slowWords = "true, false, or { after: TIME }";
const logsWords = "a mapping such as { slow: { after: 1s }, general: true }";
const logs = object(
  {
    slow: z
      .union(
        [
          z.boolean(),
          object(
            {
              after: z
                .string(afterWords)
                .regex(timePattern, afterWords)
                .refine((time) => (parseTime(time) ?? mostAfter + 1) <= mostAfter, afterWords)
                .optional()
                .meta({ description: "How long a statement takes at least. Default: 1s." }),
            },
            slowWords,
          ),
        ],
        slowWords,
      )
      .optional()
      .meta({ description: "Statements that take long. Default: false." }),
    general: z
      .boolean("true or false")
      .optional()
      .meta({ description: "All statements: for a short while, it costs speed. Default: false." }),
  },
  logsWords,
);

const portWords = "a port from 1024 to 65535";
const instance = object(
  {
    datastore: reference,
    flavor: cloudName("the name of a flavor").meta({ description: "Of flavors; on OpenStack one of Nova's." }),
    volume,
    zone: zone.optional().meta({ description: "Nova's availability zone (OpenStack). Default: the target's." }),
    access: access.optional().meta({ description: "Who may connect. What it does not say is the target's." }),
    configuration: text(`the name of a configuration, or ${noConfiguration}`)
      .optional()
      .meta({ description: "Default: the one of the datastore's version, if that has one; none: not even that." }),
    parameters: parameters.optional(),
    restart: z.enum(restartRules, restartRules.join(", ")).optional().meta({
      description:
        "Parameters that take effect at a restart: allow restarts the server, hold lets them wait for `coffer restart`. Default: allow.",
    }),
    tls: z.enum(tlsModes, tlsModes.join(", ")).optional().meta({
      description:
        "basic: plain connections are taken too; enforced: only TLS; mtls: only with a certificate of the stack's authority. Default: enforced.",
    }),
    logs: logs.optional().meta({ description: "Logs beside the error log, which is always on. Each is bounded." }),
    ports: z
      .record(z.string(), z.int(portWords).min(1024, portWords).max(65535, portWords), "a mapping of role: port")
      .optional()
      .meta({
        description: "Fixed published ports by role, such as { sql: 13306 } (Docker). Default: picked once, for life.",
      }),
    databases: z
      .array(database, "a list of databases")
      .optional()
      .meta({ description: "The instance's databases. Absent: they are not managed." }),
    drop: z
      .array(databaseName, "a list of names of databases")
      .optional()
      .meta({ description: "Databases that may be dropped, with their data, once they are no longer listed." }),
    users: z
      .array(user, "a list of users")
      .optional()
      .meta({ description: "The instance's users. Absent: they are not managed." }),
    root: root.optional(),
    exclusive: z
      .boolean("true or false")
      .optional()
      .meta({ description: "True: users that are not listed are dropped. Default: false, they are told of." }),
  },
  "a mapping with datastore, flavor and volume",
);

const removed = z.literal("detach", "detach: the server goes, its data volume is kept");

export const specSchema = object(
  {
    coffer: z
      .literal(languageVersion, `${languageVersion}, the version of the spec language`)
      .meta({ description: "The version of the spec language." }),
    target,
    flavors: record(plainName, flavor, "a mapping of name: { vcpus, memory }").nullish(),
    datastores: record(plainName, datastore, "a mapping of name: { default, versions }").nullish(),
    configurations: record(plainName, configuration, "a mapping of name: { datastore, parameters }").nullish(),
    instances: record(instanceName, instance, "a mapping of name: { datastore, flavor, volume, ... }").nullish(),
    removed: record(instanceName, removed, "a mapping of name: detach")
      .nullish()
      .meta({ description: "Instances that were removed: detach (the default) keeps the data volume." }),
  },
  "a mapping with coffer, target, flavors, datastores and instances",
).meta({ title: "Coffer spec", description: "A stack of databases as code." });

export type RawSpec = z.infer<typeof specSchema>;
