/** Pulumi's LanguageRuntime for Node, as far as Coffer uses it; the rest is refused by name. */
import { type handleUnaryCall, type sendUnaryData, status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import type { ILanguageRuntimeServer } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import lang from "@pulumi/pulumi/proto/language_pb.js";
import plug from "@pulumi/pulumi/proto/plugin_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { versions } from "../versions.ts";
import { stopAll } from "./children.ts";
import type { Gate } from "./gate.ts";
import { programDependencies, requiredPlugins } from "./packages.ts";
import { installDependencies, runPlugin } from "./plugin.ts";
import { runProgram } from "./program.ts";
import type { WaitingProgram } from "./waiting-program.ts";

/**
 * `engine` is the engine's address, for the programs' diagnostics; a handshake may give another. `waiting` is there in a host that
 * several engines attach to.
 */
export function languageRuntime(
  engine: string,
  gate: Gate,
  waiting?: WaitingProgram,
): ILanguageRuntimeServer & UntypedServiceImplementation {
  let engineAddress = engine;
  return {
    handshake: unary<lang.LanguageHandshakeRequest, lang.LanguageHandshakeResponse>(async (request) => {
      engineAddress = request.getEngineAddress();
      return new lang.LanguageHandshakeResponse();
    }),
    getPluginInfo: unary<empty.Empty, plug.PluginInfo>(async () => new plug.PluginInfo().setVersion(versions.pulumi)),
    about: unary<lang.AboutRequest, lang.AboutResponse>(async () =>
      new lang.AboutResponse().setExecutable(process.execPath).setVersion(process.version),
    ),
    getRequiredPlugins: unary<lang.GetRequiredPluginsRequest, lang.GetRequiredPluginsResponse>(async (request) => {
      const folder = request.getInfo()?.getProgramDirectory() || request.getPwd();
      const plugins = requiredPlugins(folder).map(({ name, version, server }) =>
        new plug.PluginDependency().setKind("resource").setName(name).setVersion(version).setServer(server),
      );
      return new lang.GetRequiredPluginsResponse().setPluginsList(plugins);
    }),
    getRequiredPackages: unary<lang.GetRequiredPackagesRequest, lang.GetRequiredPackagesResponse>(async (request) => {
      await gate.pass();
      const packages = requiredPlugins(request.getInfo()?.getProgramDirectory() ?? ".").map(
        ({ name, version, server }) =>
          new plug.PackageDependency().setKind("resource").setName(name).setVersion(version).setServer(server),
      );
      return new lang.GetRequiredPackagesResponse().setPackagesList(packages);
    }),
    getProgramDependencies: unary<lang.GetProgramDependenciesRequest, lang.GetProgramDependenciesResponse>(
      async (request) => {
        const folder = request.getInfo()?.getProgramDirectory() || request.getPwd();
        const dependencies = programDependencies(folder, request.getTransitivedependencies()).map(({ name, version }) =>
          new lang.DependencyInfo().setName(name).setVersion(version),
        );
        return new lang.GetProgramDependenciesResponse().setDependenciesList(dependencies);
      },
    ),
    run: (call, callback) => {
      answer(
        runThroughGate(gate, call.request, () =>
          runProgram(call.request, engineAddress, (cancel) => call.on("cancelled", cancel), waiting),
        ),
        callback,
      );
    },
    runPlugin: (call) => {
      runPlugin(call).catch((error: unknown) => call.emit("error", internal(error)));
    },
    installDependencies: (call) => {
      installDependencies(call).catch((error: unknown) => call.emit("error", internal(error)));
    },
    cancel: unary<empty.Empty, empty.Empty>(async () => {
      await stopAll();
      return new empty.Empty();
    }),
    runtimeOptionsPrompts: refused("RuntimeOptionsPrompts"),
    template: refused("Template"),
    generateProgram: refused("GenerateProgram"),
    generateProject: refused("GenerateProject"),
    generatePackage: refused("GeneratePackage"),
    pack: refused("Pack"),
    link: refused("Link"),
  };
}

async function runThroughGate(
  gate: Gate,
  request: lang.RunRequest,
  run: () => Promise<lang.RunResponse>,
): Promise<lang.RunResponse> {
  if (!request.getDryrun()) await gate.pass();
  const response = await run();
  if (request.getDryrun()) gate.previewed();
  return response;
}

function unary<Request, Response>(work: (request: Request) => Promise<Response>): handleUnaryCall<Request, Response> {
  return (call, callback) => answer(work(call.request), callback);
}

function answer<Response>(work: Promise<Response>, callback: sendUnaryData<Response>): void {
  work.then(
    (response) => callback(null, response),
    (error: unknown) => callback(internal(error)),
  );
}

function internal(error: unknown): { code: status; details: string } {
  return { code: status.INTERNAL, details: error instanceof Error ? error.message : String(error) };
}

function refused<Request, Response>(method: string): handleUnaryCall<Request, Response> {
  const details = `Coffer's language host does not offer ${method}; Pulumi's own pulumi-language-nodejs does.`;
  return (_call, callback) => callback({ code: status.UNIMPLEMENTED, details });
}
