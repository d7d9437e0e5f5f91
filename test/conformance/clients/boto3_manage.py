"""Manages a function with boto3, its waiters and its paginators, and prints what came back as JSON.

    boto3_manage.py --endpoint http://127.0.0.1:8080 FUNCTION
"""

import argparse
import io
import json
import sys
import zipfile

import boto3
from botocore.config import Config

SOON = {"Delay": 1, "MaxAttempts": 30}


def archive(answer):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as code:
        code.writestr("index.js", "exports.handler = async () => %s;" % json.dumps(answer))
    return data.getvalue()


def pages(client, operation, member, name, **arguments):
    """How many pages of one item each there are, and what one member of the items is."""
    paginator = client.get_paginator(operation)
    found = list(paginator.paginate(PaginationConfig={"PageSize": 1}, **arguments))
    return [item[name] for page in found for item in page[member]]


def manage(client, function):
    wait = lambda waiter, **arguments: client.get_waiter(waiter).wait(
        FunctionName=function, WaiterConfig=SOON, **arguments
    )
    created = client.create_function(
        FunctionName=function,
        Runtime="nodejs24.x",
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/lambda",
        Code={"ZipFile": archive("one")},
        Tags={"team": "a"},
    )
    wait("function_exists")
    wait("function_active")
    wait("function_active_v2")
    client.publish_version(FunctionName=function)
    client.update_function_code(FunctionName=function, ZipFile=archive("two"))
    wait("function_updated")
    wait("function_updated_v2")
    published = client.publish_version(FunctionName=function, Description="the second")
    wait("published_version_active", Qualifier=published["Version"])
    for name in ["live", "next"]:
        client.create_alias(FunctionName=function, Name=name, FunctionVersion="2")
    client.create_function_url_config(FunctionName=function, AuthType="NONE")
    client.create_function_url_config(FunctionName=function, AuthType="NONE", Qualifier="live")
    client.put_provisioned_concurrency_config(
        FunctionName=function, Qualifier="1", ProvisionedConcurrentExecutions=1
    )
    answer = client.invoke(FunctionName=function, Qualifier="live")
    named = {"FunctionName": function}
    result = {
        "state": created["State"],
        "published": published["Version"],
        "answer": json.loads(answer["Payload"].read()),
        "executed": answer["ExecutedVersion"],
        "functions": pages(client, "list_functions", "Functions", "FunctionName"),
        "all": pages(client, "list_functions", "Functions", "Version", FunctionVersion="ALL"),
        "versions": pages(client, "list_versions_by_function", "Versions", "Version", **named),
        "aliases": pages(client, "list_aliases", "Aliases", "Name", **named),
        "urls": pages(
            client, "list_function_url_configs", "FunctionUrlConfigs", "FunctionArn", **named
        ),
        "provisioned": pages(
            client,
            "list_provisioned_concurrency_configs",
            "ProvisionedConcurrencyConfigs",
            "FunctionArn",
            **named,
        ),
        "tags": client.list_tags(Resource=created["FunctionArn"])["Tags"],
    }
    client.delete_function(FunctionName=function)
    try:
        client.get_function(FunctionName=function)
    except client.exceptions.ResourceNotFoundException as error:
        result["gone"] = error.response["Error"]["Message"]
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("function")
    arguments = parser.parse_args()
    client = boto3.client(
        "lambda",
        endpoint_url=arguments.endpoint,
        config=Config(retries={"total_max_attempts": 1}),
    )
    json.dump(manage(client, arguments.function), sys.stdout)


main()
