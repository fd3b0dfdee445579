import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from srcnn.runtime.deconvolution import shuffled_deconvolution


@settings(deadline=None, max_examples=60)
@given(
    k=st.sampled_from([3, 5, 7, 9, 11]),
    stride=st.integers(2, 4),
    maps=st.integers(1, 3),
    outputs=st.integers(1, 3),
    height=st.integers(1, 7),
    width=st.integers(1, 7),
    seed=st.integers(0, 99),
)
def test_it_is_the_transposed_convolution_at_every_size(
    k: int, stride: int, maps: int, outputs: int, height: int, width: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    weight = random.standard_normal((maps, outputs, k, k)).astype(np.float32)
    bias = random.standard_normal(outputs).astype(np.float32)
    plane = torch.from_numpy(random.standard_normal((1, maps, height, width)).astype(np.float32))
    crop = max(0, (k - stride + 1) // 2)
    expected = functional.conv_transpose2d(plane, torch.from_numpy(weight), torch.from_numpy(bias), stride)
    expected = expected - torch.from_numpy(bias)[:, None, None]
    expected = functional.pad(expected, [0, stride, 0, stride]) + torch.from_numpy(bias)[:, None, None]
    expected = expected[:, :, crop : crop + stride * height, crop : crop + stride * width]
    kernels, biases = shuffled_deconvolution(weight, bias, stride, crop)
    maps_out = functional.conv2d(
        plane, torch.from_numpy(kernels), torch.from_numpy(biases), padding=kernels.shape[2] // 2
    )
    torch.testing.assert_close(functional.pixel_shuffle(maps_out, stride), expected, atol=1e-5, rtol=1e-5)


def test_nine_by_nine_becomes_five_by_five_at_stride_two_and_three_by_three_above() -> None:
    # As derived in the literature on FSRCNN; the crops are those that centre the kernel.
    for stride, crop, size in ((2, 4, 5), (3, 3, 3), (4, 3, 3)):
        kernels, _ = shuffled_deconvolution(np.ones((1, 1, 9, 9), np.float32), np.zeros(1, np.float32), stride, crop)
        assert kernels.shape == (stride * stride, 1, size, size)
        assert kernels.sum() == 81
