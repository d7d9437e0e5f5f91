import type { GatewayMessage } from '@mayfly/core';
import { FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { LoadMeter } from './load-meter.ts';

function makeMeter() {
  const clock = new FakeClock();
  const sent: GatewayMessage[] = [];
  const level = { utilisation: 0 };
  const meter = new LoadMeter({
    clock,
    send: (message) => void sent.push(message),
    readUtilisation: () => level.utilisation,
  });
  return { clock, sent, level, meter };
}

describe('LoadMeter', () => {
  it('says nothing while there is little to do', ({ expect }) => {
    const { clock, sent, level, meter } = makeMeter();
    level.utilisation = 0.1;
    meter.noteServed('default/a');
    clock.step(10_000);

    expect(sent).toEqual([]);
  });

  it('says each second what there was to do, the busiest function first, and once that it is over', ({
    expect,
  }) => {
    const { clock, sent, level, meter } = makeMeter();
    level.utilisation = 0.9;
    meter.noteServed('default/a');
    for (let n = 0; n < 3; n += 1) meter.noteServed('default/b');
    meter.noteForwarded();
    clock.step(1_000);
    level.utilisation = 0.05;
    clock.step(5_000);

    expect(sent).toEqual([
      {
        kind: 'load',
        utilisation: 0.9,
        perSecond: 5,
        busiest: [
          { functionId: 'default/b', perSecond: 3 },
          { functionId: 'default/a', perSecond: 1 },
        ],
      },
      { kind: 'load', utilisation: 0.05, perSecond: 0, busiest: [] },
    ]);
  });

  it('is one message a second, however many calls there are', ({ expect }) => {
    const { clock, sent, level, meter } = makeMeter();
    level.utilisation = 1;
    for (let ms = 0; ms < 3_000; ms += 1) {
      for (let n = 0; n < 10; n += 1) meter.noteServed(`default/f${n.toString()}`);
      clock.step(1);
    }
    meter.close();
    clock.step(5_000);

    expect(sent).toHaveLength(3);
  });
});
