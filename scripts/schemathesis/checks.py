"""What schemathesis cannot know of the payments service: how keys are used, and when a valid request may be refused."""

import os
import random
import re
import threading
from urllib.parse import unquote, urlsplit

import requests
import schemathesis
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData

KEY = "Idempotency-Key"
keys = random.Random(int(os.environ["SEED"]))
used: set[str] = set()
lock = threading.Lock()
session = requests.Session()


def name(field):
    """The key that a field's value means: "abc" and abc are the same."""
    return re.sub(r"\\(.)", r"\1", field[1:-1]) if field.startswith('"') else field


def note(file, line):
    """What happened, for scripts/schemathesis.sh to count."""
    with lock, open(os.path.join(os.environ["NOTES"], file), "a") as notes:
        notes.write(line + "\n")


@schemathesis.hook
def before_call(context, case, kwargs):
    """A valid key is new, so that each operation is carried out; a broken or a missing one stays as it was generated."""
    if KEY not in case.headers or case.meta is None:
        return
    if case.meta.components.get(ParameterLocation.HEADER, case.meta.generation).mode != GenerationMode.POSITIVE:
        return
    with lock:
        if name(case.headers[KEY]) in used:
            case.headers[KEY] = '"%032x"' % keys.getrandbits(128)
        used.add(name(case.headers[KEY]))


@schemathesis.hook
def after_call(context, case, response):
    note("requests", f"{case.method} {response.status_code}")


@schemathesis.check
def stored_answers_are_replayed(context, response, case):
    """A stored answer comes again for the same request, and another request with its key is refused."""
    if "idempotency-key-expires" not in response.headers or "idempotent-replayed" in response.headers:
        return
    request = response.request
    again = session.send(request)
    assert again.status_code == response.status_code, f"the replay answered {again.status_code}"
    assert again.content == response.content, "the replay has another body"
    # Here the names are lower-case, and the values lists.
    location = response.headers.get("location", [None])[0]
    assert again.headers.get("Location") == location, "the replay has another Location"
    assert again.headers.get("Idempotent-Replayed") == "true", "the replay is not marked"
    other = request.copy()
    other.prepare_body((request.body or b"") + b" ", None)
    refused = session.send(other)
    assert refused.status_code == 422, f"another request with the same key answered {refused.status_code}"
    note("replays", f"{case.method} {again.status_code}")


def path_fits_schema(case, response):
    """Whether the path that was sent is one that the document allows.

    Not what was generated is: schemathesis decodes that before it encodes it, so that the valid key "a%FF" leaves as the byte FF.
    """
    values = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]*)", case.path), urlsplit(response.request.url).path)
    for parameter in case.operation.definition.raw.get("parameters", []):
        pattern = parameter["schema"].get("pattern") if parameter.get("in") == "path" else None
        if pattern and not re.fullmatch(pattern, unquote(values[parameter["name"]])):
            return False
    return True


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """What a valid request may be refused for, because of what the service holds and not of how the request is written."""
    if not isinstance(failure, RejectedPositiveData):
        return True
    if not path_fits_schema(case, response):
        return False
    problem = response.json()
    kind = problem["type"].partition("#")[2]
    if kind == "insufficient-balance":  # amounts are generated up to 2^63 - 1, accounts hold 10000.00
        return False
    # A payment in another currency than its account's is refused by value: the schema cannot say which account has which.
    return not (kind == "invalid-request" and problem["detail"].startswith("The account's currency is "))
