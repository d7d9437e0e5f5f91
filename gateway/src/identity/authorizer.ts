import { accessDenied, evaluatePolicy, type Clock, type Permission } from '@mayfly/core';
import { makeFunctionArn } from '@mayfly/lambda-api';
import { AnswerCache } from './answer-cache.ts';
import type { Caller, KubernetesUser, ProvenCaller } from './caller.ts';
import { rightFor, type RightResource, type RightVerb } from './lambda-rights.ts';
import { undecidable } from './refusals.ts';

/** A question about RBAC, in the group `mayfly.dev`. */
export interface AccessQuestion {
  readonly user: KubernetesUser;
  readonly verb: RightVerb;
  readonly resource: RightResource;
  readonly namespace: string;
  /** Undefined: any of them. */
  readonly name: string | undefined;
}

/** Says whether somebody may do something in Kubernetes. */
export interface AccessReviewer {
  isAllowed(question: AccessQuestion): Promise<boolean>;
}

/** A function as a request names it. */
export interface FunctionTarget {
  readonly namespace: string;
  readonly functionName: string;
  readonly qualifier?: string | undefined;
}

/** What somebody wants to do. */
export interface WantedAccess {
  /** For example `lambda:GetFunction`; see `actionOf`. */
  readonly action: string;
  /** Undefined: the operation is about no function, or about all of them. */
  readonly resource: FunctionTarget | undefined;
  /** ARN of a resource that is no function, for the refusal. Default: that of the function, or `*`. */
  readonly resourceArn?: string | undefined;
  /** It came by the function's URL. */
  readonly isUrlCall?: boolean | undefined;
}

/** What the gateway knows of a function that was named. */
export interface KnownFunction {
  /** `metadata.name` of the Function. */
  readonly objectName: string;
  /** The permissions of the function, or of one of its versions or aliases. */
  permissionsOf(qualifier: string | undefined): readonly Permission[];
}

/** Who decides. */
export interface AuthorizerDeps {
  /** Undefined: the embedded mode; an account may do everything with what it has. */
  readonly reviewer?: AccessReviewer | undefined;
  readonly find: (namespace: string, functionName: string) => KnownFunction | undefined;
  readonly clock: Clock;
  readonly region: string;
  /** Account of every function. */
  readonly accountId: string;
  /** Namespace of what is no function. */
  readonly namespace: string;
  readonly onError: (error: unknown) => void;
}

const ALLOWED_FRESH_MS = 10_000;
const DENIED_FRESH_MS = 2000;

/** Decides whether callers may do what they want: by RBAC, or by the policy of the function. */
export class Authorizer {
  readonly #deps: AuthorizerDeps;
  readonly #answers: AnswerCache<boolean>;

  constructor(deps: AuthorizerDeps) {
    this.#deps = deps;
    this.#answers = new AnswerCache({
      clock: deps.clock,
      freshForMs: (isAllowed) => (isAllowed ? ALLOWED_FRESH_MS : DENIED_FRESH_MS),
      onError: deps.onError,
    });
  }

  /**
   * Lets pass who may do it.
   * @throws LambdaError `AccessDeniedException` in AWS's words; `ServiceUnavailableException` when nobody can say
   */
  async authorize(caller: Caller, wanted: WantedAccess): Promise<void> {
    if (caller.kind === 'anonymous') return;
    // The policy first: it is here already.
    if (this.#isAllowedByPolicy(caller, wanted)) return;
    if (await this.#isAllowedByRight(caller, wanted)) return;
    const { action } = wanted;
    throw accessDenied({
      caller: { kind: 'identity', arn: caller.arn, accountId: caller.accountId },
      action,
      resourceArn: wanted.resourceArn ?? this.#arnOf(wanted.resource),
      invokedViaFunctionUrl: wanted.isUrlCall === true,
    });
  }

  #isAllowedByPolicy({ arn, accountId }: ProvenCaller, wanted: WantedAccess): boolean {
    const { resource, action, isUrlCall = false } = wanted;
    if (resource === undefined) return false;
    const known = this.#deps.find(resource.namespace, resource.functionName);
    const permissions = known?.permissionsOf(resource.qualifier) ?? [];
    if (permissions.length === 0) return false;
    const resourceArn = this.#arnOf(resource);
    const decision = evaluatePolicy(
      { resourceArn, permissions },
      {
        caller: { kind: 'identity', arn, accountId },
        action,
        resourceArn,
        functionUrlAuthType: isUrlCall ? 'AWS_IAM' : undefined,
        invokedViaFunctionUrl: isUrlCall,
      },
    );
    if (decision.kind === 'denied') return false;
    // differs from Lambda: there is no other account here that could say which of its users it means. In its own account
    // a policy that names the account leaves it to their rights, as in Lambda.
    return decision.to === 'caller' || accountId !== this.#deps.accountId;
  }

  async #isAllowedByRight(caller: ProvenCaller, wanted: WantedAccess): Promise<boolean> {
    const { reviewer, accountId } = this.#deps;
    const { user } = caller;
    if (reviewer === undefined || user === undefined) return caller.accountId === accountId;
    const { verb, resource } = rightFor(wanted.action);
    const namespace = wanted.resource?.namespace ?? this.#deps.namespace;
    for (const name of this.#namesOf(wanted, resource, verb)) {
      if (await this.#review(reviewer, { user, verb, resource, namespace, name })) return true;
    }
    return false;
  }

  /** As in rules of RBAC: `hello`, and for a call by an alias or a version `hello:live` too. */
  #namesOf(
    { resource: target }: WantedAccess,
    resource: RightResource,
    verb: RightVerb,
  ): readonly (string | undefined)[] {
    // What is created has no name yet, and lists are of all.
    const isNamed = resource === 'functions' && verb !== 'create' && verb !== 'list';
    if (!isNamed || target === undefined) return [undefined];
    const { namespace, functionName, qualifier } = target;
    const name = this.#deps.find(namespace, functionName)?.objectName ?? functionName;
    return verb === 'invoke' && qualifier !== undefined ? [name, `${name}:${qualifier}`] : [name];
  }

  async #review(reviewer: AccessReviewer, question: AccessQuestion): Promise<boolean> {
    const key = JSON.stringify(question);
    try {
      return await this.#answers.get(key, () => reviewer.isAllowed(question));
    } catch (error) {
      throw undecidable(error);
    }
  }

  #arnOf(target: FunctionTarget | undefined): string {
    if (target === undefined) return '*';
    const { functionName, qualifier } = target;
    return makeFunctionArn({ ...this.#deps, functionName }, qualifier);
  }
}
