/** Commands for those who look on: monitoring systems, people at a terminal, readers of a page. */
import type { Command } from "../command.ts";

export const metrics: Command = {
  name: "metrics",
  describe: "readings of all instances for Prometheus",
  notes: `One look, to standard output; the text format's version is 0.0.4. For node_exporter's textfile collector, by cron:
  coffer metrics --stack demo > demo.prom.new && mv demo.prom.new demo.prom`,
  async run(context) {
    const operations = await import("../../operations/metrics.ts");
    const families = await operations.metrics(context.request());
    const { prometheusText } = await import("../prometheus.ts");
    context.result(families, () => prometheusText(families));
    return undefined;
  },
};

export const watch: Command = {
  name: "watch",
  describe: "list, painted anew every few seconds",
  endless: true,
  options: {
    interval: { alias: "n", type: "number", default: 5, value: "SECONDS", describe: "from one look to the next" },
  },
  notes: `Goes on until Ctrl-C. Where standard output is no terminal, and with -o json or -o yaml: one line or document for each change of an
instance's status (the first look tells of each). A look that fails is told, and the next one tries again.`,
  async run(context, args) {
    const operations = await import("../../operations/watch.ts");
    const { changeText, cleared, frame, problemText } = await import("../watch-view.ts");
    const interval = args.number("interval");
    const { screen } = context;
    const painted = screen !== undefined && context.format === "table";
    let told: string | undefined;
    let first = true;
    await operations.watch({
      ...context.request(),
      interval,
      onRound(round) {
        if (painted) {
          context.print(`${first ? cleared : ""}${frame(round, interval, screen(), context.paint)}`);
        } else {
          context.print(round.changes.map((change) => changeText(change, context.format)).join(""));
          // The same words every few seconds are no news.
          if (round.problem !== undefined && round.problem !== told) context.tell(problemText(round));
        }
        told = round.problem;
        first = false;
      },
    });
    return undefined;
  },
};

export const graph: Command = {
  name: "graph",
  describe: "a picture of the stack, from its spec",
  positionals: [{ name: "spec", describe: "the spec file, as -f", required: false }],
  options: {
    format: {
      type: "string",
      choices: ["mermaid", "svg"],
      default: "mermaid",
      value: "FORM",
      describe: "what to draw",
    },
    svg: { type: "boolean", describe: "as --format svg" },
  },
  notes: `Needs no state; what an apply recorded (addresses, parameters that wait for a restart) is in the picture where there
is one. -o json and -o yaml print what is drawn, for other tools.`,
  examples: ["coffer graph stacks/demo.yaml --svg > demo.svg"],
  async run(context, args) {
    const operations = await import("../../operations/graph.ts");
    const picture = await operations.graph(context.request(args.optional("spec")));
    const draw =
      args.flag("svg") || args.text("format") === "svg"
        ? (await import("../graph/svg.ts")).svg
        : (await import("../graph/mermaid.ts")).mermaid;
    context.result(picture, () => draw(picture));
    return undefined;
  },
};
