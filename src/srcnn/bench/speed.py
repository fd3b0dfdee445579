"""A model in every engine: time of a frame, share of the machine's peak, memory, first result."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from srcnn.bench.fresh import measure_fresh
from srcnn.bench.implementations import PLAIN, implementations_of, open_implementation, small_frame
from srcnn.bench.peak import peak_probe
from srcnn.bench.rounds import median_seconds
from srcnn.errors import InvalidConfigError
from srcnn.machine import memory_bytes
from srcnn.spec import ModelSpec
from srcnn.zoo.cards import shipped_cards
from srcnn.zoo.model_file import Model
from srcnn.zoo.shipped import load_model

STEPS = 3
"""Reports of progress of one model beside those of its rounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all implementations get.

    Attributes:
        size: (height, width) of the enlarged frame; what the scale does not divide is left out.
        threads: 0 takes all cores.
        rounds: how often each is timed, at least 1.
    """

    size: tuple[int, int] = (1080, 1920)
    threads: int = 0
    rounds: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """One model in one implementation.

    Attributes:
        case: model, scale and size of the enlarged frame.
        implementation: "plain onnxruntime", or the engine as this package uses it.
        model: its name or file.
        scale: the enlargement.
        precision: of the arithmetic.
        seconds: of a frame, from small luma to enlarged luma; the median.
        ratio: how many times faster than plain ONNX Runtime; None where that cannot run the model.
        megapixels_per_second: of the enlarged frame.
        share_of_peak: of the machine's multiply-accumulates, counting those of the network as published.
        first_result_seconds: from the start of a process of its own to its first frame.
        peak_memory_mib: of that process; None where the system does not say.
        set5_psnr: of the model's card, in dB; None for a file.
    """

    case: str
    implementation: str
    model: str
    scale: int
    precision: str = "fp32"
    seconds: float
    ratio: float | None
    megapixels_per_second: float
    share_of_peak: float
    first_result_seconds: float
    peak_memory_mib: float | None
    set5_psnr: float | None


@dataclass(frozen=True, slots=True)
class Speeds:
    """One model in every implementation.

    Attributes:
        peak: the machine's multiply-accumulates per second in fp32, the best of the run.
        rows: an implementation each.
    """

    peak: float
    rows: tuple[Speed, ...]


def measure_speed(name: str, scale: int | None, setting: Setting, progress: Callable[[], None] | None = None) -> Speeds:
    """Measure a model in every implementation that is installed, in turn and against the machine's peak.

    Args:
        name: a shipped name or a file.
        scale: the enlargement; None takes a file's own.
        setting: what all get.
        progress: called setting.rounds + STEPS times.

    Returns:
        The peak and the rows.

    Raises:
        ModelFileError: no such model.
        InvalidConfigError: a scale the model does not have, a frame smaller than the scale, or one so large that an
            engine that sees all of it needs more memory than the machine has.
        BackendError: an engine failed.

    Tests: tests/bench/test_speed.py.
    """
    model = load_model(name, scale)
    small = _small_size(setting.size, model.spec)
    frame = small_frame(model, small)
    probe = peak_probe(setting.threads)
    peaks: list[float] = []
    functions: dict[str, Callable[[], object]] = {
        implementation: partial(open_implementation(model, implementation, setting.threads), frame)
        for implementation in implementations_of(model)
    }
    functions["peak"] = lambda: peaks.append(probe())
    seconds = median_seconds(functions, setting.rounds, progress)
    del seconds["peak"]
    rows = _rows(name, model, small, setting, seconds, max(peaks))
    if progress:
        progress()
    return Speeds(max(peaks), rows)


def _small_size(size: tuple[int, int], spec: ModelSpec) -> tuple[int, int]:
    """Of a frame that becomes as large as that, or nearly; refuses one that nothing can be measured on."""
    scale = spec.scale
    height, width = (length // scale for length in size)
    if min(height, width) < 1:
        raise InvalidConfigError(
            f"expected a frame of at least {scale}x{scale} pixels, got {size[1]}x{size[0]}; measure a larger one"
        )
    maps = 4 * height * width * max(layer.out_channels for layer in spec.layers)
    needed = maps * scale**2 if spec.input_space == "hr" else maps
    memory = memory_bytes()
    if memory is not None and needed > memory:
        raise InvalidConfigError(
            f"expected a frame whose maps fit into the memory of this machine, {memory / 1e9:.1f} GB, got "
            f"{size[1]}x{size[0]}, of which they take {needed / 1e9:.1f} GB; measure a smaller one"
        )
    return height, width


def _rows(
    name: str, model: Model, small: tuple[int, int], setting: Setting, seconds: dict[str, float], peak: float
) -> tuple[Speed, ...]:
    """Complete the measured times: what follows from them, and processes of their own."""
    scale = model.spec.scale
    height, width = (length * scale for length in small)
    products = model.spec.macs_per_pixel * height * width
    psnr = next((card.set5_psnr for card in shipped_cards() if (card.name, card.scale) == (name, scale)), None)
    rows: list[Speed] = []
    for implementation, taken in seconds.items():
        fresh = measure_fresh(
            name, scale, implementation, threads=setting.threads, size=small, rounds=min(3, setting.rounds)
        )
        rows.append(
            Speed(
                case=f"{name} x{scale} {width}x{height}",
                implementation=implementation,
                model=name,
                scale=scale,
                seconds=taken,
                ratio=seconds[PLAIN] / taken if PLAIN in seconds else None,
                megapixels_per_second=height * width / taken / 1e6,
                share_of_peak=products / taken / peak,
                first_result_seconds=fresh.seconds,
                peak_memory_mib=fresh.peak_mib,
                set5_psnr=psnr,
            )
        )
    return tuple(rows)
