/** Configuration files in the form of oslo.config, MariaDB and Ceph: sections of `name = value`. */

export type Section = Readonly<Record<string, string | number | boolean>>;
export type Ini = Readonly<Record<string, Section>>;

export function ini(sections: Ini): string {
  return Object.entries(sections)
    .map(([name, values]) => `[${name}]\n${lines(values)}`)
    .join("\n");
}

/** A file without sections. */
export function lines(values: Section): string {
  return Object.entries(values)
    .map(([name, value]) => (value === "" ? `${name} =\n` : `${name} = ${value}\n`))
    .join("");
}
