import { describe, it } from 'vitest';
import { runCli } from './testing/run-cli.ts';

const COMMANDS = ['start', 'apply', 'get', 'invoke', 'logs', 'delete'];

describe('the program', () => {
  it('documents its commands and exit codes', async ({ expect }) => {
    const { stdout, stderr, exitCode } = await runCli(['--help'], { cwd: '/' });
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    for (const command of COMMANDS) expect(stdout).toContain(`  ${command} `);
    expect(stdout).toContain('  3  mayfly is not running');
  });

  it.for(COMMANDS)('shows an example in the help of %s', async (command, { expect }) => {
    const { stdout, exitCode } = await runCli([command, '--help'], { cwd: '/' });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples?:\n  \\$ mayfly ${command}`));
  });

  it('shows its help and ends with 2 without a command', async ({ expect }) => {
    const { stdout, stderr, exitCode } = await runCli([], { cwd: '/' });
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toContain('Usage: mayfly');
  });

  it('names the command that was meant', async ({ expect }) => {
    const { stderr, exitCode } = await runCli(['aply'], { cwd: '/' });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("unknown command 'aply'");
    expect(stderr).toContain('Did you mean apply?');
  });

  it('refuses unknown options and missing arguments', async ({ expect }) => {
    const unknown = await runCli(['get', '--colour'], { cwd: '/' });
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain("unknown option '--colour'");
    expect(unknown.stderr).toContain('(see mayfly get --help)');
    expect((await runCli(['invoke'], { cwd: '/' })).exitCode).toBe(2);
    expect((await runCli(['get', '-o', 'xml'], { cwd: '/' })).exitCode).toBe(2);
  });
});
