/** What is measured: something that answers one request, as often as it is asked, many at once. */
export interface Subject {
  /** What a person calls it. */
  readonly name: string;
  /** Where it runs, in a few words. */
  readonly place: string;
  /** One request, until its answer is there. Rejects where it failed. */
  ask(): Promise<void>;
  /** What it has used so far; null where it does not tell. */
  usage(): Promise<Usage | null>;
  close(): Promise<void>;
}

export interface Usage {
  /** Processor seconds since it began, of all its threads. */
  readonly cpuSeconds: number;
  /** Bytes in memory now. */
  readonly residentBytes: number;
}
