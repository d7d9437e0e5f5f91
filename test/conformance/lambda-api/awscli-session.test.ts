import { describe, it } from 'vitest';
import { useDirectory, usePlatform } from '../../helpers/platform.ts';
import { runAwsScript } from '../../helpers/python-clients.ts';

const SESSION_MS = 300_000;

/** What somebody types who has an archive, and nothing but the endpoint is another than AWS's. */
const SESSION = String.raw`
pack() { echo "exports.handler = async () => '$1';" > index.js; python3 -m zipfile -c code.zip index.js; }
say() { aws lambda "$@" --output text; }
invoke() { aws lambda invoke --function-name hello "$@" out.json > answer.json; cat out.json; echo; }

pack one
say create-function --function-name hello --runtime nodejs24.x --handler index.handler \
  --role arn:aws:iam::000000000000:role/lambda --zip-file fileb://code.zip --query State
aws lambda wait function-active-v2 --function-name hello
invoke
say publish-version --function-name hello --description first --query Version
pack two
say update-function-code --function-name hello --zip-file fileb://code.zip --query LastUpdateStatus
aws lambda wait function-updated-v2 --function-name hello
say update-function-configuration --function-name hello --timeout 7 --query Timeout
aws lambda wait function-updated-v2 --function-name hello
say publish-version --function-name hello --query Version
say create-alias --function-name hello --name live --function-version 1 --query FunctionVersion
invoke --qualifier live
say update-alias --function-name hello --name live --function-version 2 --query FunctionVersion
invoke --qualifier live
url=$(say create-function-url-config --function-name hello --qualifier live --auth-type NONE --query FunctionUrl)
curl --silent --fail --header "host: $(echo "$url" | cut -d/ -f3)" "$AWS_ENDPOINT_URL"; echo
say put-function-concurrency --function-name hello --reserved-concurrent-executions 5
say delete-function --function-name hello
aws lambda get-function --function-name hello 2>&1 | tail -1 || true
`;

describe('a session of the aws CLI', () => {
  it(
    'creates, updates, publishes, names, calls and deletes a function',
    { timeout: SESSION_MS },
    async ({ expect }) => {
      const { gatewayUrl } = await usePlatform();
      const env = { AWS_ENDPOINT_URL: gatewayUrl };
      const { stdout, stderr } = await runAwsScript(SESSION, { directory: useDirectory(), env });
      expect(stderr).toBe('');
      expect(stdout.trim().split('\n')).toEqual([
        'Pending',
        '"one"',
        '1',
        'InProgress',
        '7',
        '2',
        '1',
        '"one"',
        '2',
        '"two"',
        'two',
        '5',
        '204',
        expect.stringContaining(
          'An error occurred (ResourceNotFoundException) when calling the GetFunction operation: Function not found: arn:aws:lambda:us-east-1:000000000000:function:hello',
        ),
      ]);
    },
  );
});
