"""The stack on an emulator, from `terraform apply` to `destroy`, by the commands of terraform/README.md. Run by scripts/test-aws.

The emulator starts ECS tasks as containers and keeps services at their number. It sends no task events (recorded ones are put on the queue), has
no DNS and no image registry (see `replaced`).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import page
import pytest
from parts import Door, Emulator, Postgres, gateway, run, wait_until

ROOT = Path(__file__).parents[2]
TOWN = ROOT / "tests/fixtures/monaco"
PROGRAMS = ROOT / "target/release"
BUCKET = "quietway-results"

# Squares so small that a run takes a minute: time enough to be superseded. A suite of the organisation's, as it would upload one.
SLOW_SUITE = 'extends = "bna"\n\n[area]\ngrid_cell_m = 15\n'


def replaced(text: str, door: str, stack: Path) -> str:
    """A command of the page for the emulator: another folder and address, no zone; nothing is tagged and pushed, for it has no registry."""
    text = text.replace("cd terraform/examples/minimal", f"cd {shlex.quote(str(stack))}")
    text = text.replace("https://quietway.example.org", door).replace("module.quietway.", "")
    text = re.sub(r"^export TF_VAR_domain_name=.*$", "", text, flags=re.M)
    text = re.sub(r" \| docker login .*$", " | wc -c", text, flags=re.M)
    text = re.sub(r"^docker tag .*$", "", text, flags=re.M)
    text = re.sub(r"terraform apply", "terraform apply -auto-approve -no-color", text)
    return text.replace("terraform init", "terraform init -no-color").replace("town.geojson", str(TOWN / "boundary.geojson"))


class Stack:
    """Everything that runs, and the shell of the operator."""

    def __init__(self, folder: Path) -> None:
        host = gateway()
        self.folder = folder
        self.commands = page.commands(ROOT / "terraform/README.md")
        (folder / "postgres").mkdir(parents=True)
        self.postgres = Postgres(host, folder / "postgres")
        self.emulator = Emulator(host, folder)
        self.door = Door(host, self.targets)
        self.stack = ROOT / "target/terraform/applied/tests/stack"
        # Terraform as scripts/terraform/setup.sh found it.
        self.env = os.environ | {
            "AWS_ENDPOINT_URL": self.emulator.endpoint, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_PAGER": "",
            "TF_VAR_endpoint": self.emulator.endpoint, "TF_VAR_database_url": self.postgres.url,
            "TF_VAR_database_certificate_authority": self.postgres.authority, "TF_VAR_task_url": self.door.url,
            "TF_VAR_images": json.dumps({"analysis": os.environ["QUIETWAY_TEST_ANALYSIS"], "launcher": os.environ["QUIETWAY_TEST_LAUNCHER"]}),
            "TF_VAR_task_args": json.dumps(["--osm=/data/monaco.osm.pbf"]),
            "TF_VAR_settings": json.dumps({"POLL_MS": "500"}),
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        }
        self.kept = folder / "shell"
        self.kept.touch()

    def sh(self, text: str, folder: Path | None = None) -> str:
        """As in one shell session: variables and functions go on from call to call."""
        script = f"set -e\n. {self.kept}\n{text}\n{{ declare -f out; export -p | grep -E ' (QUIETWAY_|ADMIN)'; }} > {self.kept}.new || true\n"
        done = subprocess.run(["bash", "-c", script], text=True, capture_output=True, cwd=folder or self.stack, env=self.env)
        assert done.returncode == 0, f"{text}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        os.replace(f"{self.kept}.new", self.kept)
        return done.stdout

    def follow(self, name: str, folder: Path | None = None) -> str:
        """A block of the Deploy page."""
        return self.sh(replaced(self.commands.pop(name), self.door.url, self.stack), folder)

    def output(self) -> dict[str, Any]:
        return json.loads(self.sh("terraform output -json quietway"))

    def targets(self) -> list[tuple[str, int]]:
        """What is registered behind the load balancer."""
        balancer = self.emulator.client("elbv2")
        found = []
        for group in balancer.describe_target_groups()["TargetGroups"]:
            health = balancer.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
            found += [(one["Target"]["Id"], one["Target"]["Port"]) for one in health]
        return found

    def api(self, line: str) -> Any:
        """A call with the organisation's key."""
        return json.loads(self.sh(f'curl -sf -H "Authorization: Bearer $QUIETWAY_KEY" "$QUIETWAY_URL/v1/orgs/springfield{line}"'))

    def metric(self, name: str) -> float:
        """Summed over all launchers and labels."""
        texts = [urllib.request.urlopen(f"http://{host}:{port}/metrics").read().decode() for host, port in self.targets()]
        return sum(float(line.rsplit(" ", 1)[1]) for text in texts for line in text.splitlines() if line.startswith(name))

    def submit(self, *flags: str) -> str:
        printed = self.sh(f"quietway-launcher submit {TOWN / 'boundary.geojson'} {' '.join(flags)}")
        return re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", printed)[0]

    def state(self, run_id: str) -> str:
        return self.api(f"/runs/{run_id}")["state"]

    def containers(self, run_id: str) -> list[str]:
        return run("docker", "ps", "-q", "--no-trunc", "--filter", f"label=com.amazonaws.ecs.task-arn={self.task(run_id)['taskArn']}").split()

    def task(self, run_id: str) -> dict[str, Any]:
        """The task of a run, as ECS tells it."""
        ecs = self.emulator.client("ecs")
        arns = [arn for status in ("RUNNING", "STOPPED") for arn in ecs.list_tasks(cluster="quietway", desiredStatus=status)["taskArns"]]
        tasks = ecs.describe_tasks(cluster="quietway", tasks=arns)["tasks"]
        return next(one for one in tasks if one.get("startedBy", "").startswith(f"quietway/{run_id}/"))

    def close(self) -> None:
        for container in run("docker", "ps", "-aq", "--filter", "label=com.amazonaws.ecs.cluster").split():
            if "cluster/quietway" in run("docker", "inspect", "-f", '{{index .Config.Labels "com.amazonaws.ecs.cluster"}}', container):
                subprocess.run(["docker", "rm", "-f", container], capture_output=True)
        self.emulator.stop()
        self.postgres.stop()


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="quietway-aws-"))
    folder.chmod(0o755)
    made = None
    try:
        made = Stack(folder)
        yield made
    finally:
        if made:
            made.close()
        shutil.rmtree(folder, ignore_errors=True)


def test_the_stack_comes_up_by_the_commands_of_the_page(stack: Stack) -> None:
    stack.commands.pop("build")  # scripts/test-aws has built the images by the same commands
    stack.follow("push", ROOT)
    assert "Apply complete" in stack.sh(replaced(stack.commands["apply"].splitlines()[0], stack.door.url, stack.stack))
    wait_until("two launchers are registered behind the load balancer", lambda: len(stack.targets()) == 2)
    wait_until("a launcher is ready", lambda: subprocess.run(["curl", "-sf", f"{stack.door.url}/readyz"], capture_output=True).returncode == 0)
    assert "quietway-launcher" in json.dumps(stack.emulator.client("ecs").describe_services(cluster="quietway", services=["quietway-launcher"])["services"][0]["taskDefinition"])
    stack.sh(replaced(stack.commands.pop("apply").splitlines()[1], stack.door.url, stack.stack))


def test_the_launcher_talks_to_its_database_by_verified_tls(stack: Stack) -> None:
    sessions = stack.postgres.sessions()
    assert sessions and set(sessions) == {"t"}


def test_the_first_key_and_an_organisation(stack: Stack) -> None:
    stack.follow("key")
    stack.follow("org")
    assert stack.sh('echo "$QUIETWAY_KEY"').startswith("qw_")
    assert stack.api("/runs") is not None


def test_a_town_is_measured_in_a_container_and_published(stack: Stack) -> None:
    stack.sh(f"rm -rf results; {replaced(stack.commands.pop('submit'), stack.door.url, stack.stack)}", stack.folder)
    assert not stack.commands, f"no test runs these commands of the page: {list(stack.commands)}"
    results = stack.folder / "results"
    manifest = json.loads((results / "manifest.json").read_text())
    assert (results / "index.html").stat().st_size > 0 and (results / "tiles/quietway.pmtiles").stat().st_size > 0
    task = stack.task(manifest["run"]["id"] if "run" in manifest else stack.api("/runs")["runs"][0]["id"])
    assert task["containers"][0]["exitCode"] == 0 and task["capacityProviderName"] == "FARGATE_SPOT"


def test_the_map_loads_them_from_the_bucket(stack: Stack) -> None:
    keys = stack.emulator.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="runs/")["Contents"]
    prefix = next(one["Key"] for one in keys if one["Key"].endswith("/manifest.json")).rsplit("/", 1)[0]
    env = stack.env | {"QUIETWAY_RESULTS": f"s3://{BUCKET}/{prefix}"}
    done = subprocess.run(["npm", "run", "--silent", "e2e", "--", "given"], cwd=ROOT / "web", env=env, text=True, capture_output=True)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_newest_wins(stack: Stack) -> None:
    stack.sh(f"curl -sf -X PUT \"$QUIETWAY_URL/v1/orgs/springfield/suites/slow\" -H \"Authorization: Bearer $ADMIN\" -H 'Content-Type: text/plain' --data-binary {shlex.quote(SLOW_SUITE)}")
    published = stack.api("")["published_run"]
    first = stack.submit("--suite", "slow")
    wait_until("the first run's container works", lambda: stack.state(first) == "running" and stack.containers(first))
    second = stack.submit()
    assert stack.state(first) in ("running", "stopping", "superseded")
    wait_until("the second is published", lambda: stack.state(second) == "succeeded")
    assert stack.state(first) == "superseded" and stack.containers(first) == []
    old, new = stack.task(first), stack.task(second)
    assert old["stopCode"] == "UserInitiated" and re.search(rf"superseded|{second}", old["stoppedReason"]), old["stoppedReason"]
    assert new["createdAt"] >= old["stoppedAt"], "two tasks of one organisation ran at once"
    assert stack.api("")["published_run"] == second != published
    keys = [one["Key"] for one in stack.emulator.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="runs/").get("Contents", [])]
    assert not any(first in key and key.endswith("manifest.json") for key in keys)


def event(task: dict[str, Any], **changed: Any) -> str:
    """As ECS tells it through EventBridge; the rule would put it on the queue."""
    detail = {"taskArn": task["taskArn"], "clusterArn": task["clusterArn"], "startedBy": task["startedBy"], "lastStatus": "STOPPED", "desiredStatus": "STOPPED",
              "version": 99, "stopCode": "EssentialContainerExited", "containers": [{"name": "quietway", "exitCode": 0}], **changed}
    outer = {"version": "0", "id": "1", "account": "000000000000", "region": "us-east-1", "time": "2026-01-01T00:00:00Z", "resources": [task["taskArn"]]}
    return json.dumps({**outer, "source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": detail})


def test_events_of_tasks_reach_the_launcher(stack: Stack) -> None:
    """Recorded ones, for the emulator sends none: of a run that has ended, the same again, of a stranger's task. None changes what is published."""
    sqs, queue = stack.emulator.client("sqs"), stack.output()["queue_url"]
    run_id = stack.api("")["published_run"]
    task = stack.task(run_id)
    read = stack.metric("quietway_events_total")
    for body in (event(task), event(task), event(task, startedBy="somebody/else", taskArn=task["taskArn"] + "0"), event(task, lastStatus="RUNNING", version=1)):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    wait_until("the launchers have read all four", lambda: stack.metric("quietway_events_total") == read + 4, 60)
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert int(counts["ApproximateNumberOfMessages"]) + int(counts["ApproximateNumberOfMessagesNotVisible"]) == 0
    assert stack.state(run_id) == "succeeded" and stack.api("")["published_run"] == run_id


def test_the_image_works_under_the_restrictions_of_its_definition(stack: Stack) -> None:
    """The emulator ignores them, so the engine is asked for them: as the emulator has the definition, on the volume it names."""
    definition = stack.emulator.client("ecs").describe_task_definition(taskDefinition="quietway-analysis")["taskDefinition"]
    container = definition["containerDefinitions"][0]
    assert container["readonlyRootFilesystem"] and container["linuxParameters"]["capabilities"]["drop"] == ["ALL"]
    (mount,) = container["mountPoints"]
    # Fargate gives a volume to root unless the image declares it.
    declared = json.loads(run("docker", "image", "inspect", "-f", "{{json .Config.Volumes}}", container["image"]))
    assert mount["containerPath"] in (declared or {}), f"the image has no VOLUME {mount['containerPath']}, so on Fargate its user could not write there"
    env = [part for one in container["environment"] for part in ("--env", f"{one['name']}={one['value']}")]
    boundary = next(one["Key"] for one in stack.emulator.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="boundaries/")["Contents"])
    place = f"s3://{BUCKET}"
    flags = ["--rm", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "-v", mount["containerPath"], *env]
    run("docker", "run", *flags, container["image"], "run", "--boundary", f"{place}/{boundary}", "--osm", "/data/monaco.osm.pbf", "--out", f"{place}/runs/by-hand/1")
    keys = [one["Key"] for one in stack.emulator.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="runs/by-hand/")["Contents"]]
    assert "runs/by-hand/1/manifest.json" in keys and not any(key.endswith(".quietway-run.json") for key in keys)


def test_logs_of_a_task_are_in_the_api(stack: Stack) -> None:
    run_id = stack.api("")["published_run"]
    text = stack.sh(f'curl -sf -H "Authorization: Bearer $QUIETWAY_KEY" "$QUIETWAY_URL/v1/orgs/springfield/runs/{run_id}/logs"')
    assert "total" in text or "scores" in text


def test_both_replicas_served(stack: Stack) -> None:
    assert len(stack.door.used) == 2


def test_destroy_leaves_nothing_but_the_cluster(stack: Stack) -> None:
    done = subprocess.run(["bash", "-c", "terraform destroy -auto-approve -no-color"], cwd=stack.stack, env=stack.env, text=True, capture_output=True)
    left = stack.sh("terraform state list").split()
    # The emulator's answer to the deletion of a cluster is one that the provider's waiter does not know.
    assert left in ([], ["aws_ecs_cluster.this"]), f"{left}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    wait_until("no container is left", lambda: not [
        one for one in run("docker", "ps", "-q", "--filter", "label=com.amazonaws.ecs.task-definition-family").split()
        if "quietway-" in run("docker", "inspect", "-f", '{{index .Config.Labels "com.amazonaws.ecs.task-definition-family"}}', one)
    ], 60)
    client = stack.emulator.client
    assert client("ecs").list_services(cluster="quietway")["serviceArns"] == []
    assert client("s3").list_buckets()["Buckets"] == []
    assert client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert client("sqs").list_queues().get("QueueUrls", []) == []
    assert client("secretsmanager").list_secrets()["SecretList"] == []
    assert client("logs").describe_log_groups()["logGroups"] == []
    assert [one["RoleName"] for one in client("iam").list_roles()["Roles"] if one["RoleName"].startswith("quietway")] == []
