"""One sample of a peer: the mean patch token of pictures in memory; prints its pictures a second.
usage: peer_encode.py CHECKPOINT SHARD BATCH COUNT THREADS cpu|cuda BACKEND [check|FEATURES]
With FEATURES, a feature shard of ours of the first pictures, only compares with it; with check only says by its status whether
the backend is there. On a GPU the pictures are there before the time begins."""

import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy
import torch
from peer_model import load_images, load_peer

CALIBRATION = 4  # batches
WARM = 3  # batches; a graph of CUDA is recorded in the second


class MeanFeatures(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, images):
        return self.model.encode(images)[:, 1:].mean(dim=1)


def torch_backend(model, dtype, mode, device):
    if mode != "eager":
        from torch._inductor import config
        config.freezing = True
        model = torch.compile(model, mode=None if mode == "compile" else mode)

    def run(images):
        with torch.no_grad(), torch.autocast(device, dtype=torch.bfloat16, enabled=dtype == "bfloat16"):
            return model(torch.as_tensor(images))
    return run


def onnx_file(model, images, folder):
    path = str(Path(folder) / "model.onnx")
    torch.onnx.export(model, (torch.from_numpy(images),), path, dynamo=False, input_names=["images"], output_names=["features"])
    return path


def quantized_onnx(path, batches):
    """Static, per output channel, symmetric weights, calibrated on the first pictures."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):
        rest = iter({"images": batch} for batch in batches)

        def get_next(self):
            return next(self.rest, None)
    quantize_static(path, path + ".int8", Reader(), quant_format=QuantFormat.QDQ, per_channel=True, weight_type=QuantType.QInt8,
                    op_types_to_quantize=["MatMul", "Gemm"])
    return path + ".int8"


def onnxruntime_backend(path, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {"images": images})[0]


def openvino_backend(model, dtype, threads, path):
    import openvino
    core = openvino.Core()
    hint = "f32" if dtype == "float32" else "bf16"
    settings = {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
    compiled = core.compile_model(model if path is None else path, "CPU", settings)
    return lambda images: compiled(images)[0]


def openvino_model(model, images, dtype, batches):
    import openvino
    converted = openvino.convert_model(model, example_input=torch.from_numpy(images), input=[list(images.shape)])
    if dtype == "int8":
        import nncf
        converted = nncf.quantize(converted, nncf.Dataset(batches), model_type=nncf.ModelType.TRANSFORMER)
    return converted


def make(backend, model, images, batch, threads, device, folder):
    library, dtype = backend.rsplit("-", 1)
    first = images[:batch]
    batches = [images[i * batch : (i + 1) * batch] for i in range(CALIBRATION)]
    if library in ("eager", "compile", "reduce-overhead"):
        return torch_backend(model, dtype, library, device)
    if library == "openvino":
        return openvino_backend(openvino_model(model, first, dtype, batches), dtype, threads, None)
    path = onnx_file(model, first, folder)
    return onnxruntime_backend(quantized_onnx(path, batches) if dtype == "int8" else path, threads)


def seconds(run, batches, device):
    started = time.perf_counter()
    for part in batches:
        run(part)
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def main():
    checkpoint, shard, batch, count, threads, device, backend = sys.argv[1:8]
    batch, count, threads = int(batch), int(count), int(threads)
    if sys.argv[8:] == ["check"]:
        __import__({"onnxruntime": "onnx"}.get(backend.split("-")[0], "torch"))
        for name in {"openvino-int8": ["openvino", "nncf"], "openvino-bfloat16": ["openvino"]}.get(backend, []):
            __import__(name)
        return
    torch.set_num_threads(threads)
    torch.backends.cudnn.allow_tf32 = False  # float32 is float32 on both sides
    peer, config = load_peer(checkpoint)
    model = MeanFeatures(peer).eval().to(device)
    images = load_images(shard, config, count)
    images = images.numpy() if device == "cpu" else images.to(device)
    with tempfile.TemporaryDirectory() as folder:
        run = make(backend, model, images, batch, threads, device, folder)
        if len(sys.argv) > 8:
            with h5py.File(sys.argv[8]) as file:
                ours = file["features"][:]
            print(float(numpy.abs(ours - numpy.asarray(torch.as_tensor(run(images[: len(ours)])).cpu())).max()))
            return
        batches = [images[i : i + batch] for i in range(0, count - batch + 1, batch)]
        seconds(run, batches[:WARM], device)
        print(len(batches) * batch / seconds(run, batches, device))


main()
