"""ministack with one answer set right: a service without a role has no `roleArn`; with an empty one provider 3.39 breaks off."""

import json

from ministack.app import main
from ministack.services import ecs

_finished = ecs._finalize_ecs_response


def _without_empty_roles(response: tuple) -> tuple:
    status, headers, body = _finished(response)
    if not body or b"roleArn" not in body:
        return status, headers, body
    answer = json.loads(body)
    for service in [*answer.get("services", []), answer.get("service") or {}]:
        if service.get("roleArn") == "":
            del service["roleArn"]
    return status, headers, json.dumps(answer).encode()


ecs._finalize_ecs_response = _without_empty_roles
main()
