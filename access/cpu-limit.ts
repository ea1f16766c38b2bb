/** How many CPUs a guest may use, where that can change while it runs. Errors are GuestErrors. */
export interface CpuLimit {
  /** 1.5 is one and a half; undefined: there is no limit. */
  read(): Promise<number | undefined>;
  set(cpus: number): Promise<void>;
  /** How many there are: a higher limit is refused by the target. */
  most(): Promise<number>;
}
