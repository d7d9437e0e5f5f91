import type { Architecture } from './architecture.ts';
import type { PodTemplate } from './pod-template.ts';

/** What a pod is made from: members of a function's configuration. */
export interface PodConfiguration {
  /** Undefined for an image, which has its own. */
  readonly runtime?: string | undefined;
  /** Exactly one. Default: that of the settings. */
  readonly architectures?: readonly Architecture[] | undefined;
  readonly memorySize: number;
  /** Seconds an invocation may take. */
  readonly timeout: number;
  /** MB of /tmp. Default: 512. */
  readonly ephemeralStorage?: number | undefined;
  readonly serviceAccountName?: string | undefined;
  readonly podTemplate?: PodTemplate | undefined;
}

/** Settings of the platform that show in every pod. */
export interface PodSettings {
  readonly agentImage: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly imagePullSecrets: readonly string[];
  /** Runtime identifier to image. */
  readonly runtimeImages: Readonly<Record<string, string>>;
  /** Share of a function's CPU that its pod asks the scheduler for. */
  readonly cpuRequestRatio: number;
  /** Where agents announce themselves. */
  readonly announceUrl: string;
  /** Of functions that name none. Default: x86_64, as in Lambda. */
  readonly defaultArchitecture?: Architecture;
}

/** Port of the agent's invocation endpoint. */
export const AGENT_PORT = 8080;
/** Port of the Runtime API on 127.0.0.1. */
export const RUNTIME_API_PORT = 9001;
/** Name of the container that runs the user's code. */
export const FUNCTION_CONTAINER = 'function';
/** Name of the container of the agent. */
export const AGENT_CONTAINER = 'agent';
/** Folder of the supervisor's FIFOs. */
export const CONTROL_DIR = '/mayfly/control';
/** The shell in the agent's image: static, so that it runs in any other image. */
export const AGENT_SHELL = '/app/sh';
/** MB of /tmp where a function asks for nothing else. */
export const DEFAULT_EPHEMERAL_STORAGE_MB = 512;
/** Seconds for a runtime to end by itself (2, as in Lambda) and for containers to be taken down. */
export const SHUTDOWN_GRACE_SECONDS = 5;
