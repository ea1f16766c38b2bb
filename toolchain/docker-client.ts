/**
 * The client of Docker's API. What it loads beside that, sessions with BuildKit (gRPC) and engines behind SSH, is loaded when it is
 * used: each process of a command would pay for it otherwise.
 */
import { createRequire } from "node:module";
import type Dockerode from "dockerode";
import { deferFunction } from "./deferred.ts";

const require = createRequire(import.meta.url);
const client = createRequire(require.resolve("dockerode"));
deferFunction(client, client.resolve("./session"));
const modem = createRequire(client.resolve("docker-modem"));
deferFunction(modem, modem.resolve("./ssh"));

/** Loaded after the lines above. */
export const Docker = require("dockerode") as typeof Dockerode;
export type Docker = Dockerode;
