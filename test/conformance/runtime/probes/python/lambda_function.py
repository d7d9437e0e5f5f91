# Answers what a test asks: the Python one of four that answer alike.
import os
import signal
import sys

count = 0


def stop(_signal, _frame):
    print("stopped by SIGTERM", flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)


def read(path):
    try:
        with open(path) as source:
            return source.read()
    except OSError as error:
        return str(error)


def write(path, text):
    try:
        with open(path, "w") as target:
            target.write(text)
        return "written"
    except OSError as error:
        return str(error)


def next_count():
    global count
    count += 1
    return {"count": count, "stream": os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]}


def print_both():
    print("to stdout")
    print("to stderr", file=sys.stderr)


def fail():
    raise IndexError("as it was asked to")


def hang():
    while True:
        pass


def describe(context):
    return {
        "remainingMs": context.get_remaining_time_in_millis(),
        "requestId": context.aws_request_id,
        "arn": context.invoked_function_arn,
    }


def lambda_handler(event, context):
    answers = {
        "variables": lambda: dict(os.environ),
        "directory": lambda: {"path": os.getcwd(), "files": os.listdir(".")},
        "read": lambda: read(event["path"]),
        "write": lambda: write(event["path"], event["text"]),
        "count": next_count,
        "context": lambda: describe(context),
        "print": print_both,
        "fail": fail,
        "exit": lambda: os._exit(event["status"]),
        "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "hang": hang,
    }
    return answers[event["ask"]]()
