/** What commands told about logins, so that a test asks for the same only once: each command is seconds of the machine's time. */
import type { Login } from "./clients.ts";

type Address = Pick<Login, "host" | "port">;

/** Commands after which a user may have another password, or be another one. An apply keeps passwords: that is promised. */
const changing = /^(user-|root-|create$|delete$|adopt$|rebuild$|destroy$)/;

export class Told {
  readonly #addresses = new Map<string, Address>();
  readonly #passwords = new Map<string, string>();

  /** Forgets what a command may change. */
  forgetBy([command = ""]: readonly string[]): void {
    if (changing.test(command) && !command.startsWith("user-show")) this.#passwords.clear();
  }

  /** Asks once for each container: its published port is its own for life. */
  address(instance: string, container: string | undefined, ask: () => Promise<Address>): Promise<Address> {
    return remembered(this.#addresses, `${instance} in ${container}`, ask);
  }

  password(instance: string, user: string, ask: () => Promise<string>): Promise<string> {
    return remembered(this.#passwords, `${user} of ${instance}`, ask);
  }
}

async function remembered<Value>(known: Map<string, Value>, key: string, ask: () => Promise<Value>): Promise<Value> {
  const value = known.get(key) ?? (await ask());
  known.set(key, value);
  return value;
}
