import os
import time


def fail():
    raise ValueError("deliberate")


def describe(context):
    return {
        "name": context.function_name,
        "version": context.function_version,
        "memory": int(context.memory_limit_in_mb),
        "arn": context.invoked_function_arn,
        "requestId": context.aws_request_id,
        "remainingMs": context.get_remaining_time_in_millis(),
    }


def handler(event, context):
    operations = {
        "echo": lambda: event,
        "environment": lambda: dict(os.environ),
        "error": fail,
        "timeout": lambda: time.sleep(60),
        "big": lambda: "x" * event["bytes"],
        "context": lambda: describe(context),
    }
    return operations[event["op"]]()
