/** The function that a runtime is started for. */
export interface LaunchTarget {
  /** Folder of the code. */
  readonly taskRoot: string;
  readonly handler: string;
  readonly memorySizeMb: number;
}

/** How a runtime is started. */
export interface RuntimeLaunch {
  /** LAMBDA_RUNTIME_DIR. */
  readonly runtimeDir: string;
  /** Program and arguments. */
  command(target: LaunchTarget): readonly [string, ...string[]];
  /** Variables that a user's may replace. */
  presetVariables(taskRoot: string): Readonly<Record<string, string>>;
}

/** A runtime cannot run here: the reason and message of a condition. */
export class RuntimeUnavailableError extends Error {
  override readonly name = 'RuntimeUnavailableError';
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
