/** A stack as a mermaid flowchart: https://mermaid.js.org/syntax/flowchart.html */
import type { GraphConfiguration, GraphInstance, StackGraph } from "../../operations/graph.ts";
import { accessLines, flavorWords, recordedWords, titleWords, volumeWords } from "./words.ts";

const styles = [
  "classDef server fill:#e8eefc,stroke:#3b5bdb,color:#16213e",
  "classDef store fill:#e6f4ea,stroke:#2b8a3e,color:#12321b",
  "classDef user fill:#fff3d6,stroke:#b7791f,color:#3d2a06",
  "classDef group fill:#f3e8fd,stroke:#7b4bb7,color:#2a1640",
  "classDef access fill:#f1f3f5,stroke:#868e96,color:#212529",
];

/** Pure. Ends with a newline. Ids are made of numbers, so that no name of a spec is one. */
export function mermaid(graph: StackGraph): string {
  const lines = [
    "flowchart LR",
    ...styles.map((line) => `  ${line}`),
    `  subgraph stack[${label(titleWords(graph))}]`,
    ...graph.instances.flatMap((instance, at) => instanceLines(instance, `i${at}`)).map((line) => `    ${line}`),
    ...graph.configurations.map((group, at) => `    ${groupLine(group, `c${at}`)}`),
    "  end",
    ...accessNodes(graph).map((line) => `  ${line}`),
    ...graph.instances.flatMap(({ configuration }, at) => {
      const group = graph.configurations.findIndex(({ name }) => name === configuration);
      return group < 0 ? [] : [`  c${group} -.-> i${at}s`];
    }),
  ];
  return `${lines.join("\n")}\n`;
}

function instanceLines(instance: GraphInstance, id: string): string[] {
  const { name, server, databases, users } = instance;
  const recorded = recordedWords(instance);
  const box = label(server, flavorWords(instance), ...instance.parameters, ...(recorded ? [recorded] : []));
  return [
    `subgraph ${id}[${label(name)}]`,
    `  ${id}s[${box}]:::server`,
    `  ${id}v[(${label(volumeWords(instance))})]:::store`,
    `  ${id}s --- ${id}v`,
    ...databases.map((database, at) => `  ${id}d${at}[(${label(database)})]:::store`),
    ...databases.map((_, at) => `  ${id}s --- ${id}d${at}`),
    ...users.map((user, at) => `  ${id}u${at}([${label(user.name)}]):::user`),
    ...users.flatMap(({ grants }, at) =>
      grants.flatMap(({ database, privileges }) => {
        const to = databases.indexOf(database);
        return to < 0 ? [] : [`  ${id}u${at} -->|${label(privileges)}| ${id}d${to}`];
      }),
    ),
    "end",
  ];
}

function groupLine({ name, parameters }: GraphConfiguration, id: string): string {
  return `${id}{{${label(`configuration ${name}`, ...parameters)}}}:::group`;
}

/** One node for all instances that the same clients reach. */
function accessNodes({ instances }: StackGraph): string[] {
  const nodes = new Map<string, { text: string; to: string[] }>();
  instances.forEach((instance, at) => {
    const text = label("clients from", ...accessLines(instance));
    const node = nodes.get(text) ?? { text, to: [] };
    const arrow = instance.access.public ? `-->|${label("floating IP")}|` : "-->";
    if (instance.access.from.length) node.to.push(`${arrow} i${at}s`);
    if (node.to.length) nodes.set(text, node);
  });
  return [...nodes.values()].flatMap(({ text, to }, at) => [
    `a${at}[${text}]:::access`,
    ...to.map((arrow) => `a${at} ${arrow}`),
  ]);
}

const label = (...lines: string[]): string => `"${lines.map(escapeLabel).join("<br/>")}"`;

/**
 * Whatever could mean something to mermaid, or to the HTML and markdown that it takes labels for, becomes its number:
 * everything but letters, digits and a few signs. Characters that move the cursor, and halves of characters, become `?`.
 */
function escapeLabel(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}]/gu, "?")
    .replace(/[^A-Za-z0-9 .,()/=-]/gu, (character) => `#${character.codePointAt(0)};`);
}
