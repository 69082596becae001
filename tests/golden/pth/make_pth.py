"""Writes the .pth files of this folder and expected.json, with PyTorch itself.

    python3 make_pth.py        needs torch and numpy

zip.pth and legacy.pth hold the same object in both containers: a training checkpoint as the official
code saves it, with tensors of every element type, views, a transposed tensor and a Parameter.
bare.pth is a state dict alone; foreign.pth names a function that no file of weights needs.
"""

import argparse
import collections
import json
import os
import pathlib

import torch

FOLDER = pathlib.Path(__file__).parent


def tensors():
    base = torch.arange(12, dtype=torch.float32) / 8
    model = collections.OrderedDict()
    model["plain"] = torch.arange(6, dtype=torch.float32).reshape(2, 3) - 2.5
    model["half"] = torch.tensor([0.5, -1.25], dtype=torch.float16)
    model["bfloat16"] = torch.tensor([1.5, -3.0, 0.0078125], dtype=torch.bfloat16)
    model["double"] = torch.tensor(3.141592653589793, dtype=torch.float64)
    model["int64"] = torch.tensor([-(2**40), 7])
    model["uint8"] = torch.tensor([0, 255], dtype=torch.uint8)
    model["bool"] = torch.tensor([True, False])
    model["whole"] = base
    model["view"] = base[2:8].reshape(2, 3)
    model["every_second"] = base[1::2]
    model["transposed"] = torch.arange(6, dtype=torch.float32).reshape(2, 3).t()
    model["parameter"] = torch.nn.Parameter(torch.tensor([[1.0], [2.0]]))
    model["empty"] = torch.empty(0, 4)
    model._metadata = collections.OrderedDict({"": {"version": 1}})
    return model


class Foreign:
    def __reduce__(self):
        return os.system, ("true",)


def main():
    model = tensors()
    weights = [model["plain"].clone().requires_grad_()]
    optimizer = torch.optim.AdamW(weights, lr=1e-3)
    weights[0].sum().backward()
    optimizer.step()
    checkpoint = {
        "model": model,
        "optimizer": optimizer.state_dict(),
        "epoch": 7,
        "scaler": {"scale": 65536.0, "growth_factor": 2.0},
        "args": argparse.Namespace(
            model="mae_vit_micro", lr=None, input_size=32, norm_pix_loss=True, betas=(0.9, 0.95),
            output_dir=pathlib.PosixPath("out"), big=2**70),
    }
    torch.save(checkpoint, FOLDER / "zip.pth")
    torch.save(checkpoint, FOLDER / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(model, FOLDER / "bare.pth")
    torch.save({"model": {"plain": model["plain"]}, "extra": Foreign()}, FOLDER / "foreign.pth")
    expected = {
        name: {
            "type": str(tensor.dtype).replace("torch.", ""),
            "shape": list(tensor.shape),
            "values": tensor.detach().to(torch.float64).flatten().tolist(),
        }
        for name, tensor in model.items()
    }
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
