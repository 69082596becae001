"""Where contenders compute: on the cores of this machine, or on the first of its GPUs that they may see."""

import shutil
import subprocess
import sys
import time

import torch

IDLE = 5  # percent of the GPU in use; a sample begins below it
PATIENCE = 60  # seconds until it begins anyway


def check_device(device):
    """Ends the program with one line where there is no such device."""
    if device == "cuda" and not (shutil.which("nvidia-smi") and torch.cuda.is_available()):
        print("tests/bench/run: --device cuda: PyTorch sees no GPU here, or nvidia-smi is missing", file=sys.stderr)
        sys.exit(4)


def described(device):
    """Of a GPU its name and driver, and the CUDA of the peers."""
    return f", {asked('name')}, driver {asked('driver_version')}, CUDA {torch.version.cuda}" if device == "cuda" else ""


def wait_until_idle(device):
    """What others compute on a GPU would count as ours; how busy it is can be seen only while we do nothing."""
    if device == "cpu":
        return
    ends = time.monotonic() + PATIENCE
    while (used := int(asked("utilization.gpu"))) > IDLE:
        if time.monotonic() > ends:
            print(f"other processes use {used}% of the GPU", file=sys.stderr)
            return
        time.sleep(1)


def asked(field):
    gpu = f"GPU-{torch.cuda.get_device_properties(0).uuid}"
    return subprocess.run(["nvidia-smi", f"--id={gpu}", f"--query-gpu={field}", "--format=csv,noheader,nounits"], capture_output=True,
                          text=True, check=True).stdout.strip()
