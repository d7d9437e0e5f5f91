import { changeFunction } from '../mapping/change-function.ts';
import { checkSettings } from '../mapping/check-settings.ts';
import { toFunctionConfiguration, UPDATING } from '../mapping/function-configuration.ts';
import { checkLayers, toAskedLayers } from '../mapping/function-layers.ts';
import { applySettings } from '../mapping/function-spec.ts';
import { refuseUnservedMembers, UNSERVED_MEMBERS } from '../mapping/unserved-members.ts';
import { serve } from '../operation.ts';
import { requireLatest } from '../references.ts';

/** `PUT /2015-03-31/functions/{FunctionName}/configuration` */
export const updateFunctionConfiguration = serve(
  'UpdateFunctionConfiguration',
  async (input, call) => {
    const named = requireLatest(input, call);
    refuseUnservedMembers(input);
    checkSettings(input);
    checkLayers(input.Layers ?? [], call);
    const fn = await changeFunction(
      named,
      { revisionId: input.RevisionId, apply: (spec) => applySettings(spec, input) },
      call,
    );
    const target = { fn, version: undefined, arn: named.functionArn };
    const asked = toAskedLayers(input.Layers, call);
    return { ...toFunctionConfiguration(target, call.site), ...asked, ...UPDATING };
  },
  { partial: UNSERVED_MEMBERS },
);
