"""Whether two folders of results are the same, byte for byte; their manifests but for run id, times and memory.

usage: same_results.py A B
"""

import json
import sys
from pathlib import Path


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def timeless(value):
    """A manifest without what differs from run to run."""
    if isinstance(value, dict):
        return {key: timeless(entry) for key, entry in value.items() if key not in DIFFERENT}
    if isinstance(value, list):
        return [timeless(entry) for entry in value]
    return value


DIFFERENT = {"started", "finished", "seconds", "peak_memory_bytes", "run_id", "path", "command_line", "threads"}

a, b = (Path(name) for name in sys.argv[1:])
assert files(a) == files(b), f"only in one: {sorted(files(a) ^ files(b))}"
assert len(files(a)) > 20, f"{a} has only {sorted(files(a))}"
for name in sorted(files(a)):
    left, right = (a / name).read_bytes(), (b / name).read_bytes()
    if name == "manifest.json":
        left, right = (timeless(json.loads(text)) for text in (left, right))
        keys = [key for key in left.keys() | right.keys() if left.get(key) != right.get(key)]
        assert left == right, f"the manifests differ in {keys}: {[(left.get(key), right.get(key)) for key in keys]}"
    else:
        assert left == right, f"{name} differs"
print(f"{len(files(a))} files are the same")
