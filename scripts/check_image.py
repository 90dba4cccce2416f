"""What an image of ours may hold: its files (`docker export`), its history, its configuration.

usage: check_image.py FILES.tar HISTORY CONFIG.json
"""

import json
import re
import sys
import tarfile

# Docker makes these in every container.
DOCKERS = re.compile(r"^(\.dockerenv|dev(/.*)?|proc|sys|etc/(hosts|hostname|resolv\.conf|mtab))$")
OURS = re.compile(
    r"^(tmp|work|cache|data|etc|etc/(passwd|group|ssl|ssl/certs|ssl/certs/ca-certificates\.crt)|usr|usr/bin|usr/bin/quietway(-launcher)?|usr/share"
    r"|usr/share/quietway|usr/share/quietway/(LICENSE(-APACHE|-MIT)?|sbom\.cdx\.json))$"
)
SECRETS = re.compile(r"(?i)password|secret_access|token=|BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|qw_[0-9a-z]{16}")

archive, history, config = sys.argv[1:]
with tarfile.open(archive) as files:
    members = {member.name.strip("/"): member for member in files.getmembers() if member.name.strip("/")}
    bom = json.load(files.extractfile("usr/share/quietway/sbom.cdx.json"))
    certificates = files.extractfile("etc/ssl/certs/ca-certificates.crt").read().count(b"BEGIN CERTIFICATE")

strange = [name for name in members if not DOCKERS.match(name) and not OURS.match(name)]
assert not strange, f"nobody asked for {strange[:10]}"
for name, member in members.items():
    if DOCKERS.match(name):
        continue
    assert not member.mode & 0o6000, f"{name} changes the user (mode {member.mode:o})"
    temporary = name == "tmp" and member.mode & 0o1000
    assert temporary or member.issym() or not member.mode & 0o002, f"everybody may write {name} (mode {member.mode:o})"
    owned = name in ("data", "cache")
    assert member.uid == (65532 if owned else 0), f"{name} belongs to {member.uid}"
assert members["tmp"].mode == 0o1777, f"/tmp has mode {members['tmp'].mode:o}"
assert certificates > 100, f"only {certificates} certificates"

assert bom["bomFormat"] == "CycloneDX", bom["bomFormat"]
names = {component["name"] for component in bom["components"]}
expected = {"tokio", "libsqlite3-sys", "rustls", "glibc"}
if "usr/bin/quietway" in members:
    expected |= {"maplibre-gl", "geo"}
assert expected <= names, f"the bill of materials lacks {expected - names}"
assert not {"moto", "playwright-core", "vite"} & names, "the bill of materials has tools that are not in the image"

for path in (history, config):
    found = SECRETS.search(open(path, encoding="utf-8").read())
    assert not found, f"{path} has {found.group(0)!r}"
