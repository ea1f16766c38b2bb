// Where Pulumi's SDK begins a policy pack. It puts ts-node in front of `require`, which does not know our TypeScript; Node's own
// `import` does. A failure is the runner's to tell: nothing here may wait.
import("./pack.ts");
