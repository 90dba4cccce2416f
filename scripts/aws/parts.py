"""What stands around the stack in its test: a database with TLS, the emulator, and one door to the launchers."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3


def free_port(address: str) -> int:
    """One that nothing listens at, now."""
    with socket.socket() as listener:
        listener.bind((address, 0))
        return listener.getsockname()[1]


def wait_until(what: str, condition: Callable[[], Any], seconds: float = 120) -> Any:
    """Until `condition` gives something; its result."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"in {seconds:g} s it did not happen: {what}")


def run(*command: str | Path, **more: Any) -> str:
    """A command that must succeed; what it prints."""
    done = subprocess.run([str(part) for part in command], text=True, capture_output=True, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def gateway() -> str:
    """This machine as containers see it."""
    config = json.loads(run("docker", "network", "inspect", "bridge", "-f", "{{json .IPAM.Config}}"))[0]
    return config.get("Gateway") or str(next(ipaddress.ip_network(config["Subnet"]).hosts()))


class Postgres:
    """A server that takes encrypted connections only, with a certificate of an authority of its own."""

    def __init__(self, address: str, folder: Path) -> None:
        self.folder, self.address, self.port = folder, address, free_port(address)
        programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.program = programs / "pg_ctl"
        # initdb refuses root, and another user must be able to reach the folder.
        self.user = ["su", "postgres", "-s", "/bin/sh", "-c"] if os.getuid() == 0 else ["sh", "-c"]
        self._certificates()
        if os.getuid() == 0:
            run("chown", "-R", "postgres", folder)
        self._as(f"{programs}/initdb -D {folder}/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync")
        access = "local all all trust\nhostssl all all 0.0.0.0/0 scram-sha-256\n"
        self._as(f"printf '{access}' > {folder}/data/pg_hba.conf")
        options = f"-p {self.port} -c listen_addresses={address} -c unix_socket_directories={folder} -c fsync=off -c ssl=on"
        options += f" -c ssl_cert_file={folder}/server.crt -c ssl_key_file={folder}/server.key"
        self._as(f"{self.program} -w -D {folder}/data -l {folder}/log -o '{options}' start")
        login = "CREATE ROLE quietway LOGIN PASSWORD 'of-the-test'"
        self._as(f'psql -q -h {folder} -p {self.port} -U postgres -c "{login}" -c "CREATE DATABASE quietway OWNER quietway"')

    @property
    def url(self) -> str:
        return f"postgres://quietway:of-the-test@{self.address}:{self.port}/quietway?sslmode=verify-full"

    @property
    def authority(self) -> str:
        return (self.folder / "authority.crt").read_text()

    def sessions(self) -> list[str]:
        """Whether the connections over the network are encrypted: `t` or `f` each."""
        query = "SELECT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.client_addr IS NOT NULL"
        return self._as(f'psql -At -h {self.folder} -p {self.port} -U postgres -c "{query}"').split()

    def stop(self) -> None:
        self._as(f"{self.program} -m immediate -D {self.folder}/data stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _as(self, command: str) -> str:
        return run(*self.user, command, cwd="/")

    def _certificates(self) -> None:
        here = {"cwd": self.folder}
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=authority", "-keyout", "authority.key", "-out", "authority.crt", **here)
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=database", "-keyout", "server.key", "-out", "server.csr", **here)
        (self.folder / "names").write_text(f"subjectAltName=IP:{self.address}\nbasicConstraints=CA:FALSE\n")
        run("openssl", "x509", "-req", "-days", "1", "-in", "server.csr", "-CA", "authority.crt", "-CAkey", "authority.key", "-CAcreateserial", "-extfile", "names", "-out", "server.crt", **here)
        (self.folder / "server.key").chmod(0o600)


class Emulator:
    """ministack: AWS on one port, with ECS tasks as containers of the local engine."""

    def __init__(self, address: str, folder: Path) -> None:
        self.endpoint = f"http://{address}:{free_port(address)}"
        env = os.environ | {"GATEWAY_PORT": self.endpoint.rsplit(":", 1)[1], "BIND_HOST": address, "MINISTACK_HOST": address}
        self.log = (folder / "emulator.log").open("w")
        program = Path(__file__).with_name("emulator.py")
        self.process = subprocess.Popen([sys.executable, program], env=env, stdout=self.log, stderr=subprocess.STDOUT, cwd=folder)
        wait_until("the emulator answers", self._answers, 60)

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the emulator ended; see its log"
        with socket.socket() as probe:
            host, port = re.fullmatch(r"http://(.*):(\d+)", self.endpoint).groups()
            return probe.connect_ex((host, int(port))) == 0

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


class Door:
    """One address for the launchers, in place of DNS and the load balancer's sockets: connections go to whatever targets are registered."""

    def __init__(self, address: str, targets: Callable[[], list[tuple[str, int]]]) -> None:
        self.targets, self.address, self.port = targets, address, free_port(address)
        self.loop = asyncio.new_event_loop()
        self.used: set[str] = set()
        self.turn = 0
        started = threading.Event()
        threading.Thread(target=self._serve, args=(started,), daemon=True).start()
        started.wait()

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"

    def _serve(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(asyncio.start_server(self._pass, self.address, self.port))
        started.set()
        self.loop.run_forever()

    async def _pass(self, client_in: asyncio.StreamReader, client_out: asyncio.StreamWriter) -> None:
        targets = await self.loop.run_in_executor(None, self.targets)
        self.turn += 1
        for nth in range(len(targets)):
            host, port = targets[(self.turn + nth) % len(targets)]
            try:
                server_in, server_out = await asyncio.wait_for(asyncio.open_connection(host, port), 3)
            except (OSError, asyncio.TimeoutError):
                continue
            self.used.add(host)
            await asyncio.gather(self._copy(client_in, server_out), self._copy(server_in, client_out))
            return
        client_out.close()

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while chunk := await source.read(65536):
                sink.write(chunk)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()
