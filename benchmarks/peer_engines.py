"""The same networks in other people's engines, as their users run them: small luma to enlarged luma.

Each function loads a model and gives a function; borders of zeros, as these engines pad themselves.
None of these engines is a dependency of this project: see README.md for how to install them.
"""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from srcnn.imaging import imresize
from srcnn.runtime.graph import Conv, DepthToSpace, Graph, replicated_graph, zero_padded_graph
from srcnn.runtime.onnx import INPUT, OUTPUT, encode_onnx
from srcnn.zoo.model_file import Model

Plane = np.ndarray
Enlarge = Callable[[Plane], Plane]


def installed_peers(model: Model, threads: int) -> dict[str, Enlarge]:
    """Every peer that is installed, loaded with a model of plain convolutions."""
    peers: dict[str, Enlarge] = {}
    if find_spec("torch"):
        peers["torch eager, NCHW"] = torch_eager(model, threads, channels_last=False)
        peers["torch eager, channels_last"] = torch_eager(model, threads, channels_last=True)
    if find_spec("cv2"):
        peers["OpenCV dnn"] = opencv_dnn(model, threads)
    if find_spec("ncnn"):
        peers["ncnn"] = ncnn(model, threads)
    return peers


def torch_eager(model: Model, threads: int, *, channels_last: bool) -> Enlarge:
    """PyTorch without compilation, every layer's border replicated in "hr"."""
    import torch

    from srcnn.models.srcnn import Srcnn

    torch.set_num_threads(threads)
    memory_format = torch.channels_last if channels_last else torch.contiguous_format
    network = Srcnn(model.spec)
    network.load_state_dict({name: torch.from_numpy(weight) for name, weight in model.weights.items()})
    network = network.to(memory_format=memory_format).eval()

    @torch.inference_mode()
    def run(plane: Plane) -> Plane:
        batch = torch.from_numpy(plane)[None, None].to(memory_format=memory_format)
        return torch.nn.functional.pixel_shuffle(network.same(batch), model.spec.shuffle)[0, 0].numpy()

    return with_bicubic(model, run)


def opencv_dnn(model: Model, threads: int) -> Enlarge:
    """OpenCV's dnn module, from ONNX."""
    import cv2

    cv2.setNumThreads(threads)
    network = cv2.dnn.readNetFromONNX(np.frombuffer(encode_onnx(padded(model), 1, {}), np.uint8))

    def run(plane: Plane) -> Plane:
        network.setInput(plane[None, None], INPUT)
        return network.forward(OUTPUT)[0, 0]

    return with_bicubic(model, run)


def ncnn(model: Model, threads: int) -> Enlarge:
    """The engine ncnn in fp32, from its own files, with the convolutions that are its fastest here."""
    import ncnn as engine

    network = engine.Net()
    network.opt.num_threads = threads
    network.opt.use_sgemm_convolution = False  # slower for 9-1-5, and 14 GB at 1920x1080
    network.opt.use_fp16_packed = network.opt.use_fp16_storage = network.opt.use_fp16_arithmetic = False
    with tempfile.TemporaryDirectory() as folder:
        description, weights = Path(folder) / "net.param", Path(folder) / "net.bin"
        write_ncnn(padded(model), description, weights)
        network.load_param(str(description))
        network.load_model(str(weights))

    def run(plane: Plane) -> Plane:
        extractor = network.create_extractor()
        extractor.input(INPUT, engine.Mat(plane[None]))
        return np.array(extractor.extract(OUTPUT)[1])[0]

    return with_bicubic(model, run)


def with_bicubic(model: Model, run: Callable[[Plane], Plane]) -> Enlarge:
    """Enlarge before the network, or add the enlargement after it, by this project's bicubic."""
    scale = model.spec.scale
    if model.spec.input_space == "hr":
        return lambda luma: run(imresize(luma, scale))
    if not model.spec.residual:
        return run
    return lambda luma: imresize(luma, scale) + run(luma)


def padded(model: Model) -> Graph:
    """The network with borders of zeros in every layer."""
    if model.spec.input_space == "lr":
        return zero_padded_graph(model)
    return tuple(replace(conv, replicate=0, zeros=conv.replicate) for conv in replicated_graph(model))


def write_ncnn(graph: Graph, description: Path, weights: Path) -> None:
    """Write a graph of plain convolutions as ncnn's two files.

    Source: "param and model file structure" in ncnn's documentation: layer type, name, numbers of inputs
    and outputs, their names, then key=value; each convolution's weights follow a zero that says fp32.
    """
    lines = [f"Input input 0 1 {INPUT}"]
    content = b""
    value = INPUT
    for number, operation in enumerate(graph, 1):
        output = OUTPUT if number == len(graph) else f"value{number}"
        if isinstance(operation, Conv):
            maps, _, kernel, _ = operation.weight.shape
            relu = int(operation.activation == "relu")
            lines.append(
                f"Convolution conv{number} 1 1 {value} {output} 0={maps} 1={kernel} 4={operation.zeros} 5=1 "
                f"6={operation.weight.size} 9={relu}"
            )
            content += bytes(4) + operation.weight.tobytes() + operation.bias.tobytes()
        else:
            assert isinstance(operation, DepthToSpace)
            lines.append(f"PixelShuffle shuffle 1 1 {value} {output} 0={operation.block}")
        value = output
    description.write_text("\n".join(["7767517", f"{len(lines)} {len(lines)}", *lines]) + "\n", encoding="utf-8")
    weights.write_bytes(content)
