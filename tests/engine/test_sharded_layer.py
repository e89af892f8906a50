"""A linear layer whose classes or rows lie on several devices has the same losses and gradients."""

import json
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("sharded_layer.py")
DEVICES = "--xla_force_host_platform_device_count=4"


def test_a_layer_on_four_devices_is_that_on_one() -> None:
    flags = f"{os.environ.get('XLA_FLAGS', '')} {DEVICES}"
    # The platform must have several devices: processors have as many as are asked for.
    environment = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    ended = subprocess.run(
        [sys.executable, str(PROGRAM)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    assert len(found) == 36
    assert {case: error for case, error in found.items() if not error < 3e-6} == {}
