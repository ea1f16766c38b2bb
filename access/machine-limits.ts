/** What a guest may use of its host, where that can change while it runs. Errors are GuestErrors. */
export interface Limits {
  /** 1.5 is one and a half; undefined: there is no limit. */
  cpus?: number;
  memoryBytes?: number;
}

export interface MachineLimits {
  read(): Promise<Limits>;
  /** Those that are named; the others stay. */
  set(limits: Limits): Promise<void>;
  /** How many CPUs there are: a higher limit is refused by the target. */
  most(): Promise<number>;
}
