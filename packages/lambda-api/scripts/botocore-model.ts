/** The parts of a botocore service model (`service-2.json`) that the contract is made of. */
export interface BotocoreModel {
  readonly metadata: { readonly uid?: string; readonly apiVersion: string };
  readonly operations: Readonly<Record<string, BotocoreOperation>>;
  readonly shapes: Readonly<Record<string, BotocoreShape>>;
}

export interface BotocoreOperation {
  readonly name: string;
  readonly http: {
    readonly method: string;
    readonly requestUri: string;
    readonly responseCode?: number;
  };
  readonly input?: { readonly shape: string };
  readonly output?: { readonly shape: string };
  readonly errors?: readonly { readonly shape: string }[];
}

export interface BotocoreMember {
  readonly shape: string;
  readonly location?: string;
  readonly locationName?: string;
  readonly eventpayload?: boolean;
}

export interface BotocoreShape {
  readonly type: string;
  readonly members?: Readonly<Record<string, BotocoreMember>>;
  readonly required?: readonly string[];
  readonly payload?: string;
  readonly member?: BotocoreMember;
  readonly key?: BotocoreMember;
  readonly value?: BotocoreMember;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly min?: number;
  readonly max?: number;
  readonly timestampFormat?: string;
  readonly sensitive?: boolean;
  readonly streaming?: boolean;
  readonly eventstream?: boolean;
  readonly exception?: boolean;
  readonly fault?: boolean;
  readonly error?: { readonly httpStatusCode: number; readonly senderFault?: boolean };
}

/**
 * Reads the text of a `service-2.json`.
 * @throws Error when it is another file
 */
export function parseModel(text: string): BotocoreModel {
  const model = JSON.parse(text) as Partial<BotocoreModel>;
  const isLambda = model.metadata?.uid === 'lambda-2015-03-31';
  if (!isLambda || model.operations === undefined || model.shapes === undefined) {
    throw new Error('the file is not the service model lambda-2015-03-31');
  }
  return model as BotocoreModel;
}
