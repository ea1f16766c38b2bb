/** Passwords that a spec gives by reference. They are read when the program runs and are secret from then on. */
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { type Engine, userKey } from "../engines/engine.ts";
import type { InstanceSpec, UserSpec } from "../spec/model.ts";

export function givenPasswords(instance: InstanceSpec, engine: Engine): Record<string, string> {
  const given: Record<string, string> = {};
  for (const user of instance.users ?? []) {
    const { password } = user;
    if (password && ("env" in password || "file" in password))
      given[userKey(engine, user)] = readPassword(instance.name, user, password);
  }
  return given;
}

function readPassword(instance: string, user: UserSpec, from: { env: string } | { file: string }): string {
  const who = `user "${user.name}" of instance "${instance}"`;
  if ("env" in from) {
    const value = process.env[from.env];
    if (!value)
      throw new pulumi.RunError(
        `the password of ${who} comes from the environment variable ${from.env}, which is not set; set it, or leave password out to have one generated`,
      );
    return value;
  }
  try {
    // Editors end a file with a newline that nobody means.
    return readFileSync(from.file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw new pulumi.RunError(
      `the password of ${who} comes from the file ${from.file}, which cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}
