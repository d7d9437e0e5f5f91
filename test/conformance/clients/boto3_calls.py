"""Calls Lambda functions with boto3 and prints what came back as JSON.

    boto3_calls.py --endpoint http://127.0.0.1:8080 {invoke,errors,parallel} FUNCTION ...
"""

import argparse
import base64
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config


def make_client(endpoint):
    return boto3.client(
        "lambda",
        endpoint_url=endpoint,
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=8),
    )


def invoke(client, functions):
    """One call with everything that a call can carry."""
    context = base64.b64encode(json.dumps({"custom": {"foo": "bar"}}).encode()).decode()
    answer = client.invoke(
        FunctionName=functions[0],
        Payload=json.dumps({"name": "Ada"}),
        LogType="Tail",
        ClientContext=context,
    )
    return {
        "StatusCode": answer["StatusCode"],
        "ExecutedVersion": answer["ExecutedVersion"],
        "FunctionError": answer.get("FunctionError"),
        "Payload": json.loads(answer["Payload"].read()),
        "log": base64.b64decode(answer["LogResult"]).decode(),
        "requestId": answer["ResponseMetadata"]["RequestId"],
        "httpStatus": answer["ResponseMetadata"]["HTTPStatusCode"],
        "dryRun": client.invoke(FunctionName=functions[0], InvocationType="DryRun")["StatusCode"],
    }


def errors(client, functions):
    """What is raised, by the class that callers catch."""
    echo, off = functions
    calls = {
        "ResourceNotFoundException": {"FunctionName": "nobody"},
        "TooManyRequestsException": {"FunctionName": off},
        "InvalidRequestContentException": {"FunctionName": echo, "Payload": b"{no json"},
        "RequestTooLargeException": {"FunctionName": echo, "Payload": b'"%s"' % (b"x" * 6291456)},
    }
    caught = {}
    for name, arguments in calls.items():
        try:
            client.invoke(**arguments)
        except getattr(client.exceptions, name) as error:
            caught[name] = describe(error)
    for name, arguments in {
        "ValidationException": {"FunctionName": "not a name"},
        "NotImplementedException": {"FunctionName": echo, "InvocationType": "Event"},
    }.items():
        # Not in the service model of Invoke: callers look at the code.
        try:
            client.invoke(**arguments)
        except client.exceptions.ClientError as error:
            caught[error.response["Error"]["Code"]] = describe(error)
    return caught


def describe(error):
    return {
        "Code": error.response["Error"]["Code"],
        "Message": error.response["Error"]["Message"],
        "Reason": error.response.get("Reason"),
        "Type": error.response.get("Type"),
        "httpStatus": error.response["ResponseMetadata"]["HTTPStatusCode"],
    }


def parallel(client, functions):
    """Eight threads over one client, three calls each."""

    def call(number):
        answer = client.invoke(FunctionName=functions[0], Payload=json.dumps({"number": number}))
        return json.loads(answer["Payload"].read())["number"]

    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(call, range(24)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("what", choices=["invoke", "errors", "parallel"])
    parser.add_argument("functions", nargs="+")
    arguments = parser.parse_args()
    actions = {"invoke": invoke, "errors": errors, "parallel": parallel}
    answer = actions[arguments.what](make_client(arguments.endpoint), arguments.functions)
    json.dump(answer, sys.stdout)


main()
