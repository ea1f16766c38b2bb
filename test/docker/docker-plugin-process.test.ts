import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import grpc from "@grpc/grpc-js";
import { docker, failureOf, firstLine, IMAGE, importImage, MAIN, Plugin } from "./docker-plugin-fixture.ts";

before(importImage);
after(() => docker.getImage(IMAGE).remove());

test("cancel ends a stop that is waited for; the container stays and can be deleted afterwards", async () => {
  const own = await Plugin.start();
  const made = await own.create("container:Container", {
    image: IMAGE,
    name: `docker-plugin-${randomBytes(4).toString("hex")}`,
    destroyGraceSeconds: 600,
  });
  const deleting = failureOf(own.delete("container:Container", made));
  await own.cancel();
  assert.match((await deleting).message, /Container "docker-plugin-.*": cancelled while stopping it/);
  await own.stop();
  await docker.getContainer(made.id).remove({ force: true });
});

test("what is not served is refused by name", async () => {
  const plugin = await Plugin.start();
  const resource = await failureOf(plugin.create("service:Service", {}));
  assert.equal(resource.code, grpc.status.UNIMPLEMENTED);
  assert.match(resource.message, /docker:index\/service:Service is not served by this stand-in/);
  const fun = await failureOf(plugin.invoke("docker:index/getNetwork:getNetwork"));
  assert.match(fun.message, /the function docker:index\/getNetwork:getNetwork is not served/);
  assert.equal(await plugin.stop(), 0);
});

test("configure says which daemon does not answer", async () => {
  const { message } = await failureOf(Plugin.start({ host: "unix:///nowhere/docker.sock" }));
  assert.match(
    message,
    /failed to connect to any docker daemon: unix:\/\/\/nowhere\/docker.sock .*\(ENOENT\).*DOCKER_HOST/,
  );
  const tcp = await failureOf(Plugin.start({ host: "tcp://127.0.0.1:1" }));
  assert.match(tcp.message, /tcp:\/\/127.0.0.1:1 does not answer \(ECONNREFUSED\)/);
});

test("the plugin ends when the process that started it is killed", async () => {
  const parent = spawn("sh", ["-c", '"$0" "$1" & wait', process.execPath, MAIN], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await firstLine(parent);
  // The plugin holds the other end of this pipe for as long as it lives.
  const closed = new Promise((resolve) => parent.stdout.once("close", resolve));
  parent.kill("SIGKILL");
  await closed;
});
