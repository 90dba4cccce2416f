"""What the stack costs: python costs.py [--check] README (the table between `<!-- begin: costs -->` and `<!-- end: costs -->`)

Prices are what AWS asked in us-east-1 in early 2025, in US dollars, without tax, free tier or discounts. They are assumptions, written down from
memory and not fetched: compare them with aws.amazon.com/<service>/pricing, change them here, and run `scripts/test-terraform --update`.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

HOURS = 730  # of a month

FARGATE_VCPU_HOUR = 0.04048
FARGATE_GB_HOUR = 0.004445
FARGATE_DISK_GB_HOUR = 0.000111  # above 20 GiB
SPOT_SHARE = 0.35  # of the price on demand; it moves, 0.3 to 0.5 is usual
BALANCER_HOUR = 0.0225
BALANCER_UNIT_HOUR = 0.008  # one unit is plenty for a launcher
NAT_HOUR = 0.045
NAT_GB = 0.045
ADDRESS_HOUR = 0.005  # a public IPv4 address
ENDPOINT_HOUR = 0.01  # one service in one zone
SECRET_MONTH = 0.40
ALARM_MONTH = 0.10
DASHBOARD_MONTH = 3.00
KEY_MONTH = 1.00
ZONE_MONTH = 0.50
METRIC_MONTH = 0.30
STORAGE_GB_MONTH = 0.023  # S3
GP3_GB_MONTH = 0.115  # RDS
GP3_GB_MONTH_STANDBY = 0.23
DATABASE_HOUR = {"db.t4g.micro": 0.016, "db.t4g.medium": 0.065, "db.m7g.large": 0.168}


@dataclass
class Task:
    """A run: what Fargate bills from the pull of the image to the end."""

    place: str
    vcpu: float
    gb: float
    disk_gib: float
    minutes: float
    fetched_gb: float

    def price(self, spot: bool) -> float:
        """Dollars."""
        hours = self.minutes / 60
        share = SPOT_SHARE if spot else 1.0
        compute = hours * (self.vcpu * FARGATE_VCPU_HOUR + self.gb * FARGATE_GB_HOUR) * share
        disk = hours * max(self.disk_gib - 20, 0) * FARGATE_DISK_GB_HOUR
        return compute + disk + self.fetched_gb * NAT_GB


# Minutes are assumptions too: about one for the start and the pull of the image, then fetching and a run that takes seconds (BENCHMARKS.md) to
# minutes. Fargate bills one at least.
TASKS = [
    Task("a town, data in the cache", 2, 4, 50, 2, 0),
    Task("a town, its state fetched first", 2, 4, 50, 4, 1.0),
    Task("a large city, data in the cache", 4, 8, 50, 6, 0),
    Task("a metropolis, all formats and pairs", 8, 16, 100, 20, 0),
]


@dataclass
class Item:
    """Part of the idle stack: dollars a month in the two examples."""

    what: str
    minimal: float
    production: float


def _launchers(count: int, vcpu: float, gb: float) -> float:
    return HOURS * count * (vcpu * FARGATE_VCPU_HOUR + gb * FARGATE_GB_HOUR)


def _database(kind: str, gib: int, standby: bool) -> float:
    return HOURS * DATABASE_HOUR[kind] * (2 if standby else 1) + gib * (GP3_GB_MONTH_STANDBY if standby else GP3_GB_MONTH)


def items() -> list[Item]:
    """The idle stack."""
    balancer = HOURS * (BALANCER_HOUR + BALANCER_UNIT_HOUR)
    return [
        Item("launchers (2 × ½ vCPU, 1 GB; 3 × 1 vCPU, 2 GB)", _launchers(2, 0.5, 1), _launchers(3, 1, 2)),
        Item("load balancer with its public addresses (2; 3)", balancer + HOURS * 2 * ADDRESS_HOUR, balancer + HOURS * 3 * ADDRESS_HOUR),
        Item("NAT gateways with their addresses (1; 3)", HOURS * (NAT_HOUR + ADDRESS_HOUR), HOURS * 3 * (NAT_HOUR + ADDRESS_HOUR)),
        Item("interface endpoints (none; 6 services in 3 zones)", 0, HOURS * 18 * ENDPOINT_HOUR),
        Item("database of the launcher (t4g.micro; t4g.medium with a standby)", _database("db.t4g.micro", 20, False), _database("db.t4g.medium", 20, True)),
        Item("database of results (none; m7g.large with a standby, 100 GiB)", 0, _database("db.m7g.large", 100, True)),
        Item("secrets (3; 5), private zone, key (none; 1)", 3 * SECRET_MONTH + ZONE_MONTH, 5 * SECRET_MONTH + ZONE_MONTH + KEY_MONTH),
        Item("alarms (9; 12), dashboard, metrics of containers (none; about 60)", 9 * ALARM_MONTH + DASHBOARD_MONTH, 12 * ALARM_MONTH + DASHBOARD_MONTH + 60 * METRIC_MONTH),
        Item("results in S3 (10 GB; 200 GB)", 10 * STORAGE_GB_MONTH, 200 * STORAGE_GB_MONTH),
    ]


def tables() -> str:
    """Both tables as Markdown."""
    lines = ["| one run | size | minutes | Spot | on demand |", "|---|---|---|---|---|"]
    for task in TASKS:
        size = f"{task.vcpu:g} vCPU, {task.gb:g} GB"
        lines.append(f"| {task.place} | {size} | {task.minutes:g} | ${task.price(True):.3f} | ${task.price(False):.3f} |")
    lines += ["", "| a month without a run | `examples/minimal` | `examples/production` |", "|---|---|---|"]
    lines += [f"| {item.what} | ${item.minimal:.0f} | ${item.production:.0f} |" for item in items()]
    total = sum(item.minimal for item in items()), sum(item.production for item in items())
    return "\n".join([*lines, f"| **together** | **${total[0]:.0f}** | **${total[1]:.0f}** |"])


def main(args: list[str]) -> int:
    readme = Path(next(arg for arg in args if arg != "--check"))
    page = readme.read_text()
    new = re.sub(r"(<!-- begin: costs -->\n).*?(<!-- end: costs -->)", lambda match: f"{match[1]}{tables()}\n{match[2]}", page, flags=re.S)
    if "--check" in args:
        if new != page:
            print(f"{readme}: the costs are not those of costs.py; run scripts/test-terraform --update", file=sys.stderr)
        return int(new != page)
    readme.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
