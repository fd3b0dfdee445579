"""One flat, typed config for a training, and what its values may be. This module knows nothing of files and torch."""

import json
import sys
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from srcnn.errors import InvalidConfigError, ModelFileError
from srcnn.spec import Colour, ModelSpec, channels_of, channels_out_of, srcnn

ResizeKernel = Literal["bicubic", "bilinear", "box", "nearest", "spline"]
Downscale = Literal[ResizeKernel, "mixed", "given"]
Device = Literal["auto", "cpu", "cuda"]


_MAX_THREADS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """Everything that decides a training besides the pictures.

    Attributes:
        model: the name the trained model carries.
        scale: the enlargement to learn; 1 changes no size: the network learns to undo the degradations, so there
            must be one, or `downscale = "given"`.
        recipe: "fast": random patches, cosine; "paper": the authors' sub-images, SGD and fixed rate, in fp32 and
            without a running mean.
        input_space: "hr": the network sees the bicubic enlargement, as in the paper; "lr": the small picture.
        colour: what the network takes and gives: "luma"; "ycbcr", luma, Cb and Cr; "rgb"; or "chroma": it takes all of
            "ycbcr" and gives Cb and Cr, in "lr" alone.
        kernel_sizes: f1, f2, f3 and more: odd kernel sizes, one for each layer.
        widths: n1, n2 and more: feature maps after each layer but the last.
        activation: after every layer but the last: "relu"; "prelu", with a learned slope below zero; or "tanh".
        deconvolution: in "lr", the last layer is a transposed convolution instead of maps shuffled into place.
        residual: in "lr", the network learns what bicubic lacks; otherwise the picture itself.
        expansion: every convolution is trained as one to this many maps and a 1x1 convolution after it, and
            multiplied out to one kernel at every step; 0 trains the kernel itself.
        branches: every convolution is trained as the sum of itself and of 1x1 convolutions before fixed filters,
            a point, Sobel's two and Laplace's, added up to one kernel at every step; for Adam only.
        loss: "mse", the mean of squared differences, or "l1", the mean of their magnitudes.
        loss_channels: the channels of the output that the loss counts, such as [0] for the luma of "ycbcr"; [] counts
            all.
        steps: optimiser steps.
        batch_size: patches in a step.
        patch_size: pixels a side of an input patch; in "hr" the label is 2 x reach smaller, in "lr" scale times
            larger.
        optimiser: "muon", momentum with orthogonal steps; or "adam". Not used by the paper's recipe.
        learning_rate: the optimiser's peak rate, reached after `warmup_steps` and then lowered along a cosine to zero;
            in the paper's recipe Caffe's base rate, 1e-4.
        warmup_steps: steps over which the rate rises linearly from zero, at most half of all.
        seed: decides starting weights and every patch.
        device: "cuda", a GPU; "cpu"; or "auto": a GPU where torch can use one.
        precision: "fp32"; "bf16", many times slower on a CPU without AVX-512; or "auto": bf16 where the CPU (AMX;
            AMD's from Zen 4 on) or the GPU is faster in it.
        fp32_share: the last part of the steps, 0 to 1, that runs in fp32 whatever the precision.
        ema_decay: of the running mean of the weights, which is what is validated and kept.
        augment_scales: every picture is used at each of these sizes, in (0, 1].
        sampling: "pixels": every place of every picture at every size of `augment_scales` is equally likely;
            "pictures": every picture at every such size is, however large, so that one too small for some of
            the sizes comes less often.
        blur_sigma: lowest and highest deviation of a Gaussian blur, in pixels of the true picture; [] for none.
        blur_kernel: a text file with the matrix to blur with, its path from the config's folder; "" for none.
        downscale: how a picture is made smaller, "mixed" by bicubic, bilinear or box at random; at scale 1 not used.
            "given": the small pictures, at scale 1 the degraded ones, are in the folders of `--small`.
        noise_sigma: lowest and highest deviation of white noise, in grey levels of 255; [] for none.
        jpeg_quality: lowest and highest quality of a JPEG, 1 to 100; [] for none.
        clean_share: the share of versions, 0 to 1, that bicubic alone makes smaller, with none of these degradations.
        degradations_per_picture: versions of every picture and size, each with its own strengths within the ranges.
        memory_mb: the most that the pictures to learn from may take, in millions of bytes; where they are
            more, some of them are in memory for a block of steps, and others are read meanwhile.
        validation_pictures: this many pictures, spread evenly over the sorted names, are kept out of
            training and only measured; 0 only in the paper's recipe, which keeps none out; not used with
            `--validation`.
        validate_every: steps between validations.
        checkpoint_every: steps between checkpoints.
        threads: of torch; 0 takes all cores.
    """

    model: str
    scale: int
    recipe: Literal["fast", "paper"] = "fast"
    input_space: Literal["hr", "lr"] = "hr"
    colour: Colour = "luma"
    kernel_sizes: tuple[int, ...] = (9, 1, 5)
    widths: tuple[int, ...] = (64, 32)
    activation: Literal["relu", "prelu", "tanh"] = "relu"
    deconvolution: bool = False
    residual: bool = True
    expansion: int = 0
    branches: bool = False
    loss: Literal["mse", "l1"] = "mse"
    loss_channels: tuple[int, ...] = ()
    steps: int
    batch_size: int = 16
    patch_size: int = 96
    optimiser: Literal["muon", "adam"] = "muon"
    learning_rate: float = 5e-3
    warmup_steps: int = 100
    seed: int = 0
    device: Device = "auto"
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    fp32_share: float = 0.2
    ema_decay: float = 0.999
    augment_scales: tuple[float, ...] = (1.0,)
    sampling: Literal["pixels", "pictures"] = "pixels"
    blur_sigma: tuple[float, ...] = ()
    blur_kernel: str = ""
    downscale: Downscale = "bicubic"
    noise_sigma: tuple[float, ...] = ()
    jpeg_quality: tuple[int, ...] = ()
    clean_share: float = 0.0
    degradations_per_picture: int = 1
    memory_mb: int = 8000
    validation_pictures: int = 5
    validate_every: int = 500
    checkpoint_every: int = 500
    threads: int = 0

    def __post_init__(self) -> None:
        _check_types(self)
        positive = (
            "scale", "steps", "batch_size", "learning_rate", "degradations_per_picture", "memory_mb",
            "validate_every", "checkpoint_every",
        )  # fmt: skip
        for name in positive:
            _require(getattr(self, name) > 0, name, "above 0", getattr(self, name))
        for name in ("seed", "threads", "warmup_steps", "expansion"):
            _require(getattr(self, name) >= 0, name, "0 or more", getattr(self, name))
        _require(self.seed < 2**63, "seed", "below 2^63", self.seed)
        _require(self.threads <= _MAX_THREADS, "threads", f"at most {_MAX_THREADS}", self.threads)
        _require(self.memory_mb < 2**40, "memory_mb", "below 2^40", self.memory_mb)
        _require(self.batch_size < 2**40, "batch_size", "below 2^40", self.batch_size)
        _require(self.learning_rate < 1e38, "learning_rate", "below 1e38, as weights", self.learning_rate)
        fewest = 0 if self.recipe == "paper" else 1
        _require(
            self.validation_pictures >= fewest, "validation_pictures", f"at least {fewest}", self.validation_pictures
        )
        for name in ("fp32_share", "clean_share"):
            _require(0 <= getattr(self, name) <= 1, name, "from 0 to 1", getattr(self, name))
        _require(0 <= self.ema_decay < 1, "ema_decay", "from 0 to below 1", self.ema_decay)
        _require(
            bool(self.augment_scales) and all(0 < s <= 1 for s in self.augment_scales),
            "augment_scales", "at least one size in (0, 1]", self.augment_scales,
        )  # fmt: skip
        for name, low, high in (("blur_sigma", 0, 50), ("noise_sigma", 0, 255), ("jpeg_quality", 1, 100)):
            _require_range(name, getattr(self, name), low, high)
        strongest = max((*self.blur_sigma, *self.noise_sigma, *self.jpeg_quality, 0))
        degraded = strongest > 0 or bool(self.blur_kernel)
        given = self.downscale == "given"
        _require(self.scale > 1 or degraded or given, "scale", "above 1 without a degradation to undo", self.scale)
        if degraded and given:
            raise InvalidConfigError(
                'expected no blur, noise or JPEG beside downscale = "given", got some; leave them out, since the small '
                "pictures have theirs already"
            )
        _require(
            not given or self.augment_scales == (1.0,),
            "augment_scales", "[1.0] beside small pictures that are given", self.augment_scales,
        )  # fmt: skip
        _require(
            degraded or self.downscale == "mixed" or self.degradations_per_picture == 1,
            "degradations_per_picture", "1 where every version is the same", self.degradations_per_picture,
        )  # fmt: skip
        degrades = degraded or self.downscale not in ("bicubic", "given")
        _require(degrades or not self.clean_share, "clean_share", "0 without degradations", self.clean_share)
        self.spec()  # checks that kernels and widths make a network
        reach = self.label_border
        _require(
            self.patch_size > 2 * reach,
            "patch_size",
            f"above {2 * reach}, since kernels {self.kernel_sizes} need {reach} pixels on each side",
            self.patch_size,
        )
        _check_colour(self)
        _check_paper(self)
        _check_layers(self)

    @property
    def channels(self) -> int:
        """Of the pictures."""
        return channels_of(self.colour)

    @property
    def channels_out(self) -> int:
        """Of what the network gives."""
        return channels_out_of(self.colour)

    @property
    def picture_colour(self) -> Colour:
        """Of the pictures that are learned from and measured: a network of chroma sees luma too."""
        return "ycbcr" if self.colour == "chroma" else self.colour

    @property
    def label_border(self) -> int:
        """Pixels that a label is smaller than its input patch on each side."""
        return self.spec().reach if self.input_space == "hr" else 0

    @property
    def batch_bytes(self) -> int:
        """Of the patches of a step and their labels, in single precision, at most."""
        return 8 * self.batch_size * self.channels * self.hr_patch_size**2

    @property
    def hr_patch_size(self) -> int:
        """Pixels a side that a patch needs of the true picture."""
        return self.patch_size * self.spec().shuffle

    def spec(self, record: dict[str, str] | None = None) -> ModelSpec:
        """The network this config trains, with the record of its training if there is one."""
        try:
            return srcnn(
                name=self.model,
                scale=self.scale,
                input_space=self.input_space,
                residual=self.residual,
                activation=self.activation,
                deconvolution=self.deconvolution,
                kernel_sizes=self.kernel_sizes,
                widths=self.widths,
                colour=self.colour,
                training=record,
            )
        except ModelFileError as error:
            raise InvalidConfigError(str(error)) from error

    def to_dict(self) -> dict[str, Any]:
        """Every key and value, with lists for tuples, as a TOML or a checkpoint holds them."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


def _check_types(config: TrainConfig) -> None:
    for name, hint in get_type_hints(TrainConfig).items():
        value = getattr(config, name)
        if get_origin(hint) is Literal:
            allowed = get_args(hint)
            _require(value in allowed, name, "one of " + ", ".join(map(repr, allowed)), value)
        elif get_origin(hint) is tuple:
            kind = get_args(hint)[0]
            good = isinstance(value, tuple) and len(value) <= _LONGEST and all(_is(item, kind) for item in value)
            _require(good, name, f"a list of {_WORDS[kind]}", value)
        else:
            _require(_is(value, hint), name, "a " + _WORDS[hint].removesuffix("s"), value)


def _check_colour(config: TrainConfig) -> None:
    every, counted = list(range(config.channels_out)), config.loss_channels
    some = set(counted) <= set(every) and len(set(counted)) == len(counted)
    _require(some, "loss_channels", f"some of {every}, each once, in {config.colour!r}", counted)


def _check_layers(config: TrainConfig) -> None:
    """Not every layer goes with every input space, optimiser and form of its kernels."""
    _require(
        not config.deconvolution or config.input_space == "lr", "deconvolution", "false in 'hr'", config.deconvolution
    )
    _require(config.residual or config.input_space == "lr", "residual", "true in 'hr'", config.residual)
    plain = config.activation == "relu" and not config.deconvolution
    _require(
        plain or not config.expansion,
        "expansion",
        "0 beside other layers than convolutions and ReLUs",
        config.expansion,
    )
    _require(
        not config.branches or (plain and not config.expansion),
        "branches",
        "false beside expansion and other layers than convolutions and ReLUs",
        config.branches,
    )
    _require(not config.branches or config.optimiser == "adam", "optimiser", "'adam' beside branches", config.optimiser)


_PAPER = {
    "input_space": "hr",
    "activation": "relu",
    "expansion": 0,
    "branches": False,
    "loss": "mse",
    "precision": "fp32",
    "ema_decay": 0.0,
    "augment_scales": [1.0],
}
NOT_IN_PAPER = ("optimiser", "warmup_steps", "fp32_share", "sampling", "memory_mb")
"""Keys that the paper's recipe has no use for."""


def _check_paper(config: TrainConfig) -> None:
    """What is not as in the authors' recipe, or has no place in it, all of it in one message."""
    if config.recipe != "paper":
        return
    values, defaults = config.to_dict(), {field.name: field.default for field in fields(TrainConfig)}
    idle = [f"{name} = {json.dumps(values[name])}" for name in NOT_IN_PAPER if values[name] != defaults[name]]
    if idle:
        raise InvalidConfigError(
            f"expected nothing that the paper's recipe has no use for, got {', '.join(idle)}; leave it out"
        )
    others = [name for name, value in _PAPER.items() if values[name] != value]
    if others:
        wanted, got = (", ".join(f"{name} = {json.dumps(of[name])}" for name in others) for of in (_PAPER, values))
        raise InvalidConfigError(f"expected {wanted} in the paper's recipe, got {got}; correct the config")


_LONGEST = 1000
_WORDS = {int: "whole numbers", float: "numbers", str: "texts", bool: "truth values"}


def _is(value: object, kind: type) -> bool:
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    if kind is float:  # whole numbers may be too large for one
        return isinstance(value, (int, float)) and -sys.float_info.max <= value <= sys.float_info.max
    return isinstance(value, kind)


def _require(holds: bool, name: str, expected: str, got: object) -> None:
    if not holds:
        got = list(got) if isinstance(got, tuple) else got
        raise InvalidConfigError(f"expected {name} to be {expected}, got {got!r}; correct the config")


def _require_range(name: str, limits: tuple[float, ...], lowest: float, highest: float) -> None:
    good = not limits or (len(limits) == 2 and lowest <= limits[0] <= limits[1] <= highest)
    _require(good, name, f"[low, high] from {lowest} to {highest}, or [] for none", limits)
